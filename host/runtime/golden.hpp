// golden.hpp: does a model answer as its package says it does. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <span>

#include "host/runtime/instance.hpp"
#include "host/runtime/part.hpp"
#include "host/runtime/plugin_source.hpp"
#include "stoa/result.hpp"

namespace stoa::runtime {

// Compares all parts a model emitted with what the case expects. Floats of every width within atol + rtol * |expected|
// (NaN equals NaN, an infinity itself), everything else exactly; text, bytes and JSON that came in several parts are
// put together first. Outputs the case does not name are not looked at. Error: failed_precondition "plugin.golden", the
// message says case, output, index, expected and got.
Result<void> compare_golden(const GoldenCase& golden, std::span<const OutputPart> answer);

// Asks the instance and compares, by its load_deadline_ns. settle, where given, waits until nothing more can be said
// about the call. Errors: as compare_golden, which a misuse of the sink is, too; deadline_exceeded
// "plugin.load_timeout".
Result<void> prove_golden(Instance& instance, const GoldenCase& golden, const std::function<void()>& settle);

}  // namespace stoa::runtime

// subprocess.hpp: running another program and waiting for its end. No shell is involved.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::cli {

enum class Output { shown, discarded };  // of stdout; stderr is always shown

// The exit status; 128 + n where signal n ended it. Reason: program.not_started.
Result<int> run_program(const std::vector<std::string>& arguments, Output output);

}  // namespace stoa::cli

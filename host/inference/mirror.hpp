// mirror.hpp: the seam between who sees an answer (host/api) and who compares it with another release's (host/rollout).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <span>

#include "host/runtime/call.hpp"
#include "host/runtime/part.hpp"
#include "stoa/error.hpp"

namespace stoa::inference {

// One request whose answer is listened to. Prompt, never fails: the answer is on its way to a customer meanwhile.
// Thread: the consumer's. Dropped without end(): the answer did not come to its end, nothing is compared.
class MirroredCall {
 public:
  virtual ~MirroredCall() = default;
  virtual void add(std::span<const runtime::OutputPart> parts) noexcept = 0;  // copies what it keeps
  virtual void end(const std::optional<Error>& error) noexcept = 0;           // once, last
};

class Mirror {
 public:
  virtual ~Mirror() = default;
  // Null: this one is not wanted, or there is no room for it. spec need not outlive the call of this function; the
  // memory of its inputs is shared, not copied. Any thread.
  virtual std::unique_ptr<MirroredCall> begin(const runtime::CallSpec& spec) noexcept = 0;
};

}  // namespace stoa::inference

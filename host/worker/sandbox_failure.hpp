// sandbox_failure.hpp: how a step of the sandbox says that it failed. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <system_error>

#include "stoa/result.hpp"

namespace stoa::worker {

inline std::unexpected<Error> sandbox_failure(std::string_view step, std::string message) {
  return failure(Code::failed_precondition, "sandbox." + std::string(step), std::move(message));
}

// error: an errno.
inline std::unexpected<Error> sandbox_failure(std::string_view step, const std::string& what, int error) {
  return sandbox_failure(step, what + ": " + std::generic_category().message(error));
}

}  // namespace stoa::worker

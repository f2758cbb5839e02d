// error.hpp: the error vocabulary of the whole project, from a plugin's throw to the HTTP answer.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_ERROR_HPP
#define STOA_ERROR_HPP
#include <cstdint>
#include <string>
#include <utility>

#include "stoa/stoa.h"

namespace stoa {

// What the caller should do about a failure: the canonical RPC codes, with the numbers of the C ABI.
enum class Code : std::int32_t {
  ok = STOA_OK,
  cancelled = STOA_CANCELLED,
  unknown = STOA_UNKNOWN,
  invalid_argument = STOA_INVALID_ARGUMENT,
  deadline_exceeded = STOA_DEADLINE_EXCEEDED,
  not_found = STOA_NOT_FOUND,
  already_exists = STOA_ALREADY_EXISTS,
  permission_denied = STOA_PERMISSION_DENIED,
  resource_exhausted = STOA_RESOURCE_EXHAUSTED,
  failed_precondition = STOA_FAILED_PRECONDITION,
  aborted = STOA_ABORTED,
  out_of_range = STOA_OUT_OF_RANGE,
  unimplemented = STOA_UNIMPLEMENTED,
  internal = STOA_INTERNAL,
  unavailable = STOA_UNAVAILABLE,
  data_loss = STOA_DATA_LOSS,
  unauthenticated = STOA_UNAUTHENTICATED,
};

struct Error {
  Code code = Code::unknown;
  std::string reason;                // stable dotted word, part of the contract: "package.digest_mismatch"
  std::string message;               // for people: lower case, no full stop, with the numbers
  std::uint32_t retry_after_ms = 0;  // 0: no advice
};

}  // namespace stoa
#endif

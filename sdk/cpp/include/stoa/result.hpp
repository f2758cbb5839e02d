// result.hpp: Result<T> for the C++23 side of the house (host, registry, licensing). Plugin authors throw instead.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_RESULT_HPP
#define STOA_RESULT_HPP
#include <expected>

#include "stoa/error.hpp"

namespace stoa {

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> failure(Code code, std::string reason, std::string message) {
  return std::unexpected<Error>(Error{code, std::move(reason), std::move(message), 0});
}

}  // namespace stoa
#endif

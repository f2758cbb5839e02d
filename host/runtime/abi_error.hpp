// abi_error.hpp: the named crossing between the C ABI's stoa_error and the house's Error.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "stoa/error.hpp"

namespace stoa::runtime {

// "invalid_argument" and the like: the canonical name of a code.
std::string_view name_of(Code code);

// What a plugin said, made safe to show: a status it may not use becomes internal (or unknown, for its own numbers from
// 100 up), a reason that is no dotted word becomes fallback_reason, a message is made printable.
// err may be null. Not for STOA_OK.
Error error_from_abi(stoa_status status, const stoa_error* err, std::string_view fallback_reason);

// The same of an error that came by another way. An empty reason stays empty.
Error error_from_words(stoa_status status, std::string_view reason, std::string_view message,
                       std::string_view fallback_reason);

// Fills in *err (null: nowhere), cutting what does not fit, and returns the status to give.
stoa_status error_to_abi(const Error& error, stoa_error* err) noexcept;
stoa_status error_to_abi(Code code, std::string_view reason, std::string_view message, stoa_error* err) noexcept;

}  // namespace stoa::runtime

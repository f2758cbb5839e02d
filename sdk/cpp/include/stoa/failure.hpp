// failure.hpp: how a plugin fails: it throws, and the boundary turns what was thrown into a status and a stoa_error.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_FAILURE_HPP
#define STOA_FAILURE_HPP
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "stoa/error.hpp"
#include "stoa/record.hpp"

namespace stoa {

// Thrown by authors and by this layer. code tells the caller what to do, reason is a stable dotted word that becomes
// part of your HTTP contract ("image.too_large"), message is a sentence with the numbers.
class Failure : public std::runtime_error {
 public:
  Failure(Code code, std::string reason, const std::string& message, std::uint32_t retry_after_ms = 0)
      : std::runtime_error(message), code_(code), reason_(std::move(reason)), retry_after_ms_(retry_after_ms) {}

  Code code() const noexcept { return code_; }
  const std::string& reason() const noexcept { return reason_; }
  std::uint32_t retry_after_ms() const noexcept { return retry_after_ms_; }

 private:
  Code code_;
  std::string reason_;
  std::uint32_t retry_after_ms_;
};

// The request's cancel word is set, or its deadline has passed: let it through, the request is finished with its code.
class Cancelled : public Failure {
 public:
  explicit Cancelled(Code code) : Failure(code, "request.cancelled", "the request was cancelled") {}
};

namespace detail {

// Copies as much as fits, NUL-terminated, without cutting a UTF-8 character in two.
template <std::size_t N>
void copy_text(char (&to)[N], std::string_view from) noexcept {
  std::size_t n = from.size();
  if (n >= N) {
    n = N - 1;
    while (n > 0 && (static_cast<unsigned char>(from[n]) & 0xC0u) == 0x80u) --n;
  }
  std::memcpy(to, from.data(), n);
  to[n] = '\0';
}

// Fills in the caller's record as far as it reaches. err may be null.
inline stoa_status fill(stoa_error* err, Code code, std::string_view reason, std::string_view message,
                        std::uint32_t retry_after_ms = 0) noexcept {
  const auto status = static_cast<stoa_status>(code);
  if (err == nullptr) return status;
  if (STOA_HAS(stoa_error, err, code)) err->code = status;
  if (STOA_HAS(stoa_error, err, retry_after_ms)) err->retry_after_ms = retry_after_ms;
  if (STOA_HAS(stoa_error, err, reason)) copy_text(err->reason, reason);
  if (STOA_HAS(stoa_error, err, message)) copy_text(err->message, message);
  return status;
}

inline stoa_error empty_error() noexcept {
  stoa_error err{};
  err.struct_size = sizeof err;
  return err;
}

// What a host function said of its own failure, thrown on.
[[noreturn]] inline void throw_error(stoa_status status, const stoa_error& err, const char* reason_if_none) {
  throw Failure(static_cast<Code>(status), err.reason[0] ? err.reason : reason_if_none,
                err.message[0] ? std::string(err.message) : "the host answered status " + std::to_string(status),
                err.retry_after_ms);
}

// The exception that is being handled, as a status. Call inside catch.
inline stoa_status fill_from_exception(stoa_error* err) noexcept {
  try {
    throw;
  } catch (const Failure& failure) {
    return fill(err, failure.code() == Code::ok ? Code::internal : failure.code(), failure.reason(), failure.what(),
                failure.retry_after_ms());
  } catch (const std::bad_alloc&) {
    return fill(err, Code::resource_exhausted, "plugin.memory", "the plugin ran out of memory");
  } catch (const std::exception& e) {
    return fill(err, Code::internal, "plugin.exception", e.what());
  } catch (...) {
    return fill(err, Code::internal, "plugin.exception", "the plugin threw something that is no std::exception");
  }
}

// Runs author code behind the C boundary: nothing gets out but a status.
template <class Body>
stoa_status guarded(stoa_error* err, Body&& body) noexcept {
  try {
    body();
    return STOA_OK;
  } catch (...) {
    return fill_from_exception(err);
  }
}

}  // namespace detail
}  // namespace stoa
#endif

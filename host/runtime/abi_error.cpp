// abi_error.cpp: reads and writes stoa_error records of any length. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/abi_error.hpp"

#include <algorithm>
#include <cstring>

#include "host/runtime/utf8.hpp"

namespace stoa::runtime {
namespace {

constexpr std::size_t kReasonBytesMax = sizeof(stoa_error::reason);
constexpr std::size_t kMessageBytesMax = 1024;  // more than a record has room for: the host's own name paths

bool is_reason(std::string_view text) {
  if (text.empty() || text.size() > kReasonBytesMax || text.front() == '.' || text.back() == '.') return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
  });
}

template <std::size_t N>
std::string_view bounded(const char (&text)[N]) {
  return {text, strnlen(text, N)};
}

template <std::size_t N>
void fill(char (&to)[N], std::string_view text) {
  std::size_t n = std::min(text.size(), N - 1);
  while (n > 0 && n < text.size() && (static_cast<unsigned char>(text[n]) & 0xC0u) == 0x80u) --n;  // no half character
  if (n > 0) std::memcpy(to, text.data(), n);
  to[n] = '\0';
}

}  // namespace

std::string_view name_of(Code code) {
  constexpr std::string_view kNames[] = {
      "ok",        "cancelled",      "unknown",           "invalid_argument",   "deadline_exceeded",
      "not_found", "already_exists", "permission_denied", "resource_exhausted", "failed_precondition",
      "aborted",   "out_of_range",   "unimplemented",     "internal",           "unavailable",
      "data_loss", "unauthenticated"};
  const auto at = static_cast<std::size_t>(code);
  return at < std::size(kNames) ? kNames[at] : "unknown";
}

Error error_from_words(stoa_status status, std::string_view reason, std::string_view message,
                       std::string_view fallback_reason) {
  Error error;
  if (status >= STOA_CANCELLED && status <= STOA_UNAUTHENTICATED)
    error.code = static_cast<Code>(status);
  else
    error.code = status >= 100 ? Code::unknown : Code::internal;
  error.reason = reason.empty() || is_reason(reason) ? reason : fallback_reason;
  error.message = printable(message, kMessageBytesMax);
  if (error.message.empty())
    error.message = "the plugin gave status " + std::to_string(status) + " without a message";
  else if (status >= 100)
    error.message += " (plugin status " + std::to_string(status) + ")";
  return error;
}

Error error_from_abi(stoa_status status, const stoa_error* err, std::string_view fallback_reason) {
  std::string_view reason, message;
  if (err != nullptr && STOA_HAS(stoa_error, err, reason)) reason = bounded(err->reason);
  if (err != nullptr && STOA_HAS(stoa_error, err, message)) message = bounded(err->message);
  Error error = error_from_words(status, reason.empty() ? fallback_reason : reason, message, fallback_reason);
  if (err != nullptr && STOA_HAS(stoa_error, err, retry_after_ms)) error.retry_after_ms = err->retry_after_ms;
  return error;
}

stoa_status error_to_abi(Code code, std::string_view reason, std::string_view message, stoa_error* err) noexcept {
  const auto status = static_cast<stoa_status>(code);
  if (err == nullptr) return status;
  if (STOA_HAS(stoa_error, err, code)) err->code = status;
  if (STOA_HAS(stoa_error, err, retry_after_ms)) err->retry_after_ms = 0;
  if (STOA_HAS(stoa_error, err, reason)) fill(err->reason, reason);
  if (STOA_HAS(stoa_error, err, message)) fill(err->message, message);
  return status;
}

stoa_status error_to_abi(const Error& error, stoa_error* err) noexcept {
  const stoa_status status = error_to_abi(error.code, error.reason, error.message, err);
  if (err != nullptr && STOA_HAS(stoa_error, err, retry_after_ms)) err->retry_after_ms = error.retry_after_ms;
  return status;
}

}  // namespace stoa::runtime

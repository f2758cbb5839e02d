// shown_key.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/shown_key.hpp"

#include "host/api/key_in_url.hpp"
#include "host/http/text.hpp"

namespace stoa::api {
namespace {

using licensing::Refusal;

constexpr std::string_view kBearer = "Bearer";

// What follows "Bearer "; of another scheme, which may be a proxy's, nothing. A key without a scheme is one, and wrong.
std::string_view bearer_of(std::string_view value) {
  if (value.starts_with(licensing::kApiKeyPrefix)) return "Bearer";
  if (!http::equals_ignoring_case(value.substr(0, kBearer.size()), kBearer)) return {};
  const std::string_view rest = value.substr(kBearer.size());
  if (rest.empty() || (rest.front() != ' ' && rest.front() != '\t')) return {};
  const std::size_t begin = rest.find_first_not_of(' ');
  return begin == std::string_view::npos ? std::string_view() : rest.substr(begin);
}

}  // namespace

licensing::ShownCredentials shown_in(const http::RequestHead& head) noexcept {
  licensing::ShownCredentials shown;
  unsigned keys = 0, authorizations = 0, leases = 0;
  const auto see = [&](std::string_view value) {
    if (value.empty()) return;
    ++keys;
    shown.key = value;
    if (value.find(',') != std::string_view::npos) ++keys;  // a list of them
  };
  for (const http::Field& field : head.fields) {
    if (http::equals_ignoring_case(field.name, "authorization")) {
      ++authorizations;
      see(bearer_of(field.value));
    } else if (http::equals_ignoring_case(field.name, "x-api-key")) {
      see(field.value);
    } else if (http::equals_ignoring_case(field.name, "x-stoa-lease")) {
      shown.is_lease_repeated = ++leases > 1;
      shown.lease = field.value;
    }
  }
  if (has_key(head.target))
    shown.flaw = Refusal::key_in_url;
  else if (keys > 1 || authorizations > 1)
    shown.flaw = Refusal::key_repeated;
  else if (keys == 0)
    shown.flaw = Refusal::key_missing;
  return shown;
}

}  // namespace stoa::api

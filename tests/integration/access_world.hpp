// access_world.hpp: a host that asks for keys, with customers for every way to be refused.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <string_view>

#include "host/http/raw_client.hpp"
#include "host/thread/monotonic.hpp"
#include "licensing/admission/access_keeper.hpp"
#include "licensing/admission/test_access.hpp"
#include "tests/integration/served_host.hpp"

namespace stoa::test {

inline constexpr std::string_view kModel = "stoa-demo/identity";
inline constexpr std::string_view kBody =
    R"({"inputs":[{"name":"in_fp32","shape":[1,1],"datatype":"FP32","data":[1]}]})";

// Lifetime: for a whole test program.
class AccessWorld {
 public:
  using Licence = licensing::Licence;
  using Key = licensing::ApiKey;

  AccessWorld() {
    access.holdings = {};
    key = add([](Licence&) {});
    access.admission.set_unix_offset(licensing::TestAccess::kNowMs * 1'000'000 -
                                     static_cast<std::int64_t>(thread::monotonic_ns()));
  }

  // A customer with a key and a licence of its own; what is asked of them is changed. Returns the key.
  std::string add(const std::function<void(Licence&)>& of_licence, const std::function<void(Key&)>& of_key = {},
                  licensing::CustomerState state = licensing::CustomerState::active) {
    const std::string customer = "cus_" + std::to_string(access.holdings.customers.size() + 1);
    auto& made = access.holdings.customers.emplace_back();
    made.id.text = customer;
    made.name = "customer-" + std::to_string(access.holdings.customers.size());
    made.state = state;
    std::string text = access.add_key(customer);
    if (of_key) of_key(access.holdings.keys.back());
    Licence licence = licensing::TestAccess::licence_for(customer, std::string(kModel), "*");
    of_licence(licence);
    last_licence = licence.id.text;
    access.add_licence(std::move(licence));
    return text;
  }

  void serve() {
    access.publish();
    host.load("plugins/null/null.plugin");
    host.load("tests/integration/probe.plugin");
    host.guard(access.admission);
    host.serve(2);
  }

  licensing::TestAccess access;
  std::string key, last_licence;
  ServedHost host;
};

// Started before the first test, drained after the last.
AccessWorld& the_world();

inline std::string request_with(std::string_view fields, std::string_view target = {}, std::string_view body = kBody) {
  std::string text = "POST ";
  text += target.empty() ? "/v2/models/" + std::string(kModel) + "/infer" : std::string(target);
  text.append(" HTTP/1.1\r\nHost: a\r\n").append(fields);
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

inline std::string bearer(std::string_view key) { return "Authorization: Bearer " + std::string(key) + "\r\n"; }

// The value of a field of an answer; empty: it has none.
inline std::string field_of(std::string_view answer, std::string_view name) {
  const std::string_view head = answer.substr(0, answer.find("\r\n\r\n"));
  const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  const std::size_t begin = at + 4 + name.size();
  return std::string(head.substr(begin, head.find("\r\n", begin) - begin));
}

}  // namespace stoa::test

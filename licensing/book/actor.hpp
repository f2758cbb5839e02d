// actor.hpp: who acts on the book. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "licensing/terms/api_key.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Which roles of operators may what is decided where operators are known; here an operator may everything. A publisher
// acts on the licences of its own models, a customer on what is its own, by one of its keys. The platform acts by rule.
struct Actor {
  enum class Kind : std::uint8_t { operators, publisher, customer, platform } kind = Kind::platform;
  std::string name;  // the operator's, the namespace, or the customer's handle
  CustomerId customer;
  ApiKeyId key;
  Scopes scopes = 0;  // of the key

  // "operator:alice", "publisher:acme", "customer:northwind/key_…", "platform"
  std::string text() const;
  static Actor platform() { return {}; }
};

// Error: permission_denied "account.not_allowed".
Result<void> require_operator(const Actor& actor, std::string_view what);
// The same, or the customer itself, by a key that has the scope: else "account.foreign" or "key.scope".
Result<void> require_customer(const Actor& actor, const CustomerId& customer, Scope scope, std::string_view what);

}  // namespace stoa::licensing

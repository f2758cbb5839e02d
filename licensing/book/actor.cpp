// actor.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/book/actor.hpp"

#include <fmt/format.h>

namespace stoa::licensing {

std::string Actor::text() const {
  switch (kind) {
    case Kind::operators:
      return "operator:" + name;
    case Kind::publisher:
      return "publisher:" + name;
    case Kind::customer:
      return "customer:" + name + '/' + key.text;
    case Kind::platform:
      break;
  }
  return "platform";
}

Result<void> require_operator(const Actor& actor, std::string_view what) {
  if (actor.kind == Actor::Kind::operators || actor.kind == Actor::Kind::platform) return {};
  return failure(Code::permission_denied, "account.not_allowed",
                 fmt::format("{} may not {}; operators may", actor.text(), what));
}

Result<void> require_customer(const Actor& actor, const CustomerId& customer, Scope scope, std::string_view what) {
  if (actor.kind != Actor::Kind::customer) return require_operator(actor, what);
  if (actor.customer != customer)
    return failure(Code::permission_denied, "account.foreign",
                   fmt::format("{} may not {} of another customer", actor.text(), what));
  if (!has(actor.scopes, scope))
    return failure(Code::permission_denied, "key.scope",
                   fmt::format("the key lacks the scope '{}', without which it may not {}", name_of(scope), what));
  return {};
}

}  // namespace stoa::licensing

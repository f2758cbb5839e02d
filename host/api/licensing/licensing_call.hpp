// licensing_call.hpp: one request about customers, keys, licences or leases: who asks, as the plane knows them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "host/api/registry/registry_call.hpp"
#include "licensing/book/book.hpp"
#include "licensing/book/lease_desk.hpp"

namespace stoa::licensing {
class Settlement;
}

namespace stoa::api {

// What the endpoints share. Lifetime: outlives the server.
struct LicensingApi {
  licensing::Book& book;
  licensing::LeaseDesk& leases;
  registry::Publishing* publishing = nullptr;  // who operators and publishers are; null: nobody is one here
  Desk desk{2, 512};
  std::function<std::int64_t()> now_ms;
  licensing::Settlement* settlement = nullptr;  // null: this host bills nobody
  std::string statement_key = {};               // by which statements and invoices are verified
  // A licence as a file that was signed with the platform's key.
  std::function<Result<std::string>(const licensing::Licence&)> sign = [](const licensing::Licence&) {
    return Result<std::string>(failure(Code::failed_precondition, "licensing.no_issuer_key",
                                       "this host has no key to sign licences with: set [licensing] issuer_key"));
  };
  // An agreement's text as a file that was signed with the same key, and that key.
  struct SignedAgreement {
    std::string file;
    registry::PublicKey key;
  };
  std::function<Result<SignedAgreement>(std::string_view)> sign_agreement = [](std::string_view) {
    return Result<SignedAgreement>(failure(Code::failed_precondition, "licensing.no_issuer_key",
                                           "this host has no key to sign agreements with: set [licensing] issuer_key"));
  };
  // What admission has counted of a quota: the licence's or key's id. Any thread.
  std::function<std::uint64_t(const std::string& holder, const licensing::Quota& quota)> used =
      [this](const std::string& holder, const licensing::Quota& quota) {
        const auto reserved = book.reserved(holder, quota.meter, licensing::start_of_period(quota.period, now_ms()));
        return reserved.value_or(0);
      };
};

struct LicensingCall : JsonCall {
  explicit LicensingCall(LicensingApi& its_api) : api(its_api), book(its_api.book) { now_ms = its_api.now_ms(); }

  LicensingApi& api;
  licensing::Book& book;
  std::optional<registry::Actor> actor;           // on the operators' plane
  std::optional<licensing::Book::Holder> holder;  // on the customers'
  bool is_get = false;
  std::string if_none_match;

  // An operator who may, as the book knows actors. unauthenticated "token.missing", permission_denied
  // "role.not_allowed".
  Result<licensing::Actor> operator_who(registry::Permission permission) const;
  // The same, or a publisher, of which the book asks more.
  Result<licensing::Actor> issuer_who(registry::Permission permission) const;
  // A customer whose key has the scope. unauthenticated "key.missing", permission_denied "key.scope".
  Result<licensing::Book::Holder> customer_who(licensing::Scope scope) const;
  // Of a request that makes something.
  licensing::RequestToken once() const;
  Result<licensing::Page> page() const;
};

enum class Plane : std::uint8_t { operators, customers };
using LicensingAct = std::function<Result<RegistryAnswer>(LicensingCall&)>;
// A route whose answer is made on the api's desk, or on another.
http::Route licensing_route(LicensingApi& api, Plane plane, http::Method method, std::string pattern, BodyIs body,
                            LicensingAct act, Desk* desk = nullptr);

// key.missing
Error no_key();
// The key of 'Authorization: Bearer sk_…' or 'X-Api-Key: sk_…'; one of them. unauthenticated "key.repeated".
Result<std::optional<std::string>> api_key_of(const http::RequestHead& head);

}  // namespace stoa::api

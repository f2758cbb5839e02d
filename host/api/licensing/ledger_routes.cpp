// ledger_routes.cpp: what was used, paid and earned, and the entries behind it, for the three who ask.
// docs/reference/ledger-api.md. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "host/api/licensing/ledger_json.hpp"
#include "host/api/licensing/ledger_routes.hpp"
#include "licensing/ledger/chart.hpp"
#include "licensing/projection/projection.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::Projection;
using licensing::Scope;
using licensing::TimeSpan;
using registry::Permission;

// What is asked for where nothing is said.
constexpr std::int64_t kDaysBack = 30;

Result<std::int64_t> query_time(const LicensingCall& call, const char* name, std::int64_t otherwise) {
  const std::string text = call.query_or(name, "");
  if (text.empty()) return otherwise;
  if (const auto at_ms = registry::utc_ms_of(text); at_ms && *at_ms >= 0) return *at_ms;
  return failure(Code::invalid_argument, "registry.query",
                 fmt::format("{}: want a day or a time in UTC: 2026-11-30, 2026-11-30T12:00:00Z", name));
}

// from is in it, until is not; whole days.
Result<TimeSpan> span_of(const LicensingCall& call) {
  const auto until_ms = query_time(call, "until", call.now_ms + 1);
  if (!until_ms) return std::unexpected(until_ms.error());
  const auto from_ms = query_time(call, "from", std::max<std::int64_t>(0, *until_ms - kDaysBack * licensing::kDayMs));
  if (!from_ms) return std::unexpected(from_ms.error());
  return TimeSpan{*from_ms, *until_ms};
}

Json answer_of(const TimeSpan& span, const Projection& projection, Json items) {
  return {{"from", time_text(span.from_ms / licensing::kDayMs * licensing::kDayMs)},
          {"until", time_text((span.until_ms + licensing::kDayMs - 1) / licensing::kDayMs * licensing::kDayMs)},
          {"items", std::move(items)},
          {"entries", projection.position()},
          {"behind", projection.lag()}};
}

template <class Lines>
Result<RegistryAnswer> lines_of(const LicensingCall& call, const Projection& projection, Lines&& lines_in) {
  const auto span = span_of(call);
  if (!span) return std::unexpected(span.error());
  const auto lines = lines_in(projection, *span);
  if (!lines) return std::unexpected(lines.error());
  Json items = Json::array();
  for (const auto& line : *lines) items.push_back(json_of(line));
  return RegistryAnswer{200, answer_of(*span, projection, std::move(items))};
}

Result<RegistryAnswer> own_usage(LicensingCall& call, LedgerApi& ledger) {
  const auto holder = call.customer_who(Scope::account);
  if (!holder) return std::unexpected(holder.error());
  return lines_of(call, ledger.projection, [&](const Projection& projection, const TimeSpan& span) {
    return projection.usage_of(holder->customer.id.text, span);
  });
}

Result<RegistryAnswer> own_spend(LicensingCall& call, LedgerApi& ledger) {
  const auto holder = call.customer_who(Scope::account);
  if (!holder) return std::unexpected(holder.error());
  return lines_of(call, ledger.projection, [&](const Projection& projection, const TimeSpan& span) {
    return projection.spend_of(holder->customer.id.text, span);
  });
}

// A customer by its id or name, for operators.
Result<std::string> customer_named(const LicensingCall& call, const std::string& name) {
  const auto customer = call.book.customer(name);
  if (!customer) return std::unexpected(customer.error());
  return customer->id.text;
}

template <class Ask>
Result<RegistryAnswer> customers_lines(LicensingCall& call, const Projection& of, Ask&& ask) {
  if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
  const auto customer = customer_named(call, call.param("customer"));
  if (!customer) return std::unexpected(customer.error());
  return lines_of(call, of,
                  [&](const Projection& projection, const TimeSpan& span) { return ask(projection, *customer, span); });
}

Result<RegistryAnswer> customers_usage(LicensingCall& call, LedgerApi& ledger) {
  return customers_lines(call, ledger.projection,
                         [](const Projection& projection, const std::string& customer, const TimeSpan& span) {
                           return projection.usage_of(customer, span);
                         });
}

Result<RegistryAnswer> customers_spend(LicensingCall& call, LedgerApi& ledger) {
  return customers_lines(call, ledger.projection,
                         [](const Projection& projection, const std::string& customer, const TimeSpan& span) {
                           return projection.spend_of(customer, span);
                         });
}

// Of itself, where a publisher asks. Others' parties are no publisher's to see.
Result<RegistryAnswer> publishers_earnings(LicensingCall& call, LedgerApi& ledger) {
  const std::string& name = call.param("name");
  if (call.actor && call.actor->kind == registry::Actor::Kind::publisher) {
    if (call.actor->name != name)
      return failure(Code::permission_denied, "publisher.foreign", "a publisher sees what it earned itself");
  } else if (const auto actor = call.operator_who(Permission::read_customers); !actor) {
    return std::unexpected(actor.error());
  }
  return lines_of(call, ledger.projection, [&](const Projection& projection, const TimeSpan& span) {
    return projection.earnings_of("payable:publisher/" + name, span);
  });
}

Result<RegistryAnswer> accounts_earnings(LicensingCall& call, LedgerApi& ledger) {
  if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
  const std::string account = call.query_or("account", "");
  if (auto kind = licensing::kind_of_account(account); !kind) return std::unexpected(kind.error());
  return lines_of(call, ledger.projection, [&](const Projection& projection, const TimeSpan& span) {
    return projection.earnings_of(account, span);
  });
}

Result<RegistryAnswer> list_balances(LicensingCall& call, LedgerApi& ledger) {
  if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
  const auto limit = call.limit();
  if (!limit) return std::unexpected(limit.error());
  const auto accounts = ledger.projection.accounts(call.query_or("prefix", ""), call.query_or("after", ""), *limit);
  if (!accounts) return std::unexpected(accounts.error());
  Json body{{"items", Json::array()}};
  for (const licensing::AccountLine& line : *accounts) body["items"].push_back(json_of(line));
  if (accounts->size() == *limit && !accounts->empty())
    body["next"] = fmt::format("{} {}", accounts->back().account, accounts->back().currency.code());
  return RegistryAnswer{200, std::move(body)};
}

Result<licensing::EntryQuery> entry_query(const LicensingCall& call) {
  licensing::EntryQuery query;
  query.account = call.query_or("account", "");
  if (const std::string name = call.query_or("customer", ""); !name.empty()) {
    auto customer = customer_named(call, name);
    if (!customer) return std::unexpected(customer.error());
    query.customer = std::move(*customer);
  }
  if (!query.account.empty() && !query.customer.empty())
    return failure(Code::invalid_argument, "registry.query", "account: want either an account or a customer");
  if (const std::string text = call.query_or("currency", ""); !text.empty()) {
    const auto currency = licensing::Currency::parse(text);
    if (!currency) return std::unexpected(currency.error());
    query.currency = *currency;
  }
  if (const std::string text = call.query_or("kind", ""); !text.empty()) {
    query.kind = kind_in(text);
    if (!query.kind) return failure(Code::invalid_argument, "registry.query", "kind: there is no such kind of entry");
  }
  if (!call.query_or("after", "").empty()) {
    const auto from = call.query_number("after", 0, {0, INT64_MAX});
    if (!from) return std::unexpected(from.error());
    query.from = *from;
  }
  const auto limit = call.limit();
  if (!limit) return std::unexpected(limit.error());
  query.most = *limit;
  return query;
}

Result<RegistryAnswer> list_entries(LicensingCall& call, LedgerApi& ledger) {
  if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
  const auto query = entry_query(call);
  if (!query) return std::unexpected(query.error());
  const auto page = ledger.projection.entries(*query);
  if (!page) return std::unexpected(page.error());
  Json body{{"items", Json::array()}};
  for (const licensing::EntryLine& line : page->entries) body["items"].push_back(json_of(line));
  if (page->next) body["next"] = std::to_string(*page->next);
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> one_entry(LicensingCall& call, LedgerApi& ledger) {
  if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
  const std::string& text = call.param("number");
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    return failure(Code::not_found, "ledger.no_entry", "an entry is named by its number");
  const auto entry = ledger.projection.entry(number);
  if (!entry) return std::unexpected(entry.error());
  return RegistryAnswer{200, json_of(*entry)};
}

// Minutes of reading, beside the calls; asked again while it runs, it is the one that runs.
Result<RegistryAnswer> begin_verification(LicensingCall& call, LedgerApi& ledger) {
  if (const auto actor = call.operator_who(Permission::read_audit); !actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  return RegistryAnswer{202, ledger.begin_verification()};
}

Result<RegistryAnswer> see_verification(LicensingCall& call, LedgerApi& ledger) {
  if (const auto actor = call.operator_who(Permission::read_audit); !actor) return std::unexpected(actor.error());
  return RegistryAnswer{200, ledger.verification()};
}

}  // namespace

void add_ledger_routes(LicensingApi& api, LedgerApi& ledger, Plane plane, std::vector<http::Route>& routes) {
  using Act = Result<RegistryAnswer> (*)(LicensingCall&, LedgerApi&);
  const auto add = [&](Method method, const char* path, BodyIs body, Act act) {
    routes.push_back(licensing_route(api, plane, method, path, body,
                                     [act, &ledger](LicensingCall& call) { return act(call, ledger); }));
  };
  if (plane == Plane::customers) {
    add(Method::get, "/v1/account/usage", BodyIs::none, own_usage);
    add(Method::get, "/v1/account/spend", BodyIs::none, own_spend);
    return;
  }
  add(Method::get, "/v1/customers/{customer}/usage", BodyIs::none, customers_usage);
  add(Method::get, "/v1/customers/{customer}/spend", BodyIs::none, customers_spend);
  add(Method::get, "/v1/publishers/{name}/earnings", BodyIs::none, publishers_earnings);
  add(Method::get, "/v1/ledger/earnings", BodyIs::none, accounts_earnings);
  add(Method::get, "/v1/ledger/balances", BodyIs::none, list_balances);
  add(Method::get, "/v1/ledger/entries", BodyIs::none, list_entries);
  add(Method::get, "/v1/ledger/entries/{number}", BodyIs::none, one_entry);
  add(Method::post, "/v1/ledger/verify", BodyIs::json, begin_verification);
  add(Method::get, "/v1/ledger/verify", BodyIs::none, see_verification);
}

}  // namespace stoa::api

// book_leases.cpp: seats of floating licences: taken, kept, given back. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "licensing/book/act_store.hpp"
#include "licensing/book/customer_store.hpp"
#include "licensing/book/key_store.hpp"
#include "licensing/book/lease_store.hpp"
#include "licensing/book/licence_store.hpp"
#include "licensing/book/request_store.hpp"
#include "licensing/terms/lease.hpp"
#include "licensing/terms/refusal.hpp"
#include "registry/document/words.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kHolderMax = 200;

// Whether a key that is for some models alone may open anything of what is asked for, or covered.
bool is_for_any(const std::vector<std::string>& models, std::span<const Coverage> asked) {
  return models.empty() || std::ranges::any_of(asked, [&](const Coverage& one) {
           return std::ranges::any_of(models, [&](const std::string& model) {
             return covers_model(one, model) || covers_model({.model = model, .versions = {}}, one.model);
           });
         });
}

Result<void> require_lease_scope(const Actor& actor, const CustomerId& customer) {
  if (has(actor.scopes, Scope::infer) && actor.customer == customer) return {};
  return require_customer(actor, customer, Scope::manage, "hold leases");
}

}  // namespace

Result<HeldLicence> Book::licence_of(const FileLicences& files, const Lease& lease) {
  auto held = read_licence(writing_, lease.licence);
  if (held || held.error().code != Code::not_found) return held;
  const HeldLicence* const in_file = files.find(lease.licence);
  return in_file == nullptr ? std::move(held) : *in_file;
}

Result<HeldLicence> Book::licence_for(Act& act, const FileLicences& files, const Actor& actor, const LeaseWish& wish) {
  auto floating = read_floating(writing_, actor.customer);
  if (!floating) return std::unexpected(floating.error());
  auto in_files = files_of(writing_, files, actor);
  if (!in_files) return std::unexpected(in_files.error());
  for (HeldLicence& held : *in_files) {
    if (!held.licence.floating) continue;
    const auto in_book = read_licence(writing_, held.licence.id);
    if (!in_book && in_book.error().code != Code::not_found) return std::unexpected(in_book.error());
    if (!in_book || stands_beside(*in_book, held)) floating->push_back(std::move(held));
  }
  // Whoever may not call with a seat takes none: it would be missing to whoever may.
  std::vector<std::string> models;
  if (!is_of_file(actor)) {
    const auto key = read_key(writing_, actor.key);
    if (!key) return std::unexpected(key.error());
    models = key->models;
  }
  if (!wish.model.empty() && !is_for_any(models, std::array{Coverage{wish.model, {}}}))
    return std::unexpected(error_of(Refusal::key_model));
  Error why = error_of(Refusal::licence_none);
  why.message = "the customer has no floating licence for that";
  Refusal furthest = Refusal::none;
  const HeldLicence* full = nullptr;
  std::int64_t free_at_ms = 0;
  // What a file says is its id is enough where nothing goes by it here.
  const bool is_held_id =
      std::ranges::any_of(*floating, [&](const HeldLicence& held) { return held_id(held).text == wish.licence; });
  for (HeldLicence& held : *floating) {
    const bool is_meant = wish.licence.empty()
                              ? std::ranges::any_of(held.licence.covers,
                                                    [&](const Coverage& one) { return covers_model(one, wish.model); })
                              : (is_held_id ? held_id(held) : held.licence.id).text == wish.licence;
    if (!is_meant) continue;
    const Refusal refusal =
        is_for_any(models, held.licence.covers) ? files.refusal_of(held, act.now_ms) : Refusal::key_model;
    if (refusal != Refusal::none) {
      if (refusal > furthest) furthest = refusal;
      continue;
    }
    const auto count = count_leases(writing_, held_id(held), act.now_ms);
    if (!count) return std::unexpected(count.error());
    if (count->held < held.licence.floating->seats) return std::move(held);
    const std::int64_t next_ms = count->next_free_ms.value_or(act.now_ms + 1);
    if (!full || next_ms < free_at_ms) full = &held, free_at_ms = next_ms;
  }
  if (full)
    return std::unexpected(
        Error{Code::resource_exhausted, "lease.no_seat",
              fmt::format("all {} seats of licence {} are held; the first may be free in {} ms",
                          full->licence.floating->seats, full->licence.id.text, free_at_ms - act.now_ms),
              static_cast<std::uint32_t>(std::max<std::int64_t>(free_at_ms - act.now_ms, 1))});
  if (furthest != Refusal::none) return std::unexpected(error_of(furthest));
  return std::unexpected(std::move(why));
}

Result<void> Book::require_seat(Act& act, const FileLicences& files, const HeldLicence& held, const Lease& lease) {
  if (const Refusal refusal = files.refusal_of(held, act.now_ms); refusal != Refusal::none)
    return std::unexpected(error_of(refusal));
  if (!held.licence.floating)
    return failure(Code::failed_precondition, "lease.not_floating",
                   fmt::format("licence {} has no seats any more", held.licence.id.text));
  // Of a licence that has fewer seats by now those that were taken first keep theirs.
  const auto before = count_leases_before(writing_, lease, act.now_ms);
  if (!before) return std::unexpected(before.error());
  if (*before < held.licence.floating->seats) return {};
  Error error = error_of(Refusal::lease_unknown);
  error.message = fmt::format("licence {} has {} seats by now, and they are held by leases that were taken before this",
                              held.licence.id.text, held.licence.floating->seats);
  return std::unexpected(std::move(error));
}

// They would count again where the clock is set back, beside those that have their seats by then.
Result<void> Book::end_expired_leases(Act& act, const LicenceId& licence) {
  const auto over = read_expired(writing_, licence, act.now_ms);
  if (!over) return std::unexpected(over.error());
  for (const Lease& lease : *over)
    if (auto ended = act.end_lease(Actor::platform(), "lease.expire", lease, lease.holder); !ended) return ended;
  return {};
}

Result<bool> Book::adopt_leases(Act& act, const HeldLicence& in_file) {
  const LicenceId &bare = in_file.licence.id, held = held_id(in_file);
  if (held == bare) return false;
  const Page all{.after = "", .most = std::size_t{1} << 62};
  auto leases = read_leases(writing_, {.customer = {}, .licence = bare}, all, 0);
  if (!leases) return std::unexpected(leases.error());
  if (leases->empty()) return false;
  if (const auto in_book = read_licence(writing_, bare); in_book || in_book.error().code != Code::not_found)
    return in_book ? Result<bool>(false) : std::unexpected(in_book.error());
  if (auto moved = move_leases(writing_, bare, held); !moved) return std::unexpected(moved.error());
  for (Lease& lease : *leases) {
    act.leases.emplace_back(lease, false);  // its seat is another licence's from now on
    lease.licence = held;
    if (lease.expires_ms > act.now_ms) act.leases.emplace_back(std::move(lease), true);
  }
  if (auto noted = act.note(Actor::platform(), "lease.move", held.text,
                            fmt::format("{} that went by {}", leases->size(), bare.text));
      !noted)
    return std::unexpected(noted.error());
  if (auto ended = end_expired_leases(act, held); !ended) return std::unexpected(ended.error());
  return true;
}

Result<void> Book::end_surplus_leases(Act& act, const Actor& actor, const Licence& licence) {
  if (auto ended = end_expired_leases(act, licence.id); !ended) return ended;
  const Page all{.after = "", .most = std::size_t{1} << 62};
  const auto held = read_leases(writing_, {.customer = {}, .licence = licence.id}, all, act.now_ms);
  if (!held) return std::unexpected(held.error());
  const std::size_t seats = licence.floating ? licence.floating->seats : 0;
  for (std::size_t i = seats; i < held->size(); ++i)  // in the order in which they were taken
    if (auto ended = act.end_lease(actor, "lease.end", (*held)[i],
                                   fmt::format("the licence has {} seats from serial {} on", seats, licence.serial));
        !ended)
      return ended;
  return {};
}

Result<LeaseOutcome> Book::take(Act& act, const Actor& actor, const LeaseWish& wish) {
  if (actor.kind != Actor::Kind::customer)
    return failure(Code::permission_denied, "account.not_allowed",
                   fmt::format("{} holds no leases: customers do, by their keys", actor.text()));
  if (auto allowed = require_lease_scope(actor, actor.customer); !allowed) return std::unexpected(allowed.error());
  if (wish.licence.empty() == wish.model.empty())
    return failure(Code::invalid_argument, "lease.what", "want either licence or model");
  if (auto good = registry::check_words("holder", wish.holder, kHolderMax); !good) return std::unexpected(good.error());
  const auto before = find_request(writing_, actor.text(), wish.request);
  if (!before) return std::unexpected(before.error());
  LeaseOutcome outcome{.lease = {}, .secret = new_lease_token(), .ttl_s = 0, .seats = 0, .free_seats = 0};
  std::optional<Lease> known;
  if (*before) {
    auto found = find_lease(writing_, {**before});
    if (!found) return std::unexpected(found.error());
    known = std::move(*found);
    if (!known || known->expires_ms <= act.now_ms)
      return failure(Code::failed_precondition, "lease.over",
                     fmt::format("lease {} of that request is over: ask with a new Idempotency-Key", **before));
  }
  const FileLicences files = options_.files();
  auto held = known ? licence_of(files, *known) : licence_for(act, files, actor, wish);
  if (!held) return std::unexpected(held.error());
  const Licence& licence = held->licence;
  if (known)
    if (auto good = require_seat(act, files, *held, *known); !good) return std::unexpected(good.error());
  if (known) {
    act.leases.emplace_back(*known, false);  // its former secret opens nothing any more
    outcome.lease = std::move(*known);
  } else {
    if (auto ended = end_expired_leases(act, held_id(*held)); !ended) return std::unexpected(ended.error());
    outcome.lease = {.id = new_id<LeaseTag>(act.now_ms),
                     .hash = {},
                     .licence = held_id(*held),
                     .customer = {licence.subject.customer},
                     .key = actor.key,
                     .holder = wish.holder,
                     .taken_ms = act.now_ms,
                     .renewed_ms = act.now_ms,
                     .expires_ms = 0};
    if (auto noted = write_request(writing_, actor.text(), wish.request, outcome.lease.id.text, act.now_ms); !noted)
      return std::unexpected(noted.error());
  }
  outcome.ttl_s = licence.floating->ttl_s;
  outcome.seats = licence.floating->seats;
  outcome.lease.hash = hash_of_lease(outcome.secret);
  outcome.lease.expires_ms = act.now_ms + std::int64_t{outcome.ttl_s} * 1000;
  if (auto kept = write_lease(writing_, outcome.lease); !kept) return std::unexpected(kept.error());
  if (auto noted = act.note(actor, "lease.take", outcome.lease.id.text,
                            fmt::format("of {}{}{}", licence.id.text, wish.holder.empty() ? "" : " for ", wish.holder));
      !noted)
    return std::unexpected(noted.error());
  const auto count = count_leases(writing_, outcome.lease.licence, act.now_ms);
  if (!count) return std::unexpected(count.error());
  outcome.free_seats = outcome.seats > count->held ? outcome.seats - count->held : 0;
  act.leases.emplace_back(outcome.lease, true);
  return outcome;
}

Result<LeaseOutcome> Book::decide(Act& act, const Actor& actor, const LeaseWish& wish) {
  if (wish.kind == LeaseWish::Kind::take) return take(act, actor, wish);
  auto found = find_lease(writing_, wish.lease);
  if (!found) return std::unexpected(found.error());
  if (!*found) return std::unexpected(error_of(Refusal::lease_unknown));
  LeaseOutcome outcome{.lease = std::move(**found), .secret = {}, .ttl_s = 0, .seats = 0, .free_seats = 0};
  // A key without the scope manage keeps what it took itself; one that only files know, for whichever customer.
  const bool is_own = actor.key == outcome.lease.key;
  const bool is_by_file = is_own && is_of_file(actor);
  if (actor.kind == Actor::Kind::customer && actor.customer != outcome.lease.customer && !is_by_file)
    return std::unexpected(error_of(Refusal::lease_other_customer));
  if (auto allowed = is_own ? require_lease_scope(actor, is_by_file ? actor.customer : outcome.lease.customer)
                            : require_customer(actor, outcome.lease.customer, Scope::manage, "hold other keys' leases");
      !allowed)
    return std::unexpected(allowed.error());
  if (wish.kind == LeaseWish::Kind::release) {
    if (auto ended = act.end_lease(actor, "lease.release", outcome.lease, outcome.lease.holder); !ended)
      return std::unexpected(ended.error());
    return outcome;
  }
  if (outcome.lease.expires_ms <= act.now_ms) return std::unexpected(error_of(Refusal::lease_expired));
  const FileLicences files = options_.files();
  const auto held = licence_of(files, outcome.lease);
  if (!held) return std::unexpected(held.error());
  if (auto good = require_seat(act, files, *held, outcome.lease); !good) return std::unexpected(good.error());
  outcome.ttl_s = held->licence.floating->ttl_s;
  outcome.seats = held->licence.floating->seats;
  outcome.lease.renewed_ms = act.now_ms;
  // Never earlier than it was promised, also where the clock was set back.
  outcome.lease.expires_ms = std::max(outcome.lease.expires_ms, act.now_ms + std::int64_t{outcome.ttl_s} * 1000);
  if (auto kept = write_lease(writing_, outcome.lease); !kept) return std::unexpected(kept.error());
  const auto count = count_leases(writing_, outcome.lease.licence, act.now_ms);
  if (!count) return std::unexpected(count.error());
  outcome.free_seats = outcome.seats > count->held ? outcome.seats - count->held : 0;
  act.leases.emplace_back(outcome.lease, true);
  return outcome;
}

void Book::do_leases(std::span<LeaseJob> jobs) {
  const auto fail_all = [&](const Error& error) {
    for (LeaseJob& job : jobs) job.outcome = std::unexpected(error);
  };
  auto act = Act::begin(*this);
  if (!act) return fail_all(act.error());
  for (LeaseJob& job : jobs) {
    job.outcome = decide(*act, job.actor, job.wish);
    // A refusal has written nothing; a failed write has failed for all.
    if (!job.outcome && job.outcome.error().reason.starts_with("database.")) return fail_all(job.outcome.error());
  }
  if (auto kept = act->keep_beside_holdings(); !kept) fail_all(kept.error());
}

Result<LeaseOutcome> Book::do_lease(const Actor& actor, const LeaseWish& wish) {
  LeaseJob job{.actor = actor, .wish = wish};
  do_leases({&job, 1});
  return std::move(job.outcome);
}

Result<std::vector<Lease>> Book::leases(const std::optional<CustomerId>& customer,
                                        const std::optional<LicenceId>& licence, const Page& page) {
  return read(
      [&](database::Connection& connection) { return read_leases(connection, {customer, licence}, page, now_ms()); });
}

}  // namespace stoa::licensing

// book_licences.cpp: licences: issued, replaced, revoked. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "licensing/book/act_store.hpp"
#include "licensing/book/customer_store.hpp"
#include "licensing/book/licence_store.hpp"
#include "licensing/book/request_store.hpp"
#include "registry/document/words.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kLinesOfLicenceMax = 10'000;  // looked through for what was noted of it
constexpr std::string_view kPlatform = "platform";

// Whether those that speak of a licence file speak of one issuer's.
bool are_all_of(std::string_view issuer, const std::vector<registry::AuditLine>& lines) {
  const std::string of = fmt::format(" of {}", issuer), of_revoked = of + ',';
  return std::ranges::all_of(lines, [&](const registry::AuditLine& line) {
    return line.action != "licence.file" || line.detail.ends_with(of) || line.detail.contains(of_revoked);
  });
}

std::string words_of(const Licence& licence) {
  std::string models;
  for (const Coverage& one : licence.covers)
    models += fmt::format("{}{} {}", models.empty() ? "" : ", ", one.model, one.versions);
  if (models.size() > 400) models = models.substr(0, 400) + " …";
  return fmt::format("serial {} of {}: {}", licence.serial,
                     licence.subject.customer.empty() ? "a host" : licence.subject.customer, models);
}

// Who issues it is who answers for it: the platform, or the publisher of every model that it covers.
Result<std::string> issuer_of(const Actor& actor, const Licence& terms, bool publishers_may_issue) {
  if (actor.kind != Actor::Kind::publisher) {
    if (auto allowed = require_operator(actor, "issue licences"); !allowed) return std::unexpected(allowed.error());
    return std::string(kPlatform);
  }
  if (!publishers_may_issue)
    return failure(Code::permission_denied, "licence.not_issuer",
                   "publishers issue no licences on this platform: its operators do");
  for (const Coverage& one : terms.covers)
    if (!one.model.starts_with(actor.name + '/'))
      return failure(Code::permission_denied, "licence.not_issuer",
                     fmt::format("covers: '{}' is no model of publisher '{}'", one.model, actor.name));
  return actor.name;
}

Result<void> require_not_over(const HeldLicence& held) {
  if (!held.revoked_ms) return {};
  return failure(Code::failed_precondition, "licence.state",
                 fmt::format("licence {} is revoked: {}", held.licence.id.text, held.revoked_because));
}

}  // namespace

Result<HeldLicence> Book::issue(const Actor& actor, Licence terms, const RequestToken& request) {
  auto issuer = issuer_of(actor, terms, options_.publishers_may_issue);
  if (!issuer) return std::unexpected(issuer.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto before = find_request(writing_, actor.text(), request);
  if (!before) return std::unexpected(before.error());
  if (*before) return read_licence(writing_, {**before});
  if (!terms.subject.customer.empty()) {
    const auto customer = read_customer(writing_, terms.subject.customer);
    if (!customer) return std::unexpected(customer.error());
    if (customer->state == CustomerState::closed)
      return failure(Code::failed_precondition, "customer.state",
                     fmt::format("customer '{}' is closed", customer->name));
    terms.subject.customer = customer->id.text;
    if (terms.subject.name.empty()) terms.subject.name = customer->display_name;
  }
  terms.id = new_id<LicenceTag>(act->now_ms);
  terms.serial = 1;
  terms.issuer = std::move(*issuer);
  terms.issued_ms = act->now_ms;
  if (terms.not_before_ms == 0) terms.not_before_ms = act->now_ms;
  if (auto good = check_terms(terms); !good) return std::unexpected(good.error());
  HeldLicence held;
  held.licence = std::move(terms);
  if (auto kept = insert_licence(writing_, held, act->now_ms, act->revision); !kept)
    return std::unexpected(kept.error());
  const std::string id = held.licence.id.text, words = words_of(held.licence);
  if (auto noted = write_request(writing_, actor.text(), request, id, act->now_ms); !noted)
    return std::unexpected(noted.error());
  return act->end_with(std::move(held), actor, "licence.issue", id, words);
}

Result<HeldLicence> Book::replace(const Actor& actor, const LicenceId& id, Licence terms) {
  auto issuer = issuer_of(actor, terms, options_.publishers_may_issue);
  if (!issuer) return std::unexpected(issuer.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto old = read_licence(writing_, id);
  if (!old) return old;
  if (auto good = require_not_over(*old); !good) return std::unexpected(good.error());
  if (old->licence.issuer != *issuer)
    return failure(
        Code::permission_denied, "licence.not_issuer",
        fmt::format("licence {} was issued by '{}': only its issuer replaces it", id.text, old->licence.issuer));
  terms.id = id;
  terms.serial = old->licence.serial + 1;
  terms.issuer = std::move(*issuer);
  terms.subject = old->licence.subject;
  terms.issued_ms = act->now_ms;
  if (terms.not_before_ms == 0) terms.not_before_ms = old->licence.not_before_ms;
  if (auto good = check_terms(terms); !good) return std::unexpected(good.error());
  HeldLicence held;
  held.licence = std::move(terms);
  if (auto kept = insert_licence(writing_, held, act->now_ms, act->revision); !kept)
    return std::unexpected(kept.error());
  if (auto ended = end_surplus_leases(*act, actor, held.licence); !ended) return std::unexpected(ended.error());
  const std::string words = words_of(held.licence);
  return act->end_with(std::move(held), actor, "licence.replace", id.text, words);
}

Result<HeldLicence> Book::revoke(const Actor& actor, const LicenceId& id, std::string_view because) {
  if (auto good = registry::check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto held = read_licence(writing_, id);
  if (!held) return held;
  if (actor.kind != Actor::Kind::publisher || actor.name != held->licence.issuer)
    if (auto allowed = require_operator(actor, "revoke licences"); !allowed) return std::unexpected(allowed.error());
  if (auto good = require_not_over(*held); !good) return std::unexpected(good.error());
  held->revoked_ms = act->now_ms;
  held->revoked_because = because;
  if (auto kept = update_licence(writing_, *held, act->revision); !kept) return std::unexpected(kept.error());
  if (auto ended = act->end_leases(actor, {.customer = {}, .licence = id}, "the licence is revoked"); !ended)
    return std::unexpected(ended.error());
  return act->end_with(std::move(*held), actor, "licence.revoke", id.text, because);
}

Result<void> Book::note_export(const Actor& actor, const Licence& licence) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  if (auto noted = act->note(actor, "licence.export", licence.id.text,
                             fmt::format("serial {}: signed into a file", licence.serial));
      !noted)
    return noted;
  return act->keep_beside_holdings();
}

Result<void> Book::note_files(std::span<const HeldLicence> files) {
  if (files.empty()) return {};
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const Actor actor = Actor::platform();
  bool has_new = false;
  std::map<std::string_view, std::size_t> issuers;
  for (const HeldLicence& held : files) ++issuers[held.licence.id.text];
  for (const HeldLicence& held : files) {
    const Licence& licence = held.licence;
    const std::string detail = fmt::format("serial {} of {}{}", licence.serial, licence.issuer,
                                           held.revoked_ms ? ", which it has revoked" : "");
    const auto lines = registry::read_audit(writing_, 0, kLinesOfLicenceMax, licence.id.text);
    if (!lines) return std::unexpected(lines.error());
    const bool is_known = std::ranges::any_of(*lines, [&](const registry::AuditLine& line) {
      return line.action == "licence.file" && line.detail == detail;
    });
    if (!is_known) {
      if (auto noted = act->note(actor, "licence.file", licence.id.text, detail); !noted) return noted;
      has_new = true;
    }
    // Whose leases under the bare id are is certain where nobody else's file ever had it.
    if (issuers[licence.id.text] > 1 || !are_all_of(licence.issuer, *lines)) continue;
    const auto adopted = adopt_leases(*act, held);
    if (!adopted) return std::unexpected(adopted.error());
    has_new |= *adopted;
  }
  return has_new ? act->keep_beside_holdings() : Result<void>();
}

Result<HeldLicence> Book::licence(const LicenceId& id) {
  return read([&](database::Connection& connection) { return read_licence(connection, id); });
}

Result<std::vector<HeldLicence>> Book::serials(const LicenceId& id) {
  return read([&](database::Connection& connection) { return read_serials(connection, id); });
}

Result<std::vector<HeldLicence>> Book::licences(const LicenceFilter& filter, const Page& page) {
  return read([&](database::Connection& connection) { return read_licences(connection, filter, page, now_ms()); });
}

Result<std::vector<HeldLicence>> Book::files_of(database::Connection& connection, const FileLicences& files,
                                                const Actor& actor) {
  std::vector<HeldLicence> own;
  for (HeldLicence& held : files.of(actor)) {
    const auto known = is_of_file(actor) ? read_customer(connection, held.licence.subject.customer)
                                         : failure(Code::not_found, "customer.unknown", {});
    if (known) continue;
    if (known.error().code != Code::not_found) return std::unexpected(known.error());
    own.push_back(std::move(held));
  }
  return own;
}

Result<std::vector<Book::OwnLicence>> Book::own_licences(const Actor& actor, bool with_what_is_over, const Page& page) {
  const FileLicences files = options_.files();
  const std::int64_t now = now_ms();
  return read([&](database::Connection& connection) -> Result<std::vector<OwnLicence>> {
    std::map<std::string, OwnLicence> own;
    const auto in_book = read_licences(
        connection, {.customer = actor.customer, .publisher = {}, .with_what_is_over = with_what_is_over}, page, now);
    if (!in_book) return std::unexpected(in_book.error());
    for (const HeldLicence& held : *in_book) {
      const HeldLicence* const in_file = files.find(held.licence);
      own[held.licence.id.text].held = in_file == nullptr ? held : later_of(held, *in_file);
    }
    const auto in_files = files_of(connection, files, actor);
    if (!in_files) return std::unexpected(in_files.error());
    for (const HeldLicence& file : *in_files) {
      const auto known = read_licence(connection, file.licence.id);
      if (!known && known.error().code != Code::not_found) return std::unexpected(known.error());
      const HeldLicence held = known && !stands_beside(*known, file) ? later_of(*known, file) : file;
      const std::string id = held_id(held).text;
      if (id <= page.after || own.contains(id)) continue;
      const Refusal refusal = files.refusal_of(held, now);
      const bool is_over = refusal == Refusal::licence_revoked || refusal == Refusal::licence_expired;
      if (held.is_from_file && (with_what_is_over || !is_over)) own[id].held = held;
    }
    std::vector<OwnLicence> all;
    for (auto& [id, one] : own) {
      if (all.size() == page.most) break;
      // A later file that is another customer's by now.
      if (!is_of_file(actor) && one.held.licence.subject.customer != actor.customer.text) continue;
      one.refusal = files.refusal_of(one.held, now);
      all.push_back(std::move(one));
    }
    return all;
  });
}

}  // namespace stoa::licensing

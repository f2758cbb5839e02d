// book_agreements.cpp: agreements: proposed, signed by their parties, terminated. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "licensing/book/act_store.hpp"
#include "licensing/book/agreement_store.hpp"
#include "licensing/book/request_store.hpp"
#include "licensing/document/agreement_file.hpp"
#include "registry/document/utc_time.hpp"
#include "registry/document/words.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> wrong_agreement(std::string message) {
  return failure(Code::invalid_argument, "agreement.terms", std::move(message));
}

// The next version is about the same models in the same currency, and follows without a gap.
Result<void> check_amendment(const HeldAgreement& before, const Agreement& next, std::int64_t now_ms) {
  const Agreement& agreement = before.agreement;
  if (before.terminated_ms)
    return failure(Code::failed_precondition, "agreement.state",
                   fmt::format("agreement {} is terminated: {}", agreement.id, before.terminated_because));
  if (next.publisher != agreement.publisher)
    return wrong_agreement(
        fmt::format("publisher: is '{}', the agreement is of '{}'", next.publisher, agreement.publisher));
  if (next.currency != agreement.currency)
    return wrong_agreement(fmt::format("currency: is {}, the agreement is in {}: make another one",
                                       next.currency.code(), agreement.currency.code()));
  if (agreement.until_ms && *agreement.until_ms < next.from_ms && next.from_ms > now_ms)
    return failure(
        Code::failed_precondition, "agreement.gap",
        fmt::format("from: version {} ends at {}, and this one begins at {}: nobody would share what calls "
                    "between earn",
                    agreement.version, registry::utc_text(*agreement.until_ms), registry::utc_text(next.from_ms)));
  return {};
}

// Somebody's whose key counts: the party's own, of those that operators registered or that whoever asks brought along.
Result<registry::PublicKey> key_of(const std::vector<PartyKey>& registered, const AgreementSigning& signing) {
  const registry::KeyId& id = signing.envelope.key_id;
  for (const PartyKey& key : registered) {
    if (key.id != id) continue;
    if (key.revoked_ms)
      return failure(Code::permission_denied, "agreement.revoked_key",
                     fmt::format("party {}: key {} was revoked: {}", signing.party, id.hex, key.revoked_because));
    return registry::PublicKey::from_raw(key.public_key);
  }
  for (const registry::PublicKey& key : signing.also)
    if (key.id() == id) return key;
  return failure(Code::unauthenticated, "agreement.foreign_key",
                 fmt::format("party {}: it is signed by key {}, which is none of this party's", signing.party,
                             id.hex.substr(0, 64)));
}

Result<void> check_signing(const HeldAgreement& held, const AgreementSigning& signing, std::int64_t now_ms) {
  if (state_of(held, now_ms) == AgreementState::terminated)
    return failure(Code::failed_precondition, "agreement.state",
                   fmt::format("agreement {} version {} is over: it is not signed any more", held.agreement.id,
                               held.agreement.version));
  const std::vector<std::string> parties = signatories_of(held.agreement);
  if (std::ranges::find(parties, signing.party) == parties.end())
    return failure(
        Code::invalid_argument, "agreement.not_a_party",
        fmt::format("party: '{}' has not to sign agreement {}", signing.party.substr(0, 128), held.agreement.id));
  if (std::ranges::find(held.signatures, signing.party, &AgreementSignature::party) != held.signatures.end())
    return failure(Code::already_exists, "agreement.signed_already",
                   fmt::format("party: {} has signed version {} already", signing.party, held.agreement.version));
  return {};
}

// What is signed is the newest version, to the byte.
Result<void> check_text(const HeldAgreement& held, std::string_view text) {
  if (text == held.text) return {};
  const auto other = parse_agreement(text);
  if (!other) return std::unexpected(other.error());
  const Agreement& agreement = held.agreement;
  if (other->id == agreement.id && other->version != agreement.version)
    return failure(Code::failed_precondition, "agreement.other_version",
                   fmt::format("file: it signs version {}, the newest is {}", other->version, agreement.version));
  return failure(
      Code::failed_precondition, "agreement.other_terms",
      fmt::format("file: it signs other terms than those of {} version {}", agreement.id, agreement.version));
}

Result<void> require_party(const Actor& actor, std::string_view party) {
  if (actor.kind != Actor::Kind::publisher) return require_operator(actor, "bring signatures");
  if (party == publisher_party(actor.name)) return {};
  return failure(Code::permission_denied, "agreement.foreign_party",
                 fmt::format("{} may not sign for '{}'", actor.text(), party.substr(0, 128)));
}

}  // namespace

Result<HeldAgreement> Book::propose(const Actor& actor, Agreement terms, const std::optional<AgreementId>& amended,
                                    const RequestToken& request) {
  if (auto allowed = require_operator(actor, "propose agreements"); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto before = find_request(writing_, actor.text(), request);
  if (!before) return std::unexpected(before.error());
  if (*before) return read_agreement(writing_, {**before});
  terms.id = amended ? amended->text : new_id<AgreementTag>(act->now_ms).text;
  terms.version = 1;
  if (amended) {
    const auto newest = read_agreement(writing_, *amended);
    if (!newest) return newest;
    if (auto good = check_amendment(*newest, terms, act->now_ms); !good) return std::unexpected(good.error());
    terms.version = newest->agreement.version + 1;
  }
  std::string text = write_agreement(terms);
  // As whoever signs it will read it.
  if (const auto read = parse_agreement(text); !read) return std::unexpected(read.error());
  HeldAgreement held{
      .agreement = std::move(terms), .text = std::move(text), .proposed_by = actor.text(), .proposed_ms = act->now_ms};
  if (auto kept = insert_agreement(writing_, held); !kept) return std::unexpected(kept.error());
  const std::string id = held.agreement.id,
                    words = fmt::format("version {} of publisher {}", held.agreement.version, held.agreement.publisher);
  if (auto noted = write_request(writing_, actor.text(), request, id, act->now_ms); !noted)
    return std::unexpected(noted.error());
  return act->end_with(std::move(held), actor, "agreement.propose", id, words);
}

Result<HeldAgreement> Book::sign_agreement(const Actor& actor, const AgreementSigning& signing) {
  if (auto allowed = require_party(actor, signing.party); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto held = read_agreement(writing_, signing.id);
  if (!held) return held;
  if (auto good = check_signing(*held, signing, act->now_ms); !good) return std::unexpected(good.error());
  if (auto good = check_text(*held, signing.text); !good) return std::unexpected(good.error());
  const auto registered = read_party_keys(writing_, signing.party);
  if (!registered) return std::unexpected(registered.error());
  const auto key = key_of(*registered, signing);
  if (!key) return std::unexpected(key.error());
  const auto good = registry::verify_payload(signing.envelope, kAgreementDocument.payload_type, held->text, *key);
  if (!good) return std::unexpected(good.error());
  AgreementSignature signature{.party = signing.party,
                               .envelope = signing.envelope,
                               .public_key = key->raw(),
                               .brought_by = actor.text(),
                               .signed_ms = act->now_ms};
  if (auto kept = insert_signature(writing_, held->agreement, signature); !kept) return std::unexpected(kept.error());
  held->signatures.push_back(std::move(signature));
  std::ranges::sort(held->signatures, {}, &AgreementSignature::party);
  if (held->missing_signatures().empty()) {
    held->signed_ms = act->now_ms;
    act->changes_billing = true;
    if (auto kept = write_signed(writing_, held->agreement, act->now_ms); !kept) return std::unexpected(kept.error());
  }
  const std::string words =
      fmt::format("version {} by {} with key {}", held->agreement.version, signing.party, signing.envelope.key_id.hex);
  return act->end_with(std::move(*held), actor, "agreement.sign", signing.id.text, words);
}

Result<HeldAgreement> Book::terminate_agreement(const Actor& actor, const AgreementId& id, std::string_view because) {
  if (auto allowed = require_operator(actor, "terminate agreements"); !allowed) return std::unexpected(allowed.error());
  if (auto good = registry::check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto held = read_agreement(writing_, id);
  if (!held) return held;
  if (held->terminated_ms)
    return failure(Code::failed_precondition, "agreement.state",
                   fmt::format("agreement {} is terminated already: {}", id.text, held->terminated_because));
  if (auto kept = write_terminated(writing_, id, act->now_ms, because); !kept) return std::unexpected(kept.error());
  held->terminated_ms = act->now_ms;
  held->terminated_because = because;
  act->changes_billing = true;
  return act->end_with(std::move(*held), actor, "agreement.terminate", id.text, because);
}

Result<HeldAgreement> Book::agreement(const AgreementId& id) {
  return read([&](database::Connection& connection) { return read_agreement(connection, id); });
}

Result<std::vector<HeldAgreement>> Book::agreement_versions(const AgreementId& id) {
  return read([&](database::Connection& connection) { return read_agreement_versions(connection, id); });
}

Result<std::vector<HeldAgreement>> Book::agreements(const AgreementFilter& filter, const Page& page) {
  return read([&](database::Connection& connection) { return read_agreements(connection, filter, page); });
}

}  // namespace stoa::licensing

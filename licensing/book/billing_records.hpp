// billing_records.hpp: what the book knows of prices, agreements, charges and how customers pay, beside the terms
// themselves. Times are milliseconds of Unix time. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/agreement/agreement.hpp"
#include "licensing/billing/billing_terms.hpp"
#include "licensing/rating/price_list.hpp"
#include "licensing/terms/ids.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::licensing {

// When a version of something counts: not before it was said, and only until a later one does.
struct Effect {
  std::optional<std::int64_t> begins_ms;  // nothing: it does not count yet, and nobody knows when
  std::optional<std::int64_t> ends_ms;
  bool is_at(std::int64_t at_ms) const { return begins_ms && *begins_ms <= at_ms && (!ends_ms || at_ms < *ends_ms); }
};

struct HeldPriceList {
  PriceList list;
  std::string made_by;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> superseded_ms = {};  // from when a later version counts

  Effect effect() const;
};

// Of a party under an agreement: verified when it came, and with its key for whoever verifies it again.
struct AgreementSignature {
  std::string party;
  registry::SignatureEnvelope envelope;
  registry::Ed25519Point public_key{};
  std::string brought_by;
  std::int64_t signed_ms = 0;
};

enum class AgreementState : std::uint8_t { draft, fully_signed, active, superseded, terminated };
std::string_view name_of(AgreementState state);

struct HeldAgreement {
  Agreement agreement;
  std::string text;  // canonical: what is signed
  std::string proposed_by;
  std::int64_t proposed_ms = 0;
  std::vector<AgreementSignature> signatures = {};
  std::optional<std::int64_t> signed_ms = {};      // by all
  std::optional<std::int64_t> superseded_ms = {};  // from when a later version counts
  std::optional<std::int64_t> terminated_ms = {};
  std::string terminated_because = {};

  Effect effect() const;
  std::vector<std::string> missing_signatures() const;
};
AgreementState state_of(const HeldAgreement& held, std::int64_t now_ms);

struct AgreementFilter {
  std::string publisher = {};  // whose models it is about, or who is a party of it; empty: any
};

// One party's signature, as it comes in.
struct AgreementSigning {
  AgreementId id;
  std::string party;
  std::string text;  // what the envelope signs
  registry::SignatureEnvelope envelope;
  // Keys of that party beside those which operators registered for it: a publisher's of its registry, the platform's.
  std::vector<registry::PublicKey> also = {};
};

// A key whose signatures are a party's.
struct PartyKey {
  std::string party;
  registry::KeyId id;
  registry::Ed25519Point public_key{};
  std::int64_t added_ms = 0;
  std::optional<std::int64_t> revoked_ms = {};
  std::string revoked_because = {};
};

// From then on calls of the model are charged by the version of the list, and shared by the version of the agreement,
// that count at the moment of the call.
struct Charge {
  std::string model;
  PriceListId price_list;
  AgreementId agreement;
  std::int64_t from_ms = 0;
  std::string set_by = {};
  std::int64_t set_ms = 0;
};

struct CustomerBilling {
  PayingCustomer payer;
  std::string set_by = {};
  std::int64_t set_ms = 0;
};

// What calls are charged by now.
struct BillingNow {
  std::shared_ptr<const BillingTerms> terms;
  std::int64_t revision = 0;                    // of the last act that changed anything of it
  std::optional<std::int64_t> changes_ms = {};  // when something begins or ends by itself; nothing: never
};

}  // namespace stoa::licensing

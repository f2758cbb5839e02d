// agreement.hpp: who earns what of a publisher's revenue, as its parties signed it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/money/amount.hpp"
#include "licensing/terms/limit.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Of what is left to the parties. The platform may be one of them.
struct Party {
  std::string name;       // "publisher/acme", "data/corpus", "platform"
  std::uint32_t ppm = 0;  // millionths; those of all parties sum to a million
  friend bool operator==(const Party&, const Party&) = default;
};

// marginal: each part of an amount at the rate of the tier it falls into. cliff: a whole amount at the rate of the tier
// that was reached before it.
enum class TierRule : std::uint8_t { marginal, cliff };

// By what the agreement has grossed in the period so far.
struct FeeTier {
  std::optional<Nano> up_to;  // > 0, rising; nothing for the last one
  std::uint32_t ppm = 0;
  friend bool operator==(const FeeTier&, const FeeTier&) = default;
};

// Who brought the customer. of_platform_fee: a part of the platform's fee, and paid out of it; else of the gross.
struct Referral {
  std::string party;
  std::uint32_t ppm = 0;
  bool of_platform_fee = true;
  std::optional<Nano> cap = {};          // in all
  std::optional<std::int64_t> until_ms;  // not from then on
  friend bool operator==(const Referral&, const Referral&) = default;
};

// Paid ahead by the platform, and taken back out of what the parties would get.
struct Advance {
  Nano amount = 0;
  std::uint32_t ppm = 1'000'000;  // of the parties' rest, until the amount is back
  friend bool operator==(const Advance&, const Advance&) = default;
};

// Immutable once signed; a later version replaces it for calls from its effective date on. All amounts are of one
// currency.
struct Agreement {
  std::string id;  // "agr_…"
  std::uint32_t version = 1;
  std::string publisher;
  Currency currency;
  std::uint32_t processing_ppm = 0;  // of the gross: what payment costs
  Nano processing_flat = 0;          // for each call
  TierRule tier_rule = TierRule::marginal;
  std::vector<FeeTier> platform_fee = {};  // 1 … 16
  Period period = Period::none;            // after which tiers, cap and guarantee begin anew
  std::optional<Referral> referral = {};
  std::optional<Advance> advance = {};
  std::vector<Party> parties = {};  // 1 … 16
  std::size_t residual = 0;         // index of the party that gets what a cap cuts off
  std::optional<Nano> cap = {};     // of what each other party gets in a period
  Nano guarantee = 0;               // the publisher's least in a period: the platform tops it up
  std::int64_t from_ms = 0;
  std::optional<std::int64_t> until_ms = {};
  friend bool operator==(const Agreement&, const Agreement&) = default;
};

// Error: invalid_argument "agreement.terms", with the field and the rule.
Result<void> check_agreement(const Agreement& agreement);

inline constexpr std::string_view kPlatformParty = "platform";
inline std::string publisher_party(std::string_view publisher) { return "publisher/" + std::string(publisher); }
// "platform", or a kind and a name with a slash between.
bool is_party_name(std::string_view text);
// Who has to sign it: the platform, the publisher, whoever earns by it. In the order of their names, each once.
std::vector<std::string> signatories_of(const Agreement& agreement);

}  // namespace stoa::licensing

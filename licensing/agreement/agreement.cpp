// agreement.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/agreement/agreement.hpp"

#include <fmt/format.h>

#include <set>

#include "licensing/money/split.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kPartiesMax = 16, kTiersMax = 16;

std::unexpected<Error> refuse(std::string_view field, std::string_view rule) {
  return failure(Code::invalid_argument, "agreement.terms", fmt::format("{}: {}", field, rule));
}

Result<void> check_rate(std::string_view field, std::uint32_t ppm) {
  if (ppm <= kPpm) return {};
  return refuse(field, fmt::format("is {} ppm, a whole is {}", ppm, kPpm));
}

Result<void> check_parties(const Agreement& agreement) {
  if (agreement.parties.empty() || agreement.parties.size() > kPartiesMax)
    return refuse("parties", fmt::format("{} of them, allowed are 1 to {}", agreement.parties.size(), kPartiesMax));
  std::set<std::string_view> names;
  std::uint64_t sum = 0;
  for (const Party& party : agreement.parties) {
    if (party.name.empty() || party.name.size() > 128) return refuse("parties[].name", "is not of 1 to 128 characters");
    if (!names.insert(party.name).second)
      return refuse("parties[].name", fmt::format("'{}' is there twice", party.name));
    sum += party.ppm;
  }
  if (sum != kPpm) return refuse("parties[].ppm", fmt::format("they sum to {}, and not to {}", sum, kPpm));
  if (agreement.residual >= agreement.parties.size()) return refuse("residual", "is no party's number");
  return {};
}

Result<void> check_fees(const Agreement& agreement) {
  if (agreement.platform_fee.empty() || agreement.platform_fee.size() > kTiersMax)
    return refuse("platform_fee",
                  fmt::format("{} tiers, allowed are 1 to {}", agreement.platform_fee.size(), kTiersMax));
  Nano before = 0;
  for (std::size_t i = 0; i < agreement.platform_fee.size(); ++i) {
    const FeeTier& tier = agreement.platform_fee[i];
    const bool is_last = i + 1 == agreement.platform_fee.size();
    const std::string field = fmt::format("platform_fee[{}]", i);
    if (auto fine = check_rate(field + ".ppm", tier.ppm); !fine) return fine;
    if (is_last != !tier.up_to) return refuse(field + ".up_to", is_last ? "is given for the last tier" : "is missing");
    if (tier.up_to && *tier.up_to <= before) return refuse(field + ".up_to", "does not rise");
    before = tier.up_to.value_or(0);
  }
  if (agreement.processing_flat < 0) return refuse("processing_flat", "is below zero");
  return check_rate("processing_ppm", agreement.processing_ppm);
}

Result<void> check_extras(const Agreement& agreement) {
  if (const auto& referral = agreement.referral) {
    if (referral->party.empty()) return refuse("referral.party", "is missing");
    if (auto fine = check_rate("referral.ppm", referral->ppm); !fine) return fine;
    if (referral->cap && *referral->cap < 0) return refuse("referral.cap", "is below zero");
  }
  if (const auto& advance = agreement.advance) {
    if (advance->amount < 0) return refuse("advance.amount", "is below zero");
    if (auto fine = check_rate("advance.ppm", advance->ppm); !fine) return fine;
  }
  if (agreement.cap && *agreement.cap < 0) return refuse("cap", "is below zero");
  if (agreement.guarantee < 0) return refuse("guarantee", "is below zero");
  if (agreement.until_ms && *agreement.until_ms <= agreement.from_ms) return refuse("until", "is not after from");
  return {};
}

}  // namespace

Result<void> check_agreement(const Agreement& agreement) {
  if (agreement.id.empty()) return refuse("id", "is missing");
  if (agreement.publisher.empty()) return refuse("publisher", "is missing");
  for (const auto check : {check_parties, check_fees, check_extras})
    if (auto fine = check(agreement); !fine) return fine;
  return {};
}

bool is_party_name(std::string_view text) {
  if (text == kPlatformParty) return true;
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && is_handle(text.substr(0, slash)) && is_handle(text.substr(slash + 1));
}

std::vector<std::string> signatories_of(const Agreement& agreement) {
  std::set<std::string> names{std::string(kPlatformParty), publisher_party(agreement.publisher)};
  for (const Party& party : agreement.parties) names.insert(party.name);
  if (agreement.referral) names.insert(agreement.referral->party);
  return {names.begin(), names.end()};
}

}  // namespace stoa::licensing

// billing_records.cpp: when prices and agreements count. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/billing_records.hpp"

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr std::string_view kAgreementStates[] = {"draft", "signed", "active", "superseded", "terminated"};

std::optional<std::int64_t> earliest(std::initializer_list<std::optional<std::int64_t>> moments) {
  std::optional<std::int64_t> first;
  for (const auto& one : moments)
    if (one && (!first || *one < *first)) first = one;
  return first;
}

}  // namespace

Effect HeldPriceList::effect() const {
  return {.begins_ms = std::max(list.from_ms, created_ms), .ends_ms = earliest({list.until_ms, superseded_ms})};
}

std::string_view name_of(AgreementState state) { return kAgreementStates[static_cast<std::size_t>(state)]; }

Effect HeldAgreement::effect() const {
  Effect effect{.begins_ms = {}, .ends_ms = earliest({agreement.until_ms, superseded_ms, terminated_ms})};
  if (signed_ms) effect.begins_ms = std::max(agreement.from_ms, *signed_ms);
  return effect;
}

std::vector<std::string> HeldAgreement::missing_signatures() const {
  std::vector<std::string> missing = signatories_of(agreement);
  std::erase_if(missing, [&](const std::string& party) {
    return std::ranges::find(signatures, party, &AgreementSignature::party) != signatures.end();
  });
  return missing;
}

AgreementState state_of(const HeldAgreement& held, std::int64_t now_ms) {
  const auto is_past = [&](const std::optional<std::int64_t>& ms) { return ms && *ms <= now_ms; };
  if (is_past(held.terminated_ms) || is_past(held.agreement.until_ms)) return AgreementState::terminated;
  if (is_past(held.superseded_ms)) return AgreementState::superseded;
  if (!held.signed_ms) return AgreementState::draft;
  return held.effect().is_at(now_ms) ? AgreementState::active : AgreementState::fully_signed;
}

}  // namespace stoa::licensing

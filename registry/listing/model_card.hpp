// model_card.hpp: a card as text: what the signed manifest says, for people.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "registry/catalogue/evaluation_store.hpp"
#include "registry/catalogue/records.hpp"
#include "registry/package/manifest.hpp"

namespace stoa::registry {

// Lifetime: views all of it. Precondition: model is one of the manifest's.
struct ModelCard {
  const ReleaseRecord& release;
  const Manifest& manifest;
  const ModelDeclaration& model;
  std::string_view published;  // RFC 3339
  // Of this model of the release, the latest first: what somebody measured, and signed.
  std::span<const EvaluationRecord> evaluations = {};
};

// CommonMark with GitHub's tables. Everything that the publisher wrote is escaped: a card is the text of a stranger on
// the operator's page.
std::string markdown_of(const ModelCard& card);

// "2 EUR for 1000000 token.out": exact, without an exponent.
std::string price_text(const PriceDeclaration& price);

}  // namespace stoa::registry

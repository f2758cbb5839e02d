// agreement_reader.cpp: agreements read, as they are signed and as they are proposed.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/document/agreement_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "licensing/document/agreement_file.hpp"
#include "licensing/document/document_reader.hpp"
#include "licensing/money/split.hpp"
#include "licensing/terms/ids.hpp"

namespace stoa::licensing {
namespace {

using registry::DocumentVerdict;
using registry::Json;
using registry::JsonObject;

constexpr std::size_t kRowsMax = 64;  // check_agreement says how many make sense
constexpr std::size_t kPartyBytesMax = 128;
constexpr registry::NumberRange kRate{0, kPpm};

std::uint32_t rate_in(JsonObject& object, std::string_view key) {
  return static_cast<std::uint32_t>(object.number(key, kRate));
}

std::string party_in(JsonObject& object, std::string_view key) {
  std::string name = object.text(key, {1, kPartyBytesMax});
  if (!is_party_name(name))
    object.refuse(key, "party", "is no party: 'platform', or a kind and a name such as publisher/acme, data/corpus");
  return name;
}

class AgreementReader {
 public:
  AgreementReader(const Json& json, DocumentVerdict& verdict)
      : verdict_(verdict),
        object_(
            json, "", verdict,
            {"advance", "cap", "currency", "from", "guarantee", "id", "parties", "period", "platform_fee", "processing",
             "publisher", "referral", "residual", "stoa_agreement", "tier_rule", "until", "version"}) {}

  // now_ms: of one that is proposed, which may leave out what an agreement has to have.
  Agreement read(std::optional<std::int64_t> now_ms) {
    if (!now_ms || object_.has("stoa_agreement")) object_.number("stoa_agreement", {1, 1});
    Agreement agreement{.id = {}, .publisher = {}, .currency = currency_in(object_, "currency")};
    agreement.id =
        now_ms && !object_.has("id") ? new_id<AgreementTag>(*now_ms).text : id_in(object_, "id", AgreementTag::kPrefix);
    if (!now_ms || object_.has("version"))
      agreement.version =
          static_cast<std::uint32_t>(object_.number("version", {1, std::numeric_limits<std::uint32_t>::max()}));
    agreement.publisher = publisher_in(object_, "publisher");
    agreement.from_ms = now_ms && !object_.has("from") ? *now_ms : time_in(object_, "from");
    agreement.until_ms = optional_time_in(object_, "until");
    agreement.period = period_in(object_, "period");
    agreement.cap = optional_amount_in(object_, "cap");
    agreement.guarantee = optional_amount_in(object_, "guarantee").value_or(0);
    read_parties(agreement);
    read_fees(agreement);
    read_extras(agreement);
    return agreement;
  }

 private:
  void read_parties(Agreement& agreement) {
    const auto parties = object_.array("parties", {1, kRowsMax});
    for (std::size_t i = 0; i < parties.size(); ++i) {
      JsonObject party(parties[i], object_.pointer("parties", i), verdict_, {"name", "ppm"});
      std::string name = party_in(party, "name");
      agreement.parties.push_back({std::move(name), rate_in(party, "ppm")});
    }
    const std::string residual =
        object_.has("residual") ? party_in(object_, "residual") : publisher_party(agreement.publisher);
    const auto found = std::ranges::find(agreement.parties, residual, &Party::name);
    agreement.residual = static_cast<std::size_t>(found - agreement.parties.begin());
  }

  void read_fees(Agreement& agreement) {
    const auto tiers = object_.array("platform_fee", {1, kRowsMax});
    for (std::size_t i = 0; i < tiers.size(); ++i) {
      JsonObject tier(tiers[i], object_.pointer("platform_fee", i), verdict_, {"ppm", "up_to"});
      agreement.platform_fee.push_back({optional_amount_in(tier, "up_to"), rate_in(tier, "ppm")});
    }
    if (object_.has("tier_rule")) {
      const std::string rule = object_.text("tier_rule", {1, 32});
      if (rule != kMarginal && rule != kCliff) object_.refuse("tier_rule", "value", "want one of marginal, cliff");
      agreement.tier_rule = rule == kCliff ? TierRule::cliff : TierRule::marginal;
    }
    if (const Json* const json = object_.find("processing")) {
      JsonObject processing(*json, object_.pointer("processing"), verdict_, {"flat", "ppm"});
      agreement.processing_flat = optional_amount_in(processing, "flat").value_or(0);
      agreement.processing_ppm = static_cast<std::uint32_t>(processing.optional_number("ppm", kRate).value_or(0));
    }
  }

  void read_extras(Agreement& agreement) {
    if (const Json* const json = object_.find("referral")) {
      JsonObject object(*json, object_.pointer("referral"), verdict_, {"cap", "of", "party", "ppm", "until"});
      Referral referral{.party = party_in(object, "party"), .ppm = rate_in(object, "ppm"), .until_ms = {}};
      const std::string of = object.has("of") ? object.text("of", {1, 32}) : std::string(kOfPlatformFee);
      if (of != kOfPlatformFee && of != kOfGross) object.refuse("of", "value", "want one of platform_fee, gross");
      referral.of_platform_fee = of == kOfPlatformFee;
      referral.cap = optional_amount_in(object, "cap");
      referral.until_ms = optional_time_in(object, "until");
      agreement.referral = std::move(referral);
    }
    if (const Json* const json = object_.find("advance")) {
      JsonObject object(*json, object_.pointer("advance"), verdict_, {"amount", "ppm"});
      Advance advance{.amount = amount_in(object, "amount")};
      if (const auto ppm = object.optional_number("ppm", kRate)) advance.ppm = static_cast<std::uint32_t>(*ppm);
      agreement.advance = advance;
    }
  }

  DocumentVerdict& verdict_;
  JsonObject object_;
};

Result<Agreement> read_agreement(std::string_view text, std::optional<std::int64_t> now_ms) {
  if (text.size() > kAgreementDocument.file_bytes_max)
    return failure(Code::invalid_argument, "agreement.too_large", "the terms are longer than an agreement may be");
  const auto json = parse_document(kAgreementDocument, text);
  if (!json) return std::unexpected(json.error());
  DocumentVerdict verdict;
  Agreement agreement = AgreementReader(*json, verdict).read(now_ms);
  if (verdict.is_refused()) return std::unexpected(document_error(kAgreementDocument, verdict.error()));
  const std::string publisher = publisher_party(agreement.publisher);
  if (std::ranges::find(agreement.parties, publisher, &Party::name) == agreement.parties.end())
    return failure(Code::invalid_argument, "agreement.terms",
                   fmt::format("parties: '{}' is not among them, whose models it is about", publisher));
  if (auto good = check_agreement(agreement); !good) return std::unexpected(good.error());
  return agreement;
}

}  // namespace

Result<Agreement> parse_agreement(std::string_view json) {
  auto agreement = read_agreement(json, std::nullopt);
  if (!agreement) return agreement;
  if (auto good = check_canonical(kAgreementDocument, json, write_agreement(*agreement)); !good)
    return std::unexpected(good.error());
  return agreement;
}

Result<Agreement> parse_agreement_draft(std::string_view json, std::int64_t now_ms) {
  return read_agreement(json, now_ms);
}

}  // namespace stoa::licensing

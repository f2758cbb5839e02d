// price_list_file.cpp: price lists written and read. SPDX-License-Identifier: Apache-2.0
#include "licensing/document/price_list_file.hpp"

#include <limits>

#include "licensing/document/document_reader.hpp"
#include "licensing/terms/ids.hpp"

namespace stoa::licensing {
namespace {

using registry::DocumentVerdict;
using registry::Json;
using registry::JsonObject;
using registry::utc_text;

constexpr std::size_t kPriceRowsMax = 64;  // check_price_list says how many make sense

Json meter_json(const MeterPrice& meter) {
  Json tiers = Json::array();
  for (const PriceTier& tier : meter.tiers) {
    Json row = Json::object();
    if (tier.flat != 0) row["flat"] = amount_text(tier.flat);
    row["price"] = amount_text(tier.nano);
    if (tier.up_to) row["up_to"] = *tier.up_to;
    tiers.push_back(std::move(row));
  }
  return {{"meter", meter.meter},
          {"model", name_of(meter.model)},
          {"per_units", meter.per_units},
          {"tiers", std::move(tiers)}};
}

MeterPrice meter_in(const Json& json, const std::string& pointer, DocumentVerdict& verdict) {
  JsonObject object(json, pointer, verdict, {"meter", "model", "per_units", "tiers"});
  MeterPrice meter;
  meter.meter = object.text("meter", {1, 64});
  if (!is_handle(meter.meter)) object.refuse("meter", "name", "want 1 to 64 of a-z, 0-9, '-', '_', '.'");
  if (object.has("model")) {
    const auto model = price_model_of(object.text("model", {1, 32}));
    if (!model) object.refuse("model", "value", "want one of per_unit, graduated, volume, package");
    meter.model = model.value_or(PriceModel::per_unit);
  }
  meter.per_units = object.optional_number("per_units", {1, kDocumentNumberMax}).value_or(1);
  const auto tiers = object.array("tiers", {1, kPriceRowsMax});
  for (std::size_t i = 0; i < tiers.size(); ++i) {
    JsonObject row(tiers[i], object.pointer("tiers", i), verdict, {"flat", "price", "up_to"});
    meter.tiers.push_back({row.optional_number("up_to", {0, kDocumentNumberMax}), amount_in(row, "price"),
                           optional_amount_in(row, "flat").value_or(0)});
  }
  return meter;
}

// now_ms: of a draft, which may leave out what a list has to have.
PriceList list_in(const Json& json, DocumentVerdict& verdict, std::optional<std::int64_t> now_ms) {
  JsonObject object(
      json, "", verdict,
      {"currency", "from", "id", "meters", "minimum", "period", "publisher", "stoa_prices", "until", "version"});
  if (!now_ms || object.has("stoa_prices")) object.number("stoa_prices", {1, 1});
  const bool has_no_id = now_ms && !object.has("id"), has_no_version = now_ms && !object.has("version");
  PriceList list{.id = {}, .currency = currency_in(object, "currency")};
  list.id = has_no_id ? new_id<PriceTag>(*now_ms).text : id_in(object, "id", PriceTag::kPrefix);
  list.version =
      has_no_version
          ? 1
          : static_cast<std::uint32_t>(object.number("version", {1, std::numeric_limits<std::uint32_t>::max()}));
  list.publisher = publisher_in(object, "publisher");
  const auto meters = object.array("meters", {1, kPriceRowsMax});
  for (std::size_t i = 0; i < meters.size(); ++i)
    list.meters.push_back(meter_in(meters[i], object.pointer("meters", i), verdict));
  list.period = period_in(object, "period");
  list.minimum = optional_amount_in(object, "minimum").value_or(0);
  list.from_ms = now_ms && !object.has("from") ? *now_ms : time_in(object, "from");
  list.until_ms = optional_time_in(object, "until");
  return list;
}

Result<PriceList> read_list(std::string_view text, std::optional<std::int64_t> now_ms) {
  if (text.size() > kPriceListDocument.file_bytes_max)
    return failure(Code::invalid_argument, "price.too_large", "the prices are longer than a price list may be");
  const auto json = parse_document(kPriceListDocument, text);
  if (!json) return std::unexpected(json.error());
  DocumentVerdict verdict;
  PriceList list = list_in(*json, verdict, now_ms);
  if (verdict.is_refused()) return std::unexpected(document_error(kPriceListDocument, verdict.error()));
  if (auto good = check_price_list(list); !good) return std::unexpected(good.error());
  return list;
}

}  // namespace

std::string write_price_list(const PriceList& list) {
  Json meters = Json::array();
  for (const MeterPrice& meter : list.meters) meters.push_back(meter_json(meter));
  // Members in the order of their bytes: JCS wants it, and nothing sorts them later.
  Json json = Json::object();
  json["currency"] = list.currency.code();
  json["from"] = utc_text(list.from_ms);
  json["id"] = list.id;
  json["meters"] = std::move(meters);
  if (list.minimum != 0) json["minimum"] = amount_text(list.minimum);
  json["period"] = name_of(list.period);
  json["publisher"] = list.publisher;
  json["stoa_prices"] = 1;
  if (list.until_ms) json["until"] = utc_text(*list.until_ms);
  json["version"] = list.version;
  return registry::json_text(json);
}

Result<PriceList> parse_price_list(std::string_view json) {
  auto list = read_list(json, std::nullopt);
  if (!list) return list;
  if (auto good = check_canonical(kPriceListDocument, json, write_price_list(*list)); !good)
    return std::unexpected(good.error());
  return list;
}

Result<PriceList> parse_price_list_draft(std::string_view json, std::int64_t now_ms) { return read_list(json, now_ms); }

}  // namespace stoa::licensing

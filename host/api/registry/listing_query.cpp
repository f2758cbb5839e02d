// listing_query.cpp: what is looked for, out of a query. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "host/api/registry/listing_json.hpp"

namespace stoa::api {
namespace {

constexpr std::uint64_t kNano = 1'000'000'000, kUnitsMax = 1'000'000;  // what a manifest can ask at most
constexpr std::size_t kTextMax = 256;

Error wrong_value(std::string_view name, const std::string& value, std::string_view want) {
  return {Code::invalid_argument, "registry.query",
          fmt::format("{}: is '{}', want {}", name, value.substr(0, 64), want), 0};
}

// The words of a list, parted by commas: any of these will do.
Result<std::optional<registry::LicenceRules>> licences_in(const ListingQuery& query, const char* name) {
  const std::string both = query.value("licence"), own = query.value(name);
  if (both.empty() && own.empty()) return std::optional<registry::LicenceRules>();
  if (!both.empty() && !own.empty())
    return std::unexpected(wrong_value("licence", both, fmt::format("it for both, or {} alone", name)));
  registry::LicenceLists lists{.otherwise = "denied"};
  const std::string& text = own.empty() ? both : own;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.size(), text.find(',', at));
    if (end > at) lists.allowed.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  auto rules = registry::LicenceRules::parse(lists);
  if (!rules || lists.allowed.empty())
    return std::unexpected(
        wrong_value(own.empty() ? "licence" : name, text, "SPDX ids, or beginnings like GPL-*, parted by commas"));
  return std::optional(std::move(*rules));
}

// "0.002": nano-units, exactly.
std::optional<std::uint64_t> nano_of(const std::string& text) {
  const std::size_t point = std::min(text.size(), text.find('.'));
  const std::string whole = text.substr(0, point);
  std::string part = point < text.size() ? text.substr(point + 1) : "0";
  const auto is_digits = [](const std::string& digits, std::size_t most) {
    return !digits.empty() && digits.size() <= most &&
           std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  };
  if (!is_digits(whole, 7) || !is_digits(part, 9)) return std::nullopt;
  part.resize(9, '0');
  const std::uint64_t nano = std::stoull(whole) * kNano + std::stoull(part);
  return nano <= kUnitsMax * kNano ? std::optional(nano) : std::nullopt;
}

Result<std::optional<registry::PriceLimit>> price_in(const ListingQuery& query) {
  const std::string most = query.value("price_max");
  registry::PriceLimit limit{query.value("currency"), query.value("meter"), 0};
  if (most.empty()) {
    if (!limit.currency.empty() || !limit.meter.empty())
      return std::unexpected(wrong_value("price_max", most, "an amount, where currency or meter is given"));
    return std::optional<registry::PriceLimit>();
  }
  const auto nano = nano_of(most);
  if (!nano)
    return std::unexpected(wrong_value("price_max", most, "a decimal number up to 1000000 with at most nine places"));
  if (limit.currency.empty() && *nano != 0)
    return std::unexpected(
        wrong_value("currency", "", "three capital letters beside price_max; for 0 it may be left out"));
  limit.nano_max = *nano;
  return std::optional(std::move(limit));
}

}  // namespace

std::string ListingQuery::value(std::string_view name) const {
  const auto found = values.find(name);
  return found == values.end() ? std::string() : found->second;
}

Result<std::size_t> ListingQuery::limit() const {
  const std::string text = value("limit");
  if (!values.contains("limit")) return 50;
  std::size_t number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc() || end != text.data() + text.size() || number < 1 || number > 1000)
    return std::unexpected(wrong_value("limit", text, "a number from 1 to 1000"));
  return number;
}

Result<registry::SearchQuery> search_in(const ListingQuery& query) {
  registry::SearchQuery search;
  search.text = query.value("q");
  if (search.text.size() > kTextMax)
    return failure(Code::invalid_argument, "registry.query",
                   fmt::format("q: has {} bytes, limit is {}", search.text.size(), kTextMax));
  search.publisher = query.value("publisher");
  search.task = query.value("task");
  const std::pair<const char*, std::string registry::SearchQuery::*> kinds[] = {
      {"modality", &registry::SearchQuery::modality},
      {"input", &registry::SearchQuery::input},
      {"output", &registry::SearchQuery::output}};
  for (const auto& [name, member] : kinds) {
    search.*member = query.value(name);
    if (!(search.*member).empty() && !registry::is_modality(search.*member))
      return std::unexpected(wrong_value(name, search.*member, "audio, bytes, image, json, tensor, text or video"));
  }
  auto code = licences_in(query, "licence_code");
  if (!code) return std::unexpected(code.error());
  auto weights = licences_in(query, "licence_weights");
  if (!weights) return std::unexpected(weights.error());
  search.code = std::move(*code);
  search.weights = std::move(*weights);
  auto limit = price_in(query);
  if (!limit) return std::unexpected(limit.error());
  search.price = std::move(*limit);
  if (const std::string word = query.value("deprecated"); word == "no")
    search.takes_deprecated = false;
  else if (!word.empty() && word != "yes")
    return std::unexpected(wrong_value("deprecated", word, "yes or no"));
  if (const std::string word = query.value("sort"); word == "newest")
    search.order = registry::SearchOrder::newest;
  else if (!word.empty() && word != "name")
    return std::unexpected(wrong_value("sort", word, "name or newest"));
  search.after = query.value("after");
  const auto most = query.limit();
  if (!most) return std::unexpected(most.error());
  search.most = *most;
  return search;
}

}  // namespace stoa::api

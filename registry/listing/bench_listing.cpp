// bench_listing.cpp: searching what 10,000 plugins with two models each show. SPDX-License-Identifier: Apache-2.0
//   stoa_bench_listing [PLUGINS [FILE]]   FILE: a catalogue that stoa_bench_catalogue made; reading it is measured, too
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <random>
#include <vector>

#include "registry/listing/listing.hpp"

namespace stoa::registry {
namespace {

using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
}

SearchEntry entry_of_bench(int plugin, int model) {
  constexpr const char* kTasks[] = {"image-classification", "text-generation", "speech-recognition", "embedding"};
  constexpr const char* kLicences[] = {"Apache-2.0", "MIT OR Apache-2.0", "GPL-3.0-only", "LicenseRef-own"};
  SearchEntry entry;
  entry.model = fmt::format("publisher-{}/model-{}", plugin, model);
  entry.plugin = fmt::format("publisher-{}/plugin", plugin);
  entry.task = kTasks[(plugin + model) % 4];
  entry.description = fmt::format(
      "Number {} of many: takes what it is given, says what it thinks of it, and is as long as a description is that "
      "somebody wrote who wanted others to read it to its end.",
      plugin);
  entry.licence_code = kLicences[plugin % 4];
  entry.licence_weights = kLicences[model % 4];
  entry.inputs = {plugin % 2 ? "image" : "text"};
  entry.outputs = {"tensor"};
  entry.prices = {{"call", "EUR", static_cast<std::uint64_t>(plugin) * 1'000, 1}};
  entry.published_ms = 1'790'000'000'000 + plugin * 7919 % 100'000;
  entry.release = fmt::format("r_{}", plugin);
  entry.version = "4.9.0";
  return entry;
}

void figure(const char* name, std::vector<double> took_us, double target_us) {
  std::ranges::sort(took_us);
  std::printf("figure listing.%s_us %.1f us target <=%g p50_us=%.1f max_us=%.1f\n", name,
              took_us[took_us.size() * 99 / 100], target_us, took_us[took_us.size() / 2], took_us.back());
}

template <class Make>
void measure(const SearchIndex& index, const char* name, double target_us, Make make) {
  std::vector<double> took_us;
  std::size_t found = 0;
  for (int i = 0; i < 500; ++i) {
    const SearchQuery query = make(i);
    const auto begin = Clock::now();
    const auto page = index.find(query);
    took_us.push_back(us_since(begin));
    found += page ? page->entries.size() : 0;
  }
  figure(name, std::move(took_us), target_us);
  std::printf("  %zu found on average\n", found / 500);
}

// The first search after a start reads everything; one after an act what it changed.
int run_file(const char* file) {
  CatalogueOptions options;
  options.file = file;
  options.now_ms = [] { return std::int64_t{1'790'000'000'000}; };
  auto catalogue = Catalogue::open(std::move(options), PrivateKey::generate());
  if (!catalogue) return 1;
  Listing listing([&](const auto& use) { return use(**catalogue); });
  auto begin = Clock::now();
  const auto first = listing.index();
  if (!first) return 1;
  std::printf("figure listing.first_read_ms %.0f ms target <=3000 models=%zu\n", us_since(begin) / 1e3,
              (*first)->size());
  std::vector<double> same_us, after_us;
  const Actor admin{Actor::Kind::operators, "alice", Role::admin};
  for (int i = 0; i < 50; ++i) {
    begin = Clock::now();
    if (!listing.index()) return 1;
    same_us.push_back(us_since(begin));
    const std::string plugin = fmt::format("publisher-{}/vision", i);
    const char* const state =
        (*catalogue)->plugins(fmt::format("publisher-{}", i))->front().state == "listed" ? "delisted" : "listed";
    if (!(*catalogue)->set_plugin_state(admin, plugin, state, "bench")) return 1;
    begin = Clock::now();
    if (!listing.index()) return 1;
    after_us.push_back(us_since(begin));
  }
  figure("unchanged", std::move(same_us), 100);
  figure("after_an_act", std::move(after_us), 50'000);
  return 0;
}

int run(int plugins) {
  SearchIndex::Entries entries;
  for (int i = 0; i < plugins; ++i)
    for (int j = 0; j < 2; ++j) entries.push_back(std::make_shared<const SearchEntry>(entry_of_bench(i, j)));
  const auto begin = Clock::now();
  const SearchIndex index(entries);
  std::printf("figure listing.build_ms %.0f ms target <=500 models=%zu\n", us_since(begin) / 1e3, index.size());
  std::vector<double> took_us;
  for (int i = 0; i < 20; ++i) {
    const int plugin = i * 7919 % plugins;
    const SearchIndex::Entries changed{std::make_shared<const SearchEntry>(entry_of_bench(plugin, 0))};
    const auto start = Clock::now();
    const SearchIndex next = index.with({fmt::format("publisher-{}/plugin", plugin)}, changed);
    took_us.push_back(us_since(start));
  }
  figure("one_change", std::move(took_us), 50'000);
  measure(index, "first_page", 1'000, [](int) { return SearchQuery{}; });
  measure(index, "by_task", 1'000, [](int) { return SearchQuery{.task = "embedding", .order = SearchOrder::newest}; });
  measure(index, "one_publisher", 5'000,
          [&](int i) { return SearchQuery{.publisher = fmt::format("publisher-{}", i * 37 % plugins)}; });
  measure(index, "rare_words", 10'000,
          [&](int i) { return SearchQuery{.text = fmt::format("PUBLISHER-{}/ thinks many", i * 37 % plugins)}; });
  measure(index, "no_match", 10'000, [](int) { return SearchQuery{.text = "nowhere"}; });
  measure(index, "licence_price_words", 10'000, [](int i) {
    return SearchQuery{.text = "somebody wrote",
                       .code = *LicenceRules::parse({.allowed = {"GPL-*"}, .otherwise = "denied"}),
                       .price = PriceLimit{"EUR", "call", static_cast<std::uint64_t>(i) * 100}};
  });
  SearchQuery page{.most = 1000};
  std::size_t seen = 0;
  const auto walk = Clock::now();
  do {
    const auto got = index.find(page);
    seen += got->entries.size();
    page.after = got->next;
  } while (!page.after.empty());
  std::printf("figure listing.every_page_ms %.1f ms target <=100 models=%zu\n", us_since(walk) / 1e3, seen);
  return 0;
}

}  // namespace
}  // namespace stoa::registry

int main(int count, char** words) {
  int plugins = 10'000;
  if (count > 1) std::from_chars(words[1], words[1] + std::char_traits<char>::length(words[1]), plugins);
  const int status = stoa::registry::run(plugins);
  return status == 0 && count > 2 ? stoa::registry::run_file(words[2]) : status;
}

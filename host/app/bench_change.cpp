// bench_change.cpp: what one act costs where 10,000 plugins have 50 releases each: to the host beside the registry, to
// the signer, to a host that follows. SPDX-License-Identifier: Apache-2.0
//   stoa_bench_change FOLDER   as tests/bench/start_catalogue.py leaves it; no host may run on it
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <vector>

#include "host/app/served_plans.hpp"
#include "host/app/wall_clock.hpp"
#include "registry/catalogue/catalogue.hpp"
#include "registry/document/file.hpp"
#include "registry/feed/catalogue_feed.hpp"
#include "registry/feed/followed_feed.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::app {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kActs = 60;

template <class Value>
Value must(Result<Value> result) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().reason.c_str(), result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

// The median: what else runs on this machine is in the worst one.
void figure(const char* name, std::vector<double> took_ms, double target_ms) {
  std::ranges::sort(took_ms);
  const double p50_ms = took_ms[took_ms.size() / 2];
  std::printf("figure registry.%s_ms %.2f ms target <=%g p90_ms=%.2f max_ms=%.2f%s\n", name, p50_ms, target_ms,
              took_ms[took_ms.size() * 9 / 10], took_ms.back(), p50_ms <= target_ms ? "" : "  MISSED");
  std::fflush(stdout);
}

void whole(const char* what, double took_ms) {
  std::printf("  %s: %.0f ms\n", what, took_ms);
  std::fflush(stdout);
}

// One of the three who hear of each act.
struct Listener {
  const char* name;
  double target_ms;
  std::function<void()> hear;
  std::vector<double> took_ms = {};
};

int run(const std::filesystem::path& folder) {
  const auto registry = folder / "registry";
  const auto catalogue =
      must(registry::Catalogue::open({.file = registry / "catalogue.db", .now_ms = &unix_ms},
                                     must(registry::read_or_make_private_key(registry / "registry.key.pem"))));
  auto begin = Clock::now();
  ServedPlans own;
  registry::AuditHead own_head;
  const auto follow_own = [&] {
    const auto change = must(catalogue->resolution_change({.since = own_head}));
    (void)own.take(change, unix_ms());
    own_head = change.head;
  };
  follow_own();
  whole("own plans and index of every model, read as a whole", ms_since(begin));

  begin = Clock::now();
  auto feed = must(registry::CatalogueFeed::open({.folder = registry}, unix_now()));
  const auto sign = [&] { must(feed.update(must(catalogue->public_change(feed.told_until())), unix_now())); };
  sign();
  whole("signer begins", ms_since(begin));

  begin = Clock::now();
  int fetched = 0;
  auto followed = must(registry::FollowedFeed::open(
      folder / "followed", must(registry::read_small_file(registry / "metadata/1.root.json", 1 << 20)),
      [&](std::string_view name, std::uint64_t bytes_max) {
        ++fetched;
        return registry::read_small_file(registry / "metadata" / name, bytes_max);
      }));
  ServedPlans theirs;
  const auto hear = [&] {
    must(followed.refresh(unix_now()));
    const registry::FollowedNews news = followed.take_news();
    const auto names = news.is_whole ? std::nullopt : std::optional(news.names);
    (void)theirs.take(followed.state().resolution(names, {}), unix_ms());
  };
  hear();
  whole("a follower begins", ms_since(begin));
  fetched = 0;

  Listener listeners[] = {
      {"change_own_index", 10, follow_own}, {"change_signed", 200, sign}, {"change_heard", 200, hear}};
  const registry::Actor admin{registry::Actor::Kind::operators, "bench", registry::Role::admin};
  for (int i = 0; i < kActs; ++i) {
    const auto release = must(catalogue->release(fmt::format("publisher-{}/vision", i * 131 % 10'000), "3.7.0"));
    must(release.state == registry::ReleaseState::published ? catalogue->deprecate(admin, release.id, "bench")
                                                            : catalogue->restore(admin, release.id, "bench"));
    for (Listener& listener : listeners) {
      begin = Clock::now();
      listener.hear();
      listener.took_ms.push_back(ms_since(begin));
    }
  }
  for (Listener& listener : listeners) figure(listener.name, std::move(listener.took_ms), listener.target_ms);
  std::printf("figure registry.change_files_fetched %.2f files target <=4\n", static_cast<double>(fetched) / kActs);
  return 0;
}

}  // namespace
}  // namespace stoa::app

int main(int count, char** words) {
  if (count != 2) {
    std::fprintf(stderr, "usage: stoa_bench_change FOLDER\n");
    return 2;
  }
  return stoa::app::run(words[1]);
}

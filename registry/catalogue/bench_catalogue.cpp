// bench_catalogue.cpp: what a catalogue of 10,000 plugins with 50 releases each costs to read and to write to.
// SPDX-License-Identifier: Apache-2.0
//   stoa_bench_catalogue FILE [PLUGINS [RELEASES [make]]]   FILE is made where it is not there, which takes a minute or
//   two; make: and nothing is measured
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>

#include "registry/catalogue/catalogue.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/schema_store.hpp"

namespace stoa::registry {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::int64_t kNowMs = 1'790'000'000'000;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

template <class Value>
Value must(Result<Value> result) {
  if (!result) {
    std::fprintf(stderr, "%s: %s\n", result.error().reason.c_str(), result.error().message.c_str());
    std::exit(1);
  }
  if constexpr (!std::is_void_v<Value>) return std::move(*result);
}

// As long as a real one, 4 KB, and sound: who lists models reads it.
std::string manifest_of(const ReleaseRecord& release) {
  const std::string digest(64, 'd'), port = R"([{"name": "x", "datatype": "FP32", "shape": [-1]}])";
  return fmt::format(
      R"({{"stoa": 1, "id": "{}", "version": "{}", "description": "{}", "abi": {{"min": 1, "max": 1}},)"
      R"( "licences": {{"code": "MIT", "weights": "MIT"}}, "platforms": [{{"os": "linux", "arch": "x86_64", "libc":)"
      R"( "glibc", "libc_min": "2.36", "library": "lib/plugin.so", "sha256": "{}", "size": 1}}], "models": [{{"name":)"
      R"( "vision-a", "task": "image-classification", "description": "says what is in a picture", "inputs": {}, "outputs":)"
      R"( {}}}, {{"name": "vision-b", "task": "text-generation", "description": "talks", "inputs": {}, "outputs": {}}}],)"
      R"( "source_sha256": "{}"}})",
      release.plugin, release.version, std::string(3'000, 'm'), digest, port, port, port, port, digest);
}

void fill_release(database::Connection& connection, const std::string& plugin, int number, const KeyId& key) {
  ReleaseRecord release;
  release.id = new_id<ReleaseTag>(kNowMs + number);
  release.plugin = plugin;
  release.version = fmt::format("{}.{}.0", number / 10, number % 10);
  release.state = ReleaseState::published;
  release.package_sha256 = sha256_of(plugin + release.version);
  release.package_bytes = 50'000'000;
  release.key = key;
  release.changelog = std::string(500, 'c');
  release.created_ms = release.changed_ms = kNowMs;
  release.submitted_ms = release.checked_ms = release.published_ms = release.cool_until_ms = kNowMs;
  release.manifest = manifest_of(release);
  release.models = {{plugin + "-a", "image-classification", "says what is in a picture"},
                    {plugin + "-b", "text-generation", "talks"}};
  const Actor owner{Actor::Kind::publisher, plugin.substr(0, plugin.find('/')), Role::auditor};
  const std::string subject = plugin + " " + release.version;
  must(append_audit(connection, kNowMs, owner.text(), "release.draft", subject, to_hex(release.package_sha256)));
  must(append_audit(connection, kNowMs, owner.text(), "release.submit", subject, "signed by " + key.hex));
  must(append_audit(connection, kNowMs, Actor::registry().text(), "release.check", subject, ""));
  must(append_audit(connection, kNowMs, Actor::registry().text(), "release.checked", subject, ""));
  release.audit_line =
      must(append_audit(connection, kNowMs, Actor::registry().text(), "release.publish", subject, "")).line;
  must(insert_release(connection, release));
  // Two kinds of facts per plugin: some day it asked for a newer libc.
  const ReleaseFacts facts{.models = {plugin + "-a", plugin + "-b"},
                           .platforms = {{"linux", "x86_64", "glibc", number < 25 ? "2.36" : "2.38"}},
                           .permissions = {"scratch:64MiB"},
                           .min_isolation = "T2",
                           .abi_min = 1,
                           .abi_max = 1};
  must(write_package(connection, release, facts));
}

void fill(const std::filesystem::path& file, int plugins, int releases) {
  auto connection = must(database::Connection::open(file, database::Access::write));
  must(migrate(connection));
  const PublicKey key = PrivateKey::generate().public_key();
  auto transaction = must(database::Transaction::begin(connection));
  for (int i = 0; i < plugins; ++i) {
    PublisherRecord publisher;
    publisher.name = fmt::format("publisher-{}", i);
    publisher.display_name = publisher.name;
    publisher.state = "verified";
    publisher.bytes_max = std::uint64_t{1} << 50;
    must(insert_publisher(connection, publisher, sha256_of(publisher.name)));
    must(insert_key(connection, {publisher.name, key, "release", 0, 0, {}, {}, ""}));
    const std::string plugin = publisher.name + "/vision";
    must(insert_plugin(connection, {plugin, publisher.name, "listed", {}, 0}));
    for (int j = 0; j < releases; ++j) fill_release(connection, plugin, j, key.id());
  }
  must(transaction.commit());
}

// Median and worst of several, and the processor's share: the rest is disk and other programs.
template <class Act>
void measure(const std::string& what, int times, const Act& act) {
  std::vector<double> took_ms;
  const std::clock_t cpu_begin = std::clock();
  for (int i = 0; i < times; ++i) {
    const auto begin = Clock::now();
    act(i);
    took_ms.push_back(ms_since(begin));
  }
  const double cpu_ms = static_cast<double>(std::clock() - cpu_begin) * 1e3 / CLOCKS_PER_SEC / times;
  std::ranges::sort(took_ms);
  std::printf("%-50s %9.2f ms median %9.2f ms worst %9.2f ms of processor\n", what.c_str(), took_ms[took_ms.size() / 2],
              took_ms.back(), cpu_ms);
}

void forget_pages(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  ::fsync(fd);
  ::posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
  ::close(fd);
}

int run(const std::filesystem::path& file, int plugins, int releases, bool is_made_only) {
  if (!std::filesystem::exists(file)) {
    const auto begin = Clock::now();
    fill(file, plugins, releases);
    std::printf("made in %.0f ms\n", ms_since(begin));
  }
  std::printf("%d plugins with %d releases, file of %.0f MB\n", plugins, releases,
              static_cast<double>(std::filesystem::file_size(file)) / 1e6);
  if (is_made_only) return 0;
  const Actor admin{Actor::Kind::operators, "alice", Role::admin};
  const auto open = [&] {
    CatalogueOptions with;
    with.file = file;
    with.now_ms = [] { return kNowMs; };
    std::size_t told = 0;
    with.publisher_name = {.ask = [](std::string_view) { return std::optional<std::string>(); },
                           .tell = [&told](std::string_view) { ++told; }};
    return must(Catalogue::open(std::move(with), PrivateKey::generate()));
  };
  forget_pages(file);
  measure("open, pages not in memory", 1, [&](int) { open(); });
  measure("open", 5, [&](int) { open(); });
  forget_pages(file);
  auto catalogue = open();
  measure("read_for_resolution, pages not in memory", 1, [&](int) { must(catalogue->read_for_resolution()); });
  std::size_t count = 0;
  measure("read_for_resolution", 5, [&](int) { count = must(catalogue->read_for_resolution()).releases.size(); });
  std::printf("  %zu releases\n", count);
  measure("move_alias", 50, [&](int i) {
    const std::string model = fmt::format("publisher-{}/vision-a", i * 7 % plugins);
    const std::string alias = "bench-" + new_id_text("a", kNowMs).substr(20);
    must(catalogue->move_alias(admin, {model, alias, {{fmt::format("{}.{}.0", i % releases / 10, i % 10)}}, ""}));
  });
  measure("create_publisher", 50,
          [&](int) { must(catalogue->create_publisher(admin, "bench-" + new_id_text("p", kNowMs).substr(8), "")); });
  measure("open_draft", 50, [&](int i) {
    const std::string plugin = fmt::format("publisher-{}/vision", i % plugins);
    must(catalogue->open_draft(admin, {plugin, new_id_text("1.0.0-x", kNowMs).replace(7, 1, "."), {}, 1, ""}));
  });
  measure("releases, the newest 50", 20, [&](int) { must(catalogue->releases({})); });
  measure("releases of a plugin", 20, [&](int i) {
    ReleaseFilter filter;
    filter.plugin = fmt::format("publisher-{}/vision", i % plugins);
    must(catalogue->releases(filter));
  });
  measure("releases of a publisher", 20, [&](int i) {
    ReleaseFilter filter;
    filter.publisher = fmt::format("publisher-{}", i % plugins);
    must(catalogue->releases(filter));
  });
  measure("releases with a model", 20, [&](int i) {
    ReleaseFilter filter;
    filter.model = fmt::format("publisher-{}/vision-a", i % plugins);
    must(catalogue->releases(filter));
  });
  for (const char* text : {"nowhere", "publisher-77/", "vision", "talks"})
    measure(fmt::format("releases by the text '{}'", text), 5, [&](int) {
      ReleaseFilter filter;
      filter.text = text;
      filter.state = ReleaseState::published;
      must(catalogue->releases(filter));
    });
  for (const char* task : {"image-classification", "nothing"})
    measure(fmt::format("releases of the task '{}'", task), 5, [&](int) {
      ReleaseFilter filter;
      filter.task = task;
      must(catalogue->releases(filter));
    });
  measure("release by plugin and version", 50,
          [&](int i) { must(catalogue->release(fmt::format("publisher-{}/vision", i % plugins), "0.1.0")); });
  measure("audit lines of a release", 20,
          [&](int i) { must(catalogue->audit(admin, 0, 50, fmt::format("publisher-{}/vision 0.1.0", i % plugins))); });
  return 0;
}

int number(const char* text) {
  int value = 0;
  std::from_chars(text, text + std::char_traits<char>::length(text), value);
  return value;
}

}  // namespace
}  // namespace stoa::registry

int main(int count, char** words) {
  if (count < 2) {
    std::fprintf(stderr, "usage: stoa_bench_catalogue FILE [PLUGINS [RELEASES [make]]]\n");
    return 2;
  }
  return stoa::registry::run(words[1], count > 2 ? stoa::registry::number(words[2]) : 10'000,
                             count > 3 ? stoa::registry::number(words[3]) : 50,
                             count > 4 && std::string_view(words[4]) == "make");
}

// extensions_test.cpp: host extensions as a plugin meets them. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <fstream>

#include "host/runtime/fixture_host.hpp"

namespace stoa::runtime {
namespace {

class HostExtensions : public ::testing::Test {
 protected:
  void load(const HostServices& services) {
    PluginSource source = fixture_source("extensions");
    source.models[0].meters = {"call", "token.in", "token.out"};
    source.assets = assets;
    auto loaded = load_plugin(source, services);
    ASSERT_TRUE(loaded.has_value()) << loaded.error().message;
    instance = std::move(loaded->front());
    ASSERT_TRUE(make_ready(*instance).has_value());
  }
  Asked use(std::string_view extension) {
    if (instance == nullptr) load(host.services());
    Asked asked(extension);
    instance->submit(std::span(&asked.call, 1));
    EXPECT_TRUE(asked.wait());
    return asked;
  }

  FixtureHost host;
  std::vector<AssetFile> assets;
  std::unique_ptr<Instance> instance;
};

TEST_F(HostExtensions, LogIsMadePrintable) {
  const Asked asked = use("log");
  const auto lines = host.log->lines();
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0].message, "a line?with a ? byte");
  EXPECT_EQ(lines[0].level, LogLevel::warn);
  EXPECT_EQ(lines[0].plugin, "stoa-tests/extensions");
  EXPECT_EQ(lines[0].request_id, asked.call->id());
  EXPECT_EQ(lines[0].fields_json, "{\"n\":1}");
}

TEST_F(HostExtensions, LogFloodIsCutAndCounted) {
  HostServices services = host.services();
  const auto now_ns = std::make_shared<std::uint64_t>(1'000'000'000);
  services.now_ns = [now_ns] { return *now_ns; };
  load(services);
  use("log flood");
  EXPECT_EQ(host.log->lines().size(), services.log_lines_burst);
  *now_ns += 1'000'000'000;
  use("log");
  const auto lines = host.log->lines();
  ASSERT_EQ(lines.size(), services.log_lines_burst + 2);
  EXPECT_EQ(lines[lines.size() - 2].message, "9800 lines of this plugin were dropped: its limit is 100 a second");
}

TEST_F(HostExtensions, AssetsAreReadByManifestPath) {
  const auto file = std::filesystem::path(::testing::TempDir()) / "stoa-words.txt";
  std::ofstream(file) << "hello world";
  assets = {{"assets/words.txt", file, 11}, {"assets/changed.txt", file, 12}};
  EXPECT_EQ(use("assets").text(), "size 11: 4 hell, 2 ld, past 0, mapped 1");
  EXPECT_EQ(use("assets outside").text(), "5 asset.unknown");
  EXPECT_EQ(use("assets changed").text(), "15 asset.changed");
  std::filesystem::remove(file);
  EXPECT_EQ(use("assets").text(), "15 asset.unreadable");
}

TEST_F(HostExtensions, MetersAreTotalsThatOnlyRise) {
  const Asked asked = use("meter");
  EXPECT_EQ(asked.text(), "0 0 0 3 3 3 3");
  const auto meters = asked.call->meters();
  ASSERT_EQ(meters.size(), 1u);
  EXPECT_EQ(meters[0].meter, "token.out");
  EXPECT_EQ(meters[0].total_micro, 3'000'000);
}

TEST_F(HostExtensions, MetricsAreBoundedPerPlugin) {
  EXPECT_EQ(use("metrics").text(), "same 1, 63 more, then 8, bad refused 1");
  EXPECT_EQ(host.metrics->series["tokens_total"].values, std::vector<double>{2.5});
}

TEST_F(HostExtensions, MemoryIsAlignedBoundedAndComesBack) {
  {
    const Asked asked = use("memory");
    ASSERT_EQ(asked.answer.size(), 2u);
    EXPECT_EQ(asked.answer[0].data().size(), 100'000u);
    EXPECT_EQ(asked.answer[0].data()[99'999], std::byte{'x'});
    EXPECT_EQ(text_of(asked.answer[1]), "aligned 1, refused 1 with 8");
    EXPECT_EQ(host.metrics->reported_bytes, 4096u);
  }
  for (int i = 0; i < 100; ++i) ASSERT_EQ(use("memory").answer.size(), 2u);
  EXPECT_TRUE(instance->drain(thread::monotonic_ns() + kTestPatienceNs).has_value());
}

TEST_F(HostExtensions, EntitlementIsDeniedWithoutLicences) { EXPECT_EQ(use("entitlement").text(), "7 licence.none 0"); }

TEST_F(HostExtensions, EntitlementIsAskedForTheTenant) {
  HostServices services = host.services();
  services.entitlement = [](const EntitlementQuery& query) -> Result<Grant> {
    if (query.feature == "context.large" && query.plugin == "stoa-tests/extensions") return Grant{0, 128'000};
    return failure(Code::permission_denied, "licence.feature", "no");
  };
  load(services);
  EXPECT_EQ(use("entitlement").text(), "0  128000");
}

TEST_F(HostExtensions, UnknownIdsAreNull) { EXPECT_EQ(use("unknown").text(), "1 1"); }

}  // namespace
}  // namespace stoa::runtime

// catalog_test.cpp: names, versions, and readers beside a writer. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "host/inference/catalog.hpp"
#include "host/runtime/fixture_host.hpp"

namespace stoa::inference {
namespace {

// One library, many models: as a plugin with that many models in its manifest.
std::vector<std::shared_ptr<ServedModel>> serve(const std::vector<std::pair<std::string, std::string>>& names) {
  runtime::PluginSource source = runtime::fixture_source("echo");
  source.models.clear();
  for (const auto& [name, version] : names) {
    runtime::ModelSpec spec;
    spec.name = name;
    spec.version = version;
    source.models.push_back(spec);
  }
  std::vector<std::shared_ptr<ServedModel>> served;
  auto loaded = runtime::load_plugin(source, runtime::FixtureHost().services());
  EXPECT_TRUE(loaded.has_value());
  if (loaded)
    for (auto& instance : *loaded) served.push_back(ServedModel::start(std::move(instance)).value());
  return served;
}

constexpr std::uint32_t kOfC1Ppm = 533'538;  // computed apart from the code, from the comment beside it

TEST(Catalog, FindsByNameAndVersion) {
  Catalog catalog;
  for (auto& model : serve({{"a/x", "1.9.0"}, {"a/x", "1.10.0"}, {"a/x", "2.0.0-rc.1"}, {"a/y", "0.1.0-beta"}}))
    ASSERT_TRUE(catalog.add(model).has_value());
  EXPECT_EQ(catalog.find("a/x", "").value()->spec().version, "1.10.0")
      << "a pre-release only when there is nothing else";
  EXPECT_EQ(catalog.find("a/y", "").value()->spec().version, "0.1.0-beta");
  EXPECT_EQ(catalog.find("a/x", "1.9.0").value()->spec().version, "1.9.0");
  EXPECT_EQ(catalog.find("a/z", "").error().reason, "model.unknown");
  EXPECT_EQ(catalog.find("a/x", "3.0.0").error().reason, "model.version_unknown");
  EXPECT_EQ(catalog.versions("a/x"), (std::vector<std::string>{"1.9.0", "1.10.0", "2.0.0-rc.1"}));
  EXPECT_TRUE(catalog.versions("a/z").empty());
  EXPECT_EQ(catalog.list().size(), 4u);
  EXPECT_EQ(catalog.list()[3]->spec().name, "a/y");
  EXPECT_EQ(catalog.add(catalog.find("a/y", "").value()).error().reason, "model.exists");
  EXPECT_NE(catalog.remove("a/y", "0.1.0-beta"), nullptr);
  EXPECT_EQ(catalog.remove("a/y", "0.1.0-beta"), nullptr);
  EXPECT_EQ(catalog.find("a/y", "").error().reason, "model.unknown");
}

TEST(Catalog, OrdersVersionsAsSemverSays) {
  // Semantic Versioning 2.0.0, section 11, from the lowest up.
  const std::vector<std::string> expected = {"1.0.0-alpha",   "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta",
                                             "1.0.0-beta.2",  "1.0.0-beta.11", "1.0.0-rc.1",       "1.0.0",
                                             "1.0.1+build.7", "1.2.0",         "1.11.0",           "10.0.0"};
  std::vector<std::pair<std::string, std::string>> shuffled;
  for (std::size_t i = 0; i < expected.size(); ++i) shuffled.emplace_back("a/x", expected[i * 7 % expected.size()]);
  Catalog catalog;
  for (auto& model : serve(shuffled)) ASSERT_TRUE(catalog.add(model).has_value());
  EXPECT_EQ(catalog.versions("a/x"), expected);
}

TEST(Catalog, TrafficSaysWhoGetsWhat) {
  Catalog catalog;
  const auto models = serve({{"a/x", "1.0.0"}, {"a/x", "2.0.0"}, {"a/x", "3.0.0"}});
  Traffic traffic;
  traffic.models = {models[2], models[0], models[1]};
  traffic.stable = models[0];
  traffic.candidate = models[1];
  traffic.chosen =
      std::make_shared<const std::set<std::string, std::less<>>>(std::set<std::string, std::less<>>{"acme"});
  traffic.revoked = {"0.9.0"};
  const auto answers = [&](std::string_view version, const Asker& asker) {
    const auto routed = catalog.route("a/x", version, asker);
    return routed ? routed->model->spec().version : routed.error().reason;
  };
  catalog.set("a/x", traffic);
  EXPECT_EQ(catalog.list().size(), 3u);
  EXPECT_EQ(catalog.relied_on(), (std::vector{models[0], models[2]})) << "without the one on trial";
  EXPECT_EQ(answers("", {}), "1.0.0");
  EXPECT_EQ(answers("", {.customer = "acme"}), "2.0.0");
  EXPECT_EQ(answers("", {.customer = "other"}), "1.0.0");
  EXPECT_EQ(answers("3.0.0", {.customer = "acme"}), "3.0.0");
  EXPECT_EQ(answers("0.9.0", {}), "release.revoked");
  EXPECT_EQ(answers("0.8.0", {}), "model.version_unknown");
  EXPECT_EQ(catalog.versions("a/x"), (std::vector<std::string>{"1.0.0", "2.0.0", "3.0.0"}));
  traffic.candidate_ppm = 1'000'000;
  catalog.set("a/x", traffic);
  EXPECT_EQ(answers("", {.request = "r"}), "2.0.0");
  EXPECT_EQ(answers("", {}), "1.0.0") << "nobody in particular gets the stable one";
  traffic.stable = traffic.candidate = nullptr;
  catalog.set("a/x", traffic);
  EXPECT_EQ(answers("", {}), "3.0.0") << "the highest";
  traffic.has_default = false;
  catalog.set("a/x", traffic);
  EXPECT_EQ(answers("", {}), "release.revoked");
  traffic.awaits_default = true;
  catalog.set("a/x", traffic);
  EXPECT_EQ(answers("", {}), "model.not_ready") << "nobody named the one that was revoked";
  EXPECT_EQ(answers("0.9.0", {}), "release.revoked");
  inference::Traffic first;
  first.awaits_default = true;
  catalog.set("a/y", first);
  EXPECT_EQ(catalog.find("a/y", "").error().reason, "model.not_ready") << "there is one, and it is on its way";
  EXPECT_EQ(catalog.find("a/y", "1.0.0").error().reason, "model.version_unknown");
  EXPECT_TRUE(catalog.versions("a/y").empty());
  catalog.set("a/y", {});
  traffic.awaits_default = false;
  traffic.revoked.clear();
  catalog.set("a/x", traffic);
  EXPECT_EQ(answers("", {}), "model.not_ready");
  catalog.set("a/x", {});
  EXPECT_EQ(answers("", {}), "model.unknown");
}

TEST(Catalog, SharesGrowAndNobodyFallsOut) {
  for (int i = 0; i < 2000; ++i) {
    const std::string key = "c" + std::to_string(i);
    bool was_below = false;
    for (std::uint32_t ppm = 0; ppm <= 1'000'000; ppm += 50'000) {
      const bool is_in = is_below("a/x@2.0.0", key, ppm);
      ASSERT_TRUE(is_in || !was_below) << key << " at " << ppm;
      was_below = is_in;
    }
    ASSERT_TRUE(was_below) << "all of them at the whole";
    ASSERT_FALSE(is_below("a/x@2.0.0", key, 0));
  }
  // Another host, another day: the same customers. Known answers, so that no compiler and no release changes them.
  EXPECT_TRUE(is_below("a/x@2.0.0", "c1", kOfC1Ppm + 1));
  EXPECT_FALSE(is_below("a/x@2.0.0", "c1", kOfC1Ppm));
}

TEST(Catalog, ReadersNeverSeeHalfAChange) {
  Catalog catalog;
  const auto models = serve({{"a/x", "1.0.0"}, {"a/x", "2.0.0"}});
  ASSERT_TRUE(catalog.add(models[0]).has_value());
  std::atomic<bool> is_over{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!is_over.load()) {
        const auto found = catalog.find("a/x", "");
        ASSERT_TRUE(found.has_value());
        ASSERT_TRUE((*found)->is_ready());
      }
    });
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(catalog.add(models[1]).has_value());
    ASSERT_EQ(catalog.remove("a/x", "2.0.0"), models[1]);
  }
  is_over = true;
  for (auto& reader : readers) reader.join();
}

}  // namespace
}  // namespace stoa::inference

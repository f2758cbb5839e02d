// in_process_instance_test.cpp: the suite against models in this process, and what only they do.
// SPDX-License-Identifier: Apache-2.0
#include <thread>

#include "host/runtime/instance_test_suite.hpp"

namespace stoa::runtime {
namespace {

INSTANTIATE_TEST_SUITE_P(InProcess, InstanceTest, ::testing::Values(InstanceFactory{"in_process", &load_plugin}),
                         [](const auto& info) { return info.param.name; });

Error refusal(const PluginSource& source) {
  const auto loaded = load_plugin(source, FixtureHost().services());
  EXPECT_FALSE(loaded.has_value());
  return loaded ? Error{} : loaded.error();
}

TEST(InProcessLoad, HandshakeSaysWhatWasOfferedAndNeeded) {
  struct Row {
    const char *fixture, *reason, *words;
  };
  constexpr Row kRows[] = {
      {"entry_wrong_abi", "plugin.abi", "plugin speaks ABI 7, host offers 1"},
      {"entry_no_entry", "plugin.abi", "the plugin refused, host offers ABI 1: plugin speaks ABI 2..3"},
      {"entry_null_load", "plugin.entry", "the plugin's entry has no load(), init and load are needed"},
      {"entry_null_init", "plugin.entry", "the plugin's entry has no init(), init and load are needed"},
      {"entry_no_manifest", "plugin.entry", "the plugin carries a manifest of 0 bytes, 1..4194304 are possible"},
      {"entry_refuses_init", "fixture.needs_gpu", "this plugin needs 2 GPUs"},
  };
  for (const auto& row : kRows) {
    const Error error = refusal(fixture_source(row.fixture));
    EXPECT_EQ(error.reason, row.reason) << row.fixture;
    EXPECT_EQ(error.message, row.words) << row.fixture;
  }
}

TEST(InProcessLoad, RefusesAnAbiRangeOutsideItsOwnBeforeLoading) {
  PluginSource source = fixture_source("no_such_file");
  source.abi_min = 2;
  source.abi_max = 3;
  EXPECT_EQ(refusal(source).message, "plugin speaks ABI 2..3, host offers 1");
}

TEST(InProcessLoad, RefusesALibraryBuiltWithAnotherManifest) {
  PluginSource source = fixture_source("echo");
  source.source_sha256[0] ^= 1;
  EXPECT_EQ(refusal(source).reason, "plugin.manifest");
}

TEST(InProcessLoad, RefusesRelativePathsAndMissingFiles) {
  PluginSource source = fixture_source("echo");
  source.library = "fixtures/echo.so";
  EXPECT_EQ(refusal(source).reason, "plugin.load");
  source.library = "/nowhere/at/all.so";
  EXPECT_EQ(refusal(source).reason, "plugin.lint.not_elf");
}

TEST(InProcessLoad, RefusesTheSameFileTwiceAtATime) {
  const auto first = load_plugin(fixture_source("echo"), FixtureHost().services());
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(refusal(fixture_source("echo")).reason, "plugin.in_use");
}

TEST(InProcessLoad, HangIsATimeOutAndTheThreadIsLeftBehind) {
  PluginSource source = fixture_source("life", "hanging");
  const auto own_copy = std::filesystem::path(::testing::TempDir()) / "stoa-hanging.so";  // it stays in use for ever
  std::filesystem::copy_file(source.library, own_copy, std::filesystem::copy_options::overwrite_existing);
  source.library = own_copy;
  source.models[0].limits.load_ns = 50'000'000;
  EXPECT_EQ(refusal(source).reason, "plugin.load_timeout");
  EXPECT_EQ(refusal(source).reason, "plugin.in_use") << "a plugin with a thread inside is not loaded again";
  std::filesystem::remove(own_copy);
}

TEST(InProcessInstance, SurvivesAThrowAndTakesNoMore) {
  FixtureHost host;
  auto loaded = load_plugin(fixture_source("thrower"), host.services());
  ASSERT_TRUE(loaded.has_value());
  ASSERT_TRUE(make_ready(*loaded->front()).has_value());
  Asked asked("anything");
  loaded->front()->submit(std::span(&asked.call, 1));
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(asked.reason(), "plugin.threw");
  EXPECT_NE(asked.call->error()->message.find("out of cheese"), std::string::npos);
  EXPECT_EQ(loaded->front()->state(), InstanceState::failed);
  Asked next("anything");
  loaded->front()->submit(std::span(&next.call, 1));
  EXPECT_EQ(next.reason(), "model.not_ready");
  loaded->clear();
  EXPECT_TRUE(host.log->has("left behind"));
}

// A worker's small payloads are copied on their way, so there none is out.
TEST(InProcessInstance, DrainWaitsForPayloadsStillOut) {
  FixtureHost host;
  auto loaded = load_plugin(fixture_source("streamer"), host.services());
  ASSERT_TRUE(loaded.has_value());
  Instance* const instance = loaded->front().get();
  ASSERT_TRUE(make_ready(*instance).has_value());
  Asked asked("3");
  instance->submit(std::span(&asked.call, 1));
  ASSERT_TRUE(asked.wait());
  EXPECT_EQ(instance->drain(thread::monotonic_ns() + 1'000'000).error().reason, "model.still_running");
  EXPECT_EQ(instance->state(), InstanceState::draining);
  asked.answer.clear();
  EXPECT_TRUE(instance->drain(thread::monotonic_ns() + kTestPatienceNs).has_value());
}

TEST(InProcessInstance, InlineOnlyWhereTheHostTrustsIt) {
  HostServices services = FixtureHost().services();
  {
    auto loaded = load_plugin(fixture_source("inlined"), services);
    ASSERT_TRUE(loaded.has_value());
    EXPECT_FALSE(loaded->front()->traits().is_inline);
  }
  services.inline_threads = 2;
  auto loaded = load_plugin(fixture_source("inlined"), services);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_TRUE(loaded->front()->traits().is_inline);
  EXPECT_EQ(loaded->front()->traits().inline_expected_ns, 1000u);
}

TEST(InstanceState, OnlyLegalTransitions) {
  using enum InstanceState;
  constexpr InstanceState kAll[] = {created, loading, warming, proving, ready, draining, stopped, failed};
  for (const auto from : kAll) {
    EXPECT_FALSE(is_legal(stopped, from));
    EXPECT_FALSE(is_legal(from, created));
    EXPECT_EQ(is_legal(from, failed), from != stopped);
    EXPECT_EQ(is_legal(from, stopped), from == draining || from == failed);
    EXPECT_EQ(is_legal(from, ready), from == proving);
  }
}

}  // namespace
}  // namespace stoa::runtime

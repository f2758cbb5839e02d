// config_test.cpp: what an operator may write, and what the answer to a slip is. SPDX-License-Identifier: Apache-2.0
#include "host/app/config.hpp"

#include <gtest/gtest.h>

namespace stoa::app {
namespace {

TEST(Config, EmptyTextGivesTheDefaults) {
  const auto config = parse_config("", "/srv");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->customer.port, 8080);
  EXPECT_EQ(config->operators.address, "127.0.0.1");
  EXPECT_EQ(config->packages, "/srv/packages");
  EXPECT_TRUE(config->in_process.empty());
}

TEST(Config, EveryKeyIsRead) {
  const auto config = parse_config(R"(
packages = "p"
state = "/var/lib/stoa"
io_threads = 2
drain_ms = 5000
in_process = ["stoa-demo/*", "acme/vision"]
[trust]
stoa-demo = "keys/demo.pub.pem"
acme = ["old.pem", "new.pem"]
[customer]
address = "0.0.0.0"
port = 443
tls_certificate = "tls/chain.pem"
tls_key = "tls/key.pem"
[operator]
port = 0
[limits]
idle_ms = 1000
[log]
level = "debug"
format = "json"
access = false
)",
                                   "/srv");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->packages, "/srv/p");
  EXPECT_EQ(config->state, "/var/lib/stoa");
  EXPECT_EQ(config->io_threads, 2u);
  EXPECT_EQ(config->trust.find("stoa-demo")->second, "/srv/keys/demo.pub.pem");
  EXPECT_EQ(config->trust.count("acme"), 2u);
  ASSERT_TRUE(config->customer.tls);
  EXPECT_EQ(config->customer.tls->certificate_chain, "/srv/tls/chain.pem");
  EXPECT_EQ(config->limits.idle_ms, 1000u);
  EXPECT_EQ(config->log.format, LogFormat::json);
  EXPECT_FALSE(config->log.access);
  EXPECT_TRUE(runs_in_process(*config, "stoa-demo/fashion"));
  EXPECT_TRUE(runs_in_process(*config, "acme/vision"));
  EXPECT_FALSE(runs_in_process(*config, "acme/visions"));
  EXPECT_FALSE(runs_in_process(*config, "stoa-demonstration/x"));
}

TEST(Config, AModelsKeysAreLaidOverItsManifest) {
  const auto config = parse_config(R"(
[models."acme/vision"]
devices = ["cuda:1", "cpu"]
memory_budget = "2 GiB"
inflight_max = 3
queue_max = 0
threads = 2
deadline_ms = 1500
config = {beam = 4, since = 2024-02-29, tiers = {fast = true, names = ["a", "b"]}, warmth = 0.5}
[models."acme/vision.small"]
memory_budget = 4096
)",
                                   "/");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->models.at("acme/vision.small").memory_budget_bytes, 4096u);
  runtime::ModelSpec spec;
  spec.config_json = R"({"beam": 1, "kept": null, "tiers": {"fast": false, "slow": 1}})";
  apply(config->models.at("acme/vision"), spec);
  ASSERT_EQ(spec.devices.size(), 2u);
  EXPECT_EQ(spec.devices[0].device_type, kDLCUDA);
  EXPECT_EQ(spec.devices[0].device_id, 1);
  EXPECT_EQ(spec.devices[1].device_type, kDLCPU);
  EXPECT_EQ(spec.limits.memory_budget_bytes, std::uint64_t{2} << 30);
  EXPECT_EQ(spec.limits.inflight_max, 3u);
  EXPECT_EQ(spec.limits.queue_max, 0u);
  EXPECT_EQ(spec.limits.threads, 2u);
  EXPECT_EQ(spec.limits.deadline_ns, 1'500'000'000u);
  EXPECT_EQ(spec.config_json,
            R"({"beam":4,"kept":null,"since":"2024-02-29","tiers":{"fast":true,"names":["a","b"],"slow":1},)"
            R"("warmth":0.5})");
}

TEST(Config, AModelKeepsWhatTheOperatorDoesNotSay) {
  const auto config = parse_config("[models.\"acme/vision\"]\nthreads = 7\n", "/");
  ASSERT_TRUE(config) << config.error().message;
  runtime::ModelSpec spec, before;
  spec.config_json = before.config_json = R"({ "as": "written" })";
  apply(config->models.at("acme/vision"), spec);
  EXPECT_TRUE(spec.devices.empty());
  EXPECT_EQ(spec.limits.threads, 7u);
  EXPECT_EQ(spec.limits.queue_max, before.limits.queue_max);
  EXPECT_EQ(spec.limits.deadline_ns, before.limits.deadline_ns);
  EXPECT_EQ(spec.limits.memory_budget_bytes, 0u);
  EXPECT_EQ(spec.config_json, before.config_json);
}

struct Slip {
  const char* toml;
  const char* reason;
  const char* message_starts;
};

TEST(Config, ASlipIsNamedByItsKey) {
  const Slip slips[] = {
      {"prot = 1", "config.unknown_key", "prot: is not a key"},
      {"[customer]\nprot = 1", "config.unknown_key", "customer.prot: is not a key"},
      {"[customer]\nport = 65536", "config.range", "customer.port: is 65536"},
      {"[customer]\nport = -1", "config.range", "customer.port: is -1"},
      {"[customer]\nport = \"80\"", "config.type", "customer.port: is not a whole number"},
      {"[customer]\ntls_key = \"k\"", "config.missing", "customer.tls_certificate: is needed too"},
      {"[customer]\ncustomer_field = \"X Customer\"", "config.value", "customer.customer_field: is \"X Customer\""},
      {"customer = 3", "config.type", "customer: is not a table"},
      {"[licensing]\nfolders = \"x\"", "config.unknown_key", "licensing.folders: is not a key"},
      {"[licensing.issuers]\nplatform = 1", "config.type", "licensing.issuers.platform: is not a string"},
      {"[webhooks]", "config.value", "webhooks: needs [licensing]"},
      {"[licensing]\n[webhooks]\nattempts_max = 0", "config.range", "webhooks.attempts_max: is 0"},
      {"[customer]\ncustomer_field = \"x-who\"\n[licensing]", "config.value", "licensing: and customer.customer_field"},
      {"io_threads = 0", "config.range", "io_threads: is 0"},
      {"in_process = \"x\"", "config.type", "in_process: is not a list"},
      {"in_process = [1]", "config.type", "in_process: is not a list"},
      {"[log]\nlevel = \"loud\"", "config.value", "log.level: is \"loud\""},
      {"[log]\naccess = 1", "config.type", "log.access: is neither"},
      {"[limits]\nidle_ms = 0", "config.range", "limits.idle_ms: is 0"},
      {"[trust]\ndemo = 1", "config.type", "trust.demo: is not a string"},
      {"models = 1", "config.type", "models: is not a table"},
      {"[models]\nvision = {}", "config.value", "models.vision: is no \"publisher/model\""},
      {"[models]\n\"a/b\" = 1", "config.type", "models.\"a/b\": is not a table"},
      {"[models.\"a/infer\"]", "config.value", "models.\"a/infer\": is no"},
      {"[models.\"a/b\"]\nthread = 1", "config.unknown_key", "models.\"a/b\".thread: is not a key"},
      {"[permissions]\n\"a/b\" = [\"jit\", \"network:api.example.org\"]", "config.value",
       "permissions: \"network:api.example.org\" of a/b: names a host"},
      {"[models.\"a/b\"]\nthreads = 0", "config.range", "models.\"a/b\".threads: is 0, allowed are 1 to 256"},
      {"[models.\"a/b\"]\ninflight_max = 65537", "config.range", "models.\"a/b\".inflight_max: is 65537"},
      {"[models.\"a/b\"]\nqueue_max = -1", "config.range", "models.\"a/b\".queue_max: is -1, allowed are 0 to 1000000"},
      {"[models.\"a/b\"]\ndeadline_ms = 0", "config.range", "models.\"a/b\".deadline_ms: is 0"},
      {"[models.\"a/b\"]\ndeadline_ms = 1.5", "config.type", "models.\"a/b\".deadline_ms: is not a whole number"},
      {"[models.\"a/b\"]\ndevices = \"cpu\"", "config.type", "models.\"a/b\".devices: is not a list"},
      {"[models.\"a/b\"]\ndevices = []", "config.type", "models.\"a/b\".devices: is not a list of at least one"},
      {"[models.\"a/b\"]\ndevices = [0]", "config.type", "models.\"a/b\".devices: is not a list of strings"},
      {"[models.\"a/b\"]\ndevices = [\"cuda\"]", "config.value",
       "models.\"a/b\".devices: has \"cuda\", allowed are cpu"},
      {"[models.\"a/b\"]\ndevices = [\"cuda:128\"]", "config.value", "models.\"a/b\".devices: has \"cuda:128\""},
      {"[models.\"a/b\"]\ndevices = [\"cuda:-1\"]", "config.value", "models.\"a/b\".devices: has \"cuda:-1\""},
      {"[models.\"a/b\"]\ndevices = [\"cpu\", \"cpu\"]", "config.value", "models.\"a/b\".devices: has \"cpu\" twice"},
      {"[models.\"a/b\"]\nmemory_budget = 0", "config.range", "models.\"a/b\".memory_budget: is 0, allowed are 1 byte"},
      {"[models.\"a/b\"]\nmemory_budget = \"0 B\"", "config.value", "models.\"a/b\".memory_budget: is \"0 B\""},
      {"[models.\"a/b\"]\nmemory_budget = \"2 gigs\"", "config.value", "models.\"a/b\".memory_budget: is \"2 gigs\""},
      {"[models.\"a/b\"]\nmemory_budget = \"1.5 GiB\"", "config.value", "models.\"a/b\".memory_budget: is \"1.5 GiB\""},
      {"[models.\"a/b\"]\nmemory_budget = \"1025 TiB\"", "config.value",
       "models.\"a/b\".memory_budget: is \"1025 TiB\""},
      {"[models.\"a/b\"]\nmemory_budget = true", "config.type", "models.\"a/b\".memory_budget: is neither"},
      {"[models.\"a/b\"]\nconfig = 1", "config.type", "models.\"a/b\".config: is not a table"},
      {"[models.\"a/b\"]\nconfig = {a = [0, {b = inf}]}", "config.value",
       "models.\"a/b\".config: a[1].b is no finite number"},
      {"[billing]", "config.value", "billing: needs [licensing]"},
      {"[billing]\n[licensing]\ncalls_need_keys = false", "config.value", "billing: needs [licensing]"},
      {"[licensing]\n[billing]\nreply = \"soon\"", "config.value", "billing.reply: is \"soon\", allowed are durable"},
      {"[licensing]\n[billing]\nunpriced = \"\"", "config.value", "billing.unpriced: is \"\", allowed are free"},
      {"[licensing]\n[billing]\nwindow_ms = 0", "config.range", "billing.window_ms: is 0, allowed are 1 to 1000"},
      {"[licensing]\n[billing.at_most]\nimage = 0", "config.range", "billing.at_most.image: is 0"},
      {"port = ", "config.syntax", "line 1"},
  };
  for (const Slip& slip : slips) {
    const auto config = parse_config(slip.toml, "/");
    ASSERT_FALSE(config) << slip.toml;
    EXPECT_EQ(config.error().code, Code::invalid_argument) << slip.toml;
    EXPECT_EQ(config.error().reason, slip.reason) << slip.toml;
    EXPECT_EQ(config.error().message.rfind(slip.message_starts, 0), 0u) << config.error().message;
  }
}

TEST(Config, BillingSaysWhenAnswersLeaveAndWhatACallMayUse) {
  const auto plain = parse_config("[licensing]\n[billing]", "/etc/stoa");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_EQ(plain->billing->folder, "/etc/stoa/billing");
  EXPECT_TRUE(plain->billing->replies_are_durable);
  EXPECT_FALSE(plain->billing->unpriced_are_free);
  const auto config = parse_config(
      "[licensing]\n[billing]\nfolder = \"money\"\nreply = \"window\"\nwindow_ms = 20\nunpriced = \"free\"\n"
      "[billing.at_most]\n\"token.out\" = 4096",
      "/etc/stoa");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->billing->folder, "/etc/stoa/money");
  EXPECT_FALSE(config->billing->replies_are_durable);
  EXPECT_EQ(config->billing->window_ms, 20u);
  EXPECT_TRUE(config->billing->unpriced_are_free);
  EXPECT_EQ(config->billing->at_most.at("token.out"), 4096u);
}

TEST(Config, TheRegistrysPolicyIsTheOperators) {
  const auto rule_of = [](const registry::LicenceRules& rules, const char* licence) {
    return static_cast<int>(rules.evaluate(licence).rule);
  };
  const auto plain = parse_config("[registry]", "/etc/stoa");
  ASSERT_TRUE(plain) << plain.error().message;
  EXPECT_FALSE(plain->registry->policy.backports || plain->registry->policy.golden_required);
  EXPECT_EQ(rule_of(plain->registry->policy.licences.code, "GPL-3.0-only"),
            static_cast<int>(registry::LicenceRule::workers_only));
  const auto config = parse_config(
      "[registry]\nbackports = true\ngolden_required = true\npackage_mib = 100\nfile_mib = 10\nfiles_max = 7\n"
      "[registry.licences.code]\ndenied = [\"GPL-*\"]\n"
      "[registry.licences.weights]\nbuilt_in = false\nallowed = [\"CC0-1.0\"]\notherwise = \"denied\"",
      "/etc/stoa");
  ASSERT_TRUE(config) << config.error().message;
  const RegistryPolicyConfig& policy = config->registry->policy;
  EXPECT_TRUE(policy.backports && policy.golden_required);
  EXPECT_EQ(policy.package_bytes_max, 100u << 20);
  EXPECT_EQ(policy.file_bytes_max, 10u << 20);
  EXPECT_EQ(policy.files_max, 7u);
  EXPECT_EQ(rule_of(policy.licences.code, "GPL-3.0-only"), static_cast<int>(registry::LicenceRule::denied));
  EXPECT_EQ(rule_of(policy.licences.code, "MIT"), static_cast<int>(registry::LicenceRule::allowed)) << "built in";
  EXPECT_EQ(rule_of(policy.licences.weights, "CC0-1.0"), static_cast<int>(registry::LicenceRule::allowed));
  EXPECT_EQ(rule_of(policy.licences.weights, "MIT"), static_cast<int>(registry::LicenceRule::denied));
  const struct {
    const char *toml, *message;
  } slips[] = {
      {"[registry]\npackage_mib = 0", "registry.package_mib: is 0"},
      {"[registry]\nfile_mib = 9000", "registry.file_mib: is 9000"},
      {"[registry.licences.code]\ndenied = [\"GPL *\"]", "registry.licences.code: 'GPL *' is no SPDX id"},
      {"[registry.licences.code]\nallowed = [\"MIT\"]\ndenied = [\"MIT\"]",
       "registry.licences.code: 'MIT' stands twice"},
      {"[registry.licences.weights]\notherwise = \"maybe\"", "registry.licences.weights: otherwise is 'maybe'"},
      {"[registry.licences.data]\nallowed = []", "registry.licences.data: is not a key"},
      {"[registry]\nfollow = \"https://a\"\ntrusted_root = \"r\"\nbackports = true",
       "registry.backports: is for a host"},
      {"[registry]\nfollow = \"https://a\"\ntrusted_root = \"r\"\n[registry.licences.code]\n",
       "registry.licences: is for a host"},
  };
  for (const auto& slip : slips) {
    const auto refused = parse_config(slip.toml, "/etc/stoa");
    ASSERT_FALSE(refused) << slip.toml;
    EXPECT_TRUE(refused.error().message.contains(slip.message)) << refused.error().message;
  }
}

TEST(Config, AMissingFileSaysWhich) {
  const auto config = load_config("/nowhere/stoa.toml");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("/nowhere/stoa.toml"), std::string::npos);
}

}  // namespace
}  // namespace stoa::app

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
      {"customer = 3", "config.type", "customer: is not a table"},
      {"io_threads = 0", "config.range", "io_threads: is 0"},
      {"in_process = \"x\"", "config.type", "in_process: is not a list"},
      {"in_process = [1]", "config.type", "in_process: is not a list"},
      {"[log]\nlevel = \"loud\"", "config.value", "log.level: is \"loud\""},
      {"[log]\naccess = 1", "config.type", "log.access: is neither"},
      {"[limits]\nidle_ms = 0", "config.range", "limits.idle_ms: is 0"},
      {"[trust]\ndemo = 1", "config.type", "trust.demo: is not a string"},
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

TEST(Config, AMissingFileSaysWhich) {
  const auto config = load_config("/nowhere/stoa.toml");
  ASSERT_FALSE(config);
  EXPECT_NE(config.error().message.find("/nowhere/stoa.toml"), std::string::npos);
}

}  // namespace
}  // namespace stoa::app

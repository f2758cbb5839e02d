// webhook_api_test.cpp: who may have webhooks, and whose they are. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/test_licensing.hpp"
#include "host/api/licensing/webhook_routes.hpp"

namespace stoa::api {
namespace {

class WebhookApiTest : public LicensingTest {
 protected:
  WebhookApiTest() {
    auto opened = licensing::Outbox::open({.file = folder / "webhooks/outbox.db", .now_ms = [this] { return now_ms; }});
    if (!opened) throw std::runtime_error(opened.error().message);
    outbox = std::move(*opened);
    api = std::unique_ptr<WebhookApi>(new WebhookApi{
        .licensing = *licences, .outbox = *outbox, .ends = [] {
          return Result<std::vector<std::pair<std::string, std::uint64_t>>>({{"ledger", 12}, {"licensing", 7}});
        }});
    http::ServerConfig config;
    add_webhook_routes(*api, config.listeners.emplace_back().routes);
    config.render_error = &render_error;
    server = std::move(*http::Server::create(std::move(config)));
    server->start();
  }
  ~WebhookApiTest() override { server.reset(); }

  Json tell(long status, const RegistryRequest& request) {
    const RegistryReply reply = ask(server->ports().at(0), request);
    EXPECT_EQ(reply.status, status) << request.method << ' ' << request.path << ": " << reply.body << reply.error;
    return status == 204 ? Json() : reply.json();
  }
  Json create(const std::string& token) {
    return tell(
        201, {"POST", "/v1/webhooks", R"({"url":"https://example.com/hook","types":["call.*","release.*"]})", token});
  }

  std::unique_ptr<licensing::Outbox> outbox;
  std::unique_ptr<WebhookApi> api;
  std::unique_ptr<http::Server> server;
};

TEST_F(WebhookApiTest, AreShownOnceWithTheirSecretAndAreTheirOwners) {
  const Json made = create(acme);
  const std::string path = "/v1/webhooks/" + made["id"].get<std::string>();
  EXPECT_TRUE(made["secret"].get<std::string>().starts_with("whsec_"));
  EXPECT_EQ(made["publisher"], "acme");
  EXPECT_FALSE(tell(200, {"GET", path, "", acme}).contains("secret"));
  EXPECT_EQ(tell(404, {"GET", path, "", rival})["reason"], "webhook.unknown");
  EXPECT_EQ(tell(404, {"POST", path + "/rotate", "{}", rival})["reason"], "webhook.unknown");
  EXPECT_EQ(tell(404, {"DELETE", path, "", rival})["reason"], "webhook.unknown");
  EXPECT_EQ(tell(200, {"GET", "/v1/webhooks", "", rival})["items"].size(), 0u);
  EXPECT_EQ(tell(200, {"GET", "/v1/webhooks", "", finance})["items"].size(), 1u);
  EXPECT_EQ(outbox->position(made["id"].get<std::string>(), "ledger", 99)->next, 12u);
  EXPECT_NE(tell(200, {"POST", path + "/rotate", R"({"overlap_s":60})", acme})["secret"], made["secret"]);
  tell(202, {"POST", path + "/test", "{}", acme});
  tell(200, {"GET", path + "/deliveries", "", acme});
  tell(204, {"DELETE", path, "", acme});
  tell(404, {"GET", path, "", acme});
}

TEST_F(WebhookApiTest, AreChangedByWhoMayManageAndSeenByWhoMayRead) {
  const std::string path = "/v1/webhooks/" + create(finance)["id"].get<std::string>();
  EXPECT_EQ(tell(200, {"GET", path, "", auditor})["state"], "active");
  EXPECT_EQ(tell(403, {"POST", path + "/test", "{}", auditor})["reason"], "role.not_allowed");
  EXPECT_EQ(tell(403, {"DELETE", path, "", auditor})["reason"], "role.not_allowed");
  EXPECT_EQ(tell(404, {"GET", path, "", acme})["reason"], "webhook.unknown");
  EXPECT_EQ(tell(401, {"GET", path, "", ""})["reason"], "token.missing");
}

TEST_F(WebhookApiTest, AreRefusedForTheirOwnReason) {
  const auto refused = [&](const std::string& body) {
    return tell(400, {"POST", "/v1/webhooks", body, finance})["reason"];
  };
  EXPECT_EQ(refused(R"({"url":"http://example.com/","types":["*"]})"), "webhook.url");
  EXPECT_EQ(refused(R"({"url":"https://example.com/","types":["calls"]})"), "webhook.types");
  EXPECT_EQ(refused(R"({"url":"https://example.com/","types":[7]})"), "registry.field");
  EXPECT_EQ(refused(R"({"url":"https://example.com/","types":["*"],"secret":"mine"})"), "registry.field");
  const std::string path = "/v1/webhooks/" + create(finance)["id"].get<std::string>();
  EXPECT_EQ(tell(400, {"POST", path + "/rotate", R"({"overlap_s":2592001})", finance})["reason"], "registry.field");
}

}  // namespace
}  // namespace stoa::api

// licensing_api_test.cpp: customers, keys, licences and leases over HTTP. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/test_licensing.hpp"

namespace stoa::api {
namespace {

using LicensingApiTest = LicensingTest;

TEST_F(LicensingApiTest, ACustomersLifeFromTheFirstKeyToTheLast) {
  const Json customer = operate(200, {"GET", "/v1/customers/northwind", "", auditor});
  EXPECT_EQ(customer["state"], "active");
  EXPECT_EQ(operate(200, {"GET", "/v1/customers/" + northwind, "", auditor}), customer);
  const Json account = use(200, {"GET", "/v1/account", "", manage});
  EXPECT_EQ(account["customer"]["name"], "northwind");
  EXPECT_EQ(account["key"]["scopes"], (Json::array({"infer", "account", "manage"})));
  EXPECT_FALSE(account["key"].contains("key"));
  EXPECT_FALSE(account.dump().contains("sha"));

  const Json ci =
      use(201, {"POST", "/v1/account/keys",
                R"({"name":"ci","scopes":["account"],"models":["acme/*"],"rate":{"calls":5,"window_ms":1000},
                               "budget":{"amount":100,"period":"month"},"expires":"2099-12-31"})",
                manage});
  const std::string secret = ci["key"], id = ci["id"];
  EXPECT_TRUE(secret.starts_with("sk_"));
  EXPECT_EQ(ci["expires"], "2099-12-31T00:00:00.000Z");
  const Json seen = use(200, {"GET", "/v1/account", "", secret});
  EXPECT_EQ(seen["key"]["budget"]["left"], 100);
  EXPECT_EQ(seen["key"]["budget"]["period"], "month");
  EXPECT_TRUE(seen["key"]["budget"].contains("resets"));
  EXPECT_EQ(send_customer({"POST", "/v1/account/keys", R"({"name":"x"})", secret}).reason(), "key.scope");

  const Json next = use(201, {"POST", "/v1/account/keys/" + id + "/rotate", R"({"overlap_s":60})", manage});
  const std::string successor = next["key"];
  use(200, {"GET", "/v1/account", "", secret});
  use(200, {"GET", "/v1/account", "", successor});
  now_ms += 60'000;
  EXPECT_EQ(send_customer({"GET", "/v1/account", "", secret}).reason(), "key.rotated");
  use(200, {"POST", "/v1/account/keys/" + next["id"].get<std::string>() + "/revoke", R"({"because":"lost"})", manage});
  EXPECT_EQ(send_customer({"GET", "/v1/account", "", successor}).reason(), "key.revoked");
  EXPECT_EQ(use(200, {"GET", "/v1/account/keys", "", manage})["items"].size(), 4u);

  operate(200, {"PUT", "/v1/customers/northwind/state", R"({"state":"suspended","because":"unpaid"})", finance});
  EXPECT_EQ(send_customer({"GET", "/v1/account", "", manage}).reason(), "customer.suspended");
  operate(200, {"PUT", "/v1/customers/northwind/state", R"({"state":"active","because":"paid"})", finance});
  use(200, {"GET", "/v1/account", "", manage});
  const Json log = operate(200, {"GET", "/v1/licensing/audit?limit=2", "", auditor});
  EXPECT_EQ(log["items"][0]["action"], "customer.state");
  EXPECT_EQ(log["items"][0]["actor"], "operator:fred");
  EXPECT_TRUE(log.contains("next"));
  EXPECT_GT(operate(200, {"GET", "/v1/licensing/audit/head", "", auditor})["lines"], 5);
}

TEST_F(LicensingApiTest, ALicenceIsSeenByThoseItConcerns) {
  const std::string id = issue(
      R"({"subject":{"customer":"northwind"},"covers":[{"model":"acme/vision","versions":"^1.2"},{"model":"rival/x"}],
          "quotas":[{"meter":"call","amount":1000,"period":"month"}],"expires":"2099-12-31"})");
  const Json whole = operate(200, {"GET", "/v1/licences/" + id, "", auditor});
  EXPECT_EQ(whole["state"], "active");
  EXPECT_EQ(whole["issuer"], "platform");
  EXPECT_EQ(whole["subject"]["customer"], northwind);
  EXPECT_EQ(whole["covers"].size(), 2u);
  const Json theirs = operate(200, {"GET", "/v1/publishers/acme/licences", "", acme});
  ASSERT_EQ(theirs["items"].size(), 1u);
  EXPECT_EQ(theirs["items"][0]["covers"].size(), 1u) << "no other publisher's models";
  EXPECT_EQ(send_operator({"GET", "/v1/publishers/acme/licences", "", rival}).reason(), "publisher.foreign");
  const std::string own = operate(
      201,
      {"POST", "/v1/licences", R"({"subject":{"customer":"contoso"},"covers":[{"model":"acme/talk"}]})", acme})["id"];
  EXPECT_EQ(operate(200, {"GET", "/v1/licences/" + own, "", acme})["issuer"], "acme");
  EXPECT_EQ(send_operator({"GET", "/v1/licences/" + own, "", rival}).reason(), "licence.unknown");
  EXPECT_EQ(send_operator({"POST", "/v1/licences",
                           R"({"subject":{"customer":"contoso"},"covers":[{"model":"acme/talk"}]})", rival})
                .reason(),
            "licence.foreign_model");
  const Json mine = use(200, {"GET", "/v1/account/licences", "", manage});
  ASSERT_EQ(mine["items"].size(), 1u);
  EXPECT_EQ(mine["items"][0]["limits"][0]["left"], 1000);
  EXPECT_EQ(operate(200, {"GET", "/v1/licences?customer=contoso", "", auditor})["items"].size(), 1u);
  EXPECT_EQ(operate(200, {"GET", "/v1/licences?publisher=rival", "", auditor})["items"].size(), 1u);
  const Json second = operate(200, {"PUT", "/v1/licences/" + id, R"({"covers":[{"model":"acme/vision"}]})", finance});
  EXPECT_EQ(second["serial"], 2);
  EXPECT_EQ(second["subject"]["customer"], northwind);
  EXPECT_EQ(operate(200, {"GET", "/v1/licences/" + id + "/serials", "", auditor})["items"].size(), 2u);
  EXPECT_EQ(operate(200, {"GET", "/v1/publishers/rival/licences", "", rival})["items"].size(), 0u);
  EXPECT_EQ(send_operator({"GET", "/v1/licences/" + id + "/file", "", finance}).reason(), "licensing.no_issuer_key");
  operate(200, {"POST", "/v1/licences/" + id + "/revoke", R"({"because":"unpaid"})", finance});
  EXPECT_EQ(operate(200, {"GET", "/v1/licences/" + id, "", auditor})["state"], "revoked");
  EXPECT_EQ(use(200, {"GET", "/v1/account/licences", "", manage})["items"].size(), 0u);
  EXPECT_EQ(use(200, {"GET", "/v1/account/licences?all=true", "", manage})["items"].size(), 1u);
}

TEST_F(LicensingApiTest, AnOfferIsTermsUnderAName) {
  operate(201, {"POST", "/v1/offers",
                R"({"name":"pro","lasts_days":30,"terms":{"covers":[{"model":"acme/*"}],
                    "rate":{"calls":10,"window_ms":1000}}})",
                finance});
  const Json licence =
      operate(201, {"POST", "/v1/licences", R"({"offer":"pro","subject":{"customer":"northwind"}})", finance});
  EXPECT_EQ(licence["rate"]["calls"], 10);
  EXPECT_EQ(licence["expires"], time_text(now_ms + 30LL * 86'400'000));
  const Json later =
      operate(201, {"POST", "/v1/licences",
                    R"({"offer":"pro","subject":{"customer":"northwind"},"not_before":"2099-01-01"})", finance});
  EXPECT_EQ(later["expires"], "2099-01-31T00:00:00.000Z") << "it lasts from its own start on";
  EXPECT_EQ(send_operator({"POST", "/v1/licences",
                           R"({"offer":"pro","subject":{"customer":"northwind"},"not_before":"soon"})", finance})
                .status,
            400);
  EXPECT_EQ(send_operator(
                {"POST", "/v1/licences", R"({"offer":"pro","subject":{"customer":"northwind"},"covers":[]})", finance})
                .reason(),
            "offer.terms");
  EXPECT_EQ(send_operator({"POST", "/v1/offers", R"({"name":"x","terms":{"covers":[]}})", finance}).reason(),
            "licence_file.length");
  EXPECT_EQ(send_operator({"POST", "/v1/offers", R"({"name":"x","terms":{"serial":1}})", finance}).reason(),
            "offer.terms");
  operate(200, {"POST", "/v1/offers/pro/withdraw", "{}", finance});
  EXPECT_EQ(send_operator({"POST", "/v1/licences", R"({"offer":"pro","subject":{"customer":"northwind"}})", finance})
                .reason(),
            "offer.withdrawn");
  EXPECT_EQ(operate(200, {"GET", "/v1/offers", "", auditor})["items"].size(), 1u);
}

TEST_F(LicensingApiTest, AFileThatIsMadeOfALicenceIsALineOfTheAuditLog) {
  const std::string id = issue(R"({"subject":{"customer":"northwind"},"covers":[{"model":"acme/vision"}]})");
  const std::string path = "/v1/licences/" + id + "/file", log = "/v1/licensing/audit?subject=" + id;
  EXPECT_EQ(send_operator({"GET", path, "", finance}).reason(), "licensing.no_issuer_key");
  EXPECT_EQ(operate(200, {"GET", log, "", auditor})["items"].size(), 1u) << "nothing was made";
  licences->sign = [](const licensing::Licence& licence) -> Result<std::string> { return licence.id.text; };
  EXPECT_EQ(operate(200, {"GET", path, "", finance})["file"], id);
  const Json lines = operate(200, {"GET", log, "", auditor})["items"];
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0]["action"], "licence.export");
  EXPECT_EQ(lines[0]["actor"], "operator:fred");
}

TEST_F(LicensingApiTest, NothingMeansItsOpposite) {
  struct Row {
    const char *path, *more, *field;
  };
  const Row rows[] = {
      {"/v1/licences", R"("calls_at_once":0)", "calls_at_once"},
      {"/v1/licences", R"("floating":{"seats":0})", "seats"},
      {"/v1/licences", R"("rate":{"calls":0,"window_ms":1000})", "rate.calls"},
      {"/v1/licences", R"("node":"x")", "node"},
      {"/v1/licences", R"("id":"lic_01kdvfxr0000000000000000aa")", "id"},
      {"/v1/licences", R"("serial":7)", "serial"},
      {"/v1/licences", R"("issued":"2024-01-01")", "issued"},
      {"/v1/licences", R"("issuer":"acme")", "issuer"},
      {"/v1/licences", R"("content_keys":[{"content_key":"0123456789abcdef","wrapped":"AAAA",
                           "host":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}])",
       "wrapped"},
      {"/v1/customers/northwind/keys", R"("scopes":[])", "scopes"},
      {"/v1/customers/northwind/keys", R"("models":[])", "models"},
  };
  for (const Row& row : rows) {
    const bool is_key = std::string_view(row.path).ends_with("keys");
    const std::string body = is_key ? std::string(R"({"name":"k",)")
                                    : R"({"subject":{"customer":"northwind"},"covers":[{"model":"acme/x"}],)";
    const auto answer = send_operator({"POST", row.path, body + row.more + "}", finance});
    EXPECT_EQ(answer.status, 400) << row.more;
    EXPECT_NE(answer.body.find(row.field), std::string::npos) << row.more << answer.body;
  }
}

TEST_F(LicensingApiTest, AKeyInTheUrlIsRefusedWhereverItStands) {
  for (const std::string& path : {std::string("/v1/account"), std::string("/v1/account/keys"),
                                  std::string("/v1/account/licences"), std::string("/v1/leases")})
    for (const std::string& query : {"?k=" + manage, "?k=Bearer%20" + manage, "?k=x," + manage, "?a%3D" + manage,
                                     "?k=x" + manage, "?k=%2573k_" + manage.substr(3)}) {
      const auto answer = send_customer({"GET", path + query, "", manage});
      EXPECT_EQ(answer.status, 401) << path << query;
      EXPECT_EQ(answer.reason(), "key.in_url") << path << query;
      EXPECT_EQ(send_customer({"GET", path + query, "", ""}).reason(), "key.in_url") << path << query;
    }
  EXPECT_EQ(send_customer({"POST", "/v1/leases?k=" + manage, R"({"model":"acme/x"})", manage}).reason(), "key.in_url");
  EXPECT_EQ(send_customer({"GET", "/v1/account?k=mask_rcnn", "", manage}).status, 200) << "a name that has its letters";
}

TEST_F(LicensingApiTest, ARequestWithItsTokenIsDoneOnce) {
  const std::string terms = R"({"subject":{"customer":"northwind"},"covers":[{"model":"acme/vision"}]})";
  const RegistryRequest once{"POST", "/v1/licences", terms, finance, {"Idempotency-Key: 7"}};
  EXPECT_EQ(operate(201, once)["id"], operate(201, once)["id"]);
  RegistryRequest other = once;
  other.body = R"({"subject":{"customer":"contoso"},"covers":[{"model":"acme/vision"}]})";
  EXPECT_EQ(send_operator(other).reason(), "request.token_reused");
  const std::string id = floating(2);
  const RegistryRequest take{"POST", "/v1/leases", R"({"licence":")" + id + "\"}", plain, {"Idempotency-Key: a"}};
  const Json first = use(201, take), second = use(201, take);
  EXPECT_EQ(first["id"], second["id"]);
  EXPECT_NE(first["lease"], second["lease"]);
  EXPECT_EQ(second["free_seats"], 1);
}

TEST_F(LicensingApiTest, ALeaseIsTakenKeptAndGivenBack) {
  const std::string id = floating(1);
  const Json lease = use(201, {"POST", "/v1/leases", R"({"model":"acme/vision","holder":"build-7"})", plain});
  EXPECT_TRUE(lease["lease"].get<std::string>().starts_with("sl_"));
  EXPECT_EQ(lease["licence"], id);
  EXPECT_EQ(lease["ttl_s"], 60);
  const RegistryReply full = send_customer({"POST", "/v1/leases", R"({"model":"acme/vision"})", manage});
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.reason(), "lease.no_seat");
  EXPECT_EQ(full.fields.at("retry-after"), "60");
  const std::string path = "/v1/leases/" + lease["id"].get<std::string>();
  now_ms += 30'000;
  EXPECT_EQ(use(200, {"POST", path + "/heartbeat", "", plain})["expires"], time_text(now_ms + 60'000));
  EXPECT_EQ(send_customer({"POST", path + "/heartbeat", "", stranger}).reason(), "lease.other_customer");
  EXPECT_EQ(use(200, {"GET", "/v1/leases", "", manage})["items"].size(), 1u);
  EXPECT_EQ(use(200, {"GET", "/v1/leases", "", stranger})["items"].size(), 0u);
  const Json seats = use(200, {"GET", "/v1/account/licences", "", manage})["items"][0]["floating"];
  EXPECT_EQ(seats["held"], 1);
  EXPECT_EQ(seats["free"], 0);
  EXPECT_EQ(operate(200, {"GET", "/v1/leases?customer=northwind", "", auditor})["items"][0]["holder"], "build-7");
  EXPECT_EQ(use(204, {"DELETE", path, "", plain}), Json());
  EXPECT_EQ(send_customer({"DELETE", path, "", plain}).reason(), "lease.unknown");
  const Json again = use(201, {"POST", "/v1/leases", R"({"model":"acme/vision"})", manage});
  operate(204, {"DELETE", "/v1/leases/" + again["id"].get<std::string>(), "", finance});
  EXPECT_EQ(operate(200, {"GET", "/v1/leases", "", auditor})["items"].size(), 0u);
}

TEST_F(LicensingApiTest, FewerSeatsEndTheLeasesTakenLast) {
  const std::string id = floating(3), narrow = new_key("northwind", R"({"name":"narrow","models":["acme/other"]})");
  const auto take = [&](const std::string& who) {
    return send_customer({"POST", "/v1/leases", R"({"licence":")" + id + "\"}", who});
  };
  EXPECT_EQ(take(narrow).reason(), "key.model") << "it cannot call with the seat";
  std::vector<std::string> heartbeats;
  for (int i = 0; i < 3; ++i, ++now_ms)
    heartbeats.push_back("/v1/leases/" + take(plain).json()["id"].get<std::string>() + "/heartbeat");
  operate(200, {"PUT", "/v1/licences/" + id,
                R"({"covers":[{"model":"acme/vision"}],"floating":{"seats":1,"ttl_s":60}})", finance});
  use(200, {"POST", heartbeats[0], "", plain});
  for (const std::string& path : {heartbeats[1], heartbeats[2]}) {
    const RegistryReply over = send_customer({"POST", path, "", plain});
    EXPECT_EQ(over.status, 403);
    EXPECT_EQ(over.reason(), "lease.unknown");
  }
  EXPECT_EQ(use(200, {"GET", "/v1/leases", "", manage})["items"].size(), 1u);
}

TEST_F(LicensingApiTest, AnExpiredKeyIsNotRotated) {
  const Json bounded = operate(201, {"POST", "/v1/customers/northwind/keys",
                                     R"({"name":"bounded","expires":")" + time_text(now_ms + 1'000) + "\"}", finance});
  const Json next =
      use(201, {"POST", "/v1/account/keys/" + bounded["id"].get<std::string>() + "/rotate", "{}", manage});
  EXPECT_EQ(next["expires"], bounded["expires"]);
  now_ms += 1'000;
  const std::string path = "/v1/keys/" + next["id"].get<std::string>() + "/rotate";
  const RegistryReply over = send_operator({"POST", path, "{}", finance});
  EXPECT_EQ(over.status, 412);
  EXPECT_EQ(over.reason(), "key.state");
  EXPECT_TRUE(over.json().value("detail", "").contains("create a new one")) << over.body;
}

TEST_F(LicensingApiTest, ListsAreWalkedPageByPage) {
  for (int i = 0; i < 5; ++i)
    operate(201, {"POST", "/v1/customers", R"({"name":"c)" + std::to_string(i) + "\"}", finance});
  std::size_t seen = 0;
  std::string after;
  for (int pages = 0; pages < 10; ++pages) {
    const Json page = operate(200, {"GET", "/v1/customers?limit=2&after=" + after, "", auditor});
    seen += page["items"].size();
    if (!page.contains("next")) break;
    after = page["next"];
  }
  EXPECT_EQ(seen, 7u);
}

TEST_F(LicensingApiTest, RefusesForItsOwnReason) {
  struct Row {
    bool is_customers;
    RegistryRequest request;
    long status;
    const char* reason;
  };
  const std::string reviewer = add_operator("rita", "reviewer");
  const Row rows[] = {
      {false, {"GET", "/v1/customers"}, 401, "token.missing"},
      {false, {"GET", "/v1/customers", "", acme}, 403, "role.not_allowed"},
      {false, {"POST", "/v1/customers", R"({"name":"n"})", auditor}, 403, "role.not_allowed"},
      {false, {"POST", "/v1/customers", R"({"name":"n"})", reviewer}, 403, "role.not_allowed"},
      {false, {"POST", "/v1/customers", R"({"name":"northwind"})", finance}, 409, "customer.exists"},
      {false, {"POST", "/v1/customers", R"({"name":"N"})", finance}, 400, "customer.name"},
      {false, {"POST", "/v1/customers", R"({"nam":"n"})", finance}, 400, "registry.field"},
      {false, {"POST", "/v1/customers", "{", finance}, 400, "registry.json"},
      {false, {"GET", "/v1/customers/nobody", "", finance}, 404, "customer.unknown"},
      {false, {"GET", "/v1/customers?limit=0", "", finance}, 400, "registry.query"},
      {false, {"GET", "/v1/licensing/audit", "", finance}, 403, "role.not_allowed"},
      {false,
       {"PUT", "/v1/customers/northwind/state", R"({"state":"gone","because":"x"})", finance},
       400,
       "registry.field"},
      {false, {"POST", "/v1/customers/northwind/keys", R"({"name":"plain"})", finance}, 409, "key.exists"},
      {false,
       {"POST", "/v1/customers/northwind/keys", R"({"name":"k","scopes":["all"]})", finance},
       400,
       "registry.field"},
      {false, {"POST", "/v1/customers/northwind/keys", R"({"name":"k","models":["x"]})", finance}, 400, "key.terms"},
      {false,
       {"POST", "/v1/customers/northwind/keys", R"({"name":"k","expires":"soon"})", finance},
       400,
       "registry.field"},
      {false, {"POST", "/v1/keys/key_no/revoke", R"({"because":"x"})", finance}, 404, "key.not_found"},
      {false,
       {"POST", "/v1/licences", R"({"subject":{"customer":"northwind"},"covers":[]})", finance},
       400,
       "licence_file.length"},
      {false, {"GET", "/v1/licences/lic_no", "", finance}, 404, "licence.unknown"},
      {true, {"GET", "/v1/account"}, 401, "key.missing"},
      {true, {"GET", "/v1/account", "", "sk_short"}, 401, "key.malformed"},
      {true, {"GET", "/v1/account", "", licensing::new_api_key()}, 401, "key.unknown"},
      {true, {"GET", "/v1/account", "", plain}, 403, "key.scope"},
      {true, {"GET", "/v1/account", "", manage, {"X-Api-Key: " + manage}}, 401, "key.repeated"},
      {true, {"POST", "/v1/account/keys", R"({"name":"k"})", plain}, 403, "key.scope"},
      {true, {"POST", "/v1/leases", "{}", plain}, 400, "lease.what"},
      {true, {"POST", "/v1/leases", R"({"model":"acme/vision"})"}, 401, "key.missing"},
      {true, {"POST", "/v1/leases", R"({"model":"acme/vision"})", plain}, 403, "licence.none"},
      {true, {"POST", "/v1/leases", R"({"seat":1})", plain}, 400, "registry.field"},
      {true, {"DELETE", "/v1/leases/lea_no", "", plain}, 403, "lease.unknown"},
  };
  for (const Row& row : rows) {
    const RegistryReply reply = row.is_customers ? send_customer(row.request) : send_operator(row.request);
    EXPECT_EQ(reply.status, row.status) << row.request.method << ' ' << row.request.path << ' ' << row.reason;
    EXPECT_EQ(reply.reason(), row.reason) << row.request.method << ' ' << row.request.path;
  }
  const std::string theirs = book->keys(book->customer("contoso")->id, {})->front().id.text;
  EXPECT_EQ(send_customer({"POST", "/v1/account/keys/" + theirs + "/revoke", R"({"because":"x"})", manage}).reason(),
            "key.not_found")
      << "another customer's key is not told from one that is not there";
}

// The account says as X-Api-Key what it says as a bearer.
TEST_F(LicensingApiTest, AKeyMayComeInEitherField) {
  EXPECT_EQ(send_customer({"POST", "/v1/leases", R"({"model":"acme/vision"})", "", {"X-Api-Key: " + plain}}).reason(),
            "licence.none");
  EXPECT_EQ(send_customer({"GET", "/v1/account", "", "", {"X-Api-Key: " + manage}}).json(),
            send_customer({"GET", "/v1/account", "", manage}).json());
}

// Many at once over HTTP: their wishes share transactions, and nobody gets an eleventh seat.
TEST_F(LicensingApiTest, SeatsRacedForOverHttpAreNeverMoreThanThereAre) {
  constexpr int kThreads = 16, kRounds = 10, kSeats = 3;
  const std::string body = R"({"licence":")" + floating(kSeats) + "\"}";
  std::atomic<int> held{0}, most{0}, taken{0};
  std::latch begin(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        begin.arrive_and_wait();
        for (int round = 0; round < kRounds; ++round) {
          const RegistryReply reply = send_customer({"POST", "/v1/leases", body, plain});
          if (reply.status != 201) {
            EXPECT_EQ(reply.reason(), "lease.no_seat") << reply.error;
            continue;
          }
          const int now = ++held;
          int before = most.load();
          while (before < now && !most.compare_exchange_weak(before, now)) {
          }
          ++taken;
          --held;
          EXPECT_EQ(send_customer({"DELETE", "/v1/leases/" + reply.json()["id"].get<std::string>(), "", plain}).status,
                    204);
        }
      });
  }
  EXPECT_LE(most.load(), kSeats);
  EXPECT_GT(taken.load(), 0);
}

}  // namespace
}  // namespace stoa::api

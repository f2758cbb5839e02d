// access_refusal_test.cpp: the hostile table: what is sent to be let in, over real HTTP, and the reason each is told.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>
#include <span>
#include <string_view>
#include <vector>

#include "registry/document/digest.hpp"
#include "registry/document/id.hpp"
#include "tests/integration/access_world.hpp"

namespace stoa::test {
namespace {

using http::RawClient;
using http::status_of_answer;
using licensing::CustomerState;
using licensing::Period;
using licensing::Quota;
using licensing::Rate;
using namespace std::string_literals;

constexpr std::int64_t kNow = licensing::TestAccess::kNowMs;

struct Row {
  std::string name, request, status, reason;
};

std::string infer_target(std::string_view model) { return "/v2/models/" + std::string(model) + "/infer"; }

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

// A key that differs from a good one in one character of its secret, with the checksum that belongs to it.
std::string guessed(std::string key, std::size_t at) {
  constexpr std::size_t kChecksum = 6;
  key.resize(key.size() - kChecksum);
  key[at] = key[at] == 'q' ? 'r' : 'q';
  const auto hash = registry::sha256_of(key);
  return key + registry::base32(std::span(hash).first<4>()).substr(0, kChecksum);
}

std::vector<Row> tricks(const std::string& key) {
  const std::string other = licensing::new_api_key(), lease = licensing::new_lease_token();
  std::string changed = key;
  changed[10] = changed[10] == 'a' ? 'b' : 'a';
  const std::string good = bearer(key);
  return {
      {"no key", request_with(""), "401", "key.missing"},
      {"empty field", request_with("Authorization:\r\n"), "401", "key.missing"},
      {"scheme alone", request_with("Authorization: Bearer\r\n"), "401", "key.missing"},
      {"scheme and a space", request_with("Authorization: Bearer \r\n"), "401", "key.missing"},
      {"another scheme", request_with("Authorization: Basic " + key + "\r\n"), "401", "key.missing"},
      {"scheme grown together", request_with("Authorization: Bearer" + key + "\r\n"), "401", "key.missing"},
      {"empty X-Api-Key", request_with("X-Api-Key:\r\n"), "401", "key.missing"},
      {"key in the body", request_with("", "", R"({"key":")" + key + "\"}"), "401", "key.missing"},
      {"key in a cookie", request_with("Cookie: key=" + key + "\r\n"), "401", "key.missing"},
      {"header trick: the same key twice", request_with(good + good), "401", "key.repeated"},
      {"a key and another scheme", request_with(good + "Authorization: Basic eDp5\r\n"), "401", "key.repeated"},
      {"another scheme first", request_with("Authorization: Basic eDp5\r\n" + good), "401", "key.repeated"},
      {"both fields, one key", request_with(good + "X-Api-Key: " + key + "\r\n"), "401", "key.repeated"},
      {"both fields, two keys", request_with(good + "X-Api-Key: " + other + "\r\n"), "401", "key.repeated"},
      {"X-Api-Key twice", request_with("X-Api-Key: " + key + "\r\nx-api-key: " + key + "\r\n"), "401", "key.repeated"},
      {"header trick: a list", request_with("Authorization: Bearer " + key + ", Bearer " + other + "\r\n"), "401",
       "key.repeated"},
      {"a list in X-Api-Key", request_with("X-Api-Key: " + key + "," + key + "\r\n"), "401", "key.repeated"},
      {"the key without a scheme", request_with("Authorization: " + key + "\r\n"), "401", "key.malformed"},
      {"a tab behind the scheme", request_with("Authorization: Bearer\t" + key + "\r\n"), "401", "key.malformed"},
      {"truncated: a part of the key", request_with(bearer(key.substr(0, 40))), "401", "key.malformed"},
      {"truncated: the prefix alone", request_with(bearer("sk_")), "401", "key.malformed"},
      {"one character more", request_with(bearer(key + "a")), "401", "key.malformed"},
      {"forged: one character changed", request_with(bearer(changed)), "401", "key.malformed"},
      {"in capitals", request_with(bearer(upper(key))), "401", "key.malformed"},
      {"in quotes", request_with(bearer("\"" + key + "\"")), "401", "key.malformed"},
      {"with a space inside", request_with(bearer(key.substr(0, 9) + " " + key.substr(9))), "401", "key.malformed"},
      {"8 KB", request_with(bearer("sk_" + std::string(8'189, 'a'))), "401", "key.malformed"},
      {"with UTF-8", request_with(bearer("sk_\xc3\xa4" + key.substr(5))), "401", "key.malformed"},
      {"swapped: a publisher's token", request_with(bearer("st_" + key.substr(3))), "401", "key.malformed"},
      {"swapped: a lease for a key", request_with(bearer(lease)), "401", "key.malformed"},
      {"percent-encoded", request_with(bearer("%73k_" + key.substr(3))), "401", "key.malformed"},
      {"NUL in the key", request_with("Authorization: Bearer sk_\0a\r\n"s), "400", "http.bad_head"},
      {"header trick: folded", request_with("Authorization: Bearer\r\n " + key + "\r\n"), "400", "http.bad_head"},
      {"header trick: space before the colon", request_with("Authorization : Bearer " + key + "\r\n"), "400",
       "http.bad_head"},
      {"forged: whole, and never given", request_with(bearer(other)), "401", "key.unknown"},
      {"timing of the compare: right but for its first character", request_with(bearer(guessed(key, 3))), "401",
       "key.unknown"},
      {"timing of the compare: right but for its last character", request_with(bearer(guessed(key, 34))), "401",
       "key.unknown"},
      {"key in the URL: in the query", request_with(good, infer_target(kModel) + "?key=" + key), "401", "key.in_url"},
      {"in the query alone", request_with("", infer_target(kModel) + "?key=" + key), "401", "key.in_url"},
      {"the query is the key", request_with(good, infer_target(kModel) + "?" + key), "401", "key.in_url"},
      {"in a later value", request_with(good, infer_target(kModel) + "?a=1&b=" + key), "401", "key.in_url"},
      {"behind a semicolon", request_with(good, infer_target(kModel) + "?a=1;b=" + key), "401", "key.in_url"},
      {"key in the URL: as a publisher", request_with(good, "/v2/models/" + key + "/identity/infer"), "401",
       "key.in_url"},
      {"as a version", request_with(good, "/v2/models/stoa-demo/identity/versions/" + key + "/infer"), "401",
       "key.in_url"},
      {"encoded in the query", request_with(good, infer_target(kModel) + "?k=%73k_" + key.substr(3)), "401",
       "key.in_url"},
      {"its underscore encoded", request_with(good, infer_target(kModel) + "?k=sk%5f" + key.substr(3)), "401",
       "key.in_url"},
      {"encoded twice", request_with(good, infer_target(kModel) + "?k=%2573k_" + key.substr(3)), "401", "key.in_url"},
      {"in the URL and repeated", request_with(good + good, infer_target(kModel) + "?k=" + key), "401", "key.in_url"},
      {"an unknown model, no key", request_with("", infer_target("acme/nothing")), "401", "key.missing"},
      {"an unknown model", request_with(good, infer_target("acme/nothing")), "404", "model.unknown"},
      {"a picture, no key", request_with("Content-Type: image/png\r\n"), "401", "key.missing"},
      {"generate, no key", request_with("", "/v2/models/stoa-test/repeat/generate", "{}"), "401", "key.missing"},
      {"a stream, no key", request_with("", "/v2/models/stoa-test/repeat/generate_stream", "{}"), "401", "key.missing"},
      {"wrong model: generate", request_with(good, "/v2/models/stoa-test/repeat/generate", "{}"), "403",
       "licence.none"},
      {"wrong model: a stream", request_with(good, "/v2/models/stoa-test/repeat/generate_stream", "{}"), "403",
       "licence.none"},
      {"wrong model: infer", request_with(good, infer_target("stoa-test/fail")), "403", "licence.none"},
  };
}

std::vector<Row> well_sent(const std::string& key) {
  return {
      {"X-Api-Key", request_with("X-Api-Key: " + key + "\r\n"), "200", ""},
      {"scheme in small letters", request_with("Authorization: bearer " + key + "\r\n"), "200", ""},
      {"scheme in capitals", request_with("Authorization: BEARER " + key + "\r\n"), "200", ""},
      {"field in other letters", request_with("aUTHORIZATION: Bearer " + key + "\r\n"), "200", ""},
      {"two spaces", request_with("Authorization: Bearer  " + key + "\r\n"), "200", ""},
      {"space and tab behind", request_with("Authorization: Bearer " + key + " \t \r\n"), "200", ""},
      {"another scheme beside X-Api-Key", request_with("Authorization: Basic eDp5\r\nX-Api-Key: " + key + "\r\n"),
       "200", ""},
      {"a lease nobody asked for", request_with(bearer(key) + "X-Stoa-Lease: nonsense\r\n"), "200", ""},
  };
}

// Each with a customer, key and licence of its own.
std::vector<Row> terms(AccessWorld& world) {
  using Licence = licensing::Licence;
  using Key = licensing::ApiKey;
  const auto nothing = [](Licence&) {};
  const auto floating = [](Licence& l) { l.floating = licensing::Floating{2, 60}; };
  std::vector<Row> rows;
  const auto add = [&](const char* name, const std::string& key, const char* status, const char* reason,
                       const std::string& more = "") {
    rows.push_back({name, request_with(bearer(key) + more), status, reason});
  };
  add("replayed: a revoked key", world.add(nothing, [](Key& k) { k.revoked_ms = kNow; }), "401", "key.revoked");
  add("replayed: a rotated key", world.add(nothing, [](Key& k) { k.rotated_until_ms = kNow - 1; }), "401",
      "key.rotated");
  add("expired key", world.add(nothing, [](Key& k) { k.expires_ms = kNow - 1; }), "401", "key.expired");
  add("suspended", world.add(nothing, {}, CustomerState::suspended), "403", "customer.suspended");
  add("closed", world.add(nothing, {}, CustomerState::closed), "403", "customer.closed");
  add("account key", world.add(nothing, [](Key& k) { k.scopes = 2; }), "403", "key.scope");
  add("wrong model: the key is for another", world.add(nothing, [](Key& k) { k.models = {"acme/*"}; }), "403",
      "key.model");
  add("wrong tenant: the licence is its neighbour's", world.add([](Licence& l) { l.covers = {{"acme/*", "*"}}; }),
      "403", "licence.none");
  add("wrong version", world.add([](Licence& l) { l.covers[0].versions = "^7"; }), "403", "licence.version");
  add("wrong tenant: another host", world.add([](Licence& l) { l.node = "node-b"; }), "403", "licence.other_node");
  add("not yet", world.add([](Licence& l) { l.not_before_ms = kNow + 86'400'000; }), "403", "licence.not_yet");
  add("expired", world.add([](Licence& l) { l.expires_ms = kNow; }), "403", "licence.expired");
  const std::string revoked = world.add(nothing);
  world.access.holdings.licences.back().revoked_ms = kNow;
  add("revoked licence", revoked, "403", "licence.revoked");
  const std::string offline = world.add([](Licence& l) { l.offline_ms = 60'000; });
  world.access.holdings.licences.back().confirmed_ms = kNow - 60'000;
  add("no word from the issuer", offline, "403", "licence.offline");

  const std::string seated = world.add(floating);
  const std::string licence = world.last_licence;
  const std::string customer = world.access.holdings.customers.back().id.text;
  const auto lease = [](const std::string& text) { return "X-Stoa-Lease: " + text + "\r\n"; };
  const std::string held = world.access.add_lease(kNow + 86'400'000, customer, licence);
  add("no lease", seated, "403", "lease.missing");
  add("a lease of words", seated, "403", "lease.malformed", lease("mine"));
  add("swapped: a key for a lease", seated, "403", "lease.malformed", lease(seated));
  add("two leases", seated, "403", "lease.malformed", lease(held) + lease(held));
  add("a lease never taken", seated, "403", "lease.unknown", lease(licensing::new_lease_token()));
  add("replayed: a lease that ran out", seated, "403", "lease.expired",
      lease(world.access.add_lease(kNow, customer, licence)));
  add("lease stolen: of its other licence", seated, "403", "lease.unknown",
      lease(world.access.add_lease(kNow + 86'400'000, customer, "lic_other")));
  add("lease stolen: another customer's", seated, "403", "lease.other_customer",
      lease(world.access.add_lease(kNow + 86'400'000, "cus_other", "lic_other")));
  add("its own lease", seated, "200", "", lease(held));

  add("over limit: the licence's calls", world.add([](Licence& l) { l.quotas = {{"call", 0, Period::day}}; }), "429",
      "licence.used_up");
  add("over limit: another meter", world.add([](Licence& l) { l.quotas = {{"token.out", 0, Period::day}}; }), "429",
      "licence.used_up");
  add("over limit: the key's budget", world.add(nothing, [](Key& k) { k.budget = Quota{"call", 0, Period::day}; }),
      "429", "key.budget");
  return rows;
}

void check(const Row& row, const std::string& good) {
  RawClient client(the_world().host.port());
  ASSERT_TRUE(client.send(row.request)) << row.name;
  const std::string answer = client.answer();
  EXPECT_EQ(status_of_answer(answer), row.status) << row.name << "\n" << answer;
  EXPECT_EQ(field_of(answer, "x-stoa-reason"), row.reason) << row.name;
  EXPECT_EQ(field_of(answer, "WWW-Authenticate").starts_with("Bearer realm=\"stoa\""), row.status == "401") << row.name;
  EXPECT_EQ(!field_of(answer, "Retry-After").empty(), row.status == "429") << row.name;
  if (row.status != "200") {
    const auto body = nlohmann::json::parse(answer.substr(answer.find("\r\n\r\n") + 4), nullptr, false);
    // A head that cannot be read has no protocol yet.
    EXPECT_TRUE(body.contains("error")) << row.name << answer;
  }
  RawClient next(the_world().host.port());
  ASSERT_TRUE(next.send(request_with(bearer(good))));
  EXPECT_EQ(status_of_answer(next.answer()), "200") << "after: " << row.name;
}

TEST(HostileCaller, IsToldTheReasonAndTheHostServesTheNext) {
  AccessWorld& world = the_world();
  std::vector<Row> rows = tricks(world.key), more = terms(world);
  std::ranges::move(more, std::back_inserter(rows));
  EXPECT_GE(rows.size(), 80u);
  // "downgraded" is of files: tests/e2e/licence_files.py; that comparing takes the same work: compare_work_test.cpp.
  for (const std::string_view kind :
       {"forged", "truncated", "swapped", "replayed", "wrong model", "wrong version", "over limit", "wrong tenant",
        "lease stolen", "header trick", "key in the URL", "timing of the compare"})
    EXPECT_TRUE(std::ranges::any_of(rows, [&](const Row& row) { return row.name.starts_with(kind); })) << kind;
  world.access.publish();
  for (const Row& row : rows) check(row, world.key);
  for (const Row& row : well_sent(world.key)) check(row, world.key);
}

TEST(HostileCaller, NothingOfAnotherHeadIsRemembered) {
  AccessWorld& world = the_world();
  RawClient client(world.host.port());
  const std::string good = request_with(bearer(world.key)), bad = request_with(bearer(licensing::new_api_key()));
  const std::string longer = request_with(bearer(world.key) + "X-Padding: " + std::string(2'000, 'x') + "\r\n");
  for (int i = 0; i < 50; ++i) {
    for (const auto& [request, status] :
         {std::pair(good, "200"), {bad, "401"}, {good, "200"}, {longer, "200"}, {bad, "401"}}) {
      ASSERT_TRUE(client.send(request));
      ASSERT_EQ(status_of_answer(client.answer()), status);
    }
  }
}

TEST(OpenRoutes, NeedNoKey) {
  RawClient client(the_world().host.port());
  for (const char* path : {"/v2", "/v2/health/live", "/v2/health/ready", "/v2/models", "/v2/models/stoa-demo/identity",
                           "/v2/models/stoa-demo/identity/ready", "/openapi.json"}) {
    ASSERT_TRUE(client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_EQ(status_of_answer(client.answer()), "200") << path;
  }
  ASSERT_TRUE(client.send("GET /v2/models/stoa-demo/identity/infer HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(status_of_answer(client.answer()), "405");
}

}  // namespace
}  // namespace stoa::test

// listing_api_test.cpp: the catalogue as anybody reads it, on either plane. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/test_registry.hpp"

namespace stoa::api {
namespace {

class ListingApi : public RegistryTest {
 protected:
  ListingApi() : token(add_publisher("acme", key)) {}

  // The sample with another plugin's name, and what a row wants changed.
  std::string publish(const std::string& version, const std::function<void(Json&)>& change = [](Json&) {}) {
    const std::filesystem::path source = folder / ("listing-" + version),
                                file = folder / ("listing-" + version + ".stoa");
    registry::write_sample(source);
    auto manifest = Json::parse(registry::kSampleManifest);
    manifest["version"] = version;
    manifest["licences"] = {{"code", "Apache-2.0"}, {"weights", "CC-BY-4.0"}};
    change(manifest);
    registry::write_file(source / "manifest.json", manifest.dump());
    registry::write_file(source / "assets/weights.bin", "weights of " + version);
    const auto packed = registry::pack_folder({source, file, &key});
    EXPECT_TRUE(packed) << packed.error().message;
    return published(version, registry::file_bytes(file), token);
  }
  Json get(const std::string& path) {
    const RegistryReply reply = send_as_customer({"GET", "/v1/catalogue" + path});
    EXPECT_EQ(reply.status, 200) << path << ": " << reply.body;
    return reply.json();
  }
  std::string ids(const std::string& query) {
    std::string text;
    for (const Json& item : get(query)["items"])
      text += (text.empty() ? "" : " ") + item["id"].get<std::string>() + "@" + item["version"].get<std::string>();
    return text;
  }
  std::string refused(const std::string& path) { return send_as_customer({"GET", "/v1/catalogue" + path}).reason(); }

  const std::string token;
};

TEST_F(ListingApi, FindsWhatIsPublished) {
  EXPECT_EQ(ids(""), "");
  publish("1.0.0");
  const std::string second = publish("1.1.0", [](Json& manifest) {
    manifest["changelog"] = "- sees boots";
    manifest["models"][0]["prices"] = {{{"meter", "image"}, {"currency", "EUR"}, {"nano", 2'000'000}}};
  });
  const std::pair<const char*, const char*> rows[] = {
      {"", "acme/classify@1.1.0 acme/talk@1.1.0"},
      {"?q=CLASS", "acme/classify@1.1.0"},
      {"?q=acme+sees", "acme/classify@1.1.0 acme/talk@1.1.0"},
      {"?q=nothing", ""},
      {"?task=text-generation", "acme/talk@1.1.0"},
      {"?modality=image", "acme/classify@1.1.0"},
      {"?input=text&output=json", "acme/talk@1.1.0"},
      {"?licence_code=Apache-2.0", "acme/classify@1.1.0 acme/talk@1.1.0"},
      {"?licence=Apache-2.0", ""},
      {"?licence=Apache-2.0,CC-BY-*", "acme/classify@1.1.0 acme/talk@1.1.0"},
      {"?licence_weights=mit", ""},
      {"?price_max=0.002&currency=EUR", "acme/classify@1.1.0"},
      {"?price_max=0.001999999&currency=EUR", ""},
      {"?price_max=5&currency=EUR&meter=call", ""},
      {"?publisher=acme&sort=newest", "acme/classify@1.1.0 acme/talk@1.1.0"},
      {"?publisher=rival", ""},
      {"?limit=1", "acme/classify@1.1.0"},
      {"?deprecated=no", "acme/classify@1.1.0 acme/talk@1.1.0"},
  };
  for (const auto& [query, expected] : rows) EXPECT_EQ(ids(query), expected) << query;
  const Json item = get("?q=classify")["items"][0];
  EXPECT_EQ(item["release"], second);
  EXPECT_EQ(item["versions"], 2);
  EXPECT_EQ(item["prices"][0]["text"], "0.002 EUR for 1 image");
  EXPECT_EQ(item["modalities"], (Json{{"inputs", {"image", "tensor"}}, {"outputs", {"tensor"}}}));
  const std::string next = get("?limit=1").at("next");
  EXPECT_EQ(ids("?limit=1&after=" + next), "acme/talk@1.1.0");
  EXPECT_FALSE(get("?limit=1&after=" + next).contains("next"));
}

TEST_F(ListingApi, RefusesWhatItCannotMean) {
  const std::pair<const char*, const char*> rows[] = {
      {"?limit=0", "registry.query"},
      {"?limit=1001", "registry.query"},
      {"?limit=", "registry.query"},
      {"?limit=-1", "registry.query"},
      {"?sort=price", "registry.query"},
      {"?modality=smell", "registry.query"},
      {"?input=Text", "registry.query"},
      {"?deprecated=maybe", "registry.query"},
      {"?licence=", ""},
      {"?licence=,", "registry.query"},
      {"?licence=not%20one", "registry.query"},
      {"?licence=MIT&licence_code=MIT", "registry.query"},
      {"?price_max=1", "registry.query"},
      {"?price_max=1e9&currency=EUR", "registry.query"},
      {"?price_max=-1&currency=EUR", "registry.query"},
      {"?price_max=0.0000000001&currency=EUR", "registry.query"},
      {"?price_max=9999999&currency=EUR", "registry.query"},
      {"?price_max=.5&currency=EUR", "registry.query"},
      {"?currency=EUR", "registry.query"},
      {"?price_max=0", ""},
      {"?after=x", "catalogue.cursor"},
      {"?q=a&q=b", "registry.query"},
      {"/acme/classify", "model.unknown"},
      {"/acme/classify/card", "model.unknown"},
      {"/acme/classify/card.md", "model.unknown"},
      {"/acme/classify/versions", "model.unknown"},
      {"/%27/%22", "model.unknown"},
  };
  for (const auto& [path, reason] : rows) EXPECT_EQ(refused(path), reason) << path;
  EXPECT_EQ(refused("?q=" + std::string(257, 'q')), "registry.query");
  EXPECT_EQ(send_as_customer({"POST", "/v1/catalogue", "{}"}).status, 405);
  const RegistryReply reply = send_as_customer({"GET", "/v1/catalogue?limit=0"});
  EXPECT_EQ(reply.fields.at("content-type"), "application/problem+json");
  EXPECT_EQ(reply.json()["detail"], "limit: is '0', want a number from 1 to 1000");
}

TEST_F(ListingApi, APageHasVersionsAliasesAndWhatChanged) {
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0"})
    publish(version, [&](Json& manifest) { manifest["changelog"] = std::string("what ") + version + " changes"; });
  take(200, {"PUT", "/v1/aliases", R"({"model":"acme/classify","alias":"champion","targets":[{"version":"1.1.0"}]})",
             admin});
  const Json page = get("/acme/classify");
  EXPECT_EQ(page["version"], "1.2.0");
  EXPECT_EQ(page["changelog"], "what 1.2.0 changes");
  EXPECT_EQ(page["aliases"][0]["alias"], "champion");
  EXPECT_EQ(page["version_count"], 3);
  ASSERT_EQ(page["versions"].size(), 3u);
  EXPECT_EQ(page["versions"][2]["version"], "1.0.0");
  const Json versions = get("/acme/classify/versions?limit=2");
  EXPECT_EQ(versions["items"][1]["changelog"], "what 1.1.0 changes");
  const std::string next = versions.at("next");
  const Json rest = get("/acme/classify/versions?limit=2&after=" + next);
  ASSERT_EQ(rest["items"].size(), 1u);
  EXPECT_EQ(rest["items"][0]["version"], "1.0.0");
  EXPECT_FALSE(rest.contains("next"));
  EXPECT_EQ(refused("/acme/classify/versions?after=x"), "catalogue.cursor");
  const std::pair<const char*, const char*> rows[] = {{"", "1.2.0"},
                                                      {"?version=1", "1.2.0"},
                                                      {"?version=%7E1.1", "1.1.0"},
                                                      {"?version=champion", "1.1.0"},
                                                      {"?version=1.0.0", "1.0.0"}};
  for (const auto& [query, version] : rows) {
    EXPECT_EQ(get(std::string("/acme/classify/card") + query)["version"], version) << query;
    EXPECT_EQ(get(std::string("/acme/classify") + query)["version"], version) << query;
  }
  EXPECT_EQ(refused("/acme/classify/card?version=3"), "range.unmatched");
  EXPECT_EQ(refused("/acme/classify/card?version=9.9.9"), "version.unknown");
  EXPECT_EQ(refused("/acme/classify/card?version=challenger"), "alias.unknown");
  EXPECT_EQ(refused("/acme/classify/card?version=%3E%3D"), "range.syntax");
}

TEST_F(ListingApi, WhatWasSignedCountsBeforeWhatWasAnnounced) {
  for (const bool is_signed : {false, true}) {
    const std::string version = is_signed ? "1.1.0" : "1.0.0";
    const std::filesystem::path source = folder / ("told-" + version), file = folder / ("told-" + version + ".stoa");
    registry::write_sample(source);
    auto manifest = Json::parse(registry::kSampleManifest);
    manifest["version"] = version;
    manifest["licences"]["weights"] = "MIT";
    if (is_signed) manifest["changelog"] = "signed";
    registry::write_file(source / "manifest.json", manifest.dump());
    registry::write_file(source / "assets/weights.bin", "weights of " + version);
    ASSERT_TRUE(registry::pack_folder({source, file, &key}));
    const std::string bytes = registry::file_bytes(file);
    Json announced = announcement(version, bytes);
    announced["changelog"] = "announced";
    const Json draft = take(201, {"POST", "/v1/releases", announced.dump(), token});
    const std::string id = draft["id"], upload = draft["upload"]["id"];
    take(200, {"PUT", "/v1/uploads/" + upload + "?offset=0", bytes, token});
    take(202, {"POST", "/v1/releases/" + id + "/submit", Json{{"upload", upload}}.dump(), token});
    wait_for_checks(id);
    take(200, {"POST", "/v1/releases/" + id + "/review", R"({"verdict":"accept","because":"good"})", admin});
    EXPECT_EQ(get("/acme/classify")["changelog"], is_signed ? "signed" : "announced");
    EXPECT_EQ(take(200, {"GET", "/v1/releases/" + id})["changelog"], is_signed ? "signed" : "announced");
  }
}

TEST_F(ListingApi, ACardIsTheManifestAndStaysText) {
  publish("1.0.0", [](Json& manifest) {
    manifest["models"][0]["description"] = "<script>alert(1)</script> [x](javascript:alert(1))";
  });
  const Json card = get("/acme/classify/card");
  EXPECT_EQ(card["description"], "<script>alert(1)</script> [x](javascript:alert(1))");
  EXPECT_EQ(card["inputs"][1]["shape"], (Json{-1, 2}));
  EXPECT_EQ(card["golden_cases"], 1);
  EXPECT_EQ(card["licences"]["weights"], "CC-BY-4.0");
  EXPECT_EQ(card["key"], key.public_key().id().hex);
  const RegistryReply text = send_as_customer({"GET", "/v1/catalogue/acme/classify/card.md"});
  EXPECT_EQ(text.status, 200);
  EXPECT_EQ(text.fields.at("content-type"), "text/markdown; charset=utf-8");
  EXPECT_EQ(text.fields.at("x-content-type-options"), "nosniff");
  EXPECT_TRUE(text.body.starts_with("# acme/classify\n")) << text.body;
  EXPECT_EQ(text.body.find("<script"), std::string::npos);
  EXPECT_EQ(text.body.find("[x]("), std::string::npos);
}

// A tag is the bytes': the same ones have it again, and any act that changes what is said changes it.
TEST_F(ListingApi, WhatSomebodyHasIsNotSentAgain) {
  const std::string first = publish("1.0.0");
  for (const char* path :
       {"", "/acme/classify", "/acme/classify/versions", "/acme/classify/card", "/acme/classify/card.md"}) {
    const std::string whole = std::string("/v1/catalogue") + path;
    const RegistryReply reply = send_as_customer({"GET", whole});
    const std::string tag = reply.fields.at("etag");
    EXPECT_EQ(reply.fields.at("cache-control"), "public, no-cache");
    for (const std::string& field : {tag, "\"a\", W/" + tag, std::string("*")}) {
      const RegistryReply same = send_as_customer({"GET", whole, "", "", {"If-None-Match: " + field}});
      EXPECT_EQ(same.status, 304) << path << " " << field;
      EXPECT_EQ(same.body, "");
      EXPECT_EQ(same.fields.at("etag"), tag);
    }
    EXPECT_EQ(send({"GET", whole}).fields.at("etag"), tag) << "the other plane says the same";
    EXPECT_EQ(send_as_customer({"HEAD", whole}).fields.at("etag"), tag);
    EXPECT_EQ(send_as_customer({"GET", whole, "", "", {"If-None-Match: \"other\""}}).status, 200);
  }
  const std::string tag = send_as_customer({"GET", "/v1/catalogue"}).fields.at("etag");
  take(200, {"POST", "/v1/releases/" + first + "/deprecate", R"({"because":"old"})", token});
  const RegistryReply changed = send_as_customer({"GET", "/v1/catalogue", "", "", {"If-None-Match: " + tag}});
  EXPECT_EQ(changed.status, 200);
  EXPECT_EQ(changed.json()["items"][0]["state"], "deprecated");
  EXPECT_EQ(ids("?deprecated=no"), "");
}

TEST_F(ListingApi, WhatIsNotShownIsNotThere) {
  const std::string first = publish("1.0.0"), second = publish("1.1.0");
  take(200, {"POST", "/v1/releases/" + second + "/yank", R"({"because":"broken"})", token});
  EXPECT_EQ(ids(""), "acme/classify@1.0.0 acme/talk@1.0.0");
  EXPECT_EQ(refused("/acme/classify?version=1.1.0"), "version.unknown");
  EXPECT_EQ(get("/acme/classify/versions")["items"].size(), 1u);
  take(200, {"PUT", "/v1/publishers/acme/plugins/vision/state", R"({"state":"delisted","because":"done"})", token});
  EXPECT_EQ(ids(""), "");
  for (const char* path :
       {"/acme/classify", "/acme/classify/versions", "/acme/classify/card", "/acme/classify/card.md"}) {
    EXPECT_EQ(refused(path), "model.unknown") << path;
    // Nobody's token opens more: this is what everybody sees.
    EXPECT_EQ(send({"GET", std::string("/v1/catalogue") + path, "", admin}).reason(), "model.unknown") << path;
  }
  take(200, {"PUT", "/v1/publishers/acme/plugins/vision/state", R"({"state":"listed","because":"again"})", token});
  EXPECT_EQ(ids("?q=talk"), "acme/talk@1.0.0");
  EXPECT_EQ(send_as_customer({"GET", "/v1/catalogue", "", "sk_somebody_elses"}).status, 200);
}

}  // namespace
}  // namespace stoa::api

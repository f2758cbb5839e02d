// test_registry.hpp: a registry in a folder of its own behind a real server, and a client with tokens.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <curl/curl.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "host/api/problem.hpp"
#include "host/api/registry/registry_routes.hpp"
#include "host/http/server.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::api {

struct RegistryReply {
  long status = 0;  // 0: no whole answer, see error
  std::string body, error;
  std::map<std::string, std::string> fields;  // names in lower case

  Json json() const { return Json::parse(body, nullptr, false); }
  std::string reason() const { return status < 400 ? std::string() : json().value("reason", "no reason: " + body); }
};

struct RegistryRequest {
  std::string method, path, body = {}, token = {};
  std::vector<std::string> fields = {};
};

// One connection for each request. Every one has 10 s.
inline RegistryReply ask(std::uint16_t port, const RegistryRequest& request) {
  RegistryReply reply;
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  const std::string url = "http://127.0.0.1:" + std::to_string(port) + request.path;
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, request.method.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, 10'000L);
  if (request.method == "HEAD") curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
  if (request.method == "POST" || request.method == "PUT") {
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, request.body.data());
    curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  }
  curl_slist* list = curl_slist_append(nullptr, "Expect:");
  if (!request.token.empty()) list = curl_slist_append(list, ("Authorization: Bearer " + request.token).c_str());
  for (const std::string& field : request.fields) list = curl_slist_append(list, field.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_HTTPHEADER, list);
  curl_write_callback on_body = [](char* bytes, std::size_t size, std::size_t n, void* to) {
    static_cast<RegistryReply*>(to)->body.append(bytes, size * n);
    return size * n;
  };
  curl_write_callback on_field = [](char* bytes, std::size_t size, std::size_t n, void* to) {
    const std::string line(bytes, size * n);
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos) return size * n;
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    static_cast<RegistryReply*>(to)->fields[name] = line.substr(colon + 2, line.find('\r') - colon - 2);
    return size * n;
  };
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &reply);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, on_field);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &reply);
  const CURLcode code = curl_easy_perform(curl.get());
  curl_slist_free_all(list);
  if (code == CURLE_OK)
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &reply.status);
  else
    reply.error = curl_easy_strerror(code);
  return reply;
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    registry::PublishingOptions options{.folder = folder / "registry", .now_ms = [this] { return now_ms; }};
    options.checks.host_abis = {{1, 1}};
    options.host = {.lint_library = [](const auto&, const auto&) { return Result<void>(); },
                    .run_golden = [](const registry::Package&) { return Result<std::string>("2 cases in 1 ms"); },
                    .scratch = folder.path()};
    auto opened = registry::Publishing::open(std::move(options));
    if (!opened) throw std::runtime_error(opened.error().message);
    publishing = std::move(*opened);
    api = std::unique_ptr<RegistryApi>(new RegistryApi{.publishing = *publishing,
                                                       .quick{2, 64},
                                                       .slow{1, 64},
                                                       .checks{1, 64},
                                                       .now_ms = [this] { return now_ms; },
                                                       .on_change = [this] { changed.notify_all(); }});
    http::ServerConfig config;
    http::ListenerConfig& actors = config.listeners.emplace_back();
    add_operator_routes(*api, actors.routes);
    add_publisher_routes(*api, actors.routes);
    add_release_routes(*api, actors.routes);
    add_evaluation_routes(*api, actors.routes);
    add_alias_routes(*api, actors.routes);
    add_upkeep_routes(*api, actors.routes);
    add_rollout_routes(*api, actors.routes);
    add_catalogue_routes(*api, actors.routes, PackagesFor::actors);
    add_listing_routes(*api, actors.routes);
    http::ListenerConfig& customers = config.listeners.emplace_back();  // the other one may have moved
    add_catalogue_routes(*api, customers.routes, PackagesFor::everybody);
    add_listing_routes(*api, customers.routes);
    config.render_error = &render_error;
    auto made = http::Server::create(std::move(config));
    if (!made) throw std::runtime_error(made.error().message);
    server = std::move(*made);
    server->start();
    const auto first =
        publishing->with_catalogue([](auto& catalogue) { return catalogue.create_first_admin("admin"); });
    if (!first || !*first) throw std::runtime_error("there is no first admin");
    admin = (*first)->token;
  }
  ~RegistryTest() override { server.reset(); }  // before what its handlers refer to

  RegistryReply send(const RegistryRequest& request) { return ask(server->ports().at(0), request); }
  RegistryReply send_as_customer(const RegistryRequest& request) { return ask(server->ports().at(1), request); }
  // The JSON of an answer that has to have this status.
  Json take(long status, const RegistryRequest& request) {
    const RegistryReply reply = send(request);
    EXPECT_EQ(reply.status, status) << request.method << ' ' << request.path << ": " << reply.body << reply.error;
    return status == 204 ? Json() : reply.json();
  }

  std::string add_operator(const std::string& name, const std::string& role) {
    return take(201, {"POST", "/v1/operators", Json{{"name", name}, {"role", role}}.dump(), admin})["token"];
  }
  // With its key, verified.
  std::string add_publisher(const std::string& name, const registry::PrivateKey& its_key) {
    const std::string token = take(201, {"POST", "/v1/publishers", Json{{"name", name}}.dump(), admin})["token"];
    take(201, {"POST", "/v1/publishers/" + name + "/keys", key_body(name, its_key).dump(), token});
    return token;
  }
  static Json key_body(const std::string& publisher, const registry::PrivateKey& its_key) {
    const registry::PublicKey point = its_key.public_key();
    return {{"public_key", point.pem()},
            {"possession", registry::to_hex(its_key.sign(registry::key_possession_text(publisher, point.id())))}};
  }

  // The sample plugin as one that passes every check.
  std::string package(const std::string& version, const registry::PrivateKey& signer) {
    const std::filesystem::path source = folder / ("source-" + version), file = folder / (version + ".stoa");
    registry::write_sample(source);
    auto manifest = Json::parse(registry::kSampleManifest);
    manifest["version"] = version;
    manifest["licences"] = {{"code", "Apache-2.0"}, {"weights", "CC-BY-4.0"}};
    registry::write_file(source / "manifest.json", manifest.dump());
    registry::write_file(source / "assets/weights.bin", "weights of " + version);
    const auto packed = registry::pack_folder({source, file, &signer});
    EXPECT_TRUE(packed) << packed.error().message;
    return registry::file_bytes(file);
  }
  static Json announcement(const std::string& version, const std::string& bytes) {
    return {{"plugin", "acme/vision"},
            {"version", version},
            {"sha256", registry::to_hex(registry::sha256_of(bytes))},
            {"bytes", bytes.size()}};
  }
  // Announced, sent, submitted and checked; its id.
  std::string checked(const std::string& version, const std::string& bytes, const std::string& token) {
    const Json draft = take(201, {"POST", "/v1/releases", announcement(version, bytes).dump(), token});
    const std::string id = draft["id"], upload = draft["upload"]["id"];
    take(200, {"PUT", "/v1/uploads/" + upload + "?offset=0", bytes, token});
    take(202, {"POST", "/v1/releases/" + id + "/submit", Json{{"upload", upload}}.dump(), token});
    wait_for_checks(id);
    return id;
  }
  std::string published(const std::string& version, const std::string& bytes, const std::string& token) {
    const std::string id = checked(version, bytes, token);
    take(200, {"POST", "/v1/releases/" + id + "/review", R"({"verdict":"accept","because":"good"})", admin});
    return id;
  }
  // Bounded; the desk says when it has done something.
  void wait_for_checks(const std::string& id) {
    std::unique_lock lock(mutex);
    const auto is_checked = [&] {
      const auto release = publishing->with_catalogue([&](auto& catalogue) { return catalogue.release({id}); });
      return release && release->checked_ms.has_value();
    };
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!is_checked() && std::chrono::steady_clock::now() < until)
      changed.wait_for(lock, std::chrono::milliseconds(50));
    EXPECT_TRUE(is_checked()) << id;
  }

  registry::TestFolder folder;
  std::int64_t now_ms = 1'790'000'000'000;  // of a test's own thread, before it asks
  std::mutex mutex;
  std::condition_variable changed;
  std::unique_ptr<registry::Publishing> publishing;
  std::unique_ptr<RegistryApi> api;
  std::unique_ptr<http::Server> server;
  std::string admin;  // the first one's token
  const registry::PrivateKey key = registry::PrivateKey::generate(), other_key = registry::PrivateKey::generate();
};

}  // namespace stoa::api

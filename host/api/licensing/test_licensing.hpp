// test_licensing.hpp: a registry and a licensing book behind a real server, and a client with tokens and keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "host/api/licensing/licensing_routes.hpp"
#include "host/api/registry/test_registry.hpp"

namespace stoa::api {

class LicensingTest : public RegistryTest {
 protected:
  LicensingTest() {
    auto opened = licensing::Book::open(
        {.file = folder / "licensing.sqlite", .now_ms = [this] { return now_ms; }, .publishers_may_issue = true});
    if (!opened) throw std::runtime_error(opened.error().message);
    book = std::move(*opened);
    desk = std::make_unique<licensing::LeaseDesk>(*book);
    licences = std::unique_ptr<LicensingApi>(new LicensingApi{
        .book = *book, .leases = *desk, .publishing = publishing.get(), .now_ms = [this] { return now_ms; }});
    http::ServerConfig config;
    add_licensing_routes(*licences, Plane::operators, config.listeners.emplace_back().routes);
    add_licensing_routes(*licences, Plane::customers, config.listeners.emplace_back().routes);
    config.render_error = &render_error;
    auto made = http::Server::create(std::move(config));
    if (!made) throw std::runtime_error(made.error().message);
    hall = std::move(*made);
    hall->start();
    acme = add_publisher("acme", key);
    rival = add_publisher("rival", other_key);
    finance = add_operator("fred", "finance");
    auditor = add_operator("otto", "auditor");
    northwind = operate(201, {"POST", "/v1/customers", R"({"name":"northwind"})", finance})["id"];
    manage = new_key("northwind", R"({"name":"all","scopes":["infer","account","manage"]})");
    plain = new_key("northwind", R"({"name":"plain"})");
    operate(201, {"POST", "/v1/customers", R"({"name":"contoso"})", finance});
    stranger = new_key("contoso", R"({"name":"all","scopes":["infer","account","manage"]})");
  }
  ~LicensingTest() override { hall.reset(); }  // before what its handlers refer to

  RegistryReply send_operator(const RegistryRequest& request) { return ask(hall->ports().at(0), request); }
  RegistryReply send_customer(const RegistryRequest& request) { return ask(hall->ports().at(1), request); }
  Json operate(long status, const RegistryRequest& request) {
    return checked_json(status, request, send_operator(request));
  }
  Json use(long status, const RegistryRequest& request) {
    return checked_json(status, request, send_customer(request));
  }

  std::string new_key(const std::string& customer, const std::string& body) {
    return operate(201, {"POST", "/v1/customers/" + customer + "/keys", body, finance})["key"];
  }
  std::string issue(const std::string& terms) { return operate(201, {"POST", "/v1/licences", terms, finance})["id"]; }
  std::string floating(int seats) {
    return issue(R"({"subject":{"customer":"northwind"},"covers":[{"model":"acme/vision"}],"floating":{"seats":)" +
                 std::to_string(seats) + R"(,"ttl_s":60}})");
  }

  std::unique_ptr<licensing::Book> book;
  std::unique_ptr<licensing::LeaseDesk> desk;
  std::unique_ptr<LicensingApi> licences;
  std::unique_ptr<http::Server> hall;
  std::string acme, rival, finance, auditor, northwind, manage, plain, stranger;

 private:
  static Json checked_json(long status, const RegistryRequest& request, const RegistryReply& reply) {
    EXPECT_EQ(reply.status, status) << request.method << ' ' << request.path << ": " << reply.body << reply.error;
    return status == 204 ? Json() : reply.json();
  }
};

}  // namespace stoa::api

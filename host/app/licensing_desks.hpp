// licensing_desks.hpp: the API of the licensing book inside this host. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/api/licensing/licensing_call.hpp"
#include "registry/signature/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class LicensingDesks {
 public:
  // What is referred to outlives it.
  struct Parts {
    licensing::Book& book;
    licensing::LeaseDesk& leases;
    registry::Publishing* publishing = nullptr;   // null: this host keeps no catalogue
    std::filesystem::path issuer_key = {};        // a private key (PEM) that signs exported licences; empty: none
    licensing::Settlement* settlement = nullptr;  // null: this host bills nobody
    std::string statement_key = {};
    // Of a quota, by the id of the licence or key; any thread.
    std::function<std::uint64_t(const std::string& holder, const licensing::Quota& quota)> used;
  };
  // Errors: file.*, key.*, of the issuer's key.
  static Result<std::unique_ptr<LicensingDesks>> open(const Parts& parts);

  void add_routes(std::vector<http::Route>& operators, std::vector<http::Route>& customers);
  // For routes of others that are asked by the same people.
  api::LicensingApi& api() { return *api_; }
  // After the server has drained, before the book closes: what waits is done first.
  void stop() { api_->desk.close(); }

 private:
  LicensingDesks() = default;
  std::optional<registry::PrivateKey> issuer_key_;
  std::unique_ptr<api::LicensingApi> api_;
};

}  // namespace stoa::app

// licensing_desks.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/licensing_desks.hpp"

#include "host/api/licensing/licensing_routes.hpp"
#include "host/app/wall_clock.hpp"
#include "licensing/document/agreement_file.hpp"
#include "licensing/document/licence_file.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::app {

Result<std::unique_ptr<LicensingDesks>> LicensingDesks::open(const Parts& parts) {
  std::unique_ptr<LicensingDesks> made(new LicensingDesks);
  made->api_ = std::unique_ptr<api::LicensingApi>(new api::LicensingApi{
      .book = parts.book, .leases = parts.leases, .publishing = parts.publishing, .now_ms = &unix_ms});
  if (parts.used) made->api_->used = parts.used;
  made->api_->settlement = parts.settlement;
  made->api_->statement_key = parts.statement_key;
  if (parts.issuer_key.empty()) return made;
  auto key = registry::read_private_key(parts.issuer_key);
  if (!key) return std::unexpected(key.error());
  made->issuer_key_.emplace(std::move(*key));
  made->api_->sign = [&signer = *made->issuer_key_](const licensing::Licence& licence) {
    return Result<std::string>(licensing::sign_licence(licence, signer));
  };
  made->api_->sign_agreement = [&signer = *made->issuer_key_](std::string_view text) {
    return Result<api::LicensingApi::SignedAgreement>(
        {.file = licensing::sign_agreement_text(text, signer), .key = signer.public_key()});
  };
  return made;
}

void LicensingDesks::add_routes(std::vector<http::Route>& operators, std::vector<http::Route>& customers) {
  api::add_licensing_routes(*api_, api::Plane::operators, operators);
  api::add_licensing_routes(*api_, api::Plane::customers, customers);
}

}  // namespace stoa::app

// test_documents.hpp: a licence with everything, one with nothing, a list, and keys of issuers.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "licensing/document/licence_file.hpp"
#include "licensing/document/revocation_list.hpp"

namespace stoa::licensing {

inline constexpr std::int64_t kTestDay = 86'400'000;
inline constexpr std::int64_t kTestStart = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
inline const std::string kTestNode(64, 'a');

inline Licence plain_licence() {
  Licence licence;
  licence.id.text = "lic_01kdvfxr0000000000000000aa";
  licence.issuer = "platform";
  licence.subject.customer = "cus_1";
  licence.covers = {{"acme/vision", "^1.2"}};
  licence.issued_ms = licence.not_before_ms = kTestStart;
  licence.expires_ms = kTestStart + 365 * kTestDay;
  return licence;
}

inline Licence full_licence() {
  Licence licence = plain_licence();
  licence.serial = 7;
  licence.issuer = "acme";
  licence.subject = {"cus_1", "Nordwind GmbH \"Küste\"", {registry::sha256_of("a"), registry::sha256_of("b")}};
  licence.covers = {{"acme/vision", "^1.2"}, {"acme/*", "*"}};
  licence.entitlements = {{"context.long", 128'000}, {"vision", -1}};
  licence.rate = Rate{100, 60'000};
  licence.quotas = {{"call", 1'000'000, Period::month}, {"token.out", (1ull << 53) - 1, Period::none}};
  licence.calls_at_once = 8;
  licence.floating = Floating{10, 60};
  licence.node = kTestNode;
  licence.is_trial = true;
  licence.grace_ms = 7 * kTestDay;
  licence.offline_ms = 30 * kTestDay;
  licence.on_expiry = Policy::grace;
  licence.on_quota = Policy::advisory;
  licence.on_clock = Policy::grace;
  licence.content_keys = {{"0123456789abcdef", kTestNode, std::string(107, 'A') + '='}};
  return licence;
}

inline RevocationList sample_list() {
  return {.issuer = "platform",
          .number = 3,
          .issued_ms = kTestStart + kTestDay,
          .next_update_ms = kTestStart + 31 * kTestDay,
          .revoked = {{{"lic_01kdvfxr0000000000000000aa"}, 2, kTestStart + kTestDay, "unpaid"},
                      {{"lic_01kdvfxr0000000000000000ab"}, 4'294'967'295, kTestStart, ""}}};
}

struct TestIssuers {
  registry::PrivateKey platform = registry::PrivateKey::generate(), acme = registry::PrivateKey::generate(),
                       stranger = registry::PrivateKey::generate();
  TrustedIssuers trusted;
  TestIssuers() {
    trusted.add("platform", platform.public_key());
    trusted.add("acme", acme.public_key());
  }
};

}  // namespace stoa::licensing

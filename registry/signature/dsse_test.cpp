// dsse_test.cpp: envelopes: the published encoding, one canonical form, and a second opinion by the openssl command.
// SPDX-License-Identifier: Apache-2.0
#include "registry/signature/dsse.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "registry/document/test_folder.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kManifest = R"({"stoa":1,"note":"any bytes: the envelope does not read them"})";

TEST(Dsse, EncodesAsTheProtocolsExample) {
  // The test vector of DSSE's protocol.md.
  EXPECT_EQ(pre_authentication_encoding("http://example.com/HelloWorld", "hello world"),
            "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST(Dsse, EnvelopeSurvivesTheRoundTrip) {
  const auto key = PrivateKey::generate();
  const auto json = serialise_envelope(sign_manifest(kManifest, key), kManifest);
  const auto envelope = parse_envelope(json, kManifest);
  ASSERT_TRUE(envelope.has_value()) << envelope.error().message;
  EXPECT_TRUE(verify_manifest(*envelope, kManifest, key.public_key()).has_value());
  EXPECT_EQ(verify_manifest(*envelope, kManifest, PrivateKey::generate().public_key()).error().reason,
            "signature.unknown_key");
  EXPECT_EQ(parse_envelope(json, "{}").error().reason, "signature.other_manifest");
}

TEST(Dsse, EveryChangedByteIsRefused) {
  const auto key = PrivateKey::generate();
  const auto json = serialise_envelope(sign_manifest(kManifest, key), kManifest);
  const auto is_accepted = [&](const std::string& text) {
    const auto envelope = parse_envelope(text, kManifest);
    return envelope && verify_manifest(*envelope, kManifest, key.public_key());
  };
  ASSERT_TRUE(is_accepted(json));
  for (std::size_t i = 0; i < json.size(); ++i)
    for (const int mask : {0xff, 0x20, 1 << (i % 8)}) {
      auto changed = json;
      changed[i] = static_cast<char>(changed[i] ^ mask);
      ASSERT_FALSE(is_accepted(changed)) << "byte " << i << " xor " << mask;
    }
}

TEST(Dsse, RefusesOtherSerialisations) {
  const auto key = PrivateKey::generate();
  const auto json = serialise_envelope(sign_manifest(kManifest, key), kManifest);
  auto document = nlohmann::ordered_json::parse(json);
  const auto second = document["signatures"][0];
  const auto reason = [](const std::string& text) { return parse_envelope(text, kManifest).error().reason; };
  EXPECT_EQ(reason(json + "\n"), "signature.envelope");
  EXPECT_EQ(reason(" " + json), "signature.envelope");
  EXPECT_EQ(reason(document.dump(1)), "signature.envelope");
  EXPECT_EQ(reason(""), "signature.envelope");
  EXPECT_EQ(reason("[]"), "signature.envelope");
  EXPECT_EQ(reason(std::string(100'000, '[')), "signature.envelope");
  document["extra"] = 1;
  EXPECT_EQ(reason(document.dump()), "signature.envelope");
  document.erase("extra");
  document["signatures"].push_back(second);
  EXPECT_EQ(reason(document.dump()), "signature.envelope");
  document["signatures"] = nlohmann::ordered_json::array();
  EXPECT_EQ(reason(document.dump()), "signature.envelope");
}

TEST(Base64, AcceptsTheCanonicalFormOnly) {
  for (const std::string bytes : {"", "a", "ab", "abc", "\xff\xfe"})
    EXPECT_EQ(from_base64(to_base64(bytes)).value(), bytes);
  for (const auto* bad :
       {"YQ", "YQ=", "YR==", "YWI", "YWJ=", " YQ==", "YQ==\n", "YQ==YQ==", "====", "Y===", "YWJj*A==", "-_-_"})
    EXPECT_FALSE(from_base64(bad).has_value()) << bad;
}

TEST(Dsse, TheOpensslCommandAgrees) {
  const TestFolder folder;
  const auto key = PrivateKey::generate();
  const auto envelope = sign_manifest(kManifest, key);
  write_file(folder / "key.pem", key.public_key().pem());
  write_file(folder / "message", pre_authentication_encoding(kManifestPayloadType, kManifest));
  write_file(folder / "signature",
             {reinterpret_cast<const char*>(envelope.signature.data()), envelope.signature.size()});
  const auto verify =
      "cd " + folder.path().string() +
      " && openssl pkeyutl -verify -rawin -pubin -inkey key.pem -sigfile signature -in message >/dev/null 2>&1";
  EXPECT_EQ(std::system(verify.c_str()), 0);
  write_file(folder / "message", "DSSEv1 another message");
  EXPECT_NE(std::system(verify.c_str()), 0);
}

}  // namespace
}  // namespace stoa::registry

// ed25519_test.cpp: Wycheproof's cases, degenerate keys, and keys exchanged with the openssl command.
// SPDX-License-Identifier: Apache-2.0
#include "registry/signature/ed25519.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "registry/document/test_folder.hpp"
#include "registry/document/vectors.hpp"

namespace stoa::registry {
namespace {

std::string bytes_of(const std::string& hex) {
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

template <std::size_t N>
std::array<std::uint8_t, N> array_of(const std::string& hex) {
  const auto bytes = bytes_of(hex);
  std::array<std::uint8_t, N> out{};
  std::copy_n(bytes.begin(), std::min(N, bytes.size()), out.begin());
  return out;
}

TEST(Ed25519, AgreesWithWycheproof) {
  std::ifstream in(vectors_folder() / "ed25519" / "wycheproof_ed25519_test.json");
  if (!in) GTEST_SKIP() << "no vectors in " << vectors_folder();
  const auto file = nlohmann::json::parse(in);
  int cases = 0;
  for (const auto& group : file["testGroups"]) {
    const auto key = PublicKey::from_raw(array_of<32>(group["publicKey"]["pk"]));
    ASSERT_TRUE(key.has_value()) << group["publicKey"]["pk"];
    EXPECT_EQ(PublicKey::from_pem(std::string(group["publicKeyPem"])).value().id(), key->id());
    for (const auto& test : group["tests"]) {
      const std::string signature = test["sig"];
      // A signature of another length has no place in our type: the envelope refuses it before.
      const bool verifies = signature.size() == 128 && key->verifies(array_of<64>(signature), bytes_of(test["msg"]));
      EXPECT_EQ(verifies, test["result"] == "valid") << "tcId " << test["tcId"] << " " << test["comment"];
      ++cases;
    }
  }
  EXPECT_EQ(cases, 151);
}

struct DegenerateKey {
  const char* hex;
  const char* reason;
};

TEST(Ed25519, RefusesDegeneratePublicKeys) {
  const DegenerateKey rows[] = {
      {"0100000000000000000000000000000000000000000000000000000000000000", "key.low_order"},  // order 1
      {"0100000000000000000000000000000000000000000000000000000000000080", "key.low_order"},  // x = 0 with a sign
      {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "key.low_order"},  // order 2
      {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "key.low_order"},
      {"0000000000000000000000000000000000000000000000000000000000000000", "key.low_order"},  // order 4
      {"0000000000000000000000000000000000000000000000000000000000000080", "key.low_order"},
      {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", "key.low_order"},  // order 8
      {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "key.low_order"},
      {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", "key.low_order"},
      {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "key.low_order"},
      {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "key.not_canonical"},  // y = p
      {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "key.not_canonical"},  // y = p + 1
      {"efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "key.not_canonical"},
      {"f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "key.not_canonical"},
      {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "key.not_canonical"}};
  for (const auto& row : rows) {
    const auto key = PublicKey::from_raw(array_of<32>(row.hex));
    ASSERT_FALSE(key.has_value()) << row.hex;
    EXPECT_EQ(key.error().reason, row.reason) << row.hex;
  }
}

TEST(Ed25519, RefusesAFileWhoseKeyIsNoPoint) {
  for (const std::uint8_t sign : {0x00, 0x80}) {
    Ed25519Point raw{2};
    raw.back() = sign;
    const auto unchecked = PublicKey::from_raw(raw);
    ASSERT_TRUE(unchecked.has_value());
    const auto key = PublicKey::from_pem(unchecked->pem());
    ASSERT_FALSE(key.has_value());
    EXPECT_EQ(key.error().reason, "key.no_point");
  }
}

TEST(Ed25519, TakesEveryKeyThatSomebodyMade) {
  for (int i = 0; i < 500; ++i) {
    const auto made = PrivateKey::generate().public_key();
    ASSERT_TRUE(PublicKey::from_pem(made.pem()).has_value()) << made.id().hex;
  }
}

TEST(Ed25519, SignsWhatItVerifies) {
  const auto key = PrivateKey::generate();
  auto signature = key.sign("a message");
  EXPECT_TRUE(key.public_key().verifies(signature, "a message"));
  EXPECT_FALSE(key.public_key().verifies(signature, "a massage"));
  EXPECT_FALSE(PrivateKey::generate().public_key().verifies(signature, "a message"));
  signature[63] ^= 1;
  EXPECT_FALSE(key.public_key().verifies(signature, "a message"));
}

TEST(Ed25519, PemSurvivesTheRoundTrip) {
  const auto key = PrivateKey::generate();
  EXPECT_EQ(PrivateKey::from_pem(key.pem()).value().public_key().id(), key.public_key().id());
  EXPECT_EQ(PublicKey::from_pem(key.public_key().pem()).value().id(), key.public_key().id());
}

int shell(const std::string& command) { return std::system((command + " >/dev/null 2>&1 </dev/null").c_str()); }

TEST(Ed25519, ReadsTheKeysOfTheOpensslCommand) {
  const TestFolder folder;
  const auto at = folder.path().string();
  ASSERT_EQ(shell("openssl genpkey -algorithm ed25519 -out " + at + "/k.pem"), 0);
  ASSERT_EQ(shell("openssl pkey -in " + at + "/k.pem -pubout -out " + at + "/p.pem"), 0);
  const auto key = PrivateKey::from_pem(file_bytes(folder / "k.pem"));
  ASSERT_TRUE(key.has_value()) << key.error().message;
  EXPECT_EQ(PublicKey::from_pem(file_bytes(folder / "p.pem")).value().id(), key->public_key().id());
  EXPECT_EQ(key->pem(), file_bytes(folder / "k.pem"));
}

TEST(Ed25519, RefusesOtherKeysAndOtherText) {
  const TestFolder folder;
  const auto at = folder.path().string();
  ASSERT_EQ(shell("openssl genpkey -algorithm x25519 -out " + at + "/x.pem"), 0);
  ASSERT_EQ(shell("openssl pkey -in " + at + "/x.pem -pubout -out " + at + "/xp.pem"), 0);
  ASSERT_EQ(shell("openssl genpkey -algorithm ed25519 -aes256 -pass pass:secret -out " + at + "/locked.pem"), 0);
  const auto pem = PrivateKey::generate().pem();
  EXPECT_EQ(PrivateKey::from_pem(file_bytes(folder / "x.pem")).error().reason, "key.not_ed25519");
  EXPECT_EQ(PublicKey::from_pem(file_bytes(folder / "xp.pem")).error().reason, "key.not_ed25519");
  EXPECT_EQ(PrivateKey::from_pem(file_bytes(folder / "locked.pem")).error().reason, "key.syntax");
  EXPECT_EQ(PrivateKey::from_pem("").error().reason, "key.syntax");
  EXPECT_EQ(PublicKey::from_pem(pem).error().reason, "key.syntax");
  EXPECT_EQ(PrivateKey::from_pem(pem.substr(0, pem.size() / 2)).error().reason, "key.syntax");
  EXPECT_EQ(PublicKey::from_pem(std::string(20'000, 'x')).error().reason, "key.syntax");
}

}  // namespace
}  // namespace stoa::registry

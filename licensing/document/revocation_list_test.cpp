// revocation_list_test.cpp: one form, there and back; and every list that is something else.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/document/revocation_list.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "licensing/document/test_documents.hpp"

namespace stoa::licensing {
namespace {

std::string refusal_of_list(const std::string& file, const TrustedIssuers& issuers) {
  const auto opened = open_revocations(file);
  if (!opened) return opened.error().reason;
  const auto verified = verify_revocations(*opened, issuers);
  return verified ? "" : verified.error().reason;
}

TEST(RevocationList, IsTheSameThereAndBack) {
  for (const RevocationList& list : {sample_list(), RevocationList{"acme", 1, 0, 1, {}}}) {
    const std::string text = write_revocations(list);
    EXPECT_EQ(nlohmann::json::parse(text).dump(), text);
    const auto read = parse_revocations(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, list);
  }
}

TEST(RevocationList, TakesBackEverySerialUpToOne) {
  const RevocationList list = sample_list();
  EXPECT_TRUE(find_revocation(list, list.revoked[0].licence, 1));
  EXPECT_TRUE(find_revocation(list, list.revoked[0].licence, 2));
  EXPECT_FALSE(find_revocation(list, list.revoked[0].licence, 3));
  EXPECT_TRUE(find_revocation(list, list.revoked[1].licence, 4'294'967'295));
  EXPECT_FALSE(find_revocation(list, {"lic_01kdvfxr0000000000000000ac"}, 1));
}

TEST(RevocationList, IsRefusedForItsOwnReason) {
  const TestIssuers issuers;
  const std::string document = write_revocations(sample_list());
  struct Row {
    const char *what, *by, *reason;
  };
  const Row rows[] = {
      {"\"number\":3", "\"number\":0", "revocation_list.range"},
      {"\"number\":3", "\"number\":9007199254740992", "revocation_list.range"},
      {"\"number\":3", "\"number\":3.5", "revocation_list.type"},
      {"\"number\":3,", "", "revocation_list.missing_key"},
      {"\"platform\"", "\"../platform\"", "revocation_list.issuer"},
      {"\"number\":3", "\"number\":3,\"number\":4", "revocation_list.duplicate_key"},
      {"\"number\":3", "\"number\":3,\"all\":true", "revocation_list.unknown_key"},
      {"\"next_update\":\"2026-02-01", "\"next_update\":\"2026-01-01", "revocation_list.time"},
      {"2026-02-01T00:00:00.000Z", "tomorrow", "revocation_list.time"},
      {"0000ab", "0000aa", "revocation_list.order"},
      {"0000aa", "0000az", "revocation_list.order"},
      {"0000aa", "0000aA", "revocation_list.id"},
      {"\"serials_to\":2", "\"serials_to\":0", "revocation_list.range"},
      {"unpaid", "un\\u0007paid", "revocation_list.text"},
      {"unpaid", "un\\u0070aid", "revocation_list.canonical"},
      {"\"stoa_revocations\":1", "\"stoa_revocations\":9", "revocation_list.range"},
      {"{\"because\"", "[{\"because\"", "revocation_list.json"},
  };
  for (const Row& row : rows) {
    std::string changed = document;
    changed.replace(changed.find(row.what), std::string_view(row.what).size(), row.by);
    EXPECT_EQ(refusal_of_list(sign_document(kRevocationsDocument, changed, issuers.platform), issuers.trusted),
              row.reason)
        << row.by;
  }
  EXPECT_EQ(refusal_of_list(sign_revocations(sample_list(), issuers.platform), issuers.trusted), "");
  EXPECT_EQ(refusal_of_list(sign_revocations(sample_list(), issuers.acme), issuers.trusted), "signature.other_issuer");
  EXPECT_EQ(refusal_of_list(sign_revocations(sample_list(), issuers.stranger), issuers.trusted),
            "signature.unknown_key");
  EXPECT_EQ(refusal_of_list(sign_licence(plain_licence(), issuers.platform), issuers.trusted), "signature.other_type");
}

TEST(RevocationList, NoBitOfItCanChange) {
  const TestIssuers issuers;
  const std::string file = sign_revocations(sample_list(), issuers.platform);
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    std::string changed = file;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(refusal_of_list(changed, issuers.trusted), "") << "bit " << bit;
  }
}

TEST(RevocationList, IsDraftedInAnyOrder) {
  const auto drafted = parse_revocations_draft(
      R"({"issuer": "platform", "number": 4, "revoked": [
           {"id": "lic_01kdvfxr0000000000000000ab", "serials_to": 1},
           {"id": "lic_01kdvfxr0000000000000000aa", "serials_to": 2, "because": "lost", "revoked": "2026-01-01"}]})",
      kTestStart + 7);
  ASSERT_TRUE(drafted) << drafted.error().message;
  EXPECT_EQ(drafted->revoked[0], (Revocation{{"lic_01kdvfxr0000000000000000aa"}, 2, kTestStart, "lost"}));
  EXPECT_EQ(drafted->revoked[1].at_ms, kTestStart + 7);
  EXPECT_EQ(drafted->next_update_ms, kTestStart + 7 + 30 * kTestDay);
  EXPECT_TRUE(parse_revocations(write_revocations(*drafted)));
}

TEST(RevocationList, HasRoomForFiftyThousand) {
  const TestIssuers issuers;
  RevocationList list = sample_list();
  list.revoked.clear();
  for (std::size_t i = 0; i < kRevocationsMax; ++i) {
    std::string digits = std::to_string(1'000'000 + i);
    list.revoked.push_back({{"lic_01kdvfxr00000000000" + digits}, 4'294'967'295, kTestStart, std::string(100, 'x')});
  }
  const auto opened = open_revocations(sign_revocations(list, issuers.platform));
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->list, list);
}

}  // namespace
}  // namespace stoa::licensing

// kept_answer_test.cpp: answers as records, and back. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "licensing/idempotency/kept_answer.hpp"
#include "licensing/log/tile.hpp"

namespace stoa::licensing {
namespace {

KeptAnswer an_answer(std::size_t body_bytes) {
  KeptAnswer answer{.call_key = call_key_of("cus_1", "k"), .request = registry::sha256_of("POST /x"), .entry = 17};
  answer.content_type = "application/octet-stream";
  answer.fields = {{"x-stoa-receipt", "17"}, {"Inference-Header-Content-Length", "120"}};
  for (std::size_t i = 0; i < body_bytes; ++i) answer.body += static_cast<char>(i * 31 % 256);
  return answer;
}

Result<KeptAnswer> read_back(const std::vector<std::string>& records) {
  AnswerReader reader;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto whole = reader.add(records[i]);
    if (!whole) return std::unexpected(whole.error());
    EXPECT_EQ(*whole, i + 1 == records.size());
  }
  return reader.take();
}

TEST(KeptAnswer, OfAnyLengthIsReadBackAsItWas) {
  for (const std::size_t bytes : {0, 1, 65'000, 65'306, 65'307, 65'308, 65'534, 65'535, 131'070, 1'048'576}) {
    const KeptAnswer answer = an_answer(bytes);
    const auto records = records_of(answer);
    ASSERT_TRUE(records);
    for (const std::string& record : *records) EXPECT_LE(record.size(), kEntryBytesMax);
    const auto read = read_back(*records);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, answer) << bytes;
  }
}

TEST(KeptAnswer, MayLackItsEntryItsBodyAndItsFields) {
  KeptAnswer answer{.call_key = call_key_of("a", "b"), .is_kept = false, .status = 504};
  const auto records = records_of(answer);
  ASSERT_TRUE(records);
  EXPECT_EQ(*read_back(*records), answer);
}

TEST(KeptAnswer, ThatWasCutOffIsForgottenByTheNext) {
  const auto cut = records_of(an_answer(200'000)), whole = records_of(an_answer(3));
  AnswerReader reader;
  ASSERT_FALSE(*reader.add(cut->at(0)));
  ASSERT_FALSE(*reader.add(cut->at(1)));
  ASSERT_TRUE(*reader.add(whole->at(0)));
  EXPECT_EQ(reader.take(), an_answer(3));
}

TEST(KeptAnswer, ThatIsNoneIsRefused) {
  const auto records = records_of(an_answer(70'000));
  const auto refused = [](const std::vector<std::string>& all) {
    AnswerReader reader;
    for (const std::string& record : all)
      if (const auto whole = reader.add(record); !whole) return whole.error().reason;
    return std::string();
  };
  std::string longer = records->at(1) + "xx", other = records->at(0), flags = records->at(0);
  other[0] = 7;
  flags[1] = 9;
  EXPECT_EQ(refused({records->at(1)}), "idempotency.form");
  EXPECT_EQ(refused({records->at(0), longer}), "idempotency.form");
  EXPECT_EQ(refused({other}), "idempotency.form");
  EXPECT_EQ(refused({flags}), "idempotency.form");
  EXPECT_EQ(refused({records->at(0).substr(0, 60)}), "idempotency.form");
  EXPECT_EQ(refused({""}), "idempotency.form");
  KeptAnswer zero = an_answer(1);
  zero.fields[0].second += '\0';
  EXPECT_EQ(records_of(zero).error().reason, "idempotency.answer_size");
}

TEST(CallKey, IsTheCustomersAlone) {
  EXPECT_NE(call_key_of("cus_1", "k"), call_key_of("cus_2", "k"));
  EXPECT_NE(call_key_of("cus_1", "k"), call_key_of("cus_1k", ""));
}

}  // namespace
}  // namespace stoa::licensing

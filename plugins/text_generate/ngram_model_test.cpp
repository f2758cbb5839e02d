// ngram_model_test.cpp: the shipped model is a probability distribution everywhere, and a broken file is refused.
// SPDX-License-Identifier: Apache-2.0
#include "ngram_model.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>

namespace text_generate {
namespace {

std::string shipped() {
  std::ifstream file(std::string(std::getenv("STOA_SOURCE_DIR")) + "/plugins/text_generate/assets/austen.ngram",
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

const NgramModel& model() {
  static const NgramModel austen = [] {
    const auto bytes = shipped();
    return NgramModel::parse(bytes.data(), bytes.size());
  }();
  return austen;
}

TEST(NgramModel, ProbabilitiesSumToOne) {
  const auto& austen = model();
  std::vector<float> next;
  for (const char* context :
       {"", "\n", "It is a truth universally", "Mr. Darcy", "xyzzy qq", "\"My dear", "!!!!!!!!"}) {
    austen.predict(austen.pieces().encode(context), next);
    EXPECT_NEAR(std::accumulate(next.begin(), next.end(), 0.0), 1, 1e-4) << context;
    for (const auto p : next) ASSERT_GT(p, 0) << context;
  }
}

// train.py printed these for the same contexts: the two readings of one file agree.
TEST(NgramModel, AgreesWithTraining) {
  struct Row {
    const char *context, *next;
    double probability;
  };
  const auto& austen = model();
  std::vector<float> next;
  for (const Row& row : {Row{"\"My dear Mr.", " Bennet", 0.518689}, Row{"in want of a", " wife", 0.007663},
                         Row{"She was not", " in", 0.038776}, Row{"", " the", 0.006110}}) {
    austen.predict(austen.pieces().encode(row.context), next);
    const auto token = austen.pieces().encode(row.next);
    ASSERT_EQ(token.size(), 1u) << row.next;
    EXPECT_NEAR(next[token[0]], row.probability, 1e-5) << row.context;
  }
}

// The figure of README.md is of whole paragraphs that were not trained on; this guards the order of magnitude.
TEST(NgramModel, KnowsTheStyle) {
  const auto& austen = model();
  const std::string text =
      "She could not but be aware that he was a very sensible man, and that his manners were those of a gentleman.";
  const auto tokens = austen.pieces().encode(text);
  double bits = 0;
  std::vector<float> next;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    austen.predict({tokens.begin(), tokens.begin() + static_cast<std::ptrdiff_t>(i)}, next);
    bits -= std::log2(next[tokens[i]]);
  }
  EXPECT_LT(bits / static_cast<double>(text.size()), 2.0);
}

TEST(NgramModel, BrokenFileIsRefused) {
  const auto whole = shipped();
  ASSERT_GT(whole.size(), 100'000u);
  const auto refused = [](const std::string& bytes) {
    EXPECT_THROW(NgramModel::parse(bytes.data(), bytes.size()), std::runtime_error) << bytes.size() << " bytes";
  };
  for (const std::size_t size : {std::size_t{0}, std::size_t{3}, std::size_t{4}, std::size_t{15}, std::size_t{1000},
                                 std::size_t{20'000}, whole.size() / 2, whole.size() - 1})
    refused(whole.substr(0, size));
  refused(whole + "x");
  for (const std::size_t at : {0, 4, 8, 12}) {  // magic, version, vocabulary, order
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x7f);
    refused(changed);
  }
}

// Any byte may change: the answer is an exception or a model that still predicts, never a crash (run under asan).
TEST(NgramModel, ChangedBytesNeverCrash) {
  const auto whole = shipped();
  std::vector<float> next;
  for (std::size_t i = 0; i < 8; ++i) {
    auto changed = whole;
    changed[whole.size() * i / 8 + i] ^= static_cast<char>(1 << (i % 8));
    try {
      const auto austen = NgramModel::parse(changed.data(), changed.size());
      austen.predict(austen.pieces().encode("the whole of the"), next);
    } catch (const std::runtime_error&) {
    }
  }
}

}  // namespace
}  // namespace text_generate

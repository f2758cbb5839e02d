// generation_test.cpp: parameters are checked by name, a seed decides the text, a stop string is never sent in part.
// SPDX-License-Identifier: Apache-2.0
#include "generation.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace text_generate {
namespace {

TEST(Parameters, DefaultsAndValues) {
  for (const char* text : {"", "{}", R"({"priority": 3, "stop": null, "binary_data_output": true})"}) {
    const auto defaults = parse_parameters(text);
    EXPECT_EQ(defaults.max_tokens, 128u);
    EXPECT_EQ(defaults.temperature, 0.8);
    EXPECT_FALSE(defaults.seed);
    EXPECT_TRUE(defaults.stop.empty());
  }
  const auto given =
      parse_parameters(R"({"max_tokens":4096,"temperature":0,"seed":18446744073709551615,"stop":["a","bc"]})");
  EXPECT_EQ(given.max_tokens, 4096u);
  EXPECT_EQ(given.temperature, 0);
  EXPECT_EQ(given.seed, UINT64_MAX);
  EXPECT_EQ(given.stop, (std::vector<std::string>{"a", "bc"}));
  EXPECT_EQ(parse_parameters(R"({"stop":"."})").stop, std::vector<std::string>{"."});
}

TEST(Parameters, RefusalNamesTheParameter) {
  struct Row {
    const char *json, *named;
  };
  const Row rows[] = {
      {R"({"max_tokens":0})", "max_tokens"},
      {R"({"max_tokens":4097})", "max_tokens"},
      {R"({"max_tokens":-1})", "max_tokens"},
      {R"({"max_tokens":1.5})", "max_tokens"},
      {R"({"max_tokens":"10"})", "max_tokens"},
      {R"({"max_tokens":1e99})", "max_tokens"},
      {R"({"temperature":-0.1})", "temperature"},
      {R"({"temperature":5.1})", "temperature"},
      {R"({"temperature":true})", "temperature"},
      {R"({"temperature":null})", "temperature"},
      {R"({"seed":-1})", "seed"},
      {R"({"seed":18446744073709551616})", "seed"},
      {R"({"seed":"x"})", "seed"},
      {R"({"stop":""})", "stop"},
      {R"({"stop":[1]})", "stop"},
      {R"({"stop":{}})", "stop"},
      {R"({"stop":["a","b","c","d","e"]})", "stop"},
      {"[]", "object"},
      {"{", "object"},
      {"nonsense", "object"},
  };
  for (const auto& row : rows) {
    try {
      parse_parameters(row.json);
      ADD_FAILURE() << row.json << " was taken";
    } catch (const ParameterError& e) {
      EXPECT_NE(std::string(e.what()).find(row.named), std::string::npos) << row.json << ": " << e.what();
    }
  }
  EXPECT_THROW(parse_parameters(R"({"stop":")" + std::string(257, 'x') + "\"}"), ParameterError);
}

TEST(StopFilter, NeverSendsPartOfAStopString) {
  struct Row {
    std::vector<std::string> stops, pieces;
    std::string sent, rest;
    bool is_stopped;
  };
  const Row rows[] = {
      {{}, {"a", "b"}, "ab", "", false},
      {{"."}, {"a", "b.c"}, "ab", "", true},
      {{"END"}, {"aE", "N", "D", "x"}, "a", "", true},
      {{"END"}, {"aE", "N", "x"}, "aENx", "", false},
      {{"END"}, {"aE", "N"}, "a", "EN", false},
      {{"aab"}, {"a", "a", "a", "b"}, "a", "", true},
      {{"b", "abc"}, {"xa", "b"}, "xa", "", true},
      {{"bc", "abcd"}, {"xa", "b", "c"}, "xa", "", true},
      {{"\n"}, {"\n"}, "", "", true},
  };
  for (const auto& row : rows) {
    StopFilter filter(row.stops);
    std::string sent;
    for (const auto& piece : row.pieces) {
      sent += filter.add(piece);
      if (filter.is_stopped()) break;
    }
    EXPECT_EQ(sent, row.sent);
    EXPECT_EQ(filter.is_stopped(), row.is_stopped) << row.sent;
    EXPECT_EQ(filter.rest(), row.rest) << row.sent;
  }
}

class GenerationOfShippedModel : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::ifstream file(std::string(std::getenv("STOA_SOURCE_DIR")) + "/plugins/text_generate/assets/austen.ngram",
                       std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    model_ = new NgramModel(NgramModel::parse(bytes.data(), bytes.size()));
  }
  static void TearDownTestSuite() { delete model_; }

  static std::string text(double temperature, std::uint64_t seed, int tokens = 40) {
    Generation generation(*model_, "It is a truth universally acknowledged", temperature, seed);
    std::string out;
    for (int i = 0; i < tokens; ++i) out += generation.next();
    return out;
  }

  static NgramModel* model_;
};
NgramModel* GenerationOfShippedModel::model_ = nullptr;

TEST_F(GenerationOfShippedModel, SeedDecidesTheText) {
  EXPECT_EQ(text(0.8, 1), text(0.8, 1));
  EXPECT_NE(text(0.8, 1), text(0.8, 2));
}

TEST_F(GenerationOfShippedModel, TemperatureZeroIgnoresTheSeed) { EXPECT_EQ(text(0, 1), text(0, 2)); }

TEST_F(GenerationOfShippedModel, TinyTemperatureTakesTheMostLikely) { EXPECT_EQ(text(0, 1), text(1e-9, 1)); }

TEST_F(GenerationOfShippedModel, CountsThePrompt) {
  EXPECT_EQ(Generation(*model_, "", 1, 1).prompt_tokens(), 0u);
  EXPECT_EQ(Generation(*model_, " the the the", 1, 1).prompt_tokens(), 3u);
}

}  // namespace
}  // namespace text_generate

// generation.hpp: one text being generated: its parameters, the draw of the next piece, the stop strings. No Stoa.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ngram_model.hpp"

namespace text_generate {

inline constexpr std::uint32_t kTokensMax = 4096;
inline constexpr double kTemperatureMax = 5;
inline constexpr std::size_t kStopsMax = 4;
inline constexpr std::size_t kStopBytesMax = 256;

struct Parameters {
  std::uint32_t max_tokens = 128;
  double temperature = 0.8;           // 0: always the most likely piece
  std::optional<std::uint64_t> seed;  // absent: another text each time
  std::vector<std::string> stop;      // the text ends before the first of these
};

// The message names the parameter, its value's fault and the rule.
class ParameterError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// json: an object, or empty. Members that are not ours are passed over: the host forwards the protocol's own as well.
// Throws ParameterError.
Parameters parse_parameters(std::string_view json);

// Keeps back what may be the beginning of a stop string, so that no part of one is ever sent.
class StopFilter {
 public:
  explicit StopFilter(const std::vector<std::string>& stops) : stops_(stops) {}

  // What may be sent now.
  std::string add(std::string_view text);
  // What is left when the text ends without a stop string.
  std::string rest() { return std::move(held_); }
  bool is_stopped() const { return is_stopped_; }

 private:
  const std::vector<std::string>& stops_;
  std::string held_;
  bool is_stopped_ = false;
};

// The same model, prompt, parameters and seed give the same pieces.
class Generation {
 public:
  Generation(const NgramModel& model, std::string_view prompt, double temperature, std::uint64_t seed);

  std::size_t prompt_tokens() const { return prompt_tokens_; }
  const std::string& next();

 private:
  Token draw();

  const NgramModel& model_;
  std::vector<Token> context_;
  std::size_t prompt_tokens_ = 0;
  double temperature_;
  std::mt19937_64 random_;
  std::vector<float> likely_;
};

}  // namespace text_generate

// generation.cpp: parameters from JSON, sampling with a temperature, stop strings across pieces.
// SPDX-License-Identifier: Apache-2.0
#include "generation.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace text_generate {
namespace {

using nlohmann::json;

std::uint64_t whole_number(const json& value, const char* name, std::uint64_t min, std::uint64_t max) {
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() < min || value.get<std::uint64_t>() > max)
    throw ParameterError(std::string("parameter ") + name + " is " + value.dump(-1, ' ', true).substr(0, 40) +
                         ", it must be a whole number of " + std::to_string(min) + " to " + std::to_string(max));
  return value.get<std::uint64_t>();
}

std::vector<std::string> stop_strings(const json& value) {
  std::vector<std::string> stops;
  for (const auto& stop : value.is_array() ? value : json::array({value})) {
    if (!stop.is_string() || stop.get_ref<const std::string&>().empty() ||
        stop.get_ref<const std::string&>().size() > kStopBytesMax)
      throw ParameterError("parameter stop must be a string of 1 to " + std::to_string(kStopBytesMax) +
                           " bytes, or an array of them");
    stops.push_back(stop.get<std::string>());
  }
  if (stops.size() > kStopsMax)
    throw ParameterError("parameter stop has " + std::to_string(stops.size()) + " strings, the limit is " +
                         std::to_string(kStopsMax));
  return stops;
}

}  // namespace

Parameters parse_parameters(std::string_view text) {
  Parameters parameters;
  if (text.empty()) return parameters;
  const auto object = json::parse(text, nullptr, false);
  if (!object.is_object()) throw ParameterError("the parameters are not a json object");
  for (const auto& [name, value] : object.items()) {
    if (name == "max_tokens") {
      parameters.max_tokens = static_cast<std::uint32_t>(whole_number(value, "max_tokens", 1, kTokensMax));
    } else if (name == "temperature") {
      if (!value.is_number() || !(value.get<double>() >= 0 && value.get<double>() <= kTemperatureMax))
        throw ParameterError("parameter temperature is " + value.dump(-1, ' ', true).substr(0, 40) +
                             ", it must be a number of 0 to 5");
      parameters.temperature = value.get<double>();
    } else if (name == "seed") {
      parameters.seed = whole_number(value, "seed", 0, UINT64_MAX);
    } else if (name == "stop" && !value.is_null()) {
      parameters.stop = stop_strings(value);
    }
  }
  return parameters;
}

std::string StopFilter::add(std::string_view text) {
  held_ += text;
  auto stop_at = std::string::npos;
  for (const auto& stop : stops_) stop_at = std::min(stop_at, held_.find(stop));
  if (stop_at != std::string::npos) {
    is_stopped_ = true;
    held_.resize(stop_at);
    return std::move(held_);
  }
  std::size_t kept = 0;  // the longest end of held_ that a stop string begins with
  for (const auto& stop : stops_) {
    auto n = std::min(stop.size() - 1, held_.size());
    while (n > kept && held_.compare(held_.size() - n, n, stop, 0, n) != 0) --n;
    kept = std::max(kept, n);
  }
  std::string sent = held_.substr(0, held_.size() - kept);
  held_.erase(0, held_.size() - kept);
  return sent;
}

Generation::Generation(const NgramModel& model, std::string_view prompt, double temperature, std::uint64_t seed)
    : model_(model), temperature_(temperature), random_(seed) {
  context_ = model.pieces().encode("\n");  // a text begins as a paragraph does
  const auto tokens = model.pieces().encode(prompt);
  prompt_tokens_ = tokens.size();
  context_.insert(context_.end(), tokens.begin(), tokens.end());
}

const std::string& Generation::next() {
  const auto useful = model_.order() - 1;
  if (context_.size() > useful) context_.erase(context_.begin(), context_.end() - static_cast<std::ptrdiff_t>(useful));
  model_.predict(context_, likely_);
  context_.push_back(draw());
  return model_.pieces().text(context_.back());
}

Token Generation::draw() {
  const auto most = std::max_element(likely_.begin(), likely_.end());
  if (temperature_ == 0) return static_cast<Token>(most - likely_.begin());
  // Scaled by the most likely piece first: a small temperature then takes the others to 0 and never that one.
  double sum = 0;
  const double largest = *most;
  for (auto& p : likely_) {
    p = static_cast<float>(std::pow(p / largest, 1 / temperature_));
    sum += p;
  }
  // 53 bits of the generator as a double in 0..1; std::uniform_real_distribution differs between libraries.
  double left = static_cast<double>(random_() >> 11) * 0x1p-53 * sum;
  for (std::size_t i = 0; i < likely_.size(); ++i) {
    left -= likely_[i];
    if (left < 0) return static_cast<Token>(i);
  }
  return static_cast<Token>(most - likely_.begin());
}

}  // namespace text_generate

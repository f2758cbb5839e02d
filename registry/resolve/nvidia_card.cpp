// nvidia_card.cpp: what a card can do, by its name. Asking the driver would mean loading it into this process.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "registry/resolve/machine.hpp"

namespace stoa::registry {
namespace {

// NVIDIA's page "CUDA GPU Compute Capability". A card that is missing here is counted and no more.
struct Row {
  std::string_view word;
  CudaCompute compute;
};
constexpr Row kRows[] = {
    {"B300", {10, 3}}, {"GB300", {10, 3}}, {"B200", {10, 0}}, {"GB200", {10, 0}}, {"GH200", {9, 0}}, {"H200", {9, 0}},
    {"H100", {9, 0}},  {"H800", {9, 0}},   {"H20", {9, 0}},   {"L40S", {8, 9}},   {"L40", {8, 9}},   {"L20", {8, 9}},
    {"L4", {8, 9}},    {"L2", {8, 9}},     {"A40", {8, 6}},   {"A16", {8, 6}},    {"A10", {8, 6}},   {"A10G", {8, 6}},
    {"A2", {8, 6}},    {"A6000", {8, 6}},  {"A5000", {8, 6}}, {"A4000", {8, 6}},  {"A100", {8, 0}},  {"A800", {8, 0}},
    {"A30", {8, 0}},   {"T4", {7, 5}},     {"V100", {7, 0}},  {"P100", {6, 0}},   {"P40", {6, 1}},   {"P4", {6, 1}},
};
// GeForce RTX 2080, 3090, 4090, 5090: by the thousands.
constexpr CudaCompute kGeforceRtx[] = {{7, 5}, {8, 6}, {8, 9}, {12, 0}};

std::vector<std::string_view> words_of(std::string_view name) {
  std::vector<std::string_view> words;
  while (!name.empty()) {
    const auto end = std::min(name.find_first_of(" -"), name.size());
    if (end > 0) words.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return words;
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

}  // namespace

NvidiaCard nvidia_card(std::string_view name) {
  NvidiaCard card;
  const auto words = words_of(name);
  const bool is_geforce = std::ranges::find(words, "GeForce") != words.end();
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto word = words[i];
    if (const auto row = std::ranges::find(kRows, word, &Row::word); !card.compute && row != std::end(kRows))
      card.compute = row->compute;
    if (is_geforce && i > 0 && words[i - 1] == "RTX" && word.size() == 4)
      if (const auto model = number(word); model && *model >= 2000 && *model < 6000)
        card.compute = kGeforceRtx[*model / 1000 - 2];
    // The name's GB is a little less than a GiB of it on some cards, so it is read as the lesser.
    if (word.ends_with("GB"))
      if (const auto size = number(word.substr(0, word.size() - 2)); size && *size < 100'000)
        card.memory_bytes = *size * 1'000'000'000;
  }
  return card;
}

}  // namespace stoa::registry

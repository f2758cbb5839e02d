// machine.cpp: /proc/cpuinfo, /proc/driver/nvidia and /dev, read once.
// SPDX-License-Identifier: Apache-2.0
#include "registry/resolve/machine.hpp"

#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "registry/package/cpu_feature.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

using Flags = std::vector<std::string>;  // sorted

Flags words_of(const std::string& line) {
  std::istringstream in(line);
  Flags words;
  for (std::string word; in >> word;) words.push_back(word);
  std::ranges::sort(words);
  return words;
}

// The flags that every processor has: a thread may move to any of them.
Flags common_flags(const fs::path& cpuinfo, std::string_view key) {
  std::ifstream in(cpuinfo);
  std::optional<Flags> common;
  std::string last;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos || line.find_first_not_of(" \t", key.size()) != colon || line == last) continue;
    const auto flags = words_of(line.substr(colon + 1));
    Flags both;
    if (common) std::ranges::set_intersection(*common, flags, std::back_inserter(both));
    common = common ? std::move(both) : flags;
    last = std::move(line);
  }
  return common.value_or(Flags{});
}

bool has(const Flags& flags, std::string_view flag) { return std::ranges::binary_search(flags, flag); }

// What each level adds to the one below it, in the kernel's words (x86-64 psABI, "Micro-Architecture Levels"). abm
// stands for lzcnt; xsave is listed only where the system has switched it on.
unsigned x86_64_level(const Flags& flags) {
  static constexpr std::initializer_list<std::string_view> kLevels[] = {
      {"cmov", "cx8", "fpu", "fxsr", "mmx", "sse", "sse2"},
      {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"},
      {"avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe", "xsave"},
      {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
  };
  unsigned level = 0;
  for (const auto& added : kLevels) {
    if (!std::ranges::all_of(added, [&](auto flag) { return has(flags, flag); })) break;
    ++level;
  }
  return level;
}

std::string glibc_version() {
#ifdef _CS_GNU_LIBC_VERSION
  char text[64] = {};
  const auto size = ::confstr(_CS_GNU_LIBC_VERSION, text, sizeof text);  // "glibc 2.36"
  const std::string_view name = "glibc ";
  if (size > 0 && size <= sizeof text && std::string_view(text).starts_with(name)) return text + name.size();
#endif
  return {};
}

bool is_card_device(std::string_view name) {  // nvidia0, not nvidiactl
  const std::string_view prefix = "nvidia";
  return name.starts_with(prefix) && name.size() > prefix.size() &&
         name.find_first_not_of("0123456789", prefix.size()) == std::string_view::npos;
}

std::string card_name(const fs::path& information) {
  std::ifstream in(information);
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("Model:")) continue;
    const auto start = line.find_first_not_of(" \t", 6);
    return start == std::string::npos ? std::string() : line.substr(start);
  }
  return {};
}

// A container may be given fewer cards than the machine has, and see the information of all: its devices count.
std::vector<NvidiaCard> read_cards(const fs::path& root) {
  std::error_code none;
  std::size_t devices = 0;
  for (fs::directory_iterator at(root / "dev", none), end; !none && at != end; at.increment(none))
    devices += is_card_device(at->path().filename().string());
  std::vector<NvidiaCard> cards;
  none.clear();
  for (fs::directory_iterator at(root / "proc/driver/nvidia/gpus", none), end; !none && at != end; at.increment(none))
    cards.push_back(nvidia_card(card_name(at->path() / "information")));
  // Which of them these are is not told; where all are alike, that does not matter.
  if (cards.size() != devices) {
    const bool are_alike = !cards.empty() && std::ranges::count(cards, cards[0]) == std::ssize(cards);
    cards.assign(devices, are_alike ? cards[0] : NvidiaCard{});
  }
  return cards;
}

}  // namespace

bool Machine::has_cpu_feature(std::string_view feature) const {
  if (const auto level = x86_64_level_of(feature); level > 0) return x86_64_level >= level;
  return std::ranges::find(cpu, feature) != cpu.end();
}

std::string Machine::text() const {
  std::string out = os + "-" + arch + "-" + libc + (libc_version.empty() ? "" : " " + libc_version);
  if (x86_64_level > 0) out += ", x86-64-v" + std::to_string(x86_64_level);
  if (cards.empty()) return out;
  out += ", " + std::to_string(cards.size()) + (cards.size() == 1 ? " cuda card (" : " cuda cards (");
  for (std::size_t i = 0; i < cards.size(); ++i)
    out += (i > 0 ? ", " : "") + (cards[i].compute ? cards[i].compute->text() : std::string("unknown"));
  return out + ")";
}

Machine read_machine(const fs::path& root) {
  Machine machine;
  utsname name{};
  if (::uname(&name) == 0) machine.arch = name.machine;
  machine.os = "linux";
  machine.libc_version = glibc_version();
  machine.libc = machine.libc_version.empty() ? "musl" : "glibc";
  const auto flags = common_flags(root / "proc/cpuinfo", machine.arch == "aarch64" ? "Features" : "flags");
  if (machine.arch == "x86_64") machine.x86_64_level = x86_64_level(flags);
  for (const auto word : cpu_features_of(machine.arch))
    if (has(flags, word)) machine.cpu.emplace_back(word);
  machine.cards = read_cards(root);
  return machine;
}

}  // namespace stoa::registry

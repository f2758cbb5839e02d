// platform_fit.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/resolve/platform_fit.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "registry/package/cpu_feature.hpp"

namespace stoa::registry {
namespace {

// By the numbers between the dots: 2.9 < 2.36. A missing one is 0.
std::strong_ordering compare_dotted(std::string_view a, std::string_view b) {
  const auto take = [](std::string_view& text) {
    const auto part = text.substr(0, text.find('.'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    unsigned value = 0;
    std::from_chars(part.data(), part.data() + part.size(), value);
    return value;
  };
  while (!a.empty() || !b.empty())
    if (const auto order = take(a) <=> take(b); order != 0) return order;
  return std::strong_ordering::equal;
}

bool fits_card(const GpuDeclaration& asked, const NvidiaCard& card) {
  return card.compute && *card.compute >= asked.compute_min &&
         (asked.memory_bytes_min == 0 || (card.memory_bytes && *card.memory_bytes >= asked.memory_bytes_min));
}

enum class Misfit { none, os, arch, libc, libc_version, cpu, gpu };

Misfit misfit(const PlatformDeclaration& platform, const Machine& machine) {
  if (platform.os != machine.os) return Misfit::os;
  if (platform.arch != machine.arch) return Misfit::arch;
  if (platform.libc != machine.libc) return Misfit::libc;
  // The version of a libc that does not tell it (musl) cannot be held against it.
  if (!machine.libc_version.empty() && compare_dotted(platform.libc_min, machine.libc_version) > 0)
    return Misfit::libc_version;
  if (!std::ranges::all_of(platform.cpu, [&](const auto& word) { return machine.has_cpu_feature(word); }))
    return Misfit::cpu;
  const auto fits = [&](const NvidiaCard& card) { return fits_card(*platform.gpu, card); };
  if (platform.gpu && std::ranges::none_of(machine.cards, fits)) return Misfit::gpu;
  return Misfit::none;
}

std::string gpu_text(const GpuDeclaration& gpu) {
  std::string out = gpu.kind + " >= " + gpu.compute_min.text();
  if (gpu.memory_bytes_min > 0) out += " with " + std::to_string(gpu.memory_bytes_min) + " bytes";
  return out;
}

std::string card_text(const NvidiaCard& card) {
  if (!card.compute) return "a card of unknown compute capability";
  return card.compute->text() + " with " +
         (card.memory_bytes ? std::to_string(*card.memory_bytes) + " bytes" : std::string("unknown memory"));
}

std::string gpu_misfit(const GpuDeclaration& asked, const Machine& machine) {
  std::string out = "needs a card of " + gpu_text(asked) + ", this machine has ";
  if (machine.cards.empty()) return out + "none";
  for (std::size_t i = 0; i < machine.cards.size(); ++i) out += (i > 0 ? ", " : "") + card_text(machine.cards[i]);
  return out;
}

std::string cpu_misfit(const PlatformDeclaration& platform, const Machine& machine) {
  std::string missing;
  for (const auto& word : platform.cpu)
    if (!machine.has_cpu_feature(word)) missing += " " + word;
  return "needs a processor with" + missing;
}

// What a platform asks for, so that more is greater: compared in this order.
auto demand(const PlatformDeclaration& platform) {
  unsigned level = 0;
  for (const auto& word : platform.cpu) level = std::max(level, x86_64_level_of(word));
  const auto gpu = platform.gpu.value_or(GpuDeclaration{});
  return std::tuple(platform.gpu.has_value(), gpu.compute_min, gpu.memory_bytes_min, level, platform.cpu.size());
}

bool asks_for_more(const PlatformDeclaration& a, const PlatformDeclaration& b) {
  const auto order = demand(a) <=> demand(b);
  return order != 0 ? order > 0 : compare_dotted(a.libc_min, b.libc_min) > 0;
}

}  // namespace

Result<void> platform_fits(const PlatformDeclaration& platform, const Machine& machine) {
  const auto refuse = [](const char* reason, std::string why) {
    return failure(Code::unimplemented, reason, std::move(why));
  };
  switch (misfit(platform, machine)) {
    case Misfit::none:
      return {};
    case Misfit::os:
      return refuse("platform.os", "is for " + platform.os + ", this machine runs " + machine.os);
    case Misfit::arch:
      return refuse("platform.arch", "is for " + platform.arch + ", this machine is " + machine.arch);
    case Misfit::libc:
      return refuse("platform.libc", "is for " + platform.libc + ", this machine has " + machine.libc);
    case Misfit::libc_version:
      return refuse("platform.libc",
                    "needs " + platform.libc + " " + platform.libc_min + ", this machine has " + machine.libc_version);
    case Misfit::cpu:
      return refuse("platform.cpu", cpu_misfit(platform, machine));
    case Misfit::gpu:
      return refuse("platform.gpu", gpu_misfit(*platform.gpu, machine));
  }
  return {};
}

std::optional<std::size_t> best_platform(std::span<const PlatformDeclaration> platforms, const Machine& machine) {
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < platforms.size(); ++i)
    if (misfit(platforms[i], machine) == Misfit::none && (!best || asks_for_more(platforms[i], platforms[*best])))
      best = i;
  return best;
}

std::string misfits(std::span<const PlatformDeclaration> platforms, const Machine& machine) {
  std::string out;
  for (const auto& platform : platforms) {
    const auto ok = platform_fits(platform, machine);
    out += (out.empty() ? "" : "; ") + platform_text(platform) + (ok ? " fits" : " " + ok.error().message);
  }
  return out;
}

std::string platform_text(const PlatformDeclaration& platform) {
  std::string out = platform.os + "-" + platform.arch + "-" + platform.libc + " >= " + platform.libc_min;
  for (std::size_t i = 0; i < platform.cpu.size(); ++i) out += (i == 0 ? ", cpu " : " ") + platform.cpu[i];
  if (platform.gpu) out += ", " + gpu_text(*platform.gpu);
  return out;
}

}  // namespace stoa::registry

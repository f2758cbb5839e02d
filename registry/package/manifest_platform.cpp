// manifest_platform.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/package/manifest_platform.hpp"

#include <algorithm>
#include <charconv>

#include "registry/package/cpu_feature.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kFeaturesMax = 16;
constexpr std::uint64_t kGpuMemoryBytesMax = std::uint64_t{1} << 50;

std::string read_choice(JsonObject& object, std::string_view key, std::initializer_list<std::string_view> choices) {
  auto text = object.text(key, {1, 32});
  if (std::ranges::find(choices, text) == choices.end()) {
    std::string list;
    for (const auto choice : choices) list += (list.empty() ? "" : ", ") + std::string(choice);
    object.refuse(key, "platform", "is '" + printable(text) + "', must be one of " + list);
  }
  return text;
}

void read_cpu(JsonObject& object, DocumentVerdict& verdict, PlatformDeclaration& platform) {
  const auto known = cpu_features_of(platform.arch);
  for (std::size_t i = 0; const auto& value : object.array("cpu", {0, kFeaturesMax})) {
    const auto pointer = object.pointer("cpu", i++);
    auto feature = element_text(value, pointer, verdict, {1, 32});
    if (std::ranges::find(known, feature) == known.end()) {
      std::string list;
      for (const auto name : known) list += (list.empty() ? "" : ", ") + std::string(name);
      verdict.refuse(pointer, "platform", "is '" + printable(feature) + "', must be one of " + list);
    }
    if (std::ranges::find(platform.cpu, feature) != platform.cpu.end())
      verdict.refuse(pointer, "duplicate", "is listed twice");
    platform.cpu.push_back(std::move(feature));
  }
}

// "8.6": one or two digits, a dot, one digit.
std::optional<CudaCompute> parse_compute(std::string_view text) {
  CudaCompute compute;
  const auto dot = text.find('.');
  if (dot == std::string_view::npos || text.size() - dot != 2 || dot < 1 || dot > 2 || text.front() == '0')
    return std::nullopt;
  const auto* const end = text.data() + text.size();
  const auto major = std::from_chars(text.data(), end, compute.major);
  const auto minor = std::from_chars(text.data() + dot + 1, end, compute.minor);
  if (major.ec != std::errc() || major.ptr != text.data() + dot || minor.ec != std::errc()) return std::nullopt;
  return compute;
}

void read_gpu(JsonObject& object, DocumentVerdict& verdict, PlatformDeclaration& platform) {
  const auto* value = object.find("gpu");
  if (!value) return;
  JsonObject gpu(*value, object.pointer("gpu"), verdict, {"kind", "compute_min", "memory_bytes_min"});
  GpuDeclaration out;
  out.kind = read_choice(gpu, "kind", {"cuda"});
  const auto compute = gpu.text("compute_min", {3, 4});
  if (const auto parsed = parse_compute(compute)) {
    out.compute_min = *parsed;
  } else {
    gpu.refuse("compute_min", "platform", "must be a compute capability like 8.6");
  }
  out.memory_bytes_min = gpu.optional_number("memory_bytes_min", {1, kGpuMemoryBytesMax}).value_or(0);
  platform.gpu = std::move(out);
}

}  // namespace

void read_platform_needs(JsonObject& object, DocumentVerdict& verdict, PlatformDeclaration& platform) {
  platform.os = read_choice(object, "os", {"linux"});
  platform.arch = read_choice(object, "arch", {"x86_64", "aarch64"});
  platform.libc = read_choice(object, "libc", {"glibc", "musl"});
  platform.libc_min = object.text("libc_min", {3, 16});
  if (!is_libc_version(platform.libc_min))
    object.refuse("libc_min", "platform", "must be numbers with dots, like 2.36");
  read_cpu(object, verdict, platform);
  read_gpu(object, verdict, platform);
}

}  // namespace stoa::registry

// machine_test.cpp: what is learnt of a machine from its files, and which platforms it takes.
// SPDX-License-Identifier: Apache-2.0
#include "registry/resolve/machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "registry/package/cpu_feature.hpp"
#include "registry/package/test_package.hpp"
#include "registry/resolve/platform_fit.hpp"

namespace stoa::registry {
namespace {

constexpr const char* kV1 = "fpu cx8 cmov mmx fxsr sse sse2 lm";
constexpr const char* kV2 = " pni ssse3 cx16 sse4_1 sse4_2 popcnt lahf_lm";
constexpr const char* kV3 = " fma movbe xsave avx f16c abm bmi1 avx2 bmi2";
constexpr const char* kV4 = " avx512f avx512dq avx512cd avx512bw avx512vl";

std::string processor(const std::string& flags) {
  return "processor\t: 0\nflags\t\t: " + flags + "\nvmx flags\t: avx512f\nbugs\t\t: spectre_v1\n\n";
}

bool is_x86() { return read_machine().arch == "x86_64"; }

TEST(Machine, ThisOneIsRead) {
  const auto machine = read_machine();
  EXPECT_EQ(machine.os, "linux");
  EXPECT_EQ(machine.libc, "glibc");
  EXPECT_TRUE(machine.libc_version.starts_with("2.")) << machine.libc_version;
  EXPECT_FALSE(cpu_features_of(machine.arch).empty()) << machine.arch;
  EXPECT_TRUE(machine.arch != "x86_64" || machine.x86_64_level >= 1) << machine.text();
  EXPECT_TRUE(machine.text().starts_with("linux-" + machine.arch + "-glibc " + machine.libc_version)) << machine.text();
}

TEST(Machine, ProcessorsAreWhatAllOfThemCan) {
  if (!is_x86()) GTEST_SKIP() << "the levels are x86-64's";
  const std::string v1 = kV1, v2 = v1 + kV2, v3 = v2 + kV3, v4 = v3 + kV4;
  const struct {
    std::string cpuinfo;
    unsigned level;
    std::vector<std::string> words;
  } rows[] = {
      {"", 0, {}},
      {processor("fpu"), 0, {}},
      {processor(v1), 1, {}},
      {processor(v2), 2, {}},
      {processor(v1 + kV3), 1, {"avx", "f16c", "fma", "avx2", "bmi2"}},  // a level holds only above those below
      {processor(v3), 3, {"avx", "f16c", "fma", "avx2", "bmi2"}},
      {processor(v4 + " amx_tile"),
       4,
       {"avx", "f16c", "fma", "avx2", "bmi2", "avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "amx_tile"}},
      {processor(v4) + processor(v3) + processor(v3), 3, {"avx", "f16c", "fma", "avx2", "bmi2"}},
      {processor(v2 + " avx_vnni"), 2, {"avx_vnni"}},
      {"flags\nflags : \n", 0, {}},
  };
  for (const auto& row : rows) {
    const TestFolder root;
    write_file(root / "proc/cpuinfo", row.cpuinfo);
    const auto machine = read_machine(root.path());
    EXPECT_EQ(machine.x86_64_level, row.level) << row.cpuinfo;
    EXPECT_EQ(machine.cpu, row.words) << row.cpuinfo;
    EXPECT_TRUE(machine.cards.empty());
    for (unsigned level = 1; level <= 4; ++level)
      EXPECT_EQ(machine.has_cpu_feature("x86-64-v" + std::to_string(level)), level <= row.level);
  }
}

TEST(Machine, CardsAreKnownByTheirNames) {
  constexpr std::uint64_t kGb = 1'000'000'000;
  const struct {
    const char* name;
    std::optional<CudaCompute> compute;
    std::optional<std::uint64_t> memory_bytes;
  } rows[] = {
      {"NVIDIA H100 80GB HBM3", CudaCompute{9, 0}, 80 * kGb},
      {"NVIDIA A100-SXM4-40GB", CudaCompute{8, 0}, 40 * kGb},
      {"NVIDIA A100 80GB PCIe", CudaCompute{8, 0}, 80 * kGb},
      {"Tesla V100-SXM2-16GB", CudaCompute{7, 0}, 16 * kGb},
      {"Tesla T4", CudaCompute{7, 5}, std::nullopt},
      {"NVIDIA L4", CudaCompute{8, 9}, std::nullopt},
      {"NVIDIA L40S", CudaCompute{8, 9}, std::nullopt},
      {"NVIDIA A10G", CudaCompute{8, 6}, std::nullopt},
      {"NVIDIA B200", CudaCompute{10, 0}, std::nullopt},
      {"NVIDIA GeForce RTX 4090", CudaCompute{8, 9}, std::nullopt},
      {"NVIDIA GeForce RTX 2080 Ti", CudaCompute{7, 5}, std::nullopt},
      {"NVIDIA GeForce RTX 5090", CudaCompute{12, 0}, std::nullopt},
      {"Quadro RTX 4000", std::nullopt, std::nullopt},  // Turing, whatever a GeForce of that number is
      {"NVIDIA X900", std::nullopt, std::nullopt},
      {"", std::nullopt, std::nullopt},
      {"GB", std::nullopt, std::nullopt},
      {"99999999999999999999GB", std::nullopt, std::nullopt},
  };
  for (const auto& row : rows)
    EXPECT_EQ(nvidia_card(row.name), (NvidiaCard{row.compute, row.memory_bytes})) << row.name;
}

TEST(Machine, CardsAreCountedByTheirDevices) {
  const struct {
    std::vector<const char*> devices, names;
    std::vector<std::optional<CudaCompute>> expected;
  } rows[] = {
      {{}, {}, {}},
      {{"nvidia0", "nvidiactl", "nvidia-uvm", "nvidia", "nvidia-caps"}, {"NVIDIA H100 80GB HBM3"}, {CudaCompute{9, 0}}},
      {{"nvidia0", "nvidia1"}, {}, {std::nullopt, std::nullopt}},
      {{"nvidia3"}, {"NVIDIA L4", "NVIDIA L4", "NVIDIA L4"}, {CudaCompute{8, 9}}},
      {{"nvidia3"}, {"NVIDIA L4", "Tesla T4"}, {std::nullopt}},  // which of the two it is, nobody tells
      {{}, {"NVIDIA L4"}, {}},
      {{"nvidia0"}, {""}, {std::nullopt}},
  };
  for (const auto& row : rows) {
    const TestFolder root;
    for (const auto* device : row.devices) write_file(root / ("dev/" + std::string(device)), "");
    for (std::size_t i = 0; i < row.names.size(); ++i)
      write_file(root / ("proc/driver/nvidia/gpus/0000:0" + std::to_string(i) + ":00.0/information"),
                 "Model: \t\t " + std::string(row.names[i]) + "\nIRQ:   \t\t 42\nDevice Minor: \t 0\n");
    std::vector<std::optional<CudaCompute>> found;
    for (const auto& card : read_machine(root.path()).cards) found.push_back(card.compute);
    EXPECT_EQ(found, row.expected);
  }
}

PlatformDeclaration platform(std::vector<std::string> cpu = {}, std::optional<GpuDeclaration> gpu = {}) {
  PlatformDeclaration made;
  made.os = "linux", made.arch = "x86_64", made.libc = "glibc", made.libc_min = "2.36";
  made.cpu = std::move(cpu), made.gpu = std::move(gpu);
  return made;
}

Machine machine() {
  Machine made;
  made.os = "linux", made.arch = "x86_64", made.libc = "glibc", made.libc_version = "2.36";
  made.x86_64_level = 3, made.cpu = {"avx2", "fma", "avx_vnni"};
  return made;
}

GpuDeclaration cuda(CudaCompute least, std::uint64_t memory_bytes_min = 0) { return {"cuda", least, memory_bytes_min}; }

TEST(PlatformFit, SaysWhatDoesNotFit) {
  const auto with_card = [](NvidiaCard card) {
    auto made = machine();
    made.cards = {{}, card};
    return made;
  };
  auto mac = platform(), arm = platform(), musl = platform(), older = platform(), newer = platform(),
       much_newer = platform();
  mac.os = "darwin", arm.arch = "aarch64", musl.libc = "musl";
  older.libc_min = "2.9", newer.libc_min = "2.36.1", much_newer.libc_min = "2.100";
  const struct {
    PlatformDeclaration asked;
    Machine here;
    const char *reason, *why;  // nullptr: it fits
  } rows[] = {
      {platform(), machine(), nullptr, nullptr},
      {mac, machine(), "platform.os", "is for darwin, this machine runs linux"},
      {arm, machine(), "platform.arch", "is for aarch64, this machine is x86_64"},
      {musl, machine(), "platform.libc", "is for musl, this machine has glibc"},
      {older, machine(), nullptr, nullptr},
      {newer, machine(), "platform.libc", "needs glibc 2.36.1, this machine has 2.36"},
      {much_newer, machine(), "platform.libc", "needs glibc 2.100"},
      {platform({"x86-64-v3", "avx2"}), machine(), nullptr, nullptr},
      {platform({"x86-64-v1"}), machine(), nullptr, nullptr},
      {platform({"avx2", "x86-64-v4", "amx_tile"}), machine(), "platform.cpu", "with x86-64-v4 amx_tile"},
      {platform({}, cuda({8, 0})), machine(), "platform.gpu", "needs a card of cuda >= 8.0, this machine has none"},
      {platform({}, cuda({8, 0})), with_card({}), "platform.gpu", "unknown compute capability"},
      {platform({}, cuda({8, 0})), with_card({CudaCompute{8, 0}, {}}), nullptr, nullptr},
      {platform({}, cuda({8, 0})), with_card({CudaCompute{12, 0}, {}}), nullptr, nullptr},
      {platform({}, cuda({8, 6})), with_card({CudaCompute{8, 0}, {}}), "platform.gpu", "8.0 with unknown memory"},
      {platform({}, cuda({8, 0}, 100)), with_card({CudaCompute{8, 0}, {}}), "platform.gpu", "unknown memory"},
      {platform({}, cuda({8, 0}, 100)), with_card({CudaCompute{8, 0}, 99}), "platform.gpu", "8.0 with 99 bytes"},
      {platform({}, cuda({8, 0}, 100)), with_card({CudaCompute{8, 0}, 100}), nullptr, nullptr},
  };
  for (const auto& row : rows) {
    const auto ok = platform_fits(row.asked, row.here);
    ASSERT_EQ(ok.has_value(), row.reason == nullptr) << platform_text(row.asked) << " on " << row.here.text();
    EXPECT_EQ(best_platform({&row.asked, 1}, row.here).has_value(), ok.has_value());
    if (ok) continue;
    EXPECT_EQ(ok.error().code, Code::unimplemented);
    EXPECT_EQ(ok.error().reason, row.reason);
    EXPECT_TRUE(ok.error().message.contains(row.why)) << ok.error().message;
    EXPECT_TRUE(misfits({&row.asked, 1}, row.here).contains(row.why));
  }
}

TEST(PlatformFit, TakesTheOneThatAsksForMost) {
  auto newer_libc = platform();
  newer_libc.libc_min = "2.36.0";
  auto old_libc = platform();
  old_libc.libc_min = "2.17";
  auto here = machine();
  here.cards = {{CudaCompute{8, 6}, 24'000'000'000}};
  // From the least asked to the most; all fit.
  const PlatformDeclaration rising[] = {old_libc,
                                        platform(),
                                        platform({"avx2"}),
                                        platform({"avx2", "fma"}),
                                        platform({"x86-64-v2"}),
                                        platform({"x86-64-v3"}),
                                        platform({"x86-64-v3", "avx_vnni"}),
                                        platform({}, cuda({7, 0})),
                                        platform({"avx2"}, cuda({7, 0})),
                                        platform({}, cuda({7, 0}, 8'000'000'000)),
                                        platform({}, cuda({8, 6}))};
  for (std::size_t i = 0; i < std::size(rising); ++i)
    for (std::size_t j = 0; j < std::size(rising); ++j) {
      const PlatformDeclaration both[] = {rising[i], rising[j]};
      EXPECT_EQ(best_platform(both, here), i < j ? 1u : 0u) << i << " and " << j;
    }
  const PlatformDeclaration alike[] = {platform(), newer_libc};
  EXPECT_EQ(best_platform(alike, here), 0u) << "the first listed where nothing else tells";
  const PlatformDeclaration offered[] = {platform({}, cuda({9, 0})), platform({"x86-64-v4"}), platform({"avx2"})};
  EXPECT_EQ(best_platform(offered, here), 2u);
  EXPECT_EQ(best_platform({}, here), std::nullopt);
}

}  // namespace
}  // namespace stoa::registry

// bench_sealed.cpp: how fast an encrypted asset opens, and in how much memory.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <vector>

#include "licensing/sealed/clear_asset.hpp"
#include "registry/document/id.hpp"
#include "tests/bench/figure.hpp"

namespace {

using namespace stoa;
using namespace stoa::licensing;
constexpr std::size_t kAssetBytes = std::size_t{512} << 20;
constexpr int kRounds = 7;

// CPU time: "per core" holds on a machine that does other things as well.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}
double seconds_since(double began) { return cpu_seconds() - began; }

double median(std::vector<double> of) {
  std::ranges::sort(of);
  return of[of.size() / 2];
}

// Bytes of memory whose name in /proc/self/status is key.
std::uint64_t status_bytes(std::string_view key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(key)) return std::strtoull(line.c_str() + key.size() + 1, nullptr, 10) << 10;
  return 0;
}

// One chunk again and again, from memory to memory.
void bench_chunks() {
  const Secret key = Secret::random();
  std::vector<std::byte> plain(kSealedChunkBytes), sealed(kSealedChunkBytes + AesGcm::kTagBytes);
  const std::vector<std::byte> header(kSealedHeaderBytes);
  AesGcm::Nonce nonce{};
  AesGcm(key.bytes(), AesGcm::Direction::seal).seal(nonce, header, plain, sealed);
  AesGcm cipher(key.bytes(), AesGcm::Direction::open);
  std::vector<double> rates;
  for (int round = 0; round < kRounds; ++round) {
    const auto began = cpu_seconds();
    constexpr int kChunks = 1000;
    for (int i = 0; i < kChunks; ++i)
      if (!cipher.open(nonce, header, sealed, plain)) std::abort();
    rates.push_back(double{kSealedChunkBytes} * kChunks / seconds_since(began) / 1e9);
  }
  // AES-256-GCM in chunks of 1 MiB, from memory to memory.
  bench::print_figure({.name = "sealed.chunk_gb_per_s_and_core", .unit = "GB/s", .target = ">=4"}, median(rates),
                      fmt::format("best={:.2f}", std::ranges::max(rates)));
}

void bench_asset(const std::filesystem::path& folder) {
  const ContentKey key = ContentKey::generate();
  const AssetBinding binding{"acme/vision", "assets/weights.bin"};
  const auto path = folder / "sealed";
  {
    std::vector<std::uint8_t> random(1 << 20);
    const registry::File plain(::open((folder / "plain").c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    for (std::size_t i = 0; i < kAssetBytes >> 20; ++i) {
      registry::fill_random(random);
      if (!registry::write_all(plain, std::as_bytes(std::span(random)))) std::abort();
    }
    const registry::File sealed(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    const auto began = cpu_seconds();
    if (!seal_asset(plain, sealed, key, binding)) std::abort();
    // From file to file, with SHA-256 of it twice.
    bench::print_figure({.name = "sealed.seal_gb_per_s_and_core", .unit = "GB/s"},
                        kAssetBytes / seconds_since(began) / 1e9);
    std::filesystem::remove(folder / "plain");
  }
  const registry::File sealed(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  // What it takes above what lies there already: the file's pages are the page cache's.
  const std::uint64_t before = status_bytes("VmRSS");
  std::vector<double> rates;
  std::uint64_t memory = 0, pages = 0;
  bool is_locked = false;
  for (int round = 0; round < kRounds; ++round) {
    const auto began = cpu_seconds();
    const auto clear = ClearAsset::open(sealed, key, binding);
    if (!clear) std::abort();
    rates.push_back(kAssetBytes / seconds_since(began) / 1e9);
    struct stat state{};
    fstat(clear->descriptor(), &state);
    memory = static_cast<std::uint64_t>(state.st_blocks) * 512;
    pages = status_bytes("VmHWM") - before;
    is_locked = clear->is_locked();
  }
  // A cached file into a sealed memfd, whose pages are made on the way.
  bench::print_figure({.name = "sealed.open_gb_per_s_and_core", .unit = "GB/s", .target = ">=4"}, median(rates),
                      fmt::format("best={:.2f} locked={}", std::ranges::max(rates), is_locked));
  // The memfd's pages, and VmHWM above what the process had, over the weights' bytes.
  bench::print_figure({.name = "sealed.memfd_of_weights", .unit = "x", .target = "<=1.05", .digits = 4},
                      double(memory) / kAssetBytes);
  bench::print_figure({.name = "sealed.peak_rss_of_weights", .unit = "x", .target = "<=1.05", .digits = 4},
                      double(pages) / kAssetBytes);
}

}  // namespace

int main(int argc, char** argv) {
  bench_chunks();
  bench_asset(argc > 1 ? argv[1] : ".");
}

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
  fmt::print(
      "figure sealed.chunk_gb_per_s_and_core {:.2f} (AES-256-GCM, 1 MiB chunks, memory to memory; best {:.2f})\n",
      median(rates), std::ranges::max(rates));
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
    fmt::print("figure sealed.seal_gb_per_s_and_core {:.2f} (a core; file to file, with SHA-256 of it twice)\n",
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
  fmt::print(
      "figure sealed.open_gb_per_s_and_core {:.2f} (cached file to a sealed memfd, pages made and {}; best {:.2f})\n",
      median(rates), is_locked ? "locked" : "not locked", std::ranges::max(rates));
  fmt::print("figure sealed.memfd_of_weights {:.4f} (pages of the memfd over the weights' bytes)\n",
             double(memory) / kAssetBytes);
  fmt::print("figure sealed.peak_rss_of_weights {:.4f} (VmHWM above what the process had)\n",
             double(pages) / kAssetBytes);
}

}  // namespace

int main(int argc, char** argv) {
  bench_chunks();
  bench_asset(argc > 1 ? argv[1] : ".");
}

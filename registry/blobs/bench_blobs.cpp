// bench_blobs.cpp: FOLDER [MIB] [ROUNDS]: putting a file and reading it back verified, beside cp and sha256sum of the
// same file. The file is in the page cache, what is written goes to FOLDER's disk and is synced.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "registry/blobs/upload.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench_blobs: %s\n", what.c_str());
  std::exit(1);
}

template <class T>
T need(Result<T> result) {
  if (!result) give_up(result.error().message);
  return std::move(*result);
}

void run_program(std::vector<std::string> words) {
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  int status = 0;
  if (::posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ) != 0 ||
      ::waitpid(child, &status, 0) != child || status != 0)
    give_up("cannot run " + words[0]);
  posix_spawn_file_actions_destroy(&actions);
}

void sync_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || ::fsync(fd) != 0) give_up("cannot sync " + path.string());
  ::close(fd);
}

struct Subject {
  const char* name;
  std::function<void()> run;
  std::vector<double> mb_per_s;
};

void write_source(const fs::path& path, std::uint64_t bytes) {
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> block(1 << 17);
  std::ofstream out(path, std::ios::binary);
  for (std::uint64_t done = 0; done < bytes; done += block.size() * sizeof block[0]) {
    std::ranges::generate(block, random);
    out.write(reinterpret_cast<const char*>(block.data()),
              static_cast<std::streamsize>(block.size() * sizeof block[0]));
  }
}

void run(const fs::path& folder, std::uint64_t mib, int rounds) {
  const std::uint64_t bytes = mib << 20;
  const auto source = folder / "source", copy = folder / "copy";
  write_source(source, bytes);
  sync_file(source);
  const auto store = need(BlobStore::open(folder / "store"));
  Uploads uploads(*store, {});
  const auto blob = need(store->put_file(source, 1));
  auto reading = need(BlobStore::open(folder / "store"));
  const auto read = [&](BlobRange range) {
    auto reader = need(reading->read(blob.digest, range));
    while (!need(reader.next()).empty()) continue;
  };
  std::vector<std::byte> chunk(8 << 20);
  const auto upload = [&] {
    const File file = need(open_regular(source));
    const UploadKey key{need(uploads.begin({"bench", bytes, blob.digest}, {bytes, 0, 1}, 1)).id, "bench"};
    for (std::uint64_t done = 0; done < bytes; done += chunk.size()) {
      const auto part = std::span(chunk).first(std::min<std::uint64_t>(chunk.size(), bytes - done));
      if (!read_at(file, done, part)) give_up("cannot read the source");
      need(uploads.append(key, {done, part}, 1));
    }
    need(uploads.finish(key, blob.digest, 1));
  };
  Subject subjects[] = {
      {"cp and fsync", [&] { run_program({"cp", source, copy}), sync_file(copy), fs::remove(copy); }, {}},
      {"put", [&] { need(store->put_file(source, 1)); }, {}},
      {"upload in 8 MiB chunks", upload, {}},
      {"sha256sum", [&] { run_program({"sha256sum", source}); }, {}},
      {"verified read", [&] { read({0, bytes}); }, {}},
      {"first range read, a pass over all", [&] { read({1, 1}); }, {}},
      {"verified read by chunks", [&] { read({1, bytes - 1}); }, {}},
  };
  for (int round = 0; round < rounds; ++round) {
    reading = need(BlobStore::open(folder / "store"));  // knows of no chunk yet
    for (auto& subject : subjects) {
      const auto began = std::chrono::steady_clock::now();
      subject.run();
      const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
      subject.mb_per_s.push_back(static_cast<double>(bytes) / 1e6 / took.count());
    }
  }
  for (auto& subject : subjects) {
    std::ranges::sort(subject.mb_per_s);
    std::printf("figure blobs: %s, %llu MiB, MB/s, least/median/most of %d: %.0f / %.0f / %.0f\n", subject.name,
                static_cast<unsigned long long>(mib), rounds, subject.mb_per_s.front(),
                subject.mb_per_s[subject.mb_per_s.size() / 2], subject.mb_per_s.back());
  }
}

}  // namespace
}  // namespace stoa::registry

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: stoa_bench_blobs FOLDER [MIB] [ROUNDS]\n");
    return 2;
  }
  stoa::registry::run(argv[1], argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 512, argc > 3 ? std::atoi(argv[3]) : 5);
}

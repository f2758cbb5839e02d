// scratch.hpp: the private folders of workers that may write files. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "host/worker/descriptor.hpp"
#include "stoa/result.hpp"

namespace stoa::worker {

struct ScratchSpec {
  uid_t uid = 0;                // whose it is, where we are root; else it is ours
  std::uint64_t bytes_max = 0;  // of all that lies in it
};

// One worker's folder; gone with this object. Threads: one at a time.
class ScratchFolder {
 public:
  static Result<std::unique_ptr<ScratchFolder>> make(const std::filesystem::path& in, const ScratchSpec& spec);
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // O_PATH: what the worker reaches the folder by, whoever may not search the folders above it.
  Result<Descriptor> open() const;
  // Measures, every kScratchMeasureNs at most: why its worker must end, or nothing. A file counts with the blocks it
  // has on the disk and one block at least. What has been removed but is still open or mapped cannot be seen.
  std::optional<std::string> excess(std::uint64_t now_ns);

 private:
  ScratchFolder(std::filesystem::path path, std::uint64_t bytes_max) : path_(std::move(path)), bytes_max_(bytes_max) {}

  const std::filesystem::path path_;
  const std::uint64_t bytes_max_;
  std::uint64_t next_ns_ = 0;
};

inline constexpr std::uint64_t kScratchMeasureNs = 250'000'000;
// More would make measuring slow: 4,096 take about 10 ms.
inline constexpr std::uint32_t kScratchEntriesMax = 4'096;
inline constexpr int kScratchDepthMax = 16;  // folders in folders

// One host's folder of such folders. Several hosts may share the folder it lies in. Threads: any.
class ScratchRoot {
 public:
  // Removes what hosts that have ended left in there. Makes nothing yet.
  explicit ScratchRoot(std::filesystem::path shared);
  ~ScratchRoot();
  ScratchRoot(const ScratchRoot&) = delete;
  ScratchRoot& operator=(const ScratchRoot&) = delete;

  // Lifetime: the folder is gone with this root at the latest. Reason: sandbox.scratch.
  Result<std::unique_ptr<ScratchFolder>> make(const ScratchSpec& spec);

 private:
  Result<void> make_own();

  const std::filesystem::path shared_;
  std::mutex mutex_;  // Lock: all below
  std::filesystem::path own_;
  Descriptor lock_;  // on own_: it is in use
};

}  // namespace stoa::worker

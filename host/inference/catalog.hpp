// catalog.hpp: what is served, by name and version. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "host/inference/served_model.hpp"

namespace stoa::inference {

// Readers look at an immutable snapshot and never wait for a writer; a writer replaces it (RCU).
class Catalog final {
 public:
  Catalog();
  ~Catalog();

  // version empty: the one served by default (the highest by semantic-version precedence; pre-releases only when there
  // is nothing else). not_found "model.unknown" / "model.version_unknown". Any thread.
  Result<std::shared_ptr<ServedModel>> find(std::string_view name, std::string_view version) const;
  std::vector<std::shared_ptr<ServedModel>> list() const;          // by name, then from the lowest version up
  std::vector<std::string> versions(std::string_view name) const;  // from the lowest up; empty for unknown names

  // already_exists "model.exists": this name and version is served.
  Result<void> add(std::shared_ptr<ServedModel> model);
  // Null when it is not served. Calls that found it before may still be enqueued: drain it.
  std::shared_ptr<ServedModel> remove(std::string_view name, std::string_view version);

 private:
  struct Snapshot;
  std::shared_ptr<const Snapshot> snapshot() const { return snapshot_.load(std::memory_order_acquire); }

  std::mutex writers_;
  std::atomic<std::shared_ptr<const Snapshot>> snapshot_;
};

}  // namespace stoa::inference

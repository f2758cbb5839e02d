// catalog.hpp: what is served, by name and version, and who gets which release.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "host/inference/mirror.hpp"
#include "host/inference/served_model.hpp"
#include "stoa/result.hpp"

namespace stoa::inference {

// Who asks, as far as it is known; the first that is not empty decides on which side of a split the request falls.
struct Asker {
  std::string_view customer = {}, session = {}, request = {};
};

inline std::string_view key_of(const Asker& asker) {
  if (!asker.customer.empty()) return asker.customer;
  return asker.session.empty() ? asker.request : asker.session;
}

// What one name stands for. The models in it are shared with the calls that found them here: when a model was replaced
// and its last call has ended, the last pointer that was handed out is gone.
struct Traffic {
  std::vector<std::shared_ptr<ServedModel>> models;  // reachable by exact version; no version twice
  std::shared_ptr<ServedModel> stable;               // answers who names no version
  bool has_default = true;                           // without stable: the highest version in models does
  bool awaits_default = false;                       // without stable: who will answer is on its way
  std::shared_ptr<ServedModel> candidate;            // takes some of them; null: none
  std::uint32_t candidate_ppm = 0;                   // of those who ask, not of their requests
  std::shared_ptr<const std::set<std::string, std::less<>>> chosen;  // customers who get it anyway; null: none
  std::shared_ptr<Mirror> mirror;                                    // hears what stable answers; null: none
  std::vector<std::string> revoked;                                  // versions refused as such
};

struct Routed {
  std::shared_ptr<ServedModel> model;  // keep it to the call's end: it is what a drain of the old release waits for
  std::shared_ptr<Mirror> mirror;      // null: nobody listens
};

// Below ppm of all keys; the same key, salt and ppm always say the same, and what is below one ppm is below every
// larger one. salt: model and version, so that not the same customers go first every time.
bool is_below(std::string_view salt, std::string_view key, std::uint32_t ppm);
// The same key's place among a million, which is_below() holds against ppm: for who divides among more than two.
std::uint32_t place_of(std::string_view salt, std::string_view key);

// Readers look at an immutable snapshot and never wait for a writer's work; a writer replaces it (RCU).
class Catalog final {
 public:
  Catalog();
  ~Catalog();

  // version empty: the one served by default (Traffic::stable; else the highest by semantic-version precedence;
  // pre-releases only when there is nothing else). not_found "model.unknown" / "model.version_unknown",
  // failed_precondition "release.revoked". Any thread.
  Result<std::shared_ptr<ServedModel>> find(std::string_view name, std::string_view version) const;
  // The same for somebody in particular, who may be given the candidate. Any thread.
  Result<Routed> route(std::string_view name, std::string_view version, const Asker& asker) const;
  std::vector<std::shared_ptr<ServedModel>> list() const;  // by name, then from the lowest version up
  // Of those what the host is relied on for: a release on trial is taken back when it is not ready.
  std::vector<std::shared_ptr<ServedModel>> relied_on() const;
  std::vector<std::string> versions(std::string_view name) const;  // from the lowest up; empty for unknown names

  // Replaces all that name stands for, in one step. Nothing in it: the name is unknown from then on.
  void set(std::string_view name, Traffic traffic);
  // One more version, served by default if it is the highest. already_exists "model.exists": it is served.
  Result<void> add(std::shared_ptr<ServedModel> model);
  // Null when it is not served. Calls that found it before may still be enqueued: drain it.
  std::shared_ptr<ServedModel> remove(std::string_view name, std::string_view version);

 private:
  struct Snapshot;
  std::shared_ptr<const Snapshot> snapshot() const;
  void publish(std::shared_ptr<const Snapshot> next);

  std::mutex writers_;
  // A mutex held for one copy of a pointer, not std::atomic<std::shared_ptr>: libstdc++ 12 unlocks that one's load with
  // memory_order_relaxed, a data race which tsan reports.
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // Lock: mutex_
};

}  // namespace stoa::inference

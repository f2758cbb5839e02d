// catalogue_follower.hpp: what the catalogue says becomes what this host serves. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "host/app/log.hpp"
#include "host/app/release_loader.hpp"
#include "host/rollout/rollout.hpp"
#include "registry/catalogue/resolution_store.hpp"
#include "registry/package/package_reader.hpp"
#include "registry/resolve/resolution_index.hpp"

namespace stoa::app {

// One model's share of a state of the catalogue: which version new requests get, which stay reachable beside it.
// Pure: what a test can ask without a host. The default is what registry::default_of says; a roll-out under way goes
// beside it (rollout_plans.hpp).
struct Wanted {
  rollout::TrafficPlan plan;
  std::string tried = {};                            // by a roll-out: no range means it yet
  std::map<std::string, registry::Sha256> packages;  // version -> package, of all that the plan names
};
std::map<std::string, Wanted> wanted_of(const registry::ResolutionInput& input, std::int64_t now_ms);
// What ranges and aliases mean among the releases that these plans serve. Errors: those of ResolutionIndex::Edit.
Result<std::shared_ptr<const registry::ResolutionIndex>> index_of(const registry::ResolutionInput& input,
                                                                  const std::map<std::string, Wanted>& wanted);

// Threads: changed() any; one thread of its own reads, unpacks and tells the roll-out, which loads on another.
class CatalogueFollower {
 public:
  // From a verified package to what loads it; blocks.
  using Prepare = std::function<Result<ReleaseLoader::Prepared>(const registry::Package& package)>;
  struct Parts {
    // One state of the catalogue, and a verified package of it; both block. A package that is out of reach for now
    // (Code::unavailable, deadline_exceeded) is asked for again in a moment.
    std::function<Result<registry::ResolutionInput>()> read;
    std::function<Result<registry::Package>(const registry::Sha256& digest)> package;
    rollout::Rollout& rollout;
    ReleaseLoader& loader;
    Prepare prepare;
    Log& log;
    std::function<std::int64_t()> now_ms;
    // Hears every state of the catalogue that is followed; the follower's thread. Or empty.
    std::function<void(const registry::ResolutionInput&)> told = {};
  };
  explicit CatalogueFollower(Parts parts) : parts_(std::move(parts)) {}
  ~CatalogueFollower() { stop(); }

  void start();
  // The catalogue may have changed. A revoked release stops answering within a second.
  void changed();
  void stop();
  // For requests: any thread, no wait. Errors: those of ResolutionIndex::resolve and of the selector's grammar.
  Result<std::string> resolve(std::string_view model, std::string_view selector, std::uint32_t share_ppm) const;
  // Until the first state of the catalogue that was read is served, or cannot be: as long as its models take to load,
  // and no longer than until stop. Any thread but the follower's.
  void await_first_plans(const std::stop_token& stop);

 private:
  void run();
  void follow();
  bool has_settled(const std::set<std::string>& models) const;
  void note_first(std::set<std::string> models);
  void revoke_all(const registry::ResolutionInput& input);
  void forgive_all(const registry::ResolutionInput& input);
  void withdraw_all_but(const std::map<std::string, Wanted>& plans);
  bool remember(const std::string& model, const Wanted& wanted);

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::condition_variable_any followed_;
  bool is_changed_ = true, is_stopped_ = false;        // Lock: mutex_
  std::optional<std::set<std::string>> first_models_;  // Lock: mutex_; nothing until the catalogue was looked at once
  registry::CurrentIndex index_;
  std::thread thread_;
  // Its thread's alone.
  bool is_behind_ = false;                                 // the catalogue could not be read
  std::int64_t next_cool_ms_ = 0;                          // 0: nothing cools down
  std::set<std::string> revoked_;                          // ids of releases
  std::set<std::int64_t> forgiven_;                        // ids of verdicts
  std::set<std::string> planned_;                          // models
  std::set<std::pair<std::string, std::string>> refused_;  // plugin's package that cannot be prepared: said once
  std::set<registry::Sha256> remembered_;
};

}  // namespace stoa::app

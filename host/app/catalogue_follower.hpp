// catalogue_follower.hpp: what the catalogue says becomes what this host serves. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>

#include "host/app/extra_releases.hpp"
#include "host/app/log.hpp"
#include "host/app/release_loader.hpp"
#include "host/app/served_plans.hpp"
#include "host/inference/catalog.hpp"
#include "host/rollout/rollout.hpp"
#include "registry/package/package_reader.hpp"
#include "registry/resolve/resolution_index.hpp"

namespace stoa::app {

// Threads: changed() any; one thread of its own reads, unpacks and tells the roll-out, which loads on another.
class CatalogueFollower {
 public:
  // From a verified package to what loads it; blocks.
  using Prepare = std::function<Result<ReleaseLoader::Prepared>(const registry::Package& package)>;
  struct Parts {
    // What of the catalogue changed since the last call that succeeded, and these models; and a verified package of it.
    // Both block. A package that is out of reach for now (Code::unavailable, deadline_exceeded) is asked for again in a
    // moment.
    std::function<Result<registry::ResolutionChange>(const std::set<std::string>& models)> read;
    std::function<Result<registry::Package>(const WantedPackage& package)> package;
    rollout::Rollout& rollout;
    const inference::Catalog& catalog;  // that the roll-out fills
    ReleaseLoader& loader;
    Prepare prepare;
    Log& log;
    std::function<std::int64_t()> now_ms;
    std::size_t extra_releases_max = 0;  // that are held because somebody asked for them
    // One of those may answer now, or never will. Prompt; the follower's thread. Or empty.
    std::function<void()> extras_moved = {};
    // Hears every change of the catalogue that is followed; the follower's thread. Or empty.
    std::function<void(const registry::ResolutionChange&)> told = {};
    // Once, when the first state of the catalogue was read and its packages are prepared, or cannot be; the follower's
    // thread. Or empty.
    std::function<void()> begun = {};
    // Hears every needed_every what a plan names, runs, or may be gone back to: the packages to keep. Or empty.
    std::function<void(const std::set<registry::Sha256>& needed)> needed = {};
    std::chrono::milliseconds needed_every{3'600'000};
  };
  explicit CatalogueFollower(Parts parts);
  ~CatalogueFollower() { stop(); }

  void start();
  // The catalogue may have changed. A revoked release stops answering within a second.
  void changed();
  void stop();
  // For requests: any thread, no wait. Errors: those of ResolutionIndex::resolve and of the selector's grammar.
  Result<std::string> resolve(std::string_view model, std::string_view selector, std::uint32_t share_ppm) const;
  // Where resolve() says not_found: what is published besides is loaded because somebody asks for it, by its version or
  // by a range in which nothing else is. The version, once it answers; any thread, no wait. Errors: unavailable
  // "release.loading": ask again when it has; those of ExtraReleases::ask and of offered_for().
  Result<std::string> demand(std::string_view model, std::string_view selector);
  // Why nobody is answered by the model's bare name, where it cools down or was withdrawn: "release.cooling",
  // "release.delisted", "release.yanked". Any thread, no wait.
  std::optional<Error> no_default(std::string_view model) const;
  // Of this host's roll-out: what somebody waits for may have failed. Prompt; any thread.
  void note_step(const std::string& model, const rollout::Step& step);
  std::size_t extra_count() const { return extras_.count(); }
  // Until the first state of the catalogue that was read is served, or cannot be: as long as its models take to load,
  // and no longer than until stop. Any thread but the follower's.
  void await_first_plans(const std::stop_token& stop);

 private:
  void run();
  void follow(bool is_changed);
  std::set<std::string> models_to_look_at(bool is_changed, std::int64_t now_ms) const;
  std::set<registry::Sha256> needed() const;
  // What of these models is not ready yet, in words; empty: nothing.
  std::string on_their_way(const std::set<std::string>& models) const;
  void note_first(std::set<std::string> models);
  void revoke_all(const registry::ResolutionInput& input);
  void forgive_all(const registry::ResolutionInput& input);
  void withdraw(const std::vector<std::string>& models);
  bool remember(const std::string& model, const Wanted& wanted);
  Result<void> remember(const rollout::ReleaseId& release, const WantedPackage& package);
  bool is_remembered(const rollout::ReleaseId& release, const WantedPackage& package) const;
  bool serve(const std::string& model, const Wanted& wanted, bool may_prepare);
  rollout::TrafficPlan with_extras(const std::string& model, const Wanted& wanted, bool may_prepare);
  void serve_extras(const std::set<std::string>& models);
  Error why_none(const registry::ModelReference& reference, const Error& found) const;
  void keep(ServedPlans::Step step);
  void note_withdrawn(const std::string& model, const Wanted* before, const Wanted& now);  // Lock: mutex_
  std::shared_ptr<const Wanted> wanted_for(const std::string& model) const;

  const Parts parts_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::condition_variable_any followed_;
  bool is_changed_ = true, is_stopped_ = false;        // Lock: mutex_
  std::set<std::string> asked_;                        // Lock: mutex_; models of which other extras are wanted now
  std::optional<std::set<std::string>> first_models_;  // Lock: mutex_; nothing until the catalogue was looked at once
  // Lock: mutex_; by model, what was followed last of each.
  std::map<std::string, std::shared_ptr<const Wanted>> wanted_;
  ExtraReleases extras_;
  registry::CurrentIndex index_;
  std::thread thread_;
  // Its thread's alone.
  bool is_behind_ = false;  // the catalogue could not be read
  ServedPlans plans_;
  std::set<std::string> planned_;                          // models that the roll-out has a plan of
  std::set<std::string> revoked_;                          // ids of releases
  std::set<std::int64_t> forgiven_;                        // ids of verdicts
  std::set<std::string> unfinished_;                       // models to look at again in a moment
  std::set<std::string> stuck_;                            // models to look at again when anything changed
  std::set<std::pair<std::string, std::string>> refused_;  // plugin's package that cannot be prepared: said once
  std::map<rollout::ReleaseId, registry::Sha256> remembered_;
};

}  // namespace stoa::app

// serving_parts.hpp: what whoever has this host serve a catalogue needs of it, whether the catalogue is its own or
// another host's. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/app/catalogue_follower.hpp"
#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/app/package_gate.hpp"
#include "host/app/release_loader.hpp"
#include "host/app/rollout_board.hpp"
#include "host/rollout/rollout.hpp"

namespace stoa::app {

// All outlive who is given them.
struct ServingParts {
  const Config& config;
  Log& log;
  PackageGate& gate;
  rollout::Rollout& rollout;
  const inference::Catalog& catalog;
  std::function<void()> releases_changed;  // wakes requests that wait for a release
  ReleaseLoader& loader;
  RolloutBoard& board;
  std::function<void(std::int64_t unix_ms)> signed_at;  // the registry that is followed signed something then
};

// Where a follower gets its states and packages from, and what becomes of those that are not needed, is all that
// differs. As in CatalogueFollower::Parts.
struct CatalogueSource {
  std::function<Result<registry::ResolutionChange>(const std::set<std::string>& models)> read;
  std::function<Result<registry::Package>(const WantedPackage& package)> package;
  std::function<void()> begun = {};
  std::function<void(const std::set<registry::Sha256>& needed)> needed = {};
  std::chrono::milliseconds needed_every{3'600'000};
};
CatalogueFollower::Parts follower_parts(const ServingParts& host, CatalogueSource source);

}  // namespace stoa::app

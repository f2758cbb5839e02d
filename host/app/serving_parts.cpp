// serving_parts.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/serving_parts.hpp"

#include "host/app/wall_clock.hpp"

namespace stoa::app {

CatalogueFollower::Parts follower_parts(const ServingParts& host, CatalogueSource source) {
  return {.read = std::move(source.read),
          .package = std::move(source.package),
          .rollout = host.rollout,
          .catalog = host.catalog,
          .loader = host.loader,
          .prepare =
              [&gate = host.gate](const registry::Package& package) {
                return gate.admit(package, package.manifest().id() + " " + package.manifest().version);
              },
          .log = host.log,
          .now_ms = &unix_ms,
          .extra_releases_max = host.config.registry->extra_releases,
          .extras_moved = host.releases_changed,
          .told = [&board = host.board](const registry::ResolutionChange& change) { board.note(change); },
          .begun = std::move(source.begun),
          .needed = std::move(source.needed),
          .needed_every = source.needed_every};
}

}  // namespace stoa::app

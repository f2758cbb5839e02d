// resolution_model.hpp: the index's own rows: one model, its releases and aliases. Included by the index's .cpp files
// only. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "registry/resolve/resolution_index.hpp"

namespace stoa::registry {

struct ResolutionIndex::Facts {
  std::string id;
  Availability availability;
  std::int64_t cool_until_ms;
  bool is_on_trial;
  std::shared_ptr<const std::vector<PlatformDeclaration>> platforms;
};

struct ResolutionIndex::Row {
  VersionKey version;
  std::shared_ptr<const Facts> facts;  // shared by the models of a release
};

struct ResolutionIndex::Target {
  VersionKey version;
  std::uint32_t ppm;
};

struct ResolutionIndex::Model {
  std::vector<Row> rows;  // rising, each version once; none is withheld
  std::vector<std::pair<std::string, std::vector<Target>>> aliases;
};

}  // namespace stoa::registry

// projection_store.hpp: SQL of a projection's tables: made, loaded, and added to.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "licensing/journal/frame.hpp"
#include "licensing/projection/tally.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

struct ProjectionPlace {
  JournalId journal{};
  std::uint64_t position = 0;  // entries that are in it
  Sha256 last{};               // SHA-256 of the last one's record; zeros: there is none
};

// Nothing: the file has no tables yet. Errors: database.*; data_loss "projection.form": those of another program.
Result<std::optional<ProjectionPlace>> read_place(database::Connection& connection);
Result<void> make_tables(database::Connection& connection, JournalId journal);
// Names, accounts and customers.
Result<std::unique_ptr<Tally>> load_tally(database::Connection& connection);
// All of it, and the place reached, in one transaction.
Result<void> write_batch(database::Connection& connection, const TallyBatch& batch, const ProjectionPlace& reached);

}  // namespace stoa::licensing

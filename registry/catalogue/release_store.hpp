// release_store.hpp: the rows of releases, their models and their documents. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/catalogue/release_facts.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// A version without its build metadata: what makes two versions one.
std::string version_key_of(std::string_view version);

// A draft.
Result<void> insert_release(database::Connection& connection, const ReleaseRecord& record);
// Writes where the release stands: state, key, times and the line of its last step.
Result<void> update_release(database::Connection& connection, const ReleaseRecord& record);
// What the package says: manifest, changelog, models and facts, once for ever.
Result<void> write_package(database::Connection& connection, const ReleaseRecord& record, const ReleaseFacts& facts);
// Of a draft, which nothing refers to.
Result<void> delete_release(database::Connection& connection, const ReleaseId& id);
// not_found "release.unknown".
Result<ReleaseRecord> read_release(database::Connection& connection, const ReleaseId& id);
Result<std::string> read_manifest(database::Connection& connection, const ReleaseId& id);
// The one that holds the version (build metadata ignored): what was published once holds it whatever became of it.
// Nothing: the version is free.
Result<std::optional<ReleaseRecord>> find_release(database::Connection& connection, std::string_view plugin,
                                                  std::string_view version);
// Whether it was published once, and holds the version.
Result<bool> has_published(database::Connection& connection, std::string_view plugin, std::string_view version);
// Those whose package has this digest, without manifests.
Result<std::vector<ReleaseRecord>> find_package(database::Connection& connection, const Sha256& package_sha256);
// Submitted from from_ms on with this key's signature, and neither rejected nor revoked.
Result<std::vector<ReleaseId>> find_signed(database::Connection& connection, std::string_view publisher,
                                           const KeyId& key, std::int64_t from_ms);
// The state of the release that holds this version of a model. Errors: not_found "model.unknown", "version.unknown".
Result<ReleaseState> read_model_state(database::Connection& connection, std::string_view model,
                                      std::string_view version);

struct ReleaseFilter {
  std::string publisher = {}, plugin = {}, model = {}, task = {};  // each empty: any
  std::optional<ReleaseState> state = {};
  std::string text = {};   // in the plugin's or a model's name, its description or task; of a draft: nowhere
  std::string after = {};  // id of the last one seen; empty: from the newest
  std::size_t most = 50;
  bool with_manifest = false;
};
// From the newest back.
Result<std::vector<ReleaseRecord>> read_releases(database::Connection& connection, const ReleaseFilter& filter);
// Bytes of the packages that count against a publisher's quota, each package once, and one more.
Result<std::uint64_t> stored_bytes_with(database::Connection& connection, std::string_view publisher,
                                        const Sha256& package_sha256, std::uint64_t package_bytes);
Result<std::uint64_t> stored_bytes(database::Connection& connection, std::string_view publisher);

}  // namespace stoa::registry

// listing.hpp: what the catalogue shows to everybody: its search index, kept up to date from the audit log, and pages
// of one model. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/catalogue.hpp"
#include "registry/listing/search_index.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// One model as it is shown.
struct ListedModel {
  std::string model, plugin;
  std::vector<ListedRelease> releases;  // the highest version first
  std::vector<AliasRecord> aliases;     // those that point at nothing but releases above
  std::vector<std::string> hidden;      // the names of the others
};

// The release that a selector means, "" being the newest: published before deprecated ones, a pre-release only where
// there is nothing else or where it is named. Errors: those of ResolutionIndex::resolve and of the selector's grammar.
Result<ListedRelease> choose(const ListedModel& model, std::string_view selector);

// A page of its versions, from the highest down. Error: invalid_argument "catalogue.cursor".
struct VersionPage {
  std::vector<ListedRelease> releases;
  std::string next;  // a cursor; empty on the last page
};
Result<VersionPage> versions_of(const ListedModel& model, std::string_view cursor, std::size_t most);

// Threads: any. Blocks on the catalogue: never on an I/O thread.
class Listing {
 public:
  // Calls use(Catalogue&) alone, as Publishing::with_catalogue does.
  using WithCatalogue = std::function<Result<void>(const std::function<Result<void>(Catalogue&)>& use)>;
  // file: where the index is kept for the next start (listing_file.hpp); empty: nowhere.
  explicit Listing(WithCatalogue with_catalogue, std::filesystem::path file = {})
      : with_catalogue_(std::move(with_catalogue)), file_(std::move(file)) {}

  // Of the catalogue as it is now. The first call reads the file and what changed since; where there is none, all
  // releases: seconds for 10,000 plugins.
  Result<std::shared_ptr<const SearchIndex>> index();
  // Before the end: what was read since the file was written need not be read again.
  void keep();
  // not_found "model.unknown" where nothing of it is shown.
  Result<ListedModel> model(std::string_view name);
  Result<ReleaseRecord> release(const ReleaseId& id);  // with its manifest
  // What was measured of one model of a release: the latest, and of those the latest first.
  Result<std::vector<EvaluationRecord>> evaluations(const ReleaseId& id, std::string_view model, std::size_t most);

 private:
  Result<SearchIndex::Entries> entries_of(std::vector<ListedRelease> releases);
  void recall();
  void write_file();

  const WithCatalogue with_catalogue_;
  const std::filesystem::path file_;
  std::mutex refreshing_;                     // one reads what changed, the others wait for it
  AuditHead head_;                            // Lock: refreshing_. Of the audit log, that the index has seen
  std::int64_t revision_ = -1;                // Lock: refreshing_
  std::shared_ptr<const SearchIndex> index_;  // Lock: refreshing_
  std::size_t unwritten_ = 0;                 // Lock: refreshing_. Plugins that changed since the file was written
};

}  // namespace stoa::registry

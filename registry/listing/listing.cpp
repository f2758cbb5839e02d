// listing.cpp: from rows of releases to models. SPDX-License-Identifier: Apache-2.0
#include "registry/listing/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <unordered_map>

#include "registry/listing/listing_file.hpp"
#include "registry/resolve/default_rule.hpp"
#include "registry/resolve/resolution_index.hpp"

namespace stoa::registry {
namespace {

// How many manifests are read before others may have the catalogue.
constexpr std::size_t kBatch = 64;
// A start reads so many anew in less than a second, and the file of 10,000 plugins is 8 MB.
constexpr std::size_t kPluginsUnwrittenMax = 1'000;

// A version of the catalogue is one: it was checked when it came.
VersionKey key_of(const ListedRelease& release) { return *parse_version_key(release.version); }

// Which release speaks for a model, and how many are shown.
struct Shown {
  const ListedRelease* newest = nullptr;
  std::optional<VersionKey> key;
  std::size_t versions = 0;

  void add(const ListedRelease& release, const VersionKey& version, std::size_t count) {
    versions += count;
    if (newest && compare_as_default({version, release.is_deprecated}, {*key, newest->is_deprecated}) <= 0) return;
    newest = &release;
    key = version;
  }
};

}  // namespace

Result<ListedRelease> choose(const ListedModel& model, std::string_view selector) {
  // The names of a cool-down, a machine or a share of traffic are a host's: here everything that is shown counts.
  ResolutionIndex::Edit edit(std::make_shared<const ResolutionIndex>());
  for (const ListedRelease& release : model.releases) {
    IndexedRelease row;
    row.id = release.id.text;
    row.version = release.version;
    row.models = {model.model};
    row.availability = release.is_deprecated ? Availability::deprecated : Availability::published;
    row.platforms = std::make_shared<const std::vector<PlatformDeclaration>>(1);
    if (auto put = edit.put(row); !put) return std::unexpected(put.error());
  }
  for (const AliasRecord& alias : model.aliases) {
    IndexedAlias row{alias.model, alias.alias, {}};
    for (const AliasTarget& target : alias.targets) row.targets.push_back({target.version, target.ppm});
    if (auto put = edit.put(row); !put) return std::unexpected(put.error());
  }
  const auto reference =
      parse_model_reference(selector.empty() ? model.model : fmt::format("{}@{}", model.model, selector));
  if (!reference) return std::unexpected(reference.error());
  if (const auto* const alias = std::get_if<AliasName>(&reference->selector))
    if (std::ranges::count(model.hidden, alias->text) > 0)
      return failure(Code::failed_precondition, "alias.target",
                     fmt::format("{}@{} points at a release that was withdrawn and is not shown any more; hosts still "
                                 "give a yanked one to who names it, by an alias other than 'default' or its version",
                                 model.model, alias->text));
  const auto chosen = edit.finish()->resolve(*reference, Asker{});
  if (!chosen) return std::unexpected(chosen.error());
  return *std::ranges::find_if(model.releases,
                               [&](const ListedRelease& release) { return release.id.text == chosen->release; });
}

// The last one seen is the cursor, and may be gone since.
Result<VersionPage> versions_of(const ListedModel& model, std::string_view cursor, std::size_t most) {
  auto at = model.releases.begin();
  if (!cursor.empty()) {
    const auto seen = parse_version_key(cursor);
    if (!seen)
      return failure(Code::invalid_argument, "catalogue.cursor",
                     "after: is no cursor of this order, want the 'next' of the page before");
    at = std::ranges::find_if(model.releases, [&](const ListedRelease& release) { return key_of(release) < *seen; });
  }
  VersionPage page;
  for (; at != model.releases.end() && page.releases.size() < most; ++at) page.releases.push_back(*at);
  if (at != model.releases.end() && !page.releases.empty()) page.next = page.releases.back().version;
  return page;
}

Result<ReleaseRecord> Listing::release(const ReleaseId& id) {
  ReleaseRecord record;
  auto read = with_catalogue_([&](Catalogue& catalogue) -> Result<void> {
    auto found = catalogue.release(id);
    if (!found) return std::unexpected(found.error());
    record = std::move(*found);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  return record;
}

Result<std::vector<EvaluationRecord>> Listing::evaluations(const ReleaseId& id, std::string_view model,
                                                           std::size_t most) {
  constexpr std::size_t kOfOneReleaseMax = 1'000;
  std::vector<EvaluationRecord> found;
  auto read = with_catalogue_([&](Catalogue& catalogue) -> Result<void> {
    auto records = catalogue.evaluations({.release = id, .dataset = {}, .after = {}, .most = kOfOneReleaseMax});
    if (!records) return std::unexpected(records.error());
    found = std::move(*records);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  std::erase_if(found, [&](const EvaluationRecord& one) { return one.opened.evaluation.model != model; });
  std::ranges::reverse(found);
  if (found.size() > most) found.erase(found.begin() + static_cast<std::ptrdiff_t>(most), found.end());
  return found;
}

Result<ListedModel> Listing::model(std::string_view name) {
  ListedModel model{.model = std::string(name), .plugin = {}, .releases = {}, .aliases = {}, .hidden = {}};
  auto read = with_catalogue_([&](Catalogue& catalogue) -> Result<void> {
    auto releases = catalogue.listed_model(name);
    if (!releases) return std::unexpected(releases.error());
    model.releases = std::move(*releases);
    auto aliases = catalogue.aliases(name);
    if (!aliases) return std::unexpected(aliases.error());
    model.aliases = std::move(*aliases);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  if (model.releases.empty())
    return failure(Code::not_found, "model.unknown", fmt::format("there is no model '{}'", name.substr(0, 200)));
  std::ranges::sort(model.releases, std::greater{}, &key_of);
  model.plugin = model.releases.front().plugin;
  std::erase_if(model.aliases, [&](const AliasRecord& alias) {
    const bool is_shown = std::ranges::all_of(alias.targets, [&](const AliasTarget& target) {
      return std::ranges::any_of(model.releases, [&](const ListedRelease& release) {
        return key_of(release) == *parse_version_key(target.version);
      });
    });
    if (!is_shown) model.hidden.push_back(alias.alias);
    return !is_shown;
  });
  return model;
}

Result<SearchIndex::Entries> Listing::entries_of(std::vector<ListedRelease> releases) {
  // First by their lists of models, which most releases of a plugin share: one look for each release.
  std::unordered_map<const void*, Shown> by_list;
  for (const ListedRelease& release : releases) by_list[release.models.get()].add(release, key_of(release), 1);
  std::map<std::string_view, Shown> shown;
  for (const auto& [list, one] : by_list)
    for (const std::string& model : *one.newest->models) shown[model].add(*one.newest, *one.key, one.versions);
  std::map<const ListedRelease*, std::vector<std::pair<std::string_view, std::size_t>>> wanted;
  for (const auto& [model, one] : shown) wanted[one.newest].emplace_back(model, one.versions);
  SearchIndex::Entries entries;
  for (auto at = wanted.begin(); at != wanted.end();) {
    std::vector<std::string> manifests;
    const auto begin = at;
    auto read = with_catalogue_([&](Catalogue& catalogue) -> Result<void> {
      for (; at != wanted.end() && manifests.size() < kBatch; ++at) {
        auto text = catalogue.manifest(at->first->id);
        if (!text) return std::unexpected(text.error());
        manifests.push_back(std::move(*text));
      }
      return {};
    });
    if (!read) return std::unexpected(read.error());
    auto of = begin;
    for (const std::string& text : manifests) {
      const auto& [release, models] = *of++;
      const auto manifest = parse_manifest(text);
      // It was sound when it came. One that is not any more takes nobody else from the list.
      if (!manifest) continue;
      for (const auto& [name, versions] : models) {
        const auto model =
            std::ranges::find(manifest->models, name.substr(name.find('/') + 1), &ModelDeclaration::name);
        if (model == manifest->models.end()) continue;
        SearchEntry entry = entry_of(*manifest, *model);
        entry.release = release->id.text;
        entry.is_deprecated = release->is_deprecated;
        entry.published_ms = release->published_ms;
        entry.versions = versions;
        entries.push_back(std::make_shared<const SearchEntry>(std::move(entry)));
      }
    }
  }
  return entries;
}

void Listing::recall() {
  if (file_.empty() || index_) return;
  auto kept = read_listing_file(file_);
  if (!kept) return;
  index_ = std::make_shared<const SearchIndex>(std::move(kept->entries));
  head_ = kept->head;
}

// Where it cannot be written, the next start reads more.
void Listing::write_file() {
  if (file_.empty() || !index_ || head_.lines == 0) return;
  if (keep_listing_file(file_, {head_, index_->entries()})) unwritten_ = 0;
}

void Listing::keep() {
  const std::lock_guard lock(refreshing_);
  if (unwritten_ > 0) write_file();
}

Result<std::shared_ptr<const SearchIndex>> Listing::index() {
  const std::lock_guard lock(refreshing_);
  recall();
  std::int64_t revision = 0;
  ListingChange change;
  auto read = with_catalogue_([&](Catalogue& catalogue) -> Result<void> {
    const auto now = catalogue.revision();
    if (!now) return std::unexpected(now.error());
    revision = *now;
    if (revision == revision_) return {};
    auto changed = catalogue.listing(head_);
    if (!changed) return std::unexpected(changed.error());
    change = std::move(*changed);
    return {};
  });
  if (!read) return std::unexpected(read.error());
  if (revision == revision_) return index_;
  if (change.is_whole || !change.plugins.empty()) {
    auto entries = entries_of(std::move(change.releases));
    if (!entries) return std::unexpected(entries.error());
    index_ = std::make_shared<const SearchIndex>(change.is_whole ? SearchIndex(std::move(*entries))
                                                                 : index_->with(change.plugins, *entries));
  }
  unwritten_ += change.is_whole ? kPluginsUnwrittenMax : change.plugins.size();
  head_ = change.head;
  revision_ = revision;
  if (unwritten_ >= kPluginsUnwrittenMax) write_file();
  return index_;
}

}  // namespace stoa::registry

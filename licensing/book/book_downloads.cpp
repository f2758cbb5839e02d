// book_downloads.cpp: who may have a package's bytes by a key. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "licensing/book/book.hpp"
#include "licensing/terms/refusal.hpp"
#include "registry/versions/version_range.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kPage = 1000;

// How far this licence comes in the table; none: it covers one of the models in this version, here and now.
Refusal refusal_of(const Book::OwnLicence& own, std::span<const std::string> models,
                   const registry::VersionKey& version) {
  Refusal furthest = Refusal::licence_none;
  for (const Coverage& coverage : own.held.licence.covers) {
    if (std::ranges::none_of(models, [&](const std::string& model) { return covers_model(coverage, model); })) continue;
    if (covers_version(coverage, version)) return own.refusal;
    furthest = Refusal::licence_version;
  }
  return furthest;
}

}  // namespace

Result<void> Book::may_download(std::string_view key, std::span<const std::string> models, std::string_view version) {
  const auto holder = authenticate(key);
  if (!holder) return std::unexpected(holder.error());
  if (!has(holder->key.scopes, Scope::infer)) return std::unexpected(error_of(Refusal::key_scope));
  std::vector<std::string> allowed(models.begin(), models.end());
  std::erase_if(allowed, [&](const std::string& model) {
    return !holder->key.models.empty() && std::ranges::none_of(holder->key.models, [&](const std::string& pattern) {
      return covers_model({.model = pattern, .versions = {}}, model);
    });
  });
  if (allowed.empty()) return std::unexpected(error_of(Refusal::key_model));
  const auto wanted = registry::parse_version_key(version);
  if (!wanted) return std::unexpected(wanted.error());
  Refusal furthest = Refusal::licence_none;
  for (Page page{.after = "", .most = kPage};;) {
    const auto licences = own_licences(holder->actor, true, page);
    if (!licences) return std::unexpected(licences.error());
    for (const OwnLicence& own : *licences) {
      const Refusal refusal = refusal_of(own, allowed, *wanted);
      if (refusal == Refusal::none) return {};
      furthest = std::max(furthest, refusal);
    }
    if (licences->size() < page.most) return std::unexpected(error_of(furthest));
    page.after = held_id(licences->back().held).text;
  }
}

}  // namespace stoa::licensing

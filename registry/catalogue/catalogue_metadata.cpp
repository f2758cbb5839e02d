// catalogue_metadata.cpp: what the catalogue knows of the signed metadata that tells of it.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/change_store.hpp"
#include "registry/catalogue/release_rules.hpp"
#include "registry/catalogue/release_store.hpp"
#include "registry/document/words.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kMetadata = "metadata", kBegin = "metadata.begin", kGiveUp = "metadata.give_up";
constexpr std::string_view kWhy = "the signed metadata says so: this catalogue is from before";

}  // namespace

Result<bool> Catalogue::has_metadata() {
  const auto last = last_act_on(connection_, kMetadata, "metadata.");
  return last ? Result<bool>(*last == kBegin) : std::unexpected(last.error());
}

Result<void> Catalogue::note_metadata_begun(std::string_view how) {
  auto act = Act::begin(*this);
  return act ? act->end(Actor::registry(), kBegin, kMetadata, how) : std::unexpected(act.error());
}

Result<void> Catalogue::give_up_metadata(const Actor& actor, std::string_view because) {
  if (auto allowed = require(actor, Permission::maintain); !allowed) return allowed;
  if (auto good = check_words("because", because); !good) return good;
  auto act = Act::begin(*this);
  return act ? act->end(actor, kGiveUp, kMetadata, because) : std::unexpected(act.error());
}

Result<bool> Catalogue::has_been_at(const AuditHead& head) { return is_place(connection_, head); }

Result<bool> Catalogue::lacks(const SignedVersion& told) {
  const auto is_here = has_published(connection_, told.plugin, told.version);
  return is_here ? Result<bool>(!*is_here) : std::unexpected(is_here.error());
}

Result<std::size_t> Catalogue::hold_versions(const std::vector<SignedVersion>& signed_once) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  std::size_t count = 0;
  for (const SignedVersion& told : signed_once) {
    const std::string digest = to_hex(told.package_sha256);
    const auto held = read_held_package(connection_, told.plugin, told.version);
    if (!held) return std::unexpected(held.error());
    if (*held == digest) continue;
    const auto line = act->note(Actor::registry(), kHoldVersion, held_subject_of(told.plugin, told.version), digest);
    if (!line) return std::unexpected(line.error());
    ++count;
  }
  if (count == 0) return count;
  if (auto kept = act->keep(); !kept) return std::unexpected(kept.error());
  return count;
}

// Revoked is the end of a release: whichever of the two is older, this state is the later one. No other state says so.
Result<std::vector<ReleaseRecord>> Catalogue::revoke_again(const std::vector<PublicRelease>& revoked) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  std::vector<ReleaseRecord> done;
  for (const PublicRelease& told : revoked) {
    auto known = read_release(connection_, told.id);
    if (!known && known.error().code == Code::not_found) continue;  // it came after the backup
    if (!known) return std::unexpected(known.error());
    ReleaseRecord& release = *known;
    const bool is_waiting = release.state == ReleaseState::validating;
    if (!is_waiting && !is_servable(release.state)) continue;
    const auto to = is_waiting ? ReleaseState::quarantined : ReleaseState::revoked;
    if (auto ended = end_rollouts(*act, release, to); !ended) return std::unexpected(ended.error());
    const auto line =
        act->note(Actor::registry(), is_waiting ? "release.quarantine" : "release.revoke", subject_of(release), kWhy);
    if (!line) return std::unexpected(line.error());
    release.state = to;
    release.state_because = kWhy;
    release.changed_ms = act->now_ms;
    release.audit_line = *line;
    if (auto kept = update_release(connection_, release); !kept) return std::unexpected(kept.error());
    done.push_back(std::move(release));
  }
  if (done.empty()) return done;
  if (auto kept = act->keep(); !kept) return std::unexpected(kept.error());
  return done;
}

}  // namespace stoa::registry

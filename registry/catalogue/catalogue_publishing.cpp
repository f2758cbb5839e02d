// catalogue_publishing.cpp: a release from its announcement to the end of its checks.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/change_store.hpp"
#include "registry/catalogue/check_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/release_rules.hpp"
#include "registry/document/words.hpp"
#include "registry/package/manifest_grammar.hpp"
#include "registry/versions/semver.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kChangelogMax = 64 << 10;

Result<void> check_announcement(const NewRelease& announced) {
  const std::size_t slash = announced.plugin.find('/');
  if (slash == std::string::npos || !is_account_name(std::string_view(announced.plugin).substr(0, slash)) ||
      !is_account_name(std::string_view(announced.plugin).substr(slash + 1)))
    return failure(Code::invalid_argument, "release.plugin",
                   fmt::format("plugin: want publisher/plugin, not '{}'", announced.plugin.substr(0, 200)));
  if (auto version = parse_semantic_version(announced.version); !version)
    return failure(Code::invalid_argument, "release.version", "version: " + version.error().message);
  if (announced.package_bytes == 0)
    return failure(Code::invalid_argument, "release.size", "bytes: is 0, a package has some");
  return check_words("changelog", announced.changelog, kChangelogMax);
}

// What was never published may yet be rejected, and its version is free again then.
std::string_view wait_of(const ReleaseRecord& holder) {
  if (holder.state == ReleaseState::quarantined) return "is quarantined";
  return holder.checked_ms ? "waits for its review" : "is being checked";
}

Error version_taken(const ReleaseRecord& other, const ReleaseRecord& release) {
  if (other.package_sha256 == release.package_sha256)
    return {Code::already_exists, "release.exists",
            fmt::format("{} is here already: {} ({})", subject_of(other), other.id.text, name_of(other.state)), 0};
  const std::string digest = to_hex(other.package_sha256);
  return {Code::already_exists, "release.version_taken",
          other.published_ms
              ? fmt::format("version: {} holds this version with other bytes (sha256 {}); a version is one package for "
                            "ever, build metadata does not tell two apart",
                            subject_of(other), digest)
              : fmt::format("version: {} ({}) has this version with other bytes (sha256 {}) and {}; if it is rejected, "
                            "submit this one again",
                            subject_of(other), other.id.text, digest, wait_of(other)),
          0};
}

Result<void> require_free_version(database::Connection& connection, const ReleaseRecord& release) {
  const auto other = find_release(connection, release.plugin, release.version);
  if (!other) return std::unexpected(other.error());
  if (*other) return std::unexpected(version_taken(**other, release));
  return require_held_package(connection, release);
}

Result<void> require_room(database::Connection& connection, const PublisherRecord& publisher,
                          const ReleaseRecord& release) {
  // A size that alone is too large is not added to anything: it could run over.
  const bool is_alone_too_large = release.package_bytes > publisher.bytes_max;
  const auto together =
      is_alone_too_large ? Result<std::uint64_t>(release.package_bytes)
                         : stored_bytes_with(connection, publisher.name, release.package_sha256, release.package_bytes);
  if (!together) return std::unexpected(together.error());
  if (*together <= publisher.bytes_max) return {};
  return failure(Code::resource_exhausted, "publisher.quota",
                 fmt::format("bytes: {} more would make {} bytes, the limit of publisher '{}' is {}",
                             release.package_bytes, *together, publisher.name, publisher.bytes_max));
}

// Two plugins of one publisher would answer to one name.
Result<void> require_free_models(database::Connection& connection, const ReleaseRecord& release) {
  for (const ReleaseModel& model : release.models) {
    const auto owner = read_other_owner(connection, model.name, release.plugin);
    if (!owner) return std::unexpected(owner.error());
    if (!owner->empty())
      return failure(Code::already_exists, "model.taken",
                     fmt::format("models: '{}' belongs to the plugin {}", model.name, *owner));
  }
  return {};
}

// Empty where nothing is proved: an envelope may claim any key.
KeyId verified_key(const SignatureReport& signature) {
  const bool is_verified =
      signature.state == SignatureState::trusted || signature.state == SignatureState::other_publisher;
  return is_verified ? signature.key_id : KeyId{};
}

Result<void> require_announced(const ReleaseRecord& release, const Package& package) {
  const Manifest& manifest = package.manifest();
  if (manifest.id() != release.plugin || manifest.version != release.version)
    return failure(
        Code::invalid_argument, "release.other_package",
        fmt::format("the package is {} {}, {} was announced", manifest.id(), manifest.version, subject_of(release)));
  if (package.file_size() == release.package_bytes) return {};
  return failure(
      Code::invalid_argument, "release.other_package",
      fmt::format("the package has {} bytes, {} were announced", package.file_size(), release.package_bytes));
}

}  // namespace

Result<ReleaseRecord> Catalogue::open_draft(const Actor& actor, const NewRelease& announced,
                                            const std::function<Result<void>()>& keep) {
  if (auto good = check_announcement(announced); !good) return std::unexpected(good.error());
  const std::string_view owner = publisher_of(announced.plugin);
  if (auto allowed = require_publisher(actor, owner, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto publisher = read_publisher(connection_, owner);
  if (!publisher) return std::unexpected(publisher.error());
  if (auto good = require_verified(*publisher); !good) return std::unexpected(good.error());
  ReleaseRecord release;
  release.id = new_id<ReleaseTag>(act->now_ms);
  release.plugin = announced.plugin;
  release.version = announced.version;
  release.package_sha256 = announced.package_sha256;
  release.package_bytes = announced.package_bytes;
  release.changelog = announced.changelog;
  release.created_ms = release.changed_ms = act->now_ms;
  if (auto free = require_free_version(connection_, release); !free) return std::unexpected(free.error());
  if (auto room = require_room(connection_, *publisher, release); !room) return std::unexpected(room.error());
  const auto plugin = read_plugin(connection_, release.plugin);
  if (!plugin) return std::unexpected(plugin.error());
  if (!*plugin) {
    auto hold = hold_of(options_.plugin_name, release.plugin);
    if (!hold) return std::unexpected(hold.error());
    const PluginRecord made{release.plugin, std::string(owner), "listed", std::move(*hold), act->now_ms};
    if (auto kept = insert_plugin(connection_, made); !kept) return std::unexpected(kept.error());
  }
  const auto line = act->note(actor, "release.draft", subject_of(release), to_hex(release.package_sha256));
  if (!line) return std::unexpected(line.error());
  release.audit_line = *line;
  if (auto kept = insert_release(connection_, release); !kept) return std::unexpected(kept.error());
  if (keep)
    if (auto kept = keep(); !kept) return std::unexpected(kept.error());
  if (auto kept = act->keep(); !kept) return std::unexpected(kept.error());
  if (!*plugin && options_.plugin_name.tell) options_.plugin_name.tell(release.plugin);
  return release;
}

Result<void> Catalogue::drop_draft(const Actor& actor, const ReleaseId& id, std::string_view because) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto release = read_release(connection_, id);
  if (!release) return std::unexpected(release.error());
  if (auto allowed = require_publisher(actor, publisher_of(release->plugin), Permission::manage_publishers); !allowed)
    return allowed;
  if (release->state != ReleaseState::draft)
    return failure(Code::failed_precondition, "release.state",
                   fmt::format("the release is {}, only a draft can be dropped", name_of(release->state)));
  if (auto gone = delete_release(connection_, id); !gone) return gone;
  return act->end(actor, "release.drop", subject_of(*release), because);
}

Result<bool> Catalogue::is_version_gone(const ReleaseRecord& draft) {
  const auto holder = find_release(connection_, draft.plugin, draft.version);
  if (!holder) return std::unexpected(holder.error());
  if (*holder && (*holder)->published_ms) return true;
  const auto free = require_held_package(connection_, draft);
  if (!free && free.error().reason != "release.version_taken") return std::unexpected(free.error());
  return !free;
}

Result<ReleaseRecord> Catalogue::submit(const Actor& actor, const ReleaseId& id, const Package& package) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto release = read_release(connection_, id);
  if (!release) return release;
  const std::string_view owner = publisher_of(release->plugin);
  if (auto allowed = require_publisher(actor, owner, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  if (auto step = require_step(release->state, ReleaseState::submitted); !step) return std::unexpected(step.error());
  const auto publisher = read_publisher(connection_, owner);
  if (!publisher) return std::unexpected(publisher.error());
  if (auto good = require_verified(*publisher); !good) return std::unexpected(good.error());
  if (auto same = require_announced(*release, package); !same) return std::unexpected(same.error());
  if (auto free = require_free_version(connection_, *release); !free) return std::unexpected(free.error());
  for (const ModelDeclaration& model : package.manifest().models)
    release->models.push_back({std::string(owner) + "/" + model.name, model.task, model.description});
  std::ranges::sort(release->models, {}, &ReleaseModel::name);
  if (auto free = require_free_models(connection_, *release); !free) return std::unexpected(free.error());
  release->state = ReleaseState::submitted;
  release->manifest = package.manifest_json();
  // What was signed counts before what was said with it.
  if (!package.manifest().changelog.empty()) release->changelog = package.manifest().changelog;
  release->key = verified_key(package.signature());
  release->submitted_ms = release->changed_ms = act->now_ms;
  const auto line = act->note(actor, "release.submit", subject_of(*release),
                              release->key.hex.empty() ? "signed by no known key" : "signed by " + release->key.hex);
  if (!line) return std::unexpected(line.error());
  release->audit_line = *line;
  if (auto kept = update_release(connection_, *release); !kept) return std::unexpected(kept.error());
  if (auto kept = write_package(connection_, *release, facts_of(package.manifest())); !kept)
    return std::unexpected(kept.error());
  if (auto kept = act->keep(); !kept) return std::unexpected(kept.error());
  return release;
}

Result<ReleaseRecord> Catalogue::begin_checks(const ReleaseId& id) {
  return take_step(Actor::registry(), id, {ReleaseState::validating, "release.check", Permission::review, false}, "");
}

Result<ReleaseRecord> Catalogue::end_checks(const ReleaseId& id, const std::vector<CheckRecord>& checks) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto release = read_release(connection_, id);
  if (!release) return release;
  const bool is_awaited = release->state == ReleaseState::validating ||
                          (release->state == ReleaseState::quarantined && !release->checked_ms);
  if (!is_awaited)
    return failure(
        Code::failed_precondition, "release.state",
        fmt::format("the release is {}, only one that is validating has checks to end", name_of(release->state)));
  if (auto kept = replace_checks(connection_, id, checks); !kept) return std::unexpected(kept.error());
  release->checked_ms = release->changed_ms = act->now_ms;
  const auto failed = std::ranges::find(checks, "failed", &CheckRecord::verdict);
  const auto plugin = read_plugin(connection_, release->plugin);
  if (!plugin) return std::unexpected(plugin.error());
  const auto publisher = read_publisher(connection_, publisher_of(release->plugin));
  if (!publisher) return std::unexpected(publisher.error());
  const auto key_counts = require_key_counts(connection_, *release);
  if (!key_counts && key_counts.error().reason != "release.key") return std::unexpected(key_counts.error());
  // One that had the version when a restore made it another's: see hold_versions().
  const auto held = release->published_ms ? Result<void>() : require_held_package(connection_, *release);
  if (!held && held.error().reason != "release.version_taken") return std::unexpected(held.error());
  std::string_view action = "release.checked";
  if (failed != checks.end() || !held) {
    action = "release.reject";
    release->state = ReleaseState::rejected;
    release->state_because =
        held ? fmt::format("check {}: {}: {}", failed->name, failed->reason, failed->message) : held.error().message;
  } else if (release->state == ReleaseState::quarantined) {
    action = "release.quarantine";  // a reviewer was faster; the reason stays the reviewer's
  } else if (!key_counts) {
    action = "release.quarantine";
    release->state = ReleaseState::quarantined;
    release->state_because = key_counts.error().message;
  } else if (*plugin && (*plugin)->held_because) {
    release->state_because = "the plugin's name waits for a reviewer: " + *(*plugin)->held_because;
  } else if (auto verified = require_verified(*publisher); !verified) {
    release->state_because = verified.error().message;
  } else if (!options_.policy.review_required) {
    action = "release.publish";
    release->state_because.clear();
    if (auto good = publish(*act, *release); !good) return std::unexpected(good.error());
  }
  const auto line = act->note(Actor::registry(), action, subject_of(*release), release->state_because);
  if (!line) return std::unexpected(line.error());
  release->audit_line = *line;
  if (auto kept = update_release(connection_, *release); !kept) return std::unexpected(kept.error());
  if (auto kept = act->keep(); !kept) return std::unexpected(kept.error());
  return release;
}

}  // namespace stoa::registry

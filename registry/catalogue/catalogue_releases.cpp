// catalogue_releases.cpp: a release from draft to published, and what becomes of it then.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/package/manifest_grammar.hpp"
#include "registry/package/semver.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kChangelogMax = 64 << 10;

std::string subject_of(const ReleaseRecord& release) { return release.plugin + " " + release.version; }

std::string_view publisher_of(std::string_view plugin) { return plugin.substr(0, plugin.find('/')); }

Result<void> check_announcement(const NewRelease& announced) {
  const std::size_t slash = announced.plugin.find('/');
  if (slash == std::string::npos || !is_account_name(announced.plugin.substr(0, slash)) ||
      !is_account_name(announced.plugin.substr(slash + 1)))
    return failure(Code::invalid_argument, "release.plugin",
                   fmt::format("plugin: want publisher/plugin, not '{}'", announced.plugin.substr(0, 200)));
  if (auto version = parse_semantic_version(announced.version); !version)
    return failure(Code::invalid_argument, "release.version", "version: " + version.error().message);
  if (announced.package_bytes == 0)
    return failure(Code::invalid_argument, "release.size", "package_bytes: is 0, a package has some");
  if (announced.changelog.size() > kChangelogMax)
    return failure(Code::invalid_argument, "release.changelog",
                   fmt::format("changelog: has {} bytes, limit is {}", announced.changelog.size(), kChangelogMax));
  return {};
}

Result<void> require_verified(const PublisherRecord& publisher) {
  if (publisher.state == "verified") return {};
  return failure(Code::failed_precondition, "publisher.state",
                 publisher.state == "pending"
                     ? fmt::format("publisher '{}' has no key yet; register one first", publisher.name)
                     : fmt::format("publisher '{}' is {}", publisher.name, publisher.state));
}

Error version_taken(const ReleaseRecord& other, const ReleaseRecord& release) {
  const bool is_same = other.package_sha256 == release.package_sha256;
  return {Code::already_exists, is_same ? "release.exists" : "release.version_taken",
          is_same
              ? fmt::format("{} is here already: {} ({})", subject_of(other), other.id.text, name_of(other.state))
              : fmt::format(
                    "version: {} holds this version with other bytes (sha256 {}); a version is one package for ever, "
                    "build metadata does not tell two apart",
                    subject_of(other), to_hex(other.package_sha256)),
          0};
}

// Two plugins of one publisher would answer to one name.
Result<void> check_models_free(database::Connection& connection, const ReleaseRecord& release) {
  for (const ReleaseModel& model : release.models) {
    auto rows = connection.query(
        "SELECT r.plugin FROM release_models m JOIN releases r ON r.id = m.release WHERE m.model = ? AND r.plugin <> ? "
        "AND "
        "r.state NOT IN ('draft', 'rejected', 'revoked') LIMIT 1",
        model.name, release.plugin);
    const bool is_taken = rows.next();
    const std::string by = is_taken ? std::string(rows.text(0)) : std::string();
    if (auto end = rows.end(); !is_taken && !end) return end;
    if (is_taken)
      return failure(Code::already_exists, "model.taken",
                     fmt::format("models: '{}' belongs to the plugin {}", model.name, by));
  }
  return {};
}

}  // namespace

Result<ReleaseRecord> Catalogue::open_draft(const Actor& actor, const NewRelease& announced) {
  if (auto good = check_announcement(announced); !good) return std::unexpected(good.error());
  const std::string_view owner = publisher_of(announced.plugin);
  if (auto allowed = require_publisher(actor, owner, Permission::manage_publishers); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto publisher = read_publisher(connection_, owner);
  if (!publisher) return std::unexpected(publisher.error());
  if (auto good = require_verified(*publisher); !good) return std::unexpected(good.error());
  ReleaseRecord release{.id = new_id<ReleaseTag>(act->now_ms),
                        .plugin = announced.plugin,
                        .version = announced.version,
                        .state = ReleaseState::draft,
                        .state_because = {},
                        .package_sha256 = announced.package_sha256,
                        .package_bytes = announced.package_bytes,
                        .manifest = {},
                        .key = {},
                        .changelog = announced.changelog,
                        .created_ms = act->now_ms,
                        .changed_ms = act->now_ms,
                        .submitted_ms = {},
                        .checked_ms = {},
                        .published_ms = {},
                        .cool_until_ms = {},
                        .models = {}};
  auto other = find_release(connection_, release.plugin, release.version);
  if (!other) return std::unexpected(other.error());
  if (*other) return std::unexpected(version_taken(**other, release));
  const auto stored = stored_bytes(connection_, owner);
  if (!stored) return std::unexpected(stored.error());
  if (*stored + release.package_bytes > publisher->bytes_max)
    return failure(Code::resource_exhausted, "publisher.quota",
                   fmt::format("package_bytes: {} more would make {} bytes, the limit of publisher '{}' is {}",
                               release.package_bytes, *stored + release.package_bytes, owner, publisher->bytes_max));
  auto plugin = read_plugin(connection_, release.plugin);
  if (!plugin) return std::unexpected(plugin.error());
  if (!*plugin) {
    PluginRecord made{release.plugin, std::string(owner), "listed", {}, act->now_ms};
    if (options_.plugin_name) {
      const auto known = read_plugins(connection_, owner);
      if (!known) return std::unexpected(known.error());
      std::vector<std::string> taken;
      for (const PluginRecord& sibling : *known) taken.push_back(sibling.name.substr(sibling.name.find('/') + 1));
      made.held_because = options_.plugin_name(release.plugin.substr(owner.size() + 1), taken);
    }
    if (auto kept = insert_plugin(connection_, made); !kept) return std::unexpected(kept.error());
  }
  if (auto kept = insert_release(connection_, release); !kept) return std::unexpected(kept.error());
  if (auto done = act->end(actor, "release.draft", subject_of(release), to_hex(release.package_sha256)); !done)
    return std::unexpected(done.error());
  return release;
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
  auto publisher = read_publisher(connection_, owner);
  if (!publisher) return std::unexpected(publisher.error());
  if (auto good = require_verified(*publisher); !good) return std::unexpected(good.error());
  const Manifest& manifest = package.manifest();
  if (manifest.id() != release->plugin || manifest.version != release->version)
    return failure(
        Code::invalid_argument, "release.other_package",
        fmt::format("the package is {} {}, {} was announced", manifest.id(), manifest.version, subject_of(*release)));
  auto other = find_release(connection_, release->plugin, release->version);
  if (!other) return std::unexpected(other.error());
  if (*other) return std::unexpected(version_taken(**other, *release));
  for (const ModelDeclaration& model : manifest.models)
    release->models.push_back({manifest.publisher + "/" + model.name, model.task, model.description});
  if (auto good = check_models_free(connection_, *release); !good) return std::unexpected(good.error());
  release->state = ReleaseState::submitted;
  release->manifest = package.manifest_json();
  release->key = package.signature().key_id;
  release->submitted_ms = release->changed_ms = act->now_ms;
  if (auto kept = update_release(connection_, *release); !kept) return std::unexpected(kept.error());
  if (auto done = act->end(actor, "release.submit", subject_of(*release), "signed by " + release->key.hex); !done)
    return std::unexpected(done.error());
  return release;
}

Result<ReleaseRecord> Catalogue::begin_checks(const ReleaseId& id) {
  return step_to(Actor::registry(), id, ReleaseState::validating, "release.check", "", Permission::review, false);
}

Result<ReleaseRecord> Catalogue::end_checks(const ReleaseId& id, const std::vector<CheckRecord>& checks) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto release = read_release(connection_, id);
  if (!release) return release;
  if (release->state != ReleaseState::validating)
    return failure(
        Code::failed_precondition, "release.state",
        fmt::format("the release is {}, only one that is validating has checks to end", name_of(release->state)));
  if (auto kept = replace_checks(connection_, id, checks); !kept) return std::unexpected(kept.error());
  release->checked_ms = release->changed_ms = act->now_ms;
  const auto failed = std::ranges::find(checks, "failed", &CheckRecord::verdict);
  const auto plugin = read_plugin(connection_, release->plugin);
  if (!plugin) return std::unexpected(plugin.error());
  std::string action = "release.checked";
  if (failed != checks.end()) {
    action = "release.reject";
    release->state = ReleaseState::rejected;
    release->state_because = fmt::format("check {}: {}: {}", failed->name, failed->reason, failed->message);
  } else if (*plugin && (*plugin)->held_because) {
    release->state_because = "the plugin's name waits for a reviewer: " + *(*plugin)->held_because;
  } else if (!options_.policy.review_required) {
    action = "release.publish";
    release->state = ReleaseState::published;
    release->published_ms = act->now_ms;
    release->cool_until_ms = act->now_ms + options_.policy.cool_down_ms;
  }
  if (auto kept = update_release(connection_, *release); !kept) return std::unexpected(kept.error());
  if (auto done = act->end(Actor::registry(), action, subject_of(*release), release->state_because); !done)
    return std::unexpected(done.error());
  return release;
}

Result<ReleaseRecord> Catalogue::step_to(const Actor& actor, const ReleaseId& id, ReleaseState state,
                                         std::string_view action, std::string_view because, Permission permission,
                                         bool is_publishers_own) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto release = read_release(connection_, id);
  if (!release) return release;
  const auto allowed = is_publishers_own ? require_publisher(actor, publisher_of(release->plugin), permission)
                                         : require(actor, permission);
  if (!allowed) return std::unexpected(allowed.error());
  if (auto step = require_step(release->state, state); !step) return std::unexpected(step.error());
  const bool is_from_check = release->state == ReleaseState::validating || release->state == ReleaseState::quarantined;
  if (state == ReleaseState::published && is_from_check && !release->checked_ms)
    return failure(Code::failed_precondition, "release.unchecked",
                   fmt::format("{} is still being checked; wait for its checks", subject_of(*release)));
  release->state = state;
  release->state_because = because;
  release->changed_ms = act->now_ms;
  if (state == ReleaseState::published && is_from_check) {
    release->published_ms = act->now_ms;
    release->cool_until_ms = act->now_ms + options_.policy.cool_down_ms;
  }
  if (auto kept = update_release(connection_, *release); !kept) return std::unexpected(kept.error());
  if (auto done = act->end(actor, action, subject_of(*release), because); !done) return std::unexpected(done.error());
  return release;
}

Result<ReleaseRecord> Catalogue::review(const Actor& actor, const ReleaseId& id, Verdict verdict,
                                        std::string_view because) {
  if (verdict != Verdict::accept && because.empty())
    return failure(Code::invalid_argument, "review.reason", "because: is empty; the publisher is told why");
  switch (verdict) {
    case Verdict::accept:
      return step_to(actor, id, ReleaseState::published, "release.publish", because, Permission::review, false);
    case Verdict::reject:
      return step_to(actor, id, ReleaseState::rejected, "release.reject", because, Permission::review, false);
    case Verdict::quarantine:
      break;
  }
  return step_to(actor, id, ReleaseState::quarantined, "release.quarantine", because, Permission::review, false);
}

Result<ReleaseRecord> Catalogue::deprecate(const Actor& actor, const ReleaseId& id, std::string_view because) {
  return step_to(actor, id, ReleaseState::deprecated, "release.deprecate", because, Permission::review, true);
}

Result<ReleaseRecord> Catalogue::yank(const Actor& actor, const ReleaseId& id, std::string_view because) {
  return step_to(actor, id, ReleaseState::yanked, "release.yank", because, Permission::review, true);
}

Result<ReleaseRecord> Catalogue::restore(const Actor& actor, const ReleaseId& id, std::string_view because) {
  const auto release = read_release(connection_, id);
  if (!release) return release;
  // Out of quarantine leads a review alone.
  if (release->state != ReleaseState::deprecated && release->state != ReleaseState::yanked)
    return failure(
        Code::failed_precondition, "release.state",
        fmt::format("the release is {}; one that is deprecated or yanked can be restored", name_of(release->state)));
  return step_to(actor, id, ReleaseState::published, "release.restore", because, Permission::review, true);
}

Result<ReleaseRecord> Catalogue::revoke(const Actor& actor, const ReleaseId& id, std::string_view because) {
  if (because.empty())
    return failure(Code::invalid_argument, "review.reason", "because: is empty; customers are told why");
  return step_to(actor, id, ReleaseState::revoked, "release.revoke", because, Permission::revoke, false);
}

Result<ReleaseRecord> Catalogue::release(const ReleaseId& id) { return read_release(connection_, id); }

Result<ReleaseRecord> Catalogue::release(std::string_view plugin, std::string_view version) {
  auto found = find_release(connection_, plugin, version);
  if (!found) return std::unexpected(found.error());
  if (!*found)
    return failure(Code::not_found, "release.unknown", fmt::format("there is no release {} {}", plugin, version));
  return std::move(**found);
}

Result<std::vector<ReleaseRecord>> Catalogue::releases(const ReleaseFilter& filter) {
  return read_releases(connection_, filter);
}
Result<std::vector<CheckRecord>> Catalogue::checks(const ReleaseId& id) { return read_checks(connection_, id); }
Result<std::vector<PluginRecord>> Catalogue::plugins(std::string_view publisher) {
  return read_plugins(connection_, publisher);
}
Result<std::uint64_t> Catalogue::stored_bytes_of(std::string_view publisher) {
  return stored_bytes(connection_, publisher);
}

Result<PluginRecord> Catalogue::set_plugin_state(const Actor& actor, std::string_view name, std::string_view state,
                                                 std::string_view because) {
  if (auto allowed = require_publisher(actor, publisher_of(name), Permission::review); !allowed)
    return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto plugin = read_plugin(connection_, name);
  if (!plugin) return std::unexpected(plugin.error());
  if (!*plugin) return failure(Code::not_found, "plugin.unknown", fmt::format("there is no plugin '{}'", name));
  PluginRecord& record = **plugin;
  if ((state != "listed" && state != "delisted") || record.state == state)
    return failure(Code::failed_precondition, "plugin.state",
                   fmt::format("plugin '{}' is {} and cannot become '{}'", name, record.state, state));
  record.state = state;
  if (auto kept = update_plugin(connection_, record); !kept) return std::unexpected(kept.error());
  if (auto done = act->end(actor, "plugin.state", name, fmt::format("{}: {}", state, because)); !done)
    return std::unexpected(done.error());
  return record;
}

}  // namespace stoa::registry

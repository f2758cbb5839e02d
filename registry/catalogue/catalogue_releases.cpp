// catalogue_releases.cpp: what reviewers and publishers make of a release, and what there is.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/change_store.hpp"
#include "registry/catalogue/check_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/release_rules.hpp"
#include "registry/document/words.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kRestore = "release.restore";

bool is_from_checks(const ReleaseRecord& release) {
  return release.state == ReleaseState::validating || release.state == ReleaseState::quarantined;
}

Result<void> require_reason(std::string_view because, std::string_view who) {
  if (!because.empty()) return {};
  return failure(Code::invalid_argument, "review.reason", fmt::format("because: is empty; {} told why", who));
}

}  // namespace

// Within an act: the step was found to be one.
Result<void> Catalogue::publish(Act& act, ReleaseRecord& release) {
  if (is_from_checks(release) && !release.checked_ms)
    return failure(Code::failed_precondition, "release.unchecked",
                   fmt::format("{} is still being checked; wait for its checks", subject_of(release)));
  const auto publisher = read_publisher(connection_, publisher_of(release.plugin));
  if (!publisher) return std::unexpected(publisher.error());
  if (auto verified = require_verified(*publisher); !verified) return verified;
  if (auto counts = require_key_counts(connection_, release); !counts) return counts;
  if (auto held = release.published_ms ? Result<void>() : require_held_package(connection_, release); !held)
    return held;
  if (is_from_checks(release)) {
    release.published_ms = act.now_ms;
    release.cool_until_ms = act.now_ms + options_.policy.cool_down_ms;
  }
  release.state = ReleaseState::published;
  return {};
}

Result<void> Catalogue::let_plugin_pass(Act& act, const Actor& actor, std::string_view name) {
  auto plugin = read_plugin(connection_, name);
  if (!plugin) return std::unexpected(plugin.error());
  if (!*plugin || !(*plugin)->held_because) return {};
  const auto noted = act.note(actor, "plugin.let_pass", name, "was held: " + *(*plugin)->held_because);
  if (!noted) return std::unexpected(noted.error());
  (*plugin)->held_because.reset();
  return update_plugin(connection_, **plugin);
}

Result<ReleaseRecord> Catalogue::take_step(const Actor& actor, const ReleaseId& id, const Step& step,
                                           std::string_view because) {
  if (auto good = check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto release = read_release(connection_, id);
  if (!release) return release;
  const auto allowed = step.is_publishers_own ? require_publisher(actor, publisher_of(release->plugin), step.permission)
                                              : require(actor, step.permission);
  if (!allowed) return std::unexpected(allowed.error());
  if (auto drawn = require_step(release->state, step.to); !drawn) return std::unexpected(drawn.error());
  if (step.to == ReleaseState::published) {
    // Out of the checks leads a review alone, and back from deprecated and yanked a restoration alone.
    const bool is_review = is_from_checks(*release);
    if (is_review == (step.action == kRestore))
      return failure(Code::failed_precondition, "release.state",
                     fmt::format("the release is {} and can be {}, not {}", name_of(release->state),
                                 is_review ? "accepted" : "restored", is_review ? "restored" : "accepted"));
    if (auto good = publish(*act, *release); !good) return std::unexpected(good.error());
    auto passed = is_review ? let_plugin_pass(*act, actor, release->plugin) : Result<void>();
    if (!passed) return std::unexpected(passed.error());
  }
  if (!is_resolvable(step.to))
    if (auto ended = end_rollouts(*act, *release, step.to); !ended) return std::unexpected(ended.error());
  const auto line = act->note(actor, step.action, subject_of(*release), because);
  if (!line) return std::unexpected(line.error());
  release->state = step.to;
  release->state_because = because;
  release->changed_ms = act->now_ms;
  release->audit_line = *line;
  if (auto kept = update_release(connection_, *release); !kept) return std::unexpected(kept.error());
  if (auto kept = act->keep(); !kept) return std::unexpected(kept.error());
  return release;
}

Result<ReleaseRecord> Catalogue::review(const Actor& actor, const ReleaseId& id, Verdict verdict,
                                        std::string_view because) {
  constexpr Permission kReview = Permission::review;
  if (verdict == Verdict::accept)
    return take_step(actor, id, {ReleaseState::published, "release.publish", kReview, false}, because);
  if (auto given = require_reason(because, "the publisher is"); !given) return std::unexpected(given.error());
  return take_step(actor, id,
                   verdict == Verdict::reject ? Step{ReleaseState::rejected, "release.reject", kReview, false}
                                              : Step{ReleaseState::quarantined, "release.quarantine", kReview, false},
                   because);
}

Result<ReleaseRecord> Catalogue::deprecate(const Actor& actor, const ReleaseId& id, std::string_view because) {
  return take_step(actor, id, {ReleaseState::deprecated, "release.deprecate", Permission::review, true}, because);
}

Result<ReleaseRecord> Catalogue::yank(const Actor& actor, const ReleaseId& id, std::string_view because) {
  return take_step(actor, id, {ReleaseState::yanked, "release.yank", Permission::review, true}, because);
}

Result<ReleaseRecord> Catalogue::restore(const Actor& actor, const ReleaseId& id, std::string_view because) {
  return take_step(actor, id, {ReleaseState::published, kRestore, Permission::review, true}, because);
}

Result<ReleaseRecord> Catalogue::revoke(const Actor& actor, const ReleaseId& id, std::string_view because) {
  if (auto given = require_reason(because, "customers are"); !given) return std::unexpected(given.error());
  return take_step(actor, id, {ReleaseState::revoked, "release.revoke", Permission::revoke, false}, because);
}

Result<ReleaseRecord> Catalogue::release(const ReleaseId& id) { return read_release(connection_, id); }
Result<std::string> Catalogue::manifest(const ReleaseId& id) { return read_manifest(connection_, id); }

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
Result<std::vector<ReleaseRecord>> Catalogue::releases_of_package(const Sha256& package_sha256) {
  return find_package(connection_, package_sha256);
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
  if (auto good = check_words("because", because); !good) return std::unexpected(good.error());
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
  return act->end_with(record, actor, "plugin.state", name, fmt::format("{}: {}", state, because));
}

}  // namespace stoa::registry

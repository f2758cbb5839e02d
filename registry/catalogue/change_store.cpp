// change_store.cpp: subjects of the lines since a head. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/change_store.hpp"

#include <fmt/format.h>

#include "registry/catalogue/release_rules.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::registry {
namespace {

// So many plugins, each with its rows elsewhere in the file, take as long as half a million rows in their order.
constexpr std::size_t kNamesMax = 2'000;

Result<AuditHead> head_of(database::Connection& connection) {
  AuditHead head;
  auto rows = connection.query("SELECT line, sha256 FROM audit ORDER BY line DESC LIMIT 1");
  if (rows.next()) head = {rows.integer(0), digest_in(rows, 1)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return head;
}

void add(ChangedNames& changed, std::string_view subject) {
  const std::string_view name = subject.substr(0, subject.find_first_of(" @"));
  if (name.find('/') == name.npos) return;  // an operator, a publisher: nothing of a release or a model
  if (name.size() < subject.size() && subject[name.size()] == ' ')
    changed.releases[std::string(name)].emplace(subject.substr(name.size() + 1));
  else
    ++changed.names[std::string(name)];
}

}  // namespace

Result<bool> is_place(database::Connection& connection, const AuditHead& head) {
  if (head.lines == 0) return false;
  auto rows = connection.query("SELECT sha256 FROM audit WHERE line = ?", head.lines);
  const bool is_there = rows.next() && digest_in(rows, 0) == head.sha256;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return is_there;
}

Result<std::int64_t> read_last_act_ms(database::Connection& connection) {
  auto rows = connection.query("SELECT at_ms FROM audit ORDER BY line DESC LIMIT 1");
  const std::int64_t at_ms = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return at_ms;
}

Result<std::string> last_act_on(database::Connection& connection, std::string_view subject, std::string_view prefix) {
  auto rows = connection.query(
      "SELECT action FROM audit WHERE subject = ?1 AND substr(action, 1, length(?2)) = ?2 ORDER BY line DESC LIMIT 1",
      subject, prefix);
  std::string action(rows.next() ? rows.text(0) : "");
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return action;
}

std::string held_subject_of(std::string_view plugin, std::string_view version) {
  return std::string(plugin) + " " + std::string(version.substr(0, version.find('+')));
}

Result<std::string> read_held_package(database::Connection& connection, std::string_view plugin,
                                      std::string_view version) {
  auto rows = connection.query("SELECT detail FROM audit WHERE subject = ? AND action = ? ORDER BY line DESC LIMIT 1",
                               held_subject_of(plugin, version), kHoldVersion);
  std::string digest(rows.next() ? rows.text(0) : "");
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return digest;
}

// It was published, and a restore lost it: whoever followed then knows these bytes by this name.
Result<void> require_held_package(database::Connection& connection, const ReleaseRecord& release) {
  const auto held = read_held_package(connection, release.plugin, release.version);
  if (!held) return std::unexpected(held.error());
  if (held->empty() || *held == to_hex(release.package_sha256)) return {};
  return failure(Code::already_exists, "release.version_taken",
                 fmt::format("version: {} was published with other bytes (sha256 {}), before this registry was brought "
                             "back from a backup; publish those, or another version",
                             subject_of(release), *held));
}

Result<ChangedNames> read_changed_names(database::Connection& connection, const AuditHead& since) {
  ChangedNames changed;
  const auto head = head_of(connection);
  if (!head) return std::unexpected(head.error());
  changed.head = *head;
  const auto is_known = is_place(connection, since);
  if (!is_known) return std::unexpected(is_known.error());
  changed.is_whole = !*is_known;
  if (changed.is_whole) return changed;
  auto rows = connection.query("SELECT subject FROM audit WHERE line > ?", since.lines);
  while (!changed.is_whole && rows.next()) {
    add(changed, rows.text(0));
    changed.is_whole = changed.releases.size() + changed.names.size() > kNamesMax;
  }
  if (changed.is_whole) {
    changed.releases.clear();
    changed.names.clear();
    return changed;
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return changed;
}

}  // namespace stoa::registry

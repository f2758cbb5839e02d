// role.cpp: one table says what each role may. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/role.hpp"

#include <fmt/format.h>

#include <array>

namespace stoa::registry {
namespace {

constexpr std::array<std::string_view, 5> kRoles{"admin", "reviewer", "finance", "auditor", "host"};

struct Row {
  Permission permission;
  std::string_view what;
  std::array<bool, 5> may;  // in the order of kRoles
};
constexpr Row kTable[] = {
    {Permission::manage_operators, "manage operators", {true, false, false, false, false}},
    {Permission::manage_publishers, "manage publishers", {true, false, false, false, false}},
    {Permission::review, "review releases", {true, true, false, false, false}},
    {Permission::revoke, "revoke releases", {true, true, false, false, false}},
    {Permission::move_aliases, "move aliases", {true, true, false, false, false}},
    {Permission::roll_out, "roll releases out", {true, true, false, false, false}},
    {Permission::report_rollouts, "report on roll-outs", {true, true, false, false, true}},
    {Permission::read_catalogue, "read what is not public", {true, true, true, true, false}},
    {Permission::read_audit, "read the audit log", {true, false, false, true, false}},
    {Permission::maintain, "maintain the registry", {true, false, false, false, false}},
    {Permission::manage_customers, "manage customers, licences and prices", {true, false, true, false, false}},
    {Permission::read_customers, "read customers, licences and prices", {true, true, true, true, false}},
};

const Row& row_of(Permission permission) {
  for (const Row& row : kTable)
    if (row.permission == permission) return row;
  return kTable[0];  // not reached: role_test.cpp holds the table against the enumeration
}

std::string roles_that(const Row& row) {
  std::string roles;
  for (std::size_t i = 0; i < kRoles.size(); ++i)
    if (row.may[i]) roles += (roles.empty() ? "" : ", ") + std::string(kRoles[i]);
  return roles;
}

}  // namespace

std::string_view name_of(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

std::optional<Role> role_of(std::string_view name) {
  for (std::size_t i = 0; i < kRoles.size(); ++i)
    if (kRoles[i] == name) return static_cast<Role>(i);
  return std::nullopt;
}

bool may(Role role, Permission permission) { return row_of(permission).may[static_cast<std::size_t>(role)]; }

std::string Actor::text() const {
  switch (kind) {
    case Kind::operators:
      return "operator:" + name;
    case Kind::publisher:
      return "publisher:" + name;
    case Kind::registry:
      break;
  }
  return "registry";
}

Result<void> require(const Actor& actor, Permission permission) {
  if (actor.kind == Actor::Kind::registry) return {};
  const Row& row = row_of(permission);
  if (actor.kind == Actor::Kind::operators && may(actor.role, permission)) return {};
  return failure(Code::permission_denied, "role.not_allowed",
                 fmt::format("{}{} may not {}; {} may", actor.text(),
                             actor.kind == Actor::Kind::operators ? fmt::format(" ({})", name_of(actor.role)) : "",
                             row.what, roles_that(row)));
}

Result<void> require_publisher(const Actor& actor, std::string_view name_space, Permission otherwise) {
  if (actor.kind != Actor::Kind::publisher) return require(actor, otherwise);
  if (actor.name == name_space) return {};
  return failure(Code::permission_denied, "publisher.foreign",
                 fmt::format("{} may not act for publisher '{}'", actor.text(), name_space));
}

}  // namespace stoa::registry

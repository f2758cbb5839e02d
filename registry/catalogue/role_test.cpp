// role_test.cpp: every role, every permission. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/role.hpp"

#include <gtest/gtest.h>

namespace stoa::registry {
namespace {

using enum Permission;

struct PermissionRow {
  Permission permission;
  std::string_view roles;  // admin, reviewer, finance, auditor, host
};
constexpr PermissionRow kRows[] = {
    {manage_operators, "x...."}, {manage_publishers, "x...."}, {review, "xx..."},           {revoke, "xx..."},
    {move_aliases, "xx..."},     {roll_out, "xx..."},          {report_rollouts, "xx..x"},  {read_catalogue, "xxxx."},
    {read_audit, "x..x."},       {maintain, "x...."},          {manage_customers, "x.x.."}, {read_customers, "xxxx."},
};
constexpr Role kRoles[] = {Role::admin, Role::reviewer, Role::finance, Role::auditor, Role::host};

TEST(Role, MayWhatItsRowSays) {
  // The last permission of the enumeration: a new one wants a row here and in role.cpp.
  ASSERT_EQ(std::size(kRows), static_cast<std::size_t>(read_customers) + 1);
  for (std::size_t row = 0; row < std::size(kRows); ++row) {
    ASSERT_EQ(static_cast<std::size_t>(kRows[row].permission), row);
    for (std::size_t i = 0; i < std::size(kRoles); ++i) {
      const bool expected = kRows[row].roles[i] == 'x';
      EXPECT_EQ(may(kRoles[i], kRows[row].permission), expected) << name_of(kRoles[i]) << ", permission " << row;
      const auto required = require({Actor::Kind::operators, "zoe", kRoles[i]}, kRows[row].permission);
      ASSERT_EQ(required.has_value(), expected);
      if (required) continue;
      EXPECT_EQ(required.error().reason, "role.not_allowed");
      EXPECT_EQ(required.error().code, Code::permission_denied);
      EXPECT_TRUE(
          required.error().message.starts_with("operator:zoe (" + std::string(name_of(kRoles[i])) + ") may not "))
          << required.error().message;
    }
  }
}

TEST(Role, IsNothingAPublisherHas) {
  const Actor acme{Actor::Kind::publisher, "acme", Role::admin};  // the role of a publisher counts for nothing
  for (const auto& [permission, roles] : kRows) {
    EXPECT_EQ(require(acme, permission).error().reason, "role.not_allowed");
    EXPECT_TRUE(require(Actor::registry(), permission));
    EXPECT_TRUE(require_publisher(acme, "acme", permission));
    for (const std::string_view other : {"acm", "acme2", "Acme", ""})
      EXPECT_EQ(require_publisher(acme, other, permission).error().reason, "publisher.foreign") << other;
  }
}

TEST(Role, HasANameThatReadsBack) {
  for (const Role role : kRoles) EXPECT_EQ(role_of(name_of(role)), role);
  for (const std::string_view none : {"", "Admin", "root", "admin "}) EXPECT_EQ(role_of(none), std::nullopt);
}

}  // namespace
}  // namespace stoa::registry

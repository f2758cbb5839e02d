// token_test.cpp: what a token looks like, which ones open the door, and what is kept of them.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/token.hpp"

#include <gtest/gtest.h>

#include <set>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kLetters = "0123456789abcdefghjkmnpqrstvwxyz";

TEST(Token, HasAPrefixAndAChecksum) {
  std::set<std::string> seen;
  for (const auto& [kind, prefix] : {std::pair{TokenKind::operators, "stoa_op_"}, {TokenKind::publisher, "stoa_pub_"}})
    for (int i = 0; i < 100; ++i) {
      const std::string token = new_token(kind);
      EXPECT_TRUE(token.starts_with(prefix)) << token;
      EXPECT_EQ(token.size(), std::string_view(prefix).size() + 38);
      EXPECT_EQ(token.find_first_not_of(kLetters, std::string_view(prefix).size()), std::string::npos) << token;
      EXPECT_TRUE(is_well_formed_token(token));
      EXPECT_TRUE(seen.insert(token).second);
    }
}

TEST(Token, IsKnownAsMistypedWhateverCharacterIsAnother) {
  const std::string token = new_token(TokenKind::publisher);
  for (std::size_t at = 0; at < token.size(); ++at) {
    for (const char other : kLetters) {
      std::string mistyped = token;
      mistyped[at] = other;
      EXPECT_EQ(is_well_formed_token(mistyped), mistyped == token) << mistyped;
    }
    EXPECT_FALSE(is_well_formed_token(token.substr(0, at)));
    std::string exchanged = token;
    if (at > 0) std::swap(exchanged[at], exchanged[at - 1]);
    EXPECT_EQ(is_well_formed_token(exchanged), exchanged == token) << exchanged;
  }
  for (const std::string& other : {token + "0", " " + token, token + "\n", std::string(), std::string(47, '\0')})
    EXPECT_FALSE(is_well_formed_token(other));
}

TEST(Token, OfTheFirstAdminIsKeptOrThereIsNoFirstAdmin) {
  TestCatalogue on;
  const auto lost = on->create_first_admin(
      "root", [](const std::string&) { return Result<void>(failure(Code::unavailable, "file.io", "full")); });
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().reason, "file.io");
  std::string kept;
  const auto first = on->create_first_admin("root", [&](const std::string& token) {
    kept = token;
    return Result<void>();
  });
  ASSERT_TRUE(first && *first) << "the next start makes one";
  EXPECT_EQ((*first)->token, kept);
  EXPECT_EQ(on->authenticate(kept)->text(), "operator:root");
}

TEST(Token, SaysWhoActsUntilItIsTakenBack) {
  TestCatalogue on;
  const auto first = on->create_first_admin("root");
  ASSERT_TRUE(first && *first);
  EXPECT_EQ(on.refusal([&] {
    return on->create_first_admin("root")->has_value() ? Result<void>() : failure(Code::already_exists, "none", "");
  }),
            "none");
  const Actor root = *on->authenticate((*first)->token);
  EXPECT_EQ(root.text(), "operator:root");
  EXPECT_EQ(root.role, Role::admin);
  for (const Role role : {Role::admin, Role::reviewer, Role::finance, Role::auditor}) {
    const std::string name(name_of(role));
    const auto made = on->create_operator(root, name, role);
    ASSERT_TRUE(made) << made.error().message;
    const auto actor = on->authenticate(made->token);
    ASSERT_TRUE(actor);
    EXPECT_EQ(actor->text(), "operator:" + name);
    EXPECT_EQ(actor->role, role);
    ASSERT_TRUE(on->revoke_operator(root, name));
    EXPECT_EQ(on->authenticate(made->token).error().reason, "token.unknown");
    EXPECT_EQ(on.refusal([&] { return on->revoke_operator(root, name); }), "operator.revoked");
    EXPECT_EQ(on.refusal([&] { return on->create_operator(root, name, role); }), "operator.exists");
  }
  EXPECT_EQ(on.refusal([&] { return on->revoke_operator(root, "root"); }), "operator.last_admin");
  ASSERT_TRUE(on->create_operator(root, "other", Role::admin));
  EXPECT_EQ(on.refusal([&] { return on->revoke_operator(root, "nobody"); }), "operator.unknown");
  EXPECT_TRUE(on->revoke_operator(root, "root")) << "there is another admin";
  EXPECT_EQ(on->authenticate((*first)->token).error().reason, "token.unknown");
  for (const std::string& name :
       {std::string(), std::string("A"), std::string("a b"), std::string(65, 'a'), std::string("a\n")})
    EXPECT_EQ(on.refusal([&] { return on->create_operator(on.admin, name, Role::admin); }), "operator.name") << name;
}

TEST(Token, OfAPublisherIsReplacedAndClosed) {
  TestCatalogue on;
  const auto made = on->create_publisher(on.admin, "acme", "");
  ASSERT_TRUE(made);
  EXPECT_EQ(on->authenticate(made->token)->text(), "publisher:acme");
  const auto next = on->replace_publisher_token(on.acme, "acme");
  ASSERT_TRUE(next);
  EXPECT_EQ(on->authenticate(made->token).error().reason, "token.unknown");
  on.open();
  EXPECT_EQ(on->authenticate(next->token)->text(), "publisher:acme");
  ASSERT_TRUE(on->set_publisher_state(on.admin, "acme", "closed", "gone"));
  EXPECT_EQ(on->authenticate(next->token).error().reason, "token.unknown");
  EXPECT_EQ(on.refusal([&] { return on->replace_publisher_token(on.admin, "nobody"); }), "publisher.unknown");
  EXPECT_EQ(on.refusal([&] { return on->replace_publisher_token(on.admin, "acme"); }), "publisher.state");
}

TEST(Token, IsNowhereInTheFiles) {
  TestCatalogue on;
  const std::string token = on->create_publisher(on.admin, "acme", "")->token;
  const std::string secret = token.substr(9, 32);
  for (const char* end : {"", "-wal"})
    EXPECT_EQ(file_bytes(on.file().string() + end).find(secret), std::string::npos) << end;
  bool is_hash_there = false;
  for (const auto& [table, lines] : contents_of(on.file())) {
    EXPECT_EQ(lines.find(secret), std::string::npos) << table;
    std::string hash = to_hex(hash_of_token(token));
    for (char& c : hash) c = static_cast<char>(std::toupper(c));
    is_hash_there |= lines.find(hash) != std::string::npos;
  }
  EXPECT_TRUE(is_hash_there);
}

}  // namespace
}  // namespace stoa::registry

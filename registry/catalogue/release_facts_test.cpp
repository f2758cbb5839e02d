// release_facts_test.cpp: facts come back as they were written, and nothing else is read.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/release_facts.hpp"

#include <gtest/gtest.h>

namespace stoa::registry {
namespace {

ReleaseFacts some() {
  return {.models = {"acme/classify", "acme/talk"},
          .platforms = {{"linux", "x86_64", "glibc", "2.36"}, {"linux", "aarch64", "", ""}},
          .permissions = {"device:cuda", "scratch:64MiB"},
          .min_isolation = "T2",
          .abi_min = 1,
          .abi_max = 3};
}

TEST(ReleaseFacts, ComeBackAsTheyWereWritten) {
  ReleaseFacts bare;
  bare.models = {"a/b"};
  for (const ReleaseFacts& facts : {some(), bare, ReleaseFacts{}}) {
    const auto read = parse_facts(text_of(facts));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*read, facts) << text_of(facts);
  }
  EXPECT_EQ(text_of(some()),
            "abi 1 3\nisolation T2\nplatform linux x86_64 glibc 2.36\nplatform linux aarch64 - -\n"
            "permission device:cuda\npermission scratch:64MiB\nmodel acme/classify\nmodel acme/talk\n")
      << "other programs' files have this form";
}

TEST(ReleaseFacts, AreNotReadFromWhatIsNone) {
  for (const std::string_view text :
       {"abi 1\n", "abi 1 x\n", "abi 1 2 3\n", "model\n", "model a/b c\n", "nothing\n", "\n",
        "platform linux x86_64 glibc\n", "platform linux x86_64 glibc 2.36 more\n", "abi 1 99999999999\n"}) {
    const auto read = parse_facts(text);
    EXPECT_EQ(read ? "" : read.error().reason, "facts.syntax") << text;
  }
}

}  // namespace
}  // namespace stoa::registry

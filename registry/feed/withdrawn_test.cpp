// withdrawn_test.cpp: what was signed once is remembered for its bytes. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/withdrawn.hpp"

#include <gtest/gtest.h>

#include "registry/document/test_folder.hpp"

namespace stoa::registry {
namespace {

TEST(Withdrawn, GrowsByWhatIsNew) {
  TestFolder folder;
  const SignedVersion one{"acme/vision", "1.2.0", Sha256{1}}, two{"acme/vision", "1.3.0+build.2", Sha256{2}},
      other{"acme/vision", "1.2.0", Sha256{3}};
  const auto file = folder / kWithdrawnFile;
  ASSERT_TRUE(keep_withdrawn(folder.path(), {}));
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_EQ(read_withdrawn(folder.path()).value(), std::vector<SignedVersion>());
  ASSERT_TRUE(keep_withdrawn(folder.path(), {one}));
  ASSERT_TRUE(keep_withdrawn(folder.path(), {one, two}));
  EXPECT_EQ(read_withdrawn(folder.path()).value(), (std::vector{one, two}));
  const auto written = std::filesystem::last_write_time(file);
  ASSERT_TRUE(keep_withdrawn(folder.path(), {two, one}));
  EXPECT_EQ(std::filesystem::last_write_time(file), written) << "nothing of it was new";
  ASSERT_TRUE(keep_withdrawn(folder.path(), {other}));
  EXPECT_EQ(read_withdrawn(folder.path()).value(), (std::vector{one, two, other}));
}

TEST(Withdrawn, ThatIsDamagedIsNotAddedTo) {
  TestFolder folder;
  const std::string digest(64, 'a');
  for (const std::string& text :
       {"acme/vision 1.2.0 " + digest, "acme/vision " + digest + "\n", "acme/vision 1.2.0 " + digest + "0\n",
        " 1.2.0 " + digest + "\n", "acme/vision  " + digest + "\n", std::string("\n")}) {
    write_file(folder / kWithdrawnFile, text);
    const auto read = read_withdrawn(folder.path());
    EXPECT_EQ(read ? "read" : read.error().reason, "feed.withdrawn") << text;
    const auto kept = keep_withdrawn(folder.path(), {{"acme/vision", "1.3.0", Sha256{2}}});
    EXPECT_EQ(kept ? "kept" : kept.error().reason, "feed.withdrawn") << text;
    EXPECT_EQ(file_bytes(folder / kWithdrawnFile), text);
  }
}

}  // namespace
}  // namespace stoa::registry

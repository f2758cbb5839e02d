// log_folder_test.cpp: a log on the disk: proofs of all it holds, restarts, failures, and what somebody changed.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/log/log_folder.hpp"

#include <gtest/gtest.h>

#include <map>

#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

using registry::PrivateKey;

class LogFolderTest : public testing::Test {
 protected:
  std::unique_ptr<LogFolder> open() {
    auto log = LogFolder::open(path_, verifier_, key_);
    EXPECT_TRUE(log) << log.error().message;
    return log ? std::move(*log) : nullptr;
  }
  static std::string entry(std::uint64_t index) { return "entry " + std::to_string(index); }
  static void grow(LogFolder& log, std::uint64_t by) {
    std::vector<std::string> entries;
    for (std::uint64_t i = 0; i < by; ++i) entries.push_back(entry(log.size() + i));
    const std::vector<std::string_view> views(entries.begin(), entries.end());
    const auto grown = log.append(views);
    ASSERT_TRUE(grown) << grown.error().message;
  }

  PrivateKey key_ = PrivateKey::generate();
  NoteVerifier verifier_ = *NoteVerifier::make("stoa.example/log", key_.public_key());
  registry::TestFolder folder_;
  std::filesystem::path path_ = folder_ / "log";
};

TEST_F(LogFolderTest, ProvesEachEntryAndEachEarlierSizeAcrossRestarts) {
  std::map<std::uint64_t, TreeHead> heads;
  for (const std::uint64_t by : {1, 1, 254, 1, 255, 300, 1}) {
    const auto log = open();
    grow(*log, by);
    heads[log->size()] = log->checkpoint().head;
    for (const auto& [size, head] : heads) {
      EXPECT_EQ(log->head_at(size), head);
      const auto proof = log->prove_consistency(size);
      ASSERT_TRUE(proof);
      EXPECT_TRUE(verify_consistency(head, log->checkpoint().head, *proof)) << size << " to " << log->size();
    }
  }
  const auto log = open();
  EXPECT_EQ(log->head_at(0), (TreeHead{0, empty_root()}));
  EXPECT_EQ(log->head_at(log->size() + 1).error().reason, "log.range");
  for (std::uint64_t index = 0; index < log->size(); ++index) {
    const auto proof = log->prove(index);
    ASSERT_TRUE(proof) << proof.error().message;
    const auto read = parse_proof(proof_text(*proof));
    EXPECT_EQ(read, *proof);
    EXPECT_TRUE(verify_proof(*read, entry(index), verifier_)) << index;
    EXPECT_EQ(verify_proof(*read, entry(index + 1), verifier_).error().reason, "log.proof");
  }
}

TEST_F(LogFolderTest, HoldsTheFilesOfTheSpecification) {
  const auto log = open();
  grow(*log, 200);
  grow(*log, 57);
  for (const char* path :
       {"checkpoint", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1", "tile/entries/000", "tile/entries/001.p/1"})
    EXPECT_TRUE(std::filesystem::exists(path_ / path)) << path;
  EXPECT_FALSE(std::filesystem::exists(path_ / "tile/0/000.p"));
  EXPECT_EQ(entries_of(registry::file_bytes(path_ / "tile/entries/001.p/1")),
            std::vector<std::string_view>{"entry 256"});
  EXPECT_EQ(registry::file_bytes(path_ / "tile/0/001.p/1").size(), 32u);
  EXPECT_EQ(registry::file_bytes(path_ / "checkpoint"), log->note());
}

TEST_F(LogFolderTest, ABatchThatFailsIsForgottenAndComesAgain) {
  const auto log = open();
  grow(*log, 250);
  const Checkpoint before = log->checkpoint();
  // A file where a folder has to be: the next full bundle cannot be written.
  std::filesystem::rename(path_ / "tile/entries", path_ / "elsewhere");
  registry::write_file(path_ / "tile/entries", "in the way");
  std::vector<std::string> entries;
  for (std::uint64_t i = 0; i < 20; ++i) entries.push_back(entry(250 + i));
  const std::vector<std::string_view> views(entries.begin(), entries.end());
  EXPECT_FALSE(log->append(views));
  EXPECT_EQ(log->checkpoint(), before);
  std::filesystem::remove(path_ / "tile/entries");
  std::filesystem::rename(path_ / "elsewhere", path_ / "tile/entries");
  grow(*log, 20);
  EXPECT_EQ(log->size(), 270u);
  EXPECT_TRUE(verify_proof(*log->prove(269), entry(269), verifier_));
  EXPECT_EQ(open()->checkpoint(), log->checkpoint());
}

TEST_F(LogFolderTest, WhatWasChangedIsNotGoneOnWith) {
  grow(*open(), 300);
  const auto reason_with = [&](const char* path, std::size_t at) {
    const std::string whole = registry::file_bytes(path_ / path);
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    registry::write_file(path_ / path, changed);
    const auto log = LogFolder::open(path_, verifier_, key_);
    const auto proof = log ? (*log)->prove(1) : std::unexpected(log.error());
    registry::write_file(path_ / path, whole);
    return proof ? std::string("proved") : proof.error().reason;
  };
  EXPECT_EQ(reason_with("tile/0/000", 40), "log.broken");
  EXPECT_EQ(reason_with("tile/0/001.p/44", 0), "log.broken");
  EXPECT_EQ(reason_with("checkpoint", 18), "note.signature");
  EXPECT_EQ(reason_with("checkpoint", 0), "note.signature");
  const PrivateKey other = PrivateKey::generate();
  EXPECT_EQ(LogFolder::open(path_, *NoteVerifier::make("stoa.example/log", other.public_key()), other).error().reason,
            "note.signature");
  EXPECT_TRUE(open());
}

TEST(ProofText, HasTheFormOfTheSpecification) {
  Sha256 hash{};
  const std::string line = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
  EXPECT_EQ(proof_text({5, {hash, hash}, "test checkpoint\n", ""}),
            "c2sp.org/tlog-proof@v1\nindex 5\n" + line + line + "\ntest checkpoint\n");
  EXPECT_EQ(proof_text({0, {}, "checkpoint\n", "more"}),
            "c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 0\n\ncheckpoint\n");
}

TEST(ProofText, RefusesWhatIsNone) {
  const std::string head = "c2sp.org/tlog-proof@v1\n";
  for (const std::string& text :
       {std::string(), head, head + "index\n\nx\n", head + "index x\n\nx\n", head + "index 01\n\nx\n",
        head + "index 1\nAAAA\n\nx\n", head + "index 1\n", head + "index 1\n\n", head + "extra !!\nindex 1\n\nx\n",
        head + "index 18446744073709551616\n\nx\n", head + "index -1\n\nx\n", "x" + head + "index 1\n\nx\n"})
    EXPECT_EQ(parse_proof(text).error().reason, "log.proof") << text;
}

}  // namespace
}  // namespace stoa::licensing

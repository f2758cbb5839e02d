// checkpoint_test.cpp: notes and checkpoints: a published one, our own, and every changed byte.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/log/checkpoint.hpp"

#include <gtest/gtest.h>

#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

using registry::PrivateKey;

// The example key and note of Go's golang.org/x/mod/sumdb/note documentation.
constexpr std::string_view kPeterKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
constexpr std::string_view kPeterNote =
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "\xe2\x80\x94 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

TEST(SignedNote, OpensWhatAnotherImplementationSigned) {
  const auto peter = NoteVerifier::parse(kPeterKey);
  ASSERT_TRUE(peter) << peter.error().message;
  EXPECT_EQ(peter->text(), kPeterKey);
  const auto note = open_note(kPeterNote, {&*peter, 1});
  ASSERT_TRUE(note) << note.error().message;
  EXPECT_EQ(note->signers, std::vector<std::string_view>{"PeterNeumann"});
}

class CheckpointTest : public testing::Test {
 protected:
  PrivateKey key_ = PrivateKey::generate(), witness_key_ = PrivateKey::generate();
  NoteVerifier log_ = *NoteVerifier::make("stoa.example/log", key_.public_key());
  NoteVerifier witness_ = *NoteVerifier::make("witness.example", witness_key_.public_key());
  Checkpoint checkpoint_{"stoa.example/log", {17, leaf_hash("x")}, {}};

  std::string note() const {
    const std::pair<NoteVerifier, const PrivateKey*> signers[] = {{log_, &key_}, {witness_, &witness_key_}};
    return sign_note(checkpoint_text(checkpoint_), signers);
  }
};

TEST_F(CheckpointTest, OpensAsItWasSigned) {
  EXPECT_EQ(open_checkpoint(note(), log_), checkpoint_);
  const NoteVerifier both[] = {log_, witness_};
  EXPECT_EQ(open_note(note(), both)->signers.size(), 2u);
  checkpoint_.extensions = {"time 1700000000"};
  EXPECT_EQ(open_checkpoint(note(), log_), checkpoint_);
}

TEST_F(CheckpointTest, NoChangedBitIsTakenForSigned) {
  const std::string whole = note();
  for (std::size_t i = 0; i < whole.size() * 8; ++i) {
    std::string changed = whole;
    changed[i / 8] = static_cast<char>(changed[i / 8] ^ 1 << i % 8);
    const NoteVerifier both[] = {log_, witness_};
    const auto opened = open_note(changed, both);
    // A witness whose name or id changed is somebody unknown: its line then counts for nothing.
    if (opened) EXPECT_EQ(opened->signers.size(), 1u) << i;
    if (opened) EXPECT_EQ(opened->text, checkpoint_text(checkpoint_)) << i;
  }
}

TEST_F(CheckpointTest, OfAnotherLogOrKeyIsRefused) {
  const PrivateKey other = PrivateKey::generate();
  const auto same_name = NoteVerifier::make("stoa.example/log", other.public_key());
  EXPECT_EQ(open_checkpoint(note(), *same_name).error().reason, "note.signature");
  checkpoint_.origin = "other.example/log";
  EXPECT_EQ(open_checkpoint(note(), log_).error().reason, "checkpoint.origin");
}

TEST_F(CheckpointTest, HasOneForm) {
  const std::string root = registry::to_base64(std::string(32, 'r'));
  for (const std::string& text :
       {std::string(), "log\n1\n" + root, std::string("log\n1\n"), "\n1\n" + root + "\n", "log\n01\n" + root + "\n",
        "log\n-1\n" + root + "\n", "log\n18446744073709551616\n" + root + "\n", "log\n1\n" + root.substr(1) + "\n",
        "log\n1\n" + root + "\n\n"})
    EXPECT_EQ(parse_checkpoint(text).error().reason, "checkpoint.form") << text;
}

TEST(SignedNote, RefusesWhatIsNone) {
  const auto peter = *NoteVerifier::parse(kPeterKey);
  for (const char* note : {"", "text", "text\n", "text\n\n", "te\txt\n\n\xe2\x80\x94 a b\n", "text\n\nno dash\n",
                           "text\n\n\xe2\x80\x94 a\n", "text\n\n\xe2\x80\x94 a !!\n", "text\n\n\xe2\x80\x94 a AAAA\n"})
    EXPECT_EQ(open_note(note, {&peter, 1}).error().reason, "note.form") << note;
  for (const char* key : {"", "a", "a+b", "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
                          "Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "a+00000000+AQ=="})
    EXPECT_EQ(NoteVerifier::parse(key).error().reason, "note.key") << key;
}

}  // namespace
}  // namespace stoa::licensing

// upload_test.cpp: resuming, quota, expiry, misuse, and many at once.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/upload.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "registry/blobs/test_store.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr UploadPolicy kPolicy{.idle_ns_max = 1000, .unfinished_max = 6};
constexpr UploadQuota kQuota{.bytes_max = 10'000'000, .stored_bytes = 0, .uploads_max = 4};

// A store with an upload of the text under way.
struct Upload {
  explicit Upload(std::string all, std::optional<Sha256> announced = std::nullopt) : text(std::move(all)) {
    const auto begun = uploads->begin({"acme", text.size(), announced}, kQuota, 100);
    EXPECT_TRUE(begun.has_value()) << begun.error().message;
    key.emplace(begun->id, "acme");
  }
  Result<UploadStatus> append(std::uint64_t offset, std::uint64_t bytes, std::int64_t now_ns = 200) {
    return uploads->append(*key, {offset, bytes_of(std::string_view(text).substr(offset, bytes))}, now_ns);
  }
  Result<Blob> finish(std::int64_t now_ns = 300) { return uploads->finish(*key, sha256_of(text), now_ns); }
  void restart() {
    uploads.reset();
    store.reopen();
    uploads.emplace(*store, kPolicy);
  }
  fs::path bytes() const { return store.root() / "uploads" / (key->id.text() + ".bytes"); }
  fs::path terms() const { return store.root() / "uploads" / (key->id.text() + ".terms"); }

  TestStore store;
  std::optional<Uploads> uploads{std::in_place, *store, kPolicy};
  std::string text;
  std::optional<UploadKey> key;
};

TEST(Uploads, BecomeABlob) {
  for (const bool is_announced : {false, true}) {
    const auto text = random_bytes(3'000'001, 1);
    Upload upload(text, is_announced ? std::optional(sha256_of(text)) : std::nullopt);
    for (std::uint64_t done = 0; done < text.size();) {
      const auto status = upload.append(done, 700'000);
      ASSERT_TRUE(status.has_value()) << status.error().message;
      done = status->offset;
    }
    const auto blob = upload.finish();
    ASSERT_TRUE(blob.has_value()) << blob.error().message;
    EXPECT_EQ(blob->stored_ns, 300);
    EXPECT_TRUE(read_all(upload.store->read(blob->digest)) == text);
    EXPECT_FALSE(fs::exists(upload.bytes()));
    const auto status = upload.uploads->status(*upload.key, 300).value();
    EXPECT_TRUE(status.is_finished);
    EXPECT_EQ(status.terms.digest, blob->digest);
  }
}

TEST(Uploads, OfNothingBecomeTheEmptyBlob) {
  Upload upload("");
  EXPECT_EQ(upload.finish().value().digest, sha256_of(""));
  EXPECT_EQ(read_all(upload.store->read(sha256_of(""))), "");
}

TEST(Uploads, GoOnAfterEveryRestart) {
  const auto text = random_bytes(2'500'000, 2);
  for (const std::size_t restart_every : {1, 2, 3}) {
    Upload upload(text);
    std::size_t chunks = 0;
    for (std::uint64_t done = 0; done < text.size();) {
      done = upload.append(done, 400'000).value().offset;
      if (++chunks % restart_every == 0) upload.restart();
      EXPECT_EQ(upload.uploads->status(*upload.key, 200).value().offset, done);
    }
    ASSERT_TRUE(upload.finish().has_value());
    EXPECT_TRUE(read_all(upload.store->read(sha256_of(text))) == text);
  }
}

TEST(Uploads, FinishMayBeAskedAgainUntilItExpires) {
  Upload upload("abc");
  ASSERT_TRUE(upload.append(0, 3).has_value());
  ASSERT_TRUE(upload.finish(300).has_value());
  upload.restart();
  EXPECT_EQ(upload.finish(1300).value().stored_ns, 1300);
  EXPECT_EQ(reason_of(upload.uploads->finish(*upload.key, sha256_of("other"), 400)), "upload.digest_mismatch");
  ASSERT_TRUE(upload.store->put(bytes_of("other"), 1).has_value());
  EXPECT_EQ(reason_of(upload.uploads->finish(*upload.key, sha256_of("other"), 400)), "upload.digest_mismatch")
      << "a finished upload tells nothing of other blobs";
  EXPECT_EQ(reason_of(upload.append(0, 3)), "upload.finished");
  EXPECT_EQ(reason_of(upload.finish(1301)), "upload.expired");
  ASSERT_TRUE(upload.store->remove(sha256_of("abc")).has_value());
  EXPECT_EQ(reason_of(upload.finish(400)), "blob.not_found");
}

struct ChunkRow {
  const char* name;
  std::uint64_t offset;
  const char* bytes;
  const char* reason;
  std::uint64_t end;
};

// "0123456789" of which "01234" is there.
TEST(UploadChunks, AreTakenAtTheEndOrKnownAlready) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const ChunkRow rows[] = {
      {"at the end", 5, "56", "", 7},
      {"to the last byte", 5, "56789", "", 10},
      {"nothing, at the end", 5, "", "", 5},
      {"nothing, before", 2, "", "", 5},
      {"again", 0, "01234", "", 5},
      {"again, a part", 2, "23", "", 5},
      {"again, with other bytes", 0, "01235", "upload.different", 5},
      {"again, the last byte other", 4, "x", "upload.different", 5},
      {"again and more", 3, "3456", "upload.offset", 5},
      {"all of it", 0, "0123456789", "upload.offset", 5},
      {"a gap of one", 6, "6", "upload.offset", 5},
      {"nothing, beyond the end", 6, "", "upload.offset", 5},
      {"the last byte only", 9, "9", "upload.offset", 5},
      {"one too many", 5, "567890", "upload.too_large", 5},
      {"beyond the size", 11, "", "upload.too_large", 5},
      {"far beyond", kMax, "x", "upload.too_large", 5},
      {"around the world", kMax - 1, "xyz", "upload.too_large", 5},
  };
  for (const auto& row : rows) {
    Upload upload("0123456789");
    ASSERT_TRUE(upload.append(0, 5).has_value());
    const auto appended = upload.uploads->append(*upload.key, {row.offset, bytes_of(row.bytes)}, 200);
    EXPECT_EQ(reason_of(appended), row.reason) << row.name;
    EXPECT_EQ(upload.uploads->status(*upload.key, 200).value().offset, row.end) << row.name;
    if (std::string(row.reason) == "upload.offset")
      EXPECT_TRUE(appended.error().message.ends_with("go on from 5")) << appended.error().message;
    if (row.end < 10) EXPECT_EQ(reason_of(upload.finish()), "upload.incomplete") << row.name;
    if (row.end < 10) ASSERT_TRUE(upload.append(row.end, 10).has_value()) << row.name;
    EXPECT_TRUE(upload.finish().has_value()) << row.name;
  }
}

struct BeginRow {
  const char* name;
  UploadTerms terms;
  UploadQuota quota;
  const char* reason;
};

TEST(UploadQuota, IsHeldWhenAnUploadBegins) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const BeginRow rows[] = {
      {"fits exactly", {"acme", 900, {}}, {1000, 90, 4}, ""},
      {"one byte more", {"acme", 901, {}}, {1000, 90, 4}, "upload.quota"},
      {"one byte less is left", {"acme", 900, {}}, {1000, 91, 4}, "upload.quota"},
      {"another owner's do not count", {"other", 910, {}}, {1000, 90, 4}, ""},
      {"nothing, with the quota used up", {"acme", 0, {}}, {100, 90, 4}, ""},
      {"nothing, with more than the quota used", {"acme", 0, {}}, {99, 90, 4}, "upload.quota"},
      {"no quota", {"acme", 1, {}}, {0, 0, 4}, "upload.quota"},
      {"stored bytes near the end of numbers", {"acme", 1, {}}, {kMax, kMax - 5, 4}, "upload.quota"},
      {"the end of numbers", {"acme", kMax, {}}, {kMax, 0, 4}, "upload.too_large"},
      {"larger than files are", {"acme", std::uint64_t{1} << 63, {}}, {kMax, 0, 4}, "upload.too_large"},
      {"as large as files are", {"acme", (std::uint64_t{1} << 63) - 1, {}}, {kMax, 0, 4}, ""},
      {"second of two", {"acme", 1, {}}, {1000, 0, 2}, ""},
      {"second of one", {"acme", 1, {}}, {1000, 0, 1}, "upload.too_many"},
      {"none allowed", {"other", 1, {}}, {1000, 0, 0}, "upload.too_many"},
      {"no owner", {"", 1, {}}, {1000, 0, 4}, "upload.owner"},
      {"an owner of two lines", {"acme\nsize 0", 1, {}}, {1000, 0, 4}, "upload.owner"},
      {"an owner with a zero", {std::string("a\0b", 3), 1, {}}, {1000, 0, 4}, "upload.owner"},
      {"a long owner", {std::string(200, 'x'), 1, {}}, {1000, 0, 4}, ""},
      {"too long an owner", {std::string(201, 'x'), 1, {}}, {1000, 0, 4}, "upload.owner"},
  };
  for (const auto& row : rows) {
    Upload other("0123456789");  // acme's: ten bytes are under way
    const auto begun = other.uploads->begin(row.terms, row.quota, 200);
    EXPECT_EQ(reason_of(begun), row.reason) << row.name;
    EXPECT_EQ(other.uploads->list().value().size(), begun ? 2u : 1u) << row.name;
    if (begun) EXPECT_EQ(other.uploads->status({begun->id, row.terms.owner}, 200).value().terms, row.terms) << row.name;
  }
}

TEST(UploadQuota, FinishedAndExpiredOnesDoNotCount) {
  Upload upload("0123456789");
  const UploadQuota narrow{.bytes_max = 10, .stored_bytes = 0, .uploads_max = 1};
  EXPECT_EQ(reason_of(upload.uploads->begin({"acme", 10, {}}, narrow, 200)), "upload.too_many");
  EXPECT_EQ(reason_of(upload.uploads->begin({"acme", 10, {}}, narrow, 1100)), "upload.too_many");
  const auto next = upload.uploads->begin({"acme", 10, {}}, narrow, 1101).value();
  EXPECT_FALSE(fs::exists(upload.bytes())) << "begin removes what expired";
  upload.key->id = next.id;
  ASSERT_TRUE(upload.append(0, 10, 1200).has_value());
  ASSERT_TRUE(upload.finish(1200).has_value());
  EXPECT_TRUE(upload.uploads->begin({"acme", 10, {}}, narrow, 1200).has_value());
}

TEST(UploadQuota, TheStoreHasABoundOfItsOwn) {
  Upload upload("x");
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(upload.uploads->begin({"owner" + std::to_string(i), 1, {}}, kQuota, 100).has_value());
  EXPECT_EQ(reason_of(upload.uploads->begin({"late", 1, {}}, kQuota, 100)), "upload.too_many");
  ASSERT_TRUE(upload.uploads->abort(*upload.key).has_value());
  EXPECT_TRUE(upload.uploads->begin({"late", 1, {}}, kQuota, 100).has_value());
}

TEST(UploadExpiry, CountsFromTheLastAppend) {
  Upload upload("0123456789");
  ASSERT_TRUE(upload.append(0, 5, 1000).has_value());
  EXPECT_EQ(upload.uploads->status(*upload.key, 2000).value().expires_ns, 2000);
  EXPECT_TRUE(upload.append(0, 5, 2000).has_value()) << "a repeated chunk keeps it alive too";
  EXPECT_EQ(reason_of(upload.uploads->status(*upload.key, 3001)), "upload.expired");
  EXPECT_EQ(reason_of(upload.append(5, 5, 3001)), "upload.expired");
  EXPECT_EQ(reason_of(upload.finish(3001)), "upload.expired");

  const auto dry = upload.uploads->sweep(3001, true).value();
  EXPECT_EQ(dry.expired.size(), 1u);
  EXPECT_EQ(dry.bytes, 5u);
  EXPECT_TRUE(fs::exists(upload.bytes())) << "a dry run removes nothing";
  EXPECT_EQ(upload.uploads->sweep(3000, false).value().expired.size(), 0u);
  const auto swept = upload.uploads->sweep(3001, false).value();
  EXPECT_EQ(swept.expired.size(), 1u);
  EXPECT_EQ(swept.bytes, 5u);
  EXPECT_EQ(leftovers_in(upload.store), 0u);
  EXPECT_EQ(reason_of(upload.append(5, 5, 3001)), "upload.not_found");
}

struct MisuseRow {
  const char* name;
  std::function<void(Upload&)> spoil;
  const char* append;  // the reason of appending the rest
  const char* finish;  // and of finishing then
};

TEST(UploadMisuse, IsRefusedForItsOwnReason) {
  const auto other_digest = [](Upload& upload) {
    upload.restart();
    const auto text = file_bytes(upload.terms());
    write_file(upload.terms(), text.substr(0, text.find("sha256")) + "sha256 " + to_hex(sha256_of("other")) + "\n");
  };
  const MisuseRow rows[] = {
      {"nothing wrong", [](Upload&) {}, "", ""},
      {"another owner", [](Upload& u) { u.key->owner = "other"; }, "upload.not_found", "upload.not_found"},
      {"no owner", [](Upload& u) { u.key->owner = ""; }, "upload.not_found", "upload.not_found"},
      {"another id", [](Upload& u) { u.key->id = UploadId::generate().value(); }, "upload.not_found",
       "upload.not_found"},
      {"aborted", [](Upload& u) { ASSERT_TRUE(u.uploads->abort(*u.key)); }, "upload.not_found", "upload.not_found"},
      {"another digest was announced", other_digest, "", "upload.digest_mismatch"},
      {"terms gone", [](Upload& u) { fs::remove(u.terms()); }, "upload.not_found", "upload.not_found"},
      {"terms empty", [](Upload& u) { write_file(u.terms(), ""); }, "upload.damaged", "upload.damaged"},
      {"terms with more", [](Upload& u) { write_file(u.terms(), file_bytes(u.terms()) + "x"); }, "upload.damaged",
       "upload.damaged"},
      {"terms of a megabyte", [](Upload& u) { write_file(u.terms(), std::string(1 << 20, 'x')); }, "file.too_large",
       "file.too_large"},
      {"terms are a link",
       [](Upload& u) {
         fs::rename(u.terms(), u.store.folder / "x"), fs::create_symlink(u.store.folder / "x", u.terms());
       },
       "file.not_regular", "file.not_regular"},
      {"bytes gone", [](Upload& u) { fs::remove(u.bytes()); }, "upload.damaged", "upload.damaged"},
      {"bytes are a link",
       [](Upload& u) {
         fs::rename(u.bytes(), u.store.folder / "x"), fs::create_symlink(u.store.folder / "x", u.bytes());
       },
       "file.not_regular", "file.not_regular"},
      {"bytes are a folder", [](Upload& u) { fs::remove(u.bytes()), fs::create_directory(u.bytes()); },
       "file.not_regular", "file.not_regular"},
      {"a byte changed, restarted", [](Upload& u) { flip_byte(u.bytes(), 2), u.restart(); }, "",
       "upload.digest_mismatch"},
      {"bytes cut", [](Upload& u) { resize(u.bytes(), 4); }, "upload.offset", "upload.incomplete"},
      {"bytes longer", [](Upload& u) { resize(u.bytes(), 20); }, "upload.different", "upload.incomplete"},
  };
  for (const auto& row : rows) {
    Upload upload("0123456789");
    ASSERT_TRUE(upload.append(0, 5).has_value());
    row.spoil(upload);
    EXPECT_EQ(reason_of(upload.append(5, 5)), row.append) << row.name;
    EXPECT_EQ(reason_of(upload.finish()), row.finish) << row.name;
    if (*row.finish != '\0') EXPECT_TRUE(upload.store->list().value().empty()) << row.name;
  }
}

TEST(UploadMisuse, OneThatIsWorkedOnIsBusy) {
  Upload upload("0123456789");
  {
    const auto by_another = upload.store->uploads().open(upload.bytes().filename(), StoreFolder::Access::read).value();
    ASSERT_TRUE(try_lock_exclusive(by_another).value());
    EXPECT_EQ(reason_of(upload.append(0, 5)), "upload.busy");
    EXPECT_EQ(reason_of(upload.finish()), "upload.busy");
    EXPECT_EQ(reason_of(upload.uploads->abort(*upload.key)), "upload.busy");
    EXPECT_TRUE(upload.uploads->sweep(5000, false).value().expired.empty());
    EXPECT_TRUE(upload.uploads->status(*upload.key, 200).has_value()) << "looking disturbs nobody";
  }
  EXPECT_TRUE(upload.append(0, 10).has_value());
  EXPECT_TRUE(upload.finish().has_value());
}

TEST(UploadMisuse, IdsThatAreNoneAreNotRead) {
  for (const char* text :
       {"", "x", "../../../../../../etc/passwd", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0",
        "0123456789ABCDEF0123456789abcdef", "0123456789abcdef/123456789abcdef", ".123456789abcdef0123456789abcdef"})
    EXPECT_FALSE(UploadId::parse(text).has_value()) << text;
  const auto id = UploadId::generate().value();
  EXPECT_EQ(UploadId::parse(id.text()), id);
  EXPECT_NE(UploadId::generate().value(), id);
}

// Eight threads send the same upload, each from where it is told to go on; two of them also finish.
TEST(Uploads, ConcurrentAppendsNeverMix) {
  const auto text = random_bytes(400'000, 3);
  Upload upload(text);
  std::atomic<int> wrong{0}, busy{0};
  const auto send = [&](std::uint64_t chunk_bytes) {
    for (;;) {
      const auto status = upload.uploads->status(*upload.key, 200);
      if (!status || status->is_finished) return;
      const auto reason =
          reason_of(status->offset < text.size() ? upload.append(status->offset, chunk_bytes) : upload.append(0, 9));
      if (reason == "upload.busy") ++busy;
      if (reason != "" && reason != "upload.busy" && reason != "upload.offset" && reason != "upload.finished") ++wrong;
      const auto finished = reason_of(upload.finish());
      if (finished != "" && finished != "upload.busy" && finished != "upload.incomplete" &&
          finished != "upload.finished")
        ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t i = 0; i < 8; ++i) threads.emplace_back(send, 9'000 + i);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_TRUE(read_all(upload.store->read(sha256_of(text))) == text);
}

TEST(UploadTerms, HaveOneText) {
  const UploadTerms terms[] = {
      {"a", 0, {}}, {"acme corp", 1, sha256_of("x")}, {std::string(200, '\xc3'), 1ull << 62, {}}};
  for (const auto& row : terms) {
    const auto text = terms_to_text(row);
    EXPECT_EQ(terms_from_text(text), row);
    for (std::size_t cut = 0; cut < text.size(); ++cut) EXPECT_FALSE(terms_from_text(text.substr(0, cut))) << cut;
    EXPECT_FALSE(terms_from_text(text + "\n"));
  }
  for (const char* text :
       {"stoa upload 2\nowner a\nsize 1\nsha256 -\n", "stoa upload 1\nowner \nsize 1\nsha256 -\n",
        "stoa upload 1\nowner a\nsize 01\nsha256 -\n", "stoa upload 1\nowner a\nsize -1\nsha256 -\n",
        "stoa upload 1\nowner a\nsize 1x\nsha256 -\n", "stoa upload 1\nowner a\nsize \nsha256 -\n",
        "stoa upload 1\nowner a\nsize 18446744073709551616\nsha256 -\n", "stoa upload 1\nowner a\nsize 1\nsha256 abc\n",
        "stoa upload 1 \nowner a\nsize 1\nsha256 -\n"})
    EXPECT_FALSE(terms_from_text(text).has_value()) << text;
}

}  // namespace
}  // namespace stoa::registry

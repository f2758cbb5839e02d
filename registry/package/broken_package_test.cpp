// broken_package_test.cpp: a table of packages with one thing wrong, each refused for its own reason, and bombs.
// SPDX-License-Identifier: Apache-2.0
#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "registry/package/container.hpp"
#include "registry/package/package_reader.hpp"
#include "registry/package/test_package.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct TarEntry {
  std::string path, data;
  unsigned type = AE_IFREG;
  std::string link = {};
  int mode = 0644;
  std::int64_t mtime = 0, uid = 0;
};

struct Draft {
  Json manifest;
  std::vector<TarEntry> files;                                      // after manifest and envelope
  std::function<void(std::vector<TarEntry>&)> edit = [](auto&) {};  // of all entries, once the envelope is made
  std::function<void(std::string&)> patch = [](auto&) {};           // of the archive's bytes
  std::function<void(archive*)> format = [](archive* a) { archive_write_set_format_ustar(a); };
  const PrivateKey* signer = nullptr;
};

std::string tar_bytes(const std::vector<TarEntry>& entries, const std::function<void(archive*)>& format) {
  std::string out;
  const auto take = [](archive*, void* client, const void* data, std::size_t n) -> la_ssize_t {
    static_cast<std::string*>(client)->append(static_cast<const char*>(data), n);
    return static_cast<la_ssize_t>(n);
  };
  archive* a = archive_write_new();
  format(a);
  archive_write_set_bytes_in_last_block(a, 1);
  EXPECT_EQ(archive_write_open(a, &out, nullptr, take, nullptr), ARCHIVE_OK);
  for (const auto& row : entries) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, row.path.c_str());
    archive_entry_set_filetype(entry, row.type);
    archive_entry_set_perm(entry, static_cast<mode_t>(row.mode));
    archive_entry_set_mtime(entry, row.mtime, 0);
    archive_entry_set_uid(entry, row.uid);
    if (row.type == AE_IFLNK) archive_entry_set_symlink(entry, row.link.c_str());
    if (row.type == AE_IFREG && !row.link.empty()) archive_entry_set_hardlink(entry, row.link.c_str());
    archive_entry_set_size(entry,
                           row.link.empty() && row.type == AE_IFREG ? static_cast<la_int64_t>(row.data.size()) : 0);
    EXPECT_GE(archive_write_header(a, entry), ARCHIVE_WARN) << archive_error_string(a);
    if (row.link.empty() && row.type == AE_IFREG) archive_write_data(a, row.data.data(), row.data.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  return out;
}

// Makes the header at offset valid again after a change.
void fix_checksum(std::string& bytes, std::size_t offset) {
  for (std::size_t i = 148; i < 156; ++i) bytes[offset + i] = ' ';
  unsigned sum = 0;
  for (std::size_t i = 0; i < 512; ++i) sum += static_cast<unsigned char>(bytes[offset + i]);
  std::snprintf(&bytes[offset + 148], 8, "%06o", sum);
  bytes[offset + 155] = ' ';
}

std::size_t header_of(const std::string& bytes, const std::string& path) {
  for (std::size_t at = 0; at + 512 <= bytes.size(); at += 512)
    if (bytes.compare(at, path.size() + 1, path.c_str(), path.size() + 1) == 0) return at;
  ADD_FAILURE() << "no header of " << path;
  return 0;
}

constexpr const char* kLibrary = "lib/linux-x86_64/plugin.so";
constexpr const char* kWeights = "assets/weights.bin";

class BrokenPackage : public ::testing::Test {
 protected:
  BrokenPackage() : key(PrivateKey::generate()) { trust.add("acme", key.public_key()); }

  Draft draft() const {
    Draft out;
    out.signer = &key;
    out.files = {{kLibrary, "library"}, {kWeights, std::string(700, 'w')}, {"assets/golden/boot.png", "png"}};
    out.manifest = Json::parse(kSampleManifest);
    std::size_t i = 0;
    for (auto* rows : {&out.manifest["platforms"], &out.manifest["assets"]})
      for (auto& row : *rows) {
        row["sha256"] = to_hex(sha256_of(out.files[i].data));
        row["size"] = out.files[i++].data.size();
      }
    out.manifest["source_sha256"] = std::string(64, '0');
    return out;
  }

  std::string bytes_of(const Draft& made) const {
    const auto json = made.manifest.dump();
    std::vector<TarEntry> entries = {{"manifest.json", json}};
    if (made.signer)
      entries.push_back({"manifest.dsse.json", serialise_envelope(sign_manifest(json, *made.signer), json)});
    entries.insert(entries.end(), made.files.begin(), made.files.end());
    made.edit(entries);
    auto bytes = tar_bytes(entries, made.format);
    made.patch(bytes);
    return bytes;
  }

  std::string reason_of(const Draft& made) const {
    write_file(folder / "x.stoa", bytes_of(made));
    const auto package = open_package(folder / "x.stoa", trust);
    return package ? "accepted" : package.error().reason;
  }

  TestFolder folder;
  PrivateKey key;
  TrustStore trust;
};

struct DamageRow {
  const char* name;
  const char* reason;
  std::function<void(Draft&)> spoil;
};

std::function<void(Draft&)> editing(std::function<void(std::vector<TarEntry>&)> edit) {
  return [edit](Draft& d) { d.edit = edit; };
}
std::function<void(Draft&)> patching(std::function<void(std::string&)> patch) {
  return [patch](Draft& d) { d.patch = patch; };
}
std::function<void(Draft&)> adding(TarEntry entry) {
  return editing([entry](auto& entries) { entries.push_back(entry); });
}
std::function<void(Draft&)> in_format(int (*choose)(archive*)) {
  return [choose](Draft& d) { d.format = [choose](archive* a) { choose(a); }; };
}

TEST_F(BrokenPackage, TheUnbrokenDraftIsAccepted) { EXPECT_EQ(reason_of(draft()), "accepted"); }

TEST_F(BrokenPackage, EachIsRefusedForItsOwnReason) {
  const PrivateKey stranger = PrivateKey::generate();
  const DamageRow rows[] = {
      // Not a package at all.
      {"empty", "package.truncated", patching([](auto& b) { b.clear(); })},
      {"text", "package.not_an_archive", patching([](auto& b) { b.assign(4096, 'x'); })},
      {"zeros", "package.truncated", patching([](auto& b) { b.assign(512, '\0'); })},
      {"only a trailer", "package.no_manifest", patching([](auto& b) { b.assign(1024, '\0'); })},
      {"gzip", "package.compressed", patching([](auto& b) { b.replace(0, 2, "\x1f\x8b"); })},
      {"zstd", "package.compressed", patching([](auto& b) { b.replace(0, 4, "\x28\xb5\x2f\xfd"); })},
      {"xz", "package.compressed", patching([](auto& b) {
         b.replace(0, 6,
                   std::string("\xfd"
                               "7zXZ\0",
                               6));
       })},
      {"bzip2", "package.compressed", patching([](auto& b) { b.replace(0, 4, "BZh9"); })},
      {"zip", "package.compressed", patching([](auto& b) { b.replace(0, 4, "PK\x03\x04"); })},
      {"cpio", "package.not_an_archive", in_format(archive_write_set_format_cpio_newc)},
      {"ar", "package.not_an_archive",
       [](Draft& d) {
         d.format = [](archive* a) { archive_write_set_format_ar_bsd(a); };
         d.edit = [](auto& e) {
           for (auto& x : e) x.path = "a";
         };
       }},
      // Paths.
      {"zip-slip", "package.parent_path", adding({"../evil", "x"})},
      {"zip-slip inside", "package.parent_path", adding({"assets/../../evil", "x"})},
      {"zip-slip at the end", "package.parent_path", adding({"assets/..", "x"})},
      {"absolute", "package.absolute_path", adding({"/etc/passwd", "x"})},
      {"dot", "package.unclean_path", adding({"./assets/x", "x"})},
      {"double slash", "package.unclean_path", adding({"assets//x", "x"})},
      {"backslash", "package.unclean_path", adding({"assets\\x", "x"})},
      {"control character", "package.unclean_path", adding({"assets/\x1b[2J", "x"})},
      // Kinds of entries.
      {"symlink", "package.link", adding({"assets/l", "", AE_IFLNK, "/etc/passwd"})},
      {"symlink in place of an asset", "package.link", editing([](auto& e) { e[3] = {kWeights, "", AE_IFLNK, "x"}; })},
      {"hard link", "package.link", adding({"assets/h", "", AE_IFREG, kWeights})},
      {"folder", "package.folder", adding({"assets/f/", "", AE_IFDIR})},
      {"fifo", "package.special_file", adding({"assets/p", "", AE_IFIFO})},
      {"character device", "package.special_file", adding({"assets/c", "", AE_IFCHR})},
      {"block device", "package.special_file", adding({"assets/b", "", AE_IFBLK})},
      // Entries against the manifest.
      {"manifest missing", "package.no_manifest", editing([](auto& e) { e.erase(e.begin()); })},
      {"manifest not first", "package.no_manifest", editing([](auto& e) { std::swap(e[0], e[1]); })},
      {"manifest twice", "package.duplicate_entry", editing([](auto& e) { e.push_back(e[0]); })},
      {"asset twice", "package.duplicate_entry", editing([](auto& e) { e.push_back(e[3]); })},
      {"unlisted entry", "package.unlisted_entry", adding({"assets/more", "x"})},
      {"unlisted second envelope", "package.unlisted_entry",
       editing([](auto& e) { e.push_back({"other.dsse.json", "x"}); })},
      {"envelope not second", "package.unlisted_entry", editing([](auto& e) { std::swap(e[1], e[2]); })},
      {"library missing", "package.missing_entry", editing([](auto& e) { e.erase(e.begin() + 2); })},
      {"asset missing", "package.missing_entry", editing([](auto& e) { e.pop_back(); })},
      {"entries in another order", "package.entry_order", editing([](auto& e) { std::swap(e[2], e[3]); })},
      {"asset longer than listed", "package.size_mismatch", editing([](auto& e) { e[3].data += "x"; })},
      {"asset shorter than listed", "package.size_mismatch", editing([](auto& e) { e[3].data.pop_back(); })},
      {"asset changed", "package.digest_mismatch", editing([](auto& e) { e[3].data[5] = 'W'; })},
      {"library changed", "package.digest_mismatch", editing([](auto& e) { e[2].data[0] = 'L'; })},
      {"too many entries", "package.too_many_entries", editing([](auto& e) {
         for (int i = 0; i < 5000; ++i) e.push_back({"assets/n" + std::to_string(i), ""});
       })},
      // The canonical form.
      {"pax format", "package.not_ustar",
       [](Draft& d) {
         d.format = [](archive* a) { archive_write_set_format_pax(a); };
         d.edit = [](auto& e) { e[2].uid = 1 << 24; };
       }},
      {"gnu format", "package.not_ustar", in_format(archive_write_set_format_gnutar)},
      {"v7 format", "package.not_ustar", in_format(archive_write_set_format_v7tar)},
      {"other mode", "package.not_canonical", editing([](auto& e) { e[2].mode = 0755; })},
      {"other time", "package.not_canonical", editing([](auto& e) { e[2].mtime = 1; })},
      {"other owner", "package.not_canonical", editing([](auto& e) { e[2].uid = 1000; })},
      {"checksum wrong", "package.damaged_header", patching([](auto& b) { b[header_of(b, kWeights) + 150] ^= 1; })},
      {"first checksum wrong", "package.not_an_archive", patching([](auto& b) { b[150] ^= 1; })},
      {"padding not zero", "package.not_canonical",
       patching([](auto& b) { b[header_of(b, kWeights) + 512 + 700] = 'x'; })},
      {"trailer not zero", "package.not_canonical", patching([](auto& b) { b.back() = 'x'; })},
      {"trailing bytes", "package.trailing_bytes", patching([](auto& b) { b += "x"; })},
      {"trailing zeros", "package.trailing_bytes", patching([](auto& b) { b.append(8192, '\0'); })},
      {"a second archive behind", "package.trailing_bytes", patching([](auto& b) { b += b; })},
      {"trailer missing", "package.truncated", patching([](auto& b) { b.resize(b.size() - 1024); })},
      {"half a trailer", "package.truncated", patching([](auto& b) { b.resize(b.size() - 512); })},
      {"cut in the data", "package.truncated", patching([](auto& b) { b.resize(header_of(b, kWeights) + 600); })},
      {"size lies: 8 GiB - 1", "package.truncated", patching([](auto& b) {
         const auto h = header_of(b, kWeights);
         b.replace(h + 124, 11, "77777777777");
         fix_checksum(b, h);
       })},
      {"size lies: base 256", "package.entry_too_large", patching([](auto& b) {
         const auto h = header_of(b, kWeights);
         b.replace(h + 124, 12, std::string("\x80\0\0\0\0\0\0\x03\0\0\0\0", 12));
         fix_checksum(b, h);
       })},
      {"size in other digits", "package.not_canonical", patching([](auto& b) {
         const auto h = header_of(b, kWeights);
         b.replace(h + 124, 12, std::string("       1274 "));
         fix_checksum(b, h);
       })},
      // Manifest and signature.
      {"manifest is no JSON", "manifest.json", editing([](auto& e) { e[0].data = "{"; })},
      {"manifest too large", "manifest.too_large", editing([](auto& e) { e[0].data.resize((1 << 20) + 1, ' '); })},
      {"manifest's author form", "manifest.missing_key", editing([](auto& e) { e[0].data = kSampleManifest; })},
      {"path in the manifest leads out", "manifest.path",
       [](Draft& d) { d.manifest["assets"][0]["path"] = "assets/../../x"; }},
      {"unsigned", "signature.missing", [](Draft& d) { d.signer = nullptr; }},
      {"unknown key", "signature.unknown_key", [&](Draft& d) { d.signer = &stranger; }},
      {"manifest changed after signing", "signature.other_manifest",
       editing([](auto& e) { e[0].data.insert(1, " "); })},
      {"envelope empty", "signature.envelope", editing([](auto& e) { e[1].data.clear(); })},
      {"envelope with a line break", "signature.envelope", editing([](auto& e) { e[1].data += "\n"; })},
      {"envelope too large", "signature.envelope", editing([](auto& e) { e[1].data.resize((2 << 20) + 1, ' '); })},
      {"key id of another key", "signature.unknown_key", editing([](auto& e) {
         auto& d = e[1].data;
         const auto at = d.find("keyid\":\"") + 8;
         d[at] = d[at] == '0' ? '1' : '0';
       })},
      {"signature of something else", "signature.invalid",
       [&](Draft&
               d) { d.edit = [&](auto& e) { e[1].data = serialise_envelope(sign_manifest("{}", key), e[0].data); }; }},
  };
  for (const auto& row : rows) {
    auto made = draft();
    row.spoil(made);
    EXPECT_EQ(reason_of(made), row.reason) << row.name;
    EXPECT_EQ(count_of(folder.path()), 1u) << row.name << " left something behind";
  }
}

long resident_peak_kb() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

TEST_F(BrokenPackage, GzipBombIsNeverInflated) {
  const auto bomb = folder / "bomb.stoa";
  const gzFile out = ::gzopen(bomb.c_str(), "wb9");
  const std::string zeros(1 << 20, '\0');
  for (int i = 0; i < 64; ++i) ::gzwrite(out, zeros.data(), static_cast<unsigned>(zeros.size()));
  ::gzclose(out);
  const auto before = resident_peak_kb();
  EXPECT_EQ(open_package(bomb, trust).error().reason, "package.compressed");
  EXPECT_LT(resident_peak_kb() - before, 16 * 1024);
}

// 10 GB of holes whose headers are all in order: what is wrong is the digest of the library in front of them.
TEST_F(BrokenPackage, TenSparseGigabytesCostNothing) {
  constexpr std::uint64_t kHalf = 5'000'000'000;
  auto made = draft();
  made.manifest["assets"][0]["size"] = kHalf;
  made.manifest["assets"][1]["size"] = kHalf;
  made.manifest["platforms"][0]["sha256"] = std::string(64, '1');
  made.files[1].data.clear();
  made.files[2].data.clear();
  auto bytes = bytes_of(made);
  const auto first = header_of(bytes, kWeights), second = header_of(bytes, "assets/golden/boot.png");
  for (const auto at : {first, second}) {
    std::snprintf(&bytes[at + 124], 12, "%011llo", static_cast<unsigned long long>(kHalf));
    bytes[at + 135] = ' ';  // as libarchive ends the number
    fix_checksum(bytes, at);
  }
  const auto file = folder / "sparse.stoa";
  const auto padded = (kHalf + 511) / 512 * 512;
  write_file(file, bytes.substr(0, first + 512));
  const int fd = ::open(file.c_str(), O_RDWR);
  ASSERT_EQ(::pwrite(fd, &bytes[second], 512, static_cast<off_t>(first + 512 + padded)), 512);
  ASSERT_EQ(::ftruncate(fd, static_cast<off_t>(first + 1024 + 2 * padded + 1024)), 0);
  ::close(fd);
  ASSERT_GT(fs::file_size(file), 10'000'000'000u);

  const auto before = resident_peak_kb();
  const auto package = open_package(file, trust);
  ASSERT_FALSE(package.has_value());
  EXPECT_EQ(package.error().reason, "package.digest_mismatch") << package.error().message;
  EXPECT_LT(resident_peak_kb() - before, 16 * 1024);
  struct stat status{};
  ::stat(file.c_str(), &status);
  EXPECT_LT(status.st_blocks, 1000) << "reading must not fill the holes";
  EXPECT_EQ(count_of(folder.path()), 1u);
}

TEST_F(BrokenPackage, MoreThanTheLimitIsRefusedUnread) {
  const auto file = folder / "huge.stoa";
  write_file(file, bytes_of(draft()));
  std::error_code error;
  fs::resize_file(file, kPackageBytesMax + 512, error);
  if (error) GTEST_SKIP() << "this file system has no sparse file of 64 GiB: " << error.message();
  EXPECT_EQ(open_package(file, trust).error().reason, "package.too_large");
}

}  // namespace
}  // namespace stoa::registry

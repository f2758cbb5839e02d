// package_test.cpp: packing, signing, verifying, extracting, scanning.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "registry/document/staging.hpp"
#include "registry/package/container.hpp"
#include "registry/package/extraction.hpp"
#include "registry/package/package_reader.hpp"
#include "registry/package/package_writer.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

TEST(Package, OpensWhatWasPackedAndSigned) {
  const SamplePackage sample;
  const auto package = open_package(sample.package(), sample.trust);
  ASSERT_TRUE(package.has_value()) << package.error().message;
  EXPECT_EQ(package->manifest().id(), "acme/vision");
  EXPECT_EQ(package->signature().state, SignatureState::trusted);
  EXPECT_EQ(package->signature().key_id, sample.key.public_key().id());
  EXPECT_EQ(package->manifest().source_sha256, sha256_of(kSampleManifest));
  EXPECT_EQ(package->manifest().assets.at(0).size, 700u);
  EXPECT_EQ(package->assets().at(0).path, "assets/weights.bin");
  EXPECT_EQ(count_of(sample.folder.path()), 1u + 9) << "only the package and its source are left";
}

TEST(Package, SameFolderGivesTheSameBytes) {
  const SamplePackage sample;
  write_sample(sample.folder / "again");
  fs::last_write_time(sample.folder / "again/assets/weights.bin",
                      fs::file_time_type::clock::now() - std::chrono::hours(99));
  fs::permissions(sample.folder / "again/assets/weights.bin", fs::perms::owner_all);
  ASSERT_TRUE(pack_folder({sample.folder / "again", sample.folder / "again.stoa", &sample.key}).has_value());
  EXPECT_EQ(file_bytes(sample.package()), file_bytes(sample.folder / "again.stoa"));
}

TEST(Package, OrdinaryTarReadsIt) {
  const SamplePackage sample;
  const auto listing = sample.folder / "listing";
  ASSERT_EQ(std::system(("tar tf " + sample.package().string() + " > " + listing.string()).c_str()), 0);
  EXPECT_EQ(
      file_bytes(listing),
      "manifest.json\nmanifest.dsse.json\nlib/linux-x86_64/plugin.so\nassets/weights.bin\nassets/golden/boot.png\n");
}

TEST(Package, CommittedPackagesStayAcceptable) {
  const char* source = std::getenv("STOA_SOURCE_DIR");
  ASSERT_NE(source, nullptr);
  int seen = 0;
  for (const auto& entry : fs::directory_iterator(fs::path(source) / "registry/package/fuzz_corpus/package")) {
    const auto package = inspect_package(entry.path(), TrustStore());
    EXPECT_TRUE(package.has_value()) << entry.path() << ": " << package.error().message;
    ++seen;
  }
  EXPECT_EQ(seen, 2);
}

TEST(Package, AnAssetIsPackedAsWhatItIsEncryptedTo) {
  const SamplePackage sample;
  const auto pack = [&](std::vector<std::string> paths) {
    PackRequest request{sample.folder / "source", sample.folder / "sealed.stoa", &sample.key};
    request.encrypted = std::move(paths);
    request.encrypt = [](const Manifest& manifest, const std::string& path,
                         const File& plain) -> Result<EncryptedAsset> {
      EXPECT_EQ(manifest.id() + path, "acme/visionassets/weights.bin");
      EXPECT_EQ(*size_of_file(plain), 700u);
      File file(memfd_create("sealed", MFD_CLOEXEC));
      const std::string sealed(900, 's');
      EXPECT_TRUE(write_all(file, std::as_bytes(std::span(sealed))));
      return EncryptedAsset{std::move(file), {"0123456789abcdef", 700}};
    };
    return pack_folder(request);
  };
  const auto packed = pack({"assets/weights.bin"});
  ASSERT_TRUE(packed.has_value()) << packed.error().message;
  const auto& asset = packed->manifest.assets.at(0);
  EXPECT_EQ(asset.size, 900u);
  EXPECT_EQ(asset.sha256, sha256_of(std::string(900, 's')));
  EXPECT_EQ(asset.encrypted, (EncryptionDeclaration{"0123456789abcdef", 700}));
  EXPECT_FALSE(packed->manifest.assets.at(1).encrypted);
  EXPECT_TRUE(inspect_package(packed->path, TrustStore()).has_value());
  EXPECT_EQ(pack({"assets/none.bin"}).error().reason, "pack.not_an_asset");
  EXPECT_EQ(pack({"lib/linux-x86_64/plugin.so"}).error().reason, "pack.not_an_asset");
}

TEST(Package, TrustDecidesWhoMaySign) {
  const SamplePackage sample;
  const auto reason = [&](const TrustStore& trust) {
    const auto package = open_package(sample.package(), trust);
    return package ? std::string() : package.error().reason;
  };
  TrustStore nobody, stranger, other, everyone, both;
  stranger.add("acme", PrivateKey::generate().public_key());
  other.add("umbrella", sample.key.public_key());
  everyone.add("*", sample.key.public_key());
  both.add("umbrella", sample.key.public_key());
  both.add("acme", sample.key.public_key());
  EXPECT_EQ(reason(nobody), "signature.unknown_key");
  EXPECT_EQ(reason(stranger), "signature.unknown_key");
  EXPECT_EQ(reason(other), "signature.other_publisher");
  EXPECT_EQ(reason(everyone), "");
  EXPECT_EQ(reason(both), "");
  EXPECT_EQ(inspect_package(sample.package(), nobody).value().signature().state, SignatureState::unknown_key);
  EXPECT_EQ(inspect_package(sample.package(), other).value().signature().state, SignatureState::other_publisher);
}

TEST(Package, UnsignedOneIsShownButNotOpened) {
  const SamplePackage sample;
  const auto bare = sample.folder / "bare.stoa";
  ASSERT_TRUE(pack_folder({sample.folder / "source", bare, nullptr}).has_value());
  EXPECT_EQ(open_package(bare, sample.trust).error().reason, "signature.missing");
  const auto shown = inspect_package(bare, sample.trust);
  ASSERT_TRUE(shown.has_value());
  EXPECT_EQ(shown->signature().state, SignatureState::absent);
  EXPECT_EQ(extract_package(*shown, sample.folder / "state").error().reason, "signature.missing");
  EXPECT_FALSE(fs::exists(sample.folder / "state"));
}

TEST(Package, SigningLaterGivesTheSameBytes) {
  const SamplePackage sample;
  const auto bare = sample.folder / "bare.stoa";
  ASSERT_TRUE(pack_folder({sample.folder / "source", bare, nullptr}).has_value());
  EXPECT_EQ(sign_package({bare, {}}, sample.key).value(), sample.key.public_key().id());
  EXPECT_EQ(file_bytes(bare), file_bytes(sample.package()));
  ASSERT_TRUE(sign_package({bare, {}}, PrivateKey::generate()).has_value()) << "a signature can be replaced";
  EXPECT_EQ(open_package(bare, sample.trust).error().reason, "signature.unknown_key");
}

struct PackRow {
  const char* name;
  std::function<void(const fs::path&)> spoil;
  const char* reason;
};

TEST(Package, PackingRefusesABadFolderAndLeavesNothing) {
  const PackRow rows[] = {
      {"no manifest", [](const fs::path& f) { fs::remove(f / "manifest.json"); }, "file.not_found"},
      {"bad manifest", [](const fs::path& f) { write_file(f / "manifest.json", "{}"); }, "manifest.missing_key"},
      {"huge manifest", [](const fs::path& f) { fs::resize_file(f / "manifest.json", 2 << 20); }, "file.too_large"},
      {"library missing", [](const fs::path& f) { fs::remove(f / "lib/linux-x86_64/plugin.so"); }, "pack.missing_file"},
      {"library empty", [](const fs::path& f) { fs::resize_file(f / "lib/linux-x86_64/plugin.so", 0); },
       "manifest.range"},
      {"asset missing", [](const fs::path& f) { fs::remove(f / "assets/weights.bin"); }, "pack.missing_file"},
      {"asset is a folder",
       [](const fs::path& f) { fs::remove(f / "assets/weights.bin"), fs::create_directory(f / "assets/weights.bin"); },
       "file.not_regular"},
      {"asset is a fifo",
       [](const fs::path& f) {
         fs::remove(f / "assets/weights.bin"), ::mkfifo((f / "assets/weights.bin").c_str(), 0600);
       },
       "file.not_regular"},
      {"asset not listed", [](const fs::path& f) { write_file(f / "assets/forgotten.bin", "x"); },
       "pack.unlisted_file"},
      {"asset of 8 GiB", [](const fs::path& f) { fs::resize_file(f / "assets/weights.bin", std::uintmax_t{8} << 30); },
       "package.entry_too_large"},
  };
  for (const auto& row : rows) {
    const TestFolder folder;
    write_sample(folder / "source");
    row.spoil(folder / "source");
    const auto before = count_of(folder.path());
    const auto packed = pack_folder({folder / "source", folder / "out.stoa", nullptr});
    ASSERT_FALSE(packed.has_value()) << row.name;
    EXPECT_EQ(packed.error().reason, row.reason) << row.name << ": " << packed.error().message;
    EXPECT_EQ(count_of(folder.path()), before) << row.name;
  }
}

TEST(Extraction, WritesReadOnlyFilesWithTheirBytes) {
  const SamplePackage sample;
  const auto package = open_package(sample.package(), sample.trust).value();
  const auto extracted = extract_package(package, sample.folder / "state");
  ASSERT_TRUE(extracted.has_value()) << extracted.error().message;
  EXPECT_EQ(extracted->libraries.at(0).path, "lib/linux-x86_64/plugin.so");
  EXPECT_EQ(file_bytes(extracted->assets.at(0).file), std::string(700, 'w'));
  EXPECT_EQ(file_bytes(extracted->assets.at(1).file), "\x89PNG");
  EXPECT_TRUE(extracted->folder.is_absolute());
  for (const auto& file : extracted->assets) EXPECT_EQ(fs::status(file.file).permissions(), fs::perms(0444));
  EXPECT_EQ(fs::status(extracted->folder).permissions(), fs::perms(0700));
  EXPECT_EQ(std::distance(fs::directory_iterator(sample.folder / "state"), fs::directory_iterator()), 1);
}

TEST(Extraction, IsUsedAgainOnlyWhenWhole) {
  const SamplePackage sample;
  const auto package = open_package(sample.package(), sample.trust).value();
  const auto first = extract_package(package, sample.folder / "state").value();
  const auto inode = [&] {
    struct stat status{};
    ::stat(first.assets[0].file.c_str(), &status);
    return status.st_ino;
  };
  const auto inode_before = inode();
  EXPECT_EQ(extract_package(package, sample.folder / "state").value().folder, first.folder);
  EXPECT_EQ(inode(), inode_before) << "a sound folder is not written again";

  fs::permissions(first.assets[0].file, fs::perms::owner_all);
  write_file(first.assets[0].file, std::string(700, 'W'));
  ASSERT_TRUE(extract_package(package, sample.folder / "state").has_value());
  EXPECT_EQ(file_bytes(first.assets[0].file), std::string(700, 'w'));
  write_file(first.folder / "assets/more", "x");
  ASSERT_TRUE(extract_package(package, sample.folder / "state").has_value());
  EXPECT_FALSE(fs::exists(first.folder / "assets/more"));
}

TEST(Extraction, NoticesAChangeAfterVerification) {
  const SamplePackage sample;
  const auto package = open_package(sample.package(), sample.trust).value();
  const int fd = ::open(sample.package().c_str(), O_RDWR);
  ASSERT_EQ(::pwrite(fd, "X", 1, static_cast<off_t>(package.assets()[0].data_offset)), 1);
  ::close(fd);
  EXPECT_EQ(extract_package(package, sample.folder / "state").error().reason, "package.digest_mismatch");
  EXPECT_EQ(count_of(sample.folder / "state"), 0u);
}

// A child whose files may not grow beyond 512 bytes: the second asset's write fails in the middle.
int extract_under_file_limit(const Package& package, const fs::path& root, void (*on_limit)(int)) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGXFSZ, on_limit);
    const rlimit no_core{0, 0}, limit{512, 512};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const auto extracted = extract_package(package, root);
    ::_exit(extracted ? 0 : extracted.error().reason == "file.no_space" ? 42 : 43);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST(Extraction, AFullDiskLeavesNothing) {
  const SamplePackage sample;
  const auto package = open_package(sample.package(), sample.trust).value();
  EXPECT_EQ(extract_under_file_limit(package, sample.folder / "state", SIG_IGN), 42);
  EXPECT_EQ(count_of(sample.folder / "state"), 0u);
}

TEST(Extraction, WhatAKilledProcessLeftIsRemovedNextTime) {
  const SamplePackage sample;
  const auto state = sample.folder / "state";
  const auto package = open_package(sample.package(), sample.trust).value();
  ASSERT_EQ(extract_under_file_limit(package, state, SIG_DFL), -SIGXFSZ) << "killed by the kernel half-way";
  ASSERT_GT(count_of(state), 0u) << "the fault must have fired";
  ASSERT_TRUE(remove_stale_staging(state).has_value());
  EXPECT_EQ(count_of(state), 0u);

  ASSERT_EQ(extract_under_file_limit(package, state, SIG_DFL), -SIGXFSZ);
  ASSERT_TRUE(extract_package(package, state).has_value());
  EXPECT_EQ(std::distance(fs::directory_iterator(state), fs::directory_iterator()), 1);
}

TEST(Staging, AFolderInUseIsNotSwept) {
  const TestFolder folder;
  const auto mine = StagingFolder::create(folder / "state");
  ASSERT_TRUE(mine.has_value());
  ASSERT_TRUE(remove_stale_staging(folder / "state").has_value());
  EXPECT_TRUE(fs::exists(mine->path()));
}

TEST(Staging, AFileThatIsNotPublishedGoesAway) {
  const TestFolder folder;
  write_file(folder / "x.stoa", "old");
  write_file(folder / ".x.stoa.partial-dead00", "left by a process that died");
  {
    ASSERT_TRUE(StagingFile::create(folder / "x.stoa", 0644).has_value());
    fs::create_symlink(folder / "elsewhere", folder / "link.stoa");
    for (const char* occupied : {"link.stoa", "."}) {
      const auto refused = StagingFile::create(folder / occupied, 0644);
      ASSERT_FALSE(refused.has_value());
      EXPECT_EQ(refused.error().reason, "file.not_regular");
    }
    fs::remove(folder / "link.stoa");
  }
  EXPECT_EQ(count_of(folder.path()), 1u);
  EXPECT_EQ(file_bytes(folder / "x.stoa"), "old");
}

TEST(Scan, ListsSoundAndBrokenOnes) {
  const SamplePackage sample;
  const auto shelf = sample.folder / "shelf";
  fs::create_directories(shelf / "folder.stoa");
  fs::copy_file(sample.package(), shelf / "a.stoa");
  write_file(shelf / "b.stoa", "no archive");
  write_file(shelf / "c.txt", "ignored");
  write_file(shelf / ".d.stoa.partial-1", "ignored");
  fs::create_symlink("/nowhere", shelf / "e.stoa");
  const auto scanned = scan_folder(shelf, sample.trust);
  ASSERT_TRUE(scanned.has_value());
  ASSERT_EQ(scanned->size(), 4u);
  EXPECT_TRUE((*scanned)[0].package.has_value());
  EXPECT_EQ((*scanned)[1].package.error().reason, "package.truncated");
  EXPECT_EQ((*scanned)[2].package.error().reason, "file.not_found");
  EXPECT_EQ((*scanned)[3].package.error().reason, "file.not_regular");
  EXPECT_EQ(scan_folder(shelf / "none", sample.trust).error().reason, "file.not_found");
}

}  // namespace
}  // namespace stoa::registry

// source_folder_test.cpp: packing takes what lies in the folder, and nothing that a link leads to.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/source_folder.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <functional>

#include "registry/package/package_writer.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

void make_socket(const fs::path& path) {
  // A socket's address has room for 107 bytes: bound by a short name, then moved to its place.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const fs::path here = fs::current_path();
  fs::current_path(path.parent_path());
  path.filename().string().copy(address.sun_path, sizeof address.sun_path - 1);
  const File bound(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  EXPECT_EQ(::bind(bound.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  fs::current_path(here);
}

// What stands where; the outside is beside the folder.
struct SourceRow {
  const char* name;
  std::function<void(const fs::path& folder)> spoil;
  const char* reason;
  const char* words;
};

const fs::path kWeightsFile = "assets/weights.bin", kLibraryFile = "lib/linux-x86_64/plugin.so";

TEST(SourceFolder, PackingFollowsNoLinkAndWaitsForNothing) {
  const auto replace_by_link = [](fs::path what, fs::path target) {
    return [=](const fs::path& f) {
      fs::remove_all(f / what);
      fs::create_symlink(target, f / what);
    };
  };
  const auto move_out = [](fs::path what) {
    return [=](const fs::path& f) {
      fs::rename(f / what, f / "../outside");
      fs::create_symlink(fs::absolute(f / "../outside"), f / what);
    };
  };
  const SourceRow rows[] = {
      {"file", replace_by_link(kWeightsFile, "../../outside.bin"), "pack.link",
       "'assets/weights.bin' is a symbolic link to '../../outside.bin'"},
      {"file within the folder", replace_by_link(kWeightsFile, "golden/boot.png"), "pack.link", "to 'golden/boot.png'"},
      {"library", replace_by_link(kLibraryFile, "/etc/hostname"), "pack.link",
       "'lib/linux-x86_64/plugin.so' is a symbolic link to '/etc/hostname'"},
      {"dangling", replace_by_link(kWeightsFile, "nowhere"), "pack.link", "to 'nowhere'"},
      {"to itself", replace_by_link(kWeightsFile, "weights.bin"), "pack.link", "to 'weights.bin'"},
      {"folder of assets", move_out("assets/golden"), "pack.link", "'assets/golden' is a symbolic link to"},
      {"assets itself", move_out("assets"), "pack.link", "'assets' is a symbolic link to"},
      {"lib itself", move_out("lib"), "pack.link", "'lib' is a symbolic link to"},
      {"manifest", move_out("manifest.json"), "pack.link", "'manifest.json' is a symbolic link to"},
      {"link nobody lists", [](const fs::path& f) { fs::create_symlink("golden/boot.png", f / "assets/extra"); },
       "pack.link", "'assets/extra' is"},
      {"empty folder nobody lists", [](const fs::path& f) { fs::create_directory_symlink("/tmp", f / "lib/extra"); },
       "pack.link", "'lib/extra' is a symbolic link to '/tmp'"},
      {"fifo", [](const fs::path& f) { fs::remove(f / kWeightsFile), ::mkfifo((f / kWeightsFile).c_str(), 0600); },
       "file.not_regular", "assets/weights.bin is not a regular file"},
      {"fifo as manifest",
       [](const fs::path& f) { fs::remove(f / "manifest.json"), ::mkfifo((f / "manifest.json").c_str(), 0600); },
       "file.not_regular", "manifest.json is not a regular file"},
      {"fifo nobody lists", [](const fs::path& f) { ::mkfifo((f / "assets/pipe").c_str(), 0600); },
       "pack.unlisted_file", "'assets/pipe' is not in the manifest"},
      {"socket", [](const fs::path& f) { fs::remove(f / kWeightsFile), make_socket(f / kWeightsFile); },
       "file.not_regular", "assets/weights.bin is not a regular file"},
  };
  for (const auto& row : rows) {
    const TestFolder folder;
    write_sample(folder / "source");
    write_file(folder / "outside.bin", std::string(700, 'o'));
    row.spoil(folder / "source");
    const auto before = count_of(folder.path());
    const auto packed = pack_folder({folder / "source", folder / "out.stoa", nullptr});
    ASSERT_FALSE(packed.has_value()) << row.name;
    EXPECT_EQ(packed.error().reason, row.reason) << row.name << ": " << packed.error().message;
    EXPECT_NE(packed.error().message.find(row.words), std::string::npos) << row.name << ": " << packed.error().message;
    EXPECT_EQ(count_of(folder.path()), before) << row.name;
  }
}

TEST(SourceFolder, ItsOwnPathMayLeadOverALink) {
  const TestFolder folder;
  write_sample(folder / "source");
  fs::create_directory_symlink("source", folder / "link");
  EXPECT_TRUE(pack_folder({folder / "link", folder / "out.stoa", nullptr}).has_value());
}

TEST(SourceFolder, BothWaysOfOpeningAgree) {
  const TestFolder folder;
  write_file(folder / "in/a/file", "x");
  write_file(folder / "out", "secret");
  fs::create_symlink("../out", folder / "in/link");
  fs::create_directory_symlink("a", folder / "in/way");
  ::mkfifo((folder / "in/pipe").c_str(), 0600);
  const File in(::open((folder / "in").c_str(), O_PATH | O_DIRECTORY));
  const struct {
    const char* path;
    int error;  // 0: opens
  } rows[] = {{"a/file", 0},         {"pipe", 0},        {"link", ELOOP},
              {"way/file", ELOOP},   {"a/none", ENOENT}, {"none/file", ENOENT},
              {"a/file/x", ENOTDIR}, {"../out", EXDEV},  {"a/../../out", EXDEV}};
  for (const auto& row : rows) {
    for (const auto open : {open_beneath, open_beneath_by_steps}) {
      errno = 0;
      const File file(open(in, row.path));
      EXPECT_EQ(file.fd() < 0 ? errno : 0, row.error) << row.path << (open == open_beneath ? "" : " by steps");
    }
  }
}

}  // namespace
}  // namespace stoa::registry

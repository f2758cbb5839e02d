// permission_test.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/package/permission.hpp"

#include <gtest/gtest.h>

namespace stoa::registry {
namespace {

TEST(Permission, IsReadOrRefusedWithWhatToWrite) {
  struct Row {
    std::string_view text, words;  // of the refusal; empty: it is one
  };
  constexpr Row kRows[] = {
      {"jit", ""},
      {"network", ""},
      {"network:tcp:1", ""},
      {"network:tcp:65535", ""},
      {"device:cuda", ""},
      {"scratch:1KiB", ""},
      {"scratch:999999GiB", ""},
      {"", "must be device:cuda"},
      {"root", "must be device:cuda"},
      {"JIT", "must be device:cuda"},
      {"network:", "write network:tcp:<port>"},
      {"network:api.example.org", "names a host, and no sandbox can hold a plugin to one"},
      {"network:api.example.org:443", "write network:tcp:<port>"},
      {"network:udp:53", "write network:tcp:<port>"},
      {"network:tcp:", "a port from 1 to 65535"},
      {"network:tcp:0", "a port from 1 to 65535"},
      {"network:tcp:080", "a port from 1 to 65535"},
      {"network:tcp:65536", "a port from 1 to 65535"},
      {"network:tcp:99999999999999999999999", "a port from 1 to 65535"},
      {"network:tcp:443 ", "a port from 1 to 65535"},
      {"device:rocm", "must be device:cuda"},
      {"device:cuda:0", "must be device:cuda"},
      {"scratch:0MiB", "a whole number from 1 to 999999"},
      {"scratch:64MB", "a whole number from 1 to 999999"},
      {"scratch:1000000KiB", "a whole number from 1 to 999999"},
      {"scratch:-1KiB", "a whole number from 1 to 999999"},
      {"scratch:KiB", "a whole number from 1 to 999999"},
  };
  for (const auto& [text, words] : kRows) {
    Permissions read;
    const auto added = add_permission(text, read);
    EXPECT_EQ(added.has_value(), words.empty()) << text;
    if (!added) {
      EXPECT_NE(added.error().message.find(words), std::string::npos) << text << ": " << added.error().message;
      EXPECT_EQ(added.error().reason, "manifest.permission");
    }
  }
}

TEST(Permission, AddsUp) {
  Permissions read;
  for (const char* const text : {"network:tcp:443", "jit", "network:tcp:5432", "scratch:2MiB", "scratch:1MiB"})
    ASSERT_TRUE(add_permission(text, read)) << text;
  EXPECT_TRUE(read.jit);
  EXPECT_FALSE(read.network);
  EXPECT_FALSE(read.cuda);
  EXPECT_EQ(read.tcp_ports, (std::vector<std::uint16_t>{443, 5432}));
  EXPECT_EQ(read.scratch_bytes, 2u << 20);
}

}  // namespace
}  // namespace stoa::registry

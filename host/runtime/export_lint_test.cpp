// export_lint_test.cpp: real libraries with one flaw each, and files that are none. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/export_lint.hpp"

#include <gtest/gtest.h>

#include <elf.h>

#include <cstddef>
#include <fstream>
#include <iterator>

#include "host/runtime/fixture_host.hpp"

namespace stoa::runtime {
namespace {

TEST(ExportLint, EachRuleRefusesItsFlaw) {
  struct Row {
    const char *fixture, *rule, *words;
  };
  constexpr Row kRows[] = {
      {"lint_good", "", ""},
      {"lint_gnu_hash", "", ""},
      {"lint_sysv_hash", "", ""},
      {"lint_rpath_origin", "", ""},
      {"lint_exports", "exports", "stoa_plugin_entry and 1 other symbols: leaked_function;"},
      {"lint_no_entry", "exports", "no function stoa_plugin_entry but 0 other symbols"},
      {"lint_rpath", "rpath", "\"/opt/elsewhere\""},
      {"lint_rpath_old", "rpath", "\"/opt/elsewhere\""},
      {"lint_rpath_climbs", "rpath", "\"$ORIGIN/../..\""},
      {"lint_rpath_second", "rpath", "only $ORIGIN is allowed"},
      {"lint_exec_stack", "exec_stack", "executable stack"},
      {"lint_static_tls", "static_tls", "initial-exec TLS"},
      {"lint_lazy", "bind_now", "-z now"},
      {"lint_textrel", "text_relocations", "-fPIC"},
      {"lint_unique", "unique", "lint_unique"},
      {"echo", "", ""},
      {"thrower", "", ""},
  };
  for (const auto& row : kRows) {
    const auto verdict = lint_exports(fixture_library(row.fixture), "");
    if (*row.rule == '\0') {
      EXPECT_TRUE(verdict.has_value()) << row.fixture << ": " << verdict.error().message;
      continue;
    }
    ASSERT_FALSE(verdict.has_value()) << row.fixture;
    EXPECT_EQ(verdict.error().code, Code::failed_precondition);
    EXPECT_EQ(verdict.error().reason, "plugin.lint." + std::string(row.rule)) << row.fixture;
    EXPECT_NE(verdict.error().message.find(row.words), std::string::npos) << verdict.error().message;
  }
}

TEST(ExportLint, GlibcFloor) {
  struct Row {
    const char *floor, *rule;
  };
  constexpr Row kRows[] = {{"", ""},          {"2.34", ""},     {"2.36", ""},       {"3.0", ""},
                           {"2.33", "glibc"}, {"2.4", "glibc"}, {"bogus", "glibc"}, {"2.", "glibc"}};
  for (const auto& row : kRows) {
    const auto verdict = lint_exports(fixture_library("lint_glibc"), row.floor);
    EXPECT_EQ(verdict.has_value(), *row.rule == '\0') << row.floor;
    if (!verdict) EXPECT_EQ(verdict.error().reason, "plugin.lint.glibc");
  }
  EXPECT_NE(lint_exports(fixture_library("lint_glibc"), "2.31").error().message.find("GLIBC_2.34"), std::string::npos);
}

TEST(ExportLint, ExecutablesAreNoLibraries) {
  EXPECT_EQ(lint_exports("/proc/self/exe", "").error().reason, "plugin.lint.type");
}

class BrokenFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ifstream in(fixture_library("lint_good"), std::ios::binary);
    good_.assign(std::istreambuf_iterator<char>(in), {});
    ASSERT_GT(good_.size(), 4096u);
  }
  void TearDown() override { std::filesystem::remove(file_); }

  Result<void> lint(const std::string& bytes) {
    std::ofstream(file_, std::ios::binary | std::ios::trunc) << bytes;
    return lint_exports(file_, "2.36");
  }

  std::string good_;
  const std::filesystem::path file_ = std::filesystem::path(::testing::TempDir()) / "stoa-broken.so";
};

TEST_F(BrokenFile, GarbageIsNoElf) {
  for (const std::string& bytes : {std::string(),
                                   std::string("\x7f"
                                               "ELF"),
                                   std::string(100'000, 'x'), std::string("#!/bin/sh\necho hello\n"),
                                   "\x7f"
                                   "ELF" +
                                       std::string(200, '\0')})
    EXPECT_FALSE(lint(bytes).has_value()) << bytes.size();
  EXPECT_EQ(lint_exports("/", "").error().reason, "plugin.lint.not_elf");
}

TEST_F(BrokenFile, AnotherMachineIsNamed) {
  std::string bytes = good_;
  bytes[offsetof(Elf64_Ehdr, e_machine)] = '\x28';  // ARM
  bytes[offsetof(Elf64_Ehdr, e_machine) + 1] = '\0';
  EXPECT_EQ(lint(bytes).error().reason, "plugin.lint.machine");
}

TEST_F(BrokenFile, TruncatedAnywhereIsRefusedOrHarmless) {
  for (std::size_t n = 0; n < good_.size(); n += 37) static_cast<void>(lint(good_.substr(0, n)));
  EXPECT_FALSE(lint(good_.substr(0, good_.size() / 4)).has_value());
}

// Reading is what is tested here: under asan no flipped byte may lead outside the file.
TEST_F(BrokenFile, FlippedBytesAreRefusedOrHarmless) {
  const std::size_t n = std::min<std::size_t>(good_.size(), 3000);
  for (std::size_t i = 0; i < n; i += 3) {
    std::string bytes = good_;
    bytes[i] = static_cast<char>(bytes[i] ^ 0xFF);
    static_cast<void>(lint(bytes));
  }
}

}  // namespace
}  // namespace stoa::runtime

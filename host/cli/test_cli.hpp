// test_cli.hpp: runs `stoa` as a shell would. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "registry/package/test_package.hpp"

namespace stoa::cli {

struct Outcome {
  int exit = -1;
  std::string out, err;
};

class Cli : public ::testing::Test {
 protected:
  Cli() {
    registry::write_sample(at("plugin"));
    std::filesystem::create_directory(at("home"));
  }

  std::filesystem::path at(const std::string& name) const { return folder_ / name; }

  // In the folder "home", without a terminal, for a minute at most.
  Outcome run(const std::string& arguments) const {
    const std::filesystem::path binary = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa";
    const auto command = "cd '" + at("home").string() + "' && timeout 60 '" + binary.string() + "' " + arguments +
                         " >../out 2>../err </dev/null";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, registry::file_bytes(at("out")),
            registry::file_bytes(at("err"))};
  }

  std::size_t files_at_home() const { return registry::count_of(at("home")); }

  // A key pair "acme" and the signed package "x.stoa" in home.
  void make_signed() {
    ASSERT_EQ(run("keygen --out acme").exit, 0);
    ASSERT_EQ(run("pack ../plugin -o x.stoa --key acme.key.pem").exit, 0);
  }

 private:
  registry::TestFolder folder_;
};

}  // namespace stoa::cli

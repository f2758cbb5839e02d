// plugin_code_test.cpp: which commands run a plugin's code, and what `stoa check` makes of code that ends the process.
// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>
#include <set>

#include "host/cli/test_cli.hpp"

namespace stoa::cli {
namespace {

namespace fs = std::filesystem;
using registry::file_bytes;
using registry::write_file;

fs::path staged(const std::string& plugin) {
  return fs::path(std::getenv("STOA_BINARY_DIR")) / "tests/conformance" / (plugin + ".plugin");
}

class PluginCode : public Cli {
 protected:
  PluginCode() { wipe(); }
  ~PluginCode() override { fs::remove_all(markers()); }

  static fs::path markers() { return fs::path(std::getenv("STOA_BINARY_DIR")) / "markers"; }
  static void wipe() {
    fs::remove_all(markers());
    fs::create_directories(markers());
  }
  static std::set<std::string> left() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(markers())) names.insert(entry.path().filename());
    return names;
  }

  // The marker plugin's folder with another manifest.
  std::string folder_with(const std::string& name, const std::string& from, const std::string& to) const {
    fs::copy(staged("marker"), at(name), fs::copy_options::recursive);
    std::string manifest = file_bytes(at(name) / "manifest.json");
    const auto found = manifest.find(from);
    EXPECT_NE(found, std::string::npos) << from;
    write_file(at(name) / "manifest.json", manifest.replace(found, from.size(), to));
    return "../" + name;
  }

  // A host that ends because a package was refused; what it said.
  std::string serve(const std::string& folder, const std::string& options) const {
    const auto served = run("serve --strict --port 0 --operator-port 0 --packages " + folder + " --state " + folder +
                            ".state " + options);
    EXPECT_EQ(served.exit, 1) << served.out << served.err;
    return served.out + served.err;
  }
};

TEST_F(PluginCode, RunsOnlyOnceAPackageIsServed) {
  const std::string allowed = "--trust stoa-tests=own.pub.pem --in-process 'stoa-tests/*'";
  ASSERT_EQ(run("keygen --out own").exit, 0);
  ASSERT_EQ(run("keygen --out other").exit, 0);
  const std::string plugin = staged("marker").string();
  const struct {
    const char* name;
    std::string folder, options, reason;
    bool is_signed = true;
  } rows[] = {
      {"unsigned", plugin, allowed, "signature.missing", false},
      {"stranger", plugin, "--trust stoa-tests=other.pub.pem --in-process 'stoa-tests/*'", "signature.unknown_key"},
      {"abi", folder_with("abi", R"({"min": 1, "max": 1})", R"({"min": 2, "max": 3})"), allowed, "plugin.abi"},
      {"machine", folder_with("machine", R"("arch": "x86_64")", R"("arch": "aarch64")"), allowed, "package.platform"},
      {"libc", folder_with("libc", R"("libc_min": "2.36")", R"("libc_min": "2.1")"), allowed, "plugin.lint"},
  };
  for (const auto& row : rows) {
    const std::string package = std::string(row.name) + "/x.stoa";
    fs::create_directory(at("home") / row.name);
    const auto packed = run("pack '" + row.folder + "' -o " + package + (row.is_signed ? " --key own.key.pem" : ""));
    ASSERT_EQ(packed.exit, 0) << row.name << packed.err;
    EXPECT_EQ(run("inspect " + package).exit, 0) << row.name;
    EXPECT_EQ(run("inspect --json " + package + " --trust stoa-tests=own.pub.pem").exit, row.is_signed ? 0 : 1);
    const std::string said = serve(row.name, row.options);
    EXPECT_NE(said.find(row.reason), std::string::npos) << row.name << ": " << said;
    EXPECT_EQ(left(), std::set<std::string>()) << row.name;
  }

  // Served in a worker, beside a package that is refused, so that the host ends by itself: the code runs, and may leave
  // nothing behind.
  ASSERT_EQ(run("pack '" + plugin + "' -o abi/good.stoa --key own.key.pem").exit, 0);
  const std::string in_worker = serve("abi", "--trust stoa-tests=own.pub.pem");
  EXPECT_NE(in_worker.find("stoa-tests/echo 1.0.0"), std::string::npos) << in_worker;
  EXPECT_EQ(left(), std::set<std::string>());

  // The probe can fire: inside the host nothing holds it.
  const std::string said = serve("abi", allowed);
  EXPECT_NE(said.find("stoa-tests/echo 1.0.0"), std::string::npos) << said;
  std::set<std::string> all = {"constructor", "init_array", "load"};
#if defined(__x86_64__)
  all.insert("resolver");
#endif
  EXPECT_EQ(left(), all);
}

TEST_F(PluginCode, CheckListAndPackRunNone) {
  EXPECT_EQ(run("check --list").exit, 0);
  EXPECT_EQ(run("pack '" + staged("marker").string() + "' -o x.stoa").exit, 0);
  EXPECT_EQ(left(), std::set<std::string>());
  EXPECT_EQ(run("check x.stoa --case card.object").exit, 0);
  EXPECT_TRUE(left().contains("constructor"));
}

TEST_F(PluginCode, CheckFailsOneThatEndsTheProcessAsIfAllWereWell) {
  const struct {
    const char *plugin, *name, *result;
  } rows[] = {
      {"leaver_submit", "load.repeated", "passed"},       {"leaver_submit", "request.golden", "crashed"},
      {"leaver_submit", "request.concurrent", "crashed"}, {"leaver_load", "entry.accepts_its_version", "passed"},
      {"leaver_load", "load.repeated", "crashed"},        {"leaver_load", "request.golden", "crashed"},
      {"leaver_load", "card.object", "crashed"},          {"leaver_nowhere", "load.repeated", "passed"},
      {"leaver_nowhere", "request.golden", "passed"},     {"leaver_nowhere", "card.object", "skipped"},
  };
  for (const auto& row : rows) {
    const auto checked = run("check --json '" + staged(row.plugin).string() + "' --case " + row.name);
    const std::string where = std::string(row.plugin) + " " + row.name + "\n" + checked.out + checked.err;
    const bool is_crashed = row.result == std::string("crashed");
    EXPECT_EQ(checked.exit, is_crashed ? 1 : 0) << where;
    const auto report = nlohmann::json::parse(checked.out, nullptr, false);
    ASSERT_FALSE(report.is_discarded()) << where;
    EXPECT_EQ(report["cases"][0]["result"], row.result) << where;
    if (!is_crashed) continue;
    EXPECT_EQ(report["failed"], 1) << where;
    EXPECT_EQ(report["cases"][0]["failures"], nlohmann::json({"the plugin ended its process with exit status 0"}));
  }
}

}  // namespace
}  // namespace stoa::cli

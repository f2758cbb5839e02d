// cli_test.cpp: the partner commands as a shell sees them: exit codes, what is on which stream, what is left behind.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "host/cli/test_cli.hpp"

namespace stoa::cli {
namespace {

namespace fs = std::filesystem;
using registry::file_bytes;
using registry::write_file;

TEST_F(Cli, PartnersPathFromKeyToVerifiedPackage) {
  EXPECT_EQ(run("keygen --out acme").exit, 0);
  EXPECT_EQ(fs::status(at("home/acme.key.pem")).permissions(), fs::perms(0600));
  const auto packed = run("pack ../plugin");
  EXPECT_EQ(packed.exit, 0) << packed.err;
  EXPECT_NE(packed.out.find("not signed yet"), std::string::npos);
  ASSERT_TRUE(fs::exists(at("home/acme-vision-1.2.0.stoa")));
  const auto unsigned_one = run("inspect acme-vision-1.2.0.stoa");
  EXPECT_EQ(unsigned_one.exit, 0);
  EXPECT_NE(unsigned_one.out.find("unsigned"), std::string::npos) << unsigned_one.out;
  EXPECT_EQ(run("sign acme-vision-1.2.0.stoa --key acme.key.pem").exit, 0);
  const auto signed_one = run("inspect acme-vision-1.2.0.stoa --trust acme=acme.pub.pem");
  EXPECT_EQ(signed_one.exit, 0) << signed_one.err;
  EXPECT_NE(signed_one.out.find("valid, by key"), std::string::npos) << signed_one.out;
  EXPECT_EQ(files_at_home(), 3u);
}

TEST_F(Cli, InspectJsonSaysEverything) {
  make_signed();
  const auto shown = run("inspect x.stoa --json --trust acme=acme.pub.pem");
  ASSERT_EQ(shown.exit, 0) << shown.err;
  EXPECT_EQ(shown.err, "");
  const auto report = nlohmann::json::parse(shown.out);
  EXPECT_EQ(report["id"], "acme/vision");
  EXPECT_EQ(report["signature"]["state"], "trusted");
  EXPECT_EQ(report["signature"]["key_id"].get<std::string>().size(), 64u);
  EXPECT_EQ(report["licences"]["weights"], "CC-BY-4.0 OR LicenseRef-acme");
  EXPECT_EQ(report["models"][0]["name"], "acme/classify");
  EXPECT_EQ(report["models"][0]["inputs"][1]["shape"], nlohmann::json({-1, 2}));
  EXPECT_EQ(report["models"][0]["meters"], nlohmann::json({"call", "image"}));
  EXPECT_EQ(report["models"][0]["limits"]["threads"], 1);
  EXPECT_EQ(report["assets"][0]["size"], 700);
  EXPECT_EQ(report["golden"].size(), 2u);
}

TEST_F(Cli, AnAssetThatIsNamedTwiceIsEncryptedOnce) {
  const auto packed =
      run("pack ../plugin -o x.stoa --encrypt assets/weights.bin,assets/weights.bin --encrypt assets/weights.bin "
          "--content-key c.key");
  EXPECT_EQ(packed.exit, 0) << packed.err;
  EXPECT_NE(packed.out.find("encrypted  1 asset with"), std::string::npos) << packed.out;
}

TEST_F(Cli, ReportingCommandsSpeakJson) {
  const auto key = nlohmann::json::parse(run("keygen --out acme --json").out);
  const auto packed = nlohmann::json::parse(run("pack ../plugin -o x.stoa --json").out);
  EXPECT_EQ(packed["signed"], false);
  EXPECT_EQ(packed["bytes"], fs::file_size(at("home/x.stoa")));
  const auto made = nlohmann::json::parse(run("sign x.stoa --key acme.key.pem --json").out);
  EXPECT_EQ(made["key_id"], key["key_id"]);
}

TEST_F(Cli, ChangedBytesExitWithOneAndLeaveNothing) {
  make_signed();
  const auto bytes = file_bytes(at("home/x.stoa"));
  for (std::size_t i = 0; i < bytes.size(); i += 397) {
    auto changed = bytes;
    changed[i] ^= static_cast<char>(0xff);
    write_file(at("home/x.stoa"), changed);
    const auto shown = run("inspect x.stoa --trust acme=acme.pub.pem");
    ASSERT_EQ(shown.exit, 1) << "byte " << i << shown.out;
    EXPECT_TRUE(shown.err.starts_with("error: ")) << shown.err;
    EXPECT_NE(shown.err.find("\n  reason: "), std::string::npos) << shown.err;
    EXPECT_NE(shown.err.find("\n  hint: "), std::string::npos) << shown.err;
    ASSERT_EQ(files_at_home(), 3u);
  }
}

struct Row {
  const char* arguments;
  int exit;
  const char* reason;
};

TEST_F(Cli, FailuresHaveTheirExitCodeAndReason) {
  make_signed();
  ASSERT_EQ(run("keygen --out other").exit, 0);
  ASSERT_EQ(run("pack ../plugin -o bare.stoa").exit, 0);
  write_file(at("home/text.stoa"), std::string(2000, 'x'));
  write_file(at("bad/manifest.json"), R"({"stoa":1,"nmae":"x"})");
  write_file(at("home/a.token"), "stoa_op_x\n");
  const auto files = files_at_home();
  const Row rows[] = {
      {"", 2, ""},
      {"bogus", 2, "usage"},
      {"inspect", 2, "usage"},
      {"inspect x.stoa --nonsense", 2, "usage"},
      {"inspect x.stoa --trust acme.pub.pem", 2, "usage"},
      {"sign x.stoa", 2, "usage"},
      {"new demo --language cobol", 2, "usage"},
      {"inspect none.stoa", 3, "file.not_found"},
      {"inspect ../home", 3, "file.not_regular"},
      {"inspect text.stoa", 1, "package.not_an_archive"},
      {"inspect bare.stoa --trust acme=acme.pub.pem", 1, "signature.missing"},
      {"inspect x.stoa --trust acme=other.pub.pem", 1, "signature.unknown_key"},
      {"inspect x.stoa --trust umbrella=acme.pub.pem", 1, "signature.other_publisher"},
      {"inspect x.stoa --trust acme=acme.key.pem", 1, "key.syntax"},
      {"inspect x.stoa --trust acme=none.pem", 3, "file.not_found"},
      {"keygen --out acme", 3, "file.exists"},
      {"keygen --out nowhere/acme", 3, "file.not_found"},
      {"pack ../none", 3, "file.not_found"},
      {"pack ../bad", 1, "manifest.unknown_key"},
      {"pack ../plugin -o nowhere/x.stoa", 3, "file.not_found"},
      {"pack ../plugin --key acme.pub.pem", 1, "key.syntax"},
      {"sign text.stoa --key acme.key.pem", 1, "package.not_an_archive"},
      {"sign x.stoa --key acme.pub.pem", 1, "key.syntax"},
      {"new Bad_Name", 1, "name.syntax"},
      {"build ../none", 3, "file.not_found"},
      {"publish x.stoa", 2, "usage"},
      {"publish none.stoa --registry http://127.0.0.1:1", 3, "file.not_found"},
      {"publish bare.stoa --registry http://127.0.0.1:1", 1, "signature.missing"},
      {"publish x.stoa --registry http://127.0.0.1:1", 1, "client.connection"},
      {"publish x.stoa --registry http://127.0.0.1:1 --token-file none.token", 3, "file.not_found"},
      {"publish x.stoa --registry http://127.0.0.1:1 --token-file acme.pub.pem", 1, "client.token"},
      {"operators whoami --registry http://192.0.2.1:1 --token-file a.token", 1, "client.plain_http"},
      {"releases list --registry nowhere", 1, "client.url"},
      {"search boots", 2, "usage"},
      {"search boots --registry http://127.0.0.1:1", 1, "client.connection"},
      {"search --sort price --registry http://127.0.0.1:1", 2, "usage"},
      {"show --registry http://127.0.0.1:1", 2, "usage"},
      {"show classify --registry http://127.0.0.1:1", 2, "usage"},
      {"show acme/classify@ --registry http://127.0.0.1:1", 2, "usage"},
      {"show acme@1/classify --registry http://127.0.0.1:1", 2, "usage"},
      {"show acme/classify --registry http://127.0.0.1:1", 1, "client.connection"},
      {"releases show --registry http://127.0.0.1:1", 2, "usage"},
      {"releases bless x --registry http://127.0.0.1:1", 2, "usage"},
      {"publishers add-key acme --registry http://127.0.0.1:1", 2, "usage"},
      {"publishers create acme --registry http://127.0.0.1:1 --token-out acme.pub.pem", 3, "file.exists"},
      {"publishers create acme --registry http://127.0.0.1:1 --token-out acme.token", 1, "client.connection"},
      {"aliases move acme/m default 1.0.0 --beside 1.1.0=0 --registry http://127.0.0.1:1", 2, "usage"},
      {"aliases move acme/m default 1.0.0 --beside 1.1.0=60 --beside 1.2.0=40 --registry http://127.0.0.1:1", 2,
       "usage"},
  };
  for (const auto& row : rows) {
    const auto outcome = run(row.arguments);
    EXPECT_EQ(outcome.exit, row.exit) << row.arguments << "\n" << outcome.err;
    EXPECT_NE(outcome.err.find(row.reason), std::string::npos) << row.arguments << "\n" << outcome.err;
    EXPECT_FALSE(outcome.err.empty()) << row.arguments;
    EXPECT_EQ(files_at_home(), files) << row.arguments << " left something behind";
  }
}

TEST_F(Cli, EveryCommandHasHelpWithExamples) {
  const auto help = run("--help");
  EXPECT_EQ(help.exit, 0);
  for (const std::string command : {"new", "build", "keygen", "pack", "sign", "inspect", "publish", "releases",
                                    "publishers", "aliases", "operators", "audit", "search", "show"}) {
    EXPECT_NE(help.out.find("\n  " + command + " "), std::string::npos) << command;
    const auto own = run(command + " --help");
    EXPECT_EQ(own.exit, 0);
    EXPECT_NE(own.out.find("examples:\n  stoa " + command), std::string::npos) << own.out;
  }
  EXPECT_EQ(run("--version").exit, 0);
}

class NewPlugin : public Cli, public ::testing::WithParamInterface<const char*> {};

TEST_P(NewPlugin, BuildsPacksAndVerifies) {
  const std::string language = GetParam();
  const auto made = run("new my-plugin --publisher acme --language " + language);
  ASSERT_EQ(made.exit, 0) << made.err;
  EXPECT_EQ(run("new my-plugin --publisher acme --language " + language).exit, 3) << "never over what is there";
  for (const auto& entry : fs::recursive_directory_iterator(at("home/my-plugin"))) {
    if (!entry.is_regular_file()) continue;
    EXPECT_EQ(entry.path().filename().string().find('@'), std::string::npos) << entry.path();
    for (const auto* mark : {"@NAME@", "@TARGET@", "@PUBLISHER@"})
      EXPECT_EQ(file_bytes(entry.path()).find(mark), std::string::npos) << entry.path();
  }
  const auto built = run("build my-plugin -j 1");
  ASSERT_EQ(built.exit, 0) << built.out << built.err;
  const auto packed = run("pack my-plugin/build/my_plugin.plugin -o my.stoa");
  ASSERT_EQ(packed.exit, 0) << packed.err;
  EXPECT_EQ(run("inspect my.stoa").exit, 0);
}

INSTANTIATE_TEST_SUITE_P(Languages, NewPlugin, ::testing::Values("cpp", "c"),
                         [](const auto& row) { return std::string(row.param); });

}  // namespace
}  // namespace stoa::cli

// secret_scan_test.cpp: what is a secret and what only looks like one, wherever a piece ends. The secrets are made up,
// and cut in two so that scanners of this source do not find them. SPDX-License-Identifier: Apache-2.0
#include "registry/checks/secret_scan.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <random>

#include "registry/checks/test_submission.hpp"

namespace stoa::registry {
namespace {

constexpr const char* kPemBody = "MC4CAQAwBQYDK2VwBCIEIHkD3o7pQmVx8sWbYtR2nUe5aJf0LgKcZi9MvNhT1qXd";

SecretReport scanned(std::string_view bytes, std::size_t piece = 1 << 16) {
  SecretReport report;
  SecretScanner scanner("x", report);
  for (std::size_t at = 0; at < bytes.size(); at += piece) scanner.feed(bytes.substr(at, piece));
  scanner.finish();
  return report;
}

struct Row {
  std::string text;
  SecretKind kind;
};

std::vector<Row> secrets() {
  const std::string pem = kPemBody;
  using enum SecretKind;
  return {
      {"-----BEGIN "
       "PRIVATE KEY-----\n" +
           pem + "\n-----END PRIVATE KEY-----\n",
       private_key},
      {"-----BEGIN "
       "RSA PRIVATE KEY-----\r\n" +
           pem + "\r\n",
       private_key},
      {"-----BEGIN "
       "EC PRIVATE KEY-----\n" +
           pem.substr(0, 32) + "\n" + pem.substr(32) + "\n",
       private_key},
      {"-----BEGIN "
       "OPENSSH PRIVATE KEY-----\n" +
           pem + "\n",
       private_key},
      {"-----BEGIN "
       "ENCRYPTED PRIVATE KEY-----\n" +
           pem + "\n",
       private_key},
      {"-----BEGIN "
       "RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,8C1A\n\n" +
           pem + "\n",
       private_key},
      {"-----BEGIN "
       "PGP PRIVATE KEY BLOCK-----\nVersion: GnuPG v2\n\n" +
           pem + "\n",
       private_key},
      {R"({"private_key": "-----BEGIN )"
       "PRIVATE KEY-----\\n" +
           pem + R"(\n-----END PRIVATE KEY-----\n"})",
       private_key},
      {"AKI"
       "AQ3EGRDL7ZM2XKWPV",
       aws_key},
      {"aws_access_key_id = ASI"
       "AQ3EGRDL7ZM2XKWPV\n",
       aws_key},
      {"AIz"
       "aSyD3kP9xQwLm2Rt7Vb5Nc8Zj4Hf1Gd6Ky0W",
       google_key},
      {"GOCS"
       "PX-k3Jd9sQwPm2Lx7Vb5Nc8Zj4Hf1Gd",
       google_key},
      {"AccountKey"
       "=emNy9TLICzlHcujWNhbDhiYVnlvLrxfWf8jLmAlnY02k35UdnhFKF7j8rSZI0Z4jXt3pZpMHdjePqWl6DFtKkp==",
       azure_key},
      {"sk_li"
       "ve_9sKd83hfLq02mNb7Vx5Wc1Zp",
       stripe_key},
      {"rk_li"
       "ve_9sKd83hfLq02mNb7Vx5Wc1Zp",
       stripe_key},
      {"sk_te"
       "st_9sKd83hfLq02mNb7Vx5Wc1Zp",
       stripe_key},
      {"gh"
       "p_a8Kd03nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4i",
       github_token},
      {"https://gh"
       "o_a8Kd03nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4i@github.com/acme",
       github_token},
      {"github_"
       "pat_11BUSU9Jxpa383nr0ESnM5_cSIQYm9KVkAXCdKXyzXSkGcNb6NHDDDvKmrJmCiflPUCH1hSxapMeMPcafC",
       github_token},
      {"glp"
       "at-x9Kd3nPq7ZsVb2LmRt5W",
       gitlab_token},
      {"xox"
       "b-283947561023-482910374652-kD93nsPq7ZxVb2LmRt5WyUc9",
       slack_token},
      {"https://hooks.slack"
       ".com/services/T03KD9SQW/B04MX82LP/kD93nsPq7ZxVb2LmRt5WyUc9",
       slack_token},
      {"sk-"
       "ant-api03-kD93nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4iQw8Zx_3-PmLk",
       anthropic_key},
      {"OPENAI_API_KEY=sk-"
       "proj-kD93nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4iQw8Zx3PmLk",
       openai_key},
      {"sk-"
       "kD93nsPq7ZxVb2LmRt5WT3BlbkFJUc9HeJf1GoT4iQw8Zx3P",
       openai_key},
      {"hf"
       "_OacPpbNfMCCQQPhNxOaQJUDUkHkZppytvC",
       huggingface_token},
      {"npm"
       "_kD93nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4iQw",
       package_index_token},
      {"SG"
       ".kD93nsPq7ZxVb2LmRt5WyU.c9HeJf1GoT4iQw8Zx3PmLkYt6Re0WqUaIoPz3Xs7Bh2",
       sendgrid_key},
      {"stoa_"
       "op_7k3jd9sqwpm2zx5vb8nc4hf1gty6re0wbcdkm3",
       stoa_key},
      {"stoa_"
       "pub_7k3jd9sqwpm2zx5vb8nc4hf1gty6re0wbcdkm3",
       stoa_key},
      {"sk"
       "_7k3jd9sqwpm2zx5vb8nc4hf1gty6re0wbcdkm3",
       stoa_key},
      {"password = \"k3Jd9sQw!\"; db_password=kD93nsPq7ZxVb2Lm\n", assignment},
      {R"({"api_key": "7f3a9c1e5b8d2f604a6c8e0b1d3f5a79"})", assignment},
      {"export CLIENT_SECRET='kD93nsPq7ZxVb2LmRt5W'", assignment},
      {"secret: kD93nsPq7ZxVb2LmRt5W+/8Zx3PmLk==\n", assignment},
      {"aws_secret_access_key = kD93nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4iQw8Zx3\n", assignment},
      {"apiKey: 'kD93nsPq7ZxVb2Lm',\n", assignment},
      {"auth_token => \"kD93nsPq7ZxVb2LmRt5W\"", assignment},
  };
}

TEST(SecretScan, FindsWhatIsOneAtItsPlaceAndOfItsKind) {
  for (const auto& row : secrets()) {
    for (const auto* before : {"", "\n", "some words before it, then \"", "\0\0\x01"}) {
      const auto report = scanned(before + row.text);
      if (row.kind == SecretKind::assignment && *before != '\0' && *before != '\n' && *before != 's') continue;
      EXPECT_EQ(report.count, 1u) << row.text;
      ASSERT_FALSE(report.findings.empty()) << row.text;
      EXPECT_EQ(report.findings[0].kind, row.kind) << row.text << " is " << name_of(report.findings[0].kind);
      EXPECT_GE(report.findings[0].offset, std::string_view(before).size());
    }
  }
}

TEST(SecretScan, CertainOnesAreFoundInBinariesToo) {
  const std::string noise(
      "\x7f"
      "ELF\0\x01\x02\0\0\x90",
      10);
  for (const auto& row : secrets()) {
    const auto report = scanned(noise + row.text + noise);
    EXPECT_EQ(report.count, row.kind == SecretKind::assignment ? 0u : 1u) << row.text;
  }
}

TEST(SecretScan, LeavesAloneWhatOnlyLooksLikeOne) {
  const std::string rows[] = {
      "",
      "AKIAIOSFODNN7EXAMPLE",  // the one of AWS's documentation
      "AKIA is how access keys start",
      "AKIAQ3EGRDL7ZM2XKW",      // too short
      "AKIAQ3EGRDL7ZM2XKWPVAB",  // too long
      "AKIAQ3EGRDL7ZM2XKWP1",    // 1 is not of their alphabet
      "xAKIAQ3EGRDL7ZM2XKWPV",   // inside a word
      "AKIAAAAAAAAAAAAAAAAA",
      "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
      "ghp_yourtokengoeshereandnowhereelse12345",
      "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
      "sk_live_your_key_here",
      "sk-learn-like-names-are-all-over-the-place-in-python",
      "the task-force-0d0f8b5c2e9a4d7186b3c5e7f9a1b2d4",  // "sk-" inside a word
      "sk-abcdefghijklmnopqrstuvwxyzabcdefghijklmnop",
      "sk_X509_pop_free sk_OPENSSL_STRING_num sk_GENERAL_NAME_new_null",
      "hf_hub_download(repo_id) hf_internal_testing_tiny_random_bert",
      "npm_config_registry npm_package_version",
      "SG.something.else",
      "-----BEGIN "
      "PRIVATE KEY-----",  // what a library that reads keys says
      "-----BEGIN "
      "PRIVATE KEY-----\0-----END PRIVATE KEY-----",
      "-----BEGIN "
      "RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----\n",
      "-----BEGIN "
      "%s-----\n%s",
      "-----BEGIN "
      "PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
      "-----BEGIN CERTIFICATE-----\n" + std::string(kPemBody) + "\n-----END CERTIFICATE-----\n",
      "-----BEGIN PUBLIC KEY-----\n" + std::string(kPemBody) + "\n-----END PUBLIC KEY-----\n",
      "password = os.environ[\"DB_PASSWORD\"]",
      "password = getenv_or_die_with_a_message1(\"x\")",
      "password: ${DB_PASSWORD_OF_2024}",
      "password: <your password of 16 or more>",
      "password = changeme1234567890",
      "password: correct-horse-battery-staple",  // no digit: prose cannot be told from it
      "password: hunter2",
      "secret = /run/secrets/db_password_2024",
      "password = \"/etc/stoa/password-file-1\"",
      "\"tokenizer_class\": \"PreTrainedTokenizerFast2024abc\"",
      "\"bos_token\": \"<|begin_of_text|>\", \"token\": \"Ab3Kd9sQwPm2Lx7Vb5Nc\"",
      "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      "commit = 4b825dc642cb6eb9a060e54bf8d69288fbee4904",
      "etag: \"33a64df551425fcc55e4d42a148795d9f25f89d4\"",
      "id: 123e4567-e89b-12d3-a456-426614174000",
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
      "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
      "stoa_op_short1 stoa_pub_ stoa_model_init stoa_op_count_of_everything_that_was_done_here_1",
      "https://hooks.slack.com/services/T000/B000/XXXX",
      "https://acme.example/vision?key=1",
  };
  for (const auto& row : rows) {
    const auto report = scanned(row);
    EXPECT_EQ(report.count, 0u) << row << ": " << (report.count ? name_of(report.findings[0].kind) : "");
  }
}

// Weights, compressed data, base64 of them, a vocabulary: megabytes without one alarm.
TEST(SecretScan, RandomDataRaiseNoAlarm) {
  std::mt19937_64 random(3);
  std::string bytes(8 << 20, '\0'), base64(4 << 20, '\0'), hex(1 << 20, '\0');
  for (auto& c : bytes) c = static_cast<char>(random());
  for (auto& c : base64) c = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[random() % 64];
  for (auto& c : hex) c = "0123456789abcdef"[random() % 16];
  std::string floats;
  for (int i = 0; i < 1 << 19; ++i) {
    const auto value = static_cast<float>(static_cast<double>(random() % 2'000'001) / 1e6 - 1);
    floats.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  std::string vocabulary = "{";
  for (int i = 0; i < 60'000; ++i) {
    vocabulary += '"';
    for (unsigned n = 1 + random() % 12; n > 0; --n) vocabulary += "abcdefghijklmnopqrstuvwxyz_-:="[random() % 30];
    vocabulary += "\": " + std::to_string(i) + ",\n";
  }
  for (const auto* data : {&bytes, &base64, &hex, &floats, &vocabulary}) EXPECT_EQ(scanned(*data).count, 0u);
}

TEST(SecretScan, WhereAPieceEndsChangesNothing) {
  std::string text;
  std::mt19937 random(5);
  std::vector<std::uint64_t> at;
  for (const auto& row : secrets()) {
    for (unsigned n = 200 + random() % 900; n > 0; --n) text += "lorem ipsum \n"[random() % 13];
    text += "\n";
    text += row.text + "\n";
  }
  const auto whole = scanned(text, text.size());
  EXPECT_EQ(whole.count, secrets().size());
  for (const std::size_t piece : {1, 7, 63, 640, 641, 4096, 5000}) {
    const auto report = scanned(text, piece);
    ASSERT_EQ(report.count, whole.count) << piece;
    for (std::size_t i = 0; i < whole.findings.size(); ++i) {
      EXPECT_EQ(report.findings[i].offset, whole.findings[i].offset) << piece;
      EXPECT_EQ(report.findings[i].kind, whole.findings[i].kind) << piece;
    }
  }
}

TEST(SecretScan, TenThousandSuspicionsDoNotHideOneKey) {
  std::string text;
  for (int i = 0; i < 10'000; ++i) text += "password = kD93nsPq7ZxVb2LmRt5W\n";
  text +=
      "gh"
      "p_a8Kd03nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4i\n";
  const auto report = scanned(text);
  EXPECT_EQ(report.count, 10'001u);
  EXPECT_EQ(report.certain_count, 1u);
  EXPECT_EQ(report.findings.size(), SecretReport::kKept);
  EXPECT_TRUE(std::ranges::any_of(report.findings, [](const auto& f) { return f.kind == SecretKind::github_token; }));
}

TEST(SecretScan, ALargeEntryCostsNoMemory) {
  const auto peak_kb = [] {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
  };
  const std::string piece(1 << 20, '\x07');
  const auto before = peak_kb();
  SecretReport report;
  SecretScanner scanner("x", report);
  for (int i = 0; i < 128; ++i) scanner.feed(piece);
  scanner.finish();
  EXPECT_EQ(report.count, 0u);
  EXPECT_LT(peak_kb() - before, 16 * 1024);
}

class SecretCheck : public SubmissionTest {};

TEST_F(SecretCheck, TellsEntryPlaceAndKindAndNeverTheSecret) {
  const std::string secret =
      "gh"
      "p_a8Kd03nsPq7ZxVb2LmRt5WyUc9HeJf1GoT4i";
  auto made = draft();
  made.with_asset("assets/run.sh", "#!/bin/sh\nexport TOKEN=" + secret + "\n");
  const auto outcome = outcome_of(run_checks(submission(made), host()), "secrets");
  EXPECT_EQ(told(outcome), "failed secret.found");
  EXPECT_EQ(outcome.message, "'assets/run.sh' at byte 23: a GitHub token");
  EXPECT_EQ(outcome.message.find(secret.substr(4, 12)), std::string::npos);
}

TEST_F(SecretCheck, EveryEntryIsLookedAt) {
  const std::string secret =
      "AKI"
      "AQ3EGRDL7ZM2XKWPV";
  const struct {
    const char* told;
    std::function<void(PackageDraft&)> hide;
  } rows[] = {
      {"passed", [](auto&) {}},
      {"failed secret.found", [&](auto& d) { d.files[0].bytes += std::string("\0", 1) + secret, d.settle(); }},
      {"failed secret.found", [&](auto& d) { d.with_asset("assets/deep/a.bin", std::string(3 << 20, '\0') + secret); }},
      {"failed secret.found", [&](auto& d) { d.manifest["models"][0]["config"] = {{"id", secret}}; }},
      {"failed secret.found", [&](auto& d) { d.manifest["description"] = "use " + secret; }},
      {"warned secret.suspected",
       [](auto& d) { d.with_asset("assets/a.ini", "[db]\npassword = kD93nsPq7ZxVb2LmRt5W\n"); }},
      {"passed",
       [](auto& d) { d.with_asset("assets/a.bin", std::string("\0\0password = kD93nsPq7ZxVb2LmRt5W\n", 34)); }},
  };
  for (const auto& row : rows) {
    auto made = draft();
    row.hide(made);
    EXPECT_EQ(told(outcome_of(run_checks(submission(made), host()), "secrets")), row.told);
  }
}

}  // namespace
}  // namespace stoa::registry

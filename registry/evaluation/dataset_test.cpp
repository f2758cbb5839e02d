// dataset_test.cpp: what a labelled set may be, and what is refused with its line and field.
// SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/dataset.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>

#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

constexpr const char* kTensor = R"([{"name":"in","datatype":"FP32","shape":[1],"data":[1]}])";

std::string line(const std::string& rest) { return std::string(R"({"inputs":)") + kTensor + "," + rest + "}\n"; }

class DatasetTest : public ::testing::Test {
 protected:
  Result<Dataset> read(const std::string& text) {
    write_file(folder / "set/data.jsonl", text);
    return read_dataset(folder / "set/data.jsonl");
  }
  TestFolder folder;
};

TEST_F(DatasetTest, HasLabelsIndicesOrTargets) {
  const auto words = read(line(R"("label":"cat","id":"one")") + line(R"("label":"dog")") + line(R"("label":"cat")"));
  ASSERT_TRUE(words) << words.error().message;
  EXPECT_EQ(words->task, EvaluationTask::classification);
  EXPECT_FALSE(words->has_indices);
  EXPECT_EQ(words->labels, (std::vector<std::string>{"cat", "dog"}));
  EXPECT_EQ(words->examples[0].id, "one");
  EXPECT_EQ(words->examples[1].id, "2");
  EXPECT_EQ(words->examples[1].inputs, kTensor);
  const auto indices = read(line(R"("label":10)") + line(R"("label":9)"));
  ASSERT_TRUE(indices && indices->has_indices);
  EXPECT_EQ(indices->examples[0].label, "10");
  const auto numbers = read(line(R"("target":1)") + line(R"("target":-2.5e3)"));
  ASSERT_TRUE(numbers);
  EXPECT_EQ(numbers->task, EvaluationTask::regression);
  EXPECT_EQ(numbers->examples[1].target, -2500);
  std::string unended = line(R"("label":"cat")") + line(R"("label":"cat")");
  unended.pop_back();
  EXPECT_EQ(read(unended)->examples.size(), 2u);
}

// What the tools say, so that anybody can name the same set.
TEST_F(DatasetTest, DigestIsThatOfWhatSha256sumPrints) {
  write_file(folder / "set/b.png", "picture b");
  write_file(folder / "set/a/a.bin", "picture a");
  const auto set = read(R"({"file":"b.png","label":"x"})"
                        "\n"
                        R"({"file":"a/a.bin","media_type":"image/png","label":"y"})"
                        "\n"
                        R"({"file":"b.png","label":"x"})"
                        "\n");
  ASSERT_TRUE(set) << set.error().message;
  EXPECT_EQ(set->examples[0].media_type, "image/png");
  const std::string command = "cd '" + (folder / "set").string() +
                              "' && { sha256sum < data.jsonl; sha256sum a/a.bin b.png; } | sha256sum | cut -c 1-64";
  char digest[65] = {};
  FILE* const pipe = popen(command.c_str(), "r");
  ASSERT_EQ(fread(digest, 1, 64, pipe), 64u);
  pclose(pipe);
  EXPECT_EQ(to_hex(set->sha256), digest);
  EXPECT_EQ(*read_example_file(folder / "set", set->examples[1]), "picture a");
  write_file(folder / "set/b.png", "picture B");
  EXPECT_EQ(read_example_file(folder / "set", set->examples[0]).error().reason, "dataset.changed");
}

TEST_F(DatasetTest, IsRefusedWithLineAndField) {
  write_file(folder / "secret.txt", "secret");
  write_file(folder / "set/empty.txt", "");
  std::filesystem::create_symlink(folder / "secret.txt", folder / "set/link.txt");
  std::filesystem::create_directory_symlink(folder.path(), folder / "set/up");
  std::filesystem::create_directory(folder / "set/folder.txt");
  ASSERT_EQ(mkfifo((folder / "set/pipe.txt").c_str(), 0600), 0);
  const std::string good = line(R"("label":"cat")");
  const auto file = [](const std::string& path) { return R"({"label":"x","file":")" + path + "\"}"; };
  struct Row {
    std::string text, reason, message;
  };
  const Row rows[] = {
      {"", "dataset.empty", "no example"},
      {"\n", "dataset.json", "line 1"},
      {good + "\n" + good, "dataset.json", "line 2"},
      {"[]", "dataset.json", "line 1: is no JSON object"},
      {good + "{", "dataset.json", "line 2"},
      {good + line(R"("label":"a","label":"b")"), "dataset.json", "line 2"},
      {good + line("\"label\":\"\xff\""), "dataset.json", "line 2"},
      {line(R"("label":NaN)"), "dataset.json", "line 1"},
      {line(R"("target":NaN)"), "dataset.json", "line 1"},
      {line(R"("target":1e999)"), "dataset.json", "line 1"},
      {line(R"("target":"1")"), "dataset.target", "line 1: target: is string, want a finite number"},
      {line(R"("target":null)"), "dataset.target", "line 1: target: is null"},
      {line(R"("label":null)"), "dataset.label", "line 1: label"},
      {line(R"("label":1.5)"), "dataset.label", "line 1: label"},
      {line(R"("label":-1)"), "dataset.label", "line 1: label: is negative"},
      {line(R"("label":true)"), "dataset.label", "line 1: label"},
      {line(R"("label":"")"), "dataset.label", "line 1: label"},
      {line(R"("label":"\u001b[2J")"), "dataset.label", "line 1: label"},
      {line("\"label\":\"" + std::string(257, 'x') + '"'), "dataset.label", "line 1: label"},
      {line(R"("label":"a","target":1)"), "dataset.expected", "line 1: want exactly one of label and target"},
      {line(R"("id":"a")"), "dataset.expected", "line 1"},
      {good + line(R"("target":1)"), "dataset.mixed", "line 2"},
      {good + line(R"("label":1)"), "dataset.mixed", "line 2"},
      {line(R"("label":"a","id":"x")") + line(R"("label":"a","id":"x")"), "dataset.duplicate_id", "line 2: id: 'x'"},
      {line(R"("label":"a","id":"2")") + good, "dataset.duplicate_id", "line 2: id: '2'"},
      {line(R"("label":"a","id":7)"), "dataset.field", "line 1: id"},
      {line(R"("label":"a","labels":7)"), "dataset.field", "line 1: labels: is not known here"},
      {R"({"label":"a"})", "dataset.field", "line 1: want inputs or file"},
      {R"({"label":"a","inputs":[]})", "dataset.field", "line 1: inputs"},
      {R"({"label":"a","inputs":[1]})", "dataset.field", "line 1: inputs[0].name: is missing"},
      {R"({"label":"a","inputs":[{"name":"in","datatype":"FP32","shape":[1]}]})", "dataset.field",
       "line 1: inputs[0].data: is missing"},
      {line(R"("label":"a","file":"a.png")"), "dataset.field", "line 1: want inputs or file, not both"},
      {R"({"label":"a","file":7})", "dataset.field", "line 1: file"},
      {file("unknown.ending"), "dataset.field", "line 1: media_type: is missing"},
      {file("nowhere.txt"), "file.not_found", "line 1: "},
      {file("/etc/hostname.txt"), "dataset.path", "line 1: file: '/etc/hostname.txt' is absolute"},
      {file("../secret.txt"), "dataset.path", "line 1: file: '../secret.txt' has a step"},
      {file("a/../../secret.txt"), "file.not_found", "line 1"},
      {file("./x.txt"), "dataset.path", "line 1: file"},
      {file("link.txt"), "dataset.path", "goes through a link"},
      {file("up/secret.txt"), "dataset.path", "goes through a link"},
      {file("folder.txt"), "file.", "line 1"},
      {file("pipe.txt"), "dataset.path", "no regular file"},
      {file("empty.txt"), "dataset.path", "is empty"},
      {file("a\\u0000.txt"), "dataset.json", "line 1"},
      {file("a\\n\\u001b[2J.txt"), "file.not_found", "a??[2J.txt"},
      {std::string(kLineBytesMax + 2, ' '), "dataset.line_too_long", "line 1: has"},
  };
  for (const Row& row : rows) {
    const auto set = read(row.text);
    ASSERT_FALSE(set) << row.text.substr(0, 120);
    EXPECT_TRUE(set.error().reason.starts_with(row.reason)) << row.text.substr(0, 120) << ": " << set.error().reason;
    EXPECT_TRUE(set.error().message.contains(row.message)) << row.text.substr(0, 120) << ": " << set.error().message;
  }
  EXPECT_EQ(read_dataset(folder / "nowhere.jsonl").error().reason, "file.not_found");
}

TEST_F(DatasetTest, HasBounds) {
  std::string text;
  for (std::size_t i = 0; i <= kLabelsMax; ++i) text += line("\"label\":\"" + std::to_string(i) + '"');
  EXPECT_EQ(read(text).error().reason, "dataset.too_many_labels");
  // A file of holes of two gigabytes is not read.
  write_file(folder / "set/data.jsonl", "");
  std::filesystem::resize_file(folder / "set/data.jsonl", std::uint64_t{2} << 30);
  EXPECT_EQ(read_dataset(folder / "set/data.jsonl").error().reason, "dataset.too_large");
}

}  // namespace
}  // namespace stoa::registry

// dataset_fuzz.cpp: any bytes as a labelled set beside two pictures; what is accepted must hold what it promises.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "registry/document/test_folder.hpp"
#include "registry/evaluation/dataset.hpp"

namespace {

using namespace stoa::registry;

void require(bool holds) {
  if (!holds) std::abort();
}

// A set on disk in a folder with what its lines may name: two pictures, an empty file, a link that leads elsewhere.
class SetFolder {
 public:
  SetFolder() {
    write_file(folder_ / "set/a.png", "picture a");
    write_file(folder_ / "set/more/b.jpg", "picture b");
    write_file(folder_ / "set/empty.png", "");
    write_file(folder_ / "secret.png", "not of the set");
    std::filesystem::create_symlink("../secret.png", folder_ / "set/link.png");
  }
  std::filesystem::path path() const { return folder_ / "set"; }

 private:
  TestFolder folder_;
};

void check(const Dataset& set, const std::filesystem::path& folder) {
  require(!set.examples.empty() && set.examples.size() <= kExamplesMax);
  std::set<std::string> ids, labels;
  for (const Example& example : set.examples) {
    require(is_label(example.id) && ids.insert(example.id).second);
    require(example.inputs.empty() != example.file.empty());
    if (!example.file.empty()) {
      require(example.file == "a.png" || example.file == "more/b.jpg");
      require(is_label(example.media_type) && read_example_file(folder, example).has_value());
    }
    if (set.task == EvaluationTask::regression)
      require(std::isfinite(example.target) && example.label.empty());
    else
      require(is_label(example.label));
    if (set.task == EvaluationTask::classification) labels.insert(example.label);
    require(!set.has_indices || std::ranges::all_of(example.label, [](char c) { return c >= '0' && c <= '9'; }));
  }
  require(std::ranges::equal(labels, set.labels) && labels.size() <= kLabelsMax);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  static const SetFolder folder;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  write_file(folder.path() / "set.jsonl", text);
  const auto set = read_dataset(folder.path() / "set.jsonl");
  if (set) {
    check(*set, folder.path());
    const auto again = read_dataset(folder.path() / "set.jsonl");
    require(again && again->sha256 == set->sha256);
  } else {
    require(set.error().reason.starts_with("dataset.") || set.error().reason.starts_with("file."));
    for (const char c : set.error().message) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
  return 0;
}

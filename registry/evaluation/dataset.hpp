// dataset.hpp: a labelled set: what is asked of a model, and what the answer should be. docs/reference/evaluation.md
// has its form. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// classification: the answer is one of some labels. regression: a number, and what counts is how far off it is.
enum class EvaluationTask : std::uint8_t { classification, regression };
std::string_view name_of(EvaluationTask task);

// Exactly one of inputs and file is there.
struct Example {
  std::string id;          // the line's number where the line has none
  std::string inputs;      // JSON text of the "inputs" of the Open Inference Protocol
  std::string file;        // path below the dataset's folder
  std::string media_type;  // of the file
  Sha256 file_sha256{};
  std::string label;  // of a classification
  double target = 0;  // of a regression
};

struct Dataset {
  EvaluationTask task = EvaluationTask::classification;
  bool has_indices = false;  // the labels are integers, all of them
  std::vector<Example> examples;
  std::vector<std::string> labels;  // each once, in the order of their bytes
  // Of the text of `sha256sum` over the set's own file, which it calls "-", and then over each file that the set names,
  // once, in the order of their paths.
  Sha256 sha256{};
};

inline constexpr std::size_t kLineBytesMax = 16u << 20, kExamplesMax = 1'000'000, kLabelsMax = 1'000;
inline constexpr std::size_t kLabelBytesMax = 256, kExampleFileBytesMax = 64u << 20;
inline constexpr std::uint64_t kDatasetBytesMax = std::uint64_t{1} << 30;  // it is held in memory while it is run

// Reads all of it, the files it names as well. Errors: "dataset.<rule>", the message begins with the line and the
// field; those of file.hpp.
Result<Dataset> read_dataset(const std::filesystem::path& file);

// The bytes of an example's file, which have to be those that read_dataset() saw: else failed_precondition
// "dataset.changed". folder: the dataset's.
Result<std::string> read_example_file(const std::filesystem::path& folder, const Example& example);

// Whether a text may be a label, an id or an answer: 1 to kLabelBytesMax bytes of UTF-8 without control characters.
bool is_label(std::string_view text);

}  // namespace stoa::registry

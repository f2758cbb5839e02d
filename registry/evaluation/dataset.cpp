// dataset.cpp: JSON lines, read strictly: the first line that breaks a rule is the answer.
// SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/dataset.hpp"

#include <errno.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_set>

#include "registry/document/file.hpp"
#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kInputsMax = 64, kReadBytes = 1u << 20;

struct MediaType {
  std::string_view ending, type;
};
constexpr MediaType kMediaTypes[] = {{".png", "image/png"},  {".jpg", "image/jpeg"}, {".jpeg", "image/jpeg"},
                                     {".txt", "text/plain"}, {".wav", "audio/wav"},  {".json", "application/json"}};

std::unexpected<Error> refuse(std::size_t line, const char* reason, std::string_view message) {
  return failure(Code::invalid_argument, reason, fmt::format("line {}: {}", line, message));
}

// Below the folder and nowhere else: no link is followed on the way, so that a set from elsewhere reads nothing that is
// not its own.
Result<File> open_below(const std::filesystem::path& folder, const std::string& path) {
  const auto bad = [&](const char* why) {
    return failure(Code::invalid_argument, "dataset.path", fmt::format("file: '{}' {}", printable(path), why));
  };
  if (path.empty() || path.size() > 1024 || path.find('\0') != path.npos) return bad("is no path");
  if (path.front() == '/') return bad("is absolute; it has to lie below the set's folder");
  File at(::open(folder.empty() ? "." : folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (at.fd() < 0) return std::unexpected(file_error("open", folder, errno));
  std::string_view rest = path;
  while (true) {
    const std::string step(rest.substr(0, rest.find('/')));
    if (step.empty() || step == "." || step == "..") return bad("has a step that is empty, '.' or '..'");
    const bool is_last = step.size() == rest.size();
    rest.remove_prefix(is_last ? step.size() : step.size() + 1);
    const int how = is_last ? O_RDONLY | O_NONBLOCK | O_NOCTTY : O_PATH | O_DIRECTORY;
    File next(::openat(at.fd(), step.c_str(), how | O_NOFOLLOW | O_CLOEXEC));
    if (next.fd() < 0 && (errno == ELOOP || errno == ENOTDIR)) return bad("goes through a link, or no folder");
    if (next.fd() < 0) return std::unexpected(file_error("open", folder / path, errno));
    at = std::move(next);
    if (is_last) break;
  }
  return at;
}

Result<std::string> read_below(const std::filesystem::path& folder, const std::string& path) {
  const auto file = open_below(folder, path);
  if (!file) return std::unexpected(file.error());
  const auto size = size_of_file(*file);  // 0 of what is no regular file
  if (size && *size == 0)
    return failure(Code::invalid_argument, "dataset.path",
                   fmt::format("file: '{}' is empty, or no regular file", printable(path)));
  return read_small_file(*file, path, kExampleFileBytesMax);
}

class Reader {
 public:
  explicit Reader(std::filesystem::path folder) : folder_(std::move(folder)) {}

  Result<void> add_line(std::string_view text) {
    ++line_;
    if (text.size() > kLineBytesMax)
      return refuse(line_, "dataset.line_too_long",
                    fmt::format("has {} bytes, limit is {}", text.size(), kLineBytesMax));
    if (set_.examples.size() == kExamplesMax)
      return refuse(line_, "dataset.too_many", fmt::format("a set has at most {} examples", kExamplesMax));
    const auto json = parse_strict_json(text);
    if (!json) return refuse(line_, "dataset.json", json.error().message);
    if (!json->is_object()) return refuse(line_, "dataset.json", "is no JSON object");
    Example example;
    for (const auto& [name, unused] : json->items())
      if (name != "id" && name != "inputs" && name != "file" && name != "media_type" && name != "label" &&
          name != "target")
        return refuse(line_, "dataset.field",
                      fmt::format("{}: is not known here; want id, inputs or file, media_type, label or target",
                                  printable(name)));
    if (auto good = read_id(*json, example); !good) return good;
    if (auto good = read_expected(*json, example); !good) return good;
    if (auto good = json->contains("file") ? read_file(*json, example) : read_inputs(*json, example); !good)
      return good;
    set_.examples.push_back(std::move(example));
    return {};
  }

  Result<Dataset> finish(const Sha256& own_sha256) {
    if (set_.examples.empty())
      return failure(Code::invalid_argument, "dataset.empty", "the set has no example: want one JSON object a line");
    set_.labels.assign(labels_.begin(), labels_.end());
    std::string sums = to_hex(own_sha256) + "  -\n";
    for (const auto& [path, sha256] : files_) sums += to_hex(sha256) + "  " + path + '\n';
    set_.sha256 = sha256_of(sums);
    return std::move(set_);
  }

 private:
  Result<void> read_id(const Json& json, Example& example) {
    example.id = std::to_string(line_);
    if (const auto id = json.find("id"); id != json.end()) {
      if (!id->is_string() || !is_label(id->get_ref<const std::string&>()))
        return refuse(line_, "dataset.field", "id: want a text of 1 to 256 bytes without control characters");
      example.id = id->get<std::string>();
    }
    if (!ids_.insert(example.id).second)
      return refuse(line_, "dataset.duplicate_id",
                    fmt::format("id: '{}' stands on an earlier line; a line without an id has its number", example.id));
    return {};
  }

  Result<void> read_expected(const Json& json, Example& example) {
    const auto label = json.find("label"), target = json.find("target");
    if ((label == json.end()) == (target == json.end()))
      return refuse(line_, "dataset.expected", "want exactly one of label and target");
    const bool is_regression = target != json.end();
    const EvaluationTask task = is_regression ? EvaluationTask::regression : EvaluationTask::classification;
    const bool is_index = !is_regression && label->is_number_integer();
    if (line_ == 1) {
      set_.task = task;
      set_.has_indices = is_index;
    }
    if (set_.task != task) return refuse(line_, "dataset.mixed", "a set has labels or targets, not both");
    if (is_regression) {
      if (!target->is_number() || !std::isfinite(target->get<double>()))
        return refuse(line_, "dataset.target", fmt::format("target: is {}, want a finite number", target->type_name()));
      example.target = target->get<double>();
      return {};
    }
    if (is_index) {
      if (!label->is_number_unsigned())
        return refuse(line_, "dataset.label", "label: is negative, an index is 0 or more");
      example.label = std::to_string(label->get<std::uint64_t>());
    } else {
      if (!label->is_string() || !is_label(label->get_ref<const std::string&>()))
        return refuse(line_, "dataset.label",
                      "label: want a text of 1 to 256 bytes without control characters, or the integer of a class");
      example.label = label->get<std::string>();
    }
    if (set_.has_indices != is_index)
      return refuse(line_, "dataset.mixed", "the labels of a set are texts or integers, not both");
    labels_.insert(example.label);
    if (labels_.size() > kLabelsMax)
      return refuse(line_, "dataset.too_many_labels", fmt::format("a set has at most {} labels", kLabelsMax));
    return {};
  }

  Result<void> read_file(const Json& json, Example& example) {
    const Json& file = json["file"];
    if (json.contains("inputs")) return refuse(line_, "dataset.field", "want inputs or file, not both");
    if (!file.is_string()) return refuse(line_, "dataset.field", "file: want a path below the set's folder");
    example.file = file.get<std::string>();
    for (const auto& [ending, type] : kMediaTypes)
      if (example.file.ends_with(ending)) example.media_type = type;
    if (const auto type = json.find("media_type"); type != json.end()) {
      if (!type->is_string() || !is_label(type->get_ref<const std::string&>()))
        return refuse(line_, "dataset.field", "media_type: want a text as in \"image/png\"");
      example.media_type = type->get<std::string>();
    }
    if (example.media_type.empty())
      return refuse(line_, "dataset.field", "media_type: is missing, and the file's ending does not tell it");
    // A set may name a file on many lines; it is read for its digest once.
    auto known = files_.find(example.file);
    if (known == files_.end()) {
      const auto bytes = read_below(folder_, example.file);
      if (!bytes) {
        Error error = bytes.error();
        error.message = fmt::format("line {}: {}", line_, error.message);
        return std::unexpected(std::move(error));
      }
      known = files_.emplace(example.file, sha256_of(*bytes)).first;
    }
    example.file_sha256 = known->second;
    return {};
  }

  Result<void> read_inputs(const Json& json, Example& example) {
    const auto inputs = json.find("inputs");
    if (inputs == json.end()) return refuse(line_, "dataset.field", "want inputs or file");
    if (json.contains("media_type")) return refuse(line_, "dataset.field", "media_type: goes with a file");
    if (!inputs->is_array() || inputs->empty() || inputs->size() > kInputsMax)
      return refuse(line_, "dataset.field", fmt::format("inputs: want a list of 1 to {} tensors", kInputsMax));
    for (std::size_t i = 0; i < inputs->size(); ++i)
      for (const char* const member : {"name", "datatype", "shape", "data"})
        if (!(*inputs)[i].is_object() || !(*inputs)[i].contains(member))
          return refuse(
              line_, "dataset.field",
              fmt::format("inputs[{}].{}: is missing; a tensor has name, datatype, shape and data", i, member));
    example.inputs = json_text(*inputs);
    return {};
  }

  const std::filesystem::path folder_;
  Dataset set_;
  std::size_t line_ = 0;
  std::unordered_set<std::string> ids_;
  std::set<std::string> labels_;
  std::map<std::string, Sha256> files_;
};

}  // namespace

std::string_view name_of(EvaluationTask task) {
  return task == EvaluationTask::classification ? "classification" : "regression";
}

bool is_label(std::string_view text) {
  if (text.empty() || text.size() > kLabelBytesMax) return false;
  if (std::ranges::any_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) return false;
  // Whatever is no UTF-8 is replaced on its way through JSON.
  const auto back = parse_strict_json(json_text(Json(std::string(text))));
  return back && back->get_ref<const std::string&>() == text;
}

Result<Dataset> read_dataset(const std::filesystem::path& path) {
  const auto file = open_regular(path);
  if (!file) return std::unexpected(file.error());
  const auto size = size_of_file(*file);
  if (!size) return std::unexpected(size.error());
  if (*size > kDatasetBytesMax)
    return failure(Code::invalid_argument, "dataset.too_large",
                   fmt::format("{} has {} bytes, limit is {}", path.string(), *size, kDatasetBytesMax));
  Reader reader(path.parent_path());
  Sha256Stream digest;
  std::string pending, block;
  for (std::uint64_t offset = 0; offset < *size; offset += block.size()) {
    block.resize(std::min<std::uint64_t>(kReadBytes, *size - offset));
    if (auto read = read_at(*file, offset, std::as_writable_bytes(std::span(block))); !read)
      return std::unexpected(read.error());
    digest.update(std::as_bytes(std::span(block)));
    std::string_view rest = block;
    for (std::size_t end = rest.find('\n'); end != rest.npos; end = rest.find('\n')) {
      pending += rest.substr(0, end);
      rest.remove_prefix(end + 1);
      if (auto good = reader.add_line(pending); !good) return std::unexpected(good.error());
      pending.clear();
    }
    pending += rest;
    if (pending.size() > kLineBytesMax) break;  // the line is refused below, without the rest of it
  }
  if (!pending.empty())
    if (auto good = reader.add_line(pending); !good) return std::unexpected(good.error());
  return reader.finish(digest.finish());
}

Result<std::string> read_example_file(const std::filesystem::path& folder, const Example& example) {
  auto bytes = read_below(folder, example.file);
  if (!bytes) return bytes;
  if (sha256_of(*bytes) != example.file_sha256)
    return failure(Code::failed_precondition, "dataset.changed",
                   fmt::format("file: '{}' was changed while the set was run", printable(example.file)));
  return bytes;
}

}  // namespace stoa::registry

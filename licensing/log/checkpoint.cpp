// checkpoint.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/log/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> no_checkpoint(std::string_view why) {
  return failure(Code::data_loss, "checkpoint.form", fmt::format("checkpoint: {}", why));
}

}  // namespace

std::string checkpoint_text(const Checkpoint& checkpoint) {
  const auto& root = checkpoint.head.root;
  std::string text = fmt::format("{}\n{}\n{}\n", checkpoint.origin, checkpoint.head.size,
                                 registry::to_base64(std::string(root.begin(), root.end())));
  for (const std::string& line : checkpoint.extensions) text += line + '\n';
  return text;
}

Result<Checkpoint> parse_checkpoint(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return no_checkpoint("does not end with a line feed");
    lines.push_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  if (lines.size() < 3) return no_checkpoint(fmt::format("has {} lines, at least 3 are wanted", lines.size()));
  Checkpoint checkpoint{std::string(lines[0]), {}, {lines.begin() + 3, lines.end()}};
  auto& head = checkpoint.head;
  const char* const end = lines[1].data() + lines[1].size();
  if (const auto read = std::from_chars(lines[1].data(), end, head.size); read.ec != std::errc() || read.ptr != end)
    return no_checkpoint("the second line is no size");
  const auto root = registry::from_base64(lines[2]);
  if (!root || root->size() != head.root.size()) return no_checkpoint("the third line is no root");
  std::ranges::copy(*root, head.root.begin());
  if (checkpoint.origin.empty() || checkpoint_text(checkpoint) != text ||
      std::ranges::find(checkpoint.extensions, std::string()) != checkpoint.extensions.end())
    return no_checkpoint("is not in the one form there is");
  return checkpoint;
}

Result<Checkpoint> open_checkpoint(std::string_view note, const NoteVerifier& log) {
  const auto opened = open_note(note, {&log, 1});
  if (!opened) return std::unexpected(opened.error());
  auto checkpoint = parse_checkpoint(opened->text);
  if (checkpoint && checkpoint->origin != log.name())
    return failure(
        Code::permission_denied, "checkpoint.origin",
        fmt::format("checkpoint: it is of '{}', and not of '{}'", checkpoint->origin.substr(0, 80), log.name()));
  return checkpoint;
}

}  // namespace stoa::licensing

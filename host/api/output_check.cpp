// output_check.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/output_check.hpp"

#include <algorithm>

namespace stoa::api {
namespace {

using runtime::ModelSpec;
using runtime::OutputPart;
using runtime::PartKind;
using runtime::PortSpec;

std::unexpected<Error> bad(const ModelSpec& spec, const OutputPart& part, std::string_view what) {
  return failure(Code::internal, "plugin.bad_output",
                 "model '" + spec.name + "' answered output '" + std::string(part.name()) + "' " + std::string(what));
}

bool fits(std::span<const std::int64_t> shape, const std::vector<std::int64_t>& promised) {
  return shape.size() == promised.size() && std::ranges::equal(shape, promised, [](std::int64_t is, std::int64_t want) {
           return want == -1 || is == want;
         });
}

// Pieces of one text, joined in a copy; the part's own memory cannot grow.
Result<void> join_pieces(std::vector<OutputPart>& parts, const ModelSpec& spec) {
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto is_same = [&](const OutputPart& part) { return part.name() == parts[i].name(); };
    if (std::count_if(parts.begin() + static_cast<std::ptrdiff_t>(i), parts.end(), is_same) == 1) continue;
    if (parts[i].kind() != PartKind::text)
      return failure(Code::unimplemented, "output.streamed",
                     "model '" + spec.name + "' streams output '" + std::string(parts[i].name()) +
                         "' in several parts, ask through generate_stream");
    std::string text;
    for (const auto& part : parts)
      if (is_same(part)) text.append(reinterpret_cast<const char*>(part.data().data()), part.data().size());
    const std::string name(parts[i].name()), media_type(parts[i].media_type());
    stoa_part view{};
    view.struct_size = sizeof view;
    view.kind = STOA_PART_TEXT;
    view.name = {name.data(), name.size()};
    view.media_type = {media_type.data(), media_type.size()};
    view.u.bytes = {text.data(), text.size()};
    OutputPart joined;
    std::string why;
    if (!OutputPart::take(view, joined, why)) return bad(spec, parts[i], why);
    parts.erase(std::remove_if(parts.begin() + static_cast<std::ptrdiff_t>(i) + 1, parts.end(), is_same), parts.end());
    parts[i] = std::move(joined);
  }
  return {};
}

const OutputPart* find(const std::vector<OutputPart>& parts, std::string_view name) {
  const auto at = std::ranges::find(parts, name, &OutputPart::name);
  return at == parts.end() ? nullptr : &*at;
}

}  // namespace

Result<void> check_output(const OutputPart& part, const ModelSpec& spec) {
  const PortSpec* port = spec.output(part.name());
  if (!port) return bad(spec, part, "which its manifest does not have");
  const bool is_tensor = port->kind == PartKind::tensor || port->kind == PartKind::strings;
  if (!is_tensor) {
    if (part.kind() != port->kind) return bad(spec, part, "as another kind than its manifest says");
    return {};
  }
  if (part.kind() != PartKind::tensor && part.kind() != PartKind::strings)
    return bad(spec, part, "as another kind than its manifest says");
  if (part.datatype() != port->datatype)
    return bad(
        spec, part,
        "as " + std::string(name_of(part.datatype())) + ", its manifest says " + std::string(name_of(port->datatype)));
  if (!fits(part.shape(), port->shape)) return bad(spec, part, "in a shape its manifest does not allow");
  return {};
}

Result<SelectedParts> select_outputs(std::vector<OutputPart>& parts, const std::vector<std::string>& wanted,
                                     const ModelSpec& spec) {
  for (const auto& part : parts)
    if (auto done = check_output(part, spec); !done) return std::unexpected(std::move(done.error()));
  if (auto done = join_pieces(parts, spec); !done) return std::unexpected(std::move(done.error()));
  SelectedParts selected;
  selected.reserve(parts.size());
  const auto missing = [&](std::string_view name) {
    return failure(Code::internal, "plugin.missing_output",
                   "model '" + spec.name + "' did not answer output '" + std::string(name) + "'");
  };
  for (const auto& name : wanted) {
    const OutputPart* part = find(parts, name);
    if (!part) return missing(name);
    selected.push_back(part);
  }
  if (!wanted.empty()) return selected;
  for (const auto& port : spec.outputs)
    if (const OutputPart* part = find(parts, port.name)) selected.push_back(part);
  return selected;
}

}  // namespace stoa::api

// tensor_check.cpp: see tensor_check.hpp. SPDX-License-Identifier: Apache-2.0
#include "host/api/tensor_check.hpp"

#include <algorithm>
#include <cstdint>
#include <span>

#include "host/api/field_path.hpp"
#include "host/api/json_walk.hpp"

namespace stoa::api {
namespace {

using runtime::InputPart;
using runtime::ModelSpec;
using runtime::PartKind;
using runtime::PortSpec;

std::string names_of(const std::vector<PortSpec>& ports) {
  std::string text;
  for (const auto& port : ports) text += (text.empty() ? "'" : ", '") + port.name + "'";
  return text.empty() ? "none" : text;
}

Result<void> check_shape(const V2Input& input, const PortSpec& port, const FieldPath& where) {
  constexpr std::int64_t kSingle[] = {1};
  const std::span<const std::int64_t> wanted = port.kind == PartKind::tensor ? std::span(port.shape) : kSingle;
  if (input.shape.size() != wanted.size())
    return wrong(where,
                 shape_text(input.shape) + " has rank " + std::to_string(input.shape.size()) + ", input '" + port.name +
                     "' has shape " + shape_text({wanted.begin(), wanted.end()}),
                 "request.shape_mismatch");
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == -1 || wanted[i] == input.shape[i]) continue;
    return wrong(FieldPath(where, i),
                 "is " + std::to_string(input.shape[i]) + ", input '" + port.name + "' has shape " +
                     shape_text({wanted.begin(), wanted.end()}),
                 "request.shape_mismatch");
  }
  return {};
}

// A tensor of strings, or the one string of a text, bytes or JSON port.
Result<void> cross_data(V2Input& input, const PortSpec& port, const FieldPath& where, InputPart& part) {
  if (port.media_types.size() == 1) part.media_type = port.media_types.front();
  part.keep = std::move(input.data.keep);
  if (input.datatype != DataType::bytes) {
    part.kind = PartKind::tensor;
    part.datatype = input.datatype;
    part.data = input.data.bytes;
    part.shape = std::move(input.shape);
    return {};
  }
  part.datatype = DataType::bytes;
  if (port.kind == PartKind::tensor || port.kind == PartKind::strings) {
    part.kind = PartKind::strings;
    part.strings = std::move(input.data.strings);
    part.shape = std::move(input.shape);
    return {};
  }
  part.kind = port.kind;
  const stoa_str one = input.data.strings.front();  // shape [1] was checked
  part.data = {reinterpret_cast<const std::byte*>(one.p), one.n};
  return check_content(port, {one.p, one.n}, FieldPath(where, "data"));
}

Result<void> cross(V2Input& input, const ModelSpec& spec, const FieldPath& where, InputPart& part) {
  const PortSpec* port = spec.input(input.name);
  if (!port)
    return wrong(FieldPath(where, "name"),
                 "model '" + spec.name + "' has no input '" + input.name + "', it has " + names_of(spec.inputs),
                 "request.unknown_input");
  const DataType wanted = port->kind == PartKind::tensor ? port->datatype : DataType::bytes;
  if (input.datatype != wanted)
    return wrong(
        FieldPath(where, "datatype"),
        std::string(name_of(input.datatype)) + ", input '" + port->name + "' is " + std::string(name_of(wanted)),
        "request.datatype_mismatch");
  if (auto done = check_shape(input, *port, FieldPath(where, "shape")); !done) return done;
  part.name = port->name;
  return cross_data(input, *port, where, part);
}

bool has_part(const std::vector<InputPart>& parts, std::string_view name) {
  return std::ranges::any_of(parts, [name](const InputPart& part) { return part.name == name; });
}

Result<void> check_group(const std::vector<std::string>& group, const std::vector<InputPart>& parts) {
  std::string names, given;
  std::size_t count = 0;
  for (const auto& name : group) {
    names += (names.empty() ? "'" : ", '") + name + "'";
    if (!has_part(parts, name)) continue;
    given += (given.empty() ? "'" : ", '") + name + "'";
    ++count;
  }
  if (count == 1) return {};
  return wrong(FieldPath("inputs"),
               "exactly one of " + names + " must be given, " + (count ? given + " are" : "none is"), "request.one_of");
}

}  // namespace

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? "," : "") + std::to_string(shape[i]);
  return text + "]";
}

Result<void> check_content(const PortSpec& port, std::string_view bytes, const FieldPath& where) {
  if (port.kind == PartKind::text && !simdjson::validate_utf8(bytes.data(), bytes.size()))
    return wrong(where, "input '" + port.name + "' is text and must be UTF-8", "request.not_utf8");
  if (port.kind != PartKind::json) return {};
  if (const auto valid = check_json(bytes, FieldPath("document")); !valid)
    return wrong(where, "input '" + port.name + "' must be a JSON document; " + valid.error().message,
                 "request.not_json");
  return {};
}

Result<void> check_presence(const std::vector<InputPart>& parts, const ModelSpec& spec) {
  for (const auto& port : spec.inputs)
    if (!port.optional && !has_part(parts, port.name))
      return wrong(FieldPath("inputs"), "input '" + port.name + "' of model '" + spec.name + "' is missing",
                   "request.missing_input");
  for (const auto& group : spec.one_of)
    if (auto done = check_group(group, parts); !done) return done;
  return {};
}

Result<std::vector<InputPart>> check_inputs(V2Request& request, const ModelSpec& spec, InputsAre form) {
  std::vector<InputPart> parts;
  parts.reserve(request.inputs.size());
  const FieldPath inputs("inputs");
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    const std::string& name = request.inputs[i].name;
    const bool is_keyed = form == InputsAre::keyed;
    const FieldPath where = is_keyed ? FieldPath(name) : FieldPath(inputs, i);
    if (has_part(parts, name))
      return wrong(is_keyed ? where : FieldPath(where, "name"), "'" + name + "' is given twice",
                   "request.duplicate_input");
    if (auto done = cross(request.inputs[i], spec, where, parts.emplace_back()); !done)
      return std::unexpected(std::move(done.error()));
  }
  if (auto done = check_presence(parts, spec); !done) return std::unexpected(std::move(done.error()));
  return parts;
}

Result<std::vector<std::string>> check_outputs(const V2Request& request, const ModelSpec& spec) {
  std::vector<std::string> names;
  names.reserve(request.outputs.size());
  const FieldPath outputs("outputs");
  for (std::size_t i = 0; i < request.outputs.size(); ++i) {
    const std::string& name = request.outputs[i].name;
    const FieldPath entry(outputs, i), where(entry, "name");
    if (!spec.output(name))
      return wrong(where, "model '" + spec.name + "' has no output '" + name + "', it has " + names_of(spec.outputs),
                   "request.unknown_output");
    if (std::ranges::find(names, name) != names.end())
      return wrong(where, "'" + name + "' is given twice", "request.duplicate_output");
    names.push_back(name);
  }
  return names;
}

}  // namespace stoa::api

// generate_request.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/generate_request.hpp"

#include <algorithm>

#include "host/api/v2_json_data.hpp"

namespace stoa::api {
namespace {

using runtime::ModelSpec;
using runtime::PartKind;
using runtime::PortSpec;

bool is_string_port(const PortSpec& port) { return port.kind != PartKind::tensor || port.datatype == DataType::bytes; }

void set_one_string(V2Input& input, std::string_view text) {
  auto owner = std::make_shared<std::string>(text);
  input.data.strings = {stoa_str{owner->data(), owner->size()}};
  input.data.keep = std::move(owner);
}

// How deep the first elements of an array nest, and how many each level has; the reader then checks all of them.
Result<std::vector<std::int64_t>> extents_of(std::string_view array_text, const FieldPath& where) {
  const simdjson::padded_string text(array_text);
  od::parser parser;
  od::document document;
  if (auto error = parser.iterate(text).get(document)) return bad_json(where, error);
  od::array array;
  if (auto error = document.get_array().get(array)) return bad_json(where, error);
  std::vector<std::int64_t> extents;
  while (extents.size() < kRankMax) {
    std::size_t count = 0;
    if (auto error = array.count_elements().get(count)) return bad_json(where, error);
    extents.push_back(static_cast<std::int64_t>(count));
    if (count == 0) break;
    od::value first;
    od::json_type type;
    if (auto error = array.at(0).get(first)) return bad_json(where, error);
    if (first.type().get(type) || type != od::json_type::array) break;
    if (auto error = first.get_array().get(array)) return bad_json(where, error);
  }
  return extents;
}

// The shape a value says, put into the port's: the value's own nesting, or a flat list with one open extent.
Result<std::vector<std::int64_t>> shape_for(std::vector<std::int64_t> extents, const PortSpec& port,
                                            const FieldPath& where) {
  if (extents.size() == port.shape.size()) return extents;
  std::vector<std::int64_t> shape = port.shape;
  std::int64_t known = 1;
  for (const std::int64_t extent : shape)
    if (extent != -1 && __builtin_mul_overflow(known, extent, &known)) known = 0;
  const auto open = std::ranges::count(shape, -1);
  if (extents.size() == 1 && open <= 1 && known > 0 && extents[0] % known == 0) {
    std::ranges::replace(shape, -1, extents[0] / known);
    return shape;
  }
  return wrong(where,
               "nests " + std::to_string(extents.size()) + " deep, input '" + port.name + "' has rank " +
                   std::to_string(port.shape.size()),
               "request.shape_mismatch");
}

Result<void> read_tensor(std::string_view array_text, const FieldPath& where, const PortSpec& port, V2Input& input) {
  auto extents = extents_of(array_text, where);
  if (!extents) return std::unexpected(std::move(extents.error()));
  auto shape = shape_for(std::move(*extents), port, where);
  if (!shape) return std::unexpected(std::move(shape.error()));
  input.shape = std::move(*shape);
  auto elements = count_elements(input.shape, input.datatype, UINT64_MAX, where);
  if (!elements) return std::unexpected(std::move(elements.error()));
  input.elements = *elements;
  const simdjson::padded_string text(std::string(16, ' ').append(array_text));  // FlatNumbers reads before the array
  od::parser parser;
  od::document document;
  if (auto error = parser.iterate(text).get(document)) return bad_json(where, error);
  od::array array;
  if (auto error = document.get_array().get(array)) return bad_json(where, error);
  return read_json_data(array, array_text.size(), where, input);
}

std::string trimmed(std::string_view text) {
  const std::size_t end = text.find_last_not_of(" \t\r\n");
  return std::string(text.substr(0, end == std::string_view::npos ? 0 : end + 1));
}

Result<void> read_value(od::value value, const FieldPath& where, const PortSpec& port, V2Input& input) {
  input.name = port.name;
  input.has_data = true;
  input.datatype = is_string_port(port) ? DataType::bytes : port.datatype;
  input.shape.assign(port.kind == PartKind::tensor ? port.shape.size() : 1, 1);
  input.elements = 1;
  if (port.kind == PartKind::json) {
    std::string_view json;
    if (auto error = simdjson::to_json_string(value).get(json)) return bad_json(where, error);
    set_one_string(input, trimmed(json));  // check_inputs looks whether it is JSON
    return {};
  }
  od::json_type type;
  if (auto error = value.type().get(type)) return bad_json(where, error);
  if (type == od::json_type::array && port.kind == PartKind::tensor) {
    od::array array;
    std::string_view json;
    if (auto error = value.get_array().get(array)) return bad_json(where, error);
    if (auto error = array.raw_json().get(json)) return bad_json(where, error);
    return read_tensor(json, where, port, input);
  }
  if (is_string_port(port)) {
    auto text = read_string(value, where);
    if (!text) return std::unexpected(std::move(text.error()));
    set_one_string(input, *text);
    return {};
  }
  if (type == od::json_type::object || type == od::json_type::array)
    return wrong(where, "must be one element or an array of " + std::string(name_of(port.datatype)));
  const std::string one = "[" + trimmed(value.raw_json_token()) + "]";
  if (auto done = validate(value, where, 2); !done) return done;
  const auto shape = input.shape;
  auto done = read_tensor(one, where, port, input);
  input.shape = shape;
  return done;
}

const PortSpec* port_of(std::string_view key, const ModelSpec& spec) {
  if (const PortSpec* port = spec.input(key)) return port;
  return key == "text_input" ? only_text_port(spec.inputs, key) : nullptr;
}

}  // namespace

const PortSpec* only_text_port(const std::vector<PortSpec>& ports, std::string_view alias) {
  const PortSpec* found = nullptr;
  for (const auto& port : ports) {
    if (port.name == alias) return &port;
    if (port.kind != PartKind::text) continue;
    if (found) return nullptr;
    found = &port;
  }
  return found;
}

Result<V2Request> read_generate(PaddedText text, const ModelSpec& spec) {
  if (text.size() == 0) return wrong(FieldPath("body"), "is empty, want a JSON object", "request.bad_json");
  od::parser parser;
  od::document document;
  const EndMark end(text);
  if (auto error = parser.iterate(text.view()).get(document)) return bad_json(FieldPath("body"), error);
  auto object = root_object(document);
  if (!object) return std::unexpected(std::move(object.error()));
  V2Request request;
  auto done = for_each_field(*object, FieldPath(""), [&](std::string_view key, od::value value, const FieldPath& path) {
    if (const PortSpec* port = port_of(key, spec)) return read_value(value, path, *port, request.inputs.emplace_back());
    if (key == "id" || key == "parameters") return read_request_field(key, value, path, request);
    std::string names;
    for (const auto& port : spec.inputs) names += (names.empty() ? "'" : ", '") + port.name + "'";
    return Result<void>(
        wrong(path, "no such input of model '" + spec.name + "', it has " + names + "; settings belong into parameters",
              "request.unknown_input"));
  });
  if (done && document.current_location().error() != simdjson::OUT_OF_BOUNDS)
    done = wrong(FieldPath("body"), "has bytes behind the JSON object", "request.bad_json");
  if (!done) return std::unexpected(std::move(done.error()));
  return request;
}

}  // namespace stoa::api

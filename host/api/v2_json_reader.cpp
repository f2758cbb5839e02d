// v2_json_reader.cpp: the object structure of a v2 request; element loops are in v2_json_data.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_json_reader.hpp"

#include "host/api/plain_request.hpp"
#include "host/api/v2_json_data.hpp"

namespace stoa::api {
namespace {

constexpr std::size_t kSlack = simdjson::SIMDJSON_PADDING;
constexpr int kParametersDepth = 2, kInputDepth = 3;  // how deep these values lie below the document

// Reads an object of parameters: on_known(key, value, path) says whether it took the value. json: the object as sent.
template <class OnKnown>
Result<void> read_parameters(od::value v, const FieldPath& where, std::string_view* json, OnKnown&& on_known) {
  auto object = read_object(v, where);
  if (!object) return std::unexpected(object.error());
  if (json) {
    if (auto error = object->raw_json().get(*json)) return bad_json(where, error);
    if (auto error = object->reset().error()) return bad_json(where, error);
  }
  return for_each_field(*object, where,
                        [&](std::string_view key, od::value value, const FieldPath& path) -> Result<void> {
                          Result<bool> taken = on_known(key, value, path);
                          if (!taken) return std::unexpected(taken.error());
                          return *taken ? Result<void>{} : validate(value, path, kParametersDepth + 1);
                        });
}

// A value that is only checked.
template <class T>
Result<bool> taken(Result<T> value) {
  if (!value) return std::unexpected(std::move(value.error()));
  return true;
}

// Behind the last token of the document. current_location() says so by this error.
bool is_at_end(od::document& document) { return document.current_location().error() == simdjson::OUT_OF_BOUNDS; }

bool is_shared_memory(std::string_view key) { return key.starts_with("shared_memory_"); }

std::unexpected<Error> no_shared_memory(const FieldPath& path) {
  return wrong(path, "shared memory regions are not supported, send the data in the request", "request.shared_memory",
               Code::unimplemented);
}

// sequence_id is an integer or a string; 0 and "" mean no sequence.
Result<std::string> read_sequence_id(od::value v, const FieldPath& where) {
  od::json_type type;
  if (auto error = v.type().get(type)) return bad_json(where, error);
  if (type == od::json_type::string) {
    auto text = read_string(v, where);
    if (!text) return std::unexpected(text.error());
    if (text->size() > kNameBytesMax)
      return wrong(where, "has " + std::to_string(text->size()) + " bytes, limit is " + std::to_string(kNameBytesMax));
    return std::string(*text);
  }
  auto number = read_uint64(v, where);
  if (!number) return wrong(where, "must be a string or an integer from 0 to 2^64-1, is " + token_text(v));
  return *number ? std::to_string(*number) : std::string();
}

Result<void> read_request_parameters(od::value v, const FieldPath& where, V2Request& request) {
  std::string_view json;
  auto done = read_parameters(v, where, &json,
                              [&](std::string_view key, od::value value, const FieldPath& path) -> Result<bool> {
                                if (key == "timeout") {
                                  auto timeout = read_uint64(value, path);
                                  if (!timeout) return std::unexpected(timeout.error());
                                  if (*timeout) request.timeout_us = *timeout;
                                  return true;
                                }
                                if (key == "priority") return taken(read_uint64(value, path));
                                if (key == "sequence_id") {
                                  auto session = read_sequence_id(value, path);
                                  if (!session) return std::unexpected(session.error());
                                  request.session = std::move(*session);
                                  return true;
                                }
                                if (key == "sequence_start" || key == "sequence_end")
                                  return taken(read_bool(value, path));
                                if (key == "binary_data_output") {
                                  auto flag = read_bool(value, path);
                                  if (!flag) return std::unexpected(flag.error());
                                  request.binary_data_output = *flag;
                                  return true;
                                }
                                return false;
                              });
  if (done) request.parameters_json = json.substr(0, json.rfind('}') + 1);  // without the space behind it
  return done;
}

Result<void> read_input_parameters(od::value v, const FieldPath& where, V2Input& input) {
  return read_parameters(v, where, nullptr,
                         [&](std::string_view key, od::value value, const FieldPath& path) -> Result<bool> {
                           if (is_shared_memory(key)) return no_shared_memory(path);
                           if (key != "binary_data_size") return false;
                           auto size = read_uint64(value, path);
                           if (!size) return std::unexpected(size.error());
                           input.binary_data_size = *size;
                           return true;
                         });
}

Result<void> read_output_parameters(od::value v, const FieldPath& where, V2Output& output) {
  return read_parameters(v, where, nullptr,
                         [&](std::string_view key, od::value value, const FieldPath& path) -> Result<bool> {
                           if (is_shared_memory(key)) return no_shared_memory(path);
                           if (key == "classification")
                             return wrong(path, "is not supported, the model's own outputs carry labels",
                                          "request.classification", Code::unimplemented);
                           if (key != "binary_data") return false;
                           auto flag = read_bool(value, path);
                           if (!flag) return std::unexpected(flag.error());
                           output.binary_data = *flag;
                           return true;
                         });
}

Result<std::string> read_name(od::value v, const FieldPath& where) {
  auto name = read_string(v, where);
  if (!name) return std::unexpected(name.error());
  if (name->empty()) return wrong(where, "is empty");
  if (name->size() > kNameBytesMax)
    return wrong(where, "has " + std::to_string(name->size()) + " bytes, limit is " + std::to_string(kNameBytesMax));
  return std::string(*name);
}

Result<DataType> read_datatype(od::value v, const FieldPath& where) {
  auto name = read_string(v, where);
  if (!name) return std::unexpected(name.error());
  const DataType type = datatype_from_name(*name);
  if (type == DataType::invalid)
    return wrong(where,
                 token_text(v) +
                     " is not a datatype, want one of BOOL UINT8 UINT16 UINT32 UINT64 INT8 INT16 "
                     "INT32 INT64 FP16 FP32 FP64 BF16 BYTES",
                 "request.bad_datatype");
  return type;
}

Result<std::vector<std::int64_t>> read_shape(od::value v, const FieldPath& where) {
  auto array = read_array(v, where);
  if (!array) return std::unexpected(array.error());
  std::vector<std::int64_t> shape;
  shape.reserve(4);
  for (auto item : *array) {
    const FieldPath path(where, shape.size());
    if (shape.size() == kRankMax) return wrong(where, "has more than 32 extents", "request.bad_shape");
    od::value value;
    if (auto error = item.get(value)) return bad_json(path, error);
    std::int64_t extent = 0;
    if (value.get_int64().get(extent))
      return wrong(path, token_text(value) + " is not an integer from 0 to 2^63-1", "request.bad_shape");
    if (extent < 0) return wrong(path, std::to_string(extent) + " is negative", "request.bad_shape");
    shape.push_back(extent);
  }
  return shape;
}

// The fields of one input as they come; data waits as text while datatype or shape are not known yet.
struct InputFields {
  V2Input input;
  bool has_name = false, has_shape = false, has_datatype = false;
  std::string_view deferred;
};

Result<void> count_and_read(InputFields& f, od::array array, std::size_t json_bytes, const FieldPath& where,
                            const FieldPath& data_path, std::uint64_t tensor_bytes_max) {
  auto elements = count_elements(f.input.shape, f.input.datatype, tensor_bytes_max, FieldPath(where, "shape"));
  if (!elements) return std::unexpected(elements.error());
  f.input.elements = *elements;
  return read_json_data(array, json_bytes, data_path, f.input);
}

Result<void> check_complete(const InputFields& f, const FieldPath& where) {
  if (!f.has_name) return wrong(FieldPath(where, "name"), "is missing", "request.missing_field");
  if (!f.has_shape) return wrong(FieldPath(where, "shape"), "is missing", "request.missing_field");
  if (!f.has_datatype) return wrong(FieldPath(where, "datatype"), "is missing", "request.missing_field");
  if (f.input.has_data && f.input.binary_data_size)
    return wrong(FieldPath(where, "data"), "must not be given together with parameters.binary_data_size");
  return {};
}

}  // namespace

Result<void> read_request_field(std::string_view key, od::value value, const FieldPath& where, V2Request& request) {
  if (key == "parameters") return read_request_parameters(value, where, request);
  auto id = read_string(value, where);
  if (!id) return std::unexpected(std::move(id.error()));
  if (id->size() > kNameBytesMax)
    return wrong(where, "has " + std::to_string(id->size()) + " bytes, limit is " + std::to_string(kNameBytesMax));
  request.id = std::string(*id);
  return {};
}

Result<std::uint64_t> count_elements(const std::vector<std::int64_t>& shape, DataType datatype,
                                     std::uint64_t tensor_bytes_max, const FieldPath& where) {
  // BYTES elements take at least their length prefix, on the wire and in memory.
  const std::uint64_t element_bytes = datatype == DataType::bytes ? 4 : size_of(datatype);
  std::uint64_t elements = 1;
  bool has_zero = false, overflows = false;
  for (const std::int64_t extent : shape) {
    has_zero = has_zero || extent == 0;
    overflows = overflows || __builtin_mul_overflow(elements, static_cast<std::uint64_t>(extent), &elements);
  }
  if (has_zero) return 0;
  std::uint64_t bytes = 0;
  if (overflows || __builtin_mul_overflow(elements, element_bytes, &bytes))
    return wrong(where, "the product of its extents overflows 64 bits", "request.too_large");
  if (bytes > tensor_bytes_max)
    return wrong(where,
                 "needs " + std::to_string(bytes) + " bytes of " + std::string(name_of(datatype)) + ", limit is " +
                     std::to_string(tensor_bytes_max),
                 "request.too_large");
  return elements;
}

namespace {

// Reads the elements of "inputs" and "outputs" into a request; holds what every level needs.
class RequestWalk {
 public:
  RequestWalk(V2Request& request, od::parser& deferred, std::size_t text_bytes, std::uint64_t tensor_bytes_max)
      : request_(request), deferred_(deferred), text_bytes_(text_bytes), tensor_bytes_max_(tensor_bytes_max) {}

  Result<void> field(std::string_view key, od::value value, const FieldPath& path) {
    if (key == "id" || key == "parameters") return read_request_field(key, value, path, request_);
    if (key == "inputs") {
      has_inputs_ = true;
      return each(value, path, [this](od::value v, const FieldPath& p) { return input(v, p); });
    }
    if (key == "outputs") return each(value, path, [this](od::value v, const FieldPath& p) { return output(v, p); });
    return validate(value, path, kParametersDepth);
  }

  bool has_inputs() const { return has_inputs_; }

 private:
  template <class OnElement>
  static Result<void> each(od::value v, const FieldPath& where, OnElement&& on_element) {
    auto array = read_array(v, where);
    if (!array) return std::unexpected(array.error());
    std::uint64_t index = 0;
    for (auto item : *array) {
      const FieldPath path(where, index);
      if (index++ == kTensorsMax) return wrong(where, "has more than 256 entries", "request.too_many");
      od::value value;
      if (auto error = item.get(value)) return bad_json(path, error);
      if (Result<void> done = on_element(value, path); !done) return done;
    }
    return {};
  }

  Result<void> input(od::value v, const FieldPath& where) {
    auto object = read_object(v, where);
    if (!object) return std::unexpected(object.error());
    InputFields f;
    auto done = for_each_field(*object, where, [&](std::string_view key, od::value value, const FieldPath& path) {
      return input_field(f, key, value, path, where);
    });
    if (!done) return done;
    if (auto complete = check_complete(f, where); !complete) return complete;
    if (!f.deferred.empty()) done = read_deferred(f, where);
    if (done && !f.input.has_data) {
      auto elements = count_elements(f.input.shape, f.input.datatype, tensor_bytes_max_, FieldPath(where, "shape"));
      if (!elements) return std::unexpected(elements.error());
      f.input.elements = *elements;
    }
    if (done) request_.inputs.push_back(std::move(f.input));
    return done;
  }

  Result<void> input_field(InputFields& f, std::string_view key, od::value value, const FieldPath& path,
                           const FieldPath& where) {
    if (key == "name") return assign(read_name(value, path), f.input.name, f.has_name);
    if (key == "datatype") return assign(read_datatype(value, path), f.input.datatype, f.has_datatype);
    if (key == "shape") return assign(read_shape(value, path), f.input.shape, f.has_shape);
    if (key == "parameters") return read_input_parameters(value, path, f.input);
    if (key != "data") return validate(value, path, kInputDepth + 1);
    auto array = read_array(value, path);
    if (!array) return std::unexpected(array.error());
    f.input.has_data = true;
    if (f.has_name && f.has_datatype && f.has_shape)
      return count_and_read(f, *array, text_bytes_, where, path, tensor_bytes_max_);
    if (auto error = array->raw_json().get(f.deferred)) return bad_json(path, error);
    return {};
  }

  // The array's text is still there, with the body's slack (or more JSON) behind it: a second parser reads it.
  Result<void> read_deferred(InputFields& f, const FieldPath& where) {
    const FieldPath path(where, "data");
    od::document document;
    const simdjson::padded_string_view text(f.deferred.data(), f.deferred.size(), f.deferred.size() + kSlack);
    if (auto error = deferred_.iterate(text).get(document)) return bad_json(path, error);
    od::array array;
    if (auto error = document.get_array().get(array)) return bad_json(path, error);
    auto done = count_and_read(f, array, f.deferred.size(), where, path, tensor_bytes_max_);
    if (done && !is_at_end(document)) return wrong(path, "not valid JSON", "request.bad_json");
    return done;
  }

  Result<void> output(od::value v, const FieldPath& where) {
    auto object = read_object(v, where);
    if (!object) return std::unexpected(object.error());
    V2Output out;
    bool has_name = false;
    auto done = for_each_field(*object, where, [&](std::string_view key, od::value value, const FieldPath& path) {
      if (key == "name") return assign(read_name(value, path), out.name, has_name);
      if (key == "parameters") return read_output_parameters(value, path, out);
      return validate(value, path, kInputDepth + 1);
    });
    if (!done) return done;
    if (!has_name) return wrong(FieldPath(where, "name"), "is missing", "request.missing_field");
    request_.outputs.push_back(std::move(out));
    return {};
  }

  template <class T>
  static Result<void> assign(Result<T> from, T& to, bool& has) {
    if (!from) return std::unexpected(std::move(from.error()));
    to = std::move(*from);
    has = true;
    return {};
  }

  V2Request& request_;
  od::parser& deferred_;
  std::size_t text_bytes_;
  std::uint64_t tensor_bytes_max_;
  bool has_inputs_ = false;
};

}  // namespace

bool read_if_plain(PaddedText text, std::uint64_t tensor_bytes_max, V2Request& request) {
  const EndMark end(text);
  return read_plain_request(text.text(), tensor_bytes_max, request);
}

Result<V2Request> V2JsonReader::read(PaddedText text, std::uint64_t tensor_bytes_max) {
  Result<V2Request> request;
  if (!read_if_plain(text, tensor_bytes_max, *request)) request = walk(text, tensor_bytes_max);
  return request;
}

Result<V2Request> V2JsonReader::walk(PaddedText text, std::uint64_t tensor_bytes_max) {
  if (text.size() == 0) return wrong(FieldPath("body"), "is empty, want a JSON object", "request.bad_json");
  const FieldPath root("");
  od::document document;
  const EndMark end(text);
  if (auto error = parser_.iterate(text.view()).get(document)) return bad_json(FieldPath("body"), error);
  auto object = root_object(document);
  if (!object) return std::unexpected(std::move(object.error()));
  V2Request request;
  RequestWalk walk(request, deferred_, text.size(), tensor_bytes_max);
  auto done = for_each_field(*object, root, [&](std::string_view key, od::value value, const FieldPath& path) {
    return walk.field(key, value, path);
  });
  if (done && !is_at_end(document))
    done = wrong(FieldPath("body"), "has bytes behind the JSON object", "request.bad_json");
  if (done && !walk.has_inputs()) done = wrong(FieldPath("inputs"), "is missing", "request.missing_field");
  if (parser_.capacity() > kKeptCapacityMax) parser_ = od::parser();
  if (deferred_.capacity() > kKeptCapacityMax) deferred_ = od::parser();
  if (!done) return std::unexpected(std::move(done.error()));
  return request;
}

}  // namespace stoa::api

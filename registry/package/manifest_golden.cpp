// manifest_golden.cpp: golden cases: which model, which ports, and values that fit them.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/manifest_golden.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "registry/package/manifest_grammar.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kGoldenMax = 256, kCasePortsMax = 64;
constexpr std::int64_t kElementsMax = 1 << 20;  // more do not fit a manifest of 1 MiB; larger tensors are assets

template <class Integer>
bool fits(const Json& value) {
  if (value.is_number_unsigned())
    return value.get<std::uint64_t>() <= static_cast<std::uint64_t>(std::numeric_limits<Integer>::max());
  if (!value.is_number_integer()) return false;
  return std::is_signed_v<Integer> &&
         value.get<std::int64_t>() >= static_cast<std::int64_t>(std::numeric_limits<Integer>::min());
}

bool is_number_to(const Json& value, double most) { return value.is_number() && std::abs(value.get<double>()) <= most; }

bool fits_datatype(const Json& value, DataType type) {
  switch (type) {
    case DataType::boolean:
      return value.is_boolean();
    case DataType::uint8:
      return fits<std::uint8_t>(value);
    case DataType::uint16:
      return fits<std::uint16_t>(value);
    case DataType::uint32:
      return fits<std::uint32_t>(value);
    case DataType::uint64:
      return fits<std::uint64_t>(value);
    case DataType::int8:
      return fits<std::int8_t>(value);
    case DataType::int16:
      return fits<std::int16_t>(value);
    case DataType::int32:
      return fits<std::int32_t>(value);
    case DataType::int64:
      return fits<std::int64_t>(value);
    case DataType::fp16:
      return is_number_to(value, 65'519.9);  // beyond, the nearest is an infinity
    case DataType::bf16:
      return is_number_to(value, 3.3961e38);
    case DataType::fp32:
      return is_number_to(value, 3.40282356e38);
    case DataType::fp64:
      return value.is_number();
    case DataType::bytes:
      return value.is_string();
    case DataType::invalid:
      break;
  }
  return false;
}

// One golden tensor being read, with what it is checked against.
class TensorReader {
 public:
  TensorReader(JsonObject& object, const PortDeclaration& port, const Manifest& manifest, DocumentVerdict& verdict)
      : object_(object), port_(port), manifest_(manifest), verdict_(verdict) {}

  GoldenTensor read() {
    tensor_.name = port_.name;
    read_type();
    if (const auto* data = object_.require("data")) read_data(*data);
    choose_media_type();
    return std::move(tensor_);
  }

 private:
  bool is_tensor() const { return port_.kind == "tensor"; }

  void read_type() {
    tensor_.datatype = port_.datatype;
    tensor_.shape = {1};
    if (!is_tensor()) {
      for (const auto* key : {"datatype", "shape"})
        if (object_.has(key))
          object_.refuse(key, "golden", "belongs to tensors only; this port's kind is " + port_.kind);
      return;
    }
    const auto datatype = object_.text("datatype", {1, 16});
    if (datatype != name_of(port_.datatype))
      object_.refuse("datatype", "golden",
                     "is '" + printable(datatype) + "', the port's is " + std::string(name_of(port_.datatype)));
    read_shape();
  }

  void read_shape() {
    tensor_.shape.clear();
    const auto extents = object_.array("shape", {1, 8});
    if (extents.size() != port_.shape.size())
      object_.refuse(
          "shape", "golden",
          "has " + std::to_string(extents.size()) + " dimensions, the port has " + std::to_string(port_.shape.size()));
    std::int64_t elements = 1;
    for (std::size_t i = 0; i < extents.size() && !verdict_.is_refused(); ++i) {
      const auto pointer = object_.pointer("shape", i);
      if (!extents[i].is_number_unsigned() || extents[i].get<std::uint64_t>() > std::uint64_t{kElementsMax}) {
        verdict_.refuse(pointer, "golden", "must be 0 to " + std::to_string(kElementsMax));
        return;
      }
      const auto extent = extents[i].get<std::int64_t>();
      if (port_.shape[i] != -1 && port_.shape[i] != extent)
        verdict_.refuse(pointer, "golden",
                        "is " + std::to_string(extent) + ", the port says " + std::to_string(port_.shape[i]));
      elements *= extent;
      if (elements > kElementsMax) verdict_.refuse(pointer, "golden", "makes more than 1048576 elements");
      tensor_.shape.push_back(extent);
    }
    elements_ = elements;
  }

  void read_data(const Json& data) {
    if (data.is_string() && data.get_ref<const std::string&>().starts_with('@'))
      read_asset_reference(data.get<std::string>().substr(1));
    else if (is_tensor())
      read_elements(data);
    else if (port_.kind == "json")
      tensor_.data_json = json_text(data);
    else
      read_content(data);
  }

  void read_asset_reference(const std::string& path) {
    const auto asset = std::ranges::find(manifest_.assets, path, &AssetDeclaration::path);
    if (asset == manifest_.assets.end()) {
      object_.refuse("data", "golden", "'" + printable(path) + "' is no asset of this package");
      return;
    }
    if (asset->encrypted)
      object_.refuse("data", "golden", "'" + path + "' is encrypted: who checks a package could not read it");
    if (port_.datatype == DataType::bytes && is_tensor())
      object_.refuse("data", "golden", "a BYTES tensor cannot come from an asset; write its strings here");
    tensor_.data_asset = path;
    tensor_.media_type = asset->media_type;
  }

  void read_elements(const Json& data) {
    if (!data.is_array()) {
      object_.refuse("data", "golden", "must be a flat array or \"@\" and the path of an asset");
      return;
    }
    if (std::cmp_not_equal(data.size(), elements_))
      object_.refuse("data", "golden",
                     "has " + std::to_string(data.size()) + " elements, the shape " + std::to_string(elements_));
    for (std::size_t i = 0; const auto& element : data) {
      if (!fits_datatype(element, port_.datatype)) {
        verdict_.refuse(object_.pointer("data", i), "golden", "is no " + std::string(name_of(port_.datatype)));
        return;
      }
      ++i;
    }
    tensor_.data_json = json_text(data);
  }

  void read_content(const Json& data) {
    auto text = element_text(data, object_.pointer("data"), verdict_, {0, kManifestBytesMax});
    if (port_.kind == "bytes") {
      auto bytes = from_base64(text);
      if (!bytes) object_.refuse("data", "golden", "must be base64 with padding, or \"@\" and the path of an asset");
      text = std::move(bytes).value_or(std::string());
    }
    tensor_.data_bytes = std::move(text);
  }

  void choose_media_type() {
    if (object_.has("media_type")) {
      tensor_.media_type = object_.text("media_type", {1, 128});
      if (!is_media_type(tensor_.media_type)) object_.refuse("media_type", "media_type", "is no media type");
    } else if (tensor_.media_type.empty() && port_.media_types.size() == 1) {
      tensor_.media_type = port_.media_types.front();
    }
  }

  JsonObject& object_;
  const PortDeclaration& port_;
  const Manifest& manifest_;
  DocumentVerdict& verdict_;
  GoldenTensor tensor_;
  std::int64_t elements_ = 1;
};

enum class Side { input, output };

std::vector<GoldenTensor> read_tensors(JsonObject& golden, Side side, const ModelDeclaration& model,
                                       const Manifest& manifest, DocumentVerdict& verdict) {
  const bool is_input = side == Side::input;
  const std::string_view key = is_input ? "inputs" : "outputs";
  const auto& ports = is_input ? model.inputs : model.outputs;
  std::vector<GoldenTensor> tensors;
  for (std::size_t i = 0; const auto& value : golden.array(key, {1, kCasePortsMax})) {
    const auto pointer = golden.pointer(key, i++);
    auto object = is_input ? JsonObject(value, pointer, verdict, {"name", "datatype", "shape", "data", "media_type"})
                           : JsonObject(value, pointer, verdict,
                                        {"name", "datatype", "shape", "data", "media_type", "atol", "rtol"});
    const auto name = object.text("name", {1, 128});
    const auto port = std::ranges::find(ports, name, &PortDeclaration::name);
    if (port == ports.end()) {
      object.refuse("name", "golden",
                    "'" + printable(name) + "' is no port of model '" + model.name + "' in " + std::string(key));
      return tensors;
    }
    if (std::ranges::find(tensors, name, &GoldenTensor::name) != tensors.end())
      object.refuse("name", "duplicate", "is given twice");
    auto tensor = TensorReader(object, *port, manifest, verdict).read();
    if (!is_input) {
      tensor.atol = object.decimal_or("atol", tensor.atol);
      tensor.rtol = object.decimal_or("rtol", tensor.rtol);
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

// What the host would ask of a request: every input that is not optional, exactly one of each group.
void check_inputs_given(JsonObject& golden, const ModelDeclaration& model, const GoldenDeclaration& made) {
  const auto is_given = [&](const std::string& name) {
    return std::ranges::find(made.inputs, name, &GoldenTensor::name) != made.inputs.end();
  };
  for (const auto& port : model.inputs)
    if (!port.optional && !is_given(port.name))
      golden.refuse("inputs", "golden", "lacks the input '" + port.name + "'");
  for (const auto& group : model.one_of) {
    const auto n = std::ranges::count_if(group, is_given);
    if (n != 1)
      golden.refuse("inputs", "golden",
                    "gives " + std::to_string(n) + " inputs of the group of '" + group.front() + "', must be 1");
  }
}

}  // namespace

void read_golden(JsonObject& top, DocumentVerdict& verdict, Manifest& manifest) {
  std::set<std::string> names;
  for (std::size_t i = 0; const auto& value : top.array("golden", {0, kGoldenMax})) {
    JsonObject object(value, top.pointer("golden", i++), verdict, {"name", "model", "parameters", "inputs", "outputs"});
    GoldenDeclaration golden;
    golden.name = object.text("name", {1, 128});
    if (!names.insert(golden.name).second) object.refuse("name", "duplicate", "is the name of two golden cases");
    golden.model = object.text("model", {1, 64});
    const auto model = std::ranges::find(manifest.models, golden.model, &ModelDeclaration::name);
    if (model == manifest.models.end()) {
      object.refuse("model", "golden", "'" + printable(golden.model) + "' is no model of this package");
      return;
    }
    golden.params_json = object.object_text("parameters");
    golden.inputs = read_tensors(object, Side::input, *model, manifest, verdict);
    golden.outputs = read_tensors(object, Side::output, *model, manifest, verdict);
    if (verdict.is_refused()) return;
    check_inputs_given(object, *model, golden);
    manifest.golden.push_back(std::move(golden));
  }
}

}  // namespace stoa::registry

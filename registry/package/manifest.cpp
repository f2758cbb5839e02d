// manifest.cpp: from JSON to a checked Manifest, section by section.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/manifest.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "registry/document/strict_json.hpp"
#include "registry/package/manifest_golden.hpp"
#include "registry/package/manifest_grammar.hpp"
#include "registry/package/manifest_platform.hpp"
#include "registry/package/permission.hpp"
#include "registry/package/spdx.hpp"
#include "registry/versions/semver.hpp"

namespace stoa::registry {
namespace {

enum class Form { packed, source };

constexpr std::size_t kModelsMax = 64, kPortsMax = 64, kPlatformsMax = 16, kAssetsMax = 4096, kPermissionsMax = 32;
constexpr std::size_t kGroupsMax = 16, kMetersMax = 32, kMediaTypesMax = 32, kRankMax = 8;
constexpr std::size_t kPricesMax = 128;  // four currencies for every meter
// Sums of many such amounts stay far below 2^63: a million units of currency.
constexpr std::uint64_t kPriceNanoMax = 1'000'000'000'000'000, kPricePerMax = 1'000'000'000;

Sha256 read_digest(JsonObject& object, std::string_view key) {
  const auto text = object.text(key, {64, 64});
  const auto digest = sha256_from_hex(text);
  if (!digest) object.refuse(key, "digest", "must be 64 lower-case hexadecimal digits");
  return digest.value_or(Sha256{});
}

void read_identity(JsonObject& top, Manifest& out) {
  top.number("stoa", {1, 1});
  const auto id = top.text("id", {3, 129});
  const auto slash = id.find('/');
  if (slash == std::string::npos || !is_account_name(id.substr(0, slash)) || !is_account_name(id.substr(slash + 1)))
    top.refuse("id", "id", "must be publisher/plugin, each of a-z, 0-9 and inner hyphens, 64 characters at most");
  out.publisher = id.substr(0, slash);
  out.plugin = slash == std::string::npos ? std::string() : id.substr(slash + 1);
  out.version = top.text("version", {5, 64});
  if (const auto version = parse_semantic_version(out.version); !version)
    top.refuse("version", "version", "is no semantic version 2.0.0: " + version.error().message);
  out.description = top.text_or_empty("description", {0, 4096});
  out.homepage = top.text_or_empty("homepage", {1, 2048});
  if (!out.homepage.empty() && !is_homepage(out.homepage))
    top.refuse("homepage", "homepage", "must be an absolute http or https URL");
  out.changelog = top.text_or_empty("changelog", {0, 16'384});
  if (!is_plain_text(out.changelog))
    top.refuse("changelog", "changelog", "has a control character that is neither a line feed nor a tab");
}

void read_abi(JsonObject& top, DocumentVerdict& verdict, Manifest& out) {
  const auto* value = top.require("abi");
  if (!value) return;
  JsonObject abi(*value, top.pointer("abi"), verdict, {"min", "max"});
  out.abi_min = static_cast<std::uint32_t>(abi.number("min", {1, 1'000'000}));
  out.abi_max = static_cast<std::uint32_t>(abi.number("max", {1, 1'000'000}));
  if (out.abi_min > out.abi_max)
    abi.refuse("max", "abi", "is " + std::to_string(out.abi_max) + ", below min " + std::to_string(out.abi_min));
}

void read_licences(JsonObject& top, DocumentVerdict& verdict, Manifest& out) {
  const auto* value = top.require("licences");
  if (!value) return;
  JsonObject licences(*value, top.pointer("licences"), verdict, {"code", "weights"});
  const auto expression = [&](std::string_view key) {
    auto text = licences.text(key, {1, 1024});
    if (const auto ok = check_spdx_expression(text); !ok)
      licences.refuse(key, "licence", "is no SPDX licence expression: " + ok.error().message);
    return text;
  };
  out.licence_code = expression("code");
  out.licence_weights = expression("weights");
}

void read_permissions(JsonObject& top, DocumentVerdict& verdict, Manifest& out) {
  std::set<std::string> seen;
  Permissions together;
  for (std::size_t i = 0; const auto& value : top.array("permissions", {0, kPermissionsMax})) {
    const auto pointer = top.pointer("permissions", i++);
    auto text = element_text(value, pointer, verdict, {1, 300});
    if (const auto added = add_permission(text, together); !added)
      verdict.refuse(pointer, "permission", added.error().message);
    if (!seen.insert(text).second) verdict.refuse(pointer, "duplicate", "is listed twice");
    out.permissions.push_back(std::move(text));
  }
}

void read_isolation(JsonObject& top, Manifest& out) {
  constexpr std::string_view kTiers[] = {"T0", "T1", "T2", "T2n"};
  out.min_isolation = top.text_or_empty("min_isolation", {1, 8});
  if (!out.min_isolation.empty() && std::ranges::find(kTiers, out.min_isolation) == std::end(kTiers))
    top.refuse("min_isolation", "isolation", "must be one of T0, T1, T2, T2n");
}

std::string read_path(JsonObject& object, std::string_view key, std::string_view folder) {
  auto path = object.text(key, {1, 100});
  if (!is_package_path(path))
    object.refuse(key, "path", "must be a clean relative path of A-Z a-z 0-9 _ . + - and slashes");
  else if (!path.starts_with(folder))
    object.refuse(key, "path", "must start with " + std::string(folder));
  return path;
}

// What tells two platforms apart; one that needs a newer libc only is no other.
std::string needs_of(const PlatformDeclaration& platform) {
  auto features = platform.cpu;
  std::ranges::sort(features);
  std::string needs = platform.os + "/" + platform.arch + "/" + platform.libc;
  for (const auto& feature : features) needs += "+" + feature;
  if (platform.gpu)
    needs += "/" + platform.gpu->kind + platform.gpu->compute_min.text() + "/" +
             std::to_string(platform.gpu->memory_bytes_min);
  return needs;
}

// Precondition: the permissions are read.
void read_platforms(JsonObject& top, Form form, DocumentVerdict& verdict, Manifest& out) {
  std::set<std::string> seen;
  for (std::size_t i = 0; const auto& value : top.array("platforms", {1, kPlatformsMax})) {
    const auto pointer = top.pointer("platforms", i++);
    auto object =
        form == Form::packed
            ? JsonObject(value, pointer, verdict,
                         {"os", "arch", "libc", "libc_min", "cpu", "gpu", "library", "sha256", "size"})
            : JsonObject(value, pointer, verdict, {"os", "arch", "libc", "libc_min", "cpu", "gpu", "library"});
    PlatformDeclaration platform;
    read_platform_needs(object, verdict, platform);
    if (platform.gpu && std::ranges::find(out.permissions, "device:cuda") == out.permissions.end())
      object.refuse("gpu", "platform", "needs the permission device:cuda, without which no sandbox opens a card");
    platform.library = read_path(object, "library", "lib/");
    if (form == Form::packed) {
      platform.sha256 = read_digest(object, "sha256");
      platform.size = object.number("size", {1, kEntryBytesMax});
    }
    if (!seen.insert(needs_of(platform)).second)
      verdict.refuse(pointer, "duplicate", "is a second platform of the same os, arch, libc, cpu and gpu");
    out.platforms.push_back(std::move(platform));
  }
}

void read_encryption(JsonObject& asset, DocumentVerdict& verdict, AssetDeclaration& out) {
  const auto* value = asset.find("encrypted");
  if (!value) return;
  JsonObject object(*value, asset.pointer("encrypted"), verdict, {"content_key", "plain_size"});
  EncryptionDeclaration encrypted;
  encrypted.content_key = object.text("content_key", {16, 16});
  if (std::array<std::uint8_t, 8> id{}; !read_hex(encrypted.content_key, id))
    object.refuse("content_key", "encrypted", "must be 16 lower-case hexadecimal digits");
  encrypted.plain_size = object.number("plain_size", {0, kEntryBytesMax});
  if (encrypted.plain_size >= out.size)
    object.refuse("plain_size", "encrypted", "must be below size: encryption adds a header and tags");
  out.encrypted = std::move(encrypted);
}

void read_assets(JsonObject& top, Form form, DocumentVerdict& verdict, Manifest& out) {
  for (std::size_t i = 0; const auto& value : top.array("assets", {0, kAssetsMax})) {
    const auto pointer = top.pointer("assets", i++);
    auto object = form == Form::packed
                      ? JsonObject(value, pointer, verdict, {"path", "media_type", "sha256", "size", "encrypted"})
                      : JsonObject(value, pointer, verdict, {"path", "media_type"});
    AssetDeclaration asset;
    asset.path = read_path(object, "path", "assets/");
    asset.media_type = object.text_or_empty("media_type", {1, 128});
    if (!asset.media_type.empty() && !is_media_type(asset.media_type))
      object.refuse("media_type", "media_type", "is no media type");
    if (form == Form::packed) {
      asset.sha256 = read_digest(object, "sha256");
      asset.size = object.number("size", {0, kEntryBytesMax});
      read_encryption(object, verdict, asset);
    }
    out.assets.push_back(std::move(asset));
  }
}

// Two entries must not be the same file, and none a folder of another: extraction would have to choose.
void check_paths(DocumentVerdict& verdict, const Manifest& manifest) {
  std::set<std::string> paths;
  const auto add = [&](const std::string& path, const std::string& pointer) {
    if (!paths.insert(path).second) verdict.refuse(pointer, "duplicate", "is the path of two files");
  };
  for (std::size_t i = 0; i < manifest.platforms.size(); ++i)
    add(manifest.platforms[i].library, item_pointer("/platforms", i) + "/library");
  for (std::size_t i = 0; i < manifest.assets.size(); ++i)
    add(manifest.assets[i].path, item_pointer("/assets", i) + "/path");
  for (const auto& path : paths) {
    for (auto slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
      if (paths.contains(path.substr(0, slash)))
        verdict.refuse("", "path", "'" + path.substr(0, slash) + "' is both a file and the folder of '" + path + "'");
  }
}

std::vector<std::int64_t> read_port_shape(JsonObject& object, DocumentVerdict& verdict) {
  std::vector<std::int64_t> shape;
  for (std::size_t i = 0; const auto& value : object.array("shape", {1, kRankMax})) {
    const auto pointer = object.pointer("shape", i++);
    const bool is_good = value.is_number_integer() && (value.is_number_unsigned() || value.get<std::int64_t>() == -1) &&
                         value != 0 && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT32_MAX);
    if (!is_good) verdict.refuse(pointer, "shape", "must be -1 (any) or 1 to 2147483647");
    shape.push_back(is_good ? value.get<std::int64_t>() : -1);
  }
  return shape;
}

void read_tensor_type(JsonObject& object, DocumentVerdict& verdict, PortDeclaration& port) {
  const auto datatype = object.text("datatype", {1, 16});
  port.datatype = datatype_from_name(datatype);
  if (port.datatype == DataType::invalid)
    object.refuse("datatype", "datatype", "is '" + printable(datatype) + "', which the protocol does not have");
  port.shape = read_port_shape(object, verdict);
}

void read_media_types(JsonObject& object, DocumentVerdict& verdict, PortDeclaration& port) {
  for (std::size_t i = 0; const auto& value : object.array("media_types", {0, kMediaTypesMax})) {
    const auto pointer = object.pointer("media_types", i++);
    auto text = element_text(value, pointer, verdict, {1, 128});
    if (!is_media_type(text)) verdict.refuse(pointer, "media_type", "is no media type");
    if (std::ranges::find(port.media_types, text) != port.media_types.end())
      verdict.refuse(pointer, "duplicate", "is listed twice");
    port.media_types.push_back(std::move(text));
  }
}

PortDeclaration read_port(const Json& value, std::string pointer, DocumentVerdict& verdict) {
  JsonObject object(value, std::move(pointer), verdict,
                    {"name", "kind", "datatype", "shape", "media_types", "optional", "description"});
  PortDeclaration port;
  port.name = object.text("name", {1, 128});
  if (!is_port_name(port.name)) object.refuse("name", "name", "must be letters, digits and _ . : -");
  port.kind = object.has("kind") ? object.text("kind", {1, 16}) : "tensor";
  if (port.kind == "tensor") {
    read_tensor_type(object, verdict, port);
  } else if (port.kind == "text" || port.kind == "bytes" || port.kind == "json") {
    for (const auto* key : {"datatype", "shape"})
      if (object.has(key)) object.refuse(key, "kind", "belongs to tensors only; this port's kind is " + port.kind);
    port.datatype = DataType::bytes;
    port.shape = {1};
  } else {
    object.refuse("kind", "kind", "is '" + printable(port.kind) + "', must be tensor, text, bytes or json");
  }
  read_media_types(object, verdict, port);
  port.optional = object.flag_or_false("optional");
  port.description = object.text_or_empty("description", {0, 4096});
  return port;
}

std::vector<PortDeclaration> read_ports(JsonObject& model, std::string_view key, DocumentVerdict& verdict) {
  std::vector<PortDeclaration> ports;
  for (std::size_t i = 0; const auto& value : model.array(key, {1, kPortsMax})) {
    const auto pointer = model.pointer(key, i++);
    auto port = read_port(value, pointer, verdict);
    if (std::ranges::find(ports, port.name, &PortDeclaration::name) != ports.end())
      verdict.refuse(pointer + "/name", "duplicate", "is the name of two ports");
    ports.push_back(std::move(port));
  }
  return ports;
}

void read_one_of(JsonObject& object, DocumentVerdict& verdict, ModelDeclaration& model) {
  std::set<std::string> seen;
  for (std::size_t i = 0; const auto& group : object.array("one_of", {0, kGroupsMax})) {
    const auto pointer = object.pointer("one_of", i++);
    if (!group.is_array() || group.size() < 2 || group.size() > kPortsMax) {
      verdict.refuse(pointer, "one_of", "must be an array of 2 or more names of optional inputs");
      return;
    }
    auto& names = model.one_of.emplace_back();
    for (std::size_t j = 0; const auto& value : group) {
      const auto place = item_pointer(pointer, j++);
      auto name = element_text(value, place, verdict, {1, 128});
      const auto port = std::ranges::find(model.inputs, name, &PortDeclaration::name);
      if (port == model.inputs.end())
        verdict.refuse(place, "one_of", "'" + printable(name) + "' is no input of this model");
      else if (!port->optional)
        verdict.refuse(place, "one_of", "'" + name + "' is not optional, so it is always given");
      if (!seen.insert(name).second) verdict.refuse(place, "duplicate", "is an input of two groups");
      names.push_back(std::move(name));
    }
  }
}

void read_meters(JsonObject& object, DocumentVerdict& verdict, ModelDeclaration& model) {
  for (std::size_t i = 0; const auto& value : object.array("meters", {0, kMetersMax})) {
    const auto pointer = object.pointer("meters", i++);
    auto meter = element_text(value, pointer, verdict, {1, 64});
    if (!is_dotted_word(meter)) verdict.refuse(pointer, "meter", "must be lower-case words with dots, like token.out");
    if (std::ranges::find(model.meters, meter) != model.meters.end())
      verdict.refuse(pointer, "duplicate", "is listed twice");
    model.meters.push_back(std::move(meter));
  }
}

// Precondition: the meters are read.
void read_prices(JsonObject& object, DocumentVerdict& verdict, ModelDeclaration& model) {
  for (std::size_t i = 0; const auto& value : object.array("prices", {0, kPricesMax})) {
    const auto pointer = object.pointer("prices", i++);
    JsonObject read(value, pointer, verdict, {"meter", "currency", "nano", "per"});
    PriceDeclaration price;
    price.meter = read.text("meter", {1, 64});
    if (std::ranges::find(model.meters, price.meter) == model.meters.end())
      read.refuse("meter", "price", "'" + printable(price.meter) + "' is no meter of this model");
    price.currency = read.text("currency", {3, 3});
    if (!is_currency(price.currency)) read.refuse("currency", "price", "must be three capital letters, like EUR");
    price.nano = read.number("nano", {0, kPriceNanoMax});
    price.per = read.optional_number("per", {1, kPricePerMax}).value_or(1);
    for (const PriceDeclaration& other : model.prices)
      if (other.meter == price.meter && other.currency == price.currency)
        verdict.refuse(pointer, "duplicate", "is the second price of one meter in one currency");
    model.prices.push_back(std::move(price));
  }
}

void read_limits(JsonObject& model, DocumentVerdict& verdict, LimitsDeclaration& out) {
  const auto* value = model.find("limits");
  if (!value) return;
  JsonObject limits(*value, model.pointer("limits"), verdict,
                    {"request_bytes_max", "inflight_max", "queue_max", "threads", "deadline_ms", "load_ms"});
  out.request_bytes_max = limits.optional_number("request_bytes_max", {1, std::uint64_t{4} << 30});
  out.inflight_max = limits.optional_number("inflight_max", {1, 65'536});
  out.queue_max = limits.optional_number("queue_max", {0, 1'000'000});
  out.threads = limits.optional_number("threads", {1, 256});
  out.deadline_ms = limits.optional_number("deadline_ms", {1, 86'400'000});
  out.load_ms = limits.optional_number("load_ms", {1, 3'600'000});
}

ModelDeclaration read_model(const Json& value, std::string pointer, DocumentVerdict& verdict) {
  JsonObject object(value, std::move(pointer), verdict,
                    {"name", "task", "description", "inputs", "outputs", "one_of", "meters", "prices", "streaming",
                     "limits", "config"});
  ModelDeclaration model;
  model.name = object.text("name", {1, 64});
  if (!is_model_name(model.name))
    object.refuse("name", "name",
                  "must be a-z, 0-9 and inner - . _, and no word of the routes (infer, versions, ready …)");
  model.task = object.text("task", {1, 64});
  if (!is_dotted_word(model.task)) object.refuse("task", "task", "must be lower-case words, like image-classification");
  model.description = object.text_or_empty("description", {0, 4096});
  model.inputs = read_ports(object, "inputs", verdict);
  model.outputs = read_ports(object, "outputs", verdict);
  read_one_of(object, verdict, model);
  read_meters(object, verdict, model);
  read_prices(object, verdict, model);
  model.is_streaming = object.flag_or_false("streaming");
  read_limits(object, verdict, model.limits);
  model.config_json = object.object_text("config");
  return model;
}

void read_models(JsonObject& top, DocumentVerdict& verdict, Manifest& out) {
  for (std::size_t i = 0; const auto& value : top.array("models", {1, kModelsMax})) {
    const auto pointer = top.pointer("models", i++);
    auto model = read_model(value, pointer, verdict);
    if (std::ranges::find(out.models, model.name, &ModelDeclaration::name) != out.models.end())
      verdict.refuse(pointer + "/name", "duplicate", "is the name of two models");
    out.models.push_back(std::move(model));
  }
}

Result<Manifest> parse(std::string_view json, Form form) {
  if (json.size() > kManifestBytesMax)
    return failure(
        Code::invalid_argument, "manifest.too_large",
        "document: has " + std::to_string(json.size()) + " bytes, limit is " + std::to_string(kManifestBytesMax));
  const auto document = parse_strict_json(json);
  if (!document) return std::unexpected(document.error());
  DocumentVerdict verdict;
  auto top =
      form == Form::packed
          ? JsonObject(*document, "", verdict,
                       {"stoa", "id", "version", "description", "homepage", "changelog", "abi", "licences",
                        "permissions", "min_isolation", "platforms", "models", "assets", "golden", "source_sha256"})
          : JsonObject(*document, "", verdict,
                       {"stoa", "id", "version", "description", "homepage", "changelog", "abi", "licences",
                        "permissions", "min_isolation", "platforms", "models", "assets", "golden"});
  Manifest manifest;
  read_identity(top, manifest);
  read_abi(top, verdict, manifest);
  read_licences(top, verdict, manifest);
  read_permissions(top, verdict, manifest);
  read_isolation(top, manifest);
  read_platforms(top, form, verdict, manifest);
  read_models(top, verdict, manifest);
  read_assets(top, form, verdict, manifest);
  check_paths(verdict, manifest);
  if (form == Form::packed) manifest.source_sha256 = read_digest(top, "source_sha256");
  // Golden cases refer to models and assets, so they are read only when those are sound.
  if (!verdict.is_refused()) read_golden(top, verdict, manifest);
  if (verdict.is_refused()) return std::unexpected(verdict.error());
  return manifest;
}

}  // namespace

Result<Manifest> parse_manifest(std::string_view json) { return parse(json, Form::packed); }
Result<Manifest> parse_source_manifest(std::string_view json) { return parse(json, Form::source); }

}  // namespace stoa::registry

// package_report.cpp: the two forms of `stoa inspect`.
// SPDX-License-Identifier: Apache-2.0
#include "host/cli/package_report.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "host/runtime/utf8.hpp"
#include "registry/document/strict_json.hpp"

namespace stoa::cli {
namespace {

using registry::Package;
using registry::SignatureState;
using Json = nlohmann::ordered_json;

// Descriptions are the publisher's free text: control characters must not reach a terminal.
std::string one_line(std::string text) {
  std::ranges::replace_if(text, [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  return runtime::printable(text, std::string::npos);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} B", bytes);
  if (bytes < 10'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

std::string signature_text(const registry::SignatureReport& signature) {
  switch (signature.state) {
    case SignatureState::absent:
      return "none: this package is unsigned, hosts refuse it";
    case SignatureState::unknown_key:
      return fmt::format("by key {}, not checked: no --trust names it", signature.key_id.hex);
    case SignatureState::other_publisher:
      return fmt::format("valid, but key {} speaks for '{}'", signature.key_id.hex, signature.key_publisher);
    case SignatureState::trusted:
      break;
  }
  return fmt::format("valid, by key {} of '{}'", signature.key_id.hex, signature.key_publisher);
}

std::string_view signature_word(SignatureState state) {
  switch (state) {
    case SignatureState::absent:
      return "absent";
    case SignatureState::unknown_key:
      return "unknown_key";
    case SignatureState::other_publisher:
      return "other_publisher";
    case SignatureState::trusted:
      break;
  }
  return "trusted";
}

std::string port_text(const registry::PortDeclaration& port) {
  auto text = port.name + ": ";
  if (port.kind == "tensor")
    text += fmt::format("{} [{}]", name_of(port.datatype), fmt::join(port.shape, ", "));
  else
    text += port.kind;
  if (!port.media_types.empty()) text += fmt::format(" ({})", fmt::join(port.media_types, ", "));
  if (port.optional) text += ", optional";
  return text;
}

struct Limit {
  const char* name;
  std::optional<std::uint64_t> value;
};
std::vector<Limit> limits_of(const registry::LimitsDeclaration& limits) {
  return {{"request_bytes_max", limits.request_bytes_max},
          {"inflight_max", limits.inflight_max},
          {"queue_max", limits.queue_max},
          {"threads", limits.threads},
          {"deadline_ms", limits.deadline_ms},
          {"load_ms", limits.load_ms}};
}

std::string special_needs_text(const registry::PlatformDeclaration& platform) {
  std::string out = platform.cpu.empty() ? "" : fmt::format(", cpu {}", fmt::join(platform.cpu, " "));
  if (!platform.gpu) return out;
  out += fmt::format(", {} >= {}", platform.gpu->kind, platform.gpu->compute_min.text());
  if (platform.gpu->memory_bytes_min > 0) out += fmt::format(" with {}", bytes_text(platform.gpu->memory_bytes_min));
  return out;
}

std::string model_text(const registry::Manifest& manifest, const registry::ModelDeclaration& model) {
  std::string out = fmt::format("\nmodel {}/{}  {}{}\n", manifest.publisher, model.name, model.task,
                                model.is_streaming ? ", streaming" : "");
  if (!model.description.empty()) out += fmt::format("  {}\n", one_line(model.description));
  for (const auto& port : model.inputs) out += fmt::format("  in      {}\n", port_text(port));
  for (const auto& group : model.one_of) out += fmt::format("  one of  {}\n", fmt::join(group, " | "));
  for (const auto& port : model.outputs) out += fmt::format("  out     {}\n", port_text(port));
  out +=
      fmt::format("  meters  {}\n", model.meters.empty() ? "none" : fmt::format("{}", fmt::join(model.meters, ", ")));
  std::string limits;
  for (const auto& limit : limits_of(model.limits))
    if (limit.value) limits += fmt::format("{}{} {}", limits.empty() ? "" : ", ", limit.name, *limit.value);
  out += fmt::format("  limits  {}\n", limits.empty() ? "the host's defaults" : limits);
  return out;
}

Json ports_json(const std::vector<registry::PortDeclaration>& ports) {
  Json out = Json::array();
  for (const auto& port : ports)
    out.push_back({{"name", port.name},
                   {"kind", port.kind},
                   {"datatype", name_of(port.datatype)},
                   {"shape", port.shape},
                   {"media_types", port.media_types},
                   {"optional", port.optional}});
  return out;
}

Json models_json(const registry::Manifest& manifest) {
  Json out = Json::array();
  for (const auto& model : manifest.models) {
    Json limits = Json::object();
    for (const auto& limit : limits_of(model.limits))
      if (limit.value) limits[limit.name] = *limit.value;
    out.push_back({{"name", manifest.publisher + "/" + model.name},
                   {"task", model.task},
                   {"description", model.description},
                   {"inputs", ports_json(model.inputs)},
                   {"one_of", model.one_of},
                   {"outputs", ports_json(model.outputs)},
                   {"meters", model.meters},
                   {"streaming", model.is_streaming},
                   {"limits", std::move(limits)}});
  }
  return out;
}

}  // namespace

std::string package_text(const Package& package) {
  const auto& manifest = package.manifest();
  std::string out = fmt::format("{} {}  {}\n", manifest.id(), manifest.version, bytes_text(package.file_size()));
  if (!manifest.description.empty()) out += one_line(manifest.description) + "\n";
  if (!manifest.homepage.empty()) out += manifest.homepage + "\n";
  out += fmt::format("\nsignature    {}\n", signature_text(package.signature()));
  out += fmt::format("manifest     sha256 {}\n", registry::to_hex(package.manifest_sha256()));
  out += fmt::format("abi          {} to {}\n", manifest.abi_min, manifest.abi_max);
  out += fmt::format("licences     code {}, weights {}\n", manifest.licence_code, manifest.licence_weights);
  out += fmt::format("permissions  {}\n",
                     manifest.permissions.empty() ? "none" : fmt::format("{}", fmt::join(manifest.permissions, ", ")));
  for (const auto& platform : manifest.platforms)
    out += fmt::format("platform     {} {}, {} >= {}{}  {}  {}\n", platform.os, platform.arch, platform.libc,
                       platform.libc_min, special_needs_text(platform), platform.library, bytes_text(platform.size));
  for (const auto& asset : manifest.assets)
    out += fmt::format("asset        {}  {}{}{}{}\n", asset.path, bytes_text(asset.size),
                       asset.media_type.empty() ? "" : "  ", asset.media_type,
                       asset.encrypted ? "  encrypted with content key " + asset.encrypted->content_key : "");
  out += fmt::format("golden       {} cases\n", manifest.golden.size());
  for (const auto& model : manifest.models) out += model_text(manifest, model);
  return out;
}

std::string package_json(const Package& package) {
  const auto& manifest = package.manifest();
  Json signature = {{"state", signature_word(package.signature().state)}};
  if (!package.signature().key_id.hex.empty()) signature["key_id"] = package.signature().key_id.hex;
  if (!package.signature().key_publisher.empty()) signature["key_publisher"] = package.signature().key_publisher;
  Json platforms = Json::array(), assets = Json::array(), golden = Json::array();
  for (const auto& p : manifest.platforms) {
    platforms.push_back({{"os", p.os},
                         {"arch", p.arch},
                         {"libc", p.libc},
                         {"libc_min", p.libc_min},
                         {"library", p.library},
                         {"sha256", registry::to_hex(p.sha256)},
                         {"size", p.size}});
    if (!p.cpu.empty()) platforms.back()["cpu"] = p.cpu;
    if (p.gpu)
      platforms.back()["gpu"] = {{"kind", p.gpu->kind},
                                 {"compute_min", p.gpu->compute_min.text()},
                                 {"memory_bytes_min", p.gpu->memory_bytes_min}};
  }
  for (const auto& a : manifest.assets) {
    assets.push_back(
        {{"path", a.path}, {"media_type", a.media_type}, {"sha256", registry::to_hex(a.sha256)}, {"size", a.size}});
    if (a.encrypted)
      assets.back()["encrypted"] = {{"content_key", a.encrypted->content_key}, {"plain_size", a.encrypted->plain_size}};
  }
  for (const auto& g : manifest.golden) golden.push_back({{"name", g.name}, {"model", g.model}});
  const Json out = {{"id", manifest.id()},
                    {"version", manifest.version},
                    {"description", manifest.description},
                    {"homepage", manifest.homepage},
                    {"file_bytes", package.file_size()},
                    {"manifest_sha256", registry::to_hex(package.manifest_sha256())},
                    {"signature", std::move(signature)},
                    {"abi", {{"min", manifest.abi_min}, {"max", manifest.abi_max}}},
                    {"licences", {{"code", manifest.licence_code}, {"weights", manifest.licence_weights}}},
                    {"permissions", manifest.permissions},
                    {"platforms", std::move(platforms)},
                    {"models", models_json(manifest)},
                    {"assets", std::move(assets)},
                    {"golden", std::move(golden)}};
  return registry::json_text(out, 2) + "\n";
}

std::string flat_json(const std::vector<std::pair<std::string_view, ReportValue>>& fields) {
  auto out = Json::object();
  for (const auto& [key, value] : fields)
    std::visit([&out, &key](const auto& plain) { out[std::string(key)] = plain; }, value);
  return registry::json_text(out, 2) + "\n";
}

}  // namespace stoa::cli

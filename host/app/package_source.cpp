// package_source.cpp: declarations become specifications; what the manifest leaves out gets the host's defaults.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/package_source.hpp"

#include <fmt/format.h>

#include "host/app/golden_values.hpp"
#include "registry/package/permission.hpp"
#include "registry/resolve/platform_fit.hpp"

namespace stoa::app {
namespace {

using registry::Manifest;
using registry::ModelDeclaration;
using registry::PortDeclaration;

runtime::PartKind kind_of(const PortDeclaration& port) {
  if (port.kind == "text") return runtime::PartKind::text;
  if (port.kind == "bytes") return runtime::PartKind::bytes;
  if (port.kind == "json") return runtime::PartKind::json;
  return runtime::PartKind::tensor;
}

std::vector<runtime::PortSpec> ports_of(const std::vector<PortDeclaration>& declared) {
  std::vector<runtime::PortSpec> ports;
  for (const PortDeclaration& port : declared) {
    const auto kind = kind_of(port);
    const bool is_tensor = kind == runtime::PartKind::tensor;
    ports.push_back({.name = port.name,
                     .kind = kind,
                     .datatype = is_tensor ? port.datatype : DataType::bytes,
                     .shape = is_tensor ? port.shape : std::vector<std::int64_t>{1},
                     .media_types = port.media_types,
                     .optional = port.optional});
  }
  return ports;
}

runtime::ModelLimits limits_of(const registry::LimitsDeclaration& declared) {
  constexpr std::uint64_t kNsPerMs = 1'000'000;
  runtime::ModelLimits limits;
  if (declared.request_bytes_max) limits.request_bytes_max = *declared.request_bytes_max;
  if (declared.inflight_max) limits.inflight_max = *declared.inflight_max;
  if (declared.queue_max) limits.queue_max = *declared.queue_max;
  if (declared.threads) limits.threads = *declared.threads;
  if (declared.deadline_ms) limits.deadline_ns = *declared.deadline_ms * kNsPerMs;
  if (declared.load_ms) limits.load_ns = *declared.load_ms * kNsPerMs;
  return limits;
}

runtime::ModelSpec spec_of(const Manifest& manifest, const ModelDeclaration& model) {
  return {.name = manifest.publisher + "/" + model.name,
          .version = manifest.version,
          .local_name = model.name,
          .task = model.task,
          .inputs = ports_of(model.inputs),
          .outputs = ports_of(model.outputs),
          .one_of = model.one_of,
          .meters = model.meters,
          .limits = limits_of(model.limits),
          .devices = {},
          .config_json = model.config_json,
          .is_streaming = model.is_streaming};
}

Result<runtime::GoldenCase> golden_case(const registry::GoldenDeclaration& declared, const ModelDeclaration& model,
                                        const std::filesystem::path& folder) {
  const auto kind = [](const std::vector<PortDeclaration>& ports, const std::string& name) {
    for (const PortDeclaration& port : ports)
      if (port.name == name) return kind_of(port);
    return runtime::PartKind::tensor;  // parse_manifest has refused unknown ports
  };
  runtime::GoldenCase golden{declared.name, declared.model, declared.params_json, {}, {}};
  for (const registry::GoldenTensor& tensor : declared.inputs) {
    auto part = golden_part(tensor, kind(model.inputs, tensor.name), folder);
    if (!part) return std::unexpected(part.error());
    golden.inputs.push_back(std::move(*part));
  }
  for (const registry::GoldenTensor& tensor : declared.outputs) {
    auto part = golden_part(tensor, kind(model.outputs, tensor.name), folder);
    if (!part) return std::unexpected(part.error());
    golden.outputs.push_back({tensor.name, std::move(*part), tensor.atol, tensor.rtol});
  }
  return golden;
}

Result<const registry::PlatformDeclaration*> platform_here(const Manifest& manifest) {
  const auto machine = registry::read_machine();
  if (const auto best = registry::best_platform(manifest.platforms, machine)) return &manifest.platforms[*best];
  return failure(Code::unimplemented, "package.platform",
                 fmt::format("{} {} has no library for this machine ({}): {}", manifest.id(), manifest.version,
                             machine.text(), registry::misfits(manifest.platforms, machine)));
}

// Until somebody says where the keys are (sealed_assets.hpp).
Result<runtime::ClearDescriptor> refuse_to_decrypt(std::span<const runtime::ModelSpec> models) {
  return failure(Code::permission_denied, "licence.none",
                 fmt::format("{} has encrypted assets, and nothing here opens them", models.front().name));
}

}  // namespace

Result<runtime::PluginSource> plugin_source(const Manifest& manifest, const std::filesystem::path& folder) {
  const auto platform = platform_here(manifest);
  if (!platform) return std::unexpected(platform.error());
  runtime::PluginSource source;
  source.id = manifest.id();
  source.version = manifest.version;
  source.library = std::filesystem::absolute(folder) / (*platform)->library;
  source.libc_min = (*platform)->libc_min;
  source.source_sha256 = manifest.source_sha256;
  source.abi_min = manifest.abi_min;
  source.abi_max = manifest.abi_max;
  registry::Permissions asked;
  for (const std::string& permission : manifest.permissions)
    if (auto added = registry::add_permission(permission, asked); !added) return std::unexpected(added.error());
  source.permissions = {.jit = asked.jit,
                        .network = asked.network,
                        .tcp_ports = asked.tcp_ports,
                        .devices = asked.cuda,
                        .scratch_bytes = asked.scratch_bytes};
  for (const auto& asset : manifest.assets) {
    auto& file = source.assets.emplace_back();
    file.path = asset.path;
    file.file = std::filesystem::absolute(folder) / asset.path;
    file.size = asset.encrypted ? asset.encrypted->plain_size : asset.size;
    if (asset.encrypted) file.decrypt = &refuse_to_decrypt;
  }
  for (const ModelDeclaration& model : manifest.models) source.models.push_back(spec_of(manifest, model));
  for (const auto& declared : manifest.golden) {
    for (const ModelDeclaration& model : manifest.models) {
      if (model.name != declared.model) continue;
      auto golden = golden_case(declared, model, folder);
      if (!golden) {
        golden.error().message = fmt::format("{}, case \"{}\": {}", source.id, declared.name, golden.error().message);
        return std::unexpected(golden.error());
      }
      source.golden.push_back(std::move(*golden));
    }
  }
  return source;
}

}  // namespace stoa::app

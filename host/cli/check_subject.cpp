// check_subject.cpp: from the runtime's typed parts to the kit's plain values.
// SPDX-License-Identifier: Apache-2.0
#include "host/cli/check_subject.hpp"

#include <fmt/format.h>

#include "host/app/package_source.hpp"
#include "host/runtime/entry_point.hpp"
#include "host/runtime/export_lint.hpp"
#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"

namespace stoa::cli {

namespace fs = std::filesystem;

namespace {

check::Value value_of(const runtime::InputPart& part) {
  check::Value value;
  value.name = part.name;
  value.media_type = part.media_type;
  value.kind = static_cast<std::uint32_t>(part.kind);
  if (part.kind == runtime::PartKind::tensor) value.datatype = part.datatype;
  if (part.kind == runtime::PartKind::tensor || part.kind == runtime::PartKind::strings) value.shape = part.shape;
  value.bytes.assign(part.data.begin(), part.data.end());
  for (const stoa_str& item : part.strings) value.strings.emplace_back(item.p, item.n);
  return value;
}

check::GoldenCase golden_of(const runtime::GoldenCase& golden) {
  check::GoldenCase result{golden.name, golden.model, golden.params_json, {}, {}};
  for (const auto& input : golden.inputs) result.inputs.push_back(value_of(input));
  for (const auto& output : golden.outputs)
    result.outputs.push_back({value_of(output.expected), {output.atol, output.rtol}});
  return result;
}

check::Subject subject_of(const runtime::PluginSource& source) {
  check::Subject subject;
  for (const auto& model : source.models)
    subject.models.push_back({.name = model.local_name,
                              .task = model.task,
                              .config_json = model.config_json,
                              .threads = model.limits.threads,
                              .inflight_max = model.limits.inflight_max,
                              .meters = model.meters});
  for (const auto& golden : source.golden) subject.golden.push_back(golden_of(golden));
  for (const auto& asset : source.assets) subject.assets.emplace(asset.path, asset.file.string());
  subject.is_own_manifest = [digest = source.source_sha256](std::string_view text) {
    return registry::sha256_of(text) == digest;
  };
  return subject;
}

Result<licensing::ClearAsset> open_encrypted(const registry::AssetDeclaration& declared, const fs::path& file,
                                             const std::string& plugin, const std::vector<std::string>& content_keys) {
  std::string given;
  for (const std::string& name : content_keys) {
    const auto key = licensing::read_content_key(name);
    if (!key) return std::unexpected(key.error());
    if (key->id().hex != declared.encrypted->content_key) {
      given += fmt::format("{}{} is {}", given.empty() ? "" : ", ", name, key->id().hex);
      continue;
    }
    const auto sealed = registry::open_regular(file);
    if (!sealed) return std::unexpected(sealed.error());
    auto clear = licensing::ClearAsset::open(*sealed, *key, {plugin, declared.path});
    if (!clear) clear.error().message = declared.path + " " + clear.error().message;
    return clear;
  }
  return failure(Code::permission_denied, "check.content_key",
                 fmt::format("{} is encrypted with content key {}: {}", declared.path, declared.encrypted->content_key,
                             given.empty() ? "give its file with --content-key"
                                           : "another was given with --content-key (" + given + ")"));
}

}  // namespace

Result<CheckTarget> read_check_target(const fs::path& folder) {
  auto text = registry::read_small_file(folder / "manifest.json", registry::kManifestBytesMax);
  if (!text) return std::unexpected(text.error());
  std::error_code error;
  auto absolute = fs::absolute(folder, error);
  if (error) return failure(Code::not_found, "file.io", folder.string() + ": " + error.message());
  // The packed form says whose manifest the library carries; in the author's form it is this one.
  if (auto packed = registry::parse_manifest(*text)) return CheckTarget{std::move(absolute), std::move(*packed)};
  auto source = registry::parse_source_manifest(*text);
  if (!source) return std::unexpected(source.error());
  source->source_sha256 = registry::sha256_of(*text);
  return CheckTarget{std::move(absolute), std::move(*source)};
}

Result<LoadedSubject> load_subject(const CheckTarget& target, const std::vector<std::string>& content_keys) {
  auto source = app::plugin_source(target.manifest, target.folder);
  if (!source) return std::unexpected(source.error());
  if (auto ok = runtime::lint_exports(source->library, source->libc_min); !ok) return std::unexpected(ok.error());
  LoadedSubject loaded;
  for (std::size_t i = 0; i < source->assets.size(); ++i) {
    const auto& declared = target.manifest.assets[i];
    if (!declared.encrypted) continue;
    auto clear = open_encrypted(declared, source->assets[i].file, target.manifest.id(), content_keys);
    if (!clear) return std::unexpected(clear.error());
    source->assets[i].file = fmt::format("/proc/self/fd/{}", clear->descriptor());
    loaded.clear.push_back(std::move(*clear));
  }
  const auto enter = runtime::load_entry_point(source->library);
  if (!enter) return std::unexpected(enter.error());
  loaded.subject = subject_of(*source);
  loaded.subject.enter = *enter;
  return loaded;
}

}  // namespace stoa::cli

// check_subject.cpp: from the runtime's typed parts to the kit's plain values.
// SPDX-License-Identifier: Apache-2.0
#include "host/cli/check_subject.hpp"

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

Result<check::Subject> load_subject(const CheckTarget& target) {
  const auto source = app::plugin_source(target.manifest, target.folder);
  if (!source) return std::unexpected(source.error());
  if (auto ok = runtime::lint_exports(source->library, source->libc_min); !ok) return std::unexpected(ok.error());
  const auto enter = runtime::load_entry_point(source->library);
  if (!enter) return std::unexpected(enter.error());
  check::Subject subject = subject_of(*source);
  subject.enter = *enter;
  return subject;
}

}  // namespace stoa::cli

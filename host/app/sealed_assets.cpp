// sealed_assets.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/sealed_assets.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <optional>

#include "licensing/sealed/clear_asset.hpp"

namespace stoa::app {
namespace {

using licensing::ClearAsset;

// What is in clear, with the descriptor as a number that a shared pointer can point to.
struct HeldAsset {
  explicit HeldAsset(ClearAsset opened) : asset(std::move(opened)), descriptor(asset.descriptor()) {}
  ClearAsset asset;
  const int descriptor;
};

class OneAsset {
 public:
  OneAsset(ContentKeySource keys, std::string plugin, registry::AssetDeclaration declared, std::filesystem::path file,
           Log& log)
      : keys_(std::move(keys)),
        binding_{std::move(plugin), declared.path},
        declared_(std::move(declared)),
        file_(std::move(file)),
        log_(log) {}

  Result<runtime::ClearDescriptor> open(std::span<const runtime::ModelSpec> models) {
    std::optional<licensing::ContentKey> key;
    for (const runtime::ModelSpec& model : models) {
      auto given = keys_({{declared_.encrypted->content_key}, model.name, model.version});
      if (!given) {
        given.error().message = fmt::format("{} of {} {} is encrypted: {}", binding_.path, model.name, model.version,
                                            given.error().message);
        return std::unexpected(given.error());
      }
      key = std::move(*given);
    }
    if (!key) return failure(Code::internal, "sealed.no_model", "an asset is to be opened for no model");
    const std::lock_guard lock(mutex_);
    if (auto held = held_.lock()) return share(std::move(held));
    const auto began = std::chrono::steady_clock::now();
    const auto file = registry::open_regular(file_);
    if (!file) return std::unexpected(file.error());
    auto clear = ClearAsset::open(*file, *key, binding_);
    if (!clear) {
      clear.error().message = fmt::format("{} of {} {}", binding_.path, binding_.plugin, clear.error().message);
      return std::unexpected(clear.error());
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    log_.write(Level::info, "asset.decrypted",
               {{"plugin", binding_.plugin},
                {"asset", binding_.path},
                {"bytes", clear->size()},
                {"locked", clear->is_locked()},
                {"took_ms", static_cast<std::uint64_t>(took.count())}});
    if (!clear->is_locked() && clear->size() != 0)
      log_.write(Level::warn, "asset.not_locked",
                 {{"asset", binding_.path},
                  {"why",
                   "its memory may be swapped to a disk in clear: raise this process's limit of locked memory "
                   "(LimitMEMLOCK=, ulimit -l), or have no swap that is not encrypted"}});
    auto held = std::make_shared<const HeldAsset>(std::move(*clear));
    held_ = held;
    return share(std::move(held));
  }

 private:
  static runtime::ClearDescriptor share(std::shared_ptr<const HeldAsset> held) {
    const int* descriptor = &held->descriptor;
    return {std::move(held), descriptor};
  }

  const ContentKeySource keys_;
  const licensing::AssetBinding binding_;
  const registry::AssetDeclaration declared_;
  const std::filesystem::path file_;
  Log& log_;
  std::mutex mutex_;
  std::weak_ptr<const HeldAsset> held_;  // Lock: mutex_
};

}  // namespace

bool has_encrypted_assets(const registry::Manifest& manifest) {
  return std::ranges::any_of(manifest.assets, [](const auto& asset) { return asset.encrypted.has_value(); });
}

void decrypt_with(const ContentKeySource& keys, const registry::Manifest& manifest, runtime::PluginSource& source,
                  Log& log) {
  for (std::size_t i = 0; i < manifest.assets.size(); ++i) {
    const auto& declared = manifest.assets[i];
    if (!declared.encrypted) continue;
    const auto asset = std::make_shared<OneAsset>(keys, manifest.id(), declared, source.assets[i].file, log);
    source.assets[i].decrypt = [asset](std::span<const runtime::ModelSpec> models) { return asset->open(models); };
  }
}

}  // namespace stoa::app

// plugin_library.cpp: loads a library once, keeps it for ever, and shakes hands. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/plugin_library.hpp"

#include <algorithm>
#include <boost/dll/shared_library.hpp>
#include <deque>
#include <exception>
#include <mutex>
#include <vector>

#include "host/runtime/abi_error.hpp"
#include "host/runtime/export_lint.hpp"
#include "host/runtime/utf8.hpp"

namespace stoa::runtime {
namespace {

using EntryFunction = const stoa_entry*(std::uint32_t, std::uint32_t, stoa_error*);

constexpr std::uint64_t kManifestBytesMax = 4u << 20;

// Every library ever loaded, and which of them are initialised now.
struct Registry {
  std::mutex mutex;
  std::deque<boost::dll::shared_library> libraries;
  std::deque<std::unique_ptr<HostContext>> contexts;
  std::vector<void*> in_use;  // native handles: the loader gives the same for the same file
};

// Never destroyed, on purpose: destroying a shared_library is dlclose, which crashes or silently does nothing depending
// on the plugin's threads and thread_locals (ADR 0003).
Registry& registry() {
  static auto* const kept = new Registry();
  return *kept;
}

std::string range(std::uint32_t low, std::uint32_t high) {
  return low == high ? std::to_string(low) : std::to_string(low) + ".." + std::to_string(high);
}

std::unexpected<Error> refuse(std::string_view reason, std::string message) {
  return failure(Code::failed_precondition, std::string(reason), std::move(message));
}

Result<boost::dll::shared_library*> load_library(const std::filesystem::path& file) {
  // The throwing overload: the error_code one loses what the dynamic loader said. Not global: a plugin's private
  // libraries are for itself. Now: a missing function is found here and not in the middle of a call.
  constexpr auto kMode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
  try {
    boost::dll::shared_library loaded(file, kMode);
    const std::lock_guard lock(registry().mutex);
    return &registry().libraries.emplace_back(std::move(loaded));
  } catch (const std::exception& e) {
    return refuse("plugin.load", "the dynamic loader refused the library: " + printable(e.what(), 1000));
  }
}

Result<const stoa_entry*> shake_hands(const boost::dll::shared_library& library, std::uint32_t low,
                                      std::uint32_t high) {
  EntryFunction* const enter = &library.get<EntryFunction>("stoa_plugin_entry");
  stoa_error err{};
  err.struct_size = sizeof(err);
  const stoa_entry* entry = enter(low, high, &err);
  if (entry == nullptr) {
    const Error said = error_from_abi(err.code == STOA_OK ? STOA_FAILED_PRECONDITION : err.code, &err, "plugin.abi");
    return refuse("plugin.abi", "the plugin refused, host offers ABI " + range(low, high) + ": " + said.message);
  }
  if (entry->abi < low || entry->abi > high)
    return refuse("plugin.abi",
                  "plugin speaks ABI " + std::to_string(entry->abi) + ", host offers " + range(low, high));
  return entry;
}

Result<void> check_entry(const stoa_entry& entry, const PluginSource& source, const HostServices& services) {
  const char* missing = entry.init == nullptr ? "init" : entry.load == nullptr ? "load" : nullptr;
  if (missing != nullptr)
    return refuse("plugin.entry", "the plugin's entry has no " + std::string(missing) + "(), init and load are needed");
  const stoa_str& manifest = entry.manifest;
  if (manifest.p == nullptr || manifest.n == 0 || manifest.n > kManifestBytesMax)
    return refuse("plugin.entry", "the plugin carries a manifest of " + std::to_string(manifest.n) + " bytes, 1.." +
                                      std::to_string(kManifestBytesMax) + " are possible");
  if (services.sha256({manifest.p, manifest.n}) == source.source_sha256) return {};
  return refuse("plugin.manifest", "the library was built with another manifest (" + std::to_string(manifest.n) +
                                       " bytes) than the one this package was made from");
}

// One thread at a time may be between init and deinit of a file: its state is static.
bool claim(void* native) {
  const std::lock_guard lock(registry().mutex);
  auto& in_use = registry().in_use;
  if (std::ranges::find(in_use, native) != in_use.end()) return false;
  in_use.push_back(native);
  return true;
}

void give_up(void* native) {
  const std::lock_guard lock(registry().mutex);
  std::erase(registry().in_use, native);
}

// What is encrypted is decrypted before partner code runs: it opens assets when it likes, and is told no reason late.
Result<std::vector<AssetFile>> open_encrypted(const PluginSource& source) {
  std::vector<AssetFile> assets = source.assets;
  for (AssetFile& asset : assets) {
    if (!asset.decrypt) continue;
    auto clear = asset.decrypt(source.models);
    if (!clear) return std::unexpected(clear.error());
    asset.clear = std::move(*clear);
    asset.descriptor = *asset.clear;
  }
  return assets;
}

HostContext& keep_context(const PluginSource& source, std::vector<AssetFile> assets, const HostServices& services) {
  auto context = std::make_unique<HostContext>(source.id, std::move(assets), services);
  const std::lock_guard lock(registry().mutex);
  return *registry().contexts.emplace_back(std::move(context));
}

}  // namespace

Result<std::shared_ptr<PluginLibrary>> PluginLibrary::open(const PluginSource& source, const HostServices& services) {
  const std::uint32_t low = std::max(kAbiMin, source.abi_min), high = std::min(kAbiMax, source.abi_max);
  if (low > high)
    return refuse("plugin.abi", "plugin speaks ABI " + range(source.abi_min, source.abi_max) + ", host offers " +
                                    range(kAbiMin, kAbiMax));
  if (!source.library.is_absolute())
    return refuse("plugin.load", "the library's path is relative: \"" + source.library.string() + "\"");
  if (auto verdict = lint_exports(source.library, source.libc_min); !verdict) return std::unexpected(verdict.error());

  const auto library = load_library(source.library);
  if (!library) return std::unexpected(library.error());
  void* const native = (*library)->native();
  if (!claim(native))
    return refuse("plugin.in_use", "the library is loaded and initialised already: " + source.library.string());
  const auto refused = [native](Error error) {
    give_up(native);
    return std::unexpected(std::move(error));
  };
  const auto entry = shake_hands(**library, low, high);
  if (!entry) return refused(entry.error());
  if (auto good = check_entry(**entry, source, services); !good) return refused(good.error());

  auto assets = open_encrypted(source);
  if (!assets) return refused(assets.error());
  HostContext& host = keep_context(source, std::move(*assets), services);
  stoa_error err{};
  err.struct_size = sizeof(err);
  if (const stoa_status status = (*entry)->init(host.abi(), &err); status != STOA_OK)
    return refused(error_from_abi(status, &err, "plugin.init"));
  return std::shared_ptr<PluginLibrary>(new PluginLibrary(*entry, host, native));
}

PluginLibrary::~PluginLibrary() {
  if (is_abandoned_) return;
  if (entry_->deinit != nullptr) entry_->deinit();
  give_up(native_);
}

}  // namespace stoa::runtime

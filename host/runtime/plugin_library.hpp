// plugin_library.hpp: a plugin's library in this process, past its lint and handshake.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>

#include "host/runtime/host_context.hpp"
#include "host/runtime/plugin_source.hpp"

namespace stoa::runtime {

// The range of C ABI versions this host speaks.
inline constexpr std::uint32_t kAbiMin = 1, kAbiMax = STOA_ABI_VERSION;

// An initialised plugin: between init and deinit. The library itself stays mapped for ever (ADR 0003).
// Threads: [control], like the entry's functions.
class PluginLibrary {
 public:
  // Lint, load, handshake, init. Blocks as long as the plugin's constructors and init do: call it where that may hang.
  // Error reasons: "plugin.lint.*", "plugin.load" (what the dynamic loader said), "plugin.abi" (offered and needed),
  // "plugin.entry" (a table with holes), "plugin.manifest" (built with another manifest than the package's),
  // "plugin.in_use" (this very file is initialised already), or the plugin's own from init.
  static Result<std::shared_ptr<PluginLibrary>> open(const PluginSource& source, const HostServices& services);

  ~PluginLibrary();  // deinit, unless abandoned
  PluginLibrary(const PluginLibrary&) = delete;
  PluginLibrary& operator=(const PluginLibrary&) = delete;

  const stoa_entry& entry() const { return *entry_; }
  HostContext& host() { return host_; }

  // A thread of ours hangs inside the plugin: nothing of it may be called any more.
  void abandon() { is_abandoned_ = true; }

 private:
  PluginLibrary(const stoa_entry* entry, HostContext& host, void* native)
      : entry_(entry), host_(host), native_(native) {}

  const stoa_entry* const entry_;
  HostContext& host_;
  void* const native_;
  bool is_abandoned_ = false;
};

}  // namespace stoa::runtime

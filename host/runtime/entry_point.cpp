// entry_point.cpp: loads a library and keeps it. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/entry_point.hpp"

#include <boost/dll/shared_library.hpp>
#include <exception>
#include <string>

#include "host/runtime/export_lint.hpp"

namespace stoa::runtime {

Result<PluginEntry*> load_entry_point(const std::filesystem::path& library) {
  constexpr auto kMode = boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local;
  try {
    // Never deleted, on purpose: unmapping a plugin is not survivable (ADR 0003).
    static auto* const kept = new boost::dll::shared_library(library, kMode);
    return &kept->get<PluginEntry>(std::string(kEntrySymbol));
  } catch (const std::exception& e) {
    return failure(Code::failed_precondition, "plugin.load",
                   std::string("the dynamic loader refused the library: ") + e.what());
  }
}

}  // namespace stoa::runtime

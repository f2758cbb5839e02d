// export_lint.hpp: reads a plugin's library as a file, before any of its code can run, and refuses what would not stay
// within its own bounds once loaded. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::runtime {

// The one symbol a plugin exports.
inline constexpr std::string_view kEntrySymbol = "stoa_plugin_entry";

// Refuses, in this order, with reason "plugin.lint.<rule>" and code failed_precondition:
//   not_elf           unreadable, no ELF file, or one whose tables lie outside it
//   machine           not ELF64 of this machine
//   type              no shared library (an executable, an object file, a core)
//   exec_stack        asks for an executable stack, or does not say that it needs none
//   writable_code     a segment that is writable and executable
//   text_relocations  code that is patched at load
//   rpath             looks for libraries elsewhere than $ORIGIN
//   static_tls        initial-exec TLS: glibc has room for three such plugins (512 B each), then loading fails
//   bind_now          lazy binding: a missing function would end the host at its first call instead of at load
//   unique            STB_GNU_UNIQUE: state shared with every other plugin, and never unmapped
//   exports           anything but one defined function stoa_plugin_entry
//   glibc             needs a newer glibc than libc_min ("2.36"; empty: not checked)
// It reads what the dynamic loader reads (program headers, the dynamic table), not the section headers, which a library
// may lack or forge.
Result<void> lint_exports(const std::filesystem::path& library, std::string_view libc_min);

}  // namespace stoa::runtime

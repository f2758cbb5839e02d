// export_lint.cpp: the rules, each a question to the image. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/export_lint.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "host/runtime/elf_image.hpp"
#include "host/runtime/utf8.hpp"

namespace stoa::runtime {
namespace {

using Verdict = Result<void>;

std::unexpected<Error> broken_rule(std::string_view rule, std::string message) {
  return failure(Code::failed_precondition, "plugin.lint." + std::string(rule), std::move(message));
}

Verdict check_type(const ElfImage& image) {
  const bool is_executable = (image.dynamic_value(DT_FLAGS_1).value_or(0) & DF_1_PIE) != 0 ||
                             std::ranges::any_of(image.segments(), [](auto& s) { return s.p_type == PT_INTERP; });
  if (image.type() == ET_DYN && !image.dynamic().empty() && !is_executable) return {};
  return broken_rule("type", "the library is an ELF file of type " + std::to_string(image.type()) +
                                 (is_executable ? ", an executable" : "") + "; a shared library is needed");
}

Verdict check_segments(const ElfImage& image) {
  bool says_stack = false;
  for (const auto& segment : image.segments()) {
    const bool is_executable = (segment.p_flags & PF_X) != 0;
    if (segment.p_type == PT_GNU_STACK) {
      if (is_executable)
        return broken_rule("exec_stack", "the library asks for an executable stack; link it with -z noexecstack");
      says_stack = true;
    }
    if (segment.p_type == PT_LOAD && is_executable && (segment.p_flags & PF_W) != 0)
      return broken_rule("writable_code", "the library has a segment that is writable and executable");
  }
  if (!says_stack)
    return broken_rule("exec_stack", "the library does not say which stack it needs; link it with -z noexecstack");
  return {};
}

Verdict check_relocation(const ElfImage& image) {
  const std::uint64_t flags = image.dynamic_value(DT_FLAGS).value_or(0);
  if (image.dynamic_value(DT_TEXTREL) || (flags & DF_TEXTREL) != 0)
    return broken_rule("text_relocations", "the library's code is patched at load; compile it with -fPIC");
  return {};
}

// Every element of the path must start with $ORIGIN and not climb out of it.
Verdict check_rpath(const ElfImage& image) {
  for (const auto& entry : image.dynamic()) {
    if (entry.d_tag != DT_RPATH && entry.d_tag != DT_RUNPATH) continue;
    const auto path = image.dynamic_string(entry.d_un.d_val);
    if (!path) return std::unexpected(path.error());
    for (std::string_view rest = *path;;) {
      const std::size_t colon = rest.find(':');
      const std::string_view element = rest.substr(0, colon);
      const bool is_origin = element == "$ORIGIN" || element.starts_with("$ORIGIN/");
      if (!is_origin || element.contains(".."))
        return broken_rule(
            "rpath", "the library looks for others in \"" + printable(*path, 200) + "\"; only $ORIGIN is allowed");
      if (colon == std::string_view::npos) break;
      rest.remove_prefix(colon + 1);
    }
  }
  return {};
}

Verdict check_tls(const ElfImage& image) {
  if ((image.dynamic_value(DT_FLAGS).value_or(0) & DF_STATIC_TLS) != 0)
    return broken_rule("static_tls", "the library uses initial-exec TLS; compile it without -ftls-model=initial-exec");
  return {};
}

Verdict check_binding(const ElfImage& image) {
  const bool is_now = image.dynamic_value(DT_BIND_NOW).has_value() ||
                      (image.dynamic_value(DT_FLAGS).value_or(0) & DF_BIND_NOW) != 0 ||
                      (image.dynamic_value(DT_FLAGS_1).value_or(0) & DF_1_NOW) != 0;
  if (!is_now) return broken_rule("bind_now", "the library binds lazily; link it with -z now");
  return {};
}

Verdict check_exports(const ElfImage& image) {
  const auto symbols = image.exports();
  if (!symbols) return std::unexpected(symbols.error());
  for (const auto& symbol : *symbols)
    if (symbol.binding == STB_GNU_UNIQUE)
      return broken_rule("unique", "the library exports the unique symbol " + printable(symbol.name, 200) +
                                       "; compile it with -fno-gnu-unique, or hide it with a version script");
  std::string others;
  bool has_entry = false;
  std::size_t other_count = 0;
  for (const auto& symbol : *symbols) {
    if (symbol.name == kEntrySymbol && symbol.type == STT_FUNC && !has_entry)
      has_entry = true;
    else if (++other_count <= 5)
      others += (others.empty() ? "" : ", ") + printable(symbol.name, 100);
  }
  if (has_entry && other_count == 0) return {};
  std::string found = has_entry ? "stoa_plugin_entry and " : "no function stoa_plugin_entry but ";
  found += std::to_string(other_count) + " other symbols" + (others.empty() ? "" : ": " + others);
  return broken_rule("exports",
                     "the library exports " + found +
                         "; it must export the function stoa_plugin_entry and nothing else: use a version script");
}

// "2.36" as {2, 36}; nothing for another form.
std::optional<std::pair<unsigned, unsigned>> parse_libc(std::string_view text) {
  unsigned major = 0, minor = 0;
  const char* end = text.data() + text.size();
  const auto first = std::from_chars(text.data(), end, major);
  if (first.ec != std::errc() || first.ptr == end || *first.ptr != '.') return std::nullopt;
  if (std::from_chars(first.ptr + 1, end, minor).ec != std::errc()) return std::nullopt;
  return std::pair(major, minor);
}

Verdict check_libc(const ElfImage& image, std::string_view libc_min) {
  if (libc_min.empty()) return {};
  constexpr std::string_view kPrefix = "GLIBC_";
  const auto declared = parse_libc(libc_min);
  if (!declared)
    return broken_rule("glibc", "the manifest's libc_min \"" + printable(libc_min, 50) + "\" is no version");
  const auto versions = image.versions_needed();
  if (!versions) return std::unexpected(versions.error());
  for (const std::string_view version : *versions) {
    if (!version.starts_with(kPrefix)) continue;
    // Packed relative relocations came with 2.36, under a name of their own.
    const auto needed = parse_libc(version == "GLIBC_ABI_DT_RELR" ? "2.36" : version.substr(kPrefix.size()));
    const bool is_private = version == "GLIBC_PRIVATE";
    if (is_private || (needed && *needed > *declared))
      return broken_rule("glibc", "the library needs " + printable(version, 50) + ", its manifest declares glibc " +
                                      std::string(libc_min));
  }
  return {};
}

}  // namespace

Result<void> lint_exports(const std::filesystem::path& library, std::string_view libc_min) {
  const auto image = ElfImage::open(library);
  if (!image) return std::unexpected(image.error());
  constexpr Verdict (*kRules[])(const ElfImage&) = {&check_type, &check_segments, &check_relocation, &check_rpath,
                                                    &check_tls,  &check_binding,  &check_exports};
  for (const auto rule : kRules)
    if (auto verdict = rule(*image); !verdict) return verdict;
  return check_libc(*image, libc_min);
}

}  // namespace stoa::runtime

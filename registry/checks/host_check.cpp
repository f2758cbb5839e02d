// host_check.cpp: the checks that only a host can do, over the functions it hands in.
// SPDX-License-Identifier: Apache-2.0
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "registry/checks/step.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kReadBytes = 1 << 20;

// One library as a file of its own. It has no name from the start, so that nothing stays whatever ends this process;
// /proc gives it one for as long as it is open.
Result<File> copy_of(const Package& package, const ContainerEntry& entry, const std::filesystem::path& scratch) {
  auto name = (scratch / "library-XXXXXX").string();
  File file(::mkstemp(name.data()));
  if (file.fd() < 0) return std::unexpected(file_error("create", name, errno));
  if (::unlink(name.c_str()) != 0) return std::unexpected(file_error("unlink", name, errno));
  std::string piece(std::min<std::uint64_t>(entry.size, kReadBytes), '\0');
  for (std::uint64_t done = 0; done < entry.size; done += piece.size()) {
    piece.resize(std::min<std::uint64_t>(entry.size - done, kReadBytes));
    const auto bytes = std::as_writable_bytes(std::span(piece));
    if (auto ok = read_at(package.file(), entry.data_offset + done, bytes); !ok) return std::unexpected(ok.error());
    if (auto ok = write_all(file, bytes); !ok) return std::unexpected(ok.error());
  }
  return file;
}

// What the host says of a package may quote it, and a reviewer's terminal shows it.
std::string shown(std::string text) {
  constexpr std::size_t kBytesMax = 2000;
  if (text.size() > kBytesMax) text.resize(kBytesMax);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  return text;
}

}  // namespace

Finding check_exports(const HostChecks& host, const Package& package) {
  if (!host.lint_library) return skipped("exports.no_host", "no host is here that reads libraries");
  std::size_t judged = 0;
  std::string elsewhere;
  for (std::size_t i = 0; i < package.libraries().size(); ++i) {
    const auto& platform = package.manifest().platforms[i];
    const auto file = copy_of(package, package.libraries()[i], host.scratch);
    if (!file) return failed(file.error().reason, file.error().message);
    const auto ok = host.lint_library("/proc/self/fd/" + std::to_string(file->fd()), platform);
    if (ok) {
      ++judged;
    } else if (ok.error().code == Code::unimplemented) {
      elsewhere += (elsewhere.empty() ? "" : ", ") + platform.library;
    } else {
      return failed(ok.error().reason, "'" + platform.library + "': " + shown(ok.error().message));
    }
  }
  if (!elsewhere.empty())
    return warned("exports.other_machine",
                  "this machine cannot judge " + elsewhere + "; it judged " + std::to_string(judged));
  return passed(std::to_string(judged) + " libraries export one symbol and stay within their bounds");
}

Finding check_golden(const Submission& submission, const HostChecks& host, const Package& package) {
  const auto count = package.manifest().golden.size();
  if (count == 0) {
    constexpr const char* kMessage = "manifest has no golden case, so nothing proves that the models answer";
    return submission.policy.demands_golden ? failed("golden.none", kMessage) : warned("golden.none", kMessage);
  }
  if (!host.run_golden)
    return skipped("golden.no_host", "no host is here that runs the " + std::to_string(count) + " golden cases");
  const auto ran = host.run_golden(package);
  const bool is_encrypted =
      std::ranges::any_of(package.manifest().assets, [](const auto& a) { return a.encrypted.has_value(); });
  if (!ran && is_encrypted && ran.error().code == Code::permission_denied) {
    const std::string why =
        shown("assets are encrypted, so nobody saw the golden cases come out: " + ran.error().message);
    return submission.policy.demands_golden ? failed("golden.no_licence", why) : skipped("golden.no_licence", why);
  }
  if (!ran) return failed("golden.failed", shown(ran.error().reason + ": " + ran.error().message));
  return passed(shown(*ran));
}

}  // namespace stoa::registry

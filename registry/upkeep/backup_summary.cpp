// backup_summary.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/upkeep/backup_summary.hpp"

#include <fmt/format.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"
#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint64_t kForm = 1, kNumberMax = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t kFileMax = 4096;

// Which form it has comes first: what is wrong in one that this program cannot know is nobody's fault.
std::uint64_t form_of(const Json& document, DocumentVerdict& verdict) {
  if (document.is_object() && document.contains("stoa_backup") && document["stoa_backup"].is_number_unsigned())
    return document["stoa_backup"].get<std::uint64_t>();
  if (document.is_object())
    verdict.refuse("/stoa_backup", "type", "must be the number of the form, 1: `stoa backup create` writes it first");
  return kForm;
}

BackupSummary summary_of(const Json& document, DocumentVerdict& verdict) {
  BackupSummary summary;
  JsonObject top(document, "", verdict, {"stoa_backup", "taken_ms", "audit", "releases", "blobs", "blob_bytes"});
  (void)top.number("stoa_backup", {kForm, kForm});
  summary.taken_ms = static_cast<std::int64_t>(top.number("taken_ms", {0, kNumberMax}));
  summary.releases = top.number("releases", {0, kNumberMax});
  summary.blobs = top.number("blobs", {0, kNumberMax});
  summary.blob_bytes = top.number("blob_bytes", {0, kNumberMax});
  const Json* const head = top.require("audit");
  if (head == nullptr) return summary;
  JsonObject audit(*head, "/audit", verdict, {"lines", "sha256"});
  summary.audit.lines = static_cast<std::int64_t>(audit.number("lines", {0, kNumberMax}));
  const auto digest = sha256_from_hex(audit.text("sha256", {64, 64}));
  if (digest)
    summary.audit.sha256 = *digest;
  else
    audit.refuse("sha256", "syntax", "must be 64 lower-case hexadecimal digits");
  return summary;
}

}  // namespace

Result<BackupSummary> read_backup_summary(const std::filesystem::path& backup) {
  const std::filesystem::path file = backup / kBackupFile;
  const auto refuse = [&](Code code, std::string_view why) {
    return failure(code, "backup.format", fmt::format("{}: {}", file.string(), why));
  };
  const auto text = read_small_file(file, kFileMax);
  if (!text && text.error().code == Code::not_found)
    return refuse(Code::not_found, "is not there, so this is no whole backup");
  if (!text && text.error().code == Code::invalid_argument)  // too large, or no file; the message begins with its path
    return failure(Code::invalid_argument, "backup.format", text.error().message);
  if (!text) return std::unexpected(text.error());
  const auto document = parse_strict_json(*text);
  if (!document) return refuse(Code::invalid_argument, document.error().message);
  DocumentVerdict verdict;
  if (const std::uint64_t form = form_of(*document, verdict); form > kForm)
    return failure(Code::unimplemented, "backup.newer",
                   fmt::format("{}: is of form {}, this program reads form {}", file.string(), form, kForm));
  BackupSummary summary = summary_of(*document, verdict);
  if (verdict.is_refused()) return refuse(Code::invalid_argument, verdict.error().message);
  return summary;
}

std::string backup_json(const BackupSummary& summary) {
  const Json json{{"stoa_backup", kForm},
                  {"taken_ms", summary.taken_ms},
                  {"audit", {{"lines", summary.audit.lines}, {"sha256", to_hex(summary.audit.sha256)}}},
                  {"releases", summary.releases},
                  {"blobs", summary.blobs},
                  {"blob_bytes", summary.blob_bytes}};
  return json.dump(2);
}

}  // namespace stoa::registry

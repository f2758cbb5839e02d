// secret_scan.cpp: the window that moves over an entry. SPDX-License-Identifier: Apache-2.0
#include "registry/checks/secret_scan.hpp"

#include <algorithm>

#include "registry/checks/step.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kPiece = 1 << 20;
constexpr std::size_t kSniffed = 4096;

// As `file` and git tell: a NUL, or more than one control character in 100, makes it binary.
bool is_text(std::string_view head) {
  if (head.find('\0') != std::string_view::npos) return false;
  const auto controls = std::ranges::count_if(head, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\x1b') || byte == 0x7f;
  });
  return static_cast<std::size_t>(controls) * 100 <= head.size();
}

Result<void> scan_entry(const Package& package, const ContainerEntry& entry, SecretReport& report) {
  SecretScanner scanner(entry.path, report);
  std::string piece(std::min<std::uint64_t>(entry.size, kPiece), '\0');
  for (std::uint64_t done = 0; done < entry.size; done += piece.size()) {
    piece.resize(std::min<std::uint64_t>(entry.size - done, kPiece));
    if (auto ok = read_at(package.file(), entry.data_offset + done, std::as_writable_bytes(std::span(piece))); !ok)
      return ok;
    scanner.feed(piece);
  }
  scanner.finish();
  return {};
}

}  // namespace

void SecretReport::add(SecretFinding finding) {
  const bool is_certain = finding.kind != SecretKind::assignment;
  ++count;
  certain_count += is_certain;
  if (findings.size() < kKept) {
    findings.push_back(std::move(finding));
  } else if (is_certain) {
    const auto suspicion = std::ranges::find(findings, SecretKind::assignment, &SecretFinding::kind);
    if (suspicion != findings.end()) *suspicion = std::move(finding);
  }
}

void SecretScanner::feed(std::string_view bytes) {
  window_ += bytes;
  if (!is_begun_) {
    if (window_.size() < kSniffed) return;
    is_text_ = is_text(std::string_view(window_).substr(0, kSniffed));
    is_begun_ = true;
  }
  // What a match may still need of the next piece waits.
  if (window_.size() <= kSecretLookAhead) return;
  search(window_.size() - kSecretLookAhead);
  const auto done = searched_ - std::min(searched_, kSecretLookBehind);
  window_.erase(0, done);
  searched_ -= done;
  offset_ += done;
}

void SecretScanner::finish() {
  if (!is_begun_) is_text_ = is_text(window_);
  search(window_.size());
}

// Places before end; a match that starts there may be read beyond.
void SecretScanner::search(std::size_t end) {
  const std::string_view text = window_;
  while ((searched_ = next_candidate(text, searched_, end, is_text_)) < end) {
    const auto match = secret_at(text, searched_, is_text_);
    if (match) report_.add({entry_, offset_ + searched_, match->kind});
    searched_ += match ? match->length : 1;
  }
}

Result<SecretReport> scan_for_secrets(const Package& package) {
  SecretReport report;
  SecretScanner manifest(std::string(kManifestPath), report);
  manifest.feed(package.manifest_json());
  manifest.finish();
  for (const auto* entries : {&package.libraries(), &package.assets()})
    for (const auto& entry : *entries)
      if (auto ok = scan_entry(package, entry, report); !ok) return std::unexpected(ok.error());
  return report;
}

Finding check_secrets(const Package& package) {
  constexpr std::size_t kShown = 3;
  const auto report = scan_for_secrets(package);
  if (!report) return failed(report.error().reason, report.error().message);
  if (report->count == 0) return passed("no secret in manifest, libraries and assets");
  // Certain ones first: a tokenizer's vocabulary may hold many suspicious lines before one real key.
  std::string message;
  std::size_t shown = 0;
  for (const bool is_suspicion : {false, true})
    for (const auto& finding : report->findings) {
      if ((finding.kind == SecretKind::assignment) != is_suspicion || shown == kShown) continue;
      message += (shown++ > 0 ? "; '" : "'") + finding.entry + "' at byte " + std::to_string(finding.offset) + ": " +
                 std::string(name_of(finding.kind));
    }
  if (report->count > kShown) message += "; and " + std::to_string(report->count - kShown) + " more";
  return report->certain_count > 0 ? failed("secret.found", message) : warned("secret.suspected", message);
}

}  // namespace stoa::registry

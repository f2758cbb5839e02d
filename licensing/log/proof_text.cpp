// proof_text.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/log/proof_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1\n", kExtra = "extra ", kIndex = "index ";
constexpr std::size_t kHashesMax = 64;  // a 64-bit size has no deeper tree

std::unexpected<Error> no_proof_text(std::string_view why) {
  return failure(Code::data_loss, "log.proof", fmt::format("proof: {}", why));
}

// Takes the next line without its line feed; nothing: there is no whole one.
std::optional<std::string_view> next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

}  // namespace

std::string proof_text(const InclusionProof& proof) {
  std::string text(kFirstLine);
  if (!proof.extra.empty()) text += fmt::format("{}{}\n", kExtra, registry::to_base64(proof.extra));
  text += fmt::format("{}{}\n", kIndex, proof.index);
  for (const Sha256& hash : proof.hashes) text += registry::to_base64(std::string(hash.begin(), hash.end())) + '\n';
  return text + '\n' + proof.checkpoint;
}

Result<InclusionProof> parse_proof(std::string_view text) {
  if (!text.starts_with(kFirstLine)) return no_proof_text("does not begin with c2sp.org/tlog-proof@v1");
  std::string_view rest = text.substr(kFirstLine.size());
  InclusionProof proof;
  auto line = next_line(rest);
  if (line && line->starts_with(kExtra)) {
    auto extra = registry::from_base64(line->substr(kExtra.size()));
    if (!extra) return no_proof_text("its extra data is no base64");
    proof.extra = std::move(*extra);
    line = next_line(rest);
  }
  if (!line || !line->starts_with(kIndex)) return no_proof_text("has no line with the entry's index");
  const std::string_view digits = line->substr(kIndex.size());
  if (const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), proof.index);
      read.ec != std::errc() || read.ptr != digits.data() + digits.size())
    return no_proof_text("its index is no number");
  while ((line = next_line(rest)) && !line->empty()) {
    const auto bytes = registry::from_base64(*line);
    Sha256 hash;
    if (!bytes || bytes->size() != hash.size() || proof.hashes.size() == kHashesMax)
      return no_proof_text(fmt::format("line {} of its hashes is none", proof.hashes.size() + 1));
    std::ranges::copy(*bytes, hash.begin());
    proof.hashes.push_back(hash);
  }
  if (!line || rest.empty()) return no_proof_text("has no checkpoint behind an empty line");
  proof.checkpoint = rest;
  if (proof_text(proof) != text) return no_proof_text("is not in the one form there is");
  return proof;
}

Result<Checkpoint> verify_proof(const InclusionProof& proof, std::string_view entry, const NoteVerifier& log) {
  auto checkpoint = open_checkpoint(proof.checkpoint, log);
  if (!checkpoint) return checkpoint;
  if (auto included = verify_inclusion({leaf_hash(entry), proof.index}, checkpoint->head, proof.hashes); !included)
    return std::unexpected(included.error());
  return checkpoint;
}

}  // namespace stoa::licensing

// signed_note.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/log/signed_note.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/document/digest.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kDash = "\xe2\x80\x94 ";  // an em dash and a space begin a signature's line
constexpr char kEd25519 = 1;
constexpr std::size_t kIdBytes = 4, kNoteBytesMax = 1 << 20, kSignaturesMax = 100;

std::unexpected<Error> no_note(std::string_view why) {
  return failure(Code::data_loss, "note.form", fmt::format("note: {}", why));
}

std::string key_bytes(const registry::PublicKey& key) {
  return std::string(1, kEd25519) + std::string(key.raw().begin(), key.raw().end());
}

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= 256 &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != '+'; });
}

// A line "— name base64".
struct SignatureLine {
  std::string_view name;
  std::string bytes;  // the id, then the signature
};

Result<SignatureLine> line_of(std::string_view line) {
  if (!line.starts_with(kDash)) return no_note("a signature's line does not begin with an em dash and a space");
  line.remove_prefix(kDash.size());
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos || !is_name(line.substr(0, space)))
    return no_note("a signature's line has no name");
  auto bytes = registry::from_base64(line.substr(space + 1));
  if (!bytes || bytes->size() <= kIdBytes) return no_note("a signature is no base64");
  return SignatureLine{line.substr(0, space), std::move(*bytes)};
}

bool holds(const SignatureLine& line, const NoteVerifier& verifier, std::string_view text) {
  registry::Ed25519Signature signature;
  if (line.bytes.size() != kIdBytes + signature.size()) return false;
  std::copy(line.bytes.begin() + kIdBytes, line.bytes.end(), signature.begin());
  return verifier.key().verifies(signature, text);
}

bool is_of(const SignatureLine& line, const NoteVerifier& verifier) {
  return line.name == verifier.name() &&
         std::ranges::equal(std::string_view(line.bytes).substr(0, kIdBytes), verifier.id(),
                            [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; });
}

}  // namespace

NoteVerifier::NoteVerifier(std::string name, registry::PublicKey key) : name_(std::move(name)), key_(std::move(key)) {
  const registry::Sha256 hash = registry::sha256_of(name_ + '\n' + key_bytes(key_));
  std::copy_n(hash.begin(), kIdBytes, id_.begin());
}

Result<NoteVerifier> NoteVerifier::make(std::string name, registry::PublicKey key) {
  if (!is_name(name))
    return failure(Code::invalid_argument, "note.key", "name: has to be printable ASCII without a space and '+'");
  return NoteVerifier(std::move(name), std::move(key));
}

Result<NoteVerifier> NoteVerifier::parse(std::string_view text) {
  const auto refuse = [](std::string_view why) {
    return failure(Code::invalid_argument, "note.key", fmt::format("key: {}, want name+id+base64", why));
  };
  const std::size_t first = text.find('+');
  const std::size_t second = first == std::string_view::npos ? first : text.find('+', first + 1);
  if (second == std::string_view::npos) return refuse("it has fewer than three parts");
  const auto bytes = registry::from_base64(text.substr(second + 1));
  registry::Ed25519Point raw;
  if (!bytes || bytes->size() != 1 + raw.size() || bytes->front() != kEd25519)
    return refuse("the last part is no Ed25519 key");
  std::copy(bytes->begin() + 1, bytes->end(), raw.begin());
  auto key = registry::PublicKey::from_raw(raw);
  if (!key) return std::unexpected(key.error());
  auto verifier = make(std::string(text.substr(0, first)), std::move(*key));
  if (!verifier) return verifier;
  if (verifier->text() != text) return refuse("the id is not that of this name and key");
  return verifier;
}

std::string NoteVerifier::text() const {
  return fmt::format("{}+{}+{}", name_, registry::to_hex(id_), registry::to_base64(key_bytes(key_)));
}

std::string sign_note(std::string_view text,
                      std::span<const std::pair<NoteVerifier, const registry::PrivateKey*>> signers) {
  std::string note(text);
  note += '\n';
  for (const auto& [verifier, key] : signers) {
    const registry::Ed25519Signature signature = key->sign(text);
    std::string bytes(verifier.id().begin(), verifier.id().end());
    bytes.append(signature.begin(), signature.end());
    note += fmt::format("{}{} {}\n", kDash, verifier.name(), registry::to_base64(bytes));
  }
  return note;
}

Result<Note> open_note(std::string_view note, std::span<const NoteVerifier> verifiers) {
  if (note.size() > kNoteBytesMax)
    return no_note(fmt::format("has {} bytes, at most {} are read", note.size(), kNoteBytesMax));
  if (!note.ends_with('\n')) return no_note("does not end with a line feed");
  for (const char c : note)
    if (static_cast<unsigned char>(c) < ' ' && c != '\n') return no_note("has a control character");
  const std::size_t gap = note.rfind("\n\n");
  if (gap == std::string_view::npos) return no_note("has no empty line between text and signatures");
  Note opened{note.substr(0, gap + 1), {}};
  std::string_view rest = note.substr(gap + 2);
  if (rest.empty()) return no_note("has no signature");
  for (std::size_t lines = 0; !rest.empty(); ++lines) {
    if (lines == kSignaturesMax) return no_note(fmt::format("has more than {} signatures", kSignaturesMax));
    const std::size_t end = rest.find('\n');
    const auto line = line_of(rest.substr(0, end));
    if (!line) return std::unexpected(line.error());
    rest.remove_prefix(end + 1);
    for (const NoteVerifier& verifier : verifiers) {
      if (!is_of(*line, verifier)) continue;
      if (!holds(*line, verifier, opened.text))
        return failure(Code::permission_denied, "note.signature",
                       fmt::format("note: the signature of '{}' does not hold", verifier.name()));
      if (std::ranges::find(opened.signers, verifier.name()) == opened.signers.end())
        opened.signers.push_back(line->name);
    }
  }
  if (opened.signers.empty())
    return failure(Code::permission_denied, "note.signature", "note: nobody who is known here signed it");
  return opened;
}

}  // namespace stoa::licensing

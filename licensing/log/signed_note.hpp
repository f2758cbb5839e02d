// signed_note.hpp: a text with signature lines below it, as C2SP's signed-note writes it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/signature/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Source: c2sp.org/signed-note. A key has a name beside its bytes; both make its short id.
class NoteVerifier {
 public:
  // name: no space, no '+'. Error: invalid_argument "note.key".
  static Result<NoteVerifier> make(std::string name, registry::PublicKey key);
  // "name+0123abcd+base64": what a log publishes of itself. Errors: "note.key", and those of PublicKey.
  static Result<NoteVerifier> parse(std::string_view text);
  std::string text() const;

  const std::string& name() const { return name_; }
  const std::array<std::uint8_t, 4>& id() const { return id_; }
  const registry::PublicKey& key() const { return key_; }

 private:
  NoteVerifier(std::string name, registry::PublicKey key);
  std::string name_;
  registry::PublicKey key_;
  std::array<std::uint8_t, 4> id_;
};

// text ends with a line feed. Adds "— name base64" below an empty line, or below the signatures that are there.
std::string sign_note(std::string_view text,
                      std::span<const std::pair<NoteVerifier, const registry::PrivateKey*>> signers);

struct Note {
  std::string_view text;                  // with its last line feed
  std::vector<std::string_view> signers;  // names of those verifiers whose signatures hold
};
// Views note. Signatures of unknown keys count for nothing; one of a known key that does not hold refuses the note.
// Errors: data_loss "note.form"; permission_denied "note.signature": it does not hold, or none of the verifiers signed.
Result<Note> open_note(std::string_view note, std::span<const NoteVerifier> verifiers);

}  // namespace stoa::licensing

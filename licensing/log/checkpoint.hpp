// checkpoint.hpp: what a log says of itself at one size, signed: C2SP's tlog-checkpoint.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/log/merkle.hpp"
#include "licensing/log/signed_note.hpp"

namespace stoa::licensing {

// Source: c2sp.org/tlog-checkpoint. Three lines: the log's name, its size in decimal, its root in base64. Lines behind
// them are kept.
struct Checkpoint {
  std::string origin;
  TreeHead head;
  std::vector<std::string> extensions;
  friend bool operator==(const Checkpoint&, const Checkpoint&) = default;
};

std::string checkpoint_text(const Checkpoint& checkpoint);
// Only what checkpoint_text writes. Error: data_loss "checkpoint.form".
Result<Checkpoint> parse_checkpoint(std::string_view text);

// Of a log whose key has its origin as its name. Errors: those of open_note and parse_checkpoint; permission_denied
// "checkpoint.origin": it is another log's.
Result<Checkpoint> open_checkpoint(std::string_view note, const NoteVerifier& log);

}  // namespace stoa::licensing

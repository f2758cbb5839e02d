// proof_text.hpp: that an entry is in a log, as a text that whoever knows the log's key can verify alone.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "licensing/log/checkpoint.hpp"
#include "licensing/log/merkle.hpp"

namespace stoa::licensing {

// Source: c2sp.org/tlog-proof (v1). checkpoint: the whole signed note.
struct InclusionProof {
  std::uint64_t index = 0;
  Nodes hashes;
  std::string checkpoint;
  std::string extra;  // of the application; nothing proves it. Empty: none
  friend bool operator==(const InclusionProof&, const InclusionProof&) = default;
};

std::string proof_text(const InclusionProof& proof);
// Only what proof_text writes. Error: data_loss "log.proof".
Result<InclusionProof> parse_proof(std::string_view text);

// The checkpoint it was verified against. Errors: those of open_checkpoint and verify_inclusion.
Result<Checkpoint> verify_proof(const InclusionProof& proof, std::string_view entry, const NoteVerifier& log);

}  // namespace stoa::licensing

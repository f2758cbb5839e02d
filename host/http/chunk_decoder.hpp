// chunk_decoder.hpp: the chunked transfer coding, strictly: no trailers, short extensions, no bare line ends.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace stoa::http {

// Rationale: Beast 1.81's own decoder stalls on an unbalanced quote in an extension, has no limit for extensions and
// merges trailers into the head. This one is a state per byte of framing, so that splits cannot change its verdict,
// and tells how much payload comes next, so that a reader may receive it straight into its final place.
class ChunkDecoder {
 public:
  static constexpr std::size_t kExtensionBytesMax = 256;          // of one chunk
  static constexpr std::size_t kExtensionBytesTotal = 16u << 10;  // of the whole body
  // 2^60: no sum of two sizes overflows.
  static constexpr unsigned kSizeDigitsMax = 15;

  // Consumes framing from the front of bytes up to the next payload byte, the end, or an offence; returns how many
  // bytes were framing. Afterwards payload() says how many payload bytes follow.
  std::size_t frame(std::string_view bytes);
  // The caller took count of the payload() bytes.
  void take(std::uint64_t count) { payload_ -= count; }

  std::uint64_t payload() const { return payload_; }
  bool is_done() const { return state_ == State::done; }
  bool is_bad() const { return state_ == State::bad; }

 private:
  enum class State : std::uint8_t {
    size_first,
    size,
    extension,
    size_lf,
    payload_cr,
    payload_lf,
    last_cr,
    last_lf,
    done,
    bad
  };

  State step(char c);
  State end_of_size_line() const { return size_ == 0 ? State::last_cr : State::payload_cr; }

  State state_ = State::size_first;
  bool in_quotes_ = false, escaped_ = false;
  unsigned digits_ = 0;
  std::size_t extension_bytes_ = 0, extension_total_ = 0;
  std::uint64_t size_ = 0, payload_ = 0;
};

}  // namespace stoa::http

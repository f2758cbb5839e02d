// part_view.hpp: a part as a worker told it, held against the bytes it says it has. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "host/worker/wire.hpp"

namespace stoa::worker {

// Moves, and does not copy: payload may point into copy, and items into payload.
struct PartView {
  PartView() = default;
  PartView(PartView&&) = default;
  PartView& operator=(PartView&&) = default;

  // Of a tensor in a block: where the worker wrote it, and may go on writing. All else is the host's own memory.
  std::span<const std::byte> payload;
  std::uint64_t elements = 1;  // what the shape says
  std::vector<std::byte>
      copy;  // of a payload in a block that is checked byte by byte: the check and the use see the same
  std::vector<stoa_str> items;  // of strings, into payload
};

// Nothing: it lies about where its bytes are, how many they are, or its shape. blocks: those of the worker's arena. The
// view points into part and blocks.
std::optional<PartView> view_part(const WirePart& part, std::span<const std::byte> blocks);

}  // namespace stoa::worker

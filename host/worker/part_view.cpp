// part_view.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/part_view.hpp"

#include "host/runtime/part.hpp"

namespace stoa::worker {

std::optional<PartView> view_part(const WirePart& part, std::span<const std::byte> blocks) {
  PartView view;
  view.payload = std::as_bytes(std::span(part.payload.bytes));
  if (!part.payload.is_inline) {
    if (part.payload.size > blocks.size() || part.payload.offset > blocks.size() - part.payload.size)
      return std::nullopt;
    view.payload = blocks.subspan(part.payload.offset, part.payload.size);
  }
  if (part.shape.size() > runtime::OutputPart::kDimsMax) return std::nullopt;
  for (const std::int64_t extent : part.shape)
    if (extent < 0 || __builtin_mul_overflow(view.elements, static_cast<std::uint64_t>(extent), &view.elements))
      return std::nullopt;
  const auto kind = static_cast<runtime::PartKind>(part.kind);
  if (kind == runtime::PartKind::tensor) {
    const std::uint64_t element_bytes = size_of(static_cast<DataType>(part.datatype));
    std::uint64_t bytes = 0;
    if (element_bytes == 0 || __builtin_mul_overflow(view.elements, element_bytes, &bytes) ||
        bytes != view.payload.size())
      return std::nullopt;
    return view;
  }
  const bool is_strings = kind == runtime::PartKind::strings;
  if (is_strings || !part.payload.is_inline) {
    view.copy.assign(view.payload.begin(), view.payload.end());
    view.payload = view.copy;
  }
  if (is_strings && (part.n_strings != view.elements || !read_strings(view.payload, part.n_strings, view.items)))
    return std::nullopt;
  return view;
}

}  // namespace stoa::worker

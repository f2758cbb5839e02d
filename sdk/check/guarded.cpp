// guarded.cpp: pages from mmap, and the layout of input parts on them.
// SPDX-License-Identifier: Apache-2.0
#include "sdk/check/guarded.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace stoa::check {
namespace {

constexpr std::size_t kAlignment = 64;

std::size_t rounded(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

// Hands out aligned pieces of the pages, first to last.
class Layout {
 public:
  explicit Layout(std::byte* at) : at_(at) {}
  template <class T>
  T* take(std::size_t count) {
    auto* piece = reinterpret_cast<T*>(at_);
    at_ += rounded(count * sizeof(T), kAlignment);
    return piece;
  }
  stoa_str copy(const void* from, std::size_t n) {
    if (n == 0) return stoa_str{nullptr, 0};
    auto* to = take<char>(n);
    std::memcpy(to, from, n);
    return stoa_str{to, n};
  }

 private:
  std::byte* at_;
};

void lay_out_tensor(Layout& layout, const Value& value, stoa_part& part) {
  const std::size_t rank = value.shape.size();
  auto* tensor = new (layout.take<DLManagedTensorVersioned>(1)) DLManagedTensorVersioned{};
  auto* extents = layout.take<std::int64_t>(2 * rank);
  std::int64_t stride = 1;
  for (std::size_t axis = rank; axis-- > 0; stride *= value.shape[axis]) {
    extents[axis] = value.shape[axis];
    extents[rank + axis] = stride;
  }
  tensor->version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  tensor->flags = DLPACK_FLAG_BITMASK_READ_ONLY;
  tensor->dl_tensor.data = const_cast<char*>(layout.copy(value.bytes.data(), value.bytes.size()).p);
  tensor->dl_tensor.device = {kDLCPU, 0};
  tensor->dl_tensor.ndim = static_cast<std::int32_t>(rank);
  tensor->dl_tensor.dtype = to_dlpack(value.datatype);
  tensor->dl_tensor.shape = extents;
  tensor->dl_tensor.strides = extents + rank;
  part.u.tensor = tensor;
}

void lay_out_strings(Layout& layout, const Value& value, stoa_part& part) {
  auto* strings = new (layout.take<stoa_strings>(1)) stoa_strings{};
  auto* items = layout.take<stoa_str>(value.strings.size());
  for (std::size_t i = 0; i < value.strings.size(); ++i)
    items[i] = layout.copy(value.strings[i].data(), value.strings[i].size());
  auto* extents = layout.take<std::int64_t>(value.shape.size());
  for (std::size_t axis = 0; axis < value.shape.size(); ++axis) extents[axis] = value.shape[axis];
  *strings = stoa_strings{items, extents, static_cast<std::int32_t>(value.shape.size()), 0};
  part.u.strings = strings;
}

}  // namespace

Pages::Pages(std::size_t size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  size_ = rounded(size == 0 ? 1 : size, page);
  void* mapped = mmap(nullptr, size_ + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) throw std::bad_alloc();
  base_ = static_cast<std::byte*>(mapped);
  if (mprotect(base_ + size_, page, PROT_NONE) != 0) throw std::bad_alloc();
}

Pages::~Pages() { munmap(base_, size_ + static_cast<std::size_t>(sysconf(_SC_PAGESIZE))); }

void Pages::make_read_only() {
  if (mprotect(base_, size_, PROT_READ) != 0) throw std::bad_alloc();
}

std::size_t Inputs::room_for(std::span<const Value> values) {
  std::size_t room = rounded(values.size() * sizeof(stoa_part*), kAlignment);
  for (const Value& value : values) {
    room += rounded(sizeof(stoa_part), kAlignment) + rounded(sizeof(DLManagedTensorVersioned), kAlignment);
    room += rounded(2 * value.shape.size() * sizeof(std::int64_t), kAlignment);
    room += rounded(value.strings.size() * sizeof(stoa_str), kAlignment) + kAlignment;
    for (const std::string& item : value.strings) room += rounded(item.size(), kAlignment);
    for (const std::size_t n : {value.name.size(), value.media_type.size(), value.bytes.size()})
      room += rounded(n, kAlignment);
  }
  return room;
}

Inputs::Inputs(std::span<const Value> values)
    : pages_(room_for(values)), count_(static_cast<std::uint32_t>(values.size())) {
  Layout layout(pages_.begin());
  auto** parts = layout.take<const stoa_part*>(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const Value& value = values[i];
    auto* part = new (layout.take<stoa_part>(1)) stoa_part{};
    part->struct_size = sizeof *part;
    part->kind = value.kind;
    part->name = layout.copy(value.name.data(), value.name.size());
    part->media_type = layout.copy(value.media_type.data(), value.media_type.size());
    if (value.kind == STOA_PART_TENSOR)
      lay_out_tensor(layout, value, *part);
    else if (value.kind == STOA_PART_STRINGS)
      lay_out_strings(layout, value, *part);
    else
      part->u.bytes = layout.copy(value.bytes.data(), value.bytes.size());
    parts[i] = part;
  }
  parts_ = parts;
  pages_.make_read_only();
}

}  // namespace stoa::check

// block.hpp: the memory of one output part: its payload, what describes it, and its name, in one allocation.
// SPDX-License-Identifier: Apache-2.0
// Rationale: the host takes a payload over by emit and lets go of it when the answer is written; what the part points
// to must live exactly as long. One block has one owner and one release, and comes from the host's pool where it has
// one.
#ifndef STOA_BLOCK_HPP
#define STOA_BLOCK_HPP
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

#include "stoa/host.hpp"
#include "stoa/tensor.hpp"

namespace stoa::detail {

inline constexpr std::size_t kBlockAlignment = 64;  // what the host's pool promises; a cache line, an AVX-512 register

inline std::size_t checked_add(std::size_t a, std::size_t b) {
  if (__builtin_add_overflow(a, b, &a)) throw std::bad_alloc();
  return a;
}

// Owns a part until emit has taken it.
class OwnedPart {
 public:
  OwnedPart() noexcept = default;
  OwnedPart(OwnedPart&& other) noexcept : part_(std::exchange(other.part_, stoa_part{})) {}
  OwnedPart& operator=(OwnedPart&& other) noexcept {
    std::swap(part_, other.part_);
    return *this;
  }
  ~OwnedPart() {
    if (part_.release != nullptr) part_.release(&part_);
  }
  stoa_part& part() noexcept { return part_; }
  void taken() noexcept { part_.release = nullptr; }  // the host has it now

 private:
  stoa_part part_{};
};

// Lays pieces out in one block, the first ones small and the payload last, at a multiple of 64.
class BlockWriter {
 public:
  // payload + described: bytes of the payload, and of what stands before it (name, media type, shape, records).
  BlockWriter(const stoa_request& request, std::uint32_t kind, std::string_view name, std::string_view media_type,
              std::size_t described, std::size_t payload) {
    std::size_t head = checked_add(checked_add(described, name.size()), media_type.size());
    head = checked_add(head, kBlockAlignment - 1) & ~(kBlockAlignment - 1);
    allocate(request, checked_add(head, payload));
    payload_ = block_ + head;
    next_ = block_ + described;  // the records come first, for their alignment
    stoa_part& part = owned_.part();
    part.kind = kind;
    part.name = copy(name);
    part.media_type = copy(media_type);
    next_ = block_;
  }

  // The next record's place. Records are taken in order of falling alignment.
  template <class T>
  T* place(std::size_t count) noexcept {
    auto* at = reinterpret_cast<T*>(next_);
    next_ += count * sizeof(T);
    return at;
  }
  std::byte* payload() const noexcept { return payload_; }
  stoa_part& part() noexcept { return owned_.part(); }
  OwnedPart finish() noexcept { return std::move(owned_); }

 private:
  void allocate(const stoa_request& request, std::size_t size) {
    stoa_part& part = owned_.part();
    part.struct_size = sizeof part;
    if (const HostTables& host = host_tables; host.memory != nullptr) {
      stoa_error err = empty_error();
      part.owner = host.memory->alloc(host.host, &request, size, &err);
      if (part.owner == nullptr)
        throw_error(err.code != STOA_OK ? err.code : STOA_RESOURCE_EXHAUSTED, err, "plugin.memory");
      part.release = host.memory->release_part;
    } else {
      const std::size_t rounded = checked_add(size, kBlockAlignment - 1) & ~(kBlockAlignment - 1);
      part.owner = std::aligned_alloc(kBlockAlignment, rounded == 0 ? kBlockAlignment : rounded);
      if (part.owner == nullptr) throw std::bad_alloc();
      part.release = [](stoa_part* self) { std::free(self->owner); };
    }
    block_ = static_cast<std::byte*>(part.owner);
  }
  stoa_str copy(std::string_view text) noexcept {
    if (text.empty()) return stoa_str{nullptr, 0};
    std::memcpy(next_, text.data(), text.size());
    const stoa_str copied{reinterpret_cast<const char*>(next_), text.size()};
    next_ += text.size();
    return copied;
  }

  OwnedPart owned_;
  std::byte* block_ = nullptr;
  std::byte* next_ = nullptr;
  std::byte* payload_ = nullptr;
};

// A copy of raw bytes, for text, bytes and JSON.
inline OwnedPart bytes_part(const stoa_request& request, std::uint32_t kind, std::string_view name,
                            std::string_view media_type, std::string_view payload) {
  BlockWriter block(request, kind, name, media_type, 0, payload.size());
  if (!payload.empty()) std::memcpy(block.payload(), payload.data(), payload.size());
  block.part().u.bytes = stoa_str{reinterpret_cast<const char*>(block.payload()), payload.size()};
  return block.finish();
}

// Fills in the tensor record, and its shape and row-major strides, which lie at extents (2 × shape.size() of them).
inline void describe_tensor(DLManagedTensorVersioned& managed, std::int64_t* extents, DataType type, Shape shape,
                            void* data) noexcept {
  managed = DLManagedTensorVersioned{};
  managed.version = DLPackVersion{DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  DLTensor& tensor = managed.dl_tensor;
  tensor.data = data;
  tensor.device = DLDevice{kDLCPU, 0};
  tensor.ndim = static_cast<std::int32_t>(shape.size());
  tensor.dtype = to_dlpack(type);
  tensor.shape = extents;
  tensor.strides = extents + shape.size();
  std::uint64_t stride = 1;  // of a tensor without elements it may wrap
  for (std::size_t axis = shape.size(); axis-- > 0;) {
    tensor.shape[axis] = shape[axis];
    tensor.strides[axis] = static_cast<std::int64_t>(stride);
    stride *= static_cast<std::uint64_t>(shape[axis]);
  }
}

struct NewTensor {
  OwnedPart part;
  std::byte* data;
  Shape shape;
  std::size_t count;
};

inline NewTensor tensor_part(const stoa_request& request, std::string_view name, DataType type, Shape shape) {
  const std::size_t count = element_count(shape);
  std::size_t size = 0;
  if (__builtin_mul_overflow(count, size_of(type), &size)) throw std::bad_alloc();
  BlockWriter block(request, STOA_PART_TENSOR, name, {},
                    sizeof(DLManagedTensorVersioned) + 2 * shape.size() * sizeof(std::int64_t), size);
  auto* managed = new (block.place<DLManagedTensorVersioned>(1)) DLManagedTensorVersioned{};
  auto* extents = block.place<std::int64_t>(2 * shape.size());
  describe_tensor(*managed, extents, type, shape, block.payload());
  block.part().u.tensor = managed;
  return NewTensor{block.finish(), block.payload(), Shape(extents, shape.size()), count};
}

}  // namespace stoa::detail
#endif

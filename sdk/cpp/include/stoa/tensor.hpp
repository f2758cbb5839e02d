// tensor.hpp: tensors as typed spans with a shape, checked before the first element is read.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_TENSOR_HPP
#define STOA_TENSOR_HPP
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "stoa/element.hpp"
#include "stoa/failure.hpp"
#include "stoa/span.hpp"

namespace stoa {

// A contiguous row-major tensor in CPU memory: iterate it as a span, ask for its shape.
template <class T>
class Tensor : public Span<T> {
 public:
  Tensor() noexcept = default;
  Tensor(T* data, std::size_t size, Shape shape) noexcept : Span<T>(data, size), shape_(shape) {}

  Shape shape() const noexcept { return shape_; }
  std::int64_t dim(std::size_t axis) const noexcept { return shape_[axis]; }

 private:
  Shape shape_;
};

// The same without a static element type, for code that switches on datatype().
struct AnyTensor {
  DataType datatype = DataType::invalid;
  Shape shape;
  Span<const std::byte> bytes;
};

namespace detail {

// Throws invalid_argument for a product that does not fit: a shape comes from the caller.
inline std::size_t element_count(Shape shape) {
  std::size_t count = 1;
  for (const std::int64_t extent : shape)
    if (extent < 0 || __builtin_mul_overflow(count, static_cast<std::uint64_t>(extent), &count))
      throw Failure(Code::invalid_argument, "tensor.shape", "a tensor's shape has no element count that fits");
  return count;
}

inline bool is_contiguous(const DLTensor& tensor) noexcept {
  if (tensor.strides == nullptr) return true;  // DLPack's short form of row-major
  std::int64_t stride = 1;
  for (std::int32_t axis = tensor.ndim; axis-- > 0;) {
    if (tensor.shape[axis] != 1 && tensor.strides[axis] != stride) return false;
    stride *= tensor.shape[axis];
  }
  return true;
}

// Checks what the bytes of a contiguous CPU tensor may be read by. name is for the message.
inline AnyTensor read_tensor(const DLManagedTensorVersioned& managed, std::string_view name) {
  const auto refuse = [name](const char* reason, const std::string& what) {
    throw Failure(Code::invalid_argument, reason, "input '" + std::string(name) + "' " + what);
  };
  if (managed.version.major != DLPACK_MAJOR_VERSION)
    refuse("input.dlpack", "is DLPack " + std::to_string(managed.version.major) + ", this plugin reads 1");
  const DLTensor& tensor = managed.dl_tensor;
  if (tensor.device.device_type != kDLCPU)
    refuse("input.device", "is on device type " + std::to_string(tensor.device.device_type) + ", the CPU is needed");
  if (tensor.ndim < 0 || (tensor.ndim > 0 && tensor.shape == nullptr)) refuse("input.shape", "has no shape");
  AnyTensor result;
  result.datatype = datatype_from_dlpack(tensor.dtype);
  if (result.datatype == DataType::invalid) refuse("input.datatype", "has an element type this SDK does not know");
  result.shape = Shape(tensor.shape, static_cast<std::size_t>(tensor.ndim));
  const std::size_t count = element_count(result.shape);
  if (count != 0 && !is_contiguous(tensor)) refuse("input.layout", "is not contiguous and row-major");
  if (count != 0 && tensor.data == nullptr) refuse("input.data", "has no data");
  const auto* first = count == 0 ? nullptr : static_cast<const std::byte*>(tensor.data) + tensor.byte_offset;
  result.bytes = Span<const std::byte>(first, count * size_of(result.datatype));
  return result;
}

}  // namespace detail
}  // namespace stoa
#endif

// part.cpp: checks what a plugin says of its parts before believing any of it. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/part.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "host/runtime/utf8.hpp"

namespace stoa::runtime {
namespace {

// Half the address space: no object is larger, and sums of two stay in range.
constexpr std::uint64_t kBytesMax = std::numeric_limits<std::int64_t>::max() / 2;

bool check_shape(std::int32_t ndim, const std::int64_t* shape, std::uint64_t& elements, std::string& why) {
  if (ndim < 0 || ndim > OutputPart::kDimsMax) {
    why = "it has " + std::to_string(ndim) + " dimensions, the limit is " + std::to_string(OutputPart::kDimsMax);
    return false;
  }
  if (ndim > 0 && shape == nullptr) {
    why = "its shape is NULL with " + std::to_string(ndim) + " dimensions";
    return false;
  }
  std::uint64_t product = 1;
  bool is_empty = false, overflows = false;
  for (std::int32_t i = 0; i < ndim; ++i) {
    if (shape[i] < 0) {
      why = "dimension " + std::to_string(i) + " is " + std::to_string(shape[i]);
      return false;
    }
    is_empty = is_empty || shape[i] == 0;
    overflows = overflows || __builtin_mul_overflow(product, static_cast<std::uint64_t>(shape[i]), &product);
  }
  if (!is_empty && (overflows || product > kBytesMax)) {
    why = "its shape has more elements than memory has bytes";
    return false;
  }
  elements = is_empty ? 0 : product;
  return true;
}

// Offsets are in elements; false when one of them, times the element's size, leaves the address space.
bool strides_fit(const DLTensor& t, std::uint64_t element_bytes) {
  std::int64_t low = 0, high = 0;
  for (std::int32_t i = 0; i < t.ndim; ++i) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(t.shape[i] - 1, t.strides[i], &reach)) return false;
    if (__builtin_mul_overflow(reach, static_cast<std::int64_t>(element_bytes), &reach)) return false;
    std::int64_t& bound = reach < 0 ? low : high;
    if (__builtin_add_overflow(bound, reach, &bound)) return false;
  }
  return true;
}

bool is_contiguous(const DLTensor& t) {
  if (t.strides == nullptr) return true;
  std::int64_t expected = 1;
  for (std::int32_t i = t.ndim - 1; i >= 0; --i) {
    if (t.shape[i] != 1 && t.strides[i] != expected) return false;
    expected *= t.shape[i];
  }
  return true;
}

// Gathers the elements of a strided tensor in row-major order. Precondition: strides_fit, at least one element.
void gather(const DLTensor& t, const std::byte* base, std::size_t element_bytes, std::byte* to) {
  std::array<std::int64_t, OutputPart::kDimsMax> index{};
  std::int64_t offset = 0;
  for (;;) {
    std::memcpy(to, base + offset * static_cast<std::int64_t>(element_bytes), element_bytes);
    to += element_bytes;
    std::int32_t axis = t.ndim - 1;
    for (; axis >= 0; --axis) {
      const auto a = static_cast<std::size_t>(axis);
      offset += t.strides[axis];
      if (++index[a] < t.shape[axis]) break;
      offset -= t.shape[axis] * t.strides[axis];
      index[a] = 0;
    }
    if (axis < 0) return;
  }
}

bool check_word(const stoa_str& text, const char* what, std::string& to, std::string& why) {
  if (text.n > OutputPart::kNameBytesMax) {
    why = std::string(what) + " has " + std::to_string(text.n) + " bytes, the limit is " +
          std::to_string(OutputPart::kNameBytesMax);
    return false;
  }
  if (text.n > 0 && text.p == nullptr) {
    why = std::string(what) + " is NULL with " + std::to_string(text.n) + " bytes";
    return false;
  }
  if (text.n > 0) to.assign(text.p, text.n);
  if (!is_utf8(to)) {
    why = std::string(what) + " is not UTF-8";
    return false;
  }
  return true;
}

}  // namespace

bool OutputPart::take(const stoa_part& emitted, OutputPart& out, std::string& why) {
  OutputPart prepared;
  if (!prepare(emitted, prepared, why)) return false;
  prepared.commit(nullptr);
  out = std::move(prepared);
  return true;
}

bool OutputPart::prepare(const stoa_part& emitted, OutputPart& out, std::string& why) {
  // The smallest record that can say anything: up to and including its payload. Fields beyond its size are defaults.
  if (!STOA_HAS(stoa_part, &emitted, u)) {
    why = "its struct_size is " + std::to_string(emitted.struct_size) + ", at least " +
          std::to_string(offsetof(stoa_part, sync)) + " is needed";
    return false;
  }
  std::memcpy(&out.held_, &emitted, std::min<std::size_t>(emitted.struct_size, sizeof(stoa_part)));
  const stoa_part& part = out.held_;
  if (!check_word(part.name, "its name", out.name_, why)) return false;
  if (!check_word(part.media_type, "its media type", out.media_type_, why)) return false;
  if (part.sync != nullptr) {
    why = "it has a device event, and this host reads CPU memory only";
    return false;
  }
  bool is_good = false;
  switch (part.kind) {
    case STOA_PART_TENSOR:
      is_good = out.prepare_tensor(part.u.tensor, why);
      break;
    case STOA_PART_STRINGS:
      is_good = out.prepare_strings(part.u.strings, why);
      break;
    case STOA_PART_TEXT:
    case STOA_PART_JSON:
    case STOA_PART_BYTES:
      is_good = out.prepare_bytes(part.u.bytes, why);
      break;
    default:
      why = "its kind is " + std::to_string(part.kind) + ", known are 1..5";
      break;
  }
  if (!is_good) return false;
  out.kind_ = static_cast<PartKind>(part.kind);
  if (part.release == nullptr && out.copy_ == nullptr) out.copy_payload();
  return true;
}

bool OutputPart::prepare_tensor(const DLManagedTensorVersioned* managed, std::string& why) {
  if (managed == nullptr) {
    why = "its tensor is NULL";
    return false;
  }
  if (managed->version.major != DLPACK_MAJOR_VERSION) {
    why = "its tensor is of DLPack " + std::to_string(managed->version.major) + ", this host reads " +
          std::to_string(DLPACK_MAJOR_VERSION);
    return false;
  }
  const DLTensor& t = managed->dl_tensor;
  if (t.device.device_type != kDLCPU) {
    why = "its tensor is on device type " + std::to_string(static_cast<int>(t.device.device_type)) +
          ", this host reads CPU memory only";
    return false;
  }
  datatype_ = datatype_from_dlpack(t.dtype);
  const std::uint64_t element_bytes = size_of(datatype_);
  if (element_bytes == 0) {
    why = "its tensor's type (code " + std::to_string(t.dtype.code) + ", " + std::to_string(t.dtype.bits) + " bits, " +
          std::to_string(t.dtype.lanes) + " lanes) has no name in the protocol";
    return false;
  }
  std::uint64_t elements = 0;
  if (!check_shape(t.ndim, t.shape, elements, why)) return false;
  if (elements > kBytesMax / element_bytes) {
    why = "its shape has more bytes than memory";
    return false;
  }
  ndim_ = t.ndim;
  std::copy_n(t.shape, t.ndim, shape_.begin());
  payload_bytes_ = elements * element_bytes;
  if (elements == 0) return true;
  if (t.data == nullptr) {
    why = "its data is NULL with " + std::to_string(payload_bytes_) + " bytes";
    return false;
  }
  if (t.byte_offset > kBytesMax || (t.strides != nullptr && !strides_fit(t, element_bytes))) {
    why = "its strides or offset leave the address space";
    return false;
  }
  const std::byte* base = static_cast<const std::byte*>(t.data) + t.byte_offset;
  if (is_contiguous(t)) {
    data_ = {base, payload_bytes_};
    // Readers go through typed pointers, so an unaligned tensor (a view into a file, say) is moved.
    if (reinterpret_cast<std::uintptr_t>(base) % element_bytes != 0) copy_payload();
    return true;
  }
  copy_ = std::make_unique_for_overwrite<std::byte[]>(payload_bytes_);
  gather(t, base, element_bytes, copy_.get());
  data_ = {copy_.get(), payload_bytes_};
  return true;
}

bool OutputPart::prepare_strings(const stoa_strings* strings, std::string& why) {
  if (strings == nullptr) {
    why = "its strings are NULL";
    return false;
  }
  std::uint64_t elements = 0;
  if (!check_shape(strings->ndim, strings->shape, elements, why)) return false;
  if (elements > kBytesMax / sizeof(stoa_str)) {
    why = "its shape has more elements than memory has room for";
    return false;
  }
  if (elements > 0 && strings->items == nullptr) {
    why = "its items are NULL with " + std::to_string(elements) + " elements";
    return false;
  }
  for (std::uint64_t i = 0; i < elements; ++i) {
    const stoa_str& item = strings->items[i];
    if ((item.n > 0 && item.p == nullptr) || item.n > kBytesMax - payload_bytes_) {
      why = "element " + std::to_string(i) + " is " + (item.p == nullptr ? "NULL with " : "too long: ") +
            std::to_string(item.n) + " bytes";
      return false;
    }
    payload_bytes_ += item.n;
  }
  datatype_ = DataType::bytes;
  ndim_ = strings->ndim;
  std::copy_n(strings->shape, strings->ndim, shape_.begin());
  strings_ = {strings->items, elements};
  return true;
}

bool OutputPart::prepare_bytes(const stoa_str& bytes, std::string& why) {
  if (bytes.n > kBytesMax || (bytes.n > 0 && bytes.p == nullptr)) {
    why = bytes.p == nullptr ? "its bytes are NULL with n = " : "its bytes are too many: ";
    why += std::to_string(bytes.n);
    return false;
  }
  if (held_.kind != STOA_PART_BYTES && bytes.n > 0 && !is_utf8({bytes.p, bytes.n})) {
    why = held_.kind == STOA_PART_TEXT ? "its text is not UTF-8" : "its JSON is not UTF-8";
    return false;
  }
  datatype_ = DataType::bytes;
  ndim_ = 1;
  shape_[0] = 1;
  payload_bytes_ = bytes.n;
  data_ = {reinterpret_cast<const std::byte*>(bytes.p), bytes.n};
  return true;
}

// Copies what data_ or strings_ show, and shows the copy.
void OutputPart::copy_payload() {
  const std::size_t table_bytes = strings_.size() * sizeof(stoa_str);
  if (table_bytes + payload_bytes_ == 0) {
    data_ = {};
    return;
  }
  copy_ = std::make_unique_for_overwrite<std::byte[]>(table_bytes + payload_bytes_);
  if (strings_.empty()) {
    std::memcpy(copy_.get(), data_.data(), data_.size());
    data_ = {copy_.get(), data_.size()};
    return;
  }
  auto* table = reinterpret_cast<stoa_str*>(copy_.get());
  std::byte* to = copy_.get() + table_bytes;
  for (std::size_t i = 0; i < strings_.size(); ++i) {
    const stoa_str item = strings_[i];
    if (item.n > 0) std::memcpy(to, item.p, item.n);
    table[i] = stoa_str{reinterpret_cast<const char*>(to), item.n};
    to += item.n;
  }
  strings_ = {table, strings_.size()};
}

void OutputPart::commit(Outstanding* held) noexcept {
  if (held_.release == nullptr) return;
  is_held_ = true;
  if (held != nullptr) held->add();
  counted_ = held;
}

void OutputPart::release() noexcept {
  if (!std::exchange(is_held_, false)) return;
  held_.release(&held_);
  if (counted_ != nullptr) std::exchange(counted_, nullptr)->remove();
}

OutputPart::OutputPart(OutputPart&& other) noexcept { *this = std::move(other); }

OutputPart& OutputPart::operator=(OutputPart&& other) noexcept {
  if (this == &other) return *this;
  release();
  name_ = std::move(other.name_);
  media_type_ = std::move(other.media_type_);
  kind_ = other.kind_;
  datatype_ = other.datatype_;
  shape_ = other.shape_;
  ndim_ = other.ndim_;
  data_ = std::exchange(other.data_, {});
  strings_ = std::exchange(other.strings_, {});
  payload_bytes_ = std::exchange(other.payload_bytes_, 0);
  held_ = other.held_;
  is_held_ = std::exchange(other.is_held_, false);
  counted_ = std::exchange(other.counted_, nullptr);
  copy_ = std::move(other.copy_);
  return *this;
}

OutputPart::~OutputPart() { release(); }

}  // namespace stoa::runtime

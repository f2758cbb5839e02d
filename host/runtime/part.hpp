// part.hpp: the host's side of a typed part: inputs it lends to a plugin, outputs it took from one.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/runtime/model_spec.hpp"
#include "host/runtime/outstanding.hpp"
#include "stoa/stoa.h"

namespace stoa::runtime {

// An input. data is not copied: keep owns it, for as long as the part lives.
struct InputPart {
  std::string name;
  std::string media_type;
  PartKind kind = PartKind::tensor;
  DataType datatype = DataType::fp32;  // of a tensor
  std::vector<std::int64_t> shape;     // of a tensor or of strings; row-major, contiguous
  std::span<const std::byte> data;     // tensor (aligned to its element), text, bytes, JSON
  std::vector<stoa_str> strings;       // kind strings: one per element, pointing into keep
  std::shared_ptr<const void> keep;
};

// An output, taken over by emit: releases its payload exactly once. Its views live as long as it does.
class OutputPart {
 public:
  static constexpr std::int32_t kDimsMax = 8;        // what the protocols' clients use is 5; a bound, so that shapes
  static constexpr std::size_t kNameBytesMax = 256;  // need no allocation

  // Takes over the payload of a part a plugin emitted; copies it when it has no release, and when its tensor is not
  // contiguous or not aligned to its element.
  // False with why for a part that lies about itself (kind, dtype, ndim, shape, device, NULL data): nothing is taken.
  static bool take(const stoa_part& emitted, OutputPart& out, std::string& why);

  OutputPart() = default;
  OutputPart(OutputPart&& other) noexcept;
  OutputPart& operator=(OutputPart&& other) noexcept;
  OutputPart(const OutputPart&) = delete;
  OutputPart& operator=(const OutputPart&) = delete;
  ~OutputPart();

  std::string_view name() const { return name_; }
  std::string_view media_type() const { return media_type_; }
  PartKind kind() const { return kind_; }
  DataType datatype() const { return datatype_; }  // tensor; bytes for strings, text, bytes, json
  std::span<const std::int64_t> shape() const {    // tensor, strings; {1} for text, bytes, json
    return {shape_.data(), static_cast<std::size_t>(ndim_)};
  }
  std::span<const std::byte> data() const { return data_; }  // contiguous row-major; empty for strings
  std::span<const stoa_str> strings() const { return strings_; }
  std::uint64_t payload_bytes() const { return payload_bytes_; }  // data, or the strings' bytes together

 private:
  friend class Call;
  // Two steps, so that an emit of several parts takes all or none: prepare checks and copies, commit takes over.
  static bool prepare(const stoa_part& emitted, OutputPart& out, std::string& why);
  // held, where given, counts this part until its payload is released. Runs no plugin code.
  void commit(Outstanding* held) noexcept;

  bool prepare_tensor(const DLManagedTensorVersioned* tensor, std::string& why);
  bool prepare_strings(const stoa_strings* strings, std::string& why);
  bool prepare_bytes(const stoa_str& bytes, std::string& why);
  void copy_payload();
  void release() noexcept;

  std::string name_, media_type_;
  PartKind kind_ = PartKind::bytes;
  DataType datatype_ = DataType::invalid;
  std::array<std::int64_t, kDimsMax> shape_{};
  std::int32_t ndim_ = 0;
  std::span<const std::byte> data_;
  std::span<const stoa_str> strings_;
  std::uint64_t payload_bytes_ = 0;
  stoa_part held_{};  // the record as emitted; is_held_: its release is ours to call
  bool is_held_ = false;
  Outstanding* counted_ = nullptr;
  std::unique_ptr<std::byte[]> copy_;  // owned copy, or a contiguous one
};

}  // namespace stoa::runtime

// part.hpp: the host's side of a typed part: inputs it lends to a plugin, outputs it took from one.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/runtime/model_spec.hpp"
#include "stoa/stoa.h"

namespace stoa::runtime {

// An input. data is not copied: keep owns it, for as long as the part lives.
struct InputPart {
  std::string name;
  std::string media_type;
  PartKind kind = PartKind::tensor;
  DataType datatype = DataType::fp32;   // of a tensor
  std::vector<std::int64_t> shape;      // of a tensor or of strings; row-major, contiguous
  std::span<const std::byte> data;      // tensor (aligned to its element), text, bytes, JSON
  std::vector<stoa_str> strings;        // kind strings: one per element, pointing into keep
  std::shared_ptr<const void> keep;
};

// An output, taken over by emit: releases its payload exactly once. Its views live as long as it does.
class OutputPart {
 public:
  // Takes over the payload of a part a plugin emitted; copies it when it has no release.
  // Error: reason "plugin.bad_part" for a part that lies about itself (kind, dtype, ndim, device, NULL data).
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
  DataType datatype() const { return datatype_; }             // tensor; bytes for strings, text, bytes, json
  std::span<const std::int64_t> shape() const { return shape_; }  // tensor, strings; {1} for text, bytes, json
  std::span<const std::byte> data() const { return data_; }   // contiguous row-major; empty for strings
  std::span<const stoa_str> strings() const { return strings_; }

 private:
  void reset() noexcept;

  std::string_view name_, media_type_;
  PartKind kind_ = PartKind::bytes;
  DataType datatype_ = DataType::invalid;
  std::span<const std::int64_t> shape_;
  std::span<const std::byte> data_;
  std::span<const stoa_str> strings_;
  stoa_part held_{};                    // release != nullptr: ours to call
  std::unique_ptr<std::byte[]> copy_;   // owned copy, or a contiguous one
};

}  // namespace stoa::runtime

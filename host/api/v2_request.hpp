// v2_request.hpp: an inference request as the Open Inference Protocol writes it, before any model is known.
// Wire types: tensor_check turns them into the runtime's input parts. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stoa/datatype.hpp"
#include "stoa/stoa.h"

namespace stoa::api {

// A tensor's elements: bytes for fixed-size types, strings for BYTES. keep owns what they point to.
struct TensorData {
  std::span<const std::byte> bytes;
  std::vector<stoa_str> strings;
  std::shared_ptr<const void> keep;
};

struct V2Input {
  std::string name;
  DataType datatype = DataType::invalid;
  std::vector<std::int64_t> shape;  // each extent >= 0
  std::uint64_t elements = 0;       // product of shape
  bool has_data = false;            // came in the JSON; else its bytes follow in the binary part
  std::optional<std::uint64_t> binary_data_size;
  TensorData data;
};

struct V2Output {
  std::string name;
  std::optional<bool> binary_data;  // absent: the request's binary_data_output decides
};

struct V2Request {
  std::optional<std::string> id;
  std::string parameters_json;  // the object as sent, or empty
  std::optional<std::uint64_t> timeout_us;
  std::string session;  // sequence_id, decimal when it was a number
  bool binary_data_output = false;
  boost::container::small_vector<V2Input, 1> inputs;
  std::vector<V2Output> outputs;  // empty: all of them
};

// Bounds that hold whatever the model says. Ranks above 32 and over 256 named tensors serve nobody but an attacker.
inline constexpr std::size_t kRankMax = 32;
inline constexpr std::size_t kTensorsMax = 256;
inline constexpr std::size_t kNameBytesMax = 256;
inline constexpr int kJsonDepthMax = 64;

// "[2,-1,3]", for messages.
std::string shape_text(const std::vector<std::int64_t>& shape);

}  // namespace stoa::api

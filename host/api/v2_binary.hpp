// v2_binary.hpp: the binary tensor extension: JSON first, raw little-endian tensors behind it, both ways.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/v2_request.hpp"
#include "host/api/v2_response.hpp"
#include "host/runtime/model_spec.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

// The value of Inference-Header-Content-Length: bytes of JSON, 0 for a raw binary request.
Result<std::uint64_t> parse_header_length(std::string_view field);

// The bytes of a body, and who owns them.
struct OwnedBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> keep;
};

// Gives each input without "data" its bytes from behind the JSON, in the order of the inputs. Tensors aligned to their
// element are used where they lie, others are copied; BYTES point into the body. Errors in the protocol's words:
// missing and additional bytes, sizes that do not fit the shape, broken length prefixes.
Result<void> attach_binary(V2Request& request, const OwnedBytes& behind_json, std::string_view model);

// A body that is one tensor alone (header length 0): the model's one input, its single open extent worked out.
Result<V2Request> raw_binary_request(const runtime::ModelSpec& spec, const OwnedBytes& body,
                                     std::uint64_t tensor_bytes_max);

// The bytes behind the JSON of a response, in the order of its binary outputs. Chunks point into the parts and into
// prefixes, which holds the length-prefixed form of BYTES.
struct BinaryChunks {
  std::vector<std::span<const std::byte>> chunks;
  std::vector<std::string> prefixes;
};
BinaryChunks binary_chunks(const V2Response& response);

}  // namespace stoa::api

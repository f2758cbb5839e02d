// v2_json_reader.hpp: the JSON of an inference request, read in one pass into a typed request.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "host/api/json_walk.hpp"
#include "host/api/v2_request.hpp"

namespace stoa::api {

// Strict where the protocol is: keys in any order, unknown keys skipped but validated, duplicate keys and trailing
// bytes refused. Errors: code invalid_argument (unimplemented for shared memory and classification), message
// "<field>: <rule, with the numbers>".
// Thread: one reader is used by one thread at a time; ReaderPool lends them.
class V2JsonReader {
 public:
  // The most a reader keeps of its scratch memory between requests (about six bytes per byte of JSON).
  static constexpr std::size_t kKeptCapacityMax = 1u << 20;

  // The result owns all it holds: nothing points into text, which is as it was when read returns.
  // tensor_bytes_max bounds each tensor's declared size.
  Result<V2Request> read(PaddedText text, std::uint64_t tensor_bytes_max);
  // The same without the short way for plain requests.
  Result<V2Request> walk(PaddedText text, std::uint64_t tensor_bytes_max);

 private:
  od::parser parser_;
  od::parser deferred_;  // for "data" that stands before its "datatype" or "shape"
};

// The short way (plain_request.hpp), for which no reader is needed: true when it has read text into request.
bool read_if_plain(PaddedText text, std::uint64_t tensor_bytes_max, V2Request& request);

// Product of the extents. invalid_argument where it overflows 63 bits, or its bytes exceed tensor_bytes_max.
Result<std::uint64_t> count_elements(const std::vector<std::int64_t>& shape, DataType datatype,
                                     std::uint64_t tensor_bytes_max, const FieldPath& where);

// The fields "id" and "parameters", which generate requests have too. key is one of them.
Result<void> read_request_field(std::string_view key, od::value value, const FieldPath& where, V2Request& request);

}  // namespace stoa::api

// verdict.hpp: what the parser makes of a byte stream, for the table test and the fuzz target.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "host/http/chunk_decoder.hpp"
#include "host/http/strict_parser.hpp"

namespace stoa::http {

// One line per request read, then how the stream ended: "status 400", "more" or "end". Two verdicts are equal when the
// same bytes mean the same to the server.
// next_size(left): how many of the bytes left arrive in the next read, at least 1.
template <class NextSize>
std::string judge(std::string_view bytes, const HeadLimits& limits, NextSize next_size) {
  std::string verdict, received;
  std::size_t begin = 0, arrived = 0;
  const auto more = [&] {
    if (arrived == bytes.size()) return false;
    const std::size_t count = std::clamp<std::size_t>(next_size(bytes.size() - arrived), 1, bytes.size() - arrived);
    received.append(bytes.substr(arrived, count));
    arrived += count;
    return true;
  };
  std::vector<Field> arena(limits.fields_max);
  while (begin < received.size() || more()) {
    HeadScanner scanner(limits);
    auto progress = scanner.scan(std::string_view(received).substr(begin));
    while (progress == HeadScanner::Progress::more) {
      if (!more()) return verdict + "more";
      progress = scanner.scan(std::string_view(received).substr(begin));
    }
    if (progress == HeadScanner::Progress::refused)
      return verdict + "status " + std::to_string(scanner.refusal().status);
    RequestHead head;
    ParsedHead parsed;
    const auto head_bytes =
        std::string_view(received).substr(begin + scanner.head_begin(), scanner.head_size() - scanner.head_begin());
    if (const auto refusal = parse_head(head_bytes, limits, arena, head, parsed)) {
      return verdict + "status " + std::to_string(refusal->status);
    }
    verdict.append(head.method_text).append(" ").append(head.target);
    for (const Field& field : head.fields) verdict.append(" ").append(field.name).append("=").append(field.value);
    verdict += head.keep_alive ? " keep" : " close";
    begin += scanner.head_size();

    std::string body;
    ChunkDecoder chunks;
    std::uint64_t left = head.content_length.value_or(0);
    while (head.is_chunked ? !chunks.is_done() : left > 0) {
      if (begin == received.size() && !more()) return verdict + " [" + body + " more";
      const std::string_view here = std::string_view(received).substr(begin);
      if (head.is_chunked) {
        begin += chunks.frame(here);
        if (chunks.is_bad()) return verdict + " [bad body";
        left = chunks.payload();
      }
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left, received.size() - begin));
      body.append(received, begin, count);
      begin += count;
      head.is_chunked ? chunks.take(count) : void(left -= count);
    }
    verdict += " [" + body + "]\n";
  }
  return verdict + "end";
}

}  // namespace stoa::http

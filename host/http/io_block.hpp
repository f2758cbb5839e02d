// io_block.hpp: the memory one busy connection reads, parses and writes with; idle connections hold none.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "host/http/router.hpp"
#include "host/http/strict_parser.hpp"

namespace stoa::http {

struct Listener;

// The head that was read in a block last, and where it led. A client that keeps its connection repeats its head most of
// the time: then its bytes are compared, and nothing of it is read again.
// Invariant: views point into the block's input, fields and decoded, where what they saw stands again once the input
// begins with bytes; whatever reads another head there begins with forget().
struct LastHead {
  static constexpr std::size_t kBytesMax = 1024;  // longer ones carry what changes

  std::string bytes;  // empty: none
  RequestHead head;
  ParsedHead parsed;
  const Listener* listener = nullptr;  // whose router made match; null: none has
  Router::Match match;
  HeadMemo memo;  // the matched route's handler's

  bool begins(std::string_view input) const { return !bytes.empty() && input.starts_with(bytes); }
  void forget() {
    bytes.clear();
    listener = nullptr;
    memo = {};
  }
};

struct IoBlock {
  explicit IoBlock(const HeadLimits& limits);

  // Room for a body beside the longest head, which stays in place while the handler runs.
  static constexpr std::size_t kBodyBytesMin = 4096;

  std::size_t input_capacity;
  std::unique_ptr<char[]> input;
  std::unique_ptr<Field[]> fields;
  std::unique_ptr<char[]> decoded;  // the params of the path
  Field params[Router::kParamsMax];
  LastHead last;
  std::string output;  // the head of an answer, with a small body
};

// Thread: the I/O thread only. Last in, first out: the block handed out is the one still in the cache.
class IoBlockPool {
 public:
  explicit IoBlockPool(const HeadLimits& limits) : limits_(limits) {}
  std::unique_ptr<IoBlock> acquire();
  void release(std::unique_ptr<IoBlock> block);
  const HeadLimits& limits() const { return limits_; }

 private:
  static constexpr std::size_t kKeptMax = 64;  // about 1.5 MiB per thread
  static constexpr std::size_t kOutputKeptMax = 16u << 10;
  HeadLimits limits_;
  std::vector<std::unique_ptr<IoBlock>> free_;
};

}  // namespace stoa::http

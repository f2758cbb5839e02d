// io_block.cpp: a bounded free list. SPDX-License-Identifier: Apache-2.0
#include "host/http/io_block.hpp"

namespace stoa::http {

IoBlock::IoBlock(const HeadLimits& limits)
    : input_capacity(limits.head_bytes_max + kBodyBytesMin),
      input(std::make_unique_for_overwrite<char[]>(input_capacity)),
      fields(std::make_unique<Field[]>(limits.fields_max)),
      decoded(std::make_unique_for_overwrite<char[]>(limits.target_bytes_max)) {
  output.reserve(2048);
}

std::unique_ptr<IoBlock> IoBlockPool::acquire() {
  if (free_.empty()) return std::make_unique<IoBlock>(limits_);
  std::unique_ptr<IoBlock> block = std::move(free_.back());
  free_.pop_back();
  return block;
}

void IoBlockPool::release(std::unique_ptr<IoBlock> block) {
  if (!block || free_.size() >= kKeptMax || block->output.capacity() > kOutputKeptMax) return;
  block->output.clear();
  free_.push_back(std::move(block));
}

}  // namespace stoa::http

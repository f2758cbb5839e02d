// state_bytes.hpp: numbers and texts of a saved book, one behind the other. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace stoa::licensing {

// Numbers are eight bytes, the lowest first; a text is its length and its bytes.
class StateWriter {
 public:
  void number(std::uint64_t value) {
    char bytes[8];
    for (char& byte : bytes) {
      byte = static_cast<char>(value);
      value >>= 8;
    }
    bytes_.append(bytes, sizeof bytes);
  }
  void amount(std::int64_t value) { number(static_cast<std::uint64_t>(value)); }
  void text(std::string_view value) {
    number(value.size());
    bytes_ += value;
  }
  void bytes(std::string_view value) { bytes_ += value; }  // as many as the reader knows of
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// The first thing that is missing ends it: from then on it reads zeros.
class StateReader {
 public:
  explicit StateReader(std::string_view in) : in_(in) {}
  std::uint64_t number() {
    const std::string_view taken = bytes(8);
    std::uint64_t value = 0;
    for (std::size_t i = taken.size(); i > 0; --i) value = value << 8 | static_cast<std::uint8_t>(taken[i - 1]);
    return value;
  }
  std::int64_t amount() { return static_cast<std::int64_t>(number()); }
  std::string_view text() { return bytes(number()); }
  std::string_view bytes(std::uint64_t size) {
    if (!is_whole_ || size > in_.size()) {
      is_whole_ = false;
      return {};
    }
    const std::string_view taken = in_.substr(0, size);
    in_.remove_prefix(size);
    return taken;
  }
  // Of things that have at least one byte each: more of them than there are bytes is an end.
  std::uint64_t count() {
    const std::uint64_t value = number();
    if (value > in_.size()) is_whole_ = false;
    return is_whole_ ? value : 0;
  }
  bool is_whole() const { return is_whole_; }
  bool is_at_end() const { return is_whole_ && in_.empty(); }

 private:
  std::string_view in_;
  bool is_whole_ = true;
};

}  // namespace stoa::licensing

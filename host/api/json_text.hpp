// json_text.hpp: JSON written straight into the bytes that are sent. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace stoa::api {

// A growing buffer without zero-filling: room(n) gives space, commit(end) says how much of it was used.
class JsonText {
 public:
  explicit JsonText(std::size_t reserve_bytes = 512) { grow(reserve_bytes); }
  // Into memory that has been of use already.
  JsonText(std::string spare, std::size_t reserve_bytes) : text_(std::move(spare)) {
    grow(std::max(reserve_bytes, text_.capacity()));
  }

  // At least bytes of space at the end; valid until the next call.
  char* room(std::size_t bytes) {
    if (text_.size() - used_ < bytes) grow(used_ + bytes);
    return text_.data() + used_;
  }
  void commit(char* end) { used_ = static_cast<std::size_t>(end - text_.data()); }

  JsonText& raw(std::string_view text) {
    char* at = room(text.size());
    commit(std::char_traits<char>::copy(at, text.data(), text.size()) + text.size());
    return *this;
  }
  template <std::integral T>
  JsonText& number(T value) {
    char* at = room(24);
    commit(std::to_chars(at, at + 24, value).ptr);
    return *this;
  }
  // A quoted, escaped string. False where text is not UTF-8: nothing is written then.
  bool string(std::string_view text);
  // The same for text of unknown origin (messages of plugins and libraries): bytes that are not UTF-8 become '?'.
  JsonText& string_lossy(std::string_view text);
  // ,"key":  or "key": when first
  JsonText& key(std::string_view name, bool first = false) {
    if (!first) raw(",");
    return raw("\"").raw(name).raw("\":");
  }

  std::size_t size() const { return used_; }
  std::string take() {
    text_.resize(used_);
    used_ = 0;
    return std::move(text_);
  }

 private:
  void grow(std::size_t bytes);
  void escaped(std::string_view text);

  std::string text_;  // its size is the space there is
  std::size_t used_ = 0;
};

}  // namespace stoa::api

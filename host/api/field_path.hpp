// field_path.hpp: the name of the field a request is wrong in ("inputs[2].shape[0]"), built only when it is wrong.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::api {

// A chain on the stack, one link per key or index: costs nothing until text() is asked for.
// Lifetime: a link must not outlive its parent, nor the text of its key.
class FieldPath {
 public:
  constexpr explicit FieldPath(std::string_view key) : key_(key) {}
  constexpr FieldPath(const FieldPath& parent, std::string_view key) : parent_(&parent), key_(key) {}
  constexpr FieldPath(const FieldPath& parent, std::uint64_t index)
      : parent_(&parent), index_(index), is_index_(true) {}

  std::string text() const {
    if (is_index_) return (parent_ ? parent_->text() : std::string()) + "[" + std::to_string(index_) + "]";
    std::string above = parent_ ? parent_->text() : std::string();
    if (!above.empty()) above += '.';
    if (key_.size() <= kStepBytesMax) return above += key_;
    std::size_t cut = kStepBytesMax;
    while (cut > 0 && (static_cast<unsigned char>(key_[cut]) & 0xC0) == 0x80) --cut;  // never inside a UTF-8 sequence
    return above.append(key_.substr(0, cut)).append("...");
  }

 private:
  static constexpr std::size_t kStepBytesMax = 80;  // a client's key may be as long as its body

  const FieldPath* parent_ = nullptr;
  std::string_view key_;
  std::uint64_t index_ = 0;
  bool is_index_ = false;
};

// "inputs[2].shape[0]: <what is wrong, with the numbers>"
inline std::unexpected<Error> wrong(const FieldPath& where, std::string_view what,
                                    std::string_view reason = "request.invalid", Code code = Code::invalid_argument) {
  std::string message = where.text();
  if (message.empty()) message = "body";  // the document itself
  message.append(": ").append(what);
  return std::unexpected<Error>(Error{code, std::string(reason), std::move(message), 0});
}

}  // namespace stoa::api

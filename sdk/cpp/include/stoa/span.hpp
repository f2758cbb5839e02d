// span.hpp: a view of consecutive elements: C++17 has no std::span, and authors need no more than this.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_SPAN_HPP
#define STOA_SPAN_HPP
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <type_traits>

namespace stoa {

// Lifetime: whoever owns the elements says for how long the view holds. data() may be null when empty.
template <class T>
class Span {
 public:
  using element_type = T;
  using value_type = std::remove_cv_t<T>;

  constexpr Span() noexcept = default;
  constexpr Span(T* data, std::size_t size) noexcept : data_(data), size_(size) {}
  template <std::size_t N>
  constexpr Span(T (&array)[N]) noexcept : data_(array), size_(N) {}
  // Vectors, strings, arrays, std::span: whatever has data() and size().
  template <class Range,
            class = std::enable_if_t<std::is_convertible_v<decltype(std::declval<Range&>().data()), T*> &&
                                     std::is_convertible_v<decltype(std::declval<Range&>().size()), std::size_t>>>
  constexpr Span(Range&& range) noexcept : data_(range.data()), size_(range.size()) {}
  // Elements of the list live until the end of the full expression: for arguments only.
  template <class U = T, class = std::enable_if_t<std::is_const_v<U>>>
  constexpr Span(std::initializer_list<value_type> list) noexcept : data_(list.begin()), size_(list.size()) {}

  constexpr T* data() const noexcept { return data_; }
  constexpr std::size_t size() const noexcept { return size_; }
  constexpr bool empty() const noexcept { return size_ == 0; }
  constexpr T* begin() const noexcept { return data_; }
  constexpr T* end() const noexcept { return data_ + size_; }
  constexpr T& operator[](std::size_t i) const noexcept {
    assert(i < size_);
    return data_[i];
  }
  constexpr Span subspan(std::size_t offset, std::size_t count) const noexcept {
    assert(offset <= size_ && count <= size_ - offset);
    return Span(data_ + offset, count);
  }

 private:
  T* data_ = nullptr;
  std::size_t size_ = 0;
};

using Shape = Span<const std::int64_t>;

}  // namespace stoa
#endif

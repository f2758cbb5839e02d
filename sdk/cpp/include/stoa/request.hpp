// request.hpp: what a caller asks of a model: named inputs, parameters, a deadline, and whether he is still there.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_REQUEST_HPP
#define STOA_REQUEST_HPP
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/host.hpp"
#include "stoa/tensor.hpp"

namespace stoa {

// A tensor of byte strings (BYTES), row-major.
class Strings {
 public:
  Strings(const stoa_str* items, Shape shape) : items_(items), shape_(shape), size_(detail::element_count(shape)) {}
  std::size_t size() const noexcept { return size_; }
  std::string_view operator[](std::size_t i) const noexcept { return view_of(items_[i]); }
  Shape shape() const noexcept { return shape_; }

 private:
  const stoa_str* items_;
  Shape shape_;
  std::size_t size_;
};

// Lifetime: a request and every view of it hold until infer() returns (batch(): until that item is finished).
// The readers throw Failure, invalid_argument with a reason "input.…", where the input is not what they are asked for.
class Request {
 public:
  explicit Request(const stoa_request& abi) noexcept : abi_(&abi), record_(complete(abi)) {}

  std::uint64_t id() const noexcept { return record_.id; }
  std::string_view task() const noexcept { return view_of(record_.task); }
  std::string_view params_json() const noexcept { return view_of(record_.params_json); }  // an object, or empty
  std::string_view session() const noexcept { return view_of(record_.session); }
  std::string_view tenant() const noexcept { return view_of(record_.tenant); }
  std::string_view traceparent() const noexcept { return view_of(record_.traceparent); }

  bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  std::string_view media_type(std::string_view name) const { return view_of(need(name).media_type); }

  template <class T>
  Tensor<const T> tensor(std::string_view name) const {
    static_assert(kDataTypeOf<T> != DataType::invalid, "no tensor has elements of this type: see stoa/element.hpp");
    const AnyTensor any = any_tensor(name);
    if (any.datatype != kDataTypeOf<T>)
      refuse("input.datatype", name,
             "is " + std::string(name_of(any.datatype)) + ", " + std::string(name_of(kDataTypeOf<T>)) + " is needed");
    if (reinterpret_cast<std::uintptr_t>(any.bytes.data()) % alignof(T) != 0)
      refuse("input.alignment", name, "is not aligned to its elements");
    return Tensor<const T>(reinterpret_cast<const T*>(any.bytes.data()), any.bytes.size() / sizeof(T), any.shape);
  }

  AnyTensor any_tensor(std::string_view name) const {
    const stoa_part& part = need(name, STOA_PART_TENSOR, "a tensor");
    return detail::read_tensor(*part.u.tensor, name);
  }

  Strings strings(std::string_view name) const {
    const stoa_strings& strings = *need(name, STOA_PART_STRINGS, "a tensor of strings").u.strings;
    return Strings(strings.items, Shape(strings.shape, static_cast<std::size_t>(strings.ndim)));
  }

  std::string_view text(std::string_view name) const { return view_of(need(name, STOA_PART_TEXT, "text").u.bytes); }
  std::string_view json(std::string_view name) const { return view_of(need(name, STOA_PART_JSON, "JSON").u.bytes); }
  Span<const std::byte> bytes(std::string_view name) const {
    const std::string_view raw = view_of(need(name, STOA_PART_BYTES, "bytes").u.bytes);
    return Span<const std::byte>(reinterpret_cast<const std::byte*>(raw.data()), raw.size());
  }

  // False only where the caller named the outputs he wants, and this is not one of them.
  bool wants(std::string_view output) const noexcept {
    for (std::uint32_t i = 0; i < record_.n_outputs; ++i)
      if (view_of(record_.outputs[i]) == output) return true;
    return record_.n_outputs == 0;
  }

  // Code::ok: go on. Cheap: one relaxed load. Any thread.
  Code cancelled() const noexcept {
    return record_.cancel == nullptr ? Code::ok : static_cast<Code>(stoa_cancelled(&record_));
  }
  // Throws Cancelled when the caller has gone or the deadline has passed. Call it between steps of long work.
  void check_cancelled() const {
    if (const Code why = cancelled(); why != Code::ok) throw Cancelled(why);
    if (time_left() <= std::chrono::nanoseconds::zero()) throw Cancelled(Code::deadline_exceeded);
  }
  // nanoseconds::max() without a deadline; negative when it has passed.
  std::chrono::nanoseconds time_left() const noexcept {
    if (record_.deadline_ns == 0) return std::chrono::nanoseconds::max();
    const auto now = std::chrono::steady_clock::now().time_since_epoch();  // CLOCK_MONOTONIC in libstdc++ and libc++
    return std::chrono::nanoseconds(static_cast<std::int64_t>(record_.deadline_ns)) - now;
  }

  void log(LogLevel level, std::string_view message, std::string_view fields_json = {}) const noexcept {
    detail::write_log(static_cast<std::int32_t>(level), abi_, message, fields_json);
  }

  // The number the caller's licence grants for a feature (-1: without limit), nullopt where it does not grant it or the
  // host knows no licences.
  std::optional<std::int64_t> entitlement(std::string_view feature) const noexcept {
    const detail::HostTables& host = detail::host_tables;
    if (host.entitlement == nullptr) return std::nullopt;
    stoa_grant grant{};
    grant.struct_size = sizeof grant;
    stoa_error err = detail::empty_error();
    if (host.entitlement->query(host.host, abi_, str_of(feature), &grant, &err) != STOA_OK) return std::nullopt;
    return grant.limit;
  }

  const stoa_request& abi() const noexcept { return *abi_; }

 private:
  const stoa_part* find(std::string_view name) const noexcept {
    for (std::uint32_t i = 0; i < record_.n_inputs; ++i)
      if (view_of(record_.inputs[i]->name) == name) return record_.inputs[i];
    return nullptr;
  }
  const stoa_part& need(std::string_view name) const {
    const stoa_part* part = find(name);
    if (part == nullptr) refuse("input.missing", name, "is missing");
    return *part;
  }
  const stoa_part& need(std::string_view name, std::uint32_t kind, const char* what) const {
    const stoa_part& part = need(name);
    if (part.kind != kind) refuse("input.kind", name, std::string("must be ") + what);
    return part;
  }
  [[noreturn]] static void refuse(const char* reason, std::string_view name, const std::string& what) {
    throw Failure(Code::invalid_argument, reason, "input '" + std::string(name) + "' " + what);
  }

  const stoa_request* abi_;  // the host's: what its functions are called with
  stoa_request record_;      // as this SDK knows it
};

}  // namespace stoa
#endif

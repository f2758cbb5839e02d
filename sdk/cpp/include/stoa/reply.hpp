// reply.hpp: a model's answer: named outputs, sent as one answer when infer() returns or piece by piece as a stream.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_REPLY_HPP
#define STOA_REPLY_HPP
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "stoa/block.hpp"
#include "stoa/request.hpp"

namespace stoa {

// Outputs gather here. When infer() returns they go out as one answer; send() lets those gathered so far go at once.
class Reply {
 public:
  explicit Reply(const Request& request) noexcept : request_(&request) {}
  Reply(const Reply&) = delete;
  Reply& operator=(const Reply&) = delete;
  Reply(Reply&&) noexcept = default;

  // Uninitialised elements to write into, valid until the next send() or the end of infer(). Memory of the host's where
  // it offers some: what is written here is not copied again.
  template <class T>
  Tensor<T> tensor(std::string_view name, Shape shape) {
    static_assert(kDataTypeOf<T> != DataType::invalid, "no tensor has elements of this type: see stoa/element.hpp");
    detail::NewTensor made = detail::tensor_part(request_->abi(), name, kDataTypeOf<T>, shape);
    parts_.push_back(std::move(made.part));
    return Tensor<T>(reinterpret_cast<T*>(made.data), made.count, made.shape);
  }

  // Elements that are somewhere already, contiguous and row-major: not copied. keep (a vector, a shared_ptr, a
  // framework's tensor) owns them and is destroyed when the host is done, on any thread.
  template <class T, class Keep>
  void adopt(std::string_view name, Shape shape, const T* data, Keep keep) {
    static_assert(kDataTypeOf<T> != DataType::invalid, "no tensor has elements of this type: see stoa/element.hpp");
    detail::element_count(shape);
    auto* holder = new Holder<Keep>{std::move(keep), std::string(name), {}, {}};
    detail::OwnedPart owned;
    stoa_part& part = owned.part();
    part.struct_size = sizeof part;
    part.kind = STOA_PART_TENSOR;
    part.owner = holder;
    part.release = [](stoa_part* self) { delete static_cast<Holder<Keep>*>(self->owner); };
    part.name = str_of(holder->name);
    part.u.tensor = &holder->tensor;
    holder->extents.resize(2 * shape.size());
    detail::describe_tensor(holder->tensor, holder->extents.data(), kDataTypeOf<T>, shape, const_cast<T*>(data));
    parts_.push_back(std::move(owned));
  }

  void text(std::string_view name, std::string_view value, std::string_view media_type = {}) {
    parts_.push_back(detail::bytes_part(request_->abi(), STOA_PART_TEXT, name, media_type, value));
  }
  void json(std::string_view name, std::string_view value) {
    parts_.push_back(detail::bytes_part(request_->abi(), STOA_PART_JSON, name, "application/json", value));
  }
  void bytes(std::string_view name, Span<const std::byte> value, std::string_view media_type) {
    const std::string_view raw(reinterpret_cast<const char*>(value.data()), value.size());
    parts_.push_back(detail::bytes_part(request_->abi(), STOA_PART_BYTES, name, media_type, raw));
  }
  // A tensor of strings; shape empty: one dimension.
  void strings(std::string_view name, Span<const std::string_view> values, Shape shape = {}) {
    const std::int64_t length = static_cast<std::int64_t>(values.size());
    if (shape.empty()) shape = Shape(&length, 1);
    if (detail::element_count(shape) != values.size())
      throw Failure(Code::internal, "plugin.shape",
                    "output '" + std::string(name) + "' has another count than its shape");
    std::size_t payload = 0;
    for (const std::string_view value : values) payload = detail::checked_add(payload, value.size());
    detail::BlockWriter block(
        request_->abi(), STOA_PART_STRINGS, name, {},
        sizeof(stoa_strings) + values.size() * sizeof(stoa_str) + shape.size() * sizeof(std::int64_t), payload);
    auto* record = new (block.place<stoa_strings>(1)) stoa_strings{};
    auto* items = block.place<stoa_str>(values.size());
    auto* extents = block.place<std::int64_t>(shape.size());
    char* to = reinterpret_cast<char*>(block.payload());
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].empty()) std::memcpy(to, values[i].data(), values[i].size());
      items[i] = stoa_str{to, values[i].size()};
      to += values[i].size();
    }
    if (!shape.empty()) std::memcpy(extents, shape.data(), shape.size() * sizeof(std::int64_t));
    *record = stoa_strings{items, extents, static_cast<std::int32_t>(shape.size()), 0};
    block.part().u.strings = record;
    parts_.push_back(block.finish());
  }
  void strings(std::string_view name, std::initializer_list<std::string_view> values) {
    strings(name, Span<const std::string_view>(values.begin(), values.size()));
  }

  // Sends what has gathered, as one item of the stream. Blocks while the caller is slower than the model. Throws
  // Cancelled when he has gone or the deadline has passed: let it through, and the request ends.
  void send() {
    if (parts_.empty()) return;
    std::vector<stoa_part*> pointers;
    pointers.reserve(parts_.size());
    for (detail::OwnedPart& part : parts_) pointers.push_back(&part.part());
    const stoa_request& request = request_->abi();
    for (;;) {
      stoa_status status =
          request.sink->emit(&request, pointers.data(), static_cast<std::uint32_t>(pointers.size()), 0);
      if (status == STOA_OK) break;
      if (status == STOA_WOULD_BLOCK) status = request.sink->wait_writable(&request, 0);
      if (status == STOA_OK) continue;
      if (const Code why = request_->cancelled(); why != Code::ok) throw Cancelled(why);
      if (status == STOA_CANCELLED || status == STOA_DEADLINE_EXCEEDED) throw Cancelled(static_cast<Code>(status));
      throw Failure(static_cast<Code>(status), "plugin.emit",
                    "the host refused an output: status " + std::to_string(status));
    }
    for (detail::OwnedPart& part : parts_) part.taken();
    parts_.clear();
  }

  // The request's total on a meter of the manifest ("token.out", "image"): a total, not an increment, so that saying it
  // twice charges nothing twice. Throws Failure; resource_exhausted when the caller's budget is used up: let it
  // through.
  void meter(std::string_view name, std::int64_t total) {
    std::int64_t micro = 0;
    if (__builtin_mul_overflow(total, std::int64_t{1'000'000}, &micro))
      micro = std::numeric_limits<std::int64_t>::max();
    meter_micro(name, micro);
  }
  void meter_micro(std::string_view name, std::int64_t total_micro) {
    const detail::HostTables& host = detail::host_tables;
    if (host.meter == nullptr) return;
    const stoa_status status = host.meter->set_total(host.host, &request_->abi(), str_of(name), total_micro);
    if (status != STOA_OK)
      throw Failure(static_cast<Code>(status), status == STOA_RESOURCE_EXHAUSTED ? "meter.budget" : "plugin.meter",
                    "meter '" + std::string(name) + "' refused " + std::to_string(total_micro) + " millionths");
  }

 private:
  template <class Keep>
  struct Holder {
    Keep keep;
    std::string name;
    DLManagedTensorVersioned tensor;
    std::vector<std::int64_t> extents;
  };

  const Request* request_;
  std::vector<detail::OwnedPart> parts_;
};

}  // namespace stoa
#endif

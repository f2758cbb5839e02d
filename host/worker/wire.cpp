// wire.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/wire.hpp"

#include <algorithm>

#include "host/runtime/abi_error.hpp"

namespace stoa::worker {
namespace {

std::uint64_t strings_bytes(std::span<const stoa_str> strings) {
  std::uint64_t bytes = strings.size() * sizeof(std::uint64_t);
  for (const stoa_str& text : strings) bytes += text.n;
  return bytes;
}

void write_strings(std::span<const stoa_str> strings, std::byte* to) {
  for (const stoa_str& text : strings) {
    std::memcpy(to, &text.n, sizeof text.n);
    to += sizeof text.n;
  }
  for (const stoa_str& text : strings) {
    if (text.n == 0) continue;
    std::memcpy(to, text.p, text.n);
    to += text.n;
  }
}

}  // namespace

void RecordBuffer::grow(std::size_t more) {
  constexpr std::size_t kBytesMin = 4096;
  capacity_ = std::max({kBytesMin, size_ + more, 2 * size_});
  auto bytes = std::make_unique_for_overwrite<std::byte[]>(capacity_);
  if (size_ != 0) std::memcpy(bytes.get(), bytes_.get(), size_);
  bytes_ = std::move(bytes);
}

std::pair<Message, std::span<const std::byte>> split(std::span<const std::byte> record) {
  std::uint32_t word = 0;
  if (record.size() < sizeof word) return {Message{0}, {}};
  std::memcpy(&word, record.data(), sizeof word);
  return {static_cast<Message>(word), record.subspan(sizeof word)};
}

WireError to_wire(const std::optional<Error>& error) {
  if (!error) return {};
  return {static_cast<std::int32_t>(error->code), error->reason, error->message, error->retry_after_ms};
}

std::optional<Error> from_wire(const WireError& error) {
  if (error.code == 0) return std::nullopt;
  Error said = runtime::error_from_words(error.code, error.reason, error.message, "model.error");
  said.retry_after_ms = error.retry_after_ms;
  return said;
}

WireRequest to_wire(const runtime::Call& call) {
  const runtime::CallSpec& spec = call.spec();
  WireRequest request;
  request.id = call.id();
  request.deadline_ns = call.deadline_ns();
  request.cancel_word = static_cast<std::uint32_t>(call.cancel_reason());
  request.task = spec.task;
  request.params_json.bytes = spec.params_json;
  request.session = spec.session;
  request.tenant = spec.tenant;
  request.traceparent = spec.traceparent;
  request.outputs = spec.outputs;
  for (const runtime::InputPart& input : spec.inputs) {
    WirePart& part = request.inputs.emplace_back();
    part.name = input.name;
    part.media_type = input.media_type;
    part.kind = static_cast<std::uint8_t>(input.kind);
    part.datatype = static_cast<std::uint8_t>(input.datatype);
    part.shape = input.shape;
    part.n_strings = static_cast<std::uint32_t>(input.strings.size());
  }
  return request;
}

std::uint64_t wire_bytes(const runtime::InputPart& part) {
  return part.kind == runtime::PartKind::strings ? strings_bytes(part.strings) : part.data.size();
}

void write_payload(const runtime::InputPart& part, std::byte* to) {
  if (part.kind == runtime::PartKind::strings)
    write_strings(part.strings, to);
  else if (!part.data.empty())
    std::memcpy(to, part.data.data(), part.data.size());
}

std::uint64_t wire_bytes(const runtime::OutputPart& part) {
  return part.kind() == runtime::PartKind::strings ? strings_bytes(part.strings()) : part.data().size();
}

void write_payload(const runtime::OutputPart& part, std::byte* to) {
  if (part.kind() == runtime::PartKind::strings)
    write_strings(part.strings(), to);
  else if (!part.data().empty())
    std::memcpy(to, part.data().data(), part.data().size());
}

bool read_strings(std::span<const std::byte> payload, std::uint32_t n, std::vector<stoa_str>& out) {
  if (n > payload.size() / sizeof(std::uint64_t)) return false;
  std::span<const std::byte> rest = payload.subspan(n * sizeof(std::uint64_t));
  out.resize(n);
  for (std::uint32_t i = 0; i < n; ++i) {
    std::uint64_t size = 0;
    std::memcpy(&size, payload.data() + i * sizeof size, sizeof size);
    if (size > rest.size()) return false;
    out[i] = {reinterpret_cast<const char*>(rest.data()), size};
    rest = rest.subspan(size);
  }
  return rest.empty();
}

}  // namespace stoa::worker

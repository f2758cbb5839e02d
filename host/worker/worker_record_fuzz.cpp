// worker_record_fuzz.cpp: what a hostile worker says, through the decoder the host reads it with; what it accepts must
// hold together. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "host/runtime/part.hpp"
#include "host/runtime/utf8.hpp"
#include "host/worker/part_view.hpp"
#include "host/worker/test_memory_held.hpp"
#include "host/worker/wire.hpp"

namespace {

using namespace stoa;
using namespace stoa::worker;

// What decodes is what was written, except that any byte but 0 is a true.
template <class T>
std::optional<T> check(Message type, std::span<const std::byte> body) {
  T any;
  Decoder decoder(body);
  decoder(any);
  MemoryHeld held;
  visit(held, any);
  if (held.bytes > MemoryHeld::bytes_max(body.size())) std::abort();
  auto message = decode<T>(body);
  if (message.has_value() != decoder.is_whole()) std::abort();
  if (!message) return message;
  const auto written = encode(type, *message);
  const std::vector<std::byte> record(written.begin(), written.end());
  if (record.size() != sizeof(std::uint32_t) + body.size()) std::abort();
  const auto again = decode<T>(split(record).second);
  if (!again) std::abort();
  T copy = *again;
  if (!std::ranges::equal(encode(type, copy), record)) std::abort();
  return message;
}

std::size_t touch(std::string_view text) {
  std::size_t sum = 0;
  for (const char c : text) sum += static_cast<unsigned char>(c);
  return sum;
}

void check_error(const WireError& error) {
  const auto said = from_wire(error);
  if (said.has_value() != (error.code != 0)) std::abort();
  const WireError again = to_wire(said);
  if (!said) return;
  if (!runtime::is_utf8(said->reason) || !runtime::is_utf8(said->message)) std::abort();
  if (said->code < Code::cancelled || said->code > Code::unauthenticated) std::abort();
  const auto twice = from_wire(again);
  if (!twice || twice->code != said->code || twice->reason != said->reason || twice->message != said->message)
    std::abort();
}

// An inline part's bytes as its kind reads them, and as the host takes a part over.
void check_part(const WirePart& part) {
  const auto payload = std::as_bytes(std::span(part.payload.bytes));
  const auto copy = std::make_unique_for_overwrite<std::byte[]>(payload.size());
  std::copy(payload.begin(), payload.end(), copy.get());
  std::vector<stoa_str> items;
  if (read_strings({copy.get(), payload.size()}, part.n_strings, items)) {
    if (items.size() != part.n_strings) std::abort();
    std::size_t bytes = items.size() * sizeof(std::uint64_t), sum = 0;
    for (const stoa_str& item : items) {
      bytes += item.n;
      sum += touch({item.p, item.n});
    }
    if (bytes > payload.size()) std::abort();
    volatile std::size_t seen = sum;
    (void)seen;
  }
  // An unknown type has no size, and the host refuses the tensor.
  const std::uint64_t element_bytes = size_of(static_cast<DataType>(part.datatype));
  if (element_bytes > 16) std::abort();
  stoa_part emitted{};
  emitted.struct_size = sizeof emitted;
  emitted.kind = STOA_PART_TEXT;
  if (part.kind == STOA_PART_JSON || part.kind == STOA_PART_BYTES) emitted.kind = part.kind;
  emitted.name = {part.name.data(), part.name.size()};
  emitted.media_type = {part.media_type.data(), part.media_type.size()};
  emitted.u.bytes = {reinterpret_cast<const char*>(copy.get()), payload.size()};
  runtime::OutputPart out;
  std::string why;
  if (runtime::OutputPart::take(emitted, out, why)) {
    if (out.data().size() != payload.size()) std::abort();
  } else if (why.empty()) {
    std::abort();
  }
}

// A part against blocks that end where their memory ends: every byte of a view that holds can be read.
void check_view(const WirePart& part) {
  constexpr std::size_t kBlockBytes = 256;
  static const std::unique_ptr<std::byte[]> kBlocks = std::make_unique<std::byte[]>(kBlockBytes);
  const auto view = view_part(part, {kBlocks.get(), kBlockBytes});
  if (!view) return;
  std::size_t sum = touch({reinterpret_cast<const char*>(view->payload.data()), view->payload.size()});
  for (const stoa_str& item : view->items) sum += touch({item.p, item.n});
  volatile std::size_t seen = sum;
  (void)seen;
  if (part.kind == STOA_PART_TENSOR &&
      view->elements * size_of(static_cast<DataType>(part.datatype)) != view->payload.size())
    std::abort();
  if (part.kind == STOA_PART_STRINGS && view->items.size() != view->elements) std::abort();
}

void check_record(std::span<const std::byte> record) {
  const auto [type, body] = split(record);
  switch (type) {
    case Message::loaded:
      if (const auto message = check<LoadedMessage>(type, body)) check_error(message->error);
      break;
    case Message::answer:
      if (const auto message = check<AnswerMessage>(type, body)) check_error(message->error);
      break;
    case Message::emit:
      if (const auto message = check<EmitMessage>(type, body))
        for (const WirePart& part : message->parts) {
          check_part(part);
          check_view(part);
        }
      break;
    case Message::finish:
      if (const auto message = check<FinishMessage>(type, body)) {
        for (const WirePart& part : message->parts) check_part(part);
        check_error(message->error);
      }
      break;
    case Message::misuse:
      check<MisuseMessage>(type, body);
      break;
    case Message::returned:
      check<ReturnedMessage>(type, body);
      break;
    case Message::log:
      check<LogMessage>(type, body);
      break;
    case Message::metric_open:
    case Message::metric:
      check<MetricMessage>(type, body);
      break;
    case Message::memory:
      check<MemoryMessage>(type, body);
      break;
    case Message::entitlement:
      check<EntitlementMessage>(type, body);
      break;
    case Message::digest:
      check<DigestMessage>(type, body);
      break;
    default:
      // What the host says; a worker's reader is the same one.
      check<LoadMessage>(type, body);
      check<QuestionMessage>(type, body);
      check<BatchMessage>(type, body);
      break;
  }
}

}  // namespace

// The first byte chooses the type, so that every type is found at once; 255 leaves the record's own word.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 + sizeof(std::uint32_t)) return 0;
  // A record that ends where its memory ends, so that the sanitizer sees one byte more.
  const std::size_t bytes = size - 1;
  const auto record = std::make_unique_for_overwrite<std::byte[]>(bytes);
  std::memcpy(record.get(), data + 1, bytes);
  constexpr std::uint32_t kFirst = static_cast<std::uint32_t>(Message::loaded);
  const std::uint32_t word = kFirst + data[0] % 13;  // one beyond the last
  if (data[0] != 255) std::memcpy(record.get(), &word, sizeof word);
  check_record({record.get(), bytes});
  return 0;
}

// wire.hpp: the words between a host and its workers. One description of every message serves both writing and
// reading; the reading half is what a hostile worker meets. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/runtime/call.hpp"
#include "host/runtime/instance.hpp"

namespace stoa::worker {

// What a worker finds open, besides its output: the arenas, the pipe that wakes the host, the folder its library lies
// in, then the assets.
inline constexpr int kRequests = 3, kResponses = 4, kDoorbell = 5, kLibraryFolder = 6;

// First word of every record.
enum class Message : std::uint32_t {
  // from the host
  load = 1,
  warm_up,  // these three are questions: answered by `answer`
  health,
  drain,
  batch,
  cancel,
  taken,  // parts the consumer has taken: so many more may follow
  freed,  // a block of the worker's
  answer_to_worker,
  // from the worker
  loaded = 100,
  answer,
  emit,
  finish,
  misuse,
  returned,  // submit has returned: nothing about its calls follows but from the plugin's own threads
  log,
  metric_open,  // a question, as is entitlement
  metric,
  memory,
  entitlement,
  digest,  // a question
};

// Where an input's or output's bytes lie: in the record itself, or in a block of the sender's arena.
struct WirePayload {
  bool is_inline = true;
  std::string bytes;         // inline
  std::uint64_t offset = 0;  // else, within the blocks; in a block that begins at `block`
  std::uint64_t size = 0;
  std::uint64_t block = 0;
};

// A typed part. Strings: payload is n_strings lengths of eight bytes, then the bytes.
struct WirePart {
  std::string name, media_type;
  std::uint8_t kind = 0, datatype = 0;
  std::vector<std::int64_t> shape;
  std::uint32_t n_strings = 0;
  WirePayload payload;
};

struct WireError {  // code 0: none
  std::int32_t code = 0;
  std::string reason, message;
  std::uint32_t retry_after_ms = 0;
};

struct WireRequest {
  std::uint64_t id = 0, deadline_ns = 0;
  std::uint32_t cancel_word = 0, window = 1;  // window: parts that may be under way, not yet taken
  std::string task, session, tenant, traceparent;
  WirePayload params_json;
  std::vector<WirePart> inputs;
  std::vector<std::string> outputs;
};

struct WireAsset {
  std::string path;
  std::uint32_t descriptor = 0;
  std::uint64_t size = 0;
};

struct WireDevice {
  std::int32_t type = 1, id = 0;
};

struct LoadMessage {
  std::string plugin_id, plugin_version, library, libc_min;
  std::vector<std::uint8_t> source_sha256;
  std::uint32_t abi_min = 1, abi_max = 1;
  std::vector<WireAsset> assets;
  std::string model, version, local_name, task, config_json;
  std::vector<std::string> meters;
  std::vector<WireDevice> devices;
  std::uint32_t inflight_max = 1, threads = 1;
  std::uint64_t memory_budget_bytes = 0, load_ns = 0, output_bytes_max = 0;
  std::uint32_t log_lines_per_s = 0, log_lines_burst = 0, metric_series_max = 0;
  bool has_metrics = false;
  std::uint8_t tier = 0;
  std::vector<std::string> readable;
  bool may_use_network = false, may_use_devices = false, may_make_code = false;
  std::uint64_t memory_bytes_max = 0;
  std::uint32_t uid = 65534;  // where the worker starts as root
  std::uint32_t host_pid = 0, threads_max = 0;
  std::string scratch;  // a folder for its files; empty: none
  std::uint64_t scratch_bytes_max = 0;
  std::vector<std::uint16_t> tcp_ports;  // without may_use_network: the ones it may use
  std::vector<std::uint32_t> cards;      // with may_use_devices: the machine's numbers
};

struct LoadedMessage {
  WireError error;
  std::uint8_t tier = 0;  // in force
  std::uint32_t requests_max = 1;
  std::uint64_t cost_max = 0, delay_max_ns = 0;
  bool has_sessions = false, has_health = false;
  std::string card_json;
};

struct QuestionMessage {  // warm_up, health, drain
  std::uint64_t question = 0, deadline_ns = 0;
  std::int32_t depth = 0;
};

struct AnswerMessage {
  std::uint64_t question = 0, value = 0;
  std::string bytes;
  WireError error;
};

struct DigestMessage {  // a question: SHA-256 of bytes that lie in a block
  std::uint64_t question = 0, offset = 0, size = 0;
};

struct BatchMessage {
  std::vector<WireRequest> requests;
};

struct ReturnedMessage {
  std::vector<std::uint64_t> ids;  // of the batch's calls
};

struct CallMessage {  // cancel (n: why), taken (n: parts), freed (id: block)
  std::uint64_t id = 0;
  std::uint32_t n = 0;
};

struct WireMeter {
  std::string meter;
  std::int64_t total_micro = 0;
};

struct EmitMessage {
  std::uint64_t id = 0;
  std::vector<WirePart> parts;
  std::vector<WireMeter> meters = {};  // as they were when the last of them was emitted
};

struct FinishMessage {
  std::uint64_t id = 0;
  std::vector<WirePart> parts;  // the last ones
  WireError error;
  std::vector<WireMeter> meters;
};

struct MisuseMessage {
  std::uint64_t id = 0;
  std::uint32_t n = 1;
  std::string first;
};

struct LogMessage {
  std::uint8_t level = 0;
  std::uint64_t request = 0;
  std::string model, message, fields_json;
};

struct MetricMessage {  // metric_open: a question; metric: series and value
  std::uint64_t question = 0;
  std::uint8_t kind = 0;
  std::uint32_t series = 0;
  double value = 0;
  std::string name, help, labels_json;
};

struct MemoryMessage {
  WireDevice device;
  std::uint64_t bytes = 0;
};

struct EntitlementMessage {
  std::uint64_t question = 0, request = 0;
  std::string tenant, feature;
};

// Every message's members in the order they are written, for Encoder and Decoder alike.
template <class A>
void visit(A& a, WirePayload& m) {
  a(m.is_inline, m.bytes, m.offset, m.size, m.block);
}
template <class A>
void visit(A& a, WirePart& m) {
  a(m.name, m.media_type, m.kind, m.datatype, m.shape, m.n_strings, m.payload);
}
template <class A>
void visit(A& a, WireError& m) {
  a(m.code, m.reason, m.message, m.retry_after_ms);
}
template <class A>
void visit(A& a, WireRequest& m) {
  a(m.id, m.deadline_ns, m.cancel_word, m.window, m.task, m.params_json, m.session, m.tenant, m.traceparent, m.inputs,
    m.outputs);
}
template <class A>
void visit(A& a, WireAsset& m) {
  a(m.path, m.descriptor, m.size);
}
template <class A>
void visit(A& a, WireDevice& m) {
  a(m.type, m.id);
}
template <class A>
void visit(A& a, LoadMessage& m) {
  a(m.plugin_id, m.plugin_version, m.library, m.libc_min, m.source_sha256, m.abi_min, m.abi_max, m.assets);
  a(m.model, m.version, m.local_name, m.task, m.config_json, m.meters, m.devices, m.inflight_max, m.threads);
  a(m.memory_budget_bytes, m.load_ns, m.output_bytes_max, m.log_lines_per_s, m.log_lines_burst, m.metric_series_max);
  a(m.has_metrics, m.tier, m.readable, m.may_use_network, m.may_use_devices, m.may_make_code, m.memory_bytes_max, m.uid,
    m.host_pid, m.threads_max, m.scratch, m.scratch_bytes_max, m.tcp_ports, m.cards);
}
template <class A>
void visit(A& a, LoadedMessage& m) {
  a(m.error, m.tier, m.requests_max, m.cost_max, m.delay_max_ns, m.has_sessions, m.has_health);
  a(m.card_json);
}
template <class A>
void visit(A& a, QuestionMessage& m) {
  a(m.question, m.deadline_ns, m.depth);
}
template <class A>
void visit(A& a, AnswerMessage& m) {
  a(m.question, m.value, m.bytes, m.error);
}
template <class A>
void visit(A& a, DigestMessage& m) {
  a(m.question, m.offset, m.size);
}
template <class A>
void visit(A& a, BatchMessage& m) {
  a(m.requests);
}
template <class A>
void visit(A& a, ReturnedMessage& m) {
  a(m.ids);
}
template <class A>
void visit(A& a, CallMessage& m) {
  a(m.id, m.n);
}
template <class A>
void visit(A& a, WireMeter& m) {
  a(m.meter, m.total_micro);
}
template <class A>
void visit(A& a, EmitMessage& m) {
  a(m.id, m.parts, m.meters);
}
template <class A>
void visit(A& a, FinishMessage& m) {
  a(m.id, m.parts, m.error, m.meters);
}
template <class A>
void visit(A& a, MisuseMessage& m) {
  a(m.id, m.n, m.first);
}
template <class A>
void visit(A& a, LogMessage& m) {
  a(m.level, m.request, m.model, m.message, m.fields_json);
}
template <class A>
void visit(A& a, MetricMessage& m) {
  a(m.question, m.kind, m.series, m.value, m.name, m.help, m.labels_json);
}
template <class A>
void visit(A& a, MemoryMessage& m) {
  a(m.device, m.bytes);
}
template <class A>
void visit(A& a, EntitlementMessage& m) {
  a(m.question, m.request, m.tenant, m.feature);
}

template <class T>
concept Plain = std::is_arithmetic_v<T>;

// Where a thread writes its records, one after the other: its memory is kept.
class RecordBuffer {
 public:
  void clear() { size_ = 0; }
  void append(const void* from, std::size_t size) {
    if (size > capacity_ - size_) grow(size);
    if (size != 0) std::memcpy(bytes_.get() + size_, from, size);  // an empty text may have no bytes to point to
    size_ += size;
  }
  std::span<std::byte> bytes() { return {bytes_.get(), size_}; }

 private:
  void grow(std::size_t more);
  std::unique_ptr<std::byte[]> bytes_;
  std::size_t size_ = 0, capacity_ = 0;
};

// Appends to a buffer.
class Encoder {
 public:
  explicit Encoder(RecordBuffer& to) : to_(to) {}
  template <class... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }

 private:
  template <Plain T>
  void one(T& value) {
    to_.append(&value, sizeof value);
  }
  void one(std::string& text) {
    auto size = static_cast<std::uint32_t>(text.size());
    one(size);
    to_.append(text.data(), text.size());
  }
  template <class T>
  void one(std::vector<T>& items) {
    auto count = static_cast<std::uint32_t>(items.size());
    one(count);
    if constexpr (Plain<T>)
      to_.append(items.data(), items.size() * sizeof(T));
    else
      for (T& item : items) one(item);
  }
  template <class T>
    requires requires(Encoder& a, T& m) { visit(a, m); }
  void one(T& message) {
    visit(*this, message);
  }

  RecordBuffer& to_;
};

// Reads from a record in private memory; whatever does not fit makes it bad, and what was read so far means nothing.
class Decoder {
 public:
  explicit Decoder(std::span<const std::byte> from) : from_(from) {}
  template <class... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }
  bool is_whole() const { return !is_bad_ && from_.empty(); }

 private:
  template <Plain T>
  void one(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      std::uint8_t byte = 0;
      one(byte);
      value = byte != 0;
    } else {
      take(&value, sizeof value);
    }
  }
  void one(std::string& text) {
    std::uint32_t size = 0;
    one(size);
    if (size > from_.size()) is_bad_ = true;
    if (is_bad_) return;
    text.assign(reinterpret_cast<const char*>(from_.data()), size);
    from_ = from_.subspan(size);
  }
  template <class T>
  void one(std::vector<T>& items) {
    std::uint32_t count = 0;
    one(count);
    // Nothing takes less than a byte: a count that cannot be true costs no memory.
    if (count > from_.size() / (Plain<T> ? sizeof(T) : 1)) is_bad_ = true;
    if (is_bad_) return;
    if constexpr (Plain<T>) {
      items.resize(count);
      take(items.data(), count * sizeof(T));
    } else {
      for (std::uint32_t i = 0; i < count && !is_bad_; ++i) one(items.emplace_back());
    }
  }
  template <class T>
    requires requires(Decoder& a, T& m) { visit(a, m); }
  void one(T& message) {
    visit(*this, message);
  }
  void take(void* to, std::size_t size) {
    if (size > from_.size()) is_bad_ = true;
    if (is_bad_ || size == 0) return;
    std::memcpy(to, from_.data(), size);
    from_ = from_.subspan(size);
  }

  std::span<const std::byte> from_;
  bool is_bad_ = false;
};

// Lifetime: until this thread encodes the next one.
template <class T>
std::span<std::byte> encode(Message type, T& message) {
  thread_local RecordBuffer record;
  record.clear();
  Encoder encoder(record);
  auto word = static_cast<std::uint32_t>(type);
  encoder(word, message);
  return record.bytes();
}

// The type of a record, and what follows. A record without one has type 0.
std::pair<Message, std::span<const std::byte>> split(std::span<const std::byte> record);

template <class T>
std::optional<T> decode(std::span<const std::byte> body) {
  T message;
  Decoder decoder(body);
  decoder(message);
  if (!decoder.is_whole()) return std::nullopt;
  return message;
}

// ---- the crossings between wire and runtime types ----

WireError to_wire(const std::optional<Error>& error);
std::optional<Error> from_wire(const WireError& error);  // made safe to show, as what a plugin says itself is

// Everything of a request but the bytes of its inputs. Its parameters are inline.
WireRequest to_wire(const runtime::Call& call);

// Bytes an input's or output's payload takes on the wire, and writes them to `to`, which has room for them.
std::uint64_t wire_bytes(const runtime::InputPart& part);
void write_payload(const runtime::InputPart& part, std::byte* to);
std::uint64_t wire_bytes(const runtime::OutputPart& part);
void write_payload(const runtime::OutputPart& part, std::byte* to);

// What a strings payload says: n items that point into it. False when it does not hold together.
bool read_strings(std::span<const std::byte> payload, std::uint32_t n, std::vector<stoa_str>& out);

}  // namespace stoa::worker

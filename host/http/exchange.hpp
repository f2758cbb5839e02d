// exchange.hpp: what a handler sees: one request, its body on demand, and one answer or stream. Knows HTTP, no model.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::http {

template <class T>
using Task = boost::asio::awaitable<T, boost::asio::io_context::executor_type>;

enum class Method : std::uint8_t { get, head, post, put, patch, del, options, other };

struct Field {
  std::string_view name, value;  // name as sent; compare through RequestHead::find
};

// Views into the connection's memory: valid until the handler returns.
struct RequestHead {
  Method method = Method::get;
  std::string_view method_text;
  std::string_view target;       // as sent, origin form
  std::string_view path, query;  // target split at '?', still percent-encoded
  std::span<const Field> fields;
  std::span<const Field> params;  // what the route's "{name}" segments matched, decoded
  std::optional<std::uint64_t> content_length;
  bool is_chunked = false;
  bool keep_alive = true;
  bool is_tls = false;
  std::string_view remote_address;  // numeric, without port
  std::string_view request_id;      // the client's x-request-id when well-formed (1..64 of [A-Za-z0-9._-]), else ours
  std::uint64_t arrived_ns = 0;     // CLOCK_MONOTONIC, when all of it was there

  // The field's value, empty when absent. name in lower case.
  std::string_view find(std::string_view name) const;
  bool has(std::string_view name) const;
  // For a field that two parties must not read differently: given twice it is invalid_argument "http.repeated_field"
  // (400). name as the message shows it, in any case.
  Result<std::optional<std::string_view>> find_single(std::string_view name) const;

  // What "{name}" of the matched route stands for: percent-decoded, or as sent for "{name...}". Empty when the route
  // has no such segment; a "{name}" never matches an empty one.
  std::string_view param(std::string_view name) const;
};

// Memory a body was read into. data() is followed by at least kSlack readable bytes (simdjson's padding).
class Body {
 public:
  static constexpr std::size_t kSlack = 64;
  static constexpr std::size_t kAlignment = 64;  // of its first byte, or of the byte at BodyLimits::align_at
  std::span<std::byte> data() const { return {begin_, size_}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(begin_), size_}; }
  std::size_t size() const { return size_; }
  // Shares ownership of the memory: for tensors that point into it.
  const std::shared_ptr<std::byte[]>& memory() const { return memory_; }

  Body() = default;
  Body(std::shared_ptr<std::byte[]> memory, std::byte* begin, std::size_t size)
      : memory_(std::move(memory)), begin_(begin), size_(size) {}

 private:
  std::shared_ptr<std::byte[]> memory_;
  std::byte* begin_ = nullptr;
  std::size_t size_ = 0;
};

// Somebody who has better memory for a body.
class BodyPlace {
 public:
  // 64-byte aligned; null: there is none.
  virtual std::shared_ptr<std::byte[]> take(std::size_t bytes) const = 0;

 protected:
  ~BodyPlace() = default;
};

struct BodyLimits {
  std::uint64_t bytes_max = 4u << 20;     // of the decoded body, too
  std::uint64_t decoded_ratio_max = 100;  // decompressed : compressed beyond 1 MiB
  // data()[align_at] lies on a 64-byte boundary when the body arrives uncompressed: the binary tensors behind a JSON
  // header of known length are then used where they lie.
  std::uint64_t align_at = 0;
  // For a body of more than 64 KiB that arrives uncompressed and with its length. Null: this room's memory. Lifetime:
  // until the body is read.
  const BodyPlace* place = nullptr;
};

// One answer. chunks are sent in order without copying; owner keeps what they point to until they are sent.
struct Response {
  unsigned status = 200;
  std::string_view content_type = "application/json";   // static storage or owned by owner
  std::string body = {};                                // sent first
  std::vector<std::span<const std::byte>> chunks = {};  // sent after body
  std::shared_ptr<const void> owner = {};
  std::vector<std::pair<std::string_view, std::string>> fields = {};  // names in static storage
  bool close = false;                                                 // ends the connection after this answer
};

// The head of an answer whose bytes come one after another.
struct StreamHead {
  unsigned status = 200;
  std::string_view content_type;                                      // static storage
  std::vector<std::pair<std::string_view, std::string>> fields = {};  // names in static storage
  // How many bytes will be written. A stream that ends with fewer is cut, so that no client takes it for whole.
  std::optional<std::uint64_t> length = {};
};

using Trailers = std::vector<std::pair<std::string_view, std::string>>;  // names in static storage

enum class Waited : std::uint8_t { signalled, deadline, client_gone };

// Set from any thread, awaited by one handler on its I/O thread. Wakes are coalesced per I/O thread.
class Signal : public std::enable_shared_from_this<Signal> {
 public:
  virtual void notify() noexcept = 0;  // any thread; sticky until the next wait returns signalled
  virtual ~Signal() = default;
};

// What a handler made of a head, kept for as long as the same bytes come again: clients repeat their heads. All zero
// when the head is another one; what is written here must depend on nothing but the head and the route.
struct HeadMemo {
  alignas(8) std::array<std::byte, 128> bytes{};
};

// What a handler in front of another one says to it, through the exchange that it hands on.
class Note {
 protected:
  ~Note() = default;
};

// Thread: the connection's I/O thread only, except notify().
class Exchange {
 public:
  virtual ~Exchange() = default;
  virtual const RequestHead& head() const = 0;
  // Lifetime: until the handler returns.
  virtual HeadMemo& memo() = 0;
  // Null from a connection's own exchange.
  virtual Note* note() { return nullptr; }

  // Reads the whole body (once), undoing Content-Encoding gzip and deflate. Errors (status_of tells each one's HTTP
  // status): resource_exhausted "http.body_too_large" (413), unavailable "http.body_memory" (503),
  // deadline_exceeded "http.body_slow" (408), invalid_argument "http.bad_body" and "http.repeated_field" (400),
  // unimplemented "http.content_encoding" (415), cancelled "http.client_gone" (499: nobody is left to answer).
  // After an error the answer closes the connection.
  virtual Task<Result<Body>> read_body(BodyLimits limits) = 0;

  // The whole body where it is small, plain and here already, which saves a coroutine; none: read_body.
  virtual std::optional<Body> body_at_hand(const BodyLimits& limits) = 0;

  // Sends the one answer. HEAD sends no body; text and JSON go compressed to a client that asks (compression.hpp).
  // False: the client is gone.
  virtual Task<bool> reply(Response response) = 0;
  // The same for a small answer that goes as it is, which saves a coroutine. False: nothing was done, reply has to.
  virtual bool reply_at_once(Response& response) = 0;

  // Memory for the body of that answer, empty: what earlier answers of the thread were written in.
  virtual std::string take_spare_text() = 0;

  // A stream of unknown length (chunked, or until close for HTTP/1.0), or of the one its head says. write returns when
  // the kernel has taken the bytes: a slow client is felt here. False from any of them: the client is gone, stop.
  virtual Task<bool> begin_stream(StreamHead head) = 0;
  Task<bool> begin_stream(unsigned status, std::string_view content_type) {
    return begin_stream(StreamHead{.status = status, .content_type = content_type});
  }
  virtual Task<bool> write(std::string_view bytes) = 0;
  // trailers (RFC 9112 7.1.2) follow the last byte of a chunked stream, and are dropped where it is not: they say
  // nothing that a client needs. Announce them in the head (Trailer).
  virtual Task<bool> end_stream(Trailers trailers) = 0;
  Task<bool> end_stream() { return end_stream({}); }

  // A number of the handler's own for who records the exchange.
  virtual void set_mark(std::uint64_t mark) = 0;

  virtual std::shared_ptr<Signal> make_signal() = 0;
  // Until the signal is set, deadline_ns (CLOCK_MONOTONIC; 0: none) passes, or the client hangs up: noticed within
  // 50 ms, also with unread bytes in the socket. Once begun, a signal set earlier returns at once without suspending.
  virtual Task<Waited> wait(Signal& signal, std::uint64_t deadline_ns) = 0;
};

// The status that answers an error this room made (reasons "http.…"); 500 for any other.
unsigned status_of(const Error& error);

// For handlers whose answer is ready: they need not be coroutines themselves.
Task<void> answer_with(Exchange& exchange, Response response);

using Handler = std::function<Task<void>(Exchange&)>;

// A route matches on method and path segments: literals, "{name}" (one segment, decoded), and a last "{name...}" (the
// rest, still encoded). Unmatched path: 404. Known path, other method: 405 with Allow. OPTIONS: 204 with Allow.
struct Route {
  Method method;
  std::string pattern;
  Handler handler;
};

}  // namespace stoa::http

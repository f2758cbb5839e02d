// tls_session.hpp: one TLS connection, step by step, without waiting. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <span>

struct ssl_st;
struct ssl_ctx_st;
struct bio_st;

namespace stoa::http {

// Rationale: asio's ssl::stream copies every record through a pair of memory BIOs and two buffers of its own, sends it
// in an operation that comes back through the scheduler, and keeps 70 KB for a connection that is idle. Here OpenSSL
// sends by itself, and reads from what one receive brought: two system calls a request, as without TLS.
// Thread: one at a time.
class TlsSession {
 public:
  enum class Step : unsigned char {
    done,
    wants_input,   // receive into room(), tell received(), try again
    wants_output,  // the kernel takes no more: try again with the same bytes when it does
    ended,         // the peer has said that it is done
    failed
  };

  TlsSession(ssl_ctx_st* context, int descriptor);  // a server's side; the descriptor stays the caller's
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Step handshake();
  Step read(std::span<std::byte> into, std::size_t& count);
  Step write(std::span<const std::byte> from, std::size_t& count);  // one record's worth, or less
  Step say_goodbye();

  // Nothing is there that a read could bring: to ask costs more than to know.
  bool is_dry() const;
  std::span<std::byte> room();  // for ciphertext. Precondition: the last step wanted input
  void received(std::size_t bytes);
  void release_memory();  // until the next step; while dry

 private:
  friend struct TlsInput;
  Step step_of(int result);

  ssl_st* const ssl_;
  const int descriptor_;
  std::unique_ptr<std::byte[]> input_;
  std::size_t taken_ = 0, filled_ = 0;  // of input_
  bool has_failed_ = false;
};

}  // namespace stoa::http

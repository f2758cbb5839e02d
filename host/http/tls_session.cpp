// tls_session.cpp: OpenSSL between a buffer and a socket. SPDX-License-Identifier: Apache-2.0
#include "host/http/tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace stoa::http {

// The BIO's functions: OpenSSL's own for sockets raises SIGPIPE, and reads a record in two system calls.
struct TlsInput {
  static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) {
    TlsSession& session = session_of(bio);
    BIO_clear_retry_flags(bio);
    const std::size_t count = std::min(static_cast<std::size_t>(std::max(size, 0)), session.filled_ - session.taken_);
    if (count == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(into, session.input_.get() + session.taken_, count);
    session.taken_ += count;
    return static_cast<int>(count);
  }

  static int write(BIO* bio, const char* from, int size) {
    BIO_clear_retry_flags(bio);
    ssize_t sent;
    do {
      sent = ::send(session_of(bio).descriptor_, from, static_cast<std::size_t>(size), MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "stoa socket");
      if (fresh == nullptr) throw std::bad_alloc();
      BIO_meth_set_read(fresh, read);
      BIO_meth_set_write(fresh, write);
      BIO_meth_set_ctrl(fresh, control);
      return fresh;
    }();
    return made;
  }
};

namespace {

constexpr std::size_t kInputBytes = SSL3_RT_MAX_PLAIN_LENGTH + SSL3_RT_MAX_ENCRYPTED_OVERHEAD + SSL3_RT_HEADER_LENGTH;

SSL* make_ssl(SSL_CTX* context) {
  SSL* const made = SSL_new(context);
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

int as_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, 1u << 30)); }

}  // namespace

TlsSession::TlsSession(SSL_CTX* context, int descriptor) : ssl_(make_ssl(context)), descriptor_(descriptor) {
  BIO* const bio = BIO_new(TlsInput::method());
  if (bio == nullptr) {
    SSL_free(ssl_);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
  SSL_set_mode(ssl_, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_set_accept_state(ssl_);
}

TlsSession::~TlsSession() { SSL_free(ssl_); }

TlsSession::Step TlsSession::step_of(int result) {
  if (result > 0) return Step::done;
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_output;
    case SSL_ERROR_ZERO_RETURN:
      return Step::ended;
    default:
      has_failed_ = true;
      return Step::failed;
  }
}

TlsSession::Step TlsSession::handshake() {
  ERR_clear_error();
  return step_of(SSL_do_handshake(ssl_));
}

TlsSession::Step TlsSession::read(std::span<std::byte> into, std::size_t& count) {
  ERR_clear_error();
  const int got = SSL_read(ssl_, into.data(), as_int(into.size()));
  count = got > 0 ? static_cast<std::size_t>(got) : 0;
  return step_of(got);
}

TlsSession::Step TlsSession::write(std::span<const std::byte> from, std::size_t& count) {
  ERR_clear_error();
  const int put = SSL_write(ssl_, from.data(), as_int(from.size()));
  count = put > 0 ? static_cast<std::size_t>(put) : 0;
  return step_of(put);
}

// Sent once; the peer's own is not waited for.
TlsSession::Step TlsSession::say_goodbye() {
  if (has_failed_ || SSL_in_init(ssl_) != 0) return Step::failed;
  ERR_clear_error();
  const int result = SSL_shutdown(ssl_);
  return result == 0 ? Step::done : step_of(result);
}

bool TlsSession::is_dry() const { return taken_ == filled_ && SSL_pending(ssl_) == 0; }

std::span<std::byte> TlsSession::room() {
  if (!input_) input_ = std::make_unique_for_overwrite<std::byte[]>(kInputBytes);
  return {input_.get(), kInputBytes};
}

void TlsSession::received(std::size_t bytes) {
  taken_ = 0;
  filled_ = bytes;
}

void TlsSession::release_memory() {
  if (!is_dry()) return;
  input_.reset();
  taken_ = filled_ = 0;
  SSL_free_buffers(ssl_);
}

}  // namespace stoa::http

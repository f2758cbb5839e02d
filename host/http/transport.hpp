// transport.hpp: one socket, with or without TLS. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <memory>
#include <span>
#include <tuple>

#include "host/http/exchange.hpp"
#include "host/http/tls_session.hpp"

namespace stoa::http {

// Plain executor: any_io_executor and a strand cost 5 µs a request (facts).
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;
using ErrorCode = boost::system::error_code;

// Errors as values: a reset is not exceptional to a server.
inline constexpr auto kAsTuple = boost::asio::as_tuple(boost::asio::deferred);

// Rationale: a branch on the pointer, instead of a connection template per kind of stream, compiles the connection once
// and costs nothing beside a system call.
class Transport {
 public:
  using Transferred = std::tuple<ErrorCode, std::size_t>;

  Transport(Socket socket, boost::asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls) tls_ = std::make_unique<TlsSession>(tls->native_handle(), socket_.native_handle());
  }

  Socket& socket() { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }

  // Without TLS.
  auto receive(boost::asio::mutable_buffer into) { return socket_.async_receive(into, kAsTuple); }
  auto send(std::span<const boost::asio::const_buffer> from) { return socket_.async_send(from, kAsTuple); }

  // With TLS. Both return with the first bytes that went through.
  Task<Transferred> receive_tls(boost::asio::mutable_buffer into);
  Task<Transferred> send_tls(boost::asio::const_buffer from);
  Task<ErrorCode> handshake();
  Task<ErrorCode> say_goodbye();
  // What goes without waiting. False: not all, or not any more, which error says then.
  bool send_tls_now(boost::asio::const_buffer from, std::size_t& sent, ErrorCode& error);

  // The connection waits for readability alone: nothing it holds is needed until then.
  void release_memory() {
    if (tls_) tls_->release_memory();
  }

 private:
  // Until that step can be tried again.
  Task<ErrorCode> wait(TlsSession::Step step);

  Socket socket_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace stoa::http

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
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <span>

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
  Transport(Socket socket, boost::asio::ssl::context* tls) : socket_(std::move(socket)) {
    if (tls) tls_ = std::make_unique<Tls>(socket_, *tls);
  }

  Socket& socket() { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }

  template <class Token>
  auto async_read_some(boost::asio::mutable_buffer buffer, Token&& token) {
    return boost::asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, boost::asio::mutable_buffer into) {
          if (tls_) {
            tls_->async_read_some(into, std::move(handler));
          } else {
            socket_.async_receive(into, std::move(handler));
          }
        },
        token, buffer);
  }

  // buffers: valid until completion.
  template <class Token>
  auto async_write_some(std::span<const boost::asio::const_buffer> buffers, Token&& token) {
    return boost::asio::async_initiate<Token, void(ErrorCode, std::size_t)>(
        [this](auto handler, std::span<const boost::asio::const_buffer> from) {
          if (tls_) {
            tls_->async_write_some(from, std::move(handler));
          } else {
            socket_.async_send(from, std::move(handler));
          }
        },
        token, buffers);
  }

  auto async_handshake() { return tls_->async_handshake(boost::asio::ssl::stream_base::server, kAsTuple); }
  auto async_shutdown() { return tls_->async_shutdown(kAsTuple); }

 private:
  using Tls = boost::asio::ssl::stream<Socket&>;

  Socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace stoa::http

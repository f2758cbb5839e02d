// transport.cpp: the waits between the steps of TLS. SPDX-License-Identifier: Apache-2.0
#include "host/http/transport.hpp"

#include <boost/asio/error.hpp>

namespace stoa::http {

namespace asio = boost::asio;

namespace {

std::span<std::byte> bytes_of(asio::mutable_buffer buffer) {
  return {static_cast<std::byte*>(buffer.data()), buffer.size()};
}
std::span<const std::byte> bytes_of(asio::const_buffer buffer) {
  return {static_cast<const std::byte*>(buffer.data()), buffer.size()};
}

}  // namespace

Task<ErrorCode> Transport::wait(TlsSession::Step step) {
  switch (step) {
    case TlsSession::Step::wants_input: {
      const auto room = tls_->room();
      const auto [error, count] = co_await socket_.async_receive(asio::buffer(room.data(), room.size()), kAsTuple);
      if (!error) tls_->received(count);
      co_return error;
    }
    case TlsSession::Step::wants_output: {
      const auto [error] = co_await socket_.async_wait(Socket::wait_write, kAsTuple);
      co_return error;
    }
    case TlsSession::Step::ended:
      co_return asio::error::eof;
    case TlsSession::Step::done:
    case TlsSession::Step::failed:
      break;
  }
  co_return asio::error::connection_aborted;
}

Task<Transport::Transferred> Transport::receive_tls(asio::mutable_buffer into) {
  for (auto step = TlsSession::Step::wants_input;;) {
    std::size_t count = 0;
    if (!tls_->is_dry()) step = tls_->read(bytes_of(into), count);
    if (step == TlsSession::Step::done) co_return Transferred{ErrorCode{}, count};
    if (const ErrorCode error = co_await wait(step)) co_return Transferred{error, 0};
  }
}

Task<Transport::Transferred> Transport::send_tls(asio::const_buffer from) {
  for (;;) {
    std::size_t count = 0;
    const auto step = tls_->write(bytes_of(from), count);
    if (step == TlsSession::Step::done) co_return Transferred{ErrorCode{}, count};
    if (const ErrorCode error = co_await wait(step)) co_return Transferred{error, 0};
  }
}

bool Transport::send_tls_now(asio::const_buffer from, std::size_t& sent, ErrorCode& error) {
  switch (tls_->write(bytes_of(from), sent)) {
    case TlsSession::Step::done:
      return true;
    case TlsSession::Step::wants_input:
    case TlsSession::Step::wants_output:
      return false;
    case TlsSession::Step::ended:
    case TlsSession::Step::failed:
      break;
  }
  error = asio::error::connection_aborted;
  return false;
}

Task<ErrorCode> Transport::handshake() {
  for (;;) {
    const auto step = tls_->handshake();
    if (step == TlsSession::Step::done) co_return ErrorCode{};
    if (const ErrorCode error = co_await wait(step)) co_return error;
  }
}

Task<ErrorCode> Transport::say_goodbye() {
  for (;;) {
    const auto step = tls_->say_goodbye();
    if (step != TlsSession::Step::wants_output) co_return ErrorCode{};
    if (const ErrorCode error = co_await wait(step)) co_return error;
  }
}

}  // namespace stoa::http

// beast_bare.cpp: the peer of the benchmarks: Beast's own parser on one thread, answering the body it was sent, with
// nothing above it. Reads a body of known length into memory reserved once, as a careful user of Beast would.
// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cstdio>
#include <cstdlib>

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
constexpr asio::use_awaitable_t<Executor> kAwait{};

namespace {

asio::awaitable<void, Executor> serve(Socket socket) {
  boost::beast::flat_buffer buffer;
  buffer.reserve(2u << 20);
  try {
    for (;;) {
      http::request_parser<http::string_body> parser;
      parser.body_limit(64u << 20);
      co_await http::async_read_header(socket, buffer, parser, kAwait);
      if (auto length = parser.content_length()) parser.get().body().reserve(*length);
      co_await http::async_read(socket, buffer, parser, kAwait);
      http::response<http::string_body> answer{http::status::ok, 11};
      answer.set(http::field::content_type, "application/octet-stream");
      answer.body() = std::move(parser.get().body());
      answer.prepare_payload();
      co_await http::async_write(socket, answer, kAwait);
    }
  } catch (const boost::system::system_error&) {
    // the peer closed: a benchmark's connection ends like this
  }
}

asio::awaitable<void, Executor> listen(asio::basic_socket_acceptor<asio::ip::tcp, Executor>& acceptor) {
  for (;;) {
    Socket socket = co_await acceptor.async_accept(kAwait);
    socket.set_option(asio::ip::tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), [](std::exception_ptr) {});
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 || argv[1][0] == '-') {
    std::fprintf(stderr, "usage: %s PORT\n", argv[0]);
    return 2;
  }
  asio::io_context io{1};
  asio::basic_socket_acceptor<asio::ip::tcp, Executor> acceptor{
      io.get_executor(), {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::atoi(argv[1]))}};
  asio::co_spawn(io.get_executor(), listen(acceptor), [](std::exception_ptr) {});
  io.run();
}

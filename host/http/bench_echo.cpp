// bench_echo.cpp: the server with two handlers that do nothing, to be measured beside other servers.
// SPDX-License-Identifier: Apache-2.0
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "host/http/server.hpp"

namespace {

namespace http = stoa::http;

http::Task<void> echo(http::Exchange& exchange) {
  auto body = co_await exchange.read_body({.bytes_max = 256u << 20});
  http::Response response;
  if (!body) {
    response.status = http::status_of(body.error());
    response.body = body.error().message;
  } else {
    response.chunks.emplace_back(body->data());
    response.owner = body->memory();
  }
  co_await exchange.reply(std::move(response));
}

http::Task<void> hello(http::Exchange& exchange) {
  http::Response response;
  response.content_type = "text/plain";
  response.body = "hello\n";
  co_await exchange.reply(std::move(response));
}

}  // namespace

int main(int argc, char** argv) {
  http::ServerConfig config;
  http::ListenerConfig& listener = config.listeners.emplace_back();
  listener.port = 8080;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string name = argv[i];
    if (name == "--port") listener.port = static_cast<std::uint16_t>(std::atoi(argv[i + 1]));
    if (name == "--threads") config.io_threads = static_cast<unsigned>(std::atoi(argv[i + 1]));
    if (name == "--tls") listener.tls = {std::string(argv[i + 1]) + ".crt", std::string(argv[i + 1]) + ".key"};
  }
  listener.routes.push_back({http::Method::post, "/echo", echo});
  listener.routes.push_back({http::Method::get, "/hello", hello});
  config.limits.idle_ms = 600'000;

  sigset_t ending;
  sigemptyset(&ending);
  sigaddset(&ending, SIGINT);
  sigaddset(&ending, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ending, nullptr);
  auto server = http::Server::create(std::move(config));
  if (!server) {
    std::fprintf(stderr, "%s\n", server.error().message.c_str());
    return 1;
  }
  (*server)->start();
  std::printf("port %u\n", (*server)->ports().front());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&ending, &signal);
  return (*server)->drain(5'000) ? 0 : 1;
}

// server.cpp: binds, starts and drains. SPDX-License-Identifier: Apache-2.0
#include "host/http/server.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <chrono>

#include "host/http/io_thread.hpp"
#include "host/http/text.hpp"
#include "host/http/tls_context.hpp"

namespace stoa::http {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kBacklog = 4096;
// An idle connection gets this part of the drain's time to send a request that is on its way, at most half a second.
constexpr std::uint32_t kDrainGraceDivisor = 4;
constexpr std::uint32_t kDrainGraceMaxMs = 500;

Error bind_error(const ListenerConfig& config, const ErrorCode& error) {
  return {Code::unavailable, "http.bind",
          "cannot listen on " + config.address + " port " + std::to_string(config.port) + ": " + error.message(), 0};
}

// What is set here is inherited by every accepted socket: no system call per connection.
Result<Acceptor> listen(asio::io_context& context, const ListenerConfig& config, std::uint16_t port, bool is_shared) {
  ErrorCode error;
  const auto address = asio::ip::make_address(config.address, error);
  if (error) {
    return failure(Code::invalid_argument, "http.address", "\"" + config.address + "\" is not a numeric address");
  }
  const tcp::endpoint endpoint(address, port);
  Acceptor acceptor(context);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error && is_shared) acceptor.set_option(ReusePort(true), error);
  if (!error) acceptor.set_option(tcp::no_delay(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) return std::unexpected(bind_error(config, error));
  return acceptor;
}

}  // namespace

std::string_view RequestHead::find(std::string_view name) const {
  for (const Field& field : fields) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return {};
}

bool RequestHead::has(std::string_view name) const {
  return std::ranges::any_of(fields, [&](const Field& field) { return equals_ignoring_case(field.name, name); });
}

Result<std::optional<std::string_view>> RequestHead::find_single(std::string_view name) const {
  std::optional<std::string_view> found;
  for (const Field& field : fields) {
    if (!equals_ignoring_case(field.name, name)) continue;
    if (found) return failure(Code::invalid_argument, "http.repeated_field", std::string(name) + ": is given twice");
    found = field.value;
  }
  return found;
}

std::string_view RequestHead::param(std::string_view name) const {
  for (const Field& param : params) {
    if (param.name == name) return param.value;
  }
  return {};
}

Task<void> answer_with(Exchange& exchange, Response response) {
  if (!exchange.reply_at_once(response)) co_await exchange.reply(std::move(response));
}

unsigned status_of(const Error& error) {
  static constexpr std::pair<std::string_view, unsigned> kStatuses[] = {
      {"http.body_too_large", 413},   {"http.body_memory", 503}, {"http.body_slow", 408},      {"http.bad_body", 400},
      {"http.content_encoding", 415}, {"http.client_gone", 499}, {"http.repeated_field", 400},
  };
  for (const auto& [reason, status] : kStatuses) {
    if (error.reason == reason) return status;
  }
  return 500;
}

struct Server::Impl {
  ServerSettings settings;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::unique_ptr<IoThread>> threads;
  bool is_started = false, is_joined = false;

  Result<void> bind(ServerConfig& config);
  void stop();
  void join();
};

Result<void> Server::Impl::bind(ServerConfig& config) {
  const unsigned count = std::max(config.io_threads, 1u);
  settings.limits = config.limits;
  settings.connections_max_per_thread = std::max(config.limits.connections_max / count, 1u);
  settings.on_exchange = std::move(config.on_exchange);
  settings.render_error = std::move(config.render_error);
  settings.bodies = std::make_shared<BodyBudget>(config.limits.body_bytes_inflight_max);
  for (unsigned i = 0; i < count; ++i) threads.push_back(std::make_unique<IoThread>(settings));

  for (ListenerConfig& from : config.listeners) {
    auto router = Router::create(std::move(from.routes));
    if (!router) return std::unexpected(router.error());
    auto listener = std::make_unique<Listener>(Listener{from.address, from.port, std::move(*router), nullptr});
    if (from.tls) {
      auto tls = make_tls_context(*from.tls);
      if (!tls) return std::unexpected(tls.error());
      listener->tls = std::move(*tls);
    }
    // With several threads each has its own queue of new clients; the first bind chooses a free port for all.
    for (const auto& thread : threads) {
      auto acceptor = listen(thread->context(), from, listener->port, count > 1);
      if (!acceptor) return std::unexpected(acceptor.error());
      listener->port = acceptor->local_endpoint().port();
      thread->add_acceptor(*listener, std::move(*acceptor));
    }
    listeners.push_back(std::move(listener));
  }
  return {};
}

void Server::Impl::join() {
  for (const auto& thread : threads) thread->join();
  is_joined = true;
}

void Server::Impl::stop() {
  if (!is_started || is_joined) return;
  for (const auto& thread : threads) thread->begin_cut();
  join();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { impl_->stop(); }

Result<std::unique_ptr<Server>> Server::create(ServerConfig config) {
  auto impl = std::make_unique<Impl>();
  if (auto bound = impl->bind(config); !bound) return std::unexpected(bound.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::vector<std::uint16_t> Server::ports() const {
  std::vector<std::uint16_t> ports;
  for (const auto& listener : impl_->listeners) ports.push_back(listener->port);
  return ports;
}

void Server::start() {
  if (std::exchange(impl_->is_started, true)) return;
  for (const auto& thread : impl_->threads) thread->start();
}

bool Server::drain(std::uint32_t timeout_ms) {
  if (!impl_->is_started || impl_->is_joined) return true;
  const std::uint64_t until_ns = monotonic_ns() + std::uint64_t{timeout_ms} * 1'000'000;
  const std::uint32_t grace_ms = std::min(timeout_ms / kDrainGraceDivisor, kDrainGraceMaxMs);
  for (const auto& thread : impl_->threads) thread->begin_drain(grace_ms);
  const bool is_clean =
      std::ranges::all_of(impl_->threads, [&](const auto& thread) { return thread->wait_until(until_ns); });
  if (is_clean) {
    impl_->join();
  } else {
    impl_->stop();
  }
  return is_clean;
}

std::shared_ptr<thread::ReadyLoop> Server::loop() const {
  std::vector<std::shared_ptr<LoopLink>> links;
  for (const auto& thread : impl_->threads) links.push_back(thread->link);
  return std::make_shared<LentLoop>(std::move(links));
}

ServerStatistics Server::statistics() const {
  ServerStatistics sum;
  for (const auto& thread : impl_->threads) {
    const Counters& counters = thread->counters;
    sum.connections_accepted += counters.connections_accepted.get();
    sum.connections_open += counters.connections_open.get();
    sum.requests += counters.requests.get();
    sum.requests_inflight += counters.requests_inflight.get();
    sum.rejected_heads += counters.rejected_heads.get();
    sum.timeouts += counters.timeouts.get();
    sum.client_gone += counters.client_gone.get();
    sum.handler_defects += counters.handler_defects.get();
  }
  return sum;
}

}  // namespace stoa::http

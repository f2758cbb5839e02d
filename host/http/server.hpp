// server.hpp: listeners, I/O threads and the drain. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/http/exchange.hpp"
#include "host/thread/ready_loop.hpp"

namespace stoa::http {

struct Limits {
  std::uint32_t head_bytes_max = 16u << 10;
  std::uint32_t fields_max = 64;
  std::uint32_t target_bytes_max = 4u << 10;
  std::uint32_t requests_per_connection_max = 0;     // 0: no limit
  std::uint32_t connections_max = 16'384;            // of each listener; beyond it that one's accept pauses
  std::uint64_t body_bytes_inflight_max = 1u << 30;  // all connections together; beyond it 503
  std::uint32_t head_ms = 5'000;                     // first byte to end of head
  std::uint32_t idle_ms = 30'000;                    // between requests
  std::uint32_t body_grace_ms = 5'000;               // then body_rate_min counts
  std::uint32_t body_rate_min = 16u << 10;           // bytes per second
  std::uint32_t write_ms = 30'000;                   // without progress
  std::uint32_t tls_handshake_ms = 5'000;
};

struct TlsFiles {
  std::string certificate_chain;  // PEM
  std::string private_key;        // PEM
};

struct ListenerConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one, see Server::ports()
  std::optional<TlsFiles> tls;
  std::vector<Route> routes;
};

// One line per finished exchange, for the access log and the metrics. On the I/O thread: must be prompt.
struct ExchangeRecord {
  Method method;
  std::string_view route;  // pattern, or "" when none matched
  std::string_view target, remote_address, request_id;
  unsigned status;  // 499: the client hung up first
  std::uint64_t bytes_in, bytes_out, duration_ns;
  std::optional<std::uint64_t> mark = {};  // what the handler said (Exchange::set_mark)
};

struct ServerConfig {
  std::vector<ListenerConfig> listeners;
  Limits limits;
  unsigned io_threads = 1;
  std::function<void(const ExchangeRecord&)> on_exchange;  // may be empty
  // Body of an error the server itself answers (400, 404, 405, 408, 413, 431 ...): content type and body.
  std::function<Response(unsigned status, const Error&, const RequestHead*)> render_error;
};

// Totals since start.
struct ServerStatistics {
  std::uint64_t connections_accepted = 0, connections_open = 0, requests = 0, requests_inflight = 0;
  std::uint64_t rejected_heads = 0, timeouts = 0, client_gone = 0, handler_defects = 0;
};

class Server {
 public:
  // Binds and listens; does not serve yet. Errors: invalid_argument (address, TLS files), unavailable (port in use).
  static Result<std::unique_ptr<Server>> create(ServerConfig config);
  ~Server();  // stops hard if still running
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::vector<std::uint16_t> ports() const;  // in the order of the listeners
  void start();                              // starts the I/O threads
  // Stops accepting, answers what is under way with Connection: close, closes idle connections, then stops the
  // threads. True: everything ended by itself; false: timeout_ms passed and the rest was cut.
  bool drain(std::uint32_t timeout_ms);
  ServerStatistics statistics() const;
  // The I/O threads, for whoever waits for descriptors as they do. May outlive the server.
  std::shared_ptr<thread::ReadyLoop> loop() const;

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace stoa::http

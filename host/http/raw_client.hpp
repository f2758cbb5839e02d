// raw_client.hpp: a socket for the tests that sends exact bytes and waits only for a bounded time.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace stoa::http {

// Not an HTTP client: it looks for the end of a head and a Content-Length, nothing else.
class RawClient {
 public:
  explicit RawClient(std::uint16_t port, int receive_buffer = 0) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer > 0) ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_connected_ = ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  ~RawClient() { close(); }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)),
        is_connected_(other.is_connected_),
        received_(std::move(other.received_)) {}
  RawClient& operator=(RawClient&&) = delete;

  bool is_connected() const { return is_connected_; }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  // One answer with Content-Length (or none): head and body. Empty: the connection ended or time ran out.
  std::string answer(bool has_body = true) {
    std::size_t head_end;
    while ((head_end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return {};
    }
    std::size_t size = head_end + 4;
    const std::size_t field = received_.find("Content-Length: ");
    if (has_body && field < head_end) size += std::stoul(received_.substr(field + 16));
    while (received_.size() < size) {
      if (!receive()) return {};
    }
    std::string first = received_.substr(0, size);
    received_.erase(0, size);
    return first;
  }

  // Everything until the server closes.
  std::string rest() {
    while (receive()) {
    }
    return std::exchange(received_, {});
  }

  // Until text has arrived; false when it does not.
  bool wait_for(std::string_view text) {
    while (received_.find(text) == std::string::npos) {
      if (!receive()) return false;
    }
    return true;
  }

  bool receive(int timeout_ms = 10'000) {
    pollfd polled{socket_, POLLIN, 0};
    if (::poll(&polled, 1, timeout_ms) != 1) return false;
    char buffer[65'536];
    const ssize_t count = ::recv(socket_, buffer, sizeof buffer, 0);
    is_reset_ = count < 0;
    if (count <= 0) return false;
    received_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }

  const std::string& received() const { return received_; }
  bool is_reset() const { return is_reset_; }
  int descriptor() const { return socket_; }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }

 private:
  int socket_;
  bool is_connected_ = false, is_reset_ = false;
  std::string received_;
};

inline std::string status_of_answer(std::string_view answer) {
  return answer.starts_with("HTTP/1.1 ") ? std::string(answer.substr(9, 3)) : std::string("none");
}

}  // namespace stoa::http

// start_channel.hpp: what a parent and a child say to each other until the child is a worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>
#include <cstddef>
#include <span>

namespace stoa::worker {

// The child's word: how far it came, and with what errno it stopped there.
enum class StartStep : int { fork, identity, parent, mounts, program };
struct StartReport {
  StartStep step;
  int error;
};

// The parent's word, each time the child may go on.
inline constexpr char kGo = 1;

// Both async-signal-safe, on a socket that keeps messages apart.
template <class T>
bool send_to(int channel, const T& message) {
  return ::send(channel, &message, sizeof(message), MSG_NOSIGNAL) == static_cast<ssize_t>(sizeof(message));
}

enum class Heard { message, end, nothing };  // end: the other side has closed it; nothing: not in time, or no message

template <class T>
Heard receive_from(int channel, T& message) {
  ssize_t got = -1;
  do got = ::recv(channel, &message, sizeof(message), 0);
  while (got < 0 && errno == EINTR);
  if (got == 0) return Heard::end;
  return got == static_cast<ssize_t>(sizeof(message)) ? Heard::message : Heard::nothing;
}

// One message and what the kernel put beside it. Lifetime: beside points into the control memory it was received with.
struct Arrival {
  ssize_t bytes = -1;   // 0: the other side has closed it; -1: not in time
  bool is_cut = false;  // message or control did not fit
  const cmsghdr* beside = nullptr;
};

// Async-signal-safe. control: aligned as cmsghdr is.
inline Arrival receive_beside(int channel, std::span<std::byte> bytes, std::span<char> control) {
  iovec part{bytes.data(), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  Arrival arrival;
  do arrival.bytes = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
  while (arrival.bytes < 0 && errno == EINTR);
  if (arrival.bytes <= 0) return arrival;
  arrival.is_cut = (message.msg_flags & (MSG_CTRUNC | MSG_TRUNC)) != 0;
  arrival.beside = CMSG_FIRSTHDR(&message);
  return arrival;
}

}  // namespace stoa::worker

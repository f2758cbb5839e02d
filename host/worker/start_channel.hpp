// start_channel.hpp: what a parent and a child say to each other until the child is a worker.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sys/socket.h>
#include <sys/types.h>

#include <cerrno>

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

}  // namespace stoa::worker

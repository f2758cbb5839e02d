// session_share.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/session_share.hpp"

#include <fcntl.h>

#include <cerrno>
#include <string>

namespace stoa::worker {

SessionShare::SessionShare(pid_t worker)
    : file_(::open(("/proc/" + std::to_string(worker) + "/autogroup").c_str(), O_WRONLY | O_CLOEXEC)) {}

bool SessionShare::set(int nice) {
  if (!file_) return true;
  const std::string text = std::to_string(nice);
  if (::write(file_.get(), text.data(), text.size()) < 0 && errno == EAGAIN) return false;
  file_.reset();
  return true;
}

}  // namespace stoa::worker

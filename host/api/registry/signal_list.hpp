// signal_list.hpp: requests that wait until something changed. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "host/http/exchange.hpp"

namespace stoa::api {

// Threads: any. As many as there are connections: the server bounds them.
class SignalList {
 public:
  // False: closed, nobody will wake it.
  bool add(const std::shared_ptr<http::Signal>& signal) {
    const std::lock_guard lock(mutex_);
    std::erase_if(signals_, [](const std::weak_ptr<http::Signal>& one) { return one.expired(); });
    if (!is_closed_) signals_.push_back(signal);
    return !is_closed_;
  }
  void notify() {
    std::vector<std::weak_ptr<http::Signal>> woken;
    {
      const std::lock_guard lock(mutex_);
      woken.swap(signals_);
    }
    for (const auto& one : woken)
      if (const auto signal = one.lock()) signal->notify();
  }
  // Before the server drains: nobody is to be waited for.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
    }
    notify();
  }

 private:
  std::mutex mutex_;
  bool is_closed_ = false;                            // Lock: mutex_
  std::vector<std::weak_ptr<http::Signal>> signals_;  // Lock: mutex_; weak: a request ends when it likes
};

}  // namespace stoa::api

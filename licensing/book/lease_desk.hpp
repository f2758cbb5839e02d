// lease_desk.hpp: brings the wishes about leases that come at once into one transaction: a commit waits for the disk,
// and hundreds of clients may wait for the same one. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "licensing/book/book.hpp"

namespace stoa::licensing {

// Threads: any, but close(). While one transaction is written, those that come wait for the next together.
class LeaseDesk {
 public:
  explicit LeaseDesk(Book& book, std::size_t waiting_max = 4096);
  ~LeaseDesk();
  LeaseDesk(const LeaseDesk&) = delete;
  LeaseDesk& operator=(const LeaseDesk&) = delete;

  // done is called once, by the desk's thread, when the outcome is durable. False: waiting_max wait already, or the
  // desk is closed; done is not called.
  using Done = std::function<void(Result<LeaseOutcome> outcome)>;
  bool post(Actor actor, LeaseWish wish, Done done);
  // By whoever has this key, which is looked up by the desk's thread, too.
  bool post_by_key(std::string key, LeaseWish wish, Done done);
  // Does what waits, then ends. Nothing is taken any more.
  void close();

 private:
  struct Waiting {
    Book::LeaseJob job;
    std::optional<std::string> key;
    Done done;
  };
  bool post(Waiting one);
  void work();

  Book& book_;
  const std::size_t waiting_max_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::vector<Waiting> waiting_;  // Lock: mutex_
  bool is_closed_ = false;        // Lock: mutex_
  std::thread thread_;
};

}  // namespace stoa::licensing

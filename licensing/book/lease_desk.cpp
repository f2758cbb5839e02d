// lease_desk.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/book/lease_desk.hpp"

#include <utility>

namespace stoa::licensing {

LeaseDesk::LeaseDesk(Book& book, std::size_t waiting_max) : book_(book), waiting_max_(waiting_max) {
  thread_ = std::thread([this] { work(); });
}

LeaseDesk::~LeaseDesk() { close(); }

bool LeaseDesk::post(Actor actor, LeaseWish wish, Done done) {
  return post({{.actor = std::move(actor), .wish = std::move(wish)}, std::nullopt, std::move(done)});
}

bool LeaseDesk::post_by_key(std::string key, LeaseWish wish, Done done) {
  return post({{.actor = {}, .wish = std::move(wish)}, std::move(key), std::move(done)});
}

bool LeaseDesk::post(Waiting one) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || waiting_.size() >= waiting_max_) return false;
    waiting_.push_back(std::move(one));
  }
  moved_.notify_one();
  return true;
}

void LeaseDesk::work() {
  std::vector<Book::LeaseJob> jobs;
  while (true) {
    std::vector<Waiting> taken;
    {
      std::unique_lock lock(mutex_);
      moved_.wait(lock, [this] { return is_closed_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      taken.swap(waiting_);
    }
    jobs.clear();
    std::erase_if(taken, [this](Waiting& one) {
      if (!one.key) return false;
      auto holder = book_.authenticate(*one.key);
      if (!holder) {
        one.done(std::unexpected(std::move(holder.error())));
        return true;
      }
      one.job.actor = std::move(holder->actor);
      return false;
    });
    for (Waiting& one : taken) jobs.push_back(std::move(one.job));
    book_.do_leases(jobs);
    for (std::size_t i = 0; i < taken.size(); ++i) taken[i].done(std::move(jobs[i].outcome));
  }
}

void LeaseDesk::close() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }
  moved_.notify_all();
  if (thread_.joinable()) thread_.join();
}

}  // namespace stoa::licensing

// reader_pool.hpp: JSON readers with warm scratch memory, lent to one request at a time.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <mutex>
#include <vector>

#include "host/api/v2_json_reader.hpp"

namespace stoa::api {

class ReaderPool {
 public:
  // Gives the reader back when it goes. Not held across an await: so there are as many readers as I/O threads.
  class Lease {
   public:
    Lease(ReaderPool& pool, std::unique_ptr<V2JsonReader> reader) : pool_(pool), reader_(std::move(reader)) {}
    ~Lease() { pool_.give_back(std::move(reader_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    V2JsonReader* operator->() const { return reader_.get(); }
    V2JsonReader& operator*() const { return *reader_; }

   private:
    ReaderPool& pool_;
    std::unique_ptr<V2JsonReader> reader_;
  };

  Lease lend() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        auto reader = std::move(free_.back());
        free_.pop_back();
        return Lease(*this, std::move(reader));
      }
    }
    return Lease(*this, std::make_unique<V2JsonReader>());
  }

 private:
  void give_back(std::unique_ptr<V2JsonReader> reader) {
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(reader));
  }

  std::mutex mutex_;  // Lock: free_, for a push or a pop
  std::vector<std::unique_ptr<V2JsonReader>> free_;
};

}  // namespace stoa::api

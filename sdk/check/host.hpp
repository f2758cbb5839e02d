// host.hpp: the host side of the conformance kit: every host extension, really implemented, and an account of what the
// plugin has taken and not given back.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "stoa/stoa.h"

namespace stoa::check {

struct HostSpec {
  std::map<std::string, std::string> assets;   // path in the manifest -> file on disk
  std::map<std::string, std::int64_t> grants;  // entitlement -> limit
  bool has_extensions = true;                  // false: a host that offers none, which every plugin must bear
};

// Threads: the tables are any thread's. Lifetime: until the plugin's deinit has returned.
struct Series;  // one metric

class Host {
 public:
  explicit Host(HostSpec spec);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  const stoa_host* abi() const { return &record_; }
  std::int64_t blocks_out() const { return blocks_out_; }  // memory not yet released
  std::int64_t assets_open() const { return assets_open_; }
  std::vector<std::string> log_lines() const;
  double metric(const std::string& name) const;  // what was recorded last
  std::vector<std::string> faults() const;

 private:
  struct Tables;
  friend struct Tables;
  void fault(std::string what);

  const HostSpec spec_;
  stoa_host record_{};
  std::atomic<std::int64_t> blocks_out_{0}, assets_open_{0};
  mutable std::mutex mutex_;  // Lock: everything below
  std::vector<std::string> log_lines_, faults_;
  std::map<std::string, Series> metrics_;
};

}  // namespace stoa::check

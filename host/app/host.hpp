// host.hpp: the composition root: constructs every part, hands each what it needs, and takes them down in order.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

struct Ports {
  std::uint16_t customer = 0, operators = 0;
};

struct LoadReport {
  std::uint32_t models = 0, refused = 0;  // refused: packages, or models that failed to load
  std::vector<std::string> names;         // "publisher/model 1.0.0"
};

// Order: create binds the ports, start answers (live, not ready), load brings the models, drain ends it all.
class Host {
 public:
  // log outlives the host. Errors: invalid_argument (addresses, TLS files, keys), unavailable (a port in use).
  static Result<std::unique_ptr<Host>> create(Config config, Log& log);
  ~Host();
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;

  Ports ports() const;
  void start();
  // Verifies, unpacks, loads and proves every package of the folder, one after the other. What fails is logged and left
  // out. Stops between two packages when asked to. Blocks; not on an I/O thread.
  LoadReport load(std::stop_token stop);
  // Requests under way are answered, models drained. False: config.drain_ms passed and the rest was cut.
  bool drain();

 private:
  struct Parts;
  explicit Host(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace stoa::app

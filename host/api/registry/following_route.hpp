// following_route.hpp: how a host stands with the registry that it follows. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/api/rollout_report.hpp"
#include "host/http/exchange.hpp"
#include "registry/catalogue/rollout_record.hpp"

namespace stoa::api {

struct Following {
  std::string registry;
  std::uint64_t timestamp = 0;  // version of what is served; 0: nothing
  std::int64_t heard_s = 0, expires_s = 0;
  std::string reason, message;  // why it was not followed the last time; empty: it was
  struct Reports {              // of what is found here
    std::string state;          // "none": no token; "heard" "not_heard"
    std::uint64_t waiting = 0;
    std::string reason, message;  // why not
  };
  Reports reports = {};
  struct OwnVerdict {
    registry::VerdictRecord verdict;
    bool is_told = false;
  };
  std::vector<OwnVerdict> verdicts = {};  // of this host, where the registry says nothing
  std::vector<ModelReport> models = {};   // what runs here
};

// GET /v1/following. following: any thread, prompt.
http::Route following_route(std::function<Following()> following);

}  // namespace stoa::api

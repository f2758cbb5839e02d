// rollout_metrics.hpp: roll-outs as rows of /metrics. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "host/api/metrics.hpp"
#include "host/api/rollout_report.hpp"

namespace stoa::api {

// Per release its share, state, requests, failures and verdict; per shadow what came of its copies.
std::vector<HostGauge> rollout_gauges(const std::vector<ModelReport>& models);

}  // namespace stoa::api

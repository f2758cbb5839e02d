// process_metrics.hpp: the process_* figures that Prometheus' own clients export. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <prometheus/metric_family.h>

#include <vector>

namespace stoa::api {

// CPU seconds, resident and virtual bytes, open and allowed file descriptors, start time. What /proc does not tell is
// left out.
void collect_process(std::vector<prometheus::MetricFamily>& families);

}  // namespace stoa::api

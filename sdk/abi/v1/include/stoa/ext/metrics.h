/* ext/metrics.h: a plugin's own counters, gauges and histograms, shown on the host's /metrics. Host extension.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STOA_EXT_METRICS_H
#define STOA_EXT_METRICS_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_HOST_METRICS "stoa.host.metrics/1"
enum { STOA_METRIC_COUNTER = 1, STOA_METRIC_GAUGE = 2, STOA_METRIC_HISTOGRAM = 3 };
typedef struct stoa_metric stoa_metric; /* the host's; valid until deinit */
typedef struct stoa_host_metrics { /* table */
  /* Opens the series stoa_plugin_<name>{plugin="…", …labels}. name: [a-z][a-z0-9_]{0,62}; labels_json: an object of
   * at most 4 string values, or empty. The same arguments give the same series. NULL with err: STOA_INVALID_ARGUMENT
   * (name, kind or labels), STOA_RESOURCE_EXHAUSTED (the plugin's limit of series is reached). [any] */
  stoa_metric *(*open)(const stoa_host *host, int32_t kind, stoa_str name, stoa_str help, stoa_str labels_json,
                       stoa_error *err);
  /* Counter: adds value >= 0. Gauge: sets value. Histogram: observes value. NaN is ignored. [any] */
  void (*record)(stoa_metric *metric, double value);
} stoa_host_metrics;
#ifdef __cplusplus
}
#endif
#endif

// process_metrics.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace stoa::api {
namespace {

using prometheus::MetricType;

void add(std::vector<prometheus::MetricFamily>& families, const char* name, const char* help, MetricType type,
         double value) {
  prometheus::MetricFamily made;
  made.name = name;
  made.help = help;
  made.type = type;
  auto& metric = made.metric.emplace_back();
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  families.push_back(std::move(made));
}

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

// Field 22 of /proc/self/stat, in clock ticks after boot (proc(5)); the command name in it may hold spaces.
double start_unix_s() {
  std::ifstream stat("/proc/self/stat"), uptime("/proc/uptime");
  std::string text;
  double up_s = 0;
  if (!std::getline(stat, text) || !(uptime >> up_s) || text.rfind(')') == std::string::npos) return 0;
  std::istringstream rest(text.substr(text.rfind(')') + 1));
  std::string field;
  for (int i = 3; i < 22; ++i) rest >> field;
  double start_ticks = 0;
  if (!(rest >> start_ticks)) return 0;
  const double age_s = up_s - start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  return static_cast<double>(
             std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
                 .count()) -
         age_s;
}

}  // namespace

void collect_process(std::vector<prometheus::MetricFamily>& families) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0)
    add(families, "process_cpu_seconds_total", "user and system time", MetricType::Counter,
        seconds(usage.ru_utime) + seconds(usage.ru_stime));
  double virtual_pages = 0, resident_pages = 0;
  if (std::ifstream statm("/proc/self/statm"); statm >> virtual_pages >> resident_pages) {
    const auto page_bytes = static_cast<double>(sysconf(_SC_PAGESIZE));
    add(families, "process_resident_memory_bytes", "resident memory", MetricType::Gauge, resident_pages * page_bytes);
    add(families, "process_virtual_memory_bytes", "virtual memory", MetricType::Gauge, virtual_pages * page_bytes);
  }
  std::error_code error;
  std::size_t open = 0;
  for (std::filesystem::directory_iterator at("/proc/self/fd", error), end; !error && at != end; at.increment(error))
    ++open;
  if (!error) add(families, "process_open_fds", "open file descriptors", MetricType::Gauge, static_cast<double>(open));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
    add(families, "process_max_fds", "file descriptors allowed", MetricType::Gauge,
        static_cast<double>(limit.rlim_cur));
  add(families, "process_start_time_seconds", "start, in unix time", MetricType::Gauge, start_unix_s());
}

}  // namespace stoa::api

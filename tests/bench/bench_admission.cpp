// bench_admission.cpp: what asking admission costs a request, beside all that the request costs.
// SPDX-License-Identifier: Apache-2.0
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <vector>

#include "tests/bench/figure.hpp"
#include "tests/integration/access_world.hpp"

namespace stoa::test {
namespace {

std::uint64_t ns_of(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

// Instructions of this thread in user space; nothing where the machine counts none.
class Instructions {
 public:
  Instructions() {
    perf_event_attr attributes{};
    attributes.type = PERF_TYPE_HARDWARE;
    attributes.size = sizeof attributes;
    attributes.config = PERF_COUNT_HW_INSTRUCTIONS;
    attributes.exclude_kernel = attributes.exclude_hv = 1;
    counter_ = static_cast<int>(::syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0));
  }
  ~Instructions() {
    if (counter_ >= 0) ::close(counter_);
  }
  Instructions(const Instructions&) = delete;
  Instructions& operator=(const Instructions&) = delete;
  std::optional<std::uint64_t> now() const {
    std::uint64_t count = 0;
    if (counter_ < 0 || ::read(counter_, &count, sizeof count) != sizeof count) return std::nullopt;
    return count;
  }

 private:
  int counter_;
};

// A request that is only asked about.
class Asked final : public http::Exchange {
 public:
  Asked(const std::string& target, const std::string& authorization)
      : fields_{http::Field{"Host", "a"},
                {"User-Agent", "bench"},
                {"Authorization", authorization},
                {"Content-Length", "1024"}} {
    head_.method = http::Method::post;
    head_.target = head_.path = target;
    head_.fields = fields_;
    head_.arrived_ns = thread::monotonic_ns();
  }
  const http::RequestHead& head() const override { return head_; }
  http::HeadMemo& memo() override { return memo_; }
  http::Task<Result<http::Body>> read_body(http::BodyLimits) override { std::abort(); }
  std::optional<http::Body> body_at_hand(const http::BodyLimits&) override { std::abort(); }
  http::Task<bool> reply(http::Response) override { std::abort(); }
  bool reply_at_once(http::Response&) override { std::abort(); }
  std::string take_spare_text() override { std::abort(); }
  http::Task<bool> begin_stream(http::StreamHead) override { std::abort(); }
  http::Task<bool> write(std::string_view) override { std::abort(); }
  void set_mark(std::uint64_t) override { std::abort(); }
  http::Task<bool> end_stream(http::Trailers) override { std::abort(); }
  std::shared_ptr<http::Signal> make_signal() override { std::abort(); }
  http::Task<http::Waited> wait(http::Signal&, std::uint64_t) override { std::abort(); }
  void next_ms() { head_.arrived_ns += 1'000'000; }

 private:
  std::array<http::Field, 4> fields_;
  http::RequestHead head_;
  http::HeadMemo memo_;
};

struct Cost {
  double ns = 0;
  std::optional<double> instructions;
};

// As a handler asks: who calls, for the routing, and whether it may.
Cost cost_of_asking(AccessWorld& world, const std::string& key, bool is_new_head) {
  constexpr int kRounds = 5, kCalls = 100'000;
  api::AccessGate gate(world.access.admission);
  const auto model = world.host.catalog().find(kModel, "").value();
  const std::string target = "/v2/models/stoa-demo/identity/infer", authorization = "Bearer " + key;
  Asked asked(target, authorization);
  const Instructions instructions;
  Cost best{.ns = 1e18, .instructions = {}};
  for (int round = 0; round < kRounds; ++round) {
    const auto count_before = instructions.now();
    const std::uint64_t before_ns = ns_of(CLOCK_THREAD_CPUTIME_ID);
    for (int i = 0; i < kCalls; ++i) {
      if (is_new_head) asked.memo() = {};
      asked.next_ms();
      if (gate.refusal_of_caller(asked) || gate.customer_of(asked).empty()) std::abort();
      const api::Entry entry = gate.enter(asked, *model);
      if (!entry.pass) std::abort();
    }
    const double ns = static_cast<double>(ns_of(CLOCK_THREAD_CPUTIME_ID) - before_ns) / kCalls;
    if (const auto count = instructions.now(); count && count_before)
      best.instructions = static_cast<double>(*count - *count_before) / kCalls;
    best.ns = std::min(best.ns, ns);
  }
  return best;
}

// The host's CPU of one small request over keep-alive, client's apart.
double request_ns(AccessWorld& world) {
  constexpr std::size_t kConnections = 16;
  constexpr int kRounds = 2'000;
  std::vector<http::RawClient> clients;
  for (std::size_t i = 0; i < kConnections; ++i) clients.emplace_back(world.host.port());
  const std::string request = request_with(bearer(world.key));
  const std::uint64_t all_ns = ns_of(CLOCK_PROCESS_CPUTIME_ID), ours_ns = ns_of(CLOCK_THREAD_CPUTIME_ID);
  for (int round = 0; round < kRounds; ++round) {
    for (auto& client : clients) client.send(request);
    for (auto& client : clients)
      if (!client.answer().starts_with("HTTP/1.1 200")) std::abort();
  }
  const std::uint64_t server_ns = ns_of(CLOCK_PROCESS_CPUTIME_ID) - all_ns - (ns_of(CLOCK_THREAD_CPUTIME_ID) - ours_ns);
  return static_cast<double>(server_ns) / (kConnections * kRounds);
}

void print(const char* name, const Cost& cost) {
  const std::string base = std::string("admission.") + name;
  bench::print_figure({.name = base + "_ns", .unit = "ns", .digits = 1}, cost.ns);
  if (cost.instructions)
    bench::print_figure({.name = base + "_instructions", .unit = "instructions", .digits = 0}, *cost.instructions);
}

int run() {
  AccessWorld world;
  const std::string all = world.add(
      [](licensing::Licence& l) {
        l.rate = licensing::Rate{1'000'000, 1'000};
        l.quotas = {{"call", 1'000'000'000'000, licensing::Period::none}};
        l.on_quota = licensing::Policy::advisory;
        l.calls_at_once = 1'000;
      },
      [](licensing::ApiKey& k) { k.rate = licensing::Rate{1'000'000, 1'000}; });
  world.serve();
  const double whole_ns = request_ns(world);
  const Cost repeated = cost_of_asking(world, world.key, false);
  print("ask", repeated);
  print("ask_new_head", cost_of_asking(world, world.key, true));
  print("ask_all_limits", cost_of_asking(world, all, false));
  bench::print_figure({.name = "admission.request_ns", .unit = "ns", .digits = 0}, whole_ns);
  bench::print_figure({.name = "admission.cpu_share", .unit = "x", .target = "<=0.01", .digits = 4},
                      repeated.ns / whole_ns);
  return 0;
}

}  // namespace
}  // namespace stoa::test

int main() { return stoa::test::run(); }

// test_plugin.hpp: the plugin under test, whole with its entry, and one model of it loaded. Of one test program.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <cstring>
#include <map>
#include <numeric>

#include "sdk/check/exchange.hpp"
#include "sdk/check/host.hpp"
#include "stoa/plugin.hpp"

const char stoa_manifest_json[] = R"({"stoa": 1})";
const unsigned long long stoa_manifest_json_size = sizeof stoa_manifest_json - 1;

namespace {

using namespace std::chrono_literals;
using stoa::Code;
using stoa::check::Answer;
using stoa::check::Consumer;
using stoa::check::Exchange;
using stoa::check::ExchangeSpec;
using stoa::check::Host;
using stoa::check::HostSpec;
using stoa::check::RecordLength;
using stoa::check::text_value;
using stoa::check::Value;

// ---- the models under test: each task of `Everything` is one thing an author does ----

class Everything final : public stoa::Model {
 public:
  explicit Everything(const stoa::Load& load)
      : config_(load.config_json()), threads_(load.threads()), inflight_(load.inflight_max()) {}

  void infer(stoa::Request& request, stoa::Reply& reply) override {
    const std::string_view task = request.task();
    if (task == "sum") return sum(request, reply);
    if (task == "config") return reply.json("config", config_ + std::to_string(threads_) + std::to_string(inflight_));
    if (task == "strings") return strings(request, reply);
    if (task == "adopt") {
      std::vector<double> values{1.5, 2.5};
      const double* data = values.data();
      return reply.adopt("kept", {2, 1}, data, std::move(values));
    }
    if (task == "bytes") return reply.bytes("copy", request.bytes("in"), request.media_type("in"));
    if (task == "optional") return reply.text("has", request.has("image") ? "yes" : "no");
    if (task == "wants") return reply.text("wants", request.wants("label") ? "yes" : "no");
    if (task == "scalar") {
      reply.tensor<std::int64_t>("x", {})[0] = 7;
      return;
    }
    if (task == "empty") return void(reply.tensor<float>("x", {0, 3}));
    if (task == "count") return count(request, reply);
    if (task == "meter") return meter(reply);
    if (task == "grant") return reply.text("grant", std::to_string(request.entitlement("context").value_or(-7)));
    if (task == "log") {
      request.log(stoa::LogLevel::info, "one line");
      return stoa::counter("seen_total", "requests seen").record(1);
    }
    if (task == "asset") return asset(reply);
    if (task == "forever") {
      for (;;) request.check_cancelled();
    }
    fail(task);
  }

 private:
  static void sum(stoa::Request& request, stoa::Reply& reply) {
    const auto x = request.tensor<float>("x");
    auto y = reply.tensor<float>("sum", {1, static_cast<std::int64_t>(x.shape().size())});
    y[0] = std::accumulate(x.begin(), x.end(), 0.0f);
    for (std::size_t i = 1; i < y.size(); ++i) y[i] = static_cast<float>(x.dim(i));
  }
  static void strings(stoa::Request& request, stoa::Reply& reply) {
    const stoa::Strings words = request.strings("words");
    std::vector<std::string_view> reversed;
    for (std::size_t i = words.size(); i-- > 0;) reversed.push_back(words[i]);
    reply.strings("reversed", reversed, words.shape());
    reply.strings("fixed", {"a", "", "ccc"});
  }
  static void count(stoa::Request& request, stoa::Reply& reply) {
    const std::int64_t n = request.tensor<std::int64_t>("n")[0];
    for (std::int64_t i = 0; i < n; ++i) {
      reply.text("token", std::to_string(i));
      reply.send();
    }
  }
  static void meter(stoa::Reply& reply) {
    reply.meter(STOA_METER_TOKEN_OUT, 3);
    reply.meter(STOA_METER_TOKEN_OUT, 5);
    reply.meter_micro(STOA_METER_SECOND_AUDIO, 1'250'000);
  }
  static void asset(stoa::Reply& reply) {
    stoa::Asset first("assets/words.txt");
    const stoa::Asset words = std::move(first);
    reply.text("text", words.read_text());
    reply.bytes("map", words.map(), "text/plain");
    char middle[4];
    reply.text("middle", std::string_view(middle, words.read_at(4, middle, sizeof middle)));
  }
  [[noreturn]] static void fail(std::string_view task) {
    if (task == "failure") throw stoa::Failure(Code::out_of_range, "demo.range", "9 is more than 8", 250);
    if (task == "memory") throw std::bad_alloc();
    if (task == "standard") throw std::logic_error("a bug in the model");
    if (task == "odd") throw 42;  // NOLINT: what no author should throw must not end the host
    if (task == "missing asset") stoa::Asset("assets/absent.bin");
    if (task == "long text") throw std::runtime_error(std::string(446, 'x') + "\xC3\xA9\xC3\xA9");
    throw stoa::Failure(Code::unimplemented, "demo.task", "no such task");
  }

  std::string config_;
  std::uint32_t threads_, inflight_;
};

// Every optional hook.
class Hooked {
 public:
  static constexpr std::uint64_t kInlineNs = 1500;

  void batch(stoa::Batch& batch) {
    std::int64_t total = 0;
    for (stoa::BatchItem& item : batch) total += item.request.tensor<std::int64_t>("n")[0];
    if (total == 666) throw stoa::Failure(Code::internal, "demo.batch", "the whole batch fails");
    for (stoa::BatchItem& item : batch) {
      const std::int64_t n = item.request.tensor<std::int64_t>("n")[0];
      if (n < 0) item.fail(stoa::Failure(Code::invalid_argument, "demo.negative", "n is below 0"));
      auto out = item.reply.tensor<std::int64_t>("of", {2});
      out[0] = n;
      out[1] = total;
    }
  }
  stoa::BatchLimits batch_limits() { return {8, 100, 2000}; }
  std::uint64_t cost(const stoa::Request& request) {
    return static_cast<std::uint64_t>(request.tensor<std::int64_t>("n")[0]);
  }
  bool can_join(const stoa::Request& first, const stoa::Request& next) { return first.session() == next.session(); }
  void warm_up() { ++warm_ups_; }
  void health(std::int32_t depth) {
    if (depth >= STOA_HEALTH_ANSWERS) throw stoa::Failure(Code::unavailable, "demo.ill", "not that deep");
  }
  std::string card() { return R"({"parameters": 3})"; }
  void on_cancel(std::uint64_t id) { last_cancelled = id; }

  void session_open(std::string_view id) {
    if (!sessions_.try_emplace(std::string(id)).second)
      throw stoa::Failure(Code::already_exists, "session.exists", "it is open");
    sessions_[std::string(id)] = "fresh";
  }
  void session_close(std::string_view id) { sessions_.erase(std::string(id)); }
  std::uint64_t session_bytes(std::string_view id) { return sessions_.at(std::string(id)).size(); }
  void session_save(std::string_view id, stoa::SessionWriter& to) { to.write(sessions_.at(std::string(id))); }
  void session_restore(std::string_view id, stoa::SessionReader& from) { sessions_[std::string(id)] = from.read_all(); }

  static inline std::uint64_t last_cancelled = 0;

 private:
  int warm_ups_ = 0;
  std::map<std::string, std::string> sessions_;
};

class Unloadable {
 public:
  Unloadable() { throw stoa::Failure(Code::failed_precondition, "demo.device", "needs 2 devices, has 0"); }
  void infer(stoa::Request&, stoa::Reply&) {}
};

}  // namespace

STOA_PLUGIN_MODELS(stoa::model<Everything>("everything"), stoa::model<Hooked>("hooked"),
                   stoa::model<Unloadable>("unloadable"))

namespace {

// One loaded model, and the host it runs in.
class Loaded {
 public:
  explicit Loaded(std::string_view name, HostSpec spec = {}) : host_(std::move(spec)) {
    entry_ = stoa_plugin_entry(1, 1, nullptr);
    EXPECT_EQ(entry_->init(host_.abi(), nullptr), STOA_OK);
    stoa_load load{};
    load.struct_size = sizeof load;
    load.model = stoa::str_of(name);
    load.config_json = stoa::str_of(R"({"k":1})");
    load.n_threads = 2;
    load.max_inflight = 4;
    stoa_error err = stoa::detail::empty_error();
    status_ = entry_->load(&load, &model_, &err);
    error_ = {static_cast<Code>(err.code), err.reason, err.message, 0};
  }
  ~Loaded() {
    if (model_ != nullptr) model_->unload(model_);
    entry_->deinit();
    EXPECT_EQ(host_.blocks_out(), 0);
    EXPECT_EQ(host_.assets_open(), 0);
    EXPECT_EQ(host_.faults(), std::vector<std::string>{});
  }

  Answer ask(ExchangeSpec spec) {
    Exchange exchange(std::move(spec));
    stoa_request* request = exchange.abi();
    EXPECT_EQ(model_->submit(model_, &request, 1, nullptr), STOA_OK);
    EXPECT_TRUE(exchange.wait_finished(10s));
    EXPECT_EQ(exchange.faults(), std::vector<std::string>{});
    return exchange.answer();
  }
  Answer ask(std::string task, std::vector<Value> inputs = {}) {
    ExchangeSpec spec;
    spec.task = std::move(task);
    spec.inputs = std::move(inputs);
    return ask(std::move(spec));
  }
  template <class Table>
  const Table* extension(const char* id) {
    return static_cast<const Table*>(model_->get_extension(model_, id));
  }

  stoa_model* model() { return model_; }
  Host& host() { return host_; }
  stoa_status status() const { return status_; }
  const stoa::Error& error() const { return error_; }

 private:
  Host host_;
  const stoa_entry* entry_;
  stoa_model* model_ = nullptr;
  stoa_status status_;
  stoa::Error error_;
};

template <class T>
Value tensor(std::string name, std::vector<std::int64_t> shape, std::vector<T> elements) {
  Value value;
  value.name = std::move(name);
  value.kind = STOA_PART_TENSOR;
  value.datatype = stoa::kDataTypeOf<T>;
  value.shape = std::move(shape);
  value.bytes.resize(elements.size() * sizeof(T));
  if (!elements.empty()) std::memcpy(value.bytes.data(), elements.data(), value.bytes.size());
  return value;
}

std::vector<HostSpec> hosts() {  // with and without extensions: outputs from the host's pool and from our own memory
  HostSpec bare;
  bare.has_extensions = false;
  return {HostSpec{}, bare};
}

}  // namespace

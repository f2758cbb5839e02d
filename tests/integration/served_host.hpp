// served_host.hpp: a whole host in the test's process: real plugins, real server, on a free port.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "host/api/access_gate.hpp"
#include "host/api/desk.hpp"
#include "host/api/idempotency_gate.hpp"
#include "host/api/problem.hpp"
#include "host/api/routes.hpp"
#include "host/app/package_source.hpp"
#include "host/http/server.hpp"
#include "host/inference/catalog.hpp"
#include "host/runtime/load_plugin.hpp"
#include "host/worker/worker_instance.hpp"
#include "registry/document/digest.hpp"
#include "registry/package/manifest.hpp"

namespace stoa::test {

class QuietLog final : public runtime::LogSink {
 public:
  void write(const runtime::LogLine&) noexcept override {}
};

// Lifetime: for a whole test program (SetUpTestSuite); plugins stay mapped.
class ServedHost {
 public:
  ServedHost() : api_{catalog_, metrics_} {
    services_.log = std::make_shared<QuietLog>();
    services_.metrics = metrics_.plugins();
    services_.sha256 = [](std::string_view bytes) { return registry::sha256_of(bytes); };
    services_.inline_threads = 1;
  }
  ~ServedHost() {
    if (server_) server_->drain(2000);
  }

  // folder: a staging folder of stoa_add_plugin, below the build tree.
  void load(const std::string& folder) {
    serve_all(folder, [this](const runtime::PluginSource& source) { return runtime::load_plugin(source, services_); });
  }

  // Each model in a worker of its own, in the best tier of this machine.
  void load_in_workers(const std::string& folder) {
    worker::WorkerProgram program;
    program.executable = std::filesystem::path(std::getenv("STOA_BINARY_DIR")) / "bin" / "stoa-worker";
    program.tier = worker::best_tier(worker::probe_sandbox());
    program.crashes_max = 1'000;
    program.backoff_max_ns = 0;
    serve_all(folder, [&](const runtime::PluginSource& source) {
      Result<std::vector<std::unique_ptr<runtime::Instance>>> instances;
      for (const runtime::ModelSpec& model : source.models) {
        auto loaded = worker::load_worker(program, source, model, services_);
        if (!loaded) return decltype(instances)(std::unexpected(std::move(loaded.error())));
        instances->push_back(std::move(*loaded));
      }
      return instances;
    });
  }

  template <class Load>
  void serve_all(const std::string& folder, Load load) {
    const char* const binary_dir = std::getenv("STOA_BINARY_DIR");
    ASSERT_TRUE(binary_dir) << "ctest sets STOA_BINARY_DIR, the build folder";
    const auto staged = std::filesystem::path(binary_dir) / folder;
    std::ifstream file(staged / "manifest.json", std::ios::binary);
    ASSERT_TRUE(file) << staged;
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    auto manifest = registry::parse_source_manifest(text);
    ASSERT_TRUE(manifest) << manifest.error().message;
    manifest->source_sha256 = registry::sha256_of(text);
    auto source = app::plugin_source(*manifest, staged);
    ASSERT_TRUE(source) << source.error().message;
    auto instances = load(*source);
    ASSERT_TRUE(instances) << instances.error().message;
    for (auto& instance : *instances) {
      auto model = inference::ServedModel::start(std::move(instance), {.inline_trusted = true, .log = services_.log});
      ASSERT_TRUE(model) << model.error().message;
      ASSERT_TRUE(catalog_.add(*model));
    }
  }

  // Calls need keys from now on. admission outlives this. Before serve().
  void guard(licensing::Admission& admission) {
    gate_ = std::make_unique<api::AccessGate>(admission);
    api_.gate = gate_.get();
  }

  // And who calls is charged. billing outlives this. After guard().
  void charge(api::BillingGate& billing) {
    gate_->charge_by(billing);
    api_.billing = &billing;
  }

  // Answers to calls with an Idempotency-Key are kept in the folder. ledger and disk outlive this. After guard(),
  // before serve().
  struct Keeping {
    std::uint64_t durable_wait_ns = api::kDurableNs;
    licensing::Disk* disk = &licensing::real_disk();
  };
  void keep_answers(const std::filesystem::path& folder, licensing::Journal& ledger, const Keeping& keeping) {
    auto answers =
        licensing::Answers::open({.folder = folder, .journal = {.segment_bytes = 32u << 20}}, ledger, *keeping.disk);
    ASSERT_TRUE(answers) << answers.error().message;
    answers_ = std::move(*answers);
    keys_ = std::make_unique<api::IdempotencyGate>(api::IdempotencyGate::Parts{
        *answers_, ledger, [this](std::function<void()> job) { return desk_.post(std::move(job)); },
        keeping.durable_wait_ns});
    api_.keys = keys_.get();
  }

  void serve(unsigned io_threads = 1) {
    http::ServerConfig config;
    config.io_threads = io_threads;
    config.listeners.resize(2);
    config.listeners[0].routes = api::customer_routes(api_);
    config.listeners[1].routes = api::operator_routes(api_);
    config.render_error = &api::render_error;
    config.on_exchange = [this](const http::ExchangeRecord& exchange) { metrics_.record_exchange(exchange); };
    auto server = http::Server::create(std::move(config));
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    api_.server_statistics = [this] { return server_->statistics(); };
    server_->start();
  }

  std::uint16_t port() const { return server_->ports().at(0); }
  std::uint16_t operator_port() const { return server_->ports().at(1); }
  inference::Catalog& catalog() { return catalog_; }

 private:
  runtime::HostServices services_;
  inference::Catalog catalog_;
  api::Metrics metrics_;
  std::unique_ptr<api::AccessGate> gate_;
  std::unique_ptr<licensing::Answers> answers_;
  std::unique_ptr<api::IdempotencyGate> keys_;
  api::Desk desk_{2, 1'024};
  api::ApiContext api_;
  std::unique_ptr<http::Server> server_;
};

}  // namespace stoa::test

// test_served.hpp: for tests: real plugins behind a queue, and many who ask. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "host/inference/served_model.hpp"
#include "host/runtime/fixture_host.hpp"

namespace stoa::inference {

using runtime::fixture_source;

class Served : public ::testing::Test {
 protected:
  std::shared_ptr<ServedModel> serve(const runtime::PluginSource& source) {
    auto started = try_serve(source);
    EXPECT_TRUE(started.has_value()) << started.error().message;
    return started ? *started : nullptr;
  }
  Result<std::shared_ptr<ServedModel>> try_serve(const runtime::PluginSource& source) {
    runtime::HostServices services = host.services();
    services.inline_threads = inline_threads;
    auto loaded = runtime::load_plugin(source, services);
    if (!loaded) return std::unexpected(loaded.error());
    return ServedModel::start(std::move(loaded->front()), {inline_threads > 0, host.log});
  }
  // Many threads, each asking some, and all of it answered.
  static void ask_from(std::size_t threads, std::size_t each,
                       const std::function<void(std::size_t thread, std::size_t i)>& ask) {
    std::vector<std::thread> clients;
    for (std::size_t t = 0; t < threads; ++t)
      clients.emplace_back([&, t] {
        for (std::size_t i = 0; i < each; ++i) ask(t, i);
      });
    for (auto& client : clients) client.join();
  }

  runtime::FixtureHost host;
  std::uint32_t inline_threads = 0;
};

}  // namespace stoa::inference

// api_context.hpp: what the handlers share; made by the composition root, outlives the server.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "host/api/metrics.hpp"
#include "host/api/reader_pool.hpp"
#include "host/http/server.hpp"
#include "host/inference/catalog.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

struct ApiContext {
  const inference::Catalog& catalog;
  Metrics& metrics;
  std::function<bool()> is_loading = [] { return false; };  // packages found at start are still on their way
  std::function<bool()> is_draining = [] { return false; };
  // What "acme/vision@^1.2" or "@champion" means now: the version. share_ppm: the asker's place in a divided alias. Any
  // thread, prompt. Empty, or model.unknown: only versions that are served under their own name count.
  std::function<Result<std::string>(std::string_view model, std::string_view selector, std::uint32_t share_ppm)>
      resolve = {};
  // For /metrics; set once the server exists.
  std::function<http::ServerStatistics()> server_statistics = [] { return http::ServerStatistics{}; };
  std::string server_name = "stoa";
  std::string server_version = STOA_VERSION;
  ReaderPool readers = {};
};

}  // namespace stoa::api

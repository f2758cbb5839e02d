// v2_server.hpp: what the protocol tells about the server and its models: metadata, health, index, statistics.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "host/api/api_context.hpp"
#include "host/http/exchange.hpp"

namespace stoa::api {

using ServedModelPtr = std::shared_ptr<inference::ServedModel>;

http::Response server_metadata(const ApiContext& api);
http::Response server_live();
// 200 when every model is ready and the host is not draining; else 503 with the name of one that is not.
http::Response server_ready(const ApiContext& api);
http::Response model_list(const ApiContext& api);

http::Response model_metadata(const inference::Catalog& catalog, const inference::ServedModel& model);
http::Response model_ready(const ApiContext& api, const inference::ServedModel& model);
// {"model_stats": [...]} of these models.
http::Response model_statistics(const std::vector<ServedModelPtr>& models);

// POST /v2/repository/index: body {} or {"ready": true}.
http::Task<void> repository_index(ApiContext& api, http::Exchange& exchange);

}  // namespace stoa::api

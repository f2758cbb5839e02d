// followed_client.hpp: a connection to the registry that this host follows. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <memory>

#include "host/app/config.hpp"
#include "host/client/http_client.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// With the token of the configuration's file, where it names one. silence_s_max: what a line may keep quiet; is_stopped
// ends what is under way. Errors: those of the file and of HttpClient::open.
Result<std::unique_ptr<client::HttpClient>> open_followed(const FollowConfig& config, long silence_s_max,
                                                          std::function<bool()> is_stopped);

}  // namespace stoa::app

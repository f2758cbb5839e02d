// followed_client.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/followed_client.hpp"

#include <algorithm>

#include "registry/document/file.hpp"

namespace stoa::app {

Result<std::unique_ptr<client::HttpClient>> open_followed(const FollowConfig& config, long silence_s_max,
                                                          std::function<bool()> is_stopped) {
  constexpr std::size_t kTokenBytes = 4096;
  client::ClientOptions options{.url = config.url, .token = {}, .ca_file = config.ca_file.string()};
  options.silence_s_max = silence_s_max;
  options.is_stopped = std::move(is_stopped);
  if (!config.token_file.empty()) {
    auto token = registry::read_small_file(config.token_file, kTokenBytes);
    if (!token) return std::unexpected(token.error());
    token->erase(std::ranges::find_if(*token, [](unsigned char c) { return c <= ' '; }), token->end());
    options.token = std::move(*token);
  }
  auto opened = client::HttpClient::open(std::move(options));
  if (!opened) return std::unexpected(opened.error());
  return std::make_unique<client::HttpClient>(std::move(*opened));
}

}  // namespace stoa::app

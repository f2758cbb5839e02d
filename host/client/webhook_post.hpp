// webhook_post.hpp: one message to a receiver somebody else named: a URL that must not lead into our own network.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "stoa/result.hpp"

struct sockaddr;

namespace stoa::client {

struct WebhookMessage {
  std::string url;
  std::string body;
  std::string content_type;
  std::vector<std::pair<std::string, std::string>> fields;
};

struct WebhookRules {
  bool may_be_private = false;  // loopback, private and link-local addresses are called, too
  bool may_be_plain = false;    // http://
  long all_ms_max = 15'000;     // from the name's look-up to the end of the answer
  std::string ca_file = {};     // PEM; empty: the system's authorities
  std::function<bool()> is_stopped = [] { return false; };
};

// The status of the answer, whose body is read and dropped. No redirect is followed and no proxy asked. Errors:
// permission_denied "webhook.private": the name led to an address that is not called; client.url, client.connection,
// client.silent, client.tls.
Result<long> post_webhook(const WebhookMessage& message, const WebhookRules& rules);

// Whether an address is one that the whole internet can reach. Looked at where the connection is made, so that a name
// cannot mean one address when it is checked and another when it is called.
bool is_public_address(const sockaddr& address);

}  // namespace stoa::client

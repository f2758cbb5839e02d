// webhook_signature.hpp: what proves to a receiver who sent a message, after the Standard Webhooks.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::licensing {

// Source: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md. A secret is "whsec_" and the
// base64 of its bytes, of which ours has 32.
std::string new_webhook_secret();
// "v1,<base64>" of HMAC-SHA256 over "<id>.<seconds>.<body>", one for each secret, with spaces between. Error: data_loss
// "webhook.secret".
Result<std::string> sign_webhook(std::span<const std::string> secrets, std::string_view id, std::int64_t at_s,
                                 std::string_view body);

}  // namespace stoa::licensing

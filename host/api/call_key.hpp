// call_key.hpp: the Idempotency-Key of a call under way. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/http/exchange.hpp"
#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

// Thread: the exchange's I/O thread.
struct CallKey final : http::Note {
  std::string text;                         // as its customer means it: without quotes
  registry::Sha256 request{};               // of the method, the target, how the body is cut, and the body
  std::optional<std::uint64_t> entry = {};  // of the ledger: by which this call is charged, or was before a crash
  bool was_charged = false;                 // before it ran: it is not held for and not charged again
  bool is_whole = false;                    // the model ended well
};

// Of a handler's exchange; null: the call has no key, or keys count for nothing here.
inline CallKey* call_key_in(http::Exchange& exchange) { return static_cast<CallKey*>(exchange.note()); }

// What the field Idempotency-Key says: nothing where it is not there. A string in quotes (RFC 9651) and the same
// without them are one key. Errors: invalid_argument "idempotency.key": want 1 to 255 visible characters of ASCII;
// "http.repeated_field".
Result<std::optional<std::string>> idempotency_key_of(const http::RequestHead& head);

}  // namespace stoa::api

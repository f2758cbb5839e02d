// audit_fetch.hpp: what a host shows a publisher of its ledger, into a folder; the next time what is new.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "host/cli/audit_folder.hpp"
#include "host/client/http_client.hpp"

namespace stoa::cli {

struct Fetched {
  std::string log_key;
  bool is_key_new = false;  // nobody had said which key it is: whoever reads it should compare
  std::uint64_t log_entries = 0, entries = 0, new_entries = 0, tiles = 0, prices = 0, agreements = 0, statements = 0;
};
// log_key: empty on the first time: the host is believed. Errors: those of the host; permission_denied "audit.key":
// another key than the folder's; what LogCheck says of the tiles; file.*.
Result<Fetched> fetch_audit(client::HttpClient& host, const std::string& publisher, const AuditFolder& folder,
                            const std::string& log_key);

}  // namespace stoa::cli

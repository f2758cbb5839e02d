// receipt_json.hpp: entries, receipts and a publisher's pages as JSON. docs/reference/receipt.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/api/licensing/ledger_proof.hpp"
#include "host/api/registry/registry_call.hpp"

namespace stoa::api {

// What it says, for people; the halves beside it are what was committed to.
Json json_of(const licensing::Entry& entry);
Json json_of(const licensing::Receipt& receipt, const licensing::Entry& entry);
Json json_of(const PublishersEntry& entry);

}  // namespace stoa::api

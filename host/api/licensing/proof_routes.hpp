// proof_routes.hpp: the log as anybody may read it, receipts, and a publisher's part of the ledger.
// docs/reference/receipt.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "host/api/licensing/ledger_proof.hpp"
#include "host/api/licensing/licensing_call.hpp"

namespace stoa::api {

// Both planes: /log/checkpoint, /log/key, /log/tile/…, as c2sp.org/tlog-tiles has them.
void add_log_routes(LedgerProof& proof, std::vector<http::Route>& routes);
// /v1/receipts/{number}; on the operators' plane /v1/publishers/{name}/log, too.
void add_receipt_routes(LicensingApi& api, LedgerProof& proof, Plane plane, std::vector<http::Route>& routes);

}  // namespace stoa::api

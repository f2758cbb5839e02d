// receipt_file.hpp: receipts and entries of a publisher as a host answers them, and a log's key as it is handed on.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/client/http_client.hpp"
#include "licensing/billing/ledger_log.hpp"
#include "licensing/log/signed_note.hpp"
#include "licensing/proof/shown_entry.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// Error of both: data_loss "receipt.form", with the member.
Result<licensing::Receipt> receipt_in(const client::Json& json);
// half: what the entry views.
Result<licensing::ShownEntry> shown_in(const client::Json& json, std::string& half);

// "name+0123abcd+base64", or a file that holds such a line. Errors: note.key, key.*, file.*.
Result<licensing::NoteVerifier> log_key_of(const std::string& text_or_file);

}  // namespace stoa::cli

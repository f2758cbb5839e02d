// agreement_files.hpp: agreements in files: signed and verified without a network. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "host/client/http_client.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// file: what `stoa agreements export` wrote, or the agreement's text alone. Writes a party's signature into a new file;
// out: empty for its id, version and ending.
struct AgreementToSign {
  std::string file, key, out;
};
Result<client::Json> sign_agreement_file(const AgreementToSign& what);

// parties: NAME=FILE, each party's public key. Every party has to have signed the text. Errors: those of the documents;
// unauthenticated "agreement.not_signed"; "usage" where a party's key is missing.
Result<client::Json> verify_agreement_file(const std::string& file, const std::vector<std::string>& parties);

}  // namespace stoa::cli

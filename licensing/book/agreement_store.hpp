// agreement_store.hpp: the rows of agreements, of the signatures under them, and of their parties' keys.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "licensing/book/billing_records.hpp"
#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

Result<void> insert_agreement(database::Connection& connection, const HeldAgreement& held);
Result<void> insert_signature(database::Connection& connection, const Agreement& agreement,
                              const AgreementSignature& signature);
// When all had signed it.
Result<void> write_signed(database::Connection& connection, const Agreement& agreement, std::int64_t signed_ms);
// Of all its versions that are not over.
Result<void> write_terminated(database::Connection& connection, const AgreementId& id, std::int64_t now_ms,
                              std::string_view because);

// The newest version. not_found "agreement.unknown".
Result<HeldAgreement> read_agreement(database::Connection& connection, const AgreementId& id);
// The one that counts then; nothing: none does. not_found "agreement.unknown".
Result<std::optional<HeldAgreement>> read_agreement_at(database::Connection& connection, const AgreementId& id,
                                                       std::int64_t at_ms);
Result<std::vector<HeldAgreement>> read_agreement_versions(database::Connection& connection, const AgreementId& id);
// The newest version of each.
Result<std::vector<HeldAgreement>> read_agreements(database::Connection& connection, const AgreementFilter& filter,
                                                   const Page& page);

// Every signature of every version verifies under the key that was kept with it, and what counts has all of them: else
// data_loss "book.broken".
Result<void> examine_agreements(database::Connection& connection);

Result<void> write_party_key(database::Connection& connection, const PartyKey& key);
// party: empty for all.
Result<std::vector<PartyKey>> read_party_keys(database::Connection& connection, std::string_view party);

}  // namespace stoa::licensing

// money_act_store.hpp: SQL of acts. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/book/records.hpp"
#include "licensing/settlement/money_act.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

struct ActFilter {
  std::string kind = {}, customer = {};  // empty: any
};

Result<void> insert_act(database::Connection& connection, const MoneyAct& act, const RequestToken& once);
// What became of it.
Result<void> update_act(database::Connection& connection, const MoneyAct& act);
// not_found "act.unknown".
Result<MoneyAct> read_act(database::Connection& connection, std::string_view id);
// What was asked with the token before. failed_precondition "request.token_reused", invalid_argument "request.token".
// Kept for ever: money is not to move twice because somebody asked again late.
Result<std::optional<MoneyAct>> find_act(database::Connection& connection, std::string_view actor,
                                         const RequestToken& once);
// The newest first; page.after: those before that id.
Result<std::vector<MoneyAct>> read_acts(database::Connection& connection, const ActFilter& filter, const Page& page);
Result<std::vector<MoneyAct>> read_intended(database::Connection& connection);

}  // namespace stoa::licensing

// money_act.hpp: what is done with money beside calls: by whom, why, and the entries it becomes.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/ledger/entry.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// top_up: a customer paid. credit: it was given some, which expires. adjustment: an operator's own postings. refund: of
// a call. minimum, guarantee, referral, reserve, release, netting, write_off: what the end of a month brings. payout,
// payout_return: what a party was paid, and what came back.
enum class ActKind : std::uint8_t {
  top_up,
  credit,
  expiry,
  adjustment,
  refund,
  minimum,
  guarantee,
  referral,
  reserve,
  release,
  netting,
  write_off,
  payout,
  payout_return
};
std::string_view name_of(ActKind kind);
std::optional<ActKind> act_kind_of(std::string_view name);

// intended: written down, and will be booked, whatever happens meanwhile. refused: the ledger did not take it.
enum class ActState : std::uint8_t { intended, booked, refused };
std::string_view name_of(ActState state);

// Who bears a refund. all: everybody who earned by the call. publisher: the tax office its part, the publisher the
// rest. platform: those who were paid keep it.
enum class Bearer : std::uint8_t { all, publisher, platform };
std::string_view name_of(Bearer bearer);
std::optional<Bearer> bearer_of(std::string_view name);

struct MoneyAct {
  std::string id = {};  // "act_…": its entries name it, in the half that only customer and operator see
  ActKind kind = ActKind::adjustment;
  ActState state = ActState::intended;
  std::string actor = {}, reason = {};
  std::int64_t at_ms = 0;
  std::string customer = {}, party = {};  // whom it concerns
  std::string subject = {};               // a payout's id, a month
  Currency currency;
  Nano amount = 0;                           // of a refund 0: all that is left
  std::vector<Posting> postings = {};        // empty for a refund: the call says them
  std::optional<std::uint64_t> refers = {};  // an entry
  Bearer bearer = Bearer::all;
  std::uint64_t read_from = 0;  // its entries have this number or a higher one
  std::optional<std::uint64_t> entry = {}, bearing_entry = {};
  std::string refused = {};  // why
};

// The entry of an act that brings its postings along.
Entry entry_of(const MoneyAct& act);

// What lets others bear a refund: each that gave something back gets it again, and the bearer gives instead. Nothing:
// nobody is to be relieved. refund: the whole entry. publisher: whose call it was.
std::optional<Entry> bearing_entry_of(const MoneyAct& act, std::uint64_t number, const Entry& refund,
                                      std::string_view publisher);

// Postings of common acts.
std::vector<Posting> paid_by_customer(std::string_view provider, std::string_view account, Nano amount);
std::vector<Posting> given_to_customer(std::string_view customer, Nano amount);

}  // namespace stoa::licensing

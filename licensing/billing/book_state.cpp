// book_state.cpp: what a book comes to, written down and taken up again. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

#include "licensing/billing/accounts_book.hpp"
#include "licensing/billing/state_bytes.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> not_this_books(std::string_view why) {
  return failure(Code::data_loss, "book.state", fmt::format("saved book: {}", why));
}

// In the order of their names; what is as it was at first is left out, because asking alone brings it into being.
template <class Map, class Keep>
auto sorted(const Map& map, Keep&& keep) {
  std::vector<std::pair<std::string_view, const typename Map::mapped_type*>> all;
  for (const auto& [name, value] : map)
    if (keep(value)) all.emplace_back(name, &value);
  std::ranges::sort(all, {}, [](const auto& one) { return one.first; });
  return all;
}

bool has_begun(const WaterfallState& state) {
  const auto is_zero = [](std::int64_t value) { return value == 0; };
  return state.gross != 0 || state.processing_carried != 0 || state.fee_carried != 0 || state.referral_carried != 0 ||
         state.recoupment_carried != 0 || state.referred != 0 || state.recouped != 0 || state.period_end_ms != 0 ||
         !std::ranges::all_of(state.remainders, is_zero) || !std::ranges::all_of(state.earned, is_zero);
}

void write_list(StateWriter& out, const std::vector<std::int64_t>& values) {
  out.number(values.size());
  for (const std::int64_t value : values) out.amount(value);
}

std::vector<std::int64_t> read_list(StateReader& in) {
  std::vector<std::int64_t> values;
  for (std::uint64_t left = in.count(); left > 0; --left) values.push_back(in.amount());
  return values;
}

void write(StateWriter& out, const WaterfallState& state) {
  for (const std::int64_t value : {state.gross, state.processing_carried, state.fee_carried, state.referral_carried,
                                   state.recoupment_carried, state.referred, state.recouped, state.period_end_ms})
    out.amount(value);
  write_list(out, state.remainders);
  write_list(out, state.earned);
}

WaterfallState read_waterfall(StateReader& in) {
  WaterfallState state;
  for (std::int64_t* const value :
       {&state.gross, &state.processing_carried, &state.fee_carried, &state.referral_carried, &state.recoupment_carried,
        &state.referred, &state.recouped, &state.period_end_ms})
    *value = in.amount();
  state.remainders = read_list(in);
  state.earned = read_list(in);
  return state;
}

}  // namespace

std::string AccountsBook::state() const {
  StateWriter out;
  write_balances(out);
  write_payers(out);
  write_earnings(out);
  out.number(returned_.size());
  for (const auto& [call, accounts] : returned_) {
    out.number(call);
    out.number(accounts.size());
    for (const auto& [account, amount] : accounts) {
      out.text(account);
      out.amount(amount);
    }
  }
  return out.take();
}

void AccountsBook::write_balances(StateWriter& out) const {
  out.number(balances_.size());
  for (const auto& [currency, balances] : balances_) {
    auto accounts = balances.all();
    std::erase_if(accounts, [](const auto& one) { return one.second.debits == 0 && one.second.credits == 0; });
    out.text(currency.code());
    out.number(accounts.size());
    for (const auto& [name, balance] : accounts) {
      out.text(name);
      out.amount(balance.debits);
      out.amount(balance.credits);
    }
  }
}

void AccountsBook::write_payers(StateWriter& out) const {
  const auto has_used = [](const ListUse& use) {
    return std::ranges::any_of(use.meters,
                               [](const UsedUnits& row) { return row.period_start_ms != 0 || row.units != 0; });
  };
  const auto has_paid = [&](const Payer& payer) {
    return payer.tax_carried != 0 ||
           std::ranges::any_of(payer.use, has_used, [](const auto& one) -> const auto& { return one.second; });
  };
  const auto payers = sorted(payers_, has_paid);
  out.number(payers.size());
  for (const auto& [customer, payer] : payers) {
    out.text(customer);
    out.amount(payer->tax_carried);
    const auto lists = sorted(payer->use, has_used);
    out.number(lists.size());
    for (const auto& [list, use] : lists) {
      out.text(list);
      out.number(use->meters.size());
      for (const UsedUnits& row : use->meters) {
        out.amount(row.period_start_ms);
        out.number(row.units);
        out.amount(row.charged);
      }
    }
  }
}

void AccountsBook::write_earnings(StateWriter& out) const {
  const auto all = sorted(earnings_, [](const auto& one) { return has_begun(one->waterfall.state()); });
  out.number(all.size());
  for (const auto& [agreement, earnings] : all) {
    out.text(agreement);
    write(out, (*earnings)->waterfall.state());
  }
}

Result<void> AccountsBook::restore(std::string_view state) {
  StateReader in(state);
  for (const auto read : {&AccountsBook::read_balances, &AccountsBook::read_payers, &AccountsBook::read_earnings})
    if (auto result = (this->*read)(in); !result) return result;
  for (std::uint64_t calls = in.count(); calls > 0; --calls) {
    auto& accounts = returned_[in.number()];
    for (std::uint64_t left = in.count(); left > 0; --left) {
      std::string account(in.text());
      accounts[std::move(account)] = in.amount();
    }
  }
  return in.is_at_end() ? Result<void>() : not_this_books("it does not end where it should");
}

Result<void> AccountsBook::read_balances(StateReader& in) {
  for (std::uint64_t currencies = in.count(); currencies > 0; --currencies) {
    const auto currency = Currency::parse(in.text());
    if (!currency) return not_this_books(currency.error().message);
    Balances& balances = balances_in(*currency);
    for (std::uint64_t left = in.count(); left > 0; --left) {
      const std::string_view account = in.text();
      const Nano debits = in.amount();
      if (auto kept = balances.restore(account, debits, in.amount()); !kept)
        return not_this_books(kept.error().message);
    }
    if (auto whole = balances.verify(); !whole) return not_this_books(whole.error().message);
  }
  return {};
}

Result<void> AccountsBook::read_payers(StateReader& in) {
  for (std::uint64_t payers = in.count(); payers > 0; --payers) {
    const auto payer = payer_of(in.text());
    if (!payer) return not_this_books(payer.error().message);
    (*payer)->tax_carried = in.amount();
    for (std::uint64_t lists = in.count(); lists > 0; --lists) {
      const std::string_view name = in.text();
      const auto list = terms_->price_list(name);
      const std::uint64_t rows = in.count();
      if (!list || list->meters.size() != rows) return not_this_books(fmt::format("price '{}' is another", name));
      ListUse& use = (*payer)->use.try_emplace(std::string(name), rows).first->second;
      for (UsedUnits& row : use.meters) {
        row.period_start_ms = in.amount();
        row.units = in.number();
        row.charged = in.amount();
      }
    }
  }
  return {};
}

Result<void> AccountsBook::read_earnings(StateReader& in) {
  for (std::uint64_t left = in.count(); left > 0; --left) {
    const std::string_view name = in.text();
    const auto agreement = terms_->agreement(name);
    if (!agreement) return not_this_books(fmt::format("agreement '{}' is not known", name));
    const auto earnings = earnings_of(agreement, balances_in(agreement->currency));
    if (!earnings) return not_this_books(earnings.error().message);
    auto waterfall = Waterfall::resume(*(*earnings)->agreement, read_waterfall(in));
    if (!waterfall) return not_this_books(waterfall.error().message);
    (*earnings)->waterfall = std::move(*waterfall);
  }
  return {};
}

}  // namespace stoa::licensing

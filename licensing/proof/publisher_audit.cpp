// publisher_audit.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_audit.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "licensing/money/split.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kDiffers = "audit.differs";

std::unexpected<Error> refuse(std::string_view why) {
  return failure(Code::data_loss, std::string(kDiffers), std::string(why));
}

std::unexpected<Error> differs(std::string_view what, std::string_view theirs, std::string_view ours) {
  return refuse(fmt::format("{}: the entry says {}, its terms come to {}", what, theirs, ours));
}

std::string text_of(std::string_view account, Nano amount) {
  return fmt::format("{} {}", account, amount_text(amount));
}

// A call that is under way when terms end is charged by what it began with.
constexpr std::int64_t kUnderWayMs = 3'600'000;

// terms: a price list or an agreement.
template <class Terms>
Result<void> check_moment(std::string_view what, const std::string& name, const Terms& terms, std::int64_t at_ms) {
  const bool is_over = terms.until_ms && at_ms - kUnderWayMs >= *terms.until_ms;
  if (at_ms >= terms.from_ms && !is_over) return {};
  return refuse(fmt::format("{} '{}' counts from {} until {}, and the call was at {}", what, name,
                            registry::utc_text(terms.from_ms),
                            terms.until_ms ? registry::utc_text(*terms.until_ms) : "ever", registry::utc_text(at_ms)));
}

// One posting after the other, each held against what it should be.
class Postings {
 public:
  explicit Postings(const Entry& entry) : postings_(entry.postings) {}
  Result<void> expect(std::string_view account, Nano amount) {
    const Posting* const theirs = at_ < postings_.size() ? &postings_[at_] : nullptr;
    ++at_;
    if (theirs && theirs->account == account && theirs->amount == amount) return {};
    return differs(fmt::format("posting {}", at_), theirs ? text_of(theirs->account, theirs->amount) : "nothing",
                   text_of(account, amount));
  }
  // Of whichever tax office: which one is between the customer and the operator.
  Result<void> expect_tax(Nano amount) {
    const bool is_tax = at_ < postings_.size() && postings_[at_].account.starts_with("tax:");
    return expect(is_tax ? postings_[at_].account : "tax:…", amount);
  }
  Result<void> expect_end() const {
    if (at_ >= postings_.size()) return {};
    const Posting& more = postings_[at_];
    return differs(fmt::format("posting {}", at_ + 1), text_of(more.account, more.amount), "nothing");
  }

 private:
  const std::vector<Posting>& postings_;
  std::size_t at_ = 0;
};

}  // namespace

PublisherAudit::PublisherAudit(std::string publisher, const BillingTerms& terms, ReadEntry read_entry)
    : publisher_(std::move(publisher)),
      account_("payable:publisher/" + publisher_),
      terms_(terms),
      read_entry_(std::move(read_entry)) {}

bool PublisherAudit::is_own(const Entry& call) const {
  return call.usage && call.usage->model.size() > publisher_.size() && call.usage->model.starts_with(publisher_) &&
         call.usage->model[publisher_.size()] == '/';
}

Result<void> PublisherAudit::add(std::uint64_t number, const Entry& entry, Nano total) {
  const auto checked = [&]() -> Result<void> {
    if (number < next_)
      return refuse(fmt::format("stands behind entry {}: it is there twice, or out of order", next_ - 1));
    if ((entry.kind == EntryKind::usage) != entry.usage.has_value()) return refuse("its kind and what it says differ");
    Result<void> worked_out;
    if (is_own(entry))
      worked_out = add_call(entry);
    else if (entry.kind == EntryKind::refund)
      worked_out = add_refund(entry);
    else
      ++counts_.others;
    return worked_out ? add_total(entry, total) : worked_out;
  }();
  next_ = number + 1;
  ++counts_.entries;
  if (checked || checked.error().reason != kDiffers) return checked;
  return refuse(fmt::format("entry {}: {}", number, checked.error().message));
}

Result<PublisherAudit::Payer*> PublisherAudit::payer_of(const Usage& usage) {
  name_.assign(usage.payer).append(1, '\n').append(usage.price);
  if (const auto known = payers_.find(name_); known != payers_.end()) return &known->second;
  auto list = terms_.price_list(usage.price);
  if (!list) return refuse(fmt::format("price list '{}' is not among the terms", usage.price));
  if (list->publisher != publisher_)
    return refuse(fmt::format("price list '{}' is {}'s", usage.price, list->publisher));
  const std::size_t meters = list->meters.size();
  return &payers_.emplace(name_, Payer{std::move(list), std::vector<Used>(meters)}).first->second;
}

Result<PublisherAudit::Shares*> PublisherAudit::shares_of(const Usage& usage) {
  if (const auto known = shares_.find(usage.agreement); known != shares_.end()) return known->second.get();
  const auto agreement = terms_.agreement(usage.agreement);
  if (!agreement) return refuse(fmt::format("agreement '{}' is not among the terms", usage.agreement));
  if (agreement->publisher != publisher_)
    return refuse(fmt::format("agreement '{}' is {}'s", usage.agreement, agreement->publisher));
  auto waterfall = Waterfall::resume(*agreement, {});
  if (!waterfall) return std::unexpected(waterfall.error());
  auto shares = std::make_unique<Shares>(Shares{agreement, std::move(*waterfall), {}, {}});
  shares->step_accounts = {"income:processing", "income:platform_fee",
                           agreement->referral ? "referral:" + agreement->referral->party : "",
                           "advance:" + agreement->publisher};
  for (const Party& party : agreement->parties)
    shares->accounts.push_back(party.name == "platform" ? "income:share" : "payable:" + party.name);
  return shares_.emplace(usage.agreement, std::move(shares)).first->second.get();
}

// What all units of a period cost together, less what was charged of it before.
Result<Nano> PublisherAudit::charge(Payer& payer, const Usage& usage, std::int64_t at_ms) {
  Nano gross = 0;
  const std::int64_t start_ms = start_of_period(payer.list->period, at_ms);
  for (std::size_t i = 0; i < payer.list->meters.size(); ++i) {
    const MeterPrice& meter = payer.list->meters[i];
    const auto quantity = std::ranges::find(usage.quantities, meter.meter, &Quantity::meter);
    if (quantity == usage.quantities.end() || quantity->units == 0) continue;
    Used& used = payer.used[i];
    if (used.period_start_ms < start_ms) used = Used{start_ms, 0, 0};  // a late call counts in the period that is open
    if (__builtin_add_overflow(used.units, quantity->units, &used.units))
      return refuse(fmt::format("{}: more units than 64 bits hold", meter.meter));
    const auto whole = cost_of(meter, used.units);
    if (!whole) return whole;
    const Nano more = std::max<Nano>(0, *whole - used.charged);
    used.charged += more;
    const auto sum = plus(gross, more);
    if (!sum) return sum;
    gross = *sum;
  }
  return gross;
}

Result<void> PublisherAudit::add_call(const Entry& entry) {
  const Usage& usage = *entry.usage;
  const auto payer = payer_of(usage);
  if (!payer) return std::unexpected(payer.error());
  const auto shares = shares_of(usage);
  if (!shares) return std::unexpected(shares.error());
  const Agreement& agreement = *(*shares)->agreement;
  if (auto counts = check_moment("agreement", usage.agreement, agreement, entry.happened_ms); !counts) return counts;
  if (auto counts = check_moment("price list", usage.price, *(*payer)->list, entry.happened_ms); !counts) return counts;
  if ((*payer)->list->currency != entry.currency || agreement.currency != entry.currency)
    return differs("currency", entry.currency.code(), (*payer)->list->currency.code());
  const auto gross = charge(**payer, usage, entry.happened_ms);
  if (!gross) return std::unexpected(gross.error());
  if (*gross != usage.gross) return differs("gross", amount_text(usage.gross), amount_text(*gross));
  (*shares)->waterfall.distribute(*gross, entry.happened_ms, allotments_);
  Postings postings(entry);
  for (const Allotment& part : allotments_)
    if (auto fine = postings.expect((*shares)->account_of(part), -part.amount); !fine) return fine;
  if (usage.tax < 0) return refuse("its tax is below zero");
  if (usage.tax > 0)
    if (auto fine = postings.expect_tax(-usage.tax); !fine) return fine;
  if (auto fine = postings.expect_end(); !fine) return fine;
  ++counts_.calls;
  const auto sum = plus(counts_.gross[entry.currency], *gross);
  if (!sum) return std::unexpected(sum.error());
  counts_.gross[entry.currency] = *sum;
  return {};
}

// Everybody who got something of the call gives back its share of what is given back, as the same split, run back.
Result<void> PublisherAudit::add_refund(const Entry& entry) {
  if (!entry.refers || *entry.refers >= next_) return refuse("refund: it names no earlier entry");
  const auto call = read_entry_(*entry.refers);
  if (!call && call.error().code == Code::not_found)
    return refuse(fmt::format("refund: entry {} is not among this publisher's", *entry.refers));
  if (!call) return std::unexpected(call.error());
  if (call->kind != EntryKind::usage) return refuse(fmt::format("refund: entry {} is no call", *entry.refers));
  if (!is_own(*call)) {
    ++counts_.others;
    return {};
  }
  if (call->currency != entry.currency) return differs("currency", entry.currency.code(), call->currency.code());
  auto& known = returned_[*entry.refers];
  std::vector<const Posting*> earned;
  std::vector<Nano> parts, back;
  for (const Posting& posting : call->postings) {
    if (posting.amount >= 0) continue;
    earned.push_back(&posting);
    parts.push_back(-posting.amount);
    const auto returned = known.find(posting.account);
    back.push_back(returned == known.end() ? 0 : returned->second);
  }
  Nano amount = 0;
  for (const Posting& posting : entry.postings) {
    const auto sum = plus(amount, posting.amount);
    if (!sum) return std::unexpected(sum.error());
    amount = *sum;
  }
  const auto steps = Refund(std::move(parts), std::move(back)).take(amount);
  if (!steps || amount <= 0)
    return refuse(fmt::format("refund: {} of entry {}: {}", amount_text(amount), *entry.refers,
                              steps ? "it gives nothing back" : steps.error().message));
  Postings postings(entry);
  for (std::size_t i = 0; i < steps->size(); ++i) {
    if ((*steps)[i] == 0) continue;
    if (auto fine = postings.expect(earned[i]->account, (*steps)[i]); !fine) return fine;
    known[earned[i]->account] += (*steps)[i];
  }
  if (auto fine = postings.expect_end(); !fine) return fine;
  ++counts_.refunds;
  return {};
}

Result<void> PublisherAudit::add_total(const Entry& entry, Nano total) {
  Nano& owed = counts_.owed[entry.currency];
  for (const Posting& posting : entry.postings) {
    if (posting.account != account_) continue;
    const auto sum = minus(owed, posting.amount);
    if (!sum) return std::unexpected(sum.error());
    owed = *sum;
  }
  if (owed != total) return differs("owed after it", amount_text(total), amount_text(owed));
  return {};
}

}  // namespace stoa::licensing

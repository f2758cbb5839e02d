// admission_choice.cpp: which licence admits a call, and what it takes of it. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <bit>

#include "licensing/admission/admission.hpp"
#include "registry/versions/version_key.hpp"

namespace stoa::licensing {
namespace {

constexpr std::uint32_t kKnownMax = 64;  // bits of CallerMemo::admitting

// "acme/*", without allocating; names are at most 64 bytes a half (licensing/terms).
class PublisherPattern {
 public:
  explicit PublisherPattern(std::string_view model) {
    const std::size_t slash = model.find('/');
    if (slash == std::string_view::npos || slash + 2 > text_.size()) return;
    std::ranges::copy(model.substr(0, slash + 1), text_.begin());
    text_[slash + 1] = '*';
    size_ = slash + 2;
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 128> text_;
  std::size_t size_ = 0;
};

constexpr std::uint64_t kMsNs = 1'000'000;
std::uint64_t ms_of(std::uint64_t ns) { return (ns + kMsNs - 1) / kMsNs; }
std::uint64_t s_of_ns(std::uint64_t ns) { return (ns + 999'999'999) / 1'000'000'000; }

std::uint64_t until(std::int64_t end_ms, std::int64_t now_ms) {
  return end_ms == INT64_MAX || end_ms <= now_ms ? 0 : static_cast<std::uint64_t>(end_ms - now_ms);
}

// What a holder's quotas say of one more call; takes nothing.
Taken see(const MeterSet* meters, const Moment& now, std::uint64_t& retry_after_ms) {
  if (meters == nullptr) return Taken::yes;
  Taken worst = Taken::yes;
  for (const MeterSet::Row& row : meters->rows) {
    const Taken taken = row.count.get() == meters->calls ? row.count->see_one()
                        : row.count->is_used_up()        ? Taken::used_up
                                                         : Taken::yes;
    if (taken == Taken::used_up) retry_after_ms = std::max(retry_after_ms, until(row.end_ms, now.ms));
    worst = std::max(worst, taken);
  }
  return worst;
}

void report(const RateLimiter* rate, Refusal of, const Moment& now, Admitted& out) {
  if (rate == nullptr) return;
  const std::uint64_t full_after = rate->full_after_ns(now.ns);
  out.limits[out.limit_count++] = {of, rate->terms().calls, (rate->terms().window_ms + 999) / 1000, rate->left(now.ns),
                                   s_of_ns(full_after)};
}

void report(const MeterSet* meters, Refusal of, const Moment& now, Admitted& out) {
  if (meters == nullptr || meters->calls == nullptr) return;
  const MeterSet::Row& row = *meters->calls_row;
  const auto window_ms = row.end_ms == INT64_MAX ? 0 : static_cast<std::uint64_t>(row.end_ms - row.start_ms);
  out.limits[out.limit_count++] = {of, row.count->amount(), window_ms / 1000, row.count->left(),
                                   (until(row.end_ms, now.ms) + 999) / 1000};
}

bool take_place(UnderWay& under_way, std::uint32_t calls_max) {
  std::uint32_t seen = under_way.calls.load(std::memory_order_relaxed);
  do {
    if (seen >= calls_max) return false;
  } while (!under_way.calls.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed));
  return true;
}

// One call of a holder's quota, where it has one.
Taken take_call(const MeterSet* meters, bool is_denied) {
  if (meters == nullptr || meters->calls == nullptr) return Taken::yes;
  if (is_denied) return meters->calls->take_one();
  meters->calls->add(1);
  return Taken::yes;
}

}  // namespace

struct Admission::Asked {
  const CallerMemo& memo;
  const AccessSnapshot& snapshot;
  const CustomerAccess& customer;
  const KeyAccess& key;
  const CalledModel& model;
  const Moment& now;
};

// Of the coverages of the model those that admit its version, in order, until use says that it is enough. Which of the
// first ones do is known from before; those behind them are compared with the version each time, however many there
// are: none may go unseen because used-up ones lie before it. Of a plain version nothing is allocated.
template <class Use>
void Admission::for_each_admitting(const CallerMemo& memo, const CustomerAccess& customer, const CalledModel& model,
                                   Use&& use) noexcept {
  const auto coverage_at = [&](std::uint32_t i) -> const CoverageAccess& {
    return customer.coverages[i < memo.exact_count ? memo.exact_at + i : memo.all_at + i - memo.exact_count];
  };
  for (std::uint64_t left = memo.admitting; left != 0; left &= left - 1)
    if (use(coverage_at(static_cast<std::uint32_t>(std::countr_zero(left))))) return;
  const std::uint32_t count = memo.exact_count + memo.all_count;
  if (count <= kKnownMax) [[likely]]
    return;
  const auto version = registry::parse_version_key(model.version);
  if (!version) return;
  for (std::uint32_t i = kKnownMax; i < count; ++i)
    if (const CoverageAccess& row = coverage_at(i); row.admits(*version) && use(row)) return;
}

void Admission::find_coverages(CallerMemo& memo, const CustomerAccess& customer, const KeyAccess& key,
                               const CalledModel& model) noexcept {
  memo.is_for_model = key.is_for(model.name);
  const auto exact = customer.covering(model.name), all = customer.covering(PublisherPattern(model.name).view());
  const auto place_of = [&](const auto& rows) {
    return rows.empty() ? 0 : static_cast<std::uint32_t>(rows.data() - customer.coverages.data());
  };
  memo.exact_at = place_of(exact);
  memo.all_at = place_of(all);
  memo.exact_count = static_cast<std::uint32_t>(exact.size());
  memo.all_count = static_cast<std::uint32_t>(all.size());
  memo.admitting = 0;
  memo.model = model.number;
  const auto version = registry::parse_version_key(model.version);
  if (!version) return;
  std::uint32_t i = 0;
  for (const auto& rows : {exact, all})
    for (const CoverageAccess& row : rows) {
      if (i == kKnownMax) return;
      if (row.admits(*version)) memo.admitting |= std::uint64_t{1} << i;
      ++i;
    }
}

Refusal Admission::judge_lease(const Asked& asked, const LicenceAccess& licence) const noexcept {
  if (asked.memo.lease_flaw != Refusal::none) return asked.memo.lease_flaw;
  const auto seat = seats_.find(asked.memo.lease);
  const bool is_theirs = seat && seat->customer != asked.customer.seat_number;
  if (!seat || (!is_theirs && seat->licence != licence.seat_number)) return Refusal::lease_unknown;
  if (asked.now.ms >= seat->expires_ms) return Refusal::lease_expired;
  return is_theirs ? Refusal::lease_other_customer : Refusal::none;
}

// Looks at everything first, so that what is refused touches nothing; then takes one after the other, and gives back
// where another call was faster.
void Admission::try_licence(const Asked& asked, const LicenceAccess& licence, Admitted& out) const noexcept {
  const Moment& now = asked.now;
  const Standing& standing = licence.verdicts.at(now.ms);
  const auto report_all = [&] {
    out.limit_count = 0;
    report(licence.rate.get(), Refusal::licence_rate, now, out);
    report(asked.key.rate.get(), Refusal::key_rate, now, out);
    report(licence.meters.at(now.ms).get(), Refusal::licence_used_up, now, out);
    report(asked.key.budget.at(now.ms).get(), Refusal::key_budget, now, out);
  };
  const auto refuse = [&](Refusal refusal, std::uint64_t retry_after_ms = 0) {
    if (refusal <= out.refusal) return;
    out.refusal = refusal;
    out.retry_after_ms = retry_after_ms;
    if (refusal >= Refusal::licence_used_up) report_all();
  };
  if (standing.refusal != Refusal::none) return refuse(standing.refusal);
  if (licence.is_floating)
    if (const Refusal lease = judge_lease(asked, licence); lease != Refusal::none) return refuse(lease);

  const std::shared_ptr<const MeterSet>& quotas = licence.meters.at(now.ms);
  const std::shared_ptr<const MeterSet>& budget = asked.key.budget.at(now.ms);
  const bool is_denied = licence.on_quota == Policy::deny;
  std::uint64_t quota_ms = 0, budget_ms = 0;
  const Taken of_quota = see(quotas.get(), now, quota_ms);
  if (is_denied && of_quota == Taken::used_up) return refuse(Refusal::licence_used_up, quota_ms);
  if (see(budget.get(), now, budget_ms) == Taken::used_up) return refuse(Refusal::key_budget, budget_ms);
  RateLimiter *const rate = licence.rate.get(), *const key_rate = asked.key.rate.get();
  if (rate != nullptr)
    if (const std::uint64_t wait = rate->wait_ns(now.ns); wait > 0) return refuse(Refusal::licence_rate, ms_of(wait));
  if (key_rate != nullptr)
    if (const std::uint64_t wait = key_rate->wait_ns(now.ns); wait > 0) return refuse(Refusal::key_rate, ms_of(wait));
  if (licence.calls_at_once > 0 && licence.under_way->calls.load(std::memory_order_relaxed) >= licence.calls_at_once)
    return refuse(Refusal::licence_busy);

  Ticket ticket;
  Taken taken = take_call(quotas.get(), is_denied);
  if (taken == Taken::used_up) return refuse(Refusal::licence_used_up, quota_ms);
  if (taken == Taken::yes && quotas) ticket.hold_licence(quotas);
  if (taken == Taken::yes) {
    taken = take_call(budget.get(), true);
    if (taken == Taken::used_up) return refuse(Refusal::key_budget, budget_ms);
    if (taken == Taken::yes && budget) ticket.hold_key(budget);
  }
  if (taken == Taken::not_reserved) {
    out.is_to_wait = true;
    return;
  }
  RateLimiter::Change of_rate, of_key_rate;
  if (rate != nullptr)
    if (const std::uint64_t wait = rate->take(now.ns, of_rate); wait > 0)
      return refuse(Refusal::licence_rate, ms_of(wait));
  if (key_rate != nullptr)
    if (const std::uint64_t wait = key_rate->take(now.ns, of_key_rate); wait > 0) {
      if (rate != nullptr) rate->give_back(of_rate);
      return refuse(Refusal::key_rate, ms_of(wait));
    }
  if (licence.calls_at_once > 0) {
    if (!take_place(*licence.under_way, licence.calls_at_once)) {
      if (key_rate != nullptr) key_rate->give_back(of_key_rate);
      if (rate != nullptr) rate->give_back(of_rate);
      return refuse(Refusal::licence_busy);
    }
    ticket.hold_place(licence.under_way);
  }
  out.refusal = Refusal::none;
  out.licence = licence.seat_number;
  out.is_to_wait = false;
  out.retry_after_ms = 0;
  if (ticket.holds_any()) out.ticket = std::move(ticket);
  out.warned_of = standing.warned_of;
  out.warning = standing.warning;
  if (!is_denied && of_quota == Taken::used_up && out.warned_of == Refusal::none) {
    out.warned_of = Refusal::licence_used_up;
    out.warning = "a quota of the licence is used up";
  }
  report_all();
}

// The first that admits it; else what the one that comes furthest says.
void Admission::choose(const Asked& asked, Admitted& out) const noexcept {
  const CallerMemo& memo = asked.memo;
  out.refusal =
      std::max(out.refusal, memo.exact_count + memo.all_count == 0 ? Refusal::licence_none : Refusal::licence_version);
  for_each_admitting(memo, asked.customer, asked.model, [&](const CoverageAccess& row) {
    try_licence(asked, asked.snapshot.licences[row.licence], out);
    return out.refusal == Refusal::none;
  });
}

// A key that licence files name for several customers: what covers the call is looked at, whoever signed it, and as
// whose it is named there.
void Admission::choose_of_rows(CallerMemo& memo, const AccessSnapshot& snapshot, const KeyAccess& first,
                               const CalledModel& model, const Moment& now, Admitted& out) const noexcept {
  out.refusal = Refusal::key_model;
  for (const KeyAccess* row = snapshot.row_for(&first, model.name); row != nullptr;
       row = snapshot.row_for(snapshot.next_of(*row), model.name)) {
    const CustomerAccess& customer = snapshot.customers[row->customer];
    find_coverages(memo, customer, *row, model);
    choose({memo, snapshot, customer, *row, model, now}, out);
    if (out.refusal == Refusal::none) break;
  }
  memo.model = 0;  // what it holds is one row's alone
}

void Admission::admit(CallerMemo& memo, const CalledModel& model, const Moment& now, Admitted& out) noexcept {
  const AccessSnapshot& snapshot = look();
  const Judged judged = judge_key(memo, snapshot, now);
  out.refusal = judged.refusal;
  if (judged.refusal == Refusal::none) {
    const KeyAccess& key = *judged.key;
    const CustomerAccess& customer = snapshot.customers[snapshot.row_or_first(key, model.name).customer];
    const bool is_of_one = key.next == KeyAccess::kNoRow;
    if (is_of_one && memo.model != model.number) find_coverages(memo, customer, key, model);
    if (!has(key.scopes, Scope::infer))
      out.refusal = Refusal::key_scope;
    else if (!is_of_one)
      choose_of_rows(memo, snapshot, key, model, now, out);
    else if (!memo.is_for_model)
      out.refusal = Refusal::key_model;
    else
      choose({memo, snapshot, customer, key, model, now}, out);
    if (out.is_to_wait) return;
    out.customer = customer.id;
    out.key = key.id;
    auto& counts = *customer.counts;
    (out.refusal == Refusal::none ? counts.admitted : counts.refused).fetch_add(1, std::memory_order_relaxed);
  }
  count(out.refusal);
}

Refusal Admission::see_key(CallerMemo& memo, std::string_view model, const Moment& now) noexcept {
  const AccessSnapshot& snapshot = look();
  const Judged judged = judge_key(memo, snapshot, now);
  if (judged.refusal != Refusal::none) return judged.refusal;
  if (!has(judged.key->scopes, Scope::infer)) return Refusal::key_scope;
  return snapshot.row_for(judged.key, model) != nullptr ? Refusal::none : Refusal::key_model;
}

Refusal Admission::see_release(CallerMemo& memo, const CalledModel& model, const Moment& now,
                               std::uint64_t& licence) noexcept {
  const AccessSnapshot& snapshot = look();
  const Judged judged = judge_key(memo, snapshot, now);
  if (judged.refusal != Refusal::none) return judged.refusal;
  bool is_of_the_same = false;
  const auto see_row = [&](const KeyAccess& key) {
    const CustomerAccess& customer = snapshot.customers[key.customer];
    if (memo.model != model.number) find_coverages(memo, customer, key, model);
    Refusal furthest = memo.exact_count + memo.all_count == 0 ? Refusal::licence_none : Refusal::licence_version;
    bool is_covered = false;
    for_each_admitting(memo, customer, model, [&](const CoverageAccess& row) {
      const LicenceAccess& one = snapshot.licences[row.licence];
      const Refusal refusal = one.verdicts.at(now.ms).refusal;
      is_covered = is_covered || refusal == Refusal::none;
      is_of_the_same = refusal == Refusal::none && one.seat_number == licence;
      furthest = std::max(furthest, refusal);
      return is_of_the_same;
    });
    return is_covered ? Refusal::none : furthest;
  };
  const auto told = [&](Refusal refusal) {
    if (!is_of_the_same) licence = 0;
    return refusal;
  };
  if (judged.key->next == KeyAccess::kNoRow) return told(see_row(*judged.key));
  Refusal furthest = Refusal::licence_none;
  bool is_covered = false;
  for (const KeyAccess* row = snapshot.row_for(judged.key, model.name); row != nullptr && !is_of_the_same;
       row = snapshot.row_for(snapshot.next_of(*row), model.name)) {
    memo.model = 0;
    const Refusal refusal = see_row(*row);
    memo.model = 0;
    is_covered = is_covered || refusal == Refusal::none;
    furthest = std::max(furthest, refusal);
  }
  return told(is_covered ? Refusal::none : furthest);
}

}  // namespace stoa::licensing

// waterfall.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/agreement/waterfall.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

namespace stoa::licensing {
namespace {

using Millionths = CarriedRate::Millionths;

// Takes a rate and keeps what it cut off in its place of the state; at most `most`.
Nano take(std::int64_t& carried, Millionths exact, Nano most) {
  CarriedRate rate(carried);
  const Nano taken = std::min(rate.take(exact), most);
  carried = rate.carried();
  return taken;
}

}  // namespace

Result<Waterfall> Waterfall::resume(const Agreement& agreement, WaterfallState state) {
  std::vector<std::uint32_t> ppm;
  for (const Party& party : agreement.parties) ppm.push_back(party.ppm);
  if (state.remainders.empty()) state.remainders.resize(ppm.size(), 0);
  if (state.earned.empty()) state.earned.resize(ppm.size(), 0);
  auto split = Split::resume(std::move(ppm), state.remainders);
  if (!split) return std::unexpected(split.error());
  const auto is_carried = [](std::int64_t carried) { return carried >= 0 && carried < std::int64_t{kPpm}; };
  if (state.earned.size() != agreement.parties.size() || state.gross < 0 || !is_carried(state.processing_carried) ||
      !is_carried(state.fee_carried) || !is_carried(state.referral_carried) || !is_carried(state.recoupment_carried))
    return failure(Code::invalid_argument, "agreement.state",
                   fmt::format("state: is not one of an agreement with {} parties", agreement.parties.size()));
  return Waterfall(agreement, std::move(state), std::move(*split));
}

void Waterfall::begin_period(std::int64_t at_ms) {
  if (agreement_->period == Period::none) return;
  if (state_.period_end_ms != 0 && at_ms < state_.period_end_ms) return;
  state_.period_end_ms = *end_of_period(agreement_->period, at_ms);
  state_.gross = 0;
  std::ranges::fill(state_.earned, 0);
}

Millionths Waterfall::fee_of(Nano gross) const {
  Millionths exact = 0;
  Nano from = state_.gross;
  const Nano end = INT64_MAX - gross < from ? INT64_MAX : from + gross;  // what is beyond falls into the last tier
  for (const FeeTier& tier : agreement_->platform_fee) {
    const bool is_reached = !tier.up_to || from < *tier.up_to;
    if (!is_reached) continue;
    if (agreement_->tier_rule == TierRule::cliff) return Millionths{gross} * tier.ppm;
    const Nano to = std::min(end, tier.up_to.value_or(end));
    exact += Millionths{to - from} * tier.ppm;
    from = to;
    if (from == end) break;
  }
  return exact;
}

Nano Waterfall::take_referral(Nano gross, Nano fee, std::int64_t at_ms) {
  const auto& referral = agreement_->referral;
  if (!referral || (referral->until_ms && at_ms >= *referral->until_ms)) return 0;
  const Nano base = referral->of_platform_fee ? fee : gross;
  Nano most = base;
  if (referral->cap) most = std::min(most, std::max<Nano>(0, *referral->cap - state_.referred));
  const Nano taken = take(state_.referral_carried, Millionths{base} * referral->ppm, most);
  state_.referred += taken;
  return taken;
}

std::vector<Allotment> Waterfall::distribute(Nano gross, std::int64_t at_ms) {
  std::vector<Allotment> out;
  distribute(gross, at_ms, out);
  return out;
}

void Waterfall::go_back(const WaterfallState& before) {
  state_ = before;
  split_.go_back(before.remainders);
}

void Waterfall::distribute(Nano gross, std::int64_t at_ms, std::vector<Allotment>& out) {
  begin_period(at_ms);
  out.clear();
  const auto give = [&out](Step step, Nano amount) {
    if (amount > 0) out.push_back({step, 0, amount});
  };
  Nano rest = gross;

  const Nano by_rate = take(state_.processing_carried, Millionths{gross} * agreement_->processing_ppm, rest);
  const Nano processing = by_rate + std::min(gross > 0 ? agreement_->processing_flat : 0, rest - by_rate);
  give(Step::processing, processing);
  rest -= processing;

  const Nano fee = take(state_.fee_carried, fee_of(gross), rest);
  rest -= fee;
  Nano referred = take_referral(gross, fee, at_ms);
  if (agreement_->referral && !agreement_->referral->of_platform_fee) {
    state_.referred -= referred - std::min(referred, rest);
    referred = std::min(referred, rest);
    rest -= referred;
    give(Step::platform_fee, fee);
  } else {
    give(Step::platform_fee, fee - referred);
  }
  give(Step::referral, referred);

  if (const auto& advance = agreement_->advance; advance && state_.recouped < advance->amount) {
    const Nano most = std::min(rest, advance->amount - state_.recouped);
    const Nano recouped = take(state_.recoupment_carried, Millionths{rest} * advance->ppm, most);
    state_.recouped += recouped;
    give(Step::recoupment, recouped);
    rest -= recouped;
  }
  divide(rest, out);
  state_.gross = INT64_MAX - gross < state_.gross ? INT64_MAX : state_.gross + gross;
}

// What a cap cuts off goes to the residual party; the split itself does not know of it.
void Waterfall::divide(Nano rest, std::vector<Allotment>& out) {
  std::vector<Nano>& parts = parts_;
  parts.resize(agreement_->parties.size());
  split_.divide(rest, parts);
  state_.remainders = split_.remainders();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!agreement_->cap || i == agreement_->residual) continue;
    const Nano room = std::max<Nano>(0, *agreement_->cap - state_.earned[i]);
    if (parts[i] <= room) continue;
    parts[agreement_->residual] += parts[i] - room;
    parts[i] = room;
  }
  for (std::size_t i = 0; i < parts.size(); ++i) {
    state_.earned[i] = INT64_MAX - parts[i] < state_.earned[i] ? INT64_MAX : state_.earned[i] + parts[i];
    if (parts[i] > 0) out.push_back({Step::party, i, parts[i]});
  }
}

Nano Waterfall::short_of_guarantee() const {
  Nano earned = 0;
  for (std::size_t i = 0; i < state_.earned.size(); ++i)
    if (agreement_->parties[i].name != "platform" && __builtin_add_overflow(earned, state_.earned[i], &earned))
      return 0;
  return std::max<Nano>(0, agreement_->guarantee - earned);
}

}  // namespace stoa::licensing

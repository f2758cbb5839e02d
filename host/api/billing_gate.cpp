// billing_gate.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/billing_gate.hpp"

#include <algorithm>
#include <memory>
#include <string>

#include "host/api/call_key.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::api {
namespace {

using licensing::MeterPrice;
using licensing::Quantity;

constexpr std::uint64_t kMicro = 1'000'000;
// Where what was reported is not what is charged: no price list has such a meter, so that it costs nothing.
constexpr std::string_view kReported = "/reported";
constexpr std::size_t kQuantitiesMax = 64;  // of an entry

std::uint64_t units_of(const runtime::MeterTotal& total) {
  return units_begun(static_cast<std::uint64_t>(std::max<std::int64_t>(total.total_micro, 0)), kMicro);
}

std::uint64_t measured_of(std::string_view meter, const Measured& measured) {
  if (meter == kCallMeter) return 1;
  if (meter == kBytesInMeter) return measured.bytes_in;
  if (meter == kBytesOutMeter) return measured.bytes_out;
  const std::uint64_t compute_ns = measured.began_ns == 0 ? 0 : thread::monotonic_ns() - measured.began_ns;
  return units_begun(compute_ns, meter == kSecondsMeter ? 1'000'000'000 : 1'000'000);
}

std::uint64_t reported_of(std::string_view meter, std::span<const runtime::MeterTotal> totals) {
  const auto total = std::ranges::find(totals, meter, &runtime::MeterTotal::meter);
  return total == totals.end() ? 0 : units_of(*total);
}

class HoldBound final : public licensing::UnitsByMeter {
 public:
  explicit HoldBound(const UseBound& bound) : bound_(bound) {}
  std::uint64_t units_of(std::string_view meter) const override { return bound_.of(meter); }

 private:
  const UseBound& bound_;
};

}  // namespace

Result<void> BillingGate::hold(CallCharge& charge, const runtime::ModelSpec& model, const runtime::CallSpec& call) {
  const UseBound bound(model, call, rules_.at_most);
  auto held = teller_.hold(charge.party.customer, model.name, HoldBound(bound), charge.arrived_ms);
  if (!held) {
    if (rules_.unpriced_are_free && held.error().reason == "billing.no_price") return {};
    return std::unexpected(std::move(held.error()));
  }
  charge.hold_ = std::move(*held);
  charge.teller_ = &teller_;
  return {};
}

std::vector<Quantity> BillingGate::quantities(const CallCharge& charge, std::span<const runtime::MeterTotal> totals,
                                              const Measured& measured) const {
  const std::vector<MeterPrice>& prices = charge.hold_.prices->meters;
  std::vector<Quantity> quantities;
  quantities.reserve(prices.size() + totals.size() + 1);
  const auto add = [&](std::string_view meter, std::uint64_t units) {
    if (units > 0 && quantities.size() < kQuantitiesMax) quantities.push_back({std::string(meter), units});
  };
  const auto add_reported = [&](std::string_view meter, std::uint64_t units) {
    if (units > 0) add(std::string(meter).append(kReported), units);
  };
  for (std::size_t i = 0; i < prices.size(); ++i) {
    const std::string& meter = prices[i].meter;
    const std::uint64_t reported = reported_of(meter, totals);
    const std::uint64_t used = is_measured_here(meter) ? measured_of(meter, measured) : reported;
    const std::uint64_t charged = std::min(used, charge.hold_.units[i]);
    add(meter, charged);
    if (used > charged) add_reported(meter, used);
    if (is_measured_here(meter) && reported != used) add_reported(meter, reported);
  }
  for (const runtime::MeterTotal& total : totals) {
    if (std::ranges::find(prices, total.meter, &MeterPrice::meter) != prices.end()) continue;
    if (is_measured_here(total.meter))
      add_reported(total.meter, units_of(total));
    else
      add(total.meter, units_of(total));
  }
  return quantities;
}

Result<std::uint64_t> BillingGate::charge(CallCharge& charge, const runtime::ModelSpec& model,
                                          licensing::Outcome outcome, std::span<const runtime::MeterTotal> totals,
                                          const Measured& measured) {
  const std::vector<Quantity> used = quantities(charge, totals, measured);
  charge.teller_ = nullptr;  // whatever comes of it, the hold is gone
  const auto settled = teller_.settle({.customer = charge.party.customer,
                                       .model = model.name,
                                       .version = model.version,
                                       .package = model.package,
                                       .outcome = outcome,
                                       .quantities = used,
                                       .happened_ms = charge.arrived_ms,
                                       .party = &charge.party},
                                      charge.hold_);
  if (settled) return settled->number;
  if (tell_) tell_({charge.party, model.name, outcome, settled.error()});
  uncharged_.fetch_add(1, std::memory_order_release);
  return std::unexpected(settled.error());
}

DurableReply BillingGate::reply_for(http::Exchange& exchange, std::uint64_t entry) {
  const bool is_kept_first = call_key_in(exchange) != nullptr;
  return {exchange, has_to_wait(entry) && !is_kept_first ? &journal_ : nullptr};
}

http::Task<Result<void>> BillingGate::until_durable(http::Exchange& exchange, std::uint64_t entry) {
  const DurableReply reply = reply_for(exchange, entry);
  auto waited = http::Waited::signalled;
  if (reply.is_pending()) waited = co_await exchange.wait(reply.signal(), DurableReply::deadline_ns());
  co_return reply.outcome(waited);
}

}  // namespace stoa::api

// billing_gate.hpp: holds before a call, charges after it, and waits until that is on the disk.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

#include "host/api/call_charge.hpp"
#include "host/api/durable.hpp"
#include "host/api/use_bound.hpp"
#include "host/http/exchange.hpp"
#include "licensing/journal/journal.hpp"

namespace stoa::api {

struct BillingRules {
  bool replies_are_durable = true;  // answers leave when their entries are durable; false: at once
  bool unpriced_are_free = false;   // calls of models without a price; false: they are refused
  MeterLimits at_most = {};         // of one call, where nothing else bounds it
};

// What the host measured itself.
struct Measured {
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::uint64_t began_ns = 0;  // CLOCK_MONOTONIC, when the model was given the call; 0: it was not
};

// A call that used something, and could not be charged.
struct Uncharged {
  const licensing::CallParty& party;
  std::string_view model;
  licensing::Outcome outcome;
  const Error& why;
};
// By the call's thread; prompt.
using TellUncharged = std::function<void(const Uncharged&)>;

// Threads: any; each call is one thread's at a time.
class BillingGate {
 public:
  // Both outlive it. tell: may be empty.
  BillingGate(licensing::Teller& teller, licensing::Journal& journal, BillingRules rules, TellUncharged tell = {})
      : teller_(teller), journal_(journal), rules_(std::move(rules)), tell_(std::move(tell)) {}

  // The most that the call can cost is held back from now on. Nothing is, where it is free. Errors: those of
  // Teller::hold.
  Result<void> hold(CallCharge& charge, const runtime::ModelSpec& model, const runtime::CallSpec& call);
  // What it used is charged, and the rest of the hold is free; the entry's number. Of what the plugin counted no more
  // than was held for, and the host's own meters are the host's: where they differ, the entry says both. totals: the
  // plugin's. On an error nothing was charged, and the hold is gone: those of Teller::settle. Whoever dropped the
  // call's answer may drop the error, too: it has been told and counted.
  Result<std::uint64_t> charge(CallCharge& charge, const runtime::ModelSpec& model, licensing::Outcome outcome,
                               std::span<const runtime::MeterTotal> totals, const Measured& measured);

  // Where an answer has to wait for its entry (replies_are_durable); but one that is kept before it leaves waits there
  // (KeyedExchange): what is kept is the answer, whatever the disk does meanwhile. Errors: those of
  // DurableReply::outcome.
  http::Task<Result<void>> until_durable(http::Exchange& exchange, std::uint64_t entry);
  // The same for who waits itself, which saves a coroutine.
  DurableReply reply_for(http::Exchange& exchange, std::uint64_t entry);
  bool has_to_wait(std::uint64_t entry) const { return rules_.replies_are_durable && journal_.durable() <= entry; }

  // Since this was made; each was told before it was counted.
  std::uint64_t uncharged() const { return uncharged_.load(std::memory_order_acquire); }
  // No billed call is served any more.
  bool has_stopped() const { return teller_.has_stopped(); }

 private:
  std::vector<licensing::Quantity> quantities(const CallCharge& charge, std::span<const runtime::MeterTotal> totals,
                                              const Measured& measured) const;

  licensing::Teller& teller_;
  licensing::Journal& journal_;
  const BillingRules rules_;
  const TellUncharged tell_;
  std::atomic<std::uint64_t> uncharged_{0};
};

// The field, and the trailer of a stream, that names a call's entry.
inline constexpr std::string_view kReceiptField = "x-stoa-receipt";

}  // namespace stoa::api

// access_gate.hpp: asks admission about a request before its body is read, and says the answer in HTTP's words.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/api/billing_gate.hpp"
#include "host/http/exchange.hpp"
#include "host/inference/served_model.hpp"
#include "licensing/admission/admission.hpp"

namespace stoa::api {

using AnswerFields = std::vector<std::pair<std::string_view, std::string>>;

// What an admitted request carries until it is answered.
struct AccessPass {
  AnswerFields fields = {};  // of the answer: limits and warnings
  licensing::Ticket ticket = {};
  std::uint64_t licence = 0;  // the number of the one that admitted it; 0: none that covers the release that answers
  BillingGate* billing = nullptr;  // null: this host charges nobody
  CallCharge charge = {};          // its party says whose call it is, also where nobody is charged
};

// What came of asking. Neither refusal nor pass: what a quota still has must be reserved first (wait_and_enter).
struct Entry {
  std::optional<http::Response> refusal = {};
  std::unique_ptr<AccessPass> pass = {};
};

// Thread: the exchange's I/O thread.
class AccessGate {
 public:
  explicit AccessGate(licensing::Admission& admission) : admission_(admission) {}
  // Who is admitted from now on is charged. Outlives this; before the first request.
  void charge_by(BillingGate& billing) { billing_ = &billing; }

  // The id of the customer whose key is shown and counts; empty: nobody's. Lifetime: until the handler next waits.
  std::string_view customer_of(http::Exchange& exchange);
  // The same, as whom it calls the model.
  std::string_view customer_for(http::Exchange& exchange, std::string_view model);
  // The answer to who shows no key that counts; before anything else is looked at.
  std::optional<http::Response> refusal_of_caller(http::Exchange& exchange);
  // The same to who shows a key that is not for calls of the model: before it is told what another key was answered.
  std::optional<http::Response> refusal_of_key(http::Exchange& exchange, std::string_view model);

  Entry enter(http::Exchange& exchange, const inference::ServedModel& model);
  // The same, once what it takes is reserved; unavailable "quota.unavailable" (503) when that takes too long.
  http::Task<Entry> wait_and_enter(http::Exchange& exchange, std::shared_ptr<inference::ServedModel> model);
  // Whether another release of the model may answer who was admitted, by pass: the answer that refuses it.
  std::optional<http::Response> refusal_of_release(http::Exchange& exchange, const inference::ServedModel& release,
                                                   AccessPass* pass);

 private:
  licensing::Caller identify(http::Exchange& exchange);
  http::Response refuse(const http::RequestHead& head, licensing::Refusal refusal, const licensing::Admitted* admitted);

  licensing::Admission& admission_;
  BillingGate* billing_ = nullptr;
};

// "RateLimit" and "RateLimit-Policy" (draft-ietf-httpapi-ratelimit-headers-10), where a limit applies.
void add_limits(const licensing::Admitted& admitted, AnswerFields& fields);

}  // namespace stoa::api

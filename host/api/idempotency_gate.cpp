// idempotency_gate.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/idempotency_gate.hpp"

#include <fmt/format.h>

#include <memory>
#include <utility>

#include "host/api/billing_gate.hpp"
#include "host/api/problem.hpp"
#include "host/api/status_mapping.hpp"

namespace stoa::api {
namespace {

using State = licensing::KeyStanding::State;
constexpr std::string_view kRetryAfterS = "1";  // of a call that runs: how long is not known here

// Of all that says what the body means; the body itself is the desk's to read.
registry::Sha256Stream digest_of_head(const http::RequestHead& head) {
  registry::Sha256Stream stream;
  const auto add = [&](std::string_view text) {
    stream.update(std::as_bytes(std::span(text)));
    stream.update(std::as_bytes(std::span("", 1)));
  };
  add(head.method_text);
  add(head.target);
  add(head.find("inference-header-content-length"));
  return stream;
}

}  // namespace

// Shared: the handler may be gone when the desk comes to it.
struct IdempotencyGate::Asked {
  std::string customer;
  CallKey key;
  licensing::Sha256 call_key{};
  http::Body body;
  registry::Sha256Stream of_head;
  std::shared_ptr<http::Signal> signal = {};
  Result<licensing::KeyStanding> standing = {};
  Result<licensing::KeptAnswer> answer = {};
  std::atomic<bool> is_made{false};
};

void IdempotencyGate::look_up(Asked& asked) {
  asked.call_key = licensing::call_key_of(asked.customer, asked.key.text);
  asked.of_head.update(asked.body.data());
  asked.key.request = asked.of_head.finish();
  asked.standing = parts_.answers.begin(asked.call_key, asked.key.request);
  if (asked.standing && asked.standing->state == State::answered)
    asked.answer = parts_.answers.read(*asked.standing->answer);
}

// A client that hangs up is waited on for: the call may have begun.
http::Task<Result<void>> IdempotencyGate::ask(http::Exchange& exchange, std::shared_ptr<Asked> asked) {
  asked->signal = exchange.make_signal();
  const bool is_taken = parts_.post([this, asked] {
    look_up(*asked);
    asked->is_made.store(true, std::memory_order_release);
    asked->signal->notify();
  });
  if (!is_taken)
    co_return std::unexpected(
        Error{Code::unavailable, "idempotency.busy", "more calls with keys wait than are taken on; try again", 1000});
  while (!asked->is_made.load(std::memory_order_acquire)) co_await exchange.wait(*asked->signal, 0);
  if (!asked->standing) co_return std::unexpected(asked->standing.error());
  if (!asked->answer) co_return std::unexpected(asked->answer.error());
  co_return Result<void>();
}

http::Response IdempotencyGate::answer_to(const Asked& asked) {
  const auto count = [](std::atomic<std::uint64_t>& counter) { counter.fetch_add(1, std::memory_order_relaxed); };
  if (asked.standing->state == State::other_body) {
    count(other_body_);
    return v2_error({Code::failed_precondition, "idempotency.other_body",
                     "Idempotency-Key: was sent with another request before; take a new one for each", 0},
                    422);
  }
  if (asked.standing->state == State::running) {
    count(running_);
    auto response = v2_error({Code::aborted, "idempotency.running",
                              "Idempotency-Key: the call with this key still runs; ask again for its answer", 0},
                             409);
    response.fields.emplace_back("Retry-After", kRetryAfterS);
    return response;
  }
  const licensing::KeptAnswer& kept = *asked.answer;
  if (!kept.is_kept) {
    count(not_kept_);
    const std::string receipt = kept.entry ? fmt::format(" (receipt {})", *kept.entry) : std::string();
    auto response = v2_error(
        {Code::aborted, "idempotency.not_kept",
         fmt::format("Idempotency-Key: the call was answered{}, with more than the {} bytes that are kept; a new key "
                     "makes a new call",
                     receipt, parts_.answers.body_bytes_max()),
         0},
        409);
    if (kept.entry) response.fields.emplace_back(kReceiptField, std::to_string(*kept.entry));
    return response;
  }
  count(replayed_);
  auto owner = std::make_shared<const licensing::KeptAnswer>(kept);
  http::Response response{.status = owner->status, .content_type = owner->content_type, .body = owner->body};
  for (const auto& [name, value] : owner->fields) response.fields.emplace_back(name, value);
  response.fields.emplace_back("idempotent-replayed", "true");
  response.owner = std::move(owner);
  return response;
}

http::Task<void> IdempotencyGate::serve(http::Exchange& exchange, std::string customer, std::string key,
                                        http::BodyLimits limits, Run run) {
  auto body = co_await exchange.read_body(limits);
  if (!body) {
    if (body.error().reason != "http.client_gone") co_await exchange.reply(v2_error(body.error()));
    co_return;
  }
  auto asked = std::make_shared<Asked>();
  asked->customer = std::move(customer);
  asked->key.text = std::move(key);
  asked->body = std::move(*body);
  asked->of_head = digest_of_head(exchange.head());
  if (auto known = co_await ask(exchange, asked); !known) {
    co_await exchange.reply(v2_error(known.error()));
    co_return;
  }
  if (asked->standing->state != State::begun) {
    if (asked->standing->entry) exchange.set_mark(*asked->standing->entry);
    co_await exchange.reply(answer_to(*asked));
    co_return;
  }
  run_.fetch_add(1, std::memory_order_relaxed);
  asked->key.entry = asked->standing->entry;
  asked->key.was_charged = asked->key.entry.has_value();
  KeyedExchange keyed({exchange, parts_.answers, parts_.ledger, parts_.durable_wait_ns}, std::move(asked->body),
                      asked->call_key, std::move(asked->key));
  co_await run(keyed);
}

std::vector<HostGauge> IdempotencyGate::gauges() const {
  std::vector<HostGauge> gauges;
  const std::pair<const char*, const std::atomic<std::uint64_t>*> rows[] = {{"run", &run_},
                                                                            {"replayed", &replayed_},
                                                                            {"running", &running_},
                                                                            {"other_body", &other_body_},
                                                                            {"not_kept", &not_kept_}};
  for (const auto& [outcome, count] : rows)
    gauges.push_back({.name = "stoa_idempotency_calls_total",
                      .help = "calls with an Idempotency-Key, by what was known of their key",
                      .value = static_cast<double>(count->load(std::memory_order_relaxed)),
                      .labels = {{"outcome", outcome}},
                      .is_counter = true});
  return gauges;
}

}  // namespace stoa::api

// access_gate.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/access_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <new>

#include "host/api/call_key.hpp"
#include "host/api/problem.hpp"
#include "host/api/shown_key.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::api {
namespace {

using licensing::CallerMemo;
using licensing::Refusal;

// Longer than a disk takes to reserve, shorter than clients wait.
constexpr std::uint64_t kReserveNs = 2'000'000'000;

// Of a quota without a period: only a new licence helps, and a client that asks again should not do so soon.
constexpr std::uint64_t kForGoodMs = 86'400'000;

struct PolicyRow {
  Refusal of;
  std::string_view name;
};
constexpr PolicyRow kPolicies[] = {{Refusal::licence_rate, "licence"},
                                   {Refusal::key_rate, "key"},
                                   {Refusal::licence_used_up, "licence-quota"},
                                   {Refusal::key_budget, "key-budget"}};

std::string_view policy_name(Refusal of) {
  for (const PolicyRow& row : kPolicies)
    if (row.of == of) return row.name;
  return {};
}

licensing::CalledModel called(const inference::ServedModel& model) {
  return {.name = model.spec().name, .version = model.spec().version, .number = model.number()};
}

// The memo is bytes to host/http, and all zero at first: an implicit-lifetime type's value in them.
CallerMemo& memo_of(http::Exchange& exchange) {
  CallerMemo& memo = *std::launder(reinterpret_cast<CallerMemo*>(exchange.memo().bytes.data()));
  if (!memo.is_read) [[unlikely]]
    memo = licensing::read_shown(shown_in(exchange.head()));
  return memo;
}

// Written with every answer: without a format to be read, and nowhere but here. Four limits of 20 digits twice.
class LimitText {
 public:
  LimitText& begin(std::string_view name) {
    if (at_ != text_.data()) put(", ");
    return put("\"").put(name).put("\"");
  }
  LimitText& put(std::string_view part) {
    at_ = std::ranges::copy(part, at_).out;
    return *this;
  }
  LimitText& put(std::uint64_t number) {
    at_ = std::to_chars(at_, text_.data() + text_.size(), number).ptr;
    return *this;
  }
  std::string text() const { return {text_.data(), static_cast<std::size_t>(at_ - text_.data())}; }

 private:
  std::array<char, 4 * 72> text_;
  char* at_ = text_.data();
};

// RFC 6750: a challenge; with an error where a key was sent.
std::string challenge(const licensing::RefusalRow& row) {
  if (row.refusal == Refusal::key_missing) return R"(Bearer realm="stoa")";
  return fmt::format(R"(Bearer realm="stoa", error="invalid_token", error_description="{}")", row.reason);
}

}  // namespace

void add_limits(const licensing::Admitted& admitted, AnswerFields& fields) {
  if (admitted.limit_count == 0) return;
  LimitText policies, limits;
  for (std::uint32_t i = 0; i < admitted.limit_count; ++i) {
    const licensing::LimitNow& limit = admitted.limits[i];
    const std::string_view name = policy_name(limit.of);
    policies.begin(name).put(";q=").put(limit.amount);
    if (limit.window_s > 0) policies.put(";w=").put(limit.window_s);
    limits.begin(name).put(";r=").put(limit.left);
    if (limit.window_s > 0) limits.put(";t=").put(limit.reset_s);
  }
  fields.reserve(fields.size() + 3);  // and one for a warning
  fields.emplace_back("RateLimit-Policy", policies.text());
  fields.emplace_back("RateLimit", limits.text());
}

http::Response AccessGate::refuse(const http::RequestHead& head, Refusal refusal, const licensing::Admitted* admitted) {
  const licensing::RefusalRow& row = licensing::row_of(refusal);
  Error error = licensing::error_of(refusal);
  if (admitted != nullptr) {
    const bool is_for_good =
        admitted->retry_after_ms == 0 && (refusal == Refusal::licence_used_up || refusal == Refusal::key_budget);
    const std::uint64_t wait_ms = is_for_good ? kForGoodMs : admitted->retry_after_ms;
    error.retry_after_ms = static_cast<std::uint32_t>(std::min<std::uint64_t>(wait_ms, UINT32_MAX));
  }
  http::Response response = render_error(row.status, error, &head);
  if (row.status == 401) response.fields.emplace_back("WWW-Authenticate", challenge(row));
  if (admitted != nullptr) add_limits(*admitted, response.fields);
  return response;
}

licensing::Caller AccessGate::identify(http::Exchange& exchange) {
  CallerMemo& memo = memo_of(exchange);
  return admission_.identify(memo, admission_.moment_of(exchange.head().arrived_ns));
}

std::string_view AccessGate::customer_of(http::Exchange& exchange) { return identify(exchange).customer; }

std::string_view AccessGate::customer_for(http::Exchange& exchange, std::string_view model) {
  CallerMemo& memo = memo_of(exchange);
  return admission_.identify_for(memo, model, admission_.moment_of(exchange.head().arrived_ns)).customer;
}

std::optional<http::Response> AccessGate::refusal_of_caller(http::Exchange& exchange) {
  const Refusal refusal = identify(exchange).refusal;
  if (refusal == Refusal::none) [[likely]]
    return std::nullopt;
  admission_.count(refusal);
  return refuse(exchange.head(), refusal, nullptr);
}

std::optional<http::Response> AccessGate::refusal_of_key(http::Exchange& exchange, std::string_view model) {
  const Refusal refusal =
      admission_.see_key(memo_of(exchange), model, admission_.moment_of(exchange.head().arrived_ns));
  if (refusal == Refusal::none) return std::nullopt;
  admission_.count(refusal);
  return refuse(exchange.head(), refusal, nullptr);
}

Entry AccessGate::enter(http::Exchange& exchange, const inference::ServedModel& model) {
  CallerMemo& memo = memo_of(exchange);
  const licensing::Moment now = admission_.moment_of(exchange.head().arrived_ns);
  licensing::Admitted admitted;
  admission_.admit(memo, called(model), now, admitted);
  Entry entry;
  if (admitted.is_to_wait) return entry;
  if (admitted.refusal != Refusal::none) {
    entry.refusal = refuse(exchange.head(), admitted.refusal, &admitted);
    return entry;
  }
  entry.pass = std::make_unique<AccessPass>();
  entry.pass->charge.party.customer = admitted.customer;
  if (billing_ != nullptr) {
    entry.pass->billing = billing_;
    entry.pass->charge.party.key = admitted.key;
    if (const CallKey* const key = call_key_in(exchange)) {
      entry.pass->charge.party.idempotency_key = key->text;
      entry.pass->charge.party.body = key->request;
    }
    entry.pass->charge.party.request = exchange.head().request_id;
    entry.pass->charge.arrived_ms = now.ms;
  }
  entry.pass->ticket = std::move(admitted.ticket);
  entry.pass->licence = admitted.licence;
  add_limits(admitted, entry.pass->fields);
  if (admitted.warned_of != Refusal::none) {
    const std::string_view reason = licensing::row_of(admitted.warned_of).reason;
    entry.pass->fields.emplace_back("Stoa-Licence-Warning", fmt::format("{}; detail=\"{}\"", reason, admitted.warning));
  }
  return entry;
}

http::Task<Entry> AccessGate::wait_and_enter(http::Exchange& exchange, std::shared_ptr<inference::ServedModel> model) {
  const std::uint64_t until_ns = thread::monotonic_ns() + kReserveNs;
  for (;;) {
    Entry entry = enter(exchange, *model);
    if (entry.refusal || entry.pass) co_return entry;
    const std::shared_ptr<http::Signal> signal = exchange.make_signal();
    admission_.when_refilled([signal] { signal->notify(); });
    const http::Waited waited = co_await exchange.wait(*signal, until_ns);
    if (waited == http::Waited::signalled) continue;
    const Error error{Code::unavailable, "quota.unavailable", "what is left of the quota could not be reserved in time",
                      1000};
    entry.refusal = render_error(503, error, &exchange.head());
    co_return entry;
  }
}

std::optional<http::Response> AccessGate::refusal_of_release(http::Exchange& exchange,
                                                             const inference::ServedModel& release, AccessPass* pass) {
  CallerMemo& memo = memo_of(exchange);
  std::uint64_t none = 0;
  const Refusal refusal = admission_.see_release(
      memo, called(release), admission_.moment_of(exchange.head().arrived_ns), pass == nullptr ? none : pass->licence);
  if (refusal == Refusal::none) return std::nullopt;
  return refuse(exchange.head(), refusal, nullptr);
}

}  // namespace stoa::api

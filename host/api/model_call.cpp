// model_call.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/model_call.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>

#include "host/api/call_key.hpp"
#include "host/thread/kept_blocks.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::api {
namespace {

constexpr std::uint64_t kTimeoutMaxNs = 3'600'000'000'000;  // an hour: longer is a client's mistake

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}
Error too_late() {
  return {Code::deadline_exceeded, "request.deadline", "the request's deadline passed before the model answered", 0};
}

std::unexpected<Error> too_large() {
  return failure(Code::resource_exhausted, "output.too_large",
                 "the answer has more than " + std::to_string(kAnswerBytesMax) + " bytes");
}

std::uint64_t count_bytes(const std::vector<runtime::OutputPart>& parts) {
  std::uint64_t bytes = 0;
  for (const auto& part : parts) bytes += part.payload_bytes();
  return bytes;
}

bool is_all_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

}  // namespace

// Knows its signal late: a call that ends before its first wait (inline models) needs none. Both sides store, then
// look: whichever comes second notifies. Order: seq_cst, so that not both miss the other.
class ModelCall::Listener final : public runtime::CallListener {
 public:
  void on_progress() noexcept override {
    progressed_.store(true);
    if (http::Signal* signal = published_.load()) signal->notify();
  }
  void attach(std::shared_ptr<http::Signal> signal) {
    signal_ = std::move(signal);
    published_.store(signal_.get());
    if (progressed_.load()) signal_->notify();
  }

 private:
  std::shared_ptr<http::Signal> signal_;  // set once, before published_
  std::atomic<http::Signal*> published_{nullptr};
  std::atomic<bool> progressed_{false};
};

ModelCall::ModelCall(http::Exchange& exchange, std::shared_ptr<inference::ServedModel> model)
    : exchange_(exchange),
      model_(std::move(model)),
      listener_(std::allocate_shared<Listener>(thread::KeptAllocator<Listener>())) {}

ModelCall::~ModelCall() {
  end_charge();
  settle();
  if (call_ && !call_->finished()) model_->cancel(call_, Code::cancelled);
}

// What a call counts for: licensing/README.md has the table.
void ModelCall::settle() noexcept {
  if (!pass_ || !call_) return;
  const bool has_crashed = call_->finished() && call_->error() && call_->error()->reason == "plugin.crashed";
  if (has_answered_ && !has_crashed) {
    std::vector<runtime::MeterTotal> totals;
    if (pass_->ticket.has_meters()) totals = call_->meters();
    std::vector<licensing::MeterUse> uses;
    uses.reserve(totals.size());
    for (const auto& total : totals) uses.push_back({total.meter, static_cast<std::uint64_t>(total.total_micro)});
    pass_->ticket.settle(uses);
  }
  pass_.reset();
}

Result<ModelCall> ModelCall::start(http::Exchange& exchange, inference::Routed route, runtime::CallSpec&& spec,
                                   std::unique_ptr<AccessPass> pass) {
  ModelCall started(exchange, std::move(route.model));
  started.deadline_ns_ = spec.deadline_ns;
  if (pass) {
    spec.tenant = pass->charge.party.customer;
    spec.model = started.model_->spec().name;
    spec.licence = pass->licence;
    const CallKey* const key = call_key_in(exchange);
    // A second run, for an answer that a crash took, was paid for by the first.
    if (key != nullptr && key->was_charged)
      started.entry_ = key->entry;
    else if (pass->billing != nullptr)
      if (auto held = pass->billing->hold(pass->charge, started.model_->spec(), spec); !held)
        return std::unexpected(std::move(held.error()));
    if (pass->charge.is_held()) started.bytes_in_ = bytes_in(spec);
  }
  auto call = runtime::Call::create(std::move(spec), started.listener_);
  if (auto queued = started.model_->enqueue(call); !queued) return std::unexpected(std::move(queued.error()));
  if (route.mirror != nullptr) started.mirrored_ = route.mirror->begin(call->spec());
  started.call_ = std::move(call);
  started.pass_ = std::move(pass);
  return started;
}

Error ModelCall::give_up(Code why) {
  (void)charge(why == Code::cancelled ? licensing::CallEnd::client_gone : licensing::CallEnd::deadline);
  settle();
  model_->cancel(call_, why);
  call_.reset();  // the cancel word is set: nothing more to do when we go
  if (why == Code::cancelled) return Error{why, "http.client_gone", "the client hung up", 0};
  return too_late();
}

// For who keeps the answer.
void ModelCall::note_whole() {
  if (CallKey* const key = call_key_in(exchange_)) key->is_whole = true;
}

bool ModelCall::is_past_deadline() const { return deadline_ns_ != 0 && thread::monotonic_ns() >= deadline_ns_; }

// The model may see the deadline before we do: one reason for it, whoever was first.
Error ModelCall::error() const {
  return is_past_deadline() && call_->error()->code == Code::deadline_exceeded ? too_late() : *call_->error();
}

http::Task<Result<std::vector<runtime::OutputPart>>> ModelCall::next() {
  for (;;) {
    const bool was_ended = has_ended();  // before take(): then what take() gives is all there is
    const bool is_metered = is_charged() && call_->spec().wants_progress;
    std::vector<runtime::OutputPart> parts = call_->take(is_metered ? &taken_.totals : nullptr);
    note_taken(parts);
    // A stream that never pauses meets its deadline here; one that pauses, in the wait below.
    if (!was_ended && is_past_deadline()) co_return std::unexpected(give_up(Code::deadline_exceeded));
    if (mirrored_ && !parts.empty()) mirrored_->add(parts);
    has_answered_ = has_answered_ || !parts.empty() || (was_ended && !call_->error());
    if (!parts.empty()) co_return parts;
    if (was_ended && mirrored_) mirrored_->end(call_->error());
    if (was_ended && call_->error()) co_return std::unexpected(error());
    if (was_ended) note_whole();
    if (was_ended) co_return parts;
    if (!signal_) {
      signal_ = exchange_.make_signal();
      listener_->attach(signal_);
    }
    const http::Waited waited = co_await exchange_.wait(*signal_, deadline_ns_);
    if (waited == http::Waited::client_gone) co_return std::unexpected(give_up(Code::cancelled));
    if (waited == http::Waited::deadline && !has_ended()) co_return std::unexpected(give_up(Code::deadline_exceeded));
  }
}

Result<std::vector<runtime::OutputPart>> ModelCall::whole() {
  if (call_->error()) return std::unexpected(error());
  has_answered_ = true;
  std::vector<runtime::OutputPart> parts = call_->take();
  note_taken(parts);
  if (count_bytes(parts) > kAnswerBytesMax) return too_large();
  note_whole();
  if (mirrored_) {
    mirrored_->add(parts);
    mirrored_->end(std::nullopt);
  }
  return parts;
}

http::Task<Result<std::vector<runtime::OutputPart>>> ModelCall::all() {
  std::vector<runtime::OutputPart> all;
  std::uint64_t bytes = 0;
  for (;;) {
    auto parts = co_await next();
    if (!parts) co_return std::unexpected(std::move(parts.error()));
    if (parts->empty()) co_return all;
    bytes += count_bytes(*parts);
    if (bytes > kAnswerBytesMax) co_return too_large();
    std::ranges::move(*parts, std::back_inserter(all));
  }
}

Result<std::uint64_t> deadline_of(const http::RequestHead& head, std::optional<std::uint64_t> timeout_us,
                                  const runtime::ModelSpec& spec) {
  std::uint64_t timeout_ns = spec.limits.deadline_ns;
  if (timeout_us) timeout_ns = std::min(*timeout_us, kTimeoutMaxNs / 1000) * 1000;
  const auto given = head.find_single("x-stoa-timeout-ms");
  if (!given) return std::unexpected(given.error());
  if (*given) {
    const std::string_view field = **given;
    std::uint64_t timeout_ms = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), timeout_ms);
    if (error != std::errc{} || end != field.data() + field.size() || timeout_ms == 0)
      return failure(Code::invalid_argument, "request.bad_timeout",
                     "x-stoa-timeout-ms: '" + std::string(field.substr(0, 32)) + "' is not a positive integer");
    const std::uint64_t from_field_ns = std::min(timeout_ms, kTimeoutMaxNs / 1'000'000) * 1'000'000;
    timeout_ns = timeout_us ? std::min(timeout_ns, from_field_ns) : from_field_ns;
  }
  return timeout_ns ? thread::monotonic_ns() + timeout_ns : 0;
}

std::string_view traceparent_of(const http::RequestHead& head) {
  const std::string_view field = head.find("traceparent");
  constexpr std::size_t kBytes = 55;  // 00-<32 hex>-<16 hex>-<2 hex>
  if (field.size() < kBytes || field[2] != '-' || field[35] != '-' || field[52] != '-') return {};
  const std::string_view version = field.substr(0, 2), trace = field.substr(3, 32), span = field.substr(36, 16);
  if (!is_lower_hex(version) || version == "ff" || !is_lower_hex(trace) || is_all_zero(trace) || !is_lower_hex(span) ||
      is_all_zero(span) || !is_lower_hex(field.substr(53, 2)))
    return {};
  if (field.size() > kBytes && (version == "00" || field[kBytes] != '-')) return {};
  return field;
}

}  // namespace stoa::api

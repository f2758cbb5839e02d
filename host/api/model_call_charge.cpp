// model_call_charge.cpp: what a call is charged, by what has left of its answer. SPDX-License-Identifier: Apache-2.0
#include "host/api/model_call.hpp"

#include "host/api/call_key.hpp"

namespace stoa::api {
namespace {

using licensing::CallEnd;

CallEnd end_of(const Error& error) {
  const std::string_view reason = error.reason;
  if (reason == "plugin.crashed") return CallEnd::plugin_crashed;
  if (reason == "http.client_gone") return CallEnd::client_gone;
  if (reason == "request.deadline") return CallEnd::deadline;
  const bool is_ours = reason.starts_with("release.") || reason.starts_with("model.") || reason.starts_with("host.");
  return is_ours || error.code == Code::cancelled ? CallEnd::cancelled : CallEnd::plugin_failed;
}

}  // namespace

void ModelCall::note_taken(const std::vector<runtime::OutputPart>& parts) {
  if (!is_charged()) return;
  for (const auto& part : parts) taken_.bytes_out += part.payload_bytes();
}

void ModelCall::note_delivered() {
  if (!is_charged()) return;
  delivered_ = taken_;
  is_delivered_ = true;
}

Result<std::optional<std::uint64_t>> ModelCall::charge(CallEnd end) {
  if (!is_charged()) return entry_;
  const licensing::ChargeRule rule = licensing::rule_for(end, is_delivered_);
  if (rule.what == licensing::ChargedFor::nothing) {
    pass_->charge.release();
    return entry_;
  }
  const bool is_all = rule.what == licensing::ChargedFor::everything;
  const Use used = is_all ? Use{call_->meters(), taken_.bytes_out} : std::move(delivered_);
  const auto entry = pass_->billing->charge(
      pass_->charge, model_->spec(), rule.outcome, used.totals,
      {.bytes_in = bytes_in_, .bytes_out = used.bytes_out, .began_ns = call_->times.submitted_ns});
  if (!entry) return std::unexpected(entry.error());
  entry_ = *entry;
  exchange_.set_mark(*entry);
  if (CallKey* const key = call_key_in(exchange_)) key->entry = entry_;
  return entry_;
}

Result<std::optional<std::uint64_t>> ModelCall::charge_stream(const Error* error) {
  return charge(error == nullptr ? CallEnd::complete : end_of(*error));
}

// Whoever drops a call that was held for did not answer it.
void ModelCall::end_charge() {
  if (!is_charged() || !call_) return;
  const bool has_failed = call_->finished() && call_->error();
  (void)charge(has_failed ? end_of(*call_->error()) : CallEnd::client_gone);
}

}  // namespace stoa::api

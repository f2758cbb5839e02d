// keyed_exchange.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/keyed_exchange.hpp"

#include <fmt/format.h>

#include "host/api/billing_gate.hpp"
#include "host/api/problem.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::api {
namespace {

std::uint64_t size_of(const http::Response& response) {
  std::uint64_t size = response.body.size();
  for (const auto& chunk : response.chunks) size += chunk.size();
  return size;
}

// What is left of a limit is another thing by the time the answer is sent again.
bool is_of_the_moment(std::string_view field) { return field.starts_with("RateLimit"); }

Error repeat_failed(std::uint64_t entry) {
  return {Code::unavailable, "idempotency.repeat_failed",
          fmt::format("Idempotency-Key: the call was charged (receipt {}) and its answer lost; running it again, which "
                      "costs nothing, failed: ask again",
                      entry),
          1'000};
}

}  // namespace

KeyedExchange::~KeyedExchange() { end(); }

void KeyedExchange::end() {
  if (!std::exchange(has_ended_, true)) parts_.answers.give_up(call_key_, key_.entry);
}

std::optional<http::Body> KeyedExchange::body_at_hand(const http::BodyLimits& limits) {
  return body_.size() <= limits.bytes_max ? std::optional(body_) : std::nullopt;
}

http::Task<Result<http::Body>> KeyedExchange::read_body(http::BodyLimits limits) {
  if (auto body = body_at_hand(limits)) co_return std::move(*body);
  co_return failure(
      Code::resource_exhausted, "http.body_too_large",
      "the body has " + std::to_string(body_.size()) + " bytes, limit is " + std::to_string(limits.bytes_max));
}

licensing::KeptAnswer KeyedExchange::begin_answer(
    unsigned status, std::string_view content_type,
    const std::vector<std::pair<std::string_view, std::string>>& fields) const {
  licensing::KeptAnswer answer{.call_key = call_key_,
                               .request = key_.request,
                               .entry = key_.entry,
                               .status = static_cast<std::uint16_t>(status),
                               .content_type = std::string(content_type)};
  for (const auto& [name, value] : fields)
    if (!is_of_the_moment(name)) answer.fields.emplace_back(name, value);
  return answer;
}

// False: the journal failed. Rationale: a client that was told to ask again is waited on for: what its call was charged
// for is its answer, and not that the disk was slow.
http::Task<bool> KeyedExchange::until_durable(licensing::Journal& journal) {
  const DurableReply wait(parts_.inner, &journal);
  while (wait.is_pending()) {
    const http::Waited waited = co_await parts_.inner.wait(wait.signal(), tell_by_ns_);
    if (waited != http::Waited::deadline || !wait.is_pending()) continue;
    tell_by_ns_ = 0;
    has_told_ = true;
    http::Response late = v2_error(journal_behind());
    late.close = true;  // what comes next on this connection would wait, too
    co_await parts_.inner.reply(std::move(late));
  }
  co_return wait.is_durable();
}

// Invariant: the entry first. An answer whose entry a crash took away would be given for nothing.
http::Task<Result<void>> KeyedExchange::keep(licensing::KeptAnswer answer) {
  if (key_.entry && !co_await until_durable(parts_.ledger)) co_return std::unexpected(journal_failed());
  Result<void> kept = parts_.answers.keep(answer);
  while (!kept && kept.error().reason == "journal.full") {
    if (!co_await until_durable(parts_.answers.journal())) break;
    kept = parts_.answers.keep(answer);
  }
  if (!kept) co_return kept;
  has_ended_ = true;
  if (!co_await until_durable(parts_.answers.journal())) co_return std::unexpected(journal_failed());
  co_return Result<void>();
}

http::Task<bool> KeyedExchange::reply(http::Response response) {
  if (!is_to_be_kept(response.status)) {
    end();
    co_return co_await parts_.inner.reply(std::move(response));
  }
  licensing::KeptAnswer answer = begin_answer(response.status, response.content_type, response.fields);
  answer.is_kept = size_of(response) <= parts_.answers.body_bytes_max();
  if (answer.is_kept) {
    answer.body = response.body;
    for (const auto& chunk : response.chunks)
      answer.body.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  }
  tell_by_ns_ = thread::monotonic_ns() + parts_.durable_wait_ns;
  const auto kept = co_await keep(std::move(answer));
  if (!kept) co_return co_await refuse(kept.error());
  co_return has_told_ || co_await parts_.inner.reply(std::move(response));
}

http::Task<bool> KeyedExchange::refuse(const Error& error) {
  end();
  if (has_told_) co_return true;
  http::Response response = v2_error(error, 503);
  if (key_.was_charged) response.fields.emplace_back(kReceiptField, std::to_string(*key_.entry));
  co_return co_await parts_.inner.reply(std::move(response));
}

http::Task<bool> KeyedExchange::begin_stream(http::StreamHead head) {
  streamed_ = begin_answer(head.status, head.content_type, head.fields);
  if (key_.was_charged)
    held_back_ = std::move(head);
  else
    co_await parts_.inner.begin_stream(std::move(head));
  co_return true;
}

http::Task<bool> KeyedExchange::write(std::string_view bytes) {
  const bool fits = streamed_.body.size() + bytes.size() <= parts_.answers.body_bytes_max();
  if (held_back_ && !fits)
    if (auto gone = co_await let_go(); !gone) co_return co_await refuse(gone.error()) && false;
  streamed_.is_kept = streamed_.is_kept && fits;
  if (streamed_.is_kept) streamed_.body += bytes;
  if (!held_back_) co_await parts_.inner.write(bytes);
  co_return true;
}

// A second run that is longer than what is kept: the key is told to stand for that before any of it leaves.
http::Task<Result<void>> KeyedExchange::let_go() {
  licensing::KeptAnswer too_long = begin_answer(streamed_.status, streamed_.content_type, {});
  too_long.is_kept = false;
  if (auto kept = co_await keep(std::move(too_long)); !kept) co_return kept;
  co_await parts_.inner.begin_stream(std::move(*std::exchange(held_back_, std::nullopt)));
  co_await parts_.inner.write(streamed_.body);
  co_return Result<void>();
}

// Invariant: what a second run has not brought to its end has not been given to anybody.
http::Task<bool> KeyedExchange::end_held_back(http::Trailers trailers) {
  if (!key_.is_whole) co_return co_await refuse(repeat_failed(*key_.entry));
  const std::string body = streamed_.body;
  tell_by_ns_ = thread::monotonic_ns() + parts_.durable_wait_ns;
  const auto kept = co_await keep(std::move(streamed_));
  if (!kept) co_return co_await refuse(kept.error());
  if (has_told_) co_return true;
  co_await parts_.inner.begin_stream(std::move(*held_back_));
  co_await parts_.inner.write(body);
  co_return co_await parts_.inner.end_stream(std::move(trailers));
}

// Left as it is where it cannot be kept, a stream is cut: its client asks again.
http::Task<bool> KeyedExchange::end_stream(http::Trailers trailers) {
  const bool is_to_go = !held_back_ && (key_.was_charged || !is_to_be_kept(streamed_.status));
  if (is_to_go) {
    end();
    co_return co_await parts_.inner.end_stream(std::move(trailers));
  }
  streamed_.entry = key_.entry;
  // Sent again it has a length, and no trailers: what they said goes with the other fields.
  std::erase_if(streamed_.fields, [](const auto& field) { return field.first == "Trailer"; });
  for (const auto& [name, value] : trailers) streamed_.fields.emplace_back(name, value);
  if (held_back_) co_return co_await end_held_back(std::move(trailers));
  if (!streamed_.is_kept) streamed_.body.clear();
  if (auto kept = co_await keep(std::move(streamed_)); !kept) {
    end();
    co_return false;
  }
  co_return co_await parts_.inner.end_stream(std::move(trailers));
}

http::Task<http::Waited> KeyedExchange::wait(http::Signal& signal, std::uint64_t deadline_ns) {
  for (;;) {
    const http::Waited waited = co_await parts_.inner.wait(signal, deadline_ns);
    if (waited != http::Waited::client_gone) co_return waited;
  }
}

}  // namespace stoa::api

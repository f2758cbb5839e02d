// keyed_exchange.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/keyed_exchange.hpp"

#include "host/api/durable.hpp"
#include "host/api/problem.hpp"

namespace stoa::api {
namespace {

std::uint64_t size_of(const http::Response& response) {
  std::uint64_t size = response.body.size();
  for (const auto& chunk : response.chunks) size += chunk.size();
  return size;
}

// What is left of a limit is another thing by the time the answer is sent again.
bool is_of_the_moment(std::string_view field) { return field.starts_with("RateLimit"); }

Error failed_journal() {
  return {Code::unavailable, "journal.failed", "billing has stopped, because the journal cannot be written", 0};
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

// Invariant: the entry first. An answer whose entry a crash took away would be given for nothing.
http::Task<Result<void>> KeyedExchange::keep(licensing::KeptAnswer answer) {
  if (key_.entry && !co_await until_durable(parts_.inner, parts_.ledger)) co_return std::unexpected(failed_journal());
  Result<void> kept = parts_.answers.keep(answer);
  while (!kept && kept.error().reason == "journal.full") {
    if (!co_await until_durable(parts_.inner, parts_.answers.journal())) break;
    kept = parts_.answers.keep(answer);
  }
  if (!kept) co_return kept;
  has_ended_ = true;
  if (!co_await until_durable(parts_.inner, parts_.answers.journal())) co_return std::unexpected(failed_journal());
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
  if (auto kept = co_await keep(std::move(answer)); !kept) {
    end();
    response = render_error(503, kept.error(), &head());
  }
  co_return co_await parts_.inner.reply(std::move(response));
}

http::Task<bool> KeyedExchange::begin_stream(http::StreamHead head) {
  streamed_ = begin_answer(head.status, head.content_type, head.fields);
  co_await parts_.inner.begin_stream(std::move(head));
  co_return true;
}

http::Task<bool> KeyedExchange::write(std::string_view bytes) {
  streamed_.is_kept = streamed_.is_kept && streamed_.body.size() + bytes.size() <= parts_.answers.body_bytes_max();
  if (streamed_.is_kept) streamed_.body += bytes;
  co_await parts_.inner.write(bytes);
  co_return true;
}

// Left as it is where it cannot be kept, a stream is cut: its client asks again.
http::Task<bool> KeyedExchange::end_stream(http::Trailers trailers) {
  if (!is_to_be_kept(streamed_.status)) {
    end();
    co_return co_await parts_.inner.end_stream(std::move(trailers));
  }
  streamed_.entry = key_.entry;
  // Sent again it has a length, and no trailers: what they said goes with the other fields.
  std::erase_if(streamed_.fields, [](const auto& field) { return field.first == "Trailer"; });
  for (const auto& [name, value] : trailers) streamed_.fields.emplace_back(name, value);
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

// worker_process_records.cpp: what a worker says, believed only as far as it holds together.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>

#include "host/runtime/abi_error.hpp"
#include "host/runtime/extensions/extensions.hpp"
#include "host/runtime/utf8.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/worker_process.hpp"

namespace stoa::worker {
namespace {

using runtime::Call;
using thread::monotonic_ns;

constexpr std::uint32_t kRecordsAtOnce = 256;  // then others who use the thread have their turn
stoa_str as_abi(const std::string& text) { return {text.data(), text.size()}; }

constexpr std::uint64_t kDigestBytesMax = 16u << 20;  // a manifest's, asked once, before the model is loaded
// A turn ends sooner where records are long: each of its bytes is copied and looked at.
constexpr std::size_t kBytesLikeARecord = 1024;
// What is longer has no good reason: payloads of that size lie in blocks, and a plugin's texts are cut.
constexpr std::size_t kUsualBytesMax = 16u << 10;

}  // namespace

// may_wait: nobody rang, but an answer is due, and for as long as this thread looks for it the worker need not ring.
WorkerProcess::ReadTurn WorkerProcess::read_turn(bool may_wait) {
  ReadTurn turn;
  do {
    if (is_reading_.exchange(true)) return {};  // whoever does looks once more when he is done
    reader_.awake();
    writer_.settle();  // it may have read, too
    const bool has_next = may_wait ? spin_.wait([this] { return reader_.has_next(); }) : reader_.has_next();
    turn.has_come = turn.has_come || has_next;
    if (!has_next && !may_wait && --rings_left_ < 0) kill("it rings and says nothing, again and again");
    const bool is_good = read_some(kRecordsAtOnce);
    turn.is_more = is_good && reader_.has_next();
    const bool is_paused = is_good && chatter_left_.load() <= 0;  // the supervisor goes on, at its next tick
    if (!turn.is_more && !is_paused) reader_.announce();
    is_reading_.store(false);
    if (!is_good || is_paused) return {};
  } while (!turn.is_more && reader_.has_next());
  return turn;
}

void WorkerProcess::look() {
  const ReadTurn turn = read_turn(true);
  if (turn.is_more || (turn.has_come && inflight() > 0)) thread::WakeBatch::expect(weak_from_this());
}

void WorkerProcess::hear() const {
  char rings[64];
  while (read(doorbell_.get(), rings, sizeof rings) == static_cast<ssize_t>(sizeof rings)) {
  }
}

void WorkerProcess::attach() {
  if (services_.loop == nullptr) return;
  watch_ = services_.loop->watch(doorbell_.get(), [weak = weak_from_this()] {
    const auto process = weak.lock();
    if (process == nullptr) return false;
    process->loop_thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    return process->pump();
  });
}

// False: it makes no sense, and the worker is ended.
bool WorkerProcess::read_some(std::uint32_t cost_max) {
  for (std::uint64_t cost = 0; cost < cost_max && chatter_left_.load(std::memory_order_relaxed) > 0;
       cost += 1 + record_.size() / kBytesLikeARecord) {
    const auto got = reader_.next(record_);
    if (got == RingReader::Got::nothing) return true;
    if (record_.size() > kUsualBytesMax) charge(1);
    if (got == RingReader::Got::broken || !dispatch(record_)) {
      kill("what it said makes no sense");
      return false;
    }
  }
  return true;
}

bool WorkerProcess::dispatch(std::span<const std::byte> record) {
  const auto [type, body] = split(record);
  switch (type) {
    case Message::loaded: {
      auto message = decode<LoadedMessage>(body);
      const std::lock_guard lock(mutex_);
      if (!message || has_loaded_) return false;
      loaded_ = std::move(*message);
      has_loaded_ = true;
      moved_.notify_all();
      return true;
    }
    case Message::answer: {
      auto message = decode<AnswerMessage>(body);
      if (!message) return false;
      const std::lock_guard lock(mutex_);
      const auto at = answers_.find(message->question);
      if (at == answers_.end())
        charge(1);  // nobody asked, or waits any more
      else
        at->second = std::move(message);
      moved_.notify_all();
      return true;
    }
    case Message::emit: {
      auto message = decode<EmitMessage>(body);
      return message && take_in(message->id, message->parts, std::move(message->meters), std::nullopt);
    }
    case Message::finish: {
      auto message = decode<FinishMessage>(body);
      if (!message) return false;
      std::vector<WirePart> parts = std::move(message->parts);
      const std::uint64_t id = message->id;
      return take_in(id, parts, {}, std::move(message));
    }
    case Message::misuse: {
      charge(1);
      const auto message = decode<MisuseMessage>(body);
      if (!message) return false;
      constexpr std::uint32_t kCountedMax = 100;  // one would be enough
      const auto misused = find(message->id);
      const std::string first = runtime::printable(message->first, 400);
      for (std::uint32_t i = 0; misused != nullptr && i < std::min(message->n, kCountedMax); ++i)
        misused->call->add_misuse(first);
      return true;
    }
    case Message::returned: {
      const auto message = decode<ReturnedMessage>(body);
      return message && std::ranges::all_of(message->ids, [this](std::uint64_t id) { return note_returned(id); });
    }
    case Message::log: {
      charge(1);
      const auto message = decode<LogMessage>(body);
      if (!message) return false;
      stoa_request about{};
      about.struct_size = sizeof about;
      about.id = message->request;
      runtime::extensions::kLog.log(context_.abi(), message->level, &about, as_abi(message->message),
                                    as_abi(message->fields_json));
      return true;
    }
    case Message::metric: {
      charge(1);
      const auto message = decode<MetricMessage>(body);
      if (!message || message->series >= series_.size()) return false;
      runtime::extensions::kMetrics.record(series_[message->series], message->value);
      return true;
    }
    case Message::memory: {
      charge(1);
      const auto message = decode<MemoryMessage>(body);
      if (!message) return false;
      const DLDevice device{static_cast<DLDeviceType>(message->device.type), message->device.id};
      const auto& given = shared_->spec.devices;
      const bool is_its_own = (device.device_type == kDLCPU && device.device_id == 0) ||
                              std::ranges::any_of(given, [&](const DLDevice& one) {
                                return one.device_type == device.device_type && one.device_id == device.device_id;
                              });
      if (services_.metrics && is_its_own) services_.metrics->report_memory(plugin_, device, message->bytes);
      return true;
    }
    default:
      return dispatch_question(type, body);
  }
}

// What a worker says of one call. False: more than it may say.
bool WorkerProcess::take_in(std::uint64_t id, std::vector<WirePart>& parts, std::vector<WireMeter> meters,
                            std::optional<FinishMessage> finish) {
  const auto flight = find(id);
  if (parts.empty() && !finish) charge(1);
  bool is_late = flight == nullptr;
  if (!is_late) {
    const std::lock_guard lock(flight->mutex);
    is_late = flight->is_over || (flight->finish && finish && parts.empty());
    if (!is_late) {
      flight->untold += static_cast<std::uint32_t>(std::min<std::size_t>(parts.size(), kRecordBytesMax));
      if (flight->finish || flight->untold > flight->window) return false;
      for (WirePart& part : parts) flight->stalled.push_back(std::move(part));
      if (!meters.empty()) flight->meters = std::move(meters);
      flight->finish = std::move(finish);
    }
  }
  if (!is_late) return deliver_all(flight);
  charge(1 + parts.size());
  for (const WirePart& part : parts)
    if (!part.payload.is_inline) free_block(part.payload.block, Urgency::later);
  return true;
}

// False: it has no such call, or said so before.
bool WorkerProcess::note_returned(std::uint64_t id) {
  std::shared_ptr<Flight> last;  // let go of outside the lock
  const std::lock_guard lock(mutex_);
  const auto at = flights_.find(id);
  if (at == flights_.end() || at->second->has_returned) return false;
  at->second->has_returned = true;
  if (--unreturned_ == 0) moved_.notify_all();
  if (!at->second->has_ended) return true;
  --owed_;
  last = std::move(at->second);
  flights_.erase(at);
  return true;
}

void WorkerProcess::answer_worker(std::uint64_t question, AnswerMessage answer) {
  answer.question = question;
  writer_.push(encode(Message::answer_to_worker, answer), Urgency::control);
}

bool WorkerProcess::dispatch_question(Message type, std::span<const std::byte> body) {
  AnswerMessage answer;
  charge(1);
  switch (type) {
    case Message::metric_open: {
      const auto question = decode<MetricMessage>(body);
      if (!question || services_.metrics == nullptr) return false;
      stoa_error error{};
      error.struct_size = sizeof error;
      stoa_metric* const opened =
          runtime::extensions::kMetrics.open(context_.abi(), question->kind, as_abi(question->name),
                                             as_abi(question->help), as_abi(question->labels_json), &error);
      if (opened != nullptr) {
        // The same series again has the same number: what grows is bounded by the context's limit.
        const auto at = std::ranges::find(series_, opened);
        answer.value = static_cast<std::uint64_t>(at - series_.begin());
        if (at == series_.end()) series_.push_back(opened);
      } else {
        answer.error = to_wire(runtime::error_from_abi(error.code, &error, "metrics.bad_series"));
      }
      answer_worker(question->question, std::move(answer));
      return true;
    }
    case Message::entitlement: {
      const auto question = decode<EntitlementMessage>(body);
      if (!question) return false;
      Result<runtime::Grant> grant =
          failure(Code::permission_denied, "licence.none", "this host grants no entitlements");
      // For whom is not the worker's to say: only of a call that it has.
      const auto asking = find(question->request);
      if (services_.entitlement && asking) {
        const runtime::CallSpec& spec = asking->call->spec();
        grant = services_.entitlement(
            {plugin_, spec.model, spec.tenant, question->feature, question->request, spec.licence});
      }
      if (grant)
        answer.bytes.assign(reinterpret_cast<const char*>(&*grant), sizeof *grant);
      else
        answer.error = to_wire(grant.error());
      answer_worker(question->question, std::move(answer));
      return true;
    }
    case Message::digest: {
      const auto question = decode<DigestMessage>(body);
      const auto blocks = responses_.blocks();
      if (!question || has_loaded_ || std::exchange(has_digested_, true) ||
          question->size > std::min<std::uint64_t>(blocks.size(), kDigestBytesMax) ||
          question->offset > blocks.size() - question->size)
        return false;
      const auto* begin = reinterpret_cast<const char*>(blocks.data() + question->offset);
      const runtime::Digest digest = services_.sha256({begin, question->size});
      answer.bytes.assign(reinterpret_cast<const char*>(digest.data()), digest.size());
      answer_worker(question->question, std::move(answer));
      return true;
    }
    default:
      return false;
  }
}

}  // namespace stoa::worker

// worker_server.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/worker_server.hpp"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "host/runtime/load_plugin.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/crash_note.hpp"

namespace stoa::worker {
namespace {

constexpr std::size_t kInlineBytesMax = 1024;  // a payload up to here crosses inside its record
constexpr std::size_t kTextMax = 8u << 10;
constexpr std::size_t kTasksAheadMax = 256;  // that are read before they can be run
constexpr std::uint64_t kRingIsFullNapNs = 1'000'000;
// What a model may have emitted here while the host's window is shut, before it is told to wait.
constexpr std::uint32_t kPendingParts = 4;

std::string cut(std::string_view text) { return std::string(text.substr(0, kTextMax)); }

}  // namespace

// A call's consumer in this process: passes on what is emitted, as far as the host's window reaches.
class WorkerServer::Relay final : public runtime::CallListener {
 public:
  Relay(WorkerServer& server, std::uint64_t id, std::uint32_t window) : server_(server), id_(id), window_(window) {}
  // The call owns this listener. Set once, before the call is submitted.
  runtime::Call* call = nullptr;

  void on_progress() noexcept override { pass_on(0); }

  void pass_on(std::uint32_t more) noexcept {
    bool is_over = false;
    {
      const std::lock_guard lock(mutex_);
      window_ += more;
      if (is_finished_) return;
      bool has_ended = false;
      std::vector<WirePart> parts;
      for (;;) {
        has_ended = call->finished();  // before take: then what take gives is the rest
        // What waits in the call makes the plugin wait, so it stays there while the window is shut, but at the end.
        if (unsent_.empty() && (window_ > 0 || has_ended)) unsent_ = call->take(&totals_);
        if (unsent_.empty() || window_ == 0) break;
        const std::size_t n = std::min<std::size_t>(unsent_.size(), window_);
        for (std::size_t i = 0; i < n && !failure_; ++i) {
          if (server_.encode_output(std::move(unsent_[i]), parts.emplace_back()))
            --window_;
          else
            give_up_answer(parts);
        }
        unsent_.erase(unsent_.begin(), unsent_.begin() + static_cast<std::ptrdiff_t>(n));
      }
      if (has_ended && call->error()) unsent_.clear();  // nobody waits for the rest of a failed answer
      is_over = is_finished_ = has_ended && unsent_.empty();
      if (is_over)
        send_finish(std::move(parts));
      else if (!parts.empty())
        send_parts(std::move(parts));
    }
    if (is_over) server_.forget(id_);
  }

 private:
  void send_parts(std::vector<WirePart> parts) {
    EmitMessage message{id_, std::move(parts)};
    // What was taken may still lie here in part: its meters go with the last of it.
    if (unsent_.empty() && !totals_.empty()) {
      for (const auto& total : totals_) message.meters.push_back({total.meter, total.total_micro});
      totals_.clear();
    }
    server_.send(encode(Message::emit, message), Urgency::control);
  }
  // The plugin goes on until it sees the cancel word; its finish ends the call, with this error.
  void give_up_answer(std::vector<WirePart>& parts) {
    parts.pop_back();
    failure_ = Error{Code::resource_exhausted, "output.too_large",
                     "the answer has more bytes than a worker can hold for its host", 0};
    call->cancel(Code::resource_exhausted);
  }
  void send_finish(std::vector<WirePart> parts) {
    FinishMessage message;
    message.id = id_;
    message.parts = std::move(parts);
    message.error = to_wire(failure_ ? failure_ : call->error());
    for (const auto& total : call->meters()) message.meters.push_back({total.meter, total.total_micro});
    server_.send(encode(Message::finish, message), Urgency::control);
  }

  WorkerServer& server_;
  const std::uint64_t id_;
  std::mutex mutex_;  // Lock: all below
  std::uint32_t window_;
  std::vector<runtime::OutputPart> unsent_;
  std::vector<runtime::MeterTotal> totals_;  // as they were with the last of unsent_
  std::optional<Error> failure_;
  bool is_finished_ = false;
};

WorkerServer::WorkerServer(Arena requests, Arena responses)
    : requests_(std::move(requests)),
      responses_(std::move(responses)),
      reader_(responses_, requests_),
      writer_(responses_, requests_, kDoorbell),
      book_(responses_.blocks().size()) {
  responses_.header().is_busy.store(1);  // until there are threads that work
}

WorkerServer::~WorkerServer() = default;

void WorkerServer::give_up(const char* why) {
  std::fprintf(stderr, "stoa-worker: %s\n", why);
  std::_Exit(70);  // EX_SOFTWARE; nothing of the plugin's is run any more
}

void* WorkerServer::take_block(std::uint64_t bytes) noexcept {
  const std::uint64_t offset = book_.take(bytes);
  return offset == BlockBook::kNone ? nullptr : responses_.blocks().data() + offset;
}

void WorkerServer::give_block(void* block) noexcept {
  book_.give(static_cast<std::uint64_t>(static_cast<std::byte*>(block) - responses_.blocks().data()));
}

void WorkerServer::answer(std::uint64_t question, const Result<void>& outcome, std::uint64_t value) {
  AnswerMessage message;
  message.question = question;
  message.value = value;
  if (!outcome) message.error = to_wire(outcome.error());
  send(encode(Message::answer, message), Urgency::control);
}

// ---- the threads ----

int WorkerServer::run() {
  const SignalStack signal_stack;
  serve(true);
  for (auto& thread : errands_) thread.join();
  for (auto& thread : threads_) thread.join();
  return 0;
}

void WorkerServer::serve(bool is_controller) {
  std::vector<std::byte> record;
  std::optional<thread::WakeBatch> wakes;  // of the host, where many answers follow each other
  if (!is_controller) wakes.emplace(false);
  std::unique_lock lock(mutex_);
  reader_.awake();
  if (!is_controller) responses_.header().is_busy.store(0, std::memory_order_seq_cst);
  while (!is_over_) {
    // First all that has come, then the work: what comes later finds the controller asleep and wakes it, if it must.
    const bool has_enough = !is_controller && tasks_.size() >= kTasksAheadMax;
    const auto got = has_enough ? RingReader::Got::nothing : reader_.next(record);
    if (got == RingReader::Got::broken) give_up("the host's ring makes no sense");
    if (got == RingReader::Got::record) {
      handle(record);
      if (is_controller && !tasks_.empty() && running_ < threads_max_) reader_.rouse(kWorkers);
      continue;
    }
    if (!is_controller && !tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      ++running_;
      // The ring has a new watchman, or nobody who could run what it brings.
      responses_.header().is_busy.store(running_ >= threads_max_ ? 1 : 0, std::memory_order_seq_cst);
      reader_.announce();
      const bool are_all_at_it = running_ >= threads_max_;
      if (reader_.has_next() || (!are_all_at_it && !tasks_.empty()))
        reader_.rouse(are_all_at_it ? kController : kWorkers);
      lock.unlock();
      if (task.batch.size() > 1) wakes->stop_holding();  // the first may be done long before the last
      wakes->note_work(run_task(task));
      lock.lock();
      --running_;
      responses_.header().is_busy.store(0, std::memory_order_seq_cst);
      reader_.awake();
      continue;
    }
    if (wakes && wakes->is_empty() && !std::exchange(is_looking_, true)) {
      // Awake to the host, which need not ring. One does this, or they would be in each other's way.
      lock.unlock();
      const bool has_come = spin_.wait([this] { return reader_.has_next(); });
      lock.lock();
      is_looking_ = false;
      if (has_come || is_over_ || !tasks_.empty()) continue;
    }
    const std::uint32_t seen = reader_.announce();
    if (reader_.has_next() || (!is_controller && !tasks_.empty())) continue;
    if (wakes && !wakes->is_empty()) {
      lock.unlock();
      wakes->flush();
      lock.lock();
      reader_.awake();
      continue;
    }
    const std::uint64_t until_ns = writer_.has_waiting() ? thread::monotonic_ns() + kRingIsFullNapNs : 0;
    reader_.sleep(seen, until_ns, is_controller ? kController : kWorkers, lock);
    writer_.settle();
    lock.lock();
    reader_.awake();
  }
  reader_.rouse(kWorkers);
  reader_.rouse(kController);
}

// Lock: mutex_, given up while plugin code runs that may take long.
void WorkerServer::handle(std::span<const std::byte> record) {
  const auto [type, body] = split(record);
  switch (type) {
    case Message::load:
      if (auto message = decode<LoadMessage>(body); message && errands_.empty()) return start_load(std::move(*message));
      break;
    case Message::batch:
      if (auto message = decode<BatchMessage>(body); message && instance_) return queue_batch(std::move(*message));
      break;
    case Message::cancel:
    case Message::taken:
    case Message::freed: {
      const auto message = decode<CallMessage>(body);
      if (!message) break;
      if (type == Message::freed) {
        std::optional<runtime::OutputPart> lent;  // let go of outside the lock: it runs the plugin's code
        {
          const std::lock_guard lock(lent_mutex_);
          const auto at = lent_.find(message->id);
          if (at != lent_.end()) {
            lent.emplace(std::move(at->second));
            lent_.erase(at);
          }
        }
        if (!lent) book_.give(message->id);
        return;
      }
      const auto at = calls_.find(message->id);
      if (at == calls_.end()) return;  // it has ended meanwhile
      const std::shared_ptr<runtime::Call> call = at->second;
      mutex_.unlock();
      if (type == Message::taken)
        static_cast<Relay&>(*call->listener()).pass_on(message->n);
      else
        instance_->cancel(*call, static_cast<Code>(message->n));
      mutex_.lock();
      return;
    }
    case Message::answer_to_worker: {
      auto message = decode<AnswerMessage>(body);
      if (!message) break;
      const std::lock_guard lock(answers_mutex_);
      const auto at = answers_.find(message->question);
      if (at != answers_.end()) at->second = std::move(message);
      answered_.notify_all();
      return;
    }
    case Message::warm_up:
    case Message::health:
    case Message::drain: {
      auto message = decode<QuestionMessage>(body);
      if (!message || !instance_) break;
      if (type == Message::health) {
        tasks_.push_back({{}, 0, std::move(*message)});
        return;
      }
      errands_.emplace_back([this, type, question = std::move(*message)] {
        type == Message::drain ? drain(question) : warm_up(question);
      });
      return;
    }
    default:
      break;
  }
  give_up("the host said what makes no sense");
}

// ---- calls ----

// Views into the requests' arena stay good until the host has had the call's finish.
std::shared_ptr<runtime::Call> WorkerServer::call_of(const WireRequest& request) {
  runtime::CallSpec spec;
  spec.task = request.task;
  spec.session = request.session;
  spec.tenant = request.tenant;
  spec.traceparent = request.traceparent;
  spec.deadline_ns = request.deadline_ns;
  spec.outputs = request.outputs;
  spec.pending_parts_max = std::min(kPendingParts, std::max(1u, request.window));
  const auto payload_of = [this](const WirePayload& payload) {
    const auto blocks = requests_.blocks();
    if (payload.size > blocks.size() || payload.offset > blocks.size() - payload.size)
      give_up("an input lies outside the arena");
    return blocks.subspan(payload.offset, payload.size);
  };
  const auto params = request.params_json.is_inline ? std::as_bytes(std::span(request.params_json.bytes))
                                                    : payload_of(request.params_json);
  spec.params_json.assign(reinterpret_cast<const char*>(params.data()), params.size());
  for (const WirePart& from : request.inputs) {
    runtime::InputPart& part = spec.inputs.emplace_back();
    part.name = from.name;
    part.media_type = from.media_type;
    part.kind = static_cast<runtime::PartKind>(from.kind);
    part.datatype = static_cast<DataType>(from.datatype);
    part.shape = from.shape;
    const std::span<const std::byte> payload = payload_of(from.payload);
    if (part.kind != runtime::PartKind::strings)
      part.data = payload;
    else if (!read_strings(payload, from.n_strings, part.strings))
      give_up("an input's strings do not hold together");
  }
  auto relay = std::make_shared<Relay>(*this, request.id, std::max(1u, request.window));
  auto call = runtime::Call::create(std::move(spec), relay);
  relay->call = call.get();
  if (request.cancel_word != 0) call->cancel(static_cast<Code>(request.cancel_word));
  call->rename(request.id);
  return call;
}

// Lock: mutex_.
void WorkerServer::queue_batch(BatchMessage message) {
  Task task;
  task.position = responses_.header().read.load(std::memory_order_relaxed);
  for (const WireRequest& request : message.requests) {
    auto call = call_of(request);
    calls_[request.id] = call;
    task.batch.push_back(std::move(call));
  }
  tasks_.push_back(std::move(task));
}

// Leaves of a batch what the model takes at once, by its own rules for cost and company. The rest is next in line: it
// is asked here, where a call's deadline holds whoever does not answer to account.
void WorkerServer::keep_fitting(Task& task) {
  const runtime::InstanceTraits& traits = instance_->traits();
  const bool has_cost = traits.has_cost && traits.batching.cost_max > 0;
  if (task.batch.size() <= 1 || (!has_cost && !traits.has_join_rule)) return;
  Task rest{{}, task.position, {}};
  std::vector<std::shared_ptr<runtime::Call>> kept;
  std::uint64_t left = traits.batching.cost_max;
  bool is_full = false;
  for (auto& call : task.batch) {
    bool fits = kept.empty() || (!is_full && instance_->can_join(*kept.front(), *call));
    if (fits && has_cost) {
      const std::uint64_t cost = instance_->cost(*call);
      is_full = cost > left;
      fits = kept.empty() || !is_full;
      left -= std::min(cost, left);
    }
    (fits ? kept : rest.batch).push_back(std::move(call));
  }
  task.batch = std::move(kept);
  if (rest.batch.empty()) return;
  const std::lock_guard lock(mutex_);
  tasks_.push_front(std::move(rest));
  if (running_ < threads_max_) reader_.rouse(kWorkers);
}

// Returns how long it took, in ns.
std::uint64_t WorkerServer::run_task(Task& task) {
  const std::uint64_t began_ns = thread::monotonic_ns();
  if (task.health) {
    answer(task.health->question, instance_->check_health(task.health->depth, task.health->deadline_ns));
    return thread::monotonic_ns() - began_ns;
  }
  note_batch(task.position);
  keep_fitting(task);
  instance_->submit(task.batch);
  note_batch(0);
  // It threw, and nobody knows what it left behind. What it was asked has its answer; the next one needs a new worker.
  if (instance_->state() == runtime::InstanceState::failed) give_up("the model takes no more requests");
  ReturnedMessage returned;
  for (const auto& call : task.batch) {
    returned.ids.push_back(call->id());
    const std::uint32_t n = call->take_misuses();
    if (n == 0) continue;
    MisuseMessage message{call->id(), n, cut(call->first_misuse())};
    send(encode(Message::misuse, message), Urgency::later);
  }
  send(encode(Message::returned, returned), Urgency::later);
  return thread::monotonic_ns() - began_ns;
}

void WorkerServer::forget(std::uint64_t call_id) {
  std::shared_ptr<runtime::Call> call;  // let go of after the lock: with it may go what runs the plugin's code
  const std::lock_guard lock(mutex_);
  const auto at = calls_.find(call_id);
  if (at == calls_.end()) return;
  call = std::move(at->second);
  calls_.erase(at);
}

// False: there is no room for its bytes.
bool WorkerServer::encode_output(runtime::OutputPart part, WirePart& to) {
  to.name = part.name();
  to.media_type = part.media_type();
  to.kind = static_cast<std::uint8_t>(part.kind());
  to.datatype = static_cast<std::uint8_t>(part.datatype());
  to.shape.assign(part.shape().begin(), part.shape().end());
  to.n_strings = static_cast<std::uint32_t>(part.strings().size());
  const std::uint64_t bytes = wire_bytes(part);
  to.payload.size = bytes;
  if (bytes <= kInlineBytesMax) {
    to.payload.bytes.resize(bytes);
    write_payload(part, reinterpret_cast<std::byte*>(to.payload.bytes.data()));
    return true;
  }
  to.payload.is_inline = false;
  const auto blocks = responses_.blocks();
  const std::byte* const begin = part.data().data();
  const bool is_in_arena = part.kind() != runtime::PartKind::strings && begin >= blocks.data() &&
                           begin + bytes <= blocks.data() + blocks.size();
  if (is_in_arena) {
    to.payload.offset = to.payload.block = static_cast<std::uint64_t>(begin - blocks.data());
    const std::lock_guard lock(lent_mutex_);
    lent_.insert_or_assign(to.payload.block, std::move(part));
    return true;
  }
  const std::uint64_t offset = book_.take(bytes);
  if (offset == BlockBook::kNone) return false;
  write_payload(part, blocks.data() + offset);
  to.payload.offset = to.payload.block = offset;
  return true;
}

}  // namespace stoa::worker

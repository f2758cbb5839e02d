// worker_process_calls.cpp: calls into a worker's arena, and answers out of it. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <chrono>

#include "host/thread/monotonic.hpp"
#include "host/worker/part_view.hpp"
#include "host/worker/worker_process.hpp"

namespace stoa::worker {
namespace {

using runtime::Call;
using thread::monotonic_ns;

constexpr std::uint32_t kWindow = 8;  // parts on their way before the worker hears that some arrived
// From here on a tensor is read where the worker wrote it. It may go on writing: then the client gets other numbers,
// and nothing else happens, because each is read once. Text is always copied before it is checked.
constexpr std::uint64_t kInPlaceBytesMin = 64u << 10;
constexpr std::size_t kInlineParamsMax = 1024;  // parameters up to here cross inside their record

std::chrono::steady_clock::time_point until(std::uint64_t ns) {
  return std::chrono::steady_clock::time_point{std::chrono::nanoseconds(ns)};
}

}  // namespace

Error WorkerProcess::crashed() {
  return {Code::unavailable, "plugin.crashed", "the plugin crashed while it worked on this request", 0};
}

// A payload the consumer reads in the worker's arena, and gives back when it is done.
struct WorkerProcess::Lent {
  explicit Lent(std::shared_ptr<WorkerProcess> from) : process(std::move(from)) { process->lent_.fetch_add(1); }
  ~Lent() { process->lent_.fetch_sub(1); }
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

  const std::shared_ptr<WorkerProcess> process;
  std::uint64_t block = 0;
  DLManagedTensorVersioned tensor{};
  std::vector<std::int64_t> shape;
  static void release(stoa_part* part) {
    const std::unique_ptr<Lent> lent(static_cast<Lent*>(part->owner));
    lent->process->free_block(lent->block, Urgency::work);  // a drain may wait for it
  }
};

std::shared_ptr<WorkerProcess::Flight> WorkerProcess::find(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto at = flights_.find(id);
  return at == flights_.end() ? nullptr : at->second;
}

std::shared_ptr<std::byte[]> WorkerProcess::take_input_memory(std::uint64_t bytes) {
  const std::uint64_t block = is_dead_.load() ? BlockBook::kNone : book_.take(bytes);
  if (block == BlockBook::kNone) return nullptr;
  return {requests_.blocks().data() + block,
          [self = shared_from_this(), block](std::byte*) { self->book_.give(block); }};
}

bool WorkerProcess::has_in_arena(std::span<const std::byte> bytes) const {
  const auto blocks = requests_.blocks();
  return bytes.data() >= blocks.data() && bytes.data() + bytes.size() <= blocks.data() + blocks.size();
}

// The inputs' bytes, each at a cache line, in one block of the arena; but those that lie in it already stay where they
// are, and their owner keeps them there.
bool WorkerProcess::lend_inputs(const Call& call, WireRequest& request, std::uint64_t& block, Error& error) {
  const auto& inputs = call.spec().inputs;
  std::uint64_t bytes = 0;
  const auto padded = [](std::uint64_t n) { return (n + BlockBook::kAlignment - 1) & ~(BlockBook::kAlignment - 1); };
  const auto is_there = [this](const runtime::InputPart& input) {
    return input.kind != runtime::PartKind::strings && !input.data.empty() && has_in_arena(input.data);
  };
  for (const auto& input : inputs)
    if (!is_there(input)) bytes += padded(wire_bytes(input));
  const std::string& params = call.spec().params_json;
  const bool lends_params = params.size() > kInlineParamsMax;
  if (lends_params) bytes += padded(params.size());
  const bool needs_block = bytes != 0;
  if (needs_block) block = book_.take(bytes);
  if (needs_block && block == BlockBook::kNone) {
    error = {Code::resource_exhausted, "worker.arena_full",
             "the request's inputs have " + std::to_string(bytes) + " bytes, " + std::to_string(book_.bytes_out()) +
                 " of the worker's " + std::to_string(requests_.blocks().size()) + " are taken",
             100};
    return false;
  }
  std::uint64_t offset = needs_block ? block : 0;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    WirePayload& payload = request.inputs[i].payload;
    payload.is_inline = false;
    payload.size = wire_bytes(inputs[i]);
    const bool is_lent = is_there(inputs[i]);
    payload.offset = is_lent ? static_cast<std::uint64_t>(inputs[i].data.data() - requests_.blocks().data()) : offset;
    payload.block = payload.offset;
    if (is_lent) continue;
    write_payload(inputs[i], requests_.blocks().data() + offset);
    offset += padded(payload.size);
  }
  if (!lends_params) return true;
  request.params_json = {false, {}, offset, params.size(), offset};
  std::memcpy(requests_.blocks().data() + offset, params.data(), params.size());
  return true;
}

bool WorkerProcess::submit(std::span<const std::shared_ptr<Call>> calls) {
  BatchMessage message;
  std::vector<std::shared_ptr<Flight>> flights;
  if (is_dead_.load() || is_retired_.load()) return false;
  for (const auto& call : calls) {
    const bool is_held = call->is_held();
    if (!is_held && call->finished()) continue;  // refused, when the rest of its batch found a dead worker
    call->feed_by(shared_from_this());
    if (!is_held) call->launch(shared_->spec.meters, shared_->outstanding);  // else a worker died before it began
    WireRequest request = to_wire(*call);
    request.window = std::min(kWindow, std::max(1u, call->spec().pending_parts_max));
    Error error;
    auto flight = std::make_shared<Flight>();
    if (!lend_inputs(*call, request, flight->block, error)) {
      call->refuse(std::move(error));
      continue;
    }
    flight->call = call;
    flight->window = request.window;
    // From now, where the deadline had passed already: the worker gets its grace to say so.
    if (const std::uint64_t deadline_ns = call->deadline_ns(); deadline_ns != 0)
      flight->hangs_ns = std::max(deadline_ns, thread::monotonic_coarse_ns()) + hang_grace_ns_;
    message.requests.push_back(std::move(request));
    flights.push_back(std::move(flight));
  }
  if (flights.empty()) return true;
  std::vector<std::shared_ptr<Flight>> too_large;
  {
    const std::span<const std::byte> record = encode(Message::batch, message);
    const std::lock_guard lock(mutex_);
    if (is_dead_.load() || is_retired_.load()) return false;  // what was lent goes with the arena
    push_batch(record, message.requests, flights, too_large);
  }
  for (const auto& flight : too_large) {
    if (flight->block != BlockBook::kNone) book_.give(flight->block);
    flight->call->refuse(Error{Code::invalid_argument, "request.too_large",
                               "the request without its tensors and parameters has more than the " +
                                   std::to_string(kRecordBytesMax) + " bytes that a worker takes",
                               0});
  }
  if (std::this_thread::get_id() == loop_thread_.load(std::memory_order_relaxed))
    thread::WakeBatch::expect(weak_from_this());
  return true;
}

// A record has a bound, a batch has none: one that is too long goes in halves. Lock: mutex_.
void WorkerProcess::push_batch(std::span<const std::byte> record, std::span<WireRequest> requests,
                               std::span<std::shared_ptr<Flight>> flights,
                               std::vector<std::shared_ptr<Flight>>& too_large) {
  if (record.size() > kRecordBytesMax && flights.size() == 1) return too_large.push_back(flights.front());
  if (record.size() > kRecordBytesMax) {
    const std::size_t half = flights.size() / 2;
    const auto push = [&](std::size_t begin, std::size_t n) {
      BatchMessage some;
      std::ranges::move(requests.subspan(begin, n), std::back_inserter(some.requests));
      push_batch(encode(Message::batch, some), some.requests, flights.subspan(begin, n), too_large);
    };
    push(0, half);
    return push(half, flights.size() - half);
  }
  const std::uint64_t position = writer_.push(record, Urgency::work);
  for (const auto& flight : flights) {
    flight->position = position;
    flights_.emplace(flight->call->id(), flight);
  }
  // Whoever cancelled one meanwhile did not find it here, and the worker was not told.
  for (std::size_t i = 0; i < flights.size(); ++i) {
    const Code why = flights[i]->call->cancel_reason();
    if (why == Code::ok || requests[i].cancel_word != 0) continue;
    CallMessage message{flights[i]->call->id(), static_cast<std::uint32_t>(why)};
    writer_.push(encode(Message::cancel, message), Urgency::control);
  }
  batch_max_ = std::max(batch_max_, flights.size());
  unreturned_ += static_cast<std::uint32_t>(flights.size());
  inflight_.fetch_add(static_cast<std::uint32_t>(flights.size()), std::memory_order_relaxed);
}

void WorkerProcess::retire() {
  const std::lock_guard lock(mutex_);  // whoever is in submit has handed over, or will not
  is_retired_.store(true);
}

bool WorkerProcess::is_idle() {
  const std::lock_guard lock(mutex_);
  return flights_.empty() && lent_.load() == 0;
}

void WorkerProcess::cancel(Call& call, Code why) {
  call.cancel(why);
  CallMessage message{call.id(), static_cast<std::uint32_t>(why)};
  const auto flight = find(call.id());
  if (flight == nullptr) return;
  writer_.push(encode(Message::cancel, message), Urgency::control);
  deliver_all(flight);  // what it had no room for is dropped now, and its finish comes through
}

void WorkerProcess::free_block(std::uint64_t block, Urgency urgency) {
  CallMessage message{block, 0};
  writer_.push(encode(Message::freed, message), urgency);
}

// One part into the call, as if the plugin had emitted it here. False: it lies about where its bytes are.
// Lock: flight.mutex.
bool WorkerProcess::deliver(Flight& flight, WirePart& part, bool& has_room) {
  auto view = view_part(part, responses_.blocks());
  if (!view) return false;
  const std::span<const std::byte> payload = view->payload;
  stoa_part record{};
  record.struct_size = sizeof record;
  record.kind = part.kind;
  record.name = {part.name.data(), part.name.size()};
  record.media_type = {part.media_type.data(), part.media_type.size()};
  std::unique_ptr<Lent> lent;
  DLManagedTensorVersioned tensor{};
  stoa_strings strings{};
  const auto ndim = static_cast<std::int32_t>(part.shape.size());
  switch (static_cast<runtime::PartKind>(part.kind)) {
    case runtime::PartKind::tensor: {
      const auto datatype = static_cast<DataType>(part.datatype);
      if (!part.payload.is_inline && payload.size() >= kInPlaceBytesMin) {
        lent = std::make_unique<Lent>(shared_from_this());
        lent->block = part.payload.block;
        lent->shape = part.shape;
        record.owner = lent.get();
        record.release = &Lent::release;
      }
      DLManagedTensorVersioned& to = lent ? lent->tensor : tensor;
      to.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
      to.flags = DLPACK_FLAG_BITMASK_READ_ONLY;
      to.dl_tensor = {const_cast<std::byte*>(payload.data()),        {kDLCPU, 0}, ndim, to_dlpack(datatype),
                      lent ? lent->shape.data() : part.shape.data(), nullptr,     0};
      record.u.tensor = &to;
      break;
    }
    case runtime::PartKind::strings:
      strings = {view->items.data(), part.shape.data(), ndim, 0};
      record.u.strings = &strings;
      break;
    default:
      record.u.bytes = {reinterpret_cast<const char*>(payload.data()), payload.size()};
      break;
  }
  stoa_part* const emitted = &record;
  stoa_request* const request = flight.call->abi();
  const stoa_status status = request->sink->emit(request, &emitted, 1, 0);
  has_room = status != STOA_WOULD_BLOCK;
  if (!has_room) return true;
  const bool is_taken_over = status == STOA_OK && lent;
  if (is_taken_over)
    lent.release();
  else if (!part.payload.is_inline)
    free_block(part.payload.block, Urgency::later);
  return true;
}

// Lock: flight.mutex.
void WorkerProcess::drop(Flight& flight) {
  for (const WirePart& part : flight.stalled)
    if (!part.payload.is_inline) free_block(part.payload.block, Urgency::later);
  flight.stalled.clear();
}

bool WorkerProcess::deliver_all(const std::shared_ptr<Flight>& flight) {
  std::optional<FinishMessage> finish;
  {
    const std::lock_guard lock(flight->mutex);
    if (flight->is_over) return true;
    bool has_room = true;
    if (flight->finish && flight->finish->error.code != 0) drop(*flight);
    std::size_t n = 0;
    for (; n < flight->stalled.size(); ++n) {
      if (n + 1 == flight->stalled.size())
        for (const WireMeter& meter : std::exchange(flight->meters, {}))
          flight->call->set_meter(meter.meter, meter.total_micro);
      if (!deliver(*flight, flight->stalled[n], has_room)) return false;
      if (!has_room) break;
    }
    flight->stalled.erase(flight->stalled.begin(), flight->stalled.begin() + static_cast<std::ptrdiff_t>(n));
    flight->accepted += static_cast<std::uint32_t>(n);
    if (flight->stalled.empty() && flight->finish) {
      finish = std::move(flight->finish);
      flight->is_over = true;
    } else if (flight->accepted > 0 && flight->accepted >= flight->window / 2) {
      flight->untold -= flight->accepted;
      CallMessage message{flight->call->id(), std::exchange(flight->accepted, 0)};
      writer_.push(encode(Message::taken, message), Urgency::control);
    }
  }
  if (!finish) return true;
  end_call(flight);
  Call& call = *flight->call;
  for (const WireMeter& meter : finish->meters) call.set_meter(meter.meter, meter.total_micro);
  stoa_error error{};
  error.struct_size = sizeof error;
  const auto said = from_wire(finish->error);
  // The worker's clock is ours: it saw the deadline pass, and so do we.
  const bool is_late = said && said->code == Code::deadline_exceeded && call.deadline_ns() != 0;
  if (is_late && monotonic_ns() >= call.deadline_ns()) call.cancel(Code::deadline_exceeded);
  stoa_status status = STOA_OK;
  if (said) {
    status = static_cast<stoa_status>(said->code);
    error.code = status;
    error.retry_after_ms = said->retry_after_ms;
    said->reason.copy(error.reason, sizeof error.reason - 1);
    said->message.copy(error.message, sizeof error.message - 1);
  }
  call.abi()->sink->finish(call.abi(), status, said ? &error : nullptr);
  return true;
}

void WorkerProcess::on_room(Call& call) noexcept {
  if (const auto flight = find(call.id()); flight != nullptr && !deliver_all(flight))
    kill("what it said makes no sense");
}

// Out of the books, before the call is told: whoever is told may look at them.
void WorkerProcess::end_call(const std::shared_ptr<Flight>& flight) {
  bool owes_too_many = false;
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(flight->has_ended, true)) return;
    if (flight->has_returned)
      flights_.erase(flight->call->id());
    else  // each thread's submit returns from one batch before it gets the next
      owes_too_many = ++owed_ > std::max(1u, shared_->spec.limits.threads) * batch_max_;
    if (flight->block != BlockBook::kNone) book_.give(flight->block);
  }
  inflight_.fetch_sub(1, std::memory_order_relaxed);
  if (owes_too_many) kill("its submit has not returned from calls that it answered, more than its threads can be at");
}

bool WorkerProcess::wait_settled(std::uint64_t deadline_ns) {
  std::unique_lock lock(mutex_);
  return moved_.wait_until(lock, until(deadline_ns), [this] { return unreturned_ == 0 || is_dead_.load(); });
}

// ---- questions ----

Result<AnswerMessage> WorkerProcess::ask(Message type, QuestionMessage question, std::uint64_t deadline_ns) {
  {
    const std::lock_guard lock(mutex_);
    question.question = ++last_number_;
    answers_.emplace(question.question, std::nullopt);
  }
  writer_.push(encode(type, question), Urgency::control);
  thread::WakeBatch::flush_of_this_thread();  // it waits now
  std::unique_lock lock(mutex_);
  const auto is_there = [&] { return answers_.at(question.question).has_value() || is_dead_.load(); };
  // Its supervisor goes on supervising while it waits: what takes long, or prints much, is no less watched than a call.
  if (is_supervised_here()) {
    while (!is_there() && monotonic_ns() < deadline_ns) {
      lock.unlock();
      const bool has_died = turn();
      lock.lock();
      if (has_died) break;
    }
  } else {
    moved_.wait_until(lock, until(deadline_ns), is_there);
  }
  auto answer = std::move(answers_.at(question.question));
  answers_.erase(question.question);
  if (answer) {
    if (auto error = from_wire(answer->error)) return std::unexpected(std::move(*error));
    return std::move(*answer);
  }
  if (is_dead_.load() || monotonic_ns() < deadline_ns) return std::unexpected(crashed());
  return failure(Code::deadline_exceeded, "plugin.hung", "the plugin did not answer in time");
}

}  // namespace stoa::worker

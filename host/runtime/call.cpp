// call.cpp: the sink a plugin answers into, and the consumer's end of it. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/call.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <utility>

#include "host/runtime/abi_error.hpp"
#include "host/thread/kept_blocks.hpp"
#include "host/thread/monotonic.hpp"
#include "stoa/ext/meter.h"

namespace stoa::runtime {
namespace {

std::atomic<std::uint64_t> g_last_id{0};  // ids are unique in the process, as the ABI says; 0 is none

stoa_str as_abi(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

constinit const stoa_sink Call::kSink = {nullptr, &Call::emit, &Call::wait_writable, &Call::finish_from_plugin};

std::int64_t* Call::LentInput::strides(std::size_t rank) {
  if (rank <= few_strides.size()) return few_strides.data();
  more_strides.resize(rank);
  return more_strides.data();
}

std::shared_ptr<Call> Call::create(CallSpec&& spec, std::shared_ptr<CallListener> listener) {
  return std::allocate_shared<Call>(thread::KeptAllocator<Call>(), Key(), std::move(spec), std::move(listener));
}

Call::Call(Key, CallSpec&& spec, std::shared_ptr<CallListener> listener)
    : spec_(std::move(spec)), listener_(std::move(listener)) {
  request_.struct_size = sizeof(stoa_request);
  request_.id = g_last_id.fetch_add(1, std::memory_order_relaxed) + 1;
  request_.deadline_ns = spec_.deadline_ns;
  request_.cancel = &cancel_word_;
  request_.sink = &kSink;
  request_.task = as_abi(spec_.task);
  request_.params_json = as_abi(spec_.params_json);
  request_.session = as_abi(spec_.session);
  request_.tenant = as_abi(spec_.tenant);
  request_.traceparent = as_abi(spec_.traceparent);
  request_.host = this;
  lend_inputs();
  output_names_.reserve(spec_.outputs.size());
  for (const auto& name : spec_.outputs) output_names_.push_back(as_abi(name));
  request_.n_outputs = static_cast<std::uint32_t>(output_names_.size());
  request_.outputs = output_names_.data();
}

Call::~Call() = default;

void Call::lend_inputs() {
  const std::size_t n = spec_.inputs.size();
  if (n == 0) return;
  lend_input(spec_.inputs[0], first_input_);
  request_.n_inputs = static_cast<std::uint32_t>(n);
  request_.inputs = &first_input_.record;
  if (n == 1) return;
  more_inputs_ = std::make_unique<LentInput[]>(n - 1);
  input_records_.reserve(n);
  input_records_.push_back(&first_input_.part);
  for (std::size_t i = 1; i < n; ++i) {
    lend_input(spec_.inputs[i], more_inputs_[i - 1]);
    input_records_.push_back(&more_inputs_[i - 1].part);
  }
  request_.inputs = input_records_.data();
}

void Call::lend_input(const InputPart& from, LentInput& to) {
  to.part.struct_size = sizeof(stoa_part);
  to.part.kind = static_cast<std::uint32_t>(from.kind);
  to.part.name = as_abi(from.name);
  to.part.media_type = as_abi(from.media_type);
  // The C structs have no const; the plugin is told that inputs are read-only (the flag, and stoa.h).
  auto* shape = const_cast<std::int64_t*>(from.shape.data());
  const auto ndim = static_cast<std::int32_t>(from.shape.size());
  switch (from.kind) {
    case PartKind::tensor: {
      std::int64_t* const strides = to.strides(from.shape.size());
      std::uint64_t stride = 1;  // of a tensor without elements it may wrap
      for (std::size_t axis = from.shape.size(); axis-- > 0; stride *= static_cast<std::uint64_t>(from.shape[axis]))
        strides[axis] = static_cast<std::int64_t>(stride);
      to.tensor.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
      to.tensor.flags = DLPACK_FLAG_BITMASK_READ_ONLY;
      to.tensor.dl_tensor = {
          const_cast<std::byte*>(from.data.data()), {kDLCPU, 0}, ndim, to_dlpack(from.datatype), shape, strides, 0};
      to.part.u.tensor = &to.tensor;
      break;
    }
    case PartKind::strings:
      to.strings = {from.strings.data(), shape, ndim, 0};
      to.part.u.strings = &to.strings;
      break;
    case PartKind::text:
    case PartKind::bytes:
    case PartKind::json:
      to.part.u.bytes = {reinterpret_cast<const char*>(from.data.data()), from.data.size()};
      break;
  }
}

// ---- consumer side ----

std::vector<OutputPart> Call::take(std::vector<MeterTotal>* totals) {
  std::vector<OutputPart> taken;
  // Whoever emits looks at is_finished_ under the lock, which it was set under: nobody else is at the parts any more.
  if (finished() && !is_blocked_) {
    if (totals != nullptr) *totals = meters_emitted_;
    taken.swap(pending_);
    pending_bytes_ = 0;
    return taken;
  }
  std::shared_ptr<CallFeeder> feeder;  // who may go on
  {
    const std::lock_guard lock(mutex_);
    if (totals != nullptr) *totals = meters_emitted_;
    taken.swap(pending_);
    pending_bytes_ = 0;
    if (std::exchange(is_blocked_, false)) feeder = feeder_;
    if (waiting_ > 0) taken_.notify_all();
  }
  if (feeder != nullptr) feeder->on_room(*this);
  return taken;
}

std::vector<MeterTotal> Call::meters() const {
  const std::lock_guard lock(mutex_);
  return meters_;
}

std::string Call::first_misuse() const {
  const std::lock_guard lock(mutex_);
  return first_misuse_;
}

Code Call::cancel_reason() const noexcept {
  return static_cast<Code>(__atomic_load_n(&cancel_word_, __ATOMIC_RELAXED));
}

bool Call::set_cancel_word(Code why) noexcept {
  std::uint32_t expected = 0;
  const auto word = static_cast<std::uint32_t>(why == Code::ok ? Code::cancelled : why);
  return std::atomic_ref(cancel_word_).compare_exchange_strong(expected, word);
}

void Call::cancel(Code why) noexcept {
  if (!set_cancel_word(why)) return;
  const std::lock_guard lock(mutex_);
  if (waiting_ > 0) taken_.notify_all();
}

// ---- instance side ----

void Call::launch(std::span<const std::string> meters, Outstanding& outstanding) {
  outstanding.add();
  const std::lock_guard lock(mutex_);
  meters_declared_ = meters;
  outstanding_ = &outstanding;
  is_launched_ = true;
  self_ = shared_from_this();
}

void Call::feed_by(std::shared_ptr<CallFeeder> feeder) {
  const std::lock_guard lock(mutex_);
  feeder_ = std::move(feeder);
}

bool Call::is_held() const noexcept {
  const std::lock_guard lock(mutex_);
  return is_launched_ && !is_landed_;
}

void Call::refuse(Error error) noexcept { land(std::move(error), false); }

bool Call::finish(std::optional<Error> error) noexcept {
  bool has_ended = false;
  {
    const std::lock_guard lock(mutex_);
    if (finished()) return false;
    error_ = std::move(error);
    is_finished_.store(true, std::memory_order_release);
    has_ended = !is_launched_;
    if (waiting_ > 0) taken_.notify_all();
  }
  if (has_ended && observer_ != nullptr) observer_->on_end(*this);
  tell();
  return true;
}

void Call::land(std::optional<Error> error, bool by_plugin) noexcept {
  std::shared_ptr<Call> self;
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    if (!is_launched_ || is_landed_) {
      if (by_plugin) {
        count_misuse();
        if (first_misuse_.empty()) first_misuse_ = "finish was called twice";
      }
      return;
    }
    is_landed_ = true;
    self = std::move(self_);  // until here returns
    is_news = !finished();
    if (is_news) {
      // An answer that lost a part is no answer, whatever the plugin makes of emit's status.
      if (by_plugin && !error && !bad_part_.empty()) error = Error{Code::internal, "plugin.bad_part", bad_part_, 0};
      error_ = std::move(error);
      is_finished_.store(true, std::memory_order_release);
    }
    if (waiting_ > 0) taken_.notify_all();
  }
  if (observer_ != nullptr) observer_->on_end(*this);
  if (is_news) tell();
  outstanding_->remove();  // last: the instance may be gone once it is
}

stoa_status Call::set_meter(std::string_view meter, std::int64_t total_micro) {
  constexpr std::string_view kHostsOwn = STOA_METER_CALL;
  const std::lock_guard lock(mutex_);
  if (is_landed_ || finished()) return STOA_FAILED_PRECONDITION;
  const bool is_declared = meter != kHostsOwn && std::ranges::find(meters_declared_, meter) != meters_declared_.end();
  if (!is_declared || total_micro < 0) return STOA_INVALID_ARGUMENT;
  const auto at = std::ranges::find(meters_, meter, &MeterTotal::meter);
  have_meters_moved_ = true;
  if (at == meters_.end()) {
    meters_.push_back({std::string(meter), total_micro});
    return STOA_OK;
  }
  if (total_micro < at->total_micro) return STOA_INVALID_ARGUMENT;
  at->total_micro = total_micro;
  return STOA_OK;
}

// ---- the plugin's side: the sink ----

// Lock: mutex_ is not held.
stoa_status Call::note_misuse(stoa_status status, std::string_view what) {
  count_misuse();
  const std::lock_guard lock(mutex_);
  if (first_misuse_.empty()) first_misuse_ = what;
  return status;
}

// Lock: mutex_ is held.
bool Call::must_stop() noexcept {
  if (is_cancelled()) return true;
  if (request_.deadline_ns == 0) return false;
  const bool may_have_passed = thread::monotonic_coarse_ns() + thread::kCoarseBehindMaxNs >= request_.deadline_ns;
  if (!may_have_passed || thread::monotonic_ns() < request_.deadline_ns) return false;
  if (set_cancel_word(Code::deadline_exceeded) && waiting_ > 0) taken_.notify_all();
  return true;
}

// Lock: mutex_ is held.
bool Call::would_block(std::uint64_t more_parts, std::uint64_t more_bytes) const noexcept {
  if (pending_.empty()) return false;
  return pending_.size() + more_parts > spec_.pending_parts_max ||
         pending_bytes_ + more_bytes > spec_.pending_bytes_max;
}

stoa_status Call::emit(const stoa_request* req, stoa_part* const* parts, std::uint32_t n, std::uint32_t flags) {
  Call& call = *of(*req);
  try {
    {
      std::unique_lock lock(call.mutex_);
      if (!call.is_launched_ || call.is_landed_ || call.finished()) {
        const bool is_plugins_fault = !call.is_launched_ || call.is_landed_;
        lock.unlock();
        return is_plugins_fault ? call.note_misuse(STOA_FAILED_PRECONDITION, "emit was called after finish")
                                : STOA_CANCELLED;
      }
      if (call.must_stop()) return STOA_CANCELLED;
      // Before anything is copied; once more with the real sizes when it is.
      const bool is_full = call.would_block(n, 0);
      if (is_full) {
        call.is_blocked_ = true;
        lock.unlock();
        if (!call.spec_.wants_progress) call.tell_now();
        return STOA_WOULD_BLOCK;
      }
    }
    if (flags != 0) return call.note_misuse(STOA_INVALID_ARGUMENT, "emit was given flags this ABI does not have");
    if (n == 0) return STOA_OK;
    if (parts == nullptr) return call.note_misuse(STOA_INVALID_ARGUMENT, "emit was given parts == NULL");
    return call.take_over(parts, n);
  } catch (const std::bad_alloc&) {
    return STOA_RESOURCE_EXHAUSTED;
  }
}

stoa_status Call::take_over(stoa_part* const* parts, std::uint32_t n) {
  std::vector<OutputPart> prepared(n);
  std::uint64_t bytes = 0;
  for (std::uint32_t i = 0; i < n; ++i) {
    std::string why;
    if (parts[i] == nullptr || !OutputPart::prepare(*parts[i], prepared[i], why)) {
      if (parts[i] == nullptr) why = "its record is NULL";
      const std::string name(prepared[i].name());
      why = "output part " + std::to_string(i) + (name.empty() ? "" : " \"" + name + "\"") + " was refused: " + why;
      {
        const std::lock_guard lock(mutex_);
        if (bad_part_.empty()) bad_part_ = why;
      }
      return note_misuse(STOA_INVALID_ARGUMENT, why);
    }
    bytes += prepared[i].payload_bytes();
  }
  bool is_first = false;
  stoa_status status = STOA_OK;
  {
    const std::lock_guard lock(mutex_);
    if (is_landed_ || finished()) return STOA_CANCELLED;  // finished meanwhile, by another thread
    is_first = pending_.empty();
    if (would_block(n, bytes)) {
      is_blocked_ = true;
      status = STOA_WOULD_BLOCK;
    } else {
      if (have_meters_moved_) meters_emitted_ = meters_;
      have_meters_moved_ = false;
      pending_.reserve(is_first ? 0
                                : pending_.size() + n);  // the last step that can fail: all parts are taken, or none
      for (auto& part : prepared) part.commit(outstanding_);
      if (is_first)
        pending_.swap(prepared);
      else
        std::ranges::move(prepared, std::back_inserter(pending_));
      pending_bytes_ += bytes;
    }
  }
  const bool is_news = status == STOA_OK ? is_first && spec_.wants_progress : !spec_.wants_progress;
  if (is_news) tell_now();
  return status;
}

stoa_status Call::wait_writable(const stoa_request* req, std::uint64_t deadline_ns) {
  Call& call = *of(*req);
  const std::uint64_t own_ns = call.deadline_ns();
  if (deadline_ns == 0 || own_ns == 0) return call.wait_taken(std::max(deadline_ns, own_ns));
  return call.wait_taken(std::min(deadline_ns, own_ns));
}

stoa_status Call::wait_taken(std::uint64_t deadline_ns) {
  std::unique_lock lock(mutex_);
  if (is_landed_) {
    lock.unlock();
    return note_misuse(STOA_FAILED_PRECONDITION, "wait_writable was called after finish");
  }
  const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline_ns)};
  ++waiting_;
  bool is_timely = true;
  while (is_blocked_ && !is_cancelled() && !finished() && is_timely) {
    if (deadline_ns == 0)
      taken_.wait(lock);
    else
      is_timely = taken_.wait_until(lock, until) == std::cv_status::no_timeout;
  }
  --waiting_;
  if (finished() ? is_cancelled() : must_stop()) return static_cast<stoa_status>(cancel_reason());
  if (finished()) return STOA_CANCELLED;
  return is_blocked_ ? STOA_DEADLINE_EXCEEDED : STOA_OK;
}

void Call::finish_from_plugin(const stoa_request* req, stoa_status status, const stoa_error* err) {
  Call& call = *of(*req);
  // Whoever passes on emit's STOA_CANCELLED means the word's reason.
  if (status == STOA_CANCELLED && call.is_cancelled()) status = static_cast<stoa_status>(call.cancel_reason());
  std::optional<Error> error;
  if (status != STOA_OK) error = error_from_abi(status, err, "model.error");
  call.land(std::move(error), true);
}

}  // namespace stoa::runtime

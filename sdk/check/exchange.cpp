// exchange.cpp: the host's half of a request: the sink's three functions and what they hold against the plugin.
// SPDX-License-Identifier: Apache-2.0
#include "sdk/check/exchange.hpp"

#include <atomic>
#include <ctime>

#include "stoa/record.hpp"

namespace stoa::check {
namespace {

// A shorter record is one from before the wanted outputs were added: n_outputs is 0 then, and outputs is not there.
constexpr std::size_t kShortRequest = offsetof(stoa_request, outputs);
static_assert(kShortRequest % alignof(stoa_request) == 0);

bool is_status(stoa_status status) { return (status >= STOA_OK && status <= 16) || status >= 100; }

std::uint64_t next_request_id() {
  static std::atomic<std::uint64_t> last{0};
  return ++last;
}

}  // namespace

std::uint64_t now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

std::vector<Value> Answer::parts() const {
  std::vector<Value> all;
  for (const auto& emitted : emits) all.insert(all.end(), emitted.begin(), emitted.end());
  return all;
}

const stoa_sink Exchange::kSink{nullptr, emit, wait_writable, finish};

Exchange::Exchange(ExchangeSpec spec) : spec_(std::move(spec)), inputs_(spec_.inputs) {
  for (const std::string& name : spec_.outputs) outputs_.push_back(str_of(name));
  stoa_request record{};
  record.id = next_request_id();
  record.deadline_ns = spec_.deadline_ns;
  record.cancel = &cancel_;
  record.sink = &kSink;
  record.task = str_of(spec_.task);
  record.params_json = str_of(spec_.params_json);
  record.session = str_of(spec_.session);
  record.inputs = inputs_.parts();
  record.n_inputs = inputs_.count();
  record.n_outputs = spec_.length == RecordLength::shorter ? 0 : static_cast<std::uint32_t>(outputs_.size());
  record.outputs = outputs_.empty() ? nullptr : outputs_.data();
  record_.emplace(record, spec_.length, kShortRequest);
  Exchange* self = this;
  std::memcpy(record_->front(), &self, sizeof self);
}

Exchange::~Exchange() = default;

// The pointer lies in front of the record, where it survives the record's poisoning.
Exchange& Exchange::of(const stoa_request* request) {
  Exchange* self = nullptr;
  std::memcpy(&self, reinterpret_cast<const std::byte*>(request) - GuardedRecord<stoa_request>::kFront, sizeof self);
  return *self;
}

void Exchange::cancel(stoa_status why) {
  std::uint32_t none = 0;
  __atomic_compare_exchange_n(&cancel_, &none, static_cast<std::uint32_t>(why), false, __ATOMIC_RELAXED,
                              __ATOMIC_RELAXED);
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

bool Exchange::wait_finished(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, at_most, [this] { return finishes_ > 0; });
}

bool Exchange::wait_blocked(std::chrono::milliseconds at_most) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, at_most, [this] { return is_waiting_ || finishes_ > 0; }) && is_waiting_;
}

Answer Exchange::answer() const {
  const std::lock_guard lock(mutex_);
  return answer_;
}

std::vector<std::string> Exchange::faults() const {
  const std::lock_guard lock(mutex_);
  return faults_;
}

stoa_status Exchange::set_meter(std::string_view meter, std::int64_t total_micro) {
  const std::lock_guard lock(mutex_);
  if (finishes_ > 0) {
    faults_.push_back("meter '" + std::string(meter) + "' was set after finish");
    return STOA_FAILED_PRECONDITION;
  }
  std::int64_t& total = answer_.meters[std::string(meter)];
  if (total_micro < total) {
    faults_.push_back("meter '" + std::string(meter) + "' went back from " + std::to_string(total) + " to " +
                      std::to_string(total_micro) + " millionths: it is a total, not an increment");
    return STOA_INVALID_ARGUMENT;
  }
  total = total_micro;
  return STOA_OK;
}

stoa_status Exchange::emit(const stoa_request* request, stoa_part* const* parts, std::uint32_t n, std::uint32_t flags) {
  return of(request).on_emit(parts, n, flags);
}
stoa_status Exchange::wait_writable(const stoa_request* request, std::uint64_t deadline_ns) {
  return of(request).on_wait_writable(deadline_ns);
}
void Exchange::finish(const stoa_request* request, stoa_status status, const stoa_error* err) {
  of(request).on_finish(status, err);
}

stoa_status Exchange::on_emit(stoa_part* const* parts, std::uint32_t n, std::uint32_t flags) {
  std::vector<stoa_part> taken;
  {
    const std::lock_guard lock(mutex_);
    if (finishes_ > 0) {
      faults_.push_back("emit was called after finish");
      return STOA_FAILED_PRECONDITION;
    }
    if (flags != 0)
      faults_.push_back("emit was called with the flags " + std::to_string(flags) + ", version 1 has none");
    if (__atomic_load_n(&cancel_, __ATOMIC_RELAXED) != 0) return STOA_CANCELLED;
    if (spec_.consumer == Consumer::stalled) return STOA_WOULD_BLOCK;
    if (spec_.consumer == Consumer::slow && !may_emit_) return STOA_WOULD_BLOCK;
    may_emit_ = false;
    std::vector<Value> values;
    for (std::uint32_t i = 0; i < n; ++i) {
      values.push_back(read_part(*parts[i], faults_));
      taken.push_back(complete(*parts[i]));
    }
    answer_.emits.push_back(std::move(values));
  }
  for (stoa_part& part : taken)  // no lock of ours is held while plugin code runs
    if (part.release != nullptr) part.release(&part);
  return STOA_OK;
}

stoa_status Exchange::on_wait_writable(std::uint64_t deadline_ns) {
  std::unique_lock lock(mutex_);
  if (finishes_ > 0) {
    faults_.push_back("wait_writable was called after finish");
    return STOA_FAILED_PRECONDITION;
  }
  const auto cancelled = [this] { return static_cast<stoa_status>(__atomic_load_n(&cancel_, __ATOMIC_RELAXED)); };
  if (cancelled() != 0) return STOA_CANCELLED;
  may_emit_ = true;
  if (spec_.consumer != Consumer::stalled) return STOA_OK;
  is_waiting_ = true;
  changed_.notify_all();
  const std::uint64_t until = deadline_ns != 0 ? deadline_ns : spec_.deadline_ns;
  const auto woken = [&] { return cancelled() != 0; };
  if (until == 0) {
    changed_.wait(lock, woken);
  } else {
    const std::uint64_t now = now_ns();
    if (!changed_.wait_for(lock, std::chrono::nanoseconds(until > now ? until - now : 0), woken))
      return STOA_DEADLINE_EXCEEDED;
  }
  return STOA_CANCELLED;
}

void Exchange::on_finish(stoa_status status, const stoa_error* err) {
  const std::lock_guard lock(mutex_);
  if (++finishes_ > 1) {
    faults_.push_back("finish was called " + std::to_string(finishes_) + " times");
    return;
  }
  if (!is_status(status)) faults_.push_back("finish was called with the status " + std::to_string(status));
  answer_.status = status;
  if (err != nullptr && status != STOA_OK) {
    const stoa_error whole = complete(*err);
    if (std::memchr(whole.reason, 0, sizeof whole.reason) == nullptr ||
        std::memchr(whole.message, 0, sizeof whole.message) == nullptr)
      faults_.push_back("finish was given an error whose texts are not NUL-terminated");
    else
      answer_.error = Error{static_cast<Code>(status), whole.reason, whole.message, whole.retry_after_ms};
  }
  record_->poison();  // finish is the last touch of the request
  changed_.notify_all();
}

}  // namespace stoa::check

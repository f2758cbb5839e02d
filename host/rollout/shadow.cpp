// shadow.cpp SPDX-License-Identifier: Apache-2.0
#include "host/rollout/shadow.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <utility>

#include "host/thread/monotonic.hpp"
#include "host/thread/wake_batch.hpp"

namespace stoa::rollout {
namespace {

using inference::MirroredCall;
using inference::ServedModel;
using runtime::Call;
using runtime::CallSpec;
using runtime::InputPart;
using runtime::OutputPart;

constexpr std::uint32_t kAllPpm = 1'000'000;
constexpr std::chrono::milliseconds kLookAgain{100};  // how late a deadline of a copy may be noticed

struct Copy {
  CallSpec spec;
  std::vector<InputPart> answer;
  std::uint64_t bytes = 0;
};

std::uint64_t bytes_of(const InputPart& part) {
  std::uint64_t bytes = part.data.size();
  for (const auto& text : part.strings) bytes += text.n;
  return bytes;
}

// Without the customer: nothing that the shadow meters is anybody's, and no trace has it twice.
CallSpec asked_again(const CallSpec& spec) {
  CallSpec again;
  again.task = spec.task;
  again.params_json = spec.params_json;
  again.session = spec.session;
  again.inputs = spec.inputs;
  again.outputs = spec.outputs;
  again.pending_parts_max = spec.pending_parts_max;
  again.pending_bytes_max = spec.pending_bytes_max;
  again.wants_progress = false;
  return again;
}

}  // namespace

// Shared by the shadow, its thread, the calls it asks and the requests it listens to.
class Shadow::Desk final : public inference::Mirror,
                           public runtime::CallListener,
                           public thread::Sleeper,
                           public std::enable_shared_from_this<Desk> {
 public:
  Desk(std::shared_ptr<ServedModel> model, const ShadowPlan& plan) : model_(std::move(model)), plan_(plan) {}

  std::unique_ptr<MirroredCall> begin(const CallSpec& spec) noexcept override;
  void on_progress() noexcept override { note_news(); }
  void wake() noexcept override { news_.notify_one(); }

  bool hold(std::uint64_t bytes) noexcept;
  void let_go(const Copy& copy) noexcept;
  void drop(const Copy& copy) noexcept {
    dropped_.fetch_add(1, std::memory_order_relaxed);
    let_go(copy);
  }
  void skip(const Copy& copy) noexcept {
    skipped_.fetch_add(1, std::memory_order_relaxed);
    let_go(copy);
  }
  void put(Copy copy);

  void run();
  void close();
  ShadowStatistics statistics() const;

 private:
  struct Running {
    Copy copy;
    std::shared_ptr<Call> call;
    std::vector<OutputPart> got;
    std::uint64_t got_bytes = 0;
  };
  void note_news() noexcept;
  bool wait(std::vector<Copy>& fresh, std::size_t room);
  void ask(Copy copy);
  bool collect(Running& running);
  void conclude(const Running& running, const std::string& what);

  std::shared_ptr<ServedModel> model_;  // the thread's own, and nobody's after it
  const ShadowPlan plan_;
  std::vector<Running> running_;  // the thread's own
  std::atomic<bool> is_closed_{false};
  std::atomic<std::uint64_t> turns_{0}, held_bytes_{0};
  std::atomic<std::uint32_t> held_{0};
  std::atomic<std::uint64_t> equal_{0}, different_{0}, failed_{0}, dropped_{0}, skipped_{0};
  mutable std::mutex mutex_;  // Lock: all below
  std::condition_variable news_;
  std::deque<Copy> waiting_;
  bool has_news_ = false;
  std::string last_difference_;
};

namespace {

template <class Desk>
class Listening final : public MirroredCall {
 public:
  Listening(std::shared_ptr<Desk> desk, Copy copy) : desk_(std::move(desk)), copy_(std::move(copy)) {}
  ~Listening() override {
    if (desk_ != nullptr) desk_->skip(copy_);
  }

  void add(std::span<const OutputPart> parts) noexcept override {
    if (desk_ == nullptr) return;
    try {
      for (const OutputPart& part : parts) {
        if (!desk_->hold(part.payload_bytes())) return drop();
        copy_.bytes += part.payload_bytes();
        copy_.answer.push_back(copy_of(part));
      }
    } catch (const std::bad_alloc&) {
      drop();
    }
  }

  void end(const std::optional<Error>& error) noexcept override {
    if (desk_ == nullptr || error) return;  // the destructor says so
    try {
      std::exchange(desk_, nullptr)->put(std::move(copy_));
    } catch (const std::bad_alloc&) {  // from before the move: nothing was put
      return;
    }
  }

 private:
  void drop() noexcept {
    std::exchange(desk_, nullptr)->drop(copy_);
    copy_ = Copy();
  }

  std::shared_ptr<Desk> desk_;  // null: over
  Copy copy_;
};

}  // namespace

std::unique_ptr<MirroredCall> Shadow::Desk::begin(const CallSpec& spec) noexcept {
  if (is_closed_.load(std::memory_order_relaxed)) return nullptr;
  const std::uint64_t turn = turns_.fetch_add(plan_.share_ppm, std::memory_order_relaxed) % kAllPpm;
  if (turn + plan_.share_ppm < kAllPpm) return nullptr;
  try {
    Copy copy;
    for (const InputPart& part : spec.inputs) copy.bytes += bytes_of(part);
    if (held_.fetch_add(1, std::memory_order_relaxed) >= plan_.waiting_max || !hold(copy.bytes)) {
      dropped_.fetch_add(1, std::memory_order_relaxed);
      held_.fetch_sub(1, std::memory_order_relaxed);
      return nullptr;
    }
    copy.spec = asked_again(spec);
    return std::make_unique<Listening<Desk>>(shared_from_this(), std::move(copy));
  } catch (const std::bad_alloc&) {
    return nullptr;  // what was held stays held: the shadow falls silent before the host runs out
  }
}

bool Shadow::Desk::hold(std::uint64_t bytes) noexcept {
  if (held_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= plan_.waiting_bytes_max) return true;
  held_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void Shadow::Desk::let_go(const Copy& copy) noexcept {
  held_bytes_.fetch_sub(copy.bytes, std::memory_order_relaxed);
  held_.fetch_sub(1, std::memory_order_relaxed);
}

void Shadow::Desk::put(Copy copy) {
  {
    const std::lock_guard lock(mutex_);
    waiting_.push_back(std::move(copy));
  }
  note_news();
}

// A wake that an I/O thread puts off costs its customers nothing.
void Shadow::Desk::note_news() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(has_news_, true)) return;
  }
  thread::WakeBatch::wake(shared_from_this());
}

void Shadow::Desk::close() {
  is_closed_.store(true);
  note_news();
  news_.notify_one();
}

// False when it is over.
bool Shadow::Desk::wait(std::vector<Copy>& fresh, std::size_t room) {
  std::unique_lock lock(mutex_);
  const bool can_go_on = room > 0 && !waiting_.empty();
  if (!can_go_on) news_.wait_for(lock, kLookAgain, [this] { return has_news_; });
  has_news_ = false;
  for (; room > 0 && !waiting_.empty(); --room) {
    fresh.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return !is_closed_.load();
}

void Shadow::Desk::run() {
  pthread_setname_np(pthread_self(), "stoa-shadow");
  std::vector<Copy> fresh;
  while (wait(fresh, plan_.inflight_max - running_.size())) {
    for (Copy& copy : fresh) ask(std::move(copy));
    fresh.clear();
    std::erase_if(running_, [this](Running& running) { return collect(running); });
  }
  for (const Running& running : running_) model_->cancel(running.call, Code::cancelled);
  running_.clear();
  model_.reset();  // whoever still holds the desk does not hold the release
}

void Shadow::Desk::ask(Copy copy) {
  const std::uint64_t patience_ns = model_->spec().limits.deadline_ns;
  CallSpec spec = copy.spec;  // which stays, until it is compared, for the bytes it holds
  spec.deadline_ns = patience_ns == 0 ? 0 : thread::monotonic_ns() + patience_ns;
  auto call = Call::create(std::move(spec), shared_from_this());
  if (const auto queued = model_->enqueue(call); !queued) {
    if (queued.error().code == Code::resource_exhausted) return drop(copy);
    failed_.fetch_add(1, std::memory_order_relaxed);
    return let_go(copy);
  }
  running_.push_back({std::move(copy), std::move(call), {}, 0});
}

// True when nothing more is to come of it.
bool Shadow::Desk::collect(Running& running) {
  const bool is_finished = running.call->finished();  // before take: then what take returns is the rest
  for (auto& part : running.call->take()) {
    running.got_bytes += part.payload_bytes();
    running.got.push_back(std::move(part));
  }
  if (running.got_bytes > plan_.waiting_bytes_max) {
    model_->cancel(running.call, Code::cancelled);
    conclude(running, "the answer has more than " + std::to_string(plan_.waiting_bytes_max) + " bytes");
    return true;
  }
  const std::uint64_t deadline_ns = running.call->deadline_ns();
  const bool is_late = !is_finished && deadline_ns != 0 && thread::monotonic_ns() >= deadline_ns;
  if (is_late) model_->cancel(running.call, Code::deadline_exceeded);
  if (is_late || (is_finished && running.call->error())) {
    failed_.fetch_add(1, std::memory_order_relaxed);
    let_go(running.copy);
    return true;
  }
  if (is_finished) conclude(running, difference(running.copy.answer, running.got, plan_));
  return is_finished;
}

void Shadow::Desk::conclude(const Running& running, const std::string& what) {
  (what.empty() ? equal_ : different_).fetch_add(1, std::memory_order_relaxed);
  let_go(running.copy);
  if (what.empty()) return;
  const std::lock_guard lock(mutex_);
  last_difference_ = what;
}

ShadowStatistics Shadow::Desk::statistics() const {
  ShadowStatistics s;
  s.equal = equal_.load(std::memory_order_relaxed);
  s.different = different_.load(std::memory_order_relaxed);
  s.failed = failed_.load(std::memory_order_relaxed);
  s.dropped = dropped_.load(std::memory_order_relaxed);
  s.skipped = skipped_.load(std::memory_order_relaxed);
  s.held = held_.load(std::memory_order_relaxed);
  s.held_bytes = held_bytes_.load(std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  s.last_difference = last_difference_;
  return s;
}

Shadow::Shadow(std::shared_ptr<ServedModel> model, const ShadowPlan& plan)
    : desk_(std::make_shared<Desk>(std::move(model), plan)), thread_([desk = desk_] { desk->run(); }) {}

Shadow::~Shadow() {
  desk_->close();
  thread_.join();
}

std::shared_ptr<inference::Mirror> Shadow::mirror() const { return desk_; }
ShadowStatistics Shadow::statistics() const { return desk_->statistics(); }

}  // namespace stoa::rollout

// ring_wake_test.cpp: who is woken for what, between a host and a worker's two kinds of threads.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "host/thread/monotonic.hpp"
#include "host/worker/ring.hpp"

namespace stoa::worker {
namespace {

constexpr std::uint64_t kWakePatienceNs = 20'000'000'000;  // a sleep this long is a lost wake-up
constexpr std::chrono::seconds kHoldPatience{20};
constexpr std::uint64_t kPushes = 100'000;

// task: takes `number` turns of the processor. hold: works until a note with a greater number is handled. Both are for
// the thread that works, notes for whoever is awake. end: of it all.
enum class Word : std::uint32_t { task, hold, note, end };
struct Said {
  Word word = Word::task;
  std::uint32_t number = 0;
};

std::vector<std::byte> written(Said said) {
  std::vector<std::byte> record(sizeof said);
  std::memcpy(record.data(), &said, sizeof said);
  return record;
}

// A worker's threads as WorkerServer has them, one of each kind: the first works, the other keeps watch meanwhile.
class WatchedWorker {
 public:
  WatchedWorker(Arena requests, Arena responses) : requests_(std::move(requests)), responses_(std::move(responses)) {}

  // Whether it heard of its end, and nothing took too long.
  bool run() {
    std::thread controller([this] { serve(kController); });
    serve(kWorkers);
    controller.join();
    return is_over_ && !is_late_;
  }

 private:
  void serve(std::uint32_t kind) {
    std::vector<std::byte> record;
    std::unique_lock lock(mutex_);
    reader_.awake();
    while (!is_over_ && !is_late_) {
      if (kind == kWorkers && !tasks_.empty()) {
        work(lock);
        continue;
      }
      if (reader_.next(record) == RingReader::Got::record) {
        handle(record);
        if (kind == kController && !tasks_.empty() && !is_working_) reader_.rouse(kWorkers);
        continue;
      }
      const std::uint32_t seen = reader_.announce();
      if (reader_.has_next() || (kind == kWorkers && !tasks_.empty())) continue;
      reader_.sleep(seen, thread::monotonic_ns() + 2 * kWakePatienceNs, kind, lock);
      lock.lock();
      reader_.awake();
    }
    reader_.rouse(kWorkers);
    reader_.rouse(kController);
  }

  // Lock: mutex_.
  void handle(const std::vector<std::byte>& record) {
    Said said;
    std::memcpy(&said, record.data(), sizeof said);
    is_over_ = said.word == Word::end;
    if (said.word == Word::task || said.word == Word::hold) return tasks_.push_back(said);
    released_ = std::max(released_, said.number);
    release_.notify_all();
    writer_.push(record, Urgency::control);
  }

  void work(std::unique_lock<std::mutex>& lock) {
    const Said task = tasks_.front();
    tasks_.pop_front();
    is_working_ = true;
    responses_.header().is_busy.store(1);
    reader_.announce();
    if (reader_.has_next() || !tasks_.empty()) reader_.rouse(kController);
    if (task.word == Word::hold) {
      writer_.push(written(task), Urgency::control);  // it has begun
      is_late_ |= !release_.wait_for(lock, kHoldPatience, [&] { return released_ > task.number; });
    } else {
      lock.unlock();
      for (std::uint32_t turn = 0; turn < task.number; ++turn) sched_yield();
      lock.lock();
    }
    is_working_ = false;
    responses_.header().is_busy.store(0);
    reader_.awake();
    writer_.push(written(task), Urgency::work);
  }

  Arena requests_, responses_;
  RingReader reader_{responses_, requests_};
  RingWriter writer_{responses_, requests_};
  std::mutex mutex_;  // Lock: all below
  std::condition_variable release_;
  std::deque<Said> tasks_;
  std::uint32_t released_ = 0;
  bool is_working_ = false, is_over_ = false, is_late_ = false;
};

// The host's end, and the worker's process, which is seen to its end.
class WatchedHost {
 public:
  WatchedHost() {
    child_ = fork();
    if (child_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    auto requests = Arena::map(dup(requests_.descriptor()), false);
    auto responses = Arena::map(dup(responses_.descriptor()), true);
    if (!requests || !responses) _exit(EXIT_FAILURE);
    WatchedWorker worker(std::move(*requests), std::move(*responses));
    _exit(worker.run() ? EXIT_SUCCESS : EXIT_FAILURE);
  }
  ~WatchedHost() {
    say({Word::end, 0}, Urgency::control);
    if (testing::Test::HasFailure()) kill(child_, SIGKILL);
    int status = 0;
    EXPECT_EQ(waitpid(child_, &status, 0), child_);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) << status;
  }
  WatchedHost(const WatchedHost&) = delete;
  WatchedHost& operator=(const WatchedHost&) = delete;

  void say(Said said, Urgency urgency) { writer_.push(written(said), urgency); }
  std::uint32_t doorbell() const { return requests_.header().doorbell.load(); }

  // So many more answers. False: they did not come.
  bool hear(std::uint64_t answers) {
    std::vector<std::byte> record;
    const std::uint64_t until_ns = thread::monotonic_ns() + kWakePatienceNs;
    while (answers > 0 && thread::monotonic_ns() < until_ns) {
      if (reader_.next(record) == RingReader::Got::record) {
        --answers;
        continue;
      }
      const std::uint32_t seen = reader_.announce();
      if (!reader_.has_next()) reader_.sleep(seen, until_ns);
      reader_.awake();
    }
    return answers == 0;
  }

 private:
  static Arena made(bool is_ours) {
    auto arena = Arena::create("ring_wake_test", ArenaSize{4096}, is_ours);
    if (!arena) std::abort();
    return std::move(*arena);
  }
  Arena requests_ = made(true), responses_ = made(false);
  RingReader reader_{requests_, responses_};
  RingWriter writer_{requests_, responses_};
  pid_t child_ = 0;
};

// Control is acted on while the only thread that works is at it; work waits for that thread and disturbs nobody.
TEST(RingWake, WorkDisturbsNoBusyReaderAndControlDoes) {
  WatchedHost host;
  constexpr std::uint32_t kRounds = 500, kTasks = 20;
  for (std::uint32_t round = 0; round < kRounds; ++round) {
    host.say({Word::hold, round}, Urgency::work);
    ASSERT_TRUE(host.hear(1)) << "work wakes a reader that is not busy, round " << round;
    const std::uint32_t before = host.doorbell();
    for (std::uint32_t i = 0; i < kTasks; ++i) host.say({Word::task, 0}, Urgency::work);
    EXPECT_EQ(host.doorbell(), before);
    host.say({Word::note, round + 1}, Urgency::control);
    ASSERT_TRUE(host.hear(1 + 1 + kTasks)) << "round " << round;
  }
}

TEST(RingWake, NoneIsLostInAnyOrderOfUrgencies) {
  WatchedHost host;
  std::mt19937_64 random(17);
  std::uint32_t holds = 0, released = 0;
  for (std::uint64_t pushed = 0; pushed < kPushes;) {
    std::uint64_t answers = 0;
    for (auto n = 1 + random() % 6; n > 0; --n, ++pushed) {
      const bool is_last = n == 1;
      const auto draw = random() % 100;
      if (draw < 15 && !is_last) {
        host.say({Word::hold, holds++}, random() % 2 == 0 ? Urgency::later : Urgency::work);
        answers += 2;  // that it began, and its end
      } else if (draw < 40 || (is_last && released != holds)) {
        // Later is for what nobody waits for, and a hold waits for its note.
        const bool is_awaited = is_last || released != holds;
        released = holds;
        host.say({Word::note, released}, is_awaited || random() % 2 == 0 ? Urgency::control : Urgency::later);
        ++answers;
      } else {
        const std::uint32_t turns = draw < 90 ? 0 : static_cast<std::uint32_t>(random() % 30);
        host.say({Word::task, turns}, is_last || random() % 3 != 0 ? Urgency::work : Urgency::later);
        ++answers;
      }
      for (auto turn = random() % 20 == 0 ? random() % 10 : 0; turn > 0; --turn) sched_yield();
    }
    ASSERT_TRUE(host.hear(answers)) << "behind " << pushed << " records";
  }
}

}  // namespace
}  // namespace stoa::worker

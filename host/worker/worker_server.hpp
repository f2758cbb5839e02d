// worker_server.hpp: the worker's side: the same runtime that serves a plugin inside the host serves it here, and its
// calls come and go through the arenas. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "host/runtime/host_services.hpp"
#include "host/runtime/instance.hpp"
#include "host/thread/adaptive_spin.hpp"
#include "host/worker/arena.hpp"
#include "host/worker/ring.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/wire.hpp"

namespace stoa::worker {

// Threads: one controls (run()'s), and as many as the model may have do the work. Whoever of them is awake reads the
// ring; a working one that wakes for a batch runs it itself, so a call costs two wake-ups, one each way.
class WorkerServer {
 public:
  WorkerServer(Arena requests, Arena responses);
  ~WorkerServer();

  // Until the host says drain and the model is unloaded, or the host is gone. Returns the process's exit status.
  int run();

  // For what runs inside: any thread.
  void send(std::span<const std::byte> record, Urgency urgency) { writer_.push(record, urgency); }
  // Asks the host and waits for its answer, at most a second; nullopt after that.
  template <class Question>
  std::optional<AnswerMessage> ask(Message type, Question question);
  void* take_block(std::uint64_t bytes) noexcept;
  void give_block(void* block) noexcept;

 private:
  class Relay;
  class RelayLog;
  class RelayMetrics;
  class ArenaPool;
  struct Task {  // for a model thread: a batch, or a question only such a thread may put to the plugin
    std::vector<std::shared_ptr<runtime::Call>> batch;
    std::uint64_t position = 0;  // of the batch in the ring
    std::optional<QuestionMessage> health;
  };

  void serve(bool is_controller);
  void handle(std::span<const std::byte> record);
  void start_load(LoadMessage message);
  void load(const LoadMessage& message);
  void warm_up(const QuestionMessage& question);
  void answer(std::uint64_t question, const Result<void>& outcome, std::uint64_t value = 0);
  std::shared_ptr<runtime::Call> call_of(const WireRequest& request);
  void queue_batch(BatchMessage message);
  void drain(const QuestionMessage& question);
  void keep_fitting(Task& task);
  std::uint64_t run_task(Task& task);
  bool encode_output(runtime::OutputPart part, WirePart& to);
  void forget(std::uint64_t call_id);
  [[noreturn]] void give_up(const char* why);

  Arena requests_, responses_;
  RingReader reader_;
  RingWriter writer_;
  thread::AdaptiveSpin<> spin_;  // of the one thread that is_looking_ is about
  BlockBook book_;
  runtime::HostServices services_;
  std::unique_ptr<runtime::Instance> instance_;
  SandboxPolicy policy_;
  std::vector<std::thread> errands_;  // load, warm-up, drain: they wait for what comes through the ring

  std::mutex mutex_;  // Lock: all below, and reader_
  std::deque<Task> tasks_;
  std::uint32_t running_ = 0, threads_max_ = 1;
  std::unordered_map<std::uint64_t, std::shared_ptr<runtime::Call>> calls_;  // not yet finished
  bool is_over_ = false, is_looking_ = false;
  std::vector<std::thread> threads_;  // the model's

  std::mutex lent_mutex_;                                        // Lock: lent_
  std::unordered_map<std::uint64_t, runtime::OutputPart> lent_;  // by offset: payloads the host reads where they lie

  std::mutex answers_mutex_;  // Lock: the next three
  std::condition_variable answered_;
  std::uint64_t last_question_ = 0;
  std::unordered_map<std::uint64_t, std::optional<AnswerMessage>> answers_;
};

}  // namespace stoa::worker

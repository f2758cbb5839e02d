// worker_process.hpp: the host's end of one worker: what it was asked, what it said, and whether it lives.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <signal.h>
#include <sys/types.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

#include "host/runtime/host_context.hpp"
#include "host/runtime/instance.hpp"
#include "host/runtime/outstanding.hpp"
#include "host/thread/adaptive_spin.hpp"
#include "host/thread/wake_batch.hpp"
#include "host/worker/arena.hpp"
#include "host/worker/descriptor.hpp"
#include "host/worker/process_memory.hpp"
#include "host/worker/ring.hpp"
#include "host/worker/sandbox.hpp"
#include "host/worker/scratch.hpp"
#include "host/worker/session_share.hpp"
#include "host/worker/wire.hpp"
#include "host/worker/zygote_keeper.hpp"

namespace stoa::worker {

// How to start workers, the same for all of them.
struct WorkerProgram {
  std::filesystem::path executable;  // stoa-worker
  Tier tier = Tier::t2;
  uid_t uid = 65534;  // where the host is root
  std::uint64_t memory_bytes_max =
      16ull << 30;                // where manifest and operator state none: address space, private memory; 0: no limit
  std::uint32_t crashes_max = 5;  // within a minute; then it is quarantined
  std::uint64_t backoff_max_ns = 5'000'000'000;  // between a death and the next start, doubling up to this
  std::uint64_t hang_grace_ns = 1'000'000'000;   // after a call's deadline its worker is ended
  // Null: every worker is spawned. Shared: it is the parent of workers and ends with the last of who may start one.
  std::shared_ptr<ZygoteKeeper> zygotes = {};
  std::shared_ptr<ScratchRoot> scratch = {};  // null: nobody gets a folder to write in
};

// What the calls of one model have in common, however many workers it had; outlives them and their payloads.
struct WorkerFlight {
  runtime::ModelSpec spec;
  std::optional<Preload> preload;  // of the zygote they come from; nullopt: they are spawned
  runtime::Outstanding outstanding;
};

// Threads: any, except start (the thread that launches must live as long as the process does) and stop ([control]).
class WorkerProcess final : public runtime::CallFeeder,
                            public thread::Expected,
                            public std::enable_shared_from_this<WorkerProcess> {
 public:
  // Launches, loads and returns once the model is loaded, by deadline_ns. Errors: the launch's, the sandbox's, the
  // plugin's (as InProcessInstance::load), "plugin.crashed", "plugin.load_timeout", "host.stopping": it is not wanted.
  static Result<std::shared_ptr<WorkerProcess>> start(const WorkerProgram& program, const runtime::PluginSource& source,
                                                      std::shared_ptr<WorkerFlight> flight,
                                                      const runtime::HostServices& services, std::uint64_t deadline_ns,
                                                      const std::function<bool()>& is_wanted);
  ~WorkerProcess();

  const LoadedMessage& loaded() const { return loaded_; }
  pid_t pid() const { return pid_; }
  bool has_ended() const;
  // Private memory, as of the last tick that looked; and what it may be, 0: no limit.
  std::uint64_t memory_bytes() const { return memory_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t memory_bytes_max() const { return memory_bytes_max_; }
  bool is_nearly_full() const { return memory_bytes_max_ != 0 && memory_bytes() > memory_bytes_max_ / 10 * 9; }
  std::uint32_t inflight() const { return inflight_.load(std::memory_order_relaxed); }

  // Each call gets its finish, or comes back in the Death as not begun. Never blocks. False: the worker is dead or
  // retired, and nothing was taken.
  bool submit(std::span<const std::shared_ptr<runtime::Call>> calls);
  // Memory in the arena, for inputs that will be submitted here. Null: there is no room.
  std::shared_ptr<std::byte[]> take_input_memory(std::uint64_t bytes);
  bool has_in_arena(std::span<const std::byte> bytes) const;
  void cancel(runtime::Call& call, Code why);
  void retire();  // takes no more calls; those it has go on
  // Has none that is not finished and returned, and of no payload is the reader not done. Once it is retired, that
  // stays.
  bool is_idle();
  // warm_up, health, drain. unavailable "plugin.crashed" when it dies; deadline_exceeded
  // "plugin.hung".
  Result<AnswerMessage> ask(Message type, QuestionMessage question, std::uint64_t deadline_ns);
  // Nothing that submit began is unfinished, and the plugin's submit has returned from all of it.
  bool wait_settled(std::uint64_t deadline_ns);

  // One turn of its supervisor's: sleeps until it has said or printed something or died, or wake is readable, 20 ms at
  // the most, takes in what there is, moves what waits, and ends it when it hangs or holds too much. True: it has died.
  bool turn(int wake = -1);
  void hear() const;
  // Takes in what the worker has said, some of it at once. True: there is more. Any thread; a second one has no effect.
  bool pump() { return read_turn(false).is_more; }
  void look() override;  // the loop's thread, before it sleeps
  // From now on the services' loop does, where there is one.
  void attach();
  void kill(std::string_view why);  // SIGKILL; it ends soon
  struct Death {
    std::string what;                                       // "SIGSEGV at address 0x0, last request 17"
    std::vector<std::shared_ptr<runtime::Call>> suspects;   // one batch, of which one may have been too much for it
    std::vector<std::shared_ptr<runtime::Call>> not_begun;  // it never read them: they can be tried elsewhere
  };
  // Once it has ended, or will soon: reads what it still said and ends what it left open. before_told, where given,
  // comes before anybody hears of it. [control]
  Death bury(const std::function<void(const Death&)>& before_told = {});
  void on_room(runtime::Call& call) noexcept override;

 private:
  static constexpr std::size_t kBytesLikeChatter = 512;
  struct Flight {  // one call
    std::shared_ptr<runtime::Call> call;
    std::uint64_t block = BlockBook::kNone;  // its inputs
    std::uint64_t position = 0;              // of its batch in the ring
    std::uint64_t hangs_ns = 0;              // the worker is ended if it is not over by then; 0: whenever
    std::uint32_t window = 1;                // parts that may be on their way; the worker hears of every half of it
    std::mutex mutex;                        // Lock: all below
    bool has_ended = false, has_returned = false;  // Lock: the process's
    std::vector<WirePart> stalled;                 // parts the consumer has no room for
    std::vector<WireMeter> meters;                 // as they were with the last of them
    std::optional<FinishMessage> finish;           // behind them
    std::uint32_t accepted = 0;                    // parts, not yet told
    std::uint32_t untold = 0;                      // parts that came since, never more than the window
    bool is_over = false;
  };
  struct Lent;

  WorkerProcess(std::shared_ptr<WorkerFlight> flight, const runtime::HostServices& services, std::string plugin,
                Arena requests, Arena responses, std::uint64_t hang_grace_ns);
  LoadMessage load_message(const WorkerProgram& program, const runtime::PluginSource& source) const;
  static Error crashed();
  struct ReadTurn {
    bool has_come = false, is_more = false;
  };
  ReadTurn read_turn(bool may_wait);
  void read_output();  // as far as there is any
  void tick(std::uint64_t now_ns);
  // Readable when it has said something, and nobody else waits for that: hear() and pump() then. -1: a loop does.
  int doorbell() const { return watch_ != nullptr && watch_->is_active() ? -1 : doorbell_.get(); }
  bool read_some(std::uint32_t cost_max);
  void allow_more(std::uint64_t now_ns);
  // Whoever reads: the record was no call's own business, or longer than those are. It costs n of the chatter that is
  // allowed until the next tick, each of them more where the record is long.
  void charge(std::size_t n) {
    chatter_left_.fetch_sub(static_cast<std::int32_t>(n * (1 + record_.size() / kBytesLikeChatter)));
  }
  bool is_supervised_here() const { return std::this_thread::get_id() == supervisor_.load(std::memory_order_relaxed); }
  bool dispatch(std::span<const std::byte> record);
  bool dispatch_question(Message type, std::span<const std::byte> body);
  std::shared_ptr<Flight> find(std::uint64_t id);
  bool lend_inputs(const runtime::Call& call, WireRequest& request, std::uint64_t& block, Error& error);
  void push_batch(std::span<const std::byte> record, std::span<WireRequest> requests,
                  std::span<std::shared_ptr<Flight>> flights, std::vector<std::shared_ptr<Flight>>& too_large);
  bool deliver(Flight& flight, WirePart& part, bool& has_room);
  bool is_at(std::uint64_t batch) const;  // a thread of the model's is
  std::shared_ptr<Flight> find_hung(std::uint64_t now_ns);
  std::string what_ended_it(const siginfo_t& info) const;
  void blame(const siginfo_t& info, std::span<const std::shared_ptr<Flight>> begun, Death& death) const;
  void look_at_memory(std::uint64_t now_ns);
  void lower_share();
  void drop(Flight& flight);
  bool take_in(std::uint64_t id, std::vector<WirePart>& parts, std::vector<WireMeter> meters,
               std::optional<FinishMessage> finish);
  bool deliver_all(const std::shared_ptr<Flight>& flight);
  void end_call(const std::shared_ptr<Flight>& flight);
  bool note_returned(std::uint64_t id);
  void free_block(std::uint64_t block, Urgency urgency);
  void answer_worker(std::uint64_t question, AnswerMessage answer);

  const std::shared_ptr<WorkerFlight> shared_;
  const runtime::HostServices services_;
  const std::string plugin_;
  const std::uint64_t hang_grace_ns_;
  Arena requests_, responses_;
  std::unique_ptr<ScratchFolder> scratch_;       // null: it has none
  std::vector<runtime::ClearDescriptor> clear_;  // its encrypted assets: who comes after it need not decrypt anew
  RingWriter writer_;
  RingReader reader_;
  thread::AdaptiveSpin<> spin_;  // of who reads
  BlockBook book_;
  runtime::LineBudget output_lines_;
  LoadedMessage loaded_;
  pid_t pid_ = -1;
  Descriptor pidfd_, output_, doorbell_;
  std::string output_rest_;
  std::optional<ProcessMemory> memory_;
  std::optional<SessionShare> share_;  // until it is set
  std::atomic<std::uint64_t> memory_bytes_{0};
  std::uint64_t memory_bytes_max_ = 0, next_look_ns_ = 0, next_more_ns_ = 0;
  std::atomic<std::uint32_t> inflight_{0}, lent_{0};  // lent_: payloads that are read where they lie
  std::atomic<bool> is_reading_{false}, is_dead_{false}, is_retired_{false};
  bool has_more_ = false;                            // that it has said; its supervisor's
  std::unique_ptr<thread::ReadyLoop::Watch> watch_;  // the supervisor's
  std::atomic<std::thread::id> supervisor_{}, loop_thread_{};
  std::atomic<std::int32_t> rings_left_{0};    // that may bring nothing, until the next tick
  std::atomic<std::int32_t> chatter_left_{0};  // until the next tick
  runtime::HostContext context_;               // what a plugin inside the host would have: the same checks and limits
  std::vector<stoa_metric*> series_;           // whoever reads; and the next two
  bool has_digested_ = false;
  std::vector<std::byte> record_;
  std::string kill_reason_;                  // Lock: mutex_
  std::optional<std::uint64_t> hung_batch_;  // Lock: mutex_. It was ended for; 0: for what no thread was at

  std::mutex mutex_;  // Lock: all below
  std::condition_variable moved_;
  std::unordered_map<std::uint64_t, std::shared_ptr<Flight>> flights_;  // until they have ended and returned
  std::uint32_t unreturned_ = 0;  // of the flights: the plugin's submit has not returned from them
  std::uint32_t owed_ = 0;        // of those: they have ended
  std::size_t batch_max_ = 0;     // the largest so far
  std::unordered_map<std::uint64_t, std::optional<AnswerMessage>> answers_;
  bool has_loaded_ = false;
  std::uint64_t last_number_ = 0;
};

}  // namespace stoa::worker

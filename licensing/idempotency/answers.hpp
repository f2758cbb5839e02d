// answers.hpp: the answers to calls with an Idempotency-Key: one run, one charge, the same answer for ever.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "licensing/idempotency/answer_store.hpp"
#include "licensing/idempotency/kept_answer.hpp"
#include "licensing/journal/journal.hpp"
#include "registry/database/sqlite_store.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

struct AnswersOptions {
  std::filesystem::path folder;           // of the journal of answers; its index lies beside it, as "<folder>.db"
  std::size_t body_bytes_max = 1u << 20;  // of what is kept; a longer one is remembered as too long
  std::uint32_t index_every_ms = 1'000;   // how far the index may be behind, which a start has to catch up with
  std::function<void(const Error&)> failed = [](const Error&) {};  // the index could not be written; tried again
  JournalOptions journal = {};
};

// What is known of a key when a call comes with it.
struct KeyStanding {
  enum class State : std::uint8_t {
    begun,       // by this call, which is to run now
    running,     // another one runs
    other_body,  // it was sent with another request
    answered,
  };
  State state = State::begun;
  // begun: it was charged by this before a crash, and is not charged again. answered: what it was charged by.
  std::optional<std::uint64_t> entry = {};
  std::optional<std::uint64_t> answer = {};  // of answered: for read()
};

// Threads: any.
// Invariant: an answer is appended when its entry in the ledger is durable, and sent when the answer is durable. So
// after a crash an entry may lack its answer, which nobody saw; never the other way round.
// Rationale: what runs and what was answered last is in memory; the rest is in the index, which a thread of its own
// writes. The ledger is read at a start alone, from where no call with a key was running: calls without one pay
// nothing.
class Answers {
 public:
  // Reads what the index lacks from both journals. Lifetime: ledger outlives this. Errors: file.*, database.*, those of
  // Journal::open and read; data_loss "entry.form", "idempotency.form".
  static Result<std::unique_ptr<Answers>> open(AnswersOptions options, const Journal& ledger, Disk& disk = real_disk());
  ~Answers();
  Answers(const Answers&) = delete;
  Answers& operator=(const Answers&) = delete;

  // Reads a disk. After begun: exactly one of keep() and give_up(). Errors: database.*; unavailable "journal.failed",
  // "journal.behind".
  Result<KeyStanding> begin(const Sha256& call_key, const Sha256& request);
  // The call ended without an answer that is kept: the key is as good as new, but for the entry by which it was
  // charged.
  void give_up(const Sha256& call_key, std::optional<std::uint64_t> entry) noexcept;
  // Appends it: durable when journal() says so. An answer that is too long is remembered as such. Errors: those of
  // records_of and Journal::append: then the call has not ended, and journal.full is worth another try.
  Result<void> keep(const KeptAnswer& answer);
  // Reads a disk. Errors: those of Journal::read; data_loss "idempotency.form".
  Result<KeptAnswer> read(std::uint64_t answer) const;

  Journal& journal() { return *journal_; }
  std::size_t body_bytes_max() const { return options_.body_bytes_max; }
  std::size_t in_memory() const;

 private:
  Answers(AnswersOptions options, const Journal& ledger, std::unique_ptr<Journal> journal, database::Connection writing,
          database::Connection reading)
      : options_(std::move(options)),
        ledger_(ledger),
        journal_(std::move(journal)),
        writing_(std::move(writing)),
        reading_(std::move(reading)) {}

  struct KeyHash {
    std::size_t operator()(const Sha256& key) const noexcept;
  };
  struct Row {
    KeyedCall call;
    bool is_running = false;
    std::uint64_t ledger_from = 0;  // of a running one: its entry has this number or a higher one
    std::uint64_t records = 0;      // of its answer
  };

  Result<void> catch_up();
  Result<void> index_rows();
  Result<std::optional<KeyedCall>> find_indexed(const Sha256& call_key);
  bool is_durable(const Row& row) const;
  KeyStanding begin_row(const Sha256& call_key, const Sha256& request, const std::optional<KeyedCall>& known);
  void run();

  const AnswersOptions options_;
  const Journal& ledger_;
  const std::unique_ptr<Journal> journal_;
  database::Connection writing_;  // the thread's

  std::mutex reading_mutex_;
  database::Connection reading_;  // Lock: reading_mutex_

  mutable std::mutex mutex_;
  std::unordered_map<Sha256, Row, KeyHash> rows_;  // Lock: mutex_
  std::uint64_t removals_ = 0;                     // Lock: mutex_: how often rows left for the index
  bool ends_ = false;                              // Lock: mutex_
  std::condition_variable ended_;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace stoa::licensing

// answers.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/idempotency/answers.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>

#include "licensing/ledger/entry_codec.hpp"
#include "registry/document/lock_file.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kRowsAtOnce = 4'096;  // of one transaction

std::filesystem::path index_of(const std::filesystem::path& folder) { return folder.string() + ".db"; }

// The call with a key that an entry charges.
std::optional<KeyedRow> keyed_in(const Entry& entry, std::uint64_t number) {
  if (entry.kind != EntryKind::usage || !entry.party || entry.party->idempotency_key.empty()) return std::nullopt;
  return KeyedRow{call_key_of(entry.party->customer, entry.party->idempotency_key),
                  {.request = entry.party->body, .entry = number}};
}

}  // namespace

std::size_t Answers::KeyHash::operator()(const Sha256& key) const noexcept {
  std::size_t hash = 0;
  std::memcpy(&hash, key.data(), sizeof hash);
  return hash;
}

Result<std::unique_ptr<Answers>> Answers::open(AnswersOptions options, const Journal& ledger, Disk& disk) {
  if (auto made = registry::make_private_folder(options.folder); !made) return std::unexpected(made.error());
  auto journal = Journal::open(options.folder, options.journal, disk);
  if (!journal) return std::unexpected(journal.error());
  auto writing = database::Connection::open(index_of(options.folder), database::Access::write);
  if (!writing) return std::unexpected(writing.error());
  if (auto made = make_answer_table(*writing); !made) return std::unexpected(made.error());
  auto reading = database::Connection::open(index_of(options.folder), database::Access::read);
  if (!reading) return std::unexpected(reading.error());
  std::unique_ptr<Answers> answers(
      new Answers(std::move(options), ledger, std::move(*journal), std::move(*writing), std::move(*reading)));
  if (auto done = answers->catch_up(); !done) return std::unexpected(done.error());
  answers->thread_ = std::thread([raw = answers.get()] { raw->run(); });
  return answers;
}

Answers::~Answers() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  ended_.notify_all();
  if (thread_.joinable()) thread_.join();
}

// Positions are written with the last rows: what a crash leaves half is read again, which changes nothing.
Result<void> Answers::catch_up() {
  const auto from = read_positions(writing_);
  if (!from) return std::unexpected(from.error());
  std::vector<KeyedRow> rows;
  Result<void> done;
  const auto take = [&](KeyedRow row) {
    rows.push_back(std::move(row));
    if (rows.size() < kRowsAtOnce) return true;
    done = write_calls(writing_, rows, *from);
    rows.clear();
    return done.has_value();
  };
  // A position behind the journal's end: the index is another journal's, or the journal was put back.
  if (from->answers > journal_->durable() || from->ledger > ledger_.durable())
    return failure(Code::data_loss, "idempotency.index",
                   index_of(options_.folder).string() +
                       ": knows more than the journals have; remove it, and it is made again from them");
  AnswerReader reader;
  std::uint64_t first = from->answers;
  auto end = journal_->read(from->answers, [&](std::uint64_t number, std::string_view record) {
    // A start in the middle of an answer: its beginning is in the index.
    const bool begins = !record.empty() && record.front() == 1;
    if (begins) first = number;
    if (!begins && number == first) return ++first, true;
    auto whole = reader.add(record);
    if (!whole) return done = std::unexpected(whole.error()), false;
    if (!*whole) return true;
    const KeptAnswer answer = reader.take();
    return take({answer.call_key, {.request = answer.request, .entry = answer.entry, .answer = first}});
  });
  if (!done) return done;
  if (!end) return std::unexpected(end.error());
  const auto ledger_end = ledger_.read(from->ledger, [&](std::uint64_t number, std::string_view record) {
    const auto entry = decode(record);
    if (!entry) return done = std::unexpected(entry.error()), false;
    auto row = keyed_in(*entry, number);
    return !row || take(std::move(*row));
  });
  if (!done) return done;
  if (!ledger_end) return std::unexpected(ledger_end.error());
  return write_calls(writing_, rows, {journal_->durable(), ledger_.durable()});
}

Result<std::optional<KeyedCall>> Answers::find_indexed(const Sha256& call_key) {
  const std::lock_guard lock(reading_mutex_);
  return find_call(reading_, call_key);
}

// Until its answer is, nobody sees it: a call is under way that long.
bool Answers::is_durable(const Row& row) const {
  if (row.call.entry && *row.call.entry >= ledger_.durable()) return false;
  return !row.call.answer || *row.call.answer + row.records <= journal_->durable();
}

// Lock: mutex_.
KeyStanding Answers::begin_row(const Sha256& call_key, const Sha256& request, const std::optional<KeyedCall>& known) {
  using State = KeyStanding::State;
  if (known && known->request != request) return {.state = State::other_body};
  if (known && known->answer) return {State::answered, known->entry, known->answer};
  Row& row = rows_[call_key];
  row = {.call = {.request = request}, .is_running = true, .ledger_from = ledger_.durable()};
  if (known) row.call.entry = known->entry;
  return {.state = State::begun, .entry = row.call.entry};
}

Result<KeyStanding> Answers::begin(const Sha256& call_key, const Sha256& request) {
  using State = KeyStanding::State;
  if (journal_->has_failed())
    return failure(Code::unavailable, "journal.failed", "answers cannot be kept, because their journal failed");
  if (journal_->is_behind())
    return failure(Code::unavailable, "journal.behind", "answers wait for the disk, which does not keep up");
  for (;;) {
    std::uint64_t removals = 0;
    {
      const std::lock_guard lock(mutex_);
      if (const auto row = rows_.find(call_key); row != rows_.end()) {
        if (row->second.call.request != request) return KeyStanding{.state = State::other_body};
        if (row->second.is_running || !is_durable(row->second)) return KeyStanding{.state = State::running};
        return begin_row(call_key, request, row->second.call);
      }
      removals = removals_;
    }
    const auto known = find_indexed(call_key);
    if (!known) return std::unexpected(known.error());
    const std::lock_guard lock(mutex_);
    // Somebody else began it meanwhile, or it may have gone into the index after we looked there.
    if (rows_.contains(call_key) || removals_ != removals) continue;
    return begin_row(call_key, request, *known);
  }
}

void Answers::give_up(const Sha256& call_key, std::optional<std::uint64_t> entry) noexcept {
  const std::lock_guard lock(mutex_);
  const auto row = rows_.find(call_key);
  if (row == rows_.end()) return;
  row->second.is_running = false;
  if (entry) row->second.call.entry = entry;
  if (!row->second.call.entry) rows_.erase(row);
}

Result<void> Answers::keep(const KeptAnswer& answer) {
  if (answer.is_kept && answer.body.size() > options_.body_bytes_max) {
    KeptAnswer shorter = answer;
    shorter.is_kept = false;
    shorter.body.clear();
    return keep(shorter);
  }
  const auto records = records_of(answer);
  if (!records) return std::unexpected(records.error());
  // The records of an answer lie together, and its row knows of them as soon as they are there.
  const std::lock_guard lock(mutex_);
  std::optional<std::uint64_t> first;
  for (const std::string& record : *records) {
    const auto number = journal_->append(record);
    if (!number) return std::unexpected(number.error());
    if (!first) first = *number;
  }
  Row& row = rows_[answer.call_key];
  row.call = {.request = answer.request, .entry = answer.entry, .answer = first};
  row.records = records->size();
  row.is_running = false;
  return {};
}

Result<KeptAnswer> Answers::read(std::uint64_t answer) const {
  AnswerReader reader;
  Result<bool> whole = false;
  const auto end = journal_->read(answer, [&](std::uint64_t, std::string_view record) {
    whole = reader.add(record);
    return whole && !*whole;
  });
  if (!end) return std::unexpected(end.error());
  if (!whole) return std::unexpected(whole.error());
  if (!*whole) return failure(Code::data_loss, "idempotency.form", "a kept answer: the journal ends within it");
  return reader.take();
}

std::size_t Answers::in_memory() const {
  const std::lock_guard lock(mutex_);
  return rows_.size();
}

// What is durable goes into the index, and then out of memory. Invariant: a call that runs now, or whose answer is not
// durable, has its entry behind the position written.
Result<void> Answers::index_rows() {
  std::vector<KeyedRow> rows;
  AnswerPositions reached;
  {
    const std::lock_guard lock(mutex_);
    // Read first: what becomes durable meanwhile is behind these, or in a row.
    reached = {journal_->durable(), ledger_.durable()};
    for (const auto& [call_key, row] : rows_) {
      if (row.is_running || !is_durable(row)) {
        reached.ledger = std::min(reached.ledger, row.ledger_from);
        if (row.call.answer) reached.answers = std::min(reached.answers, *row.call.answer);
      } else {
        rows.push_back({call_key, row.call});
      }
    }
  }
  if (auto written = write_calls(writing_, rows, reached); !written) return written;
  const std::lock_guard lock(mutex_);
  for (const KeyedRow& row : rows)
    if (const auto found = rows_.find(row.call_key); found != rows_.end())
      // One that was charged and has no answer may run again by now.
      if (!found->second.is_running && found->second.call == row.call) rows_.erase(found);
  if (!rows.empty()) ++removals_;
  return {};
}

void Answers::run() {
  std::uint64_t told = 0;
  for (bool ends = false; !ends;) {
    {
      std::unique_lock lock(mutex_);
      ended_.wait_for(lock, std::chrono::milliseconds(options_.index_every_ms), [this] { return ends_; });
      ends = ends_;
    }
    // With nothing to write the position alone is moved now and then, so that a start has little to read.
    const std::uint64_t seen = ledger_.durable();
    if (in_memory() == 0 && seen - told < 10'000 && !ends) continue;
    if (auto done = index_rows(); done)
      told = seen;
    else
      options_.failed(done.error());
  }
}

}  // namespace stoa::licensing

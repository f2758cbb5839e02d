// check_test.cpp: a sound plugin passes every case, and every defect a plugin may have is found by the case that names
// it. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include "sdk/check/plugin_life.hpp"
#include "sdk/check/subject.hpp"
#include "stoa/ext/batching.h"
#include "stoa/ext/card.h"
#include "stoa/ext/health.h"
#include "stoa/ext/inline.h"
#include "stoa/ext/memory.h"
#include "stoa/ext/meter.h"
#include "stoa/ext/session.h"
#include "stoa/ext/warmup.h"
#include "stoa/record.hpp"

namespace {

using namespace stoa::check;
using stoa::str_of;
using stoa::view_of;

// ---- a plugin in terms of the C ABI that does one thing wrong ----

enum class Defect {
  none,
  accepts_every_abi,
  refuses_in_silence,
  carries_another_manifest,
  refuses_a_newer_host,
  writes_beyond_a_short_error,
  writes_beyond_a_long_error,
  reads_beyond_a_short_load,
  wants_exact_records,
  invents_extensions,
  needs_a_log,
  keeps_host_memory,
  wrong_answer,
  wrong_second_answer,
  writes_its_input,
  finishes_twice,
  emits_after_finish,
  drops_what_would_block,
  answers_with_a_wild_status,
  names_a_foreign_meter,
  mixes_up_threads,
  counts_inputs,
  loses_unwanted_outputs,
  mixes_up_batches,
  warms_up_badly,
  is_ill,
  writes_no_card,
  forgets_sessions,
  restores_another_session,
  restores_without_reading,
  restores_over_an_open_session,
  saves_nothing,
};
Defect defect = Defect::none;

const stoa_host* host = nullptr;
void* kept = nullptr;
std::atomic<int> answers{0};
std::map<std::string, std::string> sessions;
std::atomic<int> in_answer{0};
std::atomic<char> scratch[8];  // shared between threads by mixes_up_threads

stoa_status emit_text(const stoa_request* req, std::string_view name, std::string_view text) {
  stoa_part part{};
  part.struct_size = sizeof part;
  part.kind = STOA_PART_TEXT;
  part.name = str_of(name);
  part.u.bytes = str_of(text);
  stoa_part* parts[] = {&part};
  for (;;) {
    stoa_status status = req->sink->emit(req, parts, 1, 0);
    if (status != STOA_WOULD_BLOCK) return status;
    if (defect == Defect::drops_what_would_block) return STOA_OK;
    status = req->sink->wait_writable(req, 0);
    if (status != STOA_OK) return status;
  }
}

void answer(const stoa_request* req, std::string_view mixed_up) {
  const stoa_sink* sink = req->sink;
  std::string text(view_of(req->inputs[0]->u.bytes));
  if (defect == Defect::writes_its_input) const_cast<char*>(req->inputs[0]->u.bytes.p)[0] = 'X';
  if (defect == Defect::mixes_up_threads) {
    std::copy_n(text.begin(), 5, scratch);
    for (int i = 0; i < 10'000 && ++in_answer % 4 != 0; ++i) std::this_thread::yield();  // let the others in
    std::copy_n(scratch, 5, text.begin());
  }
  const int count = ++answers;
  if (!mixed_up.empty()) text = mixed_up;
  if (defect == Defect::wrong_answer || (defect == Defect::wrong_second_answer && count == 2)) text += "?";
  if (defect == Defect::counts_inputs) text += std::string(req->n_inputs - 1, '+');
  if (req->session.n != 0) {
    std::string& past = sessions[std::string(view_of(req->session))];  // what was asked before
    text += past;
    past += ".";
  }
  if (defect == Defect::loses_unwanted_outputs && STOA_HAS(stoa_request, req, outputs) && req->n_outputs != 0)
    text += "-";
  stoa_status status = static_cast<stoa_status>(stoa_cancelled(req));
  if (status == STOA_OK) status = emit_text(req, "text", text);
  const auto* meter = static_cast<const stoa_host_meter*>(host->get_extension(host, STOA_EXT_HOST_METER));
  if (defect == Defect::names_a_foreign_meter && meter != nullptr && status == STOA_OK)
    meter->set_total(host, req, str_of("second.audio"), 1);
  if (defect == Defect::answers_with_a_wild_status) status = 55;
  req->sink->finish(req, status, nullptr);
  if (defect == Defect::finishes_twice) sink->finish(req, status, nullptr);
  if (defect == Defect::emits_after_finish) sink->emit(req, nullptr, 0, 0);
}

stoa_status submit(stoa_model*, stoa_request* const* reqs, std::uint32_t n, stoa_error*) {
  for (std::uint32_t i = 0; i < n; ++i) {
    const bool is_swapped = defect == Defect::mixes_up_batches && n > 1;
    answer(reqs[i], is_swapped ? "another's" : "");
  }
  return STOA_OK;
}

stoa_status status_if(bool bad, stoa_status status) { return bad ? status : STOA_OK; }

std::int64_t write_session(stoa_stream* out, std::string text) {
  std::int64_t done = 0;
  while (done < static_cast<std::int64_t>(text.size()))
    done += out->io(out, text.data() + done, text.size() - static_cast<std::size_t>(done));
  return done;
}

std::string read_session(stoa_stream* in) {
  std::string text;
  char buffer[16];
  for (std::int64_t n = 0; (n = in->io(in, buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  return text;
}

constexpr stoa_batching kBatching{[](stoa_model*, stoa_batch_limits* out) { out->max_requests = 4; }, nullptr, nullptr};
constexpr stoa_warmup kWarmup{
    [](stoa_model*, std::uint64_t, stoa_error*) { return status_if(defect == Defect::warms_up_badly, STOA_INTERNAL); }};
constexpr stoa_health kHealth{[](stoa_model*, std::int32_t depth, std::uint64_t, stoa_error*) {
  return status_if(defect == Defect::is_ill && depth > 0, STOA_UNAVAILABLE);
}};
constexpr stoa_inline kInline{[](stoa_model*) -> std::uint64_t { return 100; }};
constexpr stoa_card kCard{[](stoa_model*) { return str_of(defect == Defect::writes_no_card ? "none" : "{}"); }};
constexpr stoa_session kSession{
    [](stoa_model*, stoa_str id, stoa_error*) -> stoa_status {
      return sessions.try_emplace(std::string(view_of(id)), "").second ? STOA_OK : STOA_ALREADY_EXISTS;
    },
    [](stoa_model*, stoa_str id) {
      if (defect != Defect::forgets_sessions) sessions.erase(std::string(view_of(id)));
    },
    [](stoa_model*, stoa_str id) -> std::uint64_t {
      const auto found = sessions.find(std::string(view_of(id)));
      return found == sessions.end() ? 0 : found->second.size() + 1;
    },
    [](stoa_model*, stoa_str id, stoa_stream* out, stoa_error*) -> stoa_status {
      const auto found = sessions.find(std::string(view_of(id)));
      if (found == sessions.end()) return STOA_NOT_FOUND;
      if (defect == Defect::saves_nothing) return STOA_OK;
      return write_session(out, found->second + "|") < 0 ? STOA_INTERNAL : STOA_OK;
    },
    [](stoa_model*, stoa_str id, stoa_stream* in, stoa_error*) -> stoa_status {
      const std::string name(view_of(id));
      if (sessions.contains(name) && defect != Defect::restores_over_an_open_session) return STOA_ALREADY_EXISTS;
      std::string past;
      if (defect != Defect::restores_without_reading) past = read_session(in);
      if (defect == Defect::restores_another_session) past = "other|";
      if (past.ends_with('|'))
        past.pop_back();
      else if (defect != Defect::restores_without_reading)
        return STOA_DATA_LOSS;
      sessions[name] = past;
      return STOA_OK;
    }};

const void* table_of(stoa_model*, const char* id) {
  const std::string_view wanted(id);
  if (wanted == STOA_EXT_BATCHING) return &kBatching;
  if (wanted == STOA_EXT_WARMUP) return &kWarmup;
  if (wanted == STOA_EXT_HEALTH) return &kHealth;
  if (wanted == STOA_EXT_INLINE) return &kInline;
  if (wanted == STOA_EXT_CARD) return &kCard;
  if (wanted == STOA_EXT_SESSION) return &kSession;
  return defect == Defect::invents_extensions ? &kCard : nullptr;
}

stoa_status init(const stoa_host* given, stoa_error*) {
  host = given;
  return STOA_OK;
}

__attribute__((no_sanitize("undefined"))) void touch(const void* address) {
  (void)*static_cast<const volatile char*>(address);
}

stoa_status load(const stoa_load* load, stoa_model** out, stoa_error*) {
  static stoa_model model{nullptr, submit, nullptr, nullptr, [](stoa_model*) {}, table_of};
  if (defect == Defect::wants_exact_records && load->struct_size != sizeof *load) return STOA_INVALID_ARGUMENT;
  if (defect == Defect::reads_beyond_a_short_load) touch(&load->n_threads);
  if (defect == Defect::needs_a_log) touch(host->get_extension(host, "stoa.host.log/1"));
  if (defect == Defect::keeps_host_memory) {
    const auto* memory = static_cast<const stoa_host_memory*>(host->get_extension(host, STOA_EXT_HOST_MEMORY));
    if (memory != nullptr) kept = memory->alloc(host, nullptr, 8, nullptr);
  }
  answers = 0;
  *out = &model;
  return STOA_OK;
}

const stoa_entry* enter(std::uint32_t min, std::uint32_t max, stoa_error* err) {
  static stoa_entry entry{1, 0, {}, init, load, nullptr, nullptr};
  entry.manifest = str_of(defect == Defect::carries_another_manifest ? "{ }" : "{}");
  const bool newer_is_wrong = defect == Defect::refuses_a_newer_host && max > 1;
  if (defect == Defect::accepts_every_abi || (min <= 1 && 1 <= max && !newer_is_wrong)) return &entry;
  if (err == nullptr || defect == Defect::refuses_in_silence) return nullptr;
  err->code = STOA_FAILED_PRECONDITION;
  const bool has_message = STOA_HAS(stoa_error, err, message);
  if (has_message || defect == Defect::writes_beyond_a_short_error) std::memcpy(err->message, "speaks ABI 1", 13);
  if (defect == Defect::writes_beyond_a_long_error && err->struct_size > sizeof *err) std::memset(err + 1, 0, 8);
  return nullptr;
}

Subject subject() {
  GoldenCase hello{"hello", "echo", "", {text_value("text", "hello")}, {{text_value("text", "hello"), {}}}};
  GoldenCase world{"world", "echo", "", {text_value("text", "world")}, {{text_value("text", "world"), {}}}};
  return {enter, {{"echo", "echo", "", 4, 8, {"call"}}}, {hello, world}, {}, [](std::string_view text) {
            return text == "{}";
          }};
}

// ---- one case, in a process of its own ----

enum class Ending { passed, skipped, failed, died };

Ending run(const Case& one, Defect with, std::string& said) {
  int pipe_ends[2];
  EXPECT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    signal(SIGSEGV, SIG_DFL);  // a sanitizer's handler would end the process as if it had failed in words
    defect = with;
    Verdict verdict;
    verdict.report = [&](const Verdict& v) {
      for (const std::string& failure : v.failures())
        (void)!write(pipe_ends[1], (failure + "\n").data(), failure.size() + 1);
    };
    one.run(subject(), verdict);
    verdict.report(verdict);
    _exit(!verdict.failures().empty() ? 1 : verdict.skipped().empty() ? 0 : 77);
  }
  close(pipe_ends[1]);
  char buffer[512];
  for (ssize_t n = 0; (n = read(pipe_ends[0], buffer, sizeof buffer)) > 0;)
    said.append(buffer, static_cast<std::size_t>(n));
  close(pipe_ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status)) return Ending::died;
  const int code = WEXITSTATUS(status);
  return code == 0 ? Ending::passed : code == 77 ? Ending::skipped : code == 1 ? Ending::failed : Ending::died;
}

TEST(ConformanceKit, ASoundPluginPassesEveryCase) {
  for (const Case& one : all_cases()) {
    std::string said;
    EXPECT_EQ(run(one, Defect::none, said), Ending::passed) << one.name << ": " << said;
  }
}

TEST(ConformanceKit, EveryDefectIsFoundByItsCase) {
  struct {
    Defect defect;
    std::string_view found_by;
    std::string_view words;  // part of what is said; empty: the plugin dies at the guard page or the read-only one
  } rows[] = {
      {Defect::accepts_every_abi, "entry.refuses_other_versions", "a host of ABI 2..9 was accepted"},
      {Defect::refuses_in_silence, "entry.refuses_other_versions", "without a word"},
      {Defect::carries_another_manifest, "entry.accepts_its_version", "built with another manifest"},
      {Defect::refuses_a_newer_host, "entry.accepts_its_version", "ABI 1..2 was refused"},
      {Defect::writes_beyond_a_short_error, "records.short_error", ""},
      {Defect::writes_beyond_a_long_error, "records.long_error", "byte 0 after version 1's stoa_error was written"},
      {Defect::reads_beyond_a_short_load, "records.short", ""},
      {Defect::wants_exact_records, "records.long", "does not load: status 3"},
      {Defect::invents_extensions, "extensions.unknown", "has a table for 'stoa.nothing/1'"},
      {Defect::needs_a_log, "host.bare", ""},
      {Defect::keeps_host_memory, "load.repeated", "holds host memory"},
      {Defect::wrong_answer, "request.golden", "has 6 bytes, expected 5"},
      {Defect::wrong_second_answer, "request.golden", "the second time"},
      {Defect::writes_its_input, "request.golden", ""},
      {Defect::finishes_twice, "request.golden", "finish was called 2 times"},
      {Defect::emits_after_finish, "request.golden", "emit was called after finish"},
      {Defect::answers_with_a_wild_status, "request.golden", "finish was called with the status 55"},
      {Defect::names_a_foreign_meter, "request.golden", "the manifest names no meter 'second.audio'"},
      {Defect::drops_what_would_block, "request.slow_consumer", "output 'text' did not come"},
      {Defect::drops_what_would_block, "request.cancelled_while_waiting", "ended with status 0"},
      {Defect::mixes_up_threads, "request.concurrent", "at the same time as others"},
      {Defect::counts_inputs, "request.extra_input", "changed its answer"},
      {Defect::loses_unwanted_outputs, "request.wanted_outputs", "asked for output 'text' only"},
      {Defect::mixes_up_batches, "batching.equals_single", "in a batch of 2"},
      {Defect::warms_up_badly, "warmup.run", "warm-up: status 13"},
      {Defect::is_ill, "health.fresh", "is ill at depth 1"},
      {Defect::writes_no_card, "card.object", "not a JSON object"},
      {Defect::forgets_sessions, "session.saved_and_restored", "a closed session holds bytes"},
      {Defect::restores_another_session, "session.saved_and_restored", "answers 'hello' otherwise"},
      {Defect::restores_without_reading, "session.saved_and_restored", "answers 'hello' otherwise"},
      {Defect::restores_over_an_open_session, "session.saved_and_restored", "is restored over"},
      {Defect::saves_nothing, "session.saved_and_restored", "what save wrote is not restored"},
  };
  const auto cases = all_cases();
  for (const auto& row : rows) {
    const auto one = std::ranges::find(cases, row.found_by, [](const Case& c) { return std::string_view(c.name); });
    ASSERT_NE(one, cases.end()) << row.found_by;
    std::string said;
    const Ending ending = run(*one, row.defect, said);
    EXPECT_EQ(ending, row.words.empty() ? Ending::died : Ending::failed) << row.found_by << ": " << said;
    EXPECT_NE(said.find(row.words), std::string::npos) << row.found_by << " said: " << said;
  }
}

// Without golden cases nothing can be asked, and the kit says so instead of passing.
TEST(ConformanceKit, CasesThatDoNotApplyAreSkipped) {
  Subject bare = subject();
  bare.golden.clear();
  for (const Case& one : request_cases()) {
    Verdict verdict;
    one.run(bare, verdict);
    EXPECT_NE(verdict.skipped().find("golden"), std::string::npos) << one.name;
  }
}

}  // namespace

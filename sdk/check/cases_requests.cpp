// cases_requests.cpp: golden answers, under back-pressure, cancelled, late, at the same time, with inputs nobody asked
// for. SPDX-License-Identifier: Apache-2.0
#include <array>
#include <thread>

#include "sdk/check/plugin_life.hpp"

namespace stoa::check {
namespace {

// Runs body for every golden case with its model loaded; skips where the manifest has none.
template <class Body>
void for_each_golden(const Subject& subject, Verdict& verdict, Body body) {
  if (subject.golden.empty()) return verdict.skip("the manifest has no golden cases");
  PluginLife life(subject, verdict);
  for (const ModelFacts& facts : subject.models) {
    stoa_model* model = nullptr;
    for (const GoldenCase& golden : subject.golden) {
      if (golden.model != facts.name) continue;
      if (model == nullptr && (model = life.load(facts.name)) == nullptr) return;
      body(life, model, facts, golden);
    }
    if (model != nullptr) life.unload(model);
  }
}

// Finishing with the cancel word, with "cancelled", or having been faster are all right; anything else is not.
bool ends_well(stoa_status status, stoa_status why) {
  return status == STOA_OK || status == why || status == STOA_CANCELLED;
}

void golden(const Subject& subject, Verdict& verdict) {
  for_each_golden(subject, verdict,
                  [](PluginLife& life, stoa_model* model, const ModelFacts&, const GoldenCase& golden) {
                    life.expect_golden(model, golden, {}, "golden case '" + golden.name + "'");
                    life.expect_golden(model, golden, {}, "golden case '" + golden.name + "' the second time");
                  });
}

void slow_consumer(const Subject& subject, Verdict& verdict) {
  for_each_golden(
      subject, verdict, [](PluginLife& life, stoa_model* model, const ModelFacts&, const GoldenCase& golden) {
        ExchangeSpec spec;
        spec.consumer = Consumer::slow;
        life.expect_golden(model, golden, std::move(spec), "with a slow consumer, golden case '" + golden.name + "'");
      });
}

void cancelled_before(const Subject& subject, Verdict& verdict) {
  for_each_golden(
      subject, verdict, [&](PluginLife& life, stoa_model* model, const ModelFacts&, const GoldenCase& golden) {
        for (const stoa_status why : {STOA_CANCELLED, STOA_DEADLINE_EXCEEDED}) {
          Exchange exchange(request_of(subject, golden));
          exchange.cancel(why);
          Exchange* one[] = {&exchange};
          if (!life.ask(model, one, "cancelled beforehand")) return;
          verdict.expect(ends_well(exchange.answer().status, why), "a request cancelled beforehand ended with status " +
                                                                       std::to_string(exchange.answer().status));
        }
        life.expect_golden(model, golden, {}, "after cancelled requests, golden case '" + golden.name + "'");
      });
}

// The consumer takes nothing: the plugin must come to wait, and the cancel word must wake it and end the request.
void cancelled_while_waiting(const Subject& subject, Verdict& verdict) {
  for_each_golden(
      subject, verdict, [&](PluginLife& life, stoa_model* model, const ModelFacts&, const GoldenCase& golden) {
        ExchangeSpec spec;
        spec.consumer = Consumer::stalled;
        Exchange exchange(request_of(subject, golden, std::move(spec)));
        std::thread submitting([&] {
          Exchange* one[] = {&exchange};
          life.ask(model, one, "cancelled while its consumer takes nothing");
        });
        exchange.wait_blocked(kAnswerTime);
        exchange.cancel(STOA_CANCELLED);
        if (model->cancel != nullptr && !exchange.wait_finished(std::chrono::milliseconds(0)))
          model->cancel(model, exchange.abi(), STOA_CANCELLED);
        submitting.join();
        verdict.expect(exchange.answer().status != STOA_OK, "a request whose output nobody took ended with status 0");
      });
}

void deadline_passed(const Subject& subject, Verdict& verdict) {
  for_each_golden(
      subject, verdict, [&](PluginLife& life, stoa_model* model, const ModelFacts&, const GoldenCase& golden) {
        ExchangeSpec spec;
        spec.deadline_ns = 1;
        const Answer answer = life.ask(model, golden, std::move(spec), "with a deadline that has passed");
        verdict.expect(ends_well(answer.status, STOA_DEADLINE_EXCEEDED),
                       "a request whose deadline had passed ended with status " + std::to_string(answer.status));
      });
}

// Neighbouring threads ask different golden cases, so that an answer that went to the wrong request shows.
void concurrent(const Subject& subject, Verdict& verdict) {
  constexpr std::size_t kRounds = 8;
  if (subject.golden.empty()) return verdict.skip("the manifest has no golden cases");
  PluginLife life(subject, verdict);
  for (const ModelFacts& facts : subject.models) {
    std::vector<const GoldenCase*> cases;
    for (const GoldenCase& golden : subject.golden)
      if (golden.model == facts.name) cases.push_back(&golden);
    stoa_model* model = cases.empty() ? nullptr : life.load(facts.name);
    if (model == nullptr) continue;
    std::vector<std::thread> threads;
    std::vector<std::string> apart(facts.threads);
    for (std::size_t t = 0; t < facts.threads; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < kRounds && apart[t].empty(); ++i) {
          const GoldenCase& golden = *cases[(t + i) % cases.size()];
          const std::string what = life.difference_now(model, golden);
          if (!what.empty()) apart[t] = "at the same time as others, golden case '" + golden.name + "': " + what;
        }
      });
    for (std::thread& thread : threads) thread.join();
    for (const std::string& what : apart) verdict.expect(what.empty(), what);
    life.unload(model);
  }
}

void extra_input(const Subject& subject, Verdict& verdict) {
  for_each_golden(subject, verdict,
                  [&](PluginLife& life, stoa_model* model, const ModelFacts&, const GoldenCase& golden) {
                    GoldenCase wider = golden;
                    wider.inputs.push_back(text_value("stoa.check.unheard-of", "x"));
                    Value later = text_value("stoa.check.kind-of-a-later-version", "x");
                    later.kind = 4711;
                    wider.inputs.push_back(later);
                    const Answer answer = life.ask(model, wider, {}, "with inputs the model does not have");
                    verdict.expect(answer.status == STOA_INVALID_ARGUMENT || difference(golden, answer).empty(),
                                   "inputs the model does not have changed its answer: " + difference(golden, answer));
                  });
}

void wanted_outputs(const Subject& subject, Verdict& verdict) {
  for_each_golden(
      subject, verdict, [](PluginLife& life, stoa_model* model, const ModelFacts&, const GoldenCase& golden) {
        for (const GoldenOutput& output : golden.outputs) {
          ExchangeSpec spec;
          spec.outputs = {output.value.name};
          GoldenCase narrower = golden;
          narrower.outputs = {output};
          life.expect_golden(model, narrower, std::move(spec), "asked for output '" + output.value.name + "' only");
        }
      });
}

constexpr std::array kRequestCases = {
    Case{"request.golden", "the golden cases come out, twice; inputs lie on read-only pages", golden},
    Case{"request.slow_consumer", "STOA_WOULD_BLOCK is waited for and loses nothing", slow_consumer},
    Case{"request.cancelled_before", "a request cancelled beforehand is finished once", cancelled_before},
    Case{"request.cancelled_while_waiting", "the cancel word ends a request whose consumer takes nothing",
         cancelled_while_waiting},
    Case{"request.deadline_passed", "a request that comes too late is finished once", deadline_passed},
    Case{"request.concurrent", "as many requests at once as limits.threads says are answered as one alone", concurrent},
    Case{"request.extra_input", "unknown inputs and part kinds are refused or skipped", extra_input},
    Case{"request.wanted_outputs", "a wanted output comes whatever others are not wanted", wanted_outputs},
};

}  // namespace

std::span<const Case> request_cases() { return kRequestCases; }

}  // namespace stoa::check

// cases_extensions.cpp: what the tables of the model extensions promise.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <thread>

#include "sdk/check/plugin_life.hpp"
#include "stoa/ext/batching.h"
#include "stoa/ext/card.h"
#include "stoa/ext/health.h"
#include "stoa/ext/inline.h"
#include "stoa/ext/session.h"
#include "stoa/ext/warmup.h"
#include "stoa/record.hpp"

namespace stoa::check {
namespace {

// Runs body for every loaded model that has the extension; skips where none has.
template <class Table, class Body>
void for_each_with(const Subject& subject, Verdict& verdict, const char* id, Body body) {
  bool has_one = false;
  {
    PluginLife life(subject, verdict);
    for (const ModelFacts& facts : subject.models) {
      stoa_model* model = life.load(facts.name);
      if (model == nullptr) return;
      const auto* table = extension<Table>(model, id);
      verdict.expect(table == extension<Table>(model, id), std::string(id) + " is another table the second time");
      if (table != nullptr) body(life, model, facts, *table);
      has_one |= table != nullptr;
      life.unload(model);
    }
  }
  if (!has_one) verdict.skip("no model has " + std::string(id));
}

std::vector<const GoldenCase*> golden_of(const Subject& subject, const ModelFacts& facts) {
  std::vector<const GoldenCase*> cases;
  for (const GoldenCase& golden : subject.golden)
    if (golden.model == facts.name) cases.push_back(&golden);
  return cases;
}

void batch_equals_single(const Subject& subject, Verdict& verdict) {
  for_each_with<stoa_batching>(
      subject, verdict, STOA_EXT_BATCHING,
      [&](PluginLife& life, stoa_model* model, const ModelFacts& facts, const stoa_batching& batching) {
        stoa_batch_limits limits{};
        limits.struct_size = sizeof limits;
        batching.limits(model, &limits);
        const auto golden = golden_of(subject, facts);
        const std::uint32_t most = std::min(limits.max_requests, 64u);
        if (golden.empty() || most < 2) return;
        for (const std::uint32_t size : {2u, most}) {
          std::vector<std::unique_ptr<Exchange>> exchanges;
          std::vector<Exchange*> batch;
          std::vector<const GoldenCase*> asked;
          std::uint64_t cost = 0;
          for (std::uint32_t i = 0; i < size; ++i) {
            const GoldenCase& next = *golden[i % golden.size()];
            auto exchange = std::make_unique<Exchange>(request_of(subject, next));
            const std::uint64_t own = batching.cost == nullptr ? 1 : batching.cost(model, exchange->abi());
            verdict.expect(own >= 1, "a request's cost is 0, at least 1 is right");
            const bool joins = batch.empty() || batching.can_join == nullptr ||
                               batching.can_join(model, batch.front()->abi(), exchange->abi()) != 0;
            if (!joins || (limits.max_cost != 0 && cost + own > limits.max_cost)) continue;
            cost += own;
            batch.push_back(exchange.get());
            asked.push_back(&next);
            exchanges.push_back(std::move(exchange));
          }
          if (!life.ask(model, batch, "a batch of " + std::to_string(batch.size()))) {
            for (auto& exchange : exchanges) exchange.release();  // NOLINT: the plugin may still hold them
            return;
          }
          for (std::size_t i = 0; i < batch.size(); ++i) {
            const std::string apart = difference(*asked[i], batch[i]->answer());
            verdict.expect(apart.empty(), "in a batch of " + std::to_string(batch.size()) + ", golden case '" +
                                              asked[i]->name + "': " + apart);
          }
        }
      });
}

void warm_up(const Subject& subject, Verdict& verdict) {
  for_each_with<stoa_warmup>(
      subject, verdict, STOA_EXT_WARMUP,
      [&](PluginLife& life, stoa_model* model, const ModelFacts& facts, const stoa_warmup& table) {
        for (std::uint32_t t = 0; t < facts.threads; ++t)
          std::thread([&] {
            stoa_error err = new_error();
            const stoa_status status = table.run(model, now_ns() + 60'000'000'000, &err);
            verdict.expect(status == STOA_OK, "warm-up: " + describe(status, err));
          }).join();
        for (const GoldenCase* golden : golden_of(subject, facts))
          life.expect_golden(model, *golden, {}, "after warm-up, golden case '" + golden->name + "'");
      });
}

void health(const Subject& subject, Verdict& verdict) {
  for_each_with<stoa_health>(subject, verdict, STOA_EXT_HEALTH,
                             [&](PluginLife&, stoa_model* model, const ModelFacts&, const stoa_health& table) {
                               constexpr std::int32_t kLaterVersion = 99;
                               for (const std::int32_t depth : {0, 1, 2, kLaterVersion}) {  // STOA_HEALTH_*
                                 stoa_error err = new_error();
                                 const stoa_status status = table.check(model, depth, now_ns() + 10'000'000'000, &err);
                                 verdict.expect(status == STOA_OK || depth == kLaterVersion,
                                                "a freshly loaded model is ill at depth " + std::to_string(depth) +
                                                    ": " + describe(status, err));
                               }
                             });
}

void card(const Subject& subject, Verdict& verdict) {
  for_each_with<stoa_card>(
      subject, verdict, STOA_EXT_CARD, [&](PluginLife&, stoa_model* model, const ModelFacts&, const stoa_card& table) {
        const std::string_view json = view_of(table.json(model));
        verdict.expect(json.size() >= 2 && json.front() == '{' && json.back() == '}', "the card is not a JSON object");
      });
}

// A promise of the extension: finish comes before submit returns, and nothing sleeps on the way.
void is_inline(const Subject& subject, Verdict& verdict) {
  for_each_with<stoa_inline>(subject, verdict, STOA_EXT_INLINE,
                             [&](PluginLife&, stoa_model* model, const ModelFacts& facts, const stoa_inline& table) {
                               if (table.expected_ns(model) == 0) return;
                               for (const GoldenCase* golden : golden_of(subject, facts)) {
                                 Exchange exchange(request_of(subject, *golden));
                                 stoa_request* one[] = {exchange.abi()};
                                 stoa_error err = new_error();
                                 if (model->submit(model, one, 1, &err) != STOA_OK)
                                   return verdict.fail("submit refused a golden case");
                                 verdict.expect(exchange.wait_finished(std::chrono::milliseconds(0)),
                                                "an inline model finished after submit");
                               }
                             });
}

struct Memory {
  std::string bytes;
  std::size_t at = 0;
};

std::int64_t take_some(stoa_stream* stream, void* from, std::uint64_t n) {
  n = std::min<std::uint64_t>(n, 7);  // short writes are the rule, not the exception
  static_cast<Memory*>(stream->host)->bytes.append(static_cast<const char*>(from), n);
  return static_cast<std::int64_t>(n);
}
std::int64_t give_some(stoa_stream* stream, void* to, std::uint64_t n) {
  auto& memory = *static_cast<Memory*>(stream->host);
  n = std::min<std::uint64_t>({n, 7, memory.bytes.size() - memory.at});
  std::copy_n(memory.bytes.data() + memory.at, n, static_cast<char*>(to));
  memory.at += n;
  return static_cast<std::int64_t>(n);
}

void session(const Subject& subject, Verdict& verdict) {
  for_each_with<stoa_session>(
      subject, verdict, STOA_EXT_SESSION,
      [&](PluginLife& life, stoa_model* model, const ModelFacts& facts, const stoa_session& table) {
        const stoa_str id = str_of("stoa.check.a"), copy = str_of("stoa.check.b");
        stoa_error err = new_error();
        if (const stoa_status status = table.open(model, id, &err); status != STOA_OK)
          return verdict.fail("a session does not open: " + describe(status, err));
        verdict.expect(table.open(model, id, &err) == STOA_ALREADY_EXISTS, "a session that is open opens again");
        verdict.expect(table.bytes(model, copy) == 0, "a session nobody opened holds bytes");
        Memory saved;
        stoa_stream out{&saved, take_some}, in{&saved, give_some};
        verdict.expect(table.save(model, copy, &out, &err) == STOA_NOT_FOUND, "a session nobody opened is saved");
        saved = Memory{};
        // A past, without which a restore that ignores its stream would pass.
        for (const GoldenCase* golden : golden_of(subject, facts)) {
          ExchangeSpec spec;
          spec.session = "stoa.check.a";
          life.ask(model, *golden, std::move(spec), "in a session");
        }
        const stoa_status status = table.save(model, id, &out, &err);
        if (status == STOA_OK) {
          if (const stoa_status back = table.restore(model, copy, &in, &err); back != STOA_OK)
            return verdict.fail("what save wrote is not restored: " + describe(back, err));
          Memory again = saved;
          stoa_stream once_more{&again, give_some};
          again.at = 0;
          verdict.expect(table.restore(model, copy, &once_more, &err) == STOA_ALREADY_EXISTS,
                         "a session that is open is restored over");
          for (const GoldenCase* golden : golden_of(subject, facts)) {
            std::array<Answer, 2> answers;
            for (std::size_t i = 0; i < 2; ++i) {
              ExchangeSpec spec;
              spec.session = i == 0 ? "stoa.check.a" : "stoa.check.b";
              answers[i] = life.ask(model, *golden, std::move(spec), "in a session");
            }
            verdict.expect(
                answers[0].status == answers[1].status && answers[0].emits == answers[1].emits,
                "a restored session answers '" + golden->name + "' otherwise than the one it was saved from");
          }
          table.close(model, copy);
        } else {
          verdict.expect(status == STOA_UNIMPLEMENTED, "a session is not saved: " + describe(status, err));
        }
        table.close(model, id);
        table.close(model, id);
        verdict.expect(table.bytes(model, id) == 0, "a closed session holds bytes");
      });
}

constexpr std::array kExtensionCases = {
    Case{"batching.equals_single", "a batch answers what each request would get alone", batch_equals_single},
    Case{"warmup.run", "warm-up passes on every model thread and changes no answer", warm_up},
    Case{"health.fresh", "a freshly loaded model is healthy at every depth", health},
    Case{"card.object", "the card is a JSON object", card},
    Case{"inline.finishes_within_submit", "an inline model has finished when submit returns", is_inline},
    Case{"session.saved_and_restored", "a restored session answers as the one it was saved from", session},
};

}  // namespace

std::span<const Case> extension_cases() { return kExtensionCases; }

}  // namespace stoa::check

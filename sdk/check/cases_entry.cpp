// cases_entry.cpp: the handshake, records of every length, and loading again and again.
// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "sdk/check/plugin_life.hpp"
#include "stoa/record.hpp"

namespace stoa::check {
namespace {

void refuses_other_versions(const Subject& subject, Verdict& verdict) {
  struct Range {
    std::uint32_t min, max;
  };
  for (const auto& [min, max] : {Range{0, 0}, Range{2, 9}, Range{1000, 2000}, Range{9, 2}}) {
    stoa_error err = new_error();
    const std::string range = std::to_string(min) + ".." + std::to_string(max);
    const stoa_entry* entry = subject.enter(min, max, &err);
    verdict.expect(entry == nullptr, "a host of ABI " + range + " was accepted");
    verdict.expect(entry != nullptr || err.message[0] != 0, "a host of ABI " + range + " was refused without a word");
  }
}

void accepts_its_version(const Subject& subject, Verdict& verdict) {
  const stoa_entry* first = nullptr;
  for (const std::uint32_t max : {1u, 2u, 4'000'000'000u}) {
    stoa_error err = new_error();
    const stoa_entry* entry = subject.enter(1, max, &err);
    if (entry == nullptr) return verdict.fail("ABI 1.." + std::to_string(max) + " was refused: " + err.message);
    verdict.expect(entry->abi >= 1 && entry->abi <= max,
                   "the entry speaks ABI " + std::to_string(entry->abi) + ", outside of 1.." + std::to_string(max));
    if (max == 1) first = entry;
  }
  verdict.expect(subject.enter(1, 1, nullptr) == first, "the entry is another one the second time");
  verdict.expect(first->init != nullptr && first->load != nullptr, "the entry has no init or no load");
  if (first->manifest.p == nullptr || first->manifest.n == 0) return verdict.fail("the entry carries no manifest");
  verdict.expect(!subject.is_own_manifest || subject.is_own_manifest(view_of(first->manifest)),
                 "the library was built with another manifest than the one beside it: build it again");
}

// Rule R2: what is not within struct_size is not there, neither to read nor to write.
void writes_within_a_short_error(const Subject& subject, Verdict&) {
  const GuardedRecord<stoa_error> err(stoa_error{}, RecordLength::shorter, offsetof(stoa_error, reason));
  subject.enter(1000, 2000, err.get());
}

void writes_within_a_long_error(const Subject& subject, Verdict& verdict) {
  const GuardedRecord<stoa_error> err(stoa_error{}, RecordLength::longer, 0);
  subject.enter(1000, 2000, err.get());
  const auto* tail = reinterpret_cast<const unsigned char*>(err.get()) + sizeof(stoa_error);
  for (std::size_t i = 0; i < 64; ++i)
    if (tail[i] != 0xA5) return verdict.fail("byte " + std::to_string(i) + " after version 1's stoa_error was written");
}

void loads_from(const Subject& subject, Verdict& verdict, RecordLength length, const char* what) {
  PluginLife life(subject, verdict);
  for (const ModelFacts& facts : subject.models) {
    stoa_model* model = life.load(facts.name, length);
    if (model == nullptr) return;
    for (const GoldenCase& golden : subject.golden)
      if (golden.model == facts.name) {
        ExchangeSpec spec;
        spec.length = length;
        life.expect_golden(model, golden, std::move(spec), what + (" '" + golden.name) + "'");
      }
    life.unload(model);
  }
}

void reads_short_records(const Subject& subject, Verdict& verdict) {
  loads_from(subject, verdict, RecordLength::shorter, "with records of an older host, golden case");
}
void reads_long_records(const Subject& subject, Verdict& verdict) {
  loads_from(subject, verdict, RecordLength::longer, "with records of a newer host, golden case");
}

void knows_no_unknown_extension(const Subject& subject, Verdict& verdict) {
  PluginLife life(subject, verdict);
  if (life.entry() == nullptr) return;
  for (const char* id : {"stoa.nothing/1", "stoa.batching/999", "", "com.example.x/1"}) {
    const std::string name(id);
    if (life.entry()->get_extension != nullptr)
      verdict.expect(life.entry()->get_extension(id) == nullptr, "the plugin has a table for '" + name + "'");
    for (const ModelFacts& facts : subject.models) {
      stoa_model* model = life.load(facts.name);
      if (model == nullptr) return;
      verdict.expect(extension<void>(model, id) == nullptr,
                     "model '" + facts.name + "' has a table for '" + name + "'");
      life.unload(model);
    }
  }
}

void works_without_host_extensions(const Subject& subject, Verdict& verdict) {
  // A model that needs a host extension (its weights are an asset) may refuse to load, in words; it may not crash.
  Verdict loose;
  {
    PluginLife life(subject, loose, false);
    for (const ModelFacts& facts : subject.models)
      if (stoa_model* model = life.load(facts.name)) {
        for (const GoldenCase& golden : subject.golden)
          if (golden.model == facts.name) life.ask(model, golden, {}, "without host extensions");
        life.unload(model);
      }
  }
  for (const std::string& failure : loose.failures())
    verdict.expect(failure.find("does not load") != std::string::npos || failure.find("refused") != std::string::npos,
                   failure);
}

void loads_and_unloads_repeatedly(const Subject& subject, Verdict& verdict) {
  constexpr int kTimes = 10;
  PluginLife life(subject, verdict);
  for (int i = 0; i < kTimes; ++i)
    for (const ModelFacts& facts : subject.models) {
      stoa_model* model = life.load(facts.name);
      if (model == nullptr) return;
      life.unload(model);
      verdict.expect(life.host().blocks_out() == 0, "an unloaded model holds host memory");
    }
}

constexpr std::array kEntryCases = {
    Case{"entry.refuses_other_versions", "an ABI range without version 1 is refused in words", refuses_other_versions},
    Case{"entry.accepts_its_version", "every range with version 1 gets the same entry", accepts_its_version},
    Case{"records.short_error", "nothing is written beyond an error's struct_size", writes_within_a_short_error},
    Case{"records.long_error", "what a newer error adds is left alone", writes_within_a_long_error},
    Case{"records.short", "records of an older host are read by STOA_HAS", reads_short_records},
    Case{"records.long", "records of a newer host are accepted", reads_long_records},
    Case{"extensions.unknown", "an unknown extension id has no table", knows_no_unknown_extension},
    Case{"host.bare", "a host without extensions is borne", works_without_host_extensions},
    Case{"load.repeated", "a model loads and unloads again and again", loads_and_unloads_repeatedly},
};

}  // namespace

std::span<const Case> entry_cases() { return kEntryCases; }

std::vector<Case> all_cases() {
  std::vector<Case> all;
  for (const std::span<const Case> group : {entry_cases(), request_cases(), extension_cases()})
    all.insert(all.end(), group.begin(), group.end());
  return all;
}

}  // namespace stoa::check

// subject.hpp: what the conformance kit is told of the plugin it examines, and what it says of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <unistd.h>

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sdk/check/value.hpp"
#include "stoa/stoa.h"

namespace stoa::check {

using EntryFunction = const stoa_entry*(std::uint32_t abi_min, std::uint32_t abi_max, stoa_error* err);

struct GoldenOutput {
  Value value;
  Tolerance tolerance;
};
struct GoldenCase {
  std::string name, model, params_json;
  std::vector<Value> inputs;
  std::vector<GoldenOutput> outputs;
};

struct ModelFacts {
  std::string name, task, config_json;  // the manifest's
  std::uint32_t threads = 1, inflight_max = 1;
  std::vector<std::string> meters;
};

// A library that is loaded but has not been entered, and what its manifest promises. The golden cases are also the
// valid requests that every other case is made of.
struct Subject {
  EntryFunction* enter = nullptr;
  std::vector<ModelFacts> models;
  std::vector<GoldenCase> golden;
  std::map<std::string, std::string> assets;              // path in the manifest -> file on disk
  std::function<bool(std::string_view)> is_own_manifest;  // whether a library may carry this manifest; empty: any
};

// What a case came to: failures as sentences, or the reason why it does not apply.
class Verdict {
 public:
  void expect(bool holds, std::string otherwise) {
    if (!holds) failures_.push_back(std::move(otherwise));
  }
  void fail(std::string what) { failures_.push_back(std::move(what)); }
  void fail_all(std::span<const std::string> what) { failures_.insert(failures_.end(), what.begin(), what.end()); }
  void skip(std::string why) { skipped_ = std::move(why); }

  // The plugin still holds a request: nothing may be taken down under it. Reports, and ends this process. Any thread.
  [[noreturn]] void end_now(std::string what) {
    fail(std::move(what));
    report(*this);
    _exit(1);
  }
  std::function<void(const Verdict&)> report = [](const Verdict&) {};

  const std::vector<std::string>& failures() const { return failures_; }
  const std::string& skipped() const { return skipped_; }

 private:
  std::vector<std::string> failures_;
  std::string skipped_;
};

// One rule of the ABI. run leads the plugin through a whole life, from its entry to deinit, and may crash or hang with
// it: one process per case.
struct Case {
  const char* name;
  const char* rule;
  void (*run)(const Subject& subject, Verdict& verdict);
};

std::span<const Case> entry_cases();
std::span<const Case> request_cases();
std::span<const Case> extension_cases();
std::vector<Case> all_cases();

}  // namespace stoa::check

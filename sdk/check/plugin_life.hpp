// plugin_life.hpp: a plugin from its entry to deinit, with a host beside it, as the cases use it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "sdk/check/exchange.hpp"
#include "sdk/check/host.hpp"
#include "sdk/check/subject.hpp"

namespace stoa::check {

// Bounds, far above what a healthy plugin takes: a case that waits is told what it waited for before it is killed.
inline constexpr std::chrono::milliseconds kAnswerTime{20'000};

class PluginLife {
 public:
  PluginLife(const Subject& subject, Verdict& verdict, bool has_extensions = true);
  ~PluginLife();  // unloads what is loaded, deinit; what the plugin has not given back is a failure
  PluginLife(const PluginLife&) = delete;
  PluginLife& operator=(const PluginLife&) = delete;

  // Null, with the failure in the verdict, when it does not load.
  stoa_model* load(const std::string& model, RecordLength length = RecordLength::exact);
  void unload(stoa_model* model);

  // One submit of all exchanges; false, with a failure, when it was refused. Ends the process when a finish does not
  // come.
  bool ask(stoa_model* model, std::span<Exchange* const> exchanges, const std::string& what);
  // Asks one golden case with this spec's consumer, length and deadline; its faults go into the verdict.
  Answer ask(stoa_model* model, const GoldenCase& golden, ExchangeSpec spec, const std::string& what);
  // The same, and the answer is the golden one.
  void expect_golden(stoa_model* model, const GoldenCase& golden, ExchangeSpec spec, const std::string& what);

  // What differs from the golden answer when asked now; empty when nothing does. Any thread; the verdict is not
  // touched.
  std::string difference_now(stoa_model* model, const GoldenCase& golden);

  Host& host() { return host_; }
  const stoa_entry* entry() const { return entry_; }

 private:
  const Subject& subject_;
  Verdict& verdict_;
  Host host_;
  const stoa_entry* entry_ = nullptr;  // null: it did not get as far as init
  std::vector<stoa_model*> models_;
};

// The golden case's request.
ExchangeSpec request_of(const Subject& subject, const GoldenCase& golden, ExchangeSpec spec = {});

// What differs from the golden answer; empty when nothing does. Text, bytes and JSON of one name are joined, so that a
// stream is compared by what it says.
std::string difference(const GoldenCase& golden, const Answer& answer);

template <class Table>
const Table* extension(stoa_model* model, const char* id) {
  return model->get_extension == nullptr ? nullptr : static_cast<const Table*>(model->get_extension(model, id));
}

stoa_error new_error();
// "status 3 (image.too_large: 9 is more than 8)"
std::string describe(stoa_status status, const stoa_error& err);

}  // namespace stoa::check

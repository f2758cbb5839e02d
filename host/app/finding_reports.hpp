// finding_reports.hpp: what a host that follows and its registry tell each other of roll-outs: what was found here,
// and which customers a roll-out names. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/app/own_verdicts.hpp"
#include "host/client/http_client.hpp"
#include "host/rollout/model_rollout.hpp"
#include "registry/catalogue/resolution_store.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// With a token that may report (role "host"), this host takes its steps by itself and tells them. Without one, or while
// the registry does not hear it, it stays at the share that the registry says, and takes back what fails here: that
// verdict is its own until it is told.
// Threads: note, complete and standing any; one of its own keeps the file and asks the registry.
class FindingReports {
 public:
  struct Parts {
    const FollowConfig& config;
    std::filesystem::path folder;  // own_verdicts.json lies in it
    Log& log;
    std::function<void()> changed;  // take_changed() says something; its own thread
  };
  // Errors: those of OwnVerdicts::open and open_followed.
  static Result<std::unique_ptr<FindingReports>> open(Parts parts);
  ~FindingReports() { stop(); }

  void start();
  void stop();
  // Of this host's roll-out. Prompt.
  void note(const std::string& model, const rollout::Step& step);
  // Models of which complete() says something else since the last call, whatever the registry says of them. Any thread.
  std::set<std::string> take_changed();
  // What changed of what the registry says, with customers, and with what this host knows better.
  registry::ResolutionChange complete(registry::ResolutionChange change);

  struct Standing {
    bool has_token = false, is_heard = false;
    std::string reason, message;  // why it is not
    std::size_t waiting = 0;      // findings that the registry is to hear
    std::vector<OwnVerdict> own;
  };
  Standing standing() const;

 private:
  struct Found {
    registry::RolloutNews news;
    bool is_default = false;  // of the release that the plan wants to answer by default
  };
  // A model's roll-out under way.
  struct Known {
    std::string rollout, tried;
    bool is_shadow = false;
    std::optional<std::vector<std::string>> customers;  // nothing: not known yet
  };
  explicit FindingReports(Parts parts, OwnVerdicts own) : parts_(std::move(parts)), own_(std::move(own)) {}
  void run();
  void keep(Found found);
  bool greet();
  bool tell_all();
  Result<bool> tell(const registry::RolloutNews& news);
  bool ask_customers();
  bool take(const Error& error);
  void hear(bool is_heard, const Error& why);

  const Parts parts_;
  std::unique_ptr<client::HttpClient> client_;  // its thread's; null: there is no token
  std::atomic<bool> is_stopped_{false};
  std::thread thread_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  // Lock: mutex_, all below.
  OwnVerdicts own_;
  std::deque<Found> found_;                                                 // not looked at yet
  std::deque<registry::RolloutNews> steps_;                                 // to be told
  std::map<std::string, Known> rollouts_;                                   // by model
  std::map<std::string, std::map<std::string, std::int64_t>> verdict_ids_;  // by model and version, the registry's last
  std::set<std::string> asked_;                 // models of whose roll-outs the customers are to be asked for
  std::set<std::string> changed_;               // models that take_changed() says
  bool is_heard_ = false, is_refused_ = false;  // refused: the token says no, not the line
  Error why_{};
};

}  // namespace stoa::app

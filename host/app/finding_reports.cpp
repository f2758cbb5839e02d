// finding_reports.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/finding_reports.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "host/app/followed_client.hpp"
#include "host/app/rollout_plans.hpp"
#include "host/app/wall_clock.hpp"
#include "registry/catalogue/rollout_rules.hpp"
#include "registry/document/words.hpp"

namespace stoa::app {
namespace {

using registry::RolloutNews;
using Kind = RolloutNews::Kind;

constexpr long kSilenceS = 20;
constexpr std::chrono::milliseconds kLinePause{1000};       // a line that broke
constexpr std::chrono::milliseconds kRefusedPause{60'000};  // a token that may not: until somebody changes its role
constexpr std::size_t kStepsMax = 1'000;

bool is_verdict(Kind kind) { return kind == Kind::rolled_back || kind == Kind::failed; }

// What a plugin said of its failure, fit for a registry: it takes no control characters and a paragraph at most.
std::string words_of(std::string text) {
  text.resize(std::min(text.size(), registry::kWordsMax));
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

}  // namespace

Result<std::unique_ptr<FindingReports>> FindingReports::open(Parts parts) {
  auto own = OwnVerdicts::open(parts.folder / "own_verdicts.json");
  if (!own) return std::unexpected(own.error());
  std::unique_ptr<FindingReports> made(new FindingReports(std::move(parts), std::move(*own)));
  FindingReports& reports = *made;
  if (reports.parts_.config.token_file.empty()) return made;
  auto client = open_followed(reports.parts_.config, kSilenceS, [&reports] { return reports.is_stopped_.load(); });
  if (!client) return std::unexpected(client.error());
  reports.client_ = std::move(*client);
  return made;
}

void FindingReports::start() {
  thread_ = std::thread([this] { run(); });
}

void FindingReports::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_.store(true);
  }
  moved_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void FindingReports::note(const std::string& model, const rollout::Step& step) {
  auto news = app::news_of(model, step);
  if (!news) return;
  {
    const std::lock_guard lock(mutex_);
    found_.push_back({std::move(*news), step.is_default});
  }
  moved_.notify_all();
}

std::set<std::string> FindingReports::take_changed() {
  const std::lock_guard lock(mutex_);
  return std::exchange(changed_, {});
}

registry::ResolutionChange FindingReports::complete(registry::ResolutionChange change) {
  const std::lock_guard lock(mutex_);
  std::map<std::string, Known> before;
  if (change.is_whole) {
    before.swap(rollouts_);
    verdict_ids_.clear();
    asked_.clear();
  }
  for (const std::string& model : change.models) {
    if (auto known = rollouts_.extract(model)) before.insert(std::move(known));
    verdict_ids_.erase(model);
    asked_.erase(model);
  }
  for (const registry::VerdictRecord& verdict : change.input.verdicts)
    verdict_ids_[verdict.model][verdict.version] = verdict.id;
  for (registry::RolloutRecord& rollout : change.input.rollouts) {
    if (!is_active(rollout.state)) continue;
    const std::string& model = rollout.plan.model;
    Known known{rollout.id.text, registry::tried_version(rollout), rollout.plan.shadow.has_value(), std::nullopt};
    if (!known.is_shadow) {
      if (const auto old = before.find(model); old != before.end() && old->second.rollout == known.rollout)
        known.customers = std::move(old->second.customers);
      if (known.customers)
        rollout.plan.customers = *known.customers;
      else if (client_)
        asked_.insert(model);
      // Whom nobody hears goes no step further by itself.
      if (!is_heard_) rollout.state = registry::RolloutState::paused;
    }
    rollouts_[model] = std::move(known);
  }
  if (auto kept = own_.lay_over(change, unix_ms()); !kept)
    parts_.log.write(Level::error, "rollout.unwritten",
                     {{"reason", kept.error().reason}, {"why", kept.error().message}});
  moved_.notify_all();
  return change;
}

FindingReports::Standing FindingReports::standing() const {
  const std::lock_guard lock(mutex_);
  Standing now{.has_token = client_ != nullptr,
               .is_heard = is_heard_,
               .reason = is_heard_ ? "" : why_.reason,
               .message = is_heard_ ? "" : why_.message,
               .waiting = steps_.size(),
               .own = own_.open_ones()};
  now.waiting += static_cast<std::size_t>(
      std::ranges::count_if(now.own, [](const OwnVerdict& own) { return own.is_for_all && !own.is_told; }));
  return now;
}

void FindingReports::run() {
  std::unique_lock lock(mutex_);
  bool is_done = false;  // nothing is left that can be done now
  while (!is_stopped_.load()) {
    const auto is_new = [this] { return is_stopped_.load() || !found_.empty() || (is_heard_ && !asked_.empty()); };
    if (is_done && (!client_ || is_heard_))
      moved_.wait(lock, is_new);
    else if (is_done)
      moved_.wait_for(lock, is_refused_ ? kRefusedPause : kLinePause, is_new);
    if (is_stopped_.load()) return;
    std::deque<Found> found;
    found.swap(found_);
    lock.unlock();
    for (Found& one : found) keep(std::move(one));
    if (client_ && greet() && tell_all()) (void)ask_customers();
    lock.lock();
    is_done = true;
  }
}

// What it is to this host, on the disk before anybody is told.
void FindingReports::keep(Found found) {
  RolloutNews& news = found.news;
  news.reason = words_of(std::move(news.reason));
  news.numbers = words_of(std::move(news.numbers));
  Result<void> kept;
  {
    const std::lock_guard lock(mutex_);
    const auto known = rollouts_.find(news.model);
    const bool is_tried = known != rollouts_.end() && known->second.tried == news.version;
    if (is_tried) news.rollout = known->second.rollout;
    if (!is_verdict(news.kind)) {
      if (client_ && is_heard_ && is_tried && !known->second.is_shadow) steps_.push_back(std::move(news));
      if (steps_.size() > kStepsMax) steps_.pop_front();
      return;
    }
    // Where nothing else can answer a verdict helps nobody; and that a stable release does not load here says nothing
    // of other machines.
    const bool is_stable_failure = news.kind == Kind::failed && !is_tried;
    if (is_stable_failure && (!found.is_default || news.back_to.empty())) return;
    const auto& told = verdict_ids_[news.model];
    const auto last = told.find(news.version);
    kept = own_.add({.record = {.model = news.model,
                                .version = news.version,
                                .state = std::string(name_of(news.kind)),
                                .reason = news.reason,
                                .numbers = news.numbers,
                                .back_to = news.back_to,
                                .actor = "here",
                                .at_ms = unix_ms()},
                     .rollout = news.rollout,
                     .known_id = last == told.end() ? 0 : last->second,
                     .is_for_all = !is_stable_failure});
    changed_.insert(news.model);
  }
  parts_.log.write(Level::warn, "rollout.own_verdict",
                   {{"model", news.model},
                    {"version", news.version},
                    {"state", name_of(news.kind)},
                    {"reason", news.reason},
                    {"numbers", news.numbers},
                    {"back_to", news.back_to}});
  if (!kept)
    parts_.log.write(Level::error, "rollout.unwritten",
                     {{"model", news.model}, {"reason", kept.error().reason}, {"why", kept.error().message}});
  parts_.changed();
}

}  // namespace stoa::app

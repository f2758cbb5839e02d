// finding_reports_line.cpp: what is asked of the registry and told to it. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/app/finding_reports.hpp"

namespace stoa::app {
namespace {

using client::Json;
using registry::RolloutNews;
using Kind = RolloutNews::Kind;

Json json_of(const RolloutNews& news) {
  Json json{{"kind", name_of(news.kind)}, {"model", news.model}, {"version", news.version}};
  if (news.kind == Kind::step) json["step"] = news.step;
  for (const auto& [name, text] : {std::pair<const char*, const std::string&>{"reason", news.reason},
                                   {"numbers", news.numbers},
                                   {"back_to", news.back_to},
                                   {"rollout", news.rollout}})
    if (!text.empty()) json[name] = text;
  return json;
}

// Of the roll-out with this id, on a page of a model's last one.
std::optional<std::vector<std::string>> customers_in(const Json& page, const std::string& id) {
  const auto items = page.is_object() ? page.find("items") : page.end();
  if (items == page.end() || !items->is_array() || items->empty() || !items->front().is_object()) return std::nullopt;
  const Json& rollout = items->front();
  const auto own_id = rollout.find("id"), named = rollout.find("customers");
  if (own_id == rollout.end() || *own_id != Json(id)) return std::nullopt;
  std::vector<std::string> customers;
  if (named == rollout.end() || !named->is_array()) return customers;
  for (const Json& one : *named)
    if (one.is_string() && !one.get_ref<const std::string&>().empty()) customers.push_back(one.get<std::string>());
  return customers;
}

RolloutNews news_of(const OwnVerdict& own) {
  return {.kind = own.record.state == "failed" ? Kind::failed : Kind::rolled_back,
          .model = own.record.model,
          .version = own.record.version,
          .step = 0,
          .reason = own.record.reason,
          .numbers = own.record.numbers,
          .back_to = own.record.back_to,
          .rollout = own.rollout};
}

}  // namespace

void FindingReports::hear(bool is_heard, const Error& why) {
  bool is_news = false;
  {
    const std::lock_guard lock(mutex_);
    is_news = is_heard_ != is_heard || (!is_heard && why_.reason != why.reason);
    is_heard_ = is_heard;
    why_ = why;
    is_refused_ = why.code == Code::permission_denied || why.code == Code::unauthenticated ||
                  why.code == Code::not_found || why.code == Code::invalid_argument;
    if (is_news)
      for (const auto& [model, known] : rollouts_) changed_.insert(model);
    // What it had found of a step is measured again where the registry stands when it hears again.
    if (!is_heard) std::erase_if(steps_, [](const RolloutNews& news) { return news.kind == Kind::step; });
  }
  if (!is_news) return;
  if (!is_heard && !is_stopped_.load())
    parts_.log.write(Level::warn, "rollout.unheard",
                     {{"registry", parts_.config.url}, {"reason", why.reason}, {"why", why.message}});
  parts_.changed();
}

// True: go on with the next question. What cannot be told now is told later.
bool FindingReports::take(const Error& error) {
  const bool is_about_question = error.code == Code::invalid_argument || error.code == Code::out_of_range ||
                                 error.code == Code::failed_precondition || error.code == Code::aborted;
  if (is_about_question && !error.reason.starts_with("client.")) return true;
  hear(false, error);
  return false;
}

// Whether this token may report, asked before the first step is taken.
bool FindingReports::greet() {
  {
    const std::lock_guard lock(mutex_);
    if (is_heard_) return true;
  }
  const auto who = client_->ask({.method = "GET", .path = "/v1/whoami"});
  if (!who) {
    hear(false, who.error());
    return false;
  }
  const std::string role = who->is_object() && who->contains("role") && (*who)["role"].is_string()
                               ? (*who)["role"].get<std::string>()
                               : std::string();
  const auto known = registry::role_of(role);
  const bool may_report = known && registry::may(*known, registry::Permission::report_rollouts);
  if (may_report)
    hear(true, {});
  else
    hear(false, {Code::permission_denied, "role.not_allowed",
                 fmt::format("the token of {} has the role '{}', which may not report: give it the role 'host'",
                             parts_.config.token_file.string(), role),
                 0});
  return may_report;
}

Result<bool> FindingReports::tell(const RolloutNews& news) {
  const auto told = client_->ask({.method = "POST", .path = "/v1/rollouts/news", .body = json_of(news)});
  if (!told) return std::unexpected(told.error());
  const bool is_noted = told->is_object() && told->contains("noted") && (*told)["noted"] == Json(true);
  parts_.log.write(Level::info, "rollout.reported",
                   {{"model", news.model},
                    {"version", news.version},
                    {"kind", name_of(news.kind)},
                    {"numbers", news.numbers},
                    {"noted", is_noted}});
  return is_noted;
}

// False: the registry is not heard any more.
bool FindingReports::tell_all() {
  std::vector<RolloutNews> verdicts;
  {
    const std::lock_guard lock(mutex_);
    for (const OwnVerdict& own : own_.open_ones())
      if (own.is_for_all && !own.is_told) verdicts.push_back(news_of(own));
  }
  for (const RolloutNews& news : verdicts) {
    const auto told = tell(news);
    if (!told && !take(told.error())) return false;
    const std::lock_guard lock(mutex_);
    if (auto kept = own_.note_told(news.model, news.version); !kept)
      parts_.log.write(Level::error, "rollout.unwritten",
                       {{"model", news.model}, {"reason", kept.error().reason}, {"why", kept.error().message}});
  }
  while (!is_stopped_.load()) {
    RolloutNews news;
    {
      const std::lock_guard lock(mutex_);
      if (steps_.empty()) return true;
      news = steps_.front();
    }
    const auto told = tell(news);
    if (!told && !take(told.error())) return false;
    const std::lock_guard lock(mutex_);
    if (!steps_.empty()) steps_.pop_front();
  }
  return false;
}

// Who is served by a release on trial is nobody's business but theirs who have a token, so no metadata says it.
bool FindingReports::ask_customers() {
  std::map<std::string, std::string> asked;  // model -> roll-out
  {
    const std::lock_guard lock(mutex_);
    for (const std::string& model : std::exchange(asked_, {}))
      if (const auto known = rollouts_.find(model); known != rollouts_.end()) asked[model] = known->second.rollout;
  }
  for (const auto& [model, id] : asked) {
    const auto page = client_->ask({.method = "GET", .path = "/v1/rollouts?limit=1&model=" + client::escape(model)});
    if (!page && !take(page.error())) return false;
    auto customers = page ? customers_in(*page, id) : std::nullopt;
    if (!customers) continue;  // another one began meanwhile: its state is on the way
    {
      const std::lock_guard lock(mutex_);
      const auto known = rollouts_.find(model);
      if (known == rollouts_.end() || known->second.rollout != id) continue;
      known->second.customers = std::move(*customers);
      changed_.insert(model);
    }
    parts_.changed();
  }
  return true;
}

}  // namespace stoa::app

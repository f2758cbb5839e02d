// own_verdicts.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/own_verdicts.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "registry/catalogue/rollout_rules.hpp"
#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::app {
namespace {

using Json = nlohmann::ordered_json;
using registry::VerdictRecord;

constexpr std::size_t kFileBytes = 16u << 20;

// Of what write() writes; nothing: it is something else.
std::optional<OwnVerdict> verdict_in(const Json& value) {
  OwnVerdict one;
  one.record.actor = "here";
  if (!value.is_object() || value.size() != 11) return std::nullopt;
  for (const auto& [name, text] : {std::pair<const char*, std::string*>{"model", &one.record.model},
                                   {"version", &one.record.version},
                                   {"state", &one.record.state},
                                   {"reason", &one.record.reason},
                                   {"numbers", &one.record.numbers},
                                   {"back_to", &one.record.back_to},
                                   {"rollout", &one.rollout}}) {
    const auto member = value.find(name);
    if (member == value.end() || !member->is_string()) return std::nullopt;
    *text = member->get<std::string>();
  }
  for (const auto& [name, number] :
       {std::pair<const char*, std::int64_t*>{"at_ms", &one.record.at_ms}, {"known_id", &one.known_id}}) {
    const auto member = value.find(name);
    if (member == value.end() || !member->is_number_integer()) return std::nullopt;
    *number = member->get<std::int64_t>();
  }
  for (const auto& [name, flag] :
       {std::pair<const char*, bool*>{"is_for_all", &one.is_for_all}, {"is_told", &one.is_told}}) {
    const auto member = value.find(name);
    if (member == value.end() || !member->is_boolean()) return std::nullopt;
    *flag = member->get<bool>();
  }
  return one;
}

bool is_of(const VerdictRecord& verdict, const VerdictRecord& other) {
  return verdict.model == other.model && verdict.version == other.version;
}

}  // namespace

Result<OwnVerdicts> OwnVerdicts::open(std::filesystem::path file) {
  OwnVerdicts own(std::move(file));
  const auto text = registry::read_small_file(own.file_, kFileBytes);
  if (!text && text.error().code == Code::not_found) return own;
  if (!text) return std::unexpected(text.error());
  const Json json = Json::parse(*text, nullptr, false);
  const auto verdicts = json.is_object() ? json.find("verdicts") : json.end();
  bool is_whole = json.is_object() && json.size() == 1 && verdicts != json.end() && verdicts->is_array();
  for (const Json& value : is_whole ? *verdicts : Json::array()) {
    auto one = verdict_in(value);
    is_whole = is_whole && one.has_value();
    if (!one) break;
    one->record.id = --own.last_id_;
    own.open_.push_back(std::move(*one));
  }
  if (!is_whole)
    return failure(Code::data_loss, "follow.verdicts",
                   own.file_.string() + ": is no list of this host's verdicts; take it away to begin without any");
  return own;
}

Result<void> OwnVerdicts::write() const {
  Json verdicts = Json::array();
  for (const OwnVerdict& one : open_)
    verdicts.push_back({{"model", one.record.model},
                        {"version", one.record.version},
                        {"state", one.record.state},
                        {"reason", one.record.reason},
                        {"numbers", one.record.numbers},
                        {"back_to", one.record.back_to},
                        {"at_ms", one.record.at_ms},
                        {"rollout", one.rollout},
                        {"known_id", one.known_id},
                        {"is_for_all", one.is_for_all},
                        {"is_told", one.is_told}});
  auto staging = registry::StagingFile::create(file_, 0600);
  if (!staging) return std::unexpected(staging.error());
  const std::string text =
      Json{{"verdicts", std::move(verdicts)}}.dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
  if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(text))); !written) return written;
  return staging->publish();
}

Result<void> OwnVerdicts::add(OwnVerdict verdict) {
  const auto known =
      std::ranges::find_if(open_, [&](const OwnVerdict& one) { return is_of(one.record, verdict.record); });
  if (known != open_.end()) return {};
  verdict.record.id = --last_id_;
  open_.push_back(std::move(verdict));
  return write();
}

Result<void> OwnVerdicts::note_told(const std::string& model, const std::string& version) {
  bool is_new = false;
  for (OwnVerdict& one : open_) {
    if (one.record.model != model || one.record.version != version || one.is_told) continue;
    one.is_told = is_new = true;
  }
  return is_new ? write() : Result<void>();
}

Result<void> OwnVerdicts::lay_over(registry::ResolutionChange& change, std::int64_t now_ms) {
  registry::ResolutionInput& input = change.input;
  const auto is_told = [&](const VerdictRecord& record) {
    return change.is_whole || change.models.contains(record.model);
  };
  const std::size_t before = open_.size();
  std::erase_if(open_, [&](OwnVerdict& own) {
    const bool is_overruled = std::ranges::any_of(
        input.verdicts, [&](const VerdictRecord& told) { return is_of(told, own.record) && told.id > own.known_id; });
    if (is_overruled) return true;
    const bool is_wanted_again = std::ranges::any_of(input.rollouts, [&](const registry::RolloutRecord& rollout) {
      return is_active(rollout.state) && rollout.plan.model == own.record.model &&
             registry::tried_version(rollout) == own.record.version && rollout.id.text != own.rollout;
    });
    if (!is_wanted_again) return false;
    own.record.forgiven_ms = now_ms;
    forgiven_.push_back(std::move(own.record));
    return true;
  });
  for (const OwnVerdict& own : open_) {
    if (!is_told(own.record)) continue;
    input.verdicts.push_back(own.record);
    std::erase_if(input.rollouts, [&](const registry::RolloutRecord& rollout) {
      return rollout.plan.model == own.record.model && registry::tried_version(rollout) == own.record.version;
    });
  }
  std::ranges::copy_if(forgiven_, std::back_inserter(input.verdicts), is_told);
  return open_.size() == before ? Result<void>() : write();
}

}  // namespace stoa::app

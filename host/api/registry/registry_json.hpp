// registry_json.hpp: the catalogue's records as JSON, and what comes in as JSON. docs/reference/registry-api.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "host/api/registry/registry_call.hpp"

namespace stoa::api {

std::string time_text(std::int64_t ms);  // RFC 3339 with milliseconds, UTC

Json json_of(const registry::OperatorRecord& record);
Json json_of(const registry::PublisherRecord& record);
Json json_of(const registry::PublisherKeyRecord& record, std::int64_t now_ms);
Json json_of(const registry::ReleaseRecord& record);
Json json_of(const registry::CheckRecord& record);
Json json_of(const registry::PluginRecord& record);
Json json_of(const registry::AliasRecord& record);
Json json_of(const registry::AliasStep& step);
Json json_of(const registry::AliasProposal& proposal);
Json json_of(const registry::AuditLine& line);
Json json_of(const registry::UploadStatus& upload);
Json json_of(const registry::EvaluationRecord& record);  // as a list has it: without its envelope
// rollout_json.cpp
Json json_of(const registry::RolloutRecord& record);
Json json_of(const registry::VerdictRecord& verdict);
Json json_of(const registry::RolledBack& done);
Json json_of(const ModelReport& report);

// {"items":[…],"next":"…"}; next is absent on the last page.
template <class Records, class... More>
Json page_of(const Records& records, const More&... more) {
  Json items = Json::array();
  for (const auto& record : records) items.push_back(json_of(record, more...));
  return Json{{"items", std::move(items)}};
}

// A page of at most limit, of limit + 1 that were read; cursor_of gives the last one's, where there are more.
template <class Records, class CursorOf>
Json page_before(Records records, std::size_t limit, CursorOf cursor_of) {
  const bool has_more = records.size() > limit;
  if (has_more) records.erase(records.begin() + static_cast<std::ptrdiff_t>(limit), records.end());
  Json page = page_of(records);
  if (has_more) page["next"] = cursor_of(records.back());
  return page;
}

// invalid_argument "registry.field" for what is no digest, signature or list of targets.
Result<registry::Sha256> digest_in(std::string_view name, const std::string& hex);
Result<registry::Ed25519Signature> signature_in(std::string_view name, const std::string& hex);
Result<std::vector<registry::AliasTarget>> targets_in(const Json& list);

}  // namespace stoa::api

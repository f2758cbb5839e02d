// catalog.cpp: snapshots of what is served. SPDX-License-Identifier: Apache-2.0
#include "host/inference/catalog.hpp"

#include <algorithm>
#include <compare>
#include <functional>
#include <map>

namespace stoa::inference {
namespace {

using Model = std::shared_ptr<ServedModel>;

std::string_view next_field(std::string_view& rest) {
  const std::size_t dot = rest.find('.');
  const std::string_view field = rest.substr(0, dot);
  rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  return field;
}

bool is_number(std::string_view field) {
  return !field.empty() && std::ranges::all_of(field, [](char c) { return c >= '0' && c <= '9'; });
}

// Numbers by value (without leading zeros: longer is larger) and below words; words by their bytes.
std::strong_ordering compare_field(std::string_view a, std::string_view b) {
  const bool a_is_number = is_number(a), b_is_number = is_number(b);
  if (a_is_number != b_is_number) return a_is_number ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a_is_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

std::strong_ordering compare_fields(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty())
    if (const auto order = compare_field(next_field(a), next_field(b)); order != 0) return order;
  return !a.empty() <=> !b.empty();
}

// Precedence as Semantic Versioning 2.0.0, section 11: build metadata does not count, a pre-release is below its
// release.
std::strong_ordering compare_versions(std::string_view a, std::string_view b) {
  a = a.substr(0, a.find('+'));
  b = b.substr(0, b.find('+'));
  const std::size_t a_dash = a.find('-'), b_dash = b.find('-');
  if (const auto order = compare_fields(a.substr(0, a_dash), b.substr(0, b_dash)); order != 0) return order;
  const bool a_is_release = a_dash == std::string_view::npos, b_is_release = b_dash == std::string_view::npos;
  if (a_is_release || b_is_release) return a_is_release <=> b_is_release;
  return compare_fields(a.substr(a_dash + 1), b.substr(b_dash + 1));
}

bool is_prerelease(const Model& model) {
  const std::string_view version = model->spec().version;
  return version.substr(0, version.find('+')).contains('-');
}

bool is_lower(const Model& a, const Model& b) { return compare_versions(a->spec().version, b->spec().version) < 0; }

const Model& highest(const std::vector<Model>& models) {
  const auto released = std::find_if_not(models.rbegin(), models.rend(), is_prerelease);
  return released != models.rend() ? *released : models.back();
}

std::unexpected<Error> revoked(std::string_view name, std::string_view version) {
  return failure(Code::failed_precondition, "release.revoked",
                 "version: " + std::string(version) + " of model \"" + std::string(name) + "\" was revoked");
}

bool is_empty(const Traffic& traffic) {
  return traffic.models.empty() && traffic.revoked.empty() && !traffic.awaits_default;
}

bool is_for_candidate(const Traffic& traffic, std::string_view name, const Asker& asker) {
  if (traffic.candidate == nullptr) return false;
  if (traffic.chosen != nullptr && !asker.customer.empty() && traffic.chosen->contains(asker.customer)) return true;
  const std::string_view key = key_of(asker);
  if (key.empty()) return false;
  std::string salt(name);
  salt.append("@").append(traffic.candidate->spec().version);
  return is_below(salt, key, traffic.candidate_ppm);
}

}  // namespace

std::uint32_t place_of(std::string_view salt, std::string_view key) {
  // FNV-1a, and murmur3's last mix behind it: alone, FNV leaves keys that differ in their last byte side by side.
  std::uint64_t hash = 0xcbf29ce484222325u;
  const auto add = [&hash](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
    hash = (hash ^ 0xff) * 0x100000001b3u;  // no byte of UTF-8: where one text ends
  };
  add(salt);
  add(key);
  hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
  hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53u;
  hash ^= hash >> 33;
  return static_cast<std::uint32_t>((hash >> 32) * 1'000'000 >> 32);
}

bool is_below(std::string_view salt, std::string_view key, std::uint32_t ppm) { return place_of(salt, key) < ppm; }

struct Catalog::Snapshot {
  // Invariant: in each, models or revoked is not empty, or it awaits its default; models go from the lowest version up.
  std::map<std::string, Traffic, std::less<>> by_name;
};

Catalog::Catalog() : snapshot_(std::make_shared<const Snapshot>()) {}
Catalog::~Catalog() = default;

std::shared_ptr<const Catalog::Snapshot> Catalog::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

void Catalog::publish(std::shared_ptr<const Snapshot> next) {
  const std::lock_guard lock(mutex_);
  snapshot_.swap(next);  // the old one, which next now is, may be destroyed: after the lock
}

Result<Model> Catalog::find(std::string_view name, std::string_view version) const {
  auto routed = route(name, version, {});
  if (!routed) return std::unexpected(std::move(routed.error()));
  return std::move(routed->model);
}

Result<Routed> Catalog::route(std::string_view name, std::string_view version, const Asker& asker) const {
  const auto seen = snapshot();
  const auto at = seen->by_name.find(name);
  if (at == seen->by_name.end())
    return failure(Code::not_found, "model.unknown", "model: there is none called \"" + std::string(name) + "\" here");
  const Traffic& traffic = at->second;
  if (version.empty()) {
    if (is_for_candidate(traffic, name, asker)) return Routed{traffic.candidate, nullptr};
    if (traffic.stable != nullptr) return Routed{traffic.stable, traffic.mirror};
    if (traffic.has_default && !traffic.models.empty()) return Routed{highest(traffic.models), traffic.mirror};
    if (!traffic.awaits_default && !traffic.revoked.empty()) return revoked(name, traffic.revoked.back());
    return failure(Code::unavailable, "model.not_ready", "model \"" + std::string(name) + "\" is not ready");
  }
  const auto exact = std::ranges::find_if(traffic.models, [&](const Model& m) { return m->spec().version == version; });
  if (exact != traffic.models.end()) return Routed{*exact, nullptr};
  if (std::ranges::count(traffic.revoked, version) > 0) return revoked(name, version);
  return failure(Code::not_found, "model.version_unknown",
                 "version: model \"" + std::string(name) + "\" has no version \"" + std::string(version) + "\" here");
}

std::vector<Model> Catalog::list() const {
  const auto seen = snapshot();
  std::vector<Model> all;
  for (const auto& [name, traffic] : seen->by_name) all.insert(all.end(), traffic.models.begin(), traffic.models.end());
  return all;
}

std::vector<Model> Catalog::relied_on() const {
  const auto seen = snapshot();
  std::vector<Model> all;
  for (const auto& [name, traffic] : seen->by_name)
    std::ranges::copy_if(traffic.models, std::back_inserter(all),
                         [&](const Model& model) { return model != traffic.candidate; });
  return all;
}

std::vector<std::string> Catalog::versions(std::string_view name) const {
  const auto seen = snapshot();
  std::vector<std::string> found;
  if (const auto at = seen->by_name.find(name); at != seen->by_name.end())
    for (const auto& model : at->second.models) found.push_back(model->spec().version);
  return found;
}

void Catalog::set(std::string_view name, Traffic traffic) {
  std::ranges::sort(traffic.models, is_lower);
  const std::lock_guard lock(writers_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  if (is_empty(traffic))
    next->by_name.erase(std::string(name));
  else
    next->by_name.insert_or_assign(std::string(name), std::move(traffic));
  publish(std::move(next));
}

Result<void> Catalog::add(Model model) {
  const std::lock_guard lock(writers_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  auto& models = next->by_name[model->spec().name].models;
  const std::string& version = model->spec().version;
  if (std::ranges::any_of(models, [&](const Model& m) { return m->spec().version == version; }))
    return failure(Code::already_exists, "model.exists",
                   "model \"" + model->spec().name + "\" version " + version + " is served already");
  models.insert(std::ranges::upper_bound(models, model, is_lower), std::move(model));
  publish(std::move(next));
  return {};
}

Model Catalog::remove(std::string_view name, std::string_view version) {
  const std::lock_guard lock(writers_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  const auto at = next->by_name.find(name);
  if (at == next->by_name.end()) return nullptr;
  Traffic& traffic = at->second;
  const auto found = std::ranges::find_if(traffic.models, [&](const Model& m) { return m->spec().version == version; });
  if (found == traffic.models.end()) return nullptr;
  Model removed = std::move(*found);
  traffic.models.erase(found);
  if (traffic.stable == removed) traffic.stable.reset();
  if (traffic.candidate == removed) traffic.candidate.reset();
  if (is_empty(traffic)) next->by_name.erase(at);
  publish(std::move(next));
  return removed;
}

}  // namespace stoa::inference

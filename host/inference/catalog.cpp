// catalog.cpp: snapshots of what is served. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>
#include <compare>
#include <functional>
#include <map>

#include "host/inference/served_model.hpp"

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

}  // namespace

struct Catalog::Snapshot {
  // Invariant: no empty vector; each sorted from the lowest version up.
  std::map<std::string, std::vector<Model>, std::less<>> by_name;
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
  const auto seen = snapshot();
  const auto at = seen->by_name.find(name);
  if (at == seen->by_name.end())
    return failure(Code::not_found, "model.unknown", "model: there is none called \"" + std::string(name) + "\" here");
  const auto& models = at->second;
  if (version.empty()) {
    const auto released = std::find_if_not(models.rbegin(), models.rend(), is_prerelease);
    return released != models.rend() ? *released : models.back();
  }
  const auto exact = std::ranges::find_if(models, [&](const Model& m) { return m->spec().version == version; });
  if (exact != models.end()) return *exact;
  return failure(Code::not_found, "model.version_unknown",
                 "version: model \"" + std::string(name) + "\" has no version \"" + std::string(version) + "\" here");
}

std::vector<Model> Catalog::list() const {
  const auto seen = snapshot();
  std::vector<Model> all;
  for (const auto& [name, models] : seen->by_name) all.insert(all.end(), models.begin(), models.end());
  return all;
}

std::vector<std::string> Catalog::versions(std::string_view name) const {
  const auto seen = snapshot();
  std::vector<std::string> found;
  if (const auto at = seen->by_name.find(name); at != seen->by_name.end())
    for (const auto& model : at->second) found.push_back(model->spec().version);
  return found;
}

Result<void> Catalog::add(Model model) {
  const std::lock_guard lock(writers_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  auto& models = next->by_name[model->spec().name];
  const std::string& version = model->spec().version;
  if (std::ranges::any_of(models, [&](const Model& m) { return m->spec().version == version; }))
    return failure(Code::already_exists, "model.exists",
                   "model \"" + model->spec().name + "\" version " + version + " is served already");
  const auto above =
      std::ranges::find_if(models, [&](const Model& m) { return compare_versions(m->spec().version, version) > 0; });
  models.insert(above, std::move(model));
  publish(std::move(next));
  return {};
}

Model Catalog::remove(std::string_view name, std::string_view version) {
  const std::lock_guard lock(writers_);
  auto next = std::make_shared<Snapshot>(*snapshot());
  const auto at = next->by_name.find(name);
  if (at == next->by_name.end()) return nullptr;
  const auto found = std::ranges::find_if(at->second, [&](const Model& m) { return m->spec().version == version; });
  if (found == at->second.end()) return nullptr;
  Model removed = std::move(*found);
  at->second.erase(found);
  if (at->second.empty()) next->by_name.erase(at);
  publish(std::move(next));
  return removed;
}

}  // namespace stoa::inference

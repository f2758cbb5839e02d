// mirror_import.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/mirror_import.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "host/cli/package_upload.hpp"
#include "host/cli/registry_text.hpp"
#include "registry/document/staging.hpp"
#include "registry/mirror/bundle.hpp"
#include "registry/tuf/tuf_client.hpp"

namespace stoa::cli {
namespace {

namespace fs = std::filesystem;
using registry::BundleEvaluation, registry::BundlePackage;

constexpr std::size_t kMemoryBytesMax = 64u << 20;
constexpr std::string_view kBecause = "revoked in the registry that it came from";

// What came before, by path: whether it was published, too.
using Memory = std::map<std::string, bool>;

fs::path memory_file(const fs::path& state) { return state / "imported.json"; }

// "acme_vision_1.2.0.stoa": no name of a publisher or plugin has a '_'.
std::string file_name(std::string_view path) {
  std::string name(path);
  std::ranges::replace(name, '/', '_');
  return name;
}

// Nothing: no import wrote this file.
std::string path_of_file(std::string name) {
  if (!name.ends_with(".stoa") || name.starts_with('.')) return {};
  for (int i = 0; i < 2; ++i) {
    const auto at = name.find('_');
    if (at == std::string::npos || at == 0) return {};
    name[at] = '/';
  }
  return name;
}

// What an earlier version of this command left is told by the folder's files.
Result<Memory> read_memory(const ImportPlan& plan) {
  Memory memory;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(plan.folder, error))
    if (const std::string path = path_of_file(entry.path().filename().string()); !path.empty()) memory[path] = false;
  const auto text = registry::read_small_file(memory_file(plan.state), kMemoryBytesMax);
  if (!text && text.error().code == Code::not_found) return memory;
  if (!text) return std::unexpected(text.error());
  const Json json = Json::parse(*text, nullptr, false);
  if (!json.is_object())
    return failure(Code::data_loss, "mirror.state", memory_file(plan.state).string() + ": is no list of imports");
  for (const auto& [path, is_published] : json.items()) memory[path] = is_published == Json(true);
  return memory;
}

Result<void> write_memory(const ImportPlan& plan, const Memory& memory) {
  Json json = Json::object();
  for (const auto& [path, is_published] : memory) json[path] = is_published;
  auto staged = registry::StagingFile::create(memory_file(plan.state), 0644);
  if (!staged) return std::unexpected(staged.error());
  const std::string text = json.dump(1, ' ', true, Json::error_handler_t::replace) + "\n";
  if (auto ok = registry::write_all(staged->file(), std::as_bytes(std::span(text))); !ok) return ok;
  return staged->publish();
}

// What the metadata calls the release: "published", "revoked".
std::string state_of(const registry::Target& target) {
  const auto state = target.facts.find("state");
  return state == target.facts.end() ? "" : state->second;
}

Result<void> write_package(const fs::path& file, const BundlePackage& package) {
  auto staged = registry::StagingFile::create(file, 0644);
  if (!staged) return std::unexpected(staged.error());
  const auto kept =
      package.read([&](std::span<const std::byte> chunk) { return registry::write_all(staged->file(), chunk); });
  return kept ? staged->publish() : kept;
}

// Of the registry: the release with these bytes; null: it has none.
Result<Json> release_by_digest(HttpClient& registry, const std::string& path, const std::string& sha256) {
  const std::string plugin = path.substr(0, path.rfind('/'));
  const auto page = ask_all(registry, "/v1/releases" + query_of({{"plugin", plugin}}));
  if (!page) return std::unexpected(page.error());
  for (const Json& release : (*page)["items"])
    if (member_text(release, "package.sha256") == sha256) return release;
  return Json(nullptr);
}

// Into the registry as anybody's: its checks run, and its reviewers decide.
Result<void> publish(HttpClient& registry, Json& item) {
  const fs::path file = item["file"].get<std::string>();
  const auto release = bring_package(registry, {.package = file, .changelog = {}});
  if (release) {
    forget_upload(file);
    item["release"] = member_text(*release, "id");
    item["id"] = item["release"];
    return {};
  }
  auto error = release.error();
  error.message = file.filename().string() + ": " + error.message;
  if (error.reason != "release.exists") return std::unexpected(std::move(error));
  item["release"] = "there already";
  const auto there = release_by_digest(registry, item["path"].get<std::string>(), item["sha256"].get<std::string>());
  if (!there) return std::unexpected(there.error());
  if (!there->is_null()) item["id"] = member_text(*there, "id");
  return {};
}

// Who imports says it there, with the signature of who measured.
Result<void> attach(HttpClient& registry, const std::string& release, const BundleEvaluation& evaluation) {
  const auto done =
      registry.ask({.method = "POST",
                    .path = "/v1/releases/" + client::escape(release) + "/evaluations",
                    .body = Json{{"envelope", evaluation.envelope}, {"public_key", evaluation.public_key}}});
  if (done || done.error().reason == "evaluation.exists") return {};
  return std::unexpected(done.error());
}

// Taken out of the folder, so that no host that starts serves it; and off the registry's hosts.
Result<Json> revoke(const ImportPlan& plan, const std::string& path, const std::string& sha256, bool was_published) {
  Json told{{"path", path}};
  const fs::path file = plan.folder / file_name(path);
  std::error_code error;
  if (fs::remove(file, error)) told["removed"] = file.string();
  if (error) return std::unexpected(registry::file_error("remove", file, error.value()));
  if (plan.registry == nullptr) {
    if (was_published) told["release"] = "still there: import it with --publish";
    return told;
  }
  const auto release = release_by_digest(*plan.registry, path, sha256);
  if (!release) return std::unexpected(release.error());
  if (release->is_null()) return told;
  told["release"] = member_text(*release, "id");
  if (member_text(*release, "state") == "revoked") return told;
  const auto done =
      plan.registry->ask({.method = "POST",
                          .path = "/v1/releases/" + client::escape(member_text(*release, "id")) + "/revoke",
                          .body = Json{{"because", std::string(kBecause)}}});
  return done ? Result<Json>(told) : std::unexpected(done.error());
}

struct Taken {
  Json items = Json::array();
  std::vector<std::pair<std::string, BundleEvaluation>> said;  // by path of the package
  std::vector<std::pair<std::string, std::string>> revoked;    // path and digest, of what came before
};

Result<registry::BundleCounts> take(const ImportPlan& plan, const Memory& memory, Taken& taken) {
  const auto root = registry::read_small_file(plan.root, registry::kRootBytesMax);
  if (!root) return std::unexpected(root.error());
  std::vector<std::string> known;
  for (const auto& [path, unused] : memory) known.push_back(path);
  registry::Import import;
  import.known = known;
  import.hear = [&](const std::string& path, const registry::Target* target) -> Result<void> {
    if (target != nullptr && state_of(*target) == "revoked")
      taken.revoked.emplace_back(path, registry::to_hex(target->sha256));
    return {};
  };
  import.evaluation = [&](std::string_view path, const BundleEvaluation& evaluation) -> Result<void> {
    taken.said.emplace_back(path, evaluation);
    return {};
  };
  import.package = [&](const BundlePackage& package) -> Result<void> {
    if (state_of(package.target) == "revoked")
      return failure(Code::failed_precondition, "release.revoked", std::string(package.path) + " is revoked");
    Json item{{"path", package.path},
              {"sha256", registry::to_hex(package.target.sha256)},
              {"bytes", package.target.length},
              {"state", state_of(package.target)}};
    if (!plan.folder.empty()) {
      const fs::path file = plan.folder / file_name(package.path);
      if (auto written = write_package(file, package); !written) return written;
      item["file"] = file.string();
    }
    taken.items.push_back(std::move(item));
    return {};
  };
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return registry::import_bundle(plan.bundle, {*root, plan.state}, now, import);
}

// What fails leaves the rest as it was heard: the next run of the same bundle goes on.
Result<void> bring_on(const ImportPlan& plan, Taken& taken, Memory& memory, Json& answer) {
  for (Json& item : taken.items) memory.emplace(item["path"].get<std::string>(), false);
  for (const auto& [path, sha256] : taken.revoked) {
    auto told = revoke(plan, path, sha256, memory[path]);
    if (!told) return std::unexpected(told.error());
    if (!memory[path] || plan.registry != nullptr) memory.erase(path);
    answer["revoked"].push_back(std::move(*told));
  }
  if (plan.registry == nullptr) return {};
  for (Json& item : taken.items) {
    if (auto done = publish(*plan.registry, item); !done) return done;
    memory[item["path"].get<std::string>()] = true;
    for (const auto& [path, evaluation] : taken.said)
      if (item["path"] == Json(path) && item.contains("id"))
        if (auto done = attach(*plan.registry, item["id"].get<std::string>(), evaluation); !done) return done;
    item.erase("id");
  }
  return {};
}

}  // namespace

Result<Json> import_from(const ImportPlan& plan) {
  Memory memory;
  if (!plan.folder.empty()) {
    std::error_code error;
    fs::create_directories(plan.folder, error);
    if (error) return std::unexpected(registry::file_error("make", plan.folder, error.value()));
    auto known = read_memory(plan);
    if (!known) return std::unexpected(known.error());
    memory = std::move(*known);
  }
  Taken taken;
  const auto counts = take(plan, memory, taken);
  if (!counts) return std::unexpected(counts.error());
  Json answer{{"packages", counts->packages}, {"bytes", counts->bytes}, {"evaluations", counts->evaluations}};
  answer["revoked"] = Json::array();
  if (!plan.folder.empty()) {
    const auto done = bring_on(plan, taken, memory, answer);
    if (auto kept = write_memory(plan, memory); !kept) return std::unexpected(kept.error());
    if (!done) return std::unexpected(done.error());
  }
  answer["items"] = std::move(taken.items);
  return answer;
}

}  // namespace stoa::cli

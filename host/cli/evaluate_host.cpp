// evaluate_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/evaluate_host.hpp"

#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "host/cli/key_option.hpp"
#include "host/client/problem_answer.hpp"
#include "registry/document/file.hpp"
#include "registry/package/package_reader.hpp"

namespace stoa::cli {
namespace {

namespace fs = std::filesystem;
using client::printable;

std::unexpected<Error> refuse_model(std::string message) {
  return failure(Code::not_found, "evaluate.model", std::move(message));
}

Result<app::Config> configuration(const EvaluateOptions& options, const std::string& folder) {
  app::Config config;
  if (!options.config.empty()) {
    auto loaded = app::load_config(options.config);
    if (!loaded) return loaded;
    config = std::move(*loaded);
  }
  config.registry.reset();  // it serves this package alone
  config.packages = folder + "/packages";
  config.state = folder + "/state";
  config.customer = config.operators = {"127.0.0.1", 0, std::nullopt};
  config.log = {.level = "warn", .format = app::LogFormat::text, .file = folder + "/host.log", .access = false};
  for (const std::string& row : options.trust) {
    const auto equals = row.find('=');
    config.trust.emplace(row.substr(0, equals), row.substr(equals + 1));
  }
  for (const std::string& row : options.allow) {
    const auto equals = row.find('=');
    if (equals == std::string::npos)
      return failure(Code::invalid_argument, "usage", fmt::format("--allow {}: want publisher/plugin=permission", row));
    config.permissions.emplace(row.substr(0, equals), row.substr(equals + 1));
  }
  config.in_process.insert(config.in_process.end(), options.in_process.begin(), options.in_process.end());
  return config;
}

std::string log_tail(const std::string& folder) {
  const auto log = registry::read_small_file(folder + "/host.log", 1 << 20);
  std::string tail = log ? *log : std::string();
  while (tail.ends_with('\n')) tail.pop_back();
  if (const auto last = tail.rfind('\n'); last != tail.npos) tail.erase(0, last + 1);
  return printable(tail);
}

// The first list of objects of that name.
std::string text_in(const Json& object, const char* name) {
  const auto member = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && member != object.end() && member->is_string() ? member->get<std::string>()
                                                                             : std::string();
}
const Json& list_in(const Json& object, const char* name, const Json& none) {
  const auto member = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && member != object.end() && member->is_array() ? *member : none;
}

}  // namespace

Result<std::unique_ptr<PackageHost>> PackageHost::start(const EvaluateOptions& options, const std::string& package) {
  std::unique_ptr<PackageHost> made(new PackageHost);
  std::error_code bad;
  std::string name = (fs::temp_directory_path(bad) / "stoa-evaluate-XXXXXX").string();
  if (!::mkdtemp(name.data())) return std::unexpected(registry::file_error("create", name, errno));
  made->folder_ = name;
  fs::create_directory(name + "/packages", bad);
  // A weight of eight gigabytes is not copied; the host opens what the link points to.
  fs::create_symlink(fs::absolute(package, bad), name + "/packages/evaluated.stoa", bad);
  if (bad) return failure(Code::unavailable, "file.io", fmt::format("{}: {}", name, bad.message()));
  const auto config = configuration(options, name);
  if (!config) return std::unexpected(config.error());
  // Its own key stands for a package that is not signed by one that is trusted: said before anything is started.
  auto trust = load_trust(options.trust);
  if (!trust) return std::unexpected(trust.error());
  for (const auto& [publisher, file] : config->trust)
    if (auto added = trust->add_file(publisher, file); !added) return std::unexpected(added.error());
  if (const auto opened = registry::open_package(package, *trust); !opened) return std::unexpected(opened.error());
  auto log = app::Log::open(config->log);
  if (!log) return std::unexpected(log.error());
  made->log_ = std::move(*log);
  auto host = app::Host::create(*config, *made->log_);
  if (!host) return std::unexpected(host.error());
  made->host_ = std::move(*host);
  made->host_->start();
  const app::LoadReport report = made->host_->load({});
  if (report.models > 0 && report.refused == 0) return made;
  made->host_->drain();
  made->host_.reset();
  made->log_.reset();  // writes what is queued
  return failure(Code::failed_precondition, "evaluate.load",
                 fmt::format("the package does not load here: {}", log_tail(made->folder_)));
}

PackageHost::~PackageHost() {
  if (host_) host_->drain();
  host_.reset();
  log_.reset();
  std::error_code ignored;
  if (!folder_.empty()) fs::remove_all(folder_, ignored);
}

std::string PackageHost::url() const { return fmt::format("http://127.0.0.1:{}", host_->ports().customer); }

std::string EvaluatedModel::path() const {
  const auto slash = model.find('/');
  return fmt::format("/v2/models/{}/{}/versions/{}", client::escape(model.substr(0, slash)),
                     client::escape(slash == model.npos ? "" : model.substr(slash + 1)), client::escape(version));
}

Result<EvaluatedModel> release_of(const std::string& package, const std::string& model) {
  const auto opened = registry::inspect_package(package, {});
  if (!opened) return std::unexpected(opened.error());
  const registry::Manifest& manifest = opened->manifest();
  EvaluatedModel release{.plugin = manifest.id(),
                         .version = manifest.version,
                         .model = {},
                         .url = {},
                         .ca_file = {},
                         .isolation = {},
                         .outputs = {}};
  std::string names;
  for (const registry::ModelDeclaration& one : manifest.models) {
    const std::string full = manifest.publisher + "/" + one.name;
    names += (names.empty() ? "" : ", ") + full;
    if (model == full || model == one.name || (model.empty() && manifest.models.size() == 1)) release.model = full;
  }
  if (release.model.empty())
    return refuse_model(model.empty()
                            ? fmt::format("the package has several models, name one: --model; it has {}", names)
                            : fmt::format("the package has no model '{}'; it has {}", printable(model), names));
  registry::Sha256Stream digest;
  std::string block;
  for (std::uint64_t at = 0; at < opened->file_size(); at += block.size()) {
    block.resize(std::min<std::uint64_t>(1 << 20, opened->file_size() - at));
    if (auto read = registry::read_at(opened->file(), at, std::as_writable_bytes(std::span(block))); !read)
      return std::unexpected(read.error());
    digest.update(std::as_bytes(std::span(block)));
  }
  release.package_sha256 = digest.finish();
  return release;
}

Result<EvaluatedModel> release_of(HttpClient& registry, const std::string& model, const std::string& version) {
  const auto releases = ask_all(registry, "/v1/releases" + query_of({{"model", model}}));
  if (!releases) return std::unexpected(releases.error());
  for (const Json& one : (*releases)["items"]) {
    const auto package = one.find("package");
    const auto digest = package == one.end() ? std::nullopt : registry::sha256_from_hex(text_in(*package, "sha256"));
    const std::string state = text_in(one, "state");
    if (text_in(one, "version") != version || state == "draft" || state == "rejected" || !digest) continue;
    return EvaluatedModel{.plugin = text_in(one, "plugin"),
                          .version = version,
                          .model = model,
                          .package_sha256 = *digest,
                          .url = {},
                          .ca_file = {},
                          .isolation = {},
                          .outputs = {}};
  }
  return refuse_model(
      fmt::format("the registry has no release {} of model '{}'", printable(version), printable(model)));
}

namespace {

using MeetingClock = std::chrono::steady_clock;

// The tier it runs in there; empty: the host does not hold it.
Result<std::string> isolation_of(client::InferenceClient& host, const EvaluatedModel& model) {
  const auto models = host.get("/v2/models");
  if (!models) return std::unexpected(models.error());
  const Json none = Json::array();
  std::string isolation;
  for (const Json& one : list_in(models->body, "models", none))
    if (text_in(one, "name") == model.model && text_in(one, "version") == model.version)
      isolation = printable(text_in(one, "isolation"));
  return isolation;
}

// The host's word that it comes, if somebody asks again.
bool is_on_its_way(const Error& error) {
  return error.reason == "release.loading" || error.reason == "release.no_room" || error.reason == "model.not_ready";
}

// Only a call has a host load what nothing in its catalogue names. This one says nothing to the model: whoever has it
// loaded refuses the body, and that is the answer that is waited for. Nothing: it was, or this host has another word.
Result<void> have_it_loaded(client::InferenceClient& host, const EvaluatedModel& model, const MeetingPlan& plan) {
  const auto end = MeetingClock::now() + plan.wait;
  for (;;) {
    const auto answer = host.post(model.path() + "/infer", "{}", "application/json");
    if (answer || answer.error().reason.starts_with("request.")) return {};
    const Error& said = answer.error();
    if (!is_on_its_way(said)) return std::unexpected(said);
    const auto pause = std::max(std::chrono::milliseconds(said.retry_after_ms), std::chrono::milliseconds(500));
    if (MeetingClock::now() + pause > end)
      return failure(Code::deadline_exceeded, "evaluate.loading",
                     fmt::format("the host at {} has not loaded {} {} within {} s: {}", printable(model.url),
                                 model.model, model.version, plan.wait.count(), said.message));
    plan.on_waiting(said);
    for (const auto until = MeetingClock::now() + pause; MeetingClock::now() < until;) {
      if (plan.is_stopped)
        return failure(Code::cancelled, "evaluate.interrupted", "interrupted; nothing was signed or written");
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }
}

}  // namespace

Result<void> meet(EvaluatedModel& model, const MeetingPlan& plan) {
  auto host = client::InferenceClient::open({.url = model.url, .ca_file = model.ca_file});
  if (!host) return std::unexpected(host.error());
  auto isolation = isolation_of(*host, model);
  if (isolation && isolation->empty()) {
    if (auto loaded = have_it_loaded(*host, model, plan); !loaded) return loaded;
    isolation = isolation_of(*host, model);
  }
  if (!isolation) return std::unexpected(isolation.error());
  if (isolation->empty())
    return refuse_model(
        fmt::format("the host at {} does not serve {} {}", printable(model.url), model.model, model.version));
  model.isolation = *isolation;
  const Json none = Json::array();
  const auto described = host->get(model.path());
  if (!described) return std::unexpected(described.error());
  for (const Json& one : list_in(described->body, "outputs", none))
    model.outputs.push_back({text_in(one, "name"), text_in(one, "datatype")});
  return {};
}

}  // namespace stoa::cli

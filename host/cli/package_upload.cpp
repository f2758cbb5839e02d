// package_upload.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/package_upload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "host/cli/registry_text.hpp"
#include "registry/document/staging.hpp"

namespace stoa::cli {
namespace {

using client::HttpClient;
using client::Json;

constexpr std::size_t kStateBytesMax = 4096;
constexpr int kLostConnectionsMax = 3;  // in a row; then a person looks

// What an interrupted run leaves for the next one.
struct State {
  std::string registry, sha256, release, upload;  // upload: empty where the registry has the bytes already
};

std::filesystem::path state_file(const std::filesystem::path& package) { return package.string() + ".upload"; }

// A damaged one is none: the package is announced anew.
std::optional<State> read_state(const std::filesystem::path& package) {
  const auto text = registry::read_small_file(state_file(package), kStateBytesMax);
  if (!text) return std::nullopt;
  const Json json = Json::parse(*text, nullptr, false);
  State state;
  for (const auto& [name, value] : {std::pair{"registry", &state.registry},
                                    {"sha256", &state.sha256},
                                    {"release", &state.release},
                                    {"upload", &state.upload}}) {
    if (!json.is_object() || !json.contains(name) || !json[name].is_string()) return std::nullopt;
    *value = json[name].get<std::string>();
  }
  return state;
}

Result<void> write_state(const std::filesystem::path& package, const State& state) {
  const std::string text =
      Json{{"registry", state.registry}, {"sha256", state.sha256}, {"release", state.release}, {"upload", state.upload}}
          .dump() +
      '\n';
  auto staging = registry::StagingFile::create(state_file(package), 0600);
  if (!staging) return std::unexpected(staging.error());
  if (auto ok = registry::write_all(staging->file(), std::as_bytes(std::span(text))); !ok) return ok;
  return staging->publish();
}

Result<std::string> digest_of(const registry::Package& package) {
  std::vector<std::byte> buffer(1 << 20);
  registry::Sha256Stream stream;
  for (std::uint64_t done = 0; done < package.file_size();) {
    const auto piece = std::span(buffer).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), package.file_size() - done)));
    if (auto ok = registry::read_at(package.file(), done, piece); !ok) return std::unexpected(ok.error());
    stream.update(piece);
    done += piece.size();
  }
  return registry::to_hex(stream.finish());
}

Result<std::uint64_t> offset_in(const Json& upload) {
  if (upload.is_object() && upload.contains("offset") && upload["offset"].is_number_unsigned())
    return upload["offset"].get<std::uint64_t>();
  return failure(Code::internal, "client.answer", "the answer names no offset of the upload");
}

std::string upload_path(const std::string& upload) { return "/v1/uploads/" + client::escape(upload); }
std::string release_path(const std::string& release) { return "/v1/releases/" + client::escape(release); }

class Sending {
 public:
  Sending(HttpClient& registry, const UploadPlan& plan, const registry::Package& package, std::string sha256)
      : registry_(registry), plan_(plan), package_(package) {
    state_.registry = registry.url();
    state_.sha256 = std::move(sha256);
  }

  Result<Json> run() {
    if (auto earlier = take_up(); !earlier)
      return std::unexpected(earlier.error());
    else if (*earlier && member_text(**earlier, "state") != "draft")
      return std::move(**earlier);
    else if (!*earlier)
      if (auto announced = announce(); !announced) return std::unexpected(announced.error());
    auto submitted = send_and_submit();
    if (!submitted && submitted.error().reason == "upload.digest_mismatch") {
      // Somewhere on the way, in this run or an earlier one, a byte became another: once more, from the first one.
      if (auto announced = announce(); !announced) return std::unexpected(announced.error());
      submitted = send_and_submit();
    }
    if (!submitted && submitted.error().reason == "release.version_taken") say_whether_kept(submitted.error());
    return submitted;
  }

 private:
  // What has the version may yet be rejected: then the registry keeps the draft.
  void say_whether_kept(Error& error) {
    const auto release = registry_.ask({.path = release_path(state_.release)});
    if (release && member_text(*release, "state") == "draft")
      error.message += "; the same command submits it then, and sends nothing anew";
    else if (!release && release.error().code == Code::not_found)
      forget_upload(plan_.package);
  }

  Result<Json> send_and_submit() {
    if (!state_.upload.empty())
      if (auto sent = send(); !sent) return std::unexpected(sent.error());
    Json body = Json::object();
    if (!state_.upload.empty()) body["upload"] = state_.upload;
    return registry_.ask({"POST", release_path(state_.release) + "/submit", std::move(body)});
  }

  // Nothing: there is no earlier run, or the registry has forgotten it.
  Result<std::optional<Json>> take_up() {
    const auto state = read_state(plan_.package);
    if (!state || state->registry != state_.registry || state->sha256 != state_.sha256) return std::nullopt;
    auto release = registry_.ask({.path = release_path(state->release)});
    if (!release && release.error().code == Code::not_found) return std::nullopt;
    if (!release) return std::unexpected(release.error());
    if (member_text(*release, "state") == "draft" && !state->upload.empty()) {
      const auto upload = registry_.ask({.path = upload_path(state->upload)});
      if (!upload && upload.error().reason.starts_with("upload.")) return std::nullopt;  // expired
      if (!upload) return std::unexpected(upload.error());
      const auto offset = offset_in(*upload);
      if (!offset) return std::unexpected(offset.error());
      offset_ = *offset;
    }
    state_ = *state;
    return std::move(*release);
  }

  Result<void> announce() {
    Json body{{"plugin", package_.manifest().id()},
              {"version", package_.manifest().version},
              {"sha256", state_.sha256},
              {"bytes", package_.file_size()}};
    if (!plan_.changelog.empty()) body["changelog"] = plan_.changelog;
    auto release = registry_.ask({"POST", "/v1/releases", std::move(body)});
    if (!release) return std::unexpected(release.error());
    state_.release = member_text(*release, "id");
    state_.upload.clear();
    offset_ = 0;
    if (release->contains("upload")) {
      // Where the state of an earlier run was lost, the registry finds its draft again, and what was sent for it.
      const Json& upload = (*release)["upload"];
      state_.upload = member_text(upload, "id");
      const auto offset = offset_in(upload);
      if (!offset) return std::unexpected(offset.error());
      offset_ = *offset;
    }
    return write_state(plan_.package, state_);
  }

  Result<void> send() {
    std::vector<std::byte> chunk;
    int lost = 0;
    while (offset_ < package_.file_size()) {
      chunk.resize(static_cast<std::size_t>(std::min(plan_.chunk_bytes, package_.file_size() - offset_)));
      if (auto ok = registry::read_at(package_.file(), offset_, chunk); !ok) return ok;
      plan_.on_progress(offset_, package_.file_size());
      auto status = registry_.send_bytes(fmt::format("{}?offset={}", upload_path(state_.upload), offset_), chunk);
      lost = status ? 0 : lost + 1;
      // Whether the chunk has arrived, the registry knows.
      if (!status && status.error().reason == "client.connection" && lost <= kLostConnectionsMax)
        status = registry_.ask({.path = upload_path(state_.upload)});
      if (!status) return std::unexpected(status.error());
      const auto offset = offset_in(*status);
      if (!offset) return std::unexpected(offset.error());
      offset_ = *offset;
    }
    plan_.on_progress(offset_, package_.file_size());
    return {};
  }

  HttpClient& registry_;
  const UploadPlan& plan_;
  const registry::Package& package_;
  State state_;
  std::uint64_t offset_ = 0;
};

}  // namespace

Result<Json> bring_package(HttpClient& registry, const UploadPlan& plan) {
  const auto package = registry::inspect_package(plan.package, {});
  if (!package) return std::unexpected(package.error());
  if (package->signature().state == registry::SignatureState::absent)
    return failure(Code::failed_precondition, "signature.missing", "package is not signed");
  auto sha256 = digest_of(*package);
  if (!sha256) return std::unexpected(sha256.error());
  return Sending(registry, plan, *package, std::move(*sha256)).run();
}

void forget_upload(const std::filesystem::path& package) {
  std::error_code ignored;  // one that stays names a release that is no draft any more
  std::filesystem::remove(state_file(package), ignored);
}

Result<Json> wait_for_checks(HttpClient& registry, const std::string& release, int limit_s) {
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(limit_s);
  while (true) {
    auto shown = registry.ask({.path = release_path(release)});
    if (!shown || shown->contains("checked")) return shown;
    if (Clock::now() > end)
      return failure(Code::deadline_exceeded, "publish.waiting",
                     fmt::format("the checks of release {} have not ended in {} s, its state is {}", release, limit_s,
                                 member_text(*shown, "state")));
    std::this_thread::sleep_for(std::chrono::milliseconds(250));
  }
}

}  // namespace stoa::cli

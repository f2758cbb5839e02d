// command_mirror.cpp: `stoa mirror`: releases of a registry in one file, which proves itself without a network.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/package_upload.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "registry/blobs/blob_store.hpp"
#include "registry/document/staging.hpp"
#include "registry/mirror/bundle.hpp"
#include "registry/tuf/tuf_client.hpp"
#include "registry/upkeep/catalogue_copy.hpp"

namespace stoa::cli {
namespace {

namespace fs = std::filesystem;
using registry::BundlePackage, registry::ReleaseState, registry::TufTime;

constexpr std::string_view kPackageEnding = ".stoa";

struct Options : ActionOptions {
  std::vector<std::string> releases;
  std::string root, state;
  bool is_publishing = false;
};

TufTime unix_now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

// "acme/vision@1.2.0" as a path of the metadata.
Result<std::string> path_of(const std::string& release) {
  const auto at = release.find('@');
  if (at == std::string::npos || release.find('/') > at)
    return failure(Code::invalid_argument, "mirror.selection", "'" + release + "' is not PUBLISHER/PLUGIN@VERSION");
  return release.substr(0, at) + "/" + release.substr(at + 1) + std::string(kPackageEnding);
}

// What the metadata calls the release: "published", "revoked".
std::string state_of(const registry::Target& target) {
  const auto state = target.facts.find("state");
  return state == target.facts.end() ? "" : state->second;
}

Result<std::vector<std::string>> selection(const Options& options, const std::string& root,
                                           const registry::FetchMetadata& fetch) {
  const auto memory = registry::TemporaryFolder::create();
  if (!memory) return std::unexpected(memory.error());
  auto client = registry::TufClient::open(memory->path() / "state", root, fetch);
  if (!client) return std::unexpected(client.error());
  if (auto ok = client->refresh(unix_now()); !ok) return std::unexpected(ok.error());
  std::vector<std::string> paths;
  for (const std::string& release : options.releases) {
    auto path = path_of(release);
    if (!path) return std::unexpected(path.error());
    const auto target = client->find(*path, unix_now());
    if (!target) return std::unexpected(target.error());
    if (state_of(*target) == "revoked")
      return failure(Code::failed_precondition, "release.revoked", release + " is revoked: nobody is given its bytes");
    paths.push_back(std::move(*path));
  }
  if (!paths.empty()) return paths;
  // All that can be resolved anew, as far as it is signed: the host signs a moment after it published.
  const auto copy = memory->path() / registry::kCatalogueFile;
  if (auto ok = registry::copy_catalogue(options.arguments[0], copy); !ok) return std::unexpected(ok.error());
  const auto catalogue = registry::open_copy(copy, registry::PrivateKey::generate(), 0);
  if (!catalogue) return std::unexpected(catalogue.error());
  const auto releases = registry::all_releases(**catalogue);
  if (!releases) return std::unexpected(releases.error());
  for (const registry::ReleaseRecord& release : *releases) {
    if (release.state != ReleaseState::published && release.state != ReleaseState::deprecated) continue;
    std::string path = release.plugin + "/" + release.version + std::string(kPackageEnding);
    if (client->find(path, unix_now())) paths.push_back(std::move(path));
  }
  if (paths.empty()) return failure(Code::not_found, "mirror.selection", "the registry has published nothing");
  return paths;
}

Result<Json> export_(const Options& options) {
  const fs::path folder = options.arguments[0], file = options.arguments[1];
  std::error_code error;
  if (fs::exists(file, error))
    return failure(Code::already_exists, "file.exists", file.string() + ": is there already, and is not replaced");
  const registry::FetchMetadata fetch = [&folder](std::string_view name, std::uint64_t bytes_max) {
    return registry::read_small_file(folder / "metadata" / name, bytes_max);
  };
  const auto root = options.root.empty() ? fetch("1.root.json", registry::kRootBytesMax)
                                         : registry::read_small_file(options.root, registry::kRootBytesMax);
  if (!root) return std::unexpected(root.error());
  const auto paths = selection(options, *root, fetch);
  if (!paths) return std::unexpected(paths.error());
  const auto store = registry::BlobStore::open(folder / registry::kBlobsFolder);
  if (!store) return std::unexpected(store.error());
  const auto open = [&store](const registry::Sha256& sha256) { return (*store)->open_blob(sha256); };
  const auto counts = registry::export_bundle(file, *root, fetch, *paths, open, unix_now());
  if (!counts) return std::unexpected(counts.error());
  return Json{{"bundle", file.string()}, {"packages", counts->packages}, {"bytes", counts->bytes}};
}

Result<Json> take_bundle(const Options& options, const fs::path& state, const registry::ReceivePackage& receive) {
  if (options.root.empty())
    return failure(Code::invalid_argument, "usage",
                   "--root FILE is missing: the root that the registry's operator gave you, by another way than this");
  const auto root = registry::read_small_file(options.root, registry::kRootBytesMax);
  if (!root) return std::unexpected(root.error());
  Json items = Json::array();
  const auto counts = registry::import_bundle(
      options.arguments[0], {*root, state}, unix_now(), [&](const BundlePackage& package) -> Result<void> {
        if (state_of(package.target) == "revoked")
          return failure(Code::failed_precondition, "release.revoked", std::string(package.path) + " is revoked");
        if (auto received = receive(package); !received) return received;
        items.push_back({{"path", package.path},
                         {"sha256", registry::to_hex(package.target.sha256)},
                         {"bytes", package.target.length},
                         {"state", state_of(package.target)}});
        return {};
      });
  if (!counts) return std::unexpected(counts.error());
  return Json{{"packages", counts->packages}, {"bytes", counts->bytes}, {"items", std::move(items)}};
}

Result<Json> check(const Options& options) {
  const auto memory = registry::TemporaryFolder::create();
  if (!memory) return std::unexpected(memory.error());
  // What was imported before is not touched, and not asked: so an older bundle passes here.
  return take_bundle(options, memory->path() / "state", [](const BundlePackage&) { return Result<void>(); });
}

// "acme_vision_1.2.0.stoa": no name of a publisher or plugin has a '_'.
std::string file_name(std::string_view path) {
  std::string name(path);
  std::ranges::replace(name, '/', '_');
  return name;
}

Result<void> write_package(const fs::path& file, const BundlePackage& package) {
  auto staged = registry::StagingFile::create(file, 0644);
  if (!staged) return std::unexpected(staged.error());
  const auto kept =
      package.read([&](std::span<const std::byte> chunk) { return registry::write_all(staged->file(), chunk); });
  return kept ? staged->publish() : kept;
}

// Into the registry as anybody's: its checks run, and its reviewers decide.
Result<std::string> publish(HttpClient& registry, const fs::path& file) {
  const auto release = bring_package(registry, {.package = file, .changelog = {}});
  if (release) {
    forget_upload(file);
    return member_text(*release, "id");
  }
  if (release.error().reason == "release.exists") return std::string("there already");
  auto error = release.error();
  error.message = file.filename().string() + ": " + error.message;
  return std::unexpected(std::move(error));
}

Result<Json> import_(const Options& options) {
  const fs::path folder = options.arguments[1];
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return std::unexpected(registry::file_error("cannot be made", folder, error.value()));
  const fs::path state = options.state.empty() ? folder / ".mirror" : fs::path(options.state);
  auto taken = take_bundle(options, state, [&](const BundlePackage& package) {
    return write_package(folder / file_name(package.path), package);
  });
  if (!taken) return taken;
  for (Json& item : (*taken)["items"]) item["file"] = (folder / file_name(item["path"].get<std::string>())).string();
  if (!options.is_publishing) return taken;
  auto registry = connect(options);
  if (!registry) return std::unexpected(registry.error());
  for (Json& item : (*taken)["items"]) {
    auto release = publish(*registry, item["file"].get<std::string>());
    if (!release) return std::unexpected(release.error());
    item["release"] = std::move(*release);
  }
  return taken;
}

std::string text_of(const Json& answer) {
  std::string text;
  if (answer.contains("items")) text = table_text(answer["items"], {"path", "state", "bytes", "file", "release"});
  return text + fmt::format("{} packages of {} bytes, each proved by the metadata\n", member_text(answer, "packages"),
                            member_text(answer, "bytes"));
}

constexpr struct {
  const char* name;
  const char* arguments;
  Result<Json> (*run)(const Options&);
} kActions[] = {{"export", "REGISTRY_FOLDER BUNDLE", &export_},
                {"check", "BUNDLE", &check},
                {"import", "BUNDLE PACKAGES_FOLDER", &import_}};

Exit run(const Options& options) {
  const auto* const action =
      std::ranges::find_if(kActions, [&](const auto& one) { return options.action == one.name; });
  if (auto good = check_arguments("mirror", {action->name, action->arguments}, options); !good)
    return report(good.error());
  const auto answer = action->run(options);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, &text_of);
  return Exit::ok;
}

}  // namespace

Action declare_mirror(CommandLine line) {
  const auto options = std::make_shared<Options>();
  std::vector<ActionForm> forms;
  for (const auto& action : kActions) forms.push_back({action.name, action.arguments});
  add_actions(line, *options, forms);
  line.texts("--release", options->releases,
             "export: this one; may be repeated (default: all that are published or deprecated)",
             {.type_name = "PUBLISHER/PLUGIN@VERSION", .one_each = true});
  line.text("--root", options->root, "check, import: a root of the registry's metadata that you know to be theirs",
            {.type_name = "FILE"});
  line.text("--state", options->state,
            "import: folder that remembers what was imported, so that nothing older follows (default: "
            "PACKAGES_FOLDER/.mirror)",
            {.type_name = "DIR"});
  line.flag("--publish", options->is_publishing, "import: publish them in the registry of --registry, too");
  add_registry_options(line, *options, false);
  line.footer(
      "examples:\n"
      "  stoa mirror export registry monday.tar --release acme/vision@1.2.0       beside a host that runs\n"
      "  stoa mirror check monday.tar --root root.json                            on a machine without a network\n"
      "  stoa mirror import monday.tar packages --root root.json                  for a host's packages folder\n"
      "  stoa mirror import monday.tar packages --root root.json --publish --registry URL --token-file admin.token\n\n"
      "the root is registry/metadata/1.root.json of the exporting side; it has to come by a way that you trust.\n"
      "exit 1: the bundle is not what they signed, is too old, or was changed; nothing of it is kept.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli

// command_mirror.cpp: `stoa mirror`: releases of a registry in one file, which proves itself without a network.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/mirror_import.hpp"
#include "host/cli/mirror_source.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "registry/mirror/bundle.hpp"
#include "registry/tuf/tuf_client.hpp"
#include "registry/upkeep/catalogue_copy.hpp"

namespace stoa::cli {
namespace {

namespace fs = std::filesystem;
using registry::TufTime;

constexpr std::string_view kPackageEnding = ".stoa";

struct MirrorOptions : ActionOptions {
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

std::string fact_of(const registry::Target& target, const char* name) {
  const auto fact = target.facts.find(name);
  return fact == target.facts.end() ? "" : fact->second;
}

// Those that were named, else all that can be resolved anew, as far as it is signed: the host signs a moment after it
// published.
Result<std::vector<WantedPackage>> selection(const MirrorOptions& options, const std::string& root,
                                             const registry::FetchMetadata& fetch) {
  const auto memory = registry::TemporaryFolder::create();
  if (!memory) return std::unexpected(memory.error());
  auto client = registry::TufClient::open(memory->path() / "state", root, fetch);
  if (!client) return std::unexpected(client.error());
  if (auto ok = client->refresh(unix_now()); !ok) return std::unexpected(ok.error());
  std::vector<WantedPackage> wanted;
  for (const std::string& release : options.releases) {
    auto path = path_of(release);
    if (!path) return std::unexpected(path.error());
    auto target = client->find(*path, unix_now());
    if (!target) return std::unexpected(target.error());
    if (fact_of(*target, "state") == "revoked")
      return failure(Code::failed_precondition, "release.revoked", release + " is revoked: nobody is given its bytes");
    wanted.push_back({std::move(*path), std::move(*target)});
  }
  if (!wanted.empty()) return wanted;
  const auto take = [&](const auto&, auto, const std::map<std::string, registry::Target>& targets) {
    for (const auto& [path, target] : targets) {
      const std::string state = fact_of(target, "state");
      if (path.ends_with(kPackageEnding) && (state == "published" || state == "deprecated"))
        wanted.push_back({path, target});
    }
  };
  if (auto ok = client->visit([](const auto&, auto) { return true; }, take, unix_now()); !ok)
    return std::unexpected(ok.error());
  if (wanted.empty()) return failure(Code::not_found, "mirror.selection", "the registry has published nothing");
  return wanted;
}

// Said to a person; a program reads what the end is.
void show_export(std::uint64_t brought, std::uint64_t all) {
  if (!::isatty(STDERR_FILENO)) return;
  constexpr double kMib = 1 << 20;
  fmt::print(stderr, "\r{:.1f} of {:.1f} MiB{}", static_cast<double>(brought) / kMib, static_cast<double>(all) / kMib,
             brought == all ? "\n" : "");
}

bool is_url(const std::string& source) { return source.starts_with("http://") || source.starts_with("https://"); }

Result<MirrorSource> source_of(const MirrorOptions& options, const fs::path& parts) {
  if (!is_url(options.arguments[0])) return source_in_folder(options.arguments[0]);
  RegistryOptions host = options;
  host.url = options.arguments[0];
  auto client = connect(host);
  if (!client) return std::unexpected(client.error());
  return source_of_host(std::move(*client), parts, &show_export);
}

Result<Json> export_(const MirrorOptions& options) {
  const fs::path file = options.arguments[1], parts = file.string() + ".parts";
  std::error_code error;
  if (fs::exists(file, error))
    return failure(Code::already_exists, "file.exists", file.string() + ": is there already, and is not replaced");
  // A host's root may be anybody's: whoever asks over a network says which one is theirs.
  if (is_url(options.arguments[0]) && options.root.empty())
    return failure(Code::invalid_argument, "usage",
                   "--root FILE is missing: the root that the registry's operator gave you, by another way than this");
  const auto source = source_of(options, parts);
  if (!source) return std::unexpected(source.error());
  const auto root = options.root.empty() ? source->fetch("1.root.json", registry::kRootBytesMax)
                                         : registry::read_small_file(options.root, registry::kRootBytesMax);
  if (!root) return std::unexpected(root.error());
  const auto wanted = selection(options, *root, source->fetch);
  if (!wanted) return std::unexpected(wanted.error());
  if (auto brought = source->bring(*wanted); !brought) return std::unexpected(brought.error());
  std::vector<std::string> paths;
  std::vector<registry::BundleEvaluation> said;
  for (const WantedPackage& one : *wanted) {
    paths.push_back(one.path);
    auto evaluations = source->evaluations(fact_of(one.target, "id"));
    if (!evaluations) return std::unexpected(evaluations.error());
    std::ranges::move(*evaluations, std::back_inserter(said));
  }
  const auto counts = registry::export_bundle(
      file,
      {.first_root = *root, .fetch = source->fetch, .target_paths = paths, .open = source->open, .evaluations = said},
      unix_now());
  if (!counts) return std::unexpected(counts.error());
  fs::remove_all(parts, error);
  return Json{{"bundle", file.string()},
              {"packages", counts->packages},
              {"bytes", counts->bytes},
              {"evaluations", counts->evaluations}};
}

Result<ImportPlan> plan_of(const MirrorOptions& options) {
  if (options.root.empty())
    return failure(Code::invalid_argument, "usage",
                   "--root FILE is missing: the root that the registry's operator gave you, by another way than this");
  return ImportPlan{.bundle = options.arguments[0], .root = options.root, .folder = {}, .state = {}};
}

Result<Json> check(const MirrorOptions& options) {
  auto plan = plan_of(options);
  if (!plan) return std::unexpected(plan.error());
  const auto memory = registry::TemporaryFolder::create();
  if (!memory) return std::unexpected(memory.error());
  // What was imported before is not touched, and not asked: so an older bundle passes here.
  plan->state = memory->path() / "state";
  return import_from(*plan);
}

Result<Json> import_(const MirrorOptions& options) {
  auto plan = plan_of(options);
  if (!plan) return std::unexpected(plan.error());
  plan->folder = options.arguments[1];
  plan->state = options.state.empty() ? plan->folder / ".mirror" : fs::path(options.state);
  if (!options.is_publishing) return import_from(*plan);
  auto registry = connect(options);
  if (!registry) return std::unexpected(registry.error());
  plan->registry = &*registry;
  return import_from(*plan);
}

std::string text_of(const Json& answer) {
  std::string text;
  if (answer.contains("items")) text = table_text(answer["items"], {"path", "state", "bytes", "file", "release"});
  if (answer.contains("revoked") && !answer["revoked"].empty())
    text += "\nrevoked by who published them; restart a host that serves the folder\n" +
            table_text(answer["revoked"], {"path", "removed", "release"}) + "\n";
  return text + fmt::format("{} packages of {} bytes, each proved by the metadata; {} evaluations\n",
                            member_text(answer, "packages"), member_text(answer, "bytes"),
                            member_text(answer, "evaluations"));
}

constexpr struct {
  const char* name;
  const char* arguments;
  Result<Json> (*run)(const MirrorOptions&);
} kMirrorActions[] = {
    {"export", "SOURCE BUNDLE", &export_}, {"check", "BUNDLE", &check}, {"import", "BUNDLE PACKAGES_FOLDER", &import_}};

Exit run(const MirrorOptions& options) {
  const auto* const action =
      std::ranges::find_if(kMirrorActions, [&](const auto& one) { return options.action == one.name; });
  if (auto good = check_arguments("mirror", {action->name, action->arguments}, options); !good)
    return report(good.error());
  const auto answer = action->run(options);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, &text_of);
  return Exit::ok;
}

}  // namespace

Action declare_mirror(CommandLine line) {
  const auto options = std::make_shared<MirrorOptions>();
  std::vector<ActionForm> forms;
  for (const auto& action : kMirrorActions) forms.push_back({action.name, action.arguments});
  add_actions(line, *options, forms);
  line.texts("--release", options->releases,
             "export: this one; may be repeated (default: all that are published or deprecated)",
             {.type_name = "PUBLISHER/PLUGIN@VERSION", .one_each = true});
  line.text("--root", options->root,
            "check, import, export from a host: a root of the registry's metadata that you know to be theirs",
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
      "  stoa mirror export https://registry.example:8081 monday.tar --root root.json --token-file rita.token\n"
      "                                                  from a host; run again, it goes on where it stopped\n"
      "  stoa mirror check monday.tar --root root.json                            on a machine without a network\n"
      "  stoa mirror import monday.tar packages --root root.json                  for a host's packages folder\n"
      "  stoa mirror import monday.tar packages --root root.json --publish --registry URL --token-file admin.token\n\n"
      "SOURCE is the folder of a registry, or the URL of a host that has one (its operator plane knows evaluations, "
      "too).\n"
      "the root is registry/metadata/1.root.json of the exporting side; it has to come by a way that you trust.\n"
      "exit 1: the bundle is not what they signed, is too old, or was changed; nothing of it is kept.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli

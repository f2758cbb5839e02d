// command_licences.cpp: `stoa licences`: who may call what: as signed files here, and on a host.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <sstream>

#include "host/cli/command.hpp"
#include "host/cli/licences_options.hpp"

namespace stoa::cli {
namespace {

std::vector<std::string> words_of(const char* text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

std::vector<LicencesAction> all_actions() {
  std::vector<LicencesAction> all;
  for (const auto actions : {licence_book_actions(), licence_file_actions()})
    all.insert(all.end(), actions.begin(), actions.end());
  return all;
}

Exit run(LicencesOptions options) {
  const auto usage = [](std::string message) {
    return report(Error{Code::invalid_argument, "usage", std::move(message), 0});
  };
  for (const LicencesAction& action : all_actions()) {
    const std::vector<std::string> name = words_of(action.name);
    if (options.words.size() < name.size() || !std::equal(name.begin(), name.end(), options.words.begin())) continue;
    options.arguments.assign(options.words.begin() + static_cast<std::ptrdiff_t>(name.size()), options.words.end());
    if (options.arguments.size() == words_of(action.arguments).size()) return action.run(options);
    return usage(fmt::format("{} arguments are given, want: stoa licences {} {}", options.arguments.size(), action.name,
                             action.arguments));
  }
  if (options.words.empty()) return usage("an action is missing: `stoa licences --help` names them");
  return usage(fmt::format("'{}' is no action: `stoa licences --help` names them", options.words[0]));
}

}  // namespace

Action declare_licences(CommandLine line) {
  const auto options = std::make_shared<LicencesOptions>();
  std::string summary;
  for (const LicencesAction& action : all_actions()) summary += fmt::format("\n{} {}", action.name, action.arguments);
  line.texts("ACTION", options->words, summary.c_str(), {.type_name = ""});
  line.texts("--issuer", options->issuers, "an issuer's public key (PEM): 'platform' or a publisher; may be repeated",
             {.type_name = "NAME=FILE", .one_each = true, .refusal = [](const std::string& row) {
                const auto equals = row.find('=');
                const bool is_pair = equals != std::string::npos && equals > 0 && equals + 1 < row.size();
                return is_pair ? std::string() : "'" + row + "' is not NAME=FILE";
              }});
  line.text("--key", options->key, "sign: the issuer's private key (PEM)", {.type_name = "FILE"});
  line.text("-o,--out", options->out,
            "sign, key, export, lease take: a new file (default: the id, or the issuer, with its ending)",
            {.type_name = "FILE"});
  line.texts("--content-key", options->content_keys,
             "sign, wrap, issue, replace: the file of a key that assets are encrypted with",
             {.type_name = "FILE", .one_each = true});
  line.texts("--for-host", options->hosts,
             "sign, wrap, issue, replace: the public key (PEM) of a host that may open them",
             {.type_name = "FILE", .one_each = true});
  line.text("--at", options->at, "verify: at another moment than now: 2026-12-31, 2026-12-31T12:00:00Z",
            {.type_name = "TIME"});
  line.text("--node", options->node, "verify, import: the fingerprint of the host it is for", {.type_name = "TEXT"});
  line.text("--revocations", options->revocations, "verify: against what the issuer has taken back",
            {.type_name = "FILE"});
  line.text("--folder", options->folder, "import: the folder of `[licensing]` of a host", {.type_name = "FOLDER"});
  add_book_options(line, *options);
  add_registry_options(line, *options, false);
  line.footer(
      "examples:\n"
      "  stoa licences issue --customer northwind --model acme/vision --quota 10000/month --token-file admin.token\n"
      "  stoa licences list --host https://api.example --key-file ci.key           and what is left of each\n"
      "  stoa licences held acme --token-file acme.token           who holds licences for a publisher's models\n"
      "  stoa licences lease take --model acme/vision --host https://api.example --key-file ci.key\n"
      "  stoa licences audit list --subject lic_01kdvfxr0000000000000000aa --token-file auditor.token\n"
      "  stoa licences audit verify --token-file auditor.token    reads every line; keep the hash for the next time\n"
      "  stoa licences key --out northwind.key\n"
      "  stoa licences sign terms.json --key acme.key.pem\n"
      "  stoa licences sign terms.json --key acme.key.pem --content-key vision.content.key --for-host host.pub.pem\n"
      "  stoa licences inspect lic_01kdvfxr0000000000000000aa.stoa-licence\n"
      "  stoa licences verify northwind.stoa-licence --issuer acme=acme.pub.pem --revocations acme.stoa-revocations\n"
      "  stoa licences import northwind.stoa-licence --folder licensing --issuer acme=acme.pub.pem\n"
      "  stoa licences revocations sign revoked.json --key acme.key.pem\n\n"
      "on a host by operators with --registry and --token-file, by a customer with --host and --key-file; files are "
      "made,\n"
      "verified and imported without a network. exit 0: good; 1: refused, with its reason.\n"
      "the files' form, and every reason: docs/reference/licence-file.md");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli

// command_agreements.cpp: `stoa agreements`: who earns what of a publisher's revenue: proposed, signed, verified.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <memory>

#include "host/cli/agreement_files.hpp"
#include "host/cli/command.hpp"
#include "host/cli/json_file.hpp"
#include "host/cli/new_file.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "registry/document/file.hpp"

namespace stoa::cli {
namespace {

struct AgreementsOptions : ActionOptions {
  std::string publisher, because, key, out, party, version;
  std::vector<std::string> parties;
};

constexpr std::size_t kAgreementFileMax = 128u << 10;

std::string path_of(const AgreementsOptions& options) {
  return "/v1/agreements/" + client::escape(options.arguments[0]);
}

Result<Json> propose(HttpClient& host, const AgreementsOptions& options) {
  auto terms = read_json_object(options.arguments[0]);
  if (!terms) return terms;
  return host.ask({"POST", "/v1/agreements", std::move(*terms)});
}

Result<Json> amend(HttpClient& host, const AgreementsOptions& options) {
  auto terms = read_json_object(options.arguments[1]);
  if (!terms) return terms;
  return host.ask({"PUT", path_of(options), std::move(*terms)});
}

Result<Json> list(HttpClient& host, const AgreementsOptions& options) {
  return ask_all(host, "/v1/agreements" + query_of({{"publisher", options.publisher}}));
}
Result<Json> show(HttpClient& host, const AgreementsOptions& options) { return host.ask({.path = path_of(options)}); }
Result<Json> versions(HttpClient& host, const AgreementsOptions& options) {
  return host.ask({.path = path_of(options) + "/versions"});
}

// Its text and signatures in a file, for whoever signs or verifies it without this host.
Result<Json> export_file(HttpClient& host, const AgreementsOptions& options) {
  const std::string name = options.out.empty() ? options.arguments[0] + ".json" : options.out;
  auto file = NewFile::create(name, 0644);
  if (!file) return std::unexpected(file.error());
  const auto answer = host.ask({.path = path_of(options) + "/document" + query_of({{"version", options.version}})});
  if (!answer) return answer;
  if (auto written = file->write(answer->dump(2) + '\n'); !written) return std::unexpected(written.error());
  file->keep();
  return Json{{"agreement", options.arguments[0]}, {"file", name}, {"signatures", (*answer)["signatures"].size()}};
}

Result<Json> submit(HttpClient& host, const AgreementsOptions& options) {
  if (options.party.empty()) return usage("--as PARTY is missing: whose signature it is, as in publisher/acme");
  const auto text = registry::read_small_file(options.arguments[1], kAgreementFileMax);
  if (!text) return std::unexpected(text.error());
  return host.ask({"POST", path_of(options) + "/signatures", Json{{"party", options.party}, {"file", *text}}});
}

Result<Json> countersign(HttpClient& host, const AgreementsOptions& options) {
  return host.ask({"POST", path_of(options) + "/signatures", Json{{"party", "platform"}}});
}

Result<Json> terminate(HttpClient& host, const AgreementsOptions& options) {
  if (options.because.empty()) return usage("--because: is missing; the parties read it, and the audit log");
  return host.ask({"POST", path_of(options) + "/terminate", Json{{"because", options.because}}});
}

Result<Json> add_key(HttpClient& host, const AgreementsOptions& options) {
  const auto pem = registry::read_small_file(options.arguments[1], kAgreementFileMax);
  if (!pem) return std::unexpected(pem.error());
  return host.ask({"POST", "/v1/party-keys", Json{{"party", options.arguments[0]}, {"public_key", *pem}}});
}

Result<Json> list_keys(HttpClient& host, const AgreementsOptions& options) {
  return host.ask({.path = "/v1/party-keys" + query_of({{"party", options.party}})});
}

Result<Json> revoke_key(HttpClient& host, const AgreementsOptions& options) {
  if (options.because.empty()) return usage("--because: is missing; it stands in the audit log");
  return host.ask({"POST", "/v1/party-keys/" + client::escape(options.arguments[1]) + "/revoke",
                   Json{{"party", options.arguments[0]}, {"because", options.because}}});
}

std::string agreements_text(const Json& answer) {
  return table_text(answer["items"], {"id", "version", "publisher", "currency", "state", "missing", "from"});
}
std::string party_keys_text(const Json& answer) {
  return table_text(answer["items"], {"party", "key_id", "added", "revoked"});
}

constexpr RegistryAction<AgreementsOptions> kAgreementsActions[] = {
    {"propose", "FILE", &propose, &record_text},
    {"amend", "AGREEMENT FILE", &amend, &record_text},
    {"list", "", &list, &agreements_text},
    {"show", "AGREEMENT", &show, &record_text},
    {"versions", "AGREEMENT", &versions, &agreements_text},
    {"export", "AGREEMENT", &export_file, &record_text},
    {"submit", "AGREEMENT FILE", &submit, &record_text},
    {"countersign", "AGREEMENT", &countersign, &record_text},
    {"terminate", "AGREEMENT", &terminate, &record_text},
    {"add-key", "PARTY FILE", &add_key, &record_text},
    {"keys", "", &list_keys, &party_keys_text},
    {"revoke-key", "PARTY KEY_ID", &revoke_key, &record_text},
};
// Without a network.
constexpr const char* kFileActions[] = {"sign", "verify"};

Exit run(const AgreementsOptions& options) {
  if (std::ranges::find(kFileActions, options.action) == std::end(kFileActions))
    return run_action<AgreementsOptions>("agreements", kAgreementsActions, options);
  if (auto good = check_arguments("agreements", {options.action, "FILE"}, options); !good) return report(good.error());
  const auto answer = options.action == "sign"
                          ? sign_agreement_file({.file = options.arguments[0], .key = options.key, .out = options.out})
                          : verify_agreement_file(options.arguments[0], options.parties);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, &record_text);
  return Exit::ok;
}

}  // namespace

Action declare_agreements(CommandLine line) {
  const auto options = std::make_shared<AgreementsOptions>();
  auto forms = forms_of(std::span<const RegistryAction<AgreementsOptions>>(kAgreementsActions));
  for (const char* name : kFileActions) forms.push_back({name, "FILE"});
  add_actions(line, *options, forms);
  add_registry_options(line, *options, false);
  line.text("--publisher", options->publisher, "list: those this publisher is a party of", {.type_name = "NAME"});
  line.text("--version", options->version, "export: this version (default: the newest)", {.type_name = "N"});
  line.text("--key", options->key, "sign: the party's private key (PEM)", {.type_name = "FILE"});
  line.text("--as", options->party, "submit: whose signature it is; keys: of this party", {.type_name = "PARTY"});
  line.texts("--party", options->parties, "verify: a party and its public key (PEM); may be repeated",
             {.type_name = "NAME=FILE", .one_each = true, .refusal = [](const std::string& row) {
                const auto equals = row.find('=');
                const bool is_pair = equals != std::string::npos && equals > 0 && equals + 1 < row.size();
                return is_pair ? std::string() : "'" + row + "' is not NAME=FILE";
              }});
  line.text("--because", options->because, "terminate, revoke-key: why", {.type_name = "TEXT"});
  line.text("-o,--out", options->out, "sign, export: a new file (default: the id with its ending)",
            {.type_name = "FILE"});
  line.footer(
      "examples:\n"
      "  stoa agreements propose shares.json --token-file admin.token\n"
      "  stoa agreements export agr_… --token-file acme.token --out shares-to-sign.json\n"
      "  stoa agreements sign shares-to-sign.json --key acme.key.pem --out acme.stoa-signature\n"
      "  stoa agreements submit agr_… acme.stoa-signature --as publisher/acme --token-file acme.token\n"
      "  stoa agreements countersign agr_… --token-file admin.token\n"
      "  stoa agreements verify shares.json --party publisher/acme=acme.pub.pem --party platform=platform.pub.pem\n\n"
      "An agreement counts once everybody has signed its text: the platform, the publisher, whoever earns by it. A\n"
      "publisher signs with a key that the registry has of it; for another party register one: add-key. sign and\n"
      "verify need no network. FILE of propose: docs/reference/billing-documents.md.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli

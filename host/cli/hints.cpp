// hints.cpp: what to do next, by reason. SPDX-License-Identifier: Apache-2.0
#include "host/cli/hints.hpp"

#include <algorithm>

namespace stoa::cli {
namespace {

// The first fitting row counts.
constexpr Hint kHints[] = {
    {"manifest.unknown_key",
     "sha256, size and source_sha256 are written by `stoa pack`; all keys: docs/reference/manifest.md"},
    {"manifest.", "the place is a JSON pointer into manifest.json; the rules: docs/reference/manifest.md"},
    {"pack.missing_file", "build first: `stoa build`, then pack the folder it names"},
    {"pack.unlisted_file", "add it to \"assets\" in manifest.json, or remove it from the folder"},
    {"pack.link", "put the file itself there: a package holds what lies in the folder"},
    {"pack.changed", "wait until the build has ended, then pack again"},
    {"package.compressed", "decompress it; packages are never compressed"},
    {"package.digest_mismatch", "the file was damaged or changed; get it again, or pack it again"},
    {"package.truncated", "the file is incomplete; get it again"},
    {"package.", "this is not what `stoa pack` writes; get the package again from its publisher"},
    {"signature.missing", "sign it: `stoa sign PACKAGE --key FILE`"},
    {"signature.other_type", "it is a signed document of another kind: `stoa licences --help`, `stoa evaluate --help`"},
    {"signature.other_issuer", "a key counts for its own issuer: who signed it, and in whose name?"},
    {"licence_file.replaced", "import the newest one; with a higher serial the issuer can take that back"},
    {"licence_file.other_content", "the issuer signs changed terms under a higher serial"},
    {"licence_file.missing_key",
     "--customer and --model say it, or --terms FILE; in a file: docs/reference/licence-file.md", "licences"},
    {"licence_file.too_large", "a licence file has 256 KiB at most: docs/reference/licence-file.md"},
    {"licence_file.", "the members and their rules: docs/reference/licence-file.md"},
    {"licence.terms", "the members and their rules: docs/reference/licence-file.md"},
    {"licence.foreign_model", "the platform's key licenses any model, a publisher's its own"},
    {"licence.clock", "set this machine's clock right"},
    {"licence.offline", "import a newer licence or revocation list of its issuer"},
    {"licence.other_node", "ask the issuer for a licence of this host"},
    {"licence.state", "`stoa licences show LICENCE` tells what became of it"},
    {"licence.unknown", "`stoa licences list --all` shows what there is"},
    {"licence.", "ask the issuer for another licence"},
    {"revocation_list.older", "import the newest one"},
    {"revocation_list.overdue", "import the issuer's newest list"},
    {"revocation_list.", "this is not what `stoa licences revocations sign` makes, or not for this licence"},
    {"licence_memory.", "docs/reference/licence-file.md, what a host remembers"},
    {"trusted_time.", "docs/reference/licence-file.md, the clock"},
    {"signature.unknown_key", "give its issuer's key: --issuer ISSUER=FILE, when you know that it is theirs",
     "licences"},
    {"signature.unknown_key", "whose key signed it, and is it the one you have?", "agreements receipts audit prices"},
    {"signature.unknown_key", "give its publisher's key: --trust PUBLISHER=FILE, when you know that it is theirs"},
    {"signature.other_publisher", "a key speaks for one publisher; give the key of this one"},
    {"signature.", "it was changed after it was signed, or the key is not the one that signed it"},
    {"token.missing", "name the file of your token: --token-file FILE, or STOA_TOKEN_FILE"},
    {"token.", "the token is not one of this registry, or was replaced: ask who runs it for a new one"},
    {"registry.query", "the message says what the option may be; examples: `stoa COMMAND --help`"},
    {"model.unknown", "`stoa search` shows what there is"},
    {"version.unknown", "`stoa show MODEL` lists its versions"},
    {"range.", "`stoa show MODEL` lists its versions; ranges are npm's: ^1.2, ~1.2.3, >=1 <3"},
    {"alias.", "`stoa show MODEL` lists its aliases"},
    {"proposal.", "`stoa aliases proposals` lists what waits for a second operator"},
    {"role.not_allowed", "use the token of an operator whose role may do this; `stoa operators whoami` shows yours"},
    {"publisher.foreign", "use the token of the publisher in front of the plugin's name"},
    {"client.url", "--registry https://HOST:PORT, the operator plane of a host with a [registry]"},
    {"client.plain_http",
     "use https://, or a tunnel to a port of this machine; where nobody can listen: --allow-plain-http"},
    {"client.tls", "the registry's certificate is not trusted here; name who vouches for it: --ca-file FILE"},
    {"client.token", "the file holds the token alone, in one line"},
    {"client.answer", "is this the operator plane of a host with a [registry]?"},
    {"http.not_found",
     "nothing is at this path: --registry names the operator plane of a host with a [registry] (port 8081 unless "
     "configured), not the one that customers call"},
    {"release.yanked", "its version, or an alias that was set before, still names it; `stoa releases restore RELEASE`"},
    {"release.delisted", "name its version; `stoa publishers relist PLUGIN` brings the plugin back"},
    {"release.on_trial", "name its version; `stoa rollout show MODEL` tells how far its trial is"},
    {"release.cooling", "name its version or an alias; `stoa aliases move MODEL default VERSION` ends the wait"},
    {"client.", "is the registry running, and is this its address? What was begun can be asked again"},
    {"publish.waiting", "look again later: `stoa releases show RELEASE`"},
    {"release.version_taken",
     "give it another version: one that was published is that package for ever; where the other one is not published "
     "yet, `stoa releases show RELEASE` tells what becomes of it"},
    {"release.exists", "it is published already: `stoa releases list --model MODEL` shows it"},
    {"release.state",
     "which step follows which: `stoa releases --help`; `stoa releases show RELEASE` tells where it is"},
    {"release.rejected", "correct it and publish it again; what each check wants: docs/reference/publishing-checks.md"},
    {"registry.in_use", "stop the host that has the folder, or ask it: `stoa doctor --registry URL --fix`"},
    {"backup.unsound", "`stoa doctor FOLDER` tells what is wrong; --as-it-is takes a backup of it all the same"},
    {"backup.format",
     "name a folder that `stoa backup create` made; is its backup.json lost or broken, copy that file again from where "
     "else the backup is kept: docs/reference/registry-doctor.md"},
    {"backup.newer", "take the `stoa` that made this backup, or a later one"},
    {"metadata.signers", "name the private keys that are kept elsewhere, root's at least: --key FILE"},
    {"metadata.locked", "stop the host that has the registry open"},
    {"rotation.", "`stoa rotate --help` has examples"},
    {"blob.", "`stoa doctor FOLDER` tells what is missing; --as-it-is takes a backup without it"},
    {"rollout.active", "`stoa rollout show MODEL`; then `stoa rollout promote MODEL` or `stoa rollout rollback MODEL`"},
    {"rollout.verdict",
     "why it was taken back: `stoa rollout show MODEL`; to try it again: `stoa rollout forgive MODEL VERSION`"},
    {"rollout.approval", "`stoa aliases move MODEL default VERSION`, which a second operator approves"},
    {"rollout.divided", "`stoa aliases move MODEL default VERSION` ends the division"},
    {"rollout.not_published", "`stoa releases list --model MODEL` shows where each release is"},
    {"rollout.plan", "`stoa rollout --help` has examples"},
    {"rollout.", "`stoa rollout show MODEL` tells where the model's releases are"},
    {"mirror.selection", "name releases as PUBLISHER/PLUGIN@VERSION; `stoa releases list` shows them"},
    {"mirror.", "the bundle is incomplete or no bundle; export it, or get it, again"},
    {"target.unknown", "the registry's metadata does not have this release: is it published?"},
    {"release.revoked", "publish a new version; nothing takes a revocation back"},
    {"target.", "the bundle was damaged or changed on its way; get it again"},
    {"metadata.expired", "too old to be trusted: export it again where the registry is running"},
    {"metadata.lost",
     "put metadata/ back from where it is kept, or restore a backup; is no copy left: `stoa rotate FOLDER everything`"},
    {"metadata.broken",
     "put the file back from a backup or a copy of metadata/; `stoa doctor FOLDER` looks at the rest of it"},
    {"metadata.sound", "`stoa rotate --help` has examples"},
    {"keys.", "put the file back from where it is kept; one that is lost: take it away, and `stoa rotate FOLDER ROLE`"},
    {"metadata.", "the bundle is not what the owner of --root signed, or is older than one that was imported before"},
    {"publisher.held", "an operator lets the name pass, if it is no mistake: `stoa publishers let-pass NAME`"},
    {"upload.quota", "the publisher's room is used up; ask who runs the registry for more"},
    {"key.possession", "`stoa publishers add-key NAME --key FILE` with the private key itself"},
    {"key.rotation", "`stoa publishers --help` has examples"},
    {"key.unknown", "`stoa publishers list` shows publishers with their keys", "publishers"},
    {"key.exists", "a key belongs to one publisher: make another with `stoa keygen`", "publishers"},
    {"key.state", "`stoa publishers list` shows publishers with their keys", "publishers"},
    {"key.syntax", "keys are PEM files, as `stoa keygen` or `openssl genpkey -algorithm ed25519` make them"},
    {"key.pem", "keys are PEM files, as `stoa keygen` or `openssl genpkey -algorithm ed25519` make them"},
    {"key.not_ed25519", "make a new key with `stoa keygen`"},
    {"key.not_canonical", "make a new key with `stoa keygen`"},
    {"key.not_x25519", "the public key of a host is what `stoa host-key show` prints there"},
    {"key.low_order", "it is nobody's key: ask for the right one"},
    {"key.exposed", "`chmod 600` it, and make a new one if somebody may have read it"},
    {"key.missing", "name the file of your API key: --key-file FILE, or STOA_API_KEY"},
    {"key.repeated", "the file holds one API key alone, in one line"},
    {"key.malformed", "an API key is one line that begins with sk_: was all of it copied?"},
    {"key.unknown", "is it a key of this host? An operator makes one: `stoa keys create CUSTOMER NAME`"},
    {"key.revoked", "ask who gave it for another: `stoa keys create CUSTOMER NAME`"},
    {"key.rotated", "use its successor, which `stoa keys rotate` showed"},
    {"key.expired", "ask who gave it for another: `stoa keys create CUSTOMER NAME`"},
    {"key.scope", "use a key that has it: `stoa keys create --scope SCOPE`"},
    {"key.terms", "what a key may say: `stoa keys --help`, docs/reference/licensing-api.md"},
    {"key.exists", "`stoa keys rotate KEY` replaces it; `stoa keys list` shows their ids"},
    {"key.not_found", "`stoa keys list` shows their ids"},
    {"key.wider", "leave out what is said, or ask by a key that may more: `stoa keys list` shows what each may"},
    {"key.elder", "ask by that key itself, or by one that made it"},
    {"key.generations", "ask by the key that made this one: `stoa keys list` shows made_by"},
    {"key.too_many", "`stoa keys list` shows them, `stoa keys revoke KEY` makes room"},
    {"key.state", "`stoa keys list` shows the state of each"},
    {"key.", "docs/reference/licensing-api.md tells what API keys may, docs/reference/package.md which keys sign"},
    {"dataset.", "a set is one JSON object a line; its form: docs/reference/evaluation.md"},
    {"evaluate.load",
     "`stoa serve` with the same options shows the whole log; --allow gives what its sandbox may open"},
    {"evaluate.loading", "ask again in a while, or give it longer: --wait-s SECONDS"},
    {"evaluate.model", "`stoa inspect PACKAGE` names the models of a package, GET /v2/models those of a host"},
    {"evaluate.output", "name one of these: --output NAME"},
    {"evaluate.interrupted", "the same command begins anew"},
    {"evaluation.key",
     "sign with a key of the release's publisher, or show your own as an operator: --public-key FILE"},
    {"evaluation.exists", "it is there already: `stoa evaluate list RELEASE`"},
    {"evaluation.other_release", "attach it to the release whose package it names"},
    {"evaluation.", "this is not what `stoa evaluate` wrote, or it was changed"},
    {"comparison.", "run both on the same set, with the same --limit"},
    {"file.not_found", "check the path"},
    {"file.permission", "check the rights on the path"},
    {"file.no_space", "make room, then try again"},
    {"file.exists", "choose another name, or remove it first"},
};

// Whether a row's commands, with spaces between, hold this one.
bool is_among(std::string_view commands, std::string_view command) {
  for (std::size_t at = 0; at < commands.size();) {
    const std::size_t end = std::min(commands.find(' ', at), commands.size());
    if (commands.substr(at, end - at) == command) return true;
    at = end + 1;
  }
  return false;
}

}  // namespace

std::span<const Hint> hints() { return kHints; }

std::string_view hint_for(std::string_view reason, std::string_view command) {
  for (const Hint& hint : kHints) {
    const bool fits = hint.reason == reason || (hint.reason.ends_with('.') && reason.starts_with(hint.reason));
    if (fits && (hint.commands.empty() || is_among(hint.commands, command))) return hint.text;
  }
  return {};
}

}  // namespace stoa::cli

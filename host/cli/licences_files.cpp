// licences_files.cpp: licences and revocation lists as files: signed, looked at, verified, imported.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "host/cli/licences_keys.hpp"
#include "host/cli/licences_options.hpp"
#include "host/cli/new_file.hpp"
#include "host/cli/registry_text.hpp"
#include "host/client/problem_answer.hpp"
#include "licensing/document/licence_folder.hpp"
#include "licensing/terms/api_key.hpp"
#include "licensing/terms/standing.hpp"
#include "registry/document/file.hpp"
#include "registry/document/utc_time.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::cli {
namespace {

using licensing::HeldLicence, licensing::Licence, licensing::OpenedLicence, licensing::OpenedRevocations,
    licensing::Refusal, licensing::RevocationList, licensing::Standing, licensing::TrustedIssuers;
using registry::utc_text;

// As a document that is too large says it, whichever way it came.
Result<std::string> read(const std::string& file, const licensing::DocumentKind& kind) {
  auto text = registry::read_small_file(file, kind.file_bytes_max);
  if (!text && text.error().reason == "file.too_large") text.error().reason = std::string(kind.reasons) + ".too_large";
  return text;
}

// A licence's or list's own text, which this program wrote: it parses.
Json json_of(const std::string& document) { return Json::parse(document); }

void print(const LicencesOptions& options, const Json& answer) { print_answer(answer, options.json, &record_text); }

std::int64_t now_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

Result<OpenedLicence> read_licence(const std::string& file) {
  const auto text = read(file, licensing::kLicenceDocument);
  if (!text) return std::unexpected(text.error());
  return licensing::open_licence(*text);
}

Result<OpenedRevocations> read_revocations(const std::string& file) {
  const auto text = read(file, licensing::kRevocationsDocument);
  if (!text) return std::unexpected(text.error());
  return licensing::open_revocations(*text);
}

// What the list says of the licence, where it may say it.
Result<void> revoke_by(const LicencesOptions& options, const TrustedIssuers& issuers, std::int64_t at_ms,
                       HeldLicence& held) {
  const auto opened = read_revocations(options.revocations);
  if (!opened) return std::unexpected(opened.error());
  if (auto good = licensing::verify_revocations(*opened, issuers); !good) return good;
  const RevocationList& list = opened->list;
  if (list.issuer != held.licence.issuer)
    return failure(Code::invalid_argument, "revocation_list.other_issuer",
                   fmt::format("the list is of '{}', and the licence of '{}': it says nothing of it", list.issuer,
                               held.licence.issuer));
  held.confirmed_ms = std::max(held.licence.issued_ms, list.issued_ms);
  if (const auto* const revoked = licensing::find_revocation(list, held.licence.id, held.licence.serial)) {
    held.revoked_ms = revoked->at_ms;
    held.revoked_because = revoked->because;
  } else if (at_ms >= list.next_update_ms) {
    return failure(
        Code::failed_precondition, "revocation_list.overdue",
        fmt::format("there is a newer list since {}: get it from '{}'", utc_text(list.next_update_ms), list.issuer));
  }
  return {};
}

// The numbers that the table's message leaves out.
std::string details_of(const HeldLicence& held, const std::string& node, std::int64_t at_ms, Refusal refusal) {
  const Licence& licence = held.licence;
  switch (refusal) {
    case Refusal::licence_revoked:
      return fmt::format("at {}{}", utc_text(*held.revoked_ms),
                         held.revoked_because.empty() ? "" : ": " + held.revoked_because);
    case Refusal::licence_other_node:
      return fmt::format("locked to {}, this is {}", licence.node, client::printable(node));
    case Refusal::licence_clock:
      return fmt::format("it is {}, and its issuer signed at {}", utc_text(at_ms), utc_text(*held.confirmed_ms));
    case Refusal::licence_not_yet:
      return fmt::format("it is {}, valid from {}", utc_text(at_ms), utc_text(licence.not_before_ms));
    case Refusal::licence_expired:
      return fmt::format("it is {}, expired {}", utc_text(at_ms), utc_text(*licence.expires_ms));
    case Refusal::licence_offline:
      return fmt::format("it is {}, last word of {}", utc_text(at_ms), utc_text(*held.confirmed_ms));
    default:
      return {};
  }
}

Error error_of(const HeldLicence& held, const std::string& node, std::int64_t at_ms, Refusal refusal) {
  const auto& row = licensing::row_of(refusal);
  return {row.code, std::string(row.reason),
          fmt::format("{} ({})", row.message, details_of(held, node, at_ms, refusal)), 0};
}

Json standing_json(const HeldLicence& held, const Standing& standing, const std::string& node) {
  Json json{{"standing", standing.refusal == Refusal::none ? "active" : licensing::row_of(standing.refusal).reason}};
  if (!standing.warning.empty()) json["warning"] = standing.warning;
  if (standing.changes_at_ms) json["changes"] = utc_text(*standing.changes_at_ms);
  if (!held.licence.node.empty() && node.empty()) json["node"] = "not compared: --node says which host this is";
  return json;
}

// Without --node a licence that is locked to a host is looked at as that host would.
Standing standing_at(const HeldLicence& held, const std::string& node, std::int64_t at_ms) {
  return licensing::standing_of(
      held, {.node = node.empty() ? held.licence.node : node, .trusted_floor_ms = std::nullopt}, at_ms);
}

Exit verify(const LicencesOptions& options) {
  const auto at_ms = moment_of(options);
  if (!at_ms) return report(at_ms.error());
  const auto issuers = issuers_of(options);
  if (!issuers) return report(issuers.error());
  const auto opened = read_licence(options.arguments[0]);
  if (!opened) return report(opened.error());
  if (auto good = licensing::verify_licence(*opened, *issuers); !good) return report(good.error());
  HeldLicence held;
  held.licence = opened->licence;
  held.is_from_file = true;
  held.confirmed_ms = opened->licence.issued_ms;
  if (!options.revocations.empty())
    if (auto good = revoke_by(options, *issuers, *at_ms, held); !good) return report(good.error());
  const Standing standing = standing_at(held, options.node, *at_ms);
  if (standing.refusal != Refusal::none) return report(error_of(held, options.node, *at_ms, standing.refusal));
  Json answer{{"file", options.arguments[0]},
              {"signed_by", held.licence.issuer},
              {"key_id", opened->document.envelope.key_id.hex},
              {"at", utc_text(*at_ms)}};
  answer.update(standing_json(held, standing, options.node));
  answer["revocations"] = options.revocations.empty() ? "not looked at: --revocations names a list" : "not among them";
  answer["licence"] = json_of(opened->document.text);
  print(options, answer);
  return Exit::ok;
}

// Whose signature it is, where keys are given; without any it is only shown.
Result<Json> signature_json(const licensing::SignedDocument& document, const LicencesOptions& options,
                            Result<void> (*verified)(const licensing::SignedDocument&, const TrustedIssuers&,
                                                     const std::string& issuer),
                            const std::string& issuer) {
  Json json{{"file", options.arguments[0]}, {"key_id", document.envelope.key_id.hex}};
  if (options.issuers.empty()) {
    json["signature"] = "not verified: --issuer NAME=FILE says whose key counts";
    return json;
  }
  const auto issuers = issuers_of(options);
  if (!issuers) return std::unexpected(issuers.error());
  if (auto good = verified(document, *issuers, issuer); !good) return std::unexpected(good.error());
  json["signature"] = "valid, by " + issuer;
  return json;
}

Exit inspect(const LicencesOptions& options) {
  const auto opened = read_licence(options.arguments[0]);
  if (!opened) return report(opened.error());
  const auto verified = [](const licensing::SignedDocument& document, const TrustedIssuers& issuers,
                           const std::string& issuer) {
    return issuers.verify(licensing::kLicenceDocument, document, issuer);
  };
  auto answer = signature_json(opened->document, options, verified, opened->licence.issuer);
  if (!answer) return report(answer.error());
  (*answer)["licence"] = json_of(opened->document.text);
  print(options, *answer);
  return Exit::ok;
}

Exit inspect_revocations(const LicencesOptions& options) {
  const auto opened = read_revocations(options.arguments[0]);
  if (!opened) return report(opened.error());
  const auto verified = [](const licensing::SignedDocument& document, const TrustedIssuers& issuers,
                           const std::string& issuer) {
    return issuers.verify(licensing::kRevocationsDocument, document, issuer);
  };
  auto answer = signature_json(opened->document, options, verified, opened->list.issuer);
  if (!answer) return report(answer.error());
  (*answer)["revocations"] = json_of(opened->document.text);
  print(options, *answer);
  return Exit::ok;
}

// Never over a file that is there: what was issued is kept.
Result<void> write_new(const std::string& file, std::string_view text) {
  auto made = NewFile::create(file, 0644);
  if (!made) return std::unexpected(made.error());
  if (auto written = made->write(text); !written) return written;
  made->keep();
  return {};
}

Result<registry::PrivateKey> signing_key(const LicencesOptions& options) {
  if (options.key.empty()) return usage("--key FILE is missing: the private key of the issuer");
  return registry::read_private_key(options.key);
}

Exit sign(const LicencesOptions& options) {
  const auto key = signing_key(options);
  if (!key) return report(key.error());
  const auto text = read(options.arguments[0], licensing::kLicenceDocument);
  if (!text) return report(text.error());
  const auto terms = with_content_keys(*text, options, now_ms());
  if (!terms) return report(terms.error());
  const auto licence = licensing::parse_terms(*terms, now_ms());
  if (!licence) return report(licence.error());
  const std::string file =
      options.out.empty() ? licence->id.text + std::string(licensing::kLicenceSuffix) : options.out;
  if (auto written = write_new(file, licensing::sign_licence(*licence, *key)); !written) return report(written.error());
  print(options, {{"file", file},
                  {"id", licence->id.text},
                  {"serial", licence->serial},
                  {"issuer", licence->issuer},
                  {"key_id", key->public_key().id().hex}});
  return Exit::ok;
}

Exit sign_revocations(const LicencesOptions& options) {
  const auto key = signing_key(options);
  if (!key) return report(key.error());
  const auto text = read(options.arguments[0], licensing::kRevocationsDocument);
  if (!text) return report(text.error());
  const auto list = licensing::parse_revocations_draft(*text, now_ms());
  if (!list) return report(list.error());
  const std::string file = options.out.empty() ? list->issuer + "-" + std::to_string(list->number) +
                                                     std::string(licensing::kRevocationsSuffix)
                                               : options.out;
  if (auto written = write_new(file, licensing::sign_revocations(*list, *key)); !written)
    return report(written.error());
  print(options, {{"file", file},
                  {"issuer", list->issuer},
                  {"number", list->number},
                  {"revoked", list->revoked.size()},
                  {"next_update", utc_text(list->next_update_ms)},
                  {"key_id", key->public_key().id().hex}});
  return Exit::ok;
}

Exit import_(const LicencesOptions& options) {
  if (options.folder.empty())
    return report(usage("--folder FOLDER is missing: that of [licensing] of the host").error());
  auto issuers = issuers_of(options);
  if (!issuers) return report(issuers.error());
  const auto text = read(options.arguments[0], licensing::kRevocationsDocument);
  if (!text) return report(text.error());
  auto folder = licensing::LicenceFolder::open(options.folder, std::move(*issuers));
  if (!folder) return report(folder.error());
  const auto imported = folder->import_file(*text);
  if (!imported) return report(imported.error());
  Json answer{{"file", options.folder + "/licences/" + imported->file}};
  if (const auto& held = imported->licence) {
    answer.update(
        Json{{"id", held->licence.id.text}, {"serial", held->licence.serial}, {"issuer", held->licence.issuer}});
    answer.update(standing_json(*held, standing_at(*held, options.node, now_ms()), options.node));
  }
  if (const auto& list = imported->list)
    answer.update(Json{{"issuer", list->issuer},
                       {"number", list->number},
                       {"revoked", list->revoked},
                       {"next_update", utc_text(list->next_update_ms)}});
  print(options, answer);
  return Exit::ok;
}

// For a host that knows no customers: the licence names the key's hash, the application sends the key.
Exit make_key(const LicencesOptions& options) {
  if (options.out.empty())
    return report(usage("--out FILE is missing: where the key is kept, readable by you alone").error());
  auto file = NewFile::create(options.out, 0600);
  if (!file) return report(file.error());
  const std::string key = licensing::new_api_key();
  if (auto written = file->write(key + "\n"); !written) return report(written.error());
  file->keep();
  print(options, {{"file", options.out}, {"sha256", registry::to_hex(licensing::hash_of_api_key(key))}});
  return Exit::ok;
}

constexpr LicencesAction kLicencesFilesActions[] = {
    {"key", "", &make_key},
    {"verify", "FILE", &verify},
    {"inspect", "FILE", &inspect},
    {"sign", "TERMS", &sign},
    {"import", "FILE", &import_},
    {"wrap", "ID SERIAL", &wrap_keys},
    {"revocations sign", "LIST", &sign_revocations},
    {"revocations inspect", "FILE", &inspect_revocations},
};

}  // namespace

std::span<const LicencesAction> licence_file_actions() { return kLicencesFilesActions; }

Result<TrustedIssuers> issuers_of(const LicencesOptions& options) {
  if (options.issuers.empty())
    return usage("--issuer NAME=FILE is missing: whose key counts, 'platform' or the publisher");
  TrustedIssuers issuers;
  for (const std::string& row : options.issuers) {
    const auto equals = row.find('=');
    if (auto added = issuers.add_file(row.substr(0, equals), row.substr(equals + 1)); !added)
      return std::unexpected(added.error());
  }
  return issuers;
}

Result<std::int64_t> moment_of(const LicencesOptions& options) {
  if (options.at.empty()) return now_ms();
  const auto at_ms = registry::utc_ms_of(options.at);
  if (!at_ms)
    return usage(
        fmt::format("--at: '{}' is no time in UTC: 2026-12-31, 2026-12-31T12:00:00Z", client::printable(options.at)));
  return *at_ms;
}

}  // namespace stoa::cli

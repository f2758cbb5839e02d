// agreement_files.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/agreement_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/cli/json_file.hpp"
#include "host/cli/new_file.hpp"
#include "licensing/document/agreement_file.hpp"
#include "registry/document/file.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::cli {
namespace {

using client::Json;

constexpr std::size_t kPartyKeyMax = 16 * 1024;

// The text that is signed, to the byte: of an export, or the file itself but for a line break at its end.
Result<std::string> text_in(const std::string& file, const Json& json) {
  if (json.contains("stoa_agreement")) {
    auto text = registry::read_small_file(file, licensing::kAgreementDocument.file_bytes_max);
    if (text && text->ends_with('\n')) text->pop_back();
    return text;
  }
  const auto document = json.find("document");
  if (document == json.end() || !document->is_string())
    return usage(file + ": is neither an agreement nor what `stoa agreements export` writes");
  return document->get<std::string>();
}

Result<std::map<std::string, registry::PublicKey>> keys_in(const std::vector<std::string>& parties) {
  std::map<std::string, registry::PublicKey> keys;
  for (const std::string& row : parties) {
    const auto equals = row.find('=');
    const auto pem = registry::read_small_file(row.substr(equals + 1), kPartyKeyMax);
    if (!pem) return std::unexpected(pem.error());
    auto key = registry::PublicKey::from_pem(*pem);
    if (!key) return std::unexpected(key.error());
    keys.insert_or_assign(row.substr(0, equals), std::move(*key));
  }
  return keys;
}

// The party's signature in an export; null: it has none.
const std::string* signature_of(const Json& bundle, const std::string& party) {
  const auto signatures = bundle.find("signatures");
  if (signatures == bundle.end() || !signatures->is_array()) return nullptr;
  for (const Json& one : *signatures) {
    if (!one.is_object() || one.value("party", "") != party) continue;
    const auto file = one.find("file");
    if (file != one.end() && file->is_string()) return file->get_ptr<const std::string*>();
  }
  return nullptr;
}

// One party's signature over exactly this text.
Result<void> verify_party(const std::string& party, const std::string* file, const std::string& text,
                          const registry::PublicKey& key) {
  const auto of_party = [&](const Error& error) {
    return std::unexpected(Error{error.code, error.reason, party + ": " + error.message, 0});
  };
  if (!file)
    return failure(Code::unauthenticated, "agreement.not_signed", fmt::format("party {} has not signed it", party));
  const auto opened = licensing::open_agreement(*file);
  if (!opened) return of_party(opened.error());
  if (opened->document.text != text)
    return failure(Code::unauthenticated, "agreement.other_terms", fmt::format("party {} signed other terms", party));
  if (auto good = licensing::verify_agreement(opened->document, key); !good) return of_party(good.error());
  return {};
}

}  // namespace

Result<Json> sign_agreement_file(const AgreementToSign& what) {
  if (what.key.empty()) return usage("--key FILE is missing: the private key of the party");
  const auto key = registry::read_private_key(what.key);
  if (!key) return std::unexpected(key.error());
  const auto json = read_json_object(what.file);
  if (!json) return json;
  const auto text = text_in(what.file, *json);
  if (!text) return std::unexpected(text.error());
  // Nobody signs what does not read as it is written.
  const auto agreement = licensing::parse_agreement(*text);
  if (!agreement) return std::unexpected(agreement.error());
  const std::string name =
      what.out.empty() ? fmt::format("{}-{}{}", agreement->id, agreement->version, licensing::kAgreementSignatureSuffix)
                       : what.out;
  auto file = NewFile::create(name, 0644);
  if (!file) return std::unexpected(file.error());
  if (auto written = file->write(licensing::sign_agreement_text(*text, *key)); !written)
    return std::unexpected(written.error());
  file->keep();
  return Json{{"file", name},
              {"id", agreement->id},
              {"version", agreement->version},
              {"key_id", key->public_key().id().hex},
              {"agreement", Json::parse(*text)}};
}

Result<Json> verify_agreement_file(const std::string& file, const std::vector<std::string>& parties) {
  const auto keys = keys_in(parties);
  if (!keys) return std::unexpected(keys.error());
  const auto bundle = read_json_object(file);
  if (!bundle) return bundle;
  const auto text = text_in(file, *bundle);
  if (!text) return std::unexpected(text.error());
  const auto agreement = licensing::parse_agreement(*text);
  if (!agreement) return std::unexpected(agreement.error());
  Json signed_by = Json::array();
  for (const std::string& party : licensing::signatories_of(*agreement)) {
    const auto key = keys->find(party);
    if (key == keys->end())
      return usage(fmt::format("--party {}=FILE is missing: the public key of that party", party));
    if (auto good = verify_party(party, signature_of(*bundle, party), *text, key->second); !good)
      return std::unexpected(good.error());
    signed_by.push_back(party);
  }
  return Json{{"file", file},
              {"id", agreement->id},
              {"version", agreement->version},
              {"signed_by", std::move(signed_by)},
              {"agreement", Json::parse(*text)}};
}

}  // namespace stoa::cli

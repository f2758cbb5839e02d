// bundle_index.cpp: the index's JSON.
// SPDX-License-Identifier: Apache-2.0
#include "registry/mirror/bundle_index.hpp"

#include <algorithm>

#include "registry/document/strict_json.hpp"
#include "registry/mirror/bundle.hpp"
#include "registry/tuf/canonical_json.hpp"

namespace stoa::registry {

std::string index_json(const std::vector<std::string>& target_paths) {
  return canonical_json({{"stoa_mirror", 1}, {"packages", target_paths}});
}

Result<std::vector<std::string>> parse_index(std::string_view json) {
  const auto refuse = [](const std::string& message) {
    return failure(Code::invalid_argument, "mirror.index", message);
  };
  const auto document = parse_canonical_json(json);
  if (!document) return refuse("index " + document.error().message);
  if (!document->is_object() || document->size() != 2 || !document->contains("stoa_mirror") ||
      !document->contains("packages"))
    return refuse("index has other members than stoa_mirror and packages");
  if ((*document)["stoa_mirror"] != 1)
    return refuse("index is of form " + printable((*document)["stoa_mirror"].dump()) + ", known is 1");
  std::vector<std::string> paths;
  if (!(*document)["packages"].is_array()) return refuse("packages must be an array");
  for (const auto& path : (*document)["packages"]) {
    if (!path.is_string()) return refuse("packages must be strings");
    paths.push_back(path.get<std::string>());
  }
  if (auto ok = check_selection("mirror.index", paths); !ok) return std::unexpected(ok.error());
  return paths;
}

// Not canonical_json(): keys and envelopes have line breaks in them.
std::string evaluation_json(const BundleEvaluation& evaluation) {
  const SortedJson json = {{"envelope", evaluation.envelope},
                           {"key_of", evaluation.is_publishers_key ? "publisher" : "operator"},
                           {"public_key", evaluation.public_key},
                           {"said_by", evaluation.said_by}};
  return json.dump(-1, ' ', true, SortedJson::error_handler_t::replace);
}

Result<BundleEvaluation> parse_evaluation_entry(std::string_view json) {
  const auto refuse = [](const std::string& message) {
    return failure(Code::invalid_argument, "mirror.evaluation", message);
  };
  const auto document = parse_canonical_json(json);
  if (!document) return refuse("evaluation " + document.error().message);
  BundleEvaluation evaluation;
  std::string key_of;
  for (const auto& [name, text] : {std::pair<const char*, std::string*>{"envelope", &evaluation.envelope},
                                   {"key_of", &key_of},
                                   {"public_key", &evaluation.public_key},
                                   {"said_by", &evaluation.said_by}}) {
    if (!document->is_object() || !document->contains(name) || !(*document)[name].is_string())
      return refuse(std::string(name) + " must be a string");
    *text = (*document)[name].get<std::string>();
  }
  if (document->size() != 4 || (key_of != "publisher" && key_of != "operator"))
    return refuse("evaluation has other members than envelope, key_of, public_key and said_by");
  evaluation.is_publishers_key = key_of == "publisher";
  return evaluation;
}

Result<SignedEvaluation> verify_bundle_evaluation(const BundleEvaluation& evaluation) {
  auto opened = open_evaluation(evaluation.envelope);
  if (!opened) return opened;
  const auto key = PublicKey::from_pem(evaluation.public_key);
  if (!key) return std::unexpected(key.error());
  if (auto good = verify_evaluation(*opened, *key); !good) return std::unexpected(good.error());
  return opened;
}

std::string package_entry(const Sha256& sha256) { return std::string(kPackagesFolder) + to_hex(sha256); }

Result<void> check_selection(std::string_view rule, std::vector<std::string> target_paths) {
  const auto refuse = [&](const std::string& message) {
    return failure(Code::invalid_argument, std::string(rule), message);
  };
  if (target_paths.empty() || target_paths.size() > kBundleEntriesMax)
    return refuse(std::to_string(target_paths.size()) + " packages, must be 1 to " + std::to_string(kBundleEntriesMax));
  for (const auto& path : target_paths)
    if (!is_target_path(path)) return refuse("'" + printable(path) + "' is no clean relative path");
  std::ranges::sort(target_paths);
  const auto twice = std::ranges::adjacent_find(target_paths);
  return twice == target_paths.end() ? Result<void>() : refuse("'" + *twice + "' is there twice");
}

}  // namespace stoa::registry

// bundle_index.hpp: names and index of a bundle's entries, which its writer and its reader share.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "registry/document/digest.hpp"
#include "registry/evaluation/evaluation.hpp"
#include "registry/mirror/bundle.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr std::string_view kIndexPath = "bundle.json", kMetadataFolder = "metadata/",
                                  kPackagesFolder = "packages/", kEvaluationsFolder = "evaluations/";
inline constexpr std::uint64_t kIndexBytesMax = 32 << 20;  // kBundleEntriesMax of the longest paths

std::string index_json(const std::vector<std::string>& target_paths);
// Reason: mirror.index.
Result<std::vector<std::string>> parse_index(std::string_view json);

// One evaluation as an entry has it. Reason: mirror.evaluation.
inline constexpr std::uint64_t kEvaluationEntryBytesMax = 2 << 20;
std::string evaluation_json(const BundleEvaluation& evaluation);
Result<BundleEvaluation> parse_evaluation_entry(std::string_view json);
// Its signature is its key's. Reasons: those of open_evaluation and verify_evaluation, key.*.
Result<SignedEvaluation> verify_bundle_evaluation(const BundleEvaluation& evaluation);

std::string package_entry(const Sha256& sha256);  // "packages/SHA256"

// mirror.selection or mirror.index, as rule says: none, too many, one twice, one that is no target path.
Result<void> check_selection(std::string_view rule, std::vector<std::string> target_paths);

}  // namespace stoa::registry

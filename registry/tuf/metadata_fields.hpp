// metadata_fields.hpp: typed access to one object of a metadata file, where the first refusal is the answer.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/document/digest.hpp"
#include "registry/tuf/canonical_json.hpp"

namespace stoa::registry {

// Readers go on with empty values after a refusal, so that they need not check each step.
struct MetadataVerdict {
  std::optional<Error> error;
  void refuse(std::string_view rule, std::string message);
};

// Lifetime: views the document and the verdict.
class MetadataFields {
 public:
  // Refuses what is no object; where names the object in messages.
  MetadataFields(const SortedJson& value, std::string where, MetadataVerdict& verdict);

  const SortedJson* find(std::string_view key) const;  // nullptr where absent
  std::string text(std::string_view key, std::size_t bytes_max);
  std::uint64_t number(std::string_view key, std::uint64_t min);
  bool flag(std::string_view key, bool fallback);
  Sha256 sha256_of_hashes();  // the member "hashes", which must have a sha256
  // Empty ones, and a refusal, where absent or of another type.
  const SortedJson::object_t& object(std::string_view key, std::size_t members_max);
  const SortedJson::array_t& array(std::string_view key, std::size_t elements_max);

  const std::string& where() const { return where_; }
  void refuse(std::string_view key, std::string_view rule, std::string_view message);

 private:
  const SortedJson* require(std::string_view key);
  const SortedJson& value_;
  std::string where_;
  MetadataVerdict& verdict_;
};

}  // namespace stoa::registry

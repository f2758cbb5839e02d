// metadata_fields.cpp: the checks of one member each.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/metadata_fields.hpp"

#include "registry/document/strict_json.hpp"

namespace stoa::registry {

void MetadataVerdict::refuse(std::string_view rule, std::string message) {
  if (!error) error = Error{Code::invalid_argument, "metadata." + std::string(rule), std::move(message), 0};
}

MetadataFields::MetadataFields(const SortedJson& value, std::string where, MetadataVerdict& verdict)
    : value_(value), where_(std::move(where)), verdict_(verdict) {
  if (!value.is_object()) verdict_.refuse("field", where_ + " must be an object, is " + value.type_name());
}

const SortedJson* MetadataFields::find(std::string_view key) const {
  if (!value_.is_object()) return nullptr;
  const auto found = value_.find(key);
  return found == value_.end() ? nullptr : &*found;
}

const SortedJson* MetadataFields::require(std::string_view key) {
  const auto* member = find(key);
  if (!member) refuse(key, "field", "is missing");
  return member;
}

std::string MetadataFields::text(std::string_view key, std::size_t bytes_max) {
  const auto* member = require(key);
  if (!member) return {};
  if (!member->is_string()) {
    refuse(key, "field", std::string("must be a string, is ") + member->type_name());
    return {};
  }
  const auto& text = member->get_ref<const std::string&>();
  if (!text.empty() && text.size() <= bytes_max) return text;
  refuse(key, "field", "has " + std::to_string(text.size()) + " bytes, must have 1 to " + std::to_string(bytes_max));
  return {};
}

std::uint64_t MetadataFields::number(std::string_view key, std::uint64_t min) {
  const auto* member = require(key);
  if (!member) return min;
  if (!member->is_number_unsigned() || member->get<std::uint64_t>() < min) {
    refuse(key, "field", "must be an integer of at least " + std::to_string(min));
    return min;
  }
  return member->get<std::uint64_t>();
}

bool MetadataFields::flag(std::string_view key, bool fallback) {
  const auto* member = find(key);
  if (member && !member->is_boolean())
    refuse(key, "field", std::string("must be true or false, is ") + member->type_name());
  return member && member->is_boolean() ? member->get<bool>() : fallback;
}

Sha256 MetadataFields::sha256_of_hashes() {
  const auto& hashes = object("hashes", 8);
  const auto found = hashes.find("sha256");
  if (found != hashes.end() && found->second.is_string())
    if (const auto digest = sha256_from_hex(found->second.get_ref<const std::string&>())) return *digest;
  refuse("hashes", "field", "has no sha256 of 64 lower-case hexadecimal digits");
  return {};
}

const SortedJson::object_t& MetadataFields::object(std::string_view key, std::size_t members_max) {
  static const SortedJson::object_t kEmpty;
  const auto* member = require(key);
  if (!member) return kEmpty;
  if (!member->is_object()) {
    refuse(key, "field", std::string("must be an object, is ") + member->type_name());
    return kEmpty;
  }
  if (member->size() <= members_max) return member->get_ref<const SortedJson::object_t&>();
  refuse(key, "field", "has " + std::to_string(member->size()) + " members, limit is " + std::to_string(members_max));
  return kEmpty;
}

const SortedJson::array_t& MetadataFields::array(std::string_view key, std::size_t elements_max) {
  static const SortedJson::array_t kEmpty;
  const auto* member = require(key);
  if (!member) return kEmpty;
  if (!member->is_array()) {
    refuse(key, "field", std::string("must be an array, is ") + member->type_name());
    return kEmpty;
  }
  if (member->size() <= elements_max) return member->get_ref<const SortedJson::array_t&>();
  refuse(key, "field", "has " + std::to_string(member->size()) + " elements, limit is " + std::to_string(elements_max));
  return kEmpty;
}

void MetadataFields::refuse(std::string_view key, std::string_view rule, std::string_view message) {
  verdict_.refuse(rule, where_ + "/" + printable(key) + " " + std::string(message));
}

}  // namespace stoa::registry

// file_licences.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/book/file_licences.hpp"

#include <algorithm>

#include "licensing/terms/standing.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kOfFile = "file_";  // and the key's hash: an id for what has none

bool names(const Licence& licence, const Sha256& key) { return std::ranges::count(licence.subject.keys, key) > 0; }

std::optional<Sha256> key_of_file(const Actor& actor) {
  const std::string_view id = actor.key.text;
  if (!id.starts_with(kOfFile)) return std::nullopt;
  const auto hash = registry::sha256_from_hex(id.substr(kOfFile.size()));
  return hash ? std::optional(*hash) : std::nullopt;
}

}  // namespace

const HeldLicence* FileLicences::find(const LicenceId& id) const {
  if (licences == nullptr) return nullptr;
  const auto at = std::ranges::find(*licences, id, held_id);
  return at == licences->end() ? nullptr : &*at;
}

const HeldLicence* FileLicences::find(const Licence& in_book) const {
  if (licences == nullptr) return nullptr;
  const auto at = std::ranges::find_if(*licences, [&](const HeldLicence& held) {
    return held.licence.id == in_book.id && held.licence.issuer == in_book.issuer;
  });
  return at == licences->end() ? nullptr : &*at;
}

std::vector<HeldLicence> FileLicences::of(const Actor& actor) const {
  std::vector<HeldLicence> found;
  if (licences == nullptr) return found;
  const auto key = key_of_file(actor);
  std::ranges::copy_if(*licences, std::back_inserter(found), [&](const HeldLicence& held) {
    const std::string& customer = held.licence.subject.customer;
    return key ? !customer.empty() && names(held.licence, *key) : customer == actor.customer.text;
  });
  return found;
}

Refusal FileLicences::refusal_of(const HeldLicence& held, std::int64_t now_ms) const {
  return standing_of(held, {node, trusted_floor_ms}, now_ms).refusal;
}

std::vector<const HeldLicence*> FileLicences::naming(const Sha256& key) const {
  std::vector<const HeldLicence*> found;
  if (licences == nullptr) return found;
  for (const HeldLicence& held : *licences)
    if (!held.licence.subject.customer.empty() && names(held.licence, key)) found.push_back(&held);
  std::ranges::sort(found,
                    [](const HeldLicence* a, const HeldLicence* b) { return speaks_before(a->licence, b->licence); });
  return found;
}

HeldLicence later_of(const HeldLicence& in_book, const HeldLicence& in_file) {
  if (in_book.licence.issuer != in_file.licence.issuer) return in_book;
  const bool is_files = in_file.licence.serial > in_book.licence.serial;
  HeldLicence later = is_files ? in_file : in_book;
  later.is_in_book = true;
  const HeldLicence& other = is_files ? in_book : in_file;
  if (other.revoked_ms && !later.revoked_ms && other.licence.serial == later.licence.serial) {
    later.revoked_ms = other.revoked_ms;
    later.revoked_because = other.revoked_because;
  }
  return later;
}

bool stands_beside(const HeldLicence& in_book, const HeldLicence& in_file) {
  return in_book.licence.issuer != in_file.licence.issuer && held_id(in_file) != in_book.licence.id;
}

Actor actor_of_file(const Licence& licence, const Sha256& key) {
  return {.kind = Actor::Kind::customer,
          .name = licence.subject.customer,
          .customer = {licence.subject.customer},
          .key = {std::string(kOfFile) + registry::to_hex(key)},
          .scopes = static_cast<Scopes>(Scope::infer)};
}

bool is_of_file(const Actor& actor) { return key_of_file(actor).has_value(); }

}  // namespace stoa::licensing

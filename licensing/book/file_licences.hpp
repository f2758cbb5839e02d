// file_licences.hpp: the licences that this host was given as files: the book keeps their leases, and knows whose keys
// they name. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/book/actor.hpp"
#include "licensing/terms/holdings.hpp"
#include "licensing/terms/refusal.hpp"

namespace stoa::licensing {

// As they are at one moment. A licence is its issuer's under its id; of one that the book has, too, the book's row
// counts here.
struct FileLicences {
  std::shared_ptr<const std::vector<HeldLicence>> licences = {};  // null: none
  std::string node = {};                                          // of this host, as in HostFacts
  std::optional<std::int64_t> trusted_floor_ms = {};

  // Under that held_id(), of a licence that the book has not. Null: no file has it.
  const HeldLicence* find(const LicenceId& id) const;
  // The same licence as that of the book.
  const HeldLicence* find(const Licence& in_book) const;
  // Those of the actor's customer; by a key that only files know, those that name the key, for whichever customer.
  std::vector<HeldLicence> of(const Actor& actor) const;
  // Why nobody may have a seat of it now; rows 15 to 20.
  Refusal refusal_of(const HeldLicence& held, std::int64_t now_ms) const;
  // Those that name this key, as they speak of who holds it (speaks_before).
  std::vector<const HeldLicence*> naming(const Sha256& key) const;
};

// Of a licence that both the book and a file have: the higher serial, and what either calls revoked is revoked. An id
// is its issuer's: nobody replaces another's licence by signing its id with a higher serial.
HeldLicence later_of(const HeldLicence& in_book, const HeldLicence& in_file);

// Whether a file's licence with the id of one in the book is another one, which has a name of its own here.
bool stands_beside(const HeldLicence& in_book, const HeldLicence& in_file);

// By a key that the book does not know: it calls, and holds the seats of the licences that name it.
Actor actor_of_file(const Licence& licence, const Sha256& key);
bool is_of_file(const Actor& actor);

}  // namespace stoa::licensing

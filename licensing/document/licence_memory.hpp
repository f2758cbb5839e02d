// licence_memory.hpp: what a host remembers of licences and lists it has seen, so that no older file takes it back.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "licensing/document/licence_file.hpp"
#include "licensing/document/revocation_list.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Invariant: serials, numbers and revocations only grow, whatever is imported, removed or copied back.
class LicenceMemory {
 public:
  // A file that is not there has seen nothing. Reasons: file.*; licence_memory.file, where it is not what keep()
  // writes.
  static Result<LicenceMemory> open(std::filesystem::path file);

  // Whether it is as new as what was seen. Reasons: licence_file.replaced (a higher serial of its issuer's
  // was), .other_content (this serial with other terms). What another issuer wrote under the id is another licence.
  Result<void> take(const OpenedLicence& opened);
  // Reasons: revocation_list.older, .other_content.
  Result<void> take(const OpenedRevocations& opened);

  // nullptr: it was never revoked.
  const Revocation* revocation_of(const Licence& licence) const;
  // When the issuer's newest list was issued; nothing: there was none.
  std::optional<std::int64_t> list_issued_ms(std::string_view issuer) const;

  // Durable when it returns; writes where something is new. Whoever shares the file with others locks it.
  Result<void> keep();

 private:
  struct SeenLicence {
    std::uint32_t serial = 0;
    Sha256 sha256{};  // of the document
  };
  struct SeenList {
    std::uint64_t number = 0;
    std::int64_t issued_ms = 0;
    Sha256 sha256{};
  };
  explicit LicenceMemory(std::filesystem::path file) : file_(std::move(file)) {}
  std::string text() const;
  Result<void> read(std::string_view text);

  std::filesystem::path file_;
  std::map<std::pair<std::string, std::string>, SeenLicence> licences_;  // by id and issuer
  std::map<std::string, SeenList, std::less<>> lists_;                   // by issuer
  std::map<std::pair<std::string, std::string>, Revocation> revoked_;    // by issuer and id
  bool is_new_ = false;
};

}  // namespace stoa::licensing

// catalogue_store.cpp: opening, examining and backing up. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/catalogue.hpp"

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/schema_store.hpp"

namespace stoa::registry {

Catalogue::Catalogue(CatalogueOptions options, PrivateKey key, database::Connection connection)
    : options_(std::move(options)), key_(std::move(key)), connection_(std::move(connection)) {}
Catalogue::~Catalogue() = default;

Result<std::unique_ptr<Catalogue>> Catalogue::open(CatalogueOptions options, PrivateKey key) {
  auto connection = database::Connection::open(options.file, database::Access::write);
  if (!connection) return std::unexpected(connection.error());
  if (auto done = migrate(*connection); !done) return std::unexpected(done.error());
  return std::unique_ptr<Catalogue>(new Catalogue(std::move(options), std::move(key), std::move(*connection)));
}

Result<std::int64_t> Catalogue::revision() {
  auto rows = connection_.query("SELECT revision FROM catalogue");
  const std::int64_t revision = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return revision;
}

Result<std::vector<AuditLine>> Catalogue::audit(const Actor& actor, std::int64_t before, std::size_t most,
                                                std::string_view subject) {
  if (auto allowed = require(actor, Permission::read_audit); !allowed) return std::unexpected(allowed.error());
  return read_audit(connection_, before, most, subject);
}

Result<Catalogue::Examination> Catalogue::examine() {
  if (auto whole = connection_.examine(); !whole) return std::unexpected(whole.error());
  auto head = verify_audit(connection_);
  if (!head) return std::unexpected(head.error());
  auto steps = verify_alias_steps(connection_, key_.public_key());
  if (!steps) return std::unexpected(steps.error());
  return Examination{*head, *steps};
}

Result<void> Catalogue::back_up(const Actor& actor, const std::filesystem::path& to) {
  if (auto allowed = require(actor, Permission::maintain); !allowed) return allowed;
  if (std::filesystem::exists(to))
    return failure(Code::already_exists, "file.exists", to.string() + ": is there already, a backup replaces nothing");
  return connection_.back_up(to);
}

}  // namespace stoa::registry

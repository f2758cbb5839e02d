// catalogue_store.cpp: opening, examining and backing up. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/catalogue.hpp"

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/change_store.hpp"
#include "registry/catalogue/examination_store.hpp"
#include "registry/catalogue/publisher_store.hpp"
#include "registry/catalogue/schema_store.hpp"

namespace stoa::registry {

Catalogue::Catalogue(CatalogueOptions options, PrivateKey key, database::Connection connection)
    : options_(std::move(options)), key_(std::move(key)), connection_(std::move(connection)) {}
Catalogue::~Catalogue() = default;

Result<std::unique_ptr<Catalogue>> Catalogue::open(CatalogueOptions options, PrivateKey key) {
  // Asked before the writing connection touches anything.
  if (auto good = require_known_schema(options.file); !good) return std::unexpected(good.error());
  auto connection = database::Connection::open(options.file, database::Access::write);
  if (!connection) return std::unexpected(connection.error());
  if (auto done = migrate(*connection); !done) return std::unexpected(done.error());
  std::unique_ptr<Catalogue> catalogue(new Catalogue(std::move(options), std::move(key), std::move(*connection)));
  const auto last_act_ms = read_last_act_ms(catalogue->connection_);
  if (!last_act_ms) return std::unexpected(last_act_ms.error());
  catalogue->last_act_ms_ = *last_act_ms;
  if (auto told = catalogue->tell_names(); !told) return std::unexpected(told.error());
  return catalogue;
}

Result<void> Catalogue::tell_names() {
  if (options_.publisher_name.tell) {
    const auto known = read_publishers(connection_);
    if (!known) return std::unexpected(known.error());
    for (const PublisherRecord& publisher : *known) options_.publisher_name.tell(publisher.name);
  }
  if (options_.plugin_name.tell) {
    const auto known = read_plugins(connection_, "");
    if (!known) return std::unexpected(known.error());
    for (const PluginRecord& plugin : *known) options_.plugin_name.tell(plugin.name);
  }
  return {};
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

Result<Catalogue::Examination> Catalogue::examine(const AuditHead& remembered) {
  if (auto whole = connection_.examine(); !whole) return std::unexpected(whole.error());
  const auto head = verify_audit(connection_, remembered);
  if (!head) return std::unexpected(head.error());
  const auto steps = verify_alias_steps(connection_, key_.public_key());
  if (!steps) return std::unexpected(steps.error());
  if (auto rows = examine_rows(connection_); !rows) return std::unexpected(rows.error());
  return Examination{*head, *steps};
}

Result<ResolutionInput> Catalogue::read_for_resolution() { return registry::read_for_resolution(connection_); }

Result<ResolutionChange> Catalogue::resolution_change(const ResolutionTerms& terms) {
  return read_resolution_change(connection_, terms);
}

Result<ListingChange> Catalogue::listing(const AuditHead& since) { return read_listing(connection_, since); }

Result<std::vector<ListedRelease>> Catalogue::listed_model(std::string_view model) {
  return read_listed_model(connection_, model);
}
Result<PublicState> Catalogue::read_public() { return registry::read_public(connection_); }
Result<PublicChange> Catalogue::public_change(const AuditHead& since) { return read_public_change(connection_, since); }

Result<void> Catalogue::back_up(const Actor& actor, const std::filesystem::path& to) {
  if (auto allowed = require(actor, Permission::maintain); !allowed) return allowed;
  if (std::filesystem::exists(to))
    return failure(Code::already_exists, "file.exists", to.string() + ": is there already, a backup replaces nothing");
  return connection_.back_up(to);
}

}  // namespace stoa::registry

// book_store.cpp: opening, reading as a whole, examining. SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "licensing/book/act_store.hpp"
#include "licensing/book/book_copy.hpp"
#include "licensing/book/customer_store.hpp"
#include "licensing/book/key_store.hpp"
#include "licensing/book/lease_store.hpp"
#include "licensing/book/licence_store.hpp"
#include "licensing/book/schema_store.hpp"
#include "licensing/book/usage_store.hpp"
#include "registry/document/lock_file.hpp"

namespace stoa::licensing {
namespace {

Result<std::int64_t> read_revision(database::Connection& connection) {
  auto rows = connection.query("SELECT revision FROM book");
  const std::int64_t revision = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return revision;
}

}  // namespace

Book::~Book() = default;

Result<std::unique_ptr<Book>> Book::open(BookOptions options) {
  // Asked before the writing connection touches anything.
  if (auto good = require_known_schema(options.file); !good) return std::unexpected(good.error());
  auto lock = registry::lock_file(options.file.parent_path() / kBookLock);
  if (!lock) return std::unexpected(lock.error());
  if (!*lock)
    return failure(Code::failed_precondition, "book.in_use",
                   options.file.string() + ": another process has this licensing book open");
  auto writing = database::Connection::open(options.file, database::Access::write);
  if (!writing) return std::unexpected(writing.error());
  if (auto done = migrate(*writing); !done) return std::unexpected(done.error());
  auto reading = database::Connection::open(options.file, database::Access::read);
  if (!reading) return std::unexpected(reading.error());
  std::unique_ptr<Book> book(new Book(std::move(options), std::move(**lock), std::move(*writing), std::move(*reading)));
  const Page all{.after = "", .most = std::numeric_limits<std::int64_t>::max()};
  const auto held = read_leases(book->reading_, {}, all, book->now_ms());
  if (!held) return std::unexpected(held.error());
  for (const Lease& lease : *held) book->options_.on_lease(lease);
  return book;
}

Result<Holdings> Book::holdings(std::int64_t since) {
  return read([&](database::Connection& connection) -> Result<Holdings> {
    auto snapshot = database::Snapshot::begin(connection);
    if (!snapshot) return std::unexpected(snapshot.error());
    Holdings holdings;
    const auto take = [](auto& into, auto&& result) -> Result<void> {
      if (!result) return std::unexpected(result.error());
      into = std::move(*result);
      return {};
    };
    if (auto done = take(holdings.revision, read_revision(connection)); !done) return std::unexpected(done.error());
    if (holdings.revision == since) return holdings;
    if (auto done = take(holdings.customers, read_customers_since(connection, since)); !done)
      return std::unexpected(done.error());
    if (auto done = take(holdings.keys, read_keys_since(connection, since)); !done)
      return std::unexpected(done.error());
    if (auto done = take(holdings.licences, read_licences_since(connection, since)); !done)
      return std::unexpected(done.error());
    return holdings;
  });
}

Result<std::int64_t> Book::revision() {
  return read([](database::Connection& connection) { return read_revision(connection); });
}

Result<std::vector<AuditLine>> Book::audit(std::int64_t before, std::size_t most, std::string_view subject) {
  return read(
      [&](database::Connection& connection) { return registry::read_audit(connection, before, most, subject); });
}

Result<AuditHead> Book::examine(const AuditHead& remembered) {
  return read([&](database::Connection& connection) { return examine_book(connection, now_ms(), remembered); });
}

Result<void> Book::back_up(const std::filesystem::path& to) {
  if (std::filesystem::exists(to))
    return failure(Code::already_exists, "file.exists", to.string() + ": is there already, a backup replaces nothing");
  return read([&](database::Connection& connection) { return connection.back_up(to); });
}

Result<void> Book::reserve(std::span<const Reservation> amounts) {
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  for (const Reservation& one : amounts)
    if (auto kept = write_reserved(writing_, one); !kept) return kept;
  return act->keep_beside_holdings();
}

Result<std::uint64_t> Book::reserved(std::string_view subject, std::string_view meter, std::int64_t period_start_ms) {
  return read(
      [&](database::Connection& connection) { return read_reserved(connection, subject, meter, period_start_ms); });
}

}  // namespace stoa::licensing

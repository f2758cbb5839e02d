// sqlite_store.cpp: statements are prepared once per text and reset after use; every code becomes one of six reasons.
// SPDX-License-Identifier: Apache-2.0
#include "registry/database/sqlite_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace stoa::database {
namespace {

constexpr int kBusyMs = 5'000;
constexpr std::uintmax_t kLogBytesMost = 4u << 20;  // what SQLite lets a log come to, about: 1,000 pages
constexpr int kBackupPages = 256;                   // between two looks at whether others wait

Error error_for(int code, std::string_view doing, const char* says) {
  const std::string message = fmt::format("{}: {}", doing, says);
  switch (code & 0xff) {
    case SQLITE_FULL:
      return {Code::resource_exhausted, "database.full", message, 0};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Code::unavailable, "database.busy", message, 0};
    case SQLITE_CONSTRAINT:
      return {Code::failed_precondition, "database.constraint", message, 0};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {Code::data_loss, "database.corrupt", message, 0};
    case SQLITE_MISUSE:
    case SQLITE_ERROR:
    case SQLITE_RANGE:
      return {Code::internal, "database.misuse", message, 0};
    default:
      return {Code::unavailable, "database.io", message, 0};
  }
}

std::unexpected<Error> io_failure(const std::filesystem::path& path) {
  return failure(Code::unavailable, "database.io", path.string() + ": " + std::strerror(errno));
}

// A file, or a folder with the names in it.
Result<void> make_durable(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_failure(path);
  const bool is_durable = ::fsync(fd) == 0;
  ::close(fd);
  return is_durable ? Result<void>() : io_failure(path);
}

// What a process that was killed left in the log goes into the file. Rationale: SQLite begins a log anew with the write
// after a checkpoint, and forgets at a crash how far that had come; whoever is killed before its second write leaves a
// log that only grows, and that each start reads from its beginning. Where somebody still reads it stays as it is.
void take_up_log(sqlite3* handle, const std::filesystem::path& file) {
  std::error_code none;
  const auto bytes = std::filesystem::file_size(file.string() + "-wal", none);
  if (none || bytes <= kLogBytesMost) return;
  sqlite3_busy_timeout(handle, 0);
  sqlite3_wal_checkpoint_v2(handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle, kBusyMs);
}

// Text and blobs are copied by SQLite: what was bound need not outlive the call.
void clear(sqlite3_stmt* statement) {
  sqlite3_reset(statement);
  sqlite3_clear_bindings(statement);
}

}  // namespace

Rows::~Rows() {
  if (statement_) clear(statement_);
}

bool Rows::next() {
  if (!statement_ || !error_) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE)
    error_ = std::unexpected(error_for(code, sqlite3_sql(statement_), sqlite3_errmsg(sqlite3_db_handle(statement_))));
  clear(std::exchange(statement_, nullptr));
  return false;
}

Result<void> Rows::end() { return error_; }

std::int64_t Rows::integer(int column) const { return sqlite3_column_int64(statement_, column); }

std::string_view Rows::text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  if (!text) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::byte> Rows::blob(int column) const {
  const void* const bytes = sqlite3_column_blob(statement_, column);
  if (!bytes) return {};
  return {static_cast<const std::byte*>(bytes), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

bool Rows::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::optional<std::int64_t> Rows::optional_integer(int column) const {
  return is_null(column) ? std::nullopt : std::optional(integer(column));
}

std::optional<std::string> Rows::optional_text(int column) const {
  return is_null(column) ? std::nullopt : std::optional(std::string(text(column)));
}

void Connection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
void Connection::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }

Connection::Connection(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Connection> Connection::open(const std::filesystem::path& file, Access access) {
  if (access == Access::write) {  // SQLite itself would make it readable by everybody
    const int fd = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return io_failure(file);
    ::close(fd);
  }
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (access == Access::write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY);
  sqlite3* raw = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &raw, flags, nullptr);
  Connection connection;
  connection.handle_.reset(raw);
  if (code != SQLITE_OK)
    return std::unexpected(error_for(code, file.string(), raw ? sqlite3_errmsg(raw) : "out of memory"));
  sqlite3_busy_timeout(raw, kBusyMs);
  const std::string settings = access == Access::write
                                   ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;"
                                   : "PRAGMA wal_autocheckpoint=0; PRAGMA query_only=ON;";
  if (auto set = connection.run_script(settings); !set) return std::unexpected(set.error());
  if (access == Access::write) take_up_log(raw, file);
  return connection;
}

Result<void> Connection::error_of(int code, std::string_view doing) const {
  return std::unexpected(error_for(code, doing, sqlite3_errmsg(handle_.get())));
}

Result<void> Connection::run_script(const std::string& sql) {
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return error_of(code, sql.substr(0, sql.find('\n')));
}

Result<sqlite3_stmt*> Connection::prepared(std::string_view sql) {
  if (const auto known = statements_.find(sql); known != statements_.end()) {
    clear(known->second.get());
    return known->second.get();
  }
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return std::unexpected(error_of(code, sql).error());
  statements_.emplace(std::string(sql), raw);
  return raw;
}

void Connection::bind(sqlite3_stmt* statement, int at, std::int64_t value) { sqlite3_bind_int64(statement, at, value); }
void Connection::bind(sqlite3_stmt* statement, int at, std::string_view value) {
  sqlite3_bind_text(statement, at, value.empty() ? "" : value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT);
}
void Connection::bind(sqlite3_stmt* statement, int at, std::span<const std::byte> value) {
  sqlite3_bind_blob(statement, at, value.empty() ? static_cast<const void*>("") : value.data(),
                    static_cast<int>(value.size()), SQLITE_TRANSIENT);
}
void Connection::bind(sqlite3_stmt* statement, int at, std::nullptr_t) { sqlite3_bind_null(statement, at); }

Result<std::int64_t> Connection::run_bound(sqlite3_stmt* statement) {
  int code = sqlite3_step(statement);
  while (code == SQLITE_ROW) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) {
    auto error = error_of(code, sqlite3_sql(statement)).error();
    clear(statement);
    return std::unexpected(std::move(error));
  }
  clear(statement);
  return sqlite3_changes64(handle_.get());
}

std::int64_t Connection::last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }

Result<void> Connection::copy_to(const std::filesystem::path& file) const {
  auto copy = Connection::open(file, Access::write);
  if (!copy) return std::unexpected(copy.error());
  sqlite3_backup* const backup = sqlite3_backup_init(copy->handle_.get(), "main", handle_.get(), "main");
  if (!backup) return copy->error_of(sqlite3_errcode(copy->handle_.get()), "backup");
  int code = SQLITE_OK;
  while (code == SQLITE_OK) code = sqlite3_backup_step(backup, kBackupPages);
  sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return copy->error_of(code, "backup");
  // One file without a log beside it, so that it can be moved.
  return copy->run_script("PRAGMA journal_mode=DELETE");
}

Result<void> Connection::back_up(const std::filesystem::path& to) const {
  const std::filesystem::path staging = to.string() + ".part";
  const auto remove_staging = [&] {
    std::error_code ignored;
    for (const char* end : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(staging.string() + end, ignored);
  };
  remove_staging();
  auto copied = copy_to(staging);
  if (copied) copied = make_durable(staging);
  if (copied && std::rename(staging.c_str(), to.c_str()) != 0) copied = io_failure(to);
  if (!copied) {
    remove_staging();
    return copied;
  }
  return make_durable(to.has_parent_path() ? to.parent_path() : ".");
}

Result<void> Connection::examine() {
  Rows rows = query("PRAGMA integrity_check(1)");
  std::string found;
  while (rows.next()) found = rows.text(0);
  if (auto end = rows.end(); !end) return end;
  if (found == "ok") return {};
  return failure(Code::data_loss, "database.corrupt", "integrity check: " + found);
}

Result<Snapshot> Snapshot::begin(Connection& connection) {
  if (auto begun = connection.run_script("BEGIN"); !begun) return std::unexpected(begun.error());
  Snapshot snapshot(connection);
  // The state is chosen by the first look at the file.
  Rows first = connection.query("SELECT 1 FROM sqlite_schema LIMIT 1");
  first.next();
  if (auto end = first.end(); !end) return std::unexpected(end.error());
  return snapshot;
}

Snapshot::~Snapshot() {
  if (connection_) (void)connection_->run_script("ROLLBACK");
}

Result<Transaction> Transaction::begin(Connection& connection) {
  if (auto begun = connection.run_script("BEGIN IMMEDIATE"); !begun) return std::unexpected(begun.error());
  return Transaction(connection);
}

Transaction::~Transaction() {
  if (connection_ && !sqlite3_get_autocommit(connection_->handle_.get())) (void)connection_->run_script("ROLLBACK");
}

Result<void> Transaction::commit() {
  auto committed = connection_->run_script("COMMIT");
  if (committed) connection_ = nullptr;
  return committed;
}

}  // namespace stoa::database

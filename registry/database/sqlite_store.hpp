// sqlite_store.hpp: one SQLite connection with values that are bound, rows that are read in order, and Errors for
// codes. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "stoa/result.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace stoa::database {

// Reasons: database.full (no space: nothing was changed), database.busy, database.constraint, database.corrupt,
// database.io, database.misuse. The message names what was being done and what SQLite says.

// The rows of one query, one at a time. Lifetime: ends before the next use of the same SQL text on its connection.
class Rows {
 public:
  Rows(Rows&& other) noexcept : error_(std::move(other.error_)), statement_(std::exchange(other.statement_, nullptr)) {}
  Rows& operator=(Rows&&) = delete;
  ~Rows();

  // Moves to the next row; false: there is none, or it could not be read (end() tells which).
  bool next();
  Result<void> end();

  // Of the present row. A NULL reads as 0, empty or nothing; views hold until the next next().
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  std::span<const std::byte> blob(int column) const;
  bool is_null(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;
  std::optional<std::string> optional_text(int column) const;

 private:
  friend class Connection;
  Rows(Result<void> error, sqlite3_stmt* statement) : error_(std::move(error)), statement_(statement) {}
  Result<void> error_;
  sqlite3_stmt* statement_;  // null: preparing or binding failed
};

enum class Access { write, read };

// Threads: one at a time. Exactly one connection of a file writes and checkpoints: SQLite 3.40 can lose pages of its
// log when two do at once, so a reading one never checkpoints.
class Connection {
 public:
  // Creates the file for Access::write (mode 0600). WAL, synchronous=FULL, foreign keys, a busy time-out.
  static Result<Connection> open(const std::filesystem::path& file, Access access);
  Connection(Connection&&) noexcept;
  ~Connection();

  // Statements without values, several at once.
  Result<void> run_script(const std::string& sql);
  // One statement; the number of rows it changed. Values: integers, text, bytes, optionals of them, nullptr.
  template <class... Values>
  Result<std::int64_t> run(std::string_view sql, const Values&... values) {
    auto statement = bound(sql, values...);
    return statement ? run_bound(*statement) : std::unexpected(statement.error());
  }
  template <class... Values>
  Rows query(std::string_view sql, const Values&... values) {
    auto statement = bound(sql, values...);
    return statement ? Rows({}, *statement) : Rows(std::unexpected(statement.error()), nullptr);
  }
  std::int64_t last_id() const;

  // A consistent copy while others write; the file appears complete, durable and alone, or not at all.
  Result<void> back_up(const std::filesystem::path& to) const;
  // SQLite's own examination of the file; Error database.corrupt with the first thing it found.
  Result<void> examine();

 private:
  friend class Snapshot;
  friend class Transaction;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  Connection() = default;

  Result<void> copy_to(const std::filesystem::path& file) const;
  Result<sqlite3_stmt*> prepared(std::string_view sql);
  static void bind(sqlite3_stmt* statement, int at, std::int64_t value);
  static void bind(sqlite3_stmt* statement, int at, std::string_view value);
  static void bind(sqlite3_stmt* statement, int at, std::span<const std::byte> value);
  static void bind(sqlite3_stmt* statement, int at, std::nullptr_t);
  template <class Value>
  static void bind_any(sqlite3_stmt* statement, int at, const Value& value) {
    if constexpr (std::integral<Value>)
      bind(statement, at, static_cast<std::int64_t>(value));
    else if constexpr (requires { value.has_value(); })
      value ? bind_any(statement, at, *value) : bind(statement, at, nullptr);
    else if constexpr (std::convertible_to<Value, std::string_view>)
      bind(statement, at, std::string_view(value));
    else if constexpr (std::same_as<Value, std::nullptr_t>)
      bind(statement, at, nullptr);
    else
      bind(statement, at, std::as_bytes(std::span(value)));
  }
  template <class... Values>
  Result<sqlite3_stmt*> bound(std::string_view sql, const Values&... values) {
    auto statement = prepared(sql);
    if (!statement) return statement;
    int at = 0;
    (bind_any(*statement, ++at, values), ...);
    return statement;
  }
  Result<std::int64_t> run_bound(sqlite3_stmt* statement);
  Result<void> error_of(int code, std::string_view doing) const;

  struct TextHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unique_ptr<sqlite3, Close> handle_;  // declared first: closed last
  std::unordered_map<std::string, std::unique_ptr<sqlite3_stmt, Finalize>, TextHash, std::equal_to<>> statements_;
};

// Of run(), where the number of rows tells nothing.
inline Result<void> done(const Result<std::int64_t>& changed) {
  return changed ? Result<void>() : std::unexpected(changed.error());
}

// Until it ends, the connection's queries see one state of the file, whatever others write meanwhile. It holds up the
// writer's checkpoints, so not for long.
class Snapshot {
 public:
  static Result<Snapshot> begin(Connection& connection);
  Snapshot(Snapshot&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Snapshot& operator=(Snapshot&&) = delete;
  ~Snapshot();

 private:
  explicit Snapshot(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

// Rolled back where it was not committed. BEGIN IMMEDIATE: a writer waits here and not in the middle.
class Transaction {
 public:
  static Result<Transaction> begin(Connection& connection);
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  // What is acknowledged after this survives the process and the machine. An error leaves everything as it was.
  Result<void> commit();

 private:
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

}  // namespace stoa::database

// issued_statement_store.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/issued_statement_store.hpp"

#include <fmt/format.h>

#include <string_view>
#include <system_error>

#include "licensing/statement/document_text.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {
namespace {

// The signed text without its signatures.
std::string_view statement_in(std::string_view note) {
  const std::size_t end = note.find("\n\n\xe2\x80\x94 ");
  return note.substr(0, end == note.npos ? note.size() : end + 1);
}

}  // namespace

Result<std::vector<Statement>> issued_statements(const std::filesystem::path& file) {
  std::vector<Statement> all;
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return all;
  auto connection = database::Connection::open(file, database::Access::read);
  if (!connection) return std::unexpected(connection.error());
  auto rows = connection->query("SELECT number, note FROM documents WHERE kind = 'statement' ORDER BY number");
  while (rows.next()) {
    auto read = parse_statement(statement_in(rows.text(1)));
    if (!read)
      return failure(Code::data_loss, read.error().reason,
                     fmt::format("statement {}: {}", rows.integer(0), read.error().message));
    all.push_back(std::move(read->statement));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return all;
}

}  // namespace stoa::licensing

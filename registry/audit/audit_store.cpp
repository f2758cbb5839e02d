// audit_store.cpp: the chain of the audit log. SPDX-License-Identifier: Apache-2.0
#include "registry/audit/audit_store.hpp"

#include <fmt/format.h>

#include <limits>

#include "registry/audit/chain_hash.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kColumns = "line, at_ms, actor, action, subject, detail, before_sha256, sha256";

AuditLine line_of(const database::Rows& rows) {
  return {.line = rows.integer(0),
          .at_ms = rows.integer(1),
          .actor = std::string(rows.text(2)),
          .action = std::string(rows.text(3)),
          .subject = std::string(rows.text(4)),
          .detail = std::string(rows.text(5)),
          .before = digest_in(rows, 6),
          .sha256 = digest_in(rows, 7)};
}

}  // namespace

Sha256 hash_of(const AuditLine& line) {
  ChainHash hash(line.before);
  hash.number(line.line);
  hash.number(line.at_ms);
  for (const std::string* text : {&line.actor, &line.action, &line.subject, &line.detail}) hash.text(*text);
  return hash.finish();
}

Result<AuditLine> append_audit(database::Connection& connection, std::int64_t at_ms, std::string_view actor,
                               std::string_view action, std::string_view subject, std::string_view detail) {
  AuditLine line{.line = 1,
                 .at_ms = at_ms,
                 .actor = std::string(actor),
                 .action = std::string(action),
                 .subject = std::string(subject),
                 .detail = std::string(detail)};
  auto last = connection.query("SELECT line, sha256 FROM audit ORDER BY line DESC LIMIT 1");
  if (last.next()) {
    line.line = last.integer(0) + 1;
    line.before = digest_in(last, 1);
  }
  if (auto end = last.end(); !end) return std::unexpected(end.error());
  line.sha256 = hash_of(line);
  auto written = connection.run("INSERT INTO audit VALUES(?, ?, ?, ?, ?, ?, ?, ?)", line.line, line.at_ms, line.actor,
                                line.action, line.subject, line.detail, line.before, line.sha256);
  if (!written) return std::unexpected(written.error());
  return line;
}

Result<std::vector<AuditLine>> read_audit(database::Connection& connection, std::int64_t before, std::size_t most,
                                          std::string_view subject) {
  std::vector<AuditLine> lines;
  auto rows = connection.query(fmt::format("SELECT {} FROM audit WHERE line < ?1 {} ORDER BY line DESC LIMIT ?3",
                                           kColumns, subject.empty() ? "" : "AND subject = ?2"),
                               before == 0 ? std::numeric_limits<std::int64_t>::max() : before, subject, most);
  while (rows.next()) lines.push_back(line_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return lines;
}

Result<AuditHead> verify_audit(database::Connection& connection, const AuditHead& remembered) {
  AuditHead head;
  bool is_remembered = remembered.lines == 0;
  auto rows = connection.query(fmt::format("SELECT {} FROM audit ORDER BY line", kColumns));
  while (rows.next()) {
    const AuditLine line = line_of(rows);
    const bool is_theirs = line.line == remembered.lines;
    const char* wrong = line.line != head.lines + 1                     ? "does not follow the line before"
                        : line.before != head.sha256                    ? "does not carry the hash of the line before"
                        : line.sha256 != hash_of(line)                  ? "has another hash than its words"
                        : is_theirs && line.sha256 != remembered.sha256 ? "is another than the one remembered"
                                                                        : nullptr;
    if (wrong)
      return failure(Code::data_loss, "audit.broken",
                     fmt::format("audit line {} {} ({} lines are whole)", line.line, wrong, head.lines));
    is_remembered |= is_theirs;
    head = {line.line, line.sha256};
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  if (is_remembered) return head;
  return failure(Code::data_loss, "audit.broken",
                 fmt::format("the audit log ends with line {}, line {} is remembered", head.lines, remembered.lines));
}

}  // namespace stoa::registry

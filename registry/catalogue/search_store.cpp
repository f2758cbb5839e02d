// search_store.cpp: the conditions of a search. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/search_store.hpp"

#include <fmt/format.h>

namespace stoa::registry {
namespace {

// So many texts are few: from them to their releases. With more, one of the next releases will have one.
constexpr std::int64_t kFewTexts = 200;

// Of the models asked for; empty: any will do.
std::string select_texts(const ReleaseFilter& filter) {
  std::string conditions;
  const auto add = [&](std::string_view condition) {
    conditions += fmt::format("{} {}", conditions.empty() ? "" : " AND", condition);
  };
  if (!filter.model.empty()) add("t.model = ?5");
  if (!filter.task.empty()) add("t.task = ?6");
  if (!filter.text.empty())
    add("(t.plugin LIKE ?7 ESCAPE '\\' OR t.model LIKE ?7 ESCAPE '\\' OR t.description LIKE ?7 ESCAPE '\\' OR t.task "
        "LIKE ?7 ESCAPE '\\')");
  return conditions.empty() ? std::string() : "SELECT t.id FROM model_texts t WHERE" + conditions;
}

Result<bool> are_few(database::Connection& connection, const std::string& texts, const ReleaseFilter& filter) {
  const std::string_view unused;
  auto rows = connection.query(fmt::format("SELECT COUNT(*) <= {0} FROM ({1} LIMIT {0} + 1)", kFewTexts, texts), unused,
                               unused, unused, unused, filter.model, filter.task, like_pattern(filter.text));
  const bool few = rows.next() && rows.integer(0) != 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return few;
}

}  // namespace

Result<std::string> select_ids(database::Connection& connection, const ReleaseFilter& filter) {
  // Conditions that nobody asked for are not there, so that the indices of the others are used.
  std::string conditions;
  if (!filter.publisher.empty()) conditions += " AND r.plugin IN (SELECT name FROM plugins WHERE publisher = ?1)";
  if (!filter.plugin.empty()) conditions += " AND r.plugin = ?2";
  if (filter.state) conditions += " AND r.state = ?3";
  if (!filter.after.empty()) conditions += " AND r.id < ?4";
  if (const std::string texts = select_texts(filter); !texts.empty()) {
    const auto few = are_few(connection, texts, filter);
    if (!few) return std::unexpected(few.error());
    conditions += *few ? " AND r.id IN (SELECT m.release FROM release_models m WHERE m.text IN ("
                       : " AND EXISTS(SELECT 1 FROM release_models m WHERE m.release = r.id AND m.text IN (";
    conditions += texts + "))";
  }
  return fmt::format("SELECT r.id FROM releases r WHERE 1{} ORDER BY r.id DESC LIMIT ?8", conditions);
}

std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return text.empty() ? std::string() : pattern + '%';
}

}  // namespace stoa::registry

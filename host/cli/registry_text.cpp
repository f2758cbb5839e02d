// registry_text.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/registry_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "host/client/problem_answer.hpp"

namespace stoa::cli {
namespace {

using client::Json;
using client::printable;

std::string value_text(const Json& value) {
  if (value.is_string()) return printable(value.get_ref<const std::string&>());
  return printable(value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

std::string member_text(const Json& record, const std::string& path) {
  const std::size_t dot = path.find('.');
  if (!record.is_object()) return "-";
  const auto member = record.find(path.substr(0, dot));
  if (member == record.end() || member->is_null()) return "-";
  return dot == path.npos ? value_text(*member) : member_text(*member, path.substr(dot + 1));
}

std::string table_text(const Json& records, std::initializer_list<const char*> columns) {
  std::vector<std::vector<std::string>> rows(1);
  for (const char* const column : columns) rows[0].push_back(std::string(column));
  for (const Json& record : records) {
    rows.emplace_back();
    for (const char* const column : columns) rows.back().push_back(member_text(record, column));
  }
  std::vector<std::size_t> widths(columns.size());
  for (const auto& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += fmt::format("{:<{}}  ", row[i], widths[i]);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string earlier_text(const client::Json& page) {
  return page.contains("next") ? "earlier ones: --before " + member_text(page, "next") + "\n" : std::string();
}

std::string record_text(const Json& record) {
  if (!record.is_object()) return record.is_null() ? "done\n" : value_text(record) + '\n';
  std::size_t width = 0;
  for (const auto& [name, unused] : record.items()) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : record.items())
    text += fmt::format("{:<{}}  {}\n", printable(name), width, value_text(value));
  return text;
}

std::string checks_text(const Json& checks) {
  std::string text;
  for (const Json& check : checks) {
    const std::string verdict = member_text(check, "verdict"), reason = member_text(check, "reason"),
                      message = member_text(check, "message");
    text += fmt::format("  {:<10}  {}", verdict, member_text(check, "name"));
    if (reason != "-") text += ": " + reason;
    if (message != "-") text += fmt::format("  ({})", message);
    text += '\n';
  }
  return text;
}

}  // namespace stoa::cli

// own_statement.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/own_statement.hpp"

#include <map>

#include "licensing/proof/shown_entry.hpp"

namespace stoa::licensing {

Result<std::vector<Statement>> own_statements(std::string_view entries, const std::string& publisher,
                                              std::int64_t from_ms, std::int64_t until_ms, const TreeHead& head) {
  auto rest = shown_entries_in(entries);
  if (!rest) return std::unexpected(rest.error());
  std::map<Currency, StatementBuilder> builders;
  while (!rest->empty()) {
    const auto shown = take_shown(*rest);
    if (!shown) return std::unexpected(shown.error());
    const auto entry = decode_public(shown->public_half);
    if (!entry) return std::unexpected(entry.error());
    if (entry->booked_ms >= until_ms) break;
    auto& builder = builders.try_emplace(entry->currency, "publisher/" + publisher, entry->currency, from_ms, until_ms)
                        .first->second;
    if (auto added = builder.add(shown->number, *entry); !added) return std::unexpected(added.error());
  }
  std::vector<Statement> statements;
  for (const auto& [currency, builder] : builders) statements.push_back(builder.finish(head));
  return statements;
}

}  // namespace stoa::licensing

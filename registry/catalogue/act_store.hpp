// act_store.hpp: one act on the catalogue: a transaction that ends with its line of the audit log and the next
// revision. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <utility>

#include "registry/catalogue/catalogue.hpp"

namespace stoa::registry {

// Usage: begin, change rows, end. Where a row carries the line of its step: begin, note, change it, keep. Destroyed
// before that: nothing was changed.
struct Catalogue::Act {
  static Result<Act> begin(Catalogue& catalogue) {
    auto transaction = database::Transaction::begin(catalogue.connection_);
    if (!transaction) return std::unexpected(transaction.error());
    return Act{catalogue, std::move(*transaction), catalogue.now_ms()};
  }

  // The number of the line.
  Result<std::int64_t> note(const Actor& actor, std::string_view action, std::string_view subject,
                            std::string_view detail) {
    auto line = append_audit(catalogue.connection_, now_ms, actor.text(), action, subject, detail);
    if (!line) return std::unexpected(line.error());
    catalogue.last_act_ms_ = now_ms;
    return line->line;
  }

  Result<void> keep() {
    auto counted = catalogue.connection_.run("UPDATE catalogue SET revision = revision + 1");
    if (!counted) return std::unexpected(counted.error());
    return transaction.commit();
  }

  Result<void> end(const Actor& actor, std::string_view action, std::string_view subject, std::string_view detail) {
    auto noted = note(actor, action, subject, detail);
    return noted ? keep() : std::unexpected(noted.error());
  }

  // With what the act gives back.
  template <class Value>
  Result<Value> end_with(Value& value, const Actor& actor, std::string_view action, std::string_view subject,
                         std::string_view detail) {
    auto done = end(actor, action, subject, detail);
    return done ? Result<Value>(std::move(value)) : std::unexpected(done.error());
  }

  Catalogue& catalogue;
  database::Transaction transaction;
  std::int64_t now_ms;
};

}  // namespace stoa::registry

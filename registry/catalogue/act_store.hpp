// act_store.hpp: one act on the catalogue: a transaction that ends with its line of the audit log and the next
// revision. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "registry/catalogue/catalogue.hpp"

namespace stoa::registry {

// Usage: begin, change rows through connection(), end. Destroyed before end: nothing was changed.
struct Catalogue::Act {
  static Result<Act> begin(Catalogue& catalogue) {
    auto transaction = database::Transaction::begin(catalogue.connection_);
    if (!transaction) return std::unexpected(transaction.error());
    return Act{catalogue, std::move(*transaction), catalogue.now_ms()};
  }

  database::Connection& connection() { return catalogue.connection_; }

  Result<void> note(const Actor& actor, std::string_view action, std::string_view subject, std::string_view detail) {
    auto line = append_audit(catalogue.connection_, now_ms, actor, action, subject, detail);
    return line ? Result<void>() : std::unexpected(line.error());
  }

  Result<void> end(const Actor& actor, std::string_view action, std::string_view subject, std::string_view detail) {
    if (auto noted = note(actor, action, subject, detail); !noted) return noted;
    auto counted = catalogue.connection_.run("UPDATE catalogue SET revision = revision + 1");
    if (!counted) return std::unexpected(counted.error());
    return transaction.commit();
  }

  Catalogue& catalogue;
  database::Transaction transaction;
  std::int64_t now_ms;
};

}  // namespace stoa::registry

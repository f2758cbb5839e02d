// event_sources.hpp: the logs of this host as events: the ledger, the book, the catalogue, and what has no log of its
// own. docs/reference/webhooks.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "licensing/book/book.hpp"
#include "licensing/journal/journal.hpp"
#include "licensing/outbox/event_source.hpp"
#include "licensing/outbox/outbox.hpp"
#include "licensing/settlement/settlement.hpp"
#include "registry/audit/audit_store.hpp"
#include "registry/publishing/publishing.hpp"

namespace stoa::app {

inline constexpr std::size_t kCallsTogether = 500;  // of one call.billed

// Lifetime, of all: what is referred to outlives the source.
licensing::EventSource ledger_source(const licensing::Journal& journal);
licensing::EventSource licensing_source(licensing::Book& book);
licensing::EventSource catalogue_source(registry::Publishing& publishing);
licensing::EventSource settlement_source(licensing::Settlement& settlement);
licensing::EventSource notice_source(licensing::Outbox& outbox);

// CloudEvents 1.0, JSON, structured mode.
std::string cloud_event(const std::string& source, const licensing::Happening& event);

}  // namespace stoa::app

// event_source.hpp: a log that webhooks are told from. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "licensing/outbox/webhook.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// The next event of a webhook: the first at `from` or behind it that it wants.
struct EventReading {
  std::uint64_t next = 0;  // behind the event, or behind all that was looked at
  std::optional<Happening> event = {};
  bool is_batch = false;  // with more to read it would have been longer
};

// Any thread; may wait for a disk. until: a batch that was begun ends before it, as it did the first time; 0: none was.
struct EventSource {
  std::string name;
  std::function<Result<std::uint64_t>()> end;  // what happens next has this number
  std::function<Result<EventReading>(const Webhook& webhook, std::uint64_t from, std::uint64_t until)> read;
};

}  // namespace stoa::licensing

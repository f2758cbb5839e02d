// event_sources.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/event_sources.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "licensing/ledger/entry_codec.hpp"
#include "registry/catalogue/catalogue.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::app {
namespace {

using Json = nlohmann::ordered_json;
using licensing::EntryKind;
using licensing::EventReading;
using licensing::Happening;
using licensing::Webhook;

constexpr std::size_t kLinesAtOnce = 100;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }
std::string publisher_of(std::string_view model) { return std::string(model.substr(0, model.find('/'))); }

// -- the ledger --

Json json_of(const licensing::Entry& entry, std::uint64_t number, bool is_operators) {
  Json json{{"entry", std::to_string(number)},
            {"booked", registry::utc_text(entry.booked_ms)},
            {"happened", registry::utc_text(entry.happened_ms)},
            {"currency", entry.currency.code()}};
  if (entry.refers) json["refers"] = std::to_string(*entry.refers);
  if (!entry.reason.empty()) json["reason"] = entry.reason;
  if (const auto& usage = entry.usage) {
    json["model"] = usage->model;
    json["version"] = usage->version;
    json["outcome"] = licensing::name_of(usage->outcome);
    for (const auto& [meter, units] : usage->quantities) json["quantities"][meter] = units;
    json["payer"] = usage->payer;
    json["price"] = usage->price;
    json["agreement"] = usage->agreement;
    json["gross"] = licensing::amount_text(usage->gross);
  }
  if (is_operators && entry.party) {
    json["customer"] = entry.party->customer;
    json["request"] = entry.party->request;
    if (entry.usage) json["tax"] = licensing::amount_text(entry.usage->tax);
  }
  for (const auto& [account, amount] : entry.postings) json["postings"][account] = licensing::amount_text(amount);
  return json;
}

// A publisher sees the half that is for publishers, and of it nothing of other parties.
Json shown_to(const Webhook& webhook, const licensing::Entry& entry, std::string_view record, std::uint64_t number) {
  if (webhook.owner.empty()) return json_of(entry, number, true);
  auto half = licensing::open_record(record);
  auto shown = half ? licensing::decode_public(half->public_half) : std::unexpected(half.error());
  if (!shown) return Json::object();
  std::erase_if(shown->postings, [&](const licensing::Posting& posting) {
    return !posting.account.ends_with("publisher/" + webhook.owner);
  });
  return json_of(*shown, number, false);
}

// Whose models an entry is about; empty: nobody's.
std::string publisher_of(const licensing::Entry& entry, const licensing::Journal& journal) {
  if (entry.usage) return publisher_of(entry.usage->model);
  std::string publisher;
  if (entry.refers)
    (void)journal.read(*entry.refers, [&](std::uint64_t, std::string_view record) {
      if (const auto original = licensing::decode(record); original && original->usage)
        publisher = publisher_of(original->usage->model);
      return false;
    });
  constexpr std::string_view kPayable = "payable:publisher/";
  for (const licensing::Posting& posting : entry.postings)
    if (publisher.empty() && posting.account.starts_with(kPayable)) publisher = posting.account.substr(kPayable.size());
  return publisher;
}

std::string type_of(EntryKind kind) {
  if (kind == EntryKind::usage) return "call.billed";
  return "entry." + std::string(licensing::name_of(kind));
}

// Calls one after another become one event; whatever else was booked is one of its own, in its place between them.
class LedgerReader {
 public:
  LedgerReader(const licensing::Journal& journal, const Webhook& webhook, std::uint64_t from, std::uint64_t until)
      : journal_(journal), webhook_(webhook), until_(until) {
    reading_.next = from;
  }

  Result<EventReading> read() {
    const std::uint64_t end = until_ > 0 ? until_ : journal_.durable();
    if (reading_.next >= end) return std::move(reading_);
    const auto read = journal_.read(reading_.next, [&](std::uint64_t number, std::string_view record) {
      return number < end && take(number, record);
    });
    if (error_) return std::unexpected(*error_);
    if (!read) return std::unexpected(read.error());
    if (!calls_.empty()) make_batch();
    return std::move(reading_);
  }

 private:
  // False: that is all.
  bool take(std::uint64_t number, std::string_view record) {
    const auto entry = licensing::decode(record);
    if (!entry) {
      error_ = entry.error();
      return false;
    }
    const std::string type = type_of(entry->kind);
    const bool is_call = entry->kind == EntryKind::usage;
    const bool is_wanted = licensing::wants(webhook_, type, publisher_of(*entry, journal_));
    if (is_wanted && !is_call && !calls_.empty()) return false;
    reading_.next = number + 1;
    if (!is_wanted) return ++looked_at_ < kLookedAtMax || until_ > 0;
    Json json = shown_to(webhook_, *entry, record, number);
    if (is_call) {
      if (calls_.empty()) first_ = number;
      last_ = number;
      last_ms_ = entry->booked_ms;
      calls_.push_back(std::move(json));
      return calls_.size() < kCallsTogether || until_ > 0;
    }
    reading_.event = Happening{std::to_string(number), entry->booked_ms, type, std::to_string(number), text_of(json)};
    return false;
  }

  void make_batch() {
    Json data{{"first", std::to_string(first_)}, {"last", std::to_string(last_)}, {"count", calls_.size()}};
    data["calls"] = std::move(calls_);
    reading_.event = Happening{fmt::format("{}-{}", first_, last_), last_ms_, "call.billed", "", text_of(data)};
    reading_.is_batch = true;
  }

  // Of what the webhook does not want: then it is noted how far that is.
  static constexpr std::size_t kLookedAtMax = 20'000;

  const licensing::Journal& journal_;
  const Webhook& webhook_;
  const std::uint64_t until_;
  EventReading reading_;
  std::optional<Error> error_;
  std::size_t looked_at_ = 0;
  std::uint64_t first_ = 0, last_ = 0;
  std::int64_t last_ms_ = 0;
  Json calls_ = Json::array();
};

bool hears_of_ledger(const Webhook& webhook) {
  return std::ranges::any_of(licensing::event_kinds(), [&](const licensing::EventKind& kind) {
    return (kind.type == "call.billed" || kind.type.starts_with("entry.")) &&
           licensing::wants(webhook, kind.type, webhook.owner);
  });
}

// -- audit logs --

// "licence.issue" by its first word; empty: nobody is told of it.
std::string_view type_of_act(std::string_view action) {
  constexpr std::pair<std::string_view, std::string_view> kTypes[] = {
      {"licence.", "licence.changed"},     {"key.", "key.changed"},       {"customer.", "customer.changed"},
      {"month.close", "statement.issued"}, {"payout.", "payout.changed"}, {"release.", "release.changed"}};
  for (const auto& [prefix, type] : kTypes)
    if (action.starts_with(prefix)) return type;
  return {};
}

Happening happening_of(const registry::AuditLine& line, std::string_view type) {
  return {
      std::to_string(line.line), line.at_ms, std::string(type), line.subject,
      text_of({{"action", line.action}, {"subject", line.subject}, {"actor", line.actor}, {"detail", line.detail}})};
}

// Whose models a line is about, for this webhook; empty: nobody's.
using PublisherOf =
    std::function<std::string(const registry::AuditLine& line, std::string_view type, const Webhook& webhook)>;

using AuditLines = std::function<Result<std::vector<registry::AuditLine>>(std::int64_t before, std::size_t most)>;
licensing::EventSource audit_source(std::string name, AuditLines lines, PublisherOf publisher) {
  licensing::EventSource source;
  source.name = std::move(name);
  source.end = [lines]() -> Result<std::uint64_t> {
    const auto newest = lines(0, 1);
    if (!newest) return std::unexpected(newest.error());
    return newest->empty() ? 1 : static_cast<std::uint64_t>(newest->front().line) + 1;
  };
  source.read = [lines, publisher](const Webhook& webhook, std::uint64_t from, std::uint64_t) -> Result<EventReading> {
    EventReading reading{.next = from};
    // They come the newest first, and have numbers without gaps.
    const auto some = lines(static_cast<std::int64_t>(from + kLinesAtOnce), kLinesAtOnce);
    if (!some) return std::unexpected(some.error());
    for (auto line = some->rbegin(); line != some->rend(); ++line) {
      const auto number = static_cast<std::uint64_t>(line->line);
      if (number < from) continue;
      reading.next = number + 1;
      const std::string_view type = type_of_act(line->action);
      if (type.empty() || !licensing::wants(webhook, type, publisher(*line, type, webhook))) continue;
      reading.event = happening_of(*line, type);
      break;
    }
    return reading;
  };
  return source;
}

// The one publisher whose models a licence is for; several: operators alone are told.
std::string publisher_of(licensing::Book& book, const std::string& licence) {
  const auto held = book.licence({licence});
  if (!held) return {};
  std::string publisher;
  for (const licensing::Coverage& coverage : held->licence.covers) {
    const std::string one = publisher_of(coverage.model);
    if (!publisher.empty() && publisher != one) return {};
    publisher = one;
  }
  return publisher;
}

}  // namespace

licensing::EventSource ledger_source(const licensing::Journal& journal) {
  licensing::EventSource source;
  source.name = "ledger";
  source.end = [&journal] { return Result<std::uint64_t>(journal.durable()); };
  source.read = [&journal](const Webhook& webhook, std::uint64_t from, std::uint64_t until) -> Result<EventReading> {
    if (!hears_of_ledger(webhook)) return EventReading{.next = journal.durable()};
    return LedgerReader(journal, webhook, from, until).read();
  };
  return source;
}

licensing::EventSource licensing_source(licensing::Book& book) {
  return audit_source(
      "licensing", [&book](std::int64_t before, std::size_t most) { return book.audit(before, most, ""); },
      [&book](const registry::AuditLine& line, std::string_view type, const Webhook&) {
        return type == "licence.changed" ? publisher_of(book, line.subject) : std::string();
      });
}

licensing::EventSource catalogue_source(registry::Publishing& publishing) {
  return audit_source(
      "registry",
      [&publishing](std::int64_t before, std::size_t most) {
        return publishing.with_catalogue([&](registry::Catalogue& catalogue) {
          return catalogue.audit(registry::Actor::registry(), before, most, "");
        });
      },
      [](const registry::AuditLine& line, std::string_view type, const Webhook&) {
        return type == "release.changed" ? publisher_of(line.subject) : std::string();
      });
}

licensing::EventSource settlement_source(licensing::Settlement& settlement) {
  return audit_source(
      "settlement", [&settlement](std::int64_t before, std::size_t most) { return settlement.audit(before, most, ""); },
      [&settlement](const registry::AuditLine& line, std::string_view type, const Webhook& webhook) -> std::string {
        if (type == "statement.issued") return webhook.owner;  // there is one for everybody
        constexpr std::string_view kParty = "publisher/";
        const auto payout = settlement.payout(line.subject);
        return payout && payout->party.starts_with(kParty) ? payout->party.substr(kParty.size()) : std::string();
      });
}

licensing::EventSource notice_source(licensing::Outbox& outbox) {
  licensing::EventSource source;
  source.name = "notices";
  source.end = [&outbox] { return outbox.notices_end(); };
  source.read = [&outbox](const Webhook& webhook, std::uint64_t from, std::uint64_t) -> Result<EventReading> {
    EventReading reading{.next = from};
    const auto notices = outbox.notices(from, kLinesAtOnce);
    if (!notices) return std::unexpected(notices.error());
    for (const licensing::Notice& notice : *notices) {
      reading.next = static_cast<std::uint64_t>(notice.number) + 1;
      const bool is_test = notice.type == "webhook.test";
      if (is_test ? notice.subject != webhook.id.text : !licensing::wants(webhook, notice.type, notice.publisher))
        continue;
      reading.event = Happening{notice.key, notice.at_ms, notice.type, notice.subject, notice.data};
      break;
    }
    return reading;
  };
  return source;
}

std::string cloud_event(const std::string& source, const licensing::Happening& event) {
  Json json{{"specversion", "1.0"},
            {"id", event.id},
            {"source", "urn:stoa:" + source},
            {"type", event.type},
            {"time", registry::utc_text(event.at_ms)},
            {"datacontenttype", "application/json"}};
  if (!event.subject.empty()) json["subject"] = event.subject;
  json["data"] = Json::parse(event.data, nullptr, false);
  return text_of(json);
}

}  // namespace stoa::app

// records.hpp: what the book knows beside the terms themselves. Times are milliseconds of Unix time.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "licensing/terms/api_key.hpp"
#include "licensing/terms/holdings.hpp"
#include "licensing/terms/licence.hpp"

namespace stoa::licensing {

// Of a list that is in the order of ids: those after this one, at most so many.
struct Page {
  std::string after;
  std::size_t most = 50;
};

// What whoever asks sends along, so that asking again because the answer was lost does nothing twice. Two requests of
// one actor with one token are the same, or the second is refused: failed_precondition "request.token_reused". Kept for
// a day.
struct RequestToken {
  std::string token;  // empty: none
  Sha256 body{};      // of what was asked
};

// What is shown once. A repeated request has a new secret for the same record: the one before counts no more.
template <class Record>
struct Shown {
  Record record;
  std::string secret;
};

struct NewKey {
  std::string name;
  Scopes scopes = static_cast<Scopes>(Scope::infer);
  std::vector<std::string> models;
  std::optional<Rate> rate;
  std::optional<Quota> budget;
  std::optional<std::int64_t> expires_ms;
};

struct LicenceFilter {
  std::optional<CustomerId> customer;
  std::string publisher;           // of one of its models; empty: any
  bool with_what_is_over = false;  // also those that were revoked or have expired
};

// Terms under a name, from which customers' licences are issued. Never changed: another one gets another name.
struct Offer {
  OfferId id;
  std::string name;                      // "vision-pro-2027"
  std::string terms;                     // as licensing/document reads an issuer's terms, without subject and times
  std::optional<std::int64_t> lasts_ms;  // how long such a licence counts; nothing: without an end
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> withdrawn_ms;
};

// The right to a floating licence's place until expires_ms.
struct Lease {
  LeaseId id;
  Sha256 hash{};  // hash_of_lease() of what its holder shows
  LicenceId licence;
  CustomerId customer;
  ApiKeyId key;        // by which it was taken
  std::string holder;  // for people: "build-7"
  std::int64_t taken_ms = 0, renewed_ms = 0, expires_ms = 0;
};

// One wish about a lease.
struct LeaseWish {
  enum class Kind : std::uint8_t { take, renew, release } kind = Kind::take;
  LeaseId lease;             // renew, release
  std::string licence = {};  // take: the licence's id; or
  std::string model = {};    // take: any floating licence of the customer that covers it and has a free place
  std::string holder = {};
  RequestToken request = {};
};

struct LeaseOutcome {
  Lease lease;
  std::string secret;  // of one that was taken
  std::uint32_t ttl_s = 0, seats = 0, free_seats = 0;
};

// What of a quota a host has taken ahead, so that what it lets through is written before it is let through.
struct Reservation {
  std::string subject;  // the id of a licence or key
  std::string meter = "call";
  std::int64_t period_start_ms = 0;
  std::uint64_t amount = 0;  // in place of what was reserved before
};

}  // namespace stoa::licensing

// refusal.cpp: the table behind every refusal. SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/refusal.hpp"

#include <iterator>

namespace stoa::licensing {
namespace {

constexpr RefusalRow kRows[] = {
    {Refusal::key_in_url, "key.in_url", Code::unauthenticated, 401,
     "a key stands in the URL, where logs keep it: send it as 'Authorization: Bearer', and replace that key"},
    {Refusal::key_repeated, "key.repeated", Code::unauthenticated, 401,
     "more than one key was sent: send one, as 'Authorization: Bearer sk_…' or as 'X-Api-Key: sk_…'"},
    {Refusal::key_missing, "key.missing", Code::unauthenticated, 401,
     "this model is called with a key: send 'Authorization: Bearer sk_…'"},
    {Refusal::key_malformed, "key.malformed", Code::unauthenticated, 401,
     "what was sent is not a whole key ('sk_' and 38 characters): look for a part that was not copied"},
    {Refusal::key_unknown, "key.unknown", Code::unauthenticated, 401, "this key was never given here"},
    {Refusal::key_revoked, "key.revoked", Code::unauthenticated, 401, "this key was revoked"},
    {Refusal::key_rotated, "key.rotated", Code::unauthenticated, 401,
     "this key was replaced by another, and the time for both is over"},
    {Refusal::key_expired, "key.expired", Code::unauthenticated, 401, "this key has expired"},
    {Refusal::customer_suspended, "customer.suspended", Code::permission_denied, 403,
     "this customer is suspended: ask the platform's operator"},
    {Refusal::customer_closed, "customer.closed", Code::permission_denied, 403, "this customer's account is closed"},
    {Refusal::key_scope, "key.scope", Code::permission_denied, 403, "this key may not be used for that"},
    {Refusal::key_model, "key.model", Code::permission_denied, 403, "this key may not be used for that model"},
    {Refusal::licence_none, "licence.none", Code::permission_denied, 403, "the customer has no licence for that model"},
    {Refusal::licence_version, "licence.version", Code::permission_denied, 403,
     "the customer's licence does not cover that version of the model"},
    {Refusal::licence_revoked, "licence.revoked", Code::permission_denied, 403, "the licence was revoked"},
    {Refusal::licence_other_node, "licence.other_node", Code::permission_denied, 403,
     "the licence is locked to another host"},
    {Refusal::licence_clock, "licence.clock", Code::permission_denied, 403,
     "this host's clock is behind a time that was already seen: it has to be set right"},
    {Refusal::licence_not_yet, "licence.not_yet", Code::permission_denied, 403, "the licence is not valid yet"},
    {Refusal::licence_expired, "licence.expired", Code::permission_denied, 403, "the licence has expired"},
    {Refusal::licence_offline, "licence.offline", Code::permission_denied, 403,
     "the licence needs newer word from its issuer: import a newer licence or revocation list"},
    {Refusal::lease_missing, "lease.missing", Code::permission_denied, 403,
     "the licence has floating seats: take a lease (POST /v1/leases) and send it as 'X-Stoa-Lease'"},
    {Refusal::lease_malformed, "lease.malformed", Code::permission_denied, 403, "what was sent is not a whole lease"},
    {Refusal::lease_unknown, "lease.unknown", Code::permission_denied, 403,
     "that lease is not held: it was released, or another has its seat"},
    {Refusal::lease_expired, "lease.expired", Code::permission_denied, 403,
     "that lease ran out without a heartbeat: take a new one"},
    {Refusal::lease_other_customer, "lease.other_customer", Code::permission_denied, 403,
     "that lease is another customer's"},
    {Refusal::licence_used_up, "licence.used_up", Code::resource_exhausted, 429, "what the licence allows is used up"},
    {Refusal::key_budget, "key.budget", Code::resource_exhausted, 429, "what this key may use is used up"},
    {Refusal::licence_rate, "licence.rate", Code::resource_exhausted, 429,
     "the licence's calls come too fast: wait as long as Retry-After says"},
    {Refusal::key_rate, "key.rate", Code::resource_exhausted, 429,
     "this key's calls come too fast: wait as long as Retry-After says"},
    {Refusal::licence_busy, "licence.busy", Code::resource_exhausted, 429,
     "as many calls as the licence allows at once are under way"},
};

constexpr bool are_in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i)
    if (static_cast<std::size_t>(kRows[i].refusal) != i + 1) return false;
  return true;
}
static_assert(are_in_order());

}  // namespace

std::span<const RefusalRow> refusals() { return kRows; }
const RefusalRow& row_of(Refusal refusal) { return kRows[static_cast<std::size_t>(refusal) - 1]; }
Error error_of(Refusal refusal) {
  const RefusalRow& row = row_of(refusal);
  return {row.code, std::string(row.reason), std::string(row.message), 0};
}

}  // namespace stoa::licensing

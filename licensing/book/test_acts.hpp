// test_acts.hpp: every act of the book, once, on a book that is ready for it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "licensing/book/test_book.hpp"

namespace stoa::licensing {

struct TestAct {
  std::string name;
  std::string who;     // of o operator, p the publisher, c the customer (manage), i its key without, x and y strangers
  std::string action;  // of its line in the audit log; empty: it has none
  std::function<Result<void>(ReadyBook&, const Actor&)> run;
  int lines = 1;
  bool changes_holdings = true;
};

template <class Value>
Result<void> only(const Result<Value>& result) {
  return result ? Result<void>() : std::unexpected(result.error());
}

inline std::vector<TestAct> all_acts() {
  using B = ReadyBook;
  using Kind = LeaseWish::Kind;
  const auto state = [](CustomerState to) {
    return [to](B& on, const Actor& by) { return only(on->set_customer_state(by, on.northwind.id, to, "so")); };
  };
  const auto terms = [](B& on) { return TestBook::terms_for(on.northwind.id, 3); };
  const auto wish = [](Kind kind) {
    return [kind](B& on, const Actor& by) { return only(on->do_lease(by, TestBook::about(kind, on.lease.lease.id))); };
  };
  return {
      {"create_customer", "o", "customer.create",
       [](B& on, const Actor& by) { return only(on->create_customer(by, "globex", "Globex")); }},
      {"suspend", "o", "customer.state", state(CustomerState::suspended)},
      {"close", "o", "customer.state", state(CustomerState::closed), 2},
      {"create_key", "oc", "key.create",
       [](B& on, const Actor& by) {
         NewKey wanted{.name = "new", .models = {"acme/*"}, .rate = {}, .budget = {}, .expires_ms = {}};
         return only(on->create_key(by, on.northwind.id, wanted, {"t1", {}}));
       }},
      {"rotate_key", "oc", "key.rotate",
       [](B& on, const Actor& by) { return only(on->rotate_key(by, on.plain_key.record.id, 60'000, {"t2", {}})); }},
      {"revoke_key", "oc", "key.revoke",
       [](B& on, const Actor& by) { return only(on->revoke_key(by, on.plain_key.record.id, "lost")); }},
      {"issue", "op", "licence.issue",
       [=](B& on, const Actor& by) { return only(on->issue(by, terms(on), {"t3", {}})); }},
      {"replace", "o", "licence.replace",
       [=](B& on, const Actor& by) { return only(on->replace(by, on.floating.id, terms(on))); }},
      {"revoke", "o", "licence.revoke",
       [](B& on, const Actor& by) { return only(on->revoke(by, on.floating.id, "unpaid")); }, 2},
      {"revoke, its own", "op", "licence.revoke",
       [](B& on, const Actor& by) { return only(on->revoke(by, on.licence.id, "unpaid")); }},
      {"create_offer", "o", "offer.create",
       [](B& on, const Actor& by) { return only(on->create_offer(by, "pro", "{}", 86'400'000)); }},
      {"withdraw_offer", "o", "offer.withdraw",
       [](B& on, const Actor& by) { return only(on->withdraw_offer(by, "basic")); }},
      {"create_prices", "o", "price.create",
       [](B& on, const Actor& by) { return only(on->create_prices(by, TestBook::some_prices(), {"t5", {}})); }},
      {"replace_prices", "o", "price.replace",
       [](B& on, const Actor& by) {
         return only(on->replace_prices(by, {on.prices.list.id}, TestBook::some_prices(), {"t6", {}}));
       }},
      {"charge", "o", "charge.set",
       [](B& on, const Actor& by) { return only(on->charge(by, on.charge_of("acme/talk"))); }},
      {"propose", "o", "agreement.propose",
       [](B& on, const Actor& by) { return only(on->propose(by, TestBook::some_shares(), {}, {"t7", {}})); }},
      {"amend", "o", "agreement.propose",
       [](B& on, const Actor& by) {
         return only(on->propose(by, TestBook::some_shares(), AgreementId{on.agreement.agreement.id}));
       }},
      {"sign an agreement", "op", "agreement.sign",
       [](B& on, const Actor& by) {
         return only(on->sign_agreement(by, on.signers.signing(on.draft, "publisher/acme")));
       }},
      {"terminate an agreement", "o", "agreement.terminate",
       [](B& on, const Actor& by) { return only(on->terminate_agreement(by, {on.agreement.agreement.id}, "so")); }},
      {"add a party's key", "o", "party.add_key",
       [](B& on, const Actor& by) {
         return only(on->add_party_key(by, "data/corpus", on.signers.platform.public_key()));
       }},
      {"revoke a party's key", "o", "party.revoke_key",
       [](B& on, const Actor& by) {
         return only(on->revoke_party_key(by, "data/corpus", on.signers.corpus.public_key().id(), "lost"));
       }},
      {"customer billing", "o", "customer.payment",
       [](B& on, const Actor& by) {
         return only(on->set_customer_billing(by, on.northwind.id, TestBook::some_payer()));
       }},
      {"take a lease", "ci", "lease.take",
       [](B& on, const Actor& by) {
         LeaseWish wanted = TestBook::take(on.floating.id);
         wanted.request.token = "t4";
         return only(on->do_lease(by, wanted));
       },
       1, false},
      {"renew a lease", "oc", "", wish(Kind::renew), 0, false},
      {"release a lease", "oc", "lease.release", wish(Kind::release), 1, false},
  };
}

}  // namespace stoa::licensing

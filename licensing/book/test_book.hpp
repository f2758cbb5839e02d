// test_book.hpp: a book on a real file with a clock that is moved by hand. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "licensing/book/book.hpp"
#include "licensing/document/agreement_file.hpp"
#include "registry/database/test_contents.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {

using registry::contents_of;

class TestBook {
 public:
  TestBook() { open(); }

  // What a restart does.
  void open() {
    const auto opened = try_open();
    if (!opened) throw std::runtime_error(opened.error().message);
  }
  Result<void> try_open() {
    close();
    held.clear();
    auto opened = Book::open({.file = file(),
                              .now_ms = [this] { return now_ms; },
                              .publishers_may_issue = publishers_may_issue,
                              .on_change = [this](std::int64_t revision) { told = revision; },
                              .on_lease = [this](const Lease& lease) { held[lease.hash] = lease; },
                              .on_lease_end = [this](const Lease& lease) { held.erase(lease.hash); },
                              .files = [this] { return files; }});
    if (!opened) return std::unexpected(opened.error());
    book_ = std::move(*opened);
    return {};
  }
  void close() { book_.reset(); }
  std::filesystem::path file() const { return folder / "licensing.sqlite"; }
  Book* operator->() { return book_.get(); }
  Book& operator*() { return *book_; }

  template <class Value>
  static Value good(Result<Value> result) {
    if (!result) throw std::runtime_error(result.error().reason + ": " + result.error().message);
    return std::move(*result);
  }
  Customer add_customer(const std::string& name) { return good(book_->create_customer(alice, name, "")); }
  Shown<ApiKey> add_key(const CustomerId& customer, const std::string& name, Scopes scopes = kAllScopes) {
    NewKey wanted;
    wanted.name = name;
    wanted.scopes = scopes;
    return good(book_->create_key(alice, customer, wanted));
  }
  static Licence terms_for(const CustomerId& customer, std::uint32_t seats = 0) {
    Licence terms;
    terms.subject.customer = customer.text;
    terms.covers = {{"acme/vision", "^1.2 || ^2"}, {"acme/talk", "*"}};
    if (seats > 0) terms.floating = Floating{seats, 60};
    return terms;
  }
  static PriceList some_prices() {
    PriceList list{.id = {}, .publisher = "acme", .currency = euro()};
    list.meters = {{"call", PriceModel::per_unit, 1, {{std::nullopt, 10'000'000, 0}}}};
    return list;
  }
  static Agreement some_shares() {
    Agreement agreement{.id = {}, .publisher = "acme", .currency = euro()};
    agreement.platform_fee = {{std::nullopt, 0}};
    agreement.parties = {{"publisher/acme", 700'000}, {"data/corpus", 200'000}, {"platform", 100'000}};
    return agreement;
  }
  static PayingCustomer some_payer() { return {.id = {}, .currency = euro(), .tax_ppm = 190'000, .tax_office = "DE"}; }
  static Currency euro() { return *Currency::parse("EUR"); }
  Actor actor_of(const std::string& secret) { return good(book_->authenticate(secret)).actor; }
  static LeaseWish take(const LicenceId& licence) {
    LeaseWish wish;
    wish.licence = licence.text;
    return wish;
  }
  static LeaseWish about(LeaseWish::Kind kind, const LeaseId& lease) {
    LeaseWish wish;
    wish.kind = kind;
    wish.lease = lease;
    return wish;
  }

  // The reason of a refusal that changed nothing; "done" where it was none.
  template <class Act>
  std::string refusal(const Act& act) {
    const auto before = contents_of(file());
    const auto outcome = act();
    if (outcome) return "done";
    EXPECT_EQ(contents_of(file()), before) << "refused with " << outcome.error().reason << ", and changed something";
    return outcome.error().reason;
  }

  static constexpr Scopes kAllScopes = 7;
  registry::TestFolder folder;
  std::int64_t now_ms = 1'790'000'000'000, told = 0;
  bool publishers_may_issue = true;
  std::map<Sha256, Lease> held;  // as a seat table has them
  FileLicences files;
  const Actor alice{Actor::Kind::operators, "alice", {}, {}, 0}, acme{Actor::Kind::publisher, "acme", {}, {}, 0},
      rival{Actor::Kind::publisher, "rival", {}, {}, 0};

 private:
  std::unique_ptr<Book> book_;
};

// Keys of those who sign an agreement. The publisher's is registered with the book, the platform's is brought along.
class Signers {
 public:
  explicit Signers(TestBook& on) {
    (void)TestBook::good(on->add_party_key(on.alice, "publisher/acme", acme.public_key()));
    (void)TestBook::good(on->add_party_key(on.alice, "data/corpus", corpus.public_key()));
  }
  const registry::PrivateKey& key_of(const std::string& party) const {
    return party == kPlatformParty ? platform : party == "data/corpus" ? corpus : acme;
  }
  AgreementSigning signing(const HeldAgreement& held, const std::string& party) const {
    AgreementSigning signing{.id = {held.agreement.id}, .party = party, .text = held.text, .envelope = {}};
    signing.envelope = registry::sign_payload(kAgreementDocument.payload_type, held.text, key_of(party));
    if (party == kPlatformParty) signing.also.push_back(platform.public_key());
    return signing;
  }
  // By a key that is brought along.
  static AgreementSigning signing_by(const HeldAgreement& held, const std::string& party,
                                     const registry::PrivateKey& key) {
    AgreementSigning signing{.id = {held.agreement.id}, .party = party, .text = held.text, .envelope = {}};
    signing.envelope = registry::sign_payload(kAgreementDocument.payload_type, held.text, key);
    signing.also.push_back(key.public_key());
    return signing;
  }
  // By all.
  HeldAgreement sign(TestBook& on, HeldAgreement held) const {
    for (const std::string& party : held.missing_signatures())
      held = TestBook::good(on->sign_agreement(on.alice, signing(held, party)));
    return held;
  }
  registry::PrivateKey acme = registry::PrivateKey::generate(), corpus = registry::PrivateKey::generate(),
                       platform = registry::PrivateKey::generate();
};

// Two customers, each with a key of all scopes; a licence with seats, one of them taken; a licence without. Prices, an
// agreement that all have signed, a draft of another; acme/vision is charged by them, and northwind pays.
class ReadyBook : public TestBook {
 public:
  ReadyBook() {
    northwind = add_customer("northwind");
    other = add_customer("contoso");
    key = add_key(northwind.id, "all");
    plain_key = add_key(northwind.id, "plain", static_cast<Scopes>(Scope::infer));
    other_key = add_key(other.id, "all");
    customer = actor_of(key.secret);
    plain = actor_of(plain_key.secret);
    stranger = actor_of(other_key.secret);
    floating = good((*this)->issue(alice, terms_for(northwind.id, 2))).licence;
    licence = good((*this)->issue(acme, terms_for(northwind.id))).licence;
    (void)good((*this)->create_offer(alice, "basic", "{}", {}));
    lease = good((*this)->do_lease(customer, take(floating.id)));
    prices = good((*this)->create_prices(alice, some_prices()));
    agreement = signers.sign(*this, good((*this)->propose(alice, some_shares())));
    draft = good((*this)->propose(alice, some_shares()));
    (void)good((*this)->charge(alice, charge_of("acme/vision")));
    (void)good((*this)->set_customer_billing(alice, northwind.id, some_payer()));
    keep();
  }
  // As put_back() will find it.
  void keep() {
    close();
    std::filesystem::copy_file(file(), folder / "ready.db", std::filesystem::copy_options::overwrite_existing);
    open();
  }
  void put_back() {
    close();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file().string() + end);
    std::filesystem::copy_file(folder / "ready.db", file());
    open();
  }

  Charge charge_of(const std::string& model) const {
    return {.model = model, .price_list = {prices.list.id}, .agreement = {agreement.agreement.id}};
  }

  Customer northwind, other;
  Shown<ApiKey> key, plain_key, other_key;
  Actor customer, plain, stranger;
  Licence floating, licence;
  LeaseOutcome lease;
  HeldPriceList prices{.list = some_prices(), .made_by = {}};
  HeldAgreement agreement{.agreement = some_shares(), .text = {}, .proposed_by = {}}, draft = agreement;
  Signers signers{*this};
};

}  // namespace stoa::licensing

// test_book.hpp: a book on a real file with a clock that is moved by hand. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>

#include "licensing/book/book.hpp"
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
                              .on_lease_end = [this](const Lease& lease) { held.erase(lease.hash); }});
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
  const Actor alice{Actor::Kind::operators, "alice", {}, {}, 0}, acme{Actor::Kind::publisher, "acme", {}, {}, 0},
      rival{Actor::Kind::publisher, "rival", {}, {}, 0};

 private:
  std::unique_ptr<Book> book_;
};

// Two customers, each with a key of all scopes; a licence with seats, one of them taken; a licence without.
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

  Customer northwind, other;
  Shown<ApiKey> key, plain_key, other_key;
  Actor customer, plain, stranger;
  Licence floating, licence;
  LeaseOutcome lease;
};

}  // namespace stoa::licensing

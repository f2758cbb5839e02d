// book.hpp: the acts on customers, keys, licences and leases: each checked, done whole, and written into the audit log.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/book/actor.hpp"
#include "licensing/book/billing_records.hpp"
#include "licensing/book/file_licences.hpp"
#include "licensing/book/records.hpp"
#include "licensing/terms/customer.hpp"
#include "registry/audit/audit_store.hpp"
#include "registry/database/sqlite_store.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

using registry::AuditHead;
using registry::AuditLine;

struct BookOptions {
  std::filesystem::path file;
  std::function<std::int64_t()> now_ms;  // Unix time
  bool publishers_may_issue = false;     // licences of their own models
  PayerSecret payer_secret = {};         // billing_terms() names payers by it
  // After each act that changes holdings(). Prompt; by the thread that acted, without a lock of the book's.
  std::function<void(std::int64_t revision)> on_change = [](std::int64_t) {};
  // A lease is held until its expires_ms, or not any more; of all that are held once when the book is opened. In the
  // order in which it was decided, before anybody is answered; prompt, and without a call of the book.
  std::function<void(const Lease&)> on_lease = [](const Lease&) {};
  std::function<void(const Lease&)> on_lease_end = [](const Lease&) {};
  // What files say now; any thread, also within an act, and without a call of the book.
  std::function<FileLicences()> files = [] { return FileLicences{}; };
};

// Threads: any. Blocks on the disk: never on an I/O thread. Acts go one after the other; reading waits for none of
// them. Every act is one transaction with its line of the audit log, durable before it returns; an Error means that
// nothing was changed.
class Book {
 public:
  // Opens or creates the file, brings its schema up to date. One process at a time has a book open: another is told
  // failed_precondition "book.in_use".
  static Result<std::unique_ptr<Book>> open(BookOptions options);
  ~Book();

  // ---- customers: book_customers.cpp
  // already_exists "customer.exists".
  Result<Customer> create_customer(const Actor& actor, std::string_view name, std::string_view display_name);
  // active <-> suspended, and closed from both: else failed_precondition "customer.state". Closing ends its leases.
  Result<Customer> set_customer_state(const Actor& actor, const CustomerId& id, CustomerState state,
                                      std::string_view because);
  // By id or name; not_found "customer.unknown".
  Result<Customer> customer(std::string_view id_or_name);
  Result<std::vector<Customer>> customers(const Page& page);

  // ---- keys: book_keys.cpp
  // By an operator, or by the customer itself (scope manage). already_exists "key.exists".
  Result<Shown<ApiKey>> create_key(const Actor& actor, const CustomerId& customer, const NewKey& wanted,
                                   const RequestToken& request = {});
  // A successor with the same name and terms. The old one counts for overlap_ms more.
  Result<Shown<ApiKey>> rotate_key(const Actor& actor, const ApiKeyId& id, std::int64_t overlap_ms,
                                   const RequestToken& request = {});
  Result<ApiKey> revoke_key(const Actor& actor, const ApiKeyId& id, std::string_view because);
  Result<ApiKey> key(const ApiKeyId& id);
  Result<std::vector<ApiKey>> keys(const CustomerId& customer, const Page& page);
  // Whose key this is, if it counts now; else as terms/refusal.hpp says. A key that only a licence file names has the
  // scope infer, and a customer whom the book does not know.
  struct Holder {
    Actor actor;
    Customer customer;
    ApiKey key;
  };
  Result<Holder> authenticate(std::string_view key);

  // ---- licences: book_licences.cpp
  // id, serial, issuer and issued_ms are given here. By an operator; by the publisher of all it covers, where the
  // platform lets it: "licence.not_issuer". terms: check_terms().
  Result<HeldLicence> issue(const Actor& actor, Licence terms, const RequestToken& request = {});
  // The next serial of the same id, subject and issuer; not of one that was revoked.
  Result<HeldLicence> replace(const Actor& actor, const LicenceId& id, Licence terms);
  // Ends its leases.
  Result<HeldLicence> revoke(const Actor& actor, const LicenceId& id, std::string_view because);
  // A line of the audit log, and nothing else: the licence was signed into a file; these came as files.
  Result<void> note_export(const Actor& actor, const Licence& licence);
  // Those alone that have no line yet, by id, serial and what became of them. What else a new file is due: leases of it
  // that an earlier version wrote under its bare id go by held_id().
  Result<void> note_files(std::span<const HeldLicence> files);
  Result<HeldLicence> licence(const LicenceId& id);
  Result<std::vector<HeldLicence>> serials(const LicenceId& id);  // all there were, the newest first
  Result<std::vector<HeldLicence>> licences(const LicenceFilter& filter, const Page& page);
  // Of a customer by its key, as admission has them: those that came as files, too; of an id the later one.
  struct OwnLicence {
    HeldLicence held;
    Refusal refusal = Refusal::none;  // why nobody calls by it on this host now; rows 15 to 20
  };
  Result<std::vector<OwnLicence>> own_licences(const Actor& actor, bool with_what_is_over, const Page& page);
  // Whether who has this key may have the package with these models in this version: a licence covers one of them here
  // and now. The reasons of a call's refusal, rows 4 to 20; of several licences the one that comes furthest.
  // book_downloads.cpp
  Result<void> may_download(std::string_view key, std::span<const std::string> models, std::string_view version);

  // ---- offers: book_offers.cpp
  // terms: a text that licensing/document has read as an issuer's. already_exists "offer.exists".
  Result<Offer> create_offer(const Actor& actor, std::string_view name, std::string_view terms,
                             std::optional<std::int64_t> lasts_ms);
  Result<Offer> withdraw_offer(const Actor& actor, std::string_view name);  // what was issued from it stays
  Result<Offer> offer(std::string_view name);
  Result<std::vector<Offer>> offers(const Page& page);

  // ---- prices: book_prices.cpp. Versions stay readable for ever: old calls were charged by them.
  // id, version are given here. Errors: price.terms.
  Result<HeldPriceList> create_prices(const Actor& actor, PriceList terms, const RequestToken& request = {});
  // The next version, of the same publisher and currency. "price.gap": between the two there would be no price.
  Result<HeldPriceList> replace_prices(const Actor& actor, const PriceListId& id, PriceList terms,
                                       const RequestToken& request = {});
  Result<HeldPriceList> prices(const PriceListId& id);                       // the newest version
  Result<std::vector<HeldPriceList>> price_versions(const PriceListId& id);  // all there were, the newest first
  Result<std::vector<HeldPriceList>> price_lists(std::string_view publisher, const Page& page);  // empty: of all
  // Both count at charge.from_ms (not before now), are of the model's publisher and of one currency: else
  // "charge.not_effective", "charge.foreign", "charge.currency".
  Result<Charge> charge(const Actor& actor, Charge charge);
  Result<std::vector<Charge>> charges(const Page& page);           // of each model that is charged now; after a model
  Result<std::vector<Charge>> charges_of(std::string_view model);  // all there were and will be, the latest first

  // ---- agreements: book_agreements.cpp
  // A draft until all have signed. id and version are given here; amended: the next version of that one.
  Result<HeldAgreement> propose(const Actor& actor, Agreement terms, const std::optional<AgreementId>& amended = {},
                                const RequestToken& request = {});
  // Of the newest version, by a key that is the party's: "agreement.foreign_key", ".other_terms", ".other_version",
  // ".signed_already", ".not_a_party", ".foreign_party", ".state"; signature.invalid. By operators, and by a publisher
  // for itself.
  Result<HeldAgreement> sign_agreement(const Actor& actor, const AgreementSigning& signing);
  // All its versions: calls of the models it was about have nobody to share them.
  Result<HeldAgreement> terminate_agreement(const Actor& actor, const AgreementId& id, std::string_view because);
  Result<HeldAgreement> agreement(const AgreementId& id);  // the newest version
  Result<std::vector<HeldAgreement>> agreement_versions(const AgreementId& id);
  Result<std::vector<HeldAgreement>> agreements(const AgreementFilter& filter, const Page& page);

  // ---- who signs, who pays: book_billing.cpp
  Result<PartyKey> add_party_key(const Actor& actor, std::string_view party, const registry::PublicKey& key);
  // What it has signed stays signed.
  Result<PartyKey> revoke_party_key(const Actor& actor, std::string_view party, const registry::KeyId& id,
                                    std::string_view because);
  Result<std::vector<PartyKey>> party_keys(std::string_view party);  // empty: of all
  // The next version of how a customer pays; its currency stays. "customer.billing".
  Result<CustomerBilling> set_customer_billing(const Actor& actor, const CustomerId& id, PayingCustomer payer);
  Result<std::vector<CustomerBilling>> customer_billing(const CustomerId& id);  // all there were, the newest first
  // What calls are charged by at this moment. The same object for as long as nothing has changed and nothing has begun
  // or ended by itself: cheap to ask for often.
  Result<BillingNow> billing_terms();

  // ---- leases: book_leases.cpp
  // All wishes in one transaction; each has its own outcome. lease_desk.hpp brings together those that come at once.
  // Seats of the book's licences, and of those that came as files.
  struct LeaseJob {
    Actor actor;
    LeaseWish wish;
    Result<LeaseOutcome> outcome = {};
  };
  void do_leases(std::span<LeaseJob> jobs);
  Result<LeaseOutcome> do_lease(const Actor& actor, const LeaseWish& wish);
  // Those that are held now. customer, licence: nothing for all.
  Result<std::vector<Lease>> leases(const std::optional<CustomerId>& customer, const std::optional<LicenceId>& licence,
                                    const Page& page);
  // One transaction, and no line of the audit log: it is no act of anybody's.
  Result<void> reserve(std::span<const Reservation> amounts);
  Result<std::uint64_t> reserved(std::string_view subject, std::string_view meter, std::int64_t period_start_ms);

  // ---- the whole: book_store.cpp
  // What changed since that revision; since 0: all. Merged by id: nothing ever disappears.
  Result<Holdings> holdings(std::int64_t since = 0);
  Result<std::int64_t> revision();
  Result<std::vector<AuditLine>> audit(std::int64_t before, std::size_t most, std::string_view subject);
  // SQLite's own look at the file, the chain of the log, and the rules: never more leases than seats.
  Result<AuditHead> examine(const AuditHead& remembered = {});
  Result<void> back_up(const std::filesystem::path& to);
  std::int64_t now_ms() const { return options_.now_ms(); }

 private:
  struct Act;
  Book(BookOptions options, registry::File lock, database::Connection writing, database::Connection reading)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        writing_(std::move(writing)),
        reading_(std::move(reading)) {}
  Result<LeaseOutcome> decide(Act& act, const Actor& actor, const LeaseWish& wish);
  Result<LeaseOutcome> take(Act& act, const Actor& actor, const LeaseWish& wish);
  Result<HeldLicence> licence_for(Act& act, const FileLicences& files, const Actor& actor, const LeaseWish& wish);
  Result<HeldLicence> licence_of(const FileLicences& files, const Lease& lease);
  // Whether a lease that is held may go on: its licence counts here, and has a seat for it beside those taken before.
  Result<void> require_seat(Act& act, const FileLicences& files, const HeldLicence& held, const Lease& lease);
  Result<void> end_expired_leases(Act& act, const LicenceId& licence);
  // A file's that go by its bare id, where the book has none of that id. False: there are none.
  Result<bool> adopt_leases(Act& act, const HeldLicence& in_file);
  // Those of a licence's next serial that it has no seat for: the ones taken last.
  Result<void> end_surplus_leases(Act& act, const Actor& actor, const Licence& licence);
  Result<Holder> holder_by_file(database::Connection& connection, const Sha256& key) const;
  // The actor's as they came in files: of a key that only files know, none of a customer that the book knows.
  static Result<std::vector<HeldLicence>> files_of(database::Connection& connection, const FileLicences& files,
                                                   const Actor& actor);
  template <class Read>
  auto read(Read&& read) -> decltype(read(std::declval<database::Connection&>())) {
    const std::lock_guard lock(reading_mutex_);
    return read(reading_);
  }

  const BookOptions options_;
  const registry::File lock_;
  std::mutex writing_mutex_, reading_mutex_;
  database::Connection writing_;  // Lock: writing_mutex_
  database::Connection reading_;  // Lock: reading_mutex_
  BillingNow billing_;            // Lock: reading_mutex_: the last one there was
  std::int64_t billing_at_ms_ = 0;
};

}  // namespace stoa::licensing

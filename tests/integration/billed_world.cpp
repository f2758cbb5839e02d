// billed_world.cpp SPDX-License-Identifier: Apache-2.0
#include "tests/integration/billed_world.hpp"

#include <stdexcept>

#include "licensing/billing/saved_book.hpp"
#include "licensing/ledger/entry_codec.hpp"

namespace stoa::test {

using namespace licensing;

namespace {

std::shared_ptr<const PriceList> prices(std::string id, std::string publisher, std::vector<MeterPrice> meters) {
  PriceList list{.id = std::move(id), .publisher = std::move(publisher), .currency = kEuro};
  list.meters = std::move(meters);
  return std::make_shared<const PriceList>(std::move(list));
}

MeterPrice each(std::string meter, Nano nano) { return {std::move(meter), PriceModel::per_unit, 1, {{{}, nano, 0}}}; }

BillingTerms terms_of_world() {
  BillingTerms terms = some_terms();
  terms.add(prices("pri_call", "stoa-demo", {each("call", kCent)}));
  terms.add(prices("pri_token", "stoa-test", {each("call", kCent), each("token.out", kCent / 10)}));
  for (const char* const publisher : {"stoa-demo", "stoa-test"}) {
    Agreement agreement = *terms.agreement("agr_1/1");
    agreement.id = std::string("agr_") + publisher;
    agreement.publisher = publisher;
    terms.add(std::make_shared<const Agreement>(std::move(agreement)));
  }
  for (const std::string_view model : {kModel, kNull})
    terms.charge(std::string(model), "pri_call/1", "agr_stoa-demo/1");
  terms.charge(std::string(kMetered), "pri_token/1", "agr_stoa-test/1");
  return terms;
}

}  // namespace

BilledWorld::BilledWorld(api::BillingRules rules, Disk& disk, std::uint32_t window_us, std::filesystem::path kept,
                         api::TellUncharged tell)
    : files(kept.empty() ? folder.path() : std::move(kept)), terms(terms_of_world()) {
  // Who is there before anybody is added: a journal that is read again has calls of the first one who was.
  if (files != folder.path()) terms.add(PayingCustomer{.id = "cus_2", .currency = kEuro});
  const JournalOptions options{.segment_bytes = 2 * kFrameBodyBytesMax, .window_us = window_us, .waker = wake.get()};
  journal = std::move(*Journal::open(files / "journal", options, disk));
  wake->wakes(journal.get());
  const auto now_ms = [] { return TestAccess::kNowMs; };
  const auto told = [](const Error& error) { throw std::runtime_error(error.message); };  // no crash leaves such a one
  teller = std::move(*open_from_saved(files / app::kSavedBookFile, *journal, terms, now_ms, told));
  if (files != folder.path()) {
    log = std::move(
        *app::Log::open({.level = "info", .format = app::LogFormat::text, .file = files / "log", .access = false}));
    follower = std::move(*app::LedgerProjection::start(files, *journal, *teller, *log));
  }
  gate = std::make_unique<api::BillingGate>(*teller, *journal, std::move(rules), std::move(tell));
}

BilledWorld::Payer BilledWorld::add(std::optional<Nano> funds) {
  Payer payer;
  payer.key = world.add([](Licence& l) { l.covers = {{"stoa-test/*", "*"}, {"stoa-demo/*", "*"}}; });
  payer.customer = world.access.holdings.customers.back().id.text;
  world.access.publish();
  if (!funds) return payer;
  terms.add(PayingCustomer{.id = payer.customer, .currency = kEuro});
  teller->set_terms(terms);
  EXPECT_TRUE(*funds == 0 || teller->book(top_up(payer.customer, *funds)));
  return payer;
}

void BilledWorld::serve(const Serving& serving) {
  world.access.publish();
  world.host.load("plugins/null/null.plugin");
  if (serving.is_in_workers)
    world.host.load_in_workers("tests/integration/probe.plugin");
  else
    world.host.load("tests/integration/probe.plugin");
  world.host.guard(world.access.admission);
  if (serving.is_charging) {
    world.host.charge(*gate);
    world.host.keep_answers(files / "answers", *journal, serving.keeping);
  }
  world.host.serve(serving.io_threads);
}

Nano BilledWorld::available(const Payer& payer) const {
  return teller->look(
      [&](const AccountsBook& book) { return book.balances(kEuro)->available("wallet:" + payer.customer); });
}

std::vector<Entry> BilledWorld::calls() const {
  settle(*journal);
  std::vector<Entry> calls;
  for (const std::string& record : entries_from(*journal, 0)) {
    auto entry = decode(record);
    EXPECT_TRUE(entry) << entry.error().message;
    if (entry && entry->kind == EntryKind::usage) calls.push_back(std::move(*entry));
  }
  return calls;
}

std::string ask(const BilledWorld& world, const BilledWorld::Payer& payer, std::string_view target,
                std::string_view body) {
  http::RawClient client(world.port());
  EXPECT_TRUE(client.send(request_with(bearer(payer.key), target, body)));
  return client.answer();
}

}  // namespace stoa::test

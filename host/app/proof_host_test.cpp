// proof_host_test.cpp: the ledger's log over HTTP: tiles, receipts and a publisher's entries, each for those it
// concerns. SPDX-License-Identifier: Apache-2.0
#include "host/app/proof_host.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>

#include "host/api/licensing/test_licensing.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/journal/test_journal.hpp"
#include "licensing/ledger/test_entries.hpp"
#include "licensing/log/proof_text.hpp"
#include "licensing/proof/log_check.hpp"
#include "licensing/proof/shown_entry.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::app {
namespace {

using namespace licensing;
using api::Json, api::RegistryReply, api::RegistryRequest;

constexpr std::uint64_t kRunEntries = 1'000;
const Currency kDollar = *Currency::parse("USD");

BillingTerms terms_for(const std::vector<std::string>& customers) {
  BillingTerms terms;
  for (const char* const publisher : {"acme", "rival"}) {
    const std::string id = publisher;
    PriceList list{.id = "pri_" + id, .publisher = id, .currency = kDollar};
    list.meters = {{"call", PriceModel::per_unit, 1, {{std::nullopt, 10'000'000, 0}}}};
    Agreement agreement{.id = "agr_" + id, .publisher = id, .currency = kDollar};
    agreement.platform_fee = {{std::nullopt, 300'000}};
    agreement.parties = {{"publisher/" + id, 1'000'000}};
    terms.add(std::make_shared<const PriceList>(list));
    terms.add(std::make_shared<const Agreement>(agreement));
    terms.charge(id + "/vision", list.name(), name_of(agreement));
  }
  for (const std::string& customer : customers)
    terms.add(
        PayingCustomer{.id = customer, .currency = kDollar, .pays_ahead = false, .credit_limit = 100 * kNanoPerUnit});
  return terms;
}

class ProofHostTest : public api::LicensingTest {
 protected:
  ProofHostTest()
      : contoso_(operate(200, {"GET", "/v1/customers/contoso", "", finance})["id"]),
        terms_(terms_for({northwind, contoso_})) {
    journal_ = *Journal::open(folder / "billing/journal", {.segment_bytes = 32u << 20});
    teller_ = *Teller::open(*journal_, terms_, [this] { return now_ms; });
    log_ = *Log::open({.level = "error", .format = LogFormat::text, .file = folder / "host.log", .access = false});
    start();
  }
  ~ProofHostTest() override { stop(); }
  void start() {
    auto opened = ProofHost::open({.journal = *journal_,
                                   .folder = folder / "billing",
                                   .origin = "stoa.example/ledger",
                                   .log = *log_,
                                   .run_entries = kRunEntries});
    if (!opened) throw std::runtime_error(opened.error().message);
    proof_ = std::move(*opened);
    http::ServerConfig config;
    config.listeners.resize(2);
    proof_->add_routes(*licences, config.listeners[0].routes, config.listeners[1].routes);
    config.render_error = &api::render_error;
    server_ = std::move(*http::Server::create(std::move(config)));
    server_->start();
  }
  void stop() {
    server_.reset();
    proof_.reset();
  }
  std::uint64_t call(const std::string& customer, const std::string& model, const std::string& key = "key_other") {
    const CallParty party{.customer = customer, .key = key, .request = "req", .idempotency_key = "", .body = {}};
    const Quantity used[] = {{"call", 1}};
    const auto hold = teller_->hold(customer, model, used);
    EXPECT_TRUE(hold) << hold.error().message;
    const auto settled = teller_->settle({.customer = customer,
                                          .model = model,
                                          .version = "1.0.0",
                                          .quantities = used,
                                          .happened_ms = now_ms,
                                          .party = &party},
                                         *hold);
    EXPECT_TRUE(settled);
    EXPECT_TRUE(settle(*journal_));
    return settled->number;
  }
  RegistryReply on_operators(const std::string& path, const std::string& token = "",
                             std::vector<std::string> fields = {}) {
    return api::ask(server_->ports().at(0), {"GET", path, "", token, std::move(fields)});
  }
  RegistryReply on_customers(const std::string& path, const std::string& key = "") {
    return api::ask(server_->ports().at(1), {"GET", path, "", key});
  }
  NoteVerifier key_line() {
    std::string line = on_customers("/log/key").body;
    line.pop_back();
    return *NoteVerifier::parse(line);
  }

  std::string contoso_;
  BillingTerms terms_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Teller> teller_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<ProofHost> proof_;
  std::unique_ptr<http::Server> server_;
};

TEST_F(ProofHostTest, AReceiptIsForThoseItConcerns) {
  const std::uint64_t number = call(northwind, "acme/vision");
  const std::string path = "/v1/receipts/" + std::to_string(number);
  const RegistryReply whole = on_customers(path, manage);
  ASSERT_EQ(whole.status, 200) << whole.body;
  const Json receipt = whole.json();
  EXPECT_EQ(receipt["number"], number);
  EXPECT_EQ(receipt["entry"]["usage"]["gross"], "0.01");
  EXPECT_EQ(receipt["entry"]["party"]["customer"], northwind);
  EXPECT_TRUE(receipt.contains("private"));
  // Another customer, a key that is not this call's and reads no account, nobody.
  EXPECT_EQ(on_customers(path, stranger).reason(), "ledger.no_entry");
  EXPECT_EQ(on_customers(path, plain).reason(), "key.scope");
  EXPECT_EQ(on_customers(path).reason(), "key.missing");
  EXPECT_EQ(on_operators(path).reason(), "token.missing");

  const Json shown = on_operators(path, acme).json();
  EXPECT_FALSE(shown.contains("private"));
  EXPECT_FALSE(shown["entry"].contains("party"));
  EXPECT_EQ(shown.dump().find(northwind), std::string::npos);
  EXPECT_EQ(shown["public"], receipt["public"]);
  EXPECT_EQ(on_operators(path, rival).reason(), "ledger.no_entry");
  EXPECT_TRUE(on_operators(path, auditor).json().contains("private"));
  EXPECT_EQ(on_customers("/v1/receipts/99", manage).reason(), "ledger.no_entry");
  EXPECT_EQ(on_customers("/v1/receipts/x", manage).reason(), "registry.path");
  EXPECT_EQ(on_customers(path + "?form=pdf", manage).reason(), "registry.query");
}

TEST_F(ProofHostTest, TheKeyOfACallReadsItsReceiptWithoutAnyScope) {
  std::string id;
  for (const Json& key : operate(200, {"GET", "/v1/customers/northwind/keys", "", finance})["items"])
    if (key["name"] == "plain") id = key["id"];
  const std::string path = "/v1/receipts/" + std::to_string(call(northwind, "acme/vision", id));
  EXPECT_EQ(on_customers(path, plain).status, 200);
}

TEST_F(ProofHostTest, AReceiptIsVerifiedByWhatWasPublishedAlone) {
  call(contoso_, "rival/vision");
  const std::string path = "/v1/receipts/" + std::to_string(call(northwind, "acme/vision"));
  EXPECT_GE(proof_->head(2)->size, 2u);
  const NoteVerifier key = key_line();
  EXPECT_EQ(key.name(), "stoa.example/ledger");
  const Json receipt = on_operators(path, acme).json();
  Salt salt{};
  Sha256 hidden{};
  ASSERT_TRUE(registry::read_hex(receipt["public"]["salt"].get<std::string>(), salt));
  ASSERT_TRUE(registry::read_hex(receipt["private_commitment"].get<std::string>(), hidden));
  const std::string half = *registry::from_base64(receipt["public"]["bytes"].get<std::string>());
  const Sha256 leaf = entry_commitment(salt, half, hidden);
  const auto proof = parse_proof(receipt["proof"].get<std::string>());
  ASSERT_TRUE(proof);
  EXPECT_TRUE(verify_proof(*proof, {reinterpret_cast<const char*>(leaf.data()), leaf.size()}, key));
  const RegistryReply text = on_customers(path + "?form=tlog-proof", manage);
  EXPECT_EQ(text.fields.at("content-type"), "text/plain; charset=utf-8");
  const auto read = parse_proof(text.body);
  ASSERT_TRUE(read) << text.body;
  EXPECT_TRUE(verify_proof(*read, {reinterpret_cast<const char*>(leaf.data()), leaf.size()}, key));
}

TEST_F(ProofHostTest, TilesAndCheckpointAreServedToAnybodyOnBothPlanes) {
  for (int i = 0; i < 300; ++i) call(northwind, "acme/vision");
  ASSERT_EQ(on_customers("/v1/receipts/299", manage).status, 200);  // the log has them all
  const RegistryReply note = on_operators("/log/checkpoint");
  EXPECT_EQ(note.body, on_customers("/log/checkpoint").body);
  EXPECT_EQ(note.fields.at("cache-control"), "no-cache");
  EXPECT_EQ(note.fields.at("content-type"), "text/plain; charset=utf-8");
  const auto checkpoint = open_checkpoint(note.body, key_line());
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->head.size, 300u);
  auto check = LogCheck::open(checkpoint->head, [&](const TilePlace& place) -> Result<std::string> {
    const RegistryReply tile = on_customers("/log/" + path_of(place));
    EXPECT_EQ(tile.fields.at("cache-control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(tile.fields.at("content-type"), "application/octet-stream");
    return tile.body;
  });
  ASSERT_TRUE(check) << check.error().message;
  const auto bundle = on_operators("/log/tile/entries/000");
  const auto entries = entries_of(bundle.body);
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 256u);
  for (std::uint64_t i = 0; i < 256; ++i) EXPECT_TRUE(check->check_leaf({leaf_hash((*entries)[i]), i}));

  const RegistryReply tile = on_operators("/log/tile/0/000");
  const RegistryReply same = on_operators("/log/tile/0/000", "", {"If-None-Match: " + tile.fields.at("etag")});
  EXPECT_EQ(same.status, 304);
  EXPECT_TRUE(same.body.empty());
  for (const char* none : {"/log/tile/0/001", "/log/tile/0/001.p/45", "/log/tile/9/000", "/log/tile/entries/000.p/256",
                           "/log/tile/%2e%2e/checkpoint", "/log/tile/0/x000/000", "/log/tile/", "/log/log.key"})
    EXPECT_EQ(on_operators(none).status, 404) << none;
}

TEST_F(ProofHostTest, APublisherReadsItsEntriesPageByPage) {
  std::vector<std::uint64_t> own;
  for (int i = 0; i < 25; ++i) {
    own.push_back(call(i % 2 ? northwind : contoso_, "acme/vision"));
    call(northwind, "rival/vision");
  }
  ASSERT_EQ(on_customers("/v1/receipts/49", manage).status, 200);
  std::vector<std::uint64_t> read;
  std::string after = "0", last_total;
  for (int pages = 1; !after.empty(); ++pages) {
    ASSERT_LE(pages, 3);
    const RegistryReply reply = on_operators("/v1/publishers/acme/log?limit=10&after=" + after, acme);
    ASSERT_EQ(reply.status, 200) << reply.body;
    const Json page = reply.json();
    EXPECT_EQ(page["rows"], 25);
    EXPECT_EQ(reply.body.find(northwind), std::string::npos);
    EXPECT_TRUE(open_checkpoint(page["checkpoint"].get<std::string>(), key_line()));
    for (const Json& item : page["items"]) {
      read.push_back(item["number"]);
      last_total = item["total"];
    }
    after = page.value("next", "");
  }
  EXPECT_EQ(read, own);
  EXPECT_EQ(last_total, "0.175");  // seven tenths of 25 hundredths
  EXPECT_EQ(on_operators("/v1/publishers/acme/log?after=25", acme).json()["items"].size(), 0u);
  EXPECT_EQ(on_operators("/v1/publishers/acme/log", auditor).json()["rows"], 25);
  EXPECT_EQ(on_operators("/v1/publishers/acme/log", rival).reason(), "publisher.foreign");
  EXPECT_EQ(on_operators("/v1/publishers/acme/log").reason(), "token.missing");
  EXPECT_EQ(on_operators("/v1/publishers/acme/log?limit=0", acme).reason(), "registry.query");
}

// A publisher's index is in files of a thousand entries here.
class PublishersTest : public ProofHostTest {
 protected:
  void trade(std::uint64_t entries) {
    const std::string record = encode(call_entry(), {});  // of acme's
    for (std::uint64_t i = 1; i <= entries; ++i) {
      ASSERT_TRUE(journal_->append(record));
      if (i % kRunEntries == 0 || i == entries) ASSERT_TRUE(settle(*journal_));  // it takes only so much at once
    }
  }
  RegistryReply page(std::uint64_t after) {
    return on_operators(fmt::format("/v1/publishers/acme/log?limit=6&after={}", after), acme);
  }
  // Within a minute, looked at ten times a second: nobody tells when.
  bool will_be(const std::function<bool()>& so) {
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
    while (!so()) {
      if (std::chrono::steady_clock::now() > until) return false;
      never.wait_for(lock, std::chrono::milliseconds(100));
    }
    return true;
  }
  bool knows(std::uint64_t entries) {
    return will_be([&] {
      const RegistryReply reply = page(0);
      return reply.status == 200 && reply.json()["rows"] == entries;
    });
  }
  std::uint64_t files() {
    const auto all = std::filesystem::directory_iterator(folder / "billing/publishers");
    return static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
  }
};

TEST_F(PublishersTest, AfterARestartOnlyTheLastEntriesAreReadAgain) {
  constexpr std::uint64_t kEntries = 2'300, kFiles = kEntries / kRunEntries;
  trade(kEntries);
  for (int restarts = 0; restarts < 2; ++restarts) {
    ASSERT_TRUE(knows(kEntries));
    EXPECT_TRUE(will_be([&] { return files() == kFiles; }));
    for (std::uint64_t file = 1; file <= kFiles; ++file) {  // out of one and into the next
      std::uint64_t next = file * kRunEntries - 3;
      const Json shown = page(next).json();
      EXPECT_EQ(shown["items"].size(), 6u);
      for (const Json& item : shown["items"]) EXPECT_EQ(item["number"], next++);
    }
    stop();
    start();
  }
}

TEST_F(PublishersTest, AFolderThatCannotBeKeptEndsNeitherLogNorReceipts) {
  stop();
  const auto index = folder / "billing/publishers";
  std::filesystem::remove_all(index);
  std::ofstream(index) << "in the way";
  start();
  const std::uint64_t number = call(northwind, "acme/vision");
  EXPECT_EQ(on_customers("/v1/receipts/" + std::to_string(number), manage).status, 200);
  EXPECT_TRUE(will_be([&] { return page(0).reason() == "publishers.failed"; }));
  trade(1'500);
  std::filesystem::remove(index);
  EXPECT_TRUE(knows(1'501)) << "it is tried again";
  EXPECT_EQ(on_customers("/v1/receipts/" + std::to_string(number), manage).status, 200);
}

TEST_F(PublishersTest, AFileThatWasChangedIsMadeAgain) {
  trade(2'300);
  ASSERT_TRUE(knows(2'300));
  ASSERT_TRUE(will_be([&] { return files() == 2; }));
  std::fstream file(folder / "billing/publishers/000000000000.run", std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3, std::ios::end);
  file.put('\x55');
  file.close();
  const RegistryReply refused = page(0);
  EXPECT_EQ(refused.reason(), "publishers.broken");
  EXPECT_EQ(refused.status, 500);
  EXPECT_TRUE(knows(2'300));
  EXPECT_EQ(page(0).json()["items"].size(), 6u);
  EXPECT_TRUE(will_be([&] { return files() == 2; }));
}

TEST_F(PublishersTest, AJournalShorterThanItsLogIsFoundBehindTheFilesToo) {
  trade(2'300);
  ASSERT_TRUE(knows(2'300));
  ASSERT_TRUE(will_be([&] { return files() == 2; }));
  stop();
  teller_.reset();
  journal_.reset();
  std::filesystem::remove_all(folder / "billing/journal");
  journal_ = *Journal::open(folder / "billing/journal", {.segment_bytes = 32u << 20});
  trade(2'100);
  start();
  EXPECT_TRUE(will_be([&] { return page(0).reason() == "log.failed"; }));
  EXPECT_EQ(on_operators("/v1/receipts/2050", auditor).reason(), "log.failed");
}

TEST_F(ProofHostTest, AfterARestartTheLogGoesOnUnderItsKey) {
  for (int i = 0; i < 20; ++i) call(northwind, "acme/vision");
  ASSERT_EQ(on_customers("/v1/receipts/19", manage).status, 200);
  const std::string before = on_operators("/log/checkpoint").body, key = on_operators("/log/key").body;
  const auto older = open_checkpoint(before, key_line());
  stop();
  call(northwind, "acme/vision");
  start();
  EXPECT_EQ(on_operators("/log/key").body, key);
  ASSERT_EQ(on_customers("/v1/receipts/20", manage).status, 200);
  const auto newer = open_checkpoint(on_operators("/log/checkpoint").body, key_line());
  ASSERT_TRUE(newer);
  auto check = LogCheck::open(newer->head, [&](const TilePlace& place) -> Result<std::string> {
    return on_customers("/log/" + path_of(place)).body;
  });
  ASSERT_TRUE(check);
  EXPECT_TRUE(check->check_goes_on_from(older->head));
}

TEST_F(ProofHostTest, ALogThatCannotBeWrittenStopsNobodysCalls) {
  call(northwind, "acme/vision");
  ASSERT_EQ(on_customers("/v1/receipts/0", manage).status, 200);
  // A file where a folder has to be.
  std::filesystem::rename(folder / "billing/log/tile", folder / "elsewhere");
  std::ofstream(folder / "billing/log/tile") << "in the way";
  const std::uint64_t number = call(northwind, "acme/vision");
  const RegistryReply refused = on_customers("/v1/receipts/" + std::to_string(number), manage);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.reason(), "log.failed");
  call(northwind, "acme/vision");
  const auto gauges = proof_->gauges();
  EXPECT_EQ(gauges[0].value, 1);
  EXPECT_EQ(gauges[1].value, 2);
  EXPECT_EQ(gauges[2].value, 1);
  stop();
  log_.reset();  // writes what is queued
  EXPECT_NE(registry::file_bytes(folder / "host.log").find("ledger_log.failed"), std::string::npos);
}

}  // namespace
}  // namespace stoa::app

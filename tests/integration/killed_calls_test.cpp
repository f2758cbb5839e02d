// killed_calls_test.cpp: kill -9 of a host that charges, at any moment, under clients that ask again by their keys:
// nothing that was acknowledged is lost, nothing is charged twice. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "registry/document/test_child.hpp"
#include "tests/integration/billed_world.hpp"

namespace stoa::test {
namespace {

using http::RawClient;
using http::status_of_answer;
using namespace licensing;

constexpr Nano kFunds = 1'000'000 * kNanoPerUnit;
constexpr std::size_t kClients = 8;

// The whole host over what lies in the folder; says its port and the customer's key when it can be asked.
[[noreturn]] void serve_for_ever(const std::filesystem::path& folder, int out) {
  BilledWorld world({}, real_disk(), 0, folder);
  const auto payer = world.add(world.journal->durable() == 0 ? kFunds : 0);
  world.serve();
  if (!settle(*world.journal)) ::_exit(3);
  const std::string said = std::to_string(world.port()) + ' ' + payer.key + ' ' + payer.customer + '\n';
  if (::write(out, said.data(), said.size()) != static_cast<ssize_t>(said.size())) ::_exit(4);
  for (;;) ::pause();
}

struct Host {
  std::uint16_t port = 0;
  std::string key, customer;
};
Host host_in(const std::string& said) {
  Host host;
  const std::size_t first = said.find(' '), second = said.find(' ', first + 1);
  std::from_chars(said.data(), said.data() + first, host.port);
  host.key = said.substr(first + 1, second - first - 1);
  host.customer = said.substr(second + 1, said.find('\n') - second - 1);
  return host;
}

// What a client was told about its calls; it asks for what it was not told until it is.
struct Told {
  std::map<std::uint64_t, std::pair<std::string, std::string>> answers;  // call -> receipt, body
  std::uint64_t next = 0;
  std::uint64_t replayed = 0, differing = 0, others = 0;
};

std::string key_of(std::size_t client, std::uint64_t call) {
  return "c" + std::to_string(client) + "-" + std::to_string(call);
}

// Until the host is gone. Now and then it asks again for what it was told before, which has to be the same.
void ask_until_gone(const Host& host, std::size_t client, Told& told, std::mt19937_64 random) {
  RawClient connection(host.port);
  if (!connection.is_connected()) return;
  for (;;) {
    const bool is_again = told.next > 0 && random() % 8 == 0;
    const std::uint64_t call = is_again ? random() % told.next : told.next;
    const std::string body =
        R"({"inputs":[{"name":"in_fp32","shape":[1,1],"datatype":"FP32","data":[)" + std::to_string(call) + "]}]}";
    const std::string fields = bearer(host.key) + "Idempotency-Key: " + key_of(client, call) + "\r\n";
    if (!connection.send(request_with(fields, {}, body))) return;
    const std::string answer = connection.answer(), status = status_of_answer(answer);
    if (answer.empty()) return;
    if (status == "409" || status == "503") continue;
    if (status != "200") {
      ++told.others;
      return;
    }
    if (field_of(answer, "idempotent-replayed") == "true") ++told.replayed;
    const std::pair now(field_of(answer, api::kReceiptField), answer.substr(answer.find("\r\n\r\n") + 4));
    const auto [before, is_new] = told.answers.emplace(call, now);
    if (!is_new && before->second != now) ++told.differing;
    if (call == told.next) ++told.next;
  }
}

// What the last start went on from is what all entries come to, each read again by its terms.
void check_taken_up(const BilledWorld& world) {
  const auto anew = Teller::open(*world.journal, world.terms, [] { return TestAccess::kNowMs; });
  ASSERT_TRUE(anew) << anew.error().message;
  EXPECT_EQ((*anew)->save()->state, world.teller->save()->state);
  world.follower->stop();
  const auto worked_out = world.files / "worked_out.db";
  ASSERT_TRUE(
      build_projection(worked_out, *world.journal, world.journal->durable(), [](std::uint64_t) { return true; }));
  const auto same = compare_projections(world.files / app::kProjectionFile, worked_out);
  EXPECT_TRUE(same) << same.error().message;
}

// The journal against what the clients were told.
void check_books(const std::filesystem::path& folder, const std::string& customer, const std::vector<Told>& told) {
  BilledWorld world({}, real_disk(), 0, folder);
  check_taken_up(world);
  std::map<std::string, std::uint64_t> entries;
  std::uint64_t number = 0, calls = 0, doubled = 0, lost = 0;
  for (const std::string& record : entries_from(*world.journal, 0)) {
    const auto entry = decode(record);
    ASSERT_TRUE(entry) << entry.error().message;
    if (entry->kind == EntryKind::usage) {
      ++calls;
      if (!entries.emplace(entry->party->idempotency_key, number).second) ++doubled;
    }
    ++number;
  }
  std::uint64_t acknowledged = 0, replayed = 0;
  for (std::size_t client = 0; client < told.size(); ++client) {
    EXPECT_EQ(told[client].differing, 0u) << "the same call was answered otherwise";
    EXPECT_EQ(told[client].others, 0u);
    acknowledged += told[client].answers.size();
    replayed += told[client].replayed;
    for (const auto& [call, answer] : told[client].answers) {
      const auto entry = entries.find(key_of(client, call));
      if (entry == entries.end() || std::to_string(entry->second) != answer.first) ++lost;
    }
  }
  EXPECT_EQ(lost, 0u);
  EXPECT_EQ(doubled, 0u);
  // At most one call of each client was charged and not acknowledged yet.
  EXPECT_LE(calls, acknowledged + told.size());
  const Nano left = world.teller->look(
      [&](const AccountsBook& book) { return book.balances(kEuro)->available("wallet:" + customer); });
  EXPECT_EQ(left, kFunds - static_cast<Nano>(calls) * kCent);
  std::printf("%llu calls charged, %llu acknowledged, %llu lost, %llu doubled, %llu answers sent again\n",
              static_cast<unsigned long long>(calls), static_cast<unsigned long long>(acknowledged),
              static_cast<unsigned long long>(lost), static_cast<unsigned long long>(doubled),
              static_cast<unsigned long long>(replayed));
}

TEST(KilledHost, LosesAndDoublesNothingForClientsThatAskAgain) {
  const char* const given = std::getenv("STOA_KILLS");
  const int kills = given ? std::atoi(given) : 15;
  const registry::TestFolder folder;
  std::mt19937_64 random(11);
  std::vector<Told> told(kClients);
  std::vector<std::int64_t> recovery_ms;
  Host host;
  for (int kill = 0; kill < kills; ++kill) {
    const auto began = std::chrono::steady_clock::now();
    registry::TestChild child([&](int out) -> int { serve_for_ever(folder.path(), out); });
    std::string said;
    while (!said.contains('\n')) {
      const std::string more = child.said_within(std::chrono::milliseconds(20));
      said += more;
      ASSERT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(30)) << "the host did not come up";
    }
    recovery_ms.push_back(
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began).count());
    host = host_in(said);
    std::vector<std::jthread> clients;
    for (std::size_t i = 0; i < kClients; ++i)
      clients.emplace_back([&, i, seed = random()] { ask_until_gone(host, i, told[i], std::mt19937_64(seed)); });
    (void)child.said_within(std::chrono::milliseconds(5 + random() % 200));
    child.kill();
  }
  check_books(folder.path(), host.customer, told);
  const auto tenth = static_cast<std::ptrdiff_t>(std::max<std::size_t>(1, recovery_ms.size() / 10));
  std::vector<std::int64_t> last(recovery_ms.end() - tenth, recovery_ms.end());
  std::ranges::sort(last);
  std::ranges::sort(recovery_ms);
  std::printf(
      "%d kills, from the start of the process until it answers: median %lld ms, longest %lld ms; median of the last "
      "tenth %lld ms\n",
      kills, static_cast<long long>(recovery_ms[recovery_ms.size() / 2]), static_cast<long long>(recovery_ms.back()),
      static_cast<long long>(last[last.size() / 2]));
}

}  // namespace
}  // namespace stoa::test

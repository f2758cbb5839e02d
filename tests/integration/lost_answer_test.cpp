// lost_answer_test.cpp: kill -9 between a stream's entry and its answer: its key is worth one answer, whole, and never
// a part of one again. SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "registry/document/test_child.hpp"
#include "tests/integration/billed_world.hpp"

namespace stoa::test {
namespace {

using http::RawClient;
using http::status_of_answer;

constexpr licensing::Nano kFundsOfAll = 1'000 * kCent;
constexpr std::string_view kWhole = R"({"text_input":"word","times":5,"parameters":{"max_tokens":5}})";
constexpr std::string_view kHanging = R"({"text_input":"word","times":5,"hang_at":3,"parameters":{"max_tokens":5}})";

// A host over what lies in the folder, that says where it can be asked; then "charged" once its journal has so many
// entries, and, where its answers cannot be kept, "stuck" once one is to be.
struct LostHost {
  bool keeps_answers = true;
  std::uint64_t entries = 0;  // 0: does not say so
};
[[noreturn]] void serve_folder(const std::filesystem::path& folder, const LostHost& host, int out) {
  licensing::StuckDisk disk;
  BilledWorld world({}, licensing::real_disk(), 0, folder);
  const auto payer = world.add(world.journal->durable() == 0 ? kFundsOfAll : 0);
  BilledWorld::Serving serving;
  serving.keeping.disk = &disk;
  world.serve(serving);
  if (!settle(*world.journal)) ::_exit(3);
  disk.hold(!host.keeps_answers);
  const auto say = [&](const std::string& what) {
    if (::write(out, what.data(), what.size()) != static_cast<ssize_t>(what.size())) ::_exit(4);
  };
  say(std::to_string(world.port()) + ' ' + payer.key + '\n');
  while (world.journal->durable() < host.entries) std::this_thread::yield();
  if (host.entries > 0) say("charged\n");
  if (!host.keeps_answers) {
    disk.await_stuck();
    say("stuck\n");
  }
  for (;;) ::pause();
}

class RunningHost {
 public:
  RunningHost(const registry::TestFolder& folder, const LostHost& host)
      : child_([&](int out) -> int { serve_folder(folder.path(), host, out); }) {
    const std::string line = line_of_child();
    const std::size_t space = line.find(' ');
    std::from_chars(line.data(), line.data() + line.size(), port);
    key = line.substr(space + 1);
  }
  std::string line_of_child() {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!said_.contains('\n') && std::chrono::steady_clock::now() < until)
      said_ += child_.said_within(std::chrono::milliseconds(5));
    const std::size_t end = said_.find('\n');
    std::string line = said_.substr(0, end);
    said_.erase(0, end == std::string::npos ? end : end + 1);
    return line;
  }
  void kill() { child_.kill(); }

  std::string stream(std::string_view key_of_call, std::string_view body, std::string_view more = {}) const {
    return request_with(bearer(key).append("Idempotency-Key: ").append(key_of_call).append("\r\n").append(more),
                        "/v2/models/" + std::string(kMetered) + "/generate_stream", body);
  }
  std::string ask(std::string_view key_of_call, std::string_view body, std::string_view more = {}) const {
    RawClient client(port);
    EXPECT_TRUE(client.send(stream(key_of_call, body, std::string(more).append("Connection: close\r\n"))));
    return client.rest();
  }

  std::uint16_t port = 0;
  std::string key;

 private:
  registry::TestChild child_;
  std::string said_;
};

// Long enough for what comes before it hangs, on a machine that is busy; and perhaps not.
constexpr std::string_view kLate = "x-stoa-timeout-ms: 2000\r\n", kSoon = "x-stoa-timeout-ms: 200\r\n";

// A whole stream and one that hung are charged, and neither is kept: what a crash leaves of each is its entry.
void lose_two_answers(const registry::TestFolder& folder) {
  RunningHost host(folder, {.keeps_answers = false, .entries = 3});
  RawClient whole(host.port), hanging(host.port);
  ASSERT_TRUE(whole.send(host.stream("whole", kWhole)));
  ASSERT_TRUE(hanging.send(host.stream("hanging", kHanging, kLate)));
  ASSERT_EQ(host.line_of_child(), "charged");
  EXPECT_TRUE(hanging.wait_for("word"));
  host.kill();
  EXPECT_TRUE(whole.rest().contains("word"));
}

TEST(LostAnswer, IsGivenOnceWholeAndNothingOfItBefore) {
  const registry::TestFolder folder;
  lose_two_answers(folder);
  if (testing::Test::HasFatalFailure()) return;
  {
    // Nothing of a second run leaves before it is kept: whoever is killed again has given nothing.
    RunningHost host(folder, {.keeps_answers = false});
    RawClient client(host.port);
    ASSERT_TRUE(client.send(host.stream("whole", kWhole)));
    ASSERT_EQ(host.line_of_child(), "stuck");
    host.kill();
    EXPECT_EQ(client.rest(), "");
  }
  RunningHost host(folder, {});
  for (int round = 0; round < 3; ++round) {
    const bool is_late = round == 2;
    const std::string refused = host.ask("hanging", kHanging, is_late ? kLate : kSoon);
    const std::string status = status_of_answer(refused);
    EXPECT_TRUE(status == "503" || (status == "504" && !is_late)) << refused;
    EXPECT_FALSE(refused.contains("word"));
    if (status != "503") continue;
    EXPECT_EQ(field_of(refused, "x-stoa-reason"), "idempotency.repeat_failed");
    EXPECT_NE(field_of(refused, "x-stoa-receipt"), "");
  }
  const std::string answer = host.ask("whole", kWhole), again = host.ask("whole", kWhole);
  EXPECT_EQ(status_of_answer(answer), "200") << answer;
  EXPECT_EQ(field_of(again, "idempotent-replayed"), "true") << again;
  EXPECT_NE(field_of(again, "x-stoa-receipt"), "");
  std::size_t events = 0;
  for (std::size_t at = again.find("data: "); at != std::string::npos; at = again.find("data: ", at + 1)) ++events;
  EXPECT_EQ(events, 5u);
  host.kill();
  BilledWorld world({}, licensing::real_disk(), 0, folder.path());
  EXPECT_EQ(world.calls().size(), 2u);
}

}  // namespace
}  // namespace stoa::test

// kill_test.cpp: kill -9 anywhere in put, append, finish, collect: what was acknowledged is there, nothing is half
// there. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <random>

#include "registry/blobs/collection.hpp"
#include "registry/blobs/test_kill.hpp"
#include "registry/blobs/test_store.hpp"

namespace stoa::registry {
namespace {

// Blobs are told by a number: even ones are live for ever, odd ones may be collected by any collection.
constexpr unsigned kBlobs = 40;

std::string blob_text(unsigned number) { return random_bytes(number % 7 == 0 ? number : 1 + number * 4099, number); }

bool is_live(unsigned number) { return number % 2 == 0; }

enum class Act : std::uint8_t { put, begin, append, finish, abort, collecting, collected };

// What the child tells; a write this small to a pipe is whole.
struct Told {
  Act act{};
  unsigned blob = 0;
  std::uint64_t offset = 0;
  char id[33] = "";
};

struct KnownUpload {
  unsigned blob = 0;
  std::uint64_t offset = 0;
};

// What was acknowledged up to now, as a client would remember it. A child inherits it and goes on from there.
struct Known {
  std::set<unsigned> blobs;
  std::map<std::string, KnownUpload> uploads;  // unfinished
  std::map<std::string, unsigned> finished;
  std::set<std::string> aborted;
  std::map<Act, int> times;

  void learn(const Told& told) {
    ++times[told.act];
    const std::string id = told.id;
    if (told.act == Act::put) blobs.insert(told.blob);
    if (told.act == Act::begin || told.act == Act::append) uploads[id] = {told.blob, told.offset};
    if (told.act == Act::finish) uploads.erase(id), finished[id] = told.blob, blobs.insert(told.blob);
    if (told.act == Act::abort) uploads.erase(id), aborted.insert(id);
    if (told.act == Act::collecting) std::erase_if(blobs, [](unsigned number) { return !is_live(number); });
  }
};

// Made before the first child, which inherits it.
const std::set<Sha256>& live_digests() {
  static const auto live = [] {
    std::set<Sha256> digests;
    for (unsigned number = 0; number < kBlobs; ++number)
      if (is_live(number)) digests.insert(sha256_of(blob_text(number)));
    return digests;
  }();
  return live;
}

constexpr UploadPolicy kForever{.idle_ns_max = std::int64_t{1} << 60};
constexpr UploadQuota kOpen{.bytes_max = std::uint64_t{1} << 40, .stored_bytes = 0, .uploads_max = 100};

UploadKey key_of(const std::string& id) { return {UploadId::parse(id).value(), "acme"}; }

class Child {
 public:
  Child(const std::filesystem::path& root, Known known, int pipe, unsigned seed)
      : root_(root), known_(std::move(known)), pipe_(pipe), random_(seed) {}

  // Death may come from the call on. Opening is most of the system calls of a short life: it is in danger only
  // sometimes.
  template <class Arm>
  [[noreturn]] void run(Arm arm) {
    const bool is_opened_in_danger = random_() % 8 == 0;
    if (is_opened_in_danger) arm();
    const auto store = need(BlobStore::open(root_));
    Uploads uploads(*store, kForever);
    if (!is_opened_in_danger) arm();
    for (;;) step(*store, uploads);
  }

 private:
  void step(const BlobStore& store, Uploads& uploads) {
    const auto number = static_cast<unsigned>(random_() % kBlobs);
    const auto choice = random_() % 10;
    if (choice < 3) {
      need(store.put(bytes_of(blob_text(number)), 1));
      tell({Act::put, number, 0, ""});
    } else if (choice == 3) {
      tell({Act::collecting, 0, 0, ""});
      need(collect(store, uploads, {live_digests(), 1000, 0, false}));
      tell({Act::collected, 0, 0, ""});
    } else if (choice < 6 && known_.uploads.size() < 4) {
      const auto text = blob_text(number);
      const auto announced = number % 3 == 0 ? std::optional(sha256_of(text)) : std::nullopt;
      tell({Act::begin, number, 0, ""}, need(uploads.begin({"acme", text.size(), announced}, kOpen, 1)).id.text());
    } else if (!known_.uploads.empty()) {
      go_on(store, uploads, *std::next(known_.uploads.begin(), static_cast<long>(random_() % known_.uploads.size())));
    }
  }

  void go_on(const BlobStore& store, Uploads& uploads, std::pair<std::string, KnownUpload> upload) {
    const auto& [id, known] = upload;
    const auto text = blob_text(known.blob);
    if (random_() % 6 == 0) {
      if (!uploads.abort(key_of(id))) std::_Exit(3);
      return tell({Act::abort, known.blob, 0, ""}, id);
    }
    // Where the one before was killed, more may be there than was acknowledged, or it may be finished.
    const auto status = need(uploads.status(key_of(id), 1));
    if (status.offset == text.size()) {
      // One collected since is finished all the same.
      const auto blob = uploads.finish(key_of(id), sha256_of(text), 1);
      if (!blob && blob.error().reason == "blob.not_found" && !is_live(known.blob))
        need(store.put(bytes_of(text), 1));
      else
        need(blob);
      return tell({Act::finish, known.blob, 0, ""}, id);
    }
    const auto chunk = std::string_view(text).substr(status.offset, 1 + random_() % 50'000);
    const auto appended = need(uploads.append(key_of(id), {status.offset, bytes_of(chunk)}, 1));
    tell({Act::append, known.blob, appended.offset, ""}, id);
  }

  template <class T>
  T need(Result<T> result) {
    if (result) return std::move(*result);
    std::fprintf(stderr, "child: %s: %s\n", result.error().reason.c_str(), result.error().message.c_str());
    std::_Exit(4);
  }

  void tell(Told told, const std::string& id = "") {
    std::ranges::copy(id, told.id);
    known_.learn(told);
    if (::write(pipe_, &told, sizeof told) != sizeof told) std::_Exit(5);
  }

  const std::filesystem::path root_;
  Known known_;
  const int pipe_;
  std::mt19937 random_;
};

// The kernel kills the process when the time is over, whatever it is doing.
void be_killed_after(std::uint64_t us) {
  sigevent kill{};
  kill.sigev_notify = SIGEV_SIGNAL;
  kill.sigev_signo = SIGKILL;
  timer_t timer{};
  const itimerspec when{{0, 0}, {0, static_cast<long>(us * 1000)}};
  if (::timer_create(CLOCK_MONOTONIC, &kill, &timer) != 0 || ::timer_settime(timer, 0, &when, nullptr) != 0)
    std::_Exit(6);
}

void run_and_kill(const std::filesystem::path& root, Known& known, std::mt19937& random) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const bool is_traced = random() % 2 == 0;
  // More often soon than late.
  const auto n = random() % (random() % 3000 + 1), us = 1 + random() % (random() % 40'000 + 1);
  const auto seed = static_cast<unsigned>(random());
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    Child(root, known, ends[1], seed).run([&] {
      if (!is_traced || !stop_to_be_traced()) be_killed_after(us);
    });
  }
  ::close(ends[1]);
  const auto learn = [&] {
    Told told;
    while (::read(ends[0], &told, sizeof told) == sizeof told) known.learn(told);
    ::close(ends[0]);
  };
  if (is_traced) {
    const int end = kill_at_system_call(child, n);
    EXPECT_TRUE(WIFSIGNALED(end)) << "the child gave up: " << WEXITSTATUS(end);
    return learn();
  }
  learn();
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the child gave up: " << WEXITSTATUS(status);
}

void check(const std::filesystem::path& root, Known& known) {
  const auto store = BlobStore::open(root).value();
  Uploads uploads(*store, kForever);
  for (const auto number : known.blobs)
    EXPECT_EQ(reason_of(store->find(sha256_of(blob_text(number)))), "") << "blob " << number << " was acknowledged";
  for (auto& [id, upload] : known.uploads) {
    const auto status = uploads.status(key_of(id), 1);
    // An abort that was not acknowledged may have happened.
    if (!status && status.error().reason == "upload.not_found") continue;
    ASSERT_TRUE(status.has_value()) << status.error().message;
    EXPECT_GE(status->offset, upload.offset) << "acknowledged bytes are gone";
    if (status->is_finished) continue;
    const auto bytes = file_bytes(root / "uploads" / (id + ".bytes"));
    EXPECT_TRUE(blob_text(upload.blob).starts_with(bytes)) << id;
  }
  std::erase_if(known.uploads, [&](const auto& upload) { return !uploads.status(key_of(upload.first), 1); });
  for (const auto& [id, blob] : known.finished) {
    const auto again = uploads.finish(key_of(id), sha256_of(blob_text(blob)), 1);
    EXPECT_TRUE(again || (again.error().reason == "blob.not_found" && !is_live(blob))) << again.error().message;
  }
  for (const auto& id : known.aborted) EXPECT_EQ(reason_of(uploads.status(key_of(id), 1)), "upload.not_found");
  // Reads every blob that has a name.
  const auto before = check_blobs(*store, uploads, {1, true});
  ASSERT_TRUE(before.has_value()) << before.error().message;
  for (const auto& finding : before->findings)
    EXPECT_TRUE(finding.kind == BlobFinding::Kind::leftover && finding.is_fixed)
        << finding.place << ": " << finding.message;
  EXPECT_TRUE(check_blobs(*store, uploads, {1, false}).value().findings.empty());
  // What the check calls in order is so, looked at without it.
  EXPECT_TRUE(store->staging().names().value().empty());
  const auto names = store->uploads().names().value();
  for (const auto& name : names)
    EXPECT_TRUE(name.ends_with(".terms") || std::ranges::binary_search(names, name.substr(0, 32) + ".terms")) << name;
}

TEST(KillNine, LosesNothingAcknowledgedAndShowsNothingPartial) {
  const char* wanted = std::getenv("STOA_KILLS");
  const int kills = wanted == nullptr ? 200 : std::atoi(wanted);
  const TestFolder folder;
  Known known;
  (void)live_digests();
  std::mt19937 random(7);
  for (int i = 0; i < kills && !::testing::Test::HasFailure(); ++i) {
    run_and_kill(folder / "store", known, random);
    check(folder / "store", known);
    if (known.finished.size() > 20) known.finished.clear();
    if (known.aborted.size() > 20) known.aborted.clear();
  }
  std::printf("%d kills; acknowledged: %d puts, %d begins, %d appends, %d finishes, %d aborts, %d of %d collections\n",
              kills, known.times[Act::put], known.times[Act::begin], known.times[Act::append], known.times[Act::finish],
              known.times[Act::abort], known.times[Act::collected], known.times[Act::collecting]);
}

}  // namespace
}  // namespace stoa::registry

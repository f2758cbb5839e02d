// kill_each_call_test.cpp: each request, killed once at every system call it makes.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "registry/blobs/collection.hpp"
#include "registry/blobs/test_kill.hpp"
#include "registry/blobs/test_store.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr UploadPolicy kLong{.idle_ns_max = 1000};
constexpr UploadQuota kPlenty{.bytes_max = 1'000'000, .stored_bytes = 0, .uploads_max = 100};
constexpr std::size_t kHalf = 6'000;
constexpr int kSkipped = 77;

// A store with a blob that stays, one that nobody needs, and uploads: half there, whole, expired.
struct Scene {
  Scene() {
    kept = store->put(bytes_of("kept"), 1).value().digest;
    (void)store->put(bytes_of("not needed"), 1).value();
    half = begin(1500), whole = begin(1500), expired = begin(1);
    const auto first = std::string_view(text).substr(0, kHalf);
    for (const auto& key : {*half, *expired})
      (void)uploads.append(key, {0, bytes_of(first)}, key.id == half->id ? 1500 : 1);
    (void)uploads.append(*whole, {0, bytes_of(text)}, 1500);
  }
  UploadKey begin(std::int64_t now_ns) {
    // At the time of the last one nothing has expired yet.
    return {uploads.begin({"acme", text.size(), {}}, kPlenty, now_ns == 1 ? 1 : 1000).value().id, "acme"};
  }

  TestStore store;
  Uploads uploads{*store, kLong};
  const std::string text = random_bytes(2 * kHalf, 1);
  Sha256 kept{};
  std::optional<UploadKey> half, whole, expired;
};

struct Interrupted {
  const char* name;
  std::string (*make)(Scene&);
  std::set<std::string> again;  // reasons that the same request may have after it was killed
};

const Interrupted kInterrupted[] = {
    {"put", [](Scene& s) { return reason_of(s.store->put(bytes_of(s.text), 1500)); }, {""}},
    {"put again", [](Scene& s) { return reason_of(s.store->put(bytes_of("kept"), 1500)); }, {""}},
    {"remove", [](Scene& s) { return reason_of(s.store->remove(sha256_of("not needed"))); }, {"", "blob.not_found"}},
    {"begin", [](Scene& s) { return reason_of(s.uploads.begin({"acme", 9, {}}, kPlenty, 1500)); }, {""}},
    {"append",
     [](Scene& s) {
       const auto rest = std::string_view(s.text).substr(kHalf);
       return reason_of(s.uploads.append(*s.half, {kHalf, bytes_of(rest)}, 1500));
     },
     {""}},
    {"finish", [](Scene& s) { return reason_of(s.uploads.finish(*s.whole, sha256_of(s.text), 1500)); }, {""}},
    {"abort", [](Scene& s) { return reason_of(s.uploads.abort(*s.half)); }, {"", "upload.not_found"}},
    {"sweep", [](Scene& s) { return reason_of(s.uploads.sweep(1500, false)); }, {""}},
};

// All that must be so whatever was interrupted.
void expect_sound(Scene& scene, const Interrupted& request, const std::string& when) {
  EXPECT_EQ(reason_of(scene.store->verify(scene.kept)), "") << when;
  for (const auto& key : {*scene.half, *scene.whole}) {
    const auto status = scene.uploads.status(key, 1500);
    if (std::string(request.name) == "abort" && reason_of(status) == "upload.not_found") continue;
    ASSERT_TRUE(status.has_value()) << when << ": " << status.error().message;
    EXPECT_GE(status->offset, key.id == scene.half->id ? kHalf : 2 * kHalf) << when;
  }
  EXPECT_TRUE(request.again.contains(request.make(scene))) << when;
  const auto check = check_blobs(*scene.store, scene.uploads, {1500, true}).value();
  for (const auto& finding : check.findings)
    EXPECT_TRUE(finding.kind == BlobFinding::Kind::leftover && finding.is_fixed) << when << ": " << finding.place;
  EXPECT_TRUE(scene.store->staging().names().value().empty()) << when;
  const auto names = scene.store->uploads().names().value();
  for (const auto& name : names)
    EXPECT_TRUE(name.ends_with(".terms") || std::ranges::binary_search(names, name.substr(0, 32) + ".terms")) << when;
}

TEST(KillNine, AtEverySystemCallOfEveryRequest) {
  for (const auto& request : kInterrupted) {
    bool is_over = false;
    std::uint64_t n = 1;  // the first stop is the child's own
    for (; !is_over && !::testing::Test::HasFailure(); ++n) {
      Scene scene;
      const pid_t child = ::fork();
      if (child == 0) {
        if (!stop_to_be_traced()) std::_Exit(kSkipped);
        std::_Exit(request.make(scene).empty() ? 0 : 1);
      }
      const int end = kill_at_system_call(child, n);
      is_over = WIFEXITED(end);
      if (is_over && WEXITSTATUS(end) == kSkipped) GTEST_SKIP() << "nobody may be traced here";
      if (is_over) EXPECT_EQ(WEXITSTATUS(end), 0) << request.name;
      expect_sound(scene, request, std::string(request.name) + ", killed at stop " + std::to_string(n));
    }
    std::printf("%s: killed at %d places\n", request.name, static_cast<int>(n) - 2);
  }
}

}  // namespace
}  // namespace stoa::registry

// killed_test.cpp: kill -9 at any system call of publishing, reviewing, moving aliases and collecting, all the way
// through uploads, blobs and catalogue (C4, B2). SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>
#include <set>

#include "registry/upkeep/diagnosis.hpp"
#include "registry/upkeep/test_process.hpp"
#include "registry/upkeep/test_registry_folder.hpp"

namespace stoa::registry {
namespace {

constexpr int kKills = 50;  // STOA_KILLS: another number
constexpr int kKillsPerFolder = 25, kVersions = 8;
// A life of some acts: opening is about 250 stops, an act 60 to 300.
constexpr std::uint64_t kStopsMax = 6'000;

enum class Act : std::uint8_t { announce, send, submit, check, review, yank, drop, alias, orphan, mend };
constexpr const char* kNames[] = {"announce", "send", "submit", "check",  "review",
                                  "yank",     "drop", "alias",  "orphan", "mend"};

// What the child tells before and after each act. A write this small to a pipe is whole.
struct Told {
  bool is_done = false;
  Act act{};
  ReleaseState state{};  // of the release, after the act
  char release[40] = "", upload[40] = "";
  std::uint64_t offset = 0;
  std::int64_t alias_steps = 0;
  AuditHead head = {};
};
static_assert(sizeof(Told) <= 512);

template <std::size_t n>
void put(char (&to)[n], const std::string& text) {
  std::snprintf(to, n, "%s", text.c_str());
}

// What was acknowledged, and what was under way when it ended.
struct Known {
  std::map<std::string, ReleaseState> releases;
  std::map<std::string, std::uint64_t> uploads;  // of drafts
  std::int64_t alias_steps = 0;
  AuditHead head;
  std::optional<Told> under_way;

  void learn(const Told& told) {
    under_way = told.is_done ? std::nullopt : std::optional(told);
    if (!told.is_done) return;
    head = told.head;
    if (told.act == Act::alias) alias_steps = told.alias_steps;
    if (told.act == Act::drop) releases.erase(told.release);
    if (told.act == Act::drop || told.act == Act::submit) uploads.erase(told.upload);
    if (*told.release && told.act != Act::drop) releases[told.release] = told.state;
    if (told.act == Act::announce || told.act == Act::send)
      if (*told.upload) uploads[told.upload] = told.offset;
  }
};

class Life {
 public:
  explicit Life(RegistryFolder& on) : on_(on) {}

  // One act after the other, without an end. A result: something failed that must not.
  int run(unsigned seed, int pipe) {
    pipe_ = pipe;
    random_.seed(seed);
    const bool is_opened_in_danger = up_to(8) == 0;
    if (is_opened_in_danger) tell_tracer(Tracing::begins);
    if (!on_.try_open()) return 1;
    if (!is_opened_in_danger) tell_tracer(Tracing::begins);
    for (;;) {
      on_.now_ms += 2;
      const Result<void> done = act();
      if (done) continue;
      std::fprintf(stderr, "child: %s: %s\n", done.error().reason.c_str(), done.error().message.c_str());
      return 2;
    }
  }

 private:
  int up_to(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most)); }
  template <class Use>
  auto with(Use use) {
    return on_->with_catalogue(use);
  }

  Told begin(Act act, const std::string& release = "", const std::string& upload = "") {
    Told told;
    told.act = act;
    put(told.release, release);
    put(told.upload, upload);
    say(told);
    return told;
  }
  Result<void> end(Told told) {
    const auto lines = with([&](Catalogue& catalogue) { return catalogue.audit(on_.admin, 0, 1, ""); });
    if (!lines) return std::unexpected(lines.error());
    told.is_done = true;
    told.head = {lines->front().line, lines->front().sha256};
    say(told);
    return {};
  }
  Result<void> end(Told told, const Result<ReleaseRecord>& release) {
    if (!release) return std::unexpected(release.error());
    told.state = release->state;
    put(told.release, release->id.text);
    return end(told);
  }
  void say(const Told& told) {
    if (::write(pipe_, &told, sizeof told) != sizeof told) ::_exit(3);
  }

  Result<void> act() {
    switch (up_to(30)) {  // mending makes as many calls as ten others
      case 0:
        return mend();
      case 1:
      case 2:
      case 3:
      case 4:
        return alias();
      case 5:
      case 6:
        return yank();
      case 7:
      case 8:
        return orphan();
      default:
        return publish();
    }
  }

  Result<void> mend() {
    const Told told = begin(Act::mend);
    const auto found = mend_registry(*on_, {.now_ms = on_.now_ms, .grace_ms = 0});
    if (!found) return std::unexpected(found.error());
    if (!found->is_healthy()) return failure(Code::internal, "test", diagnosis_json(*found));
    return end(told);
  }
  Result<void> orphan() {
    const Told told = begin(Act::orphan);
    const std::string bytes = "nobody's " + std::to_string(random_());
    if (auto blob = on_->blobs().put(std::as_bytes(std::span(bytes)), on_.now_ms * 1'000'000); !blob)
      return std::unexpected(blob.error());
    return end(told);
  }
  std::vector<ReleaseRecord> all(std::optional<ReleaseState> state) {
    ReleaseFilter filter;
    filter.state = state;
    filter.most = 1000;
    return *with([&](Catalogue& catalogue) { return catalogue.releases(filter); });
  }
  Result<void> alias() {
    const auto releases = all(ReleaseState::published);
    if (releases.empty()) return {};
    const auto& version = releases[static_cast<std::size_t>(up_to(static_cast<int>(releases.size())))].version;
    Told told = begin(Act::alias);
    const auto moved = with([&](Catalogue& catalogue) {
      return up_to(4) == 0 ? catalogue.take_back_alias(on_.admin, "acme/classify", "champion", "")
                           : catalogue.move_alias(on_.admin, {"acme/classify", "champion", {{version}}, "so"});
    });
    // Where it points already, or nowhere: refused, and nothing is done.
    if (!moved && moved.error().reason.starts_with("alias.")) return end(with_steps(told));
    if (!moved) return std::unexpected(moved.error());
    return end(with_steps(told));
  }
  Told with_steps(Told told) {
    const auto steps = with([](Catalogue& catalogue) { return catalogue.alias_steps("acme/classify", "champion", 1); });
    told.alias_steps = steps && !steps->empty() ? steps->front().step : 0;
    return told;
  }
  Result<void> yank() {
    const auto releases = all(up_to(2) == 0 ? ReleaseState::published : ReleaseState::yanked);
    if (releases.empty()) return {};
    const ReleaseRecord& one = releases.front();
    const Told told = begin(Act::yank, one.id.text);
    return end(told, with([&](Catalogue& catalogue) {
                 return one.state == ReleaseState::yanked ? catalogue.restore(on_.admin, one.id, "")
                                                          : catalogue.yank(on_.admin, one.id, "so");
               }));
  }

  // The next step of a release that is under way, or a new one.
  Result<void> publish() {
    auto releases = all(std::nullopt);
    std::ranges::shuffle(releases, random_);
    for (const ReleaseRecord& release : releases) {
      if (release.state == ReleaseState::draft) return up_to(10) == 0 ? drop(release) : bring(release);
      if (release.state == ReleaseState::submitted ||
          (release.state == ReleaseState::validating && !release.checked_ms)) {
        const Told told = begin(Act::check, release.id.text);
        return end(told, on_->check(release.id));
      }
      if (release.state == ReleaseState::validating || release.state == ReleaseState::quarantined) {
        const Told told = begin(Act::review, release.id.text);
        const bool is_quarantined = release.state == ReleaseState::quarantined;
        const auto verdict = is_quarantined || up_to(5) < 3 ? Verdict::accept
                             : up_to(2) == 0                ? Verdict::reject
                                                            : Verdict::quarantine;
        return end(told, on_.reviewed(release.id, verdict));
      }
    }
    const std::string version = "1." + std::to_string(up_to(kVersions)) + ".0";
    for (const ReleaseRecord& release : releases)
      if (release.version == version && release.state != ReleaseState::rejected) return {};
    return announce(version);
  }
  Result<void> announce(const std::string& version) {
    Told told = begin(Act::announce);
    const auto announced = on_.announce(version);
    if (!announced) return std::unexpected(announced.error());
    if (announced->upload) put(told.upload, announced->upload->id.text()), told.offset = announced->upload->offset;
    return end(told, announced->release);
  }
  // Its upload is found by announcing it again, as by who lost its id.
  Result<void> bring(const ReleaseRecord& draft) {
    const auto again = on_.announce(draft.version);
    if (!again) return std::unexpected(again.error());
    if (again->release.id != draft.id) return failure(Code::internal, "test", "another draft");
    const std::string bytes = on_.package(draft.version);
    const auto& upload = again->upload;
    if (upload && upload->offset < bytes.size()) {
      Told told = begin(Act::send, draft.id.text, upload->id.text());
      const auto sent = on_.send(*upload, bytes, bytes.size() / 3 + 1);
      if (!sent) return std::unexpected(sent.error());
      told.offset = sent->offset;
      told.state = ReleaseState::draft;
      return end(told);
    }
    const Told told = begin(Act::submit, draft.id.text, upload ? upload->id.text() : "");
    return end(told, on_->submit(on_.acme, draft.id, upload ? std::optional(upload->id) : std::nullopt));
  }
  Result<void> drop(const ReleaseRecord& draft) {
    const auto again = on_.announce(draft.version);
    if (!again) return std::unexpected(again.error());
    const Told told = begin(Act::drop, draft.id.text, again->upload ? again->upload->id.text() : "");
    if (auto dropped = on_->drop_draft(on_.acme, draft.id); !dropped) return dropped;
    return end(told);
  }

  RegistryFolder& on_;
  std::mt19937 random_{1};
  int pipe_ = -1;
};

// What an act that was not acknowledged may have left of its release.
bool may_be(const Told& act, ReleaseState before, ReleaseState now) {
  using enum ReleaseState;
  if (before == now) return true;
  switch (act.act) {
    case Act::submit:
      return before == draft && now == submitted;
    case Act::check:
      return now == validating || now == rejected || now == quarantined;
    case Act::review:
      return now == published || now == rejected || now == quarantined;
    case Act::yank:
      return now == yanked || now == published;
    default:
      return false;
  }
}

class Killed : public ::testing::Test {
 protected:
  Killed() {
    on.open();
    on.add_acme();
    on.close();
    for (int i = 0; i < kVersions; ++i) (void)on.package("1." + std::to_string(i) + ".0");
    std::filesystem::copy(on.path(), folder / "begin", std::filesystem::copy_options::recursive);
  }
  void begin_anew() {
    on.close();
    std::filesystem::remove_all(on.path());
    std::filesystem::copy(folder / "begin", on.path(), std::filesystem::copy_options::recursive);
    known = {};
  }

  std::vector<ReleaseRecord> all() {
    ReleaseFilter filter;
    filter.most = 1000;
    return *on->with_catalogue([&](Catalogue& catalogue) { return catalogue.releases(filter); });
  }

  // Before anything is mended.
  void expect_nothing_lost() {
    const Told* const act = known.under_way ? &*known.under_way : nullptr;
    const auto is_of = [&](Act one, const std::string& id) { return act && act->act == one && act->release == id; };
    const auto whole = on->with_catalogue([&](Catalogue& catalogue) { return catalogue.examine(known.head); });
    ASSERT_TRUE(whole) << whole.error().reason << ": " << whole.error().message;
    std::map<std::string, ReleaseState> there;
    for (const ReleaseRecord& release : all()) there[release.id.text] = release.state;
    for (const auto& [id, state] : known.releases) {
      const bool may_be_gone = is_of(Act::drop, id) || (act && act->act == Act::mend && state == ReleaseState::draft);
      if (!there.contains(id)) {
        ASSERT_TRUE(may_be_gone) << "release " << id << " is lost, it was " << name_of(state);
        continue;
      }
      const bool is_right = there[id] == state || (act && act->release == id && may_be(*act, state, there[id]));
      ASSERT_TRUE(is_right) << id << " is " << name_of(there[id]) << ", acknowledged was " << name_of(state);
      there.erase(id);
    }
    ASSERT_LE(there.size(), act && act->act == Act::announce ? 1u : 0u) << "a release that nobody acknowledged";
    for (const auto& [id, state] : there) ASSERT_EQ(state, ReleaseState::draft);
    for (const auto& [id, offset] : known.uploads) {
      const auto status = on->upload(on.acme, *UploadId::parse(id));
      if (!status && act && act->act == Act::drop && act->upload == id) continue;
      ASSERT_TRUE(status) << "upload " << id << ": " << status.error().message;
      ASSERT_GE(status->offset, offset);
    }
    const auto steps =
        on->with_catalogue([](Catalogue& catalogue) { return catalogue.alias_steps("acme/classify", "champion", 1); });
    const std::int64_t now = steps && !steps->empty() ? steps->front().step : 0;
    ASSERT_GE(now, known.alias_steps);
    ASSERT_LE(now, known.alias_steps + (act && act->act == Act::alias ? 1 : 0));
  }

  // After it: every byte that is there is one that somebody needs, and every one that is needed is there.
  void expect_nothing_left_over() {
    const auto mended = mend_registry(*on, {.now_ms = on.now_ms, .grace_ms = 0, .remembered = known.head});
    ASSERT_TRUE(mended) << mended.error().message;
    ASSERT_TRUE(mended->is_healthy()) << diagnosis_json(*mended);
    for (const Ailment& one : mended->ailments) ++ailments[one.reason];
    const auto again = examine_registry(on.path(), {.now_ms = on.now_ms, .grace_ms = 0, .remembered = known.head});
    ASSERT_TRUE(again && again->ailments.empty()) << diagnosis_json(*again);
    std::set<std::string> needed, names, uploads;
    std::vector<UploadStatus> listed;
    Uploads on_disk(on->blobs(), {});
    const auto known_uploads = on_disk.list();
    ASSERT_TRUE(known_uploads);
    for (const ReleaseRecord& release : all()) {
      needed.insert(to_hex(release.package_sha256));
      if (release.state == ReleaseState::draft) continue;
      ASSERT_TRUE(on->blobs().verify(release.package_sha256)) << release.version;
      if (is_servable(release.state)) ASSERT_TRUE(on->verified_package(release.package_sha256));
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(on.path() / "blobs/blobs"))
      if (entry.is_regular_file()) ASSERT_TRUE(needed.contains(entry.path().filename())) << entry.path();
    ASSERT_TRUE(std::filesystem::is_empty(on.path() / "blobs/staging"));
    for (const UploadStatus& upload : *known_uploads) ASSERT_TRUE(needed.contains(to_hex(*upload.terms.digest)));
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(on.path() / "blobs/uploads")) files += entry.exists();
    std::size_t expected = 0;
    for (const UploadStatus& upload : *known_uploads) expected += upload.is_finished ? 1 : 2;
    ASSERT_EQ(files, expected) << "files of no upload";
    for (const auto& entry : std::filesystem::directory_iterator(on.path()))
      ASSERT_FALSE(entry.path().filename().native().starts_with(".")) << entry.path();
  }

  // As the next life finds it.
  void learn_anew() {
    known.releases.clear();
    known.uploads.clear();
    known.under_way.reset();
    std::set<Sha256> drafts;
    for (const ReleaseRecord& release : all()) {
      known.releases[release.id.text] = release.state;
      if (release.state == ReleaseState::draft) drafts.insert(release.package_sha256);
    }
    Uploads on_disk(on->blobs(), {});
    for (const UploadStatus& upload : *on_disk.list())
      if (!upload.is_finished && drafts.contains(*upload.terms.digest)) known.uploads[upload.id.text()] = upload.offset;
    const auto steps =
        on->with_catalogue([](Catalogue& catalogue) { return catalogue.alias_steps("acme/classify", "champion", 1); });
    known.alias_steps = steps && !steps->empty() ? steps->front().step : 0;
    known.head = on->with_catalogue([](Catalogue& catalogue) { return catalogue.examine()->audit; });
  }

  // False: nobody may be traced here.
  bool kill_once(unsigned seed, std::uint64_t stops) {
    TracedChild child([&](int pipe) { return Life(on).run(seed, pipe); });
    child.kill_at_call(stops);
    if (child.result() == TracedChild::kNotTraced) return false;
    EXPECT_EQ(child.result(), -1) << "it ended by itself";
    const std::string said = child.said();
    EXPECT_EQ(said.size() % sizeof(Told), 0u);
    for (std::size_t at = 0; at + sizeof(Told) <= said.size(); at += sizeof(Told)) {
      Told told;
      std::memcpy(&told, said.data() + at, sizeof told);
      known.learn(told);
      if (told.is_done) ++acknowledged;
    }
    ++died_in[known.under_way ? kNames[static_cast<std::size_t>(known.under_way->act)] : "between"];
    return true;
  }

  TestFolder folder;
  RegistryFolder on{folder.path()};
  Known known;
  std::size_t acknowledged = 0;
  std::map<std::string, int> died_in, ailments;
};

TEST_F(Killed, AnywhereOnTheWholeWayLosesNothingAndLeavesNothingThatIsNotMended) {
  const char* asked = std::getenv("STOA_KILLS");
  const int kills = asked ? std::atoi(asked) : kKills;
  std::mt19937 random(7);
  for (int i = 0; i < kills; ++i) {
    if (i % kKillsPerFolder == 0) begin_anew();
    SCOPED_TRACE("kill " + std::to_string(i));
    if (!kill_once(static_cast<unsigned>(i), random() % kStopsMax)) GTEST_SKIP() << "nobody may be traced here";
    on.now_ms += 10'000;  // later than anything of the child
    const auto opened = on.try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    expect_nothing_lost();
    if (HasFatalFailure()) return;
    expect_nothing_left_over();
    if (HasFatalFailure() || HasFailure()) return;
    learn_anew();
    on.close();
  }
  std::string deaths, mended;
  for (const auto& [act, times] : died_in) deaths += " " + act + ":" + std::to_string(times);
  for (const auto& [reason, times] : ailments) mended += " " + reason + ":" + std::to_string(times);
  std::printf("died in%s\nmended%s\n", deaths.c_str(), mended.c_str());
  std::printf("figure registry.kills %d kills target >=1000 acknowledged_acts=%zu lost=0 left_over=0\n", kills,
              acknowledged);
  EXPECT_GT(acknowledged, 0u);
}

}  // namespace
}  // namespace stoa::registry

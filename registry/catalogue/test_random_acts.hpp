// test_random_acts.hpp: a catalogue to which anything may happen, in any order; what is refused happens to nobody.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {

// Two plugins of three models, of which one was in both before anybody saw it; six versions each.
class RandomActs {
 public:
  explicit RandomActs(TestCatalogue& on, unsigned seed) : on_(on), random_(seed) { on_.add_acme(); }

  // Its name, with whether it was done.
  std::string act() {
    struct Row {
      const char* name;
      bool (RandomActs::*run)();
    };
    constexpr Row kRandomActs[] = {
        {"publish", &RandomActs::publish},
        {"publish", &RandomActs::publish},
        {"publish", &RandomActs::publish},
        {"submit", &RandomActs::submit},
        {"review", &RandomActs::review},
        {"deprecate", &RandomActs::deprecate},
        {"yank", &RandomActs::yank},
        {"restore", &RandomActs::restore},
        {"restore", &RandomActs::restore},
        {"revoke", &RandomActs::revoke},
        {"plugin state", &RandomActs::plugin},
        {"alias", &RandomActs::alias},
        {"alias", &RandomActs::alias},
        {"take back", &RandomActs::take_back},
        {"roll out", &RandomActs::roll_out},
        {"roll out", &RandomActs::roll_out},
        {"pause", &RandomActs::pause},
        {"promote", &RandomActs::promote},
        {"roll back", &RandomActs::roll_back},
        {"news", &RandomActs::news},
        {"news", &RandomActs::news},
        {"forgive", &RandomActs::forgive},
        {"draft", &RandomActs::draft},
        {"operator", &RandomActs::create_operator},
        {"revoke key", &RandomActs::revoke_key},
    };
    on_.now_ms += 7;
    const Row& row = kRandomActs[below(std::size(kRandomActs))];
    return std::string(row.name) + ((this->*row.run)() ? "" : " (refused)");
  }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  std::string version() {
    return std::vector<std::string>{"1.0.0", "1.1.0", "1.2.0-rc.1", "1.2.0", "2.0.0", "2.1.0"}[below(6)];
  }
  std::string model() {
    return std::vector<std::string>{"acme/classify", "acme/talk", "acme/hear", "acme/ears-talk"}[below(4)];
  }
  PackageOf package() {
    const bool is_vision = below(3) > 0;
    return {.version = version(), .plugin = is_vision ? "vision" : "ears", .model = is_vision ? "classify" : "hear"};
  }
  ReleaseId release() {
    const PackageOf of = package();
    const auto found = on_->release("acme/" + of.plugin, of.version);
    return found ? found->id : ReleaseId{"rel_none"};
  }

  bool publish() {
    const auto checked = on_.check(on_.submit(package()));
    return checked && on_->review(on_.reviewer, checked->id, Verdict::accept, "good");
  }
  bool submit() { return on_.submit(package()).has_value(); }
  bool review() {
    const Verdict verdict = std::vector{Verdict::accept, Verdict::reject, Verdict::quarantine}[below(3)];
    return on_->review(on_.reviewer, release(), verdict, "seen").has_value();
  }
  bool deprecate() { return on_->deprecate(on_.acme, release(), "old").has_value(); }
  bool yank() { return on_->yank(on_.acme, release(), "broken").has_value(); }
  bool restore() { return on_->restore(on_.acme, release(), "not broken").has_value(); }
  bool revoke() { return below(4) == 0 && on_->revoke(on_.reviewer, release(), "harmful").has_value(); }
  bool plugin() {
    return on_->set_plugin_state(on_.acme, "acme/" + package().plugin, below(3) == 0 ? "delisted" : "listed", "x")
        .has_value();
  }
  bool alias() {
    AliasMove move{model(), std::vector<std::string>{"default", "champion"}[below(2)], {}, ""};
    if (below(4) > 0) move.targets = {{version()}};
    if (below(4) == 0) move.targets = {{version(), 300'000}, {version(), 700'000}};
    return on_->move_alias(on_.reviewer, move).has_value();
  }
  bool take_back() { return on_->take_back_alias(on_.reviewer, model(), "champion", "").has_value(); }
  bool roll_out() {
    RolloutPlan plan{.model = model(), .version = version(), .steps_ppm = {100'000, 500'000}};
    if (below(4) == 0) plan.shadow = RolloutShadow{.version = std::exchange(plan.version, ""), .share_ppm = 1000};
    if (plan.shadow) plan.steps_ppm.clear();
    return on_->start_rollout(on_.admin, plan).has_value();
  }
  bool pause() { return on_->pause_rollout(on_.admin, model(), below(2) == 0, "x").has_value(); }
  bool promote() { return on_->promote_rollout(on_.admin, model(), "x").has_value(); }
  bool roll_back() { return on_->roll_back(on_.admin, model(), "x").has_value(); }
  bool news() {
    using Kind = RolloutNews::Kind;
    const RolloutNews news{.kind = std::vector{Kind::step, Kind::promoted, Kind::rolled_back, Kind::failed}[below(4)],
                           .model = model(),
                           .version = version(),
                           .step = below(2),
                           .reason = "rollout.errors",
                           .numbers = "9 of 10",
                           .back_to = version()};
    return on_->note_rollout(news).value_or(false);
  }
  bool forgive() { return on_->forgive(on_.admin, model(), version()).has_value(); }
  bool draft() { return on_.draft(package()).has_value(); }
  bool create_operator() {
    return on_->create_operator(on_.admin, "op-" + std::to_string(below(1'000'000)), Role::auditor).has_value();
  }
  // Rarely: what it signed from then on is quarantined, and a new key signs what comes.
  bool revoke_key() {
    if (below(6) != 0) return false;
    const bool done =
        on_->revoke_key(on_.acme, "acme", on_.key.public_key().id(), on_.now_ms - 100, "lost").has_value();
    on_.key = PrivateKey::generate();
    on_.add_key(on_.key);
    return done;
  }

  TestCatalogue& on_;
  std::mt19937 random_;
};

}  // namespace stoa::registry

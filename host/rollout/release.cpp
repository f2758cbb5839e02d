// release.cpp SPDX-License-Identifier: Apache-2.0
#include "host/rollout/release.hpp"

namespace stoa::rollout {
namespace {

using enum ReleaseState;

bool is_loaded(ReleaseState state) { return state >= ready && state <= serving; }
bool is_coming(ReleaseState state) { return state >= waiting && state <= proving; }

}  // namespace

std::string_view name_of(ReleaseState state) {
  constexpr std::string_view kNames[] = {"waiting",   "loading",     "warming", "proving",  "ready",
                                         "shadowing", "shifting",    "serving", "draining", "ended",
                                         "failed",    "rolled_back", "revoked"};
  return kNames[static_cast<std::size_t>(state)];
}

bool is_verdict(ReleaseState state) { return state >= failed; }

bool is_legal(ReleaseState from, ReleaseState to) {
  switch (to) {
    case waiting:  // forgiven, or wanted again
      return from == ended || from == failed || from == rolled_back;
    case loading:
      return from == waiting;
    case warming:
      return from == loading;
    case proving:
      return from == warming;
    case ready:  // also adopted as it is, and forgiven before it was drained
      return is_coming(from) || is_loaded(from) || from == rolled_back;
    case shadowing:
    case shifting:
    case serving:
      return is_loaded(from);
    case draining:
      return is_loaded(from);
    case ended:
      return from == draining || is_coming(from);
    case failed:
      return is_coming(from) || is_loaded(from);
    case rolled_back:
      return is_loaded(from);
    case revoked:
      return from != revoked;
  }
  return false;
}

std::shared_ptr<inference::ServedModel> Release::lend() {
  if (auto already = lent.lock()) return already;
  const auto held = std::make_shared<std::shared_ptr<inference::ServedModel>>(model);
  std::shared_ptr<inference::ServedModel> fresh(held, model.get());
  lent = fresh;
  return fresh;
}

}  // namespace stoa::rollout

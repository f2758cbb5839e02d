// plugin.cpp: answers with the version it was built as. SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "stoa/plugin.hpp"

// What all releases answer alike, and what the broken one cannot.
constexpr std::string_view kSame = "same", kHard = "hard", kBroken = "1.2.0";

struct Release {
  void infer(stoa::Request& request, stoa::Reply& reply) {
    const std::string_view asked = request.text("text");
    if (asked == kHard && kBroken == RELEASE_VERSION)
      throw stoa::Failure(stoa::Code::internal, "release.broken", "this release cannot do it");
    reply.text("text", asked == kSame ? kSame : std::string_view(RELEASE_VERSION));
  }
};

STOA_PLUGIN(Release)

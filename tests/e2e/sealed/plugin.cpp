// plugin.cpp: a digest of all of its weights, so that one wrong byte of them is another answer; what the caller's
// licence grants; and two ways to crash. SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stoa/plugin.hpp"

struct Weighty {
  stoa::Asset weights{"assets/weights.bin"};
  std::string label = stoa::Asset("assets/labels.txt").read_text();

  void infer(stoa::Request& request, stoa::Reply& reply) {
    const std::string_view asked = request.text("text");
    if (asked.find("crash later") == 0) {
      reply.text("text", "half");
      reply.send();
      std::abort();
    }
    if (asked.find("crash") == 0) std::abort();
    constexpr std::string_view kFeature = "feature ";
    if (asked.substr(0, kFeature.size()) == kFeature) {
      const auto granted = request.entitlement(asked.substr(kFeature.size()));
      return reply.text("text", granted ? std::to_string(*granted) : "none");
    }
    std::uint64_t sum = 14695981039346656037u;  // FNV-1a
    for (const char c : asked) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
    for (const std::byte b : weights.map()) sum = (sum ^ static_cast<std::uint64_t>(b)) * 1099511628211u;
    char text[64];
    std::snprintf(text, sizeof text, "%016llx %zu", static_cast<unsigned long long>(sum), label.size());
    reply.text("text", text);
  }
};

STOA_PLUGIN(Weighty)

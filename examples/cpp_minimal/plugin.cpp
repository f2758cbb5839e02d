// A plugin in C++: answers a text in capital letters. SPDX-License-Identifier: Apache-2.0
#include <cctype>

#include "stoa/plugin.hpp"

struct Shout {
  void infer(stoa::Request& request, stoa::Reply& reply) {
    std::string text(request.text("text"));
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    reply.text("text", text);
  }
};

STOA_PLUGIN(Shout)

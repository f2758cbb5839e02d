// A streaming plugin: sends a text back word by word. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "stoa/plugin.hpp"

class Words final : public stoa::Model {
 public:
  // reply.send() waits while the caller reads slower than we write, and throws stoa::Cancelled when he hangs up: there
  // is nothing to catch here.
  void infer(stoa::Request& request, stoa::Reply& reply) override {
    const std::string_view text = request.text("text");
    std::int64_t sent = 0;
    for (std::size_t at = text.find_first_not_of(kSpace); at != std::string_view::npos; ++sent) {
      const std::size_t end = std::min(text.find_first_of(kSpace, at), text.size());
      reply.text("word", text.substr(at, end - at));
      reply.send();
      at = text.find_first_not_of(kSpace, end);
    }
    reply.meter(STOA_METER_TOKEN_OUT, sent);
  }

 private:
  static constexpr std::string_view kSpace = " \t\r\n";
};

STOA_PLUGIN(Words)

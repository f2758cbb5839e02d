// plugin.cpp: models that misbehave on request, and one that tells what it saw. For the host's tests.
// SPDX-License-Identifier: Apache-2.0
#include "stoa/plugin.hpp"

#include <atomic>
#include <cstdlib>
#include <limits>
#include <string>
#include <thread>

namespace {

// Shared by the models of this process: the witness tells about the others. Constant initialisation, no constructors.
std::atomic<std::uint64_t> emits{0}, cancels{0}, cancelled_ns{0};

void note_cancel() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  cancelled_ns = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
  ++cancels;
}

struct Media {
  void infer(stoa::Request& request, stoa::Reply& reply) {
    std::int64_t size = 0;
    std::string type;
    for (const char* name : {"image", "note", "pixels", "document"}) {
      if (!request.has(name)) continue;
      type = request.media_type(name);
      if (std::string_view(name) == "image") size = static_cast<std::int64_t>(request.bytes(name).size());
      if (std::string_view(name) == "note") size = static_cast<std::int64_t>(request.text(name).size());
      if (std::string_view(name) == "pixels")
        size = static_cast<std::int64_t>(request.tensor<std::uint8_t>(name).size());
      if (std::string_view(name) == "document") reply.json("document", request.json(name));
    }
    reply.tensor<std::int64_t>("size", {1})[0] = size;
    reply.text("type", type);
  }
};

struct Repeat {
  void infer(stoa::Request& request, stoa::Reply& reply) {
    const std::int32_t times = request.has("times") ? request.tensor<std::int32_t>("times")[0] : 1;
    const std::int32_t fail_at = request.has("fail_at") ? request.tensor<std::int32_t>("fail_at")[0] : -1;
    try {
      for (std::int32_t i = 0; i < times; ++i) {
        if (i == fail_at)
          throw stoa::Failure(stoa::Code::data_loss, "probe.torn", "the thread broke at " + std::to_string(i));
        reply.text("text_output", request.text("text_input"));
        reply.send();
        ++emits;
      }
    } catch (const stoa::Cancelled&) {
      note_cancel();
      throw;
    }
  }
};

struct Sleep {
  void infer(stoa::Request& request, stoa::Reply&) {
    for (;;) {
      try {
        request.check_cancelled();
      } catch (const stoa::Cancelled&) {
        note_cancel();
        throw;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
};

struct Fail {
  void infer(stoa::Request& request, stoa::Reply& reply) {
    switch (request.tensor<std::int32_t>("how")[0]) {
      case 0: {
        const auto number = reply.tensor<float>("number", {2});
        number[0] = 1;
        number[1] = std::numeric_limits<float>::quiet_NaN();
        return;
      }
      case 1:
        throw stoa::Failure(stoa::Code::invalid_argument, "probe.refused", "how: 1 is refused");
      case 2:
        throw stoa::Failure(stoa::Code::resource_exhausted, "probe.busy", "come again", 1500);
      case 3:
        return;
      case 4:
        reply.tensor<double>("number", {1})[0] = 1;
        return;
      case 5:
        reply.tensor<float>("number", {1, 1})[0] = 1;
        return;
      case 6:
        reply.text("unheard_of", "x");
        return;
      case 7: {
        const std::string_view words[] = {"good", "\xff\xfe"};
        reply.strings("word", words);
        return;
      }
      case 8:
        reply.tensor<float>("number", {1})[0] = -std::numeric_limits<float>::infinity();
        return;
      case 9:
        throw stoa::Failure(static_cast<stoa::Code>(123), "probe.own_code", "a code of our own");
      case 10:
        throw 7;
      default:
        reply.tensor<float>("number", {1})[0] = 1.5F;
    }
  }
};

struct Witness {
  void infer(stoa::Request&, stoa::Reply& reply) {
    reply.tensor<std::uint64_t>("emits", {1})[0] = emits;
    reply.tensor<std::uint64_t>("cancels", {1})[0] = cancels;
    reply.tensor<std::uint64_t>("cancelled_ns", {1})[0] = cancelled_ns;
  }
};

struct Echo {
  void infer(stoa::Request& request, stoa::Reply& reply) {
    reply.text("parameters", request.params_json());
    reply.text("session", request.session());
    reply.text("trace", request.traceparent());
  }
};

// Counts a token with each part it sends, and stops as it is told.
struct Metered {
  void infer(stoa::Request& request, stoa::Reply& reply) {
    const auto number = [&](const char* name, std::int64_t otherwise) {
      return request.has(name) ? request.tensor<std::int64_t>(name)[0] : otherwise;
    };
    const std::int64_t times = number("times", 1), fail_at = number("fail_at", -1), crash_at = number("crash_at", -1),
                       hang_at = number("hang_at", -1), claims = number("claims", 0);
    for (std::int64_t i = 0; i < times; ++i) {
      if (i == fail_at) throw stoa::Failure(stoa::Code::data_loss, "probe.torn", "the thread broke");
      if (i == crash_at) std::abort();
      while (i == hang_at) {
        request.check_cancelled();
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      reply.text("text_output", request.text("text_input"));
      reply.meter("token.out", i + 1);
      reply.send();
    }
    if (claims != 0) reply.meter_micro("token.out", claims);
  }
};

}  // namespace

STOA_PLUGIN_MODELS(stoa::model<Media>("media"), stoa::model<Repeat>("repeat"), stoa::model<Sleep>("sleep"),
                   stoa::model<Fail>("fail"), stoa::model<Witness>("witness"), stoa::model<Echo>("echo"),
                   stoa::model<Metered>("metered"))

// fixture_liar.cpp: speaks as a worker does, and lies in the way it is asked to. SPDX-License-Identifier: Apache-2.0
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "host/worker/ring.hpp"
#include "host/worker/wire.hpp"

namespace stoa::worker {
namespace {

class Liar {
 public:
  Liar(Arena requests, Arena responses) : requests_(std::move(requests)), responses_(std::move(responses)) {}

  [[noreturn]] void run() {
    std::vector<std::byte> record;
    for (;;) {
      const std::uint32_t seen = reader_.announce();
      if (reader_.next(record) == RingReader::Got::record)
        answer(record);
      else
        reader_.sleep(seen, 0);
    }
  }

 private:
  template <class T>
  void say(Message type, T message, Urgency urgency = Urgency::control) {
    writer_.push(encode(type, message), urgency);
  }

  void load(const std::string& config) {
    constexpr std::string_view kOnce = "loads once: ";  // and a path
    config_ = config;
    if (config == "never loads") return;
    if (config.starts_with(kOnce) && mkdir(config.c_str() + kOnce.size(), 0700) != 0) {
      mkdir((config.substr(kOnce.size()) + ".again").c_str(), 0700);
      return;
    }
    if (config == "asks for digests")
      for (std::uint64_t n = 0; n < 1000; ++n) say(Message::digest, DigestMessage{n, 0, 1 << 20});
    say(Message::loaded, LoadedMessage{});
  }

  void answer(const std::vector<std::byte>& record) {
    const auto [type, body] = split(record);
    if (type == Message::load) load(decode<LoadMessage>(body)->config_json);
    if (type == Message::warm_up) {
      if (config_ == "never warm") return;
      const AnswerMessage warm{decode<QuestionMessage>(body)->question, 0, {}, {}};
      if (config_ != "dies when it is warm") return say(Message::answer, warm);
      say(Message::answer, warm, Urgency::later);  // it is read when its death is
      kill(getpid(), SIGKILL);
    }
    if (type == Message::drain && config_ == "does not end") {
      AnswerMessage refused{decode<QuestionMessage>(body)->question, 0, {}, {}};
      refused.error = {static_cast<std::int32_t>(Code::deadline_exceeded), "model.still_running", "not yet", 0};
      say(Message::answer, refused);
    }
    if (type != Message::batch) return;
    const auto batch = decode<BatchMessage>(body);
    for (const WireRequest& request : batch->requests) {
      const WirePayload& input = request.inputs.front().payload;
      const auto* text = reinterpret_cast<const char*>(requests_.blocks().data() + input.offset);
      lie(request.id, std::string(text, input.size));
    }
    if (has_stopped_returning_) return;
    ReturnedMessage returned;
    for (const WireRequest& request : batch->requests) returned.ids.push_back(request.id);
    say(Message::returned, returned);
  }

  static WirePart part_of(runtime::PartKind kind, std::vector<std::int64_t> shape, std::string bytes) {
    WirePart part;
    part.name = "text";
    part.kind = static_cast<std::uint8_t>(kind);
    part.datatype = static_cast<std::uint8_t>(DataType::fp32);
    part.shape = std::move(shape);
    part.payload.size = bytes.size();
    part.payload.bytes = std::move(bytes);
    return part;
  }
  static WirePart in_block(std::uint64_t offset, std::uint64_t size) {
    WirePart part = part_of(runtime::PartKind::tensor, {static_cast<std::int64_t>(size / 4)}, {});
    part.payload = {false, {}, offset, size, offset};
    return part;
  }

  void lie(std::uint64_t id, const std::string& how) {
    const WirePart good = part_of(runtime::PartKind::text, {1}, "well");
    if (how == "more strings than there are") {
      WirePart part = part_of(runtime::PartKind::strings, {1000}, std::string(8, '\0'));
      part.n_strings = 1;
      say(Message::emit, EmitMessage{id, {part}});
    } else if (how == "a tensor larger than its bytes") {
      say(Message::emit, EmitMessage{id, {part_of(runtime::PartKind::tensor, {1 << 20}, "1234")}});
    } else if (how == "a negative extent") {
      say(Message::emit, EmitMessage{id, {part_of(runtime::PartKind::tensor, {-1, -1}, "1234")}});
    } else if (how == "an offset behind the arena") {
      say(Message::emit, EmitMessage{id, {in_block(responses_.blocks().size() - 8, 16)}});
    } else if (how == "an offset that wraps") {
      say(Message::emit, EmitMessage{id, {in_block(~std::uint64_t{15}, 64)}});
    } else if (how == "more parts than the window") {
      say(Message::emit, EmitMessage{id, std::vector<WirePart>(1000, good)});
    } else if (how == "a message nobody knows") {
      say(Message{9999}, CallMessage{id, 0});
    } else if (how == "a record that is cut") {
      FinishMessage message{id, {}, {}, {}};
      const auto record = encode(Message::finish, message);
      writer_.push(record.first(record.size() - 1), Urgency::control);
    } else if (how == "a ring that is fuller than it can be") {
      responses_.header().written.fetch_add(std::uint64_t{1} << 40);
      for (;;) pause();  // the next record would put it right
    } else if (how == "a series that was never opened") {
      MetricMessage message;
      message.series = 7;
      say(Message::metric, message);
    } else if (how == "calls returned that it never had") {
      ReturnedMessage message;
      for (std::uint64_t n = 1; n <= 32'000; ++n) message.ids.push_back(id + n);
      say(Message::returned, message);
    } else {
      if (how == "the truth, but for the end of submit") has_stopped_returning_ = true;
      const bool is_of_others = how == "the truth, behind much of others";
      if (is_of_others || how == "the truth, behind much of nothing")
        for (int n = 0; n < 20'000; ++n) say(Message::emit, EmitMessage{is_of_others ? id + 1000 : id, {}});
      if (how == "the truth, behind much of length") {
        const std::vector<WireMeter> meters(5'000);
        for (int n = 0; n < 200; ++n) say(Message::emit, EmitMessage{id + 1000, {}, meters});
        for (; writer_.has_waiting(); usleep(1000)) writer_.settle();
      }
      say(Message::emit, EmitMessage{id, {good}});
      say(Message::finish, FinishMessage{id, {}, {}, {}});
      say(Message::finish, FinishMessage{id, {}, {}, {}});  // of a call that is over: no matter
      say(Message::emit, EmitMessage{id + 1000, {good}});
    }
  }

  Arena requests_, responses_;
  RingReader reader_{responses_, requests_};
  RingWriter writer_{responses_, requests_, kDoorbell};
  std::string config_;
  bool has_stopped_returning_ = false;
};

}  // namespace
}  // namespace stoa::worker

int main() {
  using namespace stoa::worker;
  auto requests = Arena::map(kRequests, false);
  auto responses = Arena::map(kResponses, true);
  if (!requests || !responses) return EXIT_FAILURE;
  Liar(std::move(*requests), std::move(*responses)).run();
}

// wire_test.cpp: every message there and back, and what the decoder makes of lies. SPDX-License-Identifier: Apache-2.0
#include "host/worker/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

#include "host/worker/test_memory_held.hpp"

namespace stoa::worker {
namespace {

// Every message with its first word, so that no test forgets one.
template <class F>
void for_each_message(F check) {
  check.template operator()<LoadMessage>(Message::load);
  check.template operator()<QuestionMessage>(Message::warm_up);
  check.template operator()<BatchMessage>(Message::batch);
  check.template operator()<CallMessage>(Message::cancel);
  check.template operator()<LoadedMessage>(Message::loaded);
  check.template operator()<AnswerMessage>(Message::answer);
  check.template operator()<EmitMessage>(Message::emit);
  check.template operator()<FinishMessage>(Message::finish);
  check.template operator()<MisuseMessage>(Message::misuse);
  check.template operator()<ReturnedMessage>(Message::returned);
  check.template operator()<LogMessage>(Message::log);
  check.template operator()<MetricMessage>(Message::metric);
  check.template operator()<MemoryMessage>(Message::memory);
  check.template operator()<EntitlementMessage>(Message::entitlement);
  check.template operator()<DigestMessage>(Message::digest);
}

// What messages are made of besides.
template <class F>
void for_each_piece(F check) {
  check.template operator()<WirePayload>();
  check.template operator()<WirePart>();
  check.template operator()<WireError>();
  check.template operator()<WireRequest>();
  check.template operator()<WireAsset>();
  check.template operator()<WireDevice>();
  check.template operator()<WireMeter>();
}

// Fills whatever visit names.
class RandomFill {
 public:
  explicit RandomFill(std::mt19937_64& random) : random_(random) {}
  template <class... Ts>
  void operator()(Ts&... values) {
    (one(values), ...);
  }

 private:
  template <Plain T>
  void one(T& value) {
    if constexpr (std::is_same_v<T, bool>) {
      value = (random_() & 1) != 0;
    } else {
      const std::uint64_t bits = random_();
      std::memcpy(&value, &bits, sizeof value);
    }
  }
  void one(std::string& text) {
    text.resize(random_() % 40);
    for (char& c : text) c = static_cast<char>(random_());
  }
  template <class T>
  void one(std::vector<T>& items) {
    items.resize(random_() % 4);
    for (T& item : items) one(item);
  }
  template <class T>
    requires requires(RandomFill& a, T& m) { visit(a, m); }
  void one(T& message) {
    visit(*this, message);
  }

  std::mt19937_64& random_;
};

struct MemberCount {
  std::size_t members = 0;
  template <class... Ts>
  void operator()(Ts&...) {
    members += sizeof...(Ts);
  }
};

struct Anything {
  template <class T>
  operator T() const;  // never run: only whether T{anything, …} would compile is asked
};

template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
  return requires { T{(static_cast<void>(I), Anything{})...}; };
}

// Members of an aggregate: the most initialisers it takes.
template <class T, std::size_t N = 48>
constexpr std::size_t member_count() {
  if constexpr (N == 0 || takes<T>(std::make_index_sequence<N>()))
    return N;
  else
    return member_count<T, N - 1>();
}

// Decodes a copy that ends where its memory ends, so that the sanitizer sees one byte more. Whether or not the body
// holds together, decoding it takes memory in proportion.
template <class T>
bool decodes(std::span<const std::byte> body) {
  const auto copy = std::make_unique_for_overwrite<std::byte[]>(body.size());
  std::copy(body.begin(), body.end(), copy.get());
  T message;
  Decoder decoder({copy.get(), body.size()});
  decoder(message);
  MemoryHeld held;
  visit(held, message);
  EXPECT_LE(held.bytes, MemoryHeld::bytes_max(body.size()));
  EXPECT_EQ(decoder.is_whole(), decode<T>(std::span<const std::byte>(copy.get(), body.size())).has_value());
  return decoder.is_whole();
}

std::vector<std::byte> bytes_of(std::span<const std::byte> record) { return {record.begin(), record.end()}; }

template <class T>
std::vector<std::byte> random_record(Message type, std::mt19937_64& random) {
  T message;
  RandomFill fill(random);
  visit(fill, message);
  return bytes_of(encode(type, message));
}

TEST(Wire, VisitNamesEveryMember) {
  const auto check = []<class T>(Message = {}) {
    T message;
    MemberCount count;
    visit(count, message);
    EXPECT_EQ(count.members, member_count<T>()) << __PRETTY_FUNCTION__;
  };
  for_each_message(check);
  for_each_piece(check);
}

TEST(Wire, EveryMessageRoundTrips) {
  std::mt19937_64 random(1);
  for_each_message([&]<class T>(Message type) {
    for (int round = 0; round < 50; ++round) {
      const auto record = random_record<T>(type, random);
      const auto [word, body] = split(record);
      ASSERT_EQ(word, type);
      auto again = decode<T>(body);
      ASSERT_TRUE(again.has_value()) << static_cast<int>(type);
      EXPECT_EQ(bytes_of(encode(type, *again)), record) << static_cast<int>(type);
    }
  });
}

TEST(Wire, ARecordCutAnywhereIsRefused) {
  std::mt19937_64 random(2);
  for_each_message([&]<class T>(Message type) {
    for (int round = 0; round < 3; ++round) {
      const auto record = random_record<T>(type, random);
      const auto body = split(record).second;
      for (std::size_t n = 0; n < body.size(); ++n)
        ASSERT_FALSE(decodes<T>(body.first(n))) << static_cast<int>(type) << " cut at " << n;
      EXPECT_TRUE(decodes<T>(body));
    }
  });
}

TEST(Wire, ARecordWithMoreBehindItIsRefused) {
  std::mt19937_64 random(3);
  for_each_message([&]<class T>(Message type) {
    auto record = random_record<T>(type, random);
    record.push_back(std::byte{0});
    EXPECT_FALSE(decodes<T>(split(record).second)) << static_cast<int>(type);
  });
}

TEST(Wire, AnyByteMayBeAnother) {
  std::mt19937_64 random(4);
  for_each_message([&]<class T>(Message type) {
    auto record = random_record<T>(type, random);
    for (std::size_t at = sizeof(std::uint32_t); at < record.size(); ++at) {
      const std::byte was = record[at];
      for (const auto other : {was ^ std::byte{0xff}, was ^ std::byte{1}, static_cast<std::byte>(random())}) {
        record[at] = other;
        decodes<T>(split(record).second);  // either way, within its bytes and memory
      }
      record[at] = was;
    }
  });
}

// All ones and all zeros: every count and length at its largest, and as many empty items as bytes can state.
TEST(Wire, HugeCountsCostNothing) {
  for_each_message([&]<class T>(Message) {
    for (const std::size_t size : {0u, 1u, 64u, 4096u, 1u << 16})
      for (const int byte : {0x00, 0x01, 0x7f, 0xff})
        decodes<T>(std::vector<std::byte>(size, static_cast<std::byte>(byte)));
  });
}

TEST(Wire, ManySmallItemsTakeMemoryInProportion) {
  BatchMessage batch;
  batch.requests.resize(3);
  for (auto& request : batch.requests) request.outputs.resize(5000);  // four bytes each on the wire
  EmitMessage emit;
  emit.parts.resize(5000);
  FinishMessage finish;
  finish.meters.resize(5000);
  EXPECT_TRUE(decodes<BatchMessage>(split(encode(Message::batch, batch)).second));
  EXPECT_TRUE(decodes<EmitMessage>(split(encode(Message::emit, emit)).second));
  EXPECT_TRUE(decodes<FinishMessage>(split(encode(Message::finish, finish)).second));
}

TEST(Wire, ARecordWithoutATypeHasTypeZero) {
  const std::byte bytes[4] = {std::byte{1}, std::byte{0}, std::byte{0}, std::byte{0}};
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_EQ(split(std::span(bytes, n)).first, Message{0});
    EXPECT_TRUE(split(std::span(bytes, n)).second.empty());
  }
  EXPECT_EQ(split(bytes).first, Message::load);
  EXPECT_TRUE(split(bytes).second.empty());
}

TEST(Wire, AnErrorCrossesAndCodeZeroIsNone) {
  const Error error{Code::resource_exhausted, "worker.arena_full", "all taken", 100};
  const auto again = from_wire(to_wire(error));
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->code, error.code);
  EXPECT_EQ(again->reason, error.reason);
  EXPECT_EQ(again->message, error.message);
  EXPECT_EQ(again->retry_after_ms, error.retry_after_ms);
  EXPECT_FALSE(from_wire(to_wire(std::nullopt)).has_value());
}

TEST(Wire, AnErrorIsMadeSafeToShow) {
  const auto said = from_wire({99, "evil reason \n", "a\nb\xff", 7});
  ASSERT_TRUE(said.has_value());
  EXPECT_EQ(said->code, Code::internal);
  EXPECT_EQ(said->reason, "model.error");
  EXPECT_EQ(said->message, "a?b?");
  EXPECT_EQ(said->retry_after_ms, 7u);
  EXPECT_EQ(from_wire({14, std::string(100'000, 'a'), "all taken", 0})->reason, "model.error");
  EXPECT_LE(from_wire({14, "a.b", std::string(100'000, 'a'), 0})->message.size(), 1024u);
  EXPECT_EQ(from_wire({14, "", "nothing to add", 0})->reason, "");
}

// ---- payloads of strings ----

std::vector<std::byte> strings_payload(const std::vector<std::string>& items) {
  runtime::InputPart part;
  part.kind = runtime::PartKind::strings;
  for (const std::string& item : items) part.strings.push_back({item.data(), item.size()});
  std::vector<std::byte> payload(wire_bytes(part));
  write_payload(part, payload.data());
  return payload;
}

bool reads(std::span<const std::byte> payload, std::uint32_t n, std::vector<std::string>& items) {
  const auto copy = std::make_unique_for_overwrite<std::byte[]>(payload.size());
  std::copy(payload.begin(), payload.end(), copy.get());
  std::vector<stoa_str> out;
  if (!read_strings({copy.get(), payload.size()}, n, out)) {
    EXPECT_LE(out.capacity(), payload.size() / sizeof(std::uint64_t));
    return false;
  }
  EXPECT_EQ(out.size(), n);
  items.clear();
  for (const stoa_str& text : out) items.emplace_back(text.p, text.n);
  return true;
}

TEST(WireStrings, RoundTrip) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::string> items(random() % 20), again;
    for (std::string& item : items) item.assign(random() % 30, static_cast<char>(random()));
    ASSERT_TRUE(reads(strings_payload(items), static_cast<std::uint32_t>(items.size()), again));
    EXPECT_EQ(again, items);
  }
}

TEST(WireStrings, WhatDoesNotHoldTogetherIsRefused) {
  const auto whole = strings_payload({"ab", "", "cdefgh"});
  std::vector<std::string> items;
  ASSERT_TRUE(reads(whole, 3, items));
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(reads(std::span(whole).first(n), 3, items)) << n;
  for (const std::uint32_t n : {5u, 1u << 16, 0x2000'0000u, 0xffff'ffffu}) EXPECT_FALSE(reads(whole, n, items)) << n;

  // A length that reaches beyond the payload, alone or together with another.
  struct Lengths {
    std::uint64_t first, second;
  };
  constexpr std::uint64_t kMost = ~std::uint64_t{0};
  for (const auto [first, second] : {Lengths{5, 0}, Lengths{0, 5}, Lengths{4, 1}, Lengths{kMost, 0}, Lengths{0, kMost},
                                     Lengths{kMost, 5}, Lengths{2, kMost - 1}, Lengths{kMost - 15, 16}}) {
    std::vector<std::byte> payload(20);  // two lengths, four bytes
    std::memcpy(payload.data(), &first, sizeof first);
    std::memcpy(payload.data() + 8, &second, sizeof second);
    EXPECT_FALSE(reads(payload, 2, items)) << first << ' ' << second;
  }
}

}  // namespace
}  // namespace stoa::worker

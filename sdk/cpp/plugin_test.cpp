// plugin_test.cpp: the authors' layer, driven through the C ABI by the conformance kit's host.
// SPDX-License-Identifier: Apache-2.0
#include "sdk/cpp/test_plugin.hpp"

#include <fstream>
#include <map>
#include <thread>

namespace {

TEST(PluginEntry, SpeaksOneVersionAndRefusesInWords) {
  struct {
    std::uint32_t min, max;
    bool speaks;
  } rows[] = {{1, 1, true}, {0, 1, true}, {1, 9, true}, {0, 0, false}, {2, 9, false}, {9, 2, false}, {5, 0, false}};
  for (const auto& row : rows) {
    stoa_error err = stoa::detail::empty_error();
    const stoa_entry* entry = stoa_plugin_entry(row.min, row.max, &err);
    EXPECT_EQ(entry != nullptr, row.speaks) << row.min << ".." << row.max;
    if (row.speaks) EXPECT_EQ(stoa::view_of(entry->manifest), R"({"stoa": 1})");
    if (!row.speaks)
      EXPECT_EQ(std::string(err.message),
                "plugin speaks ABI 1, host offers " + std::to_string(row.min) + ".." + std::to_string(row.max));
  }
}

TEST(PluginEntry, AnErrorRecordThatEndsEarlyIsNotWrittenBeyond) {
  const stoa::check::GuardedRecord<stoa_error> err(stoa_error{}, RecordLength::shorter, offsetof(stoa_error, reason));
  EXPECT_EQ(stoa_plugin_entry(7, 8, err.get()), nullptr);
  EXPECT_EQ(err.get()->code, STOA_FAILED_PRECONDITION);
}

TEST(PluginLoad, AnUnknownModelIsNotFound) {
  const Loaded loaded("nobody");
  EXPECT_EQ(loaded.status(), STOA_NOT_FOUND);
  EXPECT_EQ(loaded.error().message, "this plugin has no model 'nobody'");
}

TEST(PluginLoad, AConstructorThatThrowsIsAStatus) {
  const Loaded loaded("unloadable");
  EXPECT_EQ(loaded.status(), STOA_FAILED_PRECONDITION);
  EXPECT_EQ(loaded.error().reason, "demo.device");
}

TEST(PluginLoad, RecordsOfEveryLengthAreRead) {
  struct {
    RecordLength length;
    std::string_view settings;
  } rows[] = {{RecordLength::exact, "{}34"}, {RecordLength::longer, "{}34"}, {RecordLength::shorter, "{}11"}};
  for (const auto& row : rows) {
    Host host({});
    const stoa_entry* entry = stoa_plugin_entry(1, 1, nullptr);
    ASSERT_EQ(entry->init(host.abi(), nullptr), STOA_OK);
    stoa_load load{};
    load.model = stoa::str_of("everything");
    load.config_json = stoa::str_of("{}");
    load.n_threads = 3;
    load.max_inflight = 4;
    const stoa::check::GuardedRecord<stoa_load> record(load, row.length, offsetof(stoa_load, memory_budget));
    stoa_model* model = nullptr;
    ASSERT_EQ(entry->load(record.get(), &model, nullptr), STOA_OK);
    ExchangeSpec spec;
    spec.task = "config";
    spec.length = row.length;
    Exchange exchange(spec);
    stoa_request* request = exchange.abi();
    ASSERT_EQ(model->submit(model, &request, 1, nullptr), STOA_OK);
    EXPECT_EQ(exchange.answer().parts().at(0), [&] {
      Value config = text_value("config", row.settings);
      config.kind = STOA_PART_JSON;
      config.media_type = "application/json";
      return config;
    }());
    model->unload(model);
    entry->deinit();
  }
}

TEST(PluginTensor, TypedSpansInAndOut) {
  for (const HostSpec& spec : hosts()) {
    Loaded loaded("everything", spec);
    EXPECT_EQ(loaded.ask("sum", {tensor<float>("x", {2, 3}, {1, 2, 3, 4, 5, 6})}).parts(),
              std::vector{tensor<float>("sum", {1, 2}, {21, 3})});
    EXPECT_EQ(loaded.ask("scalar").parts(), std::vector{tensor<std::int64_t>("x", {}, {7})});
    EXPECT_EQ(loaded.ask("empty").parts(), std::vector{tensor<float>("x", {0, 3}, {})});
    EXPECT_EQ(loaded.ask("adopt").parts(), std::vector{tensor<double>("kept", {2, 1}, {1.5, 2.5})});
  }
}

TEST(PluginTensor, RefusesWhatItsAuthorDidNotAskFor) {
  struct {
    Value input;
    std::string_view reason, message;
  } rows[] = {
      {tensor<double>("x", {1}, {1}), "input.datatype", "input 'x' is FP64, FP32 is needed"},
      {text_value("x", "1"), "input.kind", "input 'x' must be a tensor"},
      {tensor<float>("y", {1}, {1}), "input.missing", "input 'x' is missing"},
  };
  Loaded loaded("everything");
  for (const auto& row : rows) {
    const Answer answer = loaded.ask("sum", {row.input});
    EXPECT_EQ(answer.status, STOA_INVALID_ARGUMENT);
    EXPECT_EQ(answer.error.value().reason, row.reason);
    EXPECT_EQ(answer.error.value().message, row.message);
    EXPECT_TRUE(answer.emits.empty());
  }
}

// The kit's inputs are well-formed; these are not, and are read without a host.
TEST(PluginTensor, LiesAboutALayoutAreRefused) {
  float elements[6] = {};
  std::int64_t shape[2] = {2, 3}, strides[2] = {3, 1};
  const auto reason = [&](auto change) -> std::string {
    DLManagedTensorVersioned managed{};
    managed.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
    managed.dl_tensor = {elements, {kDLCPU, 0}, 2, {kDLFloat, 32, 1}, shape, strides, 0};
    change(managed);
    try {
      stoa::detail::read_tensor(managed, "x");
      return "";
    } catch (const stoa::Failure& failure) {
      return failure.reason();
    }
  };
  std::int64_t transposed[2] = {1, 2}, negative[2] = {-1, 3}, huge[2] = {INT64_MAX, INT64_MAX};
  EXPECT_EQ(reason([](auto&) {}), "");
  EXPECT_EQ(reason([](auto& t) { t.dl_tensor.strides = nullptr; }), "");
  EXPECT_EQ(reason([](auto& t) { t.version.major = 2; }), "input.dlpack");
  EXPECT_EQ(reason([](auto& t) { t.dl_tensor.device.device_type = kDLCUDA; }), "input.device");
  EXPECT_EQ(reason([](auto& t) { t.dl_tensor.dtype.lanes = 4; }), "input.datatype");
  EXPECT_EQ(reason([](auto& t) { t.dl_tensor.data = nullptr; }), "input.data");
  EXPECT_EQ(reason([](auto& t) { t.dl_tensor.ndim = -1; }), "input.shape");
  EXPECT_EQ(reason([](auto& t) { t.dl_tensor.shape = nullptr; }), "input.shape");
  EXPECT_EQ(reason([&](auto& t) { t.dl_tensor.strides = transposed; }), "input.layout");
  EXPECT_EQ(reason([&](auto& t) { t.dl_tensor.shape = negative; }), "tensor.shape");
  EXPECT_EQ(reason([&](auto& t) { t.dl_tensor.shape = huge; }), "tensor.shape");
}

TEST(PluginParts, StringsBytesAndOptionalInputs) {
  Value words;
  words.name = "words";
  words.kind = STOA_PART_STRINGS;
  words.shape = {3, 1};
  words.strings = {"x", "", "z\xC3\xA9"};
  Value picture = text_value("in", "\x89PNG");
  picture.kind = STOA_PART_BYTES;
  picture.media_type = "image/png";
  for (const HostSpec& spec : hosts()) {
    Loaded loaded("everything", spec);
    const auto parts = loaded.ask("strings", {words}).parts();
    ASSERT_EQ(parts.size(), 2u);
    EXPECT_EQ(parts[0].strings, (std::vector<std::string>{"z\xC3\xA9", "", "x"}));
    EXPECT_EQ(parts[0].shape, (std::vector<std::int64_t>{3, 1}));
    EXPECT_EQ(parts[1].strings, (std::vector<std::string>{"a", "", "ccc"}));
    EXPECT_EQ(parts[1].shape, std::vector<std::int64_t>{3});
    Value copy = picture;
    copy.name = "copy";
    EXPECT_EQ(loaded.ask("bytes", {picture}).parts(), std::vector{copy});
    EXPECT_EQ(loaded.ask("optional", {text_value("image", "")}).parts(), std::vector{text_value("has", "yes")});
    EXPECT_EQ(loaded.ask("optional").parts(), std::vector{text_value("has", "no")});
  }
}

TEST(PluginParts, WantedOutputsAreKnown) {
  Loaded loaded("everything");
  for (const auto& [outputs, wants] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "yes"}, {{"label"}, "yes"}, {{"x", "label"}, "yes"}, {{"x"}, "no"}}) {
    ExchangeSpec spec;
    spec.task = "wants";
    spec.outputs = outputs;
    EXPECT_EQ(loaded.ask(spec).parts(), std::vector{text_value("wants", wants)});
  }
}

TEST(PluginFailure, EveryExceptionBecomesAStatus) {
  struct {
    std::string_view task;
    Code code;
    std::string_view reason, message;
  } rows[] = {
      {"failure", Code::out_of_range, "demo.range", "9 is more than 8"},
      {"memory", Code::resource_exhausted, "plugin.memory", "the plugin ran out of memory"},
      {"standard", Code::internal, "plugin.exception", "a bug in the model"},
      {"odd", Code::internal, "plugin.exception", "the plugin threw something that is no std::exception"},
      {"missing asset", Code::not_found, "asset.unknown", "the manifest has no asset 'assets/absent.bin'"},
      {"nonsense", Code::unimplemented, "demo.task", "no such task"},
  };
  Loaded loaded("everything");
  for (const auto& row : rows) {
    const Answer answer = loaded.ask(std::string(row.task));
    EXPECT_EQ(answer.status, static_cast<stoa_status>(row.code)) << row.task;
    EXPECT_EQ(answer.error.value().reason, row.reason);
    EXPECT_EQ(answer.error.value().message, row.message);
  }
  EXPECT_EQ(loaded.ask("failure").error.value().retry_after_ms, 250u);
  // 447 bytes fit, which would end inside the first é.
  EXPECT_EQ(loaded.ask("long text").error.value().message, std::string(446, 'x'));
}

TEST(PluginFailure, AHostWithoutAssetsIsToldSo) {
  HostSpec bare;
  bare.has_extensions = false;
  Loaded loaded("everything", bare);
  EXPECT_EQ(loaded.ask("asset").error.value().reason, "plugin.assets");
  EXPECT_EQ(loaded.ask("meter").status, STOA_OK);
  EXPECT_EQ(loaded.ask("log").status, STOA_OK);
}

TEST(PluginStream, GoesOutPieceByPieceToASlowConsumer) {
  Loaded loaded("everything");
  for (const Consumer consumer : {Consumer::prompt, Consumer::slow}) {
    ExchangeSpec spec;
    spec.task = "count";
    spec.consumer = consumer;
    spec.inputs = {tensor<std::int64_t>("n", {1}, {50})};
    const Answer answer = loaded.ask(spec);
    EXPECT_EQ(answer.status, STOA_OK);
    ASSERT_EQ(answer.emits.size(), 50u);
    EXPECT_EQ(answer.emits[49], std::vector{text_value("token", "49")});
  }
}

TEST(PluginStream, ACallerThatHangsUpEndsIt) {
  Loaded loaded("everything");
  ExchangeSpec spec;
  spec.task = "count";
  spec.consumer = Consumer::stalled;
  spec.inputs = {tensor<std::int64_t>("n", {1}, {50})};
  Exchange exchange(spec);
  std::thread model([&] {
    stoa_request* request = exchange.abi();
    EXPECT_EQ(loaded.model()->submit(loaded.model(), &request, 1, nullptr), STOA_OK);
  });
  EXPECT_TRUE(exchange.wait_blocked(10s));
  exchange.cancel(STOA_CANCELLED);
  model.join();
  EXPECT_EQ(exchange.answer().status, STOA_CANCELLED);
  EXPECT_EQ(exchange.faults(), std::vector<std::string>{});
}

TEST(PluginStream, ADeadlineEndsWaitingAndComputing) {
  Loaded loaded("everything");
  for (const char* task : {"count", "forever"}) {
    ExchangeSpec spec;
    spec.task = task;
    spec.consumer = Consumer::stalled;
    spec.inputs = {tensor<std::int64_t>("n", {1}, {50})};
    spec.deadline_ns = stoa::check::now_ns() + 20'000'000;
    EXPECT_EQ(loaded.ask(spec).status, STOA_DEADLINE_EXCEEDED) << task;
  }
}

TEST(PluginStream, ACancelWordSetBeforehandRunsNothing) {
  Loaded loaded("everything");
  Exchange exchange({.inputs = {}, .task = "config", .params_json = {}, .session = {}, .outputs = {}});
  exchange.cancel(STOA_DEADLINE_EXCEEDED);
  stoa_request* request = exchange.abi();
  EXPECT_EQ(loaded.model()->submit(loaded.model(), &request, 1, nullptr), STOA_OK);
  EXPECT_EQ(exchange.answer().status, STOA_DEADLINE_EXCEEDED);
  EXPECT_TRUE(exchange.answer().emits.empty());
}

TEST(PluginHost, MetersAssetsGrantsLogAndMetrics) {
  const std::string file = testing::TempDir() + "stoa_plugin_test_words.txt";
  std::ofstream(file) << "one two three";
  HostSpec spec;
  spec.assets = {{"assets/words.txt", file}};
  spec.grants = {{"context", 4096}};
  Loaded loaded("everything", spec);
  EXPECT_EQ(loaded.ask("meter").meters,
            (std::map<std::string, std::int64_t>{{"token.out", 5'000'000}, {"second.audio", 1'250'000}}));
  const auto parts = loaded.ask("asset").parts();
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0], text_value("text", "one two three"));
  EXPECT_EQ(parts[1].bytes, parts[0].bytes);
  EXPECT_EQ(parts[2], text_value("middle", "two "));
  EXPECT_EQ(loaded.ask("grant").parts(), std::vector{text_value("grant", "4096")});
  loaded.ask("log");
  loaded.ask("log");
  EXPECT_EQ(loaded.host().log_lines(), (std::vector<std::string>{"one line", "one line"}));
  EXPECT_EQ(loaded.host().metric("seen_total"), 2);
}

TEST(PluginHooks, AreFoundByTheirMembers) {
  Loaded plain("everything");
  for (const char* id : {"stoa.batching/1", "stoa.warmup/1", "stoa.health/1", "stoa.inline/1", "stoa.card/1",
                         "stoa.session/1", "com.acme.x/1"})
    EXPECT_EQ(plain.model()->get_extension(plain.model(), id), nullptr) << id;
}

TEST(PluginHooks, AnswerThroughTheirTables) {
  Loaded loaded("hooked");
  stoa_model* model = loaded.model();
  EXPECT_EQ(loaded.extension<stoa_warmup>(STOA_EXT_WARMUP)->run(model, 0, nullptr), STOA_OK);
  const auto* health = loaded.extension<stoa_health>(STOA_EXT_HEALTH);
  stoa_error err = stoa::detail::empty_error();
  EXPECT_EQ(health->check(model, STOA_HEALTH_LOADED, 0, &err), STOA_OK);
  EXPECT_EQ(health->check(model, STOA_HEALTH_ANSWERS, 0, &err), STOA_UNAVAILABLE);
  EXPECT_STREQ(err.reason, "demo.ill");
  EXPECT_EQ(loaded.extension<stoa_inline>(STOA_EXT_INLINE)->expected_ns(model), 1500u);
  EXPECT_EQ(stoa::view_of(loaded.extension<stoa_card>(STOA_EXT_CARD)->json(model)), R"({"parameters": 3})");
  Exchange exchange({});
  model->cancel(model, exchange.abi(), STOA_CANCELLED);
  EXPECT_EQ(Hooked::last_cancelled, exchange.abi()->id);
}

TEST(PluginBatch, OnePassAnswersAllAndOneMayFailAlone) {
  Loaded loaded("hooked");
  const auto* batching = loaded.extension<stoa_batching>(STOA_EXT_BATCHING);
  stoa_batch_limits limits{};
  limits.struct_size = sizeof limits;
  batching->limits(loaded.model(), &limits);
  EXPECT_EQ(limits.max_requests, 8u);
  EXPECT_EQ(limits.max_cost, 100u);
  EXPECT_EQ(limits.max_delay_ns, 2000u);
  const auto exchange = [](std::int64_t n, std::string session) {
    ExchangeSpec spec;
    spec.inputs = {tensor<std::int64_t>("n", {1}, {n})};
    spec.session = std::move(session);
    return spec;
  };
  Exchange a(exchange(3, "s")), b(exchange(-1, "s")), c(exchange(5, "t"));
  EXPECT_EQ(batching->cost(loaded.model(), a.abi()), 3u);
  EXPECT_NE(batching->can_join(loaded.model(), a.abi(), b.abi()), 0);
  EXPECT_EQ(batching->can_join(loaded.model(), a.abi(), c.abi()), 0);
  stoa_request* requests[] = {a.abi(), b.abi(), c.abi()};
  EXPECT_EQ(loaded.model()->submit(loaded.model(), requests, 3, nullptr), STOA_OK);
  EXPECT_EQ(a.answer().parts(), std::vector{tensor<std::int64_t>("of", {2}, {3, 7})});
  EXPECT_EQ(b.answer().error.value().reason, "demo.negative");
  EXPECT_EQ(c.answer().parts(), std::vector{tensor<std::int64_t>("of", {2}, {5, 7})});
  EXPECT_EQ(loaded.ask(exchange(666, "")).error.value().reason, "demo.batch");
}

// Bytes in memory, behind the ABI's stream.
struct Bytes {
  std::string data;
  std::size_t at = 0;
};

TEST(PluginSession, IsSavedAndRestored) {
  Loaded loaded("hooked");
  const auto* sessions = loaded.extension<stoa_session>(STOA_EXT_SESSION);
  stoa_model* model = loaded.model();
  const stoa_str id = stoa::str_of("chat-1"), twin = stoa::str_of("chat-2");
  EXPECT_EQ(sessions->open(model, id, nullptr), STOA_OK);
  EXPECT_EQ(sessions->open(model, id, nullptr), STOA_ALREADY_EXISTS);
  EXPECT_EQ(sessions->bytes(model, id), 5u);
  EXPECT_EQ(sessions->bytes(model, twin), 0u);
  Bytes saved;
  stoa_stream out{&saved, [](stoa_stream* self, void* from, std::uint64_t n) {
                    static_cast<Bytes*>(self->host)->data.append(static_cast<char*>(from), n < 2 ? n : 2);
                    return static_cast<std::int64_t>(n < 2 ? n : 2);
                  }};
  EXPECT_EQ(sessions->save(model, id, &out, nullptr), STOA_OK);
  EXPECT_EQ(saved.data, "fresh");
  stoa_stream in{&saved, [](stoa_stream* self, void* to, std::uint64_t n) {
                   auto& bytes = *static_cast<Bytes*>(self->host);
                   n = std::min<std::uint64_t>(n, bytes.data.size() - bytes.at);
                   std::memcpy(to, bytes.data.data() + bytes.at, n);
                   bytes.at += n;
                   return static_cast<std::int64_t>(n);
                 }};
  EXPECT_EQ(sessions->restore(model, twin, &in, nullptr), STOA_OK);
  EXPECT_EQ(sessions->bytes(model, twin), 5u);
  sessions->close(model, id);
  sessions->close(model, id);
  EXPECT_EQ(sessions->bytes(model, id), 0u);
}

}  // namespace

// bench_tensor_json.cpp: reading and writing tensor JSON against nlohmann's DOM, over the same bytes.
// SPDX-License-Identifier: Apache-2.0
// Prints the figures of the issue: `figure json.parse_64k.vs_nlohmann 14.2 x target >=8`. A ratio is the median of
// rounds, each of which times both sides one after the other, so that a busy machine slows both.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>

#include "host/api/v2_json_reader.hpp"
#include "host/api/v2_json_writer.hpp"

namespace {

using namespace stoa;

std::vector<float> numbers(std::size_t count) {
  std::mt19937 random(7);  // NOLINT: the same numbers every time
  std::normal_distribution<float> normal(0, 1);
  std::vector<float> made(count);
  for (float& value : made) value = normal(random);
  return made;
}

// A v2 request of about bytes bytes, its floats in shortest form, as clients write them.
std::string request_text(std::size_t bytes) {
  std::string data;
  std::size_t count = 0;
  for (const float value : numbers(bytes / 8)) {
    if (data.size() + 120 > bytes) break;
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    data.append(count ? "," : "").append(text, static_cast<std::size_t>(end - text));
    ++count;
  }
  return R"({"id":"1","inputs":[{"name":"in","shape":[)" + std::to_string(count) + R"(],"datatype":"FP32","data":[)" +
         data + "]}]}";
}

class Ours {
 public:
  explicit Ours(std::string text) : size_(text.size()), text_(std::move(text)) { text_.append(64, ' '); }
  void run() {
    auto request = reader_.read({text_.data(), size_}, 1u << 30);
    if (!request) std::abort();
    benchmark::DoNotOptimize(request->inputs[0].data.bytes.data());
  }

 private:
  std::size_t size_;
  std::string text_;
  api::V2JsonReader reader_;
};

class Theirs {
 public:
  explicit Theirs(std::string text) : text_(std::move(text)) {}
  void run() {
    const auto document = nlohmann::json::parse(text_);
    const auto& data = document["inputs"][0]["data"];
    std::vector<float> tensor;
    tensor.reserve(data.size());
    for (const auto& value : data) tensor.push_back(value.get<float>());
    benchmark::DoNotOptimize(tensor.data());
  }

 private:
  std::string text_;
};

runtime::OutputPart output_of(const std::vector<float>& values) {
  static std::int64_t extent = 0, stride = 1;
  extent = static_cast<std::int64_t>(values.size());
  DLManagedTensorVersioned tensor{};
  tensor.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION};
  tensor.dl_tensor.data = const_cast<float*>(values.data());
  tensor.dl_tensor.device = {kDLCPU, 0};
  tensor.dl_tensor.ndim = 1;
  tensor.dl_tensor.dtype = to_dlpack(DataType::fp32);
  tensor.dl_tensor.shape = &extent;
  tensor.dl_tensor.strides = &stride;
  stoa_part part{};
  part.struct_size = sizeof part;
  part.kind = STOA_PART_TENSOR;
  part.name = {"out", 3};
  part.u.tensor = &tensor;
  runtime::OutputPart out;
  std::string why;
  if (!runtime::OutputPart::take(part, out, why)) std::abort();
  return out;
}

class OurWriter {
 public:
  explicit OurWriter(std::size_t count) : part_(output_of(numbers(count))) {}
  void run() {
    api::V2Response response;
    response.model_name = "a/b";
    response.model_version = "1.0.0";
    response.outputs.push_back({&part_, false});
    auto text = api::write_v2_response(response);
    if (!text) std::abort();
    benchmark::DoNotOptimize(text->data());
  }

 private:
  runtime::OutputPart part_;
};

class TheirWriter {
 public:
  explicit TheirWriter(std::size_t count) : values_(numbers(count)) {}
  void run() {
    nlohmann::json output = {{"name", "out"}, {"datatype", "FP32"}, {"shape", {values_.size()}}, {"data", values_}};
    nlohmann::json response = {{"model_name", "a/b"}, {"model_version", "1.0.0"}};
    response["outputs"].push_back(std::move(output));
    const std::string text = response.dump();
    benchmark::DoNotOptimize(text.data());
  }

 private:
  std::vector<float> values_;
};

// Only the serialiser: the document is made beforehand.
class TheirDump {
 public:
  explicit TheirDump(std::size_t count) {
    nlohmann::json output = {{"name", "out"}, {"datatype", "FP32"}, {"shape", {count}}, {"data", numbers(count)}};
    response_ = {{"model_name", "a/b"}, {"model_version", "1.0.0"}};
    response_["outputs"].push_back(std::move(output));
  }
  void run() {
    const std::string text = response_.dump();
    benchmark::DoNotOptimize(text.data());
  }

 private:
  nlohmann::json response_;
};

// CPU time of this thread: what other programs take of the machine is not ours.
double cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

template <class Side>
double time_ns(Side& side, int times) {
  const double begin_ns = cpu_ns();
  for (int i = 0; i < times; ++i) side.run();
  return (cpu_ns() - begin_ns) / times;
}

template <class A, class B>
void figure(const char* name, A ours, B theirs, double target, int times) {
  constexpr int kRounds = 15;
  std::vector<double> ratios, absolute;
  for (int round = 0; round < kRounds; ++round) {
    const double a = time_ns(ours, times), b = time_ns(theirs, std::max(1, times / 4));
    ratios.push_back(b / a);
    absolute.push_back(a);
  }
  std::ranges::nth_element(ratios, ratios.begin() + kRounds / 2);
  std::ranges::nth_element(absolute, absolute.begin() + kRounds / 2);
  std::printf("figure %s %.2f x target >=%g tier=- ours_us=%.2f%s\n", name, ratios[kRounds / 2], target,
              absolute[kRounds / 2] / 1e3, ratios[kRounds / 2] >= target ? "" : "  MISSED");
}

template <class Side>
void run(benchmark::State& state) {
  Side side(request_text(static_cast<std::size_t>(state.range(0))));
  for (auto _ : state) side.run();
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(run<Ours>)->Name("parse/ours")->Arg(1 << 10)->Arg(1 << 16)->Arg(1 << 20);
BENCHMARK(run<Theirs>)->Name("parse/nlohmann")->Arg(1 << 10)->Arg(1 << 16)->Arg(1 << 20);

}  // namespace

int main(int argc, char** argv) {
  figure("json.parse_1k.vs_nlohmann", Ours(request_text(1 << 10)), Theirs(request_text(1 << 10)), 8, 2000);
  figure("json.parse_64k.vs_nlohmann", Ours(request_text(1 << 16)), Theirs(request_text(1 << 16)), 8, 60);
  figure("json.parse_1m.vs_nlohmann", Ours(request_text(1 << 20)), Theirs(request_text(1 << 20)), 8, 8);
  figure("json.write_1k.vs_nlohmann", OurWriter(90), TheirDump(90), 2.5, 2000);
  figure("json.write_64k.vs_nlohmann", OurWriter(5500), TheirDump(5500), 2.5, 60);
  figure("json.write_1m.vs_nlohmann", OurWriter(90'000), TheirDump(90'000), 2.5, 6);
  figure("json.write_1k_with_dom.vs_nlohmann", OurWriter(90), TheirWriter(90), 2.5, 2000);
  if (argc < 2) return 0;  // with any argument: Google Benchmark's own table, too
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}

// model_test.cpp: the class answers what the same TorchScript answers when it is called directly.
// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <gtest/gtest.h>
#include <torch/script.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "image_decode.hpp"

namespace image_classify {
namespace {

std::string weights_path() {
  return std::string(std::getenv("STOA_SOURCE_DIR")) + "/plugins/image_classify/assets/weights.pt";
}

std::string weights() {
  std::ifstream file(weights_path(), std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> classify(const Model& model, const torch::Tensor& images) {
  std::vector<float> probabilities(static_cast<std::size_t>(images.size(0)) * kClasses);
  model.classify(images.data_ptr<float>(), static_cast<std::size_t>(images.size(0)), probabilities.data());
  return probabilities;
}

TEST(Model, EqualsTorchScriptCalledDirectly) {
  const auto bytes = weights();
  const Model model(bytes.data(), bytes.size());
  auto script = torch::jit::load(weights_path());
  torch::manual_seed(1);
  for (const std::int64_t n : {1, 2, 3, 8, 32, 33, 100, 1}) {
    const auto images = torch::rand({n, 1, kSide, kSide});
    const auto ours = classify(model, images);
    const auto direct = script.forward({images}).toTensor();
    const auto difference = (torch::tensor(ours).reshape({n, kClasses}) - direct).abs().max().item<float>();
    EXPECT_LE(difference, 1e-6f) << n << " images";
  }
}

TEST(Model, AnswersDoNotDependOnTheBatch) {
  const auto bytes = weights();
  const Model model(bytes.data(), bytes.size());
  torch::manual_seed(2);
  const auto images = torch::rand({32, 1, kSide, kSide});
  const auto together = classify(model, images);
  for (std::int64_t i = 0; i < 32; ++i) {
    const auto alone = classify(model, images.slice(0, i, i + 1).contiguous());
    for (std::size_t c = 0; c < kClasses; ++c)
      EXPECT_NEAR(alone[c], together[static_cast<std::size_t>(i) * kClasses + c], 1e-5);
  }
}

TEST(Model, ThreadsAtTheSameTimeAgree) {
  const auto bytes = weights();
  const Model model(bytes.data(), bytes.size());
  torch::manual_seed(3);
  const auto images = torch::rand({4, 1, kSide, kSide});
  const auto expected = classify(model, images);
  std::vector<std::vector<float>> got(4);
  std::vector<std::thread> threads;
  for (auto& answer : got)
    threads.emplace_back([&] {
      for (int i = 0; i < 5; ++i) answer = classify(model, images);
    });
  for (auto& thread : threads) thread.join();
  for (const auto& answer : got)
    for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(answer[i], expected[i], 1e-6);
}

TEST(Model, RowsAreProbabilities) {
  const auto bytes = weights();
  const Model model(bytes.data(), bytes.size());
  const auto answer = classify(model, torch::rand({16, 1, kSide, kSide}));
  for (std::size_t i = 0; i < 16; ++i) {
    float sum = 0;
    for (std::size_t c = 0; c < kClasses; ++c) sum += answer[i * kClasses + c];
    EXPECT_NEAR(sum, 1, 1e-5);
  }
  classify(model, torch::rand({0, 1, kSide, kSide}));
}

TEST(Model, ParametersAreCounted) {
  const auto bytes = weights();
  EXPECT_EQ(Model(bytes.data(), bytes.size()).parameters(), 283706u);
}

TEST(Model, OtherBytesAreRefused) {
  const auto whole = weights();
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, std::size_t{1000}, whole.size() / 2, whole.size() - 1})
    EXPECT_THROW(Model(whole.data(), size), std::runtime_error) << size << " bytes";
}

}  // namespace
}  // namespace image_classify

// plugin.cpp: the image classifier behind the C ABI: pictures or tensors in, labels and probabilities out, in batches.
// SPDX-License-Identifier: Apache-2.0
#include "stoa/plugin.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "image_decode.hpp"
#include "model.hpp"

namespace {

using image_classify::kClasses;
using image_classify::kPixels;

constexpr std::size_t kBatchMax = 32;  // images in one pass

// The smallest batch whose time per image is within a tenth of the best: larger ones only add latency.
std::size_t measure_batch(const image_classify::Model& model) {
  const std::vector<float> images(kBatchMax * kPixels);
  std::vector<float> probabilities(kBatchMax * kClasses);
  std::vector<double> per_image_ns;
  for (std::size_t n = 1; n <= kBatchMax; n *= 2) {
    double best = INFINITY;
    for (int i = 0; i < 4; ++i) {  // the first two passes of a shape are slow
      const auto started = std::chrono::steady_clock::now();
      model.classify(images.data(), n, probabilities.data());
      const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - started;
      best = std::min(best, took.count() / static_cast<double>(n));
    }
    per_image_ns.push_back(best);
  }
  const double best = *std::min_element(per_image_ns.begin(), per_image_ns.end());
  const auto good = std::find_if(per_image_ns.begin(), per_image_ns.end(), [&](double t) { return t <= 1.1 * best; });
  return std::size_t{1} << (good - per_image_ns.begin());
}

stoa::Failure bad_input(const char* reason, const std::string& message) {
  return stoa::Failure(stoa::Code::invalid_argument, reason, message);
}

class ImageClassify {
 public:
  ImageClassify() : model_(load()), batch_preferred_(measure_batch(model_)) {
    stoa::report_memory(DLDevice{kDLCPU, 0}, model_.parameters() * sizeof(float));
    model_.classify(proof_image(), 1, proof_.data());
  }

  // All requests of a batch go through the model in one pass; one that cannot be read fails alone.
  void batch(stoa::Batch& batch) {
    std::vector<float> images;
    std::vector<std::size_t> counts(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) {
      const auto before = images.size();
      try {
        batch[i].request.check_cancelled();
        append(batch[i].request, images);
        counts[i] = (images.size() - before) / kPixels;
      } catch (const image_classify::ImageError& e) {
        images.resize(before);
        batch[i].fail(bad_input(e.reason(), std::string("input 'image': ") + e.what()));
      } catch (const stoa::Failure& failure) {
        images.resize(before);
        batch[i].fail(failure);
      }
    }
    std::vector<float> probabilities(images.size() / kPixels * kClasses);
    classify(batch, images, probabilities);
    const float* answer = probabilities.data();
    for (std::size_t i = 0; i < batch.size(); answer += counts[i++] * kClasses)
      if (!batch[i].failure()) write(batch[i], answer, counts[i]);
  }

  stoa::BatchLimits batch_limits() const { return {static_cast<std::uint32_t>(batch_preferred_), kBatchMax, 0}; }

  std::uint64_t cost(const stoa::Request& request) const {
    if (request.has("image")) return 1;
    const stoa::Shape shape = request.any_tensor(request.has("pixels") ? "pixels" : "tensor").shape;
    return shape.empty() ? 1 : static_cast<std::uint64_t>(std::max<std::int64_t>(1, shape[0]));
  }

  void warm_up() { measure_batch(model_); }

  void health(std::int32_t depth) const {
    if (depth < STOA_HEALTH_ANSWERS) return;
    float now[kClasses];
    model_.classify(proof_image(), 1, now);
    for (std::size_t i = 0; i < kClasses; ++i)
      if (!(std::abs(now[i] - proof_[i]) < 1e-5f))
        throw stoa::Failure(stoa::Code::internal, "model.changed", "the model no longer answers as when it was loaded");
  }

  std::string card() const {
    return R"({"architecture":"ResNet, 28x28x24 - 14x14x64 - 7x7x128, TorchScript","parameters":)" +
           std::to_string(model_.parameters()) + R"(,"batch_preferred":)" + std::to_string(batch_preferred_) +
           R"(,"data":"Fashion-MNIST (Zalando Research, MIT), 60,000 training images",)"
           R"("accuracy":{"of":"10,000 test images","value":0.9293}})";
  }

 private:
  static image_classify::Model load() {
    const stoa::Asset weights("assets/weights.pt");
    return image_classify::Model(weights.map().data(), weights.size());
  }

  static void append(const stoa::Request& request, std::vector<float>& images) {
    const auto before = images.size();
    if (request.has("image")) {
      const auto bytes = request.bytes("image");
      const auto grey = image_classify::decode_grey(bytes.data(), bytes.size());
      images.resize(before + kPixels);
      image_classify::fit_to_model(grey, &images[before]);
    } else if (request.has("pixels")) {
      for (const std::uint8_t value : request.tensor<std::uint8_t>("pixels"))
        images.push_back(static_cast<float>(value) / 255);
    } else {
      const auto tensor = request.tensor<float>("tensor");
      const auto wrong = std::find_if(tensor.begin(), tensor.end(), [](float v) { return !(v >= 0 && v <= 1); });
      if (wrong != tensor.end())
        throw bad_input("input.range", "input 'tensor' has " + std::to_string(*wrong) + " at element " +
                                           std::to_string(wrong - tensor.begin()) + ", values are 0 to 1");
      images.insert(images.end(), tensor.begin(), tensor.end());
    }
    if ((images.size() - before) % kPixels != 0) throw bad_input("input.shape", "the images are not of 28 x 28 values");
  }

  // In passes of kBatchMax images: one request may bring thousands, and its caller may go in the meantime.
  void classify(const stoa::Batch& batch, const std::vector<float>& images, std::vector<float>& probabilities) const {
    const auto total = images.size() / kPixels;
    for (std::size_t first = 0; first < total; first += kBatchMax) {
      if (batch.size() == 1) batch[0].request.check_cancelled();
      model_.classify(&images[first * kPixels], std::min(kBatchMax, total - first), &probabilities[first * kClasses]);
    }
  }

  static void write(stoa::BatchItem& item, const float* answer, std::size_t n) {
    const auto rows = static_cast<std::int64_t>(n);
    std::vector<std::string_view> labels(n);
    std::vector<std::int64_t> indices(n);
    for (std::size_t i = 0; i < n; ++i) {
      const float* row = answer + i * kClasses;
      indices[i] = std::max_element(row, row + kClasses) - row;
      labels[i] = image_classify::kLabels[static_cast<std::size_t>(indices[i])];
    }
    if (item.request.wants("label")) item.reply.strings("label", labels);
    if (item.request.wants("probabilities"))
      std::copy_n(answer, n * kClasses,
                  item.reply.tensor<float>("probabilities", {rows, std::int64_t{kClasses}}).begin());
    if (item.request.wants("class_index"))
      std::copy(indices.begin(), indices.end(), item.reply.tensor<std::int64_t>("class_index", {rows}).begin());
    item.reply.meter(STOA_METER_IMAGE, rows);
  }

  // A white square on black: no picture of the data set, but its answer is the model's own.
  static const float* proof_image() {
    static const std::array<float, kPixels> image = [] {
      std::array<float, kPixels> square{};
      for (std::size_t y = 8; y < 20; ++y) std::fill_n(&square[y * image_classify::kSide + 8], 12, 1.0f);
      return square;
    }();
    return image.data();
  }

  const image_classify::Model model_;
  const std::size_t batch_preferred_;
  std::array<float, kClasses> proof_{};
};

}  // namespace

STOA_PLUGIN(ImageClassify)

// model.cpp: the one translation unit that includes libtorch.
// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <ATen/Parallel.h>
#include <torch/script.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>

#include "image_decode.hpp"

namespace image_classify {
namespace {

// Lets torch read the archive where it lies: no file is opened, nothing is copied before the tensors are.
class Memory final : public caffe2::serialize::ReadAdapterInterface {
 public:
  Memory(const void* bytes, std::size_t size) : bytes_(static_cast<const char*>(bytes)), size_(size) {}
  std::size_t size() const override { return size_; }
  std::size_t read(std::uint64_t at, void* to, std::size_t n, const char*) const override {
    if (at >= size_) return 0;
    n = std::min<std::size_t>(n, size_ - at);
    std::memcpy(to, bytes_ + at, n);
    return n;
  }

 private:
  const char* bytes_;
  std::size_t size_;
};

std::string first_line(const char* text) {
  const std::string_view all(text);
  return std::string(all.substr(0, all.find('\n')));
}

}  // namespace

struct Model::Script {
  mutable torch::jit::Module module;  // its forward() is const in all but name
  std::size_t parameters = 0;
};

Model::Model(const void* weights, std::size_t size) : script_(std::make_unique<Script>()) {
  at::set_num_threads(1);  // the host owns parallelism: it runs as many model threads as the manifest says
  try {
    script_->module = torch::jit::load(std::make_shared<Memory>(weights, size), at::kCPU);
    script_->module.eval();
    // Freezing made the weights constants of the graph: they are counted there.
    for (const auto* node : script_->module.get_method("forward").graph()->nodes())
      if (node->kind() == c10::prim::Constant && node->output()->type()->isSubtypeOf(*c10::TensorType::get()))
        script_->parameters += static_cast<std::size_t>(node->t(c10::attr::value).numel());
  } catch (const c10::Error& e) {
    throw std::runtime_error("the weights are no torchscript: " + first_line(e.what_without_backtrace()));
  }
  // What it answers is checked here once, so that another model in the file is told at load and not by a caller.
  const float blank[kPixels] = {};
  float probabilities[kClasses];
  classify(blank, 1, probabilities);
}

Model::~Model() = default;

std::size_t Model::parameters() const { return script_->parameters; }

void Model::classify(const float* images, std::size_t n, float* probabilities) const {
  if (n == 0) return;
  const c10::InferenceMode inference;
  const auto rows = static_cast<std::int64_t>(n);
  const auto input = torch::from_blob(const_cast<float*>(images), {rows, 1, kSide, kSide}, torch::kFloat32);
  try {
    const auto output = script_->module.forward({input}).toTensor().contiguous();
    if (output.dim() != 2 || output.size(0) != rows || output.size(1) != static_cast<std::int64_t>(kClasses) ||
        output.scalar_type() != torch::kFloat32)
      throw std::runtime_error("the model answers something else than fp32 of " + std::to_string(n) + " x 10");
    std::memcpy(probabilities, output.data_ptr<float>(), n * kClasses * sizeof(float));
  } catch (const c10::Error& e) {
    throw std::runtime_error("the model failed: " + first_line(e.what_without_backtrace()));
  }
}

}  // namespace image_classify

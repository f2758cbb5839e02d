// model.hpp: the ResNet for Fashion-MNIST, as plain C++ over libtorch. No Stoa, no torch header for those who include
// it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <memory>

namespace image_classify {

inline constexpr std::size_t kClasses = 10;
inline constexpr std::array<const char*, kClasses> kLabels = {
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"};

// Immutable once loaded: any number of threads may ask it at the same time, each computing on itself alone.
class Model {
 public:
  // The TorchScript that train.py exported, from memory that need not outlive the call. Throws std::runtime_error.
  Model(const void* weights, std::size_t size);
  ~Model();
  Model(const Model&) = delete;

  std::size_t parameters() const;

  // images: n of 28 x 28 values in 0..1; probabilities: n times kClasses, each row sums to one.
  void classify(const float* images, std::size_t n, float* probabilities) const;

 private:
  struct Script;
  std::unique_ptr<Script> script_;
};

}  // namespace image_classify

// @NAME@: twice every element of a tensor. Yours goes here. SPDX-License-Identifier: Apache-2.0
#include "stoa/plugin.hpp"

class Twice final : public stoa::Model {
 public:
  // Runs on as many threads at once as limits.threads in manifest.json says. Throw stoa::Failure to refuse a request.
  void infer(stoa::Request& request, stoa::Reply& reply) override {
    const auto x = request.tensor<float>("x");
    auto y = reply.tensor<float>("y", x.shape());
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = 2 * x[i];
  }
};

STOA_PLUGIN(Twice)

// plugin.cpp: the n-gram model behind the C ABI: a text goes in, pieces stream out.
// SPDX-License-Identifier: Apache-2.0
#include "stoa/plugin.hpp"

#include <nlohmann/json.hpp>

#include "generation.hpp"

namespace {

using text_generate::Generation;
using text_generate::NgramModel;
using text_generate::Parameters;

class TextGenerate final : public stoa::Model {
 public:
  TextGenerate() : model_(load()) { stoa::report_memory(DLDevice{kDLCPU, 0}, model_.memory_bytes()); }

  void infer(stoa::Request& request, stoa::Reply& reply) override {
    const Parameters parameters = parse(request.params_json());
    Generation generation(model_, request.text("text_input"), parameters.temperature,
                          parameters.seed.value_or(fresh_seed(request)));
    reply.meter(STOA_METER_TOKEN_IN, static_cast<std::int64_t>(generation.prompt_tokens()));

    text_generate::StopFilter filter(parameters.stop);
    for (std::uint32_t token = 1; token <= parameters.max_tokens && !filter.is_stopped(); ++token) {
      request.check_cancelled();
      const std::string sent = filter.add(generation.next());
      reply.meter(STOA_METER_TOKEN_OUT, token);
      if (!sent.empty()) send(reply, sent);
    }
    if (const std::string rest = filter.rest(); !rest.empty()) send(reply, rest);
  }

  void health(std::int32_t depth) {
    if (depth < STOA_HEALTH_ANSWERS) return;
    Generation generation(model_, "My dear Mr.", 0, 0);
    if (generation.next().empty()) throw stoa::Failure(stoa::Code::internal, "model.silent", "no piece was drawn");
  }

  std::string card() const {
    return nlohmann::json{
        {"architecture", "interpolated Kneser-Ney n-gram over byte-pair pieces"},
        {"order", model_.order()},
        {"vocabulary", model_.pieces().size()},
        {"parameters", model_.ngrams()},
        {"data", "the six novels of Jane Austen (public domain)"},
        {"held_out_bits_per_character", 1.518},
    }
        .dump();
  }

 private:
  static NgramModel load() {
    const stoa::Asset asset("assets/austen.ngram");
    const auto bytes = asset.map();
    return NgramModel::parse(bytes.data(), bytes.size());
  }

  static Parameters parse(std::string_view json) {
    try {
      return text_generate::parse_parameters(json);
    } catch (const text_generate::ParameterError& e) {
      throw stoa::Failure(stoa::Code::invalid_argument, "parameters.invalid", e.what());
    }
  }

  // Without a seed every request gets another text; ids are unique in a host, the clock tells two hosts apart.
  static std::uint64_t fresh_seed(const stoa::Request& request) {
    const auto now = std::chrono::system_clock::now().time_since_epoch().count();
    return static_cast<std::uint64_t>(now) ^ request.id() << 40;
  }

  static void send(stoa::Reply& reply, std::string_view text) {
    reply.text("text_output", text);
    reply.send();
  }

  const NgramModel model_;
};

}  // namespace

STOA_PLUGIN(TextGenerate)

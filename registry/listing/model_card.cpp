// model_card.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/listing/model_card.hpp"

#include <fmt/format.h>

#include "registry/listing/markdown.hpp"
#include "registry/listing/search_index.hpp"

namespace stoa::registry {
namespace {

std::string codes(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + markdown_code(word);
  return text;
}

void row(std::string& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out += fmt::format("| {} | {} |\n", name, value);
}

std::string type_of(const PortDeclaration& port) {
  if (port.kind != "tensor") return markdown_code(port.kind);
  std::string shape;
  for (const std::int64_t extent : port.shape)
    shape += (shape.empty() ? "" : ", ") + (extent < 0 ? "any" : std::to_string(extent));
  return markdown_code(fmt::format("{}[{}]", name_of(port.datatype), shape));
}

void ports(std::string& out, std::string_view title, const std::vector<PortDeclaration>& ports) {
  out += fmt::format("\n## {}\n\n| name | type | media types | needed | |\n|---|---|---|---|---|\n", title);
  for (const PortDeclaration& port : ports)
    out += fmt::format("| {} | {} | {} | {} | {} |\n", markdown_code(port.name), type_of(port), codes(port.media_types),
                       port.optional ? "no" : "yes", markdown_text(port.description));
}

std::string platform_text(const PlatformDeclaration& platform) {
  std::string text = fmt::format("{}-{}, {} {}", platform.os, platform.arch, platform.libc, platform.libc_min);
  for (const std::string& feature : platform.cpu) text += ", " + feature;
  if (platform.gpu) text += fmt::format(", {} {}", platform.gpu->kind, platform.gpu->compute_min.text());
  return text;
}

void facts(std::string& out, const ModelCard& card) {
  const auto& [release, manifest, model, published, evaluations] = card;
  out += "| | |\n|---|---|\n";
  row(out, "model", markdown_code(manifest.publisher + "/" + model.name));
  row(out, "version", markdown_code(release.version));
  row(out, "state",
      markdown_text(std::string(name_of(release.state)) +
                    (release.state_because.empty() ? "" : ": " + release.state_because)));
  row(out, "published", markdown_text(published));
  row(out, "plugin", markdown_code(manifest.id()));
  row(out, "task", markdown_code(model.task));
  row(out, "takes", codes(modalities_of(model.inputs)));
  row(out, "gives", codes(modalities_of(model.outputs)) + (model.is_streaming ? ", in several parts" : ""));
  row(out, "licence of the code", markdown_code(manifest.licence_code));
  row(out, "licence of the weights", markdown_code(manifest.licence_weights));
  if (!manifest.homepage.empty()) row(out, "home page, as the publisher says", markdown_code(manifest.homepage));
  row(out, "counted", codes(model.meters));
  std::string prices;
  for (const PriceDeclaration& price : model.prices) prices += (prices.empty() ? "" : ", ") + price_text(price);
  row(out, "asked price", markdown_text(prices));
}

void needs(std::string& out, const ModelCard& card) {
  const auto& [release, manifest, model, published, evaluations] = card;
  out += "\n## What it needs\n\n| | |\n|---|---|\n";
  for (const PlatformDeclaration& platform : manifest.platforms)
    row(out, "platform", markdown_code(platform_text(platform)));
  row(out, "permissions", codes(manifest.permissions));
  if (!manifest.min_isolation.empty()) row(out, "isolation, at least", markdown_code(manifest.min_isolation));
  row(out, "ABI", fmt::format("{} to {}", manifest.abi_min, manifest.abi_max));
  row(out, "package", fmt::format("{} bytes", release.package_bytes));
  row(out, "SHA-256", markdown_code(to_hex(release.package_sha256)));
  if (!release.key.hex.empty()) row(out, "signed by the key", markdown_code(release.key.hex));
}

std::string figure_of(const Scores& scores) {
  if (scores.task == EvaluationTask::classification) return fmt::format("accuracy {:.4f}", scores.accuracy());
  return scores.errors ? fmt::format("mean absolute error {:.6g}", scores.errors->mean_absolute) : "no answer";
}

void measured(std::string& out, std::span<const EvaluationRecord> evaluations) {
  if (evaluations.empty()) return;
  out +=
      "\n## What was measured\n\n| labelled set | figure | examples | not answered | said by | signed with |\n"
      "|---|---|---|---|---|---|\n";
  for (const EvaluationRecord& one : evaluations) {
    const Scores& scores = one.opened.evaluation.scores;
    out += fmt::format("| {}, {} | {} | {} | {} | {} | {}, {} |\n", markdown_text(one.opened.evaluation.dataset.name),
                       markdown_code(to_hex(one.opened.evaluation.dataset.sha256)), figure_of(scores), scores.examples,
                       scores.failed(), markdown_text(one.said_by), markdown_code(one.opened.envelope.key_id.hex),
                       !one.is_publishers_key ? "the operator's key"
                       : one.is_key_good      ? "the publisher's key"
                                              : "a key that was revoked");
  }
}

}  // namespace

std::string price_text(const PriceDeclaration& price) {
  constexpr std::uint64_t kNano = 1'000'000'000;
  std::string amount = std::to_string(price.nano / kNano);
  if (price.nano % kNano != 0) {
    amount += fmt::format(".{:09}", price.nano % kNano);
    while (amount.ends_with('0')) amount.pop_back();
  }
  return fmt::format("{} {} for {} {}", amount, price.currency, price.per, price.meter);
}

std::string markdown_of(const ModelCard& card) {
  const auto& [release, manifest, model, published, evaluations] = card;
  std::string out = fmt::format("# {}\n\n", markdown_text(manifest.publisher + "/" + model.name));
  for (const std::string& description : {model.description, manifest.description})
    if (const std::string text = markdown_lines(description); !text.empty()) out += text + "\n";
  facts(out, card);
  ports(out, "Inputs", model.inputs);
  for (const auto& group : model.one_of) out += fmt::format("\nExactly one of {} is given.\n", codes(group));
  ports(out, "Outputs", model.outputs);
  needs(out, card);
  std::size_t cases = 0;
  for (const GoldenDeclaration& golden : manifest.golden) cases += golden.model == model.name ? 1 : 0;
  out += fmt::format(
      "\n## How it is checked\n\nThe publisher stands for the answers to {} golden case{}; a host asks {} "
      "before it serves the model.\n",
      cases, cases == 1 ? "" : "s", cases == 1 ? "it" : "them");
  measured(out, evaluations);
  if (const std::string changes = markdown_lines(release.changelog); !changes.empty())
    out += fmt::format("\n## What {} changes\n\n{}", markdown_text(release.version), changes);
  return out;
}

}  // namespace stoa::registry

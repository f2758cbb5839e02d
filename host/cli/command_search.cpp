// command_search.cpp: `stoa search`: which models a registry shows. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct SearchOptions : RegistryOptions {
  std::vector<std::string> words;
  std::string publisher, task, modality, input, output, licence, price_max, currency, meter, sort = "name";
  bool hides_deprecated = false;
  int most = 50;
};

// As many as were asked for, in pages of the registry's choosing.
Result<Json> find(HttpClient& registry, const SearchOptions& options) {
  std::string words;
  for (const std::string& word : options.words) words += (words.empty() ? "" : " ") + word;
  const std::string path = "/v1/catalogue" + query_of({{"q", words},
                                                       {"publisher", options.publisher},
                                                       {"task", options.task},
                                                       {"modality", options.modality},
                                                       {"input", options.input},
                                                       {"output", options.output},
                                                       {"licence", options.licence},
                                                       {"price_max", options.price_max},
                                                       {"currency", options.currency},
                                                       {"meter", options.meter},
                                                       {"deprecated", options.hides_deprecated ? "no" : ""},
                                                       {"sort", options.sort},
                                                       {"limit", std::to_string(options.most)}});
  return registry.ask({.path = path});
}

std::string found_text(const Json& answer) {
  if (answer["items"].empty()) return "nothing is found\n";
  Json rows = Json::array();
  for (const Json& item : answer["items"]) {
    Json row = item;
    std::string prices;
    for (const Json& price : item["prices"]) prices += (prices.empty() ? "" : "; ") + member_text(price, "text");
    row["price"] = prices.empty() ? Json() : Json(prices);
    if (member_text(item, "state") == "deprecated") row["version"] = member_text(item, "version") + " (deprecated)";
    rows.push_back(std::move(row));
  }
  std::string text = table_text(rows, {"id", "version", "task", "licences.code", "licences.weights", "price"});
  if (answer.contains("next")) text += "there are more: ask for --most, or more narrowly\n";
  return text;
}

Exit search(const SearchOptions& options) {
  auto registry = connect(options);
  if (!registry) return report(registry.error());
  const auto answer = find(*registry, options);
  if (!answer) return report(answer.error());
  if (!answer->contains("items") || !(*answer)["items"].is_array())
    return report(Error{Code::internal, "client.answer", "the answer has no list of items", 0});
  print_answer(*answer, options.json, &found_text);
  return Exit::ok;
}

}  // namespace

Action declare_search(CommandLine line) {
  const auto options = std::make_shared<SearchOptions>();
  line.texts("WORD", options->words, "each has to be in a model's name, plugin, task or description",
             {.type_name = ""});
  add_registry_options(line, *options);
  line.text("--publisher", options->publisher, "of this publisher", {.type_name = "NAME"});
  line.text("--task", options->task, "for this task, like image-classification", {.type_name = "TASK"});
  line.text("--modality", options->modality, "takes or gives it: audio, bytes, image, json, tensor, text, video",
            {.type_name = "KIND"});
  line.text("--input", options->input, "takes it", {.type_name = "KIND"});
  line.text("--output", options->output, "gives it", {.type_name = "KIND"});
  line.text("--licence", options->licence, "code and weights can be had under one of these: MIT,Apache-2.0,CC-BY-*",
            {.type_name = "SPDX,..."});
  line.text("--price-max", options->price_max, "asks for no more than this for one of what it counts",
            {.type_name = "AMOUNT"});
  line.text("--currency", options->currency, "of --price-max", {.type_name = "EUR"});
  line.text("--meter", options->meter, "--price-max for this alone, like token.out", {.type_name = "METER"});
  line.flag("--no-deprecated", options->hides_deprecated, "leave out what its publisher advises against");
  line.text("--sort", options->sort, "the order (default name)", {.type_name = "", .one_of = {"name", "newest"}});
  line.number("--most", options->most, 1, 1000, "so many models (default 50)");
  line.footer(
      "examples:\n"
      "  stoa search boots --modality image\n"
      "  stoa search --task text-generation --licence 'MIT,Apache-2.0' --sort newest\n"
      "  stoa search --price-max 0.002 --currency EUR --meter token.out --json\n\n"
      "--registry may come from STOA_REGISTRY; either plane of the host will do, and no token is needed.");
  return [options] { return search(*options); };
}

}  // namespace stoa::cli

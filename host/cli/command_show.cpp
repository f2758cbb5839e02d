// command_show.cpp: `stoa show`: a model's card and versions. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "host/client/problem_answer.hpp"

namespace stoa::cli {
namespace {

struct ShowOptions : RegistryOptions {
  std::string model;
};

// {"card": ..., "page": ...}: the card of the release that is meant, the page of the model.
Result<Json> ask_for(HttpClient& registry, const std::string& reference) {
  const std::size_t at = reference.find('@'), slash = reference.find('/');
  const std::string selector = at == reference.npos ? std::string() : reference.substr(at + 1);
  if (slash == reference.npos || slash > at || (at != reference.npos && selector.empty()))
    return failure(
        Code::invalid_argument, "usage",
        fmt::format("'{}' is no model, want PUBLISHER/MODEL or PUBLISHER/MODEL@RANGE", client::printable(reference)));
  const std::string path = "/v1/catalogue/" + client::escape(reference.substr(0, slash)) + "/" +
                           client::escape(reference.substr(slash + 1, at == reference.npos ? at : at - slash - 1));
  auto card = registry.ask({.path = path + "/card" + query_of({{"version", selector}})});
  if (!card) return card;
  auto page = registry.ask({.path = path});
  if (!page) return page;
  return Json{{"card", std::move(*card)}, {"page", std::move(*page)}};
}

std::string list_of(const Json& record, const std::string& path) {
  const Json* value = &record;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.size(), path.find('.', begin));
    const auto member = value->find(path.substr(begin, end - begin));
    if (member == value->end()) return "-";
    value = &*member;
    begin = end + 1;
  }
  std::string text;
  for (const Json& word : *value) text += (text.empty() ? "" : ", ") + member_text(Json{{"w", word}}, "w");
  return text.empty() ? "-" : text;
}

std::string shown_text(const Json& answer) {
  const Json &card = answer["card"], &page = answer["page"];
  Json facts = Json::object();
  const auto put = [&](const char* name, const std::string& text) {
    if (text != "-") facts[name] = text;
  };
  put("model", member_text(card, "id"));
  put("version", member_text(card, "version"));
  put("state", member_text(card, "state"));
  put("because", member_text(card, "state_because"));
  put("published", member_text(card, "published"));
  put("task", member_text(card, "task"));
  put("about", member_text(card, "description"));
  put("takes", list_of(card, "modalities.inputs"));
  put("gives", list_of(card, "modalities.outputs"));
  put("licence of the code", member_text(card, "licences.code"));
  put("licence of the weights", member_text(card, "licences.weights"));
  put("counted", list_of(card, "meters"));
  std::string prices;
  if (card.contains("prices"))
    for (const Json& price : card["prices"]) prices += (prices.empty() ? "" : "; ") + member_text(price, "text");
  put("asked price", prices.empty() ? "-" : prices);
  put("home page", member_text(card, "homepage"));
  put("permissions", list_of(card, "permissions"));
  put("package", member_text(card, "package.sha256"));
  put("key", member_text(card, "key"));
  put("changes", member_text(card, "changelog"));
  std::string text = record_text(facts);
  if (card.contains("inputs"))
    text += "\ninputs\n" + table_text(card["inputs"], {"name", "kind", "datatype", "shape", "optional"});
  if (card.contains("outputs"))
    text += "\noutputs\n" + table_text(card["outputs"], {"name", "kind", "datatype", "shape"});
  if (card.contains("evaluations") && !card["evaluations"].empty())
    text += "\nevaluations\n" + table_text(card["evaluations"], {"dataset.name", "figure", "value", "examples",
                                                                 "failed", "said_by", "key", "signature"});
  if (page.contains("versions"))
    text += fmt::format("\nversions ({})\n", member_text(page, "version_count")) +
            table_text(page["versions"], {"version", "state", "published", "release"});
  if (page.contains("aliases") && !page["aliases"].empty())
    text += "\naliases\n" + table_text(page["aliases"], {"alias", "targets"});
  return text;
}

Exit show(const ShowOptions& options) {
  auto registry = connect(options);
  if (!registry) return report(registry.error());
  const auto answer = ask_for(*registry, options.model);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, &shown_text);
  return Exit::ok;
}

}  // namespace

Action declare_show(CommandLine line) {
  const auto options = std::make_shared<ShowOptions>();
  line.text("MODEL", options->model, "the model, with a version, range or alias behind an @",
            {.type_name = "", .is_required = true});
  add_registry_options(line, *options);
  line.footer(
      "examples:\n"
      "  stoa show acme/classify\n"
      "  stoa show 'acme/classify@^1.2'        the newest one of that range\n"
      "  stoa show acme/classify@champion --json\n\n"
      "--registry may come from STOA_REGISTRY; either plane of the host will do, and no token is needed.");
  return [options] { return show(*options); };
}

}  // namespace stoa::cli

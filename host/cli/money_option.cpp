// money_option.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/money_option.hpp"

#include "host/cli/registry_text.hpp"

namespace stoa::cli {

void add_money_options(CommandLine& line, MoneyOptions& options) {
  line.text("--reason", options.reason, "of an act: why; it stands in its entry and in the log", {.type_name = "TEXT"});
  line.text("--once", options.once, "of an act: asked again with the same token, it is done once",
            {.type_name = "TOKEN"});
}

Result<Json> ask_money(HttpClient& host, const MoneyOptions& options, const char* method, std::string path, Json body) {
  if (options.reason.empty())
    return failure(Code::invalid_argument, "usage", "--reason: is missing; it stands in the entry and in the log");
  body["reason"] = options.reason;
  return host.ask({method, std::move(path), std::move(body), options.once});
}

std::string document_or_record_text(const Json& answer) {
  const auto text = answer.is_object() ? answer.find("text") : answer.end();
  if (text == answer.end() || !text->is_string()) return record_text(answer);
  return text->get<std::string>();
}

}  // namespace stoa::cli

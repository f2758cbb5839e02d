// token_answer.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/token_answer.hpp"

#include <optional>

#include "host/cli/new_file.hpp"

namespace stoa::cli {

Result<client::Json> ask_for_token(client::HttpClient& registry, const std::string& token_out,
                                   const client::Question& question, const std::string& member) {
  std::optional<NewFile> file;
  if (!token_out.empty()) {
    auto made = NewFile::create(token_out, 0600);
    if (!made) return std::unexpected(made.error());
    file.emplace(std::move(*made));
  }
  auto answer = registry.ask(question);
  if (!answer || !file) return answer;
  const auto token = answer->is_object() ? answer->find(member) : answer->end();
  if (token == answer->end() || !token->is_string())
    return failure(Code::internal, "client.answer", "the answer has no " + member);
  if (auto ok = file->write(token->get_ref<const std::string&>() + "\n"); !ok) return std::unexpected(ok.error());
  file->keep();
  answer->erase(member);
  (*answer)[member + "_file"] = token_out;
  return answer;
}

}  // namespace stoa::cli

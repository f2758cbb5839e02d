// spdx.cpp: a recursive-descent check of SPDX licence expressions.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/spdx.hpp"

#include <algorithm>
#include <string>

namespace stoa::registry {
namespace {

constexpr int kParenthesesDepthMax = 16;  // real expressions nest 2 deep; the bound keeps the recursion shallow

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_letter_or_digit(char c) { return is_letter(c) || (c >= '0' && c <= '9'); }
bool is_idstring(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '-' || c == '.'; });
}

// A short-form id of the official list: starts with a letter or digit, has a letter, does not end in a separator.
bool is_plausible_id(std::string_view text) {
  return is_idstring(text) && is_letter_or_digit(text.front()) && is_letter_or_digit(text.back()) &&
         std::ranges::any_of(text, is_letter) && text != "NONE" && text != "NOASSERTION";
}

bool is_licence_ref(std::string_view text) {
  constexpr std::string_view kDocument = "DocumentRef-", kLicence = "LicenseRef-";
  if (text.starts_with(kDocument)) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return false;
    if (!is_idstring(text.substr(kDocument.size(), colon - kDocument.size()))) return false;
    text.remove_prefix(colon + 1);
  }
  return text.starts_with(kLicence) && is_idstring(text.substr(kLicence.size()));
}

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) { advance(); }

  Result<void> run() {
    if (auto ok = disjunction(0); !ok) return ok;
    if (!token_.empty()) return refuse("has '" + std::string(token_) + "' where AND, OR or the end is expected");
    return {};
  }

 private:
  static std::unexpected<Error> refuse(std::string why) {
    return failure(Code::invalid_argument, "spdx.syntax", std::move(why));
  }

  // A parenthesis or a run of anything else that is not a space. Empty: the end.
  void advance() {
    while (rest_.starts_with(' ')) rest_.remove_prefix(1);
    if (rest_.empty()) {
      token_ = {};
      return;
    }
    const auto length = rest_.front() == '(' || rest_.front() == ')' ? 1 : rest_.find_first_of(" ()");
    token_ = rest_.substr(0, length);
    rest_.remove_prefix(token_.size());
  }

  // AND binds tighter than OR, WITH tighter than AND.
  Result<void> disjunction(int depth) {
    for (;;) {
      if (auto ok = conjunction(depth); !ok) return ok;
      if (token_ != "OR") return {};
      advance();
    }
  }

  Result<void> conjunction(int depth) {
    for (;;) {
      if (auto ok = operand(depth); !ok) return ok;
      if (token_ != "AND") return {};
      advance();
    }
  }

  Result<void> operand(int depth) {
    if (token_.empty()) return refuse("ends where a licence id is expected");
    if (token_ == "(") {
      if (depth == kParenthesesDepthMax) return refuse("has more than 16 nested parentheses");
      advance();
      if (auto ok = disjunction(depth + 1); !ok) return ok;
      if (token_ != ")") return refuse("has an unclosed parenthesis");
      advance();
      return {};
    }
    return licence();
  }

  Result<void> licence() {
    if (token_ == ")" || token_ == "AND" || token_ == "OR" || token_ == "WITH")
      return refuse("has '" + std::string(token_) + "' where a licence id is expected");
    auto id = token_;
    if (!is_licence_ref(id)) {
      if (id.ends_with('+')) id.remove_suffix(1);
      if (id.starts_with("LicenseRef-") || id.starts_with("DocumentRef-") || !is_plausible_id(id))
        return refuse("has '" + std::string(token_) + "', which is no SPDX licence id");
    }
    advance();
    if (token_ != "WITH") return {};
    advance();
    if (!is_plausible_id(token_) || token_ == "AND" || token_ == "OR" || token_ == "WITH")
      return refuse("has no exception id after WITH");
    advance();
    return {};
  }

  std::string_view rest_, token_;
};

}  // namespace

Result<void> check_spdx_expression(std::string_view expression) {
  // Printable ASCII only, so that the tokens quoted in a message cannot carry terminal escapes.
  if (!std::ranges::all_of(expression, [](char c) { return c >= 0x20 && c < 0x7f; }))
    return failure(Code::invalid_argument, "spdx.syntax", "has a character outside printable ASCII");
  return Parser(expression).run();
}

}  // namespace stoa::registry

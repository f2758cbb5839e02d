// range_reader.cpp: a cursor over one alternative.
// SPDX-License-Identifier: Apache-2.0
#include "registry/versions/range_reader.hpp"

#include <algorithm>

#include "registry/versions/identifier.hpp"

namespace stoa::registry {
namespace {

bool is_x(char c) { return c == 'x' || c == 'X' || c == '*'; }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  bool skip_space() { return take(' '); }
  std::optional<HyphenTerm> hyphen();  // nullopt: it is none, and the cursor is where it was
  Result<SimpleTerm> simple();

 private:
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  bool take(char c) {
    if (peek() != c) return false;
    ++at_;
    return true;
  }
  std::string take_prefix(std::string_view of) {
    const auto from = at_;
    while (!at_end() && of.find(peek()) != std::string_view::npos) ++at_;
    return std::string(text_.substr(from, at_ - from));
  }
  bool partial(PartialVersion& out);
  bool number_or_x(std::optional<std::string>& out);
  bool identifiers(bool is_prerelease, std::vector<std::string>& out);
  std::string term_from(std::size_t start) const {
    return std::string(text_.substr(start, text_.find(' ', at_) - start));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

bool Reader::number_or_x(std::optional<std::string>& out) {
  if (is_x(peek())) return ++at_, true;
  const auto start = at_;
  while (is_digit(peek())) ++at_;
  const auto digits = text_.substr(start, at_ - start);
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return false;
  out = std::string(digits);
  return true;
}

bool Reader::identifiers(bool is_prerelease, std::vector<std::string>& out) {
  do {
    const auto start = at_;
    while (is_identifier_char(peek())) ++at_;
    const auto identifier = text_.substr(start, at_ - start);
    const bool has_idle_zero =
        identifier.size() > 1 && identifier.front() == '0' && std::ranges::all_of(identifier, is_digit);
    if (identifier.empty() || (is_prerelease && has_idle_zero)) return false;
    out.emplace_back(identifier);
  } while (take('.'));
  return true;
}

// What follows the prefix.
bool Reader::partial(PartialVersion& out) {
  if (!number_or_x(out.numbers[0])) return false;
  std::size_t count = 1;
  while (count < 3 && take('.'))
    if (!number_or_x(out.numbers[count++])) return false;
  if (count == 3 && take('-') && !identifiers(true, out.prerelease)) return false;
  std::vector<std::string> build;  // read and dropped
  return !take('+') || identifiers(false, build);
}

std::optional<HyphenTerm> Reader::hyphen() {
  const auto start = at_;
  HyphenTerm term;
  term.from.prefix = take_prefix("v= ");
  if (partial(term.from) && take(' ') && take('-') && take(' ')) {
    term.to.prefix = take_prefix("v= ");
    if (partial(term.to) && at_end()) {
      term.text = std::string(text_.substr(start));
      return term;
    }
  }
  at_ = start;
  return std::nullopt;
}

// Where a space may stand is npm's: after ^ and ~, and after an operator that ends right before it ("> =1", but not ">
// = 1").
Result<SimpleTerm> Reader::simple() {
  const auto start = at_;
  SimpleTerm term;
  for (const char sign : {'^', '~', '<', '>'})
    if (!term.sign && take(sign)) term.sign = sign;
  const bool is_caret_or_tilde = term.sign == '^' || term.sign == '~';
  if (term.sign == '~' && take('>')) {
    if (text_.substr(at_).starts_with(" >")) at_ += 2;
  } else if (is_caret_or_tilde) {
    skip_space();
    if (term.sign == '~') take('>');
  }
  auto& prefix = term.version.prefix;
  if (take('=')) prefix = "=";
  if (at_ > start) skip_space();
  prefix += take_prefix("v=");
  if (!is_caret_or_tilde && prefix.starts_with('=')) {
    term.has_equal = true;
    prefix.erase(0, 1);
  }
  const auto version_at = at_;
  const bool is_good = partial(term.version) && (at_end() || peek() == ' ');
  term.text = term_from(start);
  if (is_good) return term;
  if (version_at == text_.size()) return refuse_range("'" + term.text + "' has no version after it");
  return refuse_range("'" + term.text +
                      "' is no version, part of one (1, 1.2, 1.x) or comparator of one (^ ~ < <= > >= =)");
}

}  // namespace

Result<std::vector<RangeTerm>> read_range_terms(std::string_view alternative) {
  std::vector<RangeTerm> terms;
  Reader reader(alternative);
  if (auto term = reader.hyphen()) {
    terms.emplace_back(std::move(*term));
    return terms;
  }
  while (!reader.at_end()) {
    reader.skip_space();
    auto term = reader.simple();
    if (!term) return std::unexpected(term.error());
    terms.emplace_back(std::move(*term));
  }
  return terms;
}

std::unexpected<Error> refuse_range(std::string message) {
  return failure(Code::invalid_argument, "range.syntax", std::move(message));
}

}  // namespace stoa::registry

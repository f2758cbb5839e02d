// document_text.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/document_text.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

constexpr int kAmountDigits = 9;
constexpr EntryKind kLineKinds[] = {EntryKind::usage,  EntryKind::top_up,    EntryKind::refund, EntryKind::adjustment,
                                    EntryKind::payout, EntryKind::guarantee, EntryKind::expiry};

std::string line_text(const StatementLine& line, bool has_agreement) {
  std::string text = fmt::format("{} {} {}", name_of(line.kind), line.entries, amount_text(line.amount, kAmountDigits));
  if (line.kind == EntryKind::usage) {
    text += fmt::format(" {} {} {} {}", amount_text(line.gross, kAmountDigits), line.model, line.price,
                        has_agreement ? line.agreement : "-");
    for (const auto& [meter, units] : line.units) text += fmt::format(" {}={}", meter, units);
  }
  return text + '\n';
}

// What statements and invoices have in common.
struct Common {
  std::uint64_t number = 0;
  std::string who, currency;
  std::int64_t from_ms = 0, until_ms = 0;
  Nano opening = 0, closing = 0, tax = 0;
  std::vector<StatementLine> lines = {};
  std::uint64_t first = 0, last = 0;
  TreeHead head = {};
};

std::string common_text(const Common& all, bool is_statement) {
  std::string text = fmt::format(
      "stoa {} 1\nnumber {}\n{} {}\ncurrency {}\nfrom {}\nuntil {}\nopening {}\n",
      is_statement ? "statement" : "invoice", all.number, is_statement ? "party" : "customer", all.who, all.currency,
      registry::utc_text(all.from_ms), registry::utc_text(all.until_ms), amount_text(all.opening, kAmountDigits));
  for (const StatementLine& line : all.lines) text += line_text(line, is_statement);
  text += fmt::format("closing {}\n", amount_text(all.closing, kAmountDigits));
  if (!is_statement) text += fmt::format("tax {}\n", amount_text(all.tax, kAmountDigits));
  return text +
         fmt::format("entries {} {}\nlog {} {}\n", all.first, all.last, all.head.size, registry::to_hex(all.head.root));
}

// Words of one line after the other; what does not fit is remembered, and found once more by writing it again.
class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}
  bool next_line() {
    const std::size_t end = text_.find('\n');
    if (end == text_.npos) return false;
    line_ = text_.substr(0, end);
    text_.remove_prefix(end + 1);
    return true;
  }
  std::string_view word() {
    const std::size_t end = line_.find(' ');
    const std::string_view word = line_.substr(0, end);
    line_.remove_prefix(end == line_.npos ? line_.size() : end + 1);
    return word;
  }
  bool has_word() const { return !line_.empty(); }
  std::string_view peek() const { return text_.substr(0, text_.find_first_of(" \n")); }
  // The word after the name that the next line begins with.
  std::string_view value(std::string_view name) {
    if (!next_line() || word() != name) is_whole_ = false;
    return word();
  }
  std::uint64_t number(std::string_view word) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    is_whole_ &= error == std::errc() && end == word.data() + word.size();
    return value;
  }
  Nano amount(std::string_view word) {
    const auto value = parse_amount(word);
    is_whole_ &= value.has_value();
    return value.value_or(0);
  }
  std::int64_t time(std::string_view word) {
    const auto value = registry::utc_ms_of(word);
    is_whole_ &= value.has_value();
    return value.value_or(0);
  }
  void refuse() { is_whole_ = false; }
  bool is_whole() const { return is_whole_; }

 private:
  std::string_view text_, line_;
  bool is_whole_ = true;
};

std::optional<EntryKind> line_kind_of(std::string_view name) {
  for (const EntryKind kind : kLineKinds)
    if (name_of(kind) == name) return kind;
  return std::nullopt;
}

StatementLine read_line(Words& words, EntryKind kind, bool has_agreement) {
  StatementLine line{.kind = kind, .model = {}, .price = {}, .agreement = {}};
  line.entries = words.number(words.word());
  line.amount = words.amount(words.word());
  if (kind != EntryKind::usage) return line;
  line.gross = words.amount(words.word());
  line.model = words.word();
  line.price = words.word();
  const std::string_view agreement = words.word();
  if (has_agreement) line.agreement = agreement;
  while (words.has_word()) {
    const std::string_view word = words.word();
    const std::size_t equals = word.find('=');
    if (equals == word.npos) words.refuse();
    line.units[std::string(word.substr(0, equals))] =
        words.number(equals == word.npos ? std::string_view() : word.substr(equals + 1));
  }
  return line;
}

Result<Common> parse_common(std::string_view text, bool is_statement) {
  Words words(text);
  Common all;
  if (words.value("stoa") != (is_statement ? "statement" : "invoice")) words.refuse();
  all.number = words.number(words.value("number"));
  all.who = words.value(is_statement ? "party" : "customer");
  all.currency = words.value("currency");
  all.from_ms = words.time(words.value("from"));
  all.until_ms = words.time(words.value("until"));
  all.opening = words.amount(words.value("opening"));
  while (words.is_whole()) {
    const auto kind = line_kind_of(words.peek());
    if (!kind) break;
    words.next_line();
    words.word();
    all.lines.push_back(read_line(words, *kind, is_statement));
  }
  all.closing = words.amount(words.value("closing"));
  if (!is_statement) all.tax = words.amount(words.value("tax"));
  all.first = words.number(words.value("entries"));
  all.last = words.number(words.word());
  all.head.size = words.number(words.value("log"));
  const auto root = registry::sha256_from_hex(words.word());
  all.head.root = root.value_or(Sha256{});
  // One document has one text: whatever was left out or written otherwise is found by writing it.
  if (words.is_whole() && root && common_text(all, is_statement) == text) return all;
  return failure(Code::data_loss, "statement.form",
                 fmt::format("{}: is not as a platform writes it", is_statement ? "statement" : "invoice"));
}

}  // namespace

std::string document_text(const NumberedStatement& document) {
  const Statement& s = document.statement;
  return common_text({.number = document.number,
                      .who = s.party,
                      .currency = std::string(s.currency.code()),
                      .from_ms = s.from_ms,
                      .until_ms = s.until_ms,
                      .opening = s.opening,
                      .closing = s.closing,
                      .lines = s.lines,
                      .first = s.first,
                      .last = s.last,
                      .head = s.head},
                     true);
}

std::string document_text(const NumberedInvoice& document) {
  const Invoice& i = document.invoice;
  return common_text({.number = document.number,
                      .who = i.customer,
                      .currency = std::string(i.currency.code()),
                      .from_ms = i.from_ms,
                      .until_ms = i.until_ms,
                      .opening = i.opening,
                      .closing = i.closing,
                      .tax = i.tax,
                      .lines = i.lines,
                      .first = i.first,
                      .last = i.last,
                      .head = i.head},
                     false);
}

Result<NumberedStatement> parse_statement(std::string_view text) {
  auto all = parse_common(text, true);
  if (!all) return std::unexpected(all.error());
  const auto currency = Currency::parse(all->currency);
  if (!currency) return std::unexpected(currency.error());
  return NumberedStatement{all->number,
                           {std::move(all->who), *currency, all->from_ms, all->until_ms, all->opening, all->closing,
                            std::move(all->lines), all->first, all->last, all->head}};
}

Result<NumberedInvoice> parse_invoice(std::string_view text) {
  auto all = parse_common(text, false);
  if (!all) return std::unexpected(all.error());
  const auto currency = Currency::parse(all->currency);
  if (!currency) return std::unexpected(currency.error());
  return NumberedInvoice{all->number,
                         {std::move(all->who), *currency, all->from_ms, all->until_ms, all->opening, all->closing,
                          std::move(all->lines), all->tax, all->first, all->last, all->head}};
}

}  // namespace stoa::licensing

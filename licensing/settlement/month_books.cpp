// month_books.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/month_books.hpp"

#include <set>

namespace stoa::licensing {
namespace {

constexpr std::string_view kPayable = "payable:";

template <class Document, class Builder>
std::vector<Document> finished(const std::map<std::pair<std::string, Currency>, Builder>& all, const TreeHead& head) {
  std::vector<Document> documents;
  for (const auto& [who, builder] : all) {
    Document document = builder.finish(head);
    if (!document.lines.empty() || document.opening != 0) documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace

template <class Builder>
Builder& MonthBooks::builder(std::map<std::pair<std::string, Currency>, Builder>& all, std::string_view name,
                             Currency currency, Nano opening) {
  const std::pair key(std::string(name), currency);
  if (const auto known = all.find(key); known != all.end()) return known->second;
  return all.try_emplace(key, std::string(name), currency, month_.from_ms, month_.until_ms, opening).first->second;
}

void MonthBooks::open(const IssuedDocument& before) {
  if (before.kind == IssuedKind::statement)
    builder(parties_, before.party, before.currency, before.closing);
  else
    builder(customers_, before.party, before.currency, before.closing);
}

Result<void> MonthBooks::add(std::uint64_t number, const Entry& entry) {
  std::set<std::string_view> customers;  // wallet and promo of one are one
  for (const Posting& posting : entry.postings) {
    if (posting.account.starts_with(kPayable)) {
      const std::string_view party = std::string_view(posting.account).substr(kPayable.size());
      if (auto added = builder(parties_, party, entry.currency, 0).add(number, entry); !added) return added;
      if (!entry.usage || entry.booked_ms < month_.from_ms) continue;
      const std::string_view agreement = entry.usage->agreement;
      Nano& earned = earned_.try_emplace(std::string(agreement.substr(0, agreement.find('/')))).first->second;
      const auto more = minus(earned, posting.amount);
      if (!more) return std::unexpected(more.error());
      earned = *more;
    } else if (const std::string_view customer = customer_of_account(posting.account); !customer.empty()) {
      customers.insert(customer);
    }
  }
  if (entry.usage && entry.party && entry.booked_ms >= month_.from_ms) {
    Charged& charged = charged_[{entry.party->customer, entry.usage->price}];
    const auto more = plus(charged.gross, entry.usage->gross);
    if (!more) return std::unexpected(more.error());
    charged = {*more, entry.usage->agreement};
  }
  for (const std::string_view customer : customers)
    if (auto added = builder(customers_, customer, entry.currency, 0).add(number, entry); !added) return added;
  return {};
}

std::vector<Statement> MonthBooks::statements(const TreeHead& head) const {
  return finished<Statement>(parties_, head);
}
std::vector<Invoice> MonthBooks::invoices(const TreeHead& head) const { return finished<Invoice>(customers_, head); }

Nano MonthBooks::earned_by(std::string_view agreement) const {
  const auto found = earned_.find(agreement);
  return found == earned_.end() ? 0 : found->second;
}

}  // namespace stoa::licensing

// licence_file_fuzz.cpp: any bytes as terms, licence, list, prices, agreement and signed file; what is accepted must be
// what it is written as. SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <string_view>

#include "licensing/document/agreement_file.hpp"
#include "licensing/document/licence_file.hpp"
#include "licensing/document/price_list_file.hpp"
#include "licensing/document/revocation_list.hpp"
#include "licensing/terms/standing.hpp"

namespace {

using namespace stoa::licensing;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const stoa::Error& error) {
  require(!error.reason.empty() && !error.message.empty());
  for (const char c : error.message) require(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
}

void judge(const Licence& licence) {
  HeldLicence held;
  held.licence = licence;
  held.confirmed_ms = licence.issued_ms;
  for (const std::int64_t now_ms : {INT64_MIN, std::int64_t{0}, licence.not_before_ms, INT64_MAX}) {
    const Standing standing = standing_of(held, {.node = licence.node, .trusted_floor_ms = 0}, now_ms);
    require(!standing.changes_at_ms || *standing.changes_at_ms > now_ms);
  }
}

void as_licence(std::string_view text) {
  const auto licence = parse_licence(text);
  if (!licence) return check(licence.error());
  require(write_licence(*licence) == text && check_terms(*licence) && check_issuer(*licence));
  judge(*licence);
}

void as_terms(std::string_view text) {
  const auto terms = parse_terms(text, 1'767'225'600'000);
  if (!terms) return check(terms.error());
  const auto again = parse_licence(write_licence(*terms));
  require(again && write_licence(*again) == write_licence(*terms));
}

void as_list(std::string_view text) {
  if (const auto list = parse_revocations(text))
    require(write_revocations(*list) == text);
  else
    check(list.error());
  const auto draft = parse_revocations_draft(text, 1'767'225'600'000);
  if (!draft) return check(draft.error());
  const auto again = parse_revocations(write_revocations(*draft));
  require(again && *again == *draft);
}

// Prices and agreements: what a draft comes to is read back as the same.
template <auto parse, auto parse_draft, auto write>
void as_billing_document(std::string_view text) {
  if (const auto whole = parse(text))
    require(write(*whole) == text);
  else
    check(whole.error());
  const auto draft = parse_draft(text, 1'767'225'600'000);
  if (!draft) return check(draft.error());
  const auto again = parse(write(*draft));
  require(again && *again == *draft);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  as_licence(text);
  as_terms(text);
  as_list(text);
  as_billing_document<parse_price_list, parse_price_list_draft, write_price_list>(text);
  as_billing_document<parse_agreement, parse_agreement_draft, write_agreement>(text);
  if (const auto opened = open_agreement(text); !opened) check(opened.error());
  if (const auto opened = open_licence(text); !opened) check(opened.error());
  if (const auto opened = open_revocations(text); !opened) check(opened.error());
  return 0;
}

// price_list_file.hpp: a price list as a document: what the book keeps, and whoever recomputes a price reads.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "licensing/document/signed_document.hpp"
#include "licensing/rating/price_list.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr DocumentKind kPriceListDocument{"application/vnd.stoa.prices+json", "price", 64u << 10};

// The canonical text (RFC 8785). Amounts are decimals in quotes, times RFC 3339 in UTC; what is none is left out.
std::string write_price_list(const PriceList& list);
// Takes what write_price_list() writes and nothing else. Reasons: "price.*" with the field as a JSON pointer;
// "price.terms".
Result<PriceList> parse_price_list(std::string_view json);
// As an operator writes it: members in any order, most may be left out. A missing id is made, the version is 1, the
// model is per_unit of one unit, from is now.
Result<PriceList> parse_price_list_draft(std::string_view json, std::int64_t now_ms);

}  // namespace stoa::licensing

// receipt_routes.cpp: a call's receipt, for those it concerns; all of a publisher's entries.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "host/api/licensing/proof_routes.hpp"
#include "host/api/licensing/receipt_json.hpp"
#include "licensing/ledger/chart.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::Entry;
using licensing::Receipt;
using registry::Permission;

constexpr std::string_view kProofText = "text/plain; charset=utf-8";

// Another's entry is not told from one that is not there.
std::unexpected<Error> no_entry(std::uint64_t number) {
  return failure(Code::not_found, "ledger.no_entry", fmt::format("there is no entry {} that is yours", number));
}

bool is_of_publisher(const Entry& entry, std::string_view publisher) {
  return entry.usage && entry.usage->model.starts_with(std::string(publisher) + '/');
}

// Its call, or what moved its money.
bool is_of_customer(const Entry& entry, const std::string& customer) {
  if (entry.party && entry.party->customer == customer) return true;
  return std::ranges::any_of(entry.postings, [&](const licensing::Posting& posting) {
    const auto kind = licensing::kind_of_account(posting.account);
    return kind && (*kind)->is_private && posting.account.ends_with(':' + customer);
  });
}

// No private account in it is another's: an adjustment may move money from one customer to another.
bool is_of_nobody_else(const Entry& entry, const std::string& customer) {
  return std::ranges::all_of(entry.postings, [&](const licensing::Posting& posting) {
    const auto kind = licensing::kind_of_account(posting.account);
    return !kind || !(*kind)->is_private || !(*kind)->has_owner || posting.account.ends_with(':' + customer);
  });
}

// What whoever asks may see of it.
Result<Receipt> shown_to(const LicensingCall& call, Receipt receipt, const Entry& entry) {
  if (call.holder) {
    if (!is_of_customer(entry, call.holder->customer.id.text)) return no_entry(receipt.number);
    if (!is_of_nobody_else(entry, call.holder->customer.id.text)) receipt.private_part.reset();
    if (entry.party && entry.party->key == call.holder->key.id.text) return receipt;  // this key's own call
    const auto reads_all = call.customer_who(licensing::Scope::account);
    return reads_all ? Result<Receipt>(std::move(receipt)) : std::unexpected(reads_all.error());
  }
  if (call.actor && call.actor->kind == registry::Actor::Kind::publisher) {
    if (!is_of_publisher(entry, call.actor->name)) return no_entry(receipt.number);
    receipt.private_part.reset();
    return receipt;
  }
  const auto who = call.operator_who(Permission::read_customers);
  return who ? Result<Receipt>(std::move(receipt)) : std::unexpected(who.error());
}

Result<RegistryAnswer> read_receipt(LicensingCall& call, LedgerProof& proof) {
  if (!call.holder && !call.actor) return std::unexpected(call.operator_who(Permission::read_customers).error());
  const auto number = call.param_number("number");
  if (!number) return std::unexpected(number.error());
  const std::string form = call.query_or("form", "json");
  if (form != "json" && form != "tlog-proof")
    return failure(Code::invalid_argument, "registry.query", "form: want json or tlog-proof");
  auto whole = proof.receipt(*number);
  if (!whole) return std::unexpected(whole.error());
  const auto entry = licensing::decode_halves(whole->public_half, whole->private_part->half);
  if (!entry) return std::unexpected(entry.error());
  const auto receipt = shown_to(call, std::move(*whole), *entry);
  if (!receipt) return std::unexpected(receipt.error());
  if (form == "tlog-proof")
    return RegistryAnswer{.text = licensing::proof_text(receipt->proof), .text_type = kProofText};
  if (receipt->private_part) return RegistryAnswer{200, json_of(*receipt, *entry)};
  const auto shown = licensing::decode_public(receipt->public_half);
  if (!shown) return std::unexpected(shown.error());
  return RegistryAnswer{200, json_of(*receipt, *shown)};
}

// The publisher itself, or an operator who may read customers.
Result<RegistryAnswer> read_publishers_log(LicensingCall& call, LedgerProof& proof) {
  const auto who = call.issuer_who(Permission::read_customers);
  if (!who) return std::unexpected(who.error());
  const std::string& publisher = call.param("name");
  if (who->kind == licensing::Actor::Kind::publisher && who->name != publisher)
    return failure(Code::permission_denied, "publisher.foreign",
                   fmt::format("'{}' reads its own entries and no others", who->name));
  const auto after = call.query_number("after", 0, {0, INT64_MAX}), limit = call.limit();
  if (!after) return std::unexpected(after.error());
  if (!limit) return std::unexpected(limit.error());
  const auto page = proof.page(publisher, *after, *limit);
  if (!page) return std::unexpected(page.error());
  Json body{{"items", Json::array()}};
  for (const PublishersEntry& entry : page->entries) body["items"].push_back(json_of(entry));
  if (const std::uint64_t next = *after + page->entries.size(); next < page->rows) body["next"] = std::to_string(next);
  body["rows"] = page->rows;
  body["checkpoint"] = page->checkpoint;
  return RegistryAnswer{200, std::move(body)};
}

}  // namespace

void add_receipt_routes(LicensingApi& api, LedgerProof& proof, Plane plane, std::vector<http::Route>& routes) {
  const auto add = [&](const char* path, Result<RegistryAnswer> (*act)(LicensingCall&, LedgerProof&)) {
    routes.push_back(licensing_route(
        api, plane, Method::get, path, BodyIs::none, [&proof, act](LicensingCall& call) { return act(call, proof); },
        &proof.desk));
  };
  add("/v1/receipts/{number}", read_receipt);
  if (plane == Plane::operators) add("/v1/publishers/{name}/log", read_publishers_log);
}

}  // namespace stoa::api

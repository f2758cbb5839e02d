// licences_book.cpp: licences and leases on a host: issued, replaced, revoked, exported; seats taken and given back.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <optional>

#include "host/cli/account_option.hpp"
#include "host/cli/licences_keys.hpp"
#include "host/cli/licences_options.hpp"
#include "host/cli/limit_option.hpp"
#include "host/cli/new_file.hpp"
#include "host/cli/registry_text.hpp"
#include "host/cli/token_answer.hpp"
#include "host/client/bounded_json.hpp"
#include "registry/document/file.hpp"

namespace stoa::cli {
namespace {

using Options = LicencesOptions;

constexpr std::size_t kTermsMax = 64u << 10;

Result<HttpClient> connect_as_operator(const Options& options) {
  if (options.url.empty()) return usage("--registry: is missing, want the URL of the host's operator plane");
  return connect(options);
}

using Ask = Result<Json> (*)(HttpClient& host, const Options& options);
using Text = std::string (*)(const Json& answer);

Exit answer_with(Result<HttpClient> host, const Options& options, Ask ask, Text text) {
  if (!host) return report(host.error());
  const auto answer = ask(*host, options);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, text);
  return Exit::ok;
}
template <Ask ask, Text text>
Exit by_operator(const Options& options) {
  return answer_with(connect_as_operator(options), options, ask, text);
}
// A customer where there is a key, else an operator.
template <Ask ask, Text text>
Exit by_either(const Options& options) {
  return answer_with(
      is_customer(options.account) ? connect_as_customer(options.account, options) : connect_as_operator(options),
      options, ask, text);
}
template <Ask ask, Text text>
Exit by_customer(const Options& options) {
  return answer_with(connect_as_customer(options.account, options), options, ask, text);
}

// The file's terms, and over them what the command line says.
Result<Json> terms_of(const Options& options) {
  Json terms = Json::object();
  if (!options.terms.empty()) {
    const auto text = registry::read_small_file(options.terms, kTermsMax);
    if (!text) return std::unexpected(text.error());
    terms = client::parse_bounded_json(*text);
    if (!terms.is_object())
      return failure(Code::invalid_argument, "licence_file.json", options.terms + ": is no JSON object");
  }
  if (!options.customer.empty()) terms["subject"]["customer"] = options.customer;
  if (!options.models.empty()) terms["covers"] = Json::array();
  for (const std::string& model : options.models) terms["covers"].push_back(coverage_in(model));
  if (!options.expires.empty()) terms["expires"] = options.expires;
  if (!options.not_before.empty()) terms["not_before"] = options.not_before;
  if (!options.rate.empty()) {
    auto rate = rate_in("--rate", options.rate);
    if (!rate) return rate;
    terms["rate"] = std::move(*rate);
  }
  if (!options.quotas.empty()) terms["quotas"] = Json::array();
  for (const std::string& text : options.quotas) {
    auto quota = quota_in("--quota", text);
    if (!quota) return quota;
    terms["quotas"].push_back(std::move(*quota));
  }
  if (options.seats > 0) terms["floating"] = {{"seats", options.seats}, {"ttl_s", options.ttl_s}};
  if (options.is_trial) terms["trial"] = true;
  if (!options.offer.empty()) terms["offer"] = options.offer;
  return terms;
}

std::string path_of(const Options& options) { return "/v1/licences/" + client::escape(options.arguments[0]); }

Result<Json> issue(HttpClient& host, const Options& options) {
  auto terms = terms_of(options);
  if (!terms) return terms;
  auto made = host.ask({"POST", "/v1/licences", std::move(*terms)});
  return made ? with_content_keys(host, options, std::move(*made)) : made;
}

Result<Json> replace(HttpClient& host, const Options& options) {
  auto terms = terms_of(options);
  if (!terms) return terms;
  auto made = host.ask({"PUT", path_of(options), std::move(*terms)});
  return made ? with_content_keys(host, options, std::move(*made)) : made;
}

Result<Json> list(HttpClient& host, const Options& options) {
  if (is_customer(options.account)) return ask_all(host, "/v1/account/licences");
  return ask_all(host, "/v1/licences" + query_of({{"customer", options.customer},
                                                  {"publisher", options.publisher},
                                                  {"all", options.with_what_is_over ? "true" : ""}}));
}

Result<Json> show(HttpClient& host, const Options& options) { return host.ask({.path = path_of(options)}); }

Result<Json> serials(HttpClient& host, const Options& options) {
  return host.ask({.path = path_of(options) + "/serials"});
}

// A publisher's own question, or an operator's: who holds licences for its models.
Result<Json> held(HttpClient& host, const Options& options) {
  return ask_all(host, "/v1/publishers/" + client::escape(options.arguments[0]) + "/licences" +
                           query_of({{"all", options.with_what_is_over ? "true" : ""}}));
}

Result<Json> revoke(HttpClient& host, const Options& options) {
  if (options.because.empty()) return usage("--because: is missing; it stands in the audit log");
  return host.ask({"POST", path_of(options) + "/revoke", Json{{"because", options.because}}});
}

Result<Json> export_file(HttpClient& host, const Options& options) {
  const std::string name = options.out.empty() ? options.arguments[0] + ".stoa-licence" : options.out;
  auto file = NewFile::create(name, 0644);
  if (!file) return std::unexpected(file.error());
  const auto answer = host.ask({.path = path_of(options) + "/file"});
  if (!answer) return answer;
  const auto text = answer->is_object() ? answer->find("file") : answer->end();
  if (text == answer->end() || !text->is_string())
    return failure(Code::internal, "client.answer", "the answer has no file");
  if (auto written = file->write(text->get_ref<const std::string&>()); !written)
    return std::unexpected(written.error());
  file->keep();
  return Json{{"licence", options.arguments[0]}, {"file", name}};
}

Result<Json> take(HttpClient& host, const Options& options) {
  Json body = Json::object();
  if (!options.licence.empty()) body["licence"] = options.licence;
  if (options.models.size() == 1) body["model"] = options.models[0];
  if (!options.holder.empty()) body["holder"] = options.holder;
  if (options.licence.empty() == (options.models.size() != 1))
    return usage("want either --licence ID or --model MODEL: whose seat it is to be");
  return ask_for_token(host, options.out, {"POST", "/v1/leases", std::move(body)}, "lease");
}

Result<Json> heartbeat(HttpClient& host, const Options& options) {
  return host.ask({"POST", "/v1/leases/" + client::escape(options.arguments[0]) + "/heartbeat", Json::object()});
}

Result<Json> release(HttpClient& host, const Options& options) {
  return host.ask({"DELETE", "/v1/leases/" + client::escape(options.arguments[0]), nullptr});
}

Result<Json> list_leases(HttpClient& host, const Options& options) {
  if (is_customer(options.account)) return ask_all(host, "/v1/leases");
  return ask_all(host, "/v1/leases" + query_of({{"customer", options.customer}, {"licence", options.licence}}));
}

Result<Json> list_audit(HttpClient& host, const Options& options) {
  return ask_audit_lines(host, "/v1/licensing/audit", options.lines);
}

Result<Json> verify_audit(HttpClient& host, const Options&) { return host.ask({.path = "/v1/licensing/audit/head"}); }

// What a customer sees of its own has what is left of it.
std::string left_text(const Json& licence) {
  std::string text;
  for (const Json& limit : licence["limits"])
    text += fmt::format("{}{} {} of {}", text.empty() ? "" : ", ", member_text(limit, "meter"),
                        member_text(limit, "left"), member_text(limit, "amount"));
  if (licence.contains("floating"))
    text += fmt::format("{}{} of {} seats", text.empty() ? "" : ", ", member_text(licence, "floating.free"),
                        member_text(licence, "floating.seats"));
  return text.empty() ? "-" : text;
}

std::string licences_text(const Json& answer) {
  Json items = answer["items"];
  const bool is_own = !items.empty() && items[0].contains("limits");
  if (!is_own) return table_text(items, {"id", "serial", "state", "subject.name", "not_before", "expires"});
  for (Json& licence : items) licence["left"] = left_text(licence);
  return table_text(items, {"id", "issuer", "serial", "state", "not_before", "expires", "left", "refused"});
}
std::string leases_text(const Json& answer) {
  return table_text(answer["items"], {"id", "licence", "customer", "holder", "taken", "expires"});
}

std::string held_text(const Json& answer) {
  return table_text(answer["items"], {"id", "serial", "state", "subject.customer", "subject.name", "expires"});
}

constexpr LicencesAction kLicencesBookActions[] = {
    {"issue", "", &by_operator<&issue, &record_text>},
    {"replace", "LICENCE", &by_operator<&replace, &record_text>},
    {"list", "", &by_either<&list, &licences_text>},
    {"show", "LICENCE", &by_operator<&show, &record_text>},
    {"serials", "LICENCE", &by_operator<&serials, &licences_text>},
    {"held", "PUBLISHER", &by_operator<&held, &held_text>},
    {"revoke", "LICENCE", &by_operator<&revoke, &record_text>},
    {"export", "LICENCE", &by_operator<&export_file, &record_text>},
    {"lease take", "", &by_customer<&take, &record_text>},
    {"lease heartbeat", "LEASE", &by_customer<&heartbeat, &record_text>},
    {"lease release", "LEASE", &by_either<&release, &record_text>},
    {"lease list", "", &by_either<&list_leases, &leases_text>},
    {"audit list", "", &by_operator<&list_audit, &audit_lines_text>},
    {"audit verify", "", &by_operator<&verify_audit, &audit_head_text>},
};

}  // namespace

std::span<const LicencesAction> licence_book_actions() { return kLicencesBookActions; }

void add_book_options(CommandLine& line, LicencesOptions& options) {
  line.text("--terms", options.terms, "issue, replace: the terms as JSON; what follows is put over them",
            {.type_name = "FILE"});
  line.text("--offer", options.offer, "issue: the terms of an offer", {.type_name = "NAME"});
  line.text("--customer", options.customer, "issue: whose it is; list, lease list: of this one", {.type_name = "NAME"});
  line.texts("--model", options.models,
             "issue, replace: what it covers, acme/vision, acme/vision@^1.2, acme/*; may be repeated; lease take",
             {.type_name = "MODEL", .one_each = true});
  line.text("--expires", options.expires, "issue, replace: until: 2027-12-31, 2027-12-31T12:00:00Z",
            {.type_name = "TIME"});
  line.text("--not-before", options.not_before, "issue, replace: from (default: now)", {.type_name = "TIME"});
  line.text("--rate", options.rate, "issue, replace: at most so many calls: 100/1s, 5000/1h", {.type_name = "RATE"});
  line.texts("--quota", options.quotas, "issue, replace: 10000/month, token.out=5000000/day; may be repeated",
             {.type_name = "QUOTA", .one_each = true});
  line.number("--seats", options.seats, 1, 100'000, "issue, replace: floating, with so many seats");
  line.number("--ttl-s", options.ttl_s, 5, 86'400, "issue, replace: how long a seat is held without a heartbeat");
  line.flag("--trial", options.is_trial, "issue, replace: a trial; it has to have an end");
  line.text("--publisher", options.publisher, "list: those that cover a model of this publisher",
            {.type_name = "NAME"});
  line.flag("--all", options.with_what_is_over, "list, held: also those that are over or revoked");
  line.text("--because", options.because, "revoke: why", {.type_name = "TEXT"});
  line.text("--licence", options.licence, "lease take, lease list: of this licence", {.type_name = "ID"});
  line.text("--holder", options.holder, "lease take: who sits there, for people", {.type_name = "TEXT"});
  add_audit_options(line, options.lines, "audit list");
  add_account_options(line, options.account);
}

}  // namespace stoa::cli

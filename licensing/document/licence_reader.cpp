// licence_reader.cpp: licences read, as they are signed and as an issuer writes their terms.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <limits>

#include "licensing/document/document_reader.hpp"
#include "licensing/document/licence_file.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

using registry::DocumentVerdict;
using registry::Json;
using registry::JsonObject;

constexpr std::uint64_t kUint32Max = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kListMax = 64, kTextMax = 256;
constexpr std::size_t kWrappedBytes = 32 + 32 + 16;  // the encapsulated key, the content key, its tag

// What has a name in the code: a period, a policy.
template <class Value>
Value named_in(JsonObject& object, std::string_view key, std::optional<Value> (*of)(std::string_view), Value absent,
               std::string_view allowed) {
  if (!object.has(key)) return absent;
  const auto value = of(object.text(key, {1, kTextMax}));
  if (!value) object.refuse(key, "value", "want one of " + std::string(allowed));
  return value.value_or(absent);
}

class LicenceReader {
 public:
  LicenceReader(const Json& json, DocumentVerdict& verdict)
      : verdict_(verdict),
        object_(json, "", verdict,
                {"calls_at_once", "content_keys", "covers",    "entitlements", "expires", "floating",
                 "grace_ms",      "id",           "issued",    "issuer",       "node",    "not_before",
                 "offline_ms",    "on_clock",     "on_expiry", "on_quota",     "quotas",  "rate",
                 "serial",        "stoa_licence", "subject",   "trial"}) {}

  // now_ms: of terms that are not issued yet, which may leave out what a licence has to have.
  Licence read(std::optional<std::int64_t> now_ms) {
    Licence licence;
    if (!now_ms || object_.has("stoa_licence")) object_.number("stoa_licence", {1, 1});
    licence.id.text = now_ms && !object_.has("id") ? new_id<LicenceTag>(*now_ms).text : licence_id_in(object_, "id");
    licence.serial = now_ms && !object_.has("serial") ? 1 : number("serial", kUint32Max);
    licence.issuer = object_.text("issuer", {1, 64});
    licence.issued_ms = now_ms && !object_.has("issued") ? *now_ms : time_in(object_, "issued");
    licence.not_before_ms = now_ms && !object_.has("not_before") ? licence.issued_ms : time_in(object_, "not_before");
    licence.expires_ms = optional_time_in(object_, "expires");
    licence.grace_ms = duration("grace_ms").value_or(0);
    licence.offline_ms = duration("offline_ms");
    if (object_.has("node")) licence.node = hexadecimal(object_, "node");
    licence.is_trial = object_.flag_or_false("trial");
    // Left out there is no limit; a limit of 0 is none that anybody means.
    if (object_.has("calls_at_once"))
      licence.calls_at_once = static_cast<std::uint32_t>(object_.number("calls_at_once", {1, kUint32Max}));
    licence.on_clock = policy("on_clock");
    licence.on_expiry = policy("on_expiry");
    licence.on_quota = policy("on_quota");
    read_subject(licence.subject);
    read_covers(licence);
    read_limits(licence);
    read_content_keys(licence);
    return licence;
  }

 private:
  static bool is_hexadecimal(std::string_view text) {
    return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  }
  // A fingerprint of a host's key.
  std::string hexadecimal(JsonObject& object, std::string_view key) {
    std::string text = object.text(key, {64, 64});
    if (!is_hexadecimal(text)) object.refuse(key, "digits", "is not lower-case hexadecimal");
    return text;
  }
  std::uint32_t number(std::string_view key, std::uint64_t max) {
    return static_cast<std::uint32_t>(object_.number(key, {0, max}));
  }
  std::optional<std::int64_t> duration(std::string_view key) {
    const auto ms = object_.optional_number(key, {0, kDocumentNumberMax});
    return ms ? std::optional(static_cast<std::int64_t>(*ms)) : std::nullopt;
  }
  Policy policy(std::string_view key) {
    return named_in<Policy>(object_, key, &policy_of, Policy::deny, "deny, grace, advisory");
  }

  void read_subject(Subject& subject) {
    const Json* const json = object_.require("subject");
    if (!json) return;
    JsonObject object(*json, object_.pointer("subject"), verdict_, {"customer", "keys", "name"});
    subject.customer = object.text_or_empty("customer", {1, 64});
    subject.name = name_in(object, "name", kTextMax);
    const auto keys = object.array("keys", {0, kListMax});
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto hash = registry::sha256_from_hex(
          registry::element_text(keys[i], object.pointer("keys", i), verdict_, {1, kTextMax}));
      if (!hash) verdict_.refuse(object.pointer("keys", i), "digest", "is not 64 lower-case hexadecimal digits");
      subject.keys.push_back(hash.value_or(Sha256{}));
    }
  }

  void read_covers(Licence& licence) {
    const auto list = object_.array("covers", {1, kListMax});
    for (std::size_t i = 0; i < list.size(); ++i) {
      JsonObject object(list[i], object_.pointer("covers", i), verdict_, {"model", "versions"});
      const std::string versions = object.text_or_empty("versions", {1, kTextMax});
      licence.covers.push_back({object.text("model", {1, kTextMax}), versions.empty() ? "*" : versions});
    }
  }

  void read_limits(Licence& licence) {
    const auto entitlements = object_.array("entitlements", {0, kListMax});
    for (std::size_t i = 0; i < entitlements.size(); ++i) {
      JsonObject object(entitlements[i], object_.pointer("entitlements", i), verdict_, {"feature", "limit"});
      const auto limit = object.optional_number("limit", {0, kDocumentNumberMax});
      licence.entitlements.push_back(
          {object.text("feature", {1, kTextMax}), limit ? static_cast<std::int64_t>(*limit) : -1});
    }
    const auto quotas = object_.array("quotas", {0, kListMax});
    for (std::size_t i = 0; i < quotas.size(); ++i) {
      JsonObject object(quotas[i], object_.pointer("quotas", i), verdict_, {"amount", "meter", "period"});
      licence.quotas.push_back(
          {object.text("meter", {1, kTextMax}), object.number("amount", {0, kDocumentNumberMax}),
           named_in<Period>(object, "period", &period_of, Period::none, "none, hour, day, month, year")});
    }
    if (const Json* const json = object_.find("rate")) {
      JsonObject object(*json, object_.pointer("rate"), verdict_, {"calls", "window_ms"});
      licence.rate =
          Rate{object.number("calls", {0, kDocumentNumberMax}), object.number("window_ms", {0, kDocumentNumberMax})};
    }
    if (const Json* const json = object_.find("floating")) {
      JsonObject object(*json, object_.pointer("floating"), verdict_, {"seats", "ttl_s"});
      const auto ttl_s = object.optional_number("ttl_s", {0, kUint32Max});
      licence.floating = Floating{static_cast<std::uint32_t>(object.number("seats", {0, kUint32Max})),
                                  static_cast<std::uint32_t>(ttl_s.value_or(Floating{}.ttl_s))};
    }
  }

  void read_content_keys(Licence& licence) {
    const auto list = object_.array("content_keys", {0, kListMax});
    for (std::size_t i = 0; i < list.size(); ++i) {
      JsonObject object(list[i], object_.pointer("content_keys", i), verdict_, {"content_key", "host", "wrapped"});
      WrappedKey row{object.text("content_key", {16, 16}), hexadecimal(object, "host"),
                     object.text("wrapped", {1, 1024})};
      if (!is_hexadecimal(row.content_key)) object.refuse("content_key", "digits", "is not lower-case hexadecimal");
      if (const auto bytes = registry::from_base64(row.wrapped); !bytes || bytes->size() != kWrappedBytes)
        object.refuse("wrapped", "length",
                      fmt::format("is not base64 of {} bytes, as `stoa licences wrap` writes it", kWrappedBytes));
      licence.content_keys.push_back(std::move(row));
    }
  }

  DocumentVerdict& verdict_;
  JsonObject object_;
};

Result<Licence> read(std::string_view text, std::optional<std::int64_t> now_ms) {
  const auto json = parse_document(kLicenceDocument, text);
  if (!json) return std::unexpected(json.error());
  DocumentVerdict verdict;
  Licence licence = LicenceReader(*json, verdict).read(now_ms);
  if (verdict.is_refused()) return std::unexpected(document_error(kLicenceDocument, verdict.error()));
  if (auto good = check_terms(licence); !good) return std::unexpected(good.error());
  if (auto good = check_issuer(licence); !good) return std::unexpected(good.error());
  return licence;
}

}  // namespace

Result<Licence> parse_licence(std::string_view json) {
  auto licence = read(json, std::nullopt);
  if (!licence) return licence;
  if (auto good = check_canonical(kLicenceDocument, json, write_licence(*licence)); !good)
    return std::unexpected(good.error());
  return licence;
}

Result<Licence> parse_terms(std::string_view json, std::int64_t now_ms) {
  if (json.size() > kLicenceDocument.file_bytes_max)
    return failure(Code::invalid_argument, "licence_file.too_large", "the terms are longer than a licence file may be");
  return read(json, now_ms);
}

}  // namespace stoa::licensing

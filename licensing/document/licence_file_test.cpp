// licence_file_test.cpp: one form, there and back; and every file that is something else, each refused for its own
// reason. SPDX-License-Identifier: Apache-2.0
#include "licensing/document/licence_file.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "licensing/document/test_documents.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

// Of a file as a host takes it: "" where it is good.
std::string refusal_of_licence(const std::string& file, const TrustedIssuers& issuers) {
  const auto opened = open_licence(file);
  if (!opened) return opened.error().reason;
  const auto verified = verify_licence(*opened, issuers);
  return verified ? "" : verified.error().reason;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), by);
}

// A document that is signed as it stands, whatever it says.
std::string signed_as_is(std::string_view document, const registry::PrivateKey& key) {
  return sign_document(kLicenceDocument, document, key);
}

TEST(LicenceFile, IsTheSameThereAndBack) {
  const TestIssuers issuers;
  for (const Licence& licence : {plain_licence(), full_licence()}) {
    const std::string text = write_licence(licence);
    const auto read = parse_licence(text);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(write_licence(*read), text);
    EXPECT_EQ(read->subject, licence.subject);
    EXPECT_EQ(read->covers, licence.covers);
    EXPECT_EQ(read->entitlements, licence.entitlements);
    EXPECT_EQ(read->quotas, licence.quotas);
    EXPECT_EQ(read->floating, licence.floating);
    EXPECT_EQ(read->rate, licence.rate);
    EXPECT_EQ(read->content_keys, licence.content_keys);
    EXPECT_EQ(read->expires_ms, licence.expires_ms);
    EXPECT_EQ(read->offline_ms, licence.offline_ms);
    EXPECT_EQ(refusal_of_licence(sign_licence(licence, licence.issuer == "acme" ? issuers.acme : issuers.platform),
                                 issuers.trusted),
              "");
  }
}

// nlohmann::json sorts by bytes and writes the shortest form: for whole numbers and ASCII names that is RFC 8785.
TEST(LicenceFile, IsWhatJcsMakesOfIt) {
  for (const Licence& licence : {plain_licence(), full_licence()}) {
    const std::string text = write_licence(licence);
    EXPECT_EQ(nlohmann::json::parse(text).dump(), text);
  }
  EXPECT_EQ(write_licence(plain_licence()),
            R"({"covers":[{"model":"acme/vision","versions":"^1.2"}],"expires":"2027-01-01T00:00:00.000Z",)"
            R"("id":"lic_01kdvfxr0000000000000000aa","issued":"2026-01-01T00:00:00.000Z","issuer":"platform",)"
            R"("not_before":"2026-01-01T00:00:00.000Z","on_clock":"deny","on_expiry":"deny","on_quota":"deny",)"
            R"("serial":1,"stoa_licence":1,"subject":{"customer":"cus_1"}})");
}

struct FileRow {
  const char* what;
  const char* reason;
  std::string file;
};

TEST(LicenceFile, IsRefusedForItsOwnReason) {
  const TestIssuers issuers;
  const std::string document = write_licence(full_licence());
  const std::string file = sign_licence(full_licence(), issuers.acme);
  const std::string envelope = file.substr(0, file.size() - 1);
  const auto says = [&](std::string_view what, std::string_view by) {
    return signed_as_is(replaced(document, what, by), issuers.acme);
  };
  const auto envelope_says = [&](std::string_view what, std::string_view by) { return replaced(file, what, by); };
  const auto payload_of = [](const std::string& one) { return one.substr(12, one.find('"', 12) - 12); };
  Licence other = full_licence();
  other.serial = 8;
  Licence foreign = full_licence();
  foreign.covers.push_back({"northwind/text", "*"});
  Licence claims_platform = full_licence();
  claims_platform.issuer = "platform";
  Licence unknown_issuer = full_licence();
  unknown_issuer.issuer = "northwind";
  unknown_issuer.covers = {{"northwind/*", "*"}};
  Licence everything = full_licence();
  everything.covers = {{"acme-labs/vision", "*"}};
  const std::string times = R"("expires":"2027-01-01T00:00:00.000Z")";
  const FileRow rows[] = {
      // Who signed.
      {"by nobody who is trusted", "signature.unknown_key", sign_licence(full_licence(), issuers.stranger)},
      {"by a stranger, under a known key's id", "signature.invalid",
       replaced(sign_licence(full_licence(), issuers.stranger), issuers.stranger.public_key().id().hex,
                issuers.acme.public_key().id().hex)},
      {"by the platform, in the publisher's name", "signature.other_issuer",
       sign_licence(full_licence(), issuers.platform)},
      {"by the publisher, in the platform's name", "signature.other_issuer",
       sign_licence(claims_platform, issuers.acme)},
      {"by a publisher of whom no key is trusted", "signature.other_issuer",
       sign_licence(unknown_issuer, issuers.acme)},
      {"for another publisher's model beside its own", "licence.foreign_model", sign_licence(foreign, issuers.acme)},
      {"for a publisher whose name begins alike", "licence.foreign_model", sign_licence(everything, issuers.acme)},
      // What was signed.
      {"the payload of another licence", "signature.invalid",
       replaced(file, payload_of(file), payload_of(sign_licence(other, issuers.acme)))},
      {"the signature of another licence", "signature.invalid",
       replaced(sign_licence(other, issuers.acme), payload_of(sign_licence(other, issuers.acme)), payload_of(file))},
      {"a manifest's type", "signature.other_type",
       registry::serialise_payload(registry::sign_payload(registry::kManifestPayloadType, document, issuers.acme),
                                   registry::kManifestPayloadType, document) +
           "\n"},
      {"a revocation list", "signature.other_type", sign_revocations(sample_list(), issuers.platform)},
      {"signed as a manifest, and named a licence", "signature.invalid",
       registry::serialise_payload(registry::sign_payload(registry::kManifestPayloadType, document, issuers.acme),
                                   kLicenceDocument.payload_type, document) +
           "\n"},
      // The envelope's form.
      {"nothing", "signature.envelope", ""},
      {"a line break", "signature.envelope", "\n"},
      {"no JSON", "signature.envelope", "licence\n"},
      {"another JSON", "signature.envelope", "[]\n"},
      {"cut short", "signature.envelope", file.substr(0, file.size() / 2) + "\n"},
      {"without its last line break", "signature.envelope", envelope},
      {"with two line breaks", "signature.envelope", file + "\n"},
      {"with a carriage return", "signature.envelope", envelope + "\r\n"},
      {"with a space in front", "signature.envelope", " " + file},
      {"with a byte order mark", "signature.envelope", "\xef\xbb\xbf" + file},
      {"two of them", "signature.envelope", envelope + file},
      {"two signatures", "signature.envelope", envelope_says("\"signatures\":[", "\"signatures\":[{},")},
      {"a member more", "signature.envelope", envelope_says("{\"payload\":", "{\"a\":1,\"payload\":")},
      {"a member twice", "signature.envelope", envelope_says("{\"payload\":", "{\"payload\":\"\",\"payload\":")},
      {"base64 without its end", "signature.envelope", envelope_says("==\"}]", "\"}]")},
      {"too large", "licence_file.too_large", std::string(256 << 10, ' ') + file},
      // The document's form.
      {"no JSON in it", "licence_file.json", signed_as_is("licence", issuers.acme)},
      {"nothing in it", "licence_file.json", signed_as_is("", issuers.acme)},
      {"a list in it", "licence_file.type", signed_as_is("[]", issuers.acme)},
      {"deep JSON", "licence_file.too_deep", signed_as_is(std::string(5000, '['), issuers.acme)},
      {"bad UTF-8", "licence_file.json", says("Nordwind", "N\xc3rdwind")},
      {"half a surrogate", "licence_file.json", says("Nordwind", "\\ud800")},
      {"a NUL", "licence_file.nul_character", says("Nordwind", "N\\u0000")},
      {"a control character", "licence_file.text", says("Nordwind", "N\\u001b[2J")},
      {"a key twice", "licence_file.duplicate_key", says("\"serial\":7", "\"serial\":7,\"serial\":8")},
      {"a key that nobody knows", "licence_file.unknown_key", says("\"serial\":7", "\"serial\":7,\"seats\":9")},
      {"a key that is missing", "licence_file.missing_key", says("\"serial\":7,", "")},
      {"another version of the form", "licence_file.range", says("\"stoa_licence\":1", "\"stoa_licence\":2")},
      {"white space", "licence_file.canonical", says("\"serial\":7", "\"serial\": 7")},
      {"another order", "licence_file.canonical",
       says("\"serial\":7,\"stoa_licence\":1", "\"stoa_licence\":1,\"serial\":7")},
      {"an escape that is none", "licence_file.canonical", says("Nordwind", "\\u004eordwind")},
      {"a default spelled out", "licence_file.canonical", says("\"trial\":true", "\"trial\":false")},
      {"a policy left out", "licence_file.canonical", says("\"on_quota\":\"advisory\",", "")},
      {"a number as text", "licence_file.type", says("\"serial\":7", "\"serial\":\"7\"")},
      {"a fraction", "licence_file.type", says("\"serial\":7", "\"serial\":7.0")},
      {"an exponent", "licence_file.type", says("\"serial\":7", "\"serial\":7e0")},
      {"below nothing", "licence_file.type", says("\"serial\":7", "\"serial\":-7")},
      {"a serial beyond its end", "licence_file.range", says("\"serial\":7", "\"serial\":4294967296")},
      {"an amount beyond 2^53", "licence_file.range", says("9007199254740991", "9007199254740992")},
      {"an amount beyond 2^64", "licence_file.type", says("9007199254740991", "18446744073709551616")},
      {"an amount of a thousand digits", "licence_file.json", says("9007199254740991", std::string(1000, '9'))},
      {"a day alone", "licence_file.canonical", says(times, R"("expires":"2027-01-01")")},
      {"another zone", "licence_file.time", says(times, R"("expires":"2027-01-01T00:00:00.000+01:00")")},
      {"a day that is none", "licence_file.time", says(times, R"("expires":"2027-02-30T00:00:00.000Z")")},
      {"a year beyond its end", "licence_file.time", says(times, R"("expires":"12027-01-01T00:00:00.000Z")")},
      {"a moment that has no end", "licence.terms", says(times, R"("expires":"2025-01-01T00:00:00.000Z")")},
      {"an id of another form", "licence_file.id", says("lic_01kdvfxr", "lic_O1kdvfxr")},
      {"an id that leaves its folder", "licence_file.id", says("lic_01kdvfxr", "../../kdvfxr")},
      {"a policy that nobody knows", "licence_file.value", says("\"on_quota\":\"advisory\"", "\"on_quota\":\"never\"")},
      {"a key's hash in capitals", "licence_file.digest",
       says(registry::to_hex(registry::sha256_of("a")), std::string(64, 'A'))},
      {"a model that is none", "licence.terms", says("acme/*", "*/*")},
      {"no model", "licence_file.length",
       signed_as_is(replaced(write_licence(plain_licence()), R"([{"model":"acme/vision","versions":"^1.2"}])", "[]"),
                    issuers.platform)},
      {"no seats", "licence.terms", says("\"seats\":10", "\"seats\":0")},
  };
  EXPECT_EQ(refusal_of_licence(file, issuers.trusted), "");
  for (const FileRow& row : rows) EXPECT_EQ(refusal_of_licence(row.file, issuers.trusted), row.reason) << row.what;
  EXPECT_GE(std::size(rows), 60u);
}

TEST(LicenceFile, NoBitOfItCanChange) {
  const TestIssuers issuers;
  const std::string file = sign_licence(full_licence(), issuers.acme);
  for (std::size_t bit = 0; bit < file.size() * 8; ++bit) {
    std::string changed = file;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(refusal_of_licence(changed, issuers.trusted), "") << "bit " << bit;
  }
  for (std::size_t length = 0; length < file.size(); ++length)
    EXPECT_NE(refusal_of_licence(file.substr(0, length), issuers.trusted), "") << "cut to " << length;
}

TEST(LicenceFile, NamesTheFieldAndTheRule) {
  struct Message {
    const char *what, *by, *says;
  };
  const std::string document = write_licence(full_licence());
  const Message rows[] = {
      {"\"seats\":10", "\"seats\":-1", "/floating/seats: must be a whole number that is not negative, is -1"},
      {"\"serial\":7", "\"serial\":7,\"nmae\":1", "/nmae: is no key of this object"},
      {"\"model\":\"acme/vision\",", "", "/covers/0/model: is required"},
      {"\"seats\":10", "\"seats\":100001", "floating.seats: is 100001, allowed are 1 to 100000"},
      {"\"trial\":true", "\"trial\": true", "document: is not in its one form from byte "},
  };
  for (const Message& row : rows) {
    const auto read = parse_licence(replaced(document, row.what, row.by));
    ASSERT_FALSE(read) << row.by;
    EXPECT_TRUE(read.error().message.starts_with(row.says)) << read.error().message;
  }
}

TEST(Terms, MayBeShort) {
  constexpr std::int64_t kNow = kTestStart + 5;
  const auto read = parse_terms(
      R"({ "subject": {"customer": "cus_1"}, "issuer": "acme", "covers": [{"model": "acme/*"}],
           "expires": "2027-01-01", "floating": {"seats": 3} })",
      kNow);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->serial, 1u);
  EXPECT_EQ(read->issued_ms, kNow);
  EXPECT_EQ(read->not_before_ms, kNow);
  EXPECT_EQ(read->expires_ms, kTestStart + 365 * kTestDay);
  EXPECT_EQ(read->covers[0].versions, "*");
  EXPECT_EQ(read->floating->ttl_s, 60u);
  EXPECT_TRUE(parse_licence(write_licence(*read)));
  EXPECT_NE(parse_terms(write_licence(*read), kNow)->id.text, "");
  // What makes no sense is refused as in a licence that is issued.
  EXPECT_EQ(parse_terms(R"({"issuer":"acme","subject":{"customer":"cus_1"}})", kNow).error().message,
            "/covers: is required");
  EXPECT_EQ(parse_terms(R"({"issuer":"acme","subject":{"customer":"cus_1"},"covers":[{"model":"b/c"}]})", kNow)
                .error()
                .reason,
            "licence.foreign_model");
}

// Keys of issuers are held to what every key here is.
TEST(TrustedIssuers, TakeNoDegenerateKey) {
  struct Key {
    const char *point, *reason;
  };
  const Key rows[] = {
      {"0100000000000000000000000000000000000000000000000000000000000000", "key.low_order"},
      {"0000000000000000000000000000000000000000000000000000000000000080", "key.low_order"},
      {"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85", "key.low_order"},
      {"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "key.low_order"},
      {"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "key.not_canonical"},
      {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "key.not_canonical"},
  };
  const registry::TestFolder folder;
  for (const Key& row : rows) {
    const std::string prefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);  // RFC 8410
    std::array<std::uint8_t, 32> point{};
    ASSERT_TRUE(registry::read_hex(row.point, point));
    const std::string der = prefix + std::string(reinterpret_cast<const char*>(point.data()), point.size());
    registry::write_file(folder / "k.pem",
                         "-----BEGIN PUBLIC KEY-----\n" + registry::to_base64(der) + "\n-----END PUBLIC KEY-----\n");
    TrustedIssuers issuers;
    const auto added = issuers.add_file("platform", folder / "k.pem");
    ASSERT_FALSE(added) << row.point;
    EXPECT_EQ(added.error().reason, row.reason) << row.point;
    EXPECT_FALSE(issuers.knows("platform"));
  }
}

TEST(TrustedIssuers, MayHaveMoreThanOneKey) {
  TestIssuers issuers;
  const auto next = registry::PrivateKey::generate();
  issuers.trusted.add("acme", next.public_key());
  issuers.trusted.add("platform", issuers.acme.public_key());  // one key, two issuers
  EXPECT_EQ(refusal_of_licence(sign_licence(full_licence(), issuers.acme), issuers.trusted), "");
  EXPECT_EQ(refusal_of_licence(sign_licence(full_licence(), next), issuers.trusted), "");
  EXPECT_EQ(refusal_of_licence(sign_licence(plain_licence(), next), issuers.trusted), "signature.other_issuer");
  EXPECT_EQ(refusal_of_licence(sign_licence(plain_licence(), issuers.acme), issuers.trusted), "");
}

}  // namespace
}  // namespace stoa::licensing

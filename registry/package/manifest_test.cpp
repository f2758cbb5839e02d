// manifest_test.cpp: the sample manifest with one thing wrong at a time: which rule refuses it, and where.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/manifest.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

struct Row {
  const char* pointer;  // of the value to replace or add
  const char* value;    // JSON; "" removes it
  const char* reason;
  const char* where;  // pointer the message must start with; nullptr: the same
};

// The packed form, made by hand so that this test does not depend on the packer.
Json packed_sample() {
  auto document = Json::parse(kSampleManifest);
  const std::string digest(64, 'a');
  for (auto* rows : {&document["platforms"], &document["assets"]})
    for (auto& row : *rows) row["sha256"] = digest, row["size"] = 10;
  document["source_sha256"] = digest;
  return document;
}

void check(const Row& row) {
  auto document = packed_sample();
  const Pointer pointer(row.pointer);
  if (*row.value == '\0') {
    auto& parent = document[pointer.parent_pointer()];
    parent.erase(pointer.back());
  } else {
    document[pointer] = Json::parse(row.value);
  }
  const auto manifest = parse_manifest(document.dump());
  ASSERT_FALSE(manifest.has_value()) << row.pointer << " = " << row.value;
  EXPECT_EQ(manifest.error().reason, row.reason)
      << row.pointer << " = " << row.value << ": " << manifest.error().message;
  EXPECT_EQ(manifest.error().code, Code::invalid_argument);
  const std::string where = row.where ? row.where : row.pointer;
  EXPECT_TRUE(manifest.error().message.starts_with(where + ": "))
      << manifest.error().message << " should start with " << where;
}

TEST(Manifest, ReadsEverythingOfTheSample) {
  const auto manifest = parse_manifest(packed_sample().dump());
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  EXPECT_EQ(manifest->id(), "acme/vision");
  EXPECT_EQ(manifest->version, "1.2.0");
  EXPECT_EQ(manifest->licence_weights, "CC-BY-4.0 OR LicenseRef-acme");
  EXPECT_EQ(manifest->permissions, std::vector<std::string>{"scratch:64MiB"});
  EXPECT_EQ(manifest->platforms.at(0).library, "lib/linux-x86_64/plugin.so");
  EXPECT_EQ(manifest->platforms[0].sha256[0], 0xaa);
  ASSERT_EQ(manifest->models.size(), 2u);
  const auto& model = manifest->models[0];
  EXPECT_EQ(model.inputs[0].kind, "bytes");
  EXPECT_EQ(model.inputs[0].datatype, DataType::bytes);
  EXPECT_EQ(model.inputs[0].shape, std::vector<std::int64_t>{1});
  EXPECT_TRUE(model.inputs[1].optional);
  EXPECT_EQ(model.inputs[1].shape, (std::vector<std::int64_t>{-1, 2}));
  EXPECT_EQ(model.one_of.at(0), (std::vector<std::string>{"image", "pixels"}));
  EXPECT_EQ(model.meters, (std::vector<std::string>{"call", "image"}));
  EXPECT_EQ(model.limits.queue_max, 0u);
  EXPECT_FALSE(model.limits.deadline_ms.has_value());
  EXPECT_EQ(model.config_json, R"({"k":[1]})");
  EXPECT_TRUE(manifest->models[1].is_streaming);
  const auto& boot = manifest->golden.at(0);
  EXPECT_EQ(boot.params_json, R"({"top":1})");
  EXPECT_EQ(boot.inputs.at(0).data_asset, "assets/golden/boot.png");
  EXPECT_EQ(boot.inputs[0].media_type, "image/png");
  EXPECT_EQ(boot.outputs.at(0).data_json, R"(["boot"])");
  EXPECT_EQ(boot.outputs.at(1).data_json, "[0.25,0.75]");
  EXPECT_EQ(boot.outputs[1].atol, 0.001);
  EXPECT_EQ(boot.outputs[1].rtol, 1e-4);
  EXPECT_EQ(manifest->golden.at(1).inputs.at(0).data_bytes, "hi");
  EXPECT_EQ(manifest->golden[1].outputs.at(0).data_json, R"({"a":1})");
}

TEST(Manifest, AnAssetMayLieEncrypted) {
  auto document = packed_sample();
  document["assets"][0]["encrypted"] = {{"content_key", "0123456789abcdef"}, {"plain_size", 3}};
  const auto manifest = parse_manifest(document.dump());
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  EXPECT_EQ(manifest->assets[0].encrypted, (EncryptionDeclaration{"0123456789abcdef", 3}));
  EXPECT_FALSE(manifest->assets[1].encrypted);
}

TEST(Manifest, MayTellWhatIsNewAndWhatItAsksFor) {
  auto document = packed_sample();
  document["changelog"] = "- sees boots\n- faster";
  document["models"][0]["prices"] = Json::parse(
      R"([{"meter":"image","currency":"EUR","nano":2000000},{"meter":"image","currency":"USD","nano":0,"per":1000}])");
  const auto manifest = parse_manifest(document.dump());
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  EXPECT_EQ(manifest->changelog, "- sees boots\n- faster");
  const std::vector<PriceDeclaration> prices{{"image", "EUR", 2'000'000, 1}, {"image", "USD", 0, 1000}};
  EXPECT_EQ(manifest->models[0].prices, prices);
  EXPECT_TRUE(manifest->models[1].prices.empty());
}

TEST(Manifest, AuthorsFormHasNoDigests) {
  EXPECT_TRUE(parse_source_manifest(kSampleManifest).has_value());
  EXPECT_EQ(parse_manifest(kSampleManifest).error().reason, "manifest.missing_key");
  EXPECT_EQ(parse_source_manifest(packed_sample().dump()).error().reason, "manifest.unknown_key");
}

// Of one library for every x86-64, one for newer processors and one for a card.
Json with_three_platforms() {
  auto document = Json::parse(kSampleManifest);
  document["permissions"].push_back("device:cuda");
  auto& platforms = document["platforms"];
  auto wide = platforms[0], card = platforms[0];
  wide["cpu"] = {"x86-64-v3", "avx512f"}, wide["library"] = "lib/wide.so";
  card["gpu"] = {{"kind", "cuda"}, {"compute_min", "8.6"}, {"memory_bytes_min", 8'000'000'000}};
  card["library"] = "lib/card.so";
  platforms.push_back(wide);
  platforms.push_back(card);
  return document;
}

TEST(Manifest, PlatformsMayDifferByProcessorAndCard) {
  const auto manifest = parse_source_manifest(with_three_platforms().dump());
  ASSERT_TRUE(manifest.has_value()) << manifest.error().message;
  ASSERT_EQ(manifest->platforms.size(), 3u);
  EXPECT_TRUE(manifest->platforms[0].cpu.empty() && !manifest->platforms[0].gpu);
  EXPECT_EQ(manifest->platforms[1].cpu, (std::vector<std::string>{"x86-64-v3", "avx512f"}));
  EXPECT_EQ(manifest->platforms[2].gpu, (GpuDeclaration{"cuda", {8, 6}, 8'000'000'000}));
}

TEST(Manifest, PlatformsThatNeedTheSameAreOneTooMany) {
  for (const bool is_card : {false, true}) {
    auto document = with_three_platforms();
    auto again = document["platforms"][is_card ? 2 : 1];
    again["library"] = "lib/again.so";
    again["libc_min"] = "2.38";
    if (!is_card) again["cpu"] = {"avx512f", "x86-64-v3"};
    document["platforms"].push_back(again);
    const auto manifest = parse_source_manifest(document.dump());
    ASSERT_FALSE(manifest.has_value());
    EXPECT_EQ(manifest.error().reason, "manifest.duplicate");
    EXPECT_TRUE(manifest.error().message.starts_with("/platforms/3: ")) << manifest.error().message;
  }
}

TEST(Manifest, RefusesOneThingWrong) {
  const Row rows[] = {
      {"/stoa", "", "manifest.missing_key", nullptr},
      {"/stoa", "2", "manifest.range", nullptr},
      {"/stoa", "\"1\"", "manifest.type", nullptr},
      {"/stoa", "1.0", "manifest.type", nullptr},
      {"/extra", "1", "manifest.unknown_key", nullptr},
      {"/a~1b~0c", "1", "manifest.unknown_key", nullptr},
      {"/id", "\"acme\"", "manifest.id", nullptr},
      {"/id", "\"acme/vi/sion\"", "manifest.id", nullptr},
      {"/id", "\"Acme/vision\"", "manifest.id", nullptr},
      {"/id", "\"acme/-vision\"", "manifest.id", nullptr},
      {"/id", "\"acme/../x\"", "manifest.id", nullptr},
      {"/id", "7", "manifest.type", nullptr},
      {"/version", "\"1.2\"", "manifest.length", nullptr},
      {"/version", "\"01.2.0\"", "manifest.version", nullptr},
      {"/version", "\"1.2.0-\"", "manifest.version", nullptr},
      {"/homepage", "\"javascript:alert(1)\"", "manifest.homepage", nullptr},
      {"/min_isolation", "\"T9\"", "manifest.isolation", nullptr},
      {"/homepage", "\"https://a b\"", "manifest.homepage", nullptr},
      {"/description", "[]", "manifest.type", nullptr},
      {"/abi", "1", "manifest.type", nullptr},
      {"/abi/min", "0", "manifest.range", nullptr},
      {"/abi/min", "2", "manifest.abi", "/abi/max"},
      {"/abi/middle", "1", "manifest.unknown_key", nullptr},
      {"/licences", "", "manifest.missing_key", nullptr},
      {"/licences/weights", "", "manifest.missing_key", nullptr},
      {"/licences/code", "\"\"", "manifest.length", nullptr},
      {"/licences/code", "\"MIT AND\"", "manifest.licence", nullptr},
      {"/licences/weights", "\"all mine\"", "manifest.licence", nullptr},
      {"/permissions/0", "\"root\"", "manifest.permission", nullptr},
      {"/permissions/0", "\"scratch:64MB\"", "manifest.permission", nullptr},
      {"/permissions/0", "\"network:api.example.org:443\"", "manifest.permission", nullptr},
      {"/permissions/1", "\"scratch:64MiB\"", "manifest.duplicate", nullptr},
      {"/platforms", "[]", "manifest.length", nullptr},
      {"/platforms", "{}", "manifest.type", nullptr},
      {"/platforms/0/os", "\"beos\"", "manifest.platform", nullptr},
      {"/platforms/0/arch", "\"x86\"", "manifest.platform", nullptr},
      {"/platforms/0/libc", "\"newlib\"", "manifest.platform", nullptr},
      {"/platforms/0/libc_min", "\"two\"", "manifest.platform", nullptr},
      {"/platforms/0/libc_min", "\"2.36.\"", "manifest.platform", nullptr},
      {"/platforms/0/cpu", "\"avx2\"", "manifest.type", nullptr},
      {"/platforms/0/cpu", "[\"avx9\"]", "manifest.platform", "/platforms/0/cpu/0"},
      {"/platforms/0/cpu", "[\"AVX2\"]", "manifest.platform", "/platforms/0/cpu/0"},
      {"/platforms/0/cpu", "[\"sve\"]", "manifest.platform", "/platforms/0/cpu/0"},
      {"/platforms/0/cpu", "[\"avx2\",\"fma\",\"avx2\"]", "manifest.duplicate", "/platforms/0/cpu/2"},
      {"/platforms/0/cpu", "[1]", "manifest.type", "/platforms/0/cpu/0"},
      {"/platforms/0/gpu", "\"cuda\"", "manifest.type", nullptr},
      {"/platforms/0/gpu", R"({"kind":"rocm","compute_min":"8.0"})", "manifest.platform", "/platforms/0/gpu/kind"},
      {"/platforms/0/gpu", R"({"kind":"cuda"})", "manifest.missing_key", "/platforms/0/gpu/compute_min"},
      {"/platforms/0/gpu", R"({"kind":"cuda","compute_min":8.0})", "manifest.type", "/platforms/0/gpu/compute_min"},
      {"/platforms/0/gpu", R"({"kind":"cuda","compute_min":"8.x"})", "manifest.platform",
       "/platforms/0/gpu/compute_min"},
      {"/platforms/0/gpu", R"({"kind":"cuda","compute_min":"08.0"})", "manifest.platform",
       "/platforms/0/gpu/compute_min"},
      {"/platforms/0/gpu", R"({"kind":"cuda","compute_min":"8.10"})", "manifest.platform",
       "/platforms/0/gpu/compute_min"},
      {"/platforms/0/gpu", R"({"kind":"cuda","compute_min":"8.0","memory_bytes_min":0})", "manifest.range",
       "/platforms/0/gpu/memory_bytes_min"},
      {"/platforms/0/gpu", R"({"kind":"cuda","compute_min":"8.0","cores":1})", "manifest.unknown_key",
       "/platforms/0/gpu/cores"},
      {"/platforms/0/gpu", R"({"kind":"cuda","compute_min":"8.0"})", "manifest.platform", nullptr},  // no device:cuda
      {"/platforms/0/library", "\"plugin.so\"", "manifest.path", nullptr},
      {"/platforms/0/library", "\"/lib/plugin.so\"", "manifest.path", nullptr},
      {"/platforms/0/library", "\"lib/../../plugin.so\"", "manifest.path", nullptr},
      {"/platforms/0/library", "\"lib//plugin.so\"", "manifest.path", nullptr},
      {"/platforms/0/library", "\"lib/./plugin.so\"", "manifest.path", nullptr},
      {"/platforms/0/library", "\"lib\\\\plugin.so\"", "manifest.path", nullptr},
      {"/platforms/0/library", "\"lib/\"", "manifest.path", nullptr},
      {"/platforms/0/library", "\"lib/plug\\u00e4n.so\"", "manifest.path", nullptr},
      {"/platforms/0/sha256", "\"abc\"", "manifest.length", nullptr},
      {"/platforms/0/sha256", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", "manifest.digest",
       nullptr},
      {"/platforms/0/size", "-1", "manifest.type", nullptr},
      {"/platforms/0/size", "0", "manifest.range", nullptr},
      {"/platforms/0/size", "8589934592", "manifest.range", nullptr},
      {"/models", "[]", "manifest.length", nullptr},
      {"/models/0/name", "\"Classify\"", "manifest.name", nullptr},
      {"/models/0/name", "\"infer\"", "manifest.name", nullptr},
      {"/models/0/name", "\"a@1\"", "manifest.name", nullptr},
      {"/models/1/name", "\"classify\"", "manifest.duplicate", nullptr},
      {"/models/0/task", "\"Do it\"", "manifest.task", nullptr},
      {"/models/0/inputs", "[]", "manifest.length", nullptr},
      {"/models/0/inputs/0/name", "\"im age\"", "manifest.name", nullptr},
      {"/models/0/inputs/0/name", "\"pixels\"", "manifest.duplicate", "/models/0/inputs/1/name"},
      {"/models/0/inputs/0/kind", "\"video\"", "manifest.kind", nullptr},
      {"/models/0/inputs/0/shape", "[1]", "manifest.kind", nullptr},
      {"/models/0/inputs/0/media_types/0", "\"png\"", "manifest.media_type", nullptr},
      {"/models/0/inputs/0/media_types/1", "\"image/png\"", "manifest.duplicate", nullptr},
      {"/models/0/inputs/0/optional", "1", "manifest.type", nullptr},
      {"/models/0/inputs/1/datatype", "\"FLOAT\"", "manifest.datatype", nullptr},
      {"/models/0/inputs/1/datatype", "", "manifest.missing_key", nullptr},
      {"/models/0/inputs/1/shape", "[]", "manifest.length", nullptr},
      {"/models/0/inputs/1/shape/0", "-2", "manifest.shape", nullptr},
      {"/models/0/inputs/1/shape/0", "0", "manifest.shape", nullptr},
      {"/models/0/inputs/1/shape/0", "1.5", "manifest.shape", nullptr},
      {"/models/0/inputs/1/shape/0", "18446744073709551615", "manifest.shape", nullptr},
      {"/models/0/inputs/1/shape", "[1,1,1,1,1,1,1,1,1]", "manifest.length", nullptr},
      {"/models/0/one_of/0", "[\"image\"]", "manifest.one_of", nullptr},
      {"/models/0/one_of/0", "\"image\"", "manifest.one_of", nullptr},
      {"/models/0/one_of/0/1", "\"nothing\"", "manifest.one_of", nullptr},
      {"/models/0/one_of/0/1", "\"image\"", "manifest.duplicate", nullptr},
      {"/models/0/inputs/1/optional", "false", "manifest.one_of", "/models/0/one_of/0/1"},
      {"/models/0/meters/0", "\"Token\"", "manifest.meter", nullptr},
      {"/models/0/meters/1", "\"call\"", "manifest.duplicate", nullptr},
      {"/changelog", "7", "manifest.type", nullptr},
      {"/changelog", "\"a\\u0000b\"", "manifest.nul_character", nullptr},
      {"/changelog", "\"a\\u001b[2J\"", "manifest.changelog", nullptr},
      {"/changelog", "\"a\\u009bb\"", "manifest.changelog", nullptr},
      {"/changelog", "\"a\\r\\nb\"", "manifest.changelog", nullptr},
      {"/models/0/prices", R"({"meter":"call"})", "manifest.type", nullptr},
      {"/models/0/prices", R"([7])", "manifest.type", "/models/0/prices/0"},
      {"/models/0/prices", R"([{"currency":"EUR","nano":1}])", "manifest.missing_key", "/models/0/prices/0/meter"},
      {"/models/0/prices", R"([{"meter":"call","nano":1}])", "manifest.missing_key", "/models/0/prices/0/currency"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EUR"}])", "manifest.missing_key", "/models/0/prices/0/nano"},
      {"/models/0/prices", R"([{"meter":"token.out","currency":"EUR","nano":1}])", "manifest.price",
       "/models/0/prices/0/meter"},
      {"/models/0/prices", R"([{"meter":"call","currency":"eur","nano":1}])", "manifest.price",
       "/models/0/prices/0/currency"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EURO","nano":1}])", "manifest.length",
       "/models/0/prices/0/currency"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EUR","nano":-1}])", "manifest.type",
       "/models/0/prices/0/nano"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EUR","nano":0.5}])", "manifest.type",
       "/models/0/prices/0/nano"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EUR","nano":1000000000000001}])", "manifest.range",
       "/models/0/prices/0/nano"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EUR","nano":1,"per":0}])", "manifest.range",
       "/models/0/prices/0/per"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EUR","nano":1,"tax":0}])", "manifest.unknown_key",
       "/models/0/prices/0/tax"},
      {"/models/0/prices", R"([{"meter":"call","currency":"EUR","nano":1},{"meter":"call","currency":"EUR","nano":2}])",
       "manifest.duplicate", "/models/0/prices/1"},
      {"/models/0/streaming", "\"yes\"", "manifest.type", nullptr},
      {"/models/0/limits/threads", "0", "manifest.range", nullptr},
      {"/models/0/limits/threads", "257", "manifest.range", nullptr},
      {"/models/0/limits/speed", "1", "manifest.unknown_key", nullptr},
      {"/models/0/config", "[]", "manifest.type", nullptr},
      {"/assets/0/path", "\"weights.bin\"", "manifest.path", nullptr},
      {"/assets/0/path", "\"assets/../lib/x\"", "manifest.path", nullptr},
      {"/assets/0/path", "\"assets/.hidden\"", "manifest.path", nullptr},
      {"/assets/0/path", "\"assets/golden/boot.png\"", "manifest.duplicate", "/assets/1/path"},
      {"/assets/0/path", "\"assets/golden\"", "manifest.path", "document"},
      {"/assets/0/media_type", "\"x\"", "manifest.media_type", nullptr},
      {"/assets/0/size", "", "manifest.missing_key", nullptr},
      {"/assets/0/encrypted", "true", "manifest.type", nullptr},
      {"/assets/0/encrypted", "{}", "manifest.missing_key", "/assets/0/encrypted/content_key"},
      {"/assets/0/encrypted", R"({"content_key":"0123456789ABCDEF","plain_size":1})", "manifest.encrypted",
       "/assets/0/encrypted/content_key"},
      {"/assets/0/encrypted", R"({"content_key":"0123","plain_size":1})", "manifest.length",
       "/assets/0/encrypted/content_key"},
      {"/assets/0/encrypted", R"({"content_key":"0123456789abcdef","plain_size":99999999})", "manifest.encrypted",
       "/assets/0/encrypted/plain_size"},
      {"/assets/0/encrypted", R"({"content_key":"0123456789abcdef","plain_size":1,"key":"x"})", "manifest.unknown_key",
       "/assets/0/encrypted/key"},
      {"/assets/1/encrypted", R"({"content_key":"0123456789abcdef","plain_size":1})", "manifest.golden",
       "/golden/0/inputs/0/data"},
      {"/source_sha256", "", "manifest.missing_key", nullptr},
      {"/golden/0/model", "\"other\"", "manifest.golden", nullptr},
      {"/golden/1/name", "\"boot\"", "manifest.duplicate", nullptr},
      {"/golden/0/parameters", "3", "manifest.type", nullptr},
      {"/golden/0/inputs", "[]", "manifest.length", nullptr},
      {"/golden/0/inputs/0/name", "\"label\"", "manifest.golden", nullptr},
      {"/golden/0/inputs/0/data", "\"@assets/none.png\"", "manifest.golden", nullptr},
      {"/golden/0/inputs/0/data", "\"not base64!\"", "manifest.golden", nullptr},
      {"/golden/0/inputs/0/data", "", "manifest.missing_key", nullptr},
      {"/golden/0/inputs/0/shape", "[1]", "manifest.golden", nullptr},
      {"/golden/0/inputs/0/atol", "1", "manifest.unknown_key", nullptr},
      {"/golden/0/inputs/1", R"({"name":"pixels","datatype":"UINT8","shape":[1,2],"data":[1,2]})", "manifest.golden",
       "/golden/0/inputs"},
      {"/golden/0/inputs/0", R"({"name":"pixels","datatype":"UINT8","shape":[1,2],"data":[1,256]})", "manifest.golden",
       "/golden/0/inputs/0/data/1"},
      {"/golden/0/outputs/1/datatype", "\"FP64\"", "manifest.golden", nullptr},
      {"/golden/0/outputs/1/shape", "[2]", "manifest.golden", nullptr},
      {"/golden/0/outputs/1/shape", "[1,3]", "manifest.golden", "/golden/0/outputs/1/shape/1"},
      {"/golden/0/outputs/1/shape", "[2,2]", "manifest.golden", "/golden/0/outputs/1/data"},
      {"/golden/0/outputs/1/shape/0", "99999999999", "manifest.golden", nullptr},
      {"/golden/0/outputs/1/data/0", "\"x\"", "manifest.golden", nullptr},
      {"/golden/0/outputs/1/atol", "-1", "manifest.range", nullptr},
      {"/golden/0/outputs/1/name", "\"label\"", "manifest.duplicate", nullptr},
      {"/golden/1/inputs/0/data", "5", "manifest.type", nullptr},
  };
  const std::string long_changelog = '"' + std::string(16'385, 'c') + '"';
  check({"/changelog", long_changelog.c_str(), "manifest.length", nullptr});
  for (const auto& row : rows) check(row);
}

struct TextRow {
  std::string text;
  const char* reason;
};

TEST(Manifest, RefusesBadDocuments) {
  const auto sample = packed_sample().dump();
  const auto with = [&](const std::string& more) { return sample.substr(0, sample.size() - 1) + "," + more + "}"; };
  std::string many_keys;
  for (int i = 0; i < 300; ++i) many_keys += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  const TextRow rows[] = {
      {"", "manifest.json"},
      {"{", "manifest.json"},
      {"[]", "manifest.type"},
      {"null", "manifest.type"},
      {sample + "x", "manifest.json"},
      {sample + "{}", "manifest.json"},
      {"\xef\xbb\xbf" + sample, "manifest.json"},
      {with("\"x\":NaN"), "manifest.json"},
      {with("\"x\":1e999"), "manifest.json"},
      {with("\"x\":01"), "manifest.json"},
      {with("\"x\":\"\xff\""), "manifest.json"},
      {with("\"x\":\"\\u0000\""), "manifest.nul_character"},
      {with("\"x\":\"\\ud800\""), "manifest.json"},
      {with("// comment\n\"x\":1"), "manifest.json"},
      {with("\"stoa\":1"), "manifest.duplicate_key"},
      {with("\"sto\\u0061\":1"), "manifest.duplicate_key"},
      {with("\"x\":{\"y\":[{\"z\":1,\"z\":2}]}"), "manifest.duplicate_key"},
      {with("\"x\":" + std::string(16, '[') + std::string(16, ']')), "manifest.too_deep"},
      {std::string(500'000, '['), "manifest.too_deep"},
      {with("\"x\":{" + many_keys + "}"), "manifest.too_many_keys"},
      {sample + std::string(kManifestBytesMax, ' '), "manifest.too_large"},
  };
  for (const auto& row : rows) {
    const auto manifest = parse_manifest(row.text);
    ASSERT_FALSE(manifest.has_value()) << row.text.substr(0, 200);
    EXPECT_EQ(manifest.error().reason, row.reason) << manifest.error().message;
  }
}

TEST(Manifest, DuplicateKeyIsNamedByItsPointer) {
  const auto manifest = parse_manifest(R"({"models":[{"a":1},{"b":[0,{"c":1,"c":2}]}]})");
  EXPECT_TRUE(manifest.error().message.starts_with("/models/1/b/1/c: ")) << manifest.error().message;
}

TEST(Manifest, MessagesCarryNoControlCharacters) {
  for (const auto* text : {R"({"\u001b[31mred\u0007":1})", R"({"stoa":"\u001b[2J"})", "{\"\x1b\":1}"}) {
    const auto manifest = parse_manifest(text);
    ASSERT_FALSE(manifest.has_value());
    for (const char c : manifest.error().message)
      EXPECT_GE(static_cast<unsigned char>(c), 0x20) << manifest.error().message;
  }
}

}  // namespace
}  // namespace stoa::registry

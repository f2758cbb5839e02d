// v2_json_reader_test.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_json_reader.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace stoa::api {
namespace {

constexpr std::uint64_t kLimit = 64u << 20;

// The body as http::Body has it: 64 readable bytes behind, here hostile ones.
Result<V2Request> read(std::string text, std::uint64_t limit = kLimit) {
  const std::size_t size = text.size();
  text.append(64, '7');
  V2JsonReader reader;
  return reader.read({text.data(), size}, limit);
}

std::string with_input(std::string_view datatype, std::string_view shape, std::string_view data) {
  return R"({"inputs":[{"name":"x","datatype":")" + std::string(datatype) + R"(","shape":)" + std::string(shape) +
         R"(,"data":)" + std::string(data) + "}]}";
}

template <class T>
std::vector<T> elements(const V2Input& input) {
  std::vector<T> out(input.data.bytes.size() / sizeof(T));
  std::memcpy(out.data(), input.data.bytes.data(), input.data.bytes.size());
  return out;
}

template <class T>
void check_exact(std::string_view datatype, std::string_view data, const std::vector<T>& want) {
  SCOPED_TRACE(std::string(datatype) + " " + std::string(data));
  const auto request = read(with_input(datatype, "[" + std::to_string(want.size()) + "]", data));
  ASSERT_TRUE(request) << request.error().message;
  const auto got = elements<T>(request->inputs[0]);
  ASSERT_EQ(got.size(), want.size());
  EXPECT_EQ(0, std::memcmp(got.data(), want.data(), want.size() * sizeof(T)));
  EXPECT_EQ(0u, reinterpret_cast<std::uintptr_t>(request->inputs[0].data.bytes.data()) % 64);
}

TEST(V2JsonReader, EveryTypeIsBitExact) {
  check_exact<std::uint8_t>("BOOL", "[true,false]", {1, 0});
  check_exact<std::uint8_t>("UINT8", "[0,255]", {0, 255});
  check_exact<std::uint16_t>("UINT16", "[0,65535]", {0, 65535});
  check_exact<std::uint32_t>("UINT32", "[0,4294967295]", {0, 4294967295u});
  check_exact<std::uint64_t>("UINT64", "[0,18446744073709551615]", {0, 18446744073709551615u});
  check_exact<std::int8_t>("INT8", "[-128,127]", {-128, 127});
  check_exact<std::int16_t>("INT16", "[-32768,32767]", {-32768, 32767});
  check_exact<std::int32_t>("INT32", "[-2147483648,2147483647]", {INT32_MIN, INT32_MAX});
  check_exact<std::int64_t>("INT64", "[-9223372036854775808,9223372036854775807]", {INT64_MIN, INT64_MAX});
  check_exact<float>("FP32", "[0,-0.0,-0,1,1e-45,1.17549421e-38,3.4028235e38,-3.4028235e38,0.1,16777217]",
                     {0.f, -0.f, -0.f, 1.f, 1e-45f, 1.17549421e-38f, 3.4028235e38f, -3.4028235e38f, 0.1f, 16777216.f});
  check_exact<double>("FP64", "[5e-324,2.2250738585072011e-308,1.7976931348623157e308,-0.0,0.1,1E5,1e+5]",
                      {5e-324, 2.2250738585072011e-308, 1.7976931348623157e308, -0.0, 0.1, 1e5, 1e5});
}

// 7.038531e-26 is halfway between two floats once it is a double: rounding twice picks the wrong one.
TEST(V2JsonReader, FloatsRoundOnce) {
  check_exact<float>("FP32", "[7.038531e-26,1.00000005960464480,8388609.5,1e-46,-1e-46,1e-400]",
                     {7.038531e-26f, 1.00000005960464480f, 8388609.5f, 0.f, -0.f, 0.f});
  for (const char* text : {"1.000000059604644775390625", "1.00000005960464477539062500000000001",
                           "7.0064923216240853546186479164495806564013097093825788587853e-46",
                           "7.0064923216240853546186479164495806564013097093825788587854e-46"})
    check_exact<float>("FP32", "[" + std::string(text) + "]", {std::strtof(text, nullptr)});
}

TEST(V2JsonReader, StringsAreUnescaped) {
  const auto request = read(with_input("BYTES", "[4]", R"(["","a\u0000b","\ud83d\ude00 \"\n","héé"])"));
  ASSERT_TRUE(request) << request.error().message;
  const auto& strings = request->inputs[0].data.strings;
  ASSERT_EQ(strings.size(), 4u);
  const auto text = [&](int i) { return std::string(strings[i].p, strings[i].n); };
  EXPECT_EQ(text(0), "");
  EXPECT_EQ(text(1), std::string("a\0b", 3));
  EXPECT_EQ(text(2), "\xF0\x9F\x98\x80 \"\n");
  EXPECT_EQ(text(3), "héé");
}

TEST(V2JsonReader, NestedAndFlatAreTheSame) {
  for (const char* data : {"[1,2,3,4,5,6]", "[[1,2,3],[4,5,6]]"}) {
    const auto request = read(with_input("INT32", "[2,3]", data));
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(elements<std::int32_t>(request->inputs[0]), (std::vector<std::int32_t>{1, 2, 3, 4, 5, 6}));
  }
  const auto deep = read(with_input("BYTES", "[2,1,2]", R"([[["a","b"]],[["c","d"]]])"));
  ASSERT_TRUE(deep) << deep.error().message;
  EXPECT_EQ(deep->inputs[0].data.strings.size(), 4u);
  for (const auto& [shape, data] : {std::pair{"[0]", "[]"}, {"[2,0]", "[[],[]]"}, {"[0,3]", "[]"}, {"[2,0]", "[]"}})
    EXPECT_TRUE(read(with_input("FP32", shape, data))) << shape << data;
  EXPECT_TRUE(read(with_input("FP32", "[]", "[1]")));
}

TEST(V2JsonReader, KeysComeInAnyOrder) {
  const auto request =
      read(R"( {"outputs":[{"parameters":{"binary_data":true},"name":"y"},{"name":"z"}],"x":[1,{"y":null}],)"
           R"("inputs":[{"data":[1.5,[]],"name":"broken"}]})");
  ASSERT_FALSE(request);
  EXPECT_EQ(request.error().message, "inputs[0].shape: is missing");
  const auto good =
      read(R"( {"outputs":[{"parameters":{"binary_data":true},"name":"y"},{"name":"z"}],"x":[1,{"y":null}],)"
           R"("inputs":[{"data":[1.5, 2.5],"extra":{"a":[true]},"name":"a","shape":[2],"datatype":"FP32"},)"
           R"({"data":["p\"q"],"name":"b","datatype":"BYTES","shape":[1]}],)"
           R"("parameters" : { "timeout" : 5000, "sequence_id":42,"mine":[1, 2] } ,"id":"7"} )");
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(good->id, "7");
  EXPECT_EQ(good->timeout_us, 5000u);
  EXPECT_EQ(good->session, "42");
  EXPECT_EQ(good->parameters_json, R"({ "timeout" : 5000, "sequence_id":42,"mine":[1, 2] })");
  ASSERT_EQ(good->outputs.size(), 2u);
  EXPECT_EQ(good->outputs[0].name, "y");
  EXPECT_EQ(good->outputs[0].binary_data, true);
  EXPECT_FALSE(good->outputs[1].binary_data);
  EXPECT_EQ(elements<float>(good->inputs[0]), (std::vector<float>{1.5f, 2.5f}));
  EXPECT_EQ(std::string(good->inputs[1].data.strings[0].p, 3), "p\"q");
}

TEST(V2JsonReader, ReaderIsReusable) {
  V2JsonReader reader;
  std::string bad = R"({"inputs":[)" + std::string(64, ' '), good = with_input("FP32", "[1]", "[2]");
  const std::size_t size = good.size();
  good.append(64, ' ');
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(reader.read({bad.data(), 11}, kLimit));
    EXPECT_TRUE(reader.read({good.data(), size}, kLimit));
  }
}

struct BadRow {
  std::string body, field;  // the message starts with field
};

std::string depth(int n) { return std::string(n, '[') + std::string(n, ']'); }

const BadRow kBad[] = {
    {"", "body: "},
    {"[]", "body: "},
    {"{", "body: "},
    {"nul", "body: "},
    {R"({"inputs":[]} x)", "body: "},
    {R"({"inputs":[]}{})", "body: "},
    {R"({})", "inputs: is missing"},
    {R"({"inputs":{}})", "inputs: must be an array"},
    {R"({"inputs":[1]})", "inputs[0]: must be an object"},
    {R"({"inputs":[],"inputs":[]})", "inputs: appears twice"},
    {R"({"inputs":[],"a":1,"a":2})", "a: appears twice"},
    {R"({"inputs":[],"a":{"b":1,"\u0062":2}})", "a.b: appears twice"},
    {R"({"id":7,"inputs":[]})", "id: must be a string, is 7"},
    {R"({"inputs":[],"a":nul})", "a: "},
    {R"({"inputs":[],"a":[1,]})", "a[1]: "},
    {R"({"inputs":[],"a":01})", "a: "},
    {R"({"inputs":[],"a":"\x"})", "a: "},
    {R"({"inputs":[],"a":"\ud800"})", "a: "},
    {R"({"inputs":[],"a":tru})", "a: "},
    {R"({"inputs":[],"a":NaN})", "a: "},
    {R"({"inputs":[],"a":{"b":1 "c":2}})", "a"},
    {"{\"inputs\":[],\"a\":\"\xff\"}", "body: "},
    {R"({"inputs":[],"a":)" + depth(70) + "}", "a[0]"},
    {R"({"inputs":[],"parameters":[]})", "parameters: must be an object"},
    {R"({"inputs":[],"parameters":{"timeout":-1}})", "parameters.timeout: "},
    {R"({"inputs":[],"parameters":{"timeout":"1"}})", "parameters.timeout: "},
    {R"({"inputs":[],"parameters":{"priority":1.5}})", "parameters.priority: "},
    {R"({"inputs":[],"parameters":{"sequence_id":true}})", "parameters.sequence_id: "},
    {R"({"inputs":[],"parameters":{"binary_data_output":1}})", "parameters.binary_data_output: "},
    {R"({"inputs":[],"parameters":{"a":1,"a":1}})", "parameters.a: appears twice"},
    {R"({"inputs":[],"parameters":{"a":}})", "parameters.a: "},
    {R"({"inputs":[],"outputs":[{}]})", "outputs[0].name: is missing"},
    {R"({"inputs":[],"outputs":[{"name":7}]})", "outputs[0].name: must be a string"},
    {R"({"inputs":[],"outputs":[{"name":"y","parameters":{"binary_data":"yes"}}]})",
     "outputs[0].parameters.binary_data: "},
    {R"({"inputs":[],"outputs":[{"name":"y","parameters":{"classification":3}}]})",
     "outputs[0].parameters.classification: "},
    {R"({"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]})", "inputs[0].name: is missing"},
    {R"({"inputs":[{"name":"x","datatype":"FP32","data":[1]}]})", "inputs[0].shape: is missing"},
    {R"({"inputs":[{"name":"x","shape":[1],"data":[1]}]})", "inputs[0].datatype: is missing"},
    {R"({"inputs":[{"name":"","shape":[1],"datatype":"FP32","data":[1]}]})", "inputs[0].name: is empty"},
    {R"({"inputs":[{"name":"x","name":"x","shape":[1],"datatype":"FP32","data":[1]}]})",
     "inputs[0].name: appears twice"},
    {with_input("FP31", "[1]", "[1]"), "inputs[0].datatype: \"FP31\" is not a datatype"},
    {with_input("fp32", "[1]", "[1]"), "inputs[0].datatype: "},
    {with_input("FP16", "[1]", "[1]"), "inputs[0].data: sending FP16 data via JSON is not supported"},
    {with_input("BF16", "[1]", "[1]"), "inputs[0].data: sending BF16 data via JSON is not supported"},
    {with_input("FP32", "[-1]", "[1]"), "inputs[0].shape[0]: -1 is negative"},
    {with_input("FP32", "[1,\"2\"]", "[1]"), "inputs[0].shape[1]: \"2\" is not an integer"},
    {with_input("FP32", "[1.0]", "[1]"), "inputs[0].shape[0]: 1.0 is not an integer"},
    {with_input("FP32", "3", "[1]"), "inputs[0].shape: must be an array"},
    {with_input("FP32", "[9223372036854775808]", "[1]"), "inputs[0].shape[0]: "},
    {with_input("FP32", "[4294967296,4294967296]", "[1]"), "inputs[0].shape: the product of its extents overflows"},
    {with_input("FP32", "[9223372036854775807]", "[1]"), "inputs[0].shape: the product of its extents overflows"},
    {with_input("FP32", "[1000000000]", "[1]"), "inputs[0].shape: needs 4000000000 bytes of FP32, limit is"},
    {with_input("FP32", "[1000000]", "[1]"), "inputs[0].data: has 1 elements, shape [1000000] needs 1000000"},
    {with_input("FP32", "[" + std::string(64, '1') + "]", "[1]"), "inputs[0].shape[0]: "},
    {with_input("FP32", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]", "[1]"),
     "inputs[0].shape: has more"},
    {with_input("FP32", "[2]", "[1]"), "inputs[0].data: has 1 elements, shape [2] needs 2"},
    {with_input("FP32", "[1]", "[1,2,3]"), "inputs[0].data: has 3 elements, shape [1] needs 1"},
    {with_input("FP32", "[2,2]", "[[1,2],[3]]"), "inputs[0].data[1]: has 1 entries"},
    {with_input("FP32", "[2,2]", "[[1,2]]"), "inputs[0].data: has 1 entries"},
    {with_input("FP32", "[2,2]", "[[1,2],3]"), "inputs[0].data[1]: is 3, shape [2,2] wants an array here"},
    {with_input("FP32", "[2,2]", "[1,[2,3]]"), "inputs[0].data[1]: is an array"},
    {with_input("FP32", "[2]", "[[1],[2]]"), "inputs[0].data[0]: is an array"},
    {with_input("FP32", "[1]", "[[[[1]]]]"), "inputs[0].data[0]: is an array"},
    {with_input("FP32", "[1]", "1"), "inputs[0].data: must be an array"},
    {with_input("FP32", "[1]", "null"), "inputs[0].data: must be an array"},
    {with_input("FP32", "[1]", "[NaN]"), "inputs[0].data[0]: NaN is not of FP32"},
    {with_input("FP32", "[1]", "[Infinity]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[-Infinity]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[1e39]"), "inputs[0].data[0]: 1e39 is not of FP32"},
    {with_input("FP64", "[1]", "[1e400]"), "inputs[0].data[0]: 1e400 is not of FP64"},
    {with_input("FP32", "[1]", "[\"1\"]"), "inputs[0].data[0]: \"1\" is not of FP32"},
    {with_input("FP32", "[1]", "[null]"), "inputs[0].data[0]: null is not of FP32"},
    {with_input("FP32", "[1]", "[true]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[1.]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[.5]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[+1]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[01]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[0x1]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[1e]"), "inputs[0].data[0]: "},
    {with_input("FP32", "[1]", "[1,]"), "inputs[0].data"},
    {with_input("FP32", "[2]", "[1 2]"), "inputs[0].data"},
    {with_input("FP32", "[1]", "[{}]"), "inputs[0].data[0]: "},
    {with_input("UINT8", "[1]", "[256]"), "inputs[0].data[0]: 256 is not of UINT8: want an integer from 0 to 255"},
    {with_input("UINT8", "[1]", "[-1]"), "inputs[0].data[0]: -1 is not of UINT8"},
    {with_input("INT8", "[2]", "[0,128]"), "inputs[0].data[1]: 128 is not of INT8: want an integer from -128 to 127"},
    {with_input("INT32", "[1]", "[1.0]"), "inputs[0].data[0]: 1.0 is not of INT32"},
    {with_input("INT32", "[1]", "[2147483648]"), "inputs[0].data[0]: "},
    {with_input("INT64", "[1]", "[9223372036854775808]"), "inputs[0].data[0]: "},
    {with_input("UINT64", "[1]", "[18446744073709551616]"), "inputs[0].data[0]: "},
    {with_input("BOOL", "[1]", "[1]"), "inputs[0].data[0]: 1 is not of BOOL: want true or false"},
    {with_input("BYTES", "[1]", "[1]"), "inputs[0].data[0]: 1 is not of BYTES: want a string"},
    {with_input("BYTES", "[1]", "[\"\\ud800\"]"), "inputs[0].data[0]: "},
    {R"({"inputs":[{"data":[1,"a"],"name":"x","shape":[2],"datatype":"FP32"}]})", "inputs[0].data[1]: "},
    {R"({"inputs":[{"data":[1,2}],"name":"x","shape":[2],"datatype":"FP32"}]})", "inputs[0]"},
    {R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","data":[1],"parameters":{"binary_data_size":4}}]})",
     "inputs[0].data: "},
    {R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}}]})",
     "inputs[0].parameters.shared_memory_region: "},
    {R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"binary_data_size":-4}}]})",
     "inputs[0].parameters.binary_data_size: "},
};

TEST(V2JsonReader, BadInputNamesTheField) {
  for (const auto& row : kBad) {
    const auto request = read(row.body);
    ASSERT_FALSE(request) << row.body;
    EXPECT_TRUE(request.error().message.starts_with(row.field))
        << row.body << "\n  says: " << request.error().message << "\n  want: " << row.field;
    EXPECT_TRUE(request.error().code == Code::invalid_argument || request.error().code == Code::unimplemented);
  }
}

// Every prefix of a good request is refused, and reads nothing behind its end (the asan build proves that).
TEST(V2JsonReader, TruncationIsRefusedEverywhere) {
  const std::string good =
      R"({"id":"a","parameters":{"k":[1,{"z":null}]},"inputs":[{"name":"x","shape":[2],"datatype":"FP32","data":[1.5,2]}]})";
  ASSERT_TRUE(read(good));
  for (std::size_t n = 0; n < good.size(); ++n) EXPECT_FALSE(read(good.substr(0, n))) << good.substr(0, n);
}

// The byte behind a document that ends too early is not part of it, whatever it is, also when the reader's scratch
// memory still holds the structure of a longer document.
TEST(V2JsonReader, WhatLiesBehindTheTextIsNotRead) {
  const std::string good =
      R"({"x":[{"y":{}},{}],"inputs":[{"name":"a","shape":[1],"datatype":"FP32","parameters":{}},{"name":"b"}]})";
  V2JsonReader warm;
  std::string longer = with_input("FP32", "[4]", "[1,2,3,4]") + std::string(64, ' ');
  for (const char behind : std::string_view(",:[]{}\"0t-")) {
    for (std::size_t n = 1; n < good.size(); ++n) {
      std::string text = good.substr(0, n) + std::string(64, behind);
      ASSERT_TRUE(warm.read({longer.data(), longer.size() - 64}, kLimit));
      EXPECT_FALSE(warm.read({text.data(), n}, kLimit)) << good.substr(0, n) << behind;
      EXPECT_FALSE(V2JsonReader().read({text.data(), n}, kLimit));
      EXPECT_EQ(text[n], behind);
    }
  }
}

}  // namespace
}  // namespace stoa::api

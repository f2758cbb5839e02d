// plain_request_test.cpp: the short way reads the usual form, and never anything else than the walk reads.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/plain_request.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "host/api/v2_json_reader.hpp"

namespace stoa::api {
namespace {

constexpr std::uint64_t kLimit = 1u << 20;

// As V2JsonReader asks it: a NUL behind the text, and then whatever lies there.
std::optional<V2Request> read_plain(std::string text, std::uint64_t limit = kLimit) {
  const std::size_t size = text.size();
  text.append(1, '\0').append(63, '7');
  std::optional<V2Request> request(std::in_place);
  if (!read_plain_request({text.data(), size}, limit, *request)) request.reset();
  return request;
}

Result<V2Request> read_by_walk(std::string text, std::uint64_t limit = kLimit) {
  const std::size_t size = text.size();
  text.append(64, '7');
  V2JsonReader reader;
  return reader.walk({text.data(), size}, limit);
}

bool is_same(const V2Input& a, const V2Input& b) {
  return a.name == b.name && a.datatype == b.datatype && a.shape == b.shape && a.elements == b.elements &&
         a.has_data == b.has_data && a.binary_data_size == b.binary_data_size &&
         std::ranges::equal(a.data.bytes, b.data.bytes) &&
         std::ranges::equal(a.data.strings, b.data.strings, [](const stoa_str& x, const stoa_str& y) {
           return std::string_view(x.p, x.n) == std::string_view(y.p, y.n);
         });
}

bool is_same(const V2Request& a, const V2Request& b) {
  return a.id == b.id && a.parameters_json == b.parameters_json && a.timeout_us == b.timeout_us &&
         a.session == b.session && a.binary_data_output == b.binary_data_output &&
         std::ranges::equal(a.inputs, b.inputs, [](const auto& x, const auto& y) { return is_same(x, y); }) &&
         std::ranges::equal(a.outputs, b.outputs, [](const auto& x, const auto& y) {
           return x.name == y.name && x.binary_data == y.binary_data;
         });
}

// True when the short way read it.
bool agrees(const std::string& text) {
  const auto plain = read_plain(text);
  if (!plain) return false;
  const auto walked = read_by_walk(text);
  EXPECT_TRUE(walked) << text << "\n" << walked.error().message;
  EXPECT_TRUE(!walked || is_same(*plain, *walked)) << text;
  return true;
}

const std::string kUsual[] = {
    R"({"id":"bench","inputs":[{"name":"in","datatype":"FP32","shape":[3],"data":[0.5,-1.25e3,12345678.9]}]})",
    R"({"inputs": [{"name": "a", "shape": [2, 2], "datatype": "INT64", "data": [1, -2, 3, 0]}, )"
    R"({"name": "b", "shape": [1], "datatype": "UINT8", "data": [255]}], "outputs": [{"name": "y"}, {"name": "z"}]})",
    "\r\n{\t\"outputs\" : [ { \"name\" : \"y\" } ] ,\n\"inputs\":[{\"datatype\":\"FP64\",\"shape\":[ 1 "
    "],\"name\":\"x\","
    "\"data\":[ 0.1 ]}] , \"id\":\"\" } \n",
    R"({"inputs":[{"name":"x","datatype":"INT8","shape":[2],"data":[-128,127]}]})",
    R"({"inputs":[{"name":"x","datatype":"UINT16","shape":[1,1,1],"data":[65535]}]})",
    R"({"inputs":[{"name":"x","datatype":"BYTES","shape":[1],"data":["a text of more than sixteen bytes, and ~"]}]})",
    R"({"inputs":[{"name":"x","datatype":"BYTES","shape":[3,1],"data":[ "", "one" ,"two]" ] }]})",
};

TEST(PlainRequest, ReadsTheUsualForm) {
  for (const auto& text : kUsual) EXPECT_TRUE(agrees(text)) << text;
}

TEST(PlainRequest, LeavesOtherFormsToTheWalk) {
  const auto input = [](std::string_view rest) { return R"({"inputs":[{"name":"x",)" + std::string(rest) + "}]}"; };
  for (const std::string& text :
       {std::string("{}"),
        std::string("[]"),
        std::string(R"({"inputs":[]})"),
        std::string(R"({"id":"a"})"),
        input(R"("datatype":"FP32","shape":[2,1],"data":[[1],[2]])"),
        input(R"("data":[1],"datatype":"FP32","shape":[1])"),
        input(R"("datatype":"BYTES","shape":[1],"data":["a\n"])"),
        input(R"("datatype":"BYTES","shape":[1],"data":["a","b"])"),
        input(R"("datatype":"BYTES","shape":[2],"data":["a"])"),
        input(R"("datatype":"BYTES","shape":[1],"data":["a)"),
        input(R"("datatype":"BYTES","shape":[1],"data":["a",])"),
        input(R"("datatype":"BYTES","shape":[1],"data":[1])"),
        input(R"("datatype":"BYTES","shape":[1],"data":["\xc3\xa9"])"),
        input(R"("datatype":"BOOL","shape":[1],"data":[true])"),
        input(R"("datatype":"FP32","shape":[0],"data":[])"),
        input(R"("datatype":"FP32","shape":[],"data":[1])"),
        input(R"("datatype":"FP32","shape":[01],"data":[1])"),
        input(R"("datatype":"FP32","shape":[-1],"data":[1])"),
        input(R"("datatype":"FP32","shape":[1],"data":[1],"parameters":{})"),
        input(R"("datatype":"FP32","shape":[1])"),
        input(R"("datatype":"FP32","shape":[1],"data":[1],"name":"y")"),
        input(R"("datatype":"F32","shape":[1],"data":[1])"),
        input(R"("datatype":"FP32","shape":[9223372036854775807,9],"data":[1])"),
        input(R"("datatype":"FP32","shape":[1000000],"data":[1])"),
        input(R"("datatype":"FP32","shape":[1],"data":[1,2])"),
        std::string(R"({"inputs":[{"name":"\u0078","datatype":"FP32","shape":[1],"data":[1]}]})"),
        std::string("{\"inputs\":[{\"name\":\"h\xC3\xA9\",\"datatype\":\"FP32\",\"shape\":[1],\"data\":[1]}]}"),
        kUsual[0] + "}",
        kUsual[0] + std::string(1, '\0'),
        kUsual[0].substr(0, kUsual[0].size() - 1)})
    EXPECT_FALSE(read_plain(text)) << text;
  const std::string long_name(kNameBytesMax + 1, 'n');
  EXPECT_FALSE(read_plain(R"({"id":")" + long_name + R"(",)" + kUsual[3].substr(1)));
  EXPECT_TRUE(read_plain(kUsual[3], 2));
  EXPECT_FALSE(read_plain(kUsual[3], 1));  // the tensor has two bytes
}

// Every byte of the usual forms made something else: the two ways never differ over what both read.
TEST(PlainRequest, NeverReadsWhatTheWalkReadsOtherwise) {
  std::size_t read = 0;
  for (const auto& text : kUsual)
    for (std::size_t at = 0; at < text.size(); ++at) {
      for (const char c : {'0', '1', '9', '-', '.',  'e',  'E',  '+', ',', ':',  '"',    '\\',   '{',
                           '}', '[', ']', ' ', '\n', '\t', '\v', 'x', 'n', '\0', '\x7f', '\x80', '\xff'}) {
        std::string changed = text;
        changed[at] = c;
        read += agrees(changed);
        changed = text;
        changed.insert(at, 1, c);
        read += agrees(changed);
      }
      read += agrees(text.substr(0, at));
      read += agrees(std::string(text).erase(at, 1));
    }
  EXPECT_GT(read, 1000u);
}

}  // namespace
}  // namespace stoa::api

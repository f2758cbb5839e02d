// v2_infer_test.cpp: tensors over real HTTP, through real plugins. SPDX-License-Identifier: Apache-2.0
#include <cstring>
#include <nlohmann/json.hpp>

#include "host/http/raw_client.hpp"
#include "tests/integration/host_environment.hpp"

namespace stoa::test {
namespace {

using nlohmann::json;

constexpr const char* kIdentity = "/v2/models/stoa-demo/identity/infer";

json post_json(HttpClient& client, const std::string& path, const std::string& body, long status = 200) {
  const Answer answer = client.post(path, body);
  EXPECT_EQ(answer.status, status) << body << "\n" << answer.body << answer.error;
  return json::parse(answer.body, nullptr, false);
}

struct TypeRow {
  const char *name, *datatype, *data;  // data in the form our writer has
};
const TypeRow kTypes[] = {
    {"bool", "BOOL", "[true,false]"},
    {"uint8", "UINT8", "[0,255]"},
    {"uint16", "UINT16", "[0,65535]"},
    {"uint32", "UINT32", "[0,4294967295]"},
    {"uint64", "UINT64", "[0,18446744073709551615]"},
    {"int8", "INT8", "[-128,127]"},
    {"int16", "INT16", "[-32768,32767]"},
    {"int32", "INT32", "[-2147483648,2147483647]"},
    {"int64", "INT64", "[-9223372036854775808,9223372036854775807]"},
    {"fp64", "FP64", "[5e-324,2.225073858507201e-308,1.7976931348623157e+308,-0,0.1,123456789.125]"},
    {"bytes", "BYTES", R"(["","a\u0000b\"\\\n","héé 😀"])"},
};

TEST(Infer, EveryTypeComesBackAsItWas) {
  HttpClient client(the_host().port());
  for (const auto& row : kTypes) {
    const auto count = json::parse(row.data).size();
    const std::string body = R"({"id":"i 1","inputs":[{"name":"in_)" + std::string(row.name) + R"(","shape":[)" +
                             std::to_string(count) + R"(],"datatype":")" + row.datatype + R"(","data":)" + row.data +
                             "}]}";
    const Answer answer = client.post(kIdentity, body);
    const std::string want =
        R"({"model_name":"stoa-demo/identity","model_version":"1.0.0","id":"i 1","outputs":[{"name":"out_)" +
        std::string(row.name) + R"(","datatype":")" + row.datatype + R"(","shape":[)" + std::to_string(count) +
        R"(],"data":)" + row.data + "}]}";
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, want);
    EXPECT_EQ(answer.fields.at("content-type"), "application/json");
  }
}

TEST(Infer, FloatsComeBackInTheShortestForm) {
  HttpClient client(the_host().port());
  const json answer = post_json(
      client, kIdentity,
      R"({"inputs":[{"name":"in_fp32","shape":[2,3],"datatype":"FP32","data":[[1e-45,1.17549435e-38,3.4028235e38],[-0.0,0.1,16777216]]}]})");
  EXPECT_EQ(answer["outputs"][0]["shape"], json({2, 3}));
  const auto& data = answer["outputs"][0]["data"];
  EXPECT_EQ(data[0].get<float>(), 1e-45f);
  EXPECT_EQ(data[1].get<float>(), 1.17549435e-38f);
  EXPECT_EQ(data[2].get<float>(), 3.4028235e38f);
  EXPECT_EQ(data[4].dump(), "0.1");
}

TEST(Infer, BinaryAndJsonMixBothWays) {
  HttpClient client(the_host().port());
  // Three inputs: JSON, binary (at an odd offset: copied), BYTES with length prefixes; outputs: two binary, one JSON.
  const std::string head =
      R"({"id":"b","inputs":[{"name":"in_uint8","shape":[3],"datatype":"UINT8","parameters":{"binary_data_size":3}},)"
      R"({"name":"in_int32","shape":[2],"datatype":"INT32","data":[7,-7]},)"
      R"({"name":"in_fp64","shape":[1],"datatype":"FP64","parameters":{"binary_data_size":8}},)"
      R"({"name":"in_bytes","shape":[2],"datatype":"BYTES","parameters":{"binary_data_size":10}}],)"
      R"("outputs":[{"name":"out_fp64","parameters":{"binary_data":true}},{"name":"out_int32"},)"
      R"({"name":"out_bytes","parameters":{"binary_data":true}},{"name":"out_uint8","parameters":{"binary_data":false}}]})";
  const double number = -0.1;
  std::string body = head + std::string("\x01\x02\x03", 3);
  body.append(reinterpret_cast<const char*>(&number), 8).append("\x00\x00\x00\x00\x02\x00\x00\x00\xff\xfe", 10);
  const Answer answer =
      client.post(kIdentity, body, {"Inference-Header-Content-Length: " + std::to_string(head.size())});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.fields.at("content-type"), "application/octet-stream");
  const std::size_t json_bytes = std::stoul(answer.fields.at("inference-header-content-length"));
  const json parsed = json::parse(answer.body.substr(0, json_bytes));
  const auto& outputs = parsed["outputs"];
  ASSERT_EQ(outputs.size(), 4u);
  EXPECT_EQ(outputs[0]["parameters"]["binary_data_size"], 8);
  EXPECT_FALSE(outputs[0].contains("data"));
  EXPECT_EQ(outputs[1]["data"], json({7, -7}));
  EXPECT_EQ(outputs[2]["parameters"]["binary_data_size"], 10);
  EXPECT_EQ(outputs[3]["data"], json({1, 2, 3}));
  EXPECT_EQ(answer.body.substr(json_bytes), body.substr(head.size() + 3));
}

TEST(Infer, BinaryOfAMebibyteComesBackWhole) {
  HttpClient client(the_host().port());
  std::string tensor(1 << 20, '\0');
  for (std::size_t i = 0; i < tensor.size(); ++i) tensor[i] = static_cast<char>(i * 31);
  for (const char* model : {"null", "null-threaded"}) {
    const std::string head = R"({"parameters":{"binary_data_output":true},"inputs":[{"name":"in","shape":[262144],)"
                             R"("datatype":"FP32","parameters":{"binary_data_size":1048576}}]})";
    const Answer answer = client.post(
        "/v2/models/stoa-demo/" + std::string(model) + "/infer", head + tensor,
        {"Inference-Header-Content-Length: " + std::to_string(head.size()), "Content-Type: application/octet-stream"});
    ASSERT_EQ(answer.status, 200) << answer.body.substr(0, 300);
    const std::size_t json_bytes = std::stoul(answer.fields.at("inference-header-content-length"));
    EXPECT_TRUE(answer.body.substr(json_bytes) == tensor);
  }
}

TEST(Infer, HalfPrecisionGoesInBinary) {
  HttpClient client(the_host().port());
  for (const char* type : {"fp16", "bf16"}) {
    std::string upper(type);
    for (char& c : upper) c = static_cast<char>(toupper(static_cast<unsigned char>(c)));
    const std::string head = R"({"inputs":[{"name":"in_)" + std::string(type) + R"(","shape":[2],"datatype":")" +
                             upper + R"(","parameters":{"binary_data_size":4}}]})";
    const std::string field = "Inference-Header-Content-Length: " + std::to_string(head.size());
    const Answer as_json = client.post(kIdentity, head + "\x01\x3c\x02\x3c", {field});
    EXPECT_EQ(as_json.status, 400);
    EXPECT_NE(as_json.body.find("ask for it with parameters.binary_data true"), std::string::npos) << as_json.body;
    std::string with_binary = head;
    with_binary.insert(1, R"("parameters":{"binary_data_output":true},)");
    const Answer answer = client.post(kIdentity, with_binary + "\x01\x3c\x02\x3c",
                                      {"Inference-Header-Content-Length: " + std::to_string(with_binary.size())});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(answer.body.ends_with("\x01\x3c\x02\x3c"));
  }
}

TEST(Infer, RawBinaryIsTheOneInput) {
  HttpClient client(the_host().port());
  const float numbers[3] = {1.5F, -2.F, 0.F};
  const std::string body(reinterpret_cast<const char*>(numbers), sizeof numbers);
  const Answer answer = client.post("/v2/models/stoa-demo/null/infer", body, {"Inference-Header-Content-Length: 0"});
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_TRUE(answer.body.ends_with(body));
  EXPECT_NE(answer.body.find(R"("shape":[3])"), std::string::npos);
}

TEST(Infer, EmptyTensorsAreTensors) {
  HttpClient client(the_host().port());
  const json answer = post_json(
      client, kIdentity,
      R"({"inputs":[{"name":"in_fp32","shape":[0,4],"datatype":"FP32","data":[]},{"name":"in_bytes","shape":[0],"datatype":"BYTES","data":[]}]})");
  EXPECT_EQ(answer["outputs"][0]["shape"], json({0, 4}));
  EXPECT_EQ(answer["outputs"][0]["data"], json::array());
  const std::string head =
      R"({"inputs":[{"name":"in_uint8","shape":[0],"datatype":"UINT8","parameters":{"binary_data_size":0}}],)"
      R"("outputs":[{"name":"out_uint8","parameters":{"binary_data":true}}]})";
  const Answer binary =
      client.post(kIdentity, head, {"Inference-Header-Content-Length: " + std::to_string(head.size())});
  EXPECT_EQ(binary.status, 200) << binary.body;
}

TEST(Infer, ModelNamesComeInEveryForm) {
  HttpClient client(the_host().port());
  const std::string body = R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]})";
  for (const char* path : {"/v2/models/stoa-demo/null/infer", "/v2/models/stoa-demo%2Fnull/infer",
                           "/v2/models/stoa-demo%2fnull/versions/1.0.0/infer",
                           "/v2/models/stoa-demo/null/versions/1.0.0/infer", "/v2/models/stoa-demo/null@1.0.0/infer",
                           "/v2/models/stoa-demo%2Fnull%401.0.0/infer", "/v2/models/stoa-demo/null/infer/"})
    EXPECT_EQ(client.post(path, body).status, 200) << path;
  for (const char* path :
       {"/v2/models/stoa-demo/nothing/infer", "/v2/models/stoa-demo/null/versions/9/infer", "/v2/models/null/infer",
        "/v2/models/stoa-demo/null/fly", "/v2/models//null/infer", "/v2/models/stoa-demo/null/versions/infer/x/y"}) {
    const Answer answer = client.post(path, body);
    EXPECT_EQ(answer.status, 404) << path << answer.body;
    EXPECT_TRUE(json::parse(answer.body).at("error").is_string());
  }
  const Answer get = client.get("/v2/models/stoa-demo/null/infer");
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.fields.at("allow"), "POST");
}

TEST(Infer, RawMediaGoesToThePortThatTakesIt) {
  HttpClient client(the_host().port());
  const std::string path = "/v2/models/stoa-test/media/infer";
  const std::string png("\x89PNG\r\n\x1a\n\x00\x01", 10);
  Answer answer = client.post(path, png, {"Content-Type: image/PNG; q=1"});
  ASSERT_EQ(answer.status, 200) << answer.body;
  json parsed = json::parse(answer.body);
  EXPECT_EQ(parsed["outputs"][0]["data"], json({10}));
  EXPECT_EQ(parsed["outputs"][1]["data"], json({"image/png"}));
  answer = client.post(path, "grüße", {"Content-Type: text/plain; charset=utf-8"});
  EXPECT_EQ(json::parse(answer.body)["outputs"][0]["data"], json({7}));
  answer = client.post(path, "\xff", {"Content-Type: text/plain"});
  EXPECT_EQ(answer.status, 400);
  answer = client.post(path, png, {"Content-Type: image/webp"});
  EXPECT_EQ(answer.status, 415);
  EXPECT_EQ(answer.fields.at("accept"),
            "image/png, image/jpeg, text/plain, application/json, application/octet-stream");
  EXPECT_NE(answer.body.find("image/webp"), std::string::npos);
}

TEST(Infer, TextAndJsonPortsAreBytesOfOne) {
  HttpClient client(the_host().port());
  const std::string path = "/v2/models/stoa-test/media/infer";
  json answer = post_json(
      client, path,
      R"({"inputs":[{"name":"document","shape":[1],"datatype":"BYTES","data":["{\"a\": [1, 2]}"]}],"outputs":[{"name":"document"}]})");
  EXPECT_EQ(answer["outputs"][0]["data"][0], "{\"a\": [1, 2]}");
  EXPECT_EQ(answer["outputs"][0]["datatype"], "BYTES");
  for (const char* broken : {"{", "nul", "[1,]", "1 2", ""})
    post_json(
        client, path,
        json{{"inputs", {{{"name", "document"}, {"shape", {1}}, {"datatype", "BYTES"}, {"data", {broken}}}}}}.dump(),
        400);
  for (const char* whole :
       {"null", "1.5", "\"x\"", " [] ", "123456789012345678901234567890", "{\"a\":12345678901234567890123}"})
    post_json(
        client, path,
        json{{"inputs", {{{"name", "document"}, {"shape", {1}}, {"datatype", "BYTES"}, {"data", {whole}}}}}}.dump());
}

TEST(Infer, ParametersReachThePluginAsTheyWere) {
  HttpClient client(the_host().port());
  const std::string trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const Answer answer = client.post(
      "/v2/models/stoa-test/echo/infer",
      R"({"parameters":{ "temperature" : 0.50, "sequence_id":18446744073709551615,"sequence_start":true, "priority":1 },"inputs":[]})",
      {"traceparent: " + trace});
  ASSERT_EQ(answer.status, 200) << answer.body;
  const json outputs = json::parse(answer.body)["outputs"];
  EXPECT_EQ(outputs[0]["data"][0],
            R"({ "temperature" : 0.50, "sequence_id":18446744073709551615,"sequence_start":true, "priority":1 })");
  EXPECT_EQ(outputs[1]["data"][0], "18446744073709551615");
  EXPECT_EQ(outputs[2]["data"][0], trace);
  const Answer malformed = client.post("/v2/models/stoa-test/echo/infer", R"({"inputs":[]})", {"traceparent: 00-XYZ"});
  EXPECT_EQ(json::parse(malformed.body)["outputs"][2]["data"][0], "");
}

TEST(Infer, CompressedBodiesAreRead) {
  HttpClient client(the_host().port());
  // gzip of {"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1.5]}]}, made by gzip -n.
  const std::string plain = R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1.5]}]})";
  std::string packed("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);  // one stored block: RFC 1951 section 3.2.4
  const auto length = static_cast<std::uint16_t>(plain.size());
  packed += '\x01';
  packed.append(reinterpret_cast<const char*>(&length), 2);
  const auto inverted = static_cast<std::uint16_t>(~length);
  packed.append(reinterpret_cast<const char*>(&inverted), 2).append(plain);
  std::uint32_t crc = 0xFFFFFFFFu;
  for (const char c : plain) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ (0xEDB88320u & (0u - (crc & 1)));
  }
  crc = ~crc;
  const auto size = static_cast<std::uint32_t>(plain.size());
  packed.append(reinterpret_cast<const char*>(&crc), 4).append(reinterpret_cast<const char*>(&size), 4);
  const Answer answer = client.post("/v2/models/stoa-demo/null/infer", packed, {"Content-Encoding: gzip"});
  EXPECT_EQ(answer.status, 200) << answer.body;
}

// One I/O thread: while it waits for somebody to have read 16 MiB of JSON, it serves the others.
TEST(Infer, LongJsonKeepsNobodyWaiting) {
  std::string body = R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[7]}],"more":[[1.5])";
  while (body.size() < (16u << 20)) body += ",[1.5]";
  body += "]}";
  http::RawClient slow(the_host().port()), other(the_host().port());
  ASSERT_TRUE(slow.send("POST /v2/models/stoa-demo/null/infer HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n"));
  ASSERT_TRUE(slow.send(body));
  ASSERT_TRUE(other.send("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(http::status_of_answer(other.answer()), "200");
  EXPECT_FALSE(slow.receive(0)) << "it was answered first";
  const std::string answer = slow.answer();
  EXPECT_EQ(http::status_of_answer(answer), "200") << answer;
  EXPECT_NE(answer.find("\"data\":[7]"), std::string::npos) << answer;

  ASSERT_TRUE(slow.send("POST /v2/models/stoa-demo/null/infer HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                        std::to_string(body.size()) + "\r\n\r\n" + body.substr(0, body.size() - 1) + "!"));
  const std::string refused = slow.answer();
  EXPECT_EQ(http::status_of_answer(refused), "400") << refused;
  {
    http::RawClient leaver(the_host().port());
    ASSERT_TRUE(leaver.send("POST /v2/models/stoa-demo/null/infer HTTP/1.1\r\nHost: a\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body));
  }
  ASSERT_TRUE(other.send("GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n"));
  EXPECT_EQ(http::status_of_answer(other.answer()), "200");
}

}  // namespace
}  // namespace stoa::test

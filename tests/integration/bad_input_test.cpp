// bad_input_test.cpp: what a host must refuse without harm: each row gets a 4xx that names the field, and the next good
// request is answered. SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "tests/integration/host_environment.hpp"

namespace stoa::test {
namespace {

struct Row {
  std::string body, says;  // the error begins with says
  std::vector<std::string> fields = {};
  std::string model = "stoa-demo/identity";
  long status = 400;
};

std::string input(const std::string& name, const std::string& datatype, const std::string& shape,
                  const std::string& data) {
  return R"({"inputs":[{"name":")" + name + R"(","datatype":")" + datatype + R"(","shape":)" + shape + R"(,"data":)" +
         data + "}]}";
}
std::string fp32(const std::string& shape, const std::string& data) { return input("in_fp32", "FP32", shape, data); }

Row framed(std::string head, const std::string& tail, std::string says,
           const std::string& model = "stoa-demo/identity") {
  const std::string field = "Inference-Header-Content-Length: " + std::to_string(head.size());
  return {std::move(head) + tail, std::move(says), {field}, model, 400};
}
Row with_length(const std::string& length, std::string says) {
  return {
      R"({"inputs":[]})", std::move(says), {"Inference-Header-Content-Length: " + length}, "stoa-demo/identity", 400};
}
std::string binary(const std::string& name, const std::string& datatype, const std::string& shape,
                   const std::string& size) {
  return R"({"inputs":[{"name":")" + name + R"(","datatype":")" + datatype + R"(","shape":)" + shape +
         R"(,"parameters":{"binary_data_size":)" + size + "}}]}";
}

std::string keys(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  return text;
}

std::vector<Row> rows() {
  const std::string deep(100, '[');
  const std::string good = R"({"name":"in_int8","datatype":"INT8","shape":[1],"data":[1]})";
  return {
      // the document
      {"", "body: "},
      {"{", "body: "},
      {"[]", "body: "},
      {"null", "body: "},
      {"hello", "body: "},
      {"\xEF\xBB\xBF{\"inputs\":[]}", "body: "},
      {"{\"inputs\":[],\"x\":\"\xC3\x28\"}", "body: "},
      {R"({"inputs":[]} {"inputs":[]})", "body: has bytes behind the JSON object"},
      {R"("timeout": 1)", "body: must be a JSON object, begins with something else"},
      {R"({"inputs":[],"parameters":{"timeout": 1)", "body: begins a JSON object but does not end with its '}'"},
      {R"({"inputs":[]},"timeout": 1)", "body: begins a JSON object but does not end with its '}'"},
      {"{" + keys(1025) + "}", "body: has more than 1024 keys"},
      {R"({"inputs":[],"parameters":{)" + keys(1025) + "}}", "parameters: has more than 1024 keys"},
      {R"({"inputs":[],"x":[1,2)", "body: "},
      {R"({"inputs":[],"x":)" + deep + "}", "x[0]"},
      {R"({"inputs":[],"x":)" + deep + std::string(100, ']') + "}", "x[0]"},
      {R"({"inputs":[],"x":tru})", "x: "},
      {R"({"inputs":[],"x":01})", "x: "},
      {R"({"inputs":[],"x":"\ud800"})", "x: "},
      {"{\"inputs\":[],\"x\":\"a\nb\"}", "body: "},
      {R"({"inputs":[],"x":1,"x":2})", "x: appears twice"},
      {"{\"inputs\":[],\"" + std::string(1000, 'k') + "\":01}", std::string(80, 'k') + "...: "},
      {R"({"inputs":[],"inputs":[]})", "inputs: appears twice"},
      // its fields
      {"{}", "inputs: is missing"},
      {R"({"inputs":null})", "inputs: must be an array"},
      {R"({"inputs":"x"})", "inputs: must be an array"},
      {R"({"inputs":[3]})", "inputs[0]: must be an object"},
      {R"({"id":1,"inputs":[]})", "id: must be a string"},
      {R"({"id":")" + std::string(300, 'i') + R"(","inputs":[]})", "id: has 300 bytes, limit is 256"},
      {R"({"inputs":[],"parameters":3})", "parameters: must be an object"},
      {R"({"inputs":[],"parameters":{"timeout":1.5}})", "parameters.timeout: "},
      {R"({"inputs":[],"parameters":{"timeout":-1}})", "parameters.timeout: "},
      {R"({"inputs":[],"parameters":{"sequence_id":-3}})", "parameters.sequence_id: "},
      {R"({"inputs":[],"parameters":{"sequence_start":1}})", "parameters.sequence_start: "},
      {R"({"inputs":[],"parameters":{"binary_data_output":"true"}})", "parameters.binary_data_output: "},
      {R"({"inputs":[],"parameters":{"a":1,"a":2}})", "parameters.a: appears twice"},
      // an input
      {R"({"inputs":[{}]})", "inputs[0].name: is missing"},
      {R"({"inputs":[{"name":"in_fp32"}]})", "inputs[0].shape: is missing"},
      {R"({"inputs":[{"name":"in_fp32","shape":[1,1]}]})", "inputs[0].datatype: is missing"},
      {R"({"inputs":[{"name":"in_fp32","shape":[1,1],"datatype":"FP32"}]})", "inputs[0]: has neither data nor"},
      {R"({"inputs":[{"name":7,"shape":[1],"datatype":"INT8","data":[1]}]})", "inputs[0].name: must be a string"},
      {R"({"inputs":[)" + good + R"(,{"name":"in_int8","datatype":"INT8","shape":[1],"data":[2]}]})",
       "inputs[1].name: 'in_int8' is given twice"},
      {input("in_fp33", "FP32", "[1]", "[1]"), "inputs[0].name: model 'stoa-demo/identity' has no input 'in_fp33'"},
      {input("in_fp32", "FP64", "[1,1]", "[1]"), "inputs[0].datatype: FP64, input 'in_fp32' is FP32"},
      {input("in_fp32", "FLOAT", "[1,1]", "[1]"), "inputs[0].datatype: "},
      {input("in_fp16", "FP16", "[1]", "[1]"), "inputs[0].data: sending FP16 data via JSON is not supported"},
      {input("in_bf16", "BF16", "[1]", "[1]"), "inputs[0].data: sending BF16 data via JSON is not supported"},
      // shapes
      {fp32("[-1,1]", "[1]"), "inputs[0].shape[0]: -1 is negative"},
      {fp32("[1,-9223372036854775808]", "[1]"), "inputs[0].shape[1]: "},
      {fp32("[1,9223372036854775808]", "[1]"), "inputs[0].shape[1]: "},
      {fp32("[1,1.5]", "[1]"), "inputs[0].shape[1]: 1.5 is not an integer"},
      {fp32("[1,\"1\"]", "[1]"), "inputs[0].shape[1]: "},
      {fp32("1", "[1]"), "inputs[0].shape: must be an array"},
      {fp32("[1]", "[1]"), "inputs[0].shape: [1] has rank 1"},
      {fp32("[1,1,1]", "[1]"), "inputs[0].shape: [1,1,1] has rank 3"},
      {fp32("[4294967296,4294967296]", "[1]"), "inputs[0].shape: the product of its extents overflows"},
      {fp32("[1,4611686018427387904]", "[1]"), "inputs[0].shape: the product of its extents overflows"},
      {fp32("[1000000,1000000]", "[1]"), "inputs[0].shape: needs 4000000000000 bytes of FP32, limit is 67108864"},
      {fp32("[1000,1000]", "[1]"), "inputs[0].data: has 1 elements, shape [1000,1000] needs 1000000"},
      // data
      {fp32("[1,2]", "[1]"), "inputs[0].data: has 1 elements, shape [1,2] needs 2"},
      {fp32("[1,2]", "[1,2,3]"), "inputs[0].data: has 3 elements"},
      {fp32("[2,2]", "[[1,2],[3,4],[5,6]]"), "inputs[0].data: has 3 entries"},
      {fp32("[2,2]", "[[1,2],[3]]"), "inputs[0].data[1]: has 1 entries"},
      {fp32("[2,2]", "[[[1,2]],[[3,4]]]"), "inputs[0].data[0][0]: is an array"},
      {fp32("[1,1]", "1"), "inputs[0].data: must be an array"},
      {fp32("[1,1]", "[NaN]"), "inputs[0].data[0]: NaN is not of FP32"},
      {fp32("[1,1]", "[Infinity]"), "inputs[0].data[0]: "},
      {fp32("[1,1]", "[-Infinity]"), "inputs[0].data[0]: "},
      {fp32("[1,1]", "[1e39]"), "inputs[0].data[0]: 1e39 is not of FP32: want a finite number up to 3.4e38"},
      {fp32("[1,1]", "[null]"), "inputs[0].data[0]: null is not of FP32"},
      {fp32("[1,1]", "[true]"), "inputs[0].data[0]: true is not of FP32"},
      {fp32("[1,1]", "[\"1\"]"), "inputs[0].data[0]: "},
      {fp32("[1,1]", "[1.]"), "inputs[0].data[0]: "},
      {fp32("[1,1]", "[.1]"), "inputs[0].data[0]: "},
      {fp32("[1,2]", "[1,,2]"), "inputs[0].data[1]: "},
      {fp32("[1,1]", "[1,]"), "inputs[0].data[1]: "},
      {input("in_fp64", "FP64", "[1]", "[1e999]"), "inputs[0].data[0]: "},
      {input("in_uint8", "UINT8", "[2]", "[0,256]"), "inputs[0].data[1]: 256 is not of UINT8"},
      {input("in_uint8", "UINT8", "[1]", "[-1]"), "inputs[0].data[0]: "},
      {input("in_int8", "INT8", "[1]", "[-129]"), "inputs[0].data[0]: "},
      {input("in_int32", "INT32", "[1]", "[0.5]"), "inputs[0].data[0]: "},
      {input("in_int64", "INT64", "[1]", "[9223372036854775808]"), "inputs[0].data[0]: "},
      {input("in_uint64", "UINT64", "[1]", "[18446744073709551616]"), "inputs[0].data[0]: "},
      {input("in_bool", "BOOL", "[1]", "[1]"), "inputs[0].data[0]: 1 is not of BOOL"},
      {input("in_bytes", "BYTES", "[1]", "[1]"), "inputs[0].data[0]: 1 is not of BYTES"},
      {input("in_bytes", "BYTES", "[1]", "[\"\\x\"]"), "inputs[0].data[0]: "},
      // outputs
      {R"({"inputs":[)" + good + R"(],"outputs":[{"name":"out_none"}]})",
       "outputs[0].name: model 'stoa-demo/identity' has no output 'out_none'"},
      {R"({"inputs":[)" + good + R"(],"outputs":[{"name":"out_int8"},{"name":"out_int8"}]})",
       "outputs[1].name: 'out_int8' is given twice"},
      {R"({"inputs":[)" + good + R"(],"outputs":[{}]})", "outputs[0].name: is missing"},
      {R"({"inputs":[)" + good + R"(],"outputs":{}})", "outputs: must be an array"},
      {R"({"inputs":[)" + good + R"(],"outputs":[{"name":"out_int8","parameters":{"binary_data":1}}]})",
       "outputs[0].parameters.binary_data: must be true or false"},
      // the model's own rules
      {R"({"inputs":[]})", "inputs: input 'in' of model 'stoa-demo/null' is missing", {}, "stoa-demo/null"},
      {R"({"inputs":[]})",
       "inputs: exactly one of 'image', 'note', 'pixels', 'document' must be given, none is",
       {},
       "stoa-test/media"},
      {R"({"inputs":[{"name":"note","shape":[1],"datatype":"BYTES","data":["a"]},{"name":"image","shape":[1],"datatype":"BYTES","data":["b"]}]})",
       "inputs: exactly one of",
       {},
       "stoa-test/media"},
      {input("note", "BYTES", "[2]", "[\"a\",\"b\"]"),
       "inputs[0].shape[0]: is 2, input 'note' has shape [1]",
       {},
       "stoa-test/media"},
      {input("note", "FP32", "[1]", "[1]"), "inputs[0].datatype: FP32, input 'note' is BYTES", {}, "stoa-test/media"},
      {input("pixels", "UINT8", "[1,3]", "[1,2,3]"),
       "inputs[0].shape[1]: is 3, input 'pixels' has shape [-1,2]",
       {},
       "stoa-test/media"},
      {input("document", "BYTES", "[1]", "[\"{\"]"),
       "inputs[0].data: input 'document' must be a JSON document; document: ",
       {},
       "stoa-test/media"},
      {input("document", "BYTES", "[1]", R"(["{\"a\":1,\"a\":2}"])"),
       "inputs[0].data: input 'document' must be a JSON document; document.a: appears twice",
       {},
       "stoa-test/media"},
      // binary framing
      with_length("abc", "Inference-Header-Content-Length: Unable to parse Inference-Header-Content-Length"),
      with_length("-1", "Inference-Header-Content-Length: Unable to parse Inference-Header-Content-Length"),
      with_length("1e3", "Inference-Header-Content-Length: Unable to parse Inference-Header-Content-Length"),
      with_length("18446744073709551616",
                  "Inference-Header-Content-Length: Unable to parse Inference-Header-Content-Length"),
      with_length("14", "Inference-Header-Content-Length: inference header size should be in range (0, 13), got: 14"),
      with_length("12", "body: "),
      with_length("0", "body: a raw binary request needs a model with one input"),
      framed(binary("in_int32", "INT32", "[2]", "8"), "1234567",
             "inputs[0].parameters.binary_data_size: unexpected size for input 'in_int32', expecting 1 additional "
             "bytes for model"),
      framed(binary("in_int32", "INT32", "[2]", "8"), "123456789",
             "body: unexpected additional input data for model 'stoa-demo/identity': 1 bytes behind the last input"),
      framed(binary("in_int32", "INT32", "[3]", "8"), "12345678", "inputs[0].parameters.binary_data_size: 8 bytes"),
      framed(binary("in_int32", "INT32", "[2]", "-8"), "12345678", "inputs[0].parameters.binary_data_size: "),
      framed(binary("in_int32", "INT32", "[2]", "\"8\""), "12345678", "inputs[0].parameters.binary_data_size: "),
      framed(binary("in_int32", "INT32", "[2]", "18446744073709551615"), "12345678",
             "inputs[0].parameters.binary_data_size: unexpected size"),
      framed(binary("in_bool", "BOOL", "[2]", "2"), "\x01\x02", "inputs[0].parameters.binary_data_size: a BOOL byte"),
      framed(binary("in_bytes", "BYTES", "[1]", "3"), "abc", "inputs[0].parameters.binary_data_size: "),
      framed(binary("in_bytes", "BYTES", "[1]", "4"), std::string("\x01\x00\x00\x00", 4),
             "inputs[0].parameters.binary_data_size: element 0 says 1 bytes, 0 are left"),
      framed(binary("in_bytes", "BYTES", "[1]", "4"), "\xff\xff\xff\xff",
             "inputs[0].parameters.binary_data_size: element 0 says 4294967295"),
      framed(binary("in_bytes", "BYTES", "[1]", "6"), std::string("\x01\x00\x00\x00zz", 6),
             "inputs[0].parameters.binary_data_size: 1 bytes are left"),
      framed(binary("in_bytes", "BYTES", "[3]", "8"), std::string(8, '\0'),
             "inputs[0].parameters.binary_data_size: has 8 bytes"),
      framed(binary("in_fp99", "FP32", "[1]", "4"), "1234", "inputs[0].name: "),
      {"12345",
       "body: 5 bytes are no multiple of the 4 of one row of input 'in'",
       {"Inference-Header-Content-Length: 0"},
       "stoa-demo/null"},
      {R"({"inputs":[{"name":"in_fp32","shape":[1,1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}}]})",
       "inputs[0].parameters.shared_memory_region: ",
       {},
       "stoa-demo/identity",
       501},
      {R"({"inputs":[)" + good + R"(],"outputs":[{"name":"out_int8","parameters":{"classification":3}}]})",
       "outputs[0].parameters.classification: ",
       {},
       "stoa-demo/identity",
       501},
      // the envelope
      {std::string(2 << 20, ' '), "body: is larger than the limit of 1048576 bytes", {}, "stoa-test/media", 413},
      {"x",
       "Content-Type: model 'stoa-demo/null' does not take 'image/png'",
       {"Content-Type: image/png"},
       "stoa-demo/null",
       415},
      {R"({"inputs":[]})",
       "Content-Encoding: 'br' is not known here, gzip and deflate are",
       {"Content-Encoding: br"},
       "stoa-demo/identity",
       415},
      {R"({"inputs":[]})",
       "Content-Encoding: is given twice",
       {"Content-Encoding: identity", "content-encoding: gzip"}},
      {R"({"inputs":[]})",
       "Inference-Header-Content-Length: is given twice",
       {"Inference-Header-Content-Length: 13", "Inference-Header-Content-Length: 13"}},
      {R"({"inputs":[]})",
       "Content-Type: is given twice",
       {"Content-Type: application/json", "Content-Type: image/png"}},
      {"not gzip", "body: the gzip data is malformed after ", {"Content-Encoding: gzip"}},
      {std::string("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10),
       "body: the gzip data is cut short after 10 bytes",
       {"Content-Encoding: gzip"}},
      {R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]})",
       "x-stoa-timeout-ms: '-5' is not",
       {"x-stoa-timeout-ms: -5"},
       "stoa-demo/null"},
      {R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]})",
       "x-stoa-timeout-ms: is given twice",
       {"x-stoa-timeout-ms: 1000", "x-stoa-timeout-ms: abc"},
       "stoa-demo/null"},
      {R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]})",
       "x-stoa-timeout-ms: '' is not",
       {"x-stoa-timeout-ms;"},
       "stoa-demo/null"},
  };
}

TEST(BadInput, NamesTheFieldAndHarmsNobody) {
  HttpClient client(the_host().port());
  std::size_t count = 0;
  for (const auto& row : rows()) {
    ASSERT_FALSE(row.says.empty()) << row.body.substr(0, 200);
    const Answer answer = client.post("/v2/models/" + row.model + "/infer", row.body, row.fields);
    EXPECT_EQ(answer.status, row.status) << row.body.substr(0, 200) << "\n" << answer.body << answer.error;
    const auto parsed = nlohmann::json::parse(answer.body, nullptr, false);
    ASSERT_TRUE(parsed.is_object() && parsed.contains("error")) << answer.body;
    EXPECT_TRUE(parsed["error"].get<std::string>().starts_with(row.says))
        << row.body.substr(0, 200) << "\n  says: " << parsed["error"] << "\n  want: " << row.says;
    if (row.says.starts_with("Content-Encoding: 'br'"))
      EXPECT_EQ(answer.fields.at("accept-encoding"), "gzip, deflate") << "what would be taken";
    const Answer next = client.post("/v2/models/stoa-demo/null/infer",
                                    R"({"inputs":[{"name":"in","shape":[1],"datatype":"FP32","data":[1]}]})");
    ASSERT_EQ(next.status, 200) << next.body << next.error;
    ++count;
  }
  EXPECT_GE(count, 60u);
  RecordProperty("rows", static_cast<int>(count));
}

}  // namespace
}  // namespace stoa::test

// openapi.cpp: operations and schemas as tables; /openapi.json is their sum. SPDX-License-Identifier: Apache-2.0
#include "host/api/openapi.hpp"

#include <nlohmann/json.hpp>

#include "host/api/not_offered.hpp"
#include "host/api/openapi_licensing.hpp"
#include "host/api/openapi_registry.hpp"

namespace stoa::api {
namespace {

using nlohmann::json;

// FNV-1a, 64 bits: names this build's document; nobody gains by forging a collision with it.
std::string tag_of(std::string_view text) {
  std::uint64_t hash = 14695981039346656037u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  constexpr char kHex[] = "0123456789abcdef";
  std::string tag = "\"";
  for (int shift = 60; shift >= 0; shift -= 4) tag += kHex[(hash >> shift) & 15];
  return tag + '"';
}

struct Operation {
  const char *method, *path, *id, *tag, *summary;
  const char* request;   // schema of the JSON body, or null
  const char* response;  // schema of the 200's JSON, or null
  bool is_v2;            // errors are {"error": …}, else problem details
};

// {publisher}/{model} stands for the two segments of a name; one segment with %2F between them means the same.
constexpr Operation kOperations[] = {
    {"get", "/v2", "serverMetadata", "server", "Name, version and extensions of the server", nullptr, "ServerMetadata",
     true},
    {"get", "/v2/health/live", "serverLive", "server", "The process serves requests", nullptr, "Live", true},
    {"get", "/v2/health/ready", "serverReady", "server", "Every model is ready", nullptr, "Ready", true},
    {"get", "/v2/models", "listModels", "models", "Models that are served", nullptr, "ModelList", true},
    {"get", "/v2/models/stats", "allStatistics", "models", "Statistics of all models", nullptr, "Statistics", true},
    {"post", "/v2/repository/index", "repositoryIndex", "models", "Models and their states", "IndexRequest", "Index",
     true},
    {"get", "/v2/models/{publisher}/{model}", "modelMetadata", "models", "Inputs and outputs of a model", nullptr,
     "ModelMetadata", true},
    {"get", "/v2/models/{publisher}/{model}/ready", "modelReady", "models", "The model takes requests", nullptr,
     "ModelReady", true},
    {"get", "/v2/models/{publisher}/{model}/stats", "modelStatistics", "models", "Statistics of a model", nullptr,
     "Statistics", true},
    {"post", "/v2/models/{publisher}/{model}/infer", "infer", "inference", "Tensors in, tensors out",
     "InferenceRequest", "InferenceResponse", true},
    {"post", "/v2/models/{publisher}/{model}/generate", "generate", "inference", "Flat JSON in, flat JSON out",
     "GenerateRequest", "GenerateResponse", true},
    {"post", "/v2/models/{publisher}/{model}/generate_stream", "generateStream", "inference",
     "Flat JSON in, server-sent events out", "GenerateRequest", nullptr, true},
    {"get", "/openapi.json", "openapi", "server", "This document", nullptr, "AnyObject", false},
    {"get", "/metrics", "metrics", "operator", "Prometheus metrics (operator plane)", nullptr, nullptr, false},
};

// Component schemas, each as its JSON text.
struct Schema {
  const char *name, *text;
};
constexpr Schema
    kSchemas[] =
        {
            {"AnyObject", R"({"type":"object"})"},
            {"Error",
             R"({"type":"object","required":["error"],"properties":{"error":{"type":"string","description":"what is wrong, beginning with the field"}}})"},
            {"Problem",
             R"({"type":"object","required":["type","title","status","detail","reason","request_id"],"properties":{"type":{"type":"string","format":"uri"},"title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"reason":{"type":"string"},"request_id":{"type":"string"}}})"},
            {"ServerMetadata",
             R"({"type":"object","required":["name","version","extensions"],"properties":{"name":{"type":"string"},"version":{"type":"string"},"extensions":{"type":"array","items":{"type":"string"}}}})"},
            {"Live", R"({"type":"object","required":["live"],"properties":{"live":{"type":"boolean"}}})"},
            {"Ready", R"({"type":"object","required":["ready"],"properties":{"ready":{"type":"boolean"}}})"},
            {"ModelReady",
             R"({"type":"object","required":["name","ready"],"properties":{"name":{"type":"string"},"ready":{"type":"boolean"}}})"},
            {"ModelList",
             R"({"type":"object","required":["models"],"properties":{"models":{"type":"array","items":{"type":"object","required":["name","version","task","ready","isolation"],"properties":{"name":{"type":"string"},"version":{"type":"string"},"task":{"type":"string"},"ready":{"type":"boolean"},"isolation":{"type":"string"}}}}}})"},
            {"Datatype",
             R"({"type":"string","enum":["BOOL","UINT8","UINT16","UINT32","UINT64","INT8","INT16","INT32","INT64","FP16","FP32","FP64","BF16","BYTES"]})"},
            {"Parameters", R"({"type":"object","additionalProperties":true})"},
            {"TensorMetadata",
             R"({"type":"object","required":["name","datatype","shape"],"properties":{"name":{"type":"string"},"datatype":{"$ref":"#/components/schemas/Datatype"},"shape":{"type":"array","items":{"type":"integer"},"description":"-1: any extent"},"parameters":{"$ref":"#/components/schemas/Parameters"}}})"},
            {"ModelMetadata",
             R"({"type":"object","required":["name","platform","inputs","outputs"],"properties":{"name":{"type":"string"},"versions":{"type":"array","items":{"type":"string"}},"platform":{"type":"string"},"inputs":{"type":"array","items":{"$ref":"#/components/schemas/TensorMetadata"}},"outputs":{"type":"array","items":{"$ref":"#/components/schemas/TensorMetadata"}},"parameters":{"$ref":"#/components/schemas/Parameters"}}})"},
            {"Statistics",
             R"({"type":"object","required":["model_stats"],"properties":{"model_stats":{"type":"array","items":{"type":"object"}}}})"},
            {"IndexRequest",
             R"({"type":"object","properties":{"ready":{"type":"boolean","description":"only models that are ready"}}})"},
            {"Index",
             R"({"type":"array","items":{"type":"object","required":["name","version","state","reason"],"properties":{"name":{"type":"string"},"version":{"type":"string"},"state":{"type":"string","enum":["READY","LOADING","UNLOADING","UNAVAILABLE"]},"reason":{"type":"string"}}}})"},
            {"TensorData",
             R"({"type":"array","description":"row-major, flat or nested as the shape says","items":{}})"},
            {"RequestInput",
             R"({"type":"object","required":["name","shape","datatype"],"properties":{"name":{"type":"string","maxLength":256},"shape":{"type":"array","maxItems":32,"items":{"type":"integer","minimum":0}},"datatype":{"$ref":"#/components/schemas/Datatype"},"parameters":{"type":"object","properties":{"binary_data_size":{"type":"integer","minimum":0}},"additionalProperties":true},"data":{"$ref":"#/components/schemas/TensorData"}}})"},
            {"RequestOutput",
             R"({"type":"object","required":["name"],"properties":{"name":{"type":"string"},"parameters":{"type":"object","properties":{"binary_data":{"type":"boolean"}},"additionalProperties":true}}})"},
            {"RequestParameters",
             R"({"type":"object","properties":{"timeout":{"type":"integer","minimum":0,"description":"microseconds"},"priority":{"type":"integer","minimum":0},"sequence_id":{"type":["integer","string"]},"sequence_start":{"type":"boolean"},"sequence_end":{"type":"boolean"},"binary_data_output":{"type":"boolean"}},"additionalProperties":true})"},
            {"InferenceRequest",
             R"({"type":"object","required":["inputs"],"properties":{"id":{"type":"string","maxLength":256},"parameters":{"$ref":"#/components/schemas/RequestParameters"},"inputs":{"type":"array","maxItems":256,"items":{"$ref":"#/components/schemas/RequestInput"}},"outputs":{"type":"array","maxItems":256,"items":{"$ref":"#/components/schemas/RequestOutput"}}}})"},
            {"ResponseOutput",
             R"({"type":"object","required":["name","shape","datatype"],"properties":{"name":{"type":"string"},"shape":{"type":"array","items":{"type":"integer"}},"datatype":{"$ref":"#/components/schemas/Datatype"},"parameters":{"$ref":"#/components/schemas/Parameters"},"data":{"$ref":"#/components/schemas/TensorData"}}})"},
            {"InferenceResponse",
             R"({"type":"object","required":["model_name","outputs"],"properties":{"model_name":{"type":"string"},"model_version":{"type":"string"},"id":{"type":"string"},"outputs":{"type":"array","items":{"$ref":"#/components/schemas/ResponseOutput"}}}})"},
            {"GenerateRequest",
             R"({"type":"object","properties":{"id":{"type":"string"},"text_input":{"type":"string"},"parameters":{"$ref":"#/components/schemas/RequestParameters"}},"additionalProperties":true})"},
            {"GenerateResponse",
             R"({"type":"object","required":["model_name","model_version"],"properties":{"model_name":{"type":"string"},"model_version":{"type":"string"},"id":{"type":"string"},"text_output":{"type":"string"}},"additionalProperties":true})"},
};

json reference(const char* schema) { return {{"$ref", std::string("#/components/schemas/") + schema}}; }

json content(const char* media_type, json schema) { return {{media_type, {{"schema", std::move(schema)}}}}; }

json error_response(const char* description, bool is_v2) {
  return {{"description", description},
          {"content",
           content(is_v2 ? "application/json" : "application/problem+json", reference(is_v2 ? "Error" : "Problem"))}};
}

json request_body(const Operation& operation) {
  json body = {{"required", std::string_view(operation.id) != "repositoryIndex"},
               {"content", content("application/json", reference(operation.request))}};
  if (std::string_view(operation.id) == "infer") {
    body["content"]["application/octet-stream"] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
    body["content"]["image/*"] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
    body["description"] =
        "JSON tensors; JSON followed by binary tensors (Inference-Header-Content-Length); or, for a "
        "model whose manifest takes it, an image or another medium as it is.";
  }
  return body;
}

json ok_response(const Operation& operation) {
  const std::string_view id = operation.id;
  json ok = {{"description", "OK"}};
  if (operation.response) ok["content"] = content("application/json", reference(operation.response));
  if (id == "infer")
    ok["content"]["application/octet-stream"] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  if (id == "generateStream") {
    ok["content"] = content("text/event-stream", {{"type", "string"}});
    ok["description"] =
        "Events `data: {…}`, each a GenerateResponse; after a failure the last one is an Error. On a "
        "host that charges the trailer x-stoa-receipt behind the last chunk names the call's entry in the ledger.";
  }
  const json receipt = {{"description", "the number of the call's entry in the ledger, on a host that charges"},
                        {"schema", {{"type", "string"}}}};
  if (id == "infer" || id == "generate") ok["headers"]["x-stoa-receipt"] = receipt;
  if (id == "metrics") ok["content"] = content("text/plain", {{"type", "string"}});
  return ok;
}

json path_parameter(const std::string& name, const char* description) {
  return {{"name", name},
          {"in", "path"},
          {"required", true},
          {"description", description},
          {"schema", {{"type", "string"}}}};
}

struct PathParameter {
  const char *name, *description;
};
constexpr PathParameter kPathParameters[] = {{"repository", "a repository's name"},
                                             {"publisher", "who published the model"},
                                             {"model", "the model's name, optionally with @version"},
                                             {"version", "the release"},
                                             {"rest", "whatever follows"}};

json parameters_of(const std::string& path, bool is_call) {
  json parameters = json::array();
  for (const auto& [name, description] : kPathParameters)
    if (path.find('{' + std::string(name) + '}') != std::string::npos)
      parameters.push_back(path_parameter(name, description));
  if (!is_call) return parameters;
  parameters.push_back({{"name", "x-stoa-timeout-ms"},
                        {"in", "header"},
                        {"required", false},
                        {"description", "deadline of this call; the nearer of it and parameters.timeout holds"},
                        {"schema", {{"type", "integer"}, {"minimum", 1}}}});
  parameters.push_back({{"name", "traceparent"},
                        {"in", "header"},
                        {"required", false},
                        {"description", "W3C trace context, passed to the model"},
                        {"schema", {{"type", "string"}}}});
  return parameters;
}

json describe(const Operation& operation, const std::string& path, const std::string& id_suffix) {
  const bool is_call = std::string_view(operation.tag) == "inference";
  json described = {{"operationId", operation.id + id_suffix},
                    {"summary", operation.summary},
                    {"tags", json::array({operation.tag})},
                    {"security", json::array()}};
  json parameters = parameters_of(path, is_call);
  if (!parameters.empty()) described["parameters"] = std::move(parameters);
  if (operation.request) described["requestBody"] = request_body(operation);
  json& responses = described["responses"];
  responses["200"] = ok_response(operation);
  if (operation.request)
    responses["400"] = error_response("The request is wrong; the error names the field.", operation.is_v2);
  if (path.find("{model}") != std::string::npos)
    responses["404"] = error_response("No such model or version.", operation.is_v2);
  if (is_call) {
    responses["402"] = error_response(
        "What there is does not cover the most that the call can cost, on a host that charges.", operation.is_v2);
    responses["413"] = error_response("The body is larger than the model's limit.", operation.is_v2);
    responses["415"] = error_response("The model does not take this media type.", operation.is_v2);
    responses["503"] = error_response("The model is not ready or its queue is full; see Retry-After.", operation.is_v2);
    responses["504"] = error_response("The deadline passed.", operation.is_v2);
  }
  if (std::string_view(operation.id) == "openapi")
    responses["304"] = {{"description", "The document is the one If-None-Match names."}};
  responses["default"] = error_response("Any other failure.", operation.is_v2);
  return described;
}

constexpr std::string_view kModel = "/v2/models/{publisher}/{model}";
constexpr std::string_view kNotOffered = "not offered";

// What the protocol has and this host has not: a client's author sees that it is known, and what to do instead.
void describe_not_offered(json& described) {
  const auto describe_at = [&](const NotOffered& row, const std::string& path, const char* id_suffix) {
    for (const char* const method : {"get", "post"}) {
      if (method == std::string_view("get") ? !row.takes_get : !row.takes_post) continue;
      json operation = {{"operationId", method + std::string(row.id) + id_suffix},
                        {"summary", "Not offered"},
                        {"tags", json::array({kNotOffered})},
                        {"security", json::array()}};
      if (json parameters = parameters_of(path, false); !parameters.empty())
        operation["parameters"] = std::move(parameters);
      operation["responses"]["501"] = error_response(std::string(row.says).c_str(), true);
      described[path][method] = std::move(operation);
    }
  };
  for (const NotOffered& row : not_offered()) {
    const std::string path(row.path);
    if (path.starts_with('/')) {
      const std::size_t rest = path.find("...}");
      describe_at(row, rest == std::string::npos ? path : path.substr(0, rest) + '}', "");
    } else {
      describe_at(row, std::string(kModel) + '/' + path, "");
      describe_at(row, std::string(kModel) + "/versions/{version}/" + path, "Version");
    }
  }
}

json paths() {
  json described = json::object();
  for (const auto& operation : kOperations) {
    const std::string path = operation.path;
    described[path][operation.method] = describe(operation, path, "");
    if (!path.starts_with(kModel)) continue;
    const std::string versioned = std::string(kModel) + "/versions/{version}" + path.substr(kModel.size());
    described[versioned][operation.method] = describe(operation, versioned, "Version");
  }
  describe_not_offered(described);
  return described;
}

}  // namespace

OpenApiDocument::OpenApiDocument(std::string text) : json_(std::move(text)), etag_(tag_of(json_)) {}

http::Response OpenApiDocument::answer(std::string_view if_none_match) const {
  http::Response response;
  response.fields.emplace_back("ETag", etag_);
  response.fields.emplace_back("Cache-Control", "no-cache");
  if (if_none_match == "*" || if_none_match.find(etag_) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.body = json_;
  return response;
}

OpenApiDocument describe_api() {
  json document = {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "Stoa"},
        {"version", STOA_VERSION},
        {"summary", "AI models as signed plugins, called over HTTP"},
        {"description",
         "The Open Inference Protocol (KServe v2) with its binary tensor, generate and statistics extensions."},
        {"license", {{"name", "Apache-2.0"}, {"identifier", "Apache-2.0"}}}}},
      {"servers", json::array({{{"url", "/"}, {"description", "this host"}}})},
      {"tags", json::array({{{"name", "server"}, {"description", "the host itself"}},
                            {{"name", "models"}, {"description", "what is served"}},
                            {{"name", "inference"}, {"description", "calls"}},
                            {{"name", kNotOffered}, {"description", "what the protocol has and this host has not"}},
                            {{"name", "operator"}, {"description", "only on the operator's listener"}}})},
      {"paths", paths()},
  };
  json& schemas = document["components"]["schemas"];
  for (const auto& schema : kSchemas) schemas[schema.name] = json::parse(schema.text);
  describe_registry(document);
  describe_licensing(document);
  return OpenApiDocument(document.dump(1));
}

}  // namespace stoa::api

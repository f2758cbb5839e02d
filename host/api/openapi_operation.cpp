// openapi_operation.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/openapi_operation.hpp"

#include <algorithm>
#include <string>

namespace stoa::api {
namespace {

using nlohmann::json;

// Calls use(word) for each of them.
template <class Use>
void for_each_word(std::string_view words, Use&& use) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    use(word);
    words.remove_prefix(std::min(words.size(), word.size() + 1));
  }
}

json parameter(std::string_view name, std::string_view in) {
  return {{"name", name}, {"in", in}, {"required", in == "path"}, {"schema", {{"type", "string"}}}};
}

json parameters_of(const ApiOperation& operation) {
  json parameters = json::array();
  std::string_view path = operation.path;
  for (std::size_t open = path.find('{'); open != path.npos; open = path.find('{')) {
    path.remove_prefix(open + 1);
    parameters.push_back(parameter(path.substr(0, path.find('}')), "path"));
  }
  for_each_word(operation.query, [&](std::string_view name) { parameters.push_back(parameter(name, "query")); });
  return parameters;
}

json body_of(std::string_view members) {
  if (members == "*json")  // documented elsewhere
    return {{"required", true}, {"content", {{"application/json", {{"schema", {{"type", "object"}}}}}}}};
  if (members == "*")
    return {{"required", true},
            {"content", {{"application/octet-stream", {{"schema", {{"type", "string"}, {"format", "binary"}}}}}}}};
  json schema = {{"type", "object"}, {"additionalProperties", false}, {"properties", json::object()}};
  for_each_word(members, [&](std::string_view member) {
    const bool is_required = !member.ends_with('?');
    if (!is_required) member.remove_suffix(1);
    json kind = {{"type", "string"}};
    if (member.ends_with('#')) {
      member.remove_suffix(1);
      kind = {{"type", "integer"}};
    } else if (member.ends_with("[]")) {
      member.remove_suffix(2);
      kind = {{"type", "array"}};
      if (member == "targets") kind["items"] = {{"type", "object"}};
      if (member == "steps_ppm") kind["items"] = {{"type", "integer"}};
      if (member == "customers" || member == "scopes" || member == "models") kind["items"] = {{"type", "string"}};
    } else if (member.ends_with("{}")) {
      member.remove_suffix(2);
      kind = {{"type", "object"}};
    } else if (member.ends_with('!')) {
      member.remove_suffix(1);
      kind = {{"type", "boolean"}};
    }
    if (is_required) schema["required"].push_back(member);
    schema["properties"][std::string(member)] = std::move(kind);
  });
  const bool is_required = schema.contains("required");
  return {{"required", is_required}, {"content", {{"application/json", {{"schema", std::move(schema)}}}}}};
}

json answer_of(const ApiOperation& operation) {
  json answer = {{"description", operation.status == 202 ? "Taken, not done yet" : "Done"}};
  if (operation.status == 204) return answer;
  if (std::string_view(operation.id) == "getPackage")
    answer["content"]["application/vnd.stoa.package"] = {{"schema", {{"type", "string"}, {"format", "binary"}}}};
  else if (std::string_view(operation.id) == "modelCardText")
    answer["content"]["text/markdown"] = {{"schema", {{"type", "string"}}}};
  else
    answer["content"]["application/json"] = {{"schema", {{"$ref", "#/components/schemas/AnyObject"}}}};
  return answer;
}

}  // namespace

void describe_operations(json& document, std::span<const ApiOperation> operations, std::string_view tag,
                         std::string_view scheme) {
  const json problem = {
      {"description", "Any failure: the reason is a word, the detail begins with the field."},
      {"content", {{"application/problem+json", {{"schema", {{"$ref", "#/components/schemas/Problem"}}}}}}}};
  for (const ApiOperation& operation : operations) {
    json described = {{"operationId", operation.id},
                      {"summary", operation.summary},
                      {"tags", json::array({tag})},
                      {"security", json::array({{{scheme, json::array()}}})}};
    if (operation.is_public) described["security"].push_back(json::object());
    if (json parameters = parameters_of(operation); !parameters.empty())
      described["parameters"] = std::move(parameters);
    if (operation.body[0] != '\0') described["requestBody"] = body_of(operation.body);
    described["responses"][std::to_string(operation.status)] = answer_of(operation);
    if (std::string_view(operation.id) == "moveAlias" || std::string_view(operation.id) == "takeBackAlias")
      described["responses"]["202"] = {{"description", "A second operator has to approve it."}};
    if (std::string_view(operation.path).starts_with("/v1/catalogue") ||
        (tag == std::string_view("licensing") && operation.method == std::string_view("get")))
      described["responses"]["304"] = {{"description", "It is what If-None-Match names."}};
    described["responses"]["default"] = problem;
    document["paths"][operation.path][operation.method] = std::move(described);
  }
}

}  // namespace stoa::api

// media_type.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/media_type.hpp"

#include <algorithm>

#include "host/api/v2_binary.hpp"

namespace stoa::api {
namespace {

// "image/*" takes every image.
bool takes(std::string_view accepted, std::string_view type) {
  if (accepted.ends_with("/*")) return type.starts_with(accepted.substr(0, accepted.size() - 1));
  return accepted.substr(0, accepted.find(';')) == type;
}

const runtime::PortSpec* port_for(std::string_view type, const runtime::ModelSpec& spec) {
  for (const auto& port : spec.inputs)
    if (port.kind == runtime::PartKind::bytes || port.kind == runtime::PartKind::text)
      for (const auto& accepted : port.media_types)
        if (takes(accepted, type)) return &port;
  return nullptr;
}

bool is_json_client(std::string_view type) {
  return type.empty() || type == "application/json" || type.ends_with("+json") || type == "application/octet-stream" ||
         type == "application/x-www-form-urlencoded";
}

}  // namespace

std::string media_type_of(std::string_view field) {
  field = field.substr(0, field.find(';'));
  while (!field.empty() && (field.back() == ' ' || field.back() == '\t')) field.remove_suffix(1);
  std::string text(field);
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return text;
}

std::string accepted_media_types(const runtime::ModelSpec& spec) {
  std::string text;
  for (const auto& port : spec.inputs)
    if (port.kind == runtime::PartKind::bytes || port.kind == runtime::PartKind::text)
      for (const auto& type : port.media_types) text += type + ", ";
  return text + "application/json, application/octet-stream";
}

Result<BodyFormat> body_format(const http::RequestHead& head, const runtime::ModelSpec& spec) {
  BodyFormat format;
  const auto header_length = head.find_single("Inference-Header-Content-Length");
  if (!header_length) return std::unexpected(header_length.error());
  const auto content_type = head.find_single("Content-Type");
  if (!content_type) return std::unexpected(content_type.error());
  if (*header_length) {
    auto length = parse_header_length(**header_length);
    if (!length) return std::unexpected(std::move(length.error()));
    format.form = *length ? BodyForm::framed : BodyForm::raw_tensor;
    format.json_bytes = *length;
    return format;
  }
  if (content_type->value_or("") == "application/json") return format;  // nearly always, and nothing to take apart
  format.media_type = media_type_of(content_type->value_or(""));
  if (format.media_type == "application/json") return format;
  format.port = format.media_type.empty() ? nullptr : port_for(format.media_type, spec);
  if (format.port) {
    format.form = BodyForm::media;
    return format;
  }
  if (is_json_client(format.media_type)) return format;
  return failure(Code::invalid_argument, "request.media_type",
                 "Content-Type: model '" + spec.name + "' does not take '" + format.media_type.substr(0, 80) +
                     "', it takes " + accepted_media_types(spec));
}

}  // namespace stoa::api

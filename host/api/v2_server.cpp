// v2_server.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_server.hpp"

#include "host/api/json_text.hpp"
#include "host/api/json_walk.hpp"
#include "host/api/problem.hpp"

namespace stoa::api {
namespace {

http::Response json_response(JsonText& text) {
  http::Response response;
  response.body = text.take();
  return response;
}

void write_port(JsonText& text, const runtime::PortSpec& port) {
  const bool is_tensor = port.kind == runtime::PartKind::tensor;
  text.raw("{\"name\":").string_lossy(port.name);
  text.raw(",\"datatype\":\"").raw(is_tensor ? name_of(port.datatype) : "BYTES").raw("\",\"shape\":[");
  if (!is_tensor) text.raw("1");
  for (std::size_t i = 0; is_tensor && i < port.shape.size(); ++i) text.raw(i ? "," : "").number(port.shape[i]);
  text.raw("]");
  const bool has_parameters = !is_tensor || port.optional || !port.media_types.empty();
  if (has_parameters) {
    constexpr std::string_view kKinds[] = {"", "tensor", "text", "bytes", "json", "strings"};
    const auto kind = static_cast<std::size_t>(port.kind);
    text.raw(",\"parameters\":{\"kind\":").string_lossy(kind < std::size(kKinds) ? kKinds[kind] : "");
    if (port.optional) text.raw(",\"optional\":true");
    if (!port.media_types.empty()) text.raw(",\"media_types\":[");
    for (std::size_t i = 0; i < port.media_types.size(); ++i) text.raw(i ? "," : "").string_lossy(port.media_types[i]);
    text.raw(port.media_types.empty() ? "}" : "]}");
  }
  text.raw("}");
}

void write_ports(JsonText& text, std::string_view key, const std::vector<runtime::PortSpec>& ports) {
  text.key(key).raw("[");
  for (std::size_t i = 0; i < ports.size(); ++i) {
    if (i) text.raw(",");
    write_port(text, ports[i]);
  }
  text.raw("]");
}

void write_duration(JsonText& text, std::string_view key, std::uint64_t count, std::uint64_t ns, bool first = false) {
  text.key(key, first).raw("{\"count\":").number(count).raw(",\"ns\":").number(ns).raw("}");
}

// Triton's statistics extension. What this host does not have (cache, separate input and output phases) is zero.
void write_statistics(JsonText& text, const inference::ServedModel& model) {
  const auto s = model.statistics();
  text.raw("{\"name\":").string_lossy(model.spec().name).raw(",\"version\":").string_lossy(model.spec().version);
  text.key("last_inference").number(s.last_inference_unix_ms);
  text.key("inference_count").number(s.request_count).key("execution_count").number(s.batch_count);
  text.key("inference_stats").raw("{");
  write_duration(text, "success", s.success_count, s.success_ns, true);
  write_duration(text, "fail", s.fail_count, s.fail_ns);
  write_duration(text, "queue", s.queue_count, s.queue_ns);
  write_duration(text, "compute_input", 0, 0);
  write_duration(text, "compute_infer", s.compute_count, s.compute_ns);
  write_duration(text, "compute_output", 0, 0);
  write_duration(text, "cache_hit", 0, 0);
  write_duration(text, "cache_miss", 0, 0);
  text.raw("}").key("response_stats").raw("{}").key("batch_stats").raw("[]").key("memory_usage").raw("[]}");
}

std::string_view index_state(const ApiContext& api, const inference::ServedModel& model) {
  if (model.is_ready() && !api.is_draining()) return "READY";
  switch (model.instance().state()) {
    case runtime::InstanceState::created:
    case runtime::InstanceState::loading:
    case runtime::InstanceState::warming:
    case runtime::InstanceState::proving:
    case runtime::InstanceState::recovering:
      return "LOADING";
    case runtime::InstanceState::ready:
    case runtime::InstanceState::draining:
      return "UNLOADING";
    case runtime::InstanceState::stopped:
    case runtime::InstanceState::failed:
      break;
  }
  return "UNAVAILABLE";
}

http::Response index_of(const ApiContext& api, bool only_ready) {
  JsonText text;
  text.raw("[");
  bool is_first = true;
  for (const auto& model : api.catalog.list()) {
    const std::string_view state = index_state(api, *model);
    if (only_ready && state != "READY") continue;
    text.raw(is_first ? "{\"name\":" : ",{\"name\":").string_lossy(model->spec().name);
    text.raw(",\"version\":").string_lossy(model->spec().version).raw(",\"state\":").string_lossy(state);
    text.raw(",\"reason\":").string_lossy(state == "READY" ? "" : runtime::name_of(model->instance().state())).raw("}");
    is_first = false;
  }
  text.raw("]");
  return json_response(text);
}

// {} or {"ready": bool}, or nothing at all.
Result<bool> read_index_request(const http::Body& body) {
  if (body.size() == 0) return false;
  od::parser parser;
  od::document document;
  const PaddedText text(body.data());
  const EndMark end(text);
  if (auto error = parser.iterate(text.view()).get(document)) return bad_json(FieldPath("body"), error);
  auto object = root_object(document);
  if (!object) return std::unexpected(std::move(object.error()));
  bool only_ready = false;
  auto done = for_each_field(*object, FieldPath(""), [&](std::string_view key, od::value value, const FieldPath& path) {
    if (key != "ready") return validate(value, path, 2);
    auto flag = read_bool(value, path);
    if (!flag) return Result<void>(std::unexpected(std::move(flag.error())));
    only_ready = *flag;
    return Result<void>();
  });
  if (!done) return std::unexpected(std::move(done.error()));
  return only_ready;
}

http::Response not_ready(std::string_view why) {
  Error error{Code::unavailable, "server.not_ready", std::string(why), 1000};
  return v2_error(error, 503);
}

}  // namespace

http::Response server_metadata(const ApiContext& api) {
  JsonText text;
  text.raw("{\"name\":").string_lossy(api.server_name).raw(",\"version\":").string_lossy(api.server_version);
  text.raw(
      ",\"extensions\":[\"binary_tensor_data\",\"parameters\",\"generate\",\"statistics\","
      "\"sequence\",\"raw_media\"]}");
  return json_response(text);
}

http::Response server_live() {
  http::Response response;
  response.body = R"({"live":true})";
  return response;
}

http::Response server_ready(const ApiContext& api) {
  if (api.is_draining()) return not_ready("the host is draining");
  if (api.is_loading()) return not_ready("the host is loading its models");
  if (api.billing != nullptr && api.billing->has_stopped())
    return not_ready("billing has stopped, because the journal cannot be written");
  for (const auto& model : api.catalog.relied_on())
    if (!model->is_ready())
      return not_ready("model '" + model->spec().name + "' version " + model->spec().version + " is " +
                       std::string(runtime::name_of(model->instance().state())));
  http::Response response;
  response.body = R"({"ready":true})";
  return response;
}

http::Response model_list(const ApiContext& api) {
  JsonText text;
  text.raw("{\"models\":[");
  bool is_first = true;
  for (const auto& model : api.catalog.list()) {
    const auto& spec = model->spec();
    text.raw(is_first ? "{\"name\":" : ",{\"name\":").string_lossy(spec.name);
    text.raw(",\"version\":").string_lossy(spec.version).raw(",\"task\":").string_lossy(spec.task);
    text.raw(",\"ready\":").raw(model->is_ready() ? "true" : "false");
    text.raw(",\"isolation\":").string_lossy(model->instance().isolation()).raw("}");
    is_first = false;
  }
  text.raw("]}");
  return json_response(text);
}

http::Response model_metadata(const inference::Catalog& catalog, const inference::ServedModel& model) {
  const auto& spec = model.spec();
  JsonText text(1024);
  text.raw("{\"name\":").string_lossy(spec.name).raw(",\"versions\":[");
  bool is_first = true;
  for (const auto& version : catalog.versions(spec.name)) {
    if (!is_first) text.raw(",");
    text.string_lossy(version);
    is_first = false;
  }
  text.raw("],\"platform\":\"stoa\"");
  write_ports(text, "inputs", spec.inputs);
  write_ports(text, "outputs", spec.outputs);
  text.raw(",\"parameters\":{\"task\":").string_lossy(spec.task);
  text.raw(",\"version\":").string_lossy(spec.version);
  text.raw(",\"isolation\":").string_lossy(model.instance().isolation());
  text.raw(",\"streaming\":").raw(spec.is_streaming ? "true" : "false");
  text.raw(",\"request_bytes_max\":").number(spec.limits.request_bytes_max);
  text.raw(",\"deadline_ms\":").number(spec.limits.deadline_ns / 1'000'000).raw("}}");
  return json_response(text);
}

http::Response model_ready(const ApiContext& api, const inference::ServedModel& model) {
  const auto& spec = model.spec();
  if (!model.is_ready() || api.is_draining())
    return not_ready("model '" + spec.name + "' version " + spec.version + " is " +
                     std::string(api.is_draining() ? "draining" : runtime::name_of(model.instance().state())));
  JsonText text(128);
  text.raw("{\"name\":").string_lossy(spec.name).raw(",\"ready\":true}");
  return json_response(text);
}

http::Response model_statistics(const std::vector<ServedModelPtr>& models) {
  JsonText text(1024);
  text.raw("{\"model_stats\":[");
  bool is_first = true;
  for (const auto& model : models) {
    if (!is_first) text.raw(",");
    write_statistics(text, *model);
    is_first = false;
  }
  text.raw("]}");
  return json_response(text);
}

http::Task<void> repository_index(ApiContext& api, http::Exchange& exchange) {
  http::BodyLimits limits;
  limits.bytes_max = 64u << 10;
  auto body = co_await exchange.read_body(limits);
  Result<bool> only_ready = body ? read_index_request(*body) : std::unexpected(body.error());
  if (!only_ready && only_ready.error().reason == "http.client_gone") co_return;
  co_await exchange.reply(only_ready ? index_of(api, *only_ready) : v2_error(only_ready.error()));
}

}  // namespace stoa::api

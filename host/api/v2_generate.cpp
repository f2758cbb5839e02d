// v2_generate.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_generate.hpp"

#include "host/api/generate_request.hpp"
#include "host/api/json_text.hpp"
#include "host/api/media_type.hpp"
#include "host/api/model_call.hpp"
#include "host/api/output_check.hpp"
#include "host/api/problem.hpp"
#include "host/api/tensor_check.hpp"
#include "host/api/v2_json_writer.hpp"

namespace stoa::api {
namespace {

using runtime::OutputPart;
using runtime::PartKind;

std::string_view key_of(const OutputPart& part, const runtime::ModelSpec& spec) {
  constexpr std::string_view kAlias = "text_output";
  if (part.kind() == PartKind::text && !spec.output(kAlias)) {
    const auto* port = only_text_port(spec.outputs, kAlias);
    if (port && port->name == part.name()) return kAlias;
  }
  return part.name();
}

// The plugin's JSON becomes part of ours: checked, and without line breaks, which would end an event.
Result<void> write_json_part(JsonText& text, const OutputPart& part) {
  const std::string_view json(reinterpret_cast<const char*>(part.data().data()), part.data().size());
  if (const auto valid = check_json(json, FieldPath("document")); !valid)
    return failure(Code::internal, "plugin.bad_output",
                   "output '" + std::string(part.name()) + "' says it is JSON and is not; " + valid.error().message);
  std::size_t written = 0;
  char* at = text.room(json.size() + simdjson::SIMDJSON_PADDING);
  if (simdjson::minify(json.data(), json.size(), at, written))
    return failure(Code::internal, "plugin.bad_output", "output '" + std::string(part.name()) + "' is not JSON");
  text.commit(at + written);
  return {};
}

Result<void> write_value(JsonText& text, const OutputPart& part) {
  if (part.kind() == PartKind::json) return write_json_part(text, part);
  std::uint64_t elements = 1;
  for (const std::int64_t extent : part.shape()) elements *= static_cast<std::uint64_t>(extent);
  if (elements != 1) return write_elements(text, part);
  JsonText one(32 + part.data().size());
  if (auto done = write_elements(one, part); !done) return done;
  const std::string array = one.take();
  text.raw(std::string_view(array).substr(1, array.size() - 2));  // without its brackets
  return {};
}

struct PreparedGenerate {
  inference::Routed route = {};
  runtime::CallSpec call = {};
  std::optional<std::string> id = {};
  std::unique_ptr<AccessPass> pass = {};
  std::optional<http::Response> refused = {};  // by the licence, instead of all of the above
};

Result<runtime::CallSpec> checked_call(V2Request& request, const http::RequestHead& head,
                                       const runtime::ModelSpec& spec) {
  runtime::CallSpec call;
  auto inputs = check_inputs(request, spec, InputsAre::keyed);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  auto deadline_ns = deadline_of(head, request.timeout_us, spec);
  if (!deadline_ns) return std::unexpected(std::move(deadline_ns.error()));
  call.task = spec.task;
  call.params_json = std::move(request.parameters_json);
  call.session = std::move(request.session);
  call.traceparent = traceparent_of(head);
  call.deadline_ns = *deadline_ns;
  call.inputs = std::move(*inputs);
  return call;
}

constexpr std::string_view kTaken = "application/json";

// None, JSON, and what `curl -d` says when it is not told otherwise.
Result<void> check_media_type(const http::RequestHead& head) {
  const auto field = head.find_single("Content-Type");
  if (!field) return std::unexpected(field.error());
  const std::string type = media_type_of(field->value_or(""));
  if (type.empty() || type == kTaken || type == "application/x-www-form-urlencoded") return {};
  return failure(Code::invalid_argument, "request.media_type",
                 "Content-Type: '" + type.substr(0, 80) + "' is not taken here, " + std::string(kTaken) + " is");
}

http::Task<Result<PreparedGenerate>> prepare(ApiContext& api, http::Exchange& exchange, const ModelPath& path) {
  auto route = api.catalog.route(path.name, path.version, asker_of(api, exchange));
  if (!route) co_return std::unexpected(why_none(api, path.name, path.version, route.error()));
  Entry entry;
  if (api.gate != nullptr) entry = co_await api.gate->wait_and_enter(exchange, route->model);
  if (entry.refusal) co_return PreparedGenerate{.refused = std::move(entry.refusal)};
  if (auto checked = check_media_type(exchange.head()); !checked) co_return std::unexpected(std::move(checked.error()));
  http::BodyLimits limits;
  limits.bytes_max = route->model->spec().limits.request_bytes_max;
  auto body = co_await exchange.read_body(limits);
  if (!body) co_return std::unexpected(std::move(body.error()));
  auto request = read_generate(PaddedText(body->data()), route->model->spec());
  if (!request) co_return std::unexpected(std::move(request.error()));
  if (!request->session.empty() && (path.version.empty() || !path.selector.empty())) {
    // As in v2_infer.cpp: all of a session goes to one release, and what another's ports made of the body is read
    // again.
    inference::Asker asker = asker_of(api, exchange);
    asker.session = request->session;
    auto of_session = route_session(api, path.name, path.selector, asker);
    if (!of_session) co_return std::unexpected(std::move(of_session.error()));
    if (of_session->model != route->model) {
      if (api.gate != nullptr)
        if (auto refused = api.gate->refusal_of_release(exchange, *of_session->model, entry.pass.get()))
          co_return PreparedGenerate{.refused = std::move(refused)};
      request = read_generate(PaddedText(body->data()), of_session->model->spec());
      if (!request) co_return std::unexpected(std::move(request.error()));
      route = std::move(of_session);
    }
  }
  auto call = checked_call(*request, exchange.head(), route->model->spec());
  if (!call) co_return std::unexpected(std::move(call.error()));
  co_return PreparedGenerate{.route = std::move(*route),
                             .call = std::move(*call),
                             .id = std::move(request->id),
                             .pass = std::move(entry.pass)};
}

http::Task<void> refuse(http::Exchange& exchange, const Error& error) {
  if (error.reason == "http.client_gone") co_return;
  http::Response response = v2_error(error);
  if (error.reason == "request.media_type") response.fields.emplace_back("Accept", kTaken);
  co_await exchange.reply(std::move(response));
}

Result<std::string> events_of(const std::vector<OutputPart>& parts, const std::optional<std::string>& id,
                              const runtime::ModelSpec& spec) {
  std::string events;
  for (const auto& part : parts) {
    if (auto done = check_output(part, spec); !done) return std::unexpected(std::move(done.error()));
    const OutputPart* one = &part;
    auto json = render_generated({&one, 1}, id, spec);
    if (!json) return std::unexpected(std::move(json.error()));
    events.append("data: ").append(*json).append("\n\n");
  }
  return events;
}

// After the first event, and until the call or the client ends.
http::Task<void> stream(ApiContext& api, http::Exchange& exchange, ModelCall& call, std::vector<OutputPart> first,
                        const PreparedGenerate& prepared) {
  AnswerFields fields = call.take_fields();
  if (call.is_charged()) fields.emplace_back("Trailer", kReceiptField);
  if (!co_await exchange.begin_stream(http::StreamHead{
          .status = 200, .content_type = "text/event-stream; charset=utf-8", .fields = std::move(fields)}))
    co_return;
  Result<std::vector<OutputPart>> parts = std::move(first);
  while (parts && !parts->empty()) {
    auto events = events_of(*parts, prepared.id, prepared.route.model->spec());
    parts->clear();  // payloads go back to the plugin before the client is waited for
    if (!events) {
      parts = std::unexpected(std::move(events.error()));
      break;
    }
    if (!co_await exchange.write(*events)) co_return;
    call.note_delivered();
    parts = co_await call.next();
  }
  if (!parts && parts.error().reason == "http.client_gone") co_return;
  auto charged = call.charge_stream(parts ? nullptr : &parts.error());
  if (charged && *charged)
    if (auto durable = co_await api.billing->until_durable(exchange, **charged); !durable)
      charged = std::unexpected(std::move(durable.error()));
  if (!charged) parts = std::unexpected(std::move(charged.error()));
  if (!parts) {
    const std::string event = "data: " + v2_error(parts.error()).body + "\n\n";
    if (!co_await exchange.write(event)) co_return;
  }
  http::Trailers trailers;
  if (charged && *charged) trailers.emplace_back(kReceiptField, std::to_string(**charged));
  co_await exchange.end_stream(std::move(trailers));
}

}  // namespace

Result<std::string> render_generated(std::span<const OutputPart* const> parts, const std::optional<std::string>& id,
                                     const runtime::ModelSpec& spec) {
  JsonText text(256);
  text.raw("{\"model_name\":").string_lossy(spec.name).raw(",\"model_version\":").string_lossy(spec.version);
  if (id) text.raw(",\"id\":").string_lossy(*id);
  for (const OutputPart* part : parts) {
    text.raw(",").string_lossy(key_of(*part, spec)).raw(":");
    if (auto done = write_value(text, *part); !done) return std::unexpected(std::move(done.error()));
  }
  text.raw("}");
  return text.take();
}

http::Task<void> generate(ApiContext& api, http::Exchange& exchange, ModelPath path) {
  auto prepared = co_await prepare(api, exchange, path);
  if (!prepared) {
    co_await refuse(exchange, prepared.error());
    co_return;
  }
  if (prepared->refused) {
    co_await exchange.reply(std::move(*prepared->refused));
    co_return;
  }
  const runtime::ModelSpec& spec = prepared->route.model->spec();
  prepared->call.wants_progress = false;
  auto call = ModelCall::start(exchange, prepared->route, std::move(prepared->call), std::move(prepared->pass));
  if (!call) {
    co_await refuse(exchange, call.error());
    co_return;
  }
  auto parts = call->has_ended() ? call->whole() : co_await call->all();
  if (!parts) {
    co_await refuse(exchange, parts.error());
    co_return;
  }
  auto selected = select_outputs(*parts, {}, spec);
  if (!selected) {
    co_await refuse(exchange, selected.error());
    co_return;
  }
  auto json = render_generated(*selected, prepared->id, spec);
  if (!json) {
    co_await refuse(exchange, json.error());
    co_return;
  }
  const auto charged = call->charge_answer();
  if (!charged) {
    co_await refuse(exchange, charged.error());
    co_return;
  }
  http::Response response{.fields = call->take_fields()};
  response.body = std::move(*json);
  if (*charged) {
    response.fields.emplace_back(kReceiptField, std::to_string(**charged));
    if (auto durable = co_await api.billing->until_durable(exchange, **charged); !durable) {
      co_await refuse(exchange, durable.error());
      co_return;
    }
  }
  co_await exchange.reply(std::move(response));
}

http::Task<void> generate_stream(ApiContext& api, http::Exchange& exchange, ModelPath path) {
  auto prepared = co_await prepare(api, exchange, path);
  if (!prepared) {
    co_await refuse(exchange, prepared.error());
    co_return;
  }
  if (prepared->refused) {
    co_await exchange.reply(std::move(*prepared->refused));
    co_return;
  }
  auto call = ModelCall::start(exchange, prepared->route, std::move(prepared->call), std::move(prepared->pass));
  if (!call) {
    co_await refuse(exchange, call.error());
    co_return;
  }
  auto first = co_await call->next();
  if (first) {
    co_await stream(api, exchange, *call, std::move(*first), *prepared);
  } else {
    co_await refuse(exchange, first.error());
  }
}

}  // namespace stoa::api

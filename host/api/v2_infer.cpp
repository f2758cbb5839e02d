// v2_infer.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_infer.hpp"

#include <algorithm>
#include <iterator>
#include <memory>

#include "host/api/model_call.hpp"
#include "host/api/output_check.hpp"
#include "host/api/problem.hpp"
#include "host/api/tensor_check.hpp"
#include "host/api/v2_binary.hpp"
#include "host/api/v2_json_writer.hpp"
#include "host/thread/kept_blocks.hpp"
#include "host/thread/wake_batch.hpp"

namespace stoa::api {
namespace {

constexpr std::size_t kReadApartBytes = 1u << 20;  // JSON of so many bytes takes a millisecond and more to read
constexpr std::size_t kLongBodyBytes = 64u << 10;  // reading it takes longer than others should wait for their wakes

OwnedBytes owned(const http::Body& body, std::size_t from) { return {body.data().subspan(from), body.memory()}; }

// A reader is lent, under a lock, only to the few requests that need one.
Result<V2Request> read_text(ReaderPool& readers, PaddedText text, const runtime::ModelSpec& spec) {
  Result<V2Request> request;
  if (!read_if_plain(text, spec.limits.request_bytes_max, *request))
    request = readers.lend()->walk(text, spec.limits.request_bytes_max);
  return request;
}

Result<V2Request> read_request(ReaderPool& readers, const BodyFormat& format, const http::Body& body,
                               const runtime::ModelSpec& spec) {
  if (format.form == BodyForm::raw_tensor)
    return raw_binary_request(spec, owned(body, 0), spec.limits.request_bytes_max);
  const std::size_t json_bytes = format.form == BodyForm::framed ? format.json_bytes : body.size();
  if (json_bytes > body.size())
    return failure(Code::invalid_argument, "request.bad_header_length",
                   "Inference-Header-Content-Length: inference header size should be in range (0, " +
                       std::to_string(body.size()) + "), got: " + std::to_string(json_bytes));
  Result<V2Request> request = read_text(readers, PaddedText(body.data().first(json_bytes)), spec);
  // Also without a binary part: an input without data gets the same words whether its data or the header was forgotten.
  if (request)
    if (auto done = attach_binary(*request, owned(body, json_bytes), spec.name); !done)
      request = std::unexpected(std::move(done.error()));
  return request;
}

Result<void> prepare_media(const BodyFormat& format, const http::Body& body, const runtime::ModelSpec& spec,
                           PreparedInfer& prepared) {
  runtime::InputPart part;
  part.name = format.port->name;
  part.kind = format.port->kind;
  part.datatype = DataType::bytes;
  part.media_type = format.media_type;
  part.data = body.data();
  part.keep = body.memory();
  if (auto done = check_content(*format.port, body.text(), FieldPath("body")); !done) return done;
  prepared.call.inputs.push_back(std::move(part));
  return check_presence(prepared.call.inputs, spec);
}

Result<void> prepare_tensors(ReaderPool& readers, const BodyFormat& format, const http::Body& body,
                             const runtime::ModelSpec& spec, PreparedInfer& prepared) {
  auto request = read_request(readers, format, body, spec);
  if (!request) return std::unexpected(std::move(request.error()));
  auto inputs = check_inputs(*request, spec);
  if (!inputs) return std::unexpected(std::move(inputs.error()));
  auto wanted = check_outputs(*request, spec);
  if (!wanted) return std::unexpected(std::move(wanted.error()));
  prepared.call.inputs = std::move(*inputs);
  prepared.call.outputs = *wanted;
  prepared.call.params_json = std::move(request->parameters_json);
  prepared.call.session = std::move(request->session);
  prepared.timeout_us = request->timeout_us;
  prepared.answer.id = std::move(request->id);
  prepared.answer.binary_data_output = request->binary_data_output;
  prepared.answer.outputs = std::move(request->outputs);
  prepared.answer.wanted = std::move(*wanted);
  return {};
}

// What an answer's chunks point into.
struct AnswerMemory {
  std::vector<runtime::OutputPart> parts;
  BinaryChunks binary;
};

http::Response refusal(const Error& error, const runtime::ModelSpec& spec) {
  http::Response response = v2_error(error);
  if (error.reason == "request.media_type") response.fields.emplace_back("Accept", accepted_media_types(spec));
  return response;
}

// What is known before the body is read. Where it goes is the model's to say.
struct Admitted final : http::BodyPlace {
  Admitted(inference::Routed r, BodyFormat f, bool exact, std::string_view s)
      : route(std::move(r)), format(std::move(f)), is_exact(exact), selector(s) {}
  static void* operator new(std::size_t) { return thread::KeptBlocks<sizeof(Admitted)>::take(); }
  static void operator delete(void* block) { thread::KeptBlocks<sizeof(Admitted)>::give_back(block); }
  std::shared_ptr<std::byte[]> take(std::size_t bytes) const override {
    return route.model->instance().take_input_memory(bytes);
  }
  inference::Routed route;
  BodyFormat format;
  bool is_exact;                     // the client named the version
  std::string selector;              // or a range or an alias
  std::unique_ptr<AccessPass> pass;  // null: the host is open, or a quota must be reserved first
  const runtime::ModelSpec& spec() const { return route.model->spec(); }

  std::optional<Result<PreparedInfer>> prepared = {};  // of a long body
  std::optional<ModelCall> call = {};                  // once it is started
  AnswerForm answer = {};
  bool is_awaited = false;                     // the call had not ended when it was started
  std::optional<http::Response> refused = {};  // by the licence, of another release than the one that was admitted
  Result<std::vector<runtime::OutputPart>> parts = {};
  http::Response response = {};
  std::optional<std::uint64_t> entry = {};  // of the ledger, which the answer names
};

// A session's requests all go to the same release, and only the body says which session it is: what was read by another
// release's ports is then read again.
Result<PreparedInfer> prepare_in_session(ApiContext& api, http::Exchange& exchange, Admitted& admitted,
                                         const http::Body& body, PreparedInfer&& prepared) {
  inference::Asker asker = asker_of(api, exchange);
  asker.session = prepared.call.session;
  auto route = route_session(api, admitted.spec().name, admitted.selector, asker);
  if (!route) return std::unexpected(std::move(route.error()));
  if (route->model == admitted.route.model) return std::move(prepared);
  if (api.gate != nullptr)
    admitted.refused = api.gate->refusal_of_release(exchange, *route->model, admitted.pass.get());
  auto format = body_format(exchange.head(), route->model->spec());
  if (!format) return std::unexpected(std::move(format.error()));
  admitted.route = std::move(*route);
  admitted.format = std::move(*format);
  return prepare_infer(api.readers, admitted.format, body, admitted.spec());
}

Result<void> start_infer(ApiContext& api, http::Exchange& exchange, Admitted& admitted, const http::Body& body) {
  if (body.size() > kLongBodyBytes) thread::WakeBatch::flush_of_this_thread();
  auto prepared = admitted.prepared ? std::move(*admitted.prepared)
                                    : prepare_infer(api.readers, admitted.format, body, admitted.spec());
  if (prepared && !prepared->call.session.empty() && !admitted.is_exact)
    prepared = prepare_in_session(api, exchange, admitted, body, PreparedInfer(std::move(*prepared)));
  if (!prepared) return std::unexpected(std::move(prepared.error()));
  if (admitted.refused) return failure(Code::permission_denied, "licence.version", "that release is not licensed");
  const runtime::ModelSpec& spec = admitted.spec();
  auto deadline_ns = deadline_of(exchange.head(), prepared->timeout_us, spec);
  if (!deadline_ns) return std::unexpected(std::move(deadline_ns.error()));
  prepared->call.task = spec.task;
  prepared->call.deadline_ns = *deadline_ns;
  prepared->call.traceparent = traceparent_of(exchange.head());
  prepared->call.wants_progress = false;
  auto call = ModelCall::start(exchange, admitted.route, std::move(prepared->call), std::move(admitted.pass));
  if (!call) return std::unexpected(std::move(call.error()));
  admitted.call.emplace(std::move(*call));
  admitted.answer = std::move(prepared->answer);
  return {};
}

http::BodyLimits body_limits(const Admitted& admitted) {
  http::BodyLimits limits;
  limits.bytes_max = admitted.spec().limits.request_bytes_max;
  limits.align_at = admitted.format.json_bytes <= limits.bytes_max ? admitted.format.json_bytes : 0;
  if (admitted.format.form != BodyForm::json) limits.place = &admitted;  // JSON's tensors are written elsewhere anyway
  return limits;
}

void start(ApiContext& api, http::Exchange& exchange, Admitted& admitted, Result<http::Body> body) {
  auto started = body ? start_infer(api, exchange, admitted, *body) : std::unexpected(std::move(body.error()));
  if (!started)
    admitted.parts = std::unexpected(std::move(started.error()));
  else if (admitted.is_awaited = !admitted.call->has_ended(); !admitted.is_awaited)
    admitted.parts = admitted.call->whole();
}

http::Response answer_of(Admitted& admitted, std::string spare) {
  if (admitted.refused) return std::move(*admitted.refused);
  if (!admitted.parts) return refusal(admitted.parts.error(), admitted.spec());
  auto response = render_infer(std::move(*admitted.parts), admitted.answer, admitted.spec(), std::move(spare));
  if (!response) return refusal(response.error(), admitted.spec());
  const auto charged = admitted.call->charge_answer();
  if (!charged) return refusal(charged.error(), admitted.spec());
  std::ranges::move(admitted.call->take_fields(), std::back_inserter(response->fields));
  if (*charged) response->fields.emplace_back(kReceiptField, std::to_string(**charged));
  admitted.entry = *charged;
  return std::move(*response);
}

// False: nobody is left to answer.
bool answer(Admitted& admitted, std::string spare) {
  if (!admitted.parts && admitted.parts.error().reason == "http.client_gone") return false;
  admitted.response = answer_of(admitted, std::move(spare));
  return true;
}

// Asks once more, where it has to be waited for. False: refused, with the response.
http::Task<bool> wait_and_enter(ApiContext& api, http::Exchange& exchange, Admitted& admitted) {
  Entry entry = co_await api.gate->wait_and_enter(exchange, admitted.route.model);
  admitted.pass = std::move(entry.pass);
  if (entry.refusal) admitted.response = std::move(*entry.refusal);
  co_return !entry.refusal;
}

bool is_read_apart(const Admitted& admitted, const http::Body& body) {
  const BodyFormat& format = admitted.format;
  return (format.form == BodyForm::json ? body.size() : format.json_bytes) > kReadApartBytes;
}

// Long JSON is read by another thread, and started here. False: nobody is left to answer.
http::Task<bool> read_and_start(ApiContext& api, http::Exchange& exchange, Admitted& admitted) {
  auto body = co_await exchange.read_body(body_limits(admitted));
  if (!body || !is_read_apart(admitted, *body)) {
    start(api, exchange, admitted, std::move(body));
    co_return true;
  }
  struct Reading {
    BodyFormat format;
    http::Body body;
    std::shared_ptr<inference::ServedModel> model;
    std::optional<Result<PreparedInfer>> prepared = {};
  };
  auto reading = std::make_shared<Reading>(admitted.format, *body, admitted.route.model);
  const auto ran = co_await api.long_bodies.run(exchange, [reading, &readers = api.readers] {
    try {
      reading->prepared = prepare_infer(readers, reading->format, reading->body, reading->model->spec());
    } catch (const std::bad_alloc&) {
      reading->prepared =
          failure(Code::resource_exhausted, "http.body_memory", "there is no memory left to read the body");
    }
  });
  if (ran == Desk::Ran::client_gone) co_return false;
  admitted.prepared = std::move(reading->prepared);  // where the desk was full: none, and it is read here
  start(api, exchange, admitted, std::move(body));
  co_return true;
}

// The answer names an entry that is not on disk yet.
http::Task<void> wait_until_durable(ApiContext& api, http::Exchange& exchange, Admitted& admitted) {
  admitted.call.reset();  // what is not needed any more is free again while others of its kind are at work
  const DurableReply reply = api.billing->reply_for(exchange, *admitted.entry);
  auto waited = http::Waited::signalled;
  if (reply.is_pending()) waited = co_await exchange.wait(reply.signal(), DurableReply::deadline_ns());
  if (auto durable = reply.outcome(waited); !durable) admitted.response = refusal(durable.error(), admitted.spec());
}

// Rationale: the steps are plain functions and what they keep lies elsewhere, because the frames of all that a request
// waits in are allocated per request, and asio keeps only those up to a kilobyte.
http::Task<void> run_infer(ApiContext& api, http::Exchange& exchange, std::unique_ptr<Admitted> admitted) {
  if (api.gate != nullptr && !admitted->pass && !co_await wait_and_enter(api, exchange, *admitted)) {
    co_await exchange.reply(std::move(admitted->response));
    co_return;
  }
  if (auto body = exchange.body_at_hand(body_limits(*admitted)))
    start(api, exchange, *admitted, std::move(*body));
  else if (!co_await read_and_start(api, exchange, *admitted))
    co_return;
  if (admitted->is_awaited) admitted->parts = co_await admitted->call->all();
  if (!answer(*admitted, exchange.take_spare_text())) co_return;
  if (admitted->entry && api.billing->has_to_wait(*admitted->entry))
    co_await wait_until_durable(api, exchange, *admitted);
  if (!exchange.reply_at_once(admitted->response)) co_await exchange.reply(std::move(admitted->response));
}

}  // namespace

// Filled in place: moving a call's strings about costs as much as reading the request's fields.
Result<PreparedInfer> prepare_infer(ReaderPool& readers, const BodyFormat& format, const http::Body& body,
                                    const runtime::ModelSpec& spec) {
  Result<PreparedInfer> prepared;
  auto done = format.form == BodyForm::media ? prepare_media(format, body, spec, *prepared)
                                             : prepare_tensors(readers, format, body, spec, *prepared);
  if (!done) prepared = std::unexpected(std::move(done.error()));
  return prepared;
}

Result<http::Response> render_infer(std::vector<runtime::OutputPart> parts, const AnswerForm& form,
                                    const runtime::ModelSpec& spec, std::string spare) {
  auto selected = select_outputs(parts, form.wanted, spec);
  if (!selected) return std::unexpected(std::move(selected.error()));
  V2Response answer;
  answer.model_name = spec.name;
  answer.model_version = spec.version;
  if (form.id) answer.id = *form.id;
  answer.outputs.reserve(selected->size());
  bool has_binary = false;
  for (std::size_t i = 0; i < selected->size(); ++i) {
    const bool is_binary =
        form.outputs.empty() ? form.binary_data_output : form.outputs[i].binary_data.value_or(form.binary_data_output);
    answer.outputs.push_back({(*selected)[i], is_binary});
    has_binary = has_binary || is_binary;
  }
  auto json = write_v2_response(answer, std::move(spare));
  if (!json) return std::unexpected(std::move(json.error()));
  http::Response response;
  response.body = std::move(*json);
  if (!has_binary) return response;
  auto memory = std::make_shared<AnswerMemory>();
  memory->binary = binary_chunks(answer);  // spans of payloads: these stay where they are when the parts move
  memory->parts = std::move(parts);
  response.content_type = "application/octet-stream";
  response.fields.emplace_back("Inference-Header-Content-Length", std::to_string(response.body.size()));
  response.chunks = std::move(memory->binary.chunks);
  response.owner = std::move(memory);
  return response;
}

http::Task<void> infer(ApiContext& api, http::Exchange& exchange, const ModelPath& path) {
  auto route = api.catalog.route(path.name, path.version, asker_of(api, exchange));
  if (!route) return http::answer_with(exchange, v2_error(why_none(api, path.name, path.version, route.error())));
  Entry entry;
  if (api.gate != nullptr) entry = api.gate->enter(exchange, *route->model);
  if (entry.refusal) return http::answer_with(exchange, std::move(*entry.refusal));
  auto format = body_format(exchange.head(), route->model->spec());
  if (!format) return http::answer_with(exchange, refusal(format.error(), route->model->spec()));
  const bool is_exact = !path.version.empty() && path.selector.empty();
  auto admitted = std::make_unique<Admitted>(std::move(*route), std::move(*format), is_exact, path.selector);
  admitted->pass = std::move(entry.pass);
  return run_infer(api, exchange, std::move(admitted));
}

}  // namespace stoa::api

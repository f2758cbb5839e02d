/* plugin.c: models that give back what they get, over the bare C ABI. They measure and test the host around them.
 * SPDX-License-Identifier: Apache-2.0
 * An input "in…" comes back as the output "out…". The parts that are emitted are views of the inputs, on the stack:
 * a part without release is copied by the host, so that one copy is the whole work, and nothing is allocated here. */
#include <stdio.h>
#include <string.h>

#include "stoa/ext/inline.h"
#include "stoa/manifest.h"
#include "stoa/stoa.h"

enum { kPartsMax = 16, kNameBytesMax = 24 };

static int is_wanted(const stoa_request* req, const char* name, uint64_t n) {
  for (uint32_t i = 0; i < req->n_outputs; ++i)
    if (req->outputs[i].n == n && memcmp(req->outputs[i].p, name, n) == 0) return 1;
  return req->n_outputs == 0;
}

static void answer(const stoa_request* req) {
  stoa_part parts[kPartsMax];
  stoa_part* pointers[kPartsMax];
  char names[kPartsMax][kNameBytesMax];
  uint32_t n = 0;
  /* The manifest has fewer and shorter ports than the bounds, and the host lets no other in. */
  for (uint32_t i = 0; i < req->n_inputs && n < kPartsMax; ++i) {
    const stoa_part* in = req->inputs[i];
    const uint64_t length = in->name.n + 1;
    if (in->name.n < 2 || length > kNameBytesMax) continue;
    memcpy(names[n], "out", 3);
    memcpy(names[n] + 3, in->name.p + 2, in->name.n - 2);
    if (!is_wanted(req, names[n], length)) continue;
    memset(&parts[n], 0, sizeof parts[n]);
    parts[n].struct_size = sizeof parts[n];
    parts[n].kind = in->kind;
    parts[n].name.p = names[n];
    parts[n].name.n = length;
    parts[n].u = in->u;
    pointers[n] = &parts[n];
    ++n;
  }
  stoa_status status = n == 0 ? STOA_OK : req->sink->emit(req, pointers, n, 0);
  while (status == STOA_WOULD_BLOCK) { /* never on the first emit of a request, so an inline call does not wait */
    status = req->sink->wait_writable(req, 0);
    if (status == STOA_OK) status = req->sink->emit(req, pointers, n, 0);
  }
  req->sink->finish(req, status, NULL);
}

static stoa_status submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)model, (void)err;
  for (uint32_t i = 0; i < n; ++i) answer(reqs[i]);
  return STOA_OK;
}

static void unload(stoa_model* model) { (void)model; }

/* A copy of a few KB and two calls into the host. The host measures for itself; this is only its first guess. */
static uint64_t expected_ns(stoa_model* model) { return (void)model, 2000; }
static const stoa_inline kInline = {expected_ns};

static const void* inline_extension(stoa_model* model, const char* id) {
  (void)model;
  return strcmp(id, STOA_EXT_INLINE) == 0 ? &kInline : NULL;
}

/* Nothing is loaded: the models are constants, and two loads of one name share it. */
static struct {
  const char* name;
  stoa_model model;
} models[] = {
    {"null", {NULL, submit, NULL, NULL, unload, inline_extension}},
    {"null-threaded", {NULL, submit, NULL, NULL, unload, NULL}},
    {"null-text", {NULL, submit, NULL, NULL, unload, inline_extension}},
    {"identity", {NULL, submit, NULL, NULL, unload, NULL}},
};

/* The record is the caller's, and may be an older one's that ends earlier. */
static stoa_status refuse(stoa_error* err, stoa_status code, const char* reason, const char* message) {
  if (STOA_HAS(stoa_error, err, code)) err->code = code;
  if (STOA_HAS(stoa_error, err, reason)) snprintf(err->reason, sizeof err->reason, "%s", reason);
  if (STOA_HAS(stoa_error, err, message)) snprintf(err->message, sizeof err->message, "%s", message);
  return code;
}

static stoa_status init(const stoa_host* host, stoa_error* err) { return (void)host, (void)err, STOA_OK; }

static stoa_status load(const stoa_load* load, stoa_model** out, stoa_error* err) {
  for (size_t i = 0; i < sizeof models / sizeof models[0]; ++i)
    if (load->model.n == strlen(models[i].name) && memcmp(load->model.p, models[i].name, load->model.n) == 0) {
      *out = &models[i].model;
      return STOA_OK;
    }
  return refuse(err, STOA_NOT_FOUND, "model.unknown", "the models are null, null-threaded, null-text and identity");
}

const stoa_entry* stoa_plugin_entry(uint32_t abi_min, uint32_t abi_max, stoa_error* err) {
  static stoa_entry entry = {STOA_ABI_VERSION, 0, {stoa_manifest_json, 0}, init, load, NULL, NULL};
  entry.manifest.n = stoa_manifest_json_size;
  if (abi_min <= STOA_ABI_VERSION && STOA_ABI_VERSION <= abi_max) return &entry;
  refuse(err, STOA_FAILED_PRECONDITION, "plugin.abi", "this plugin speaks ABI 1");
  return NULL;
}

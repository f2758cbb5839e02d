/* A plugin in C: answers a text with its length. SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "stoa/manifest.h"
#include "stoa/stoa.h"

static void answer(const stoa_request* req) {
  int64_t length = (int64_t)req->inputs[0]->u.bytes.n, shape = 1, stride = 1;
  DLManagedTensorVersioned tensor = {.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION}};
  tensor.dl_tensor = (DLTensor){
      .data = &length, .device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLInt, 64, 1}, .shape = &shape, .strides = &stride};
  stoa_part part = {.struct_size = sizeof part, .kind = STOA_PART_TENSOR, .name = {"length", 6}, .u.tensor = &tensor};
  stoa_part* parts[] = {&part}; /* no release: the host copies it inside emit */
  stoa_status status;
  while ((status = req->sink->emit(req, parts, 1, 0)) == STOA_WOULD_BLOCK)
    if ((status = req->sink->wait_writable(req, 0)) != STOA_OK) break;
  req->sink->finish(req, status, NULL);
}

static stoa_status submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)model, (void)err;
  for (uint32_t i = 0; i < n; ++i) answer(reqs[i]);
  return STOA_OK;
}

static void unload(stoa_model* model) { (void)model; }
static stoa_status init(const stoa_host* host, stoa_error* err) { return (void)host, (void)err, STOA_OK; }

static stoa_status load(const stoa_load* load, stoa_model** out, stoa_error* err) {
  static stoa_model model = {.submit = submit, .unload = unload};
  return (void)load, (void)err, *out = &model, STOA_OK;
}

const stoa_entry* stoa_plugin_entry(uint32_t abi_min, uint32_t abi_max, stoa_error* err) {
  static stoa_entry entry = {.abi = 1, .init = init, .load = load};
  entry.manifest = (stoa_str){stoa_manifest_json, stoa_manifest_json_size};
  if (abi_min <= 1 && abi_max >= 1) return &entry;
  err->code = STOA_FAILED_PRECONDITION;
  if (!STOA_HAS(stoa_error, err, message)) return NULL;
  snprintf(err->message, sizeof err->message, "plugin speaks ABI 1, host offers %u..%u", abi_min, abi_max);
  return NULL;
}

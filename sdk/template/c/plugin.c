/* @NAME@: twice every element of a tensor, in C. Yours goes into answer(). SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "stoa/manifest.h"
#include "stoa/stoa.h"

/* The host has checked the inputs against manifest.json: there is one, FP32, contiguous, in CPU memory. */
static stoa_status answer(const stoa_request* req) {
  const DLTensor* x = &req->inputs[0]->u.tensor->dl_tensor;
  const float* in = (const float*)((const char*)x->data + x->byte_offset);
  int64_t n = x->shape[0], stride = 1;
  float* out = malloc(n > 0 ? (size_t)n * sizeof *out : 1);
  if (out == NULL) return STOA_RESOURCE_EXHAUSTED;
  for (int64_t i = 0; i < n; ++i) out[i] = 2 * in[i];

  DLManagedTensorVersioned y = {.version = {DLPACK_MAJOR_VERSION, DLPACK_MINOR_VERSION}};
  y.dl_tensor = (DLTensor){
      .data = out, .device = {kDLCPU, 0}, .ndim = 1, .dtype = {kDLFloat, 32, 1}, .shape = &n, .strides = &stride};
  stoa_part part = {.struct_size = sizeof part, .kind = STOA_PART_TENSOR, .name = {"y", 1}, .u.tensor = &y};
  stoa_part* parts[] = {&part};
  stoa_status status; /* no release: the host copies the part */
  while ((status = req->sink->emit(req, parts, 1, 0)) == STOA_WOULD_BLOCK)
    if ((status = req->sink->wait_writable(req, 0)) != STOA_OK) break;
  free(out);
  return status;
}

static stoa_status submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)model, (void)err;
  for (uint32_t i = 0; i < n; ++i) reqs[i]->sink->finish(reqs[i], answer(reqs[i]), NULL);
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

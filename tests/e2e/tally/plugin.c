/* plugin.c: answers what libtally makes of the number it is sent. SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "stoa/manifest.h"
#include "stoa/stoa.h"
#include "tally.h"

static long number_of(stoa_str text) {
  long n = 0;
  for (uint64_t i = 0; i < text.n && i < 9 && text.p[i] >= '0' && text.p[i] <= '9'; ++i) n = n * 10 + (text.p[i] - '0');
  return n;
}

static stoa_status submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)model, (void)err;
  for (uint32_t r = 0; r < n; ++r) {
    const stoa_request* req = reqs[r];
    char answer[32];
    const int length = snprintf(answer, sizeof answer, "%ld", tally_of(number_of(req->inputs[0]->u.bytes)));
    stoa_part part;
    memset(&part, 0, sizeof part);
    part.struct_size = sizeof part;
    part.kind = STOA_PART_TEXT;
    part.name.p = "text";
    part.name.n = 4;
    part.u.bytes.p = answer;
    part.u.bytes.n = (uint64_t)length;
    stoa_part* const parts[1] = {&part};
    req->sink->finish(req, req->sink->emit(req, parts, 1, 0), NULL);
  }
  return STOA_OK;
}

static void unload(stoa_model* model) { (void)model; }

static stoa_status init(const stoa_host* host, stoa_error* err) { return (void)host, (void)err, STOA_OK; }

static stoa_status load(const stoa_load* load, stoa_model** out, stoa_error* err) {
  static stoa_model model = {NULL, submit, NULL, NULL, unload, NULL};
  (void)load, (void)err;
  *out = &model;
  return STOA_OK;
}

const stoa_entry* stoa_plugin_entry(uint32_t abi_min, uint32_t abi_max, stoa_error* err) {
  static stoa_entry entry = {STOA_ABI_VERSION, 0, {stoa_manifest_json, 0}, init, load, NULL, NULL};
  (void)err;
  entry.manifest.n = stoa_manifest_json_size;
  return abi_min <= STOA_ABI_VERSION && STOA_ABI_VERSION <= abi_max ? &entry : NULL;
}

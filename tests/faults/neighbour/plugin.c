/* plugin.c: the healthy neighbour: answers the checksum of its text, so that a wrong answer is noticed.
 * SPDX-License-Identifier: Apache-2.0
 * The answer is "<FNV-1a of the bytes, 64 bits, hexadecimal> <number of bytes>". */
#include <stdio.h>
#include <string.h>

#include "stoa/manifest.h"
#include "stoa/stoa.h"

static stoa_status submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)model, (void)err;
  for (uint32_t r = 0; r < n; ++r) {
    const stoa_request* req = reqs[r];
    const stoa_str text = req->inputs[0]->u.bytes;
    uint64_t sum = 0xcbf29ce484222325u; /* FNV-1a: http://www.isthe.com/chongo/tech/comp/fnv/ */
    for (uint64_t i = 0; i < text.n; ++i) sum = (sum ^ (unsigned char)text.p[i]) * 0x100000001b3u;
    char answer[64];
    const int length =
        snprintf(answer, sizeof answer, "%016llx %llu", (unsigned long long)sum, (unsigned long long)text.n);
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

// echo_plugin.h: the rest of a plugin around a function echo_moment(where, config): a model that answers its text.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_ECHO_PLUGIN_H
#define STOA_ECHO_PLUGIN_H
#include <string.h>

#include "stoa/manifest.h"
#include "stoa/stoa.h"

static void echo_moment(const char* where, stoa_str config);  // "load" and "submit", before anything else is done

static char echo_config[256];

static stoa_status echo_submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)model, (void)err;
  echo_moment("submit", (stoa_str){echo_config, strlen(echo_config)});
  for (uint32_t i = 0; i < n; ++i) {
    stoa_part part = *reqs[i]->inputs[0];
    stoa_part* parts[] = {&part};
    stoa_status status;
    part.release = NULL;
    while ((status = reqs[i]->sink->emit(reqs[i], parts, 1, 0)) == STOA_WOULD_BLOCK)
      if ((status = reqs[i]->sink->wait_writable(reqs[i], 0)) != STOA_OK) break;
    reqs[i]->sink->finish(reqs[i], status, NULL);
  }
  return STOA_OK;
}

static void echo_unload(stoa_model* model) { (void)model; }
static stoa_status echo_init(const stoa_host* host, stoa_error* err) { return (void)host, (void)err, STOA_OK; }

static stoa_status echo_load(const stoa_load* load, stoa_model** out, stoa_error* err) {
  static stoa_model model = {.submit = echo_submit, .unload = echo_unload};
  (void)err;
  echo_moment("load", load->config_json);
  memset(echo_config, 0, sizeof echo_config);
  if (load->config_json.n > 0 && load->config_json.n < sizeof echo_config)
    memcpy(echo_config, load->config_json.p, load->config_json.n);
  *out = &model;
  return STOA_OK;
}

const stoa_entry* stoa_plugin_entry(uint32_t abi_min, uint32_t abi_max, stoa_error* err) {
  static stoa_entry entry = {.abi = 1, .init = echo_init, .load = echo_load};
  entry.manifest = (stoa_str){stoa_manifest_json, stoa_manifest_json_size};
  if (abi_min <= 1 && abi_max >= 1) return &entry;
  err->code = STOA_FAILED_PRECONDITION;
  if (STOA_HAS(stoa_error, err, message)) memcpy(err->message, "plugin speaks ABI 1", 20);
  return NULL;
}
#endif

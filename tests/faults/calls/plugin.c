/* plugin.c: one model per kind of fault: what it was loaded as is what it does. SPDX-License-Identifier: Apache-2.0
 * Before it acts it says so through the host's log: a fault that was optimised away would prove nothing. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "stoa/ext/batching.h"
#include "stoa/ext/log.h"
#include "stoa/manifest.h"

static const fault_kind* const kFamilies[] = {fault_crashes, fault_hangs,    fault_resources, fault_trespass,
                                              fault_arena,   fault_protocol, fault_answers,   fault_batching};
static const stoa_host* the_host;

static const fault_kind* find(stoa_str name) {
  for (size_t f = 0; f < sizeof kFamilies / sizeof kFamilies[0]; ++f)
    for (const fault_kind* kind = kFamilies[f]; kind->name != NULL; ++kind)
      if (strlen(kind->name) == name.n && memcmp(kind->name, name.p, name.n) == 0) return kind;
  return NULL;
}

void fault_say_fired(stoa_model* model, const stoa_request* req) {
  const fault_call said = {the_host, model->self, req}, *call = &said;
  const stoa_host_log* log = fault_table(call, "stoa.host.log/1");
  char injection[kArgumentBytesMax] = "none", line[kArgumentBytesMax + 128];
  fault_argument(call, "injection", injection);
  snprintf(line, sizeof line, "fault fired kind=%s injection=%s", call->model->kind->name, injection);
  if (log != NULL) log->log(call->host, STOA_LOG_INFO, call->req, fault_text(line), fault_text(""));
  /* Inside the host a crash takes the host's log buffer along: there the request asks for a line on stderr, too. */
  if (!fault_argument(call, "proof", injection)) return;
  strncat(line, "\n", sizeof line - strlen(line) - 1);
  if (write(STDERR_FILENO, line, strlen(line)) < 0) return;
}

static stoa_status submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)err;
  fault_model* self = model->self;
  for (uint32_t i = 0; i < n; ++i) {
    fault_call call = {the_host, self, reqs[i]};
    __atomic_add_fetch(&self->in_flight, 1, __ATOMIC_SEQ_CST);
    if (fault_batching_table(self->kind) == NULL) fault_say_fired(model, reqs[i]);
    self->kind->act(&call);
    __atomic_sub_fetch(&self->in_flight, 1, __ATOMIC_SEQ_CST);
  }
  return STOA_OK;
}

static const void* extension(stoa_model* model, const char* id) {
  return strcmp(id, STOA_EXT_BATCHING) == 0 ? fault_batching_table(((fault_model*)model->self)->kind) : NULL;
}

static void unload(stoa_model* model) {
  fault_model* self = model->self;
  free(self->maps_at_load);
  free(self);
}

/* Stays readable to those faults that may open nothing once the model serves. */
static char* read_maps(void) {
  enum { kMapsBytesMax = 1 << 20 };
  const int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  if (file < 0) return NULL;
  char* text = malloc(kMapsBytesMax);
  size_t n = 0;
  for (ssize_t got; text != NULL && n < kMapsBytesMax - 1 && (got = read(file, text + n, kMapsBytesMax - 1 - n)) > 0;)
    n += (size_t)got;
  close(file);
  if (text != NULL) text[n] = 0;
  return text;
}

static stoa_status init(const stoa_host* host, stoa_error* err) {
  (void)err;
  the_host = host;
  return STOA_OK;
}

static stoa_status refuse(stoa_error* err, stoa_status code, const char* reason, const char* message) {
  err->code = code;
  snprintf(err->reason, sizeof err->reason, "%s", reason);
  snprintf(err->message, sizeof err->message, "%s", message);
  return code;
}

static stoa_status load(const stoa_load* load, stoa_model** out, stoa_error* err) {
  const fault_kind* kind = find(load->model);
  if (kind == NULL) return refuse(err, STOA_NOT_FOUND, "model.unknown", "no fault is called so");
  fault_model* model = calloc(1, sizeof *model);
  if (model == NULL) return refuse(err, STOA_RESOURCE_EXHAUSTED, "model.memory", "no memory for a model");
  model->table.self = model;
  model->table.submit = submit;
  model->table.cancel = kind->cancel;
  model->table.unload = unload;
  model->table.get_extension = extension;
  model->kind = kind;
  model->maps_at_load = read_maps();
  *out = &model->table;
  return STOA_OK;
}

const stoa_entry* stoa_plugin_entry(uint32_t abi_min, uint32_t abi_max, stoa_error* err) {
  static stoa_entry entry = {STOA_ABI_VERSION, 0, {stoa_manifest_json, 0}, init, load, NULL, NULL};
  entry.manifest.n = stoa_manifest_json_size;
  if (abi_min <= STOA_ABI_VERSION && STOA_ABI_VERSION <= abi_max) return &entry;
  refuse(err, STOA_FAILED_PRECONDITION, "plugin.abi", "this plugin speaks ABI 1");
  return NULL;
}

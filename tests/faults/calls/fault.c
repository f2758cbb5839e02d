/* fault.c: arguments and answers of the faults. SPDX-License-Identifier: Apache-2.0 */
#include "fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fault_argument(const fault_call* call, const char* name, char* out) {
  if (call->req->n_inputs == 0 || call->req->inputs[0]->kind != STOA_PART_TEXT) return 0;
  const stoa_str text = call->req->inputs[0]->u.bytes;
  const size_t length = strlen(name);
  uint64_t at = 0;
  while (at < text.n) {
    uint64_t end = at;
    while (end < text.n && text.p[end] != ' ') ++end;
    if (end - at > length && memcmp(text.p + at, name, length) == 0 && text.p[at + length] == '=') {
      size_t n = (size_t)(end - at) - length - 1;
      if (n >= kArgumentBytesMax) n = kArgumentBytesMax - 1;
      memcpy(out, text.p + at + length + 1, n);
      out[n] = 0;
      return 1;
    }
    at = end + 1;
  }
  return 0;
}

long fault_number(const fault_call* call, const char* name, long otherwise) {
  char text[kArgumentBytesMax];
  return fault_argument(call, name, text) ? strtol(text, NULL, 10) : otherwise;
}

const void* fault_table(const fault_call* call, const char* id) { return call->host->get_extension(call->host, id); }

stoa_str fault_text(const char* text) {
  const stoa_str s = {text, strlen(text)};
  return s;
}

stoa_part fault_text_part(const char* text) {
  stoa_part part;
  memset(&part, 0, sizeof part);
  part.struct_size = sizeof part;
  part.kind = STOA_PART_TEXT;
  part.name = fault_text("text");
  part.u.bytes = fault_text(text);
  return part;
}

stoa_status fault_emit(const stoa_request* req, stoa_part* part) {
  stoa_part* const parts[1] = {part};
  stoa_status status = req->sink->emit(req, parts, 1, 0);
  while (status == STOA_WOULD_BLOCK) {
    status = req->sink->wait_writable(req, 0);
    if (status == STOA_OK) status = req->sink->emit(req, parts, 1, 0);
  }
  return status;
}

void fault_finish(const stoa_request* req, stoa_status status) { req->sink->finish(req, status, NULL); }

void fault_answer(const fault_call* call, const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  stoa_part part = fault_text_part(text);
  fault_finish(call->req, fault_emit(call->req, &part));
}

void fault_refused(const fault_call* call, int error, const char* what) {
  fault_answer(call, "refused: %s (%s)", strerrorname_np(error) ? strerrorname_np(error) : "no error", what);
}

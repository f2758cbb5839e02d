/* answers.c: faults in what is answered: lengths, types, texts, sizes. SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fault.h"

static void leave_tensor(DLManagedTensorVersioned* tensor) { (void)tensor; }

/* Four floats under whatever shape and type a fault claims. */
static void answer_tensor(fault_call* call, float* data, int64_t* shape, int32_t ndim, DLDataType type) {
  DLManagedTensorVersioned tensor;
  memset(&tensor, 0, sizeof tensor);
  tensor.version.major = DLPACK_MAJOR_VERSION;
  tensor.version.minor = DLPACK_MINOR_VERSION;
  tensor.deleter = leave_tensor;
  tensor.dl_tensor.data = data;
  tensor.dl_tensor.device.device_type = kDLCPU;
  tensor.dl_tensor.ndim = ndim;
  tensor.dl_tensor.dtype = type;
  tensor.dl_tensor.shape = shape;
  stoa_part part = fault_text_part("");
  part.kind = STOA_PART_TENSOR;
  part.name = fault_text("numbers");
  part.u.tensor = &tensor;
  fault_finish(call->req, fault_emit(call->req, &part));
}

static const DLDataType kFloat = {kDLFloat, 32, 1};
static float numbers[4] = {1, 2, 3, 4};

static void lying_shape(fault_call* call) {
  int64_t shape[1] = {1ll << 40};
  answer_tensor(call, numbers, shape, 1, kFloat);
}

static void overflowing_shape(fault_call* call) {
  int64_t shape[4] = {1ll << 32, 1ll << 32, 1ll << 32, 4};
  answer_tensor(call, numbers, shape, 4, kFloat);
}

static void negative_shape(fault_call* call) {
  int64_t shape[1] = {-4};
  answer_tensor(call, numbers, shape, 1, kFloat);
}

static void negative_ndim(fault_call* call) {
  int64_t shape[1] = {4};
  answer_tensor(call, numbers, shape, -1, kFloat);
}

static void huge_ndim(fault_call* call) {
  int64_t shape[1] = {4};
  answer_tensor(call, numbers, shape, 0x7fffffff, kFloat);
}

static void null_data(fault_call* call) {
  int64_t shape[1] = {4};
  answer_tensor(call, NULL, shape, 1, kFloat);
}

static void null_shape(fault_call* call) { answer_tensor(call, numbers, NULL, 1, kFloat); }

static void wrong_dtype(fault_call* call) {
  static const DLDataType kNone = {250, 255, 65535};
  int64_t shape[1] = {4};
  answer_tensor(call, numbers, shape, 1, kNone);
}

static void nan_flood(fault_call* call) {
  enum { kNumbers = 1 << 16 };
  static float many[kNumbers];
  int64_t shape[1] = {kNumbers};
  for (int i = 0; i < kNumbers; ++i) many[i] = NAN;
  answer_tensor(call, many, shape, 1, kFloat);
}

static void answer_bytes(fault_call* call, const char* p, uint64_t n) {
  stoa_part part = fault_text_part("");
  part.u.bytes.p = p;
  part.u.bytes.n = n;
  fault_finish(call->req, fault_emit(call->req, &part));
}

static void lying_length(fault_call* call) { answer_bytes(call, "short", 1ull << 40); }

static void null_text(fault_call* call) { answer_bytes(call, NULL, 4096); }

static void invalid_utf8(fault_call* call) { answer_bytes(call, "\xff\xfe\xc3(\xed\xa0\x80", 8); }

static void huge_output(fault_call* call) {
  const size_t n = 1u << 30;
  char* block = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (block == MAP_FAILED) return fault_answer(call, "refused: a block of 1 GiB");
  memset(block, 'h', n);
  answer_bytes(call, block, n);
  munmap(block, n);
}

static void zero_outputs(fault_call* call) {
  stoa_part* const parts[1] = {NULL};
  const stoa_status status = call->req->sink->emit(call->req, parts, 0, 0);
  fault_finish(call->req, status);
}

static void unknown_output(fault_call* call) {
  stoa_part part = fault_text_part("under another name");
  part.name = fault_text("elsewhere");
  fault_finish(call->req, fault_emit(call->req, &part));
}

/* A stream in a model that does not stream, of more parts than any queue should hold. */
static void endless_stream(fault_call* call) {
  stoa_part part = fault_text_part("more, ");
  stoa_status status = STOA_OK;
  for (int i = 0; i < 10000000 && status == STOA_OK && stoa_cancelled(call->req) == STOA_OK; ++i)
    status = fault_emit(call->req, &part);
  fault_finish(call->req, status);
}

static void unknown_kind_of_part(fault_call* call) {
  stoa_part part = fault_text_part("of no kind");
  part.kind = 0xdeadbeef;
  fault_finish(call->req, fault_emit(call->req, &part));
}

static void throw_through_boundary(fault_call* call) { fault_throw(call); }

const fault_kind fault_answers[] = {{"lying-shape", lying_shape, NULL},
                                    {"overflowing-shape", overflowing_shape, NULL},
                                    {"negative-shape", negative_shape, NULL},
                                    {"negative-ndim", negative_ndim, NULL},
                                    {"huge-ndim", huge_ndim, NULL},
                                    {"null-data", null_data, NULL},
                                    {"null-shape", null_shape, NULL},
                                    {"wrong-dtype", wrong_dtype, NULL},
                                    {"nan-flood", nan_flood, NULL},
                                    {"lying-length", lying_length, NULL},
                                    {"null-text", null_text, NULL},
                                    {"invalid-utf8", invalid_utf8, NULL},
                                    {"huge-output", huge_output, NULL},
                                    {"zero-outputs", zero_outputs, NULL},
                                    {"unknown-output", unknown_output, NULL},
                                    {"endless-stream", endless_stream, NULL},
                                    {"unknown-kind-of-part", unknown_kind_of_part, NULL},
                                    {"throw-through-boundary", throw_through_boundary, NULL},
                                    {NULL, NULL, NULL}};

// throws.cpp: the one fault that C cannot write. SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "fault.h"

void fault_throw(fault_call* call) {
  if (call->req->id != 0) throw std::runtime_error("through the boundary");
}

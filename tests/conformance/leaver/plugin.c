// plugin.c: ends its process, as if all were well, where its configuration says. SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>

#include "tests/conformance/echo_plugin.h"

static void echo_moment(const char* where, stoa_str config) {
  char wanted[32];
  const int n = snprintf(wanted, sizeof wanted, "\"%s\"", where);
  for (uint64_t at = 0; at + (uint64_t)n <= config.n; ++at)
    if (memcmp(config.p + at, wanted, (size_t)n) == 0) exit(0);
}

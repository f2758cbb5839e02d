/* tally.c: a library of which two versions are about, under one soname. SPDX-License-Identifier: Apache-2.0 */
#include "tally.h"

long tally_of(long n) { return n * TALLY_FACTOR; }

/* tally.h: libtally's only function. SPDX-License-Identifier: Apache-2.0 */
#ifndef STOA_TESTS_TALLY_H
#define STOA_TESTS_TALLY_H
long tally_of(long n); /* n times 2 in one version, times 3 in the other */
#endif

#!/usr/bin/env python3
"""minimal_test.py: counts the lines of the minimal plugins: at most 15 of C++, at most 45 of C.

SPDX-License-Identifier: Apache-2.0
"""
import pathlib
import sys

LIMITS = {"examples/cpp_minimal/plugin.cpp": 15, "examples/c_minimal/plugin.c": 45, "sdk/include/stoa/stoa.h": 150}

failed = False
for path, limit in LIMITS.items():
    lines = (pathlib.Path(sys.argv[1]) / path).read_text().splitlines()
    longest = max(len(line) for line in lines)
    print(f"{path}: {len(lines)} lines, at most {limit}; longest line {longest}")
    failed |= len(lines) > limit or longest > 120  # no fewer lines by longer ones
sys.exit(1 if failed else 0)

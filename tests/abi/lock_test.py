#!/usr/bin/env python3
"""lock_test.py: proves on changed copies of the headers that the layout lock fires, and that appending passes.

SPDX-License-Identifier: Apache-2.0

  lock_test.py SOURCE_DIR COMPILER
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

# (what is done to the ABI, file, text, replacement, whether the old lock must still compile)
CHANGES = [
    ("nothing", "stoa.h", "", "", True),
    ("a record grows at its end", "stoa.h", "uint32_t max_inflight, n_threads;",
     "uint32_t max_inflight, n_threads; uint64_t added;", True),
    ("a new value", "ext/health.h", "STOA_HEALTH_ANSWERS = 2", "STOA_HEALTH_ANSWERS = 2, STOA_HEALTH_MORE = 3", True),
    ("a comment", "stoa.h", "---- the three objects", "---- three objects", True),
    ("a field is inserted", "stoa.h", "uint64_t memory_budget;", "uint64_t added, memory_budget;", False),
    ("two fields change places", "stoa.h", "stoa_str model, config_json;", "stoa_str config_json, model;", False),
    ("a field changes its type", "stoa.h", "uint64_t memory_budget;", "int64_t memory_budget;", False),
    ("a field is renamed", "stoa.h", "uint64_t memory_budget;", "uint64_t memory_bytes;", False),
    ("a table grows", "ext/card.h", "} stoa_card;", "void (*more)(void); } stoa_card;", False),
    ("a function gets a parameter", "ext/card.h", "(*json)(stoa_model *model)", "(*json)(stoa_model *model, int n)",
     False),
    ("a function returns something else", "stoa.h", "void (*unload)(stoa_model *model)",
     "int (*unload)(stoa_model *model)", False),
    ("two functions change places", "ext/session.h", "void (*close)", "void (*moved)", False),
    ("a value changes", "stoa.h", "STOA_WOULD_BLOCK = 17", "STOA_WOULD_BLOCK = 18", False),
    ("a value goes", "ext/log.h", "STOA_LOG_WARN = 30, ", "", False),
    ("an id changes", "ext/log.h", '"stoa.host.log/1"', '"stoa.host.log/2"', False),
    ("an array grows inside a record", "stoa.h", "char reason[64]", "char reason[80]", False),
]


def compiles(compiler, language, include, lock):
    standard = {"c": "-std=c11", "c++": "-std=c++17"}[language]
    return subprocess.run([compiler, "-x", language, standard, "-Wall", "-Werror", f"-I{include}", f"-I{lock}",
                           "-fsyntax-only", "-"], input='#include "layout_v1.h"\n', text=True, capture_output=True,
                          timeout=60).returncode == 0


def main():
    sdk, compiler = pathlib.Path(sys.argv[1]) / "sdk", sys.argv[2]
    failures = 0
    for what, file, text, replacement, passes in CHANGES:
        with tempfile.TemporaryDirectory() as folder:
            include = pathlib.Path(folder)
            shutil.copytree(sdk / "include/stoa", include / "stoa")
            header = include / "stoa" / file
            before = header.read_text()
            if text not in before:
                print(f"{what}: {file} no longer has the text {text!r}; this table must follow it")
                failures += 1
                continue
            header.write_text(before.replace(text, replacement, 1) if text else before)
            for language in ("c", "c++"):
                if compiles(compiler, language, include, sdk / "abi") != passes:
                    print(f"{what}: the lock {'fails' if passes else 'compiles'} as {language}")
                    failures += 1
    print(f"{len(CHANGES)} changes, {failures} surprises")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

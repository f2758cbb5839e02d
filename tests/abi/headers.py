#!/usr/bin/env python3
"""headers.py: compiles every public header alone, in every standard a partner may use, without a warning.

SPDX-License-Identifier: Apache-2.0

  headers.py SOURCE_DIR COMPILER     COMPILER: 12 of gcc, 14 or 19 of clang, as gcc-12, clang-14, clang-19

Exit 77 (skipped) where the compiler is not installed.
"""
import concurrent.futures
import pathlib
import re
import shutil
import subprocess
import sys

STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-fsyntax-only"]
C_STANDARDS = ["c11", "c17"]
CPP_STANDARDS = ["c++11", "c++14", "c++17", "c++20", "c++2b"]  # c++2b: what all three call C++23
LATER_STANDARDS = ["c++20", "c++2b"]  # of the authors' layer: plugin.hpp, which includes all of it
HOST_ONLY = {"result.hpp"}  # std::expected: the C++23 side of the house, not installed


def jobs(source, compiler):
    """(compiler command, standard, header): one translation unit that includes one header, and the lock."""
    cpp_compiler = compiler.replace("gcc", "g++").replace("clang", "clang++")
    sdk = source / "sdk"
    includes = [f"-I{sdk}/include", f"-I{sdk}/cpp/include", f"-I{sdk}/abi"]
    c_headers = sorted(h.relative_to(sdk / "include").as_posix() for h in (sdk / "include").rglob("*.h"))
    for header in c_headers + ["layout_v1.h"]:
        for standard in C_STANDARDS:
            yield [compiler, "-x", "c", f"-std={standard}", *STRICT, *includes], header
        for standard in CPP_STANDARDS:
            yield [cpp_compiler, "-x", "c++", f"-std={standard}", *STRICT, *includes], header
    for header in sorted((sdk / "cpp/include/stoa").glob("*.hpp")):
        for standard in ["c++17"] + (LATER_STANDARDS if header.name == "plugin.hpp" else []):
            if header.name not in HOST_ONLY:
                yield [cpp_compiler, "-x", "c++", f"-std={standard}", *STRICT, *includes], f"stoa/{header.name}"
    # The released headers must still say what the lock says.
    for standard in ("c11", "c++17"):
        language = "c++" if "+" in standard else "c"
        frozen = [f"-I{sdk}/abi/v1/include", f"-I{sdk}/abi"]
        yield [cpp_compiler if language == "c++" else compiler, "-x", language, f"-std={standard}", *STRICT,
               *frozen], "layout_v1.h"


def compile_alone(job):
    command, header = job
    done = subprocess.run([*command, "-"], input=f'#include "{header}"\n', text=True, capture_output=True, timeout=120)
    return "" if done.returncode == 0 else f"{' '.join(command)}: {header}\n{done.stderr}"


def main():
    source, compiler = pathlib.Path(sys.argv[1]), sys.argv[2]
    if not re.fullmatch(r"(gcc|clang)-\d+", compiler):
        sys.exit(f"{compiler} is not of the form gcc-12 or clang-19")
    if not shutil.which(compiler) or not shutil.which(compiler.replace("gcc", "g++").replace("clang", "clang++")):
        print(f"skipped: {compiler} is not installed (apt-get install {compiler.replace('gcc', 'g++')})")
        return 77
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(compile_alone, jobs(source, compiler)))
    failures = [r for r in results if r]
    print("\n".join(failures[:10]))
    print(f"{compiler}: {len(results)} compiles, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""headers_alone.py: every header of the house compiles alone: the precompiled headers of the build would hide what one of them forgot
to include.

SPDX-License-Identifier: Apache-2.0

  headers_alone.py SOURCE_DIR BINARY_DIR [--part I/N]

What held is remembered in BINARY_DIR under a digest of the header and of all of ours that it includes, so that a second run looks only at
what has changed. --part: every Nth header, beginning with the Ith.
Exit 77 (skipped) where clang++-19 is not installed.
"""
import argparse
import concurrent.futures
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import sys

COMPILER = "clang++-19"
ROOMS = ("host", "registry", "licensing", "tests")
FLAGS = ["-x", "c++", "-std=c++23", "-fsyntax-only", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wnon-virtual-dtor",
         "-Woverloaded-virtual", "-Wcast-qual", "-Werror", '-DSTOA_VERSION="0"', "-DBOOST_ASIO_NO_DEPRECATED", "-DBOOST_DLL_USE_STD_FS"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)


class House:
    def __init__(self, source):
        self.source, self.digests = source, {}
        self.places = [source, source / "sdk/include", source / "sdk/cpp/include"]

    def headers(self):
        for room in ROOMS:
            yield from sorted(path.relative_to(self.source).as_posix() for path in (self.source / room).rglob("*.hpp"))

    def found(self, name, beside):
        return next((at for at in (beside / name, *(place / name for place in self.places)) if at.is_file()), None)

    def digest(self, path):
        """Of its text and, once each, of ours that it includes."""
        seen, todo, total = {path}, [path], hashlib.sha256(" ".join(FLAGS).encode())
        while todo:
            at = todo.pop()
            text = at.read_bytes()
            total.update(hashlib.sha256(text).digest())
            for name in INCLUDE.findall(text.decode()):
                included = self.found(name, at.parent)
                if included is not None and included not in seen:
                    seen.add(included)
                    todo.append(included)
        return total.hexdigest()

    def complaint(self, header):
        command = [COMPILER, *FLAGS, *(f"-I{place}" for place in self.places), "-"]
        done = subprocess.run(command, input=f'#include "{header}"\n', text=True, capture_output=True, timeout=300)
        return "" if done.returncode == 0 else f"{header} does not compile alone:\n{done.stderr[:3000]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("source", type=pathlib.Path)
    parser.add_argument("binary", type=pathlib.Path)
    parser.add_argument("--part", default="1/1")
    arguments = parser.parse_args()
    if not shutil.which(COMPILER):
        print(f"skipped: {COMPILER} is not installed (apt-get install clang-19)")
        return 77
    first, step = (int(number) for number in arguments.part.split("/"))
    house, memory = House(arguments.source.resolve()), arguments.binary / "headers_alone.txt"
    known = set(memory.read_text().split()) if memory.exists() else set()
    wanted = {header: house.digest(house.source / header) for header in list(house.headers())[first - 1::step]}
    todo = [header for header, digest in wanted.items() if digest not in known]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = dict(zip(todo, pool.map(house.complaint, todo)))
    good = {wanted[header] for header, complaint in complaints.items() if not complaint}
    memory.write_text("\n".join(sorted(known | good)) + "\n")
    failed = [complaint for complaint in complaints.values() if complaint]
    print("\n".join(failed[:10]))
    print(f"{len(wanted)} headers, {len(todo)} compiled, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

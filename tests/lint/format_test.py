#!/usr/bin/env python3
"""format_test.py: every C and C++ source of the tree is as clang-format-19 writes it.

SPDX-License-Identifier: Apache-2.0
usage: format_test.py TREE      what is exempt, and why: .clang-format-ignore
Exit 77 (skipped) where clang-format-19 is not installed.
"""
import pathlib
import shutil
import subprocess
import sys

from lint import CODE, files_of

FORMAT = "clang-format-19"  # other versions write other things
ROOMS = ("examples/", "host/", "licensing/", "plugins/", "registry/", "sdk/", "tests/")


def main():
    tree = pathlib.Path(sys.argv[1]).resolve()
    if not shutil.which(FORMAT):
        print(f"skipped: {FORMAT} is not installed (apt-get install {FORMAT})")
        return 77
    sources = [f for f in files_of(tree) if f.startswith(ROOMS) and f.endswith(CODE)]
    done = subprocess.run([FORMAT, "--dry-run", "-Werror", *sources], cwd=tree, capture_output=True, text=True, timeout=50)
    wrong = sorted({line.split(":")[0] for line in done.stderr.splitlines() if "-Wclang-format-violations" in line})
    for path in wrong:
        print(f"{path}: not formatted; instead: {FORMAT} -i {path}")
    if done.returncode != 0 and not wrong:
        print(done.stderr)
    print(f"{len(sources)} files, {len(wrong)} findings")
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())

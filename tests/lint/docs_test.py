#!/usr/bin/env python3
"""docs_test.py: code in docs is compiled: a block under `<!-- from: FILE -->` is that file, which a test builds.

SPDX-License-Identifier: Apache-2.0

  docs_test.py SOURCE_DIR [--write]     --write puts the files' text into the blocks
"""
import pathlib
import re
import sys

BLOCK = re.compile(r"(<!-- from: (\S+) -->\n```\w*\n)(.*?)(\n```)", re.S)

source = pathlib.Path(sys.argv[1])
blocks, stale = 0, []
for page in sorted((source / "docs").rglob("*.md")):
    text = page.read_text()
    for _, file, shown, _ in BLOCK.findall(text):
        blocks += 1
        if (source / file).read_text().rstrip() != shown:
            stale.append(f"{page.relative_to(source)}: the block from {file} is not that file")
    if "--write" in sys.argv:
        page.write_text(BLOCK.sub(lambda m: m[1] + (source / m[2]).read_text().rstrip() + m[4], text))
print("\n".join(stale))
print(f"{blocks} blocks, {len(stale)} stale (tests/lint/docs_test.py . --write renews them)")
sys.exit(1 if stale and "--write" not in sys.argv else 0)

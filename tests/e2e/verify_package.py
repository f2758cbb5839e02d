"""verify_package.py: the lines of docs/how-to/verify-a-package.md, as they stand, say of good packages that they are good and of
changed ones that they are not; `stoa inspect` says the same.

SPDX-License-Identifier: Apache-2.0
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from package_maker import Draft, Key, archive, entries_of, envelope
from stoa_host import BUILD, check, skip, staging, stoa

PAGE = pathlib.Path(os.environ.get("STOA_SOURCE_DIR", ".")) / "docs/how-to/verify-a-package.md"
NAMES = "PACKAGE=acme-vision-1.2.0.stoa KEY=acme.pub.pem\n"  # what a reader replaces


def by_the_page(lines, package, key, folder):
    """The exit status of the page's lines, and what they said."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], cwd=folder, capture_output=True, text=True,
                          timeout=60, env={**os.environ, "PACKAGE": str(package), "KEY": str(key), "LC_ALL": "C"})
    return done.returncode, done.stdout + done.stderr


def by_stoa(package, key, publisher):
    return subprocess.run([os.path.join(BUILD, "bin/stoa"), "inspect", package, "--trust", f"{publisher}={key}"],
                          capture_output=True, timeout=60).returncode


def main():
    for tool in ("jq", "openssl", "tar"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    blocks = re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(), re.S | re.M)
    check(len(blocks) == 2 and blocks[0].startswith(NAMES), "the page has other blocks than this test runs")
    lines = "".join(blocks).replace(NAMES, "")
    plugin = staging("null")
    with tempfile.TemporaryDirectory(prefix="stoa-verify-") as name:
        folder = pathlib.Path(name)
        mine, other = (Key.make(folder, who) for who in ("mine", "other"))
        good, bad = folder / "good.stoa", folder / "bad.stoa"
        stoa("pack", plugin, "-o", folder / "unsigned.stoa")
        stoa("sign", folder / "unsigned.stoa", "--key", mine.private, "-o", good)
        package = good.read_bytes()
        entries = entries_of(package)
        public = folder / "mine.pub.pem"

        status, said = by_the_page(lines, good, public, folder / "work")
        check(status == 0 and "Signature Verified Successfully" in said, f"a good package: {status} {said}")
        check(all(f"{path}: OK" in said for path, _ in entries[2:]), f"not every file was looked at: {said}")
        check(by_stoa(good, public, "stoa-demo") == 0, "stoa inspect refuses the good package")
        # Made without a line of ours: by Python and openssl.
        bad.write_bytes(Draft(package, mine).bytes())
        check(by_the_page(lines, bad, public, folder / "work")[0] == 0, "a package made by hand is refused by the page")
        check(by_stoa(bad, public, "stoa-demo") == 0, "a package made by hand is refused by stoa inspect")

        def changed(at, data):
            return archive([(path, data if i == at else old) for i, (path, old) in enumerate(entries)])
        manifest, signed = entries[0][1], entries[1][1]
        rows = {
            "manifest": changed(0, manifest.replace(b'"stoa-demo/', b'"evil-demo/')),
            "envelope of another manifest": changed(1, envelope(manifest + b" ", mine)),
            "signature of another manifest": changed(1, envelope(manifest, mine, manifest + b" ")),
            "signed by another key": changed(1, envelope(manifest, other)),
            "another key under the right id": changed(1, envelope(manifest, other).replace(other.id.encode(), mine.id.encode())),
            "signature of zeros": changed(1, re.sub(rb'"sig":"[^"]*"', b'"sig":"' + b"A" * 86 + b'=="', signed)),
            "library": changed(2, entries[2][1][:-1] + bytes([entries[2][1][-1] ^ 1])),
            "library left out": archive(entries[:2] + entries[3:]),
            "no signature": archive(entries[:1] + entries[2:]),
        }
        for what, data in rows.items():
            bad.write_bytes(data)
            status, said = by_the_page(lines, bad, public, folder / "work")
            check(status != 0, f"{what}: the page's lines find nothing wrong: {said}")
            check(by_stoa(bad, public, "stoa-demo") != 0, f"{what}: stoa inspect finds nothing wrong")
        check(by_the_page(lines, good, folder / "other.pub.pem", folder / "work")[0] != 0, "any key will do")
        print(f"2 good packages and {len(rows)} changed ones: the page's lines and stoa inspect agree")


if __name__ == "__main__":
    sys.exit(main())

"""quickstart.py: the command of the README, word by word, and what it prints. SPDX-License-Identifier: Apache-2.0"""
import os
import subprocess
import sys

from stoa_host import check, staging

SOURCE = os.environ.get("STOA_SOURCE_DIR", ".")


def main():
    staging("image_classify")  # where libtorch is absent there is no image model to ask
    done = subprocess.run([os.path.join(SOURCE, "examples/quickstart.sh"), "--once", "--port", "0", "--no-install"],
                          capture_output=True, text=True, timeout=1500)
    print(done.stdout[-6000:], done.stderr[-2000:])
    check(done.returncode == 0, f"it ended with {done.returncode}")
    for picture, label in (("ankle_boot.png", "Ankle boot"), ("trouser.png", "Trouser"), ("bag.png", "Bag")):
        check(f"{picture}: {label} (" in done.stdout, f"{picture} was not called {label}")
    check("without a key: 401 key.missing" in done.stdout, "a call without a key was not refused for its reason")
    for said, what in (("holds: entry", "the receipt"), ("to their sum", "the audit"), ("Statement of publisher/stoa-demo", "the statement"),
                       ("-0.007 EUR", "the publisher's 70 %"), ("-0.002 EUR", "the data's 20 %"), ("-0.001 EUR", "the platform's 10 %")):
        check(said in done.stdout, f"{what} is not shown")
    check("half a key: 401 key.malformed" in done.stdout, "a call with a mistyped key was not refused for its reason")


if __name__ == "__main__":
    sys.exit(main())

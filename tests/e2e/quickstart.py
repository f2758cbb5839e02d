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
    print(done.stdout[-3000:], done.stderr[-2000:])
    check(done.returncode == 0, f"it ended with {done.returncode}")
    for picture, label in (("ankle_boot.png", "Ankle boot"), ("trouser.png", "Trouser"), ("bag.png", "Bag")):
        check(f"{picture}: {label} (" in done.stdout, f"{picture} was not called {label}")
    check("without a key: 401 key.missing" in done.stdout, "a call without a key was not refused for its reason")
    check("half a key: 401 key.malformed" in done.stdout, "a call with a mistyped key was not refused for its reason")


if __name__ == "__main__":
    sys.exit(main())

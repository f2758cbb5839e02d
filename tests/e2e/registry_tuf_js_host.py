#!/usr/bin/env python3
"""registry_tuf_js_host.py: tuf-js, a client that is not ours, follows a real host's registry: what is published, deprecated,
aliased and revoked through its API.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import sys

from npm_tool import npm_package
from registry import MODEL, package, wait_for, with_publisher
from registry_tuf_js import Follower
from stoa_host import Host, call, check, staging

PATH = "stoa-demo/release/1.0.0.stoa"


def main():
    staging("release_1_0_0")
    tuf_js = npm_package("tuf-js@3")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        admin, partner = with_publisher(host)
        (host.folder / "root.json").write_bytes(call(host.url + "/tuf/1.root.json")[2])

        def follower(name):
            url = (host.url + "/tuf", host.url + "/tuf/targets")
            return Follower(tuf_js, url, host.folder / name, host.folder / "root.json")

        js = follower("js")
        check(js.ask(PATH) == "absent", "nothing is published")
        file = package(host, "1.0.0")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        release = partner.json("publish", file, "--wait")["id"]
        check(js.ask(PATH) == "absent", "what nobody reviewed is not told")
        admin.text("releases", "accept", release)
        wait_for(lambda: js.ask(PATH) == f"{digest} published", "tuf-js downloads the release")
        admin.text("aliases", "move", MODEL, "champion", "1.0.0")
        wait_for(lambda: js.ask(f"{MODEL}/champion.alias") == f"{MODEL}@champion\n 1.0.0", "tuf-js hears of an alias")
        admin.text("releases", "deprecate", release, "--because", "old")
        wait_for(lambda: js.ask(PATH) == f"{digest} deprecated", "tuf-js hears that it is deprecated")
        admin.text("releases", "revoke", release, "--because", "leaks inputs")
        wait_for(lambda: js.ask(PATH, "facts") == "revoked", "tuf-js hears that it is revoked")
        check(follower("beginner").ask(PATH).startswith("refused"), "a beginner gets the bytes of what is revoked")


if __name__ == "__main__":
    sys.exit(main())

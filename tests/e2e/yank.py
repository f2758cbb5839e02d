"""yank.py: what was withdrawn or cools down is nobody's who does not name it, and stays with those who do.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import sys

from extra_releases import ask
from registry import MODEL, infer, wait_for, with_publisher
from rollout import publish
from stoa_host import Host, call, call_json, check, staging


def ready(host):
    status, fields, _ = call(f"{host.url}/v2/models/{MODEL}/ready")
    return status, fields.get("x-stoa-reason")


def bare(host):
    status, fields, _ = call(f"{host.url}/v2/models/{MODEL}")
    return status, fields.get("x-stoa-reason")


def in_cool_down(host, admin, partner):
    publish(host, partner, admin, "1.0.0")
    wait_for(lambda: bare(host) == (400, "release.cooling"), "the bare name says that it cools down")
    for alias in (None, "champion"):
        if alias:
            admin.text("aliases", "move", MODEL, alias, "1.0.0")
            wait_for(lambda: infer(host, alias) == (200, "1.0.0"), "an alias names it")
        for name in ("^1", "latest", "default"):
            check(ask(host, name)[:2] == (400, "release.cooling"), f"{name} with alias {alias}: {ask(host, name)}")
        check(bare(host) == ready(host) == (400, "release.cooling"), f"with alias {alias}: {bare(host)} {ready(host)}")
        check(infer(host, "1.0.0") == (200, "1.0.0"), "its version names it")
    status, problem = call_json(f"{host.url}/v2/models/{MODEL}/versions/^1/infer", {"inputs": []})
    left_s = re.search(r"only in (\d+) s", problem["error"])
    check(left_s and 3000 < int(left_s[1]) <= 3600, f"how long it still takes: {status} {problem}")
    admin.text("aliases", "move", MODEL, "default", "1.0.0")
    wait_for(lambda: infer(host) == (200, "1.0.0"), "whoever points the default at it need not wait")
    check(infer(host, "^1") == (200, "1.0.0"), "then a range means it, too")


def yanked(host, admin, releases):
    for alias in ("default", "tested"):
        admin.text("aliases", "move", MODEL, alias, "1.2.0")
    wait_for(lambda: infer(host) == (200, "1.2.0"), "the default answers")
    admin.text("releases", "yank", releases["1.2.0"], "--because", "wrong labels")
    wait_for(lambda: infer(host) == (200, "1.1.0"), "the bare name means the next one")
    for name, answer in (("default", "1.1.0"), ("^1", "1.1.0"), ("1.2.0", "1.2.0"), ("tested", "1.2.0")):
        check(infer(host, name) == (200, answer), f"{name}: {infer(host, name)}")
    check(ask(host, "~1.2")[:2] == (400, "release.yanked"), f"no range means it: {ask(host, '~1.2')}")
    skipped = [line for line in host.log_lines() if line["event"] == "alias.skipped"]
    check(len(skipped) == 1 and (skipped[0]["withdrawn"], skipped[0]["instead"]) == ("1.2.0", "1.1.0"), f"the log: {skipped}")
    status, _, body = call(f"{host.url}/v1/catalogue/{MODEL}?version=tested")
    problem = json.loads(body)
    check(status == 412 and problem["reason"] == "alias.target", f"the catalogue: {status} {problem}")


def pinned(host, admin, releases):
    """Nothing but the default had it loaded; who names its version has no gap."""
    admin.text("releases", "yank", releases["1.1.0"], "--because", "wrong labels, too")
    for _ in range(500):
        check(infer(host, "1.1.0") == (200, "1.1.0"), f"who names it: {ask(host, '1.1.0')}")
        if infer(host) == (200, "1.0.0"):
            break
    for _ in range(20):
        check(infer(host, "1.1.0") == (200, "1.1.0"), f"who names it: {ask(host, '1.1.0')}")
    admin.text("releases", "yank", releases["1.0.0"], "--because", "all of them")
    wait_for(lambda: bare(host) == ready(host) == (400, "release.yanked"), "nothing is left for who names nothing")
    check(infer(host, "1.0.0") == (200, "1.0.0") and infer(host, "tested") == (200, "1.2.0"), "who names it")
    host.stop()
    host.serve()
    wait_for(lambda: bare(host) == (400, "release.yanked"), "after a start as before")
    check(infer(host, "1.1.0") == (200, "1.1.0") and infer(host, "tested") == (200, "1.2.0"), "after a start as before")
    admin.environment["STOA_REGISTRY"] = host.operator_url
    admin.text("releases", "restore", releases["1.1.0"], "--because", "labels are right")
    wait_for(lambda: infer(host) == (200, "1.1.0"), "what was restored is the best again")
    admin.text("releases", "revoke", releases["1.2.0"], "--because", "leaks inputs")
    wait_for(lambda: ask(host, "1.2.0")[0] == 410, "what was revoked is nobody's")
    check(infer(host) == (200, "1.1.0"), "the bare name is another one's")


def delisted(host, admin, partner):
    """What is not shown any more is nobody's who does not name it, either."""
    partner.environment["STOA_REGISTRY"] = host.operator_url
    for alias in ("default", "kept"):
        admin.text("aliases", "move", MODEL, alias, "1.1.0")
    wait_for(lambda: infer(host, "kept") == (200, "1.1.0"), "an alias names it")
    partner.text("publishers", "delist", MODEL, "--because", "replaced by another")
    wait_for(lambda: bare(host) == ready(host) == (400, "release.delisted"), "the bare name says what became of it")
    for name in ("default", "^1", "~1.1"):
        check(ask(host, name)[:2] == (400, "release.delisted"), f"{name}: {ask(host, name)}")
    check(infer(host, "1.1.0") == infer(host, "kept") == (200, "1.1.0"), "who names it keeps it")
    admin.refused("alias.not_published", "aliases", "move", MODEL, "late", "1.1.0")
    admin.refused("rollout.not_published", "rollout", "start", MODEL, "1.1.0", "--shadow")
    partner.text("publishers", "relist", MODEL, "--because", "it is not, after all")
    wait_for(lambda: infer(host) == (200, "1.1.0"), "it is back")


def main():
    staging("release_1_2_0")
    config = '[registry]\nfolder = "registry"\nextra_wait_ms = 30000\n'
    with Host([], config + "cool_down_s = 3600\n", in_process=()) as host:
        in_cool_down(host, *with_publisher(host))
    with Host([], config, in_process=()) as host:
        admin, partner = with_publisher(host)
        releases = {version: publish(host, partner, admin, version) for version in ("1.0.0", "1.1.0", "1.2.0")}
        yanked(host, admin, releases)
        pinned(host, admin, releases)
        delisted(host, admin, partner)
    print("ok")


if __name__ == "__main__":
    sys.exit(main())

"""extra_releases.py: versions that nothing in the catalogue names are loaded because somebody asks for them, a few at a time.

SPDX-License-Identifier: Apache-2.0
"""
import concurrent.futures
import json
import sys

from registry import MODEL, infer, wait_for, with_publisher
from rollout import metric, publish
from stoa_host import Host, call, check, staging

BODY = json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}]}).encode()


def ask(host, version):
    """Status, reason and Retry-After of one request."""
    status, fields, _ = call(f"{host.url}/v2/models/{MODEL}/versions/{version}/infer", BODY, {"Content-Type": "application/json"})
    return status, fields.get("x-stoa-reason"), fields.get("Retry-After")


def versions(host):
    return json.loads(call(f"{host.url}/v2/models/{MODEL}")[2])["versions"]


def on_the_first_request(host, rita):
    check(infer(host) == (200, "1.0.0") and versions(host) == ["1.0.0"], f"loaded at first: {versions(host)}")
    check(call(f"{host.url}/v2/models/{MODEL}/versions/1.1.0/ready")[0] == 404, "who only looks has it loaded")
    check(versions(host) == ["1.0.0"], "who only looks has it loaded")
    with concurrent.futures.ThreadPoolExecutor(8) as pool:  # all wait for one load
        answers = list(pool.map(lambda _: infer(host, "1.1.0"), range(8)))
    check(answers == [(200, "1.1.0")] * 8, f"answered: {answers}")
    check(infer(host, "~1.1") == (200, "1.1.0"), "a range in which nothing else is means it")
    check(infer(host, "^1.0") == (200, "1.0.0"), "a range that the default is in means something else")
    check(infer(host) == (200, "1.0.0"), "the bare name means something else")
    check(metric(host, r"^stoa_extra_releases (\S+)") == 1, "the metrics do not count it")
    check(ask(host, "1.9.0")[:2] == (404, "version.unknown"), f"a version that nobody published: {ask(host, '1.9.0')}")
    check(ask(host, "^7")[:2] == (404, "range.unmatched"), f"a range of nothing: {ask(host, '^7')}")


def one_gives_way(host):
    check(infer(host, "1.2.0") == (200, "1.2.0"), "the next one is loaded")
    wait_for(lambda: versions(host) == ["1.0.0", "1.2.0"], "the least recently used one is unloaded")
    check(infer(host, "1.1.0") == (200, "1.1.0"), "it comes back when it is asked for again")
    wait_for(lambda: versions(host) == ["1.0.0", "1.1.0"], "the other one is unloaded")


def what_is_named_counts_no_more(host, rita):
    rita.text("aliases", "move", MODEL, "champion", "1.1.0")
    wait_for(lambda: metric(host, r"^stoa_extra_releases (\S+)") == 0, "an alias names it now")
    check(infer(host, "1.2.0") == (200, "1.2.0") and infer(host, "1.1.0") == (200, "1.1.0"), "both are there")


def whom_it_is_not_for(host, rita, releases):
    rita.text("releases", "yank", releases["1.2.0"], "--because", "wrong labels")
    wait_for(lambda: ask(host, "~1.2")[1] == "release.yanked", "what was withdrawn is no range's")
    check(infer(host, "1.2.0") == (200, "1.2.0"), "who names it keeps it")
    rita.text("releases", "revoke", releases["1.2.0"], "--because", "leaks inputs")
    wait_for(lambda: ask(host, "1.2.0")[0] == 410, "what was revoked is gone")


def who_will_not_wait(host):
    """With extra_wait_ms 0: come again."""
    status, reason, after = ask(host, "1.1.0")
    check((status, reason) == (503, "release.loading") and int(after) > 0, f"answered: {status} {reason} {after}")
    wait_for(lambda: infer(host, "1.1.0") == (200, "1.1.0"), "it answers once it has loaded")


def main():
    staging("release_1_2_0")
    config = '[registry]\nfolder = "registry"\nextra_releases = {}\nextra_wait_ms = {}\n'
    with Host([], config.format(1, 30000), in_process=()) as host:
        admin, partner = with_publisher(host)
        releases = {"1.0.0": publish(host, partner, admin, "1.0.0")}
        wait_for(lambda: infer(host) == (200, "1.0.0"), "the first release answers")
        admin.text("aliases", "move", MODEL, "default", "1.0.0")
        for version in ("1.1.0", "1.2.0"):
            releases[version] = publish(host, partner, admin, version)
        on_the_first_request(host, admin)
        one_gives_way(host)
        host.stop()
        host.more = config.format(1, 0)
        host.serve()
        who_will_not_wait(host)
        host.stop()
        host.more = config.format(0, 0)
        host.serve()
        check(ask(host, "1.1.0")[:2] == (404, "version.unknown"), f"with none allowed: {ask(host, '1.1.0')}")
        host.stop()
        host.more = config.format(1, 30000)
        host.serve()
        admin.environment["STOA_REGISTRY"] = host.operator_url
        check(infer(host, "1.1.0") == (200, "1.1.0"), "it is loaded anew")
        what_is_named_counts_no_more(host, admin)
        whom_it_is_not_for(host, admin, releases)
    print("ok")


if __name__ == "__main__":
    sys.exit(main())

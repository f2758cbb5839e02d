"""license_offline.py: docs/how-to/license-offline.md, line by line, on a host that has no network but its own loopback; then what its last
two chapters promise: nothing brings a revoked licence back, and a clock that is set back or forward is noticed.

SPDX-License-Identifier: Apache-2.0
"""
import glob
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import no_network
from stoa_host import BUILD, Host, call, check

PAGE = pathlib.Path(os.environ.get("STOA_SOURCE_DIR", ".")) / "docs/how-to/license-offline.md"
PATH = "/v2/models/stoa-demo/null/infer"
BODY = json.dumps({"inputs": [{"name": "in", "datatype": "FP32", "shape": [1], "data": [1]}]}).encode()
ISSUER = ("--issuer", "stoa-demo=stoa-demo.pub.pem")


class OfflineHost(Host):
    """The page's publisher is the one that signed the package."""

    def serve(self):
        for kind in ("key", "pub"):
            shutil.copy(self.folder / f"key.{kind}.pem", self.folder / f"stoa-demo.{kind}.pem")
        return super().serve()

    def by_the_page(self, lines):
        lines = lines.replace("http://127.0.0.1:8080", self.url)
        path = os.path.abspath(os.path.join(BUILD, "bin")) + ":" + os.environ["PATH"]
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", lines], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": path, "LC_ALL": "C"})
        check(done.returncode == 0, f"the page's lines end with {done.returncode}: {lines}\n{done.stdout}{done.stderr}")
        return done.stdout

    def licences(self, *argv):
        done = subprocess.run([os.path.abspath(os.path.join(BUILD, "bin/stoa")), "licences", *argv], cwd=self.folder, capture_output=True,
                              text=True, timeout=60)
        check(done.returncode == 0, f"stoa licences {argv}: {done.stderr}")

    def key(self):
        return (self.folder / "northwind.key").read_text().strip()

    def answer(self, lease=""):
        """Status, reason or '', and the fields of the answer to a call with the key."""
        status, fields, _ = call(self.url + PATH, BODY, {"Content-Type": "application/json", "Authorization": "Bearer " + self.key(),
                                                         **({"X-Stoa-Lease": lease} if lease else {})})
        return status, fields.get("X-Stoa-Reason") or "", fields

    def comes_to(self, status, reason=""):
        """Within a second."""
        start = time.monotonic()
        is_so = self.wait_for(lambda: self.answer()[:2] == (status, reason), 5)
        took = time.monotonic() - start
        check(is_so, f"a call is answered {self.answer()[:2]}, want {status} {reason}")
        check(took < 1.5, f"it took {took:.2f} s")  # a second, and half of one for a busy machine
        return took

    def again(self, behind=()):
        """The same folder, in another lifetime."""
        check(self.stop() == 0, "the host did not drain")
        self.behind = list(behind)
        self.serve()


def by_the_page(host, blocks):
    key, sign, import_, calls, revoke = blocks
    host.by_the_page(key)
    check(host.answer()[:2] == (401, "key.unknown"), f"before there is a licence: {host.answer()[:2]}")
    host.by_the_page(sign)
    host.by_the_page(import_)
    took = host.comes_to(200)
    said = host.by_the_page(calls)
    check('"outputs"' in said and "key.missing" in said, f"the calls of the page say {said}")
    host.by_the_page(revoke)
    return max(took, host.comes_to(403, "licence.revoked"))


def stays_revoked(host):
    files = host.folder / "licensing/licences"
    (files / "stoa-demo.stoa-revocations").unlink()
    host.again()
    check(host.answer()[:2] == (403, "licence.revoked"), f"without its list: {host.answer()[:2]}")
    start = host.log_size()
    shutil.copy(host.folder / "northwind.stoa-licence", files / "copied.stoa-licence")
    check(host.has_logged("licences.read", start, seconds=5), "the host does not see a file that was copied")
    check(host.answer()[:2] == (403, "licence.revoked"), f"copied again: {host.answer()[:2]}")


def renew(host, serial, **more):
    """The next serial of the licence, imported."""
    terms = json.loads((host.folder / "terms.json").read_text())
    (host.folder / "next.json").write_text(json.dumps({**terms, "serial": serial, **more}))
    host.licences("sign", "next.json", "--key", "stoa-demo.key.pem", "--out", f"{serial}.stoa-licence")
    host.licences("import", f"{serial}.stoa-licence", "--folder", "licensing", *ISSUER)


def clocks(host):
    """Each lifetime with another clock, which libfaketime gives it."""
    renew(host, 2)
    host.comes_to(200)
    renew(host, 3, expires="2199-12-31", on_clock="advisory", on_expiry="deny", grace_ms=0)
    host.comes_to(200)
    libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not libraries:
        print("faketime is not installed: no clock is set in this run")
        return
    # Not through the command faketime, which would be who gets the host's signals.
    def clock(offset):
        return "env", "LD_PRELOAD=" + libraries[0], "FAKETIME=" + offset, "FAKETIME_DONT_FAKE_MONOTONIC=1"
    back, forward = clock("-2d"), clock("+100y")
    host.again(back)
    status, _, fields = host.answer()
    check(status == 200, f"advisory, and the clock is behind: {host.answer()[:2]}")
    check("clock" in (fields.get("Stoa-Licence-Warning") or ""), f"nothing is said of the clock: {fields}")
    check(host.has_logged("licensing.clock_behind"), "the log says nothing of a clock that was set back")
    renew(host, 4, expires="2099-12-31", on_clock="deny")
    host.comes_to(403, "licence.clock")
    host.again()
    check(host.answer()[0] == 200, f"the clock is right again: {host.answer()[:2]}")
    host.again(forward)
    check(host.answer()[:2] == (403, "licence.expired"), f"a hundred years later: {host.answer()[:2]}")
    host.again()
    check(host.answer()[:2] == (403, "licence.clock"), f"and back: {host.answer()[:2]}")
    renew(host, 5, expires="2099-12-31", on_clock="advisory")
    host.comes_to(403, "licence.expired")
    check(host.stop() == 0, "the host did not drain")  # as the page has it
    (host.folder / "licensing/trusted_time.json").unlink()
    host.again()
    check(host.answer()[0] == 200, f"after a clock that was set forward by mistake: {host.answer()[:2]}")


def own(host, *argv):
    """The licences that the holder of the key is shown."""
    done = subprocess.run([os.path.abspath(os.path.join(BUILD, "bin/stoa")), "licences", "list", "--host", host.url, "--key-file", "northwind.key",
                           *argv], cwd=host.folder, capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, f"stoa licences list {argv}: {done.stderr}")
    return json.loads(done.stdout)["items"] if "--json" in argv else done.stdout


def shown(host):
    """What came as a file is shown to whom it names, with what is left of it."""
    always = {"expires": "2099-12-31", "on_clock": "advisory"}
    renew(host, 7, quotas=[{"meter": "call", "amount": 1000, "period": "day"}], **always)
    host.comes_to(200)
    before = own(host, "--json")
    check(len(before) == 1 and before[0]["from_file"] and before[0]["serial"] == 7, f"it is shown {before}")
    for _ in range(5):
        check(host.answer()[0] == 200, "a call of the quota")
    after = own(host, "--json")[0]["limits"][0]
    check(after["left"] == before[0]["limits"][0]["left"] - 5 and after["used"] + after["left"] == 1000, f"after 5 calls: {before} {after}")
    check(f"call {after['left']} of 1000" in own(host), f"the text says {own(host)}")
    renew(host, 8, node="b" * 64, **always)
    host.comes_to(403, "licence.other_node")
    check(own(host, "--json")[0]["refused"] == "licence.other_node", "nothing says why nobody is let in")


def seats(host):
    """A floating licence that came as a file: the host gives its seats, and one more to nobody, also after kill -9."""
    renew(host, 6, expires="2099-12-31", on_clock="advisory", floating={"seats": 2, "ttl_s": 3600})
    host.comes_to(403, "lease.missing")
    licence = json.loads((host.folder / "terms.json").read_text())["id"]

    def take():
        status, _, body = call(host.url + "/v1/leases", json.dumps({"licence": licence}).encode(),
                               {"Content-Type": "application/json", "Authorization": "Bearer " + host.key()})
        return status, json.loads(body)
    taken = [take() for _ in range(3)]
    check([status for status, _ in taken] == [201, 201, 429], f"of two seats there are {taken}")
    leases = [answer["lease"] for _, answer in taken[:2]]
    host.process.kill()
    host.process.wait()
    host.serve()
    check(take()[0] == 429, "after kill -9 there is a seat more")
    for lease in leases:
        check(host.wait_for(lambda: host.answer(lease)[0] == 200, 2), f"with a lease: {host.answer(lease)[:2]}")
    check(host.answer()[:2] == (403, "lease.missing"), "it is let in without a lease")
    check(host.answer(leases[0][:-1])[:2] == (403, "lease.malformed"), "it is let in with half a lease")


def main():
    no_network.enter()
    text = PAGE.read_text()
    blocks = re.findall(r"^```sh\n(.*?)^```", text, re.S | re.M)
    config = re.findall(r"^```toml\n(.*?)^```", text, re.S | re.M)
    check(len(blocks) == 5 and len(config) == 1, f"the page has {len(blocks)} and {len(config)} blocks")
    with OfflineHost(["null"], config[0]) as host:
        took = by_the_page(host, blocks)
        stays_revoked(host)
        clocks(host)
        seats(host)
        shown(host)
    print(f"without a network: the page as it stands, each file counts within {took:.2f} s, and no clock brings anything back")


if __name__ == "__main__":
    sys.exit(main())

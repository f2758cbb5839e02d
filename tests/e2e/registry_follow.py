"""registry_follow.py: a host that serves what another host's registry publishes: over a line that breaks, without the
registry, against metadata that goes back or has expired, and until a release is revoked.

SPDX-License-Identifier: Apache-2.0
"""
import glob
import http.server
import json
import os
import re
import shutil
import socket
import sys
import threading
import time

from registry import MIB, MODEL, Registry, infer, package, wait_for
from stoa_host import BUILD, Host, HostProcess, call, check, staging
from host_process import LISTEN  # noqa: I001: stoa_host knows where it lies

TIMESTAMP_S, KEEP_S = 60, 3


class Line:
    """What the follower takes for the registry: carries bytes to a port that may change, breaks once, may be down."""

    def __init__(self, port):
        self.port, self.is_up, self.received, self.break_at, self.ends = port, True, 0, None, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            near, _ = self.listener.accept()
            try:
                if not self.is_up:
                    raise OSError
                far = socket.create_connection(("127.0.0.1", self.port))
            except OSError:
                near.close()
                continue
            self.ends += [near, far]
            threading.Thread(target=self.carry, args=(near, far, False), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, True), daemon=True).start()

    def carry(self, source, target, is_answer):
        try:
            while data := source.recv(65536):
                if is_answer:
                    self.received += len(data)
                    if self.break_at is not None and self.received > self.break_at:
                        self.break_at = None
                        break
                target.sendall(data)
        except OSError:
            pass
        self.cut([source, target])

    @staticmethod
    def cut(ends):
        for end in ends:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def switch(self, is_up, port=None):
        self.is_up, self.port = is_up, port or self.port
        self.cut(self.ends)
        self.ends = []


class OldMetadata(http.server.BaseHTTPRequestHandler):
    """A copy of a registry's metadata, served again later."""

    def do_GET(self):
        file = self.server.folder / self.path.split("?")[0].removeprefix("/tuf/")
        body = file.read_bytes() if file.is_file() else b"{}"
        self.send_response(200 if file.is_file() else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Follower(Host):
    """One folder, several lives."""

    def start(self):
        super().start()
        self.text = self.config.read_text().removesuffix(LISTEN)
        return self

    def again(self, behind=()):
        check(self.stop() == 0, "the follower did not end as it should")
        self.ports_file.unlink()
        HostProcess.__init__(self, self.folder, self.text, behind=list(behind))
        is_ready = self.wait_ports() and self.wait_for(lambda: self.get("/v2/health/ready") == 200, 60)
        check(is_ready, f"not ready again: {self.log_text()[-2000:]}")
        self.port, self.operator_port = self.ports
        self.url, self.operator_url = (f"http://127.0.0.1:{port}" for port in self.ports)

    def following(self):
        status, _, body = call(self.operator_url + "/v1/following")
        check(status == 200, f"/v1/following is {status}")
        return json.loads(body)

    def metric(self, name):
        _, _, body = call(self.operator_url + "/metrics")
        return [line.split()[-1] for line in body.decode().splitlines() if line.startswith(name)]


def publish(origin, partner, admin, version):
    release = partner.json("publish", package(origin, version), "--wait")["id"]
    admin.text("releases", "accept", release)
    return release


def follow(origin, follower, line, admin, partner):
    bytes_of = next((origin.folder / "registry/blobs/blobs").rglob("*" + "?" * 60)).stat().st_size
    wait_for(lambda: infer(follower) == (200, "1.0.0"), "the follower answers", 60)
    begun = [one["from"] for one in follower.log_lines() if one.get("event") == "package.download"]
    check(len(begun) == 2 and begun[1] > 0, f"the download went on where it stopped: {begun}")
    check(line.received < bytes_of + 10 * MIB, f"{line.received} bytes came for a package of {bytes_of}")
    check(follower.following()["state"] == "followed", f"{follower.following()}")

    publish(origin, partner, admin, "1.1.0")
    wait_for(lambda: infer(follower) == (200, "1.1.0"), "the follower takes the next release", 60)
    admin.text("aliases", "move", MODEL, "default", "1.0.0")
    wait_for(lambda: infer(follower) == (200, "1.0.0"), "the follower hears of an alias")
    admin.text("aliases", "move", MODEL, "default", "1.1.0")
    wait_for(lambda: infer(follower) == (200, "1.1.0"), "and of its next step")


def without_registry(follower, line):
    line.switch(False)
    wait_for(lambda: follower.following().get("reason") == "client.connection", "the follower notices")
    check(follower.metric("stoa_follow_up") == ["0"], "the metrics do not tell")
    check(infer(follower) == (200, "1.1.0"), "it serves what it has")
    follower.again()
    check(infer(follower) == (200, "1.1.0"), "it starts from its own folder")
    line.switch(True)
    wait_for(lambda: follower.following()["state"] == "followed", "it follows again")


def revoked(origin, follower, admin, second):
    began = time.monotonic()
    admin.text("releases", "revoke", second, "--because", "leaks inputs")
    wait_for(lambda: infer(follower, "1.1.0")[0] == 410, "the revoked release is gone", 10)
    print(f"revoked: 410 on the follower {time.monotonic() - began:.3f} s after the command began")
    wait_for(lambda: infer(follower) == (200, "1.0.0"), "the release before takes over")


def collected(follower, admin):
    """What nothing needs any more goes after a while; what runs and what an alias names stay, however old they are."""
    def blob(version):
        release = next(one for one in admin.json("releases", "list")["items"] if one["version"] == version)
        digest = release["package"]["sha256"]
        return follower.folder / "followed/blobs/blobs" / digest[:2] / digest

    wait_for(lambda: not blob("1.1.0").exists(), "the revoked release's package is gone", 30)
    since = blob("1.0.0").stat().st_mtime
    wait_for(lambda: blob("1.0.0").stat().st_mtime > since + KEEP_S, "what runs is needed for longer than anything is kept")
    check(follower.has_logged('"packages.removed"'), "the log does not tell")


def rolled_back(origin, follower, line, old):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), OldMetadata) as server:
        server.folder = old
        threading.Thread(target=server.serve_forever, daemon=True).start()
        line.switch(True, server.server_port)
        wait_for(lambda: follower.following().get("reason") == "metadata.rollback", "it refuses what went back")
        check(follower.metric('stoa_follow_failures_total{reason="metadata.rollback"}')[0] != "0", "the metrics do not tell")
        check(follower.has_logged('"metadata.rollback"'), "the log does not tell")
        check(infer(follower) == (200, "1.0.0") and infer(follower, "1.1.0")[0] == 410, "it believed what went back")
        server.shutdown()
    line.switch(True, origin.operator_port)
    wait_for(lambda: follower.following()["state"] == "followed", "it follows again")


def expired(follower, line):
    line.switch(False)
    wait_for(lambda: follower.following().get("reason") == "metadata.expired", "it notices the expiry", TIMESTAMP_S + 30)
    check(infer(follower) == (200, "1.0.0"), "what runs stopped")
    follower.again()
    check(infer(follower)[0] == 404, "it starts what nobody vouches for any more")
    check(follower.following()["reason"] in ("metadata.expired", "client.connection"), f"{follower.following()}")
    line.switch(True)
    wait_for(lambda: infer(follower) == (200, "1.0.0"), "it serves again when it hears again")


def set_back(follower):
    """A follower that has seen no time of its own yet hears the registry's."""
    libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    if not libraries:
        return print("faketime is not installed: no clock is set in this run")
    if re.search(r"(?m)^STOA_SANITIZE:\w+=.+", open(os.path.join(BUILD, "CMakeCache.txt")).read()):
        return print("a sanitizer wants to be loaded first: no clock is set in this run")
    check(follower.stop() == 0, "the follower did not end as it should")
    (follower.folder / "licensing/trusted_time.json").unlink()
    follower.again(("env", "LD_PRELOAD=" + libraries[0], "FAKETIME=-2d", "FAKETIME_DONT_FAKE_MONOTONIC=1"))
    check(follower.has_logged("licensing.clock_behind", seconds=10), "a clock two days behind what the registry signed is not noticed")


def main():
    staging("release_1_0_0")
    config = f'[registry]\nfolder = "registry"\nmetadata_bins = 16\ntimestamp_s = {TIMESTAMP_S}\n'
    with Host([], config, in_process=()) as origin:
        admin = Registry(origin.operator_url, origin.folder / "registry/admin.token")
        partner = Registry(origin.operator_url, origin.folder / "partner.token")
        admin.json("publishers", "create", "stoa-demo", "--token-out", origin.folder / "partner.token")
        admin.text("publishers", "let-pass", "stoa-demo")
        partner.json("publishers", "add-key", "stoa-demo", "--key", origin.folder / "key.key.pem")
        for name in ("root", "targets", "snapshot", "timestamp", "releases"):
            mode = (origin.folder / "registry/keys" / (name + ".pem")).stat().st_mode & 0o777
            check(mode == 0o600, f"the key {name} has mode {mode:o}")
        publish(origin, partner, admin, "1.0.0")
        wait_for(lambda: infer(origin) == (200, "1.0.0"), "the registry's own host answers")
        status, _, root = call(origin.url + "/tuf/1.root.json")
        check(status == 200, "the customer plane has no metadata")

        line = Line(origin.operator_port)
        line.break_at = 12 * MIB
        follower = Follower([], f'[registry]\nfolder = "followed"\nfollow = "{line.url}"\ntrusted_root = "root.json"\n'
                                f'keep_s = {KEEP_S}\n[licensing]\nfolder = "licensing"\ncalls_need_keys = false\n', in_process=())
        (follower.folder / "root.json").write_bytes(root)
        with follower:
            follow(origin, follower, line, admin, partner)
            second = next(one["id"] for one in admin.json("releases", "list")["items"] if one["version"] == "1.1.0")
            old = shutil.copytree(origin.folder / "registry/metadata", follower.folder / "old")
            without_registry(follower, line)
            revoked(origin, follower, admin, second)
            collected(follower, admin)
            rolled_back(origin, follower, line, old)
            expired(follower, line)
            set_back(follower)


if __name__ == "__main__":
    sys.exit(main())

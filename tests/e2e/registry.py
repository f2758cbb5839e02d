"""registry.py: a release's whole life by the command `stoa` alone: its publisher, its package over a line that breaks, its
review, its calls, its successor, its end.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

from stoa_host import BUILD, Host, call, call_json, check, staging, stoa

STOA = os.path.join(BUILD, "bin/stoa")
MODEL = "stoa-demo/release"
MIB = 1 << 20
ASSET_BYTES, BREAK_BYTES = 20 * MIB, 12 * MIB  # in the middle of the second chunk of 8 MiB


class BreakingLine:
    """A line to a port of this machine that stands still once, after so many bytes in one direction; is_still tells when."""

    def __init__(self, port, is_upward=True):
        self.port, self.is_upward, self.sent, self.break_at, self.is_still = port, is_upward, 0, None, threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            threading.Thread(target=self.carry, args=(near, far, self.is_upward), daemon=True).start()
            threading.Thread(target=self.carry, args=(far, near, not self.is_upward), daemon=True).start()

    def carry(self, source, target, is_counted):
        try:
            while data := source.recv(65536):
                if is_counted:
                    self.sent += len(data)
                    if self.break_at is not None and self.sent > self.break_at:
                        self.break_at = None
                        self.is_still.set()
                        break
                target.sendall(data)
        except OSError:
            pass
        for end in (source, target):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def close(self):
        self.listener.close()


class Registry:
    """The command line as one person uses it: with a token of their own."""

    def __init__(self, url, token_file):
        self.environment = {**os.environ, "STOA_REGISTRY": url, "STOA_TOKEN_FILE": str(token_file)}

    def start(self, *argv):
        return subprocess.Popen([STOA, *map(str, argv)], env=self.environment, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *argv):
        process = self.start(*argv)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def text(self, *argv):
        status, out, err = self.run(*argv)
        check(status == 0, f"stoa {' '.join(map(str, argv))} ended with {status}: {out}{err}")
        return out

    def json(self, *argv):
        return json.loads(self.text(*argv, "--json"))

    def refused(self, reason, *argv):
        status, _, err = self.run(*argv)
        check(status != 0 and f"reason: {reason}\n" in err and "hint: " in err,
              f"stoa {' '.join(map(str, argv))} is not refused with {reason} and a hint: {status} {err}")


def package(host, version):
    """A signed package of several chunks: a large asset joins what is built."""
    name = "release_" + version.replace(".", "_")
    folder, file = host.folder / (name + ".plugin"), host.folder / (name + ".stoa")
    shutil.copytree(staging(name), folder)
    (folder / "assets").mkdir()
    (folder / "assets/table.bin").write_bytes(random.Random(version).randbytes(ASSET_BYTES))
    for argv in (["pack", folder, "-o", file], ["sign", file, "--key", host.folder / "key.key.pem"]):
        stoa(*argv)
    return file


def infer(host, version=None):
    """Status, and what answered: the release itself says which it is."""
    of = f"/versions/{version}" if version else ""
    body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}]}
    status, answer = call_json(f"{host.url}/v2/models/{MODEL}{of}/infer", body)
    return status, answer["outputs"][0]["data"][0] if status == 200 else ""


def with_publisher(host, key_from=None):
    """The command lines of its admin and of one publisher, whose key is that host's, or another's."""
    admin = Registry(host.operator_url, host.folder / "registry/admin.token")
    publisher = admin.json("publishers", "create", "stoa-demo", "--token-out", host.folder / "partner.token")
    if "held_because" in publisher:
        admin.text("publishers", "let-pass", "stoa-demo")
    partner = Registry(host.operator_url, host.folder / "partner.token")
    partner.json("publishers", "add-key", "stoa-demo", "--key", (key_from or host).folder / "key.key.pem")
    return admin, partner


def two_operators(host, admin, rita):
    """Who moves an alias proposes it, and somebody else approves; then one is enough again."""
    rita.refused("role.not_allowed", "aliases", "operators", MODEL, "two")
    check(admin.json("aliases", "operators", MODEL, "two") == {"model": MODEL, "approvals": 1}, "two operators")
    said = rita.text("aliases", "move", MODEL, "champion", "1.0.0")
    check("another operator has to approve" in said, f"the first of two is told {said}")
    check(not [each for each in admin.json("aliases", "list", "--model", MODEL)["items"] if each["alias"] == "champion"], "it moved by one alone")
    proposal = rita.json("aliases", "proposals")["items"][0]["id"]
    rita.refused("proposal.own", "aliases", "approve", proposal)
    step = admin.json("aliases", "approve", proposal)["step"]
    check((step["actor"], step["approved_by"]) == ("operator:rita", "operator:admin"), f"the step says {step}")
    rita.refused("proposal.state", "aliases", "decline", proposal)
    rita.text("aliases", "remove", MODEL, "champion")
    admin.text("aliases", "decline", rita.json("aliases", "proposals")["items"][0]["id"])
    check(not rita.json("aliases", "proposals")["items"], "what was declined is still open")
    admin.text("aliases", "operators", MODEL, "one")
    rita.text("aliases", "remove", MODEL, "champion", "--note", "no longer")
    check(not [each for each in admin.json("aliases", "list", "--model", MODEL)["items"] if each["alias"] == "champion"], "it is there still")


def wait_for(is_so, what, seconds=30):
    end = time.monotonic() + seconds
    while not is_so():
        check(time.monotonic() < end, f"{what}: not within {seconds} s")
        time.sleep(0.02)


def publish_interrupted(host, admin, partner, line):
    """The first run is killed in its second chunk; the next one sends what is missing, and no more."""
    file = package(host, "1.0.0")
    state = file.parent / (file.name + ".upload")
    line.break_at = BREAK_BYTES
    killed = partner.start("publish", file, "--wait")
    check(line.is_still.wait(60), "the line never stood still")
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=30)
    check(state.exists(), "the killed run left no state")
    line.sent = 0
    release = partner.json("publish", file, "--wait", "--changelog", "the first one")
    check(line.sent < file.stat().st_size - 7 * MIB, f"the second run sent {line.sent} bytes of {file.stat().st_size}")
    check(not state.exists(), "the state of a finished run is still there")
    check({c["verdict"] for c in release["checks"]} <= {"passed", "warned", "skipped"}, f"its checks: {release['checks']}")
    drafts = admin.json("releases", "list", "--state", "draft")["items"]
    check(not drafts, f"the interrupted run left drafts: {drafts}")
    return release["id"]


def publish_after_wrong_bytes(host, partner, version):
    """What an earlier run sent has one wrong byte: the next one begins anew, by itself."""
    file = package(host, version)
    data = file.read_bytes()
    token = {"Authorization": "Bearer " + (host.folder / "partner.token").read_text().strip()}
    announced = {"plugin": MODEL, "version": version, "sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    upload = call_json(host.operator_url + "/v1/releases", announced, token)[1]["upload"]["id"]
    wrong = data[:BREAK_BYTES] + bytes([data[BREAK_BYTES] ^ 1]) + data[BREAK_BYTES + 1:]
    for at in range(0, len(wrong), 8 * MIB):
        url = f"{host.operator_url}/v1/uploads/{upload}?offset={at}"
        status, _, body = call(url, wrong[at:at + 8 * MIB], {**token, "Content-Type": "application/octet-stream"}, method="PUT")
        check(status == 200, f"the wrong bytes: {status} {body}")
    return partner.json("publish", file, "--wait")["id"]


def main():
    staging("release_1_0_0")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        line = BreakingLine(host.operator_port)
        admin = Registry(host.operator_url, host.folder / "registry/admin.token")
        partner = Registry(line.url, host.folder / "partner.token")

        admin.json("operators", "create", "rita", "reviewer", "--token-out", host.folder / "rita.token")
        check((host.folder / "rita.token").stat().st_mode & 0o777 == 0o600, "a token's file is readable by others")
        rita = Registry(host.operator_url, host.folder / "rita.token")
        check(rita.json("operators", "whoami")["role"] == "reviewer", "rita is no reviewer")
        rita.refused("role.not_allowed", "publishers", "create", "acme")
        publisher = admin.json("publishers", "create", "stoa-demo", "--token-out", host.folder / "partner.token")
        check("token" not in publisher, "the token is shown although it has a file")
        if "held_because" in publisher:
            admin.text("publishers", "let-pass", "stoa-demo")
        key = partner.json("publishers", "add-key", "stoa-demo", "--key", host.folder / "key.key.pem")["id"]
        check(key in partner.text("publishers", "keys", "stoa-demo"), "the key is not listed")
        check(admin.json("publishers", "show", "stoa-demo")["state"] == "verified", "a key makes no publisher")

        first = publish_interrupted(host, admin, partner, line)
        check(infer(host)[0] == 404, "what nobody reviewed is served")
        partner.refused("role.not_allowed", "releases", "accept", first)
        rita.text("releases", "accept", first)
        wait_for(lambda: infer(host) == (200, "1.0.0"), "the first release answers")

        second = publish_after_wrong_bytes(host, partner, "1.1.0")
        rita.text("releases", "accept", second)
        wait_for(lambda: infer(host) == (200, "1.1.0"), "the second release takes over")
        rita.text("aliases", "move", MODEL, "default", "1.0.0", "--note", "not yet")
        wait_for(lambda: infer(host) == (200, "1.0.0"), "the alias moves back")
        rita.text("aliases", "move", MODEL, "default", "1.1.0")
        wait_for(lambda: infer(host) == (200, "1.1.0"), "the alias moves on")
        check("not yet" in rita.text("aliases", "steps", "--model", MODEL), "the step's note is not kept")
        page = rita.text("aliases", "steps", "--model", MODEL, "--most", "1")
        check(page.splitlines()[-1] == "earlier ones: --before 2", f"what is left out is not said: {page}")
        check("not yet" in rita.text("aliases", "steps", "--model", MODEL, "--before", "2"), "the page before")
        two_operators(host, admin, rita)
        partner.text("publishers", "delist", MODEL, "--because", "for a while")
        check("delisted" in partner.text("publishers", "plugins", "stoa-demo"), "the plugin is listed still")
        check(json.loads(call(f"{host.url}/v1/catalogue?publisher=stoa-demo")[2])["items"] == [], "what is delisted is found")
        partner.text("publishers", "relist", MODEL, "--because", "again")
        check("because: is empty" in partner.run("publishers", "delist", MODEL)[2], "without a reason")

        rita.text("releases", "yank", second, "--because", "wrong labels")
        check(rita.json("releases", "show", second)["state"] == "yanked", "it is not yanked")
        check(infer(host)[0] == 200, "what is yanked answers nobody any more")
        began = time.monotonic()
        rita.text("releases", "revoke", second, "--because", "leaks inputs")
        wait_for(lambda: infer(host, "1.1.0")[0] == 410, "the revoked release is gone", 10)
        print(f"revoked: 410 {time.monotonic() - began:.3f} s after the command began")
        package_sha256 = admin.json("releases", "show", second)["package"]["sha256"]
        check(call(f"{host.url}/v1/packages/{package_sha256}")[0] == 410, "its package can still be had")
        admin.refused("release.state", "releases", "restore", second, "--because", "please")

        whole = admin.text("audit", "verify")
        actions = [each["action"] for each in admin.json("audit", "list", "--most", "1000")["items"]]
        check(whole.startswith(f"whole: {len(actions)} lines"), f"{whole} but {len(actions)} are listed")
        check({"publisher.create", "release.draft", "release.yank", "release.revoke"} <= set(actions), f"{set(actions)}")
        print(whole, end="")
        line.close()


if __name__ == "__main__":
    sys.exit(main())

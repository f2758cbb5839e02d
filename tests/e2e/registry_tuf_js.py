#!/usr/bin/env python3
"""registry_tuf_js.py: tuf-js, a client that is not ours, follows a repository that our program writes.

SPDX-License-Identifier: Apache-2.0
"""
import http.server
import pathlib
import shutil
import subprocess
import tempfile
import threading
import time

from npm_tool import npm_package
from stoa_host import BUILD, SKIP, check

FIXTURE = pathlib.Path(BUILD) / "bin" / "stoa_tuf_fixture"
SCRIPT = pathlib.Path(__file__).with_name("registry_tuf_js.cjs")
DAY = 86400


class Files(http.server.SimpleHTTPRequestHandler):
    """GET from the repository's folder; silent, since each test prints what it checks."""

    def log_message(self, *_):
        pass


class Repository:
    def __init__(self, folder):
        self.folder = folder / "repository"
        self.folder.mkdir()
        self.files = folder / "files"
        self.files.mkdir()

    def do(self, *command, now=None):
        moment = str(int(now if now is not None else time.time()))
        subprocess.run([FIXTURE, self.folder, moment, *map(str, command)], check=True, timeout=60)

    def publish(self, path, text, state="published", now=None):
        file = self.files / path.replace("/", "_")
        file.write_text(text)
        self.do("publish", path, file, state, now=now)

    def saved(self, name):
        """A copy of the metadata as it is now, to be served again later."""
        return shutil.copytree(self.folder / "metadata", self.folder.parent / name)

    def serve(self, saved):
        shutil.rmtree(self.folder / "metadata")
        shutil.copytree(saved, self.folder / "metadata")


class Follower:
    """One tuf-js client with a state folder of its own, which began with the first root."""

    def __init__(self, tuf_js, url, folder, root):
        metadata_url, targets_url = url if isinstance(url, tuple) else (url + "/metadata", url + "/targets")
        self.command = ["node", SCRIPT, tuf_js, metadata_url, targets_url, folder / "metadata", folder / "targets"]
        (folder / "metadata").mkdir(parents=True)
        (folder / "targets").mkdir()
        shutil.copy(root, folder / "metadata" / "root.json")

    def ask(self, path, *what):
        """What tuf-js says of a target: its bytes and state, "absent", or "refused" with the class of its error."""
        done = subprocess.run([*self.command, path, *what], capture_output=True, text=True, timeout=90)
        check(done.returncode == 0, f"node failed: {done.stderr[-2000:]}")
        print(f"  {path}: {done.stdout.strip()[:200]}")
        return done.stdout.strip()


def main():
    if not FIXTURE.exists():
        print("skipped: stoa_tuf_fixture is not built")
        raise SystemExit(SKIP)
    tuf_js = npm_package("tuf-js@3")
    with tempfile.TemporaryDirectory(prefix="stoa-tuf-") as temporary:
        folder = pathlib.Path(temporary)
        repository = Repository(folder)
        repository.do("create", 64)
        handler = lambda *args: Files(*args, directory=str(repository.folder))  # noqa: E731
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                follow(repository, tuf_js, f"http://127.0.0.1:{server.server_port}", folder)
            finally:
                server.shutdown()
    print("tuf-js follows what we write, and refuses what was tampered with")


def follow(repository, tuf_js, url, folder):
    root = repository.folder / "metadata" / "1.root.json"
    follower = Follower(tuf_js, url, folder / "follower", root)
    one, two = "acme/vision/1.0.0.stoa", "acme/vision/1.1.0.stoa"
    repository.publish(one, "one")
    check(follower.ask(one) == "one published", "tuf-js finds and downloads a release")
    check(follower.ask(two) == "absent", "tuf-js knows that there is no such release")
    old = repository.saved("old")

    repository.publish(two, "two")
    check(follower.ask(two) == "two published", "tuf-js follows a new release")
    repository.publish(one, "one", state="revoked")
    check(follower.ask(one) == "one revoked", "tuf-js learns that a release is revoked")
    repository.do("withdraw", one)
    check(follower.ask(one) == "absent", "tuf-js learns that a release is gone")

    for role in ("root", "timestamp", "snapshot", "targets", "releases"):
        repository.do("rotate", role)
        repository.publish(f"acme/{role}/1.0.0.stoa", role)
        check(follower.ask(f"acme/{role}/1.0.0.stoa") == role + " published", f"tuf-js follows a rotation of {role}")
    repository.do("refresh")
    check(follower.ask(two) == "two published", "tuf-js follows a refresh")
    beginner = Follower(tuf_js, url, folder / "beginner", root)
    check(beginner.ask(two) == "two published", "a beginner walks the chain from the first root")

    # An old state, under the keys of the root that was then: rotated keys are no use to an attacker, nor are its files.
    today = repository.saved("today")
    repository.serve(old)
    check(follower.ask(two).startswith("refused"), "tuf-js refuses a repository that went back")
    repository.serve(today)
    check(follower.ask(two) == "two published", "and goes on when it is back")

    # Somebody with today's timestamp key alone: a timestamp newer than any, naming a snapshot older than the follower's.
    before = repository.saved("before")
    repository.publish("acme/late/1.0.0.stoa", "late")
    check(follower.ask("acme/late/1.0.0.stoa") == "late published", "tuf-js follows once more")
    repository.serve(before)
    repository.do("refresh")
    repository.do("refresh")
    check(follower.ask(two).startswith("refused BadVersionError New snapshot version"), "tuf-js refuses a rolled back snapshot")
    repository.publish("acme/late/1.0.0.stoa", "late")
    repository.publish("acme/later/1.0.0.stoa", "later")
    check(follower.ask("acme/later/1.0.0.stoa") == "later published", "tuf-js goes on with what is newer")

    for place in (repository.folder / "targets").rglob("*.1.1.0.stoa"):
        place.write_text("tvo")
    check(beginner.ask(two).startswith("refused LengthOrHashMismatchError"), "tuf-js refuses a changed target")

    # A repository signs nothing earlier than it has: one that was last heard of three days ago.
    (folder / "stale").mkdir()
    stale = Repository(folder / "stale")
    stale.do("create", 64, now=time.time() - 3 * DAY)
    stale.publish(two, "two", now=time.time() - 3 * DAY)
    repository.serve(stale.folder / "metadata")
    late = Follower(tuf_js, url, folder / "late", stale.folder / "metadata" / "1.root.json")
    check(late.ask(two).startswith("refused ExpiredMetadataError"), "tuf-js refuses an expired timestamp")


if __name__ == "__main__":
    main()

"""encrypted_weights.py: encrypted weights end to end: packed, licensed for one host, served from a sandbox, gone with the
licence; and looked for, in clear, wherever they must not be.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import datetime
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from package_maker import Draft, Key
from stoa_host import BUILD, Host, call_json, check, staging, stoa

MODEL = "stoa-demo/weighty"
MARKER = b"these-are-weights-in-clear"
STARTED = time.time()
LICENSING = '[licensing]\nfolder = "licensing"\ncalls_need_keys = false\n[licensing.issuers]\nstoa-demo = "key.pub.pem"\n'


def run(*argv):
    """Exit status and what was said."""
    done = subprocess.run([os.path.join(BUILD, "bin/stoa"), *map(str, argv)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


class Market:
    """A publisher: its plugin's folder, its keys, packages of it in clear and encrypted."""

    def __init__(self, folder):
        self.folder = folder
        self.source, self.content_key = self.plugin("weighty"), folder / "weights.content.key"
        stoa("keygen", "--out", folder / "key")
        self.clear, self.sealed, self.next = folder / "clear.stoa", folder / "sealed.stoa", folder / "next.stoa"
        stoa("pack", self.source, "-o", self.clear, "--key", folder / "key.key.pem")
        encrypt = ("--key", folder / "key.key.pem", "--encrypt", "assets/weights.bin", "--content-key", self.content_key)
        stoa("pack", self.source, "-o", self.sealed, *encrypt)
        stoa("pack", self.plugin("weighty_2"), "-o", self.next, *encrypt)

    def plugin(self, name):
        """Its folder, with weights."""
        source = self.folder / name
        shutil.copytree(staging(name), source)
        (source / "assets").mkdir(exist_ok=True)
        random.seed(5)
        block = MARKER + random.randbytes(4096 - len(MARKER))
        (source / "assets/weights.bin").write_bytes(block * 700)  # 2.8 MB: three chunks
        (source / "assets/labels.txt").write_text("boot\nshoe\n")
        return source

    def licence(self, name, host_key, serial=1, expires=None, **terms):
        """A signed file."""
        terms = {"id": "lic_01kdvfxr0000000000000000aa", "serial": serial, "issuer": "stoa-demo",
                 "subject": {"name": "one host"}, "covers": [{"model": MODEL}], **terms}
        if expires:
            terms["expires"] = expires.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        draft, file = self.folder / f"{name}.json", self.folder / f"{name}.stoa-licence"
        draft.write_text(json.dumps(terms))
        stoa("licences", "sign", draft, "--key", self.folder / "key.key.pem", "-o", file, "--content-key", self.content_key,
             "--for-host", host_key)
        return file


class SealedHost(Host):
    def __init__(self, market, *packages, more=LICENSING, in_process=()):
        super().__init__([], more, in_process)
        (self.folder / "packages").mkdir()
        for package in packages:
            shutil.copy(package, self.folder / "packages")
        shutil.copy(market.folder / "key.pub.pem", self.folder)
        (self.folder / "key.key.pem").write_text("")
        status, said = run("host-key", "show", "--folder", self.folder / "licensing", "--json")
        check(status == 0, said)
        self.fingerprint = json.loads(said)["fingerprint"]

    def start(self):
        return self.serve()

    @property
    def public_key(self):
        return self.folder / "licensing/host.pub.pem"

    def take(self, licence):
        status, said = run("licences", "import", licence, "--folder", self.folder / "licensing", "--issuer",
                           f"stoa-demo={self.folder / 'key.pub.pem'}")
        check(status == 0, said)

    def answer(self, text="hello", version=""):
        at = f"/versions/{version}" if version else ""
        status, answer = call_json(f"{self.url}/v2/models/{MODEL}{at}/infer",
                                   {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}]})
        return answer["outputs"][0]["data"][0] if status == 200 else status

    def refusal(self):
        said = [line for line in self.log_lines() if line.get("event") == "package.refused"]
        check(len(said) == 1, f"refused is {said}")
        return said[0]["reason"], said[0]["why"]


def files_with(marker, *roots):
    """Names of files below the roots that hold the marker."""
    found = []
    for root in roots:
        for folder, _, names in os.walk(root):
            for name in names:
                path = os.path.join(folder, name)
                try:
                    if os.path.isfile(path) and not os.path.islink(path) and marker in pathlib.Path(path).read_bytes():
                        found.append(path)
                except OSError:
                    pass  # gone, or another user's
    return found


def memory_has(pid, marker):
    """Whether the process's memory holds it, so that the searches below would find what there is. One that is gone holds nothing."""
    try:
        with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
            return any(part_has(memory, line, marker) for line in maps)
    except OSError:
        return False


def part_has(memory, line, marker):
    """line: of /proc/PID/maps."""
    span, rights, *_ = line.split()
    begin, end = (int(at, 16) for at in span.split("-"))
    if rights[0] != "r" or "[v" in line or end - begin > 1 << 28:
        return False
    try:
        memory.seek(begin)
        return marker in memory.read(end - begin)
    except OSError:
        return False


def found_in(pid, wanted):
    """Names of what of {name: bytes} the process's memory holds, piece by piece, whatever its size."""
    found, overlap = set(), max(map(len, wanted.values())) - 1
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for line in maps:
            span, rights, *_ = line.split()
            at, end = (int(edge, 16) for edge in span.split("-"))
            while rights[0] == "r" and "[v" not in line and at < end:
                try:
                    memory.seek(at)
                    piece = memory.read(min(end - at, 1 << 24))
                except OSError:
                    break  # nothing is there, as behind the end of a file
                found |= {name for name, marker in wanted.items() if marker in piece}
                if not piece or at + len(piece) >= end:
                    break
                at += max(len(piece) - overlap, 1)
    return found


def children_of(pid):
    found, left = [], [pid]
    while left:
        at = left.pop()
        for task in pathlib.Path(f"/proc/{at}/task").glob("*/children"):
            more = [int(child) for child in task.read_text().split()]
            found += more
            left += more
    return found


def check_equal_answers(market):
    with SealedHost(market, market.clear, more="") as host:
        plain = [host.answer(text) for text in ("", "hello", "weights")]
        check(all(isinstance(one, str) for one in plain), f"in clear it answers {plain}")
    host = SealedHost(market, market.sealed)
    host.take(market.licence("good", host.public_key))
    with host:
        sealed = [host.answer(text) for text in ("", "hello", "weights")]
        check(sealed == plain, f"encrypted it answers {sealed}, in clear {plain}")
        print(f"3 answers are those of the package in clear; the tier is {host.isolation()}")
        look_for_clear_text(market, host)
    return plain


def look_for_clear_text(market, host):
    """On disk, in the temporary folders, in core dumps of the host and its workers."""
    check(files_with(MARKER, market.source) != [], "the search finds nothing where there is something")
    pid, workers = host.process.pid, children_of(host.process.pid)
    roots = [host.folder] + [root for root in ("/dev/shm", "/var/tmp") if os.path.isdir(root)]
    # What an earlier run left says nothing about this one.
    roots += [path for path in pathlib.Path("/tmp").glob("stoa-*")
              if "stoa-market-" not in path.name and path.stat().st_ctime >= STARTED]
    found = files_with(MARKER, *roots)
    check(found == [], f"in clear on disk: {found}")
    print("no file holds the weights in clear")
    if os.geteuid() == 0:
        look_for_the_key(market, pid, workers)

    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if pattern.startswith(("|", "@", "/")):
        print(f"core dumps not looked at: the kernel sends them to {pattern}")
        return
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
        print("core dumps not looked at: this machine allows none")
        return
    host.answer("crash")  # a worker dies of SIGABRT
    # While a key is in use there is no dump at all, so only once another worker has what it needs.
    check(host.wait_for(lambda: isinstance(host.answer(), str), 20), "no worker took the place of the one that crashed")
    os.kill(pid, signal.SIGABRT)
    host.process.wait(60)
    cores = [path for path in pathlib.Path(host.folder).rglob("core*") if path.is_file()]
    check(len(cores) == 1, f"dumps are {cores}, the host's alone should be there")
    dump = cores[0].read_bytes()
    check(len(dump) > 1 << 20 and dump[:4] == b"\x7fELF", f"the dump has {len(dump)} bytes")
    check(MARKER not in dump, "the host's core dump holds the weights in clear")
    key = [line for line in market.content_key.read_text().splitlines() if "-" not in line][0]
    check(base64.b64decode(key) not in dump, "the host's core dump holds the content key")
    check(base64.b64decode(key)[:16] not in dump, "the host's core dump holds half of the content key")
    print(f"the host's core dump ({len(dump) >> 20} MiB) holds neither weights nor key; its workers left none")


def look_for_the_key(market, pid, workers):
    """In the memory of all processes: a worker has the weights, never what opens them, and the host keeps no key once it has used it."""
    line = [line for line in market.content_key.read_text().splitlines() if "-" not in line][0]
    key = base64.b64decode(line)
    check(len(key) == 32, f"the content key has {len(key)} bytes")
    wanted = {"weights": MARKER, "key": key, "first half": key[:16], "second half": key[16:], "text": line.encode()}
    own = found_in(os.getpid(), wanted)
    check(own >= {"key", "first half", "second half", "text"}, f"the search finds {own} of what it looks for in itself")
    seen = {process: found_in(process, wanted) for process in (pid, *workers)}
    serving = [worker for worker in workers if "weights" in seen[worker]]
    check(serving != [], "no worker's memory has the weights: the search is blind")
    for process, found in seen.items():
        check(found <= {"weights"}, f"process {process} (the host is {pid}) holds of the content key: {found}")
    print(f"{len(serving)} of {len(workers)} processes below the host hold the weights; neither they nor the host hold the content key")


def check_refusals(market):
    with SealedHost(market, market.sealed) as host:
        reason, why = host.refusal()
        check(reason == "licence.none", f"without a licence: {reason} {why}")
        for word in ("stoa licences import", host.fingerprint, MODEL):
            check(word in why, f"{word} is not in: {why}")
        check(host.answer() == 404, "it is served without a licence")
        # And with one, which is imported while the host runs.
        host.take(market.licence("late", host.public_key))
        check(host.wait_for(lambda: isinstance(host.answer(), str), 20), "the licence came and the model did not\n" + host.log_text()[-2000:])
    other = SealedHost(market, market.sealed)
    for name, licence, wanted in (
            ("another host's key", lambda h: market.licence("other", other.public_key), "content_key.other_host"),
            ("another version", lambda h: market.licence("version", h.public_key, covers=[{"model": MODEL, "versions": "^2"}]), "licence.version"),
            ("over", lambda h: market.licence("over", h.public_key, not_before="2020-01-01T00:00:00.000Z", issued="2020-01-01T00:00:00.000Z",
                                              expires=datetime.datetime(2021, 1, 1)), "licence.expired"),
            ("not yet", lambda h: market.licence("early", h.public_key, not_before="2999-01-01T00:00:00.000Z"), "licence.not_yet"),
            ("node", lambda h: market.licence("node", h.public_key, node=other.fingerprint), "licence.other_node")):
        host = SealedHost(market, market.sealed)
        host.take(licence(host))
        with host:
            reason, why = host.refusal()
            check(reason == wanted, f"{name}: {reason}, not {wanted}: {why}")
    other.discard()
    # One byte, in a package that its publisher signed: the digests are right, the encryption is not.
    key = Key(market.folder / "key.key.pem", market.folder / "key.pub.pem")
    draft = Draft(market.sealed.read_bytes(), key)
    sealed = bytearray(draft.files["assets/weights.bin"])
    sealed[len(sealed) // 2] ^= 1
    draft.files["assets/weights.bin"] = bytes(sealed)
    draft.settle()
    flipped = market.folder / "flipped.stoa"
    flipped.write_bytes(draft.bytes())
    host = SealedHost(market, flipped)
    host.take(market.licence("flipped", host.public_key))
    with host:
        reason, why = host.refusal()
        check(reason == "sealed.chunk", f"a flipped byte: {reason} {why}")
    print("7 refusals, each with its reason")


def check_expiry(market):
    """The release goes within a second of its licence's end, and comes back with the next serial."""
    host = SealedHost(market, market.sealed)
    with_time = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=8)
    host.take(market.licence("short", host.public_key, expires=with_time))
    with host:
        check(isinstance(host.answer(), str), "it is not served under its licence")
        end = with_time.timestamp()
        while time.time() < end - 0.05:
            check(isinstance(host.answer(), str), "it went before its time")
            time.sleep(0.02)
        check(host.wait_for(lambda: host.answer() in (403, 404), 20), "it is served without a licence")
        late = time.time() - end
        check(late < 1.5, f"it went {late:.2f} s after the licence's end")
        print(f"figure e2e.encrypted.unlicensed_s {late:.2f} target <=1")
        gone = lambda: not any(memory_has(worker, MARKER) for worker in children_of(host.process.pid))  # noqa: E731
        if os.geteuid() == 0:
            check(host.wait_for(gone, 20), "a worker holds the weights after the end of its licence")
        host.take(market.licence("renewed", host.public_key, serial=2))
        check(host.wait_for(lambda: isinstance(host.answer(), str), 20), "it was renewed and is not served\n" + host.log_text()[-2000:])


def check_dead_key(market):
    """A licence that carries a key which does not open holds nothing: what opened the release is revoked, and it goes."""
    host = SealedHost(market, market.sealed)
    good, dead = market.licence("opens", host.public_key), market.folder / "dead.stoa-licence"
    terms = json.loads(base64.b64decode(json.loads(good.read_text())["payload"]))
    draft = {"id": "lic_01kdvfxr0000000000000000cc", "issuer": "stoa-demo", "subject": terms["subject"], "covers": [{"model": MODEL}],
             "content_keys": terms["content_keys"]}  # wrapped for another licence
    (market.folder / "dead.json").write_text(json.dumps(draft))
    stoa("licences", "sign", market.folder / "dead.json", "--key", market.folder / "key.key.pem", "-o", dead)
    host.take(good)
    host.take(dead)
    with host:
        check(isinstance(host.answer(), str), "it is not served under the licence that opens it")
        time.sleep(1.5)
        check(isinstance(host.answer(), str), "it went with both licences there")
        revoked = market.folder / "revoked.json"
        revoked.write_text(json.dumps({"issuer": "stoa-demo", "number": 1, "revoked": [{"id": terms["id"], "serials_to": 9, "because": "unpaid"}]}))
        file = market.folder / "stoa-demo.stoa-revocations"
        stoa("licences", "revocations", "sign", revoked, "--key", market.folder / "key.key.pem", "-o", file)
        host.take(file)
        check(host.wait_for(lambda: host.answer() in (403, 404), 20), "a licence that opens nothing keeps it loaded\n" + host.log_text()[-2000:])
        told = [line["reason"] for line in host.log_lines() if line.get("event") == "release.unlicensed"]
        check(told == ["content_key.wrapped"], f"told is {told}")
    print("a licence whose key does not open keeps no release")


def check_lost_host_key(market):
    """A licence is renewed while the host's key cannot be read, or is another: no other is made, and the right one helps at once."""
    host = SealedHost(market, market.sealed)
    host.take(market.licence("kept", host.public_key))
    key, away = host.folder / "licensing/host.key.pem", host.folder / "away.pem"

    def told(event):
        return [line["reason"] for line in host.log_lines() if line.get("event") == event]

    with host:
        key.rename(away)
        key.mkdir()  # no file; neither does root read it
        host.take(market.licence("renewed once", host.public_key, serial=2))
        check(host.wait_for(lambda: told("release.licence_untold") == ["file.not_regular"], 20), f"told is {told('release.licence_untold')}")
        key.rmdir()
        host.take(market.licence("renewed twice", host.public_key, serial=3))
        check(host.wait_for(lambda: told("release.licence_untold") == ["file.not_regular", "file.not_found"], 20),
              f"told is {told('release.licence_untold')}")
        time.sleep(1)  # four looks
        check(isinstance(host.answer(), str), "it went for want of the host's key\n" + host.log_text()[-2000:])
        check(not key.exists(), "the host made another key")
        check(told("release.unlicensed") == [], f"unlicensed: {told('release.unlicensed')}")
        other = SealedHost(market)
        shutil.copy(other.folder / "licensing/host.key.pem", key)
        other.discard()
        check(host.wait_for(lambda: told("release.unlicensed") == ["content_key.other_host"], 20), "by another host's key it stays")
        away.rename(key)
        check(host.wait_for(lambda: isinstance(host.answer(), str), 20), "the right key is back, the model is not\n" + host.log_text()[-2000:])
    print("without the host's key releases stay as they are, and no other key is made")


def check_two_versions(market):
    """A licence's end takes the versions it covered, and no other; the default is what is left, until it is renewed."""
    host = SealedHost(market, market.sealed, market.next)
    end = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
    second = "lic_01kdvfxr0000000000000000bb"
    host.take(market.licence("first", host.public_key, covers=[{"model": MODEL, "versions": "^1"}]))
    host.take(market.licence("second", host.public_key, expires=end, id=second, covers=[{"model": MODEL, "versions": "^2"}]))
    with host:
        is_served = lambda version="": isinstance(host.answer(version=version), str)  # noqa: E731
        check(is_served("1.0.0") and is_served("2.0.0") and is_served(), f"two licences open two versions\n{host.log_text()[-2000:]}")
        check(host.wait_for(lambda: not is_served("2.0.0"), 10), "the second version is served without its licence")
        for _ in range(40):
            check(is_served("1.0.0") and is_served(), "the first version went with the other's licence")
            time.sleep(0.02)
        host.take(market.licence("second again", host.public_key, serial=2, id=second, covers=[{"model": MODEL, "versions": "^2"}]))
        check(host.wait_for(lambda: is_served("2.0.0"), 20), "the second version does not come back\n" + host.log_text()[-2000:])
        check(is_served("1.0.0"), "the first version went when the other came back")
    print("of two versions the one whose licence ended goes, and comes back beside the other")


def check_how_to(market):
    """Every command of the how-to in its order, and its configuration, on the host of the operator it is written for."""
    page = (pathlib.Path(__file__).parents[2] / "docs/how-to/encrypt-weights.md").read_text()
    blocks = re.findall(r"```(sh|toml)\n(.*?)```", page, re.S)
    configuration = [text for kind, text in blocks if kind == "toml"]
    check(len(configuration) == 1 and len(blocks) == 6, f"the how-to has {len(blocks)} blocks")
    host = SealedHost(market, market.clear, more=configuration[0])
    shutil.copytree(market.source, host.folder / "vision.plugin")
    for name in ("key.pem", "pub.pem"):
        shutil.copy(market.folder / f"key.{name}", host.folder / f"acme.{name}")
    places = os.path.abspath(os.path.join(BUILD, "bin")) + os.pathsep + os.environ["PATH"]
    for kind, text in blocks:
        if kind != "sh":
            continue
        done = subprocess.run(["bash", "-ec", text], cwd=host.folder, env={**os.environ, "PATH": places}, capture_output=True, text=True,
                              timeout=120)
        check(done.returncode == 0, f"{text}{done.stdout}{done.stderr}")
    (host.folder / "packages" / market.clear.name).unlink()
    shutil.copy(host.folder / "vision.stoa", host.folder / "packages")
    with host:
        check(isinstance(host.answer(), str), "what the how-to packed and licensed is not served")
    print(f"{len(blocks) - 1} blocks of the how-to")


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # the host inherits it
    with tempfile.TemporaryDirectory(prefix="stoa-market-") as folder:
        market = Market(pathlib.Path(folder))
        check_equal_answers(market)
        check_refusals(market)
        check_expiry(market)
        check_dead_key(market)
        check_lost_host_key(market)
        check_two_versions(market)
        check_how_to(market)


if __name__ == "__main__":
    sys.exit(main())

"""start_catalogue.py: how long a host takes to start on a registry of 10,000 plugins with 50 releases each.

usage: start_catalogue.py BUILD FOLDER [--starts N]

FOLDER keeps the registry between runs: made once, in minutes. One more plugin is published into it the way everybody does,
and served; of the rest the host serves nothing (serve), as a host of such a registry does.
SPDX-License-Identifier: Apache-2.0
"""
import argparse
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

PLUGINS, RELEASES = 10_000, 50
MODEL, PUBLISHER, PACKAGE = "stoa-demo/release", "stoa-demo", "release_1_0_0"
CONFIG = f'packages = "packages"\nstate = "state"\n[registry]\nfolder = "registry"\nserve = ["{PUBLISHER}/*"]\n'
KEPT_FILES = (".listing", ".told")
SIGNING_SECONDS = 900  # of half a million releases, once


def parse_words():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--starts", type=int, default=7)
    return parser.parse_args()


WORDS = parse_words()
os.environ["STOA_BINARY_DIR"] = WORDS.build
sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "e2e"))
from host_process import HostProcess, stoa  # noqa: E402
from measure import figure, machine_line  # noqa: E402


def ask(host, path, body=None, plane=0):
    """Status and document; 0 where nobody answers."""
    try:
        connection = http.client.HTTPConnection("127.0.0.1", host.ports[plane], timeout=60)
        connection.request("POST" if body else "GET", path, json.dumps(body) if body else None)
        answer = connection.getresponse()
        text = answer.read()
        return answer.status, json.loads(text) if text.startswith(b"{") else text
    except OSError:
        return 0, None


def infers(host):
    body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}]}
    return ask(host, f"/v2/models/{MODEL}/infer", body)[0] == 200


class Start:
    """A host that begins now, and the seconds until it was so far."""

    def __init__(self, folder):
        self.host = HostProcess(folder, CONFIG)
        self.began = time.monotonic()
        if not self.host.wait_ports(60):
            sys.exit(f"error: no host: {self.host.log_text()[-2000:]}")

    def until(self, what, is_so, seconds=120):
        if not self.host.wait_for(is_so, seconds):
            sys.exit(f"error: {what}: not within {seconds} s: {self.host.log_text()[-2000:]}")
        return time.monotonic() - self.began

    def ready(self):
        return self.until("ready", lambda: self.host.get("/v2/health/ready") == 200)

    def catalogue(self):
        path = "/v1/catalogue?limit=5&text=talks"
        return self.until("the catalogue answers", lambda: len((ask(self.host, path)[1] or {}).get("items", [])) == 5)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.host.is_alive():  # something failed
            self.host.process.kill()
            self.host.process.wait(60)

    def end(self, is_killed=False):
        if is_killed:
            self.host.process.kill()
            self.host.process.wait(60)
        elif self.host.stop() != 0:
            sys.exit(f"error: the host did not end as it should: {self.host.log_text()[-2000:]}")


def publish(folder, start):
    from registry import Registry  # noqa: PLC0415: it wants the build folder in the environment
    from stoa_host import staging  # noqa: PLC0415
    url = f"http://127.0.0.1:{start.host.ports[1]}"
    admin, partner = (Registry(url, folder / name) for name in ("registry/admin.token", "partner.token"))
    if not (folder / "partner.token").exists():  # else a run before this one came so far
        admin.json("publishers", "create", PUBLISHER, "--token-out", folder / "partner.token")
        admin.run("publishers", "let-pass", PUBLISHER)
        stoa("keygen", "--out", folder / "key")
        partner.json("publishers", "add-key", PUBLISHER, "--key", folder / "key.key.pem")
    shutil.rmtree(folder / "package", ignore_errors=True)
    shutil.copytree(staging(PACKAGE), folder / "package")
    (folder / "package/assets").mkdir(exist_ok=True)
    (folder / "package/assets/table.bin").write_bytes(bytes(1000))
    stoa("pack", folder / "package", "-o", folder / "package.stoa")
    stoa("sign", folder / "package.stoa", "--key", folder / "key.key.pem")
    release = partner.json("publish", folder / "package.stoa", "--wait")["id"]
    admin.text("releases", "accept", release)
    start.until("the published model answers", lambda: infers(start.host), 60)


def make(folder):
    """A registry as it is after its first day: everything signed, both kept files written."""
    if (folder / "made").exists():
        return
    if not (folder / "filled").exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "registry").mkdir(parents=True, mode=0o700)
        began = time.monotonic()
        subprocess.run([os.path.join(WORDS.build, "bin/stoa_bench_catalogue"), folder / "registry/catalogue.db",
                        str(PLUGINS), str(RELEASES), "make"], check=True, stdout=subprocess.DEVNULL)
        print(f"  catalogue made in {time.monotonic() - began:.0f} s", flush=True)
        (folder / "filled").touch()
    with Start(folder) as start:
        start.ready()
        publish(folder, start)
        signed = start.until("all of it is signed and kept",
                             lambda: all((folder / "registry" / name).exists() for name in KEPT_FILES), SIGNING_SECONDS)
        print(f"  first start: everything signed after {signed:.0f} s", flush=True)
        start.end()
    (folder / "made").touch()


def measured(folder, before, is_killed=False):
    """Seconds to ready, to the model's first answer, to the catalogue's; before: what happens to the folder first."""
    before(folder / "registry")
    with Start(folder) as start:
        times = start.ready(), start.until("the model answers", lambda: infers(start.host)), start.catalogue()
        start.end(is_killed)
    return times


def forget_kept(registry):
    for name in KEPT_FILES:
        (registry / name).unlink(missing_ok=True)


def forget_pages(registry):
    with open(registry / "catalogue.db", "rb") as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def main():
    WORDS.folder = WORDS.folder.resolve()  # the host runs elsewhere
    print(machine_line())
    make(WORDS.folder)
    median = lambda times: sorted(times)[len(times) // 2]  # noqa: E731
    starts = [measured(WORDS.folder, lambda _: None) for _ in range(WORDS.starts)]
    ready, model, catalogue = (median(column) for column in zip(*starts))
    met = figure("registry.start_seconds", ready, "s", "<=2.0", "T2n")
    met &= figure("registry.start_model_seconds", model, "s", "<=2.0", "T2n")
    met &= figure("registry.start_catalogue_seconds", catalogue, "s", "<=2.0", "T2n")
    met &= figure("registry.start_worst_seconds", max(max(one) for one in starts), "s", "<=2.0", "T2n")
    measured(WORDS.folder, lambda _: None, is_killed=True)
    met &= figure("registry.start_after_kill_seconds", max(measured(WORDS.folder, lambda _: None)), "s", "<=2.0", "T2n")
    met &= figure("registry.start_cold_seconds", max(measured(WORDS.folder, forget_pages)), "s", "<=2.0", "T2n")
    # After a restore neither file is there: ready all the same, the catalogue when all of it was read.
    restored = measured(WORDS.folder, forget_kept)
    met &= figure("registry.start_restored_seconds", restored[0], "s", "<=2.0", "T2n")
    figure("registry.start_restored_catalogue_seconds", restored[2], "s", "<=10", "T2n")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())

"""faults.py: every kind of bad plugin against a real host, many times in a seeded order, beside a healthy neighbour.

SPDX-License-Identifier: Apache-2.0
Standard library only; run it by run.sh. Prints figures on stdout and what it does on stderr; exit 1 when the host did not do
what kinds.toml wants of it.
"""
import argparse
import os
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading

from fault_host import Packages
from manifests import SHARED, TABLE
from scenes import calls_scene, lives_scene, say
from tally import Tally, report

LESSER = {"T2": ["--container"]}  # how a machine that offers T2n is made one that offers this tier


class World:
    """What all scenes share."""

    def __init__(self, arguments, work):
        self.work, self.times, self.tier, self.seed = work, arguments.times, arguments.tier, arguments.seed
        self.in_process, self.logs, self.jobs = arguments.in_process, arguments.logs, arguments.jobs
        self.lesser = LESSER.get(self.tier, []) + (["--ordinary"] if arguments.ordinary_user else [])
        self.more = pathlib.Path(arguments.config).read_text() if arguments.config else ""
        self.hosts, self.lock = [], threading.Lock()  # those that may be left when the run is cut short
        self.is_cut = False
        self.packages, self.draw = Packages(arguments.build, work, TABLE), random.Random(arguments.seed)

    def keep_log(self, host, name):
        if self.logs and host.log_path.exists():
            pathlib.Path(self.logs).mkdir(parents=True, exist_ok=True)
            shutil.copy(host.log_path, pathlib.Path(self.logs) / f"{name}.log")


def parse():
    parser = argparse.ArgumentParser(prog="run.sh")
    parser.add_argument("--build", default="build/release", help=argparse.SUPPRESS)
    parser.add_argument("--nightly", action="store_true", help="1000 injections of each kind")
    parser.add_argument("--times", type=int, help="injections of each kind (default: 30)")
    parser.add_argument("--jobs", type=int,
                        help="injections at once, each of another kind, behind the first 30 of each (default: 1, nightly 16)")
    parser.add_argument("--kinds", help="only these, with commas between them")
    parser.add_argument("--seed", type=int, default=None, help="of the order; printed, so that a run can be repeated")
    parser.add_argument("--tier", choices=("T2", "T2n"), help="run them in this tier (default: the strongest of this machine)")
    parser.add_argument("--ordinary-user", action="store_true", help="the host is no root")
    parser.add_argument("--config", help="a file with more configuration of the host")
    parser.add_argument("--logs", help="keep the hosts' logs in this folder")
    parser.add_argument("--in-process", action="store_true",
                        help="the proof that the faults are real: one host per kind, with the plugin inside it")
    arguments = parser.parse_args()
    arguments.times = arguments.times or (1000 if arguments.nightly else 30)
    arguments.jobs = max(1, arguments.jobs or (16 if arguments.nightly else 1))
    arguments.seed = random.SystemRandom().randrange(1 << 32) if arguments.seed is None else arguments.seed
    known = [name for section in TABLE.values() for name in section]
    arguments.kinds = arguments.kinds.split(",") if arguments.kinds else known
    strangers = [name for name in arguments.kinds if name not in known]
    if strangers:
        parser.error(f"no kind is called {', '.join(strangers)}")
    return arguments


def main():
    arguments = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that no host outlives its runner
    work, world = tempfile.mkdtemp(prefix="stoa-faults-"), None
    os.chmod(work, 0o711)
    try:
        world = World(arguments, work)
        if arguments.in_process:
            from in_process import prove
            return prove(world, arguments.kinds)
        say(f"{len(arguments.kinds)} kinds, {arguments.times} times each, --jobs {arguments.jobs} --seed {arguments.seed}")
        tally = Tally()
        calls_scene(world, [k for k in arguments.kinds if any(k in TABLE[s] for s in SHARED)], tally)
        lives_scene(world, arguments.kinds, tally)
        return 0 if report(tally) else 1
    finally:
        if world:
            world.is_cut = True
            for host in world.hosts:
                host.discard()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

"""faults.py: every kind of bad plugin against a real host, many times in a seeded order, beside a healthy neighbour.

SPDX-License-Identifier: Apache-2.0
Standard library only; run it by run.sh. Prints figures on stdout and what it does on stderr; exit 1 when the host did not do
what kinds.toml wants of it.
"""
import argparse
import collections
import os
import pathlib
import random
import shutil
import signal
import statistics
import sys
import tempfile
import time

from fault_host import NEIGHBOUR, Host, Packages
from inject import Field, inject, judge
from manifests import HERE, LOAD_MS, SHARED, TABLE
from neighbour import Neighbour, percentile

sys.path.insert(0, str(HERE.parent / "bench"))
from measure import figure, machine_line  # noqa: E402

SLICES, QUIET_S, SETTLE_S = 5, 3.0, 1.0
REQUESTS_MIN = 500  # of a slice: five of them above its p99
SKIP = 77
LESSER = {"T2": ["--container"]}  # how a machine that offers T2n is made one that offers this tier
Slice = collections.namedtuple("Slice", "n p50_ms p99_ms max_ms")


def slice_of(latencies):
    return Slice(len(latencies), *(percentile(latencies, share) * 1e3 for share in (0.5, 0.99, 1.0)))


def say(text):
    print(text, file=sys.stderr, flush=True)


class Tally:
    """What was seen: counts for the figures, and every (kind, seen, wanted) that does not fit."""

    def __init__(self):
        self.kinds, self.injections, self.host_deaths, self.misdeeds = set(), 0, 0, 0
        self.wrong_answers, self.not_fired, self.slices, self.tier = 0, 0, [], "unknown"
        self.seen, self.unmet, self.open = collections.Counter(), collections.Counter(), collections.Counter()

    def count(self, name, seen, kind, has_fired):
        wanted = kind["expect"]
        self.kinds.add(name)
        self.injections += 1
        self.seen[name, seen.split(":")[0]] += 1
        is_open = seen.startswith("MISDEED") and self.tier in kind.get("open_in", ())
        if is_open:
            self.open[name, seen] += 1
        elif seen.startswith("MISDEED"):
            self.misdeeds += 1
        if not is_open and not judge(seen, wanted):
            self.unmet[name, seen[:48], " or ".join(wanted)] += 1
        if not has_fired:
            self.not_fired += 1
            self.unmet[name, "not fired", "a line in the log"] += 1

    def count_death(self, name, host):
        self.host_deaths += 1
        self.unmet[name, f"the host ended with {host.process.returncode}", "a living host"] += 1

    def count_neighbour(self, neighbour):
        self.wrong_answers += neighbour.wrong
        if neighbour.wrong:
            self.unmet["checksum", neighbour.first_wrong, "its checksum"] += neighbour.wrong


def start(world, names, first_model):
    """A host that answers for first_model, or the end of the run: nothing can be said of a host that does not start."""
    host = Host(world.packages, tempfile.mkdtemp(dir=world.work), names, world.in_process, world.tier, world.more, world.lesser)
    world.hosts = [h for h in world.hosts if h.is_alive()] + [host]
    if host.wait_ports() and host.wait_ready(NEIGHBOUR) and (
            first_model is None or host.wait_ready("stoa-faults/" + first_model)):
        tier = host.isolation()
        if world.tier in (None, tier):
            return host
        host.discard()
        raise SystemExit(f"error: the host runs plugins in {tier}, {world.tier} was asked for")
    tail = host.log_text()[-3000:]
    is_too_weak = host.has_logged("isolation.too_weak", seconds=0)
    status = host.process.poll()
    host.discard()
    if status == SKIP:
        print(tail.strip())
        raise SystemExit(SKIP)
    if is_too_weak:
        print(f"skipped: this machine offers less than {world.tier or 'T2'}, so the host serves no plugin in a worker")
        raise SystemExit(SKIP)
    raise SystemExit(f"error: the host is not ready with {', '.join(names)}\n{tail}")


def calls_scene(world, kinds, tally):
    """Faults of a call: `times` injections of each, in one lifetime of the host as long as it lives."""
    sections = [s for s in SHARED if any(k in TABLE[s] for k in kinds)]
    if not sections:
        return
    todo = [(name, i) for name in kinds for i in range(world.times)]
    world.draw.shuffle(todo)
    first = next(iter(TABLE[sections[0]]))
    host, done = start(world, [*sections, "checksum"], first), 0
    tally.tier = host.isolation()
    size = -(-len(todo) // SLICES)
    field = Field(host, world.work)
    neighbour = Neighbour(host, world.seed)
    neighbour.__enter__()  # not `with`: a host that died gets another one
    try:
        for at in range(0, len(todo), size):
            time.sleep(SETTLE_S)  # what starts or is replaced is no quiet
            neighbour.take()
            time.sleep(QUIET_S)
            quiet = slice_of(neighbour.take())
            for name, i in todo[at:at + size]:
                kind = next(TABLE[s][name] for s in sections if name in TABLE[s])
                seen, has_fired = inject(field, name, kind, f"{name}-{i}")
                tally.count(name, seen, kind, has_fired)
                done += 1
                if done % 50 == 0 or done == len(todo):
                    say(f"  calls {done}/{len(todo)}, {tally.misdeeds} misdeeds, {sum(tally.unmet.values())} unmet")
                if not host.is_alive():
                    tally.count_death(name, host)
                    neighbour.__exit__()
                    tally.count_neighbour(neighbour)
                    field.close()
                    host.discard()
                    host = start(world, [*sections, "checksum"], first)
                    field, neighbour = Field(host, world.work), Neighbour(host, world.seed)
                    neighbour.__enter__()
            tally.slices.append((quiet, slice_of(neighbour.take())))
        neighbour.__exit__()
        tally.count_neighbour(neighbour)
        status = host.stop()
        if status != 0:
            tally.unmet["(all calls)", f"the host ended with {status}", "0 behind SIGTERM"] += 1
    finally:
        neighbour.__exit__()
        field.close()
        world.keep_log(host, "calls")
        host.discard()


def fired_needle(name):
    return f"fault fired kind={name} injection=own"


def wait_all(names, is_done, seconds):
    """Those of names that are not done after the time."""
    end, left = time.monotonic() + seconds, list(names)
    while left and time.monotonic() < end:
        left = [name for name in left if not is_done(name)]
        time.sleep(0.05 if left else 0)
    return left


def lives_scene(world, kinds, tally):
    """Faults of a library's life: one lifetime of the host, with every such package at once, is one injection of each."""
    loads = [k for k in TABLE["load"] if k in kinds]
    unloads = [k for k in TABLE["unload"] if k in kinds]
    if not loads and not unloads:
        return
    for round_number in range(world.times):
        host = start(world, [*loads, *unloads, "checksum"], None)
        tally.tier = host.isolation()
        with Neighbour(host, world.seed + round_number) as neighbour:
            patience = LOAD_MS / 1000 * (len(loads) + len(unloads)) + 10
            wait_all(loads, lambda name: host.says_of_package(name), patience)
            field = Field(host, world.work)
            for name in unloads:
                seen, _ = inject(field, name, TABLE["unload"][name], "own", wants_proof=False)
                tally.count(name, seen, TABLE["unload"][name], True)
            field.close()
            for name in loads:
                said = host.says_of_package(name)
                seen = "loaded" if host.is_ready("stoa-faults/" + name) else "not-loaded" if said else "no word of it"
                is_proved = TABLE["load"][name].get("proof") == "host" or host.has_logged(fired_needle(name))
                tally.count(name, seen, TABLE["load"][name], is_proved)
            asked = [name for name in unloads if name.startswith("health")]  # every 5 s
            wait_all(asked, lambda name: host.has_logged(fired_needle(name), seconds=0), 12)
            if not host.is_alive():
                tally.count_death("(lives)", host)
        tally.count_neighbour(neighbour)
        status = host.stop()
        if status != 0:
            tally.unmet["(lives)", f"the host ended with {status}", "0 behind SIGTERM"] += 1
        for name in unloads:
            if not host.has_logged(fired_needle(name), seconds=0.1):
                tally.not_fired += 1
                tally.unmet[name, "not fired", "a line in the log"] += 1
        world.keep_log(host, "lives")
        host.discard()
        say(f"  lives {round_number + 1}/{world.times}, {sum(tally.unmet.values())} unmet")


def report_neighbour(slices, tier):
    """A time: printed, never a failure."""
    whole = [pair for pair in slices if all(part.n >= REQUESTS_MIN for part in pair)]
    if len(whole) == SLICES:
        figure("faults.neighbour_p99_vs_quiet", statistics.median(busy.p99_ms / quiet.p99_ms for quiet, busy in whole), "x",
               "<=1.5", tier)
    elif slices:
        print(f"no figure of the neighbour's p99: {len(whole)} of {SLICES} slices have {REQUESTS_MIN} requests; more --times give more")
    for number, (quiet, busy) in enumerate(slices, 1):
        row = "   ".join(f"{words} n={part.n} p50={part.p50_ms:.2f} p99={part.p99_ms:.2f} max={part.max_ms:.2f}"
                         for words, part in (("quiet", quiet), ("beside faults", busy)))
        ratio = f"{busy.p99_ms / quiet.p99_ms:.2f}" if (quiet, busy) in whole else f"none, under {REQUESTS_MIN} requests"
        print(f"neighbour ms {number}: {row}   ratio {ratio}")


def report(tally):
    print(machine_line())
    tier, met = tally.tier, True
    met &= figure("faults.kinds", len(tally.kinds), "kinds", ">=1", tier)
    met &= figure("faults.injections", tally.injections, "injections", ">=1", tier)
    met &= figure("faults.host_deaths", tally.host_deaths, "deaths", "<=0", tier)
    met &= figure("faults.misdeeds", tally.misdeeds, "misdeeds", "<=0", tier)
    met &= figure("faults.wrong_neighbour_answers", tally.wrong_answers, "answers", "<=0", tier)
    met &= figure("faults.not_fired", tally.not_fired, "injections", "<=0", tier)
    report_neighbour(tally.slices, tier)
    for (name, seen), times in tally.open.items():
        print(f"open in {tier}, as isolation.md says: {name} {seen} ({times} times)")
    if tally.unmet:
        print(f"\n{'kind':<26} {'times':>5}  {'seen':<50} wanted")
        for (name, seen, wanted), times in sorted(tally.unmet.items()):
            print(f"{name:<26} {times:>5}  {seen[:50]:<50} {wanted}")
    return met and not tally.unmet


class World:
    """What all scenes share."""

    def __init__(self, arguments, work):
        self.work, self.times, self.tier, self.seed = work, arguments.times, arguments.tier, arguments.seed
        self.in_process, self.logs = arguments.in_process, arguments.logs
        self.lesser = LESSER.get(self.tier, []) + (["--ordinary"] if arguments.ordinary_user else [])
        self.more = pathlib.Path(arguments.config).read_text() if arguments.config else ""
        self.hosts = []  # those that may be left when the run is cut short
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
        say(f"{len(arguments.kinds)} kinds, {arguments.times} times each, --seed {arguments.seed}")
        tally = Tally()
        calls_scene(world, [k for k in arguments.kinds if any(k in TABLE[s] for s in SHARED)], tally)
        lives_scene(world, arguments.kinds, tally)
        return 0 if report(tally) else 1
    finally:
        for host in world.hosts if world else []:
            host.discard()
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())

"""tally.py: what was seen in a run, and its figures.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import statistics
import sys
import threading

from inject import judge
from manifests import HERE
from neighbour import percentile

sys.path.insert(0, str(HERE.parent / "bench"))
from measure import figure, machine_line  # noqa: E402

SLICES = 5
REQUESTS_MIN = 500  # of a slice: five of them above its p99
Slice = collections.namedtuple("Slice", "n p50_ms p99_ms max_ms")


def slice_of(latencies):
    return Slice(len(latencies), *(percentile(latencies, share) * 1e3 for share in (0.5, 0.99, 1.0)))


class Tally:
    """What was seen: counts for the figures, and every (kind, seen, wanted) that does not fit."""

    def __init__(self):
        self.kinds, self.injections, self.host_deaths, self.misdeeds = set(), 0, 0, 0
        self.wrong_answers, self.not_fired, self.slices, self.tier = 0, 0, [], "unknown"
        self.seen, self.unmet, self.open = collections.Counter(), collections.Counter(), collections.Counter()
        self.lock = threading.Lock()  # for count() and the like: scenes have threads

    def count(self, name, seen, kind, has_fired):
        with self.lock:
            self.count_one(name, seen, kind, has_fired)

    def count_one(self, name, seen, kind, has_fired):
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
        with self.lock:
            self.host_deaths += 1
            self.unmet[name, f"the host ended with {host.process.returncode}", "a living host"] += 1

    def count_neighbour(self, neighbour):
        with self.lock:
            self.wrong_answers += neighbour.wrong
            if neighbour.wrong:
                self.unmet["checksum", neighbour.first_wrong, "its checksum"] += neighbour.wrong

    def count_end(self, scene, status):
        if status != 0:
            with self.lock:
                self.unmet[scene, f"the host ended with {status}", "0 behind SIGTERM"] += 1

    def count_unfired(self, name):
        with self.lock:
            self.not_fired += 1
            self.unmet[name, "not fired", "a line in the log"] += 1


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

"""scenes.py: two ways to meet bad plugins: calls, in one lifetime of a host, and whole lives of hosts.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import sys
import tempfile
import time

from crowd import Crowd
from fault_host import NEIGHBOUR, Host
from inject import Field, inject
from manifests import LOAD_MS, SHARED, TABLE
from neighbour import Neighbour
from tally import SLICES, slice_of

QUIET_S, SETTLE_S = 3.0, 1.0
MEASURED_TIMES = 30  # of each kind, one after the other, where the rest comes in a crowd
SKIP = 77


def say(text):
    print(text, file=sys.stderr, flush=True)


def start(world, names, first_model):
    """A host that answers for first_model, or the end of the run: nothing can be said of a host that does not start."""
    host = Host(world.packages, tempfile.mkdtemp(dir=world.work), names, world.in_process, world.tier, world.more, world.lesser)
    with world.lock:
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


class Calls:
    """Faults of a call: one lifetime of the host as long as it lives, beside the neighbour's client."""

    def __init__(self, world, sections, tally):
        self.world, self.sections, self.tally, self.done = world, sections, tally, 0
        self.begin()

    def begin(self):
        self.host = start(self.world, [*self.sections, "checksum"], next(iter(TABLE[self.sections[0]])))
        self.field, self.neighbour = Field(self.host, self.world.work), Neighbour(self.host, self.world.seed)
        self.neighbour.__enter__()  # not `with`: a host that died gets another one

    def end(self):
        self.neighbour.__exit__()
        self.tally.count_neighbour(self.neighbour)
        self.field.close()
        self.world.keep_log(self.host, "calls")
        self.host.discard()

    def inject(self, name, i):
        kind = next(TABLE[s][name] for s in self.sections if name in TABLE[s])
        seen, has_fired = inject(self.field, name, kind, f"{name}-{i}")
        self.tally.count(name, seen, kind, has_fired)
        self.done += 1
        if self.done % 50 == 0:
            say(f"  calls {self.done}, {self.tally.misdeeds} misdeeds, {sum(self.tally.unmet.values())} unmet")

    def run(self, todo, jobs):
        """All of them, one after the other or `jobs` at once, with as many hosts as it takes."""
        left = collections.deque(todo)
        while left:
            if jobs == 1:
                name, i = left.popleft()
                self.inject(name, i)
            else:
                crowd = Crowd(left)
                crowd.run(jobs, self.inject, self.host.is_alive)
                name, left = "(several at once)", collections.deque(crowd.rest())
            if not self.host.is_alive():
                self.tally.count_death(name, self.host)
                self.end()
                self.begin()

    def quiet(self):
        time.sleep(SETTLE_S)  # what starts or is replaced is no quiet
        self.neighbour.take()
        time.sleep(QUIET_S)
        return slice_of(self.neighbour.take())


def slices_of(todo):
    size = -(-len(todo) // SLICES)
    return [todo[at:at + size] for at in range(0, len(todo), size)]


def calls_scene(world, kinds, tally):
    """`times` injections of each kind. The neighbour is measured beside those that come one after the other."""
    sections = [s for s in SHARED if any(k in TABLE[s] for k in kinds)]
    if not sections:
        return
    measured = world.times if world.jobs == 1 else min(world.times, MEASURED_TIMES)
    first, rest = ([(name, i) for name in kinds for i in turns] for turns in (range(measured), range(measured, world.times)))
    world.draw.shuffle(first)
    calls = Calls(world, sections, tally)
    tally.tier = calls.host.isolation()
    try:
        for part in slices_of(first):
            quiet = calls.quiet()
            calls.run(part, 1)
            tally.slices.append((quiet, slice_of(calls.neighbour.take())))
        if rest:
            calls.run(rest, world.jobs)
        calls.neighbour.__exit__()
        tally.count_end("(all calls)", calls.host.stop())
    finally:
        calls.end()


def fired_needle(name):
    return f"fault fired kind={name} injection=own"


def wait_all(names, is_done, seconds):
    """Those of names that are not done after the time."""
    end, left = time.monotonic() + seconds, list(names)
    while left and time.monotonic() < end:
        left = [name for name in left if not is_done(name)]
        time.sleep(0.05 if left else 0)
    return left


def one_life(world, loads, unloads, tally, number):
    """Every such package at once, in one lifetime of a host."""
    host = start(world, [*loads, *unloads, "checksum"], None)
    tally.tier = host.isolation()
    with Neighbour(host, world.seed + number) as neighbour:
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
    tally.count_end("(lives)", host.stop())
    for name in unloads:
        if not host.has_logged(fired_needle(name), seconds=0.1):
            tally.count_unfired(name)
    world.keep_log(host, "lives")
    host.discard()


def lives_scene(world, kinds, tally):
    """Faults of a library's life: one lifetime of a host is one injection of each."""
    loads = [k for k in TABLE["load"] if k in kinds]
    unloads = [k for k in TABLE["unload"] if k in kinds]
    if not loads and not unloads:
        return
    done = 0

    def live(_, number):
        nonlocal done
        one_life(world, loads, unloads, tally, number)
        done += 1
        say(f"  lives {done}/{world.times}, {sum(tally.unmet.values())} unmet")

    # A load has 2 s: of hosts that load thirty packages each, fewer at once than of calls. Each is a kind of its own here.
    Crowd([(number, number) for number in range(world.times)]).run(max(1, world.jobs // 8), live, lambda: not world.is_cut)

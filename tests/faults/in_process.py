"""in_process.py: the proof that the faults are real: each kind once inside a host of its own, and what becomes of the host.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import http.client
import sys
import tempfile
import time

from fault_host import NEIGHBOUR, Host, infer
from inject import Field, inject
from manifests import SHARED, TABLE
from measure import figure, machine_line
from neighbour import checksum

Outcome = collections.namedtuple("Outcome", "kind fate seen has_fired")


def still_answers(host):
    try:
        status, _, text = infer(host.connect(3), NEIGHBOUR, "are you there")
        return status == 200 and text == checksum(b"are you there")
    except (OSError, http.client.HTTPException):
        return False


def fate_of(host):
    """What the fault made of the host, looked at from outside: dead, deaf, or unable to end."""
    if not host.is_alive():
        return f"dies ({host.process.returncode})"
    if not still_answers(host):
        time.sleep(0.2)  # a signal may still be on its way
        return f"dies ({host.process.returncode})" if not host.is_alive() else "hangs"
    status = host.stop(12)
    if status is None:
        return "hangs at its end"
    return "survives" if status == 0 else "cut at its end" if status == 1 else f"dies at its end ({status})"


def prove_one(world, section, name):
    kind = TABLE[section][name]
    package = section if section in SHARED else name
    host = Host(world.packages, tempfile.mkdtemp(dir=world.work), [package, "checksum"], in_process=True)
    field = None
    try:
        is_up = host.wait_ports() and host.wait_ready(NEIGHBOUR, 10)
        seen, injection = "nothing", "own" if section not in SHARED else "once"
        needle = f"fault fired kind={name} injection={injection}"
        if is_up and section != "load" and host.wait_ready("stoa-faults/" + name, 5):
            field = Field(host, world.work, wants_stderr=True)
            seen, _ = inject(field, name, kind, injection, wants_proof=False)
        elif is_up and section == "load":
            end = time.monotonic() + 12
            while time.monotonic() < end and host.is_alive() and not host.says_of_package(name):
                time.sleep(0.05)
            seen = "not-loaded: " + (host.says_of_package(name) or "no word")
        if is_up and name.startswith("health"):
            host.has_logged(needle, seconds=8)
        fate = fate_of(host) if is_up or not host.is_alive() else "hangs while it loads"
        has_fired = kind.get("proof") == "host" or host.has_logged(needle, seconds=0.2)
        world.keep_log(host, "in-process-" + name)
        return Outcome(name, fate, seen, has_fired)
    finally:
        if field:
            field.close()
        host.discard()


def prove(world, kinds):
    outcomes = []
    for section, table in TABLE.items():
        for name in (n for n in table if n in kinds):
            outcomes.append(prove_one(world, section, name))
            kind, fate, seen, has_fired = outcomes[-1]
            print(f"  {kind:<26} {fate:<22} {'' if has_fired else 'NOT FIRED '}{seen}", file=sys.stderr, flush=True)
    print(machine_line())
    print(f"{'kind':<26} {'host':<22} seen")
    for kind, fate, seen, has_fired in outcomes:
        print(f"{kind:<26} {fate:<22} {'' if has_fired else 'NOT FIRED '}{seen}")
    harmed = sum(o.fate != "survives" for o in outcomes)
    misdeeds = sum(o.seen.startswith("MISDEED") for o in outcomes)
    not_fired = sum(not o.has_fired for o in outcomes)
    print(f"in-process: {harmed} of {len(outcomes)} kinds kill or hang the host, {misdeeds} others succeed in a misdeed")
    figure("faults.in_process_hosts_lost", harmed, "kinds", ">=0", "in-process")
    figure("faults.in_process_misdeeds", misdeeds, "kinds", ">=0", "in-process")
    return 0 if figure("faults.in_process_not_fired", not_fired, "kinds", "<=0", "in-process") else 1

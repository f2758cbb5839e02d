"""switches.py: an alias that goes to and fro between two releases a hundred times while customers ask without a pause over kept
connections: no request is lost, no connection is cut, and each answer is one release's alone.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import sys
import threading
import time

import rollout
from registry import MODEL, infer, wait_for, with_publisher
from stoa_host import Host, call, check, staging

SWITCHES = int(os.environ.get("STOA_SWITCHES", "100"))
rollout.CLIENTS = 8


class Kept(rollout.Load):
    """Counts the connections, too: each client has one for its whole life."""

    def __init__(self, host):
        super().__init__(host, text="which")
        self.connects = 0
        original = rollout.http.client.HTTPConnection.connect

        def connect(connection):
            with self.lock:
                self.connects += threading.current_thread() in self.threads
            original(connection)
        self.restore = lambda: setattr(rollout.http.client.HTTPConnection, "connect", original)
        rollout.http.client.HTTPConnection.connect = connect

    def __exit__(self, *argv):
        super().__exit__(*argv)
        self.restore()


def pinned(host, versions, is_over, wrong):
    """Who names a version gets that one or is told that it is not there (any more, or yet): never the other."""
    body = json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}]}).encode()
    asked = 0
    while not is_over.is_set():
        version = versions[asked % 2]
        status, _, answer = call(f"{host.url}/v2/models/{MODEL}/versions/{version}/infer", body, {"Content-Type": "application/json"})
        said = json.loads(answer)
        if status == 200 and (said["model_version"], said["outputs"][0]["data"][0]) != (version, version) or status not in (200, 404, 503):
            wrong.append(f"{version}: {status} {said}")
        asked += 1
    return asked


def move(rita, to):
    """A machine that was held up for a moment looks like a slow release to its host, which takes that one back."""
    status, out, err = rita.run("aliases", "move", MODEL, "default", to)
    if status != 0 and "reason: rollout.verdict\n" in err:
        rita.text("rollout", "forgive", MODEL, to)
        return move(rita, to)
    check(status == 0, f"the move to {to} ended with {status}: {out}{err}")


def switched(host, rita, load):
    """Every switch is seen by the load, and what answered before answers no more once it was."""
    versions, took = ("1.0.0", "1.1.0"), []
    for n in range(SWITCHES):
        to = versions[(n + 1) % 2]
        before, begun = load.seen(to), time.monotonic()
        move(rita, to)
        wait_for(lambda: load.seen(to) >= before + rollout.CLIENTS, f"switch {n + 1}, to {to}, reaches the load", 60)
        took.append(time.monotonic() - begun)
        check(host.is_alive() and not load.failures, f"after switch {n + 1}: {load.failures[:3]}")
    return sorted(took)


def main():
    staging("release_1_1_0")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        rita, partner = with_publisher(host)
        rollout.publish(host, partner, rita, "1.0.0")
        wait_for(lambda: infer(host) == (200, "1.0.0"), "the first release answers", 60)
        rita.text("aliases", "move", MODEL, "default", "1.0.0")
        rollout.publish(host, partner, rita, "1.1.0")

        is_over, wrong = threading.Event(), []
        naming = threading.Thread(target=pinned, args=(host, ("1.0.0", "1.1.0"), is_over, wrong))
        with Kept(host) as load:
            naming.start()
            took = switched(host, rita, load)
            is_over.set()
            naming.join(60)
        answers = dict(load.answers)
        check(not load.failures, f"{len(load.failures)} of {sum(answers.values())} went wrong: {load.failures[:5]}")
        check(set(answers) == {"1.0.0", "1.1.0"}, f"there were other answers: {answers}")
        check(not naming.is_alive() and not wrong, f"who named a version: {wrong[:5]}")
        check(load.connects == rollout.CLIENTS, f"{load.connects} connections of {rollout.CLIENTS} clients: some were cut")
        steps = rita.json("aliases", "steps", "--model", MODEL, "--alias", "default")
        check(steps["items"][0]["step"] >= SWITCHES, f"the history has {steps['items'][0]['step']} steps")
        check(rita.text("audit", "verify").startswith("whole"), "the catalogue is not whole")
        print(f"{SWITCHES} switches under {rollout.CLIENTS} clients: {sum(answers.values())} answers, each of one release, none lost; "
              f"a switch took {took[len(took) // 2] * 1e3:.0f} ms, the longest {took[-1] * 1e3:.0f}")


if __name__ == "__main__":
    sys.exit(main())

"""neighbour.py: the client of the healthy plugin: asks all the time, checks every answer, remembers how long it took.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import random
import threading
import time

from fault_host import NEIGHBOUR, infer


def checksum(data):
    total = 0xCBF29CE484222325
    for byte in data:
        total = ((total ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x} {len(data)}"


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


class Neighbour:
    """with Neighbour(host, seed) as neighbour: … neighbour.take() gives the latencies since the last take."""

    PACE_S = 0.004  # 250 a second: enough for a p99 in a few seconds, little enough to leave the cores to the faults

    def __init__(self, host, seed):
        draw = random.Random(seed)
        texts = ["".join(draw.choices("abcdefghijklmnop ", k=draw.choice((0, 1, 40, 900, 4000)))) for _ in range(64)]
        self.cases = [(text, checksum(text.encode())) for text in texts]
        self.host, self.asked, self.wrong, self.first_wrong = host, 0, 0, ""
        self.latencies, self.ending = [], threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        connection, i = None, 0
        while not self.ending.is_set():
            text, wanted = self.cases[i % len(self.cases)]
            i += 1
            begun = time.monotonic()
            try:
                connection = connection or self.host.connect(10)
                status, reason, got = infer(connection, NEIGHBOUR, text)
                problem = "" if status == 200 and got == wanted else f"{status} {reason} {got!r} for {wanted!r}"
            except (OSError, http.client.HTTPException) as error:
                connection, problem = None, f"{type(error).__name__} {error}"
            if self.ending.is_set() and problem:
                break  # the host is being ended under this call
            self.asked += 1
            self.latencies.append(time.monotonic() - begun)
            if problem:
                self.wrong += 1
                self.first_wrong = self.first_wrong or problem
                if not self.host.is_alive():
                    break
            time.sleep(max(0.0, self.PACE_S - (time.monotonic() - begun)))

    def take(self):
        taken, self.latencies = self.latencies, []
        return taken

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join(15)

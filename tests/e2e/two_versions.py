"""two_versions.py: two plugins, each with its own version of one shared library beside it, served by one host at once.

SPDX-License-Identifier: Apache-2.0
In workers each answers with its own version. Inside the host the dynamic loader gives the second plugin the first one's
library, because it knows libraries by their soname: RTLD_LOCAL hides symbols, not sonames.
"""
import sys
import threading

from stoa_host import Host, call_json, check

PLUGINS = {"tally_by_two": 2, "tally_by_three": 3}
CLIENTS, CALLS = 4, 100  # of each plugin at once; of each client


def tally(host, plugin, n):
    model = plugin.replace("_", "-")
    status, answer = call_json(f"{host.url}/v2/models/stoa-demo/{model}/infer",
                               {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [str(n)]}]})
    check(status == 200, f"{model} answered {status}: {answer}")
    return int(answer["outputs"][0]["data"][0])


def in_workers():
    with Host(PLUGINS, in_process=()) as host:
        for n in range(1, 101):
            for plugin, factor in PLUGINS.items():
                got = tally(host, plugin, n)
                check(got == n * factor, f"{plugin} made {got} of {n}, in turns with the other")
        wrong = []

        def ask(plugin, factor):
            wrong.extend((plugin, n, got) for n in range(1, CALLS + 1) if (got := tally(host, plugin, n)) != n * factor)
            done.append(plugin)

        done = []
        threads = [threading.Thread(target=ask, args=row) for row in PLUGINS.items() for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        check(len(done) == len(threads) and not wrong, f"asked at once, {len(done)} of {len(threads)} ended, wrong: {wrong[:5]}")
        return host.isolation()


def inside_the_host():
    with Host(PLUGINS) as host:
        factors = {plugin: tally(host, plugin, 1) for plugin in PLUGINS}
        check(len(set(factors.values())) == 1, f"inside the host each has its own library: {factors}; the documents say otherwise")


def main():
    tier = in_workers()
    inside_the_host()
    print(f"in {tier} each plugin answers with its own libtally.so.1, inside the host both with the one that was loaded first")


if __name__ == "__main__":
    sys.exit(main())

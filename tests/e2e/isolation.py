"""isolation.py: what a host serves on machines that offer less than its operator or a package demands, and what it says
of the rest: isolation.too_weak and isolation.permission.

SPDX-License-Identifier: Apache-2.0
"""
import os
import subprocess
import sys

from stoa_host import BUILD, SKIP, Host, call_json, check, skip

NOTHING, JIT, T2N = "asks-nothing", "asks-jit", "demands-t2n"
CONFINED = os.path.abspath(os.path.join(BUILD, "bin/stoa_confined"))
CONTAINER, NO_LANDLOCK = [CONFINED, "--container", "--"], [CONFINED, "--no-landlock", "--"]
WEAK, PERMISSION = "isolation.too_weak", "isolation.permission"

# machine, more configuration, plugins inside, package -> the tier that serves it, or the reason and words of its refusal
ROWS = (
    (CONTAINER, "", (), {NOTHING: "T2", T2N: (WEAK, "needs T2n and would run in T2", "its manifest")}),
    (CONTAINER, '[workers]\nmin_isolation = "T2n"', (), {NOTHING: (WEAK, "needs T2n and would run in T2", "workers.min_isolation")}),
    (NO_LANDLOCK, "", (), {NOTHING: (WEAK, "needs T2 and would run in T1", "Landlock no", "workers.min_isolation")}),
    (NO_LANDLOCK, '[workers]\nmin_isolation = "T1"', (), {NOTHING: "T1", T2N: (WEAK, "needs T2n and would run in T1")}),
    (NO_LANDLOCK, "", ("stoa-demo/*",), {NOTHING: "T0", T2N: (WEAK, "needs T2n and would run in T0")}),
    (CONTAINER, "", (), {JIT: (PERMISSION, 'asks for "jit"', "--allow 'stoa-demo/asks-jit=jit'")}),
    (CONTAINER, '[permissions]\n"stoa-demo/asks-jit" = ["scratch:1MiB"]\n"stoa-demo/asks-nothing" = ["jit"]', (),
     {JIT: (PERMISSION, 'asks for "jit"')}),
    (CONTAINER, '[permissions]\n"stoa-demo/asks-jit" = ["jit"]', (), {JIT: "T2"}),
    (CONTAINER, "", ("stoa-demo/asks-jit",), {JIT: "T0"}),
)


def check_refused(host, package, reason, words):
    said = [line for line in host.log_lines() if line.get("event") == "package.refused" and package in str(line)]
    check(len(said) == 1 and said[0].get("reason") == reason, f"{package}: {reason} is not what was said: {said}")
    for word in words:
        check(word in str(said[0].get("why")), f"{package}: {word!r} is not in {said[0]}")
    check(host.get(f"/v2/models/stoa-demo/{package}/ready") == 404, f"{package}: it was refused, and is a model")


def check_served(host, package, tier):
    status, answer = call_json(f"{host.url}/v2/models/stoa-demo/{package}/infer",
                               {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [""]}]})
    check(status == 200 and answer["outputs"][0]["data"] == ["cbf29ce484222325 0"], f"{package}: {status} {answer}")
    ready = [line.get("tier") for line in host.log_lines() if line.get("event") == "model.ready" and package in line["model"]]
    check(ready == [tier], f"{package}: served in {ready} and not in {tier}")


def main():
    usable = subprocess.run([*NO_LANDLOCK, "/bin/true"], capture_output=True, text=True, timeout=20)
    if usable.returncode == SKIP:
        skip(usable.stdout.strip())
    with Host(["asks_nothing"], in_process=()) as host:
        best = host.isolation()
    if not best.startswith("T2"):
        skip(f"this machine has no Landlock or no seccomp: its best tier is {best}")
    for machine, more, in_process, packages in ROWS:
        with Host([package.replace("-", "_") for package in packages], more, in_process, machine) as host:
            for package, wanted in packages.items():
                if isinstance(wanted, str):
                    check_served(host, package, wanted)
                else:
                    check_refused(host, package, wanted[0], wanted[1:])
            check(host.stop() == 0, "the host did not drain")
    print(f"{len(ROWS)} machines and configurations: what is too weak or not allowed is refused with its reason, the rest served")


if __name__ == "__main__":
    sys.exit(main())

"""fault_host.py: a real host with the fault packages, and what is asked of it from outside.

SPDX-License-Identifier: Apache-2.0
Standard library only. Ends by their pids the processes it started, and no others.
"""
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

NEIGHBOUR = "stoa-faults-neighbour/checksum"
MEMORY_BUDGET = "256 MiB"


class Packages:
    """Every package packed and signed once, in work/packed."""

    def __init__(self, build, work, table):
        self.build, self.folder, self.table = pathlib.Path(build), pathlib.Path(work) / "packed", table
        self.folder.mkdir()
        self.key = pathlib.Path(work) / "key"
        self.stoa("keygen", "--out", str(self.key))

    def stoa(self, *argv):
        done = subprocess.run([str(self.build / "bin/stoa"), *argv], capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise SystemExit(f"error: stoa {' '.join(argv)}: {done.stderr or done.stdout}")

    def staging(self, name):
        """The built folder, or one whose library is made here: a text, or half of a library."""
        faults = self.build / "tests/faults"
        made_of = next((s[name].get("library") for s in self.table.values() if name in s), None)
        if made_of is None:
            return faults / f"fault_{name}.plugin"
        manifest = json.loads((faults / "manifests" / (name + ".json")).read_text())
        folder = self.folder / (name + ".plugin")
        library = folder / manifest["platforms"][0]["library"]
        library.parent.mkdir(parents=True)
        shutil.copy(faults / "manifests" / (name + ".json"), folder / "manifest.json")
        whole = (faults / "fault_checksum.plugin" / manifest["platforms"][0]["library"]).read_bytes()
        library.write_bytes(b"#!/bin/sh\nexit 0\n" if made_of == "text" else whole[:len(whole) // 2])
        return folder

    def signed(self, name):
        path = self.folder / (name + ".stoa")
        if not path.exists():
            self.stoa("pack", str(self.staging(name)), "--key", f"{self.key}.key.pem", "-o", str(path))
        return path


class Host:
    """One lifetime of `stoa serve` with the packages named."""

    def __init__(self, packages, folder, names, in_process=False, tier=None, more=""):
        self.folder = pathlib.Path(folder)
        (self.folder / "packages").mkdir(parents=True)
        for name in names:
            shutil.copy(packages.signed(name), self.folder / "packages")
        self.log_path = self.folder / "host.log"
        self.config = self.folder / "stoa.toml"
        self.config.write_text(self.configuration(packages, names, in_process, tier, more))
        self.secrets = [str(self.config), f"{packages.key}.key.pem"]
        self.ports = None
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [str(packages.build / "bin/stoa"), "serve", "--config", str(self.config), "--ports-file",
                 str(self.folder / "ports")], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

    @staticmethod
    def configuration(packages, names, in_process, tier, more):
        text = 'packages = "packages"\nstate = "state"\ndrain_ms = 5000\n'
        if in_process:
            text += 'in_process = ["stoa-faults/*", "stoa-faults-neighbour/*"]\n'
        text += more  # behind the keys of the first level and before the tables: it may have both
        # What is tried here on purpose would be quarantined otherwise.
        text += "\n[workers]\ncrashes_max = 1000000\n" + (f'min_isolation = "{tier}"\n' if tier else "")
        text += f'\n[trust]\nstoa-faults = "{packages.key}.pub.pem"\nstoa-faults-neighbour = "{packages.key}.pub.pem"\n'
        if "harm" in names:
            for model in ("memory-balloon", "fill-memfd", "address-space"):
                text += f'[models."stoa-faults/{model}"]\nmemory_budget = "{MEMORY_BUDGET}"\n'
        return text + '[customer]\nport = 0\n[operator]\nport = 0\n[log]\nformat = "json"\naccess = false\n'

    def is_alive(self):
        return self.process.poll() is None

    def wait_ports(self, seconds=20):
        path, end = self.folder / "ports", time.monotonic() + seconds
        while time.monotonic() < end and self.is_alive():
            if path.exists() and len(path.read_text().split()) == 2:
                self.ports = [int(line) for line in path.read_text().split()]
                return True
            time.sleep(0.02)
        return False

    def connect(self, timeout):
        return http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=timeout)

    def get(self, path, timeout=5):
        """The status, or 0 where there is no answer."""
        try:
            connection = self.connect(timeout)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0

    def is_ready(self, model, timeout=5):
        return self.get(f"/v2/models/{model}/ready", timeout) == 200

    def wait_ready(self, model, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.is_alive():
            if self.is_ready(model):
                return True
            time.sleep(0.02)
        return False

    def isolation(self):
        try:
            connection = self.connect(5)
            connection.request("GET", "/v2/models")
            models = json.loads(connection.getresponse().read())["models"]
            return next((m.get("isolation") or "unknown" for m in models if m["name"] != NEIGHBOUR), "unknown")
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return "unknown"

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def has_logged(self, needle, start=0, seconds=2.0):
        """Whether the log holds needle behind byte start; a worker's line may come a moment after its answer."""
        end = time.monotonic() + seconds
        while True:
            with open(self.log_path, "rb") as log:
                log.seek(start)
                if needle.encode() in log.read():
                    return True
            if time.monotonic() > end:
                return False
            time.sleep(0.01)

    def log_size(self):
        return self.log_path.stat().st_size

    def says_of_package(self, name):
        """The host's own words about a package it did not serve: event and reason, or None."""
        named = re.compile(rf"(?<![a-z0-9-])({name}\.stoa|stoa-faults/{name})(?![a-z0-9-])")
        for line in self.log_text().splitlines():
            if not line.startswith("{") or not named.search(line):
                continue
            try:
                said = json.loads(line)
            except ValueError:
                continue
            if said.get("level") in ("error", "warn", "warning") and said.get("event") != "plugin.says":
                return f"{said.get('event')} {said.get('reason', '')}".strip()
        return None

    def stop(self, seconds=30):
        """SIGTERM and the exit status; None when it had to be killed, -1000 when it ended with 0 and had not drained: a
        plugin that calls exit(0) ends the host so, too."""
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return None
        if self.process.returncode == 0 and '"host.drained"' not in self.log_text():
            return -1000
        return self.process.returncode

    def discard(self):
        if self.is_alive():
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def infer(connection, model, text, deadline_ms=5000, output="text"):
    """status, reason and the first output's first element (as text) of one call; OSError where there is no answer."""
    body = json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}],
                       "outputs": [{"name": output}],
                       "parameters": {"timeout": deadline_ms * 1000}})
    connection.request("POST", f"/v2/models/{model}/infer", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        return answer.status, answer.headers.get("x-stoa-reason") or "", ""
    try:
        return 200, "", str(json.loads(content)["outputs"][0]["data"][0])
    except (ValueError, LookupError, TypeError):
        return 200, "an answer without an output", ""

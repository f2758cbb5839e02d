"""fault_host.py: a real host with the fault packages, and what is asked of it.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from host_process import HostProcess, stoa  # noqa: E402

NEIGHBOUR = "stoa-faults-neighbour/checksum"
MEMORY_BUDGET = "256 MiB"
NOBODY = 65534


class Packages:
    """Every package packed and signed once, in work/packed."""

    def __init__(self, build, work, table):
        self.build, self.folder, self.table = pathlib.Path(build), pathlib.Path(work) / "packed", table
        self.folder.mkdir()
        self.key = pathlib.Path(work) / "key"
        stoa("keygen", "--out", self.key, build=build)

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
            stoa("pack", self.staging(name), "--key", f"{self.key}.key.pem", "-o", path, build=self.build)
        return path


class Host(HostProcess):
    """One lifetime of `stoa serve` with the packages named."""

    def __init__(self, packages, folder, names, in_process=False, tier=None, more="", lesser=()):
        """lesser: options of stoa_confined, for a host on a machine that offers less."""
        (pathlib.Path(folder) / "packages").mkdir(parents=True)
        for name in names:
            shutil.copy(packages.signed(name), pathlib.Path(folder) / "packages")
        if "--ordinary" in lesser and os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
        confined = [str((packages.build / "bin/stoa_confined").absolute()), *lesser, "--"] if lesser else []
        super().__init__(folder, self.configuration(packages, names, in_process, tier, more), packages.build, confined)
        self.secrets = [str(self.config), f"{packages.key}.key.pem"]

    @staticmethod
    def configuration(packages, names, in_process, tier, more):
        text = 'packages = "packages"\nstate = "state"\ndrain_ms = 5000\n'
        if in_process:
            text += 'in_process = ["stoa-faults/*", "stoa-faults-neighbour/*"]\n'
        text += more  # behind the keys of the first level and before the tables: it may have both
        # What is tried here on purpose would be quarantined otherwise, or started again after longer and longer pauses.
        text += "\n[workers]\ncrashes_max = 1000000\nbackoff_max_ms = 200\n" + (f'min_isolation = "{tier}"\n' if tier else "")
        text += f'\n[trust]\nstoa-faults = "{packages.key}.pub.pem"\nstoa-faults-neighbour = "{packages.key}.pub.pem"\n'
        if "harm" in names:
            for model in ("memory-balloon", "fill-memfd", "address-space"):
                text += f'[models."stoa-faults/{model}"]\nmemory_budget = "{MEMORY_BUDGET}"\n'
        return text

    def says_of_package(self, name):
        """The host's own words about a package it did not serve: event and reason, or None."""
        named = re.compile(rf"(?<![a-z0-9-])({name}\.stoa|stoa-faults/{name})(?![a-z0-9-])")
        for said in self.log_lines():
            if named.search(json.dumps(said)) and said.get("level") in ("error", "warn", "warning") and \
                    said.get("event") != "plugin.says":
                return f"{said.get('event')} {said.get('reason', '')}".strip()
        return None

    def stop(self, seconds=30):
        """As ever, and -1000 when it ended with 0 and had not drained: a plugin that calls exit(0) ends the host so, too."""
        status = super().stop(seconds)
        return -1000 if status == 0 and '"host.drained"' not in self.log_text() else status


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

"""manifests.py: writes the manifests of the fault packages from kinds.toml, and prints the kinds that want a library.

SPDX-License-Identifier: Apache-2.0
usage: manifests.py FOLDER      writes FOLDER/<package>.json, and leaves those alone that would not change
"""
import json
import os
import pathlib
import sys
import tomllib

HERE = pathlib.Path(__file__).parent
TABLE = tomllib.loads((HERE / "kinds.toml").read_text())
SHARED = ("harm", "promises")  # one package for all kinds of the section
LOAD_MS = 2000


def model(name, kind, threads=2):
    output = {"name": "text", "kind": "text"}
    if kind.get("output") == "numbers":
        output = {"name": "numbers", "datatype": "FP32", "shape": [-1]}
    return {"name": name, "task": "fault", "inputs": [{"name": "text", "kind": "text"}], "outputs": [output],
            "meters": ["call", "token.in"],
            "limits": {"request_bytes_max": 1048576, "inflight_max": 16, "queue_max": 64, "threads": threads,
                       "deadline_ms": 5000, "load_ms": LOAD_MS}}


def manifest(package, models, golden=()):
    return {"stoa": 1, "id": package, "version": "1.0.0", "abi": {"min": 1, "max": 1},
            "licences": {"code": "Apache-2.0", "weights": "Apache-2.0"}, "permissions": [],
            "platforms": [{"os": "linux", "arch": os.uname().machine, "libc": "glibc", "libc_min": "2.36",
                           "library": f"lib/linux-{os.uname().machine}/plugin.so"}],
            "models": models, "golden": list(golden)}


def packages():
    """package's name -> its manifest"""
    found = {section: manifest("stoa-faults/" + section, [model(n, k, max(2, k.get("burst", 0))) for n, k in TABLE[section].items()])
             for section in SHARED}
    for section in ("load", "unload"):
        for name, kind in TABLE[section].items():
            golden = [{"name": "alive", "model": name, "inputs": [{"name": "text", "data": "?"}],
                       "outputs": [{"name": "text", "data": "alive"}]}]
            found[name] = manifest("stoa-faults/" + name, [model(name, kind, 1)], golden if name == "wrong-golden" else ())
    found["checksum"] = manifest("stoa-faults-neighbour/checksum", [model("checksum", {})], [
        {"name": "the empty text", "model": "checksum", "inputs": [{"name": "text", "data": ""}],
         "outputs": [{"name": "text", "data": "cbf29ce484222325 0"}]}])
    return found


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in packages().items():
        text = json.dumps(document, indent=1) + "\n"
        path = folder / (name + ".json")
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    print(";".join(name for section in ("load", "unload") for name, kind in TABLE[section].items() if "library" not in kind))


if __name__ == "__main__":
    sys.exit(main())

"""corpus.py: the table and the built packages agree: every kind of kinds.toml is a model of its package, the library is
the manifest's, and it knows the kind and no other.

SPDX-License-Identifier: Apache-2.0
usage: corpus.py BUILD_FOLDER      the folder with fault_<package>.plugin
"""
import ctypes
import json
import os
import pathlib
import re
import sys

from manifests import HERE, SHARED, TABLE, packages

SKIP = 77
OWN_ENTRY = {"missing-symbol", "undefined-symbol"}  # no entry to ask


class Text(ctypes.Structure):
    _fields_ = [("p", ctypes.c_char_p), ("n", ctypes.c_uint64)]


class Error(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("code", ctypes.c_int32), ("retry_after_ms", ctypes.c_uint32),
                ("reserved", ctypes.c_uint32), ("reason", ctypes.c_char * 64), ("message", ctypes.c_char * 448)]


class Load(ctypes.Structure):
    _fields_ = [("struct_size", ctypes.c_uint32), ("n_devices", ctypes.c_uint32), ("devices", ctypes.c_void_p),
                ("model", Text), ("config_json", Text), ("memory_budget", ctypes.c_uint64),
                ("max_inflight", ctypes.c_uint32), ("n_threads", ctypes.c_uint32)]


class Entry(ctypes.Structure):
    _fields_ = [("abi", ctypes.c_uint32), ("reserved", ctypes.c_uint32), ("manifest", Text), ("init", ctypes.c_void_p),
                ("load", ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.POINTER(Load), ctypes.POINTER(ctypes.c_void_p),
                                          ctypes.POINTER(Error)))]


def knows(entry, name):
    """Loads one kind: loading itself harms nobody in the shared packages."""
    encoded = name.encode()
    load = Load(struct_size=ctypes.sizeof(Load), model=Text(encoded, len(encoded)), max_inflight=1, n_threads=1)
    model, error = ctypes.c_void_p(), Error(struct_size=ctypes.sizeof(Error))
    return entry.load(ctypes.byref(load), ctypes.byref(model), ctypes.byref(error)) == 0 and bool(model.value)


def shared_findings(build, section, manifest):
    library = ctypes.CDLL(str(build / f"fault_{section}.plugin" / manifest["platforms"][0]["library"]))
    library.stoa_plugin_entry.restype = ctypes.POINTER(Entry)
    error = Error(struct_size=ctypes.sizeof(Error))
    entry = library.stoa_plugin_entry(1, 1, ctypes.byref(error)).contents
    built = json.loads(ctypes.string_at(entry.manifest.p, entry.manifest.n))
    if built != manifest:
        yield f"{section}: the library was built with another manifest"
    yield from (f"{section}: the library does not know {name}" for name in TABLE[section] if not knows(entry, name))
    if knows(entry, "no-such-kind"):
        yield f"{section}: the library knows every name"


def findings(build):
    known = set()
    for section in SHARED:
        yield from shared_findings(build, section, packages()[section])
        known |= set(TABLE[section])
    written = {name for path in (HERE / "calls").glob("*.c") for name in re.findall(r'\{"([a-z0-9-]+)", \w+, \w+\}', path.read_text())}
    yield from (f"calls/ has {name}, kinds.toml has not" for name in sorted(written - known))
    yield from (f"kinds.toml has {name}, calls/ has not" for name in sorted(known - written))
    for section in ("load", "unload"):
        for name, kind in TABLE[section].items():
            if "library" in kind:
                continue
            if not (build / f"fault_{name}.plugin" / packages()[name]["platforms"][0]["library"]).is_file():
                yield f"{name}: no library is built"
            elif name not in OWN_ENTRY and name.replace("-", "_") + "," not in (HERE / "own/own.c").read_text():
                yield f"{name}: own/own.c has no such constant"


def main():
    build = pathlib.Path(sys.argv[1])
    if not os.path.isdir(build / "fault_harm.plugin/lib"):
        print("skipped: the target stoa_faults is not built")
        return SKIP
    wrong = list(findings(build))
    kinds = sum(len(section) for section in TABLE.values())
    print("\n".join(wrong + [f"{kinds} kinds, {len(wrong)} findings"]))
    return 1 if wrong or kinds < 40 else 0


if __name__ == "__main__":
    sys.exit(main())

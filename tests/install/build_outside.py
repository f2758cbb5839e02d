#!/usr/bin/env python3
"""build_outside.py: installs the SDK into a scratch prefix and builds plugins against it as a partner would.

SPDX-License-Identifier: Apache-2.0

  build_outside.py --build BUILD_DIR --source SOURCE_DIR --scratch DIR --compiler gcc-12 [--skip plugins/x]…

Builds every folder of examples/ and plugins/ that has a CMakeLists.txt, and both templates of `stoa new`, each copied away
from the tree, and looks at each plugin.so. Exit 77 (skipped) where the compiler is not installed.
"""
import argparse
import pathlib
import re
import shutil
import subprocess
import sys

NAMES = {"@NAME@": "try-out", "@TARGET@": "try_out", "@PUBLISHER@": "some-company"}


def run(command, **kwargs):
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=500, **kwargs)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def install_sdk(build, scratch):
    prefix = scratch / "prefix"
    run(["cmake", "--install", build, "--component", "sdk", "--prefix", prefix])
    headers = {p.name for p in (prefix / "include/stoa").rglob("*.h*")}
    if "result.hpp" in headers or "plugin.hpp" not in headers:
        sys.exit(f"the installed headers are not the authors': {sorted(headers)}")
    return prefix


def copy_template(folder, to):
    """What `stoa new` does: file names and contents get the plugin's names."""
    for file in folder.rglob("*"):
        text = file.read_text()
        for mark, name in NAMES.items():
            text = text.replace(mark, name)
        if "@" in re.sub(r"\S+@\S+\.\S+", "", text):
            sys.exit(f"{file} has a mark that `stoa new` does not know")
        (to / file.relative_to(folder)).write_text(text)


def faults_of(library):
    """What a host would refuse or a linker should not have done, as sentences."""
    exported = [line.split()[-1] for line in run(["nm", "-D", "--defined-only", library]).splitlines()]
    if exported != ["stoa_plugin_entry"]:
        yield f"exports {exported}, only stoa_plugin_entry is right"
    dynamic = run(["readelf", "-dW", library])
    if not re.search(r"\bBIND_NOW\b|\bNOW\b", dynamic):
        yield "binds lazily"
    if re.search(r"\((RPATH|RUNPATH)\)", dynamic):
        yield "has an RPATH"
    if "STATIC_TLS" in dynamic:
        yield "needs static TLS"
    stack = re.search(r"GNU_STACK.*", run(["readelf", "-lW", library]))
    if not stack or "RWE" in stack.group():
        yield "has an executable stack"
    if re.search(r"\bUNIQUE\b", run(["readelf", "-sW", "--dyn-syms", library])):
        yield "has GNU_UNIQUE symbols, which plugins would share"


def build(folder, prefix, compiler, cpp_compiler):
    out = folder / "build"
    run(["cmake", "-S", folder, "-B", out, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release",
         f"-DCMAKE_C_COMPILER={compiler}", f"-DCMAKE_CXX_COMPILER={cpp_compiler}"])
    run(["cmake", "--build", out, "--parallel", "2"])
    stagings = list(out.glob("*.plugin"))
    if not stagings:
        yield "no staging folder was made"
    for staging in stagings:
        libraries = list(staging.glob("lib/*/plugin.so"))
        if len(libraries) != 1 or not (staging / "manifest.json").is_file():
            yield f"{staging.name} lacks its manifest or its library"
        elif (staging / "manifest.json").read_bytes() not in libraries[0].read_bytes():
            yield f"{staging.name}/lib does not carry the manifest's exact bytes"
        for library in libraries:
            yield from faults_of(library)


def main():
    arguments = argparse.ArgumentParser()
    for name in ("build", "source", "scratch"):
        arguments.add_argument(f"--{name}", type=pathlib.Path, required=True)
    arguments.add_argument("--compiler", required=True)
    arguments.add_argument("--skip", action="append", default=[])
    given = arguments.parse_args()
    cpp_compiler = given.compiler.replace("gcc", "g++").replace("clang", "clang++")
    if not shutil.which(given.compiler) or not shutil.which(cpp_compiler):
        print(f"skipped: {given.compiler} or {cpp_compiler} is not installed")
        return 77
    shutil.rmtree(given.scratch, ignore_errors=True)
    prefix = install_sdk(given.build, given.scratch)
    folders = [f.parent for room in ("examples", "plugins") for f in sorted((given.source / room).glob("*/CMakeLists.txt"))]
    faults = 0
    for folder in folders + [given.source / "sdk/template/c", given.source / "sdk/template/cpp"]:
        name = folder.relative_to(given.source).as_posix()
        if name in given.skip:
            print(f"{name}: skipped")
            continue
        copy = given.scratch / name.replace("/", "-")
        copy.mkdir(parents=True)
        if "template" in name:
            copy_template(folder, copy)
        else:
            shutil.copytree(folder, copy, dirs_exist_ok=True)
        found = list(build(copy, prefix, given.compiler, cpp_compiler))
        faults += len(found)
        print(f"{name}: {'; '.join(found) or 'right'}", flush=True)
    shutil.rmtree(given.scratch)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())

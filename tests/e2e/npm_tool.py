"""npm_tool.py: a public tool from npm, installed once into the build folder. SPDX-License-Identifier: Apache-2.0"""
import os
import shutil
import subprocess

from stoa_host import BUILD, skip


def npm_tool(package, command):
    """The path of `command` from `package`; skips the test where npm or the registry is out of reach."""
    return installed(package, os.path.join(".bin", command))


def npm_package(package):
    """The folder of `package` ("tuf-js@3"), for a script that requires it; skips as npm_tool does."""
    name = package[0] + package[1:].split("@")[0]  # the first @ of a scoped name stays
    return os.path.dirname(installed(package, os.path.join(name, "package.json")))


def installed(package, file):
    if not shutil.which("npm"):
        skip("npm is not installed")
    folder = os.path.join(os.path.dirname(os.path.abspath(BUILD)), "npm", package.replace("/", "_").replace("@", ""))
    path = os.path.join(folder, "node_modules", file)
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        for _ in range(2):
            done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, package],
                                  capture_output=True, text=True, timeout=240)
            if done.returncode == 0:
                break
        else:
            skip(f"npm could not install {package}: {done.stderr[-300:]}")
    return path

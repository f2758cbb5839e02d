"""registry_policy.py: what a registry takes is its operator's to say: each key of the policy changes what becomes of one package.

SPDX-License-Identifier: Apache-2.0
"""
import itertools
import json
import pathlib
import shutil
import sys

from registry import infer, wait_for, with_publisher
from rollout import publish
from stoa_host import Host, check, staging, stoa

CHANGES = itertools.count(1)


def package(host, change):
    """Of release 1.0.0 with another manifest: what its checks say of that, and not whether it runs."""
    name = f"changed-{next(CHANGES)}"
    folder, file = host.folder / (name + ".plugin"), host.folder / (name + ".stoa")
    shutil.copytree(staging("release_1_0_0"), folder)
    (folder / "assets").mkdir()
    (folder / "assets/table.bin").write_bytes(name.encode() * (1 << 20 if change == "large" else 1))
    manifest = json.loads((folder / "manifest.json").read_text())
    if callable(change):
        change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    stoa("pack", folder, "-o", file)
    stoa("sign", file, "--key", host.folder / "key.key.pem")
    return file


def outcome(host, admin, partner, name, change):
    """What this check says: its verdict and reason. The release is gone afterwards."""
    status, out, err = partner.run("publish", package(host, change), "--wait", "--json")
    release = json.loads(out)
    check(release["state"] in ("validating", "rejected"), f"{status}: {release} {err}")
    if release["state"] == "validating":
        admin.text("releases", "reject", release["id"], "--because", "the test has seen enough")
    found = [one for one in release["checks"] if one["name"] == name]
    return found[0]["verdict"], found[0].get("reason", "")


def with_licence(kind, licence):
    return lambda manifest: manifest["licences"].update({kind: licence})


def lower(manifest):
    manifest["version"] = "1.0.1"


def proofless(manifest):
    manifest.update(version="2.0.0", golden=[])  # asked last, where nothing failed before


# What the check is called, the change of the package, what becomes of it without a word of the operator, and with one.
ROWS = (
    ("licence", with_licence("code", "GPL-3.0-only"), ("warned", "licence.code_workers_only"), ("failed", "licence.code_denied")),
    ("licence", with_licence("code", "LicenseRef-acme-1"), ("warned", "licence.code_review"), ("passed", "")),
    ("licence", with_licence("code", "BSD-4-Clause"), ("passed", ""), ("warned", "licence.code_review")),
    ("licence", with_licence("weights", "MIT"), ("passed", ""), ("failed", "licence.weights_denied")),
    ("version", lower, ("failed", "version.behind"), ("warned", "version.backport")),
    ("golden", proofless, ("warned", "golden.none"), ("failed", "golden.none")),
    ("size", "large", ("passed", ""), ("failed", "size.entry")),
)
POLICY = """
backports = true
golden_required = true
file_mib = 1
[registry.licences.code]
allowed = ["LicenseRef-acme-*"]
review = ["BSD-4-Clause"]
denied = ["GPL-*"]
[registry.licences.weights]
built_in = false
allowed = ["Apache-2.0", "CC0-1.0"]
otherwise = "denied"
"""


def judge(host, admin, partner, column, what):
    for row in ROWS:
        said = outcome(host, admin, partner, row[0], row[1])
        check(said == row[column], f"{what}: {row[0]} says {said}, want {row[column]}")


def restart(host, config):
    host.stop()
    host.more = config
    host.serve()
    for who in (host.admin, host.partner):
        who.environment["STOA_REGISTRY"] = host.operator_url


def inside_later(host, config):
    """What is allowed in workers only stays in workers, also where in_process or the rule was written after the release came."""
    def answers():
        return infer(host, "1.1.0")[0] == 200
    licence = json.loads(pathlib.Path(staging("release_1_1_0"), "manifest.json").read_text())["licences"]["code"]
    strict = f'{config}[registry.licences.code]\nworkers_only = ["{licence}"]\n'
    host.in_process = ["stoa-demo/release"]
    restart(host, config)
    wait_for(answers, "1.1.0 answers inside the host", 60)
    restart(host, strict)
    check(host.has_logged("licence.code_in_process", seconds=60), "the log does not say why it is refused")
    check(not answers(), "it answers inside the host all the same")
    host.in_process = []
    restart(host, strict)
    wait_for(answers, "1.1.0 answers in a worker", 60)


def main():
    staging("release_1_1_0")
    config = '[registry]\nfolder = "registry"\n'
    with Host([], config, in_process=()) as host:
        host.admin, host.partner = admin, partner = with_publisher(host)
        publish(host, partner, admin, "1.1.0")
        judge(host, admin, partner, 2, "without a word")
        restart(host, config + POLICY)
        judge(host, admin, partner, 3, "by the operator's word")
        restart(host, config + "package_mib = 1\n")
        said = outcome(host, admin, partner, "size", "large")
        check(said == ("failed", "size.package"), f"a package of several MiB: {said}")
        restart(host, config + "files_max = 1\n")
        said = outcome(host, admin, partner, "size", None)
        check(said == ("failed", "size.entries"), f"a library and an asset: {said}")
        restart(host, config)
        inside_later(host, config)
    print("ok")


if __name__ == "__main__":
    sys.exit(main())

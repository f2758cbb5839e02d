"""registry_mirror.py: releases of one host's registry reach another host's by a file alone, which proves itself.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil
import subprocess
import sys
import tarfile

import no_network
from registry import MIB, MODEL, STOA, BreakingLine, infer, package, wait_for, with_publisher
from stoa_host import Host, call, check, staging


def measured(host, partner, release, version):
    """What the publisher says of a release: signed, and attached to it."""
    data = host.folder / "set.jsonl"
    data.write_text("".join(json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}],
                                        "label": label}) + "\n"
                            for label in (version, version, "another")))
    partner.text("evaluate", host.folder / f"release_{version.replace('.', '_')}.stoa", "--trust",
                 f"stoa-demo={host.folder}/key.pub.pem", "--in-process", "stoa-demo/*", "--dataset", data, "--key",
                 host.folder / "key.key.pem", "--out", host.folder / f"{version}.evaluation.json", "--attach")
    page = json.loads(call(f"{host.url}/v1/catalogue/{MODEL}")[2])
    said = page["evaluations"][0]
    check(said["said_by"] == "publisher:stoa-demo" and said["signature"] == "good" and said["release"] == release,
          f"the public page says {page['evaluations']}")
    check("## What was measured" in call(f"{host.url}/v1/catalogue/{MODEL}/card.md")[2].decode(), "the card does not say it")
    check("publisher:stoa-demo" in partner.text("show", MODEL), "stoa show does not say it")


def over_http(near, admin, root, whole):
    """From the operator plane; an export that broke off goes on where it stopped."""
    line = BreakingLine(near.operator_port, is_upward=False)
    bundle = near.folder / "http.tar"
    line.break_at = 24 * MIB
    argv = ("mirror", "export", line.url, bundle, "--root", root)
    broken = admin.start(*argv)
    check(line.is_still.wait(60), "the line never stood still")
    broken.kill()
    broken.communicate(timeout=30)
    check(not bundle.exists(), "half a bundle is there")
    kept = sum(file.stat().st_size for file in (near.folder / "http.tar.parts").iterdir())
    check(kept > 8 * MIB, f"the broken export kept {kept} bytes")
    line.sent = 0
    done = admin.json(*argv)
    check(line.sent < done["bytes"] - kept + 4 * MIB, f"the second run received {line.sent} of {done['bytes']} bytes, {kept} were there")
    check(done["evaluations"] == 1 and not (near.folder / "http.tar.parts").exists(), f"exported over HTTP: {done}")
    check(sorted(tarfile.open(bundle).getnames()) == sorted(tarfile.open(whole).getnames()), "it is another bundle than the folder's")
    status, _, err = admin.run("mirror", "export", near.operator_url, near.folder / "x.tar")
    check(status == 2 and "--root" in err, f"without a root it is {status}: {err}")


def changed(bundle, needle):
    """The same file with one bit of what is behind the needle changed."""
    data = bytearray(bundle.read_bytes())
    at = data.index(needle) + 1024  # behind its header
    data[at] ^= 1
    other = bundle.with_suffix(".changed.tar")
    other.write_bytes(data)
    return other


def without_network(bundle, root, packages):
    """A bundle proves itself, and its packages are taken, where nobody can be asked."""
    unshare = no_network.command()
    if unshare is None:
        print("left out: mirror check and import without a network, this machine gives no network namespace (unshare --net)")
        return
    for argv in (["check", bundle, "--root", root], ["import", bundle, packages, "--root", root]):
        done = subprocess.run([*unshare, STOA, "mirror", *map(str, argv), "--json"], capture_output=True, text=True, timeout=120)
        check(done.returncode == 0 and len(json.loads(done.stdout)["items"]) == 2, f"without a network {argv[0]} ends with {done.returncode}: {done.stderr}")
    check(len(list(packages.glob("*.stoa"))) == 2, "without a network not all packages were taken")


def main():
    staging("release_1_0_0")
    registry = '[registry]\nfolder = "registry"\n'
    with Host([], registry, in_process=()) as near, Host([], registry, in_process=()) as far:
        admin, partner = with_publisher(near, near)
        releases = []
        for version in ("1.0.0", "1.1.0"):
            releases.append(partner.json("publish", package(near, version), "--wait"))
            admin.text("releases", "accept", releases[-1]["id"])
        wait_for(lambda: infer(near) == (200, "1.1.0"), "the registry serves what it published")

        # One release, then all; the host runs, and signs what changed in its own time.
        one, all_of_it = near.folder / "one.tar", near.folder / "all.tar"

        def is_signed():
            all_of_it.unlink(missing_ok=True)
            return json.loads(admin.text("mirror", "export", near.folder / "registry", all_of_it, "--json"))["packages"] == 2

        measured(near, partner, releases[1]["id"], "1.1.0")
        wait_for(is_signed, "the metadata has both releases")
        admin.text("mirror", "export", near.folder / "registry", one, "--release", "stoa-demo/release@1.0.0")
        admin.refused("file.exists", "mirror", "export", near.folder / "registry", one)
        admin.refused("target.unknown", "mirror", "export", near.folder / "registry", near.folder / "x.tar", "--release",
                      "stoa-demo/release@9.9.9")
        admin.refused("mirror.selection", "mirror", "export", near.folder / "registry", near.folder / "x.tar", "--release", "release")
        check(not (near.folder / "x.tar").exists(), "a refused export left a file")

        # By another way than the bundles.
        root = far.folder / "root.json"
        shutil.copy(near.folder / "registry/metadata/1.root.json", root)
        far_admin, _ = with_publisher(far, near)
        checked = far_admin.json("mirror", "check", all_of_it, "--root", root)
        check([item["state"] for item in checked["items"]] == ["published"] * 2, f"the states are {checked}")
        without_network(all_of_it, root, far.folder / "carried")
        packages = far.folder / "imported"
        sha256 = releases[0]["package"]["sha256"].encode()
        bad = changed(one, b"packages/" + sha256)
        far_admin.refused("target.digest", "mirror", "import", bad, packages, "--root", root)
        own_root = far.folder / "registry/metadata/1.root.json"
        status, _, err = far_admin.run("mirror", "import", one, packages, "--root", own_root)
        check(status == 1 and "reason: metadata." in err, f"a bundle of somebody else is taken: {status} {err}")
        check(not list(packages.glob("*.stoa")), "something of a refused bundle was kept")

        check(checked["evaluations"] == 1, f"the bundle has {checked['evaluations']} evaluations")
        over_http(near, admin, root, all_of_it)

        # The older bundle first; then the newer one, after which the older one is no news any more.
        done = far_admin.json("mirror", "import", one, packages, "--root", root, "--publish")
        check(sorted(item["path"] for item in done["items"]) == ["stoa-demo/release/1.0.0.stoa"], f"{done}")
        first = done["items"][0]["release"]
        wait_for(lambda: "checked" in far_admin.json("releases", "show", first), "its checks end")
        far_admin.text("releases", "accept", first)
        wait_for(lambda: infer(far) == (200, "1.0.0"), "what was carried over is served")
        done = far_admin.json("mirror", "import", all_of_it, packages, "--root", root, "--publish")
        by_path = {item["path"]: item["release"] for item in done["items"]}
        check(by_path["stoa-demo/release/1.0.0.stoa"] == "there already", f"{by_path}")
        second = by_path["stoa-demo/release/1.1.0.stoa"]
        wait_for(lambda: "checked" in far_admin.json("releases", "show", second), "its checks end")
        far_admin.text("releases", "accept", second)
        wait_for(lambda: infer(far) == (200, "1.1.0"), "the next one takes over")
        said = json.loads(call(f"{far.url}/v1/catalogue/{MODEL}")[2])["evaluations"]
        check([(one["said_by"], one["key_of"], one["figure"]) for one in said] == [("operator:admin", "publisher", "accuracy")],
              f"the evaluation that was carried over: {said}")
        for release in releases:
            name = f"stoa-demo_release_{release['version']}.stoa"
            same = (packages / name).read_bytes() == (near.folder / f"release_{release['version'].replace('.', '_')}.stoa").read_bytes()
            check(same, f"{name} has other bytes")

        # What has been revoked is in no bundle any more, and an older state is not taken after a newer one.
        admin.text("releases", "revoke", releases[1]["id"], "--because", "leaks")
        newest = near.folder / "newest.tar"

        def is_gone():
            newest.unlink(missing_ok=True)
            return json.loads(admin.text("mirror", "export", near.folder / "registry", newest, "--json"))["packages"] == 1

        wait_for(is_gone, "the revoked release is in no bundle")
        admin.refused("release.revoked", "mirror", "export", near.folder / "registry", near.folder / "x.tar", "--release",
                      "stoa-demo/release@1.1.0")
        told = far_admin.json("mirror", "import", newest, packages, "--root", root)["revoked"]
        gone = packages / "stoa-demo_release_1.1.0.stoa"
        check(told == [{"path": "stoa-demo/release/1.1.0.stoa", "removed": str(gone), "release": "still there: import it with --publish"}],
              f"the newer bundle says {told}")
        check(not gone.exists() and infer(far, "1.1.0")[0] == 200, "only the folder was asked for")
        told = far_admin.json("mirror", "import", newest, packages, "--root", root, "--publish")["revoked"]
        check(told == [{"path": "stoa-demo/release/1.1.0.stoa", "release": second}], f"the registry is told {told}")
        wait_for(lambda: infer(far, "1.1.0")[0] == 410, "what was revoked at its source is revoked here")
        check(far_admin.json("releases", "show", second)["state"] == "revoked", "the release is not revoked")
        check(far_admin.json("mirror", "import", newest, packages, "--root", root, "--publish")["revoked"] == [], "it is said again")
        far_admin.refused("metadata.rollback", "mirror", "import", all_of_it, packages, "--root", root)
        print(f"bundles: {os.path.getsize(one)} and {os.path.getsize(all_of_it)} bytes")


if __name__ == "__main__":
    sys.exit(main())

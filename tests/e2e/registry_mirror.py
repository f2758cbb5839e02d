"""registry_mirror.py: releases of one host's registry reach another host's by a file alone, which proves itself.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil
import sys

from registry import Registry, infer, package, wait_for
from stoa_host import Host, check, staging


def with_publisher(host, key_from):
    """The command line of its admin, with the same publisher and the same key on either side."""
    admin = Registry(host.operator_url, host.folder / "registry/admin.token")
    publisher = admin.json("publishers", "create", "stoa-demo", "--token-out", host.folder / "partner.token")
    if "held_because" in publisher:
        admin.text("publishers", "let-pass", "stoa-demo")
    partner = Registry(host.operator_url, host.folder / "partner.token")
    partner.json("publishers", "add-key", "stoa-demo", "--key", key_from.folder / "key.key.pem")
    return admin, partner


def changed(bundle, needle):
    """The same file with one bit of what is behind the needle changed."""
    data = bytearray(bundle.read_bytes())
    at = data.index(needle) + 1024  # behind its header
    data[at] ^= 1
    other = bundle.with_suffix(".changed.tar")
    other.write_bytes(data)
    return other


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
        packages = far.folder / "imported"
        sha256 = releases[0]["package"]["sha256"].encode()
        bad = changed(one, b"packages/" + sha256)
        far_admin.refused("target.digest", "mirror", "import", bad, packages, "--root", root)
        own_root = far.folder / "registry/metadata/1.root.json"
        status, _, err = far_admin.run("mirror", "import", one, packages, "--root", own_root)
        check(status == 1 and "reason: metadata." in err, f"a bundle of somebody else is taken: {status} {err}")
        check(not list(packages.glob("*.stoa")), "something of a refused bundle was kept")

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
        far_admin.json("mirror", "import", newest, packages, "--root", root)
        far_admin.refused("metadata.rollback", "mirror", "import", all_of_it, packages, "--root", root)
        print(f"bundles: {os.path.getsize(one)} and {os.path.getsize(all_of_it)} bytes")


if __name__ == "__main__":
    sys.exit(main())

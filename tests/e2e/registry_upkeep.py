"""registry_upkeep.py: the commands of docs/how-to/run-a-registry.md that keep a registry's folder, executed as they stand there
beside a host that runs, and after it lost the folder.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

from registry import Registry, infer, package, wait_for, with_publisher
from stoa_host import BUILD, Host, check, staging, stoa
from host_process import LISTEN, HostProcess

PAGE = pathlib.Path(__file__).parents[2] / "docs/how-to/run-a-registry.md"


def commands():
    """The lines of the section that start with a command."""
    text = PAGE.read_text()
    section = text[text.index("\n## Keep it"):]
    lines = [line.strip() for block in re.findall(r"```sh\n(.*?)```", section, re.S) for line in block.splitlines()]
    return [line for line in lines if re.match(r"(stoa (backup|doctor)|mv) ", line)]


def run(host, line, status=0):
    """One line of the page, in the host's folder; the port is another each time."""
    environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]}
    line = line.replace("http://127.0.0.1:8081", getattr(host, "operator_url", "")).replace("admin.token", "registry/admin.token")
    done = subprocess.run(line, shell=True, cwd=host.folder, env=environment, timeout=120, capture_output=True, text=True)
    print(f"$ {line}\n{done.stdout}{done.stderr}", end="")
    check(done.returncode == status, f"{line}: ended with {done.returncode}, not {status}")
    return done.stdout + done.stderr


def restart(host):
    """On the folder that is there now."""
    host.ports_file.unlink()
    again = HostProcess(host.folder, host.config.read_text().removesuffix(LISTEN))
    check(again.wait_ports() and again.wait_for(lambda: again.get("/v2/health/ready") == 200, 90),
          f"the host is not ready: {again.log_text()[-2000:]}")
    again.url, again.operator_url = (f"http://127.0.0.1:{port}" for port in again.ports)
    return again


def exported(host, admin):
    """How many releases the metadata has."""
    bundle = host.folder / "bundle.tar"
    bundle.unlink(missing_ok=True)
    return admin.json("mirror", "export", host.folder / "registry", bundle)["packages"]


def newest(host):
    """The version of the timestamp that followers see."""
    return json.loads((host.folder / "registry/metadata/timestamp.json").read_text())["signed"]["version"]


def main():
    staging("release_1_0_0")
    create, verify, away, restore, look, ask, mend = lines = commands()
    words = [" ".join(line.split()[:3]) for line in lines]
    check(words == ["stoa backup create", "stoa backup check", "mv registry registry.broken", "stoa backup restore",
                    "stoa doctor registry", "stoa doctor --registry", "stoa doctor registry"], f"the page has {words}")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=()) as host:
        admin, partner = with_publisher(host)
        first = partner.json("publish", package(host, "1.0.0"), "--wait")
        admin.text("releases", "accept", first["id"])
        wait_for(lambda: infer(host) == (200, "1.0.0"), "the release answers")

        run(host, create)
        run(host, verify)
        check("is there already" in run(host, create, 3), "a backup was replaced")
        check("healthy" in run(host, look), "the registry is not healthy")
        run(host, ask)
        check("registry.in_use" in run(host, mend, 1), "a folder that a host has open was mended from outside")

        # What comes after the backup is lost with the folder; what was acknowledged before is not.
        later = partner.json("publish", package(host, "1.1.0"), "--wait")
        admin.text("releases", "accept", later["id"])
        wait_for(lambda: infer(host) == (200, "1.1.0"), "the later release answers")
        wait_for(lambda: exported(host, admin) == 2, "the metadata has both")
        token = (host.folder / "registry/admin.token").read_text()
        check(host.stop() == 0, "the host did not stop")
        run(host, away)
        run(host, restore)
        check(not (host.folder / "registry/admin.token").exists(), "a token was backed up")
        found = json.loads(run(host, mend.split("#")[0] + " --json"))
        check(found["healthy"] and found["releases"] == 1 and found["packages"] == 1, f"after the restore: {found}")
        # As the page says, so that followers are not led back: the metadata that they have seen.
        shutil.rmtree(host.folder / "registry/metadata")
        shutil.move(host.folder / "registry.broken/metadata", host.folder / "registry/metadata")
        ahead = json.loads(run(host, mend.split("#")[0].replace(" --fix", "") + " --json", 1))
        check([one["reason"] for one in ahead["ailments"]] == ["metadata.ahead"], f"beside newer metadata: {ahead}")
        version = newest(host)
        again = restart(host)
        try:
            wait_for(lambda: infer(again) == (200, "1.0.0"), "the restored release answers")
            (host.folder / "registry/admin.token").write_text(token)
            wait_for(lambda: exported(host, admin) == 1, "the metadata says what the catalogue says")
            check(newest(host) > version, "the metadata went back")
            after = Registry(again.operator_url, host.folder / "registry/admin.token")
            check(after.json("releases", "show", first["id"])["state"] == "published", "the release is not published")

            # A version that was signed is that package for ever, though the catalogue forgot it.
            other, assets = host.folder / "other.stoa", host.folder / "release_1_1_0.plugin/assets"
            (assets / "table.bin").write_bytes(b"other bytes")
            for argv in (["pack", assets.parent, "-o", other], ["sign", other, "--key", host.folder / "key.key.pem"]):
                stoa(*argv)
            publisher = Registry(again.operator_url, host.folder / "partner.token")
            publisher.refused("release.version_taken", "publish", other)
            back = publisher.json("publish", host.folder / "release_1_1_0.stoa", "--wait")
            after.text("releases", "accept", back["id"])
            wait_for(lambda: infer(again) == (200, "1.1.0"), "the later release answers again")
            wait_for(lambda: exported(host, after) == 2, "the metadata has both again")

            # A release loses its package: found, named, not mended by anything but the backup.
            sha256 = first["package"]["sha256"]
            blob = host.folder / "registry/blobs/blobs" / sha256[:2] / sha256
            blob.rename(host.folder / "taken")
            check("blob.missing" in run(host, look, 1), "a missing package is not found")
            check("blob.missing" in run(host, create.replace("monday", "tuesday"), 1), "a backup lacks a package")
            check(not (host.folder / "backups/tuesday").exists(), "a refused backup is there")
            (host.folder / "taken").rename(blob)
            # Bytes of nobody, an hour old: the host itself mends.
            orphan = blob.parent / (sha256[:2] + "0" * 62)
            shutil.copy(host.config, orphan)
            check("blob.damaged" in run(again, ask, 0), "bytes under a wrong name are not found")
            check(not orphan.exists(), "they are still there")
            run(again, ask)
        finally:
            again.stop()


if __name__ == "__main__":
    sys.exit(main())

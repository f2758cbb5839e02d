"""licensed_downloads.py: a registry that gives packages to whom they are licensed: to hosts that follow it by a token or a customer's
key, to `stoa mirror`, and to nobody else; what it says of them stays everybody's.

SPDX-License-Identifier: Apache-2.0
"""
import hashlib
import json
import sys

from registry import MODEL, Registry, infer, package, wait_for, with_publisher
from stoa_host import Host, call, check, staging

CONFIG = '[registry]\nfolder = "registry"\nmetadata_bins = 16\n[licensing]\nfolder = "licensing"\n'
OPEN = "[licensing]\nfolder = \"licensing\"\ncalls_need_keys = false\n"


def published(origin, admin):
    """A release that is out, and the digest of its package."""
    _, partner = with_publisher(origin)
    file = package(origin, "1.0.0")
    admin.text("releases", "accept", partner.json("publish", file, "--wait")["id"])
    return hashlib.sha256(file.read_bytes()).hexdigest(), file.stat().st_size


def asked_by_hand(origin, digest, size):
    """Without a word, with another's key, in ranges; and what stays public."""
    path = f"/v1/packages/{digest}"
    admin = (origin.folder / "registry/admin.token").read_text().strip()

    def said(url, **fields):
        status, answered, body = call(url + path, headers=fields)
        return status, json.loads(body)["reason"] if status >= 400 else len(body)
    check(said(origin.url) == (401, "key.missing"), f"the customer plane: {said(origin.url)}")
    check(said(origin.operator_url) == (401, "token.missing"), f"the operator plane: {said(origin.operator_url)}")
    check(said(origin.operator_url, Authorization="Bearer " + admin) == (200, size), "an operator's token")
    check(said(origin.url, Authorization="Bearer " + admin, Range="bytes=10-19") == (206, 10), "on the customer plane, a range")
    for public in (f"/v1/catalogue/{MODEL}", "/tuf/timestamp.json", "/v1/catalogue"):
        check(call(origin.url + public)[0] == 200, f"{public} is not everybody's any more")


def follows(origin, root, url, token, what, before=lambda follower: None):
    """A host that follows with this token, until it answers."""
    follower = Host([], f'[registry]\nfolder = "followed"\nfollow = "{url}"\ntrusted_root = "root.json"\ntoken_file = "token"\n{OPEN}',
                    in_process=())
    (follower.folder / "root.json").write_bytes(root)
    (follower.folder / "token").write_text(token)
    with follower:
        before(follower)
        wait_for(lambda: infer(follower) == (200, "1.0.0"), f"{what} answers", 60)


def main():
    staging("release_1_0_0")
    with Host([], CONFIG, in_process=()) as origin:
        admin = Registry(origin.operator_url, origin.folder / "registry/admin.token")
        digest, size = published(origin, admin)
        wait_for(lambda: call(f"{origin.url}/v2/models/{MODEL}/ready")[0] == 200, "the registry's own host has it", 60)
        asked_by_hand(origin, digest, size)
        wait_for(lambda: call(origin.url + "/tuf/1.root.json")[0] == 200, "the metadata is there")
        root = call(origin.url + "/tuf/1.root.json")[2]

        admin.text("operators", "create", "edge-1", "host", "--token-out", origin.folder / "edge.token")
        follows(origin, root, origin.operator_url, (origin.folder / "edge.token").read_text(), "a host with a token of its role")

        admin.text("customers", "create", "northwind")
        admin.text("keys", "create", "northwind", "edge", "--out", origin.folder / "edge.key")

        def without_a_licence(follower):
            check(follower.has_logged('"licence.none"', seconds=30), f"nothing says why: {follower.log_text()[-2000:]}")
            check(infer(follower)[0] == 404, "it answers without the package")
            admin.text("licences", "issue", "--customer", "northwind", "--model", f"{MODEL}@^1.0")
        follows(origin, root, origin.url, (origin.folder / "edge.key").read_text(), "a customer's host, once it has a licence", without_a_licence)

        (origin.folder / "root.json").write_bytes(root)
        argv = ("mirror", "export", origin.operator_url, "--root", origin.folder / "root.json", origin.folder / "bundle.tar")
        check(admin.json(*argv)["bytes"] >= size, "the mirror has less than the package")
        nobody = Registry(origin.operator_url, "")
        argv = argv[:-1] + (origin.folder / "other.tar",)
        nobody.refused("token.missing", *argv)
    print("packages are given to whom they are licensed")


if __name__ == "__main__":
    sys.exit(main())

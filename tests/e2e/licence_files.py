"""licence_files.py: licences and revocation lists as files, by the command `stoa licences`, with no network there: good ones, ones made by
openssl alone, and wrong ones, each with its own reason.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import no_network
from package_maker import Key, envelope
from stoa_host import BUILD, check

LICENCE, LIST = "application/vnd.stoa.licence+json", "application/vnd.stoa.revocations+json"
ID, NODE = "lic_01kdvfxr0000000000000000aa", "a" * 64


def terms(**more):
    return {"stoa_licence": 1, "id": ID, "serial": 2, "issuer": "acme", "subject": {"customer": "cus_1"},
            "covers": [{"model": "acme/vision", "versions": "^1.2"}], "issued": "2024-01-01T00:00:00.000Z",
            "not_before": "2024-01-02T00:00:00.000Z", "expires": "2024-07-01T00:00:00.000Z", "on_clock": "deny",
            "on_expiry": "deny", "on_quota": "deny", **more}


def revoked(serials_to, **more):
    return {"stoa_revocations": 1, "issuer": "acme", "number": 1, "issued": "2024-02-01T00:00:00.000Z",
            "next_update": "2024-03-01T00:00:00.000Z",
            "revoked": [{"because": "unpaid", "id": ID, "revoked": "2024-02-01T00:00:00.000Z", "serials_to": serials_to}], **more}


def canonical(document):
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


class Folder:
    def __init__(self, path):
        self.path = path
        self.keys = {name: Key.make(path, name) for name in ("platform", "acme", "stranger")}

    def stoa(self, *argv):
        """Exit status, output, and the reason where it was refused."""
        done = subprocess.run([os.path.abspath(os.path.join(BUILD, "bin/stoa")), "licences", *map(str, argv)],
                              capture_output=True, text=True, timeout=60, cwd=self.path)
        reasons = [line.split(": ")[1] for line in done.stderr.splitlines() if line.startswith("  reason: ")]
        return done.returncode, done.stdout + done.stderr, reasons[0] if reasons else ""

    def make(self, name, document, key="acme", kind=LICENCE):
        (self.path / name).write_bytes(envelope(canonical(document), self.keys[key], kind=kind) + b"\n")
        return name

    def verify(self, name, *more, at="2024-02-10"):
        return self.stoa("verify", name, "--issuer", "acme=acme.pub.pem", "--issuer", "platform=platform.pub.pem", "--at", at, *more)


def issued(folder):
    """What `stoa licences sign` makes is what this file says of the form, byte for byte."""
    (folder.path / "terms.json").write_text(json.dumps(terms(), indent=2))
    status, said, _ = folder.stoa("sign", "terms.json", "--key", "acme.key.pem", "-o", "x.stoa-licence", "--json")
    check(status == 0 and json.loads(said)["id"] == ID, said)
    file = (folder.path / "x.stoa-licence").read_bytes()
    check(file == envelope(canonical(terms()), folder.keys["acme"], kind=LICENCE) + b"\n", "the file is another than its form says")
    status, said, _ = folder.verify("x.stoa-licence", "--json")
    answer = json.loads(said) if status == 0 else {}
    check(answer.get("standing") == "active" and answer["signed_by"] == "acme" and answer["licence"]["serial"] == 2, said)
    check(answer["changes"] == "2024-07-01T00:00:00.000Z", said)
    check(folder.stoa("sign", "terms.json", "--key", "acme.key.pem", "-o", "x.stoa-licence")[::2] == (3, "file.exists"),
          "a licence is written over one that is there")
    status, said, _ = folder.stoa("inspect", "x.stoa-licence")
    check(status == 0 and "not verified" in said and ID in said, said)
    (folder.path / "list.json").write_text(json.dumps({"issuer": "acme", "number": 1, "issued": "2024-02-01",
                                                       "next_update": "2024-03-01", "revoked": revoked(2)["revoked"]}))
    status, said, _ = folder.stoa("revocations", "sign", "list.json", "--key", "acme.key.pem", "-o", "x.stoa-revocations")
    check(status == 0, said)
    check((folder.path / "x.stoa-revocations").read_bytes() == envelope(canonical(revoked(2)), folder.keys["acme"], kind=LIST) + b"\n",
          "the list is another than its form says")
    check(folder.stoa("revocations", "inspect", "x.stoa-revocations", "--issuer", "acme=acme.pub.pem")[0] == 0, "inspect")


def table(folder):
    """Each wrong file, by the command: its reason, and exit 1."""
    make = folder.make
    good = (folder.path / "x.stoa-licence").read_bytes()
    raw = lambda name, data: (folder.path / name).write_bytes(data) and name  # noqa: E731
    text = canonical(terms())
    made = lambda name, document: raw(name, envelope(document, folder.keys["acme"], kind=LICENCE) + b"\n")  # noqa: E731
    early = {"not_before": "2024-01-01T00:00:00.000Z"}
    rows = [
        ("forged: by a stranger", make("a", terms(), "stranger"), [], {}, "signature.unknown_key"),
        ("wrong issuer: by the platform in acme's name", make("b", terms(), "platform"), [], {}, "signature.other_issuer"),
        ("wrong issuer: by acme in the platform's name", make("c", terms(issuer="platform")), [], {}, "signature.other_issuer"),
        ("wrong model: another's", make("d", terms(covers=[{"model": "northwind/text", "versions": "*"}])), [], {}, "licence.foreign_model"),
        ("truncated", raw("f", good[:-100]), [], {}, "signature.envelope"),
        ("swapped: another payload", raw("g", good.replace(base64.b64encode(text), base64.b64encode(canonical(terms(serial=3))))), [], {},
         "signature.invalid"),
        ("swapped: a list", make("h", revoked(2), kind=LIST), [], {}, "signature.other_type"),
        ("white space", made("i", text.replace(b",", b", ", 1)), [], {}, "licence_file.canonical"),
        ("an unknown key", make("j", terms(seats=5)), [], {}, "licence_file.unknown_key"),
        ("a key twice", made("k", text.replace(b'"serial":2', b'"serial":2,"serial":3')), [], {}, "licence_file.duplicate_key"),
        ("a fraction", made("l", text.replace(b'"serial":2', b'"serial":2.5')), [], {}, "licence_file.type"),
        ("huge", made("m", text.replace(b'"serial":2', b'"serial":99999999999')), [], {}, "licence_file.range"),
        ("deep", made("n", b"[" * 100000), [], {}, "licence_file.too_deep"),
        ("bad UTF-8", made("o", text.replace(b"cus_1", b"cus_\xff")), [], {}, "licence_file.json"),
        ("senseless", make("p", terms(expires="2023-01-01T00:00:00.000Z")), [], {}, "licence.terms"),
        ("not there", "absent", [], {}, "file.not_found"),
        ("a key that is none", "x.stoa-licence", ["--issuer", "acme=terms.json"], {}, "key.syntax"),
        ("not yet", "x.stoa-licence", [], {"at": "2024-01-01T23:59:59Z"}, "licence.not_yet"),
        ("expired", "x.stoa-licence", [], {"at": "2024-07-01"}, "licence.expired"),
        ("a clock before its issue", make("q", terms(**early)), [], {"at": "2023-12-31"}, "licence.clock"),
        ("grace is over", make("r", terms(on_expiry="grace", grace_ms=86400000)), [], {"at": "2024-07-02"}, "licence.expired"),
        ("wrong tenant: another node", make("s", terms(node="b" * 64)), ["--node", NODE], {}, "licence.other_node"),
        ("no newer word", make("t", terms(offline_ms=86400000)), [], {}, "licence.offline"),
        ("revoked", "x.stoa-licence", ["--revocations", "x.stoa-revocations"], {}, "licence.revoked"),
        ("a list of another issuer", "x.stoa-licence", ["--revocations", make("u", revoked(2, issuer="platform"), "platform", LIST)], {},
         "revocation_list.other_issuer"),
        ("forged: a list by a stranger", "x.stoa-licence", ["--revocations", make("v", revoked(2), "stranger", LIST)], {}, "signature.unknown_key"),
        ("replayed: an overdue list", "x.stoa-licence", ["--revocations", make("w", revoked(1), kind=LIST)], {"at": "2024-03-01"},
         "revocation_list.overdue"),
        ("swapped: a licence for a list", "x.stoa-licence", ["--revocations", "x.stoa-licence"], {}, "signature.other_type"),
    ]
    for what, name, more, when, reason in rows:
        status, said, got = folder.verify(name, *more, **when)
        check(got == reason and status == (3 if reason.startswith("file.") else 1), f"{what}: {status} {said}")
    for what, name, more, when in (
            ("in its grace", make("y", terms(on_expiry="grace", grace_ms=86400000)), [], {"at": "2024-07-01T12:00:00Z"}),
            ("advisory", make("z", terms(on_expiry="advisory")), [], {"at": "2025-01-01"}),
            ("its node", make("A", terms(node=NODE)), ["--node", NODE], {}),
            ("an older serial revoked", "x.stoa-licence", ["--revocations", "w"], {})):
        status, said, _ = folder.verify(name, *more, **when)
        check(status == 0 and ("warning" in said) == (what in ("in its grace", "advisory")), f"{what}: {said}")
    kinds = {what.split(":")[0] for what, *_ in rows}
    check(len(rows) >= 28 and kinds >= {"forged", "truncated", "swapped", "replayed", "wrong issuer", "wrong model", "wrong tenant"},
          f"{len(rows)} rows, of the kinds {sorted(kinds)}")
    return len(rows)


def every_byte(folder):
    good = (folder.path / "x.stoa-licence").read_bytes()
    for at in range(0, len(good), 5):
        changed = bytearray(good)
        changed[at] ^= 1 << at % 8
        (folder.path / "changed").write_bytes(changed)
        status, said, reason = folder.verify("changed")
        check(status == 1 and reason, f"byte {at} changed: {said}")
    return len(range(0, len(good), 5))


def imported(folder):
    """A folder remembers: nothing old comes back, whatever is imported, copied or removed."""
    def import_(name):
        status, said, reason = folder.stoa("import", name, "--folder", "licensing", "--issuer", "acme=acme.pub.pem", "--json")
        return reason or json.loads(said).get("standing", "list")
    for serial in (1, 2, 3, 4):
        folder.make(f"serial{serial}", terms(serial=serial, expires="2999-01-01T00:00:00.000Z"))
    folder.make("list1", revoked(1), kind=LIST)
    folder.make("list2", revoked(3, number=2), kind=LIST)
    folder.make("list3", revoked(3, number=3, revoked=[]), kind=LIST)
    steps = (("serial2", "active", ""), ("serial1", "licence_file.replaced", "downgraded"), ("list1", "list", ""), ("serial2", "active", ""),
             ("list2", "list", ""), ("list1", "revocation_list.older", "downgraded"), ("serial2", "licence.revoked", "replayed"),
             ("serial3", "licence.revoked", "replayed"), ("list3", "list", ""), ("serial3", "licence.revoked", "replayed"),
             ("serial4", "active", ""), ("serial3", "licence_file.replaced", "downgraded"), ("a", "signature.unknown_key", "forged"))
    for name, wanted, what in steps:
        got = import_(name)
        check(got == wanted, f"import {name}, {what or 'a good one'}: {got}, want {wanted}")
    files = sorted(os.listdir(folder.path / "licensing/licences"))
    check(files == ["acme.stoa-revocations", ID + ".stoa-licence"], f"the folder has {files}")
    seen = json.loads((folder.path / "licensing/seen.json").read_text())
    check(seen["licences"][0]["serial"] == 4 and seen["lists"][0]["number"] == 3 and len(seen["revoked"]) == 1, f"{seen}")
    return len(steps)


def main():
    no_network.enter()
    with tempfile.TemporaryDirectory(prefix="stoa-licences-") as name:
        folder = Folder(pathlib.Path(name))
        issued(folder)
        wrong, bytes_, steps = table(folder), every_byte(folder), imported(folder)
    print(f"without a network: {wrong} wrong licences, {bytes_} changed bytes, {steps} imports, each as it should be")


if __name__ == "__main__":
    sys.exit(main())

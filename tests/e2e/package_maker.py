"""package_maker.py: packages made by hand, right and wrong ones, with Python and openssl alone.

SPDX-License-Identifier: Apache-2.0
The form: docs/reference/package.md.
"""
import base64
import hashlib
import json
import pathlib
import subprocess

TYPE = "application/vnd.stoa.manifest+json"


class Key:
    """An Ed25519 key pair in PEM files, as `stoa keygen` makes them."""

    def __init__(self, private, public):
        self.private, self.public = private, pathlib.Path(public).read_text()
        der = subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.id = hashlib.sha256(der[-32:]).hexdigest()

    @staticmethod
    def make(folder, name):
        private, public = folder / f"{name}.key.pem", folder / f"{name}.pub.pem"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", private], check=True, capture_output=True)
        subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
        return Key(private, public)

    def sign(self, message):
        file = pathlib.Path(f"{self.private}.message")
        file.write_bytes(message)
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.private, "-in", file], check=True,
                              capture_output=True).stdout

    def possession(self, publisher):
        return self.sign(f"stoa key possession v1\n{publisher}\n{self.id}\n".encode()).hex()


def envelope(manifest, key, signed=None, kind=TYPE):
    """The DSSE envelope; signed: other bytes that the signature is over; kind: another document's type."""
    signed = manifest if signed is None else signed
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind.encode(), len(signed), signed)
    text = lambda data: base64.b64encode(data).decode()  # noqa: E731
    return (f'{{"payload":"{text(manifest)}","payloadType":"{kind}","signatures":'
            f'[{{"keyid":"{key.id}","sig":"{text(key.sign(message))}"}}]}}').encode()


def header(path, size, kind=b"0", link="", mode=b"000644 \0", size_field=None):
    head = bytearray(512)
    head[0:len(path)] = path if isinstance(path, bytes) else path.encode()
    head[100:108], head[108:116], head[116:124] = mode, b"000000 \0", b"000000 \0"
    head[124:136] = size_field or b"%011o " % size
    head[136:148], head[148:156], head[156:157] = b"00000000000 ", b" " * 8, kind
    head[157:157 + len(link)] = link.encode()
    head[257:265] = b"ustar\00000"
    head[329:337], head[337:345] = b"000000 \0", b"000000 \0"
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def archive(entries, heads=None):
    """entries: (path, bytes) in their order. heads: a header of one's own for a path."""
    parts = []
    for path, data in entries:
        parts += [(heads or {}).get(path) or header(path, len(data)), data, bytes(-len(data) % 512)]
    return b"".join(parts) + bytes(1024)


def entries_of(package):
    entries, at = [], 0
    while any(package[at:at + 512]):
        path = package[at:at + 100].rstrip(b"\0").decode()
        size = int(package[at + 124:at + 135], 8)
        entries.append((path, package[at + 512:at + 512 + size]))
        at += 512 + size + -size % 512
    return entries


class Draft:
    """A package that is still to be made: a manifest as a dictionary and its files. What is wrong with it is done last."""

    def __init__(self, package, key):
        entries = dict(entries_of(package))
        self.manifest = json.loads(entries.pop("manifest.json"))
        entries.pop("manifest.dsse.json", None)
        self.files, self.key = entries, key
        self.edit_json = self.edit_entries = self.edit_bytes = lambda it: it
        self.heads = {}

    def settle(self):
        """The digests and sizes of what the files are now."""
        for row in self.manifest["platforms"] + self.manifest["assets"]:
            data = self.files[row.get("library") or row["path"]]
            row["sha256"], row["size"] = hashlib.sha256(data).hexdigest(), len(data)

    def bytes(self):
        manifest = self.edit_json(json.dumps(self.manifest, ensure_ascii=False).encode())
        paths = [row["library"] for row in self.manifest["platforms"]] + [row["path"] for row in self.manifest["assets"]]
        entries = [("manifest.json", manifest)]
        if self.key:
            entries.append(("manifest.dsse.json", envelope(manifest, self.key)))
        entries += [(path, self.files[path]) for path in paths if path in self.files]
        return self.edit_bytes(archive(self.edit_entries(entries), self.heads))

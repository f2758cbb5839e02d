"""tlog_reader.py: reads a log over HTTP by the texts of C2SP (signed-note, tlog-checkpoint, tlog-tiles, tlog-proof) and RFC 6962, with
hashlib and the command openssl, and nothing of this project.

SPDX-License-Identifier: Apache-2.0

  tlog_reader.py URL KEY     checks checkpoint, tiles and bundles below URL/log/; KEY: the log's, "name+id+base64"
"""
import base64
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

ED25519 = 1  # signed-note: the type of a signature
DER = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what stands before the 32 bytes of a public key


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(entry):
    return sha256(b"\0" + entry)


def node_hash(left, right):
    return sha256(b"\1" + left + right)


class Key:
    """A verifier key."""

    def __init__(self, text):
        # The key's own base64 may hold a plus.
        self.name, self.id, key = text.split("+", 2)
        raw = base64.b64decode(key, validate=True)
        assert raw[0] == ED25519 and len(raw) == 33, "no Ed25519 key"
        self.public = raw[1:]
        want = sha256(self.name.encode() + b"\n" + raw)[:4].hex()
        assert self.id == want, f"the key's id is {self.id}, its bytes come to {want}"

    def verifies(self, signature, text):
        with tempfile.TemporaryDirectory() as folder:
            at = pathlib.Path(folder)
            (at / "key").write_bytes(DER + self.public)
            (at / "text").write_bytes(text)
            (at / "signature").write_bytes(signature)
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", at / "key", "-rawin", "-in",
                                   at / "text", "-sigfile", at / "signature"], capture_output=True)
            return done.returncode == 0


def open_note(note, key):
    """The text of a note that the key signed."""
    text, signatures = note.rsplit(b"\n\n", 1)
    text += b"\n"
    for line in signatures.decode().splitlines():
        dash, name, signature = line.split(" ")
        raw = base64.b64decode(signature, validate=True)
        if dash == "\u2014" and name == key.name and raw[:4].hex() == key.id:
            assert key.verifies(raw[4:], text), "the note's signature does not hold"
            return text.decode()
    raise AssertionError("the key did not sign the note")


def open_checkpoint(note, key):
    """Size and root."""
    origin, size, root = open_note(note, key).splitlines()[:3]
    assert origin == key.name, f"a checkpoint of {origin}"
    assert size == str(int(size))
    return int(size), base64.b64decode(root, validate=True)


def root_of(leaves):
    """RFC 6962, 2.1."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(root_of(leaves[:half]), root_of(leaves[half:]))


def root_by_proof(leaf, index, size, proof):
    """RFC 9162, 2.1.3.2."""
    assert index < size
    fn, sn, root = index, size - 1, leaf
    for step in proof:
        assert sn != 0, "the proof is too long"
        if fn & 1 or fn == sn:
            root = node_hash(step, root)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = node_hash(root, step)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0, "the proof is too short"
    return root


def verify_proof(text, entry, key):
    """A tlog-proof: the entry's index, and the size of the log that holds it."""
    head, note = text.split(b"\n\n", 1)
    lines = head.decode().splitlines()
    assert lines.pop(0) == "c2sp.org/tlog-proof@v1"
    if lines[0].startswith("extra "):
        lines.pop(0)
    name, index = lines.pop(0).split(" ")
    assert name == "index"
    size, root = open_checkpoint(note, key)
    proof = [base64.b64decode(line, validate=True) for line in lines]
    assert root_by_proof(leaf_hash(entry), int(index), size, proof) == root, "the proof does not come to the root"
    return int(index), size


def number_path(number):
    """tlog-tiles: 1234067 is x001/x234/067."""
    text = f"{number % 1000:03}"
    while number >= 1000:
        number //= 1000
        text = f"x{number % 1000:03}/{text}"
    return text


class Log:
    def __init__(self, url, key):
        self.url, self.key = url, key
        self.note = self.get("checkpoint")
        self.size, self.root = open_checkpoint(self.note, key)

    def get(self, path):
        with urllib.request.urlopen(f"{self.url}/log/{path}", timeout=30) as answer:
            return answer.read()

    def rows(self, level, count):
        """All hashes of a tile level."""
        hashes = []
        for tile in range((count + 255) // 256):
            width = min(256, count - 256 * tile)
            data = self.get(f"tile/{level}/{number_path(tile)}" + (f".p/{width}" if width < 256 else ""))
            assert len(data) == 32 * width, f"a tile of {len(data)} bytes"
            hashes += [data[32 * i:32 * i + 32] for i in range(width)]
        return hashes

    def entries(self):
        found = []
        for tile in range((self.size + 255) // 256):
            width = min(256, self.size - 256 * tile)
            data = self.get(f"tile/entries/{number_path(tile)}" + (f".p/{width}" if width < 256 else ""))
            while data:
                length = int.from_bytes(data[:2], "big")
                assert len(data) >= 2 + length, "a bundle is cut off"
                found.append(data[2:2 + length])
                data = data[2 + length:]
        return found

    def verify(self):
        """All of it: bundles, each level of tiles, the signed root."""
        leaves = self.rows(0, self.size)
        assert root_of(leaves) == self.root, "the leaves do not come to the root that was signed"
        assert [leaf_hash(entry) for entry in self.entries()] == leaves, "the bundles hold other entries than the tiles"
        level, below = 1, leaves
        while len(below) >= 256:
            want = [root_of(below[256 * i:256 * i + 256]) for i in range(len(below) // 256)]
            assert self.rows(level, len(want)) == want, f"level {level} is not what is below it"
            level, below = level + 1, want
        return self.size


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print("holds:", Log(sys.argv[1], Key(sys.argv[2])).verify(), "entries")

"""hostile_proofs.py: rows of market_hostile.py: receipts, checkpoints and what a publisher fetched, with something in them changed.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import json
import shutil

HEAD = b"stoa.audit.entries/1\n"
BEFORE_THE_HALF = 8 + 8 + 16 + 32  # number, total, salt, commitment; then the half's length in two bytes


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def receipts(market):
    """Each field of a receipt that holds."""
    good = json.loads((market.folder / "good.receipt.json").read_text())
    other = json.loads((market.folder / "other.receipt.json").read_text())

    def verified(change, log_key="log.key"):
        receipt = json.loads(json.dumps(good))
        change(receipt)
        file = market.folder / "hostile.receipt.json"
        file.write_text(json.dumps(receipt))
        return market.command_reason("receipts", "verify", file, "--log-key", log_key)

    def half(name, field, data):
        return lambda receipt: receipt[name].update({field: data(receipt[name][field])})

    def bit(text):
        return base64.b64encode(flipped(base64.b64decode(text), 9)).decode()

    def line(number, change):
        """Of the proof, whose lines are: form, index, path, an empty one, the checkpoint."""
        def changed(receipt):
            lines = receipt["proof"].split("\n")
            lines[number] = change(lines[number])
            receipt["proof"] = "\n".join(lines)
        return changed
    checkpoint = good["proof"].split("\n").index("") + 1
    return [
        ("altered receipt: a bit of its public half", lambda: verified(half("public", "bytes", bit)), "log.proof"),
        ("altered receipt: its public half's salt", lambda: verified(half("public", "salt", lambda salt: salt[::-1])), "log.proof"),
        ("altered receipt: a bit of its private half", lambda: verified(half("private", "bytes", bit)), "receipt.commitment"),
        ("altered receipt: its private half's salt", lambda: verified(half("private", "salt", lambda salt: salt[::-1])), "receipt.commitment"),
        ("altered receipt: its private commitment", lambda: verified(lambda receipt: receipt.update(
            private_commitment=receipt["private_commitment"][::-1])), "receipt.commitment"),
        ("altered receipt: its commitment, without the private half", lambda: verified(lambda receipt: (receipt.pop("private"), receipt.update(
            private_commitment=receipt["private_commitment"][::-1]))), "log.proof"),
        ("altered receipt: its number", lambda: verified(lambda receipt: receipt.update(number=receipt["number"] + 1)), "receipt.commitment"),
        ("altered receipt: its place in the log", lambda: verified(line(1, lambda text: "index 0")), "receipt.commitment"),
        ("altered receipt: a hash of its path", lambda: verified(line(2, bit)), "log.proof"),
        ("altered receipt: a hash of its path left out", lambda: verified(lambda receipt: receipt.update(
            proof=receipt["proof"].replace(receipt["proof"].split("\n")[2] + "\n", "", 1))), "log.proof"),
        ("altered receipt: the log's name", lambda: verified(line(checkpoint, lambda text: text + "x")), "note.signature"),
        ("altered receipt: the log's size", lambda: verified(line(checkpoint + 1, lambda text: text + "0")), "note.signature"),
        ("altered receipt: the log's root", lambda: verified(line(checkpoint + 2, bit)), "note.signature"),
        ("altered receipt: the signature", lambda: verified(line(checkpoint + 4, lambda text: text[:40] + (
            "A" if text[40] != "A" else "B") + text[41:])), "note.signature"),
        ("old receipt: of another call, with this one's proof", lambda: verified(lambda receipt: receipt.update(
            {name: other[name] for name in ("public", "private", "private_commitment")})), "log.proof"),
        ("wrong key: another log's", lambda: verified(lambda receipt: None, "rival.log.key"), "note.signature"),
        ("no receipt", lambda: verified(lambda receipt: receipt.clear()), "receipt.form"),
    ]


def cut(data):
    """The records of a file of entries."""
    records, rest = [], data[len(HEAD):]
    while rest:
        size = BEFORE_THE_HALF + 2 + int.from_bytes(rest[BEFORE_THE_HALF:BEFORE_THE_HALF + 2])
        records.append(rest[:size])
        rest = rest[size:]
    return records


def audits(market):
    """What `stoa audit fetch` left, changed."""
    def checked(file, change, *argv):
        folder = market.folder / "altered"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(market.folder / "earnings", folder)
        path = sorted(one for one in folder.glob(file) if one.is_file())[-1]
        changed = change(path.read_bytes())
        path.write_bytes(changed) if changed is not None else path.unlink()
        return market.command_reason("audit", "check", folder, *(argv or ("--log-key", "log.key")))

    def entries(change):
        return checked("entries", lambda data: HEAD + b"".join(change(cut(data))))

    def last_of_month(records):
        """The statement's last entry, and what came after it. (Of what no statement speaks of yet, nobody can miss the end.)"""
        last = market.take("GET", f"/v1/statements/{market.statement}")["last_entry"]
        return [one for one in records if int.from_bytes(one[:8]) < last]

    def total(records):
        """A billionth more is owed, from one entry on to the end."""
        return [one[:8] + (int.from_bytes(one[8:16]) + 1).to_bytes(8) + one[16:] for one in records]
    return [
        ("an audit with a leaf left out", lambda: entries(lambda records: records[:1] + records[2:]), "audit.differs"),
        ("an audit with the month's last leaf left out", lambda: entries(last_of_month), "audit.differs"),
        ("an audit with a leaf twice", lambda: entries(lambda records: records[:2] + records[1:]), "audit.differs"),
        ("an audit in another order", lambda: entries(lambda records: [records[1], records[0], *records[2:]]), "audit.differs"),
        ("an audit with other totals", lambda: entries(total), "audit.differs"),
        ("an audit with a bit of an entry changed", lambda: checked("entries", lambda data: flipped(data, len(HEAD) + 70)), "log.not_in"),
        ("an audit with a salt changed", lambda: checked("entries", lambda data: flipped(data, len(HEAD) + 20)), "log.not_in"),
        ("an audit that is cut", lambda: checked("entries", lambda data: data[:-1]), "audit.form"),
        ("a tile with a bit changed", lambda: checked("tile/0/**/*", lambda data: flipped(data, 40)), "log.broken"),
        ("a tile that is cut", lambda: checked("tile/0/**/*", lambda data: data[:-32]), "log.tile"),
        ("a checkpoint with a bit changed", lambda: checked("checkpoint", lambda data: flipped(data, 25)), "note.signature"),
        ("a checkpoint of before, for the newest", lambda: checked(
            "checkpoint", lambda data: sorted((market.folder / "earnings/checkpoints").iterdir())[0].read_bytes()), "log.not_in"),
        ("an older checkpoint with a bit changed", lambda: checked("checkpoints/*", lambda data: flipped(data, 25)), "note.signature"),
        ("wrong key: the audit of another log", lambda: checked("checkpoint", lambda data: data, "--log-key", "rival.log.key"), "audit.key"),
        ("an agreement that the publisher did not sign", lambda: checked(
            "checkpoint", lambda data: data, "--log-key", "log.key", "--own-key", "stoa-test.pub.pem"), "audit.unsigned"),
        ("prices that were others", lambda: checked("prices/*.json", lambda data: data.replace(b'"0.01', b'"0.02')), "audit.differs"),
        ("a price list left out", lambda: checked("prices/*.json", lambda data: None), "audit.differs"),
        ("shares that were others", lambda: checked("agreements/*.json", lambda data: data.replace(b"700000", b"600000").replace(
            b"200000", b"300000")), "audit.differs"),
        ("a statement that says more", lambda: checked("statements/*.txt", lambda data: data.replace(b"\nclosing ", b"\nclosing 1")),
         "audit.differs"),
        ("a statement that opens with more", lambda: checked("statements/*.txt", lambda data: data.replace(b"\nopening 0", b"\nopening 1")),
         "audit.differs"),
    ]

"""ledger_proof.py: docs/how-to/audit-your-earnings.md, line by line, on a host that bills; its log read by other eyes (tlog_reader.py);
and whatever is altered afterwards is found.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import tlog_reader
from billed_host import BilledHost
from stoa_host import BUILD, call, check

PAGE = pathlib.Path(__file__).parents[2] / "docs/how-to/audit-your-earnings.md"


def commands():
    lines = [line.strip() for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S) for line in block.splitlines()]
    return [line for line in lines if re.match(r"(stoa|curl) ", line)]


def run(host, line, status=0):
    environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"], "STOA_REGISTRY": host.operator_url,
                   "STOA_TOKEN_FILE": str(host.folder / "publisher.token")}
    done = subprocess.run(line, shell=True, cwd=host.folder, env=environment, timeout=60, capture_output=True, text=True)
    print(f"$ {line}\n{done.stdout}{done.stderr}", end="")
    check(done.returncode == status, f"{line}: ended with {done.returncode}, not {status}")
    return done.stdout + done.stderr


def read_with_other_eyes(host, numbers):
    """The log and each receipt, by C2SP's texts alone."""
    key = tlog_reader.Key(call(host.url + "/log/key")[2].decode().strip())
    log = tlog_reader.Log(host.url, key)
    check(log.verify() > max(numbers), f"the log has {log.size} entries")
    for number in numbers:
        status, _, body = call(f"{host.url}/v1/receipts/{number}", headers=host.key_fields())
        check(status == 200, f"receipt {number}: {status} {body}")
        receipt = json.loads(body)
        public, private = (base64.b64decode(receipt[half]["bytes"]) for half in ("public", "private"))
        salts = [bytes.fromhex(receipt[half]["salt"]) for half in ("public", "private")]
        hidden = tlog_reader.sha256(b"stoa.entry.private/1\0" + salts[1] + private)
        check(hidden.hex() == receipt["private_commitment"], "the private half is another")
        commitment = tlog_reader.sha256(b"stoa.entry/1\0" + salts[0] + public + hidden)
        index, _ = tlog_reader.verify_proof(receipt["proof"].encode(), commitment, key)
        check(index == number and log.entries()[number] == commitment, f"receipt {number} is of entry {index}")
        text = call(f"{host.url}/v1/receipts/{number}?form=tlog-proof", headers=host.key_fields())[2]
        tlog_reader.verify_proof(text, commitment, key)


def until_signed(host, number):
    """The log follows the calls: a checkpoint each second."""
    check(host.wait_for(lambda: int(call(host.url + "/log/checkpoint")[2].split(b"\n")[1]) > number, 20), f"entry {number} is not in the log")


def altered(host, file, change, reason):
    """A copy of the audit with a file changed is refused for its own reason."""
    folder = host.folder / "altered"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(host.folder / "earnings", folder)
    path = next(folder.glob(file))
    path.write_bytes(change(path.read_bytes()))
    check(reason in run(host, "stoa audit check altered", 1), f"{file}: not refused for {reason}")


def flip(at):
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]


def main():
    with BilledHost('log_origin = "stoa.example/ledger"') as host:
        while len(host.paid) < 3:
            host.pay_for_a_call()
        numbers = host.paid
        until_signed(host, numbers[-1])
        executed = 0
        for line in commands():
            found = run(host, line.replace("receipts get 1 ", f"receipts get {numbers[0]} "))
            executed += 1
            check("audit check" not in line or "equal" in found, f"not equal: {found}")
        check(executed == 8, f"the page has {executed} commands")
        audit = json.loads(run(host, "stoa audit check earnings --json"))
        check(audit["calls"] == 3 and audit["others"] == 0, f"the audit found {audit}")
        read_with_other_eyes(host, numbers)

        for _ in range(300):
            host.pay_for_a_call()
        until_signed(host, host.paid[-1])
        read_with_other_eyes(host, [numbers[0], numbers[-1]])
        fetched = json.loads(run(host, "stoa audit fetch earnings --log-key log.key --json"))
        check(fetched["new_entries"] == 300 and not fetched["log_key_is_new"], f"fetched {fetched}")
        audit = json.loads(run(host, "stoa audit check earnings --log-key log.key --json"))
        check(audit["calls"] == 303 and audit["older_checkpoints"] == 1, f"the audit found {audit}")

        altered(host, "entries", flip(120), "log.not_in")
        altered(host, "entries", lambda data: data[:-1], "audit.form")
        altered(host, "tile/0/000", flip(40), "log.broken")
        altered(host, "checkpoint", flip(25), "note.signature")
        altered(host, "checkpoints/*", lambda data: (host.folder / "earnings/checkpoint").read_bytes()[::-1], "note.")
        altered(host, "prices/*.json", lambda data: data.replace(b'"0.01', b'"0.02'), "audit.differs")
        altered(host, "agreements/*.json", lambda data: data.replace(b"700000", b"600000").replace(b"200000", b"300000"), "audit.differs")
        receipt = host.folder / "1.receipt.json"
        receipt.write_text(receipt.read_text().replace('"index', '"indey').replace("index ", "index 1", 1))
        run(host, "stoa receipts verify 1.receipt.json --log-key log.key", 1)
        for path, key, status in ((f"/v1/receipts/{numbers[0]}", {}, 401), ("/v1/receipts/99999", host.key_fields(), 404)):
            check(call(host.url + path, headers=key)[0] == status, f"{path} is not answered {status}")

        host.process.kill()  # -9
        host.process.wait()
        host.ports_file.unlink()
        host.serve()
        until_signed(host, host.pay_for_a_call())
        read_with_other_eyes(host, [numbers[-1]])
        run(host, "stoa audit fetch earnings --log-key log.key")
        check("304 calls" in run(host, "stoa audit check earnings"), "nothing new after the restart")
    print("ok")


sys.exit(main())

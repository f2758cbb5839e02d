"""ledger.py: calls of a real host, charged; what the customer, the operator and the ledger itself say of them, also
across kill -9, and of the folders when the host is stopped.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import os
import sqlite3
import subprocess
import sys

from package_maker import Key, envelope
from stoa_host import BUILD, Host, call, check

MODEL = "stoa-demo/identity"
BODY = json.dumps({"inputs": [{"name": "in_fp32", "shape": [1, 1], "datatype": "FP32", "data": [1]}]})
CONFIG = ('[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\nissuer_key = "key.key.pem"\n'
          '[billing]\nfolder = "billing"\n')
PRICES = {"publisher": "stoa-demo", "currency": "EUR", "meters": [{"meter": "call", "tiers": [{"price": "0.01"}]}]}
SHARES = {"publisher": "stoa-demo", "currency": "EUR", "platform_fee": [{"ppm": 0}],
          "parties": [{"name": "publisher/stoa-demo", "ppm": 700000}, {"name": "platform", "ppm": 300000}]}
AGREEMENT = "application/vnd.stoa.agreement+json"


class Operator:
    """The operators' API, as its first admin."""

    def __init__(self, host):
        self.host = host
        self.token = (host.folder / "registry" / "admin.token").read_text().strip()

    def ask(self, method, path, body):
        line = http.client.HTTPConnection("127.0.0.1", self.host.operator_port, timeout=30)
        line.request(method, path, None if method == "GET" else json.dumps(body),
                     {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        answer = line.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            sys.exit(f"error: {method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)


def charge_a_customer(operator):
    """A customer whose calls of the model cost a hundredth and 19 per cent; a key of it."""
    customer = operator.ask("POST", "/v1/customers", {"name": "northwind"})["id"]
    operator.ask("POST", "/v1/licences", {"subject": {"customer": customer}, "covers": [{"model": MODEL, "versions": "*"}]})
    operator.ask("PUT", "/v1/customers/northwind/billing",
                 {"currency": "EUR", "pays": "afterwards", "credit_limit": "500", "tax_ppm": 190000, "tax_office": "DE"})
    prices = operator.ask("POST", "/v1/prices", PRICES)["id"]
    shares = operator.ask("POST", "/v1/agreements", SHARES)["id"]
    publisher = Key.make(operator.host.folder, "publisher")
    operator.ask("POST", "/v1/party-keys", {"party": "publisher/stoa-demo", "public_key": publisher.public})
    text = operator.ask("GET", f"/v1/agreements/{shares}/document", {})["document"]
    file = envelope(text.encode(), publisher, kind=AGREEMENT).decode() + "\n"
    operator.ask("POST", f"/v1/agreements/{shares}/signatures", {"party": "publisher/stoa-demo", "file": file})
    operator.ask("POST", f"/v1/agreements/{shares}/signatures", {"party": "platform"})
    operator.ask("POST", "/v1/charges", {"model": MODEL, "price_list": prices, "agreement": shares})
    return operator.ask("POST", f"/v1/customers/{customer}/keys", {"name": "shop", "scopes": ["infer", "account"]})["key"]


def ask(host, key):
    """Status and receipt of one call."""
    status, fields, _ = call(f"{host.url}/v2/models/{MODEL}/infer", BODY.encode(),
                             {"Content-Type": "application/json", "Authorization": "Bearer " + key})
    return status, fields.get("x-stoa-receipt")


def serve(host, key, calls):
    check(host.wait_for(lambda: ask(host, key)[0] == 200, 5), "the key counts, and the price")
    receipts = [ask(host, key) for _ in range(calls - 1)]
    check(all(status == 200 and receipt for status, receipt in receipts), f"each call has its receipt: {receipts[-3:]}")
    return int(receipts[-1][1])


def main():
    environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]}
    with Host(["null"], CONFIG) as host:
        def run(line, status=0):
            environment.update(STOA_REGISTRY=host.operator_url, STOA_TOKEN_FILE=str(host.folder / "registry/admin.token"))
            done = subprocess.run(line, shell=True, cwd=host.folder, env=environment, timeout=60, capture_output=True, text=True)
            print(f"$ {line}\n{done.stdout}{done.stderr}", end="")
            check(done.returncode == status, f"{line}: ended with {done.returncode}, not {status}")
            return done.stdout

        def ledger_is_sound(entries, line="stoa ledger verify --json"):
            report = json.loads(run(line))
            check(report["sound"] and report["entries"] == entries, f"{entries} entries are sound: {report}")

        key = charge_a_customer(Operator(host))
        (host.folder / "shop.key").write_text(key)
        newest = serve(host, key, 60)
        entries = newest + 1

        # What they are seen as, a moment later.
        def calls_seen():
            lines = json.loads(run("stoa usage northwind --json"))["items"]
            return sum(line["units"] for line in lines if line["meter"] == "call")

        check(host.wait_for(lambda: calls_seen() == entries, 5), "the operator sees each call")
        own = json.loads(run(f"stoa usage --spend --json --host {host.url} --key-file shop.key"))["items"][0]
        check(own["entries"] == entries and own["paid"] == f"{entries * 0.0119:.4f}".rstrip("0"), f"what it paid: {own}")
        page = json.loads(run("stoa ledger show --customer northwind --most 5 --json"))
        check([one["number"] for one in page["items"]] == [newest - i for i in range(5)], "the newest entries")
        one = json.loads(run(f"stoa ledger show {newest} --json"))
        check({p["account"].split(":")[0]: p["amount"] for p in one["postings"]} ==
              {"payable": "-0.007", "income": "-0.003", "tax": "-0.0019", "recv": "0.0119"}, f"an entry's postings: {one}")
        check("income:share" in run("stoa ledger balances --prefix income:"), "what the platform earned")
        check("usage" in run("stoa earnings stoa-demo"), "what the publisher earned")
        ledger_is_sound(entries)

        # kill -9: what was answered is there, and the start goes on from the saved book or reads it all.
        host.process.kill()
        host.process.wait()
        host.serve()
        ledger_is_sound(entries)
        newest = serve(host, key, 40)
        check(newest == entries + 39, f"numbers go on: {newest}")
        entries = newest + 1
        check(host.stop() == 0, "it stops in order")
        check((host.folder / "billing/book.saved").stat().st_mode & 0o077 == 0, "the saved book is its owner's alone")

        # The folders alone.
        offline = "stoa ledger verify billing --licensing licensing"
        ledger_is_sound(entries, offline + " --json")
        with sqlite3.connect(host.folder / "billing/projection.db") as projection:
            projection.execute("UPDATE earnings SET amount = amount + 1")
        projection.close()
        check("projection.differs" in run(offline, 1), "a table that says something else is found")
        run("stoa ledger rebuild billing")
        ledger_is_sound(entries, offline + " --json")
        (host.folder / "billing/projection.db").write_bytes(b"x" * 8192)
        host.serve()
        check(host.has_logged("ledger.projection_anew"), "a broken projection is made anew, and told")
        check(host.wait_for(lambda: json.loads(run("stoa usage northwind --json"))["entries"] == entries, 10),
              "it has all entries again")
        ledger_is_sound(entries)
    print("sound")


if __name__ == "__main__":
    main()

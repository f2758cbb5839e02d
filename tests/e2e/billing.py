"""billing.py: a host that charges: a price, an agreement of three who sign, calls to the last cent, 64 connections at once, and kill -9.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import os
import signal
import sys
import threading

from package_maker import Key, envelope
from stoa_host import Host, call, check  # noqa: I001: it finds host_process
import host_process

host_process.LISTEN = host_process.LISTEN.replace("access = false", "access = true")  # a line per request, with its receipt

MODEL = "stoa-demo/identity"
PATH = f"/v2/models/{MODEL}/infer"
BODY = json.dumps({"inputs": [{"name": "in_fp32", "shape": [1, 1], "datatype": "FP32", "data": [1]}]})
CONFIG = ('[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\nissuer_key = "key.key.pem"\n'
          '[billing]\nfolder = "billing"\n')
AGREEMENT = "application/vnd.stoa.agreement+json"
PARTIES = {"publisher/stoa-demo": 700_000, "data/corpus": 200_000, "platform": 100_000}
CONNECTIONS = 64


class Operator:
    """The operators' API, as its first admin."""

    def __init__(self, host):
        self.host = host
        self.token = (host.folder / "registry" / "admin.token").read_text().strip()

    def ask(self, method, path, body=None):
        line = http.client.HTTPConnection("127.0.0.1", self.host.operator_port, timeout=30)
        line.request(method, path, json.dumps(body) if body is not None else None,
                     {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        answer = line.getresponse()
        text = answer.read().decode()
        if answer.status not in (200, 201):
            sys.exit(f"error: {method} {path}: {answer.status} {text}")
        return json.loads(text)

    def pays(self, customer, limit):
        self.ask("PUT", f"/v1/customers/{customer}/billing", {"currency": "EUR", "pays": "afterwards", "credit_limit": limit})

    def agree(self):
        """All parties sign one text; the agreement's id."""
        agreement = self.ask("POST", "/v1/agreements", {
            "publisher": "stoa-demo", "currency": "EUR", "platform_fee": [{"ppm": 0}],
            "parties": [{"name": name, "ppm": ppm} for name, ppm in PARTIES.items()]})["id"]
        text = self.ask("GET", f"/v1/agreements/{agreement}/document")["document"]
        for n, party in enumerate(PARTIES):
            if party == "platform":
                self.ask("POST", f"/v1/agreements/{agreement}/signatures", {"party": party})
                continue
            key = Key.make(self.host.folder, f"party-{n}")
            self.ask("POST", "/v1/party-keys", {"party": party, "public_key": key.public})
            file = envelope(text.encode(), key, kind=AGREEMENT).decode() + "\n"
            self.ask("POST", f"/v1/agreements/{agreement}/signatures", {"party": party, "file": file})
        return agreement


def ask(host, key, line=None):
    """Status, reason and receipt of one call."""
    line = line or http.client.HTTPConnection("127.0.0.1", host.port, timeout=30)
    line.request("POST", PATH, BODY, {"Content-Type": "application/json", "Authorization": "Bearer " + key})
    answer = line.getresponse()
    answer.read()
    return answer.status, answer.headers.get("x-stoa-reason"), answer.headers.get("x-stoa-receipt")


def metric(host, name):
    text = call(host.operator_url + "/metrics")[2].decode()
    values = [line.rsplit(" ", 1)[1] for line in text.splitlines() if line.startswith(name) and not line.startswith("#")]
    return float(values[0]) if values else 0.0


def storm(host, key):
    """All connections at once until nobody is served any more: what was served, and what else was said."""
    lock, receipts, others = threading.Lock(), [], []

    def client():
        line = http.client.HTTPConnection("127.0.0.1", host.port, timeout=60)
        while True:
            status, reason, receipt = ask(host, key, line)
            if (status, reason) == (402, "billing.no_funds"):
                return
            with lock:
                (receipts if status == 200 else others).append(receipt or (status, reason))
            if status != 200:
                return

    threads = [threading.Thread(target=client) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    check(not any(thread.is_alive() for thread in threads), "the last call is answered")
    return receipts, others


def main():
    with Host(["null"], CONFIG) as host:
        operator = Operator(host)
        customer = operator.ask("POST", "/v1/customers", {"name": "northwind"})["id"]
        operator.ask("POST", "/v1/licences", {"subject": {"customer": customer}, "covers": [{"model": MODEL, "versions": "*"}]})
        key = operator.ask("POST", f"/v1/customers/{customer}/keys", {"name": "first"})["key"]
        check(host.wait_for(lambda: ask(host, key)[0] == 403, 2), "the key is let in")
        check(ask(host, key) == (403, "billing.no_customer", None), "who does not pay is not served")
        operator.pays(customer, "0.05")
        check(host.wait_for(lambda: ask(host, key)[1] == "billing.no_price", 1), "what has no price is not served")
        prices = operator.ask("POST", "/v1/prices", {"publisher": "stoa-demo", "currency": "EUR",
                                                     "meters": [{"meter": "call", "tiers": [{"price": "0.01"}]}]})["id"]
        operator.ask("POST", "/v1/charges", {"model": MODEL, "price_list": prices, "agreement": operator.agree()})
        check(host.wait_for(lambda: ask(host, key)[0] == 200, 1), "a price counts within a second")
        for number in range(1, 5):
            check(ask(host, key) == (200, None, str(number)), f"call {number} is entry {number}")
        check(ask(host, key) == (402, "billing.no_funds", None), "0.05 are five calls of 0.01")
        check(metric(host, 'stoa_billing_calls_total{currency="EUR"}') == 5, "five calls were charged")
        check(metric(host, 'stoa_billing_gross_total{currency="EUR"}') == 0.05, "for 0.05")
        check(metric(host, "stoa_billing_holds") == 0, "nothing is held")
        check(host.wait_for(lambda: '"receipt":4' in host.log_text(), 5), "the access log names the receipt")

        os.kill(host.process.pid, signal.SIGKILL)
        host.process.wait()
        host.serve()
        check(ask(host, key) == (402, "billing.no_funds", None), "a crash forgets nothing")
        operator = Operator(host)
        operator.pays(customer, "30")
        check(host.wait_for(lambda: ask(host, key)[0] == 200, 1), "a higher limit counts within a second")
        receipts, others = storm(host, key)
        print(f"64 connections against what is left of 30.00: {len(receipts)} calls of 0.01")
        check(not others, f"nothing else was said: {others[:3]}")
        check(len(receipts) == 3_000 - 6 and len(set(receipts)) == len(receipts), "to the last cent, each its own entry")
        check(ask(host, key) == (402, "billing.no_funds", None), "and then no more")
        check(metric(host, "stoa_billing_entries_total") == 3_000, "3,000 entries are durable")
        commits = metric(host, "stoa_billing_commits_total")
        print(f"entries a commit: {2_995 / commits:.1f}")
        check(commits < 2_995, "entries share commits")


main()

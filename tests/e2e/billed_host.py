"""billed_host.py: a host whose null model costs a hundredth of a dollar a call, shared 70, 20 and 10, and a customer who pays for it.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import hashlib
import json
import os
import subprocess
import urllib.error
import urllib.request

from stoa_host import BUILD, Host, call, check

MODEL = "stoa-demo/null"
BODY = json.dumps({"inputs": [{"name": "in", "datatype": "FP32", "shape": [1], "data": [1]}]}).encode()


class BilledHost(Host):
    """with BilledHost() as host: number = host.pay_for_a_call()"""

    def __init__(self, billing=""):
        self.paid = []  # the numbers of all entries of calls
        super().__init__(["null"], '[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\nissuer_key = "platform.key.pem"\n'
                         f'[billing]\nfolder = "billing"\n{billing}\n')

    def start(self):
        self.stoa("keygen", "--out", "platform")
        super().start()
        self.set_up()
        return self

    def stoa(self, *argv):
        done = subprocess.run([os.path.abspath(os.path.join(BUILD, "bin/stoa")), *map(str, argv)], cwd=self.folder, capture_output=True,
                              text=True, timeout=60)
        check(done.returncode == 0, f"stoa {argv}: {done.stdout}{done.stderr}")
        return done.stdout

    def act(self, method, path, document=None, status=200):
        """One act of the first admin."""
        token = (self.folder / "registry/admin.token").read_text().strip()
        request = urllib.request.Request(self.operator_url + path, json.dumps(document).encode() if document is not None else None,
                                         {"Content-Type": "application/json", "Authorization": "Bearer " + token}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                got, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            got, body = error.code, error.read()
        check(got == status, f"{method} {path}: {got} {body}")
        return json.loads(body)

    def set_up(self):
        admin = ("--registry", self.operator_url, "--token-file", "registry/admin.token")
        if "held_because" in json.loads(self.stoa("publishers", "create", "stoa-demo", "--token-out", "publisher.token", "--json", *admin)):
            self.stoa("publishers", "let-pass", "stoa-demo", *admin)
        self.stoa("publishers", "add-key", "stoa-demo", "--key", "key.key.pem", "--registry", self.operator_url, "--token-file",
                  "publisher.token")
        self.stoa("customers", "create", "northwind", *admin)
        self.stoa("keys", "create", "northwind", "shop", "--scope", "infer", "--scope", "account", "--out", "shop.key", *admin)
        self.stoa("licences", "issue", "--customer", "northwind", "--model", MODEL, *admin)
        self.act("PUT", "/v1/customers/northwind/billing",
                 {"currency": "USD", "pays": "afterwards", "credit_limit": "100", "tax_ppm": 190000, "tax_office": "DE"})
        price = self.act("POST", "/v1/prices", {"publisher": "stoa-demo", "currency": "USD",
                                                "meters": [{"meter": "call", "tiers": [{"price": "0.01"}]}]}, 201)
        self.stoa("keygen", "--out", "corpus")
        self.act("POST", "/v1/party-keys", {"party": "data/corpus", "public_key": (self.folder / "corpus.pub.pem").read_text()}, 201)
        agreement = self.act("POST", "/v1/agreements", {
            "publisher": "stoa-demo", "currency": "USD", "platform_fee": [{"ppm": 0}],
            "parties": [{"name": "publisher/stoa-demo", "ppm": 700000}, {"name": "data/corpus", "ppm": 200000},
                        {"name": "platform", "ppm": 100000}]}, 201)
        for party, key in (("publisher/stoa-demo", "key"), ("data/corpus", "corpus"), ("platform", "")):
            self.sign(agreement["id"], party, key)
        self.act("POST", "/v1/charges", {"model": MODEL, "price_list": price["id"], "agreement": agreement["id"]}, 201)
        # Terms count within a second; until then calls are refused, and charged nothing.
        counts = self.wait_for(lambda: self.pay(), 10)
        check(counts, "a call with a price is not charged")

    def sign(self, agreement, party, key):
        """As whoever has no `stoa` signs: a DSSE envelope, by openssl."""
        document = {"party": party}
        if key:
            kind = b"application/vnd.stoa.agreement+json"
            text = self.act("GET", f"/v1/agreements/{agreement}/document")["document"].encode()
            (self.folder / "to-sign").write_bytes(b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(text), text))
            signature = self.openssl("pkeyutl", "-sign", "-inkey", key + ".key.pem", "-rawin", "-in", "to-sign")
            public = self.openssl("pkey", "-in", key + ".key.pem", "-pubout", "-outform", "DER")[-32:]
            document["file"] = (f'{{"payload":"{base64.b64encode(text).decode()}","payloadType":"{kind.decode()}","signatures":'
                                f'[{{"keyid":"{hashlib.sha256(public).hexdigest()}","sig":"{base64.b64encode(signature).decode()}"}}]}}\n')
        self.act("POST", f"/v1/agreements/{agreement}/signatures", document, 201)

    def openssl(self, *argv):
        return subprocess.run(["openssl", *argv], cwd=self.folder, capture_output=True, timeout=60, check=True).stdout

    def key_fields(self):
        return {"Authorization": "Bearer " + (self.folder / "shop.key").read_text().strip()}

    def ask(self):
        return call(f"{self.url}/v2/models/{MODEL}/infer", BODY, {"Content-Type": "application/json", **self.key_fields()})

    def pay(self):
        """The number of the entry of a call; None where it was not charged."""
        status, fields, _ = self.ask()
        number = fields.get("x-stoa-receipt") if status == 200 else None
        if number is not None:
            self.paid.append(int(number))
        return number

    def pay_for_a_call(self):
        number = self.pay()
        check(number is not None, "a call was not charged")
        return int(number)

"""market.py: a market hall on a whole host: two publishers with models, customers who pay, prices, signed agreements, and a clock that the
test sets.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import glob
import http.client
import json
import os
import subprocess

from package_maker import Key, envelope
from stoa_host import BUILD, Host, check, skip

NULL, METERED = "stoa-demo/null", "stoa-test/metered"
NULL_BODY = {"inputs": [{"name": "in", "datatype": "FP32", "shape": [1], "data": [1]}]}
AGREEMENT = "application/vnd.stoa.agreement+json"


class Clock:
    """The host's wall clock, by libfaketime; what waits goes on by the real one. Setting it counts within a second."""

    def __init__(self, file, now):
        self.file = file
        self.set(now)

    def set(self, now):
        self.offset = round(now.timestamp() - datetime.datetime.now(datetime.UTC).timestamp())
        whole = self.file.with_suffix(".next")
        whole.write_text(f"{self.offset:+d}")
        whole.rename(self.file)

    def now(self):
        return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=self.offset)

    def behind(self):
        """What a host is started with. Not the command faketime, which would be who gets the host's signals."""
        libraries = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
        if not libraries:
            skip("faketime is not installed: no month can end here")
        return ["env", "LD_PRELOAD=" + libraries[0], f"FAKETIME_TIMESTAMP_FILE={self.file}", "FAKETIME_CACHE_DURATION=1",
                "FAKETIME_DONT_FAKE_MONOTONIC=1"]


def day(text):
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)


class Market(Host):
    """with Market(begins="2031-03-10") as market: without a day the clock is the machine's."""

    trusted = ("stoa-demo", "stoa-test")

    def __init__(self, billing="", more="", begins=None):
        config = ('[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\nissuer_key = "platform.key.pem"\n'
                  f'[billing]\nfolder = "billing"\n{billing}\n{more}\n')
        super().__init__(["null", "probe"], config, in_process=("stoa-demo/*", "stoa-test/*"))
        self.clock = Clock(self.folder / "clock", day(begins)) if begins else None
        self.behind = self.clock.behind() if begins else []
        self.keys, self.tokens = {}, {}  # of parties; of operators and publishers

    def start(self):
        Key.make(self.folder, "platform")
        super().start()
        self.tokens["admin"] = (self.folder / "registry/admin.token").read_text().strip()
        for publisher in self.trusted:
            made = self.take("POST", "/v1/publishers", {"name": publisher})
            if "held_because" in made:
                self.take("POST", f"/v1/publishers/{publisher}/let-pass")
            self.tokens[publisher] = made["token"]
            key = self.keys[f"publisher/{publisher}"] = Key.make(self.folder, publisher)
            self.take("POST", f"/v1/publishers/{publisher}/keys",
                      {"public_key": key.public, "possession": key.possession(publisher)}, who=publisher)
        return self

    def again(self, kill=False):
        """The same folders, in another lifetime."""
        if kill:
            self.process.kill()
            self.process.wait()
        else:
            check(self.stop() == 0, "the host did not end in order")
        return self.serve()

    # ---- asking

    def send(self, method, path, body=None, who="admin", key=None, fields=None):
        """status, header and what was answered. who: whose token, on the operators' plane; key: a customer's key, on the other."""
        headers = {"Content-Type": "application/json", **(fields or {})}
        secret = key if key is not None else self.tokens.get(who, who)
        if secret:
            headers["Authorization"] = "Bearer " + secret
        line = http.client.HTTPConnection("127.0.0.1", self.port if key is not None else self.operator_port, timeout=60)
        try:
            line.request(method, path, body if isinstance(body, (bytes, type(None))) else json.dumps(body), headers)
            answer = line.getresponse()
            text = answer.read()
        finally:
            line.close()
        is_json = "json" in answer.headers.get("Content-Type", "")
        return answer.status, answer.headers, json.loads(text) if is_json and text else text

    def take(self, *argv, **named):
        status, _, answer = self.send(*argv, **named)
        check(status < 300, f"{argv[:2]}: {status} {answer}")
        return answer

    def reason(self, *argv, **named):
        """Why it is refused."""
        status, fields, answer = self.send(*argv, **named)
        if status < 400:
            return f"accepted: {status} {answer}"
        return answer.get("reason") or fields.get("x-stoa-reason") or f"none: {status}" if isinstance(answer, dict) else f"none: {status}"

    def items(self, path, **named):
        return self.take("GET", path, **named)["items"]

    def stoa(self, *argv, status=0):
        """What the command says, all of it."""
        done = subprocess.run([os.path.abspath(os.path.join(BUILD, "bin/stoa")), *map(str, argv)], cwd=self.folder, capture_output=True,
                              text=True, timeout=60)
        check(done.returncode == status, f"stoa {argv}: ended with {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def command_reason(self, *argv, status=1):
        """Why a command that asks nobody refuses."""
        said = self.stoa(*argv, status=status)
        return next((line.split()[1] for line in said.splitlines() if line.startswith("  reason: ")), f"none: {said}")

    def command(self, *argv, who="admin", **named):
        """A command that asks this host."""
        token = self.folder / f"{who}.token"
        token.write_text(self.tokens[who])
        token.chmod(0o600)
        return self.stoa(*argv, "--registry", self.operator_url, "--token-file", token, **named)

    def metric(self, name):
        text = self.send("GET", "/metrics")[2].decode()
        return next(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))

    # ---- who takes part, and on what terms

    def add_customer(self, name, currency="EUR", models=("stoa-demo/*", "stoa-test/*"), licence=None, **billing):
        """A key of a new customer, who may call all models; its id is in self.customers."""
        made = self.take("POST", "/v1/customers", {"name": name})["id"]
        for model in models:
            self.take("POST", "/v1/licences", {"subject": {"customer": name}, "covers": [{"model": model, "versions": "*"}], **(licence or {})})
        if currency:
            self.take("PUT", f"/v1/customers/{name}/billing", {"currency": currency, **billing})
        self.customers = {**getattr(self, "customers", {}), name: made}
        return self.key_of(name, "infer", "account")

    def key_of(self, customer, *scopes, name="own"):
        return self.take("POST", f"/v1/customers/{customer}/keys", {"name": name, "scopes": scopes})["key"]

    def top_up(self, customer, amount, currency="EUR", **fields):
        return self.take("POST", f"/v1/wallets/{customer}/top-ups", {"amount": amount, "currency": currency, "reason": "a transfer"},
                         fields=fields)

    def prices(self, publisher, meters, currency="EUR", **terms):
        return self.take("POST", "/v1/prices", {"publisher": publisher, "currency": currency, "meters": meters, **terms})["id"]

    def propose(self, publisher, parties, currency="EUR", **terms):
        return self.take("POST", "/v1/agreements", {
            "publisher": publisher, "currency": currency, "platform_fee": [{"ppm": 0}],
            "parties": [{"name": name, "ppm": ppm} for name, ppm in parties.items()], **terms})["id"]

    def party_key(self, party):
        """Registered when it is asked for first; a publisher's is known to the registry."""
        if party not in self.keys:
            key = self.keys[party] = Key.make(self.folder, party.replace("/", "-"))
            self.take("POST", "/v1/party-keys", {"party": party, "public_key": key.public})
        return self.keys[party]

    def signature(self, agreement, party, text=None):
        text = text or self.take("GET", f"/v1/agreements/{agreement}/document")["document"]
        return envelope(text.encode(), self.party_key(party), kind=AGREEMENT).decode() + "\n"

    def sign(self, agreement, party):
        file = {} if party == "platform" else {"file": self.signature(agreement, party)}
        self.take("POST", f"/v1/agreements/{agreement}/signatures", {"party": party, **file})

    def agree(self, publisher, parties, currency="EUR", **terms):
        """Signed by all of them."""
        agreement = self.propose(publisher, parties, currency, **terms)
        for party in self.take("GET", f"/v1/agreements/{agreement}")["missing"]:
            self.sign(agreement, party)
        return agreement

    def charge(self, model, prices, agreement, **more):
        self.take("POST", "/v1/charges", {"model": model, "price_list": prices, "agreement": agreement, **more})

    # ---- calling

    def infer(self, key, model=NULL, body=None, action="infer", fields=None):
        """status, reason, receipt's number and answer of one call."""
        status, fields, answer = self.send("POST", f"/v2/models/{model}/{action}", body or NULL_BODY, key=key, fields=fields)
        receipt = fields.get("x-stoa-receipt")
        return status, fields.get("x-stoa-reason"), None if receipt is None else int(receipt), answer

    def tokens_for(self, key, count, **more):
        """A call that counts so many tokens; its receipt's number."""
        return self.paid(key, METERED, {"text_input": "a", "times": count, "parameters": {"max_tokens": max(count, 1)}, **more}, "generate")

    def paid(self, key, model=NULL, body=None, action="infer"):
        """The number of a call that was charged. Terms count within a second: until then it may be refused."""
        last = None

        def is_charged():
            nonlocal last
            last = self.infer(key, model, body, action)
            return last[0] == 200 and last[2] is not None
        check(self.wait_for(is_charged, 10), f"a call of {model} is not charged: {last}")
        return last[2]

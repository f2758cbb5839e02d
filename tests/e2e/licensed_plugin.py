"""licensed_plugin.py: a model with encrypted weights, called by customers, in a worker and inside the host: what their licences grant is
what the plugin hears, what crashes counts for no quota, and inside the host nothing of it is dumped.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import resource
import signal
import sys
import tempfile

from access import Operator
from encrypted_weights import MODEL, Market, SealedHost, run
from stoa_host import call, check, stoa

LICENSING = ('[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\nissuer_key = "platform.key.pem"\n'
             '[licensing.issuers]\nstoa-demo = "key.pub.pem"\nplatform = "platform.pub.pem"\n')
FEATURE, NUMBER = "context.long", 128_000


class Caller:
    def __init__(self, host, key):
        self.host, self.key = host, key

    def post(self, what, document):
        return call(f"{self.host.url}/v2/models/{MODEL}/{what}", json.dumps(document).encode(),
                    {"Content-Type": "application/json", "Authorization": "Bearer " + self.key})

    def says(self, text):
        """The answer, or its reason."""
        status, fields, body = self.post("infer", {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [text]}]})
        return json.loads(body)["outputs"][0]["data"][0] if status == 200 else fields["x-stoa-reason"]

    def left(self):
        status, _, body = call(self.host.url + "/v1/account", headers={"Authorization": "Bearer " + self.key})
        check(status == 200, f"the account answers {status} {body}")
        return json.loads(body)["key"]["budget"]["left"]

    def is_up(self):
        return self.host.get(f"/v2/models/{MODEL}/ready") == 200


def new_caller(host, operator, name, budget=None, **terms):
    customer = operator.customer(name, MODEL, **terms)
    more = {"budget": {"amount": budget, "period": "none"}} if budget else {}
    caller = Caller(host, operator.key(customer, name, scopes=["infer", "account"], **more)["key"])
    check(host.wait_for(caller.is_up, 20), "the model is not there")
    check(host.wait_for(lambda: not caller.says("feature of nobody").startswith("key."), 2), "a new key is not let in")
    return caller


def check_entitlements(host, operator):
    """A row: the customer's licences beside a plain one, or instead of it, and what the plugin hears."""
    one, grants = {"covers": [{"model": MODEL}]}, {"entitlements": [{"feature": FEATURE, "limit": NUMBER}]}
    rows = (("number", [{**one, **grants}], str(NUMBER)),
            ("no limit", [{**one, "entitlements": [{"feature": FEATURE}]}], "-1"),
            ("another feature", [{**one, "entitlements": [{"feature": "vision.hd", "limit": 2}]}], "none"),
            ("nothing", [one], "none"),
            # What admits the call is what it is granted by, and nothing else that the customer has.
            ("another version", [one, {"covers": [{"model": MODEL, "versions": "^2"}], **grants}], "none"),
            ("no lease", [one, {**one, **grants, "floating": {"seats": 1, "ttl_s": 60}}], "none"),
            ("used up", [one, {**one, **grants, "quotas": [{"meter": "call", "amount": 0, "period": "none"}]}], "none"),
            ("the other used up", [{**one, "quotas": [{"meter": "call", "amount": 0, "period": "none"}]}, {**one, **grants}], str(NUMBER)))
    for name, licences, wanted in rows:
        customer = operator.post("/v1/customers", {"name": f"{name} in {host.tier}".replace(" ", "-")})["id"]
        for terms in licences:
            operator.post("/v1/licences", {"subject": {"customer": customer}, **terms})
        caller = Caller(host, operator.key(customer, "caller")["key"])
        check(host.wait_for(caller.is_up, 20), "the model is not there")
        check(host.wait_for(lambda: not caller.says("feature of nobody").startswith("key."), 2), "a new key is not let in")
        got = caller.says("feature " + FEATURE)
        check(got == wanted, f"{name} in the {host.tier}: the plugin hears {got}, not {wanted}")
    return len(rows)


def check_crashes(host, operator):
    """A budget of ten calls: crashes before and amid an answer take none of them, answers take one each, to the last."""
    amount = 10
    caller = new_caller(host, operator, "crashes", budget=amount)
    answered = amount - caller.left()
    for ways in range(2):  # a worker that crashed five times in a minute is given up
        got = caller.says(f"crash {ways}")  # another each time: what crashes again and again is not tried any more
        check(got == "plugin.crashed", f"a crash is {got}")
        check(host.wait_for(caller.is_up, 20), f"{ways}: no worker took the place of the one that crashed\n{host.log_text()[-1500:]}")
        status, _, body = caller.post("generate_stream", {"text": f"crash later {ways}"})
        check(status == 200 and b"half" in body and b"the plugin crashed" in body, f"a crash amid a stream is {status} {body}")
        check(host.wait_for(caller.is_up, 20), "no worker took the place of the one that crashed amid a stream")
        check(caller.left() == amount - answered, f"after {ways + 1} crashes of each kind {caller.left()} are left, not {amount - answered}")
    while answered < amount:
        check(len(caller.says("hello").split()) == 2, f"call {answered + 1} of {amount} is refused")
        answered += 1
    check(caller.says("hello") == "key.budget", "the call after the last is let in")
    print(f"4 crashes of a worker took nothing of a budget of {amount} calls")


def check_no_dump(host, plain):
    """Inside the host the plugin keeps the weights where it likes: the host leaves no dump at all."""
    pattern = pathlib.Path("/proc/sys/kernel/core_pattern").read_text().strip()
    if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0 or pattern.startswith(("|", "@", "/")):
        return print(f"core dumps not looked at: this machine allows none, or sends them elsewhere: {pattern}")
    os.kill(host.process.pid, signal.SIGABRT)
    host.process.wait(60)
    cores = [path for path in pathlib.Path(host.folder).rglob("core*") if path.is_file()]
    check(cores == [], f"a host with encrypted weights inside left {cores}")
    print(f"inside the host it answers {plain}, and the host leaves no core dump")


def open_by_the_platform(host, operator, market):
    """The host's own book issues the licence with the content key, and its file opens the weights while the host runs."""
    customer = operator.post("/v1/customers", {"name": "the-host-itself"})["name"]
    token, file = host.folder / "registry/admin.token", host.folder / "platform.stoa-licence"
    status, said = run("licences", "issue", "--customer", customer, "--model", MODEL + "@^1", "--expires", "2099-12-31", "--content-key",
                       market.content_key, "--for-host", host.public_key, "--registry", host.operator_url, "--token-file", token, "--json")
    check(status == 0, said)
    licence = json.loads(said)
    check(licence["serial"] == 2 and len(licence["content_keys"]) == 1 and licence["expires"].startswith("2099-12-31"), f"issued is {said}")
    status, said = run("licences", "export", licence["id"], "-o", file, "--registry", host.operator_url, "--token-file", token)
    check(status == 0, said)
    status, said = run("licences", "import", file, "--folder", host.folder / "licensing", "--issuer",
                       f"platform={host.folder / 'platform.pub.pem'}")
    check(status == 0, said)

    def noted():
        return [line["action"] for line in operator.get(f"/v1/licensing/audit?subject={licence['id']}")["items"]]
    check(host.wait_for(lambda: noted()[:2] == ["licence.file", "licence.export"], 20), f"the audit log says {noted()}")


def main():
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))  # the host inherits it
    with tempfile.TemporaryDirectory(prefix="stoa-market-") as folder:
        market = Market(pathlib.Path(folder))
        with SealedHost(market, market.clear, more="") as host:
            plain = host.answer()
        for tier, in_process in (("worker", ()), ("process", ("stoa-demo/*",))):
            host = SealedHost(market, market.sealed, more=LICENSING, in_process=in_process)
            host.tier = tier
            stoa("keygen", "--out", host.folder / "platform")
            if in_process:
                host.take(market.licence(tier, host.public_key))
            with host:
                operator = Operator(host)
                if not in_process:
                    check(host.get(f"/v2/models/{MODEL}/ready") == 404, "it is served without a licence")
                    open_by_the_platform(host, operator, market)
                asked = check_entitlements(host, operator)
                check((host.isolation() == "T0") == bool(in_process), f"in the {tier} the tier is {host.isolation()}")
                print(f"{asked} grants are heard in the {tier}")
                got = new_caller(host, operator, "weights").says("hello")
                check(got == plain, f"in the {tier} it answers {got}, in clear {plain}")
                check_no_dump(host, got) if in_process else check_crashes(host, operator)


if __name__ == "__main__":
    sys.exit(main())

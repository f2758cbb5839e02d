"""access.py: a host that asks for keys: refused and let in, revoked under load, quotas across kill -9, to one call.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import os
import signal
import sqlite3
import sys
import threading
import time

from stoa_host import Host, call, check, stoa  # noqa: I001: it finds host_process
import host_process

host_process.LISTEN = host_process.LISTEN.replace("access = false", "access = true")  # a line per request: no key in it

MODEL = "stoa-demo/identity"
PATH = f"/v2/models/{MODEL}/infer"
BODY = json.dumps({"inputs": [{"name": "in_fp32", "shape": [1, 1], "datatype": "FP32", "data": [1]}]})
CONNECTIONS = 64
CONFIG = '[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\n'


class Operator:
    """The operators' API, as its first admin."""

    def __init__(self, host):
        self.host = host
        self.token = (host.folder / "registry" / "admin.token").read_text().strip()

    def post(self, path, body):
        return self.send("POST", path, body)

    def send(self, method, path, body):
        status, _, answer = call(self.host.operator_url + path, json.dumps(body).encode(),
                                 {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}, method=method)
        if status not in (200, 201):
            sys.exit(f"error: {method} {path}: {status} {answer.decode()}")
        return json.loads(answer)

    def get(self, path):
        status, _, answer = call(self.host.operator_url + path, headers={"Authorization": "Bearer " + self.token})
        if status != 200:
            sys.exit(f"error: GET {path}: {status} {answer.decode()}")
        return json.loads(answer)

    def customer(self, name, model=MODEL, **terms):
        """A customer with a licence for the model; its id."""
        customer = self.post("/v1/customers", {"name": name})["id"]
        self.post("/v1/licences", {"subject": {"customer": customer}, "covers": [{"model": model, "versions": "*"}], **terms})
        return customer

    def key(self, customer, name, **terms):
        return self.post(f"/v1/customers/{customer}/keys", {"name": name, **terms})


def ask(port, key=None, connection=None):
    """Status and reason of one call."""
    line = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    line.request("POST", PATH, BODY, {"Content-Type": "application/json", **({"Authorization": "Bearer " + key} if key else {})})
    answer = line.getresponse()
    answer.read()
    return answer.status, answer.headers.get("x-stoa-reason")


def wait_admitted(host, key):
    check(host.wait_for(lambda: ask(host.port, key)[0] == 200, 1), "a new key is let in within a second")


def revoked_under_load(host, operator, customer):
    made = operator.key(customer, "load")
    wait_admitted(host, made["key"])
    lasts, wrong, is_over = [0.0] * CONNECTIONS, [], threading.Event()

    def client(n):
        line = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10)
        while not is_over.is_set():
            asked = time.monotonic()
            status, reason = ask(host.port, made["key"], line)
            if status == 200:
                lasts[n] = asked
            elif (status, reason) != (401, "key.revoked"):
                wrong.append((status, reason))
            else:
                return

    threads = [threading.Thread(target=client, args=(n,)) for n in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    check(host.wait_for(lambda: all(lasts), 20), "every connection is let in")
    asked = time.monotonic()
    operator.post(f"/v1/keys/{made['id']}/revoke", {"because": "lost"})
    answered = time.monotonic()
    for thread in threads:
        thread.join(timeout=10)
    is_over.set()
    late = max(lasts) - answered
    print(f"revoked in {(answered - asked) * 1e3:.0f} ms; the last call let in was asked {late * 1e3:.0f} ms after the answer")
    check(not wrong, "nothing else was said")
    check(late <= 1, "no connection is let in a second after")
    check(not any(thread.is_alive() for thread in threads), "all were refused")


def reserved_in_book(host, holder):
    """How much of its quota is written down: what a host that starts begins with."""
    book = sqlite3.connect(f"file:{host.folder}/licensing/licensing.sqlite?mode=ro", uri=True)
    rows = book.execute("SELECT reserved FROM usage WHERE subject = ? AND meter = 'call'", (holder,)).fetchall()
    book.close()
    return rows[0][0] if rows else 0


def quota_across_kill(host, operator, what, holder, key, amount):
    """Calls of a quota, with the host killed amid them: what was answered and what a crash cost are the quota, to one call."""
    wait_admitted(host, key)
    answered, cost = 1, 0
    for life in range(4):
        counted, lock, is_over = [0], threading.Lock(), threading.Event()

        def client():
            line = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10)
            while not is_over.is_set():
                try:
                    status, reason = ask(host.port, key, line)
                except (OSError, http.client.HTTPException):
                    return
                if status != 200:
                    return
                with lock:
                    counted[0] += 1

        threads = [threading.Thread(target=client) for _ in range(16)]
        for thread in threads:
            thread.start()
        if life < 3:
            host.wait_for(lambda: counted[0] > 40, 10)
            os.kill(host.process.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(timeout=30)
        is_over.set()
        answered += counted[0]
        if life < 3:
            host.process.wait()
            written = reserved_in_book(host, holder)
            check(written >= answered + cost, f"{answered} calls were let in and {cost} lost before, and {written} are written")
            cost = written - answered
            host.serve()
    print(f"of {what} of {amount} calls {answered} were answered and {cost} lost, across 3 kills under load")
    check(answered + cost == amount, "what was answered and what crashes cost are all of it")
    check(answered > amount // 8, "a crash costs a part of it")
    check(ask(host.port, key)[0] == 429, "and then it is used up")


def quotas_across_kill(host, operator, customer):
    made = operator.key(customer, "budget", budget={"amount": 400, "period": "none"})
    quota_across_kill(host, operator, "a key's budget", made["id"], made["key"], 400)
    capped = operator.customer("capped", quotas=[{"meter": "call", "amount": 300, "period": "none"}])
    licence = operator.get("/v1/licences?customer=capped")["items"][0]["id"]
    quota_across_kill(host, operator, "a licence's quota", licence, operator.key(capped, "capped")["key"], 300)


def rotated_budget(host, operator, customer):
    """A budget is its key's and its successors' together: by rotating it the customer's own manage key gains no call."""
    manage = operator.key(customer, "manager", scopes=["infer", "manage"])["key"]
    made, answered, told = operator.key(customer, "rotated", budget={"amount": 2, "period": "month"}), 0, []
    for _ in range(4):
        wanted, deadline = [], time.monotonic() + 2
        while len(wanted) < 2:  # a key that is not known yet takes nothing
            status, reason = ask(host.port, made["key"])
            check(reason != "key.unknown" or time.monotonic() < deadline, "a successor is not known")
            if reason != "key.unknown":
                wanted.append(reason)
                answered += status == 200
        told += wanted
        status, _, body = call(f"{host.url}/v1/account/keys/{made['id']}/rotate", b'{"overlap_s":0}',
                               {"Authorization": "Bearer " + manage, "Content-Type": "application/json"})
        check(status == 201, f"a rotation is {status} {body}")
        made = json.loads(body)
    check(told == [None] * 2 + ["key.budget"] * 6, f"over 3 rotations of a budget of 2 {answered} calls are let in: {told}")


def shared_budget(host, operator, customer):
    """A key with a budget makes keys, and they make keys: all together use it once. None gets past it, and none reaches a key without."""
    team = operator.key(customer, "team", scopes=["infer", "manage"], budget={"amount": 3, "period": "month"})
    free = operator.key(customer, "free")

    def act(key, path, body):
        status, _, answer = call(f"{host.url}/v1/account/keys{path}", json.dumps(body).encode(),
                                 {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
        return status, json.loads(answer)

    for wider in ({"budget": {"amount": 3000, "period": "month"}}, {"budget": {"amount": 1, "period": "day"}}, {"scopes": ["account"]}):
        status, answer = act(team["key"], "", {"name": "wider", **wider})
        check((status, answer.get("reason")) == (403, "key.wider"), f"{wider} by a key with less is {status} {answer}")
    for path, body in (("rotate", {}), ("revoke", {"because": "mine"})):
        status, answer = act(team["key"], f"/{free['id']}/{path}", body)
        check((status, answer.get("reason")) == (403, "key.wider"), f"{path} of a key without a budget is {status} {answer}")
    keys, by = [team["key"]], team["key"]
    for name in ("child", "grandchild", "twin"):
        status, made = act(by, "", {"name": name, "scopes": ["infer", "manage"]})
        check(status == 201 and made["budget"]["amount"] == 3, f"{name} is {status} {made}")
        keys.append(made["key"])
        by = keys[1]
    told = []
    for key in keys * 2:
        deadline = time.monotonic() + 5
        while (answer := ask(host.port, key)[1]) == "key.unknown":  # which takes nothing
            check(time.monotonic() < deadline, "a key that was made is not known")
        told.append(answer)
    check(told == [None] * 3 + ["key.budget"] * 5, f"a budget of 3, used by the key that has it and three that it made: {told}")


def locked_to_a_node(host, operator):
    """The licence of another host refuses, this host's own is let in, and so is the next serial of the first that names this one."""
    fingerprint = json.loads(stoa("host-key", "show", "--folder", host.folder / "licensing", "--json"))["fingerprint"]
    for name, node, wanted in (("elsewhere", "b" * 64, (403, "licence.other_node")), ("here", fingerprint, (200, None))):
        key = operator.key(operator.customer(name, node=node), name)["key"]
        check(host.wait_for(lambda: ask(host.port, key) == wanted, 2), f"locked to a host {name}: {ask(host.port, key)}, not {wanted}")
    elsewhere = operator.get("/v1/licences?customer=elsewhere")["items"][0]["id"]
    key = operator.key("elsewhere", "moved")["key"]
    operator.send("PUT", f"/v1/licences/{elsewhere}", {"covers": [{"model": MODEL, "versions": "*"}], "node": fingerprint})
    check(host.wait_for(lambda: ask(host.port, key) == (200, None), 2), "a licence that was moved to this host is let in")


def main():
    with Host(["null"], CONFIG) as host:
        operator = Operator(host)
        check(ask(host.port) == (401, "key.missing"), "without a key nobody is let in")
        customer = operator.customer("northwind")
        made = operator.key(customer, "first")
        wait_admitted(host, made["key"])
        call(f"{host.url}/v2/models/{MODEL}/infer?key={made['key']}", BODY.encode())
        check(host.wait_for(lambda: "sk_..." in host.log_text(), 5) and made["key"] not in host.log_text(),
              "a key in the URL stands in no log")
        check(call(f"{host.url}/v2/models/stoa-demo/null/infer", b"{}", {"Authorization": "Bearer " + made["key"]})[0] == 403,
              "another's model is not")
        locked_to_a_node(host, operator)
        revoked_under_load(host, operator, customer)
        rotated_budget(host, operator, customer)
        shared_budget(host, operator, customer)
        quotas_across_kill(host, operator, customer)
        metrics = call(host.operator_url + "/metrics")[2].decode()
        check('stoa_access_calls_total{reason="key.budget"}' in metrics, "metrics count refusals")
    print("access: all good")


if __name__ == "__main__":
    main()

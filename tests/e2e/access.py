"""access.py: a host that asks for keys: refused and let in, revoked under load, a budget across kill -9.

SPDX-License-Identifier: Apache-2.0
"""
import http.client
import json
import os
import signal
import sys
import threading
import time

from stoa_host import Host, call, check  # noqa: I001: it finds host_process
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
        status, _, answer = call(self.host.operator_url + path, json.dumps(body).encode(),
                                 {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        if status not in (200, 201):
            sys.exit(f"error: POST {path}: {status} {answer.decode()}")
        return json.loads(answer)

    def customer(self, name, **terms):
        """A customer with a licence for the model; its id."""
        customer = self.post("/v1/customers", {"name": name})["id"]
        self.post("/v1/licences", {"subject": {"customer": customer}, "covers": [{"model": MODEL, "versions": "*"}], **terms})
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


def budget_across_kill(host, operator, customer):
    amount = 400
    made = operator.key(customer, "budget", budget={"amount": amount, "period": "none"})
    wait_admitted(host, made["key"])
    admitted = 1
    for life in range(4):
        counted, lock, is_over = [0], threading.Lock(), threading.Event()

        def client():
            line = http.client.HTTPConnection("127.0.0.1", host.port, timeout=10)
            while not is_over.is_set():
                try:
                    status, reason = ask(host.port, made["key"], line)
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
        admitted += counted[0]
        if life < 3:
            host.process.wait()
            host.serve()
    print(f"of a budget of {amount} calls {admitted} were answered, across 3 kills under load")
    check(admitted <= amount, "a budget is never passed")
    check(admitted > amount // 8, "a crash costs a part of it")
    check(ask(host.port, made["key"]) == (429, "key.budget"), "and then it is used up")


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
        revoked_under_load(host, operator, customer)
        budget_across_kill(host, operator, customer)
        metrics = call(host.operator_url + "/metrics")[2].decode()
        check('stoa_access_calls_total{reason="key.budget"}' in metrics, "metrics count refusals")
    print("access: all good")


if __name__ == "__main__":
    main()

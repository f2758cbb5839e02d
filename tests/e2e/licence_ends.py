"""licence_ends.py: what ends by a command or by itself, and what the next call is told: keys rotated and revoked, licences revoked, trials
over. Each command as a person reads it, and with --json.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import json
import os
import subprocess
import sys
import time

from access import CONFIG, MODEL, ask
from stoa_host import BUILD, Host, check


class Shell:
    """The command `stoa` of an operator, in the host's folder."""

    def __init__(self, host):
        self.host = host
        self.environment = {**os.environ, "STOA_REGISTRY": host.operator_url, "STOA_TOKEN_FILE": str(host.folder / "registry/admin.token")}

    def __call__(self, *argv, status=0):
        """What it said; of what went well with --json, as data."""
        done = subprocess.run([os.path.join(BUILD, "bin/stoa"), *argv], cwd=self.host.folder, env=self.environment, capture_output=True,
                              text=True, timeout=60)
        check(done.returncode == status, f"stoa {' '.join(argv)}: {done.returncode}, not {status}: {done.stdout}{done.stderr}")
        return json.loads(done.stdout) if "--json" in argv and status == 0 else done.stdout + done.stderr

    def new_key(self, customer, name):
        """Its id, and what is shown for it."""
        key = self("keys", "create", customer, name, "--json")
        return key["id"], key["key"]

    def licence(self, customer, *terms):
        return self("licences", "issue", "--customer", customer, "--model", MODEL, *terms, "--json")["id"]


def wait_told(host, key, wanted, what, seconds=10):
    """A change counts within a second; a busy machine gets more."""
    check(host.wait_for(lambda: ask(host.port, key) == wanted, seconds), f"{what}: a call is told {ask(host.port, key)}, not {wanted}")


def state_of(stoa, customer, key):
    return {row["id"]: row["state"] for row in stoa("keys", "list", customer, "--json")["items"]}[key]


def rotate_and_revoke(host, stoa, customer, how):
    """how: --json, or nothing."""
    first, secret = stoa.new_key(customer, "first")
    wait_told(host, secret, (200, None), "a new key")
    file = host.folder / f"{customer}.key"
    said = stoa("keys", "rotate", first, "--overlap-s", "3600", "--out", file.name, *how)
    successor = file.read_text().strip()
    check(file.stat().st_mode & 0o077 == 0 and successor not in str(said), "others may read the new key")
    wait_told(host, successor, (200, None), "the successor")
    check(ask(host.port, secret) == (200, None), "the rotated key does not count for its overlap")
    second = {row["state"]: row["id"] for row in stoa("keys", "list", customer, "--json")["items"] if row["id"] != first}["active"]
    check((said["id"] == second) if how else (second in said), f"the successor is {second}, said is {said}")

    said = stoa("keys", "rotate", second, "--overlap-s", "0", *how)
    third = said["id"] if how else [row["id"] for row in stoa("keys", "list", customer, "--json")["items"] if row["id"] not in (first, second)][0]
    check(how or third in said, f"the successor is {third}, said is {said}")
    shown = said["key"] if how else next(word for word in said.split() if word.startswith("sk_"))
    wait_told(host, successor, (401, "key.rotated"), "a key that was rotated with no overlap")
    wait_told(host, shown, (200, None), "what was shown")

    check("--because" in stoa("keys", "revoke", third, *how, status=2), "nothing says that the reason is missing")
    check(ask(host.port, shown) == (200, None), "it was revoked without a reason")
    said = stoa("keys", "revoke", third, "--because", "found in a log", *how)
    check((said["id"], said["state"]) == (third, "revoked") if how else third in said and "revoked" in said, f"said is {said}")
    wait_told(host, shown, (401, "key.revoked"), "a revoked key")
    check(state_of(stoa, customer, third) == "revoked", "the list says otherwise")
    check(ask(host.port, secret) == (200, None), "another key of the customer went with it")
    check("key.not_found" in stoa("keys", "revoke", "key_01kdvfxr0000000000000000aa", "--because", "so", *how, status=1), "there is no such key")
    return secret


def revoke_licence(host, stoa, customer, licence, key, how):
    check("--because" in stoa("licences", "revoke", licence, *how, status=2), "nothing says that the reason is missing")
    check(ask(host.port, key) == (200, None), "it was revoked without a reason")
    said = stoa("licences", "revoke", licence, "--because", "unpaid since May", *how)
    check((said["id"], said["state"]) == (licence, "revoked") if how else licence in said and "revoked" in said, f"said is {said}")
    wait_told(host, key, (403, "licence.revoked"), "a revoked licence")
    check(stoa("licences", "list", "--customer", customer, "--json")["items"] == [], "it is listed among those that count")
    check([row["id"] for row in stoa("licences", "list", "--customer", customer, "--all", "--json")["items"]] == [licence], "it is gone")
    check("unpaid since May" in stoa("licences", "audit", "list", "--subject", licence), "the audit log does not say why")
    stoa("licences", "revoke", licence, "--because", "again", *how, status=1)
    stoa.licence(customer)
    wait_told(host, key, (200, None), "another licence")


def try_out(host, stoa):
    """A trial counts to its last moment, and then no call: it is over as any licence is, and what follows it may be another or none."""
    customer = "trier"
    stoa("customers", "create", customer)
    _, key = stoa.new_key(customer, "only")
    wait_told(host, key, (403, "licence.none"), "no licence yet")
    said = stoa("licences", "issue", "--customer", customer, "--model", MODEL, "--trial", status=1)
    check("expires" in said, f"a trial without an end: {said}")
    end = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(seconds=6)
    licence = stoa.licence(customer, "--trial", "--expires", end.strftime("%Y-%m-%dT%H:%M:%SZ"))
    shown = stoa("licences", "show", licence, "--json")
    check(shown["trial"] is True and shown["state"] == "active", f"the licence is {shown}")
    check("trial" in stoa("licences", "show", licence), "a person does not see that it is a trial")
    wait_told(host, key, (200, None), "the trial", 5)
    calls = 0
    while True:
        told = ask(host.port, key)
        if time.time() >= end.timestamp():
            break
        check(told == (200, None), f"before its end a call is told {told}")
        calls += 1
        time.sleep(0.02)
    check(calls > 0, "it was over before a call")
    wait_told(host, key, (403, "licence.expired"), "the trial is over", 5)
    check(stoa("licences", "show", licence, "--json")["state"] == "expired", "it is over and is not said to be")
    stoa.licence(customer)
    wait_told(host, key, (200, None), "the licence after the trial")
    print(f"{calls} calls in a trial, none after it but by another licence")


def main():
    with Host(["null"], CONFIG) as host:
        stoa = Shell(host)
        for how in ((), ("--json",)):
            customer = "reader" if not how else "machine"
            stoa("customers", "create", customer, *how)
            licence = stoa.licence(customer)
            key = rotate_and_revoke(host, stoa, customer, how)
            revoke_licence(host, stoa, customer, licence, key, how)
        try_out(host, stoa)
    print("ok")


if __name__ == "__main__":
    main()

"""licensing_seats.py: 64 processes race for 10 floating seats over HTTP: in every round exactly ten get one, never eleven; and
the seats of those who fall silent come back.

SPDX-License-Identifier: Apache-2.0

  STOA_ROUNDS=1000 licensing_seats.py     another number of rounds than 15
"""
import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import time

from stoa_host import BUILD, Host, check

PROCESSES, SEATS, TTL_S = 64, 10, 5


def ask(connection, method, path, key, body=None):
    connection.request(method, path, body, {"Authorization": "Bearer " + key, "Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    return answer.status, json.loads(text) if text else {}


def stoa(*argv):
    """What a command that has to succeed says."""
    done = subprocess.run([os.path.join(BUILD, "bin/stoa"), *map(str, argv), "--json"], capture_output=True, text=True, timeout=60)
    check(done.returncode == 0, f"stoa {argv[:2]}: {done.stderr}")
    return json.loads(done.stdout)


def racer(port, key, licence, rounds, barrier, held, most, grants, wrong):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"licence": licence})
    try:
        for number in range(rounds):
            barrier.wait(120)
            status, answer = ask(connection, "POST", "/v1/leases", key, body)
            if status == 201:
                with held.get_lock():
                    held.value += 1
                    most.value = max(most.value, held.value)
                with grants.get_lock():
                    grants[number] += 1
            elif answer.get("reason") != "lease.no_seat":
                wrong.value += 1
                print("round", number, status, answer, flush=True)
            barrier.wait(120)  # everybody has asked: nobody gave one back before
            if status == 201:
                with held.get_lock():
                    held.value -= 1
                status, answer = ask(connection, "DELETE", "/v1/leases/" + answer["id"], key)
                if status != 204:
                    wrong.value += 1
                    print("round", number, status, answer, flush=True)
    except BaseException:
        wrong.value += 1
        barrier.abort()
        raise


def main():
    rounds = int(os.environ.get("STOA_ROUNDS", "15"))
    with Host([], '[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\n') as host:
        asks = ["--registry", host.operator_url, "--token-file", host.folder / "registry/admin.token"]
        stoa("customers", "create", "northwind", *asks)
        key = stoa("keys", "create", "northwind", "all", "--scope", "infer", *asks)["key"]
        licence = stoa("licences", "issue", "--customer", "northwind", "--model", "acme/vision", "--seats", SEATS,
                       "--ttl-s", TTL_S, *asks)["id"]
        barrier = multiprocessing.Barrier(PROCESSES)
        held, most, wrong = (multiprocessing.Value("i", 0) for _ in range(3))
        grants = multiprocessing.Array("i", rounds)
        racers = [multiprocessing.Process(target=racer, args=(host.port, key, licence, rounds, barrier, held, most, grants, wrong))
                  for _ in range(PROCESSES)]
        began = time.monotonic()
        for one in racers:
            one.start()
        for one in racers:
            one.join()
        took = time.monotonic() - began
        print(f"{PROCESSES} processes, {rounds} rounds, {SEATS} seats: at most {most.value} at once, {sum(grants)} leases of "
              f"{PROCESSES * rounds} asked for, {took:.1f} s")
        check(wrong.value == 0, f"{wrong.value} answers were wrong")
        check(most.value == SEATS, f"{most.value} held a seat at once")
        check(all(one == SEATS for one in grants), f"rounds gave {sorted(set(grants))} leases")

        # Ten take a seat and fall silent.
        connection = http.client.HTTPConnection("127.0.0.1", host.port, timeout=60)
        for _ in range(SEATS):
            check(ask(connection, "POST", "/v1/leases", key, json.dumps({"licence": licence}))[0] == 201, "a seat was not free")
        silent = time.monotonic()
        while True:
            status, answer = ask(connection, "POST", "/v1/leases", key, json.dumps({"licence": licence}))
            if status == 201:
                break
            check(time.monotonic() - silent < TTL_S + 2, f"no seat came back: {answer}")
            time.sleep(0.05)
        print(f"a silent holder's seat was free after {time.monotonic() - silent:.2f} s of {TTL_S} s")
        host.stop()
    print("ok")


if __name__ == "__main__":
    sys.exit(main())

"""drain.py: SIGTERM under load: every request that was begun gets its whole answer, and the host ends with 0.

SPDX-License-Identifier: Apache-2.0
Clients keep sending on kept-alive connections. A request is lost when the connection ends without an answer after the
server took it; one that meets a closed port or a connection the server closed before it was sent was never begun.
"""
import http.client
import json
import sys
import threading
import time

from stoa_host import Host, check

BODY = json.dumps({"inputs": [{"name": "in", "datatype": "FP32", "shape": [100], "data": list(range(100))}]})


def client(port, model, stop_after, totals, lock):
    answered = lost = 0
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    fresh = True
    while time.monotonic() < stop_after:
        try:
            if fresh:
                connection.connect()
                fresh = False
        except OSError:
            break  # the listener is gone: the drain has begun
        try:
            connection.request("POST", f"/v2/models/stoa-demo/{model}/infer", BODY, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            body = answer.read()
            if answer.status == 200 and len(json.loads(body)["outputs"][0]["data"]) == 100:
                answered += 1
            else:
                lost += 1
            if answer.getheader("Connection", "").lower() == "close":
                connection.close()
                fresh = True
        except (http.client.HTTPException, OSError, ValueError):
            lost += 1
            connection.close()
            fresh = True
    with lock:
        totals["answered"] += answered
        totals["lost"] += lost


def main():
    for model in ("null", "null-threaded"):
        with Host(["null"]) as host:
            totals, lock = {"answered": 0, "lost": 0}, threading.Lock()
            threads = [threading.Thread(target=client, args=(host.port, model, time.monotonic() + 20, totals, lock))
                       for _ in range(8)]
            for t in threads:
                t.start()
            time.sleep(1.5)  # the load itself, not a wait for something
            status = host.stop()
            for t in threads:
                t.join(30)
                check(not t.is_alive(), "a client is stuck")
            print(f"{model}: {totals['answered']} answered, {totals['lost']} lost, exit {status}")
            check(status == 0, f"the host ended with {status}")
            check(totals["answered"] > 100, "the load was too small to show anything")
            check(totals["lost"] == 0, f"{totals['lost']} requests were lost")


if __name__ == "__main__":
    sys.exit(main())

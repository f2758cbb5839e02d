"""drain.py: SIGTERM under load: every request that was begun gets its whole answer, and the host ends with 0. A second
SIGTERM at once means the same; a later one cuts.

SPDX-License-Identifier: Apache-2.0
Clients keep sending on kept-alive connections. A request is lost when the connection ends without an answer after the
server took it; one that meets a closed port or a connection the server closed before it was sent was never begun.
"""
import http.client
import json
import re
import signal
import socket
import sys
import threading
import time

from stoa_host import Host, call, check

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


def begun_request(host):
    """A connection whose request the host has begun to read: half of its body is still to come."""
    connection = socket.create_connection(("127.0.0.1", host.port), timeout=20)
    connection.sendall(b"POST /v2/models/stoa-demo/null/infer HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(BODY), BODY[:20].encode()))
    for _ in range(200):
        metrics = call(host.operator_url + "/metrics")[2].decode()
        inflight = re.search(r"^stoa_http_requests_inflight (\d+)", metrics, re.M)
        if inflight and int(inflight[1]) >= 2:  # the other one asks for the metrics
            return connection
        time.sleep(0.02)
    sys.exit("FAILED: the request was not begun")


def second_signal():
    with Host(["null"]) as host, begun_request(host) as connection:
        host.process.send_signal(signal.SIGTERM)
        time.sleep(0.02)  # two senders of one stop
        host.process.send_signal(signal.SIGTERM)
        time.sleep(0.7)  # longer than the time in which the two are one
        check(host.process.poll() is None, "a double signal cut the drain")
        connection.sendall(BODY[20:].encode())
        check(connection.recv(64).startswith(b"HTTP/1.1 200 "), "the request was not answered")
        check(host.process.wait(20) == 0, "the host did not drain")
    with Host(["null"]) as host, begun_request(host):
        host.process.send_signal(signal.SIGTERM)
        time.sleep(0.7)
        host.process.send_signal(signal.SIGTERM)
        check(host.process.wait(3) == 1, "a second signal did not end the host")


def main():
    second_signal()
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

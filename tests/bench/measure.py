"""measure.py: servers side by side on one core, wrk on the other, CPU from the kernel's own accounting.

SPDX-License-Identifier: Apache-2.0
Standard library only. A figure is a ratio of medians over rounds in which every server was measured, in random order.
"""
import os
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import time

SERVER_CPU, LOAD_CPU = "0", "1"


def machine_line():
    model = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    return f'machine cores={os.cpu_count()} cpu="{model}" kernel={os.uname().release}'


def figure(name, value, unit, target, tier):
    """Prints one figure in the fixed form; True when it meets its target."""
    op, bound = re.match(r"([<>]=)(.*)", target).groups()
    met = value <= float(bound) if op == "<=" else value >= float(bound)
    print(f"figure {name} {value:.3g} {unit} target {target} tier={tier}" + ("" if met else "  MISSED"), flush=True)
    return met


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """A process pinned to the server core; ended by its own pid."""

    def __init__(self, name, argv, port, env=None, log=None):
        self.name, self.port = name, port
        self.log_path = log or os.devnull
        out = open(self.log_path, "wb")
        self.process = subprocess.Popen(["taskset", "-c", SERVER_CPU, *argv], stdout=out, stderr=out,
                                        env={**os.environ, **(env or {})})
        self.wait_listening()

    @classmethod
    def of(cls, name, process, port):
        """One that was started, and listens."""
        server = cls.__new__(cls)
        server.name, server.port, server.process, server.log_path = name, port, process, os.devnull
        return server

    def wait_listening(self, seconds=60):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                tail = open(self.log_path, errors="replace").read()[-2000:] if self.log_path != os.devnull else ""
                sys.exit(f"error: {self.name} ended with {self.process.returncode}\n{tail}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.5).close()
                return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"error: {self.name} does not listen on port {self.port} after {seconds} s")

    def pids(self):
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            found.append(pid)
            for task in os.listdir(f"/proc/{pid}/task"):
                with open(f"/proc/{pid}/task/{task}/children") as f:
                    todo += [int(c) for c in f.read().split()]
        return found

    def cpu_ns(self):
        total = 0
        for pid in self.pids():
            for task in os.listdir(f"/proc/{pid}/task"):
                try:
                    with open(f"/proc/{pid}/task/{task}/schedstat") as f:
                        total += int(f.read().split()[0])
                except OSError:
                    pass
        return total

    def rss_kb(self):
        total = 0
        for pid in self.pids():
            with open(f"/proc/{pid}/status") as f:
                total += next((int(l.split()[1]) for l in f if l.startswith("VmRSS")), 0)
        return total

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def nginx(folder, body, content_type="application/json", tls=None, name="nginx"):
    """One worker that answers `body` to every request; the same settings for keep-alive as Stoa's defaults."""
    port = free_port()
    ssl = f"ssl_certificate {tls[0]}; ssl_certificate_key {tls[1]};" if tls else ""
    escaped = body.replace("\\", "\\\\").replace("'", "\\'").replace("$", "${dollar}")
    conf = os.path.join(folder, f"{name}.conf")
    with open(conf, "w") as f:
        f.write(f"""daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log /dev/null;
worker_rlimit_nofile 65536;
events {{ worker_connections 20000; }}
http {{
  access_log off; keepalive_requests 1000000000; keepalive_timeout 75s; client_max_body_size 64m;
  geo $dollar {{ default "$"; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server {{
    listen 127.0.0.1:{port} backlog=4096 {'ssl' if tls else ''}; {ssl}
    default_type {content_type};
    location / {{ return 200 '{escaped}'; }}
  }}
}}
""")
    return Server(name, ["nginx", "-c", conf, "-p", folder], port, log=os.path.join(folder, f"{name}.log"))


def wrk(server, path, connections, seconds, lua, scheme="http"):
    """One slice of load. Returns requests/s, p50 and p99 in µs, server CPU in µs per request."""
    before = server.cpu_ns()
    out = subprocess.run(["taskset", "-c", LOAD_CPU, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency",
                          "-s", lua, f"{scheme}://127.0.0.1:{server.port}{path}"],
                         capture_output=True, text=True, timeout=seconds + 30, check=True).stdout
    spent = server.cpu_ns() - before
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"error: {server.name} {path}: wrk saw failures\n{out}")
    requests = int(re.search(r"(\d+) requests in", out).group(1))
    scale = {"us": 1.0, "ms": 1e3, "s": 1e6}

    def latency(mark):
        value, unit = re.search(rf"{mark}%\s+([\d.]+)(us|ms|s)", out).groups()
        return float(value) * scale[unit]

    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    return {"rps": rate, "p50": latency(50), "p99": latency(99), "cpu": spent / 1000 / max(requests, 1)}


def compare(rows, connections, rounds=5, seconds=2):
    """rows: name -> function(seconds) that measures one slice. Returns name -> list of measurements, round by round."""
    results = {name: [] for name in rows}
    for name, run in rows.items():
        run(1)  # warm up
    for _ in range(rounds):
        order = list(rows)
        random.shuffle(order)
        for name in order:
            results[name].append(rows[name](seconds))
    for name, values in results.items():
        med = {k: statistics.median(v[k] for v in values) for k in values[0]}
        print(f"  {name:<28} c={connections:<3} {med['rps']:>9.0f} req/s  p50 {med['p50']:>8.0f} µs  "
              f"p99 {med['p99']:>8.0f} µs  cpu {med['cpu']:>7.2f} µs/req", flush=True)
    return results


def ratio(results, name, peer, key):
    """Median of the ratios taken inside each round."""
    return statistics.median(a[key] / b[key] for a, b in zip(results[name], results[peer]))

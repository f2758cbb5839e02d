"""http_figures.py: the host beside nginx and a bare Beast responder, answering the same bodies. Figures of the HTTP path.

SPDX-License-Identifier: Apache-2.0
usage: http_figures.py BUILD_DIR WORK_DIR [--rounds N] [--seconds S] [NAME...]      NAME: null https binary idle billed
"""
import argparse
import json
import os
import random
import socket
import ssl
import statistics
import struct
import subprocess
import sys
import time
import urllib.request

from measure import SERVER_CPU, Server, compare, figure, free_port, machine_line, nginx, ratio, wrk

TIER = "T0"
INLINE, THREADED, TEXT = "stoa-demo/null", "stoa-demo/null-threaded", "stoa-demo/null-text"
WORDS = "the hall is open to every model that keeps its word and to every client who brings a question".split()


def float32_text(value):
    """The shortest decimal of the FP32 next to value, as clients write it."""
    rounded = struct.unpack("f", struct.pack("f", value))[0]
    texts = (f"{rounded:.{digits}g}" for digits in range(1, 10))
    return next(t for t in texts if struct.unpack("f", struct.pack("f", float(t)))[0] == rounded)


def infer_body(size=1024):
    """A v2 request of size bytes at the most: one FP32 tensor of normally distributed values, the same every time."""
    source, texts = random.Random(7), []
    while True:
        head = f'{{"id":"bench","inputs":[{{"name":"in","datatype":"FP32","shape":[{len(texts)}],"data":['
        body = head + ",".join(texts) + "]}]}"
        more = float32_text(source.gauss(0, 1))
        if len(body) + len(more) + 2 > size:
            return body
        texts.append(more)


def text_body(size=1024):
    """A v2 request of size bytes with one text, as a language model gets it."""
    source = random.Random(7)
    head, tail = '{"id":"bench","inputs":[{"name":"in","datatype":"BYTES","shape":[1],"data":["', '"]}]}'
    text = " ".join(source.choice(WORDS) for _ in range(size))
    return head + text[:size - len(head) - len(tail)] + tail


def write_lua(folder, name, body, headers):
    path = os.path.join(folder, name)
    body_path = path + ".body"
    with open(body_path, "wb") as f:
        f.write(body if isinstance(body, bytes) else body.encode())
    with open(path, "w") as f:
        f.write('wrk.method = "POST"\n')
        f.write(f'wrk.body = io.open("{body_path}", "rb"):read("*a")\n')
        for key, value in headers.items():
            f.write(f'wrk.headers["{key}"] = "{value}"\n')
    return path


def start_stoa(build, folder, tls=None, in_workers=False):
    """Packs and signs the null plugin, serves it on one I/O thread without an access log (nginx has none either): in
    this process, or in sandboxed workers."""
    stoa = os.path.join(build, "bin", "stoa")
    packages = os.path.join(folder, "packages")
    os.makedirs(packages, exist_ok=True)
    package = os.path.join(packages, "null.stoa")
    key = os.path.join(folder, "key")
    if not os.path.exists(package):
        unsigned = os.path.join(folder, "null-unsigned.stoa")
        for argv in ([stoa, "keygen", "--out", key],
                     [stoa, "pack", os.path.join(build, "plugins/null/null.plugin"), "-o", unsigned],
                     [stoa, "sign", unsigned, "--key", key + ".key.pem", "-o", package]):
            subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    port = free_port()
    config = os.path.join(folder, "stoa-tls.toml" if tls else "stoa-workers.toml" if in_workers else "stoa.toml")
    with open(config, "w") as f:
        f.write('packages = "packages"\nstate = "state"\n' + ("" if in_workers else 'in_process = ["stoa-demo/*"]\n') +
                '[trust]\nstoa-demo = "key.pub.pem"\n[log]\nlevel = "warn"\naccess = false\n'
                f"[customer]\nport = {port}\n")
        if tls:
            f.write(f'tls_certificate = "{tls[0]}"\ntls_key = "{tls[1]}"\n')
        f.write(f"[operator]\nport = {free_port()}\n")
    server = Server("stoa-tls" if tls else "stoa", [stoa, "serve", "--config", config], port,
                    log=os.path.join(folder, "stoa.log"))
    context = ssl._create_unverified_context() if tls else None
    for _ in range(300):
        try:
            if urllib.request.urlopen(f"{'https' if tls else 'http'}://127.0.0.1:{port}/v2/health/ready", timeout=2,
                                      context=context).status == 200:
                return server
        except OSError:
            time.sleep(0.1)
    sys.exit("error: the host is not ready\n" + open(server.log_path, errors="replace").read()[-2000:])


def post(port, path, body, headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, headers)
    return urllib.request.urlopen(request, timeout=10).read()


def bench_null(ctx):
    """Both bodies count: 86 floats, the most that 1 KB of JSON can ask for, and one text."""
    compare_null(ctx, "null", infer_body(), INLINE, THREADED)
    compare_null(ctx, "null_text", text_body(), TEXT)


def compare_null(ctx, name, body, inline, threaded=None):
    headers = {"Content-Type": "application/json"}
    lua = write_lua(ctx.folder, f"{name}.lua", body, headers)
    stoa = start_stoa(ctx.build, ctx.folder)
    answer = post(stoa.port, f"/v2/models/{inline}/infer", body.encode(), headers).decode()
    print(f"  {name}: body in {len(body)} bytes, body out {len(answer)} bytes")
    peer = nginx(ctx.folder, answer)
    bare_port = free_port()
    bare = Server("beast_bare", [os.path.join(ctx.build, "bin/beast_bare"), str(bare_port)], bare_port)
    echo_port = free_port()
    echo = Server("stoa_http_bench", [os.path.join(ctx.build, "bin/stoa_http_bench"), "--port", str(echo_port)], echo_port)
    try:
        for connections in (1, 16, 64):
            rows = {
                "stoa inline": lambda s: wrk(stoa, f"/v2/models/{inline}/infer", connections, s, lua),
                "nginx": lambda s: wrk(peer, "/", connections, s, lua),
            }
            if threaded:
                rows["stoa http only"] = lambda s: wrk(echo, "/echo", connections, s, lua)
                rows["stoa model thread"] = lambda s: wrk(stoa, f"/v2/models/{threaded}/infer", connections, s, lua)
                rows["beast bare"] = lambda s: wrk(bare, "/", connections, s, lua)
            r = compare(rows, connections, ctx.rounds, ctx.seconds)
            c = f"c{connections}"
            for key, target in (("rps", ">=0.9"), ("cpu", "<=1.15"), ("p50", "<=1.5"), ("p99", "<=1.5")):
                figure(f"http.{name}.inline.{c}.{key}_vs_nginx", ratio(r, "stoa inline", "nginx", key), "x", target, TIER)
            if not threaded:
                continue
            figure(f"http.null.thread.{c}.cpu_vs_nginx", ratio(r, "stoa model thread", "nginx", "cpu"), "x", "<=1.7", TIER)
            figure(f"http.echo.{c}.cpu_vs_nginx", ratio(r, "stoa http only", "nginx", "cpu"), "x", "<=1.15", TIER)
            figure(f"http.null.inline.{c}.cpu_vs_beast", ratio(r, "stoa inline", "beast bare", "cpu"), "x", "<=2", TIER)
    finally:
        for s in (stoa, peer, bare, echo):
            s.stop()


def bench_worker(ctx):
    """The null model in a sandboxed worker beside the same model on a model thread of the host."""
    body = infer_body()
    headers = {"Content-Type": "application/json"}
    lua = write_lua(ctx.folder, "worker.lua", body, headers)
    inside, workers = start_stoa(ctx.build, ctx.folder), start_stoa(ctx.build, ctx.folder, in_workers=True)
    path = f"/v2/models/{THREADED}/infer"
    answer = post(inside.port, path, body.encode(), headers).decode()
    if post(workers.port, path, body.encode(), headers).decode() != answer:
        sys.exit("error: the worker answers something else")
    models = json.loads(urllib.request.urlopen(f"http://127.0.0.1:{workers.port}/v2/models", timeout=5).read())["models"]
    tier = next(m["isolation"] for m in models if m["name"] == THREADED)
    peer = nginx(ctx.folder, answer)
    try:
        for connections in (1, 16, 64):
            rows = {"worker": lambda s: wrk(workers, path, connections, s, lua),
                    "model thread": lambda s: wrk(inside, path, connections, s, lua),
                    "nginx": lambda s: wrk(peer, "/", connections, s, lua)}
            r = compare(rows, connections, ctx.rounds, ctx.seconds)
            c = f"c{connections}"
            figure(f"http.null.worker.{c}.rps_vs_thread", ratio(r, "worker", "model thread", "rps"), "x", ">=0.85", tier)
            figure(f"http.null.worker.{c}.cpu_vs_nginx", ratio(r, "worker", "nginx", "cpu"), "x", "<=2", tier)
    finally:
        for s in (inside, workers, peer):
            s.stop()


def bench_https(ctx):
    body = infer_body()
    lua = write_lua(ctx.folder, "https.lua", body, {"Content-Type": "application/json"})
    cert, key = os.path.join(ctx.folder, "tls.crt"), os.path.join(ctx.folder, "tls.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", cert, "-days", "1", "-subj", "/CN=localhost"], check=True,
                   stderr=subprocess.DEVNULL)
    stoa = start_stoa(ctx.build, ctx.folder, (cert, key))
    context = ssl._create_unverified_context()
    request = urllib.request.Request(f"https://127.0.0.1:{stoa.port}/v2/models/{INLINE}/infer", body.encode(),
                                     {"Content-Type": "application/json"})
    answer = urllib.request.urlopen(request, timeout=10, context=context).read().decode()
    peer = nginx(ctx.folder, answer, tls=(cert, key), name="nginx-tls")
    try:
        rows = {"stoa inline https": lambda s: wrk(stoa, f"/v2/models/{INLINE}/infer", 64, s, lua, "https"),
                "nginx https": lambda s: wrk(peer, "/", 64, s, lua, "https")}
        r = compare(rows, 64, ctx.rounds, ctx.seconds)
        figure("https.null.inline.c64.rps_vs_nginx", ratio(r, "stoa inline https", "nginx https", "rps"), "x", ">=0.9", TIER)
        figure("https.null.inline.c64.cpu_vs_nginx", ratio(r, "stoa inline https", "nginx https", "cpu"), "x", "<=1.15", TIER)
    finally:
        stoa.stop()
        peer.stop()


def bench_binary(ctx):
    """1 MiB of FP32 in and out through the binary tensor extension, against a bare echo of the same bytes."""
    count = (1 << 20) // 4
    head = json.dumps({"inputs": [{"name": "in", "datatype": "FP32", "shape": [count],
                                   "parameters": {"binary_data_size": count * 4}}],
                       "parameters": {"binary_data_output": True}}, separators=(",", ":")).encode()
    body = head + os.urandom(4) * count
    headers = {"Content-Type": "application/octet-stream", "Inference-Header-Content-Length": str(len(head))}
    lua = write_lua(ctx.folder, "binary.lua", body, headers)
    stoa = start_stoa(ctx.build, ctx.folder)
    bare_port = free_port()
    bare = Server("beast_bare", [os.path.join(ctx.build, "bin/beast_bare"), str(bare_port)], bare_port)
    try:
        answer = post(stoa.port, f"/v2/models/{INLINE}/infer", body, headers)
        if answer[-len(body) + len(head):] != body[len(head):]:
            sys.exit("error: the binary answer is not the tensor that was sent")
        rows = {"stoa binary 1 MiB": lambda s: wrk(stoa, f"/v2/models/{INLINE}/infer", 4, s, lua),
                "beast echo 1 MiB": lambda s: wrk(bare, "/", 4, s, lua)}
        r = compare(rows, 4, ctx.rounds, ctx.seconds)
        figure("http.binary_1m.time_vs_echo", 1 / ratio(r, "stoa binary 1 MiB", "beast echo 1 MiB", "rps"), "x", "<=1.3", TIER)
        figure("http.binary_1m.cpu_vs_echo", ratio(r, "stoa binary 1 MiB", "beast echo 1 MiB", "cpu"), "x", "<=1.3", TIER)
    finally:
        stoa.stop()
        bare.stop()


def bench_idle(ctx):
    """10,000 connections that have had one answer each and now wait."""
    import resource
    want = 10_000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < want + 500:
        print(f"skipped idle: {want} connections need {want + 500} descriptors, the limit here is {hard}")
        return
    resource.setrlimit(resource.RLIMIT_NOFILE, (want + 500, hard))
    stoa = start_stoa(ctx.build, ctx.folder)
    peer = nginx(ctx.folder, "ok")
    try:
        for server, path in ((stoa, "/v2/health/live"), (peer, "/")):
            request = f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            warm = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(100)]
            for s in warm:
                s.sendall(request)
                s.recv(4096)
            before, held = server.rss_kb(), []
            for _ in range(want):
                s = socket.create_connection(("127.0.0.1", server.port))
                s.sendall(request)
                if not s.recv(4096).startswith(b"HTTP/1.1 200"):
                    sys.exit(f"error: {server.name} did not answer on connection {len(held)}")
                held.append(s)
            per = (server.rss_kb() - before) / want
            print(f"  {server.name}: {per:.2f} KB per idle connection over {want}")
            if server is stoa:
                figure("http.idle.kb_per_connection", per, "KB", "<=4", TIER)
            for s in held + warm:
                s.close()
    finally:
        stoa.stop()
        peer.stop()


def start_billed(ctx, how):
    """A host of the null models that asks for keys and charges so, with what it takes to ask it."""
    env = {**os.environ, "STOA_BINARY_DIR": os.path.abspath(ctx.build)}
    process = subprocess.Popen(["taskset", "-c", SERVER_CPU, os.path.join(ctx.build, "bin/stoa_bench_billed_host"), how],
                               stdout=subprocess.PIPE, text=True, env=env)
    port, key, model = process.stdout.readline().split()
    return Server.of(how, process, int(port)), key, f"/v2/models/{model}/infer"


def syncs_us(folder, count=300):
    """The median of an fdatasync behind a write of 300 bytes into a file that is laid out already."""
    path = os.path.join(folder, "sync")
    with open(path, "wb", buffering=0) as f:
        f.write(bytes(1 << 20))
        os.fsync(f.fileno())
        times = []
        for i in range(count):
            os.pwrite(f.fileno(), bytes([i % 251]) * 300, i * 300)
            began = time.monotonic()
            os.fdatasync(f.fileno())
            times.append((time.monotonic() - began) * 1e6)
    return sorted(times)[count // 2]


def bench_billed(ctx):
    """The null model for keys that are charged a call, beside the same for keys that are not."""
    hosts = {how: start_billed(ctx, how) for how in ("free", "window", "durable")}
    body = infer_body()
    try:
        for connections in (1, 64):
            rows = {}
            for how, (server, key, path) in hosts.items():
                lua = write_lua(ctx.folder, f"billed-{how}.lua", body,
                                {"Content-Type": "application/json", "Authorization": "Bearer " + key})
                rows[how] = lambda s, server=server, path=path, lua=lua: wrk(server, path, connections, s, lua)
            r = compare(rows, connections, ctx.rounds, ctx.seconds)
            if connections == 1:
                sync = syncs_us(ctx.folder)
                added = statistics.median(a["p50"] - b["p50"] for a, b in zip(r["durable"], r["free"]))
                print(f"  fdatasync {sync:.0f} µs, a durable reply {added:.0f} µs later")
                figure("ledger.http.durable.c1.added_p50_vs_fdatasync", added / sync, "x", "<=1.5", TIER)
                continue
            figure("ledger.http.window.c64.rps_vs_free", ratio(r, "window", "free", "rps"), "x", ">=0.92", TIER)
            figure("ledger.http.durable.c64.rps_vs_free", ratio(r, "durable", "free", "rps"), "x", ">=0.70", TIER)
            added = statistics.median(a["cpu"] - b["cpu"] for a, b in zip(r["window"], r["free"]))
            figure("ledger.http.window.c64.cpu_added_us", added, "us", "<=1.2", TIER)
    finally:
        for server, _, _ in hosts.values():
            server.stop()


BENCHES = {"billed": bench_billed, "null": bench_null, "worker": bench_worker, "https": bench_https, "binary": bench_binary, "idle": bench_idle}


def main():
    parser = argparse.ArgumentParser(description="HTTP figures: the host beside nginx and a bare Beast responder")
    parser.add_argument("build")
    parser.add_argument("folder")
    parser.add_argument("names", nargs="*", metavar="NAME", help="of: " + " ".join(BENCHES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    ctx = parser.parse_intermixed_args()
    ctx.folder = os.path.abspath(ctx.folder)
    os.makedirs(ctx.folder, exist_ok=True)
    print(machine_line())
    for name in ctx.names or [n for n in BENCHES if n != "billed"]:
        if name not in BENCHES:
            sys.exit(f"error: no benchmark {name}; there are {' '.join(BENCHES)}")
        print(f"-- {name}", flush=True)
        BENCHES[name](ctx)


if __name__ == "__main__":
    main()

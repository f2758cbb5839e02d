"""ledger_proof_go.py: the ledger's log read by somebody else's verifier: Go's golang.org/x/mod/sumdb, which Debian has. One hash that
is changed on the way is found. SPDX-License-Identifier: Apache-2.0"""
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import threading

from billed_host import BilledHost
from stoa_host import BUILD, call, check, skip

GO_PATH, CALLS = "/usr/share/gocode", 300  # more than a full tile


def built():
    if not shutil.which("go") or not os.path.isdir(GO_PATH + "/src/golang.org/x/mod/sumdb/tlog"):
        skip("golang-go or golang-golang-x-mod-dev is not installed")
    folder = pathlib.Path(BUILD) / "tests/tlog_reader"
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["go", "build", "-o", folder / "tlog_reader", pathlib.Path(__file__).with_name("tlog_reader.go")], capture_output=True,
                          text=True, timeout=300, env={**os.environ, "GO111MODULE": "off", "GOPATH": GO_PATH, "GOCACHE": str(folder / "cache")})
    check(done.returncode == 0, f"go build: {done.stderr}")
    return folder / "tlog_reader"


def read(reader, url, *older):
    return subprocess.run([reader, url, *older], capture_output=True, text=True, timeout=120)


class Liar(http.server.BaseHTTPRequestHandler):
    """Passes the log on, with one bit of one path changed."""
    origin, path_changed, at = "", "", 0

    def do_GET(self):
        status, _, body = call(self.origin + self.path)
        if self.path == self.path_changed:
            body = body[:self.at] + bytes([body[self.at] ^ 1]) + body[self.at + 1:]
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    reader = built()
    with BilledHost('log_origin = "stoa.example/ledger"') as host:
        def until_signed(number):
            check(host.wait_for(lambda: int(call(host.url + "/log/checkpoint")[2].split(b"\n")[1]) > number, 20), f"entry {number} is not in the log")
        while not host.paid:
            host.pay_for_a_call()
        until_signed(host.paid[-1])
        older = host.folder / "older"
        older.write_bytes(call(host.url + "/log/checkpoint")[2])
        while len(host.paid) < CALLS:
            host.pay_for_a_call()
        until_signed(host.paid[-1])
        done = read(reader, host.url + "/log", older)
        check(done.returncode == 0 and "each proved" in done.stdout and "goes on from" in done.stdout, f"{done.stdout}{done.stderr}")
        print(done.stdout, end="")
        size = int(done.stdout.split()[0])
        check(size >= CALLS, f"{size} entries")

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        Liar.origin = host.url
        for path, at in (("/log/tile/0/000", 32 * 7), ("/log/tile/entries/000", 34 * 9 + 2), (f"/log/tile/0/001.p/{size - 256}", 5), ("/log/checkpoint", 25)):
            Liar.path_changed, Liar.at = path, at
            done = read(reader, f"http://127.0.0.1:{server.server_address[1]}/log")
            check(done.returncode == 1 and "FAILED" in done.stderr, f"{path} was changed: {done.stdout}{done.stderr}")
            print(f"{path} changed: {done.stderr.strip()}")
        server.shutdown()


if __name__ == "__main__":
    sys.exit(main())

"""host_process.py: one lifetime of a real `stoa serve` and what can be asked of it from outside, and the command `stoa`.

SPDX-License-Identifier: Apache-2.0
Standard library only. The host listens on 127.0.0.1, on free ports that it reports itself. Ends by its pid the process it
started, and no other.
"""
import http.client
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

BUILD = os.environ.get("STOA_BINARY_DIR", "build/release")
LISTEN = '\n[customer]\nport = 0\n[operator]\nport = 0\n[log]\nformat = "json"\naccess = false\n'  # ends a configuration


def stoa(*argv, build=BUILD):
    """Runs a command of stoa that has to succeed."""
    done = subprocess.run([os.path.join(build, "bin/stoa"), *map(str, argv)], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise SystemExit(f"error: stoa {' '.join(map(str, argv))}: {done.stderr or done.stdout}")
    return done.stdout


class HostProcess:
    """`stoa serve` over folder/stoa.toml, which is written here. behind: a program that starts it, with its arguments."""

    process = None  # not started yet

    def __init__(self, folder, configuration, build=BUILD, behind=(), customer=""):
        self.folder = pathlib.Path(folder)
        self.log_path, self.config, self.ports_file = (self.folder / name for name in ("host.log", "stoa.toml", "ports"))
        self.config.write_text(configuration + LISTEN.replace("[customer]\n", "[customer]\n" + customer))
        self.ports_file.unlink(missing_ok=True)  # of the lifetime before
        self.ports = None
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                [*behind, os.path.abspath(os.path.join(build, "bin/stoa")), "serve", "--config", str(self.config),
                 "--ports-file", str(self.ports_file)], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder)

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def wait_for(self, is_so, seconds):
        """Whether is_so() came true while the host lived."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.is_alive():
            if is_so():
                return True
            time.sleep(0.02)
        return False

    def has_ports(self):
        if self.ports is None and self.ports_file.exists() and len(self.ports_file.read_text().split()) == 2:
            self.ports = [int(line) for line in self.ports_file.read_text().split()]
        return self.ports is not None

    def wait_ports(self, seconds=20):
        return self.wait_for(self.has_ports, seconds)

    def connect(self, timeout):
        return http.client.HTTPConnection("127.0.0.1", self.ports[0], timeout=timeout)

    def get(self, path, timeout=5):
        """The status, or 0 where there is no answer."""
        try:
            connection = self.connect(timeout)
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            connection.close()
            return answer.status
        except (OSError, http.client.HTTPException):
            return 0

    def is_ready(self, model, timeout=5):
        return self.get(f"/v2/models/{model}/ready", timeout) == 200

    def wait_ready(self, model, seconds=30):
        return self.wait_for(lambda: self.is_ready(model), seconds)

    def isolation(self):
        """The tier of the first model, as the host tells it."""
        try:
            connection = self.connect(5)
            connection.request("GET", "/v2/models")
            models = json.loads(connection.getresponse().read())["models"]
            return next((m.get("isolation") or "unknown" for m in models), "unknown")
        except (OSError, http.client.HTTPException, ValueError, KeyError):
            return "unknown"

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_lines(self):
        """What the host said, a dictionary each; a worker's own words may stand between them."""
        said = []
        for line in self.log_text().splitlines():
            try:
                said += [json.loads(line)] if line.startswith("{") else []
            except ValueError:
                pass
        return said

    def log_size(self):
        return self.log_path.stat().st_size

    def has_logged(self, needle, start=0, seconds=2.0):
        """Whether the log holds needle behind byte start; a worker's line may come a moment after its answer."""
        end = time.monotonic() + seconds
        while True:
            with open(self.log_path, "rb") as log:
                log.seek(start)
                if needle.encode() in log.read():
                    return True
            if time.monotonic() > end:
                return False
            time.sleep(0.01)

    def stop(self, seconds=30):
        """SIGTERM and the exit status; None when it had to be killed."""
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                return None
        return self.process.returncode

    def discard(self):
        if self.is_alive():
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

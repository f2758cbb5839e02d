"""stoa_host.py: a real host for the end-to-end tests: packs, signs and serves plugins of the build tree.

SPDX-License-Identifier: Apache-2.0
Standard library only. The host listens on 127.0.0.1, on free ports that it reports itself.
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

BUILD = os.environ.get("STOA_BINARY_DIR", "build/release")
SKIP = 77  # ctest's SKIP_RETURN_CODE


def skip(why):
    print("skipped:", why)
    sys.exit(SKIP)


def staging(plugin):
    folder = os.path.join(BUILD, "plugins", plugin, plugin + ".plugin")
    if not os.path.isdir(folder):
        skip(f"{plugin} is not built in this preset")
    return folder


class Host:
    """with Host(["null"]) as host: ... host.url, host.operator_url"""

    def __init__(self, plugins, config=""):
        self.plugins, self.config = plugins, config
        self.folder = tempfile.mkdtemp(prefix="stoa-e2e-")
        self.process = None

    def stoa(self, *argv):
        return subprocess.run([os.path.join(BUILD, "bin/stoa"), *argv], check=True, capture_output=True, text=True, timeout=120)

    def start(self):
        packages = os.path.join(self.folder, "packages")
        os.makedirs(packages)
        self.stoa("keygen", "--out", os.path.join(self.folder, "key"))
        for plugin in self.plugins:
            unsigned = os.path.join(self.folder, plugin + ".stoa")
            self.stoa("pack", staging(plugin), "-o", unsigned)
            self.stoa("sign", unsigned, "--key", os.path.join(self.folder, "key.key.pem"), "-o", os.path.join(packages, plugin + ".stoa"))
        config = os.path.join(self.folder, "stoa.toml")
        with open(config, "w") as f:
            f.write('packages = "packages"\nstate = "state"\nin_process = ["stoa-demo/*"]\n' + self.config +
                    '\n[trust]\nstoa-demo = "key.pub.pem"\n[log]\nformat = "json"\n[customer]\nport = 0\n[operator]\nport = 0\n')
        ports = os.path.join(self.folder, "ports")
        self.log_path = os.path.join(self.folder, "host.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([os.path.join(BUILD, "bin/stoa"), "serve", "--config", config, "--ports-file", ports],
                                            stdout=log, stderr=log)
        end = time.monotonic() + 90
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.fail(f"the host ended with {self.process.returncode}")
            if os.path.exists(ports) and os.path.getsize(ports):
                self.port, self.operator_port = (int(line) for line in open(ports).read().split())
                self.url = f"http://127.0.0.1:{self.port}"
                self.operator_url = f"http://127.0.0.1:{self.operator_port}"
                try:
                    if urllib.request.urlopen(self.url + "/v2/health/ready", timeout=5).status == 200:
                        return self
                except OSError:
                    pass
            time.sleep(0.05)
        self.fail("the host is not ready after 90 s")

    def fail(self, why):
        print(open(self.log_path, errors="replace").read()[-4000:])
        sys.exit("error: " + why)

    def log_lines(self):
        return [json.loads(line) for line in open(self.log_path) if line.startswith("{")]

    def stop(self, seconds=30):
        """SIGTERM and the exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        return self.process.returncode

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def call(url, body=None, headers=None, timeout=30):
    """status, headers and bytes of one request; an HTTP error is an answer."""
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def call_json(url, document, headers=None):
    status, _, body = call(url, json.dumps(document).encode(), {"Content-Type": "application/json", **(headers or {})})
    return status, json.loads(body)


def check(condition, what):
    if not condition:
        sys.exit("FAILED: " + what)

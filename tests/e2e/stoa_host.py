"""stoa_host.py: a real host for the end-to-end tests: packs, signs and serves plugins of the build tree.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import sys
import tempfile
import urllib.error
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from host_process import BUILD, HostProcess, stoa  # noqa: E402

SKIP = 77  # ctest's SKIP_RETURN_CODE


def skip(why):
    print("skipped:", why)
    sys.exit(SKIP)


def staging(plugin):
    """The folder that `stoa pack` takes, of a plugin or of one that only the tests have."""
    places = ["plugins/" + plugin, "tests/e2e/tally", "tests/e2e/isolation", "tests/e2e/release", "tests/e2e/sealed",
              "tests/integration"]
    folders = [os.path.join(BUILD, at, plugin + ".plugin") for at in places]
    built = [folder for folder in folders if os.path.isdir(os.path.join(folder, "lib"))]
    if not built:
        skip(f"{plugin} is not built in this preset")
    return built[0]


class Host(HostProcess):
    """with Host(["null"]) as host: ... host.url, host.operator_url"""

    trusted = ("stoa-demo",)  # whose packages are taken, all by one key

    def __init__(self, plugins, config="", in_process=("stoa-demo/*",), behind=(), customer=""):
        self.plugins, self.more, self.in_process, self.behind = plugins, config, list(in_process), behind
        self.customer = customer  # more lines of the section [customer]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="stoa-e2e-"))

    def start(self):
        (self.folder / "packages").mkdir()
        stoa("keygen", "--out", self.folder / "key")
        for plugin in self.plugins:
            unsigned = self.folder / (plugin + ".stoa")
            stoa("pack", staging(plugin), "-o", unsigned)
            stoa("sign", unsigned, "--key", self.folder / "key.key.pem", "-o", self.folder / "packages" / unsigned.name)
        return self.serve()

    def serve(self):
        """Starts the host over what lies in its folder, the first time or after stop()."""
        text = f'packages = "packages"\nstate = "state"\nin_process = {json.dumps(self.in_process)}\n{self.more}\n'
        trust = "[trust]\n" + "".join(f'{publisher} = "key.pub.pem"\n' for publisher in self.trusted)
        super().__init__(self.folder, text + trust, behind=self.behind, customer=self.customer)
        is_ready = self.wait_ports() and self.wait_for(lambda: self.get("/v2/health/ready") == 200, 90)
        if not is_ready or not self.has_logged('"host.ready"', seconds=10):  # the log's thread may be behind
            print(self.log_text()[-4000:])
            status = self.process.poll()
            self.discard()
            sys.exit(f"error: the host is not ready; its exit status is {status}")
        self.port, self.operator_port = self.ports
        self.url, self.operator_url = (f"http://127.0.0.1:{port}" for port in self.ports)
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        self.discard()


def call(url, body=None, headers=None, timeout=30, method=None):
    """status, headers and bytes of one request; an HTTP error is an answer."""
    request = urllib.request.Request(url, body, headers or {}, method=method)
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

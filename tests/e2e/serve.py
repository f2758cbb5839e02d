"""serve.py: how the host starts and refuses to start: configuration slips, packages that are not what they should be, TLS.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from stoa_host import BUILD, Host, call, check, staging

STOA = os.path.join(BUILD, "bin/stoa")


def serve(*argv, seconds=60):
    """Runs a serve that is expected to end by itself: exit status and everything it printed."""
    ports = [] if "--port" in argv else ["--port", "0"]
    done = subprocess.run([STOA, "serve", *ports, "--operator-port", "0", *argv], capture_output=True, text=True,
                          timeout=seconds)
    return done.returncode, done.stdout + done.stderr


def slips(folder):
    config = os.path.join(folder, "slip.toml")
    for text, status, says in (("prot = 1\n", 2, "prot: is not a key"),
                               ('[models."a/b"]\nthreads = 0\n', 2, 'models."a/b".threads: is 0, allowed are 1 to 256'),
                               ("[customer]\nport = 70000\n", 2, "customer.port: is 70000"),
                               ("[trust]\nacme = \"absent.pem\"\n", None, "absent.pem"),
                               ("packages = \"nowhere\"\n", 3, "packages: there is no folder"),
                               ("[customer]\naddress = \"not an address\"\n", 2, "not an address"),
                               ("[customer]\ntls_certificate = \"a.crt\"\ntls_key = \"a.key\"\n", 2, "a.crt")):
        with open(config, "w") as f:
            f.write(text)
        got, output = serve("--config", config)
        check(got not in (0, -11) and (status is None or got == status), f"{text!r} ended with {got}: {output}")
        check(says in output, f"{text!r} does not say {says!r}: {output}")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        got, output = serve("--port", str(taken.getsockname()[1]))
        check(got in (2, 3) and str(taken.getsockname()[1]) in output, f"a port in use: {got} {output}")


def packages(folder):
    """Each refused package is logged with its reason, and --strict ends the host with 1."""
    stoa = lambda *argv: subprocess.run([STOA, *argv], check=True, capture_output=True, timeout=60)
    for name in ("good", "stranger"):
        stoa("keygen", "--out", os.path.join(folder, name))
    unsigned = os.path.join(folder, "unsigned.stoa")
    stoa("pack", staging("null"), "-o", unsigned)
    signed = os.path.join(folder, "signed.stoa")
    stoa("sign", unsigned, "--key", os.path.join(folder, "good.key.pem"), "-o", signed)
    trust, inside = f"stoa-demo={folder}/good.pub.pem", "stoa-demo/*"
    data = open(signed, "rb").read()
    flipped = bytearray(data)
    flipped[len(data) // 2] ^= 1
    for name, content, options, reason in (
            ("unsigned", open(unsigned, "rb").read(), ["--trust", trust, "--in-process", inside], "signature.missing"),
            ("stranger", data, ["--trust", f"stoa-demo={folder}/stranger.pub.pem", "--in-process", inside], "signature.unknown_key"),
            ("other publisher", data, ["--trust", f"acme={folder}/good.pub.pem", "--in-process", inside], "signature.other_publisher"),
            ("flipped byte", bytes(flipped), ["--trust", trust, "--in-process", inside], "package.refused"),
            ("truncated", data[:-1000], ["--trust", trust, "--in-process", inside], "package.refused"),
            ("not a package", b"hello", ["--trust", trust, "--in-process", inside], "package.refused")):
        case = tempfile.mkdtemp(dir=folder)
        os.makedirs(os.path.join(case, "packages"))
        with open(os.path.join(case, "packages", "x.stoa"), "wb") as f:
            f.write(content)
        unused = os.path.join(case, "state", "acme-vision-1.0.0-0123456789abcdef")
        os.makedirs(unused)
        week_ago = time.time() - 8 * 24 * 3600
        os.utime(unused, (week_ago, week_ago))
        got, output = serve("--packages", os.path.join(case, "packages"), "--state", os.path.join(case, "state"),
                            "--strict", *options)
        check(got == 1, f"{name}: ended with {got}: {output}")
        check(reason in output, f"{name}: {reason} is not in {output}")
        left = [f for _, _, files in os.walk(os.path.join(case, "state")) for f in files]
        check(left == [".in-use"], f"{name}: left {left} behind")
        check(not os.path.exists(unused), f"{name}: what nobody used for a week is still there: {output}")


def tls(folder):
    certificate, key = os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout",
                    key, "-out", certificate, "-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"],
                   check=True, capture_output=True, timeout=60)
    config, ports = os.path.join(folder, "tls.toml"), os.path.join(folder, "tls-ports")
    with open(config, "w") as f:
        f.write('packages = "none"\n[customer]\nport = 0\ntls_certificate = "tls.crt"\ntls_key = "tls.key"\n[operator]\nport = 0\n')
    os.makedirs(os.path.join(folder, "none"))
    process = subprocess.Popen([STOA, "serve", "--config", config, "--ports-file", ports], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            if os.path.exists(ports):
                break
            time.sleep(0.05)
        port = open(ports).read().split()[0]
        curl = lambda *argv: subprocess.run(["curl", "-s", "-m", "10", *argv], capture_output=True, text=True, timeout=30)
        url = f"https://localhost:{port}/v2/health/live"
        resolve = ["--resolve", f"localhost:{port}:127.0.0.1"]
        check(curl(*resolve, "--cacert", certificate, url).returncode == 0, "curl does not accept the host's certificate")
        check(curl(*resolve, url).returncode != 0, "a client that does not know the certificate connected")
        check(curl(*resolve, "--cacert", certificate, "--tls-max", "1.1", url).returncode != 0, "TLS 1.1 was accepted")
    finally:
        process.send_signal(signal.SIGTERM)
        check(process.wait(30) == 0, "the host did not drain")


def models():
    """What the operator says of a model holds, and a model that is not there is named in the log."""
    with Host(["null"], '[models."stoa-demo/null"]\ndeadline_ms = 1234\nmemory_budget = "1 MiB"\n[models."acme/absent"]\n') as host:
        _, _, body = call(host.url + "/v2/models/stoa-demo/null")
        check(json.loads(body)["parameters"]["deadline_ms"] == 1234, f"the model's deadline is not the operator's: {body}")
        absent = [line.get("model") for line in host.log_lines() if line["event"] == "config.model_absent"]
        check(absent == ["acme/absent"], f"config.model_absent names {absent}")


def second_start():
    """What a first start unpacked is verified and used again; requests are answered as before."""
    with Host(["null"]) as host:
        check(host.stop() == 0, "the first host did not drain")
        events = [line["event"] for line in host.log_lines()]
        check("host.drained" in events and "model.ready" in events, f"the log tells {events}")
        status, _, _ = (0, 0, 0)
        os.remove(os.path.join(host.folder, "ports"))
        again = subprocess.Popen([STOA, "serve", "--config", os.path.join(host.folder, "stoa.toml"), "--ports-file",
                                  os.path.join(host.folder, "ports")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(400):
                if os.path.exists(os.path.join(host.folder, "ports")):
                    port = open(os.path.join(host.folder, "ports")).read().split()[0]
                    status, _, _ = call(f"http://127.0.0.1:{port}/v2/models/stoa-demo/null/ready")
                    if status == 200:
                        break
                time.sleep(0.05)
            check(status == 200, f"the second start answers {status}")
        finally:
            again.send_signal(signal.SIGTERM)
            check(again.wait(30) == 0, "the second host did not drain")


def main():
    folder = tempfile.mkdtemp(prefix="stoa-serve-")
    try:
        slips(folder)
        packages(folder)
        tls(folder)
        models()
        second_start()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print("configuration slips, refused packages, TLS and a second start are as documented")


if __name__ == "__main__":
    sys.exit(main())

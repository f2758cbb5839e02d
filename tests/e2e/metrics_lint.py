"""metrics_lint.py: /metrics is what Prometheus' own promtool accepts; only Triton's names (nv_…) may break its naming rules.

SPDX-License-Identifier: Apache-2.0
"""
import shutil
import subprocess

from stoa_host import Host, call, check, skip

BODY = b'{"inputs":[{"name":"in","datatype":"FP32","shape":[2],"data":[1,2.5]}]}'


def main():
    promtool = shutil.which("promtool")
    if not promtool:
        skip("promtool is not installed (Debian: apt-get install prometheus)")
    with Host(["null"], '[workers]\nmin_isolation = "T1"\n', in_process=()) as host:
        for model in ("null", "null-threaded", "nowhere"):
            call(f"{host.url}/v2/models/stoa-demo/{model}/infer", BODY, {"Content-Type": "application/json"})
        status, _, text = call(host.operator_url + "/metrics")
        check(status == 200 and b"stoa_http_requests_total" in text, f"GET /metrics: {status}")
        check(b"stoa_worker_memory_bytes{" in text and b"stoa_worker_restarts_total{" in text, "no figures of workers")
        done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, timeout=30)
        findings = (done.stdout + done.stderr).decode().splitlines()
        ours = [line for line in findings if line and not line.startswith("nv_")]
        check(not ours, "promtool: " + "; ".join(ours))
        check(done.returncode in (0, 3), f"promtool ended with {done.returncode}: {findings}")
    print("ok")


main()

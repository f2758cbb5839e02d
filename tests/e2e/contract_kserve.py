"""contract_kserve.py: the published contract of the Open Inference Protocol, enforced by an independent proxy.

SPDX-License-Identifier: Apache-2.0
npm's prism stands between client and host with --errors: a request or an answer outside the contract turns into a 500.
Contract: kserve_v2_dataplane.yaml (MLServer, Apache-2.0) in STOA_CONTRACTS_DIR, by default ../shared/contracts.
"""
import json
import os
import socket
import subprocess
import sys
import time

from npm_tool import npm_tool
from stoa_host import Host, call, call_json, check, skip

SOURCE = os.environ.get("STOA_SOURCE_DIR", ".")
CONTRACTS = os.environ.get("STOA_CONTRACTS_DIR", os.path.join(SOURCE, "../shared/contracts"))
# The metadata of another model: this contract knows no BF16, which the identity model has a port for.
NAME, DESCRIBED = "stoa-demo%2Fidentity", "stoa-demo%2Fnull"
DATA = {"BOOL": [True, False], "UINT8": [0, 255], "UINT16": [0, 65535], "UINT32": [0, 4294967295], "UINT64": [0, 2**53],
        "INT8": [-128, 127], "INT16": [-32768, 32767], "INT32": [-2**31, 2**31 - 1], "INT64": [-2**53, 2**53],
        "FP32": [-1.5, 3.25], "FP64": [-1e300, 2.5e-300], "BYTES": ["", "grüße"]}


def start_proxy(prism, contract, upstream):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    process = subprocess.Popen([prism, "proxy", contract, upstream, "--errors", "-h", "127.0.0.1", "-p", str(port)],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return process, f"http://127.0.0.1:{port}"
        except OSError:
            time.sleep(0.1)
    process.kill()
    sys.exit("error: prism does not listen: " + process.stdout.read()[-1000:])


def main():
    contract = os.path.join(CONTRACTS, "kserve_v2_dataplane.yaml")
    if not os.path.exists(contract):
        skip(f"the contract {contract} is absent; name its folder in STOA_CONTRACTS_DIR")
    prism = npm_tool("@stoplight/prism-cli@5", "prism")
    with Host(["null"]) as host:
        proxy, url = start_proxy(prism, contract, host.url)
        try:
            for path in ("/v2", "/v2/health/live", "/v2/health/ready", f"/v2/models/{DESCRIBED}", f"/v2/models/{DESCRIBED}/ready",
                         f"/v2/models/{DESCRIBED}/versions/1.0.0", f"/v2/models/{DESCRIBED}/versions/1.0.0/ready"):
                status, headers, body = call(url + path)
                check(status == 200, f"GET {path}: {status} {body[:500]!r}")
            for path in (f"/v2/models/{NAME}/infer", f"/v2/models/{NAME}/versions/1.0.0/infer"):
                for datatype, data in DATA.items():
                    request = {"id": "42", "inputs": [{"name": "in_" + datatype.lower(), "datatype": datatype,
                                                       "shape": [1, len(data)] if datatype == "FP32" else [len(data)],
                                                       "data": data}]}
                    status, answer = call_json(url + path, request)
                    check(status == 200, f"{path} {datatype}: {status} {json.dumps(answer)[:500]}")
                    check(answer["id"] == "42", f"{path} {datatype}: the id is not echoed")
                    check(answer["outputs"][0]["data"] == data, f"{path} {datatype}: {answer['outputs']}")
            # An error of ours must be within the contract as well.
            status, answer = call_json(url + f"/v2/models/{NAME}/infer", {"inputs": [
                {"name": "in_fp32", "datatype": "FP32", "shape": [1, 3], "data": [1.0]}]})
            check(status == 400 and "inputs[0].data" in answer.get("error", ""),
                  f"a bad request got {status} {answer}")
        finally:
            proxy.terminate()
            proxy.wait(20)
    print(f"{len(DATA)} datatypes through the contract on both infer routes")


if __name__ == "__main__":
    sys.exit(main())

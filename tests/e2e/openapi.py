"""openapi.py: /openapi.json is accepted by a public validator (npm @seriousme/openapi-schema-validator).

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile

from npm_tool import npm_tool
from stoa_host import Host, call, check

ROOT = pathlib.Path(__file__).parents[2]


def same_routes(document):
    """What the sources register below /v1 and /log is what is described, no more and no less; the names of parameters apart."""
    def nameless(path):
        return re.sub(r"{[^}]*}", "{}", path)
    described = {(method, nameless(path)) for path, operations in document["paths"].items() for method in operations
                 if method in ("get", "post", "put", "delete", "patch") and path.startswith(("/v1/", "/log/"))}
    registered, paths = set(), set()
    for file in (ROOT / "host").rglob("*.cpp"):
        if file.name.startswith(("openapi", "bench_")) or file.name.endswith("_test.cpp"):
            continue
        text = file.read_text(encoding="utf-8")
        paths |= {nameless(path) for path in re.findall(r'"(/(?:v1|log)/[^"]*)"', text)}
        registered |= {({"del": "delete"}.get(method, method), nameless(path))
                       for method, path in re.findall(r'Method::(\w+),\s*{?"(/(?:v1|log)/[^"]*)"', text)}
    check(len(registered) > 100, f"only {len(registered)} routes were found in the sources")
    check(registered <= described, f"not described: {sorted(registered - described)}")
    check({path for _, path in described} <= paths, f"described, and in no source: {sorted({path for _, path in described} - paths)}")
    print(f"{len(described)} operations below /v1 and /log are described, {len(registered)} of them found in the sources with their method")


def main():
    validate = npm_tool("@seriousme/openapi-schema-validator@2", "validate-api")
    with Host(["null"]) as host, tempfile.TemporaryDirectory() as folder:
        status, headers, body = call(host.url + "/openapi.json")
        check(status == 200, f"GET /openapi.json: {status}")
        document = json.loads(body)
        check(document["openapi"].startswith("3.1"), "not OpenAPI 3.1")
        status, _, rest = call(host.url + "/openapi.json", headers={"If-None-Match": headers["ETag"]})
        check(status == 304 and rest == b"", f"If-None-Match answers {status} with {len(rest)} bytes")
        path = os.path.join(folder, "openapi.json")
        with open(path, "wb") as file:
            file.write(body)
        done = subprocess.run([validate, path], capture_output=True, text=True, timeout=60)
        check(json.loads(done.stdout)["valid"] is True, f"the validator refuses it: {done.stdout[-3000:]} {done.stderr[-1000:]}")
        same_routes(document)
        # Every path of it that needs no model is there.
        for path, operations in document["paths"].items():
            # This host has no registry, which is what /v1 is, and no ledger, whose log is /log.
            if "{" in path or "get" not in operations or path.startswith(("/v1/", "/log/")):
                continue
            url = host.operator_url if path == "/metrics" else host.url
            wanted = 200 if "200" in operations["get"]["responses"] else 501  # what is not offered is described as such
            status = call(url + path)[0]
            check(status == wanted, f"GET {path} answers {status}, described is {wanted}")
    print("ok")


main()

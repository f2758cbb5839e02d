"""openapi.py: /openapi.json is accepted by a public validator, and its tag answers 304.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import subprocess
import tempfile

from npm_tool import npm_tool
from stoa_host import Host, call, check


def main():
    redocly = npm_tool("@redocly/cli@1", "redocly")
    with Host(["null"]) as host, tempfile.TemporaryDirectory() as folder:
        status, headers, body = call(host.url + "/openapi.json")
        check(status == 200, f"GET /openapi.json: {status}")
        check(json.loads(body)["openapi"].startswith("3.1"), "not OpenAPI 3.1")
        path = os.path.join(folder, "openapi.json")
        with open(path, "wb") as file:
            file.write(body)
        # struct: the specification itself; recommended adds style, of which warnings are allowed and errors are not.
        for rules in ("minimal", "recommended"):
            done = subprocess.run([redocly, "lint", "--extends", rules, path], capture_output=True, text=True, timeout=120,
                                  env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"})
            print(done.stdout[-2000:], done.stderr[-2000:])
            check(done.returncode == 0, f"redocly lint ({rules}) refuses the document")
    print("ok")


main()

"""deep_json.py: every route of /openapi.json that takes JSON is sent a body of 100,000 levels: it says what is wrong, and the host
answers on.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import json
import re
import sys

from market import NULL, Market
from stoa_host import call, check

LEVELS = 100_000
CONFIG = '[settlement]\nname = "Hall Ltd"\niban = "DE89370400440532013000"\n[webhooks]\n'
BODIES = (b'{"subject":{"customer":"dp"},"covers":' + b"[" * LEVELS + b"]" * LEVELS + b"}",
          b'{"terms":' * LEVELS + b"1" + b"}" * LEVELS,
          b"[" * LEVELS + b"]" * LEVELS)
NAMES = {"publisher": NULL.split("/")[0], "model": NULL.split("/")[1], "name": "stoa-demo"}


def routes(document):
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if "application/json" in operation.get("requestBody", {}).get("content", {}):
                yield method.upper(), re.sub(r"{(\w+)}", lambda name: NAMES.get(name[1], "x"), path)


def main():
    with Market(more=CONFIG) as market:
        customer = market.take("POST", "/v1/customers", {"name": "northwind"})["id"]
        key = market.take("POST", f"/v1/customers/{customer}/keys", {"name": "k", "scopes": ["infer", "account", "manage"]})["key"]
        planes = ((market.operator_url, ("admin", "stoa-demo")), (market.url, ("",)))
        document = json.loads(call(market.url + "/openapi.json")[2])
        told, taken = collections.Counter(), 0
        for method, path in routes(document):
            reasons = set()
            for body in BODIES:
                for url, whose in planes:
                    for who in whose:
                        token = market.tokens[who] if who else key
                        status, fields, _ = call(url + path, body, {"Authorization": "Bearer " + token,
                                                                    "Content-Type": "application/json"}, method=method)
                        reason = fields["x-stoa-reason"] or "none"
                        check(400 <= status < 500 or status == 501, f"{method} {url}{path} as {who or 'customer'} answers {status} {reason}")
                        reasons.add((status, reason))
                        told[reason] += 1
            if path.startswith("/v1/"):
                check((400, "registry.json") in reasons, f"{method} {path} is answered by {reasons}")
            taken += 1
            check(market.process.poll() is None, f"{method} {path} ended the host")
        check(taken > 60, f"{taken} routes take JSON")
        check(call(market.operator_url + "/v1/whoami", headers={"Authorization": "Bearer " + market.tokens["admin"]})[0] == 200,
              "the host does not answer any more")
        print(f"{taken} routes refused {sum(told.values())} bodies of {LEVELS} levels: {dict(told)}")


if __name__ == "__main__":
    sys.exit(main())

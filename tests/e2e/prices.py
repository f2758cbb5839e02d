"""prices.py: the commands of docs/how-to/set-prices.md, executed as they stand there; then what must not work, and a restart.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import subprocess
import sys

from stoa_host import BUILD, Host, call, check, stoa

PAGE = pathlib.Path(__file__).parents[2] / "docs/how-to/set-prices.md"


def main():
    environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]}
    config = '[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\nissuer_key = "platform.key.pem"\n'
    with PricedHost([], config) as host:
        environment["STOA_TOKEN_FILE"] = str(host.folder / "registry/admin.token")
        environment["STOA_REGISTRY"] = host.operator_url
        (host.folder / "admin.token").symlink_to(host.folder / "registry/admin.token")

        def run(commands, status=0, where=None):
            commands = commands.replace("http://127.0.0.1:8081", host.operator_url).replace("http://127.0.0.1:8080", host.url)
            done = subprocess.run(["bash", "-ec", commands], cwd=where or host.folder, env=environment, timeout=60,
                                  capture_output=True, text=True)
            print(f"$ {commands}\n{done.stdout}{done.stderr}", end="")
            check(done.returncode == status, f"{commands}: ended with {done.returncode}, not {status}")
            return done.stdout + done.stderr

        def listed(what):
            return json.loads(run(f"stoa {what} --json"))["items"]

        for name in ("demo", "corpus"):
            run(f"stoa keygen --out {name}")
        run("stoa publishers create stoa-demo --token-out demo.token && stoa publishers let-pass stoa-demo && "
            "stoa publishers add-key stoa-demo --key demo.key.pem --token-file demo.token")
        run("stoa customers create northwind && stoa keys create northwind head --scope account --out head.key && "
            "stoa licences issue --customer northwind --model stoa-demo/release")
        blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S)
        check(len(blocks) == 7, f"the page has {len(blocks)} blocks")
        said = []
        for block in blocks:
            if "$AGREEMENT" in block:
                environment["AGREEMENT"] = listed("agreements list")[0]["id"]
                environment["PRICES"] = listed("prices list")[0]["id"]
            said.append(run(block))
        check("stoa-demo/release" in said[-1] and "EUR" in said[-1], "the customer does not see the price")
        check("publisher/stoa-demo" in said[4], "verify does not say who has signed it")

        agreement, prices = environment["AGREEMENT"], environment["PRICES"]
        check(listed("agreements list")[0]["state"] == "active", "the agreement does not count")
        check(listed("prices charges")[0]["agreement"] == agreement, "the model is not charged by it")
        parties = "--party publisher/stoa-demo=demo.pub.pem --party data/corpus=corpus.pub.pem"
        check("agreement.signed_already" in run(f"stoa agreements countersign {agreement}", 1), "it was signed twice")
        check("signature.unknown_key" in run(f"stoa agreements verify signed.json {parties} --party platform=demo.pub.pem", 1),
              "another key stands for the platform's")
        check("--party" in run(f"stoa agreements verify signed.json {parties}", 2), "a party's key is not asked for")
        bundle = json.loads((host.folder / "signed.json").read_text())
        bundle["document"] = bundle["document"].replace("700000", "800000").replace("200000", "100000")
        (host.folder / "altered.json").write_text(json.dumps(bundle))
        check("agreement.other_terms" in run(f"stoa agreements verify altered.json {parties} --party platform=platform.pub.pem", 1),
              "altered terms are verified")
        bundle["signatures"] = bundle["signatures"][1:]
        (host.folder / "short.json").write_text(json.dumps({**bundle, "document": json.loads(
            (host.folder / "signed.json").read_text())["document"]}))
        check("agreement.not_signed" in run(f"stoa agreements verify short.json {parties} --party platform=platform.pub.pem", 1),
              "a signature that is missing is not missed")
        check("price.terms" in run(f"sed 's/EUR/USD/' prices.json > usd.json && stoa prices replace {prices} usd.json", 1),
              "a list changed its currency")
        run(f"sed 's/0.01/0.02/' prices.json > dearer.json && stoa prices replace {prices} dearer.json")
        check([one["state"] for one in listed(f"prices versions {prices}")] == ["active", "superseded"], "no version follows")
        seen = run("stoa prices list --token-file demo.token")
        check(prices in seen, "the publisher does not see its prices")

        host.process.kill()
        host.process.wait()
        host.ports_file.unlink()
        host.serve()
        environment["STOA_REGISTRY"] = host.operator_url
        check(listed("agreements list")[0]["state"] == "active" and len(listed("prices charges")) == 1, "kill -9 lost some of it")
        key = (host.folder / "head.key").read_text().strip()
        status, _, body = call(host.url + "/v1/account/prices", headers={"Authorization": "Bearer " + key})
        check(status == 200 and json.loads(body)["items"][0]["prices"]["version"] == 2, f"the customer sees {status} {body}")
        run(f"stoa agreements terminate {agreement} --because 'sold to somebody else'")
        status, _, body = call(host.url + "/v1/account/prices", headers={"Authorization": "Bearer " + key})
        check(json.loads(body)["items"] == [], f"a model without an agreement has a price: {body}")
    print("ok")


class PricedHost(Host):
    """With the platform's key, before it starts."""

    def start(self):
        stoa("keygen", "--out", self.folder / "platform")
        return super().start()


sys.exit(main())

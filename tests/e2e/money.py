"""money.py: the commands of docs/how-to/pay-publishers.md, executed as they stand there; then kill -9, a restart, and asking again.

SPDX-License-Identifier: Apache-2.0
"""
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.request

from stoa_host import BUILD, Host, call, check

PAGE = pathlib.Path(__file__).parents[2] / "docs/how-to/pay-publishers.md"
CONFIG = """
[registry]
folder = "registry"
[licensing]
folder = "licensing"
[billing]
folder = "billing"
"""


def blocks(kind):
    return re.findall(r"```%s\n(.*?)```" % kind, PAGE.read_text(), re.S)


def commands():
    lines = [line.strip() for block in blocks("sh") for line in block.splitlines()]
    return [line for line in lines if re.match(r"(stoa|export) ", line)]


def last_month():
    return (datetime.datetime.now(datetime.UTC).replace(day=1) - datetime.timedelta(days=1)).strftime("%Y-%m")


def audited(run):
    """Who moved money, page by page, and the log as a whole."""
    all_lines = json.loads(run("stoa ledger audit list --most 1000 --json"))["items"]
    pages, before = [], ""
    while True:
        page = json.loads(run(f"stoa ledger audit list --most 3 --json {before}"))
        pages += page["items"]
        if "next" not in page:
            break
        before = f"--before {page['next']}"
    check(pages == all_lines and len(pages) > 4, f"{len(pages)} lines in pages, {len(all_lines)} at once")
    whole = json.loads(run("stoa ledger audit verify --json"))
    check(whole["lines"] == len(all_lines) and len(whole["sha256"]) == 64, f"the log as a whole: {whole}")
    first = json.loads(run("stoa ledger acts --most 1 --json"))
    second = json.loads(run(f"stoa ledger acts --most 1 --after {first['next']} --json"))
    check(first["items"][0]["id"] != second["items"][0]["id"], "the second page of acts is the first")
    credits = json.loads(run("stoa ledger acts --kind credit --customer northwind --json"))["items"]
    check([act["kind"] for act in credits] == ["credit"], f"credits: {credits}")
    check("earlier ones: --before" in run("stoa ledger audit list --most 1"), "the text does not name the next page")
    check("usage" in run("stoa ledger audit head", 2), "an action that is none")


def main():
    environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]}
    settings = blocks("toml")[0].split("\n", 1)[1]
    with Host([], CONFIG + settings) as host:
        (host.folder / "admin.token").symlink_to(host.folder / "registry/admin.token")

        def run(line, status=0):
            line = line.replace("http://127.0.0.1:8081", host.operator_url)
            if line.startswith("export "):
                environment.update(pair.split("=", 1) for pair in line.split()[1:])
                return ""
            done = subprocess.run(line, shell=True, cwd=host.folder, env=environment, timeout=60, capture_output=True, text=True)
            print(f"$ {line}\n{done.stdout}{done.stderr}", end="")
            check(done.returncode == status, f"{line}: ended with {done.returncode}, not {status}")
            return done.stdout + done.stderr

        run("export STOA_REGISTRY=http://127.0.0.1:8081 STOA_TOKEN_FILE=admin.token")
        run("stoa customers create northwind")
        check("billing.no_customer" in run("stoa wallets show northwind", 1), "a wallet without terms")
        terms = urllib.request.Request(host.operator_url + "/v1/customers/northwind/billing", method="PUT", headers={
            "Authorization": "Bearer " + (host.folder / "admin.token").read_text().strip()},
            data=json.dumps({"currency": "EUR", "tax_ppm": 190000, "tax_office": "DE"}).encode())
        check(urllib.request.urlopen(terms, timeout=30).status == 200, "the customer has no terms")
        run("stoa keys create northwind own --scope account --out own.key")
        listed = commands()
        for line in listed:
            run(line)
        check(len(listed) == 16, f"the page has {len(listed)} commands")

        wallet = json.loads(run(f"stoa wallets show --key-file own.key --host {host.url} --json"))
        check((wallet["wallet"], wallet["credit"]) == ("30", "5"), f"the customer sees {wallet}")
        again = "stoa wallets top-up northwind 30.00 --reason 'transfer of 3 November' --once transfer-4711 --json"
        first = json.loads(run(again))
        check("request.token_reused" in run(again.replace("30.00", "31.00"), 1), "another amount with the same token")
        month = last_month()
        run(f"stoa statements close {month} --reason 'it is over'")
        check("month.closed" in run(f"stoa statements close {month} --reason 'it is over'", 1), "it was closed twice")
        check("month.open" in run("stoa statements close 2999-01 --reason 'it will be'", 1), "the future was closed")
        check("refund.not_a_call" in run(f"stoa refunds create {first['entry']} --reason why", 1), "a top-up was refunded")
        check("ledger.overdraft" in run("stoa adjustments create --posting wallet:nobody=1 --posting suspense=-1 --reason why", 1),
              "a wallet went below zero")
        check("payout.iban" in run("stoa payouts payee publisher/acme GB83WEST12345698765432 --name A --reason why", 1), "a wrong IBAN")
        check("--reason" in run("stoa wallets top-up northwind 1", 2), "without a reason")

        host.process.kill()
        host.process.wait()
        host.ports_file.unlink()
        host.serve()
        environment["STOA_REGISTRY"] = host.operator_url
        check(json.loads(run(again)) == first, "asked again after kill -9 it is another act")
        key = (host.folder / "own.key").read_text().strip()
        status, _, body = call(host.url + "/v1/account/wallet", headers={"Authorization": "Bearer " + key})
        check(status == 200 and json.loads(body) == wallet, f"after kill -9 the customer sees {status} {body}")
        check(len(json.loads(run("stoa statements months --json"))["items"]) == 1, "the closed month is not there")
        kinds = [act["kind"] for act in json.loads(run("stoa ledger acts --json"))["items"]]
        check(kinds == ["adjustment", "adjustment", "credit", "top_up"], f"acts: {kinds}")
        audited(run)
    print("ok")


sys.exit(main())

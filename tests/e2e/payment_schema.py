"""payment_schema.py: payment files of a real host against ISO 20022's own schema, which Debian has in the tests of one of its
packages (pain.001.001.05). The files are of version 09, which says a day as <ReqdExctnDt><Dt>…</Dt></ReqdExctnDt>: that and the
namespace are written as 05 has them before the schema is asked. SPDX-License-Identifier: Apache-2.0"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from market import NULL, Market, day
from stoa_host import BUILD, check, skip

PACKAGE = "tryton-modules-account-payment-sepa"
CONFIG = '[settlement]\nname = "Hall & <Sons> Ltd"\niban = "DE89370400440532013000"\nbic = "COBADEFFXXX"\npayout_min = "0.01"\nreserve_ppm = 0\n'
PAYEES = {  # party: name, iban, bic
    "publisher/stoa-demo": ("Acme & Söhne <GmbH> \"1\"", "GB82WEST12345698765432", None),
    "partner/blog": ("B", "NL91ABNA0417164300", "ABNANL2A"),
    "data/corpus": ("A name of seventy characters, which is as long as one may be in there", "FR1420041010050500013M02606", None),
}


def schema():
    """The file, fetched once; skips where Debian's packages are out of reach."""
    for tool in ("xmllint", "apt-get", "dpkg"):
        if not shutil.which(tool):
            skip(f"{tool} is not installed")
    folder = pathlib.Path(os.path.dirname(os.path.abspath(BUILD))) / "schema"
    found = sorted(folder.rglob("pain.001.001.05.xsd"))
    if not found:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as fetched:
            got = subprocess.run(["apt-get", "download", PACKAGE], cwd=fetched, capture_output=True, text=True, timeout=120)
            packages = list(pathlib.Path(fetched).glob("*.deb"))
            if got.returncode != 0 or not packages:
                skip(f"apt-get could not download {PACKAGE}: {got.stderr[-300:]}")
            subprocess.run(["dpkg", "-x", packages[0], folder], check=True, timeout=60)
        found = sorted(folder.rglob("pain.001.001.05.xsd"))
        if not found:
            skip(f"{PACKAGE} has no pain.001.001.05.xsd")
    return found[0]


def as_version_05(text):
    text, spaces = re.subn(r"pain\.001\.001\.09", "pain.001.001.05", text)
    text, days = re.subn(r"<ReqdExctnDt><Dt>(\d{4}-\d\d-\d\d)</Dt></ReqdExctnDt>", r"<ReqdExctnDt>\1</ReqdExctnDt>", text)
    check((spaces, days) == (1, 1), f"{spaces} namespaces, {days} days of execution in {text[:200]}")
    return text


def flaws(xsd, text):
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", xsd, "-"], input=text, capture_output=True, text=True, timeout=60)
    return "" if done.returncode == 0 else done.stderr


def main():
    xsd = schema()
    with Market(CONFIG, begins="2031-03-10") as market:
        key = market.add_customer("northwind", pays="afterwards", credit_limit="1000")
        prices = market.prices("stoa-demo", [{"meter": "call", "model": "per_unit", "tiers": [{"price": "12.345678"}]}])
        market.charge(NULL, prices, market.agree("stoa-demo", {"publisher/stoa-demo": 600_000, "partner/blog": 300_000, "data/corpus": 100_000}))
        for _ in range(3):
            market.paid(key)
        market.clock.set(day("2031-04-06"))
        closed = None

        def is_closed():
            nonlocal closed
            status, _, closed = market.send("POST", "/v1/periods/2031-03/close", {"reason": "the month is over"})
            return status == 200
        check(market.wait_for(is_closed, 20), f"March is not closed: {closed}")
        for party, (name, iban, bic) in PAYEES.items():
            market.take("PUT", "/v1/payees", {"party": party, "name": name, "iban": iban, "reason": "by letter", **({"bic": bic} if bic else {})})
        run = market.take("POST", "/v1/payouts/run", {"reason": "monthly"})
        check(sorted(one["party"] for one in run["items"] if one["state"] == "submitted") == sorted(PAYEES), f"the run: {run}")
        files = sorted((market.folder / "billing/payouts").glob("bat_*.xml"))
        check(files, "there is no payment file")
        transfers = 0
        for file in files:
            text = as_version_05(file.read_text(encoding="utf-8"))
            check(not flaws(xsd, text), f"{file.name}: {flaws(xsd, text)}\n{text}")
            transfers += text.count("<CdtTrfTxInf>")
            broken = text.replace("<PmtMtd>TRF</PmtMtd>", "<PmtMtd>CASH</PmtMtd>")
            check("PmtMtd" in flaws(xsd, broken), "the schema takes what it should not")
        check(transfers == len(PAYEES), f"{transfers} transfers of {len(PAYEES)}")
        print(f"{len(files)} payment files with {transfers} transfers are what {xsd.name} asks for")


if __name__ == "__main__":
    sys.exit(main())

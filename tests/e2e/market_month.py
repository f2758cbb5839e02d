"""market_month.py: a month on a whole host, from its prices to the bank, and each figure worked out once more by market_arithmetic.py.

SPDX-License-Identifier: Apache-2.0
A customer pays ahead in EUR, another afterwards in USD. Prices have a free tier, included units, graduated and volume tiers, packages and a
minimum, and one changes while four clients call. Shares are 70/20/10; with a referral and an advance; with fees by tiers and a guarantee.
"""
import csv
import io
import json
import sys
import threading
import time
import xml.etree.ElementTree

from market import METERED, NULL, Market, day
from market_arithmetic import MILLION, Shares, Taxes, nano, taken_back
from month_books import AGREEMENTS, LATE, LISTS, PACKAGED, QUOTA, TAXES, Books
from stoa_host import check

QUOTA_BODY = {"inputs": [{"name": "in_fp32", "datatype": "FP32", "shape": [1, 1], "data": [1]}]}
CONFIG = ('[settlement]\nname = "Hall Ltd"\niban = "DE89370400440532013000"\npayout_min = "0.50"\nreserve_ppm = 100000\nreserve_days = 30\n')
SOON_S = 3  # terms count within a second, and a busy machine may take a moment more


class Month(Market):
    def set_up(self):
        self.key = {"northwind": self.add_customer("northwind", tax_ppm=190_000, tax_office="DE"),
                    "fabrikam": self.add_customer("fabrikam", "USD", pays="afterwards", credit_limit="1000", tax_ppm=77_000, tax_office="CH")}
        self.top_up("northwind", "100.00")
        self.take("POST", "/v1/wallets/northwind/credits", {"amount": "1.50", "currency": "EUR", "expires": "2099-12-31", "reason": "a welcome"})
        self.lists, agreed = {}, {}
        for model, (currency, meters, more) in LISTS.items():
            publisher = model.split("/")[0]
            self.lists[model] = self.prices(publisher, meters, currency, **more)
            terms = json.dumps(AGREEMENTS[model])
            if terms not in agreed:
                document = {"publisher": publisher, "currency": currency, **AGREEMENTS[model]}
                agreed[terms] = self.take("POST", "/v1/agreements", document)["id"]
                for party in self.take("GET", f"/v1/agreements/{agreed[terms]}")["missing"]:
                    self.sign(agreed[terms], party)
            self.charge(model, self.lists[model], agreed[terms])
        self.calls = []  # number, customer, model, when it was asked and answered

    def call(self, customer, model, body=None, action="infer"):
        asked = time.monotonic()
        number = self.paid(self.key[customer], model, body, action)
        self.calls.append((number, customer, model, asked, time.monotonic()))
        return number

    def calls_of_all_kinds(self):
        for _ in range(230):
            self.call("northwind", NULL)
        for _ in range(17):
            self.call("northwind", PACKAGED)
        quota = [self.call("northwind", QUOTA, QUOTA_BODY) for _ in range(14)]
        for tokens in (1, 40, 58, 3, 0, 99, 25):  # over the border of the cheaper price, which makes the next ones free
            self.call("fabrikam", METERED, {"text_input": "a", "times": tokens, "parameters": {"max_tokens": max(tokens, 1)}}, "generate")
        return quota

    def price_changes_under_load(self):
        """Each call bears the price of its time: of before up to the change, of after from a second behind it on."""
        done = threading.Event()

        def client():
            while not done.is_set():
                self.call("northwind", NULL)
                time.sleep(0.02)
        clients = [threading.Thread(target=client, daemon=True) for _ in range(4)]
        for one in clients:
            one.start()
        time.sleep(0.7)
        asked = time.monotonic()
        currency, _, more = LISTS[NULL]
        self.take("PUT", f"/v1/prices/{self.lists[NULL]}", {"publisher": "stoa-demo", "currency": currency, "meters": LATE, **more})
        answered = time.monotonic()
        calls = len(self.calls)
        check(self.wait_for(lambda: time.monotonic() > answered + SOON_S + 0.5 and len(self.calls) > calls + 60, 60), "nobody calls any more")
        done.set()
        for one in clients:
            one.join()
        return asked, answered

    def close(self, month, on):
        self.clock.set(day(on))
        closed = None

        def is_closed():
            nonlocal closed
            status, _, closed = self.send("POST", f"/v1/periods/{month}/close", {"reason": "the month is over"})
            return status == 200
        check(self.wait_for(is_closed, 20), f"{month} is not closed: {closed}")
        return closed


def calls_are_what_terms_say(market, books, change):
    """Every entry, held against what the terms come to; the entries of calls by number."""
    entries, versions = {}, {"/1": 0, "/2": 0}
    for number, customer, model, asked, answered in sorted(market.calls):
        entry = entries[number] = market.take("GET", f"/v1/receipts/{number}", key=market.key[customer])["entry"]
        usage = entry["usage"]
        if model == NULL:
            version = usage["price"][-2:]
            versions[version] += 1
            check(version == "/1" or answered >= change[0], f"call {number} ended before the change, and bears {usage['price']}")
            check(version == "/2" or asked <= change[1] + SOON_S, f"call {number} began after the change, and bears {usage['price']}")
        units = {meter: count for meter, count in usage["units"].items() if "/" not in meter}
        credits, gross, tax = books.call(customer, model, usage["price"], units)
        found = {one["account"]: -nano(one["amount"]) for one in entry["postings"] if nano(one["amount"]) < 0}
        check((nano(usage["gross"]), nano(usage["tax"]), found) == (gross, tax, credits),
              f"call {number} of {model}: {usage} {found}, want {gross} {tax} {credits}")
    check(min(versions.values()) > 20, f"calls by the old and the new price: {versions}")
    return entries


def refund(market, books, entries, number, amount=None, bearer="all", before=()):
    """Of a call of northwind, of which parts of before were given back."""
    act = market.take("POST", "/v1/refunds", {"entry": number, "bearer": bearer, "reason": "it was slow", **({"amount": amount} if amount else {})})
    earners = [one for one in entries[number]["postings"] if nano(one["amount"]) < 0]
    parts = [-nano(one["amount"]) for one in earners]
    given = [0] * len(parts)
    for step in before:
        given = [one + more for one, more in zip(given, taken_back(parts, given, nano(step)))]
    whole = nano(amount) if amount else sum(parts) - sum(given)
    check(nano(act["amount"]) == whole, f"refund of {number}: {act}")
    steps = {one["account"]: -step for one, step in zip(earners, taken_back(parts, given, whole))}
    books.book("refund", steps, "northwind", -whole)
    if bearer == "platform":
        back = {account: -step for account, step in steps.items() if account.startswith(("payable:", "referral:")) and step}
        books.book("adjustment", {**back, "expense:refund_absorbed": -sum(back.values())}, None, 0)


def documents_say_so(market, books, month, opening):
    """Statements and invoices of a month: JSON, CSV and page; the closings by party."""
    closings = {}
    names = {customer: name for name, customer in market.customers.items()}
    for kind in ("statements", "invoices"):
        for listed in market.items(f"/v1/{kind}?month={month}"):
            one = market.take("GET", f"/v1/{kind}/{listed['number']}")
            who = one.get("party") or names[one["customer"]]
            found = {(line["kind"], line.get("model", ""), line.get("price", "")): [
                line["entries"], line.get("units", {}), nano(line.get("gross", "0")), nano(line["amount"])] for line in one["lines"]}
            want = {key[1:]: line for key, line in books.lines.items() if key[0] == who}
            check(found == want, f"{kind} of {who}: {found}, want {want}")
            closing = opening.get(who, 0) + sum(line[3] for line in want.values())
            check((nano(one["opening"]), nano(one["closing"])) == (opening.get(who, 0), closing), f"{kind} of {who}: {one}, want {closing}")
            closings[who] = closing
            rows = list(csv.DictReader(io.StringIO(market.take("GET", f"/v1/{kind}/{one['number']}?form=csv")["text"])))
            amounts = [nano(row["amount"]) for row in rows if row["kind"] not in ("opening", "closing", "tax", "due")]
            check(sum(amounts) + opening.get(who, 0) == closing and len(amounts) == len(want), f"{kind} of {who} as CSV: {rows}")
            page = market.take("GET", f"/v1/{kind}/{one['number']}?form=page")["text"]
            sign, whole = "-" if closing < 0 else "", abs(closing)
            check(f"closing{f'{sign}{whole // 10**9}.{whole % 10**9:09}':>57}" in page, f"{kind} of {who} as a page: {page}")
            if kind == "invoices":
                check(nano(one["due"]) == max(0, -closing) // 10**7 * 10**7, f"due: {one}")
    check(set(closings) == {key[0] for key in books.lines} | set(opening), f"documents of {sorted(closings)}")
    return closings


def month_ends(market, books, closed):
    """What March's end brings, as entries of April: {party: what is kept of it}."""
    april, kept = Books(), {}
    gross = sum(line[2] for key, line in books.lines.items() if key[0] == "northwind" and key[2] == NULL)
    more = nano("30.00") - gross
    check(more > 0, f"more than the minimum was used: {gross}")
    tax = Taxes(TAXES["northwind"][1]).on(more)
    april.book("adjustment", {**Shares("stoa-demo", AGREEMENTS[NULL]).share(more), "tax:DE": tax}, "northwind", more + tax)
    earned = books.lines[("publisher/stoa-test", "usage", METERED, market.lists[METERED] + "/1")][3]
    april.book("guarantee", {"payable:publisher/stoa-test": nano("20.00") - earned, "expense:guarantee": earned - nano("20.00")}, None, 0)
    referred = books.balance["referral:partner/blog"]
    april.book("adjustment", {"payable:partner/blog": referred, "referral:partner/blog": -referred}, None, 0)
    for party in ("data/corpus", "publisher/stoa-demo", "publisher/stoa-test"):
        kept[party] = sum(line[3] for key, line in books.lines.items() if key[:2] == (party, "usage")) * 100_000 // MILLION
        april.book("adjustment", {"payable:" + party: -kept[party], "reserve:" + party: kept[party]}, None, 0)
    check(closed["acts"] == 6, f"the month's end brought {closed}")
    return april, kept


def paid_out(market, april, owed, files):
    """A run pays what is owed in whole cents; the payment files are ISO 20022's pain.001 in the order of their elements."""
    run = market.take("POST", "/v1/payouts/run", {"reason": "monthly"})
    cents = {party: amount // 10**7 * 10**7 for party, amount in owed.items()}
    found = {one["party"]: nano(one["amount"]) for one in run["items"] if one["state"] == "submitted"}
    check(found == cents and not run["failures"], f"submitted {found}, want {cents}: {run}")
    tag = "{urn:iso:std:iso:20022:tech:xsd:pain.001.001.09}"
    transfers = {}
    written = sorted((market.folder / "billing/payouts").glob("bat_*.xml"))
    check(len(written) == files, f"payment files: {written}")
    for file in written:
        (initiation,) = xml.etree.ElementTree.parse(file).getroot()
        header, *payments = initiation
        check([one.tag for one in header] == [tag + name for name in ("MsgId", "CreDtTm", "NbOfTxs", "CtrlSum", "InitgPty")], f"{file}: header")
        for payment in payments:
            names = [one.tag.removeprefix(tag) for one in payment]
            check(names[:8] == ["PmtInfId", "PmtMtd", "NbOfTxs", "CtrlSum", "ReqdExctnDt", "Dbtr", "DbtrAcct", "DbtrAgt"] and
                  set(names[8:]) == {"CdtTrfTxInf"}, f"{file}: {names}")
            amounts = [nano(one.text) for one in payment.iter(tag + "InstdAmt")]
            check(nano(header.find(tag + "CtrlSum").text) == nano(payment.find(tag + "CtrlSum").text) == sum(amounts), f"{file}: sums")
            check(int(header.find(tag + "NbOfTxs").text) == len(amounts) == len(names) - 8, f"{file}: how many")
            ids = [one.text for one in payment.iter(tag + "EndToEndId")]
            check(all(len(one) <= 35 for one in ids), f"{file}: {ids}")
            transfers.update(zip(ids, amounts))
    for one in run["items"]:
        if one["state"] != "submitted":
            continue
        check(transfers[one["id"]] == nano(one["amount"]), f"{one} is not in the file")
        market.take("POST", f"/v1/payouts/{one['id']}/settle", {"reason": "on the account"})
        april.book("payout", {"payable:" + one["party"]: -nano(one["amount"])}, None, 0)


def reserves_come_back(market, may, kept):
    """After their days, when the host looks: at its start and each minute."""
    market.clock.set(day("2031-05-08"))
    market.again()
    for party, amount in kept.items():
        may.book("adjustment", {"payable:" + party: amount, "reserve:" + party: -amount}, None, 0)

    def are_back():
        return all(nano(one["balance"]) == 0 for one in market.items("/v1/ledger/balances?prefix=reserve:"))
    check(market.wait_for(are_back, 20), f"reserves are not given back: {market.items('/v1/ledger/balances?prefix=reserve:')}")


def balances_are(market, *books):
    """Every account, after all of it; customers' and the bank's are in the invoices and the payment files."""
    want = {}
    for one in books:
        for account, credit in one.balance.items():
            want[account] = want.get(account, 0) + credit
    found = {}  # of both currencies together, as the books have them
    for one in market.items("/v1/ledger/balances?limit=1000"):
        found[one["account"]] = found.get(one["account"], 0) + nano(one["balance"])
    debits = ("expense:", "advance:")
    for account, balance in found.items():
        if not account.startswith(("wallet:", "promo:", "recv:", "cash:", "expense:promo")):
            check(balance == (-1 if account.startswith(debits) else 1) * want.get(account, 0), f"{account} has {balance}, want {want.get(account)}")
    missing = [account for account in want if account not in TAXES and account not in found]
    check(not missing, f"accounts that are not there: {missing}")


def audits_are_equal(market):
    (market.folder / "log.key").write_bytes(market.send("GET", "/log/key")[2])
    for publisher in market.trusted:
        folder = f"earnings-{publisher}"
        market.command("audit", "fetch", folder, "--publisher", publisher, "--log-key", "log.key", who=publisher)
        found = json.loads(market.stoa("audit", "check", folder, "--log-key", "log.key", "--json"))
        check(found["equal"] and found["statements"] == 2, f"{publisher}: {found}")
        own = json.loads(market.stoa("audit", "statement", folder, "--month", "2031-03", "--log-key", "log.key", "--json"))
        (own,) = own if isinstance(own, list) else own.get("items") or own["statements"]
        issued = next(one for one in market.items(f"/v1/publishers/{publisher}/statements?month=2031-03", who=publisher))
        check((own["opening"], own["closing"]) == (issued["opening"], issued["closing"]), f"{publisher}: {own}, issued {issued}")
    price = next((market.folder / "earnings-stoa-demo/prices").glob("*_2.json"), None) or sorted(
        (market.folder / "earnings-stoa-demo/prices").iterdir())[0]
    price.write_bytes(price.read_bytes().replace(b'"0.017"', b'"0.018"').replace(b'"0.013"', b'"0.012"'))
    said = market.stoa("audit", "check", "earnings-stoa-demo", "--log-key", "log.key", status=1)
    check("audit.differs" in said and "entry" in said, f"an altered price is not found: {said}")
    print("altered:", said.splitlines()[0])


def main():
    with Month(begins="2031-03-10", more=CONFIG) as market:
        market.set_up()
        quota = market.calls_of_all_kinds()
        change = market.price_changes_under_load()
        books = Books()
        entries = calls_are_what_terms_say(market, books, change)
        books.book("top_up", {}, "northwind", -nano("100.00"))
        books.book("adjustment", {}, "northwind", -nano("1.50"))
        refund(market, books, entries, quota[7])
        refund(market, books, entries, quota[8], "0.1")
        refund(market, books, entries, quota[8], "0.033333333", before=["0.1"])
        refund(market, books, entries, quota[9], "0.07", "platform")
        closed = market.close("2031-03", "2031-04-06")
        closings = documents_say_so(market, books, "2031-03", {})
        april, kept = month_ends(market, books, closed)
        for party in ("publisher/stoa-demo", "data/corpus", "publisher/stoa-test"):
            market.take("PUT", "/v1/payees", {"party": party, "name": party, "iban": "GB82WEST12345698765432", "reason": "by letter"})
        owed = {party: closings[party] - kept[party] for party in kept}
        paid_out(market, april, owed, 2)
        market.close("2031-04", "2031-05-05")
        closings = documents_say_so(market, april, "2031-04", closings)
        market.take("PUT", "/v1/payees", {"party": "partner/blog", "name": "Blog", "iban": "GB82WEST12345698765432", "reason": "by letter"})
        may = Books()  # April has no calls: nobody has a minimum, and the guarantee is due as a whole
        may.book("guarantee", {"payable:publisher/stoa-test": nano("20.00"), "expense:guarantee": -nano("20.00")}, None, 0)
        paid_out(market, may, {party: amount for party, amount in closings.items() if "/" in party}, 4)
        reserves_come_back(market, may, kept)
        balances_are(market, books, april, may)
        check(market.wait_for(lambda: market.send("GET", "/v1/publishers/stoa-demo/log")[0] == 200, 20), "the log is not read after a restart")
        audits_are_equal(market)
        report = json.loads(market.command("ledger", "verify", "--json"))
        unchecked = [rule["rule"] for rule in report["rules"] if rule["checked"] is None]
        check(report["sound"] and not unchecked, f"the ledger: {report}")
        print(f"{len(entries)} calls, {report['entries']} entries: documents, payouts and audits are what the terms come to")


sys.exit(main())

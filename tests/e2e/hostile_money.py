"""hostile_money.py: rows of market_hostile.py: refunds, adjustments, months, payouts, roles, webhooks.

SPDX-License-Identifier: Apache-2.0
"""
import time

from stoa_host import check


def refunds(market):
    def refund(entry, **more):
        return market.reason("POST", "/v1/refunds", {"entry": entry, "reason": "it was slow", **more})

    def billionth_over():
        """Of a call of 0.0119 three thirds, which do not come out even: what is left is to the billionth, and no more goes back."""
        for _ in range(3):
            market.take("POST", "/v1/refunds", {"entry": market.thirds, "amount": "0.003966666", "reason": "a third"})
        return refund(market.thirds, amount="0.000000003")

    def rest():
        act = market.take("POST", "/v1/refunds", {"entry": market.thirds, "reason": "the rest"})
        return f"{act['amount']}, then {refund(market.thirds, amount='0.000000001')}"
    return [
        ("a refund of a refund", lambda: refund(market.refund_entry), "refund.not_a_call"),
        ("a refund of a top-up", lambda: refund(market.top_up_entry), "refund.not_a_call"),
        ("a refund of what was refunded", lambda: refund(market.refunded, amount="0.0119"), "refund.too_much"),
        ("all of what was refunded", lambda: refund(market.refunded), "refund.too_much"),
        ("a billionth of what was refunded", lambda: refund(market.refunded, amount="0.000000001"), "refund.too_much"),
        ("a part above the rest", lambda: refund(market.partly, amount="0.0100"), "refund.too_much"),
        ("partial refund rounding: three thirds, and a billionth more than the rest", billionth_over, "refund.too_much", 3),
        ("partial refund rounding: the rest is what was cut off", rest, "0.000000002, then refund.too_much", 1),
        ("a refund of nothing", lambda: refund(market.partly, amount="0"), "act.amount"),
        ("a refund below zero", lambda: refund(market.partly, amount="-0.001"), "act.amount"),
        ("a refund of less than a billionth", lambda: refund(market.partly, amount="0.0000000001"), "money.amount"),
        ("a refund with an exponent", lambda: refund(market.partly, amount="1e-3"), "money.amount"),
        ("a refund of no entry", lambda: refund(10**9), "ledger.no_entry"),
        ("a refund of entry 2^64", lambda: market.reason("POST", "/v1/refunds", b'{"entry":18446744073709551616,"reason":"x"}'),
         "registry.field"),
        ("a refund that nobody bears", lambda: refund(market.partly, bearer="customer"), "registry.field"),
        ("a refund without a reason", lambda: market.reason("POST", "/v1/refunds", {"entry": market.partly}), "registry.field"),
        ("a refund for an empty reason", lambda: refund(market.partly, reason=""), "registry.field"),
        ("a refund for a reason of 2,000 bytes", lambda: refund(market.partly, reason="because " * 250), "act.reason"),
    ]


def adjustments(market):
    def adjust(*postings, **more):
        return market.reason("POST", "/v1/adjustments", {
            "currency": "EUR", "postings": [{"account": account, "amount": amount} for account, amount in postings],
            "reason": "corrected", **more})
    northwind = "wallet:" + market.customers["northwind"]
    return [
        ("an adjustment without a reason", lambda: adjust(("suspense", "1"), ("cash:bank", "-1"), reason=""), "registry.field"),
        ("an adjustment that makes money", lambda: adjust(("cash:bank", "1"), (northwind, "-2")), "ledger.sum"),
        ("an adjustment of an account that is none", lambda: adjust(("pocket:mine", "1"), ("suspense", "-1")), "ledger.account"),
        ("an adjustment with one side", lambda: adjust(("suspense", "1")), "ledger.postings"),
        ("an adjustment of nothing", lambda: adjust(("suspense", "0"), ("cash:bank", "0")), "ledger.postings"),
        ("an adjustment that takes more than a wallet has", lambda: adjust((northwind, "100000"), ("suspense", "-100000")), "ledger.overdraft"),
        ("overflow: an adjustment above 64 bits", lambda: adjust(("suspense", "9300000000"), ("cash:bank", "-9300000000")), "money.amount"),
        ("overflow: an adjustment that an account does not hold", lambda: adjust(
            ("cash:bank", "9223372036"), ("suspense", "-9223372036")), "money.overflow"),
        ("an adjustment in no currency", lambda: adjust(("suspense", "1"), ("cash:bank", "-1"), currency="euro"), "money.currency"),
        ("a top-up of nothing", lambda: market.reason("POST", "/v1/wallets/northwind/top-ups", {
            "amount": "0", "currency": "EUR", "reason": "x"}), "act.amount"),
        ("a top-up below zero", lambda: market.reason("POST", "/v1/wallets/northwind/top-ups", {
            "amount": "-5", "currency": "EUR", "reason": "x"}), "act.amount"),
        ("a top-up in another currency", lambda: market.reason("POST", "/v1/wallets/northwind/top-ups", {
            "amount": "5", "currency": "USD", "reason": "x"}), "ledger.currency"),
        ("a credit that is over", lambda: market.reason("POST", "/v1/wallets/northwind/credits", {
            "amount": "5", "currency": "EUR", "expires": "2020-01-01", "reason": "x"}), "credit.expires"),
    ]


def months(market):
    def close(month):
        return market.reason("POST", f"/v1/periods/{month}/close", {"reason": "over"})
    return [
        ("a month that is not over", lambda: close("2031-04"), "month.open"),
        ("a month that was closed", lambda: close("2031-03"), "month.closed"),
        ("a month out of turn", lambda: close("2031-02"), "month.closed"),
        ("no month", lambda: close("2031-13"), "month.name"),
        ("a statement as something else", lambda: market.reason("GET", f"/v1/statements/{market.statement}?form=pdf"), "registry.query"),
    ]


def payouts(market):
    def ended(payout, how):
        return market.reason("POST", f"/v1/payouts/{payout}/{how}", {"reason": "the bank says so"})

    def below():
        held = [one for one in market.items("/v1/payouts?state=held") if one["party"] == "publisher/stoa-test"]
        return held[0]["because"]

    def twice():
        """A run after the payout was paid: nothing is due."""
        before = (market.folder / "billing/payouts").iterdir()
        files = len(list(before))
        run = market.take("POST", "/v1/payouts/run", {"reason": "again"})
        check(len(list((market.folder / "billing/payouts").iterdir())) == files, "a second payment file was written")
        return f"{[one['party'] for one in run['items'] if one['state'] != 'held']} {run['failures']}"

    def payee(party, iban="GB82WEST12345698765432", **more):
        return market.reason("PUT", "/v1/payees", {"party": party, "name": "Acme", "iban": iban, "reason": "by letter", **more})
    return [
        ("a payout below the threshold", below, "is below 10.00"),
        ("a payout twice: run again", twice, "[] []"),
        ("a payout twice: settled again", lambda: ended(market.payout, "settle"), "payout.state"),
        ("a payout that was paid fails", lambda: ended(market.payout, "fail"), "payout.state"),
        ("a payout that is held is settled", lambda: ended(market.held_payout, "settle"), "payout.state"),
        ("a payout that is held comes back", lambda: ended(market.held_payout, "return"), "payout.state"),
        ("no payout", lambda: ended("pay_00000000000000000000000000", "settle"), "payout.unknown"),
        ("a bank account with a digit changed", lambda: payee("publisher/stoa-demo", "GB82WEST12345698765433"), "payout.iban"),
        ("a bank account of nobody", lambda: payee("mallory"), "payee.party"),
        ("a payee held that is none", lambda: market.reason("POST", "/v1/payees/hold", {
            "party": "publisher/nobody", "reason": "x"}), "payee.unknown"),
    ]


# What moves money or says what it costs; {customer} and the rest do not need to be there: who may not is told so first.
MONEY_ROUTES = [
    ("POST", "/v1/wallets/northwind/top-ups", {"amount": "1", "currency": "EUR"}),
    ("POST", "/v1/wallets/northwind/credits", {"amount": "1", "currency": "EUR", "expires": "2099-12-31"}),
    ("POST", "/v1/refunds", {"entry": 1}),
    ("POST", "/v1/adjustments", {"currency": "EUR", "postings": [{"account": "suspense", "amount": "1"}, {
        "account": "cash:bank", "amount": "-1"}]}),
    ("POST", "/v1/periods/2031-03/close", {}),
    ("PUT", "/v1/payees", {"party": "publisher/stoa-demo", "name": "Mine", "iban": "GB82WEST12345698765432"}),
    ("POST", "/v1/payees/hold", {"party": "publisher/stoa-demo"}),
    ("POST", "/v1/payouts/run", {}),
    ("POST", "/v1/payouts/pay_1/settle", {}),
    ("POST", "/v1/payouts/pay_1/fail", {}),
    ("POST", "/v1/payouts/pay_1/return", {}),
]
TERMS_ROUTES = [
    ("PUT", "/v1/customers/northwind/billing", {"currency": "EUR", "pays": "afterwards", "credit_limit": "1000"}),
    ("POST", "/v1/prices", {"publisher": "stoa-demo", "currency": "EUR", "meters": [{"meter": "call", "tiers": [{"price": "0"}]}]}),
    ("POST", "/v1/charges", {"model": "stoa-demo/null", "price_list": "pri_1", "agreement": "agr_1"}),
    ("POST", "/v1/agreements", {"publisher": "stoa-demo", "currency": "EUR", "platform_fee": [{"ppm": 0}],
                                "parties": [{"name": "publisher/stoa-demo", "ppm": 1000000}]}),
    ("POST", "/v1/agreements/agr_1/terminate", {"because": "mine"}),
    ("POST", "/v1/party-keys", {"party": "data/corpus", "public_key": "x"}),
]


def roles(market):
    rows = []
    for method, path, body in MONEY_ROUTES + TERMS_ROUTES:
        sent = {**body, "reason": "I may"} if (method, path, body) in MONEY_ROUTES else body
        for who in ("auditor", "reviewer", "stoa-demo"):
            rows.append((f"{who}: {method} {path}", lambda m=method, p=path, b=sent, w=who: market.reason(m, p, b, who=w),
                         "role.not_allowed"))
    rows.append(("nobody tops up", lambda: market.reason("POST", "/v1/wallets/northwind/top-ups", MONEY_ROUTES[0][2], who=""), "token.missing"))
    rows.append(("the auditor's own log, by finance", lambda: market.reason("GET", "/v1/money/audit", who="finance"), "role.not_allowed"))
    return rows


def webhooks(market):
    def created(url, types=("*",)):
        return market.reason("POST", "/v1/webhooks", {"url": url, "types": list(types)})

    def delivered(url):
        """What became of a test event: an address that is not called is told by no receiver."""
        made = market.take("POST", "/v1/webhooks", {"url": url, "types": ["webhook.test"]})["id"]
        market.take("POST", f"/v1/webhooks/{made}/test", {})
        seen = []

        def is_tried():
            seen[:] = market.items(f"/v1/webhooks/{made}/deliveries")
            return bool(seen)
        check(market.wait_for(is_tried, 30), f"{url}: nothing was tried")
        market.take("DELETE", f"/v1/webhooks/{made}")
        return seen[0]["why"].split(":")[0]
    rows = [(f"webhook to {url[:60]!r}", lambda u=url: created(u), "webhook.url") for url in (
        "http://example.com/hook", "ftp://example.com/", "file:///etc/passwd", "https://", "https:///path", "https://me:secret@example.com/",
        "https://example.com/a b", "https://example.com/\r\nX-Evil: 1", "https://exämple.com/", "https://example.com/" + "a" * 2_000)]
    rows += [(f"webhook to {url}", lambda u=url: delivered(u), "webhook.private") for url in (
        "https://127.0.0.1:1/", "https://localhost:1/", "https://2130706433:1/", "https://0x7f.1:1/", "https://[::1]:1/",
        "https://[::ffff:127.0.0.1]:1/", "https://169.254.169.254/latest/meta-data", "https://0.0.0.0:1/")]
    return rows + [
        ("a webhook for no kind of event", lambda: created("https://example.com/", ["money.*"]), "webhook.types"),
        ("a webhook for nothing", lambda: created("https://example.com/", []), "webhook.types"),
    ]

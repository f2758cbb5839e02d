"""market_knobs.py: what an operator's configuration says of money, on a whole host: `unpriced`, a program that pays, a reserve and its days.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import sys

from market import METERED, NULL, Market, day
from stoa_host import check

PAYER = """#!/bin/sh
# Fails as long as there is a file "refuse"; then keeps each batch, and says a reference.
[ -e refuse ] && exit 3
cat > "batch.json.$$" && mv "batch.json.$$" batch.json && echo "bank-4711" && echo "nobody reads this"
"""
CONFIG = ('[settlement]\nname = "Hall Ltd"\niban = "DE89370400440532013000"\npayout_min = "1.00"\ncommand = "./pay.sh"\n'
          "reserve_ppm = 250000\nreserve_days = 10\n")


def unpriced_is_free(market, key):
    """What has no price is served to who has terms to pay by, and is no entry; what has one is charged."""
    status, reason, receipt, _ = market.infer(key, NULL)
    check((status, reason, receipt) == (200, None, None), f"a model without a price: {status} {reason} {receipt}")
    stranger = market.add_customer("stranger", currency=None)
    check(market.wait_for(lambda: market.infer(stranger, NULL)[1] == "billing.no_customer", 10), f"a stranger: {market.infer(stranger, NULL)}")
    before = market.metric("stoa_billing_entries_total")
    market.tokens_for(key, 1)
    check(market.infer(stranger, METERED, {"text_input": "a"}, "generate")[1] == "billing.no_customer", "what is priced is free for a stranger")
    check(market.infer(key, NULL)[0] == 200, "what is free is not served any more")
    check(market.metric("stoa_billing_entries_total") == before + 1, "a free call is in the ledger")


def a_reserve_is_kept(market):
    market.clock.set(day("2031-04-02"))
    check(market.wait_for(lambda: market.send("POST", "/v1/periods/2031-03/close", {"reason": "over"})[0] == 200, 20), "March is not closed")
    balances = {}

    def is_kept():
        """The balances are those of a moment ago."""
        balances.update((one["account"], one["balance"]) for one in market.items("/v1/ledger/balances"))
        return (balances.get("reserve:publisher/stoa-test"), balances["payable:publisher/stoa-test"]) == ("9", "27")
    check(market.wait_for(is_kept, 20), f"a quarter of 36: {balances}")


def a_program_pays(market):
    """What it refuses is scheduled, and is given to it again, the same batch; what it took is submitted under its reference."""
    market.take("PUT", "/v1/payees", {"party": "publisher/stoa-test", "name": "Test & Söhne", "iban": "GB82WEST12345698765432", "reason": "by letter"})
    (market.folder / "refuse").touch()
    run = market.take("POST", "/v1/payouts/run", {"reason": "monthly"})
    check(len(run["failures"]) == 1 and "payout.command" in run["failures"][0] and "ended with 3" in run["failures"][0], f"{run}")
    (scheduled,) = market.items("/v1/payouts")
    check((scheduled["state"], scheduled["amount"]) == ("scheduled", "27.00"), f"what the program refused: {scheduled}")
    market.again(kill=True)
    (market.folder / "refuse").unlink()
    run = market.take("POST", "/v1/payouts/run", {"reason": "again"})
    (submitted,) = run["items"]
    check(not run["failures"] and submitted["state"] == "submitted" and submitted["reference"] == "bank-4711", f"{run}")
    batch = json.loads((market.folder / "batch.json").read_text())
    (payout,) = batch.pop("payouts")
    check(batch["batch"] == scheduled["batch"] and batch["currency"] == "EUR" and batch["from"]["iban"] == "DE89370400440532013000", f"{batch}")
    check(payout == {"id": scheduled["id"], "statement": f"statement {scheduled['statement']}", "amount": "27.00", "name": "Test & Söhne",
                     "iban": "GB82WEST12345698765432"}, f"{payout}")
    check(market.take("POST", "/v1/payouts/run", {"reason": "again"})["items"] == [], "a payout under way is paid again")
    market.take("POST", f"/v1/payouts/{scheduled['id']}/settle", {"reason": "paid"})


def it_comes_back(market):
    """Not a day too early."""
    for on, left in (("2031-04-11", "9"), ("2031-04-13", "0")):
        market.clock.set(day(on))
        market.again()
        reserve = market.items("/v1/ledger/balances?prefix=reserve:")[0]["balance"]
        if left == "0":
            check(market.wait_for(lambda: market.items("/v1/ledger/balances?prefix=reserve:")[0]["balance"] == "0", 20), f"{on}: {reserve}")
        check(left == "0" or reserve == left, f"{on}: the reserve is {reserve}")


def main():
    with Market('unpriced = "free"', CONFIG, begins="2031-03-10") as market:
        program = market.folder / "pay.sh"
        program.write_text(PAYER)
        os.chmod(program, 0o755)
        market.charge(METERED, market.prices("stoa-test", [{"meter": "call", "tiers": [{"price": "40"}]}]),
                      market.agree("stoa-test", {"publisher/stoa-test": 900_000, "platform": 100_000}))
        key = market.add_customer("northwind")
        market.top_up("northwind", "100")
        check(market.wait_for(lambda: market.infer(key, NULL)[0] == 200, 10), "what is free is not served")
        unpriced_is_free(market, key)
        a_reserve_is_kept(market)
        a_program_pays(market)
        it_comes_back(market)
        check("sound" in market.command("ledger", "verify"), "the ledger is not sound")
        print("free calls, a program that pays, a reserve for its days: as configured")


sys.exit(main())

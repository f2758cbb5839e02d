"""billed_rollout.py: a shadow beside a release that is paid for: each customer's call is charged once, the shadow's copy of it never.

SPDX-License-Identifier: Apache-2.0
"""
import sys

from market import Market
from registry import MODEL, Registry, wait_for
from rollout import publish, show
from stoa_host import check, staging

CALLS = 40
BODY = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["same"]}]}


def shadows_seen(rita):
    return show(rita)["here"]["shadow"]["equal"]


def main():
    staging("release_1_1_0")
    with Market() as market:
        admin = Registry(market.operator_url, market.folder / "registry/admin.token")
        admin.json("operators", "create", "rita", "reviewer", "--token-out", market.folder / "rita.token")
        rita = Registry(market.operator_url, market.folder / "rita.token")
        (market.folder / "partner.token").write_text(market.tokens["stoa-demo"])
        (market.folder / "partner.token").chmod(0o600)
        partner = Registry(market.operator_url, market.folder / "partner.token")
        partner.json("publishers", "add-key", "stoa-demo", "--key", market.folder / "key.key.pem")
        publish(market, partner, rita, "1.0.0")
        rita.text("aliases", "move", MODEL, "default", "1.0.0")
        publish(market, partner, rita, "1.1.0")

        key = market.add_customer("northwind")
        market.top_up("northwind", "30")
        meters = [{"meter": "call", "tiers": [{"price": "0.01"}]}]
        agreement = market.agree("stoa-demo", {"publisher/stoa-demo": 900000, "platform": 100000})
        market.charge(MODEL, market.prices("stoa-demo", meters), agreement)
        market.paid(key, MODEL, BODY)
        rita.text("rollout", "start", MODEL, "1.1.0", "--shadow", "--because", "first look")
        wait_for(lambda: "shadow" in show(rita)["here"], "the shadow is there")

        entries, charged = (market.metric(name) for name in ("stoa_billing_entries_total", "stoa_billing_calls_total"))
        before = shadows_seen(rita)
        receipts = [market.paid(key, MODEL, BODY) for _ in range(CALLS)]
        wait_for(lambda: shadows_seen(rita) > before, "the shadow has answered")
        wait_for(lambda: market.metric("stoa_billing_holds") == 0, "nothing is held back any more")
        check(market.metric("stoa_billing_calls_total") == charged + CALLS, "not each call was charged once")
        check(market.metric("stoa_billing_entries_total") == entries + CALLS, "the ledger has other entries than the calls'")
        check(len(set(receipts)) == CALLS, f"receipts: {receipts}")
        for receipt in receipts:
            usage = market.take("GET", f"/v1/receipts/{receipt}")["entry"]["usage"]
            check(usage["version"] == "1.0.0", f"a call is charged by another release than the one that answered: {usage}")
        spent = 30 - float(market.take("GET", "/v1/wallets/northwind")["wallet"])
        check(round(spent * 100) == charged + CALLS, f"{charged + CALLS} calls of a cent: {spent} is spent")
        print(f"{CALLS} calls charged, {shadows_seen(rita)} answers of the shadow free")
    print("ok")


if __name__ == "__main__":
    sys.exit(main())

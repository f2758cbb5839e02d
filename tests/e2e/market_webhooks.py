"""market_webhooks.py: calls, a refund, a month's statements and a payout are told to an operator and to two publishers, over receivers that
fail first and a host that is killed: each event comes, signed, under one id, once more at most with the same words.

SPDX-License-Identifier: Apache-2.0
"""
import json
import sys

from market import METERED, NULL, Market, day
from stoa_host import check
from webhook_receiver import Receiver, wait_for

CONFIG = ('[settlement]\nname = "Hall Ltd"\niban = "DE89370400440532013000"\npayout_min = "0.01"\n[webhooks]\nprivate_addresses = true\n'
          "plain_http = true\nretry_first_ms = 200\nanswer_ms_max = 1000\nattempts_max = 100\n")
TYPES = ["call.billed", "entry.refund", "entry.payout", "statement.issued", "payout.changed"]
PATHS = {"admin": "/operator", "stoa-demo": "/demo", "stoa-test": "/test"}


def set_up(market, receiver):
    for publisher, model in (("stoa-demo", NULL), ("stoa-test", METERED)):
        market.charge(model, market.prices(publisher, [{"meter": "call", "tiers": [{"price": "0.10"}]}]),
                      market.agree(publisher, {f"publisher/{publisher}": 900_000, "platform": 100_000}))
        market.take("PUT", "/v1/payees", {"party": f"publisher/{publisher}", "name": publisher, "iban": "GB82WEST12345698765432",
                                          "reason": "by letter"})
    for who, path in PATHS.items():
        shown = market.take("POST", "/v1/webhooks", {"url": receiver.url + path, "types": TYPES}, who=who)
        receiver.secrets[path] = [shown["secret"]]


def calls_in(events):
    return [int(call["entry"]) for event in events if event["type"] == "call.billed" for call in event["data"]["calls"]]


def each_once(receiver, path):
    """What was taken, by source and id: again is the same, to the word."""
    events = {}
    for event in receiver.taken(path):
        known = events.setdefault((event["source"], event["id"]), event)
        check(known == event, f"{path}: one id, two events: {known} {event}")
    return list(events.values())


def in_order(events, what):
    for source in {event["source"] for event in events}:
        numbers = [int(event["id"].split("-")[0]) for event in events if event["source"] == source]
        check(numbers == sorted(numbers), f"{what} of {source} came as {numbers}")


def payouts_of(events, payouts):
    """The states through which a payout went, as its events tell them."""
    return [event["data"]["action"].removeprefix("payout.") for event in events if event["type"] == "payout.changed" and
            event["subject"] == payouts]


def main():
    receiver = Receiver()
    with Market(begins="2031-03-10", more=CONFIG) as market:
        set_up(market, receiver)
        receiver.answers.update({path: 503 for path in PATHS.values()})
        key = market.add_customer("northwind")
        market.top_up("northwind", "100.00")
        mine = [market.paid(key) for _ in range(40)]
        theirs = [market.tokens_for(key, 1) for _ in range(7)]
        market.take("POST", "/v1/refunds", {"entry": mine[3], "amount": "0.05", "reason": "it was slow"})
        for path in PATHS.values():
            wait_for(lambda: any(at == path for at, _, _ in receiver.got), f"{path} was not tried")
        check(not any(receiver.taken(path) for path in PATHS.values()), "who answers 503 took something")

        market.again(kill=True)
        mine += [market.paid(key) for _ in range(20)]
        receiver.answers.clear()
        for path, numbers in (("/operator", sorted(mine + theirs)), ("/demo", mine), ("/test", theirs)):
            wait_for(lambda: sorted(calls_in(each_once(receiver, path))) == numbers, f"{path} heard of {calls_in(receiver.taken(path))}", 60)

        market.clock.set(day("2031-04-06"))
        wait_for(lambda: market.send("POST", "/v1/periods/2031-03/close", {"reason": "over"})[0] == 200, "March is not closed")
        run = {one["party"]: one for one in market.take("POST", "/v1/payouts/run", {"reason": "monthly"})["items"]}
        for one in run.values():
            market.take("POST", f"/v1/payouts/{one['id']}/settle", {"reason": "paid"})
        payout, rival = (run[f"publisher/{publisher}"] for publisher in market.trusted)
        for path, subject in (("/operator", payout["id"]), ("/operator", rival["id"]), ("/demo", payout["id"]), ("/test", rival["id"])):
            wait_for(lambda: "submitted" in payouts_of(each_once(receiver, path), subject), f"{path}: {receiver.taken(path)[-3:]}")
        for path in PATHS.values():
            wait_for(lambda: any(event["type"] == "entry.payout" for event in each_once(receiver, path)), f"{path} heard of no payout's entry")
            events = each_once(receiver, path)
            in_order(events, path)
            check([event["subject"] for event in events if event["type"] == "statement.issued"] == ["2031-03"], f"{path}: statements")
        check(not payouts_of(each_once(receiver, "/test"), payout["id"]), "a publisher heard of another's payout")
        refunds = {path: [event["data"] for event in each_once(receiver, path) if event["type"] == "entry.refund"] for path in PATHS.values()}
        check([one["postings"] for one in refunds["/demo"]] == [{"payable:publisher/stoa-demo": "0.045"}] and not refunds["/test"],
              f"the refund as publishers hear of it: {refunds}")
        check(refunds["/operator"][0]["refers"] == str(mine[3]) and len(refunds["/operator"][0]["postings"]) == 3, f"and the operator: {refunds}")
        shown = json.dumps([event for path in ("/demo", "/test") for event in receiver.taken(path)])
        check(market.customers["northwind"] not in shown and "wallet:" not in shown, "publishers hear who the customer is")
        check(not receiver.bad, f"not as they should be: {receiver.bad[:3]}")
        print(f"{len(receiver.got)} messages, {sum(len(each_once(receiver, path)) for path in PATHS.values())} events: all there, in order, signed")


sys.exit(main())

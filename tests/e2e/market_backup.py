"""market_backup.py: `stoa backup` of all that a market hall has on the disk, taken while clients call and an operator books; brought back
elsewhere it is a host whose ledger verifies, which has everything that was answered before, and books nothing twice.

SPDX-License-Identifier: Apache-2.0
"""
import json
import pathlib
import shutil
import sys
import threading
import time

from market import METERED, NULL, Market, day
from stoa_host import call, check
from webhook_receiver import Receiver, wait_for

CONFIG = ('[settlement]\nname = "Hall Ltd"\niban = "DE89370400440532013000"\npayout_min = "0.01"\n[webhooks]\nfolder = "webhooks"\n'
          "private_addresses = true\nplain_http = true\nretry_first_ms = 200\nanswer_ms_max = 1000\nattempts_max = 100\n")
IN_ORDER = ("webhooks", "billing", "licensing", "registry")


def keyed(market, key, token):
    """The receipt of the call that the token stands for, and whether it was there."""
    status, fields, answer = market.send("POST", f"/v2/models/{NULL}/infer", json.loads(market.body), key=key, fields={"Idempotency-Key": token})
    check(status == 200, f"{token}: {status} {answer}")
    return int(fields["x-stoa-receipt"]), fields.get("idempotent-replayed") == "true"


def set_up(market, receiver):
    market.body = '{"inputs": [{"name": "in", "datatype": "FP32", "shape": [1], "data": [1]}]}'
    for publisher, model in (("stoa-demo", NULL), ("stoa-test", METERED)):
        market.charge(model, market.prices(publisher, [{"meter": "call", "tiers": [{"price": "0.01"}]}]),
                      market.agree(publisher, {f"publisher/{publisher}": 900_000, "platform": 100_000}))
    market.take("PUT", "/v1/payees", {"party": "publisher/stoa-demo", "name": "Demo", "iban": "GB82WEST12345698765432", "reason": "by letter"})
    receiver.secrets["/all"] = [market.take("POST", "/v1/webhooks", {"url": receiver.url + "/all", "types": ["call.billed"]})["secret"]]
    key = market.add_customer("northwind")
    market.top_up("northwind", "1000", **{"Idempotency-Key": "transfer-1"})
    for _ in range(20):
        market.paid(key)
    market.clock.set(day("2031-04-06"))
    wait_for(lambda: market.send("POST", "/v1/periods/2031-03/close", {"reason": "over"})[0] == 200, "March is not closed")
    market.take("POST", "/v1/payouts/run", {"reason": "monthly"})
    return key


def back_up_under_load(market, key):
    """All folders, in their order, while three clients call and money comes in; what was answered before the first of them."""
    done = threading.Event()
    answered = {"calls": [], "keyed": {}, "acts": {}}

    def calls():
        while not done.is_set():
            answered["calls"].append(market.paid(key))

    def keyed_calls():
        for n in range(10**6):
            if done.is_set():
                return
            answered["keyed"][f"call-{n}"] = keyed(market, key, f"call-{n}")[0]

    def acts():
        for n in range(10**6):
            if done.is_set():
                return
            answered["acts"][f"more-{n}"] = market.top_up("northwind", "0.01", **{"Idempotency-Key": f"more-{n}"})["entry"]
    clients = [threading.Thread(target=run, daemon=True) for run in (calls, keyed_calls, acts)]
    for client in clients:
        client.start()
    wait_for(lambda: len(answered["calls"]) > 30 and len(answered["keyed"]) > 30 and len(answered["acts"]) > 10, "nobody is served")
    before = {"calls": list(answered["calls"]), "keyed": dict(answered["keyed"]), "acts": dict(answered["acts"])}
    for name in IN_ORDER:
        print(name, market.stoa("backup", "create", name, f"backups/{name}").strip())
    done.set()
    for client in clients:
        client.join()
    for name in IN_ORDER:
        market.stoa("backup", "check", f"backups/{name}")
    check("file.exists" in market.stoa("backup", "create", "billing", "backups/billing", status=3), "a backup was replaced")
    return before


def damaged_ones_are_found(market):
    def end_of(data):
        """Of what was written: the last entry is damaged."""
        return len(data.rstrip(b"\0")) - 10
    for file, place, reason in (("journal/*.segment", lambda data: 4_096 + 60, "journal.damaged"), ("journal/*.segment", end_of, "backup.unsound"),
                                ("answers/*.segment", end_of, "backup.unsound"), ("settlement.db", lambda data: 4_096, "")):
        shutil.rmtree(market.folder / "damaged", ignore_errors=True)
        shutil.copytree(market.folder / "backups/billing", market.folder / "damaged")
        path = sorted((market.folder / "damaged").glob(file))[-1]
        data = bytearray(path.read_bytes())
        at = place(data)
        data[at:at + 4_000] = bytes(b ^ 0x55 for b in data[at:at + 4_000]) if file == "settlement.db" else b"damage" + data[at + 6:at + 4_000]
        path.write_bytes(data)
        for command in (("check", "damaged"), ("restore", "damaged", "brought-back")):
            said = market.command_reason("backup", *command)
            check(said == reason or not reason and "." in said, f"{command} of a damaged {file}: {said}")


def bring_back(market):
    """The host is gone; its folders come out of the backup."""
    market.process.kill()
    market.process.wait()
    for name in IN_ORDER:
        shutil.move(market.folder / name, market.folder / f"lost-{name}")
        market.stoa("backup", "restore", f"backups/{name}", name)
    market.serve()


def main():
    receiver = Receiver()
    with Market(begins="2031-03-10", more=CONFIG) as market:
        key = set_up(market, receiver)
        (market.folder / "log.key").write_bytes(market.send("GET", "/log/key")[2])
        market.command("audit", "fetch", "earnings", "--publisher", "stoa-demo", "--log-key", "log.key", who="stoa-demo")
        statements = market.items("/v1/statements")
        before = back_up_under_load(market, key)
        damaged_ones_are_found(market)
        bring_back(market)

        report = json.loads(market.command("ledger", "verify", "--json"))
        check(report["sound"] and report["entries"] > max(before["calls"]), f"the ledger is {report}")
        check(all(rule["checked"] is not None for rule in report["rules"]), f"not all of it was looked at: {report}")
        check(market.items("/v1/statements") == statements, "the statements are others")
        check(len(list((market.folder / "billing/payouts").glob("*.xml"))) == 1, "the payment file is not there")
        for number in before["calls"]:
            check(market.take("GET", f"/v1/receipts/{number}", key=key)["entry"]["kind"] == "usage", f"call {number} is lost")
        entries = market.metric("stoa_billing_entries_total")
        for token, number in before["keyed"].items():
            check(keyed(market, key, token) == (number, True), f"{token} is not answered as before")
        for token, entry in before["acts"].items():
            check(market.top_up("northwind", "0.01", **{"Idempotency-Key": token})["entry"] == entry, f"{token} was booked twice")
        check(market.metric("stoa_billing_entries_total") == entries, "something was booked by asking again")
        last = market.paid(key)
        market.top_up("northwind", "1", **{"Idempotency-Key": "after"})
        wait_for(lambda: market.send("GET", f"/v1/receipts/{last}", key=key)[0] == 200, "the log does not go on")
        market.command("audit", "fetch", "earnings", "--log-key", "log.key", who="stoa-demo")
        said = market.stoa("audit", "check", "earnings", "--log-key", "log.key")
        check("goes on from 1 older" in said, f"the log is another: {said}")
        wait_for(lambda: any(event["data"]["last"] == str(last) for event in receiver.taken("/all")), "webhooks are told nothing any more")
        check(not receiver.bad, f"not as they should be: {receiver.bad[:3]}")
        check("sound" in market.command("ledger", "verify"), "the ledger is not sound any more")
        print(f"{len(before['calls'])} calls, {len(before['keyed'])} with a key, {len(before['acts'])} acts before the backup: all there, none twice")


sys.exit(main())

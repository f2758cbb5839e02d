"""rollout.py: new releases on their way into the traffic of a host that is asked all the time: as a shadow, for one customer,
step by step to everybody, and back. No request is lost, and each is answered by one release.

SPDX-License-Identifier: Apache-2.0
"""
import collections
import http.client
import json
import re
import shutil
import sys
import threading

from registry import MODEL, Registry, infer, wait_for
from stoa_host import Host, call, check, staging, stoa

CLIENTS = 3
FAST = ["--window", "1", "--requests-min", "30", "--p99-ratio", "0"]  # noise of the machine is no matter here


class Load:
    """Customers that ask without a pause; counts what each answer came from, and what was no answer."""

    def __init__(self, host, text="hard"):
        self.host, self.text, self.lock = host, text, threading.Lock()
        self.answers, self.failures, self.is_over = collections.Counter(), [], threading.Event()
        self.threads = [threading.Thread(target=self.ask, args=(i,)) for i in range(CLIENTS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.is_over.set()
        for thread in self.threads:
            thread.join(30)
        check(not any(thread.is_alive() for thread in self.threads), "a client never got its answer")

    def ask(self, client):
        body = json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": [self.text]}]})
        connection = http.client.HTTPConnection("127.0.0.1", self.host.port, timeout=20)
        n = 0
        while not self.is_over.is_set():
            n += 1
            fields = {"Content-Type": "application/json", "x-customer": f"c{client}-{n % 500}"}
            try:
                connection.request("POST", f"/v2/models/{MODEL}/infer", body, fields)
                answer = connection.getresponse()
                said = json.loads(answer.read())
                what = said["outputs"][0]["data"][0] if answer.status == 200 else f"{answer.status} {said.get('error', said)}"
                is_good = answer.status == 200 and said["model_version"] == what or what == "same"
            except (http.client.HTTPException, OSError, ValueError, KeyError) as error:
                what, is_good = repr(error), False
                connection.close()
            with self.lock:
                self.answers[what] += 1
                if not is_good:
                    self.failures.append(what)

    def seen(self, what):
        with self.lock:
            return self.answers[what]


def publish(host, partner, rita, version):
    name = "release_" + version.replace(".", "_")
    folder, file = host.folder / (name + ".plugin"), host.folder / (name + ".stoa")
    shutil.copytree(staging(name), folder)
    (folder / "assets").mkdir()
    (folder / "assets/table.bin").write_bytes(version.encode())
    stoa("pack", folder, "-o", file)
    stoa("sign", file, "--key", host.folder / "key.key.pem")
    release = partner.json("publish", file, "--wait")["id"]
    rita.text("releases", "accept", release)
    return release


def metric(host, pattern):
    found = re.search(pattern, call(host.operator_url + "/metrics")[2].decode(), re.M)
    return float(found.group(1)) if found else None


def show(rita):
    return rita.json("rollout", "show", MODEL)


def as_shadow(host, rita, otto):
    """It gets what the stable release answers, is compared, and answers nobody."""
    otto.refused("role.not_allowed", "rollout", "start", MODEL, "1.1.0", "--shadow")
    rita.text("rollout", "start", MODEL, "1.1.0", "--shadow", "--because", "first look")
    wait_for(lambda: "shadow" in show(rita)["here"], "the shadow is there")
    with Load(host, "same") as same:
        wait_for(lambda: show(rita)["here"]["shadow"]["equal"] > 20, "equal answers are found equal")
    with Load(host) as load:
        wait_for(lambda: show(rita)["here"]["shadow"]["different"] > 20, "other answers are found different")
    check(not same.failures and not load.failures and not load.answers["1.1.0"],
          f"a shadow was heard: {load.answers} {load.failures[:3]} {same.failures[:3]}")
    shadow = show(rita)["here"]["shadow"]
    check(shadow["last_difference"].startswith('output "text": '), f"the difference has no words: {shadow}")
    counted = metric(host, r'^stoa_shadow_answers_total\{[^}]*outcome="different"\} (\S+)')
    check(counted and counted > 20, f"/metrics does not know of the shadow: {counted}")
    rita.refused("rollout.active", "aliases", "move", MODEL, "default", "1.1.0")


def for_one_customer(host, rita):
    rita.text("rollout", "start", MODEL, "1.1.0", "--customer", "vip")  # takes the shadow's place
    vip = {"x-customer": "vip"}
    wait_for(lambda: answer_to(host, vip) == "1.1.0", "the customer gets it")
    check(infer(host) == (200, "1.0.0"), "who is nobody gets the candidate")
    check(answer_to(host, {"x-customer": "other"}) == "1.0.0", "another customer gets it, too")
    check(infer(host, "^1.0")[1] == "1.0.0", "a range means a release on trial")
    check(infer(host, "1.1.0")[1] == "1.1.0", "who names it does not get it")
    status, fields, said = call(f"{host.url}/v2/models/{MODEL}/versions/~1.1/infer", b"{}", {"Content-Type": "application/json"})
    check((status, fields.get("x-stoa-reason")) == (400, "release.on_trial"), f"a range that only it would meet: {status} {said}")
    rita.text("rollout", "rollback", MODEL)
    wait_for(lambda: answer_to(host, vip) == "1.0.0", "the customer is given the stable one again")
    rita.refused("rollout.verdict", "rollout", "start", MODEL, "1.1.0", "--steps", "50")
    rita.refused("rollout.verdict", "aliases", "move", MODEL, "default", "1.1.0")


def answer_to(host, fields):
    body = json.dumps({"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}]}).encode()
    status, _, said = call(f"{host.url}/v2/models/{MODEL}/infer", body, {"Content-Type": "application/json", **fields})
    return json.loads(said)["outputs"][0]["data"][0] if status == 200 else f"{status} {said}"


def step_by_step(host, rita):
    """To everybody by itself, and back by one command."""
    rita.text("rollout", "forgive", MODEL, "1.1.0")
    with Load(host) as load:
        wait_for(lambda: load.seen("1.0.0") > 100, "the load runs")
        rita.text("rollout", "start", MODEL, "1.1.0", "--steps", "10,50,100", "--promote", *FAST)
        wait_for(lambda: show(rita)["rollout"]["state"] == "promoted", "the candidate is promoted", 60)
        wait_for(lambda: metric(host, r'^stoa_release_share_ratio\{[^}]*version="1.1.0"\} (\S+)') == 1, "it has all requests")
        check(rita.json("aliases", "list", "--model", MODEL)["items"][0]["targets"] == [{"version": "1.1.0", "ppm": 1000000}],
              "the alias default did not follow")
        rita.text("rollout", "rollback", MODEL, "--because", "not before Monday")
        wait_for(lambda: infer(host) == (200, "1.0.0"), "one command goes back")
    check(not load.failures and set(load.answers) == {"1.0.0", "1.1.0"}, f"lost: {load.failures[:3]}, answered: {load.answers}")
    steps = [line["detail"] for line in rita_audit(host) if line["action"] == "rollout.step"]
    check(len(steps) == 2 and all("failed" in step for step in steps), f"the steps are not in the audit log: {steps}")
    print(f"1.1.0 promoted in three steps and rolled back, {sum(load.answers.values())} requests, none lost: {dict(load.answers)}")


def rita_audit(host):
    admin = Registry(host.operator_url, host.folder / "registry/admin.token")
    return admin.json("audit", "list", "--most", "1000")["items"]


def fails_by_itself(host, partner, rita):
    """The host takes it back, says why, and still knows after a restart."""
    broken_one = publish(host, partner, rita, "1.2.0")
    with Load(host) as load:
        wait_for(lambda: load.seen("1.0.0") > 100, "the load runs")
        rita.text("rollout", "start", MODEL, "1.2.0", "--steps", "20,100", "--promote", *FAST)
        wait_for(lambda: show(rita)["rollout"]["state"] == "rolled_back", "the broken release is taken back", 60)
        at_verdict = load.seen("1.0.0")
        wait_for(lambda: load.seen("1.0.0") > at_verdict + 100, "the stable one answers on")
    broken = [what for what in load.failures if "release.broken" not in what and "cannot do it" not in what]
    check(not broken and load.failures, f"others were lost than those of the broken release: {broken[:3]}")
    check(set(load.answers) - set(load.failures) == {"1.0.0"}, f"answered: {load.answers}")
    told = show(rita)
    rollout = told["rollout"]
    check(rollout["reason"] == "rollout.errors" and re.search(r"\d+ of \d+", rollout["numbers"]), f"no numbers: {rollout}")
    print(f"1.2.0 taken back: {rollout['reason']}: {rollout['numbers']}")
    return broken_one, told["verdicts"]


def restart(host, rita, partner, admin):
    host.stop()
    shutil.rmtree(host.folder / "packages", ignore_errors=True)  # a host with a registry needs none
    host.serve()  # returns when the host says that it is ready
    for each in (rita, partner, admin):
        each.environment["STOA_REGISTRY"] = host.operator_url


def survives(host, rita, partner, admin, verdicts):
    """Verdicts and a roll-out half way are where they were after a restart."""
    restart(host, rita, partner, admin)
    check(infer(host) == (200, "1.0.0"), f"after a restart {infer(host)} answers")
    told = show(rita)
    check(told["verdicts"] == verdicts, f"verdicts before {verdicts} and after {told['verdicts']}")
    there = {release["version"]: release for release in told["here"]["releases"]}
    check(there["1.2.0"]["state"] == "rolled_back" and "rollout.errors" in there["1.2.0"]["reason"], f"here: {there}")
    check(metric(host, r'^stoa_release_verdict\{[^}]*version="1.2.0",verdict="rolled_back"\} (\S+)') == 1, "no verdict in /metrics")
    rita.text("rollout", "forgive", MODEL, "1.1.0")
    with Load(host) as load:
        rita.text("rollout", "start", MODEL, "1.1.0", "--steps", "10,30,40", *FAST)
        wait_for(lambda: show(rita)["rollout"]["share_ppm"] == 300000, "the second step is reached", 60)
        rita.text("rollout", "pause", MODEL, "--because", "night")
    check(not load.failures, f"lost: {load.failures[:3]}")
    reached = show(rita)["rollout"]["share_ppm"]
    restart(host, rita, partner, admin)
    wait_for(lambda: candidate(rita) == ("1.1.0", reached), "the trial goes on where it was")
    with Load(host) as load:
        rita.refused("rollout.state", "rollout", "pause", MODEL)
        rita.text("rollout", "resume", MODEL)
        wait_for(lambda: show(rita)["rollout"]["share_ppm"] == 400000, "the last step is reached", 60)
        rita.text("rollout", "promote", MODEL)
        wait_for(lambda: infer(host) == (200, "1.1.0"), "what is promoted answers")
    check(not load.failures, f"lost: {load.failures[:3]}")


def withdrawn(host, rita, releases):
    """A model of which nothing is published is gone at once, and comes back."""
    for release in releases:
        rita.text("releases", "quarantine", release, "--because", "a look at its labels")
    wait_for(lambda: infer(host)[0] == 404, "nobody is answered by what is quarantined")
    check(infer(host, "1.1.0")[0] == 404, "who names it is answered")
    for release in releases:
        rita.text("releases", "accept", release)
    wait_for(lambda: infer(host) == (200, "1.1.0"), "it is back where the alias points")


def shares_stick(host, rita):
    """Whoever asks by a divided alias gets the same release each time: by customer, else by session."""
    rita.text("aliases", "move", MODEL, "half", "1.0.0", "--beside", "1.1.0=50")

    def ask(customer="", session=""):
        fields = {"Content-Type": "application/json"} | ({"x-customer": customer} if customer else {})
        body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1], "data": ["which"]}]}
        if session:
            body["parameters"] = {"sequence_id": session}
        status, _, said = call(f"{host.url}/v2/models/{MODEL}/versions/half/infer", json.dumps(body).encode(), fields)
        return json.loads(said)["outputs"][0]["data"][0] if status == 200 else status

    wait_for(lambda: {ask() for _ in range(20)} == {"1.0.0", "1.1.0"}, "both answer, by request")
    for who in ("customer", "session"):
        answers = {name: {ask(**{who: name}) for _ in range(5)} for name in (f"{who}-{n}" for n in range(20))}
        check(all(len(seen) == 1 for seen in answers.values()), f"one {who} gets both: {answers}")
        check(set().union(*answers.values()) == {"1.0.0", "1.1.0"}, f"all {who}s get the same: {answers}")


def candidate(rita):
    here = show(rita)["here"]
    shares = {release["version"]: release["share_ppm"] for release in here["releases"]}
    return here.get("candidate"), shares.get(here.get("candidate"))


def main():
    staging("release_1_2_0")
    with Host([], '[registry]\nfolder = "registry"\n', in_process=(), customer='customer_field = "x-customer"\n') as host:
        admin = Registry(host.operator_url, host.folder / "registry/admin.token")
        for name, role in (("rita", "reviewer"), ("otto", "auditor")):
            admin.json("operators", "create", name, role, "--token-out", host.folder / (name + ".token"))
        rita, otto = (Registry(host.operator_url, host.folder / (name + ".token")) for name in ("rita", "otto"))
        partner = Registry(host.operator_url, host.folder / "partner.token")
        publisher = admin.json("publishers", "create", "stoa-demo", "--token-out", host.folder / "partner.token")
        if "held_because" in publisher:
            admin.text("publishers", "let-pass", "stoa-demo")
        partner.json("publishers", "add-key", "stoa-demo", "--key", host.folder / "key.key.pem")
        first = publish(host, partner, rita, "1.0.0")
        wait_for(lambda: infer(host) == (200, "1.0.0"), "the first release answers")
        rita.text("aliases", "move", MODEL, "default", "1.0.0")
        second = publish(host, partner, rita, "1.1.0")

        as_shadow(host, rita, otto)
        for_one_customer(host, rita)
        step_by_step(host, rita)
        third, verdicts = fails_by_itself(host, partner, rita)
        survives(host, rita, partner, admin, verdicts)
        shares_stick(host, rita)
        withdrawn(host, rita, [first, second, third])
        check(admin.text("audit", "verify").startswith("whole"), "the catalogue is not whole")
    print("ok")


if __name__ == "__main__":
    sys.exit(main())

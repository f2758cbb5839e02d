"""follow_rollout.py: a roll-out on a host that follows another one's registry, which alone has the traffic: shadow, customers
and steps are its own, what it finds is everybody's, and what fails while the registry is away goes back all the same.

SPDX-License-Identifier: Apache-2.0
"""
import json
import re
import shutil
import sys
import time

from registry import MODEL, Registry, infer, wait_for
from registry_follow import Line
from rollout import FAST, Load, answer_to, metric, publish, show
from stoa_host import Host, call, check, staging

BY_EDGE = "operator:edge"
CUSTOMER = 'customer_field = "x-customer"\n'


def following(follower):
    status, _, body = call(follower.operator_url + "/v1/following")
    check(status == 200, f"/v1/following is {status}")
    return json.loads(body)


def here(follower):
    return next((model for model in following(follower)["models"] if model["model"] == MODEL), {})


def trial(follower):
    """The version on trial and its share, or None and None."""
    model = here(follower)
    shares = {release["version"]: release["share_ppm"] for release in model.get("releases", [])}
    return model.get("candidate"), shares.get(model.get("candidate"))


def restart(follower):
    check(follower.stop() == 0, "the follower did not end as it should")
    follower.serve()


def only_broken(load):
    others = [what for what in load.failures if "release.broken" not in what and "cannot do it" not in what]
    check(not others and load.failures, f"others were lost than those of the broken release: {others[:3]}")


def as_shadow(follower, rita):
    rita.text("rollout", "start", MODEL, "1.1.0", "--shadow")
    wait_for(lambda: "shadow" in here(follower), "the follower has the shadow", 30)
    with Load(follower) as load:
        wait_for(lambda: here(follower)["shadow"]["different"] > 20, "its answers are compared")
    check(not load.failures and set(load.answers) == {"1.0.0"}, f"the shadow was heard: {load.answers} {load.failures[:3]}")


def for_one_customer(follower, rita):
    rita.text("rollout", "start", MODEL, "1.1.0", "--customer", "vip")  # takes the shadow's place
    vip = {"x-customer": "vip"}
    wait_for(lambda: answer_to(follower, vip) == "1.1.0", "the customer gets it on the follower", 30)
    check(answer_to(follower, {"x-customer": "other"}) == "1.0.0", "another customer gets it, too")
    told = b"".join(file.read_bytes() for file in (follower.folder / "followed/metadata").rglob("*") if file.is_file())
    check(b"1.1.0" in told and b"vip" not in told, "the signed metadata names a customer")
    rita.text("rollout", "rollback", MODEL)
    wait_for(lambda: answer_to(follower, vip) == "1.0.0", "the customer is given the stable one again")
    rita.text("rollout", "forgive", MODEL, "1.1.0")


def step_by_step(origin, follower, rita, admin):
    """The registry's own host has no traffic: the follower's steps are the roll-out's."""
    with Load(follower) as first:
        wait_for(lambda: first.seen("1.0.0") > 100, "the load runs")
        rita.text("rollout", "start", MODEL, "1.1.0", "--steps", "10,50,60,100", "--promote", *FAST)
        wait_for(lambda: show(rita)["rollout"]["share_ppm"] >= 500000, "the follower's step is in the catalogue", 60)
        rita.text("rollout", "pause", MODEL)
        reached = ("1.1.0", show(rita)["rollout"]["share_ppm"])
        wait_for(lambda: trial(follower) == reached, "it stays there when it is paused")
    restart(follower)
    wait_for(lambda: trial(follower) == reached, "a restart goes on at the step that was reached", 30)
    wait_for(lambda: following(follower)["reports"]["state"] == "heard", "the registry hears it again")
    with Load(follower) as second:
        wait_for(lambda: second.seen("1.1.0") > 50, "the load runs")
        rita.text("rollout", "resume", MODEL)
        wait_for(lambda: show(rita)["rollout"]["state"] == "promoted", "the candidate is promoted", 60)
        wait_for(lambda: metric(follower, r'^stoa_release_share_ratio\{[^}]*version="1.1.0"\} (\S+)') == 1, "it has all requests")
    check(not first.failures and not second.failures, f"lost: {first.failures[:3]} {second.failures[:3]}")
    check(set(first.answers) | set(second.answers) == {"1.0.0", "1.1.0"}, f"answered: {first.answers} {second.answers}")
    wait_for(lambda: infer(origin) == (200, "1.1.0"), "the registry's own host has it, too")
    lines = [line for line in admin.json("audit", "list", "--most", "1000")["items"] if line["actor"] == BY_EDGE]
    actions = [line["action"] for line in lines]
    check(actions.count("rollout.step") >= 2 and "rollout.promote" in actions, f"the audit log has of {BY_EDGE}: {actions}")
    print(f"1.1.0 promoted by a follower's figures over a restart, {sum((first.answers + second.answers).values())} requests, "
          f"none lost")


def taken_back(origin, follower, rita):
    with Load(follower) as load:
        wait_for(lambda: load.seen("1.1.0") > 100, "the load runs")
        rita.text("rollout", "start", MODEL, "1.2.0", "--steps", "20,100", "--promote", *FAST)
        wait_for(lambda: show(rita)["rollout"]["state"] == "rolled_back", "the follower has it taken back", 60)
        seen = load.seen("1.1.0")
        wait_for(lambda: load.seen("1.1.0") > seen + 100, "the stable one answers on")
    only_broken(load)
    told = show(rita)
    verdict = next(one for one in told["verdicts"] if one["version"] == "1.2.0")
    check(verdict["actor"] == BY_EDGE and verdict["reason"] == "rollout.errors", f"the verdict is {verdict}")
    check(re.search(r"\d+ of \d+ failed", verdict["numbers"]), f"the verdict has no numbers: {verdict}")
    wait_for(lambda: metric(follower, r'^stoa_release_verdict\{[^}]*version="1.2.0",verdict="rolled_back"\} (\S+)') == 1,
             "the follower's metrics have the verdict")
    wait_for(lambda: not following(follower)["verdicts"], "what the registry says is not this host's own any more")
    check(infer(origin) == (200, "1.1.0"), "the registry's own host serves something else")
    print(f"1.2.0 taken back for all by a follower: {verdict['numbers']}")


def taken_back_alone(follower, rita, line):
    """The registry is away: the follower judges for its own traffic, remembers, and tells when it can."""
    rita.text("rollout", "forgive", MODEL, "1.2.0")
    rita.text("rollout", "start", MODEL, "1.2.0", "--steps", "20,100", "--promote", *FAST)
    wait_for(lambda: trial(follower) == ("1.2.0", 200000), "the trial begins on the follower", 30)
    line.switch(False)
    with Load(follower) as load:
        wait_for(lambda: following(follower)["verdicts"], "the follower takes it back by itself", 60)
        seen = load.seen("1.1.0")
        wait_for(lambda: load.seen("1.1.0") > seen + 100, "the stable one answers on")
    only_broken(load)
    own = following(follower)["verdicts"][0]
    check(own["version"] == "1.2.0" and own["reason"] == "rollout.errors" and not own["told"], f"its own verdict is {own}")
    check(metric(follower, r"^stoa_follow_own_verdicts (\S+)") == 1, "the metrics do not know of it")
    check(metric(follower, r"^stoa_follow_reports_waiting (\S+)") == 1, "nothing waits to be told")
    check(follower.has_logged('"rollout.own_verdict"'), "the log does not tell")
    wait_for(lambda: metric(follower, r"^stoa_follow_heard (\S+)") == 0, "the metrics do not say that nobody hears it")
    restart(follower)
    check(infer(follower) == (200, "1.1.0"), f"after a restart {infer(follower)} answers")
    check(following(follower)["verdicts"] == [own], f"its verdict after a restart: {following(follower)['verdicts']}")
    check(trial(follower) == (None, None), f"it tries it again: {trial(follower)}")
    check(show(rita)["rollout"]["state"] == "running", "the registry knows what nobody told it")
    line.switch(True)
    wait_for(lambda: show(rita)["rollout"]["state"] == "rolled_back", "the registry hears of it when it is back", 30)
    wait_for(lambda: not following(follower)["verdicts"], "then the verdict is the registry's")
    check(infer(follower) == (200, "1.1.0"), f"{infer(follower)} answers")


def without_token(origin, follower, rita):
    """Who may tell nothing stays at the registry's share, and takes back what fails for itself alone."""
    token = follower.folder / "edge.token"
    shutil.copy(origin.folder / "otto.token", token)  # an auditor's
    restart(follower)
    wait_for(lambda: following(follower)["reports"].get("reason") == "role.not_allowed", "it is told that it may not")
    rita.text("rollout", "start", MODEL, "1.0.0", "--steps", "20,100", "--promote", *FAST)
    with Load(follower) as load:
        wait_for(lambda: load.seen("1.0.0") > 100, "the trial begins", 30)
        time_of_two_steps = time.monotonic() + 3  # a window is a second: long enough to take a step
        wait_for(lambda: time.monotonic() > time_of_two_steps and load.seen("1.0.0") > 200, "the load runs on")
        check(trial(follower) == ("1.0.0", 200000), f"it went on by itself: {trial(follower)}")
    check(not load.failures, f"lost: {load.failures[:3]}")
    rita.text("rollout", "rollback", MODEL)
    rita.text("rollout", "forgive", MODEL, "1.0.0")


def revoked(follower, admin, releases):
    with Load(follower) as load:
        wait_for(lambda: load.seen("1.1.0") > 100, "the load runs")
        began = time.monotonic()
        admin.text("releases", "revoke", releases["1.1.0"], "--because", "leaks inputs")
        wait_for(lambda: infer(follower, "1.1.0")[0] == 410, "the revoked release is gone", 10)
        took = time.monotonic() - began
        wait_for(lambda: infer(follower) == (200, "1.0.0"), "the release before takes over", 30)
    check(took < 1.0, f"it took {took:.3f} s")
    print(f"revoked under load: 410 on the follower {took:.3f} s after the command began")


def asked_for(follower):
    """A version that nothing names is fetched and loaded because somebody asks for it."""
    check(infer(follower, "1.2.0") == (200, "1.2.0"), f"{infer(follower, '1.2.0')} for a version that is published")


def main():
    staging("release_1_2_0")
    with Host([], '[registry]\nfolder = "registry"\nmetadata_bins = 16\n', in_process=(), customer=CUSTOMER) as origin:
        admin = Registry(origin.operator_url, origin.folder / "registry/admin.token")
        for name, role in (("rita", "reviewer"), ("otto", "auditor"), ("edge", "host")):
            admin.json("operators", "create", name, role, "--token-out", origin.folder / (name + ".token"))
        rita = Registry(origin.operator_url, origin.folder / "rita.token")
        edge = Registry(origin.operator_url, origin.folder / "edge.token")
        partner = Registry(origin.operator_url, origin.folder / "partner.token")
        admin.json("publishers", "create", "stoa-demo", "--token-out", origin.folder / "partner.token")
        admin.text("publishers", "let-pass", "stoa-demo")
        partner.json("publishers", "add-key", "stoa-demo", "--key", origin.folder / "key.key.pem")
        releases = {"1.0.0": publish(origin, partner, rita, "1.0.0")}
        wait_for(lambda: infer(origin) == (200, "1.0.0"), "the registry's own host answers")
        rita.text("aliases", "move", MODEL, "default", "1.0.0")
        for version in ("1.1.0", "1.2.0"):
            releases[version] = publish(origin, partner, rita, version)
        edge.refused("role.not_allowed", "rollout", "start", MODEL, "1.1.0", "--steps", "50")

        line = Line(origin.operator_port)
        more = f'[registry]\nfolder = "followed"\nfollow = "{line.url}"\ntrusted_root = "root.json"\ntoken_file = "edge.token"\n'
        follower = Host([], more, in_process=(), customer=CUSTOMER)
        (follower.folder / "root.json").write_bytes(call(origin.url + "/tuf/1.root.json")[2])
        shutil.copy(origin.folder / "edge.token", follower.folder / "edge.token")
        with follower:
            wait_for(lambda: infer(follower) == (200, "1.0.0"), "the follower answers", 60)
            wait_for(lambda: following(follower)["reports"]["state"] == "heard", "the registry hears it")
            asked_for(follower)
            as_shadow(follower, rita)
            for_one_customer(follower, rita)
            step_by_step(origin, follower, rita, admin)
            taken_back(origin, follower, rita)
            taken_back_alone(follower, rita, line)
            without_token(origin, follower, rita)
            revoked(follower, admin, releases)
        check(admin.text("audit", "verify").startswith("whole"), "the catalogue is not whole")
    print("ok")


if __name__ == "__main__":
    sys.exit(main())

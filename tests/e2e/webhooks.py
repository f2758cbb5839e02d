"""webhooks.py: the commands of docs/how-to/receive-webhooks.md, executed; then a receiver that fails, hangs and comes back,
and kill -9 of the host: every event comes, each source's in order, signed, under the same id.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

from stoa_host import BUILD, Host, call_json, check
from webhook_receiver import Receiver, wait_for

PAGE = pathlib.Path(__file__).parents[2] / "docs/how-to/receive-webhooks.md"
CONFIG = ('[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\n[webhooks]\nprivate_addresses = true\n'
          "plain_http = true\nretry_first_ms = 200\nanswer_ms_max = 1000\nattempts_max = %d\n")


def commands():
    lines = [line.strip() for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S) for line in block.splitlines()]
    return [line for line in lines if re.match(r"(stoa|jq|python3|export) ", line)]


def run_page(host, environment):
    port = socket.socket()
    port.bind(("127.0.0.1", 0))
    free = str(port.getsockname()[1])
    port.close()
    shutil.copy(pathlib.Path(__file__).with_name("receive_webhooks.py"), host.folder)
    receiver, executed = None, 0
    for line in commands():
        line = line.replace("http://127.0.0.1:8081", host.operator_url).replace("9000", free)
        executed += 1
        if line.startswith("export "):
            environment.update(pair.split("=", 1) for pair in line.split()[1:])
        elif line.startswith("python3 "):
            receiver = subprocess.Popen(line.split(), cwd=host.folder, stderr=subprocess.DEVNULL)
        else:
            if "deliveries" in line:
                wait_for(lambda: (host.folder / "events.jsonl").exists() and
                         len((host.folder / "events.jsonl").read_text().splitlines()) >= 2, "the page's events did not come")
            done = subprocess.run(line, shell=True, cwd=host.folder, env=environment, timeout=60, capture_output=True, text=True)
            print(f"$ {line}\n{done.stdout}{done.stderr}", end="")
            check(done.returncode == 0, f"{line}: ended with {done.returncode}")
            check("deliveries" not in line or "delivered" in done.stdout, "nothing was delivered")
    receiver.terminate()
    receiver.wait()
    events = [json.loads(line) for line in (host.folder / "events.jsonl").read_text().splitlines()]
    check({event["type"] for event in events} == {"webhook.test", "customer.changed"}, f"the page's receiver got {events}")
    check(executed == 10, f"the page has {executed} commands")


def main():
    with Host([], CONFIG % 100) as host:
        token = {}
        environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]}
        (host.folder / "admin.token").symlink_to(host.folder / "registry/admin.token")
        run_page(host, environment)

        token = {"Authorization": "Bearer " + (host.folder / "registry/admin.token").read_text().strip()}
        receiver = Receiver()

        def ask(path, body, wanted):
            status, answer = call_json(host.operator_url + path, body, token)
            check(status == wanted, f"{path}: {status} {answer}")
            return answer

        def create(path):
            shown = ask("/v1/webhooks", {"url": receiver.url + path, "types": ["customer.*"]}, 201)
            receiver.secrets[path] = [shown["secret"]]
            return shown["id"]

        good, failing, hanging = create("/good"), create("/failing"), create("/hanging")
        receiver.answers.update({"/failing": 500, "/hanging": "hang"})
        names = [f"c{i}" for i in range(8)]
        for name in names:
            ask("/v1/customers", {"name": name}, 201)
        wait_for(lambda: receiver.customers("/good") == names, f"the good one got {receiver.customers('/good')}")
        wait_for(lambda: any(at == "/failing" for at, _, _ in receiver.got), "the failing one was not tried")
        check(not receiver.taken("/failing"), "the failing one took something")

        # kill -9 while two of them wait for what they have not got.
        host.process.kill()
        host.process.wait()
        host.ports_file.unlink()
        host.serve()
        receiver.answers.clear()
        for path in ("/failing", "/hanging"):
            wait_for(lambda: receiver.customers(path) == names, f"{path} got {receiver.customers(path)}", 60)
        check(receiver.customers("/good") == names, "the good one was told something else after kill -9")

        # kill -9 amid deliveries, again and again.
        more = [f"c{i}" for i in range(100, 140)]
        for at, name in enumerate(more):
            ask("/v1/customers", {"name": name}, 201)
            if at % 10 == 9:
                host.process.kill()
                host.process.wait()
                host.ports_file.unlink()
                host.serve()
        for path in ("/good", "/failing", "/hanging"):
            wait_for(lambda: receiver.customers(path) == names + more, f"{path} got {receiver.customers(path)}", 60)

        # Both secrets, then the new one alone; 410; another's; addresses that are not called.
        rotated = ask(f"/v1/webhooks/{good}/rotate", {"overlap_s": 3600}, 200)
        receiver.secrets["/good"].append(rotated["secret"])
        ask("/v1/customers", {"name": "c900"}, 201)
        wait_for(lambda: "c900" in receiver.customers("/good"), "nothing came after the rotation")
        rotated = ask(f"/v1/webhooks/{good}/rotate", {"overlap_s": 0}, 200)
        receiver.secrets["/good"] = [rotated["secret"]]
        receiver.answers["/failing"] = 410
        ask("/v1/customers", {"name": "c901"}, 201)
        wait_for(lambda: "c901" in receiver.customers("/good"), "nothing came after the second rotation")
        wait_for(lambda: '"webhook.not_delivered"' in host.log_text(), "410 was not logged")

        def state(webhook):
            done = subprocess.run(["stoa", "webhooks", "list", "--json"], env={**environment, "STOA_REGISTRY": host.operator_url},
                                  cwd=host.folder, capture_output=True, text=True)
            return next(one["state"] for one in json.loads(done.stdout)["items"] if one["id"] == webhook)

        wait_for(lambda: state(failing) == "disabled", "410 disabled nothing")
        receiver.answers.clear()
        ask(f"/v1/webhooks/{failing}/enable", {}, 200)
        wait_for(lambda: "c901" in receiver.customers("/failing"), "an enabled webhook is not told what it missed")
        check(not receiver.bad, f"not as they should be: {receiver.bad[:3]}")
        host.stop()

        # The last try, and what is not called.
        host.more = (CONFIG % 2).replace("private_addresses = true", "private_addresses = false")
        host.ports_file.unlink(missing_ok=True)
        host.serve()
        ask("/v1/customers", {"name": "c999"}, 201)
        wait_for(lambda: '"webhook.dead"' in host.log_text(), "nothing became a dead letter")
        check("webhook.private" in host.log_text(), "a private address was called")
        check("c999" not in receiver.customers("/good"), "a private address was called")
    print("ok")


sys.exit(main())

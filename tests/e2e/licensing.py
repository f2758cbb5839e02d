"""licensing.py: the commands of docs/how-to/license-customers.md, executed as they stand there; then kill -9 and a restart.

SPDX-License-Identifier: Apache-2.0
"""
import json
import os
import pathlib
import re
import subprocess
import sys

from stoa_host import BUILD, Host, call, check

PAGE = pathlib.Path(__file__).parents[2] / "docs/how-to/license-customers.md"


def commands():
    """The lines of the page that start with a command, or set the environment of those that follow."""
    lines = [line.strip() for block in re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.S) for line in block.splitlines()]
    return [line for line in lines if re.match(r"(stoa|echo|export) ", line)]


def main():
    environment = {**os.environ, "PATH": os.path.join(BUILD, "bin") + ":" + os.environ["PATH"]}
    with Host([], '[registry]\nfolder = "registry"\n[licensing]\nfolder = "licensing"\nissuer_key = "key.key.pem"\n') as host:
        environment["STOA_TOKEN_FILE"] = str(host.folder / "registry/admin.token")
        (host.folder / "admin.token").symlink_to(host.folder / "registry/admin.token")

        def run(line, status=0):
            done = subprocess.run(line, shell=True, cwd=host.folder, env=environment, timeout=60, capture_output=True, text=True)
            print(f"$ {line}\n{done.stdout}{done.stderr}", end="")
            check(done.returncode == status, f"{line}: ended with {done.returncode}, not {status}")
            return done.stdout + done.stderr

        executed = 0
        for line in commands():
            line = line.replace("http://127.0.0.1:8081", host.operator_url).replace("http://127.0.0.1:8080", host.url)
            if line.startswith("export "):
                environment.update(pair.split("=", 1) for pair in line.split()[1:])
                continue
            run(line)
            executed += 1
        check(executed == 22, f"the page has {executed} commands")

        key = (host.folder / "staging.key").read_text().strip()
        check((host.folder / "shop.key").stat().st_mode & 0o077 == 0, "the key's file can be read by others")
        status, _, body = call(host.url + "/v1/account/licences", headers={"Authorization": "Bearer " + key})
        check(status == 200 and len(json.loads(body)["items"]) == 3, f"the customer sees {status} {body}")
        check("key.unknown" not in run("stoa licences list --json --key-file staging.key"), "the key is not known")
        check("lease.no_seat" in run("stoa licences lease take --model stoa-demo/release --key-file staging.key && "
                                     "stoa licences lease take --model stoa-demo/release --key-file staging.key", 1),
              "a third seat was given")
        check("customer.exists" in run("stoa customers create northwind", 1), "it was created twice")
        check("--host" in run("STOA_HOST= stoa keys list --key-file staging.key", 2), "nothing says what to do")
        licence = json.loads(run("stoa licences list --json"))["items"][0]["id"]
        run(f"stoa licences export {licence} -o northwind.stoa-licence")
        run("stoa licences verify northwind.stoa-licence --issuer platform=key.pub.pem")
        run("stoa licences verify northwind.stoa-licence --issuer acme=key.pub.pem", 1)
        check(len(json.loads(run(f"stoa licences serials {licence} --json"))["items"]) >= 1, "the licence has no serials")
        held = json.loads(run("stoa licences held stoa-demo --json"))["items"]
        check(held and all(row["covers"][0]["model"].startswith("stoa-demo/") for row in held), f"held: {held}")
        lines = json.loads(run("stoa licences audit list --most 1000 --json"))["items"]
        check(json.loads(run("stoa licences audit verify --json"))["lines"] == len(lines) > 10, f"{len(lines)} lines of the log")
        page = json.loads(run("stoa licences audit list --most 2 --json"))
        after = json.loads(run(f"stoa licences audit list --most 2 --before {page['next']} --json"))
        check(page["items"] + after["items"] == lines[:4], "pages of the log are not its lines")
        said = run(f"stoa licences audit list --subject {licence}")
        check(all(said.count(act) == 1 for act in ("licence.issue", "licence.export")), f"issued and exported once each: {said}")
        secrets = [(host.folder / name).read_text().strip() for name in ("shop.key", "head.key", "staging.key", "team.key", "build.key", "build-7.lease")]
        for file in (host.folder / "licensing").rglob("*"):
            for secret in secrets if file.is_file() else ():
                check(secret[3:35].encode() not in file.read_bytes(), f"{file} has a secret in it")

        host.process.kill()
        host.process.wait()
        host.ports_file.unlink()
        host.serve()
        status, _, body = call(host.url + "/v1/leases", headers={"Authorization": "Bearer " + key})
        check(status == 200 and len(json.loads(body)["items"]) == 2, f"after kill -9 there are {status} {body}")
        host.stop()
        (host.folder / "licensing").rename(host.folder / "licensing.broken")
        run("stoa backup restore licensing.backup licensing")
        check("true" in run("stoa doctor licensing --json"), "what came back is not healthy")
    print("ok")


sys.exit(main())

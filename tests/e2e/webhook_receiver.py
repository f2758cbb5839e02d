"""webhook_receiver.py: who is told: takes webhooks as a test says, looks at their signatures and ids, and keeps what came.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import hashlib
import hmac
import http.server
import json
import threading
import time

from stoa_host import check


def wait_for(is_so, what, seconds=20):
    end = time.monotonic() + seconds
    while not is_so():
        check(time.monotonic() < end, what)
        time.sleep(0.05)


class Receiver:
    """What came, by webhook; how it answers is the test's to say: a status, or "hang"."""

    def __init__(self):
        self.got, self.answers, self.secrets, self.bad = [], {}, {}, []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                receiver.take(self)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.handle_error = lambda *_: None  # a host that was killed, or did not wait, has hung up
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def take(self, handler):
        body, fields = handler.rfile.read(int(handler.headers["Content-Length"])), handler.headers
        answer = self.answers.get(handler.path, 204)
        if answer == "hang":
            time.sleep(3)
            answer = 204
        signed = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + body
        macs = {"v1," + base64.b64encode(hmac.new(base64.b64decode(secret[6:]), signed, hashlib.sha256).digest()).decode()
                for secret in self.secrets.get(handler.path, ())}
        if handler.path in self.secrets and set(fields["webhook-signature"].split()) != macs:
            self.bad.append(f"{handler.path}: {fields['webhook-signature']}")
        event = json.loads(body)
        if fields["webhook-id"] != event["source"].removeprefix("urn:stoa:") + "/" + event["id"] or event["specversion"] != "1.0":
            self.bad.append(str(event))
        self.got.append((handler.path, answer, event))
        handler.send_response(answer)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    def taken(self, path):
        return [event for at, answer, event in self.got if at == path and answer == 204]

    def customers(self, path):
        """The names, in the order in which they came first."""
        return list(dict.fromkeys(event["data"]["detail"] for event in self.taken(path) if event["type"] == "customer.changed"))

"""receive_webhooks.py SECRET_FILE PORT EVENTS: takes webhooks, and writes each event once, a line of JSON.

SPDX-License-Identifier: Apache-2.0
"""
import base64
import hashlib
import hmac
import http.server
import json
import sys
import time

KEY = base64.b64decode(open(sys.argv[1]).read().strip().removeprefix("whsec_"))
seen = set()


def is_signed(fields, body):
    signed = f"{fields['webhook-id']}.{fields['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    is_fresh = abs(time.time() - int(fields["webhook-timestamp"])) < 300
    return is_fresh and any(hmac.compare_digest(one, "v1," + wanted) for one in fields["webhook-signature"].split())


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not is_signed(self.headers, body):
            self.send_error(401)
            return
        if self.headers["webhook-id"] not in seen:
            with open(sys.argv[3], "a") as events:
                events.write(json.dumps(json.loads(body)) + "\n")
            seen.add(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()


http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Receiver).serve_forever()

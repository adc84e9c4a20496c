import base64
import hashlib
import hmac
import json
import os
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["GUICHET_WEBHOOK_SECRET"]  # whsec_...
known = set()  # the ids that were taken already; in your database, with a unique column


def verify(headers, body: bytes, secret: str) -> str:
    """The webhook's id. Raises ValueError when it is not from Guichet, or not from now."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        raise ValueError("too old, or from the future")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body  # the raw bytes, before any parsing
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    signatures = headers.get("webhook-signature", "").split()  # several, while a secret is being changed
    if not any(hmac.compare_digest(one.encode(), expected.encode()) for one in signatures):
        raise ValueError("the signature does not hold")
    return webhook_id


class Webhook(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            webhook_id = verify(self.headers, body, SECRET)
        except ValueError as why:
            return self.answer(401, str(why))
        if webhook_id not in known:  # the same one may come twice
            event = json.loads(body)
            order = event["data"]  # but for webhook.test, which tells of none
            print(event["type"], order.get("reference"), order.get("state"), flush=True)
            known.add(webhook_id)
        return self.answer(204)  # any 2xx: we have it, do not send it again

    def answer(self, status, text=""):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text.encode())


if __name__ == "__main__":
    ThreadingHTTPServer(("", int(os.environ.get("PORT", "8080"))), Webhook).serve_forever()

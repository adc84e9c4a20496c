"""The smallest shop there is: one HTML form, and a server of Python's standard library behind it.

    GUICHET=https://pay.example.com GUICHET_KEY=gk_... GUICHET_WEBHOOK_SECRET=whsec_... python plain_form.py

Then open http://127.0.0.1:8080/. The webhook address of the shop in Guichet is .../webhook.
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError
from urllib.parse import parse_qs, quote, urlsplit
from urllib.request import Request, urlopen

GUICHET = os.environ.get("GUICHET", "")
KEY = os.environ.get("GUICHET_KEY", "")
SECRET = os.environ.get("GUICHET_WEBHOOK_SECRET", "")
PORT = int(os.environ.get("PORT", "8080"))
SHOP = os.environ.get("SHOP", f"http://127.0.0.1:{PORT}")  # where browsers find this server

HEAD = '<!doctype html><html lang="en"><meta charset="utf-8"><title>Spoons</title>'
FORM = """<h1>A spoon, 42.99 euros</h1>
<form method="post" action="/">
  <input type="hidden" name="basket" value="{basket}">
  <p><label>Your e-mail address <input type="email" name="email" required></label></p>
  <p><button>Buy and pay</button></p>
</form>"""
THANKS = {
    "paid": "<h1>Thank you!</h1><p>Your spoon is paid, and on its way.</p>",
    "open": "<h1>Thank you!</h1><p>We have your order and wait for the payment.</p>",
}
NO_THANKS = "<h1>Not bought</h1><p>The order was not paid, and you owe nothing.</p>"


def ask(path, order=None, key=""):
    """One request to Guichet's API: with an order it is a POST."""
    headers = {"Authorization": f"Bearer {KEY}"}
    if order:
        headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
    body = json.dumps(order).encode() if order else None
    with urlopen(Request(f"{GUICHET}/api/v1/{path}", body, headers), timeout=10) as answer:
        return json.load(answer)


def buy(basket, email, return_url):
    """Where to send the browser. The form's basket is the key: two clicks are one order."""
    order = {
        "reference": basket,
        "amount": 4299,
        "currency": "EUR",
        "items": [{"name": "Spoon", "quantity": 1, "unit_price": 4299}],
        "customer": {"email": email},
        "return_url": return_url,
    }
    return ask("orders", order, key=basket)["pay_url"]


def thanks(basket):
    """What to say to a browser that came back: what Guichet says of the order, whatever the browser says."""
    orders = ask(f"orders?reference={quote(basket, safe='')}")["orders"]
    return THANKS.get(orders[0]["state"], NO_THANKS) if orders else NO_THANKS


def is_genuine(headers, body):
    """Is this webhook from Guichet, and from now?"""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split()
    fresh = timestamp.isdecimal() and abs(time.time() - int(timestamp)) < 300
    return fresh and any(hmac.compare_digest(one.encode(), expected.encode()) for one in given)


class Shop(BaseHTTPRequestHandler):
    def do_GET(self):
        address = urlsplit(self.path)
        if address.path == "/":
            return self.answer(200, FORM.format(basket=secrets.token_hex(12)))
        if address.path != "/thanks":
            return self.answer(404, "<h1>There is nothing here</h1>")
        try:
            return self.answer(200, thanks(parse_qs(address.query).get("basket", [""])[0]))
        except URLError:
            return self.answer(502, "<h1>The checkout does not answer</h1><p>Try again in a moment.</p>")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/webhook":
            return self.webhook(body)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        basket = form.get("basket", "")
        try:
            pay_url = buy(basket, form.get("email", ""), f"{SHOP}/thanks?basket={quote(basket, safe='')}")
        except URLError:
            return self.answer(502, "<h1>That did not work</h1><p>You have not paid anything. Try again.</p>")
        return self.answer(303, location=pay_url)

    def webhook(self, body):
        if not is_genuine(self.headers, body):
            return self.answer(401)
        event = json.loads(body)
        print(
            event["type"], event["data"].get("reference", ""), flush=True
        )  # here a real shop writes it down, once
        return self.answer(204)

    def answer(self, status, page="", location=""):
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write((HEAD + page).encode() if page else b"")


if __name__ == "__main__":
    ThreadingHTTPServer(("", PORT), Shop).serve_forever()

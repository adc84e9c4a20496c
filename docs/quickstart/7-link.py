import os

import requests

GUICHET = os.environ["GUICHET"]
shop = requests.Session()
shop.headers["Authorization"] = f"Bearer {os.environ['GUICHET_KEY']}"


def post(path: str, body: dict, key: str) -> dict:
    answer = shop.post(f"{GUICHET}/api/v1/{path}", json=body, headers={"Idempotency-Key": key}, timeout=60)
    answer.raise_for_status()
    return answer.json()


# A customer who is not in your shop: an order that can be paid for a week, and a link to it.
invoice = {"reference": "invoice-17", "amount": 9900, "currency": "EUR", "hold_minutes": 7 * 24 * 60}
order = post("orders", invoice, "invoice-17")
link = post(f"orders/{order['id']}/links", {"channel": "copy"}, "invoice-17-link")
print(link["url"])

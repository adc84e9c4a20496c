import json
import os
from pathlib import Path

import requests

order = {
    "reference": "8841",  # your own name for the order, used once
    "amount": 4299,  # minor units: 42.99 EUR
    "currency": "EUR",
    "items": [{"name": "Spoon", "quantity": 1, "unit_price": 4299}],
    "customer": {"email": "ada@example.com"},
}
answer = requests.post(
    f"{os.environ['GUICHET']}/api/v1/orders",
    json=order,
    headers={
        "Authorization": f"Bearer {os.environ['GUICHET_KEY']}",
        "Idempotency-Key": "basket-8841",  # sent again, it makes no second order
    },
    timeout=10,
)
if answer.status_code != 201:
    raise SystemExit(answer.json()["detail"])  # errors names every field that is not right
Path("order.json").write_text(json.dumps(answer.json()))  # your database
print(answer.json()["id"], answer.json()["pay_url"])

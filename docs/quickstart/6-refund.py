import json
import os
from pathlib import Path

import requests

order = json.loads(Path("order.json").read_text())
answer = requests.post(
    f"{os.environ['GUICHET']}/api/v1/orders/{order['id']}/operations",
    json={"verb": "refund", "amount": 1000},  # ten euros; all that is left when the amount is left out
    headers={
        "Authorization": f"Bearer {os.environ['GUICHET_KEY']}",
        "Idempotency-Key": "refund-8841-1",
    },
    timeout=60,  # the provider is asked
)
answer.raise_for_status()
print(answer.json()["status"])  # success; or pending: the webhook order.refunded tells when it is through

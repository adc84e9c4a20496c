import json
import os
from pathlib import Path

import requests

order = json.loads(Path("order.json").read_text())
answer = requests.get(
    f"{os.environ['GUICHET']}/api/v1/orders/{order['id']}",
    headers={"Authorization": f"Bearer {os.environ['GUICHET_KEY']}"},
    timeout=10,
)
answer.raise_for_status()
print(answer.json()["state"])  # ship when it is "paid"

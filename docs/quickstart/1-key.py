import os

import requests

GUICHET = os.environ.get("GUICHET", "https://pay.example.com")
shop = requests.Session()
shop.headers["Authorization"] = f"Bearer {os.environ['GUICHET_KEY']}"

answer = shop.get(f"{GUICHET}/api/v1/orders", params={"reference": "none"}, timeout=10)
answer.raise_for_status()  # 401: the key is not right
print(answer.json())

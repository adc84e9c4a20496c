"""What does a request look like, whole enough to be sent? One example for each body, by the name of its shape."""

from typing import Any

KEY_EXAMPLE = "basket-8841"

EXAMPLES: dict[str, dict[str, Any]] = {
    "NewOrder": {
        "reference": "8841",
        "amount": 4299,
        "currency": "EUR",
        "items": [{"name": "Spoon", "quantity": 1, "unit_price": 4299}],
        "customer": {"email": "ada@example.com"},
        "return_url": "https://shop.example/orders/8841/",
    },
    "NewChange": {"amount": 5000, "expires_at": "2026-12-15T18:00:00Z"},
    "NewPayment": {"provider": "ecomcharge"},
    "NewOperation": {"verb": "refund", "amount": 1000, "reason": "one spoon came back"},
    "NewLink": {"channel": "email", "to": "ada@example.com", "text_name": "order"},
    "NewCharge": {"reference": "abo-7-extra", "amount": 700, "description": "Two more seats"},
    "EndAgreement": {"when": "period_end"},
}

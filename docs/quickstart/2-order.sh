# The Idempotency-Key is your name for this request: sent again, it makes no second order.
curl -fsS "$GUICHET/api/v1/orders" \
  -H "Authorization: Bearer $GUICHET_KEY" \
  -H "Idempotency-Key: basket-8841" \
  -H "Content-Type: application/json" \
  -d '{
    "reference": "8841",
    "amount": 4299,
    "currency": "EUR",
    "items": [{"name": "Spoon", "quantity": 1, "unit_price": 4299}],
    "customer": {"email": "ada@example.com"}
  }' \
  -o order.json

cat order.json

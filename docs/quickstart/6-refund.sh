ORDER_ID=$(sed 's/.*"id": *"\(G-[^"]*\)".*/\1/' order.json)

# Ten euros go back. The provider is asked, so give it time. Read `status`.
curl -fsS -m 60 "$GUICHET/api/v1/orders/$ORDER_ID/operations" \
  -H "Authorization: Bearer $GUICHET_KEY" \
  -H "Idempotency-Key: refund-8841-1" \
  -H "Content-Type: application/json" \
  -d '{"verb": "refund", "amount": 1000}'

# A customer who is not in your shop: an order that can be paid for a week, and a link to it.
curl -fsS "$GUICHET/api/v1/orders" \
  -H "Authorization: Bearer $GUICHET_KEY" \
  -H "Idempotency-Key: invoice-17" \
  -H "Content-Type: application/json" \
  -d '{"reference": "invoice-17", "amount": 9900, "currency": "EUR", "hold_minutes": 10080}' \
  -o invoice.json
INVOICE_ID=$(sed 's/.*"id": *"\(G-[^"]*\)".*/\1/' invoice.json)

curl -fsS "$GUICHET/api/v1/orders/$INVOICE_ID/links" \
  -H "Authorization: Bearer $GUICHET_KEY" \
  -H "Idempotency-Key: invoice-17-link" \
  -H "Content-Type: application/json" \
  -d '{"channel": "copy"}'

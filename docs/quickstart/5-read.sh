ORDER_ID=$(sed 's/.*"id": *"\(G-[^"]*\)".*/\1/' order.json)

curl -fsS "$GUICHET/api/v1/orders/$ORDER_ID" -H "Authorization: Bearer $GUICHET_KEY"

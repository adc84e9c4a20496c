# The address of your Guichet, and your shop's API key. `curl -f` fails when the key is not let in.
: "${GUICHET:=https://pay.example.com}" "${GUICHET_KEY:=gk_...}"
export GUICHET GUICHET_KEY

curl -fsS "$GUICHET/api/v1/orders?reference=none" -H "Authorization: Bearer $GUICHET_KEY"

# Is a webhook genuine? `body` is the file with its bytes as they came; the rest is your secret and the three headers.
KEY=$(printf '%s' "${GUICHET_WEBHOOK_SECRET#whsec_}" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \n')
EXPECTED=$(
  { printf '%s.%s.' "$WEBHOOK_ID" "$WEBHOOK_TIMESTAMP"; cat body; } |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$KEY" -binary | openssl base64 -A
)

case " $WEBHOOK_SIGNATURE " in
  *" v1,$EXPECTED "*) echo "from Guichet" ;;
  *) echo "not from Guichet" >&2; exit 1 ;;
esac

# Your server answers the shopper's browser with `303 See Other` and this address. Open it to see what the shopper sees.
PAY_URL=$(sed 's/.*"pay_url": *"\([^"]*\)".*/\1/' order.json)

printf 'HTTP/1.1 303 See Other\r\nLocation: %s\r\n\r\n' "$PAY_URL"
curl -fsS -o /dev/null "$PAY_URL"

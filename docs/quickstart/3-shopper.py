import json
from http import HTTPStatus
from pathlib import Path


def application(environ, start_response):
    """WSGI, which every Python web framework speaks: the answer to the browser that pressed "Pay"."""
    order = json.loads(Path("order.json").read_text())
    see_other = HTTPStatus.SEE_OTHER
    start_response(f"{see_other.value} {see_other.phrase}", [("Location", order["pay_url"])])
    return [b""]


if __name__ == "__main__":
    application({}, lambda status, headers: print(status, dict(headers)["Location"]))

"""Do the log, the clock, the accounts, the reset and the console do what they promise?"""

import signal
import subprocess
import time
from pathlib import Path

import pytest
import requests

from tests.sandbox.conftest import start
from tests.sandbox.shop import APPROVED, Shop, order_request


def test_healthz(shop: Shop) -> None:
    assert shop.get("healthz")["status"] == "ok"
    assert "epc" in shop.get("healthz")["providers"]


def test_calls_are_logged_without_secrets(shop: Shop) -> None:
    order_id = shop.order()
    call = shop.get("calls?provider=epc")["calls"][-1]
    assert (call["method"], call["verb"], call["status"]) == ("createOrUpdateOrder", "POST", 200)
    assert call["path"] == "/epc/tnseb/backend-apis/externalOrderFacade/v1_33/createOrUpdateOrder"
    assert call["headers"]["authorization"] == "Bearer ***"
    assert call["request"]["simpleProductOperations"][0]["quantity"] == 1
    assert call["response"]["orderUpdateData"]["orderId"] == order_id
    assert call["response"]["orderUpdateData"]["orderSecretId"] == "***"
    assert shop.get(f"calls?since={call['id']}")["calls"] == []
    bad = shop.http.get(f"{shop.url}/_sandbox/calls?since=x", timeout=10)
    assert (bad.status_code, bad.json()["field"]) == (400, "since")


@pytest.mark.parametrize("spelled", ["4970100000000055", "4970 1000 0000 0055", "4970-1000-0000-0055"])
def test_no_card_number_is_kept_wherever_it_is_put(shop: Shop, spelled: str) -> None:
    """The canary: a card number in every place a caller can reach."""
    body = order_request(externalReference=spelled, cardNumber=spelled, note={"deep": [f"card {spelled}!"]})
    shop.raw("createOrUpdateOrder", body)
    requests.get(
        f"{shop.url}/epc/widget/form", params={"paymentId": spelled, "sessionId": spelled}, timeout=10
    )
    form = {"number": spelled, "cvc": "987", "expiry": "12/30", "holder": spelled}
    requests.post(f"{shop.url}/epc/widget/submit", data=form, timeout=10)
    requests.post(f"{shop.url}/epc/nowhere", data=f"card={spelled}", timeout=10)
    kept = shop.http.get(f"{shop.url}/_sandbox/calls", timeout=10).text
    kept += shop.http.get(f"{shop.url}/", timeout=10).text.split("</main>")[0].partition('id="payments"')[2]
    for secret in (spelled, spelled.replace(" ", "+"), "0000 0055", "00000055", "0000-0055", "cvc=987"):
        assert secret not in kept
    assert "497010******0055" in kept


def test_ids_are_not_taken_for_cards(shop: Shop) -> None:
    shop.raw("updatePayments", {"orderId": 1, "payments": [{"paymentId": 10229102727225}]})
    assert shop.get("calls")["calls"][-1]["request"]["payments"] == [{"paymentId": 10229102727225}]


def test_the_clock(shop: Shop) -> None:
    assert shop.get("clock")["ahead_seconds"] == 0
    assert shop.post("clock", advance_seconds=90)["ahead_seconds"] == 90
    assert shop.post("clock", advance_seconds=10)["ahead_seconds"] == 100
    for bad in (-1, "60", None, 1.5):
        answer = shop.http.post(f"{shop.url}/_sandbox/clock", json={"advance_seconds": bad}, timeout=10)
        assert (answer.status_code, answer.json()["field"]) == (400, "advance_seconds")
    shop.order()  # a token's age is measured by the machine's clock
    shop.post("reset")
    assert shop.get("clock")["ahead_seconds"] == 0


def test_accounts_show_no_secret_and_keep_it_when_the_mask_comes_back(shop: Shop) -> None:
    [account] = shop.get("accounts?provider=epc")["accounts"]
    assert account["settings"]["secret"] == "***"
    assert account["settings"]["point_of_sales_id"] == 466653735
    shop.account(**account["settings"])
    shop.order()
    shop.account(secret="changed")
    assert shop.raw("createOrUpdateOrder", order_request()).status_code == 401


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"secrets": "x"}, "settings.secrets"),
        ({"point_of_sales_id": "466653735"}, "settings.point_of_sales_id"),
        ({"expiry_minutes": -1}, "settings.expiry_minutes"),
        ({"notification_url": "not an address"}, "settings.notification_url"),
        ("x", "settings"),
    ],
)
def test_a_bad_setting_is_refused(shop: Shop, settings: object, field: str) -> None:
    body = {"provider": "epc", "settings": settings}
    answer = shop.http.put(f"{shop.url}/_sandbox/accounts", json=body, timeout=10)
    assert (answer.status_code, answer.json()["field"]) == (400, field)


def test_reset_forgets_everything_unless_told_to_keep(shop: Shop) -> None:
    shop.account(currency="GBP", secret="sandbox-secret")
    shop.arm("refuse")
    shop.order()
    shop.post("reset", keep=["accounts"])
    assert shop.get("calls")["calls"] == []
    assert shop.get("faults")["faults"] == []
    assert shop.get("epc/orders")["orders"] == []
    assert shop.get("accounts")["accounts"][0]["settings"]["currency"] == "GBP"
    shop.post("reset")
    assert shop.get("accounts")["accounts"][0]["settings"]["currency"] == "EUR"
    bad = shop.http.post(f"{shop.url}/_sandbox/reset", json={"keep": ["cash"]}, timeout=10)
    assert (bad.status_code, bad.json()["field"]) == (400, "keep")


def test_the_api_refuses_other_verbs_and_broken_bodies(shop: Shop) -> None:
    assert shop.http.delete(f"{shop.url}/_sandbox/clock", timeout=10).status_code == 405
    broken = shop.http.post(f"{shop.url}/_sandbox/clock", data="{", timeout=10)
    assert (broken.status_code, broken.json()["field"]) == (400, "body")
    assert shop.http.get(f"{shop.url}/_sandbox/nothing", timeout=10).status_code == 404


def test_the_console_lists_what_happened(shop: Shop) -> None:
    payment = shop.begin()
    shop.arm("refuse", reason="stolen_card")
    page = shop.http.get(f"{shop.url}/?provider=epc", timeout=10).text
    for word in (
        str(payment.order_id),
        "createPaymentsAndCloseOrder",
        "stolen_card",
        "Test cards",
        "WAITING",
    ):
        assert word in page
    assert "sandbox-secret" not in page


def test_the_console_arms_pays_and_moves_the_clock(shop: Shop) -> None:
    def press(path: str, **form: str) -> int:
        return shop.http.post(
            f"{shop.url}/console/{path}", data=form, timeout=10, allow_redirects=False
        ).status_code

    payment = shop.begin()
    assert press("faults", provider="epc", fault="http_500", when="after", times="2", seconds="") == 302
    assert shop.get("faults")["faults"][0]["times"] == 2
    assert press("faults", provider="epc", fault="nothing") == 400
    assert press("faults", provider="epc", fault="slow", seconds="soon") == 400
    assert press("faults/clear") == 302
    assert press(f"actions/epc/approve/{payment.transaction_id}") == 302
    assert shop.status(payment) == "AUTHORIZED"
    assert press("actions/epc/steal/1") == 404
    assert press("clock", seconds="60") == 302
    assert press("clock", minutes="2") == 302
    assert shop.get("clock")["ahead_seconds"] == 180
    assert press("clock", minutes="x") == 400
    assert press("reset", keep="1") == 302
    assert shop.get("epc/orders")["orders"] == []


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}],
)
@pytest.mark.parametrize("path", ["/_sandbox/reset", "/console/reset"])
def test_another_sites_page_may_not_change_the_sandbox(
    shop: Shop, path: str, headers: dict[str, str]
) -> None:
    shop.order()
    assert requests.post(f"{shop.url}{path}", headers=headers, timeout=10).status_code == 403
    assert len(shop.get("epc/orders")["orders"]) == 1


def test_its_own_page_may(shop: Shop) -> None:
    headers = {"Origin": shop.url, "Sec-Fetch-Site": "same-origin"}
    assert requests.post(f"{shop.url}/_sandbox/reset", headers=headers, timeout=10).status_code == 200


def test_every_origin_may_embed_and_read_the_stand_in(shop: Shop) -> None:
    headers = {"Origin": "https://shop.test", "Access-Control-Request-Method": "POST"}
    asked = requests.options(f"{shop.url}/epc/widget/form", headers=headers, timeout=10)
    assert (asked.status_code, asked.headers["Access-Control-Allow-Origin"]) == (204, "*")
    script = requests.get(f"{shop.url}/epc/widget/integrate_widget.js", timeout=10)
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert "X-Frame-Options" not in requests.get(f"{shop.url}/epc/widget/form", timeout=10).headers


def test_it_keeps_its_file_and_stops_at_once(tmp_path: Path) -> None:
    url, process = start(tmp_path)
    shop = Shop(url)
    payment = shop.begin()
    shop.pay(payment, card=APPROVED)
    shop.arm("no_answer")
    with pytest.raises(requests.ReadTimeout):
        shop.raw("getOrderDetails", {"orderId": payment.order_id}, timeout=0.3)
    stop(process)
    shop.http.close()

    url, process = start(tmp_path)
    shop = Shop(url)
    assert shop.status(payment) == "AUTHORIZED"
    stop(process)
    shop.http.close()


def stop(process: "subprocess.Popen[bytes]") -> None:
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(8) == 0
    assert time.monotonic() - began < 5

"""Which requests for a payment token are right, and what is said of the others?"""

import base64
import copy
import json
from typing import Any

import pytest
import requests

from tests.sandbox.ecomcharge import Merchant, checkout, merchant

__all__ = ["merchant"]

# The three request examples of the seed, unchanged.
SEED = [
    r"""{"checkout":{"test":true,"transaction_type":"payment","attempts":3,"settings":{"return_url":"http://127.0.0.1:4567/return","success_url":"http://127.0.0.1:4567/success","decline_url":"http://127.0.0.1:4567/decline","fail_url":"http://127.0.0.1:4567/fail","cancel_url":"http://127.0.0.1:4567/cancel","notification_url":"http://your_shop.com/notification","button_next_text":"Back to the shop","language":"en","customer_fields":{"visible":["first_name","last_name"],"read_only":["email"]},"credit_card_fields":{"holder":"Rick Astley","read_only":["holder"]}},"payment_method":{"types":["credit_card","bank_transfer"],"bank_transfer":{"account":"DE89370400440532013000"},"excluded_brands":["visa","google_pay"]},"order":{"currency":"GBP","amount":4299,"description":"Order description"},"customer":{"address":"Baker street 221b","country":"GB","city":"London","email":"jake@example.com"}}}""",  # noqa: E501
    r"""{"checkout":{"test":true,"transaction_type":"payment","attempts":3,"settings":{"return_url":"http://127.0.0.1:4567/return","success_url":"http://127.0.0.1:4567/success","decline_url":"http://127.0.0.1:4567/decline","fail_url":"http://127.0.0.1:4567/fail","cancel_url":"http://127.0.0.1:4567/cancel","notification_url":"http://your_shop.com/notification","auto_return":0,"language":"en","customer_fields":{"visible":["first_name","last_name"],"read_only":["email"]}},"order":{"currency":"GBP","amount":4299,"description":"Order description","additional_data":{"receipt_text":["First line","Second line"]}},"customer":{"address":"Baker street 221b","country":"GB","city":"London","email":"jake@example.com"}}}""",  # noqa: E501
    r"""{"checkout":{"test":true,"transaction_type":"payment","attempts":3,"settings":{"return_url":"http://127.0.0.1:4567/return","success_url":"http://127.0.0.1:4567/success","decline_url":"http://127.0.0.1:4567/decline","fail_url":"http://127.0.0.1:4567/fail","cancel_url":"http://127.0.0.1:4567/cancel","notification_url":"http://your_shop.com/notification","auto_return":3,"button_next_text":"Back to the shop","language":"en","customer_fields":{"visible":["first_name","last_name"],"read_only":["email"]}},"order":{"currency":"GBP","amount":4299,"description":"Order description"},"customer":{"address":"Baker street 221b","country":"GB","city":"London","email":"jake@example.com"},"travel":{"airline":{"agency_code":"03","agency_name":"Corel travel","ticket_number":"390 5241 025377 1","booking_number":"DKZVUA","restricted_ticked_indicator":"0","legs":[{"airline_code":"B2","stop_over_code":"X","flight_number":"A3 971","departure_date_time":"2014-05-26T05:15:00","arrival_date_time":"2014-05-26T07:30:00","originating_country":"RU","originating_city":"Moscow","originating_airport_code":"DME","destination_country":"Greece","destination_city":"Athens","destination_airport_code":"ATH","coupon":"coupon code","class":"C"}],"passengers":[{"first_name":"KONSTANTIN","last_name":"IVANOV"},{"first_name":"JULIA","last_name":"IVANOVA"}]}}}}""",  # noqa: E501
]
SEED_ERROR = '{"errors":{"checkout":{"settings":{"fail_url":["is in invalid format"]},"payment_method":{"types":["must be an array"]}}},"message":"fail_url is in invalid format, types must be an array"}'  # noqa: E501
# What the vendor's PHP client sends: nulls, empty arrays for objects, escaped slashes.
PHP = r"""{"checkout":{"transaction_type":"payment","attempts":5,"test":true,"order":{"amount":8508,"currency":"EUR","description":"test","tracking_id":"my_custom_variable","expired_at":"2030-12-30T21:21:46+00:00","additional_data":{"receipt_text":[],"contract":[],"meta":[],"fiscalization":[],"platform_data":null,"integration_data":null}},"settings":{"notification_url":"http:\/\/www.example.com\/n","success_url":"http:\/\/www.example.com\/s","decline_url":"http:\/\/www.example.com\/d","fail_url":"http:\/\/www.example.com\/f","cancel_url":"http:\/\/www.example.com\/c","language":"zh","customer_fields":{"read_only":[],"visible":[]}},"customer":{"email":"john@example.com","first_name":"John","last_name":"Doe","country":"LV","city":"Riga","state":null,"zip":"LV-1082","address":"Demo str 12","phone":null,"birth_date":null}}}"""  # noqa: E501


def post(merchant: Merchant, text: str, **headers: str) -> requests.Response:
    wire = {"Content-Type": "application/json", "Accept": "application/json", "X-API-Version": "2"} | headers
    return requests.post(
        f"{merchant.base}/ctp/api/checkouts",
        data=text,
        headers={k: v for k, v in wire.items() if v},
        auth=("361", "sandbox-secret-key"),
        timeout=10,
    )


@pytest.mark.parametrize("text", [*SEED, PHP])
def test_the_examples_are_accepted_unchanged(merchant: Merchant, text: str) -> None:
    answer = post(merchant, text)
    assert answer.status_code == 201, answer.text
    made = answer.json()["checkout"]
    assert set(made) == {"token", "redirect_url"}
    assert len(made["token"]) == 64
    assert made["redirect_url"] == f"{merchant.base}/widget/hpp.html?token={made['token']}"
    echoed = merchant.status(made["token"])
    asked = json.loads(text)["checkout"]
    assert echoed["settings"] == asked["settings"]
    assert echoed["customer"] == asked["customer"]


def test_the_seeds_error_comes_out_to_the_letter(merchant: Merchant) -> None:
    body = json.loads(SEED[0])
    body["checkout"]["settings"]["fail_url"] = "127.0.0.1:4567/fail"
    body["checkout"]["payment_method"]["types"] = "credit_card"
    answer = post(merchant, json.dumps(body))
    assert answer.status_code == 422
    assert answer.text == SEED_ERROR


def test_without_the_version_the_older_envelope(merchant: Merchant) -> None:
    body = json.loads(SEED[0])
    body["checkout"]["settings"]["fail_url"] = "nowhere"
    body["checkout"]["order"]["currency"] = "gbp"
    answer = post(merchant, json.dumps(body), **{"X-API-Version": ""})
    assert answer.status_code == 422
    assert answer.json() == {
        "response": {
            "errors": {
                "settings.fail_url": ["does not appear to be valid"],
                "order.currency": ["is invalid"],
            },
            "message": "fail_url does not appear to be valid, currency is invalid",
        }
    }
    good = post(merchant, SEED[0], **{"X-API-Version": ""}).json()["checkout"]
    assert good["redirect_url"] == f"{merchant.base}/v2/checkout?token={good['token']}"
    assert requests.get(good["redirect_url"], timeout=10).status_code == 200


def put(path: str, value: Any) -> dict[str, Any]:
    """A right request with one thing changed."""
    body = copy.deepcopy(checkout())
    inner: Any = body
    *way, last = path.split(".")
    for name in way:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return body


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("transaction_type", None, "transaction_type can't be blank"),
        ("transaction_type", "sale", "transaction_type is not included in the list"),
        ("test", "yes", "test is not included in the list"),
        ("attempts", 0, "attempts must be greater than 0"),
        ("attempts", "three", "attempts is not a number"),
        ("order", None, "order can't be blank"),
        ("order", "x", "order must be an object"),
        ("order.amount", 0, "amount must be greater than 0"),
        ("order.amount", 42.99, "amount must be an integer"),
        ("order.amount", "42,99", "amount is not a number"),
        ("order.amount", 10**30, "amount must be less than or equal to 1000000000000000"),
        ("order.currency", "gbp", "currency is invalid"),
        ("order.currency", "XYZ", "currency is invalid"),
        ("order.description", "", "description can't be blank"),
        ("order.description", "x" * 256, "description is too long (maximum is 255 characters)"),
        ("order.expired_at", "2030-12-30T21:21:46", "expired_at is in invalid format"),
        ("order.expired_at", "2020-12-30T21:21:46Z", "expired_at can't be in the past"),
        ("order.additional_data.receipt_text", "First line", "receipt_text must be an array"),
        ("order.additional_data.contract", ["monthly"], "contract is not included in the list"),
        (
            "order.additional_data.card_on_file",
            {"initiator": "bank"},
            "initiator is not included in the list",
        ),
        ("order.additional_data.card_on_file", {"type": "later"}, "type is not included in the list"),
        ("settings.return_url", "ftp://shop.test/", "return_url is in invalid format"),
        ("settings.notification_url", "https://shop.test/a b", "notification_url is in invalid format"),
        ("settings.auto_return", "soon", "auto_return is not a number"),
        ("settings.auto_return", -1, "auto_return must be greater than or equal to 0"),
        ("settings.language", "xx", "language is not included in the list"),
        ("settings.customer_fields", {"visible": ["shoe_size"]}, "visible is not included in the list"),
        ("settings.credit_card_fields", {"read_only": ["number"]}, "read_only is not included in the list"),
        ("payment_method.types", ["cheque"], "types is not included in the list"),
        ("payment_method.excluded_types", "erip", "excluded_types must be an array"),
        ("payment_method.credit_card", {"token": "unknown"}, "token does not exist"),
        ("customer.email", "jake", "email is in invalid format"),
        ("customer.country", "GBR", "country is invalid"),
        ("customer.state", "XX", "state must be blank"),
        ("customer.birth_date", "30.12.1970", "birth_date is in invalid format"),
    ],
)
def test_what_is_wrong_is_said(merchant: Merchant, path: str, value: Any, message: str) -> None:
    answer = merchant.create({"checkout": put(path, value)})
    assert (answer.status_code, answer.json()["message"]) == (422, message)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("test", None),
        ("attempts", None),
        ("attempts", "2"),
        ("order.amount", "4299"),
        ("order.tracking_id", None),
        ("order.expired_at", "2099-12-30T21:21:46Z"),
        ("order.expired_at", "2099-12-30T21:21:46-03:00"),
        ("order.additional_data", []),
        ("order.additional_data.contract", ["recurring", "oneclick", "credit", "card_on_file"]),
        ("order.additional_data.card_on_file", {"initiator": "customer", "type": "whatever"}),
        ("order.additional_data.expected_bank_code", "F.0001"),
        ("settings.auto_return", "3"),
        ("settings.auto_return", 0),
        ("settings.return_url", "http://127.0.0.1:4567/return"),
        ("settings.credit_card_fields", {"read_only": ["holder"]}),
        ("payment_method", []),
        ("payment_method", {"types": ["credit_card"], "excluded_types": "ignored"}),
        ("customer.state", None),
        ("customer", {"country": "US", "state": "NY"}),
        ("something", {"unknown": 1}),
        ("travel", None),
    ],
)
def test_what_is_tolerated(merchant: Merchant, path: str, value: Any) -> None:
    answer = merchant.create({"checkout": put(path, value)})
    assert answer.status_code == 201, answer.text


def test_a_locked_address_must_be_there(merchant: Merchant) -> None:
    body = checkout(settings={"customer_fields": {"read_only": ["email"]}}, customer={"email": ""})
    answer = merchant.create({"checkout": body})
    assert answer.json()["errors"] == {"checkout": {"customer": {"email": ["can't be blank"]}}}


def test_only_a_tokenization_may_ask_for_nothing(merchant: Merchant) -> None:
    body = checkout(transaction_type="tokenization", order={"amount": 0})
    assert merchant.create({"checkout": body}).status_code == 201


TICKET = (
    "ticket_number Ticket number should contain 3-digit ticketing code, 4-digit form number, 6-digit serial "
    "number, and check digit"
)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            {"ticket_number": "390 5241"},
            TICKET,
        ),
        (
            {"restricted_ticked_indicator": "2"},
            "restricted_ticked_indicator Restricted ticked indicator should be 0 or 1",
        ),
        ({"legs": []}, "legs Legs should be an array"),
        ({"passengers": {}}, "passengers Passengers should be an array"),
        ({"passengers": [{"first_name": "A"}]}, "passengers Last name can't be blank"),
    ],
)
def test_airlines(merchant: Merchant, change: dict[str, Any], sentence: str) -> None:
    body = json.loads(SEED[2])
    body["checkout"]["travel"]["airline"] |= change
    assert merchant.create(body).json()["message"] == sentence


def test_a_leg_of_a_flight(merchant: Merchant) -> None:
    body = json.loads(SEED[2])
    leg = body["checkout"]["travel"]["airline"]["legs"][0]
    leg |= {"airline_code": "", "departure_date_time": "tomorrow", "class": "", "flight_number": " "}
    assert merchant.create(body).json()["errors"]["checkout"]["travel"]["airline"]["legs"] == [
        "Airline code should be 2-letter IATA code",
        "Class should be 1-letter IATA code",
        "Departure date time should has valid format",
        "Flight number can't be blank",
    ]


@pytest.mark.parametrize("user", ["361:wrong", "1:sandbox-secret-key", ":"])
def test_credentials(merchant: Merchant, user: str) -> None:
    basic = "Basic " + base64.b64encode(user.encode()).decode()
    for wrong in (basic, "Bearer abc", "Basic !", "nonsense"):
        answer = merchant.create({"checkout": checkout()}, Authorization=wrong)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthorized"})


def test_with_the_public_key_alone(merchant: Merchant) -> None:
    key = merchant.get("ecomcharge/public_key")["public_key"]
    assert (len(key), key[:20]) == (392, "MIIBIjANBgkqhkiG9w0B")
    made = merchant.create({"checkout": checkout()}, Authorization=f"Bearer {key}")
    assert made.status_code == 201
    assert {"brands", "company", "description", "card_info", "google_pay", "samsung_pay", "async"} < set(
        made.json()["checkout"]
    )
    token = made.json()["checkout"]["token"]
    assert (
        merchant.call("GET", f"ctp/api/checkouts/{token}", Authorization=f"Bearer {key}").status_code == 200
    )
    inside = requests.post(
        f"{merchant.base}/ctp/api/checkouts",
        json={"checkout": checkout(public_key=key)},
        headers={"X-API-Version": "2"},
        timeout=10,
    )
    assert inside.status_code == 201
    # The gateway moves money, and asks for the secret.
    refused = merchant.call("GET", "transactions/1", Authorization=f"Bearer {key}")
    assert refused.status_code == 401


def test_every_post_makes_another_token(merchant: Merchant) -> None:
    assert merchant.token() != merchant.token()


def test_an_unknown_token(merchant: Merchant) -> None:
    answer = merchant.call("GET", f"ctp/api/checkouts/{'0' * 64}", X_API_Version="2")
    assert (answer.status_code, answer.json()) == (404, {"message": "Record not found"})


@pytest.mark.parametrize("body", [{}, {"checkout": []}, {"checkout": "x"}])
def test_no_checkout_in_the_body(merchant: Merchant, body: dict[str, Any]) -> None:
    assert merchant.create(body).status_code == 422

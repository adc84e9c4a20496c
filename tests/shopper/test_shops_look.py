"""Does each shop show its own name, logo, colour and languages, and can they be read?"""

import pytest
from django.test import Client

from checkout.looks import READABLE, contrast, is_readable, look_of, stylesheet
from checkout.models import Order, Shop
from checkout.payments.links import invite, withdraw
from checkout.payments.timeline import Who

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels"


def shown(client: Client, order: Order) -> str:
    return client.get(order.get_absolute_url()).content.decode()


def test_without_a_look_it_is_ours(client: Client, order: Order) -> None:
    html = shown(client, order)
    assert '<p class="shop">Museum of Bread</p>' in html
    assert "/look/" not in html


def test_its_logo_and_its_colour(client: Client, order: Order, shop: Shop) -> None:
    shop.logo, shop.logo_type, shop.colour = PNG, "image/png", "#7c2d12"
    shop.save()
    look = look_of(shop)
    html = shown(client, order)
    assert f'<img class="logo" src="{look.logo}" alt="Museum of Bread">' in html
    assert f'<link rel="stylesheet" href="{look.stylesheet}">' in html
    picture = client.get(look.logo)
    assert (picture.content, picture["Content-Type"]) == (PNG, "image/png")
    assert picture["Cache-Control"] == "public, max-age=31536000, immutable"
    css = client.get(look.stylesheet)
    assert css["Content-Type"] == "text/css"
    assert "--green:#7c2d12;" in css.content.decode()
    shop.colour = "#14595c"
    assert look_of(shop).stylesheet != look.stylesheet  # what browsers keep is never old


def test_a_withdrawn_link_is_the_shops_page_as_well(client: Client, order: Order, shop: Shop) -> None:
    shop.colour = "#7c2d12"
    shop.save()
    link, _new = invite(order, channel="copy", who=Who.MERCHANT)
    withdraw(link, who=Who.MERCHANT)
    assert look_of(shop).stylesheet in client.get(f"/l/{link.token}/").content.decode()


@pytest.mark.parametrize(
    "address", ["/look/none/0.css", "/look/none/0.png", "/look/bread/0.css", "/look/bread/0.png"]
)
def test_what_is_not_there(client: Client, shop: Shop, address: str) -> None:
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("colour", ["#14595c", "#7c2d12", "#000000", "#1d4ed8", "#6b21a8", "#9f1239"])
def test_it_can_be_read_in_the_light_and_in_the_dark(colour: str) -> None:
    assert is_readable(colour)
    light, dark = stylesheet(colour).splitlines()
    values = dict(pair.split(":") for pair in _pairs(light))
    assert contrast(values["--green"], values["--on-green"]) >= READABLE
    assert contrast(values["--green"], values["--wash"]) >= READABLE
    values = dict(pair.split(":") for pair in _pairs(dark))
    assert contrast(values["--green"], values["--on-green"]) >= READABLE
    assert contrast(values["--green"], "#1c2322") >= READABLE


def _pairs(css: str) -> list[str]:
    return css[css.index("{--") + 1 : css.index("}")].split(";")


def test_contrast_is_reckoned_as_wcag_does() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert not is_readable("#777777")
    assert not is_readable("#ffd400")


# --- languages -------------------------------------------------------------------------------------------------------


def test_a_shop_that_speaks_one_language(client: Client, order: Order, shop: Shop) -> None:
    shop.languages = ["fr"]
    shop.save()
    response = client.get(order.get_absolute_url())  # the order is in English
    assert response["Content-Language"] == "fr"
    assert 'name="language"' not in response.content.decode()
    client.post(f"{order.get_absolute_url()}language/", {"language": "en"})
    assert client.get(order.get_absolute_url())["Content-Language"] == "fr"


def test_the_first_of_its_languages_is_for_whom_it_does_not_know(
    client: Client, order: Order, shop: Shop
) -> None:
    shop.languages = ["fr", "en"]
    shop.save()
    assert client.get(order.get_absolute_url())["Content-Language"] == "en"
    Order.objects.update(language="xx")
    assert client.get(order.get_absolute_url())["Content-Language"] == "en"

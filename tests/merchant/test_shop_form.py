"""What can a merchant say of a shop, and what is refused, at its field?"""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from checkout.models import Shop


def at(shop: Shop) -> str:
    return reverse("admin:checkout_shop_change", args=[shop.pk])


def picture(kind: str = "PNG", size: tuple[int, int] = (1200, 300)) -> SimpleUploadedFile:
    written = io.BytesIO()
    Image.new("RGB", size, "#7c2d12").save(written, format=kind)
    return SimpleUploadedFile(f"logo.{kind.lower()}", written.getvalue())


def saved(client: Client, shop: Shop, **typed: Any) -> dict[str, list[str]]:
    """What the form objects to; {} when it took everything."""
    form = client.get(at(shop)).context["adminform"].form
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    values["return_origins"] = "\n".join(form["return_origins"].value() or [])
    inlines = {
        f"{formset.formset.prefix}-{name}": formset.formset.management_form[name].value()
        for formset in client.get(at(shop)).context["inline_admin_formsets"]
        for name in ("TOTAL_FORMS", "INITIAL_FORMS")
    }
    answer = client.post(at(shop), {**values, **inlines, **typed})
    return {} if answer.status_code == 302 else dict(answer.context["adminform"].form.errors)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_logo_is_kept_as_pixels_and_no_larger_than_needed(client: Client, shop: Shop, kind: str) -> None:
    assert saved(client, shop, logo_file=picture(kind)) == {}
    shop.refresh_from_db()
    assert shop.logo_type == "image/png"
    kept = Image.open(io.BytesIO(bytes(shop.logo or b"")))
    assert (kept.format, kept.size) == ("PNG", (640, 160))
    assert saved(client, shop) == {}
    shop.refresh_from_db()
    assert shop.logo  # nothing chosen: it stays
    assert 'class="g-logo"' in client.get(at(shop)).content.decode()
    assert saved(client, shop, forget_logo="on") == {}
    shop.refresh_from_db()
    assert (shop.logo, shop.logo_type) == (None, "")


_SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    ("upload", "why"),
    [
        (lambda: SimpleUploadedFile("a.svg", _SVG), "no PNG, JPEG or WebP picture"),
        (lambda: SimpleUploadedFile("a.png", picture().read()[:200]), "no PNG, JPEG or WebP picture"),
        (lambda: SimpleUploadedFile("a.png", b"x" * 2_000_001), "larger than 2 MB"),
        (lambda: picture(size=(4001, 4000)), "too many pixels"),
    ],
    ids=["svg", "cut off", "large", "pixels"],
)
def test_what_is_no_logo(client: Client, shop: Shop, upload: Any, why: str) -> None:
    [said] = saved(client, shop, logo_file=upload())["logo_file"]
    assert why in said
    shop.refresh_from_db()
    assert shop.logo is None


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"colour": "red"}, "colour"),
        ({"colour": "#ffd400"}, "colour"),
        ({"languages": ["xx"]}, "languages"),
        ({"letters": ["junk"]}, "letters"),
        ({"return_origins": "shop.example"}, "return_origins"),
        ({"return_origins": "https://shop.example/path"}, "return_origins"),
        ({"return_origins": "https://a:b@shop.example"}, "return_origins"),
        ({"return_origins": "javascript:alert(1)"}, "return_origins"),
        ({"return_origins": "https://shop.example:port"}, "return_origins"),
        ({"merchant_email": "nobody"}, "merchant_email"),
    ],
)
def test_what_is_refused_at_its_field(client: Client, shop: Shop, typed: dict[str, Any], field: str) -> None:
    assert list(saved(client, shop, **typed)) == [field]


def test_what_is_kept(client: Client, shop: Shop) -> None:
    typed = {
        "colour": "#7C2D12",
        "languages": ["fr"],
        "letters": ["receipt", "reminder"],
        "return_origins": "https://Shop.example/\nhttps://shop.example\n\nhttp://127.0.0.1:8000\nhttp://[::1]:8000",
        "merchant_email": "margot@shop.example",
    }
    assert saved(client, shop, **typed) == {}
    shop.refresh_from_db()
    assert (shop.colour, shop.languages, shop.letters, shop.return_origins, shop.merchant_email) == (
        "#7c2d12", ["fr"], ["receipt", "reminder"],
        ["https://shop.example", "http://127.0.0.1:8000", "http://[::1]:8000"], "margot@shop.example",
    )  # fmt: skip


def test_a_new_shop_is_offered_all_e_mails(client: Client) -> None:
    form = client.get(reverse("admin:checkout_shop_add")).context["adminform"].form
    assert form["letters"].value() == ["receipt", "refund", "known", "reminder"]

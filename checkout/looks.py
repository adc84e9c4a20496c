"""How does a shop look? Its logo, and a colour whose text can be read in the light and in the dark."""

import hashlib
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from checkout.models import Shop

READABLE = 4.5  # WCAG 2.2, 1.4.3: text on its background
_PAPER, _CARD, _DARK_CARD = "#f4f0e7", "#fffdf8", "#1c2322"
_WHITE, _INK = "#ffffff", "#0c2523"


@dataclass(frozen=True)
class Look:
    """Addresses below SITE_URL; "" for what the shop has not got."""

    stylesheet: str
    logo: str
    colour: str  # of buttons in e-mails, which have no dark mode of ours


def look_of(shop: Shop) -> Look:
    version = _version(shop)
    address = {"slug": shop.slug, "version": version}
    return Look(
        stylesheet=reverse("look", kwargs=address) if shop.colour else "",
        logo=reverse("logo", kwargs=address) if shop.logo else "",
        colour=shop.colour or "#14595c",
    )


def logo_url(shop: Shop) -> str:
    """Whole, for an e-mail; "" without a logo."""
    path = look_of(shop).logo
    return settings.SITE_URL + path if path else ""


def _version(shop: Shop) -> str:
    """Changes with what is shown, so that browsers may keep it for ever."""
    seen = hashlib.sha256(shop.colour.encode() + b"\0" + bytes(shop.logo or b""))
    return seen.hexdigest()[:12]


def stylesheet(colour: str) -> str:
    """The page's own variables in the shop's colour. `colour` is #rrggbb, and white can be read on it."""
    dark = _lightened(colour)
    return (
        f":root{{--green:{colour};--green-dark:{_mixed(colour, '#000000', 0.25)};--on-green:{_WHITE};"
        f"--wash:{_mixed(colour, _CARD, 0.88)}}}\n"
        "@media (prefers-color-scheme: dark){"
        f":root{{--green:{dark};--green-dark:{_mixed(dark, _WHITE, 0.25)};--on-green:{_INK};"
        f"--wash:{_mixed(dark, _DARK_CARD, 0.82)}}}}}\n"
    )


def is_readable(colour: str) -> bool:
    """White on it, and it on our paper?"""
    return contrast(colour, _WHITE) >= READABLE and contrast(colour, _PAPER) >= READABLE


def contrast(one: str, other: str) -> float:
    """As WCAG 2.2 reckons it: from 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    def linear(channel: int) -> float:
        part = channel / 255
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    red, green, blue = (linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _lightened(colour: str) -> str:
    """The same hue, light enough to be read on the dark page, and to have dark text on it."""
    for step in range(21):
        lighter = _mixed(colour, _WHITE, step / 20)
        if contrast(lighter, _DARK_CARD) >= READABLE and contrast(lighter, _INK) >= READABLE:
            return lighter
    return _WHITE


def _mixed(one: str, other: str, share: float) -> str:
    """`share` of `other` in `one`."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)

"""What may an order's page load, and whom may it talk to? Nobody but us and the provider in use."""

from urllib.parse import urlsplit

from csp.constants import UNSAFE_INLINE
from django.http import HttpResponse

from checkout.shopper.counter import PERMISSIONS
from checkout.shopper.pages import Page, Sight

# Frames bring their own styles and pictures; only a widget that draws into our page and says so gets more than these.
_WIDGET_NEEDS = ("script-src", "frame-src", "connect-src")
_STYLE_NEEDS = ("style-src", "img-src", "font-src")


def allow(response: HttpResponse, sight: Sight) -> None:
    """Open the page's policy for the provider that `sight` shows, and for no other."""
    show = sight.attempt.show if sight.attempt else {}
    if sight.page is Page.WIDGET:
        origins = [str(origin) for origin in show["origins"]]
        wider = dict.fromkeys(_WIDGET_NEEDS, origins)
        if show.get("styled"):
            wider |= {**dict.fromkeys(_STYLE_NEEDS, origins), "style-src": [*origins, UNSAFE_INLINE]}
        response._csp_update = wider  # type: ignore[attr-defined]
        quoted = " ".join(f'"{origin}"' for origin in origins)
        response.headers["Permissions-Policy"] = PERMISSIONS.replace("payment=()", f"payment=(self {quoted})")
        # A bank's or a wallet's window has to tell the widget that it is done.
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin-allow-popups"
    elif sight.page is Page.ONWARD and show.get("method") == "POST":
        response._csp_update = {"form-action": [_origin(show["url"])]}  # type: ignore[attr-defined]


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

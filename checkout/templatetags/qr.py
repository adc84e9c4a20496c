"""How is an address shown as a QR code? As an inline picture that needs no style sheet, its quiet zone around it."""

import segno
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

QUIET = 4  # modules of white on every side, as ISO/IEC 18004 asks for


@register.simple_tag
def qr_code(address: str, title: str) -> SafeString:
    """An SVG that grows with its box; `title` is what is said to whoever does not see it. Black on white whatever the
    page's colours: many readers know no other."""
    rows = [bytes(row) for row in segno.make(address, error="m", micro=False).matrix]
    side = len(rows) + 2 * QUIET
    return format_html(
        '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" aria-label="{title}"'
        ' shape-rendering="crispEdges"><title>{title}</title><path fill="#fff" d="M0 0h{side}v{side}H0z"/>'
        '<path fill="#000" d="{dark}"/></svg>',
        side=side,
        title=title,
        dark="".join(_bars(rows)),
    )


def _bars(rows: list[bytes]) -> list[str]:
    """Each run of dark modules in a row as one bar."""
    bars = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = len(row[x:]) - len(row[x:].lstrip(b"\x01"))
            if run:
                bars.append(f"M{x + QUIET} {y + QUIET}h{run}v1h-{run}z")
            x += run or 1
    return bars

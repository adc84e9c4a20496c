"""Is the picture of a link the link's QR code, and fit to be read: in the dark, by a screen reader, by any camera?"""

import re
import xml.etree.ElementTree as ET

import pytest
import segno
from django.template import Context, Template

from checkout.templatetags.qr import QUIET, qr_code

LINK = "https://pay.example.com/l/abcdefghijklmnopqrstuv/"
SVG = "{http://www.w3.org/2000/svg}"


def drawn(svg: str) -> list[list[int]]:
    """The picture's modules, quiet zone and all: each bar painted into a grid."""
    root = ET.fromstring(svg)
    side = int(root.attrib["viewBox"].split()[2])
    grid = [[0] * side for _row in range(side)]
    dark = root.findall(f"{SVG}path")[1].attrib["d"]
    bars = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", dark)
    assert "".join(f"M{x} {y}h{run}v1h-{back}z" for x, y, run, back in bars) == dark
    for x, y, run, back in bars:
        assert run == back
        for column in range(int(x), int(x) + int(run)):
            grid[int(y)][column] = 1
    return grid


@pytest.mark.parametrize(
    "address", [LINK, "https://payzen.example/t/1?a=b&c=%20", "https://x.example/" + "y" * 500]
)
def test_the_picture_is_the_code(address: str) -> None:
    code = segno.make(address, error="m", micro=False)
    expected = [list(row) for row in code.matrix_iter(border=QUIET)]
    assert drawn(qr_code(address, "Link")) == expected
    assert sum(map(sum, expected)) > 100


def test_four_modules_around_it_are_white() -> None:
    grid = drawn(qr_code(LINK, "Link"))
    inner = [row[QUIET:-QUIET] for row in grid[QUIET:-QUIET]]
    assert sum(map(sum, grid)) == sum(map(sum, inner))
    assert inner[0][:7] == [1] * 7  # and there the code begins
    white, dark = ET.fromstring(qr_code(LINK, "Link")).findall(f"{SVG}path")
    assert (white.attrib["fill"], white.attrib["d"]) == ("#fff", f"M0 0h{len(grid)}v{len(grid)}H0z")
    assert dark.attrib["fill"] == "#000"


def test_it_is_small_enough_for_a_coarse_print() -> None:
    assert len(drawn(qr_code(LINK, "Link"))) - 2 * QUIET <= 33  # version 4


def test_it_says_what_it_is_to_whoever_does_not_see_it() -> None:
    title = 'Pay <42> & "more"'
    root = ET.fromstring(qr_code(LINK, title))
    assert (root.attrib["role"], root.attrib["aria-label"]) == ("img", title)
    assert [node.text for node in root.findall(f"{SVG}title")] == [title]


def test_in_a_template_and_under_our_content_security_policy() -> None:
    page = Template("{% load qr %}{% qr_code link 'The link' %}").render(Context({"link": LINK}))
    assert page == qr_code(LINK, "The link")
    assert "style" not in page
    assert "<script" not in page
    assert page.count("http") == 1  # the name space's; nothing is loaded

"""How is a course of days drawn? As SVG without a script: numbers for attributes here, the words in the templates.

The drawings are stretched to the room they get, so they hold lines and bars only, and no letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from checkout.payments.outcomes import Rate

# Of the drawing's own units; the page stretches them.
WIDTH, HEIGHT = 600, 100


@dataclass(frozen=True)
class Day:
    """One day of the course: its strip, for the pointer, and what is said of it."""

    day: date
    rate: Rate
    x: str
    width: str

    @property
    def percent(self) -> str:
        return percent(self.rate.share)

    @property
    def text(self) -> str:
        if not self.rate.ended:
            return _("%(day)s: no attempt ended") % {"day": self.day.isoformat()}
        return _("%(day)s: %(percent)s, %(paid)s of %(ended)s") % {
            "day": self.day.isoformat(),
            "percent": self.percent,
            "paid": self.rate.paid,
            "ended": self.rate.ended,
        }


@dataclass(frozen=True)
class Course:
    """The success rate, day by day. Days without an attempt are gaps: nothing is known of them."""

    days: list[Day]
    lines: list[str]  # "x,y x,y …" of each stretch of days that follow one another
    dots: list[tuple[str, str]]  # days that stand alone

    @property
    def is_empty(self) -> bool:
        return not (self.lines or self.dots)


def percent(share: float | None) -> str:
    """93 %; “–” where nothing ended. 100 % is said only of all, and 0 % only of none."""
    if share is None:
        return "–"
    whole = round(share * 100)
    if whole == 100 and share < 1:
        whole = 99
    if whole == 0 and share > 0:
        whole = 1
    return _("%(number)s %%") % {"number": whole}


def course(days: Sequence[date], rates: Sequence[Rate]) -> Course:
    step = WIDTH / max(len(days), 1)
    strips = [
        Day(day, rate, _number(place * step), _number(step))
        for place, (day, rate) in enumerate(zip(days, rates, strict=True))
    ]
    lines, dots = [], []
    for stretch in _stretches(rates):
        points = [((place + 0.5) * step, HEIGHT * (1 - (rates[place].share or 0))) for place in stretch]
        if len(points) == 1:
            dots.append((_number(points[0][0]), _number(points[0][1])))
        else:
            lines.append(" ".join(f"{_number(x)},{_number(y)}" for x, y in points))
    return Course(strips, lines, dots)


def _stretches(rates: Sequence[Rate]) -> list[list[int]]:
    """Places of days with attempts, those that follow one another together."""
    found: list[list[int]] = []
    for place, rate in enumerate(rates):
        if not rate.ended:
            continue
        if found and found[-1][-1] == place - 1:
            found[-1].append(place)
        else:
            found.append([place])
    return found


def length_of(part: int, whole: int) -> str:
    """How long a bar is, of a hundred."""
    return _number(100 * part / whole) if whole else "0"


def _number(value: float) -> str:
    """For an attribute: with a point, in any language."""
    return f"{value:.1f}".removesuffix(".0")

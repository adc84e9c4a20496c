"""What did a customer agree to be charged, in words? One line, in the reader's language, for shoppers and merchants.

"1.00 GBP for 7 days, then 100.00 GBP, then 15.00 GBP every month until it is ended"
"300.00 GBP in 12 payments, one every month"
"""

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.agreements import Period, Terms, Unit
from providers.base import Kind
from providers.money import Money

Spell = Callable[[Money], str]


def in_words(kind: str, terms: Terms | None, spell: Spell = str) -> str:
    """The terms of an agreement of this kind of order; "" for an order that begins none. `spell` writes an amount:
    "15.00 GBP" if nothing is said, or as the page does beside it."""
    if kind == Kind.MANDATE:
        return _("any amount, whenever the seller asks for it, until it is ended")
    if terms is None:
        return ""
    return _plan(terms, terms.total, spell) if terms.total is not None else _subscription(terms, spell)


def _subscription(terms: Terms, spell: Spell) -> str:
    steps = []
    if terms.trial_period is not None:
        steps.append(_trial(terms.trial, terms.trial_period, spell))
    times = terms.cycles
    if terms.initial is not None:
        # The first of the regular payments, and so one of the cycles.
        times = None if times is None else times - 1
        steps.append(
            _("%(money)s once") % {"money": spell(terms.initial)} if times == 0 else spell(terms.initial)
        )
    if terms.amount is not None and times != 0:
        steps.append(_regular(terms.amount, terms.period, times, spell))
    if not steps:
        return ""
    words = steps.pop()
    while steps:
        words = _("%(first)s, then %(next)s") % {"first": steps.pop(), "next": words}
    return words


def _trial(money: Money | None, period: Period, spell: Spell) -> str:
    if not money:
        return _("free for %(length)s") % {"length": _length(period)}
    return _("%(money)s for %(length)s") % {"money": spell(money), "length": _length(period)}


def _regular(money: Money, period: Period, times: int | None, spell: Spell) -> str:
    about = {"money": spell(money), "every": _every(period)}
    if times is None:
        return _("%(money)s %(every)s until it is ended") % about
    if times == 1:
        return _("%(money)s once") % about
    return ngettext(
        "%(money)s %(every)s, %(n)s time", "%(money)s %(every)s, %(n)s times", times
    ) % {**about, "n": times}  # fmt: skip


def _plan(terms: Terms, total: Money, spell: Spell) -> str:
    about = {"total": spell(total), "every": _every(terms.period)}
    payments = terms.payments()
    if not payments:
        return _("%(total)s in several payments, one %(every)s") % about
    if len(payments) == 1:
        return _("%(total)s in one payment") % about
    words = ngettext(
        "%(total)s in %(n)s payment, one %(every)s", "%(total)s in %(n)s payments, one %(every)s", len(payments)
    ) % {**about, "n": len(payments)}  # fmt: skip
    if payments[0] == payments[-1]:
        return words
    shares = {"plan": words, "first": spell(payments[0]), "others": spell(payments[-1])}
    if len(payments) == 2:
        return _("%(plan)s: first %(first)s, then %(others)s") % shares
    return _("%(plan)s: first %(first)s, then %(others)s each") % shares


def _every(period: Period) -> str:
    """every month, every 3 months"""
    n = period.count
    text = {
        Unit.MINUTE: ngettext("every minute", "every %(n)s minutes", n),
        Unit.HOUR: ngettext("every hour", "every %(n)s hours", n),
        Unit.DAY: ngettext("every day", "every %(n)s days", n),
        Unit.WEEK: ngettext("every week", "every %(n)s weeks", n),
        Unit.MONTH: ngettext("every month", "every %(n)s months", n),
    }[period.unit]
    return text % {"n": n}


def _length(period: Period) -> str:
    """one week, 7 days: what a trial lasts"""
    n = period.count
    text = {
        Unit.MINUTE: ngettext("one minute", "%(n)s minutes", n),
        Unit.HOUR: ngettext("one hour", "%(n)s hours", n),
        Unit.DAY: ngettext("one day", "%(n)s days", n),
        Unit.WEEK: ngettext("one week", "%(n)s weeks", n),
        Unit.MONTH: ngettext("one month", "%(n)s months", n),
    }[period.unit]
    return text % {"n": n}

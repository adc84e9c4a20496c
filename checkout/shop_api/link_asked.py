"""What did a shop ask of a new link: by which way, through whose account, in which words? Does it
agree in itself?"""

from typing import Any

from checkout.link_texts import LINK_TEXTS
from checkout.models import Account, Invitation, Order, Shop
from checkout.payments.border import methods_for, provider_for
from checkout.payments.links import channels_of_ours, is_payable
from checkout.shop_api.accounts import named, only_one
from checkout.shop_api.link_shapes import NewLink
from checkout.shop_api.problems import FieldError, fields_problem
from providers.errors import Misconfigured

_OURS = (Invitation.COPY, Invitation.EMAIL)
# What each channel reads. The others' links are handed over by whoever asked for them.
_READS: dict[str, tuple[str, ...]] = {
    Invitation.EMAIL: ("to", "subject", "text"),
    "mail": ("to", "subject", "text"),
    "sms": ("to", "text"),
    "whatsapp": ("to",),
}
_TEXTS = {one.name: one for one in LINK_TEXTS}


def disagreements_of_link(asked: NewLink) -> list[FieldError]:
    """What is wrong between fields that are right each by itself."""
    found: list[FieldError] = []
    if asked.channel in _OURS:
        found += [(name, "is not asked for: the link is Guichet's own")
                  for name in ("provider", "account") if getattr(asked, name) is not None]  # fmt: skip
    reads = _READS.get(asked.channel, ())
    found += [(name, f"is not read by {asked.channel}") for name in ("to", "subject", "text")
              if getattr(asked, name) and name not in reads]  # fmt: skip
    if "to" in reads and not asked.to.strip():
        found.append(("to", f"is needed: it is sent by {asked.channel}"))
    if asked.text_name is not None and "text" not in reads:
        found.append(("text_name", f"is not read by {asked.channel}"))
    if asked.text_name is not None and asked.text:
        found.append(("text_name", "is for a request without a text of its own"))
    if asked.text and "text" in reads and "{link}" not in asked.text:
        found.append(("text", "has no {link}: write it where the link is to stand"))
    return found


def words_of(asked: NewLink, language: str) -> tuple[str, str]:
    """Subject and text, as they are kept."""
    subject, text = asked.subject, asked.text
    if asked.text_name is not None:
        usual, text = _TEXTS[asked.text_name].in_language(language)
        if "subject" in _READS[asked.channel]:
            subject = subject or usual
    return " ".join(subject.split()), text.strip()


def is_for(known: Invitation, asked: NewLink) -> bool:
    """Could `asked` have made `known`? What it leaves out was chosen for it then, and is not asked again."""
    account = known.payment.account if known.payment else None
    return (
        asked.channel == known.channel
        and asked.provider in (None, account and account.provider)
        and asked.account in (None, account and account.pk)
        and asked.to.strip() == known.to
        and asked.language in (None, known.language)
        and words_of(asked, known.language) == (known.subject, known.text)
    )


def sender(shop: Shop, asked: NewLink) -> Account | None:
    """Whose channel it is; None: ours."""
    if asked.channel in _OURS:
        return None
    there = named(shop, provider=asked.provider, account=asked.account)
    by_account = {one: _sends_by(one) for one in there}
    able = [one for one, channels in by_account.items() if asked.channel in channels]
    if not able:
        channels = ", ".join(dict.fromkeys(c for found in by_account.values() for c in found)) or "none"
        raise fields_problem([("channel", f"is none by which an account sends; there are: {channels}")])
    return only_one(able)


def _sends_by(account: Account) -> tuple[str, ...]:
    try:
        return provider_for(account).sends_by()
    except Misconfigured:  # the merchant reads it where the account's settings are
        return ()


def ways_for(order: Order) -> list[dict[str, Any]]:
    """Ours first, then each account's that takes the order, in the merchant's sequence. None when it cannot be paid."""
    if not is_payable(order):
        return []
    ways = [_way(channel) for channel in channels_of_ours()]
    latest = order.latest_attempt()
    if latest is None or latest.may_retry:
        ways += [_way(channel, one) for one in methods_for(order) for channel in provider_for(one).sends_by()]
    return ways


def _way(channel: str, account: Account | None = None) -> dict[str, Any]:
    return {
        "channel": channel,
        "provider": account.provider if account else None,
        "account": str(account.pk) if account else None,
        "name": account.name if account else "",
        "reads": list(_READS.get(channel, ())),
    }

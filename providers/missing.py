"""What stands in for a provider that is no longer installed? One that can do nothing, and says so.

Its accounts, payments and cards stay readable under its old name; whoever wants to ask it reads why that cannot be.
"""

from functools import cache
from typing import ClassVar

from pydantic import ConfigDict

from providers.base import AccountSettings, Charge, Kind, Provider, Report, Started
from providers.errors import Misconfigured
from providers.said import said as _


class UnreadSettings(AccountSettings):
    """Whatever was typed once stays in its row: nothing here knows which of it is a secret."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Missing(Provider):
    settings_type = UnreadSettings
    kinds: ClassVar[frozenset[Kind]] = frozenset()

    def refuses(self, charge: Charge) -> str:
        return self._why()

    def start(self, charge: Charge) -> Started:
        raise Misconfigured(self._why())

    def sync(self, charge: Charge) -> Report:
        raise Misconfigured(self._why())

    @classmethod
    def can(cls, verb: str) -> bool:
        return False

    @classmethod
    def _why(cls) -> str:
        return _("The provider “%(slug)s” is no longer installed.", slug=cls.slug)


@cache
def missing(slug: str) -> type[Missing]:
    """The class in the place of the one that `slug` named."""
    return type("Missing", (Missing,), {"slug": slug, "label": slug, "name": slug})

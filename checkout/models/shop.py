"""Which shop sends orders, how does it prove who it is, and what has it been told?"""

import hashlib
import secrets
import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from checkout.fields import EncryptedField

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class Shop(models.Model):
    """A sales channel of the merchant's, with its own keys and its own address for webhooks."""

    # The e-mails to customers that a shop may have sent; `checkout.letters` writes them.
    LETTERS = [
        ("receipt", _("a receipt when an order is paid")),
        ("refund", _("a word when money goes back")),
        ("known", _("“we know now”, when a payment was in doubt")),
        ("reminder", _("a reminder before a payment link ends")),
    ]

    name = models.CharField(_("name"), max_length=100)
    slug = models.SlugField(unique=True)
    return_url = models.URLField(
        _("return address"),
        blank=True,
        help_text=_("Where the shopper goes after the receipt, unless the order says."),
    )
    return_origins = models.JSONField(
        _("allowed return addresses"),
        default=list,
        blank=True,
        help_text=_(
            "Where an order may send the shopper back to, such as https://shop.example.com. None: anywhere."
        ),
    )
    logo = models.BinaryField(_("logo"), null=True, blank=True)
    logo_type = models.CharField(
        max_length=20, blank=True, editable=False
    )  # image/png, image/jpeg, image/webp
    colour = models.CharField(
        _("colour"), max_length=7, blank=True, help_text=_("Of buttons and links, such as #1d4ed8.")
    )
    languages = models.JSONField(
        _("languages"),
        default=list,
        blank=True,
        help_text=_("In which shoppers may read. None: all there are."),
    )
    letters = models.JSONField(_("e-mails to customers"), default=list, blank=True)  # words of LETTERS
    merchant_email = models.EmailField(
        _("your e-mail"), blank=True, help_text=_("Told when webhooks are paused. Never shown to shoppers.")
    )
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("who may see it"),
        blank=True,
        related_name="shops",
        help_text=_(
            "Somebody who is named at any shop sees these shops alone; who is named at none sees all."
        ),
    )
    webhook_url = models.URLField(_("webhook address"), blank=True)
    webhook_secret = EncryptedField(_("webhook secret"), blank=True, default="")
    # Signs beside the new one until `webhook_former_until`.
    webhook_former_secret = EncryptedField(blank=True, default="")
    webhook_former_until = models.DateTimeField(null=True, blank=True, editable=False)
    webhook_failing_since = models.DateTimeField(null=True, blank=True, editable=False)  # no 2xx since
    webhook_paused_at = models.DateTimeField(null=True, blank=True, editable=False)
    support_email = models.EmailField(
        _("support e-mail"), blank=True, help_text=_("Shown to shoppers who need a person.")
    )
    hold_minutes = models.PositiveIntegerField(
        _("hold"), default=25, help_text=_("Minutes that an order stays payable, unless the order says.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("shop")
        verbose_name_plural = _("shops")

    def __str__(self) -> str:
        return self.name

    @classmethod
    def naming(cls, user: "User") -> frozenset[int] | None:
        """The shops, by their keys, that are all somebody may see; None where no shop names them: all."""
        return frozenset(cls.objects.filter(members=user.pk).values_list("pk", flat=True)) or None

    def spoken(self) -> list[str]:
        """The languages in which its shoppers may read, the usual one first."""
        all_there_are = [code for code, _name in settings.LANGUAGES]
        return [code for code in self.languages if code in all_there_are] or all_there_are


def all_scopes() -> list[str]:
    return [word for word, _what in ApiKey.SCOPES]


def _digest(key: str) -> str:
    # The key has 256 random bits, so a plain hash cannot be guessed backwards; a slow one would only slow us.
    return hashlib.sha256(key.encode()).hexdigest()


class ApiKey(models.Model):
    """A shop's bearer key. Only its hash is kept: it can be shown once, and never again."""

    WINDOW = timedelta(minutes=1)  # in which requests are counted
    SCOPES = [
        ("read", _("read orders, links, agreements and cards")),
        ("orders", _("create, change and cancel orders")),
        ("links", _("send and withdraw payment links")),
        ("charges", _("open payments, charge cards and agreements")),
        ("operations", _("capture, void and refund")),
    ]

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(_("name"), max_length=100, default="default")
    prefix = models.CharField(max_length=12, help_text=_("The key's first characters, to tell keys apart."))
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(_("good until"), null=True, blank=True)  # a rotation has set its end
    scopes = models.JSONField(_("scopes"), default=all_scopes)  # words of SCOPES
    # The rate window: how many requests came since it began.
    window_at = models.DateTimeField(null=True, blank=True, editable=False)
    window_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")

    def __str__(self) -> str:
        return f"{self.prefix}…"

    @classmethod
    def issue(
        cls, shop: Shop, name: str = "default", key: str = "", scopes: list[str] | None = None
    ) -> tuple["ApiKey", str]:
        """A new key and its only readable copy; without `scopes` it may do everything."""
        key = key or "gk_" + secrets.token_urlsafe(32)
        scopes = all_scopes() if scopes is None else scopes
        row = cls.objects.create(shop=shop, name=name, prefix=key[:10], digest=_digest(key), scopes=scopes)
        return row, key

    @classmethod
    def find(cls, key: str) -> "ApiKey | None":
        """The living key that reads `key`. Looked up by hash, so the time it takes tells nothing."""
        alive = models.Q(ends_at=None) | models.Q(ends_at__gt=timezone.now())
        return cls.objects.select_related("shop").filter(alive, digest=_digest(key), revoked_at=None).first()

    @classmethod
    def use(cls, key: str) -> "ApiKey | None":
        """`find`, and this request is counted: in one update, which every process waits for, so that none is lost."""
        row = cls.find(key)
        if row is None:
            return None
        now = timezone.now()
        begins = models.Q(window_at=None) | models.Q(window_at__lte=now - cls.WINDOW)
        with transaction.atomic():
            cls.objects.filter(pk=row.pk).update(
                last_used_at=now,
                window_count=models.Case(models.When(begins, then=1), default=models.F("window_count") + 1),
                window_at=models.Case(
                    models.When(begins, then=models.Value(now)), default=models.F("window_at")
                ),
            )
            row.refresh_from_db(fields=["last_used_at", "window_at", "window_count"])
        return row

    @property
    def is_alive(self) -> bool:
        return self.revoked_at is None and (self.ends_at is None or self.ends_at > timezone.now())


class IdempotencyKey(models.Model):
    """What a shop's write answered, to be answered again when the same request comes again."""

    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shop", "key"], name="one_answer_per_idempotency_key")]

    def __str__(self) -> str:
        return self.key


class ShopEvent(models.Model):
    """A webhook that is owed to the shop. Written with the change it tells of, sent later, kept for ever."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    shop = models.ForeignKey(Shop, on_delete=models.PROTECT, related_name="events")
    order = models.ForeignKey(
        "checkout.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="events"
    )  # null: a test event
    sequence = models.PositiveIntegerField(default=0)  # 1, 2, 3 ... of its order's; sent in that sequence
    type = models.CharField(max_length=50)  # order.paid, order.canceled ...
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True, blank=True, db_index=True)  # null: delivered, or given up
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_status = models.PositiveSmallIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["shop", "created_at", "id"], name="events_by_shop")]

    def __str__(self) -> str:
        return f"{self.type} {self.id}"

"""May each role do what it is for, and nothing else?"""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.test import Client
from django.urls import NoReverseMatch, reverse

from checkout.merchant.proposals import for_me
from checkout.merchant.scope import PATHS
from checkout.merchant.second_person import somebody_may_approve
from checkout.models import Account, Letter, Order, Payment, Proposal, Shop
from checkout.roles import MANAGER, ROLES, VIEWER, ensure
from checkout.states import State
from providers.base import Verb
from tests.merchant import rows
from tests.merchant.clicks import address
from tests.merchant.people import browser_of, person

pytestmark = pytest.mark.django_db

V, C, R, M = "Viewer", "Cashier", "Refunder", "Manager"
ALL, CHANGERS, NOBODY = {V, C, R, M}, {C, R, M}, set[str]()
# Who may do what to a row. An action that is new has to be put here.
MAY: dict[str, set[str]] = {
    "order seen": CHANGERS,
    "order ask": CHANGERS,
    "order note": CHANGERS,
    "order reopen": {C, M},
    "order cancel": {C, M},
    "order change": {C, M},
    "order desk": {C, M},
    "order leave_desk": {C, M},
    "order charge": {M},
    "payment ask": CHANGERS,
    "payment capture": {R, M},
    "payment void": {R, M},
    "payment refund": {R, M},
    "payment looked": {R, M},
    "payment accept": {C, M},
    "agreement ask": CHANGERS,
    "agreement charge": {M},
    "agreement end": {M},
    "delivery preview": {M},
    "delivery follow-up": {M},
    "letter send": {C, M},
    "shopevent send": {M},
    "savedcard charge": {M},
    "savedcard remove": {M},
    "proposal approve": {M},
    "proposal decline": {M},
    "proposal withdraw": ALL,  # whoever proposed it
    "account test": {M},
    "account end-former": {M},
    "apikey replace": {M},
    "apikey revoke": {M},
    "shop issue-key": {M},
    "shop new-secret": {M},
    "shop test-webhook": {M},
    "shop resume-webhooks": {M},
    "user remove-second-factor": {M},
}
# And who sees which list.
SEES: dict[str, set[str]] = {
    **dict.fromkeys(
        ("order", "payment", "agreement", "delivery", "shopevent", "savedcard", "apikey", "shop", "account"), ALL
    ),
    "auditentry": {M},
    "user": {M},
    "group": {M},
}  # fmt: skip


@pytest.mark.parametrize("role", [V, C, R, M])
def test_each_role_does_its_own_and_nothing_else(shop: Shop, account: Account, role: str) -> None:
    order = rows.order(shop)
    paid = rows.payment(order, account, State.PAID)
    user = person("rosa", role)
    for number, proposer in enumerate((user, person("otto", M))):
        proposal(paid, proposer, key=f"k{number}")
    browser = browser_of(user)
    request = browser.get(reverse("admin:index")).wsgi_request

    may, sees, forms = set(), set(), set()
    pages: dict[Any, Any] = dict(admin.site._registry)
    for model, page in pages.items():
        name = str(model._meta.model_name)
        for row in list(model._default_manager.all()) or [model()]:
            may |= {
                f"{name} {one.name}"
                for one in getattr(page, "row_actions", ())
                if page.may(request, one, row)
            }
        sees |= {name} if page.has_view_permission(request) else set()
        forms |= {name} if page.has_change_permission(request) or page.has_add_permission(request) else set()
    known = {f"{m._meta.model_name} {one.name}" for m, page in admin.site._registry.items()
             for one in getattr(page, "row_actions", ())}  # fmt: skip
    assert known <= MAY.keys()
    assert may == {word for word, roles in MAY.items() if role in roles} & known
    assert sees & SEES.keys() == {name for name, roles in SEES.items() if role in roles}
    assert forms == ({"account", "shop", "user", "group"} if role == M else set())


@pytest.mark.parametrize(("role", "allowed"), [
    (V, set()), (C, {"cancel", "send"}), (R, {"refund"}), (M, {"cancel", "refund", "send"}),
])  # fmt: skip
def test_the_address_asks_as_well(shop: Shop, account: Account, role: str, allowed: set[str]) -> None:
    order = rows.order(shop)
    paid = rows.payment(rows.order(shop), account, State.PAID)
    browser = browser_of(person("rosa", role))
    pages = {
        "cancel": address(order, "cancel"),
        "refund": address(paid, "refund"),
        "send": reverse("admin:checkout_order_link_send", args=[order.pk]),
    }
    answers = {name: browser.get(at).status_code for name, at in pages.items()}
    assert answers == {name: 200 if name in allowed else 403 for name in pages}
    assert browser.post(pages["refund"], {"confirmed": "yes"}).status_code == (
        200 if "refund" in allowed else 403
    )


@pytest.mark.parametrize(("model", "lookup"), [
    ("order", "token__startswith=a"), ("apikey", "digest__startswith=a"), ("shop", "webhook_secret__startswith=a"),
    ("account", "secrets__startswith=a"), ("order", "shop__name__startswith=a"), ("payment", "order__token=a"),
])  # fmt: skip
def test_a_list_is_not_searched_by_what_it_does_not_show(shop: Shop, model: str, lookup: str) -> None:
    """Character by character somebody would find out an order's payment page."""
    listed = reverse(f"admin:checkout_{model}_changelist")
    assert browser_of(person("vera", VIEWER)).get(f"{listed}?{lookup}").status_code == 400


def test_the_table_names_only_what_there_is() -> None:
    known = {
        f"{app}.{name}" for app, name in Permission.objects.values_list("content_type__app_label", "codename")
    }
    assert ROLES[MANAGER] <= known
    assert all(names <= ROLES[MANAGER] for names in ROLES.values())


def test_the_groups_are_there_and_what_a_merchant_added_stays(capsys: pytest.CaptureFixture[str]) -> None:
    ensure()
    group = Group.objects.get(name=VIEWER)
    more = Permission.objects.get(codename="export_order")
    group.permissions.add(more)
    group.permissions.remove(Permission.objects.get(codename="view_order"))

    call_command("roles")
    assert "Viewer: 1 permissions given, 0 taken away" in capsys.readouterr().out
    assert group.permissions.filter(pk=more.pk).exists()
    call_command("roles", "--reset")
    assert "Viewer: 0 permissions given, 1 taken away" in capsys.readouterr().out
    names = {
        f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.select_related("content_type")
    }
    assert names == ROLES[VIEWER]


# --- shops -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def elsewhere(shop: Shop, account: Account) -> Shop:
    """Another shop, with a row of everything; "Museum shop" has nothing but what a test gives it."""
    other = Shop.objects.create(name="Elsewhere", slug="elsewhere")
    rows.everything(other, rows.account(other, name="Elsewhere, test"))
    paid = Payment.objects.get(order__shop=other, state=State.PAID)
    proposal(paid, person("elisabetta", MANAGER, shop=other))
    Letter.objects.create(
        shop=other,
        order=paid.order,
        payment=paid,
        kind=Letter.Kind.RECEIPT,
        key="receipt",
        to="ada@example.org",
    )
    return other


def proposal(payment: Payment, by: User, *, key: str = "key") -> Proposal:
    """Of a refund; two of one payment do not wait at one time."""
    waits = not payment.proposals.exists()
    return Proposal.objects.create(
        order=payment.order, payment=payment, action=Verb.REFUND.value, amount_minor=4299, currency="EUR", key=key,
        typed={"plan": {}, "seen": ""}, proposed_by=by,
        state=Proposal.State.WAITING if waits else Proposal.State.WITHDRAWN,
    )  # fmt: skip


def test_every_model_says_whose_it_is() -> None:
    """What has no way to a shop is shown to nobody who is limited. People are limited by hand, and the queue of tasks,
    another library's page, is in no role and cannot be given to anybody here."""
    named = {model.__name__ for model in admin.site._registry}
    assert named - PATHS.keys() == {"User", "Group", "DBTaskResult"}


def test_nobody_sees_the_rows_of_another_shop(shop: Shop, account: Account, elsewhere: Shop) -> None:
    browser = browser_of(person("mia", MANAGER, shop=shop, last_name="Museum"))
    seen = walk(browser, elsewhere)
    assert seen == []
    assert for_me(browser.get(reverse("admin:index")).wsgi_request).count() == 0
    own = rows.order(shop)
    assert own.number in browser.get(reverse("admin:checkout_order_changelist")).content.decode()
    assert browser.get(reverse("admin:checkout_order_change", args=[own.pk])).status_code == 200


def test_the_walk_would_notice(client: Client, elsewhere: Shop) -> None:
    assert len(walk(client, elsewhere)) > 40


def walk(browser: Client, other: Shop) -> list[str]:
    """Every list, page and action of the admin, asked for each model's newest row of `other`; what was shown of it."""
    found = [reverse("admin:index")]
    shown = []
    numbers = [*other.orders.values_list("number", flat=True), "Elsewhere", "elisabetta"]
    for model, page in admin.site._registry.items():
        app, name = model._meta.app_label, model._meta.model_name
        changelist = reverse(f"admin:{app}_{name}_changelist")
        found.append(changelist)
        searched = browser.get(f"{changelist}?q={numbers[0]}")
        shown += [f"{name}?q"] if searched.status_code == 200 and searched.context["cl"].result_list else []
        if name in {"user", "group", "dbtaskresult"}:
            continue
        path = PATHS[model.__name__]
        row = model._default_manager.filter(**{path: other.pk}).order_by("-pk").first()
        if row is None:
            continue
        pages = [reverse(f"admin:{app}_{name}_{view}", args=[row.pk]) for view in ("change", "history")]
        pages += [
            reverse(f"admin:{app}_{name}_do", args=[row.pk, one.name])
            for one in getattr(page, "row_actions", ())
        ]
        shown += [at for at in pages if browser.get(at).status_code != 404]
        shown += [at for at in pages[2:] if browser.post(at, {"confirmed": "yes"}).status_code != 404]
    order = other.orders.latest("id")
    once, one = ["once"], [1]
    for name, more in (("desk_for", []), ("desk_opened", once), ("desk_back", once), ("link_send", []),
                       ("link_new", []), ("link_own_qr", []), ("link_shown", one), ("link_qr", one),
                       ("link_again", one), ("link_withdraw", one)):  # fmt: skip
        at = reverse(f"admin:checkout_order_{name}", args=[order.pk, *more])
        shown += [at] if 404 not in (browser.get(at).status_code, browser.post(at).status_code) else []
    found += [reverse("admin:checkout_order_desk"), reverse("admin:search") + "?s=G-"]
    for at in found:
        html = browser.get(at).content.decode()
        if any(number in html for number in numbers):
            shown.append(at)
    return shown


def test_nobody_is_led_to_an_orders_payment_page(viewer: Client, shop: Shop) -> None:
    order = rows.order(shop)
    at = reverse("admin:view_on_site", args=[ContentType.objects.get_for_model(Order).pk, order.pk])
    assert viewer.get(at).status_code == 404


def test_whoever_is_named_elsewhere_does_not_count_as_a_second_person(
    shop: Shop, account: Account, elsewhere: Shop
) -> None:
    mia, order = person("mia", MANAGER, shop=shop), rows.order(shop)
    assert not somebody_may_approve(Verb.REFUND, order, mia)
    person("moritz", MANAGER, shop=shop)
    assert somebody_may_approve(Verb.REFUND, order, mia)


def test_whoever_no_shop_names_and_a_superuser_see_all(client: Client, shop: Shop, merchant: object) -> None:
    order = rows.order(Shop.objects.create(name="Elsewhere", slug="elsewhere"))
    at = reverse("admin:checkout_order_change", args=[order.pk])
    shop.members.add(merchant)  # type: ignore[arg-type]
    assert client.get(at).status_code == 200
    assert browser_of(person("vera", VIEWER)).get(at).status_code == 200
    assert browser_of(person("vito", VIEWER, shop=shop)).get(at).status_code == 404
    assert Payment.objects.count() == 0
    with pytest.raises(NoReverseMatch):
        reverse("admin:checkout_secondfactor_changelist")

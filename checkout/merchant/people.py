"""Who may work at this counter? Django's own users and groups, in the admin's dress.

Whoever may change people is not by that above them: nobody but a superuser makes one; nobody gives a permission, a
group or a shop that they have not got themselves; and nobody changes, removes or sets the password of somebody who has
more than they.
"""

from typing import Any

from django import forms
from django.contrib.admin import SimpleListFilter
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, Permission, User
from django.db.models import Count, F, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectMultipleWidget, UnfoldBooleanSwitchWidget

from checkout.merchant.action import Action, Said, WithActions, acting, done, noted
from checkout.merchant.audit import AuditedForms
from checkout.merchant.filters import Condition
from checkout.merchant.list_form import WithListForm
from checkout.merchant.scope import limit, named_at, shops_of
from checkout.models import SecondFactor, Shop

_APPS = ("auth", "checkout")  # of the rest nothing is shown in the admin


def permissions_of(user: User) -> QuerySet[Permission]:
    """Given to them, or to a group of theirs; also while they are switched off, which Django's own answer hides."""
    given = Permission.objects.filter(Q(user=user.pk) | Q(group__user=user.pk))
    return Permission.objects.filter(pk__in=given.values("pk"))


def may_give(user: User) -> QuerySet[Permission]:
    known = Permission.objects.filter(content_type__app_label__in=_APPS)
    return known if user.is_superuser else known.filter(pk__in=permissions_of(user).values("pk"))


def groups_within(user: User) -> QuerySet[Group]:
    """Groups with nothing that `user` has not got."""
    if user.is_superuser:
        return Group.objects.all()
    has = Count("permissions", filter=Q(permissions__in=permissions_of(user).values("pk")), distinct=True)
    rows = Group.objects.annotate(has=has, all=Count("permissions", distinct=True))
    return Group.objects.filter(pk__in=rows.filter(has=F("all")).values("pk"))


def has_no_more_than(user: User, other: User) -> bool:
    """Has `other` nothing that `user` has not got? Then `user` may change them."""
    if user.is_superuser:
        return True
    if other.is_superuser:
        return False
    own, theirs = shops_of(user), named_at(other)
    if own is not None and (theirs is None or not theirs <= own):
        return False
    return not permissions_of(other).exclude(pk__in=permissions_of(user).values("pk")).exists()


class _ShopsField(forms.ModelMultipleChoiceField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Shop.objects.none(),
            label=gettext_lazy("Shops"),
            help_text=gettext_lazy("Sees the rows of these shops alone. None: of all shops."),
            widget=UnfoldAdminSelectMultipleWidget(),
            required=False,
            **kwargs,
        )


class PersonForm(UserChangeForm):
    shops = _ShopsField()
    all_shops = forms.BooleanField(
        label=gettext_lazy("All shops, from now on"),
        help_text=gettext_lazy(
            "To be ticked when somebody is taken out of their last shop or switched on again, and is to see all."
        ),
        widget=UnfoldBooleanSwitchWidget(),
        required=False,
    )

    class Meta:
        model = User
        fields: list[str] = []  # UserAdmin names them

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "shops" in self.fields and self.instance.pk:
            self.initial["shops"] = list(Shop.objects.filter(members=self.instance.pk))

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        everywhere = "shops" in cleaned and not cleaned["shops"] and cleaned.get("is_active", True)
        if everywhere and self._saw_less() and not cleaned.get("all_shops"):
            why = _(
                "Who is named at no shop sees all of them. Say below that this is meant, or switch the person off."
            )
            self.add_error("shops", why)
        return cleaned

    def _saw_less(self) -> bool:
        """Whoever is switched off sees nothing, whichever shops named them once."""
        return bool(self.initial.get("shops")) or not self.initial.get("is_active", True)


class NewPersonForm(UserCreationForm):
    shops = _ShopsField()


class Active(Condition):
    title, parameter_name = gettext_lazy("active"), "active"
    conditions = {
        "yes": (gettext_lazy("Yes"), Q(is_active=True)),
        "no": (gettext_lazy("No"), Q(is_active=False)),
    }


class Superuser(Condition):
    title = User._meta.get_field("is_superuser").verbose_name  # in Django's own words
    parameter_name = "superuser"
    conditions = {
        "yes": (gettext_lazy("Yes"), Q(is_superuser=True)),
        "no": (gettext_lazy("No"), Q(is_superuser=False)),
    }


class InGroup(SimpleListFilter):
    title, parameter_name = gettext_lazy("groups"), "group"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(pk), name) for pk, name in Group.objects.order_by("name").values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        known = [word for word, _name in self.lookup_choices]
        return queryset.filter(groups=self.value()) if self.value() in known else queryset.none()


class UserAdmin(WithListForm, WithActions, AuditedForms, DjangoUserAdmin, ModelAdmin):
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = ()  # the two-list chooser is wider than a phone, and than a laptop
    actions = None
    list_display = ("username", "email", "first_name", "last_name", "is_active", "roles", "has_second_factor")
    list_filter = (Active, Superuser, InGroup)
    change_form_outer_before_template = "merchant/person_buttons.html"
    row_actions = (
        Action(
            name="remove-second-factor",
            label=gettext_lazy("Remove the second factor"),
            offered=lambda user: SecondFactor.objects.filter(user=user).exists(),
            explain=lambda user, typed: [
                _("%(person)s logs in with the password alone then, until another second factor is set up.")
                % {"person": user},
                _("Do it for whoever has lost phone and backup codes, and be sure that it is they who ask."),
            ],
            do=lambda request, user, typed: _remove_second_factor(user),
            needs="auth.change_user",
            tone="danger",
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).prefetch_related("groups").select_related("second_factor")
        shops = shops_of(request.user)
        return rows if shops is None else rows.filter(Q(pk__in=Shop.members.through.objects.filter(
            shop__in=shops).values("user")) | Q(pk=request.user.pk))  # fmt: skip

    def roles(self, user: User) -> str:
        return ", ".join(sorted(group.name for group in user.groups.all())) or "–"

    roles.short_description = gettext_lazy("groups")  # type: ignore[attr-defined]

    def has_second_factor(self, user: User) -> bool:
        factor = getattr(user, "second_factor", None)
        return factor is not None and factor.confirmed_at is not None

    has_second_factor.short_description = gettext_lazy("second factor")  # type: ignore[attr-defined]
    has_second_factor.boolean = True  # type: ignore[attr-defined]

    # --- who may change whom

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _below(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # Not oneself: nobody would be left to undo it.
        own = obj is not None and obj.pk == request.user.pk
        return super().has_delete_permission(request, obj) and _below(request, obj) and not own

    def may(self, request: HttpRequest, action: Action, row: Any) -> bool:
        return super().may(request, action, row) and _below(request, row)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        kept = (*super().get_readonly_fields(request, obj), "last_login", "date_joined")
        return kept if acting(request).is_superuser else (*kept, "is_superuser")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is None:
            names = ("username", "usable_password", "password1", "password2", "shops")
            return [(None, {"classes": ("wide",), "fields": names})]
        rights = ["is_active", "is_staff", "is_superuser", "groups", "shops", "all_shops", "user_permissions"]
        if not self.has_change_permission(request, obj):
            rights = [name for name in rights if name not in ("shops", "all_shops")]
        elif shops_of(request.user) is not None:
            rights.remove("all_shops")
        return [
            (None, {"fields": ("username", "password")}),
            (_("Personal info"), {"fields": ("first_name", "last_name", "email")}),
            (_("Permissions"), {"fields": rights}),
            (_("Important dates"), {"fields": ("last_login", "date_joined")}),
        ]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        drawn = super().get_form(request, obj, change=change, **kwargs)
        shops: Any = drawn.base_fields.get("shops")
        if shops is not None:
            shops.queryset = limit(Shop.objects, request.user).order_by("name")
            # Somebody of no shop would see more than whoever is limited to shops and made them.
            shops.required = shops_of(request.user) is not None
        return drawn

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user_permissions":
            kwargs["queryset"] = may_give(acting(request)).select_related("content_type")
        if db_field.name == "groups":
            kwargs["queryset"] = groups_within(acting(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    # --- what is saved

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True  # there is nothing here to log in to but the admin
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if "shops" in form.cleaned_data:
            form.instance.shops.set(form.cleaned_data["shops"])

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        more = {"buttons": self.buttons(request, user)} if user is not None else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **more})


def _below(request: HttpRequest, person: User | None) -> bool:
    return person is None or has_no_more_than(acting(request), person)


def _remove_second_factor(user: User) -> Said:
    count, _rows = SecondFactor.objects.filter(user=user).delete()
    if not count:
        return noted(_("There was no second factor any more."))
    return done(_("The second factor of %(person)s is removed.") % {"person": user})


class GroupAdmin(WithListForm, AuditedForms, DjangoGroupAdmin, ModelAdmin):
    filter_horizontal = ()
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and _sees_all(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and _sees_all(request) and _within(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and _sees_all(request) and _within(request, obj)

    def formfield_for_manytomany(self, db_field: Any, request: Any = None, **kwargs: Any) -> Any:
        if db_field.name == "permissions":
            kwargs["queryset"] = may_give(acting(request)).select_related("content_type")
        return super().formfield_for_manytomany(db_field, request, **kwargs)


def _sees_all(request: HttpRequest) -> bool:
    """A group is everybody's; whoever is limited to shops would change people of other shops by it."""
    return shops_of(request.user) is None


def _within(request: HttpRequest, group: Group | None) -> bool:
    """Neither more than they have, nor of somebody who has more: what is taken away there is taken from them."""
    if group is None:
        return True
    user = acting(request)
    if not groups_within(user).filter(pk=group.pk).exists():
        return False
    return all(has_no_more_than(user, member) for member in group.user_set.all())


PAGES: dict[type[Model], type[ModelAdmin]] = {User: UserAdmin, Group: GroupAdmin}

"""Who may work at this counter? Django's own users and groups, in the admin's dress."""

from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm


class UserAdmin(DjangoUserAdmin, ModelAdmin):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    filter_horizontal = ()  # the two-list chooser is wider than a phone, and than a laptop


class GroupAdmin(DjangoGroupAdmin, ModelAdmin):
    filter_horizontal = ()


PAGES: dict[type[Model], type[ModelAdmin]] = {User: UserAdmin, Group: GroupAdmin}

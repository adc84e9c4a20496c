"""Which addresses has an order's page? All of them hang below the order's own, which nobody can guess."""

from django.urls import path

from checkout.shopper import views

app_name = "shopper"

urlpatterns = [
    path("<str:token>/", views.show, name="order"),
    path("<str:token>/start/", views.begin, name="start"),
    path("<str:token>/retry/", views.retry, name="retry"),
    path("<str:token>/give-up/", views.abandon, name="give-up"),
    path("<str:token>/extend/", views.more_time, name="extend"),
    path("<str:token>/language/", views.language, name="language"),
    path("<str:token>/remove-card/", views.forget_card, name="remove-card"),
    path("<str:token>/status.json", views.status, name="status"),
    path("<str:token>/return/<str:payment_token>/", views.returned, name="returned"),
]

"""What do Purse's payment pages say beyond the card form, in English and in French?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """Every sentence of the pages; a field for each, so that a language can not lack one."""

    title: str
    title_save: str
    summary: str
    order: str
    tax: str
    discount: str
    total: str
    left: str
    how: str
    choose: str
    gift: str
    gift_add: str
    gift_number: str
    gift_pin: str
    gift_pin_hint: str
    gift_use: str
    gift_used: str
    gift_test: str
    remove: str
    gift_unknown: str
    gift_bad_pin: str
    gift_expired: str
    gift_empty: str
    gift_twice: str
    gift_enough: str
    saved: str
    expires: str
    delete: str
    keep: str
    nothing_chosen: str
    not_allowed: str
    pay_gift: str
    partner_title: str
    partner_text: str
    approve: str
    refuse: str
    stay_pending: str
    be_uncertain: str
    done_pending: str
    aborted: str
    test_cards_fill: str


_EN = Words(
    title="Pay {amount}",
    title_save="Save a means of payment",
    summary="Your order",
    order="Order {reference}",
    tax="of which tax",
    discount="Discount",
    total="Total",
    left="Left to pay",
    how="How would you like to pay?",
    choose="Means of payment",
    gift="Gift cards",
    gift_add="Use a gift card",
    gift_number="Number of the gift card",
    gift_pin="PIN",
    gift_pin_hint="In the sandbox the PIN is 1234.",
    gift_use="Use this gift card",
    gift_used="Gift card ending in {end}",
    gift_test="Test gift cards",
    remove="Remove",
    gift_unknown="This gift card is not known.",
    gift_bad_pin="This PIN is not right.",
    gift_expired="This gift card has expired.",
    gift_empty="There is nothing left on this gift card.",
    gift_twice="This gift card is in use already.",
    gift_enough="There is nothing left to pay.",
    saved="Saved card {brand} ending in {end}",
    expires="expires {date}",
    delete="Delete",
    keep="Save this card for next time",
    nothing_chosen="Please choose how you would like to pay.",
    not_allowed="This means of payment can not be saved. Please choose a card.",
    pay_gift="Your gift cards cover the whole amount.",
    partner_title="{partner} asks you",
    partner_text="Would you like to pay {amount}? This page stands in for the partner's own.",
    approve="Approve",
    refuse="Refuse",
    stay_pending="Leave it pending",
    be_uncertain="Let it become uncertain",
    done_pending="Your payment is being processed. Taking you back to the shop…",
    aborted="This payment was cancelled.",
    test_cards_fill="One click fills the form with that card.",
)

_FR = Words(
    title="Payer {amount}",
    title_save="Enregistrer un moyen de paiement",
    summary="Votre commande",
    order="Commande {reference}",
    tax="dont taxes",
    discount="Remise",
    total="Total",
    left="Reste à payer",
    how="Comment souhaitez-vous payer ?",
    choose="Moyen de paiement",
    gift="Cartes cadeaux",
    gift_add="Utiliser une carte cadeau",
    gift_number="Numéro de la carte cadeau",
    gift_pin="Code PIN",
    gift_pin_hint="Dans le bac à sable, le code PIN est 1234.",
    gift_use="Utiliser cette carte cadeau",
    gift_used="Carte cadeau se terminant par {end}",
    gift_test="Cartes cadeaux de test",
    remove="Retirer",
    gift_unknown="Cette carte cadeau est inconnue.",
    gift_bad_pin="Ce code PIN n’est pas le bon.",
    gift_expired="Cette carte cadeau a expiré.",
    gift_empty="Il ne reste rien sur cette carte cadeau.",
    gift_twice="Cette carte cadeau est déjà utilisée.",
    gift_enough="Il ne reste rien à payer.",
    saved="Carte enregistrée {brand} se terminant par {end}",
    expires="expire {date}",
    delete="Supprimer",
    keep="Enregistrer cette carte pour la prochaine fois",
    nothing_chosen="Choisissez comment vous souhaitez payer.",
    not_allowed="Ce moyen de paiement ne peut pas être enregistré. Choisissez une carte.",
    pay_gift="Vos cartes cadeaux couvrent tout le montant.",
    partner_title="{partner} vous demande",
    partner_text="Souhaitez-vous payer {amount} ? Cette page remplace celle du partenaire.",
    approve="Accepter",
    refuse="Refuser",
    stay_pending="Laisser en attente",
    be_uncertain="Laisser devenir incertain",
    done_pending="Votre paiement est en cours de traitement. Retour à la boutique…",
    aborted="Ce paiement a été annulé.",
    test_cards_fill="Un clic remplit le formulaire avec la carte choisie.",
)

_BY_LANGUAGE = {"en": _EN, "fr": _FR}


def words(language: str) -> Words:
    return _BY_LANGUAGE[language]

"""What do the card forms say, in English and in French?"""

from dataclasses import dataclass

LANGUAGES = ("en", "fr")


@dataclass(frozen=True)
class Texts:
    """Every sentence of the card form; a field for each, so that a language can not lack one."""

    title_pay: str
    title_save: str
    number: str
    expiry: str
    expiry_hint: str
    cvc: str
    cvc_hint: str
    holder: str
    pay: str
    save: str
    cancel: str
    working: str
    required: str
    bad_number: str
    not_a_test_card: str
    bad_expiry: str
    past_expiry: str
    bad_cvc: str
    fix: str
    test_cards: str
    test_cards_hint: str
    challenge_title: str
    challenge_text: str
    challenge_code: str
    challenge_hint: str
    confirm: str
    bad_code: str
    done_success: str
    done_failure: str
    done_cancelled: str
    go_on: str
    ended: str
    expired: str
    unknown: str
    broken_title: str
    broken: str
    again: str
    sandbox: str


_EN = Texts(
    title_pay="Pay by card",
    title_save="Save a card",
    number="Card number",
    expiry="Expiry date",
    expiry_hint="Month and year, for example 12/30",
    cvc="Security code",
    cvc_hint="3 digits on the back, 4 on the front of an American Express card",
    holder="Name on the card",
    pay="Pay {amount}",
    save="Save the card",
    cancel="Cancel",
    working="One moment, your bank is being asked…",
    required="Please fill in this field.",
    bad_number="This is not a card number. Please check the digits.",
    not_a_test_card="Only the sandbox's test cards work here. Never type a real card.",
    bad_expiry="Please give month and year, for example 12/30.",
    past_expiry="This card has expired.",
    bad_cvc="Please give the {digits} digits of the security code.",
    fix="Please check the fields marked below.",
    test_cards="Use a test card",
    test_cards_hint="One click pays with that card.",
    challenge_title="Confirm it is you",
    challenge_text="Your bank has sent you a code for {amount} with card {card}.",
    challenge_code="Code from your bank",
    challenge_hint="In the sandbox the code is 1234.",
    confirm="Confirm",
    bad_code="This code is not right. Please try again.",
    done_success="Thank you. Taking you back to the shop…",
    done_failure="The payment was refused. Taking you back to the shop…",
    done_cancelled="The payment was cancelled. Taking you back to the shop…",
    go_on="Back to the shop",
    ended="This payment has already ended.",
    expired="The time for this payment has passed.",
    unknown="This payment is not known here, or its session id does not fit.",
    broken_title="HTTP 500",
    broken="The form failed, as it was told to. Nothing has been charged.",
    again="Try again",
    sandbox="Sandbox. No money moves here.",
)

_FR = Texts(
    title_pay="Payer par carte",
    title_save="Enregistrer une carte",
    number="Numéro de carte",
    expiry="Date d’expiration",
    expiry_hint="Mois et année, par exemple 12/30",
    cvc="Code de sécurité",
    cvc_hint="3 chiffres au dos, 4 sur le devant d’une carte American Express",
    holder="Nom sur la carte",
    pay="Payer {amount}",
    save="Enregistrer la carte",
    cancel="Annuler",
    working="Un instant, nous interrogeons votre banque…",
    required="Veuillez remplir ce champ.",
    bad_number="Ce n’est pas un numéro de carte. Vérifiez les chiffres.",
    not_a_test_card="Seules les cartes de test fonctionnent ici. Ne saisissez jamais une vraie carte.",
    bad_expiry="Indiquez le mois et l’année, par exemple 12/30.",
    past_expiry="Cette carte a expiré.",
    bad_cvc="Indiquez les {digits} chiffres du code de sécurité.",
    fix="Vérifiez les champs signalés ci-dessous.",
    test_cards="Utiliser une carte de test",
    test_cards_hint="Un clic paie avec la carte choisie.",
    challenge_title="Confirmez que c’est bien vous",
    challenge_text="Votre banque vous a envoyé un code pour {amount} avec la carte {card}.",
    challenge_code="Code de votre banque",
    challenge_hint="Dans le bac à sable, le code est 1234.",
    confirm="Confirmer",
    bad_code="Ce code n’est pas le bon. Veuillez réessayer.",
    done_success="Merci. Retour à la boutique…",
    done_failure="Le paiement a été refusé. Retour à la boutique…",
    done_cancelled="Le paiement a été annulé. Retour à la boutique…",
    go_on="Retour à la boutique",
    ended="Ce paiement est déjà terminé.",
    expired="Le délai de ce paiement est dépassé.",
    unknown="Ce paiement est inconnu ici, ou son identifiant de session ne correspond pas.",
    broken_title="HTTP 500",
    broken="Le formulaire a échoué, comme demandé. Rien n’a été débité.",
    again="Réessayer",
    sandbox="Bac à sable. Aucun argent ne circule ici.",
)

_BY_LANGUAGE = {"en": _EN, "fr": _FR}


def choose(*wishes: str) -> str:
    """The first wish we speak: a language tag or an Accept-Language header, each in turn."""
    for wish in wishes:
        for tag in wish.split(","):
            if (language := tag.strip()[:2].lower()) in LANGUAGES:
                return language
    return "en"


def texts(language: str) -> Texts:
    return _BY_LANGUAGE[language]

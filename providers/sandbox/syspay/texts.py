"""What does the eTerminal say beyond the card form, in English and in French?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class FormTexts:
    """Every sentence that only this form has."""

    title: str
    today: str
    nothing_today: str
    transaction: str
    customer: str
    card: str
    confirm_hint: str
    type: str
    types: dict[str, str]
    change_type: str
    choose: str
    labels: dict[str, str]
    hints: dict[str, str]
    pay_modes: dict[str, str]
    units: dict[str, str]
    languages: dict[str, str]
    yes: str
    no: str
    locked: str
    pay: str
    agree: str
    cancel: str
    bad_amount: str
    bad_number: str
    wrong: dict[str, str]
    check: str
    refused: str
    failures: dict[str, str]
    tries_left: str
    one_try_left: str
    challenge_text: str
    results: dict[str, str]
    to_shop: str
    expired: str
    unknown: str
    close: str


_EN = FormTexts(
    title="Payment",
    today="To pay now",
    nothing_today="Nothing to pay now",
    transaction="Payment",
    customer="Customer",
    card="Card",
    confirm_hint="Please read the details, then confirm with your card.",
    type="Type of payment",
    types={
        "ONESHOT": "One-off payment",
        "SUBSCRIPTION": "Subscription",
        "PAYMENT_PLAN": "Payment plan",
        "PAYMENT_MANDATE": "Payment mandate",
    },
    change_type="Change type",
    choose="Please choose",
    labels={
        "description": "Description",
        "reference": "Reference",
        "first_name": "First name",
        "last_name": "Last name",
        "email": "E-mail",
        "mobile_country": "Mobile prefix",
        "mobile_phone": "Mobile number",
        "company_name": "Company",
        "language": "Language",
        "address": "Address",
        "city": "City",
        "postcode": "Postcode",
        "country": "Country",
        "amount": "Amount",
        "currency": "Currency",
        "preauth": "Payment mode",
        "trial_check": "Begin with a trial",
        "trial_amount": "Trial amount",
        "trial_period": "Trial period",
        "trial_period_unit": "Trial period unit",
        "initial_amount": "First amount",
        "billing_amount": "Recurring amount",
        "billing_period": "Billing period",
        "billing_period_unit": "Billing period unit",
        "expires_check": "Ends after a number of cycles",
        "billing_cycles": "Billing cycles",
        "total_amount": "Total amount",
        "initial_charge": "Initial charge",
    },
    hints={
        "initial_charge": "Leave empty for none.",
        "initial_amount": "Only if it differs from the recurring amount.",
        "mobile_country": "Two letters, for example GB",
        "country": "Two letters, for example GB",
        "mobile_phone": "Without the country code",
    },
    pay_modes={"0": "Direct payment", "1": "Pre-authorisation"},
    units={"minute": "minutes", "hour": "hours", "day": "days", "week": "weeks", "month": "months"},
    languages={"en": "English", "fr": "French", "de": "German", "es": "Spanish", "it": "Italian"},
    yes="Yes",
    no="No",
    locked="Set by the shop",
    pay="Pay",
    agree="Confirm",
    cancel="Cancel",
    bad_amount="Please give an amount, for example 12.50.",
    bad_number="Please give a whole number.",
    wrong={
        "first_name": "Letters only, please.",
        "last_name": "Letters only, please.",
        "email": "This is not an e-mail address.",
        "mobile_country": "Please give two capital letters, for example GB.",
        "country": "Please give two capital letters, for example GB.",
        "mobile_phone": "Digits only, please, without the country code.",
        "reference": "This reference cannot be used.",
        "type": "Please choose the type of payment.",
    },
    check="Please check this field.",
    refused="The payment was refused.",
    failures={
        "insufficient_funds": "There is not enough money on this card.",
        "expired": "This card has expired.",
        "invalid_cv2": "The security code is wrong.",
        "invalid_card": "This card is not valid.",
        "unsupported": "This card is not accepted here.",
    },
    tries_left="You may try again: {left} tries are left.",
    one_try_left="You may try again: one try is left.",
    challenge_text="Your bank has sent you a code for {amount} with card {card}.",
    results={
        "SUCCESS": "Thank you, you have paid.",
        "AUTHORIZED": "Thank you, the amount is reserved.",
        "FAILED": "The payment was refused.",
        "CANCELLED": "The payment was cancelled.",
        "VOIDED": "The payment was cancelled.",
        "WAITING": "We are waiting for your bank.",
        "OPEN": "Your bank has not answered yet.",
        "ERROR": "The payment did not work.",
        "ACTIVE": "Thank you, everything is set up.",
        "ENDED": "This agreement has ended.",
        "": "The payment was cancelled.",
    },
    to_shop="Back to the shop",
    expired="The time for this payment has passed.",
    unknown="This payment is not known here.",
    close="You may close this page.",
)

_FR = FormTexts(
    title="Paiement",
    today="À payer maintenant",
    nothing_today="Rien à payer maintenant",
    transaction="Paiement",
    customer="Client",
    card="Carte",
    confirm_hint="Vérifiez les détails, puis confirmez avec votre carte.",
    type="Type de paiement",
    types={
        "ONESHOT": "Paiement unique",
        "SUBSCRIPTION": "Abonnement",
        "PAYMENT_PLAN": "Paiement échelonné",
        "PAYMENT_MANDATE": "Mandat de paiement",
    },
    change_type="Changer de type",
    choose="Veuillez choisir",
    labels={
        "description": "Description",
        "reference": "Référence",
        "first_name": "Prénom",
        "last_name": "Nom",
        "email": "E-mail",
        "mobile_country": "Indicatif du mobile",
        "mobile_phone": "Numéro de mobile",
        "company_name": "Société",
        "language": "Langue",
        "address": "Adresse",
        "city": "Ville",
        "postcode": "Code postal",
        "country": "Pays",
        "amount": "Montant",
        "currency": "Devise",
        "preauth": "Mode de paiement",
        "trial_check": "Commencer par un essai",
        "trial_amount": "Montant de l’essai",
        "trial_period": "Durée de l’essai",
        "trial_period_unit": "Unité de l’essai",
        "initial_amount": "Premier montant",
        "billing_amount": "Montant récurrent",
        "billing_period": "Périodicité",
        "billing_period_unit": "Unité de la périodicité",
        "expires_check": "Prend fin après un nombre d’échéances",
        "billing_cycles": "Nombre d’échéances",
        "total_amount": "Montant total",
        "initial_charge": "Montant initial",
    },
    hints={
        "initial_charge": "Laissez vide s’il n’y en a pas.",
        "initial_amount": "Seulement s’il diffère du montant récurrent.",
        "mobile_country": "Deux lettres, par exemple FR",
        "country": "Deux lettres, par exemple FR",
        "mobile_phone": "Sans l’indicatif du pays",
    },
    pay_modes={"0": "Paiement direct", "1": "Préautorisation"},
    units={"minute": "minutes", "hour": "heures", "day": "jours", "week": "semaines", "month": "mois"},
    languages={"en": "Anglais", "fr": "Français", "de": "Allemand", "es": "Espagnol", "it": "Italien"},
    yes="Oui",
    no="Non",
    locked="Fixé par la boutique",
    pay="Payer",
    agree="Confirmer",
    cancel="Annuler",
    bad_amount="Indiquez un montant, par exemple 12,50.",
    bad_number="Indiquez un nombre entier.",
    wrong={
        "first_name": "Uniquement des lettres.",
        "last_name": "Uniquement des lettres.",
        "email": "Ce n’est pas une adresse e-mail.",
        "mobile_country": "Indiquez deux majuscules, par exemple FR.",
        "country": "Indiquez deux majuscules, par exemple FR.",
        "mobile_phone": "Uniquement des chiffres, sans l’indicatif du pays.",
        "reference": "Cette référence ne peut pas servir.",
        "type": "Choisissez le type de paiement.",
    },
    check="Vérifiez ce champ.",
    refused="Le paiement a été refusé.",
    failures={
        "insufficient_funds": "Le solde de cette carte ne suffit pas.",
        "expired": "Cette carte a expiré.",
        "invalid_cv2": "Le code de sécurité est faux.",
        "invalid_card": "Cette carte n’est pas valable.",
        "unsupported": "Cette carte n’est pas acceptée ici.",
    },
    tries_left="Vous pouvez réessayer : il reste {left} tentatives.",
    one_try_left="Vous pouvez réessayer : il reste une tentative.",
    challenge_text="Votre banque vous a envoyé un code pour {amount} avec la carte {card}.",
    results={
        "SUCCESS": "Merci, votre paiement est accepté.",
        "AUTHORIZED": "Merci, le montant est réservé.",
        "FAILED": "Le paiement a été refusé.",
        "CANCELLED": "Le paiement a été annulé.",
        "VOIDED": "Le paiement a été annulé.",
        "WAITING": "Nous attendons votre banque.",
        "OPEN": "Votre banque n’a pas encore répondu.",
        "ERROR": "Le paiement n’a pas fonctionné.",
        "ACTIVE": "Merci, tout est en place.",
        "ENDED": "Cet accord a pris fin.",
        "": "Le paiement a été annulé.",
    },
    to_shop="Retour à la boutique",
    expired="Le délai de ce paiement est dépassé.",
    unknown="Ce paiement est inconnu ici.",
    close="Vous pouvez fermer cette page.",
)

_BY_LANGUAGE = {"en": _EN, "fr": _FR}


def form_texts(language: str) -> FormTexts:
    return _BY_LANGUAGE[language]

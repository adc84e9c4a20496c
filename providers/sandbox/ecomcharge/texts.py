"""What does the payment page say beyond the card form, in English and in French?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageTexts:
    """Every sentence that only this page has."""

    title: str
    methods: str
    method_names: dict[str, str]
    pay_with: str
    other_text: str
    saved_card: str
    another_card: str
    use_saved: str
    save_card: str
    your_details: str
    customer_fields: dict[str, str]
    brand_refused: str
    declined: str
    attempts_left: str
    one_attempt_left: str
    to_shop: str
    cancel: str
    challenge_label: str
    challenge_text: str
    challenge_hint: str
    wrong_answer: str
    results: dict[str, str]
    result_texts: dict[str, str]
    returning: str
    close: str
    leaving: str
    go_on: str


_EN = PageTexts(
    title="Payment",
    methods="How would you like to pay?",
    method_names={
        "credit_card": "Bank card",
        "bank_transfer": "Bank transfer",
        "erip": "ERIP",
        "halva": "Halva",
        "apm": "Other method",
    },
    pay_with="Pay {amount} with {method}",
    other_text="The money comes later: the shop is told when it has arrived.",
    saved_card="Pay with your saved card",
    another_card="Pay with another card",
    use_saved="Pay with card {card}",
    save_card="Save card",
    your_details="Your details",
    customer_fields={
        "email": "E-mail",
        "first_name": "First name",
        "last_name": "Last name",
        "address": "Address",
        "city": "City",
        "state": "State",
        "zip": "Postal code",
        "phone": "Phone",
        "country": "Country",
        "birth_date": "Date of birth",
        "taxpayer_id": "Taxpayer ID",
    },
    brand_refused="This kind of card is not accepted here.",
    declined="The payment was declined.",
    attempts_left="You may try again: {left} attempts are left.",
    one_attempt_left="You may try again: one attempt is left.",
    to_shop="Back to the shop",
    cancel="Cancel and go back to the shop",
    challenge_label="Password from your bank",
    challenge_text="Your bank asks for your 3-D Secure password: {amount} with card {card}.",
    challenge_hint="In the sandbox the password is 1111.",
    wrong_answer="This password is not right. Please try again.",
    results={
        "successful": "Thank you, you have paid",
        "failed": "The payment was declined",
        "pending": "We are waiting for your money",
        "incomplete": "Your bank has not answered yet",
        "expired": "The payment has expired",
        "error": "The payment did not work",
    },
    result_texts={
        "successful": "Your payment of {amount} is complete.",
        "failed": "Nothing was charged.",
        "pending": "The shop will be told as soon as {amount} has arrived.",
        "incomplete": "The shop will be told as soon as the bank has decided about {amount}.",
        "expired": "The money did not come in time.",
        "error": "The time for this payment has passed. Nothing was charged.",
    },
    returning="You will be taken back to the shop in {seconds} s.",
    close="You may close this page.",
    leaving="Your bank’s page opens.",
    go_on="Continue",
)

_FR = PageTexts(
    title="Paiement",
    methods="Comment souhaitez-vous payer ?",
    method_names={
        "credit_card": "Carte bancaire",
        "bank_transfer": "Virement",
        "erip": "ERIP",
        "halva": "Halva",
        "apm": "Autre moyen",
    },
    pay_with="Payer {amount} par {method}",
    other_text="L’argent arrive plus tard : la boutique est prévenue à son arrivée.",
    saved_card="Payer avec votre carte enregistrée",
    another_card="Payer avec une autre carte",
    use_saved="Payer avec la carte {card}",
    save_card="Enregistrer la carte",
    your_details="Vos coordonnées",
    customer_fields={
        "email": "Adresse e-mail",
        "first_name": "Prénom",
        "last_name": "Nom",
        "address": "Adresse",
        "city": "Ville",
        "state": "État",
        "zip": "Code postal",
        "phone": "Téléphone",
        "country": "Pays",
        "birth_date": "Date de naissance",
        "taxpayer_id": "Numéro fiscal",
    },
    brand_refused="Ce type de carte n’est pas accepté ici.",
    declined="Le paiement a été refusé.",
    attempts_left="Vous pouvez réessayer : il reste {left} essais.",
    one_attempt_left="Vous pouvez réessayer : il reste un essai.",
    to_shop="Retour à la boutique",
    cancel="Annuler et revenir à la boutique",
    challenge_label="Mot de passe de votre banque",
    challenge_text="Votre banque demande votre mot de passe 3-D Secure : {amount} avec la carte {card}.",
    challenge_hint="Dans le bac à sable, le mot de passe est 1111.",
    wrong_answer="Ce mot de passe n’est pas le bon. Veuillez réessayer.",
    results={
        "successful": "Merci, vous avez payé",
        "failed": "Le paiement a été refusé",
        "pending": "Nous attendons votre argent",
        "incomplete": "Votre banque n’a pas encore répondu",
        "expired": "Le paiement a expiré",
        "error": "Le paiement n’a pas abouti",
    },
    result_texts={
        "successful": "Votre paiement de {amount} est terminé.",
        "failed": "Rien n’a été débité.",
        "pending": "La boutique sera prévenue dès que {amount} sera arrivé.",
        "incomplete": "La boutique sera prévenue dès que la banque aura décidé pour {amount}.",
        "expired": "L’argent n’est pas arrivé à temps.",
        "error": "Le délai de ce paiement est dépassé. Rien n’a été débité.",
    },
    returning="Vous retournerez à la boutique dans {seconds} s.",
    close="Vous pouvez fermer cette page.",
    leaving="La page de votre banque s’ouvre.",
    go_on="Continuer",
)

_BY_LANGUAGE = {"en": _EN, "fr": _FR}


def page_texts(language: str) -> PageTexts:
    return _BY_LANGUAGE[language]

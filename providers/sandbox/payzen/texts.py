"""What does PayZen's page say beyond the card form, in English and in French?"""

from dataclasses import dataclass


@dataclass(frozen=True)
class PageTexts:
    """A field for each sentence, so that no language can lack one."""

    title: str
    until: str
    another_card: str
    refused: str
    refused_more: str
    reasons: dict[str, str]
    changed: str
    leave: str
    save_card: str
    your_details: str
    name: str
    email: str
    bad_email: str
    brand_refused: str
    challenge_text: str
    challenge_label: str
    challenge_hint: str
    wrong_code: str
    results: dict[str, str]
    result_texts: dict[str, str]
    to_shop: str
    returning: str
    close: str
    reference: str
    other_language: str
    unknown: str
    one_moment: str


_EN = PageTexts(
    title="Secure payment",
    until="This link is open until {until}.",
    another_card="Use another card",
    refused="The payment was refused.",
    refused_more="Nothing has been charged. You can try again, with this card or another one.",
    reasons={
        "05": "Your bank did not say why.",
        "51": "There are not sufficient funds on the card.",
        "54": "The card has expired.",
        "43": "Please call your bank.",
        "AUTH_149": "Your bank could not confirm that it is you.",
    },
    changed="The shop has changed this order. Please check the amount and pay again.",
    leave="Cancel and go back to the shop",
    save_card="Save this card for the next payments",
    your_details="Your details",
    name="Name",
    email="E-mail",
    bad_email="Please give an e-mail address.",
    brand_refused="This order cannot be paid with a card of this brand.",
    challenge_text="Your bank has sent you a code for {amount} with card {card}.",
    challenge_label="Code from your bank",
    challenge_hint="In the sandbox the code is 1234.",
    wrong_code="This code is not right. Please try again.",
    results={
        "PAID": "Payment accepted",
        "RUNNING": "Payment being checked",
        "REFUSED": "Payment refused",
        "EXPIRED": "This link has expired",
        "CANCELLED": "The shop has cancelled this order",
    },
    result_texts={
        "PAID": "Thank you. {amount} has been paid.",
        "RUNNING": "Your bank is checking the payment of {amount}. The shop will let you know.",
        "REFUSED": "Nothing has been charged, and no further try is possible with this link.",
        "EXPIRED": "Nothing can be paid here any more. Please ask the shop for a new link.",
        "CANCELLED": "Nothing has to be paid.",
    },
    to_shop="Back to the shop",
    returning="You will be taken back to the shop in {seconds} s.",
    close="You can close this window.",
    reference="Reference",
    other_language="Français",
    unknown="This payment is not known here.",
    one_moment="One moment, you are being taken back to the shop.",
)

_FR = PageTexts(
    title="Paiement sécurisé",
    until="Ce lien est ouvert jusqu’au {until}.",
    another_card="Utiliser une autre carte",
    refused="Le paiement a été refusé.",
    refused_more="Rien n’a été débité. Vous pouvez réessayer, avec cette carte ou une autre.",
    reasons={
        "05": "Votre banque n’a pas dit pourquoi.",
        "51": "La provision de la carte est insuffisante.",
        "54": "La carte a expiré.",
        "43": "Appelez votre banque.",
        "AUTH_149": "Votre banque n’a pas pu confirmer que c’est bien vous.",
    },
    changed="La boutique a modifié cette commande. Vérifiez le montant et payez à nouveau.",
    leave="Annuler et revenir à la boutique",
    save_card="Enregistrer cette carte pour les prochains paiements",
    your_details="Vos coordonnées",
    name="Nom",
    email="E-mail",
    bad_email="Indiquez une adresse e-mail.",
    brand_refused="Cette commande ne peut pas être payée avec une carte de cette marque.",
    challenge_text="Votre banque vous a envoyé un code pour {amount} avec la carte {card}.",
    challenge_label="Code de votre banque",
    challenge_hint="Dans le bac à sable, le code est 1234.",
    wrong_code="Ce code n’est pas le bon. Veuillez réessayer.",
    results={
        "PAID": "Paiement accepté",
        "RUNNING": "Paiement en cours de vérification",
        "REFUSED": "Paiement refusé",
        "EXPIRED": "Ce lien a expiré",
        "CANCELLED": "La boutique a annulé cette commande",
    },
    result_texts={
        "PAID": "Merci. {amount} ont été payés.",
        "RUNNING": "Votre banque vérifie le paiement de {amount}. La boutique vous tiendra au courant.",
        "REFUSED": "Rien n’a été débité, et ce lien ne permet plus d’autre essai.",
        "EXPIRED": "On ne peut plus rien payer ici. Demandez un nouveau lien à la boutique.",
        "CANCELLED": "Il n’y a rien à payer.",
    },
    to_shop="Retour à la boutique",
    returning="Retour à la boutique dans {seconds} s.",
    close="Vous pouvez fermer cette fenêtre.",
    reference="Référence",
    other_language="English",
    unknown="Ce paiement est inconnu ici.",
    one_moment="Un instant, retour à la boutique.",
)

_BY_LANGUAGE = {"en": _EN, "fr": _FR}


def page_texts(language: str) -> PageTexts:
    return _BY_LANGUAGE[language]

"""What is wrong with a request, and how does eComCharge say so? A tree of sentences, in three envelopes.

The two of the checkout: section 3.4; the one of the gateway: section 13.
"""

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse

from providers.sandbox.wire import json_answer

Path = tuple[str, ...]


class Objections:
    """Sentences, each at its place in the request."""

    def __init__(self) -> None:
        self.tree: dict[str, Any] = {}

    def __bool__(self) -> bool:
        return bool(self.tree)

    def add(self, path: Path, sentence: str) -> None:
        inner = self.tree
        for name in path[:-1]:
            deeper = inner.setdefault(name, {})
            # The whole object was objected to already; its fields do not matter any more.
            if not isinstance(deeper, dict):
                return
            inner = deeper
        said = inner.setdefault(path[-1], [])
        if isinstance(said, list) and sentence not in said:
            said.append(sentence)

    def leaves(self) -> Iterator[tuple[Path, list[str]]]:
        yield from _leaves(self.tree, ())

    @property
    def message(self) -> str:
        """`fail_url is in invalid format, types must be an array` [seed]."""
        return ", ".join(f"{path[-1]} {said}" for path, all_said in self.leaves() for said in all_said)

    @property
    def sentences(self) -> str:
        """`Parent uid Parent transaction is not found.` [public: vcr]; `base` belongs to no field."""
        told = [
            f"{said}." if path[-1] == "base" else f"{humanised(path[-1])} {said}."
            for path, all_said in self.leaves()
            for said in all_said
        ]
        return " ".join(told)


def _leaves(tree: dict[str, Any], at: Path) -> Iterator[tuple[Path, list[str]]]:
    for name, inner in tree.items():
        if isinstance(inner, dict):
            yield from _leaves(inner, (*at, name))
        else:
            yield (*at, name), inner


def humanised(name: str) -> str:
    return name.replace("_", " ").capitalize()


class Refused(Exception):
    """The request is not carried out: the objections say why. `code`: an E.10xx."""

    def __init__(self, objections: Objections, code: str = "") -> None:
        super().__init__(objections.message)
        self.objections = objections
        self.code = code


class NotFound(Exception):
    """404 `Record not found`."""


def refuse(*path: str, why: str, code: str = "") -> Refused:
    objections = Objections()
    objections.add(path, why)
    return Refused(objections, code)


def checkout_answer(objections: Objections, *, version_2: bool) -> HttpResponse:
    """422. Without X-API-Version: 2 the older envelope, dotted paths and the older sentences."""
    if version_2:
        return json_answer({"errors": {"checkout": objections.tree}, "message": objections.message}, 422)
    dotted = {".".join(path): [_older(one) for one in said] for path, said in objections.leaves()}
    message = ", ".join(f"{path.rpartition('.')[2]} {one}" for path, said in dotted.items() for one in said)
    return json_answer({"response": {"errors": dotted, "message": message}}, 422)


def _older(sentence: str) -> str:
    """[public: ruby]: what the older version says for an address."""
    return "does not appear to be valid" if sentence == "is in invalid format" else sentence


def gateway_answer(refused: Refused) -> HttpResponse:
    """400 [public: vcr]; other versions say 422 for the same."""
    body: dict[str, Any] = {"message": refused.objections.sentences, "errors": refused.objections.tree}
    if refused.code:
        body["code"] = refused.code
    return json_answer({"response": body}, 400)

"""Errors as problem+json (RFC 9457): the one place where a class of error becomes an HTTP status."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from citebound.errors import (
    BadFeedback,
    BadFilter,
    CiteboundError,
    CollectionBusy,
    EmptyQuestion,
    ForgottenReceipt,
    GeneratorError,
    GeneratorTimeout,
    ModelError,
    QueryError,
    QuestionTooLong,
    StorageFull,
    UnknownAdapter,
    UnknownChat,
    UnknownCollection,
    UnknownDocument,
    UnknownReceipt,
    UnknownScorer,
)

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 5
FIELDS_NAMED = 10
NAME_LENGTH = 64


class Busy(CiteboundError):
    """Too many questions wait already."""


class ClientGone(CiteboundError):
    """Nobody waits for the answer any more."""


STATUSES: dict[type[CiteboundError], int] = {
    UnknownCollection: 404,
    UnknownDocument: 404,
    UnknownScorer: 404,
    UnknownAdapter: 404,
    UnknownReceipt: 404,
    UnknownChat: 404,
    ForgottenReceipt: 410,
    QuestionTooLong: 413,
    EmptyQuestion: 422,
    BadFilter: 422,
    BadFeedback: 422,
    QueryError: 400,
    ClientGone: 499,
    Busy: 503,
    CollectionBusy: 503,
    StorageFull: 503,
    ModelError: 503,
    GeneratorTimeout: 504,
    GeneratorError: 503,
    CiteboundError: 500,
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What went wrong, without the request's id. `fields` are (name, what is wrong with it)."""

    status: int
    kind: str
    detail: str
    remedy: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def body(self, request_id: str) -> dict[str, object]:
        """The members of the problem+json object."""
        return {
            "type": f"urn:citebound:problem:{self.kind}",
            "title": self.kind.replace("-", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "remedy": self.remedy,
            "request_id": request_id,
            "errors": [{"field": field, "problem": problem} for field, problem in self.fields],
        }

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(RETRY_SECONDS)} if self.status == HTTPStatus.SERVICE_UNAVAILABLE else {}


def of_error(error: CiteboundError) -> Fault:
    """The fault for an error of ours, by the nearest class in STATUSES."""
    status = next(STATUSES[kind] for kind in type(error).__mro__ if kind in STATUSES)
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", type(error).__name__).lower()
    return Fault(status, kind, str(error), error.remedy)


def of_status(status: int, detail: str = "") -> Fault:
    """The fault for a plain HTTP status, such as 404 for an unknown path."""
    phrase = HTTPStatus(status).phrase
    return Fault(status, phrase.lower().replace(" ", "-"), detail or phrase)


def of_validation(errors: Iterable[Mapping[str, Any]]) -> Fault:
    """The fault for a body that has not the documented shape: names the fields, repeats nothing else of it."""
    fields: dict[str, str] = {}
    for error in errors:
        location = [part for part in error["loc"] if isinstance(part, str)]
        name = location[1] if len(location) > 1 else "body"
        fields.setdefault(_printable(name), _what(str(error["type"]), error.get("ctx") or {}))
    return Fault(
        422,
        "invalid-request",
        "the request does not have the documented form",
        "See /docs for the fields and their limits.",
        tuple(fields.items())[:FIELDS_NAMED],
    )


def _what(kind: str, context: Mapping[str, Any]) -> str:
    limits = {"ge": "must be at least", "le": "must be at most", "max_length": "is longer than"}
    for key, words in limits.items():
        if key in context:
            return f"{words} {context[key]}"
    known = {
        "missing": "is missing",
        "extra_forbidden": "is not a field of this request",
        "int_type": "must be a whole number",
        "bool_type": "must be true or false",
        "string_type": "must be text",
        "model_attributes_type": "must be a JSON object",
    }
    return known.get(kind, "has a wrong type or value")


def _printable(name: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in name[:NAME_LENGTH])

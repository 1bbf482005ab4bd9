"""By what the members of a set are to be told apart: "how many findings per severity"."""

from __future__ import annotations

import re

from citebound.answer.sets.asked import DOCUMENTS, UNITS
from citebound.answer.sets.question import Unit

FIELDS: dict[str, tuple[str, tuple[Unit, ...]]] = {
    r"severit(?:y|ies)(?: levels?| ratings?)?": ("severity", (Unit.FINDING,)),
    r"(?:remediation )?status(?:es)?": ("status", (Unit.FINDING,)),
    r"cwes?|weakness types?": ("cwe", (Unit.FINDING,)),
    r"assets?|hosts?": ("asset", (Unit.FINDING,)),
    r"(?:governing |applicable )?laws?|jurisdictions?": ("governing_law", (Unit.DOCUMENT,)),
    r"part(?:y|ies)|counterpart(?:y|ies)": ("party", (Unit.DOCUMENT,)),
    r"vendors?": ("vendor", (Unit.DOCUMENT,)),
    r"clients?|customers?": ("client", (Unit.DOCUMENT,)),
    r"(?:document |contract |agreement )?types?": ("document_type", (Unit.DOCUMENT,)),
}
BY = re.compile(
    r",? ?\b(?:(?:(?:are there|do we have|there are|is there) )?(?:per|for (?:each|every)|in each|with each|of each)"
    r"|(?:grouped|broken down|split|sorted|listed|tallied|counted|ordered)(?: up)? by"
    r"|(?<=s )(?P<bare>by))(?: the)? (?P<what>[a-z ]{3,30}?)"
    r"(?: (?:are there|do we have|is there|exist))?[?.! ]*$",
    re.I,
)
NOUN = re.compile(rf"(?:^|.* )(?:{DOCUMENTS}|{UNITS}) *$", re.I)


def grouped(text: str) -> tuple[str, str, tuple[Unit, ...]] | None:
    """The question without its end, the field that the end names and the units that have it; None for no such end."""
    match = BY.search(text)
    if match is None or (match["bare"] and not NOUN.match(text[: match.start()])):
        return None  # "published by vendors" says by whom
    for pattern, (field, units) in FIELDS.items():
        if re.fullmatch(pattern, match["what"], re.I):
            whole = re.sub(r"^group ", "list ", text[: match.start()].rstrip(" ,"), flags=re.I)
            return whole if " " in whole else f"List all {whole}", field, units
    return None

"""A question cut into three: how it asks, who is asked about, and what is asked of them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from citebound.answer.sets.frame import FRAMES, POLITE
from citebound.answer.sets.question import Quantifier

# -- who is asked about ------------------------------------------------------------------------------------------------

DOCUMENT = (
    r"(?:contract|agreement|deal|lease|nda|msa|document|amendment|report|advisory|audit|assessment"
    r"|pen(?:etration )?test|pentest)"
)
DOCUMENTS = DOCUMENT.replace("advisory", "advisorie") + "s"
UNITS = r"(?:findings|vulnerabilities|vulns|issues|weaknesses|flaws|bugs|holes|cves|vendors|products|clients)"
PEOPLE = r"(?:suppliers|customers|licen[cs]es|licen[cs]ees|licensors|distributors|partners|franchisees)"
NOUN = re.compile(
    r"^(?P<noun>(?:(?!(?:that|which|with|where|under)\b)[\w'&.-]+ ){0,5}?" rf"(?:{DOCUMENTS}|{UNITS}))(?![\w-])", re.I
)
ONE_NOUN = re.compile(
    r"^(?P<noun>(?:(?!(?:that|which|with)\b)[\w-]+ ){0,3}?" rf"(?:{DOCUMENT}|finding|vulnerability|vendor))\b", re.I
)
DEFINITE = re.compile(
    r"\b(?:the|this|that|our|its|their|my|said)"
    rf" (?:(?!(?:may|can|could|to|shall|will|must|us|let|lets|letting) )[\w'&.-]+ ){{0,4}}?{DOCUMENT}\b(?!s)"
    r"|\b(?:under|in|of|to|for) (?:the|this|that|our) (?:[\w'&.-]+ ){0,4}?"
    r"(?:licen[cs]e|venture|engagement|portal|bug|overflow)\b"
    r"|\b(?:section|clause|article|paragraph|finding|page) \d",
    re.I,
)
"""One document is meant, and the question is not about the set."""

# -- how the question is put -------------------------------------------------------------------------------------------

CONTEXT = re.compile(
    r"^[^?]{0,200}?(?:[.;!:] |, so )(?=(?:which|how many|what|are|is|do|does|list|show|any|in which)\b)", re.I
)
PREMISE = re.compile(
    r"^(?P<premise>(?:if|when|once|in case|should) [^,?]{3,120}), "
    r"(?P<asked>(?:which|how many|what|are|is|do|any)\b.*)$",
    re.I,
)
TRAILING = re.compile(
    r"^(?P<what>[^?]{2,120}?) ?(?:[:,;]| - | -|- ) ?"
    r"(?P<asked>which(?: ones?| contracts| agreements| deals| reports)?|how many|any"
    r"|(?:please )?(?:list|show) (?:them|those|all|me)(?: all)?(?: please)?|which ones(?: are there)?)[?.! ]*$",
    re.I,
)
"""What is asked for stands first: "non-competes - which ones?"."""
ANYWHERE = re.compile(
    r"^(?:are|is|do|does|can|could|did|have|has) (?P<what>[^?]{5,150}?),?"
    r" (?:anywhere|(?:in|under) any of (?:the|our|these) \w+)[?. ]*$",
    re.I,
)
ANYTHING = re.compile(
    r"(?:anything|something|everything|nothing|ones|(?:of )?(?:these|those|them)(?= (?!two\b|parties\b)))"
    r"(?: (?:in the pile|in there|in here|here|we have|we (?:have )?signed))?(?: (?:that|where))?(?: |$)",
    re.I,
)
OTHER = re.compile(
    r"(?:\w+ )?(?:difference|way|chance|reason|idea|point|need|kind|type|sort)s? (?:between|of|to|for|why|in)\b", re.I
)
HAVING = re.compile(r"(?:do we have|are there|have we(?: got)?|exist|is there|do you (?:have|see|hold))?", re.I)
AUXILIARY = (
    r"(?:can|could|have|has|are|is|do|does|name|contain|include|require|allow|grant|give|let|say|provide|come|need|took"
    r"|take|roll|renew|expire)"
)
WHERE = re.compile(r"where (?=(?:do|have|are|can|may|must|did) (?:we|both|neither|either)\b)", re.I)
ARTICLE = re.compile(r"^(?:(?:the|all|any|every|each|our|those|of|a list of) )+", re.I)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in three parts. `subject` is the noun with what stands before it, "" where the question has none."""

    quantifier: Quantifier
    subject: str
    predicate: str


SAYS = {Quantifier.LIST: "Which", Quantifier.COUNT: "How many", Quantifier.ANY: "Do any", Quantifier.ALL: "Do all"}


def cut(text: str) -> Asked | None:
    """The quantifier, who is asked about, and what is asked of them."""
    if (context := CONTEXT.match(text)) and not TRAILING.match(text):
        text = text[context.end() :]
    if premise := PREMISE.match(text):
        condition = premise["premise"]
        text = f"{premise['asked'].rstrip('?. ')} {condition[0].lower()}{condition[1:]}"
    if trailing := TRAILING.match(text):
        asked, what = trailing["asked"].lower(), trailing["what"]
        quantifier = {"how": Quantifier.COUNT, "any": Quantifier.ANY}.get(asked[:3], Quantifier.LIST)
        noun = NOUN.match(what)
        return Asked(quantifier, noun["noun"], what[noun.end() :].strip()) if noun else Asked(quantifier, "", what)
    text = text.rstrip("?.! ").removesuffix("please").rstrip(", ")
    if anywhere := ANYWHERE.match(text):
        return Asked(Quantifier.ANY, "", anywhere["what"])
    low = text.lower()
    polite = POLITE.match(low)
    text, low = (text[polite.end() :], low[polite.end() :]) if polite else (text, low)
    if bare := re.match(r"any\b(?! of) ?(?=\w)", low):
        return _after(text[bare.end() :], Quantifier.ANY)
    if anything := ANYTHING.match(text):
        return Asked(Quantifier.LIST, "", text[anything.end() :])
    for quantifier, pattern in FRAMES:
        if match := re.compile(pattern).match(low):
            rest = text[match.end() :].strip()
            if OTHER.match(rest) or (match[0].startswith("what") and not NOUN.match(rest)):
                return None
            each = bool(re.search(r"(?:every|each)\s*$", match[0]))
            return _after(rest, quantifier, each=each)
    if where := WHERE.match(text):
        return Asked(Quantifier.LIST, "", text[where.end() :])
    text = ARTICLE.sub("", text)
    noun = NOUN.match(text)
    return Asked(Quantifier.LIST, noun["noun"], text[noun.end() :].strip()) if noun and noun.end() < len(text) else None


def _after(rest: str, quantifier: Quantifier, *, each: bool = False) -> Asked | None:
    """What stands behind the frame. A question for a list or a number must say who is asked about, or go on with a
    verb; "is there any" may ask for the thing itself."""
    if anything := ANYTHING.match(rest):
        return Asked(quantifier, "", rest[anything.end() :].strip())
    listed = quantifier in (Quantifier.LIST, Quantifier.COUNT) and not each
    if noun := NOUN.match(rest) or (None if listed else ONE_NOUN.match(rest)):
        subject, predicate = noun["noun"], rest[noun.end() :].strip()
        before, _, last = subject.rpartition(" ")
        if before and HAVING.fullmatch(predicate):  # "how many exclusive deals do we have"
            return Asked(quantifier, last, before)
        return Asked(quantifier, subject, predicate)
    if quantifier is not Quantifier.ANY and not re.match(rf"{AUXILIARY}\b|(?:\w+ ){{0,2}}{PEOPLE}\b", rest, re.I):
        return None
    return Asked(quantifier, "", rest)


def plural(subject: str) -> str:
    match = re.search(rf"\b(?:{DOCUMENT}|finding|vulnerability|vendor)$", subject, re.I)
    if not match:
        return subject
    return subject[:-1] + "ies" if subject.endswith("y") else subject + "s"

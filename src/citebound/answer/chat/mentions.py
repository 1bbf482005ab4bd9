"""What a question mentions, by form alone: documents, identifiers, noun groups. No model, no collection.

Spans count characters of the question. The rules are those of English questions; where they find nothing, nothing is
replaced.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from citebound.indexes.lexical import STOPWORDS
from citebound.types import Span

DOCUMENT_NOUNS = (
    "agreement|contract|addendum|amendment|nda|msa|dpa|sow|sla|eula|lease|licen[cs]e|report|pentest|advisory|policy|"
    "order form|statement of work|document"
)
_MODIFIER = r"(?!(?:and|or|in|of|under|the|a|an|to|for|with|by|from|is|are|was|does|do|did|has|have|had)\b)[\w’'&.-]+"
_NAME = r"[A-Z][\w’'&.-]*(?: (?:[A-Z][\w’'&.-]*|of|&))*"
_DOCUMENT = re.compile(
    rf"\b(?:(?P<determiner>the|our|their|its|his|her|this|that|an?|first|second|other) )?"
    rf"(?P<modifiers>(?:{_MODIFIER} ){{0,4}}?)"
    rf"(?P<noun>(?i:(?:{DOCUMENT_NOUNS})(?: (?:agreement|report|addendum|policy))?))\b(?!-)"
    rf"(?P<number> (?i:No\.? ?)?#?\d+\b| [A-Z]{{2,}}-[\d-]+\d)?"
    rf"(?P<with> (?:between {_NAME} and {_NAME}|(?:with|of|by) (?!the\b){_NAME}))?"
)
_FILE = re.compile(r"\b[\w.-]{1,200}\.(?:pdf|docx?|txt|md|html?|eml|msg|xlsx?|pptx?|json)\b", re.I)
IDENTIFIER = re.compile(
    r"(?:\bfinding )?(?:\b(?i:(?:CVE|CWE|GHSA)-\d[\w-]*)|\b[A-Z]{1,8}(?:-[A-Z]{1,8}){0,6}-\d{1,6}\b(?!-))"
    r"|\b(?i:section|clause|article|exhibit|annex|paragraph|schedule|appendix)"
    r" (?:\d+(?:\.\d+)*(?:\([a-z0-9]+\))*|[A-Z]\b)"
)
CLAUSES = frozenset(
    "clause section paragraph article provision passage exhibit annex schedule sentence subsection rule".split()
)
FINDINGS = frozenset("finding vulnerability issue weakness flaw bug problem defect hole".split())
AGREEMENTS = frozenset("agreement contract addendum amendment nda msa dpa sow lease license licence".split())
REPORTS = frozenset("report pentest advisory".split())
PAPERS = AGREEMENTS | REPORTS | frozenset("document policy file paper".split())
SIDES = frozenset("party side company".split())
"""What a question can point to, in the singular: parts of a document, findings, documents, those who sign them."""

PLAIN = frozenset("agreement contract document report policy".split())
"""With "the" alone they name no document: "the agreement" is the one spoken of."""

DETERMINERS = frozenset("the a an any each every all our your their its his her no some both either".split())
AUXILIARIES = frozenset(
    "is are was were be been being am do does did can could may might must shall should will would has have had isn't"
    " aren't wasn't doesn't don't didn't can't cannot won't hasn't haven't".split()
)
PREPOSITIONS = frozenset(
    "of in on at by for from to with without within under over after before during until since against about into onto"
    " between among through upon per than as via regarding concerning beyond despite except towards".split()
)
LINKS = frozenset("and or but if when whenever once while because unless that which who whom whose where so".split())
QUESTION_WORDS = frozenset(
    "what which who whom whose when where why how whats what's who's whos hows how's when's where's".split()
)
VERBS = frozenset(
    "apply applies last lasts end ends renew renews expire expires cost costs pay pays need needs get gets take takes"
    " say says mean means require requires own owns govern governs terminate happen happens start starts begin begins"
    " cover covers include includes exclude excludes allow allows mention mentions give gives notify keep keeps kept"
    " paid held given made sent sold lost told found brought bought set met left taken done known shown make"
    " makes run runs go goes come comes belong belongs change changes affect affects cause causes name names list"
    " lists owe owes bear bears use uses disclose share return delete store stores process transfer assign sue"
    " fix become becomes hold holds provide provides state states put become work works exist exists survive"
    " survives remain remains count counts limit limits exceed exceeds tell tells win wins refuse object agree".split()
)
COMPARING = frozenset(
    "longer shorter more less higher lower earlier later different same better worse effect place".split()
)
EITHER = frozenset(
    "cause causes change changes cost costs use uses limit limits end start state states process store transfer"
    " count name run work list stores".split()
)
"""Verbs that are nouns after a determiner, and in a group before "of"."""

_WORD = re.compile(r"[\w’'&/.%$€£-]*[\w%]")


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch of a question: `kind` is "document", "identifier" or "group" (of nouns)."""

    span: Span
    text: str
    kind: str
    determiner: str = ""


def documents(question: str) -> list[Mention]:
    """What names a document: "the NDA with Ostreva", "Amendment No. 1", "msa.pdf". A demonstrative ("that agreement")
    names none, nor does "an agreement"."""
    found = []
    for match in _DOCUMENT.finditer(question):
        determiner = (match["determiner"] or "").lower()
        bare = not match["modifiers"] and not match["number"] and not match["with"]
        plain = match["noun"].lower() in PLAIN
        pointing = determiner in ("this", "that", "first", "second", "other", "a", "an", "its", "their", "his", "her")
        ordinal = re.search(r"\b(?:other|first|second|third|last|same|latter|former)\b", match["modifiers"].lower())
        if pointing or ordinal or (bare and plain):
            continue
        start = match.start() if determiner else match.start("noun") - len(_named(match["modifiers"]))
        if start == match.start("noun") and bare is False and not match["number"] and not match["with"] and plain:
            continue
        found.append(Mention(Span(start, match.end()), question[start : match.end()], "document", determiner))
    found += [Mention(Span(*m.span()), m.group(), "document") for m in _FILE.finditer(question)]
    return sorted(found, key=lambda m: m.span)


def _named(modifiers: str) -> str:
    """What of the words before the noun is written like a name, up to the noun: "Who signed Penetration Test "."""
    kept = re.search(r"(?:[A-Z][\w’'&.-]* )*$", modifiers)
    words = kept.group().split(" ") if kept else []
    while words and words[0].lower() in QUESTION_WORDS | AUXILIARIES:
        del words[0]
    return " ".join(words)


def identifiers(question: str) -> list[Mention]:
    """Identifiers and section numbers that do not belong to the name of a document."""
    named = [m.span for m in documents(question)]
    found = [Mention(Span(*m.span()), m.group(), "identifier") for m in IDENTIFIER.finditer(question)]
    return [m for m in found if not any(m.span.overlap(span) for span in named)]


def shape(identifier: str) -> str:
    """What two identifiers have in common if one may stand for the other: "QV-03" and "QV-12", "Section 9.2" and
    "section 4"."""
    plain = re.sub(r"^finding ", "", identifier)
    return re.sub(r"[\d.]+.*", "0", plain).lower()


def groups(question: str) -> list[Mention]:
    """Groups of nouns that are no document: "the early termination fee", "security logs", in order. An "of" holds a
    group together, other prepositions, verbs and links end it."""
    taken = [m.span for m in documents(question)]
    found: list[Mention] = []
    start = end = -1
    determiner = ""
    previous = Span(0, 0)

    def close() -> None:
        nonlocal start, determiner
        text = question[start:end] if start >= 0 else ""
        words = [w for w in text.lower().split() if w not in DETERMINERS and w not in STOPWORDS]
        if words and not text.lower().endswith(" of") and words[-1] not in COMPARING:
            found.append(Mention(Span(start, end), text, "group", determiner))
        start, determiner = -1, ""

    for match in _WORD.finditer(question):
        span, word = Span(*match.span()), match.group().lower()
        gap = question[previous.end : span.start] if previous.end else ""
        broken = bool(re.search(r"[,;:?!()—]", gap)) or any(span.overlap(t) for t in taken)
        previous = span
        if broken:
            close()
        if any(span.overlap(t) for t in taken):
            continue
        if word == "of" and start >= 0:
            continue
        noun = word in EITHER and (determiner and end < span.start and question[start:end].lower() in DETERMINERS)
        noun = noun or (word in EITHER and start >= 0 and question[span.end :].startswith((" of ", " on ")))
        ends = word in AUXILIARIES | PREPOSITIONS | LINKS | QUESTION_WORDS | VERBS or (
            word in STOPWORDS and word not in DETERMINERS
        )
        begun = start >= 0 and question[start:end].lower() not in DETERMINERS
        ends = ends or (word.endswith(("ed", "ing")) and (begun or not determiner))
        if ends and not noun:
            close()
        elif word in DETERMINERS:
            if not question[start : span.start].rstrip().endswith(" of") or start < 0:
                close()
                start, determiner = span.start, word
            end = span.end
        else:
            start = span.start if start < 0 else start
            end = span.end
    close()
    return found

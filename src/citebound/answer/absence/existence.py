"""Questions whether something is there: "is there a non-compete?", "does it lack a cap?", "was Log4j found?".

Read by grammar, not by what is asked for: a verb of being there, a thing with no article or an indefinite one, and
where it is looked for. "Does the buyer have to pay?" asks what is owed, "is there a difference between A and B?" for a
comparison: they are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from citebound.answer.gate.agents import ROLES
from citebound.answer.words import content

LONGEST = 400

PAPERS = (
    r"(?:agreement|contract|amendment|addendum|lease|deed|nda|msa|dpa|sow|sla|policy|license|licence|terms|text|wording"
    r"|document|documentation|doc|file|paper|report|advisory|assessment|test|pentest|audit|collection|folder|corpus|set"
    r"|data ?room|archive|exhibit|annex|schedule|appendix|passage|evidence|clause|section|statement of work)(?:s|ies)?"
)
"""What can hold what is asked for."""

_ASKED = re.compile(
    r"^(?:(?:please|hi|hello|ok|okay|so|and|also|well|quick question|question)[,:]? )*"
    r"(?:(?:(?:can|could|would|will) (?:you|anyone|somebody|someone)|i (?:want|need|would like) to|i'd like to|we"
    r" (?:want|need) to|let me|let us|help me)? ?(?:please )?(?:tell|tell me|tell us|check|check for me|confirm"
    r"|verify|know|find out|see|look|say|make sure|do you know)|do you know|i wonder|i was wondering|any idea"
    r"|am i right|is it (?:true|correct|right|the case|so)|are we sure|are you sure)[, ]+(?:(?:if|whether|that) )+",
    re.I,
)
_TAG = re.compile(
    r"(?:, (?:right|correct|true|yes|no|or not|is(?:n't| that| it)? (?:not )?(?:there|it|so|right|correct|true)"
    r"|are(?:n't)? there|does(?:n't)? it|do(?:n't)? they|please)| or (?:not|is (?:it|that) missing)| at all"
    r"| anywhere)+$",
    re.I,
)
_MORE = re.compile(
    r",? (?:and|or|but)(?:,? if so)?,? (?=(?:what|when|where|who|whom|whose|which|how|why|by when|for how|until when"
    r"|if so|on what|under what)\b).*$|[;,.?] (?:if so|if yes|and if|what|when|where|who|which|how|why)\b.*$",
    re.I,
)
_WHERE = re.compile(
    r"(?:,? (?:anywhere |somewhere |at all |also )?(?:in|within|of|under|across|among|throughout|on|by|from"
    r"|to(?= (?:the|this|that|these|those|our|my|your|any|all|either|both|one|each|some|it|them|its)\b))"
    r" (?:(?:any|one|all|each|either|both|some) of )?(?:the|this|that|these|those|our|my|your|any|all|either|both|it"
    rf"|them|its)?(?: [\w&.'’/-]{{1,30}}){{0,6}}? ?\b{PAPERS})+$"
    r"|,? (?:in|within|of|under) (?:it|them|here|there|these|those|this|that)$|,? (?:anywhere|at all|so far)$",
    re.I,
)
"""Where it is looked for, at the end of the question; behind a bare "to" stands a verb ("a right to audit")."""

_NOT = r"(?:not|n't)"
_SOME = r"(?:an?|any|some|one|at least one|any kind of|any sort of|any form of|any type of|explicit|express)"
_NONE = r"(?:no|not any|not an?|n't any|n't an?|not one|no kind of)"
_ADVERB = (
    r"(?:also|still|actually|really|currently|already|ever|even|anywhere|explicitly|expressly|specifically|perhaps)"
)
_SUBJECT = r"(?P<subject>(?:[\w&.,()'’/-]+ ){0,11}?[\w&.()'’/-]+)"
_HOLD = (
    r"(?:contain|include|mention|have|has|feature|carry|hold|cover|address|discuss|describe|list|name|specify|stipulate"
    r"|impose|offer|provide for|provide|deal with|speak of|refer to|talk about|cite|give|set out|foresee|reference)s?"
)
_SAID = (
    r"(?:mentioned|included|contained|addressed|covered|found|present|provided for|stipulated|specified|stated|set out"
    r"|set forth|listed|discussed|described|recorded|reported|identified|detected|discovered|observed|foreseen"
    r"|referred to|dealt with|named|noted|in there|in it|in place|available)"
)
_GONE = r"(?:missing|absent|lacking|omitted|left out|not there|not in there|nowhere)"
_NO_MENTION = (
    r"(?:say nothing (?:about|on|of)|says nothing (?:about|on|of)|lacks?|omits?|leaves? out|misses"
    r"|fails? to (?:mention|include|contain|address|cover|provide for|specify|have|state|deal with|set out))"
)
_FORMS: tuple[tuple[re.Pattern[str], bool], ...] = tuple(
    (re.compile(pattern, re.I), denied)
    for pattern, denied in (
        (rf"^(?:is|are|was|were) there {_ADVERB}? ?{_NONE} (?P<thing>.+)$", True),
        (rf"^(?:is|are|was|were|has|have)(?:{_NOT})? there (?:been )?(?:{_ADVERB} )*(?P<thing>.+)$", False),
        (rf"^there (?:is|are|was|were) (?:{_ADVERB} )*{_NONE} (?P<thing>.+)$", True),
        (rf"^there (?:isn't|aren't|wasn't|weren't) (?:{_SOME} )?(?P<thing>.+)$", True),
        (rf"^there (?:is|are|was|were) (?:{_ADVERB} )*(?={_SOME} )(?P<thing>.+)$", False),
        (rf"^(?:is|are|was|were)(?:{_NOT})? {_SUBJECT} (?:silent|quiet) (?:on|about|as to) (?P<thing>.+)$", True),
        (
            rf"^(?:is|are|was|were)(?:{_NOT})? {_SUBJECT} (?:missing|lacking|without)"
            r" (?!(?:from|in|of|on|here|there)\b)(?P<thing>.+)$",
            True,
        ),
        (rf"^(?:do|does|did)(?:{_NOT})? {_SUBJECT} (?:{_ADVERB} )*{_NO_MENTION} (?P<thing>.+)$", True),
        (rf"^(?P<subject>(?:[\w&.'’/-]+ ){{1,8}}?){_NO_MENTION} (?P<thing>.+)$", True),
        (
            rf"^(?:do|does|did|has|have)(?:{_NOT})? {_SUBJECT} (?:{_ADVERB} )*(?:say|said|state|have)"
            r" (?:anything|something|a word|something to say) (?:about|on|regarding|concerning|as to) (?P<thing>.+)$",
            False,
        ),
        (
            rf"^(?:do|does|did|can|could|will|would)(?:{_NOT})? {_SUBJECT} (?:{_ADVERB} )*(?:not )?{_HOLD}"
            r" (?!to\b|been\b|that\b)(?P<thing>.+)$",
            False,
        ),
        (rf"^(?:has|have)(?:{_NOT})? {_SUBJECT} got (?!to\b)(?P<thing>.+)$", False),
        (
            rf"^(?:do|does|did|has|have)(?:{_NOT})? {_SUBJECT} (?:{_ADVERB} )*(?:find|found|detect|detected|discover"
            r"|discovered|identify|identified|report|reported|see|seen|come across|uncover|uncovered|note|noted|observe"
            rf"|observed) (?P<thing>(?:{_SOME}|traces?|signs?|evidence|indications?) .+)$",
            False,
        ),
        (rf"^{_SUBJECT} (?:{_ADVERB} )*{_HOLD} (?={_NONE} )(?P<thing>.+)$", True),
        (rf"^{_SUBJECT} (?:do|does|did)(?:n't| not) {_HOLD} (?P<thing>.+)$", True),
        (rf"^(?:is|are|was|were)(?:{_NOT})? (?P<thing>.+?) {_GONE}\b(?P<rest>.*)$", True),
        (rf"^(?:is|are|was|were)(?:{_NOT})? (?P<thing>.+?) {_SAID}\b(?P<rest>.*)$", False),
        (r"^(?:not )?(?P<thing>(?:any|some) .+)$", False),
        (r"^no (?P<thing>.+)$", True),
    )
)
_STATED = re.compile(
    rf"^(?!(?:is|are|was|were|do|does|did|has|have|there|what|when|where|who|which|how|why)\b)"
    rf"{_SUBJECT} {_HOLD} {_SOME} ",
    re.I,
)
"""A statement behind "check whether"."""
_HAS = re.compile(r"^(?P<subject>.{1,80}?) (?:has|have|contains?|includes?|mentions?|provides? for|covers?)(?= )")
_DETERMINER = re.compile(rf"^(?:(?:{_SOME}|{_NONE}|kind|sort|type|form|of|such|other|more|further|the) )+", re.I)
_DEFINITE = re.compile(r"^(?:the|this|that|its|their|our|his|her|these|those|both|each|every|all) ", re.I)
_NOT_A_THING = re.compile(
    r"^(?:differences?|conflicts?|contradictions?|discrepanc|reasons?|need|doubts?|ways?|chance|problem|more to"
    r"|anything (?:else|wrong|that|to)|something (?:else|wrong)|anyone|anybody|somebody|someone|time|point|same\b|equal"
    r"|identical|\d)",
    re.I,
)
_OWED = re.compile(r"\b(?:rights?|dut(?:y|ies)|obligations?|options?|permissions?|commitments?)\b", re.I)
_ROLE_OF = re.compile(rf"\b(?:by|{_OWED.pattern} of) (?:the |an? |our |any |each )?([a-z]+)\b", re.I)
_READERS = frozenset("tester testers team assessor auditor".split())
"""Roles that find what is there, and have none of it."""
_TRACES = re.compile(
    r"^(?:(?:any|clear|possible|potential|obvious|further|known|confirmed|real) )*(?:signs?|traces?|evidence"
    r"|indications?|hints?|symptoms?|instances|occurrences) (?:of|for) (?:an? |any |the |possible |potential )*",
    re.I,
)
_FINDING_ON = re.compile(
    r"^(?:(?:any|known|open|reported) )*(?:findings?|issues?|vulnerabilit(?:y|ies)|weakness(?:es)?|flaws?|problems?)"
    r" (?:about|on|of|for|with|regarding|concerning|related to|relating to|due to|caused by|in) (?:an? |any |the )*",
    re.I,
)
_MENTION_OF = re.compile(r"^(?:mentions?|references?|words?) (?:of|to|about|on) (?:an? |any |the )*", re.I)
_SOUGHT = re.compile(
    r"\b(?:found|find|detect\w*|discover\w*|identif\w*|observ\w*|uncover\w*|come across|see|seen)\b", re.I
)
"""How findings are asked for."""
_TOLD_OF = re.compile(
    r"\b(?:mention|refer|talk|speak|say|said|discuss|describ|address|deal with|dealt with|cite|list|name)\w*\b", re.I
)
"""How it is asked whether something is spoken of."""
_FINDERS = re.compile(r"^(?:i|you|he|she|anyone|anybody|everyone|everybody|what|who|which|how|when|where|why)\b", re.I)


_KIND = r"(?:clause|provision|language|wording)s?"
_PLACED = re.compile(rf"^{_KIND}\b ?", re.I)
_SET = re.compile(
    r"\b(?:agreements|contracts|documents|reports|files|papers|leases|licen[cs]es|policies|amendments|ndas|advisories|findings"
    r"|vulnerabilities|issues|weaknesses|cves|which|how many)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Existence:
    """What is asked for: `thing`, without its article and without the document that it is looked for in. `denied`: the
    question is whether it is missing; `more`: it asks for more than that ("and how long does it last?"). `place` is
    what it calls the document, `by` who shall have it or do it; "" where it does not say. `found`: whether it was
    found, or there are signs of it; `told`: whether it is spoken of."""

    thing: str
    denied: bool = False
    more: bool = False
    place: str = field(default="", compare=False)
    by: str = field(default="", compare=False)
    found: bool = field(default=False, compare=False)
    told: bool = field(default=False, compare=False)


def existence(question: str) -> Existence | None:
    """What a question asks the existence of; None for any other question. Linear in the question."""
    text = " ".join(question.split()).replace("’", "'").replace("‑", "-").strip(" ?!.")
    if not 4 <= len(text) <= LONGEST:
        return None
    bare = _ASKED.sub("", text, count=1)
    text = _HAS.sub(r"does \g<subject> have", bare) if bare != text and _STATED.match(bare) else bare
    short = _MORE.sub("", text)
    more = short != text
    short = _TAG.sub("", short).strip(" ,?!.")
    short = re.sub(r"\b(is|are|was|were|do|does|did|has|have)n't there\b", r"\1n't there", short)
    for pattern, denied in _FORMS:
        match = pattern.match(short)
        if match is None:
            continue
        parts = match.groupdict()
        subject = parts.get("subject") or ""
        if _FINDERS.match(subject.strip()):
            return None
        thing = (parts["thing"] + (parts.get("rest") or "")).strip(" ,")
        if re.match(rf"{_NONE} ", thing, re.I):
            denied = True
        if _DEFINITE.match(thing) and "rest" in parts:
            return None  # "is the fee stated in dollars?" asks how, not whether
        whole = _DETERMINER.sub("", thing)
        thing = _placed(whole)
        owner = _owner(subject)
        place = subject.strip() if subject and not owner else _PLACED.sub("", whole[len(thing) :].strip())
        if not content(thing) or _NOT_A_THING.match(thing):
            return None
        around = f"{short[: match.start('thing')]} {short[match.end('thing') :]}"
        bare_thing, found, told = _bare(thing, around)
        return Existence(f"{bare_thing} {owner}".strip(), denied, more, place, _by(subject, owner, thing), found, told)
    return None


def of_one(question: str) -> bool:
    """Whether it asks for the existence of something, and not of documents or findings that have something."""
    return existence(question) is not None and not _SET.search(question)


def _placed(thing: str) -> str:
    """The thing without the place at its end."""
    while (shorter := _WHERE.sub("", thing).strip(" ,")) != thing and content(shorter):
        thing = shorter
    return re.sub(rf" {_KIND}$", "", thing) or thing


def _bare(thing: str, around: str) -> tuple[str, bool, bool]:
    """The thing without "signs of" or "a mention of", whether findings are asked for, and whether words are."""
    for pattern, found in ((_TRACES, True), (_FINDING_ON, True), (_MENTION_OF, False)):
        bare = pattern.sub("", thing)
        if bare != thing and content(bare):
            return bare, found, not found
    return thing, _SOUGHT.search(around) is not None, _TOLD_OF.search(around) is not None


def _owner(subject: str) -> str:
    """Who has it, where that is no document: "the customer" of "does the customer have a right to audit?"."""
    plain = re.sub(
        r"^(?:the|this|that|our|my|your|any|either|both|each|all|these|those) ", "", subject.strip(), flags=re.I
    )
    if not plain or re.search(rf"\b{PAPERS}$|^(?:it|we|they|there|you|i)$", plain, re.I):
        return ""
    return (
        ""
        if plain[0].isupper()
        or re.search(r"\b(?:testers?|auditors?|assessors?|team|vendor|researchers?)\b", plain, re.I)
        else plain
    )


def _by(subject: str, owner: str, thing: str) -> str:
    """Who shall have the right, or do it: the role that has it, or is named in it ("by the supplier")."""
    role = re.match(r"(?:the |an? |our |any |each )?([a-z]+)$", subject.strip(), re.I)
    if role and role[1].lower() in ROLES - _READERS:
        return role[1].lower()
    if owner:
        return owner if _OWED.search(thing) else ""
    named = [m[1].lower() for m in _ROLE_OF.finditer(thing)]
    return next((one for one in named if one in ROLES), "")

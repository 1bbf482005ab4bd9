"""A text in the one voice in which it is compared: passives that name their doer turned into actives.

Published normalisations, each with a test: "X shall be notified by Y" is "Y shall notify X", "X was found by Y" is "Y
found X"; "is recoverable by Y" is "may be recovered by Y", and so "Y may recover X"; "is available for inspection by"
is "may be inspected by"; "B receives X from A" is "A provides B X"; "gives A notice" and "gives notice to A" are
"notifies A"; "makes sure" is "ensures". Both the sentence and its quote are put into this form; what is said stays, so
that it proves nothing more, and who does it stands before the verb in both. The result is not for people's eyes:
participles keep their form, since words are compared by their stems.
"""

from __future__ import annotations

import re
from functools import lru_cache

MOST = 4
"""Passives of a text that are turned."""
SUBJECT = 14
"""Words that the subject of a passive may have."""
DOER = 7
"""Words that its doer may have."""

_PARTICIPLE = (
    r"(?!(?:entitl|permitt|allow|requir|obligat|oblig|authori[sz]|prohibit|deem|bas)ed\b)(?:\w{2,}ed|\w+(?:wn|ught|ven|ken|sen|den|ten)|born|borne|built|cut|done|drawn|dealt|found|held|hurt|kept|known"
    r"|laid|led|left|lent|lost|made|meant|met|paid|put|read|run|seen|sent|set|shown|sold|spent|stolen|told|understood"
    r"|worn|won|overseen|taken|given|written|begun|bound|borne)"
)
_PASSIVE = re.compile(
    r"(?P<front>\b(?:(?P<modal>shall|must|will|may|can|could|should|might|agrees\s+to|(?:is|are)\s+to)"
    r"(?:\s+(?P<not>not|never))?(?:\s+(?P<early>\w+ly))?\s+(?:be|have\s+been)"
    r"|(?P<is>is|are|was|were|has\s+been|have\s+been|had\s+been)(?:\s+(?P<un>not|never))?))"
    rf"(?:\s+(?P<late>\w+ly|also|not|hereby))?\s+(?P<verb>{_PARTICIPLE})(?P<between>(?:\s+(?!by\b|to\s+[a-z]|\w+ed\b)[\w'’/-]+){{0,6}})"
    r"\s+by\s+(?P<doer>[^.;:]+)",
    re.I,
)
_BEGINS = re.compile(
    r"[.;:]\s|,\s|\s\(|\b(?:if|when|that|unless|because|where|while|until|once|whether|although|provided|but|after|before"
    r"|and\s+(?=(?:the|this|any|all|each|such|it|no)\b))\s",
    re.I,
)
_ENDS = re.compile(
    r"^(?:of|to|in|on|at|for|from|with|within|without|under|upon|during|until|unless|if|when|where|while|which|who"
    r"|that|than|after|before|prior|pursuant|as|by|via|through|because|due|except|and|or|but|nor|not|shall|must|will"
    r"|may|can|is|are|was|were|has|have|had|set|using|regarding|concerning|provided|promptly|against|into|over|per)$",
    re.I,
)
_FINITE = re.compile(r"\b(?:shall|must|will|may|can|should|is|are|was|were|has|have|does|do)\b", re.I)
_NO_DOER = re.compile(
    r"(?:\d|\w+ing\b(?!\s+(?:party|person))|(?:january|february|march|april|june|july|august|september|october|november|december"
    r"|means?|reason|virtue|way|law|operation|mail|email|notice|default|reference|itself|then|an? amount|up to)\b"
    r"|(?:\w+\s+){0,3}(?:notice|agreement|order|mail|means|law|consent|vote|instrument|email|letter|facsimile)\b)",
    re.I,
)
_NO_SUBJECT = re.compile(
    r"(?:neither|none|nothing)|(?:which|who|what|there|and|or)\b|(?:that|it|they|this|these)$", re.I
)
_DETERMINERS = frozenset("the a an any each every either such its their his her our your all both this that".split())
_WORD = re.compile(r"[\w&'’./()-]+|,")

_ABLE = re.compile(
    r"\b(?:(?:shall|will|must|(?P<perhaps>may|might|could))\s+be|is|are)\s+(?P<not>not\s+)?(?P<un>non-?|un)?"
    r"(?P<verb>recover|refund|exploit|transfer|assign|cancel|terminat|renew|extend|detect|reach|download|trigger|execut|redeem"
    r"|convert|adjust|return|deduct|reimburs|deliver|inspect|exercis|exchang|assess|attribut|trace|revers|repair|control)"
    r"(?:able|ible)\b",
    re.I,
)
_AVAILABLE = re.compile(
    r"\b(?:(?:shall|will|must)\s+be|is|are)\s+(?:made\s+)?available\s+for\s+(?P<deed>\w{4,})(?:ion|ing)\b", re.I
)
_RECEIVES = re.compile(
    r"(?P<who>(?:\b(?:the|each|an?)\s+)?[\w&'’-]+(?:\s+[A-Z][\w&'’-]*){0,4})\s+(?P<modal>(?:shall|will|must|may)\s+)?"
    r"(?P<also>also\s+)?receives?\s+(?P<what>[^.;,]{3,120}?)\s+from\s+(?P<giver>(?:the\s+|each\s+)?"
    r"[A-Z][\w&'’-]*(?:\s+[A-Z][\w&'’-]*){0,4})"
)
_NOTICE = re.compile(
    r"\b(?P<verb>gives?|given|giving|gave|provid(?:e|es|ed|ing)|send|sends|sent|deliver(?:s|ed)?|furnish(?:es|ed)?)\s+"
    r"(?P<whom>(?:(?:the|such|any|each|that)\s+)?(?:other\s+party\s+|other\s+|[A-Z][\w&'’-]*\s+){0,4})(?:with\s+)?"
    r"(?P<kind>(?:(?:an?|the|prompt|prior|written|advance|reasonable|immediate)\s+){0,4})(?:notice|notification)"
    r"(?:\s+thereof)?(?:\s+to\s+(?P<also>(?:the\s+|such\s+)?(?:other\s+party\b|[A-Z][\w&'’-]*)))?"
    r"(?!\s+(?:period|requirements?))",
)
_MAKES = re.compile(
    r"\b(?P<front>(?:shall|may|must|will|can)\s+(?:not\s+)?)ma(?:k|d)e\s+(?:(?:an?|any|the|no)\s+)?"
    r"(?P<deed>assignment|payment|disclosure|announcement|delivery|transfer|sale|modification|amendment|change|request)(?:\s+of)?\b",
    re.I,
)
_BREAK = re.compile(r"(\s*\n\s*\n\s*|[ ]{3,}(?=[A-Z(\[“\"]))")
_PAST_DUE = re.compile(r"\bpast[\s-]due\b", re.I)
_HARMLESS = re.compile(r"\b(indemnif)(y|ied|ies),?\s+(?:defend(?:ed|s)?,?\s+)?and\s+h[eo]lds?\s+harmless\b", re.I)
_UN = re.compile(r"\bnot\s+(?:been\s+)?(authenticated|authori[sz]ed|verified|encrypted|patched|signed)\b", re.I)
_SURE = re.compile(r"\bmak(?:e|es|ing)\s+sure\b|\bmade\s+sure\b", re.I)


@lru_cache(maxsize=8192)
def active(text: str) -> str:
    """The text with its doers before their deeds. Where a heading ends or a paragraph, it still does."""
    return "".join(part if i % 2 else _active(part) for i, part in enumerate(_BREAK.split(text)))


def _active(text: str) -> str:
    made = " ".join(text.split())
    made = _UN.sub(r"un\1", made)
    made = _HARMLESS.sub(r"\1\2", made)
    made = _PAST_DUE.sub("overdue", _SURE.sub("ensure", made))
    made = _AVAILABLE.sub(lambda m: f"may be {m['deed']}ed", made)
    made = _ABLE.sub(_possible, made)
    made = _RECEIVES.sub(_given, made)
    made = _NOTICE.sub(_notified, made)
    begin = 0
    for _ in range(MOST):
        match = _PASSIVE.search(made, begin)
        if match is None:
            break
        turned = _turned(made, match)
        begin = match.start("verb") if turned is None else begin
        made = made if turned is None else turned
    return _MAKES.sub(lambda m: f"{m['front']}{m['deed']}", made)


def _possible(match: re.Match[str]) -> str:
    perhaps = "possibly " if match["perhaps"] else ""
    denied = "not " if bool(match["un"]) != bool(match["not"]) else ""
    return f"may {perhaps}{denied}be {match['verb']}ed"


def _notified(match: re.Match[str]) -> str:
    whom = (match["whom"] or "").strip() or match["also"] or ""
    return " ".join(f"notify {whom} {match['kind']}".split()) if whom else match[0]


def _given(match: re.Match[str]) -> str:
    said = " ".join(filter(None, (match["giver"], match["modal"], match["also"])))
    return f"{' '.join(said.split())} provide {match['who']} {match['what']}"


def _turned(text: str, match: re.Match[str]) -> str | None:
    """The text with one passive turned; None if who or whom cannot be told."""
    before = text[: match.start()]
    begin = max((m.end() for m in _BEGINS.finditer(before)), default=0)
    subject = before[begin:].strip()
    if not subject or len(subject.split()) > SUBJECT or _FINITE.search(subject) or _NO_SUBJECT.match(subject):
        return None
    if _NO_DOER.match(re.sub(r"^(?:the|an?)\s+", "", match["doer"], flags=re.I)):
        return None
    length = _doer(match["doer"])
    doer, rest = match["doer"][:length].strip(" ,"), match["doer"][length:]
    if not doer:
        return None
    denied = match["not"] or match["un"] or ""
    if re.match(r"no\s", subject, re.I):  # "no assignment shall be made by"
        subject, denied = f"any {subject[3:]}", "" if denied else "not"
    parts = [doer, match["modal"] or "", denied, match["early"] or "", match["late"] or "", match["verb"]]
    deed = " ".join(part for part in parts if part)
    if subject.split()[0].lower() in _DETERMINERS:
        subject = subject[:1].lower() + subject[1:]
    end = text[match.end() :]
    joined = f"{before[:begin]}{deed} {subject}{match['between']}{'' if rest[:1] in ',' else ' '}{rest}{end}"
    return re.sub(r"\s+([,.;:])", r"\1", " ".join(joined.split()))


def _doer(text: str) -> int:
    """Where the name of a doer ends."""
    count = end = 0
    words = list(_WORD.finditer(text))
    for i, word in enumerate(words):
        low = word[0].lower()
        following = words[i + 1][0] if i + 1 < len(words) else ""
        if low == "of" and count:
            end = word.end()
            continue
        if low in ("and", "or") and count and following[:1].isupper():
            later = [w[0].lower() for w in words[i + 2 : i + 5]]
            if any(_FINITE.fullmatch(w) for w in later):
                break
            end = word.end()
            continue
        if low == "," or (_ENDS.match(low) and low not in _DETERMINERS) or count >= DOER:
            break
        count += low not in _DETERMINERS
        end = word.end()
    return end

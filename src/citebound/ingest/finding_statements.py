"""What one sentence of a report says became of all its findings, or of a list of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from citebound.ingest.sentences import sentence_spans
from citebound.ingest.severity import ISSUE, LEVELS, MEANINGS, SUPPOSED, severity_of, standing
from citebound.types import Block, BlockKind, Fact, Finding, Span

LONGEST = 600
"""Characters of a sentence that is looked at."""
MOST_IDS = 300

FIXED = r"(?:(?:fi)?xed|resolved|remediated|mitigated|closed|patched|corrected|addressed|solved)"
"""Some PDFs print "fi" as one sign that no reader gets: "xed", "identi ed"."""
FIXES = (
    r"(?:(?:fi)?xe[sd]|resolve[sd]|remediate[sd]|mitigate[sd]|closed|patche[sd]|correct(?:ed|s)|addresse[sd]|solve[sd])"
)
COUNTS = r"\d{1,3}|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
LEVEL = "|".join(sorted((word for word in MEANINGS if MEANINGS[word] in LEVELS), key=len, reverse=True))
RATED = (
    rf"(?P<rated>(?:{LEVEL})(?:(?:,| and|/|, and) (?:{LEVEL})){{0,4}}"
    r"(?:[- ](?:risk|severity|rated|level|priority))?\s)?"
)
FOUND = r"(?:identi ?(?:fi)?ed|reported|discovered|found|described|listed|documented|detected|raised|noted|uncovered)"
WHERE = r"(?:in|during|by|through|as part of|over the course of)\s(?:this|the|our)\s(?:[\w-]{1,20}\s){0,4}?"
WORK = r"(?:report|audit|assessment|test|tests|review|engagement|pentest|testing|project|retest|document)"
ALL = (
    r"(?<!not )(?<!nearly )(?<!almost )(?<!virtually )(?<!after )(?P<all>\b(?:all|each|every(?: one)?)"
    rf"(?: (?:{COUNTS}))?(?: of)?(?: (?:the|these|our|its))?(?: (?:{COUNTS}))?\s"
    rf"(?:{FOUND} )?(?:security )?{RATED}(?:security |technical )?{ISSUE}(?: (?:that|which))?"
    rf"(?: (?:were|was|have been|had been))?(?: {FOUND})?(?: (?:{WHERE}{WORK}|above|below|herein))?)"
)
IS = r"(?:,? \([^()]{0,80}\),?)? (?:has|have|had|was|were|is|are)"
NOT_TREATED = r"(?! (?:in|by|with) (?:the (?:following|next|report|remainder)|this|section|chapter|appendix|part)\b)"
SETTLED = (
    rf"{IS}(?: since| now| already| also| all| both| been| (?!part)[a-z-]{{2,14}}ly){{0,4}}"
    rf" (?:(?P<partial>(?:partially|partly) {FIXED})|(?P<fixed>{FIXED})|(?P<open>not(?: yet)?(?: been)? {FIXED})"
    rf"|(?P<accepted>acknowledged|accepted))\b{NOT_TREATED}"
)
STILL = r" (?:remains?|(?:is|are|was|were) still)(?P<still> (?:open|unresolved|unfixed|unpatched|exploitable))\b"
NONE = re.compile(
    rf"(?i)(?P<all>\bnone of (?:the|these) (?:{FOUND} )?(?:security )?{ISSUE}(?: {FOUND})?)"
    rf" (?:has|have|had|was|were|is|are)(?: been| yet| [a-z-]{{2,14}}ly){{0,3}} (?P<open>{FIXED})\b"
)
ABOUT_ALL = (
    re.compile(rf"(?i){ALL}(?:{SETTLED}|{STILL})"),
    re.compile(rf"(?i)\b(?P<fixed>{FIXES}) {ALL}"),
    NONE,
)
EXCEPT = re.compile(
    r"(?i)\b(?:except(?:ing|ion)?|apart from|aside from|other than|besides|excluding|but|however|although|though|while"
    r"|whereas|save for|only)\b"
)
OTHERS = re.compile(r"(?i)\b(?:prior|earlier|last year|remaining|rest of|most of|some of|or)\b")
DENIED = re.compile(
    r"(?i)\b(?:not|never|cannot|can't|didn't|wasn't|fail(?:s|ed)? to|plan(?:s|ned)?|intends?|will|after|before)\b"
    r"[^,]{0,60}$"
)
SAYINGS = {
    "partial": "partially fixed",
    "open": "not fixed",
    "still": "not fixed",
    "accepted": "accepted",
    "fixed": "fixed",
}
WORTH = re.compile(rf"(?i)\b{ISSUE}\b")
BREAK = re.compile(r"-\n(?=[a-z])|\s+")


@dataclass(frozen=True, slots=True)
class Statement:
    """A status word, the sentence that says it, and the findings that it is said of, by position."""

    status: str
    span: Span
    of: frozenset[int]
    is_list: bool


def stated(text: str, blocks: Sequence[Block], findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, those without a status with the one that a sentence outside of them gives to all ("all findings
    have been resolved", less what it excepts), to all of a severity, or to a list ("H-01 and H-02 were fixed").

    The status has the sentence as its span and a note. Where such sentences differ about a finding, it gets none.
    """
    if not findings or all(finding.value("status") for finding in findings):
        return tuple(findings)
    said: dict[int, list[Statement]] = {}
    for statement in _statements(text, blocks, findings):
        for position in statement.of:
            said.setdefault(position, []).append(statement)
    return tuple(_with_status(finding, said.get(i, [])) for i, finding in enumerate(findings))


def _with_status(finding: Finding, said: Sequence[Statement]) -> Finding:
    if finding.value("status") or len({standing(statement.status) for statement in said}) != 1:
        return finding
    note = "said of a list of findings" if said[0].is_list else "said of all findings"
    return replace(finding, fields=(*finding.fields, Fact("status", said[0].status, said[0].span, note)))


def _statements(text: str, blocks: Sequence[Block], findings: Sequence[Finding]) -> Iterator[Statement]:
    listed = _Listed(findings)
    spans = iter(sorted(finding.span for finding in findings))
    inside = next(spans, None)
    for block in blocks:
        while inside and inside.end <= block.span.start:
            inside = next(spans, None)
        if inside and inside.start <= block.span.start:
            continue
        if block.kind not in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM) or not listed.speaks_of(block.span.of(text)):
            continue
        for sentence in sentence_spans(text, block.span):
            if len(sentence) <= LONGEST:
                yield from _read(BREAK.sub(_joined, sentence.of(text)), sentence, listed, findings)


def _joined(gap: re.Match[str]) -> str:
    return "" if gap[0] == "-\n" else " "


def _read(plain: str, sentence: Span, listed: _Listed, findings: Sequence[Finding]) -> Iterator[Statement]:
    """What one sentence says, which is on one line here."""
    if OTHERS.search(plain):
        return
    excepted = EXCEPT.search(plain)
    without = listed.named(plain[excepted.start() :]) if excepted else frozenset()
    if excepted and not without:
        return
    plain = listed.without(plain, excepted.start()) if excepted else plain
    for form in (*ABOUT_ALL, *listed.forms):
        for match in form.finditer(plain):
            if SUPPOSED.search(plain) or DENIED.search(plain[: match.start()]):
                continue
            groups = match.groupdict()
            status = next(SAYINGS[name] for name in SAYINGS if groups.get(name))
            if groups.get("list"):
                of = listed.named(groups["list"])
            else:
                words = re.findall(LEVEL, (groups.get("rated") or "").lower())
                levels = {severity_of(word) for word in words}
                of = frozenset(i for i, f in enumerate(findings) if not levels or f.value("severity") in levels)
            yield Statement(status, sentence, of - without, bool(groups.get("list")))


class _Listed:
    """The findings by their identifiers, and sentences about several or one of them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        ids = [(finding.value("id").casefold(), i) for i, finding in enumerate(findings)]
        self._positions = {id_: i for id_, i in ids[:MOST_IDS] if any(c.isdigit() for c in id_) and len(id_) > 1}
        self._positions = {id_: i for id_, i in self._positions.items() if not id_.isdigit()}
        self.forms: tuple[re.Pattern[str], ...] = ()
        self._any: re.Pattern[str] | None = None
        if self._positions:
            one = "|".join(re.escape(id_) for id_ in sorted(self._positions, key=len, reverse=True))
            one = rf"(?<![\w-])(?:{one})(?![\w-]|\.\d)(?: \([^()]{{1,100}}\))?"
            self._any = re.compile(rf"(?i){one}")
            row = rf"(?P<list>{one}(?:(?:,? and|,|;| &) {one}){{0,40}})"
            self.forms = (
                re.compile(rf"(?i){row}(?:{SETTLED}|{STILL})"),
                re.compile(rf"(?i)\b(?P<fixed>{FIXES}) (?:{ISSUE} )?{row}"),
            )

    def speaks_of(self, printed: str) -> bool:
        """Whether a paragraph names findings at all."""
        return bool(WORTH.search(printed) or (self._any and self._any.search(printed)))

    def without(self, printed: str, start: int) -> str:
        """A sentence without the findings that it excepts from `start` on."""
        last = max(match.end() for match in self._any.finditer(printed, start)) if self._any else start
        return f"{printed[:start].rstrip(' ,')} {printed[last:].lstrip(' ,')}"

    def named(self, printed: str) -> frozenset[int]:
        """The findings whose identifiers stand there."""
        found = self._any.finditer(printed) if self._any else ()
        return frozenset(self._positions[match[0].partition(" (")[0].casefold()] for match in found)

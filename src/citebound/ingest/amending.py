"""The clauses of an amendment: which place each of them changes, how, and the text that holds from then on.

Patterns run over a plain view of the body, with one space between words and two newlines between paragraphs; what they
find is carried back to the document's own text.
"""

from __future__ import annotations

import re
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from citebound.ingest.profile import PLAIN
from citebound.ingest.references import EACH, KINDS, LETTERED, MENTION
from citebound.types import ASIDE, Document, Span

ACTIONS = ("restated", "replaced", "deleted", "added", "extended", "amended")
MOST_STATEMENTS = 200
LONGEST_STATEMENT = 700
LONGEST_NEW = 60_000
MOST_SECONDS = 2.0
"""Seconds of processor time after which no further clause of a document is read."""

BEFORE = 420
"""Characters before the verb in which its subject stands."""

NEAR = 1500
"""Two signs of an opening that are nearer than this belong to one instrument."""

ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth".split()
ORDINAL = rf"(?:{'|'.join(ORDINALS)}|\d{{1,2}}(?:st|nd|rd|th))"
PAPER_WORD = (
    r"(?:Agreements?|AGREEMENTS?|Contract|CONTRACT|Lease|LEASE|Licen[cs]e|LICEN[CS]E|Indenture|INDENTURE|Deed|DEED"
    r"|Note|NOTE)"
)
VERB = (
    r"(?P<verb>amended|deleted|removed|stricken|replaced|restated|modified|revised|supplemented|superseded"
    r"|substituted"
    r"|added|inserted|extended|changed|attached)"
)
PASSIVE = re.compile(
    r"\b(?P<aux>(?:is|are)(?: each| all)?(?:,? and (?:is|are) hereby,?)?|(?:shall|will)(?: each| all)?(?: hereby)? be"
    r"(?:,? and (?:(?:it|they) )?(?:hereby (?:is|are)|(?:is|are) hereby),?)?|be and (?:hereby )?(?:is"
    r"|are)(?: hereby)?)"
    rf"(?: also| further| accordingly)?(?P<hereby> hereby)?(?: further| also)?(?: and)? {VERB}\b",
    re.I,
)
ACTIVE = re.compile(
    r"(?:\bagree(?:s|d)?(?: hereby| further| that they)? to(?: further)?|(?P<hereby>\bhereby)(?: further"
    r"| also)?(?: agrees? to)?)"
    r" (?P<verb>amend|delete|remove|strike|replace|restate|modify|revise|supplement|substitute|add|insert|extend"
    r"|change)s?\b",
    re.I,
)
COMMAND = re.compile(
    r"(?:\n\n|[.;:] )(?:\(?(?:\d{1,2}(?:\.\d{1,2}){0,2}|[A-Za-z]|[ivx]{1,4})[.)] ){0,2}"
    r"(?P<verb>Amend|Delete|Remove|Strike|Replace|Restate|Modify|Revise|Substitute|Insert|Add) "
    r"(?=[^\n]{0,200}?\b(?:[Ss]ection|[Cc]lause|[Aa]rticle|[Pp]aragraph|[Ss]chedule|[Ee]xhibit|[Aa]nnex"
    r"|[Aa]ppendix|[Dd]efinition)s?\b)"
)
STRONG = re.compile(
    r"(?i)\bhereby\b|\bin (?:its|their) entiret|\bto read\b|\breads?:|\bas follows\b|\bthe following\b"
    r"|\bby (?:adding|deleting|inserting|replacing|substituting|striking|changing|removing|the (?:addition"
    r"|deletion|insertion|substitution))"
    r"|\band (?:is |are |be |shall be )?(?:hereby )?(?:replaced|restated|substituted)|\breplaced (?:with|by)\b"
    r"|\bto (?:add|include|provide|delete|insert|replace|allow|be|adapt)\b|\bin (?:lieu|its (?:place|stead)"
    r"|their place)\b"
    r"|\bas set forth\b|\bbelow\b|\bso (?:that|as to)\b|\bsuch that\b"
)
UNSURE = re.compile(
    r"(?i)\b(?:if|unless|until|whenever|whether|whatever|in the event|to the extent|once|as may|may|can|could"
    r"|would|might"
    r"|no|not|neither|as it|as the same|upon|after|where|when|desires?|wish(?:es)?|each time)\b"
)
LATER = re.compile(
    r"(?i)[^.;:]{0,60}?\b(?:from time to time|by mutual|by (?:the )?(?:written|mutual)|only by|in writing"
    r"|in accordance with the terms"
    r"|as (?:necessary|appropriate)|at any time)\b"
)
START = re.compile(
    r"(?:\A|\n\n|[.;:)\]\"] )(?:\(?(?:\d{1,2}(?:\.\d{1,2}){0,3}|[A-Za-z]|[ivxIVX]{1,5})[.)]? ){0,2}"
    r"(?=(?:The |A |An |All )?(?:[A-Z\"(\[]|definition|following|new\b|section|clause))"
)
CITING = re.compile(
    r"\b(?i:sections?|clauses?|articles?|(?:sub)?paragraphs?|nos?|and)(?: [\dA-Z.]{1,8})?(?: [A-Z])?\.$"
)
""" "Section 2. A. and B.": no sentence begins there."""

ITEM = re.compile(r"\(?(?P<sign>\d{1,2}(?:\.\d{1,2}){0,3}|[A-Za-z]|[ivxIVX]{1,5})(?P<mark>[.)]) (?=\S)")
PART = re.compile(
    r"(?i)\b(?:(?:first|second|third|fourth|fifth|sixth|last|final|penultimate|opening|next|introductory|initial) "
    r"(?:(?:complete|full|two|three|\w{1,12}) )?(?:sentences?|paragraphs?|clauses?|words?|lines?|phrases?|parts?"
    r"|bullets?|table|rows?)"
    r"|(?:words?|phrases?|sentences?|dates?|figures?|numbers?|amounts?|reference|references|term|text|language"
    r"|names?|address(?:es)?"
    r"|notice information|list|table|row|cap|percentages?) (?:\"|in the|of the|to \"|listed|set (?:forth|out)"
    r"|for|beginning|\d))"
)
BY_PARTS = re.compile(
    r"(?i)\b(?:so|such) that\b|\A[^:]{0,80}\bby (?:adding|deleting|inserting|replacing|changing|substituting"
    r"|striking)\b"
)
DEFINITION = re.compile(
    r"(?i:\bdefinitions?(?: of| for)?(?: the)?(?: defined)?(?: terms?| words?)?|\bdefined terms?|\bthe terms?) ?"
    r"(?:\"(?P<term>[^\"\n]{1,80})\"|(?P<plain>(?-i:[A-Z][\w&/-]{1,30}(?: [A-Z][\w&/-]{1,30}){0,4})))"
)
MORE_TERMS = re.compile(r"(?:,| and|, and| or) (?:the definition of )?\"(?P<term>[^\"\n]{1,80})\"")
HEADED = re.compile(
    r"\b[Tt]he \"?(?P<name>[A-Z][A-Z ,&/'-]{2,60}|[A-Z][\w ,&/'-]{2,60}?)\"? (?:[Ss]ection|[Cc]lause"
    r"|[Pp]rovision|[Pp]aragraph)\b(?! \d)"
    r"|\b(?:[Ss]ection|[Cc]lause|[Pp]rovision|[Pp]aragraph) (?:entitled|titled|captioned|headed"
    r"|called) \"(?P<called>[^\"\n]{2,80})\""
)
ELSEWHERE = re.compile(
    r",? (?:attached|hereto|(?:attached )?(?:to|of|in|under) this (?:\w{1,12} )?(?:Amendment|Addendum|Letter))\b"
)
""" "Schedule 1 to this Amendment" is no place of the agreement."""

NEW = re.compile(r"(?i)\b(?:new|following|additional)(?: new)?(?: \w{1,12})? ?$")
TO_END = re.compile(r"(?i)(?:\bto|\bin|\binto|\bof|\bthereof|\bend of|\bunder)(?: the)? ?$")
PAPER = re.compile(
    rf"\b(?:the|this|such|said|each|our|your|that) (?P<name>(?:[A-Z][\w&'-]{{0,25}} ){{0,6}}{PAPER_WORD})\b"
)
AN_AMENDMENT = re.compile(
    rf"\b(?:of|to|in) (?:the )?(?P<name>(?:(?i:{ORDINAL}) Amendment|Amendment (?:(?:No|Number)\b\.? ?"
    rf"|\# ?)?\d{{1,2}}))(?![\w.-]\d)"
)
WHOLE_TERM = re.compile(
    r"(?i)\b(?:the )?(?P<term>(?:initial |current |renewal )?term)(?: of (?:the|this) [\w ]{0,40}agreement)? $"
)
NOT = r"(?<!\bnot )(?<!\bnot be )(?<!\bwithout )(?<!\bwithout any )(?<!\bno )"
""" "Deleted and not replaced": what stands behind these is not done."""

READS = re.compile(r":(?=\s|\"|\Z)|\b(?:as follows|to read|now reads?|the following)[.,]?(?=\n\n|\s?\")")
FORMER = re.compile(
    r"(?i)\b(?:previously|formerly|currently|presently) (?:reads?|stated|provide[sd]?)\b"
    r"|\bwhereas\b[^\n]{0,80}\b(?:read|was)\b"
)
NOW = re.compile(
    r"(?i)\b(?:it )?(?:now |shall (?:now )?|will (?:now )?)(?:is |be )?(?:reads?|required|read as follows"
    r"|state)[^:\n\"]{0,60}:"
)
INLINE = re.compile(
    r"(?i)\b(?:with|inserting|inserted|substituting|substituted|read|by|to be|therefor|place|thereof)"
    r"(?: in (?:its|their) (?:place|stead)| in lieu thereof)?(?: the)?(?: (?:word|date|phrase|amount|number"
    r"|figure|words|term|following))?[,:]? "
    r"(?P<quote>\"[^\"\n]{1,400}\")"
)
DEFINED = re.compile(r"\"[^\"\n]{1,80}\"[^\"\n]{0,60}? (?:means?|shall|is|has|have|will|refers?)\b")
CLOSING = re.compile(
    r"(?:(?<=\n\n)|(?<=[.;:)\]\"] ))(?:\(?(?:\d{1,2}(?:\.\d{1,2})?|[A-Za-z]|[ivx]{1,4})[.)] )?"
    r"(?:[A-Z][\w ]{2,40}\. )?(?:"
    r"(?:Except|Other than|Save) (?:as|for|to|in|that|where|specifically|expressly|otherwise)"
    r"(?=[^.;\n]{0,100}?\b(?:amend|modif|hereby|herein|above"
    r"|[Tt]h(?:is|ese) (?:\w{1,12} )?(?:Amendment|Addendum|Letter)))"
    r"|(?:All|The) (?:of the )?(?:other|remaining)|In all other|IN WITNESS|In Witness|In witness"
    r"|Subject to (?:the )?(?:foregoing|amendments)"
    r"|Nothing (?:in|contained in) th(?:is|ese) (?:\w{1,12} )?(?:[Aa]mendments?|Addendum|Letter)"
    r"|(?:THIS|This) (?:\w{1,12} )?(?:AMENDMENT|Amendment|Addendum|Letter)\b|AGREED"
    r"|Notwithstanding the foregoing, all|\[?(?:Signature|SIGNATURE)|To the extent,? if any"
    r"|The parties (?:hereto )?(?:have|hereby) (?:caused|executed)|[A-Z][a-z]{2,12} ?: ?/s/)"
)
RESTATES = re.compile(
    r"(?i)\b(?:amends?,? (?:and )?(?:restates?|replaces?|supersedes?)|(?:is|be"
    r"|are) (?:hereby )?amended,? (?:and )?restated"
    r"|amend and restate)(?: in (?:its|their) entirety)?"
)
SURELY = re.compile(
    r"(?i)\b(?:hereby|agrees? to) (?:amends?,? and (?:restates?|replaces?))|\bis (?:hereby )?amended and restated"
    r"(?: in its entirety)? (?:as follows|to read|by this)"
)
Cut = tuple[int, int]
"""Begin and end in the plain view."""

SMALL = frozenset("of and for the to on in by & or".split())
NOT_TITLE = frozenset(
    "the this that certain a an whereas such said existing original their each any our your to re and of for in by on"
    " under no reference llc inc ltd corp".split()
)
CALLED = re.compile(
    rf"(?: of (?:the|this) (?:[A-Z][\w-]{{0,20}} ){{0,5}}{PAPER_WORD})?,? ?(?:(?:under the heading|entitled"
    rf"|titled|captioned) )?"
    r"(?:[(\"]{1,2}(?P<quoted>[A-Z][^()\"]{2,60}?)[,.]?[)\"]"
    r"|(?P<plain>[A-Z][A-Z'&-]{2,20}(?: [A-Z'&-]{2,20}){0,6}|[A-Z][a-z]{2,20}(?: (?:[A-Z][a-z]{2,20}|and|of)){0,4})"
    r"(?=,| is | are | shall | of | for ))"
)
PURSUANT = re.compile(
    r"(?i)\b(?:pursuant to|accordance with|subject to|notwithstanding|required by|purposes of) (?:the )?$"
)
JOINED = re.compile(r",? (?:and |or )?(?:by |in |of )?(?:the |a )?(?:new )?|")
""" "Sections 3.1 and 3.2, and Exhibit A": one list."""

STATUTE = re.compile(r"\d{3}|\d-\d")
WITHIN = re.compile(r",? (?:of|to|in) (?:the )?")
CAPTION = re.compile(r"\((?![a-z]{1,2}\)|[A-Z]{1,2}\)|\d{1,3}\)|[ivxIVX]{1,5}\)).{0,40}$")
""" "5.1 (Price)": its heading, not a part of it."""

GOING_ON = re.compile(r" [a-z]")
QUOTED_NEXT = re.compile(r"\s{0,3}(?:and )?\s?\"(?=\w)")
ITEMS = re.compile(r"(?:(?<=\n\n)|(?<=[.;:)\]\"_] ))\(?(?P<sign>\d{1,2}|[A-Za-z])(?P<mark>[.)]) (?=[A-Z\"])")
SUBJECT = re.compile(
    r"(?:The|A|An|All|Each) (?:definitions?|new|following|provisions?|text|terms?|(?:first|second|third|last"
    r"|final|penultimate|entire))\b"
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One change of one place.

    `target` is the number that is meant ("9.2(a)", "Exhibit A") or "", `term` a defined term that is redefined,
    `heading` the name of a section that is cited by it; all three "" mean the agreement as a whole. `printed` is where
    the target stands, `paper` the name by which the agreement is called there. `action` is one of ACTIONS; `whole`: the
    place is replaced or deleted entirely. `new` is the text that holds from now on, where it is printed; `item` the
    number under which the instrument says so ("2", "7(b)"), "" for none; `caption` what it calls a clause beside its
    number.
    """

    span: Span
    action: str
    target: str
    printed: Span
    term: str = ""
    heading: str = ""
    paper: str = ""
    whole: bool = False
    new: Span | None = None
    item: str = ""
    caption: str = ""


WORD = re.compile(r"\S+")


class View:
    """The body of a document as patterns see it, and the way back."""

    def __init__(self, document: Document) -> None:
        pieces: list[str] = []
        self._starts: list[int] = []
        self._origins: list[int] = []
        at = 0
        for block in document.blocks:
            if block.kind in ASIDE:
                continue
            content = block.span.of(document.text).translate(PLAIN)
            last = -1
            for word in WORD.finditer(content):
                start, end = word.span()
                far = last < 0 or (start - last > 1 and content.count("\n", last, start) > 1)
                gap = "\n\n" if far and pieces else " " if pieces else ""
                at += len(gap)
                self._starts.append(at)
                self._origins.append(block.span.start + start)
                pieces += (gap, word.group())
                at += end - start
                last = end
        self.text = "".join(pieces)
        self.clauses: dict[tuple[int, int, int], int] = {}
        """What `_clause` found for a verb and the stretch around it."""

        self._until = time.thread_time() + MOST_SECONDS

    @property
    def spent(self) -> bool:
        """Whether the document has cost as much as one may, by the clock of the thread that made the view."""
        return time.thread_time() > self._until

    def passives(self, start: int, end: int) -> Iterator[re.Match[str]]:
        """The verbs in the passive voice that lie in a stretch."""
        for at in range(bisect_left(self._verbs, start), len(self._verbs)):
            if self._passives[at].end() > end:
                break
            yield self._passives[at]

    @cached_property
    def _passives(self) -> tuple[re.Match[str], ...]:
        return tuple(PASSIVE.finditer(self.text))

    @cached_property
    def _verbs(self) -> tuple[int, ...]:
        return tuple(match.start() for match in self._passives)

    def span(self, start: int, end: int) -> Span:
        """Where [start, end) of the view, without the white space at its ends, lies in the document."""
        piece = self.text[start:end]
        start += len(piece) - len(piece.lstrip())
        end = max(start + 1, start + len(piece.strip()))
        return Span(self._origin(start), self._origin(end - 1) + 1)

    def within(self, offset: int) -> int:
        """Where a character of the document stands in the view."""
        word = max(bisect_right(self._origins, offset) - 1, 0)
        return self._starts[word] + offset - self._origins[word]

    def _origin(self, at: int) -> int:
        word = max(bisect_right(self._starts, at) - 1, 0)
        return self._origins[word] + at - self._starts[word]


def title_start(text: str, start: int, at: int) -> int:
    """Where the title begins whose last word ("Agreement") stands at `at`."""
    begin = at
    for _ in range(12):
        space = begin - 1
        if space <= start or text[space] != " ":
            break
        word_start = max(text.rfind(" ", start, space), text.rfind("\n", start, space)) + 1
        word = text[max(word_start, start) : space]
        if not word or word[-1] in '.,;:)"' or word.startswith(("(", '"')):
            break
        if not (word[0].isupper() or word in SMALL):
            break
        begin = max(word_start, start)
    words = text[begin:at].split(" ")
    while words and words[0] and words[0].lower() in NOT_TITLE:
        begin += len(words.pop(0)) + 1
    joined = text[begin:at]
    if amendment := re.search(
        r"(?i).*\b(?:amendments?|addendum)\b(?: (?:no\.?|number|#)? ?\w{1,5})? (?:to|of)(?: the)? ", joined
    ):
        begin += amendment.end()
    return min(begin, at)


def agreement_name(printed: str) -> str:
    """One spelling of an agreement's name."""
    words = re.findall(r"[a-z0-9]+", printed.lower())
    while words and words[0] in NOT_TITLE:
        words.pop(0)
    return " ".join(words)


def statements(view: View, cut: Cut, *, sure: bool = False) -> tuple[Statement, ...]:
    """The statements in one stretch; with `sure`, those alone that say "hereby"."""
    start, end = cut
    text = view.text
    verbs = [*PASSIVE.finditer(text, start, end), *ACTIVE.finditer(text, start, end)]
    if not sure:
        verbs += COMMAND.finditer(text, start, end)
    verbs.sort(key=lambda m: m.start())
    found: list[Statement] = []
    introduced: list[Statement] = []
    passed = start
    for match in verbs[: 4 * MOST_STATEMENTS]:
        if view.spent:
            break
        if match.start() < passed or len(found) >= MOST_STATEMENTS:
            continue
        begin, stop = _bounds(text, match, max(passed, start), end)
        if not _amends(text, match, begin, stop, sure):
            continue
        made = _read(view, match, begin, stop, end)
        if not made:
            continue
        if all(_is_whole(s) and s.action == "amended" for s in made):
            introduced += made
            passed = stop
            continue
        found += made
        new = made[0].new
        passed = max(stop, view.within(new.end - 1) + 1 if new else stop)
    return tuple(found or introduced)


def _is_whole(statement: Statement) -> bool:
    return not (statement.target or statement.term or statement.heading)


def _bounds(text: str, match: re.Match[str], low: int, high: int) -> Cut:
    """The clause around a verb: from the item or sentence that it stands in to its colon or stop."""
    low = max(low, match.start() - BEFORE)
    if match.re is COMMAND:
        low = match.end() - len(match[0].lstrip("\n.;: "))
    begin = low
    for start in START.finditer(text, max(0, low - 2), match.start()):
        if not CITING.search(text, max(low, start.start() - 24), start.start() + 1):
            begin = max(low, start.end() - len(_sign(text, start)))
    high = min(high, match.start() + LONGEST_STATEMENT)
    for mark in re.finditer(r":(?=\s|\"|$)|[.;](?=\s)|\n\n", text[match.end() : high]):
        at = match.end() + mark.start()
        if (mark.group() == "." and _goes_on(text, at)) or text.startswith("; and ", at):
            continue
        if mark.group() == "\n\n" and text[at - 1] not in ".;:" and text[at + 2 : at + 3].islower():
            continue
        return begin, at + (mark.group() != "\n\n")
    return begin, high


def _sign(text: str, start: re.Match[str]) -> str:
    """The number of an item with which a start ends: "3. "."""
    return start.group().lstrip('\n.;:)]" ') if start.group().strip() else ""


def _goes_on(text: str, at: int) -> bool:
    """Whether a stop is that of an abbreviation or of a number, not of a sentence."""
    before = re.search(r"[^\s(\"]{1,12}$", text[max(0, at - 12) : at])
    word = before[0].lower() if before else ""
    following = text[at + 1 : at + 3].strip()
    return (
        word in {"no", "nos", "sec", "art", "inc", "corp", "co", "ltd", "subd", "para", "v", "u.s", "l.p", "mr", "ms"}
        or following[:1].islower()
        or (len(word) == 1 and word.isalpha())
    )


def _amends(text: str, match: re.Match[str], begin: int, stop: int, sure: bool) -> bool:
    """Whether a verb amends here and now."""
    subject = text[begin : match.start()]
    hereby = "hereby" in text[max(begin, match.start() - 12) : match.end()].lower() or match.re is COMMAND
    if match.re is ACTIVE and match["hereby"] is None and sure:
        return False
    if LATER.match(text, match.end(), stop) and not hereby:
        return False
    if not hereby and UNSURE.search(subject):
        return False
    if re.search(r"(?i)\b(?:desires?|wish(?:es)?|intend\w{0,3}|WHEREAS)\b[^.;]{0,120}$", subject):
        return False
    if sure:
        return hereby
    strong = STRONG.search(text, begin, stop) or re.search(r"\b[Nn]ew \w", subject)
    return hereby or match.re is ACTIVE or bool(strong)


def _read(view: View, match: re.Match[str], begin: int, stop: int, end: int) -> list[Statement]:
    """The statements of one clause: one for each place that it names."""
    text = view.text
    passive = match.re is PASSIVE
    rest = text[match.start() : stop]
    action = _action(match["verb"], rest)
    restates = action == "restated" and re.search(r"(?i)\brestated?\b|\bin its entirety\b", rest)
    subject = (begin, match.start()) if passive else (match.end(), stop)
    other = (match.end(), stop) if passive else None
    found = _targets(text, subject, action)
    if other and (not found or all(t.new or t.paper_only for t in found)):
        more = [t for t in _targets(text, other, action) if not t.paper_only]
        if more and (not found or found[0].paper_only or not more[0].new):
            found = [t for t in more if not t.new] or more
    if not found:
        return []
    if action == "added" and any(not t.new and not t.paper_only for t in found):
        found = [t for t in found if not t.new] or found
    new = _new(view, begin, match.start(), stop, end)
    paper = _paper(text, begin, stop)
    span = view.span(begin, stop)
    item = _place(text, begin)
    partial = bool(PART.search(text, begin, match.start()) or BY_PARTS.search(rest))
    made = []
    for target in found:
        whole = action in ("restated", "replaced", "deleted") and not target.new and not partial
        if target.paper_only and action in ("restated", "replaced") and not restates:
            action, whole = "amended", False
        printed = view.span(target.start, target.end)
        caption = _caption(text, target.end, stop) if target.number and len(found) == 1 else ""
        made.append(
            Statement(
                span, action, target.number, printed, target.term, target.heading, paper, whole, new, item, caption
            )
        )
    return made


def _caption(text: str, at: int, end: int) -> str:
    """What a clause is called right behind its number: "(Audits)", ", TERRITORY,", 'under the heading "Term"'."""
    match = CALLED.match(text, at, end)
    return " ".join((match["quoted"] or match["plain"]).split()).strip(" ,.") if match else ""


def _action(verb: str, rest: str) -> str:
    """What is done, from the verb and what follows it."""
    verb, rest = verb.lower(), rest.lower()[:400]
    if re.match(r"(?:amend|restat|modif|revis|chang|supplement)", verb):
        if verb.startswith("restat") or re.search(r"\b(?:and|is|are|be) (?:hereby )?restated\b", rest[:80]):
            return "restated"
        if re.search(r"\bto (?:add|include)\b|\bby (?:adding|inserting|the (?:addition|insertion))", rest[:120]):
            return "added"
        if re.search(r"^[^:;\"]{0,120}\b(?:to (?:now )?(?:be and )?reads?|so as to read|now reads)\b", rest):
            return "restated"
        if re.search(r"\bby (?:the )?delet(?:ing|ion)\b", rest[:60]) and not re.search(
            rf"{NOT}(?:insert|replac|substitut)|in (?:its|lieu)", rest
        ):
            return "deleted"
        return "amended"
    if re.match(r"(?:delet|remov|str[iu])", verb):
        replaced = (
            rf"\b{NOT}(?:replac|substitut|insert|restated)|\bin (?:lieu|place)|\bin (?:its|their) (?:place|stead)"
        )
        return "replaced" if re.search(replaced, rest) else "deleted"
    if re.match(r"(?:replac|substitut|supersed)", verb):
        return "replaced"
    return "extended" if verb.startswith("extend") else "added"


@dataclass(frozen=True, slots=True)
class _Target:
    """A place that a clause names: [start, end) of the view. `new`: it does not exist yet."""

    start: int
    end: int
    number: str = ""
    term: str = ""
    heading: str = ""
    new: bool = False
    paper_only: bool = False


def _targets(text: str, cut: Cut, action: str) -> list[_Target]:
    """What a stretch of a clause names, the defined terms before the clauses that hold them."""
    start, end = cut
    if terms := list(_terms(text, start, end)):
        return terms
    if numbers := list({t.number: t for t in _numbers(text, start, end)}.values()):
        return numbers
    headed = HEADED.search(text, start, end)
    if headed:
        name = headed["name"] or headed["called"]
        at = headed.start("name") if headed["name"] else headed.start("called")
        if agreement_name(name) and not re.match(
            r"(?i)(?:following|new|text|provisions?|above|foregoing|first|last|second|same|entire)\b", name
        ):
            return [_Target(at, at + len(name), heading=" ".join(name.split()))]
    if action == "extended" and (
        term := WHOLE_TERM.search(text, start, end)
        or re.compile(r"(?i)\bthe (?P<term>(?:initial |renewal )?term)\b").search(text, start, end)
    ):
        return [_Target(term.start("term"), term.end("term"), heading="Term")]
    paper = PAPER.search(text, start, end)
    return [_Target(paper.start("name"), paper.end("name"), paper_only=True)] if paper else []


def _terms(text: str, start: int, end: int) -> Iterator[_Target]:
    for match in DEFINITION.finditer(text, start, end):
        group = "term" if match["term"] else "plain"
        if group == "plain" and not match.group().lower().startswith("definition"):
            continue
        if match.group().lower().startswith("the term") and MENTION.search(text, start, match.start()):
            continue
        yield _Target(*match.span(group), term=" ".join(match[group].split()).strip(" ,."))
        at = match.end()
        for _ in range(8):
            more = MORE_TERMS.match(text, at)
            if not more or more.end() > end:
                break
            yield _Target(*more.span("term"), term=" ".join(more["term"].split()).strip(" ,."))
            at = more.end()
        return


def _numbers(text: str, start: int, end: int) -> list[_Target]:
    """The clauses that are named first, or, where those are new, the ones that they are added to."""
    groups: list[list[_Target]] = []
    after = -1
    for match in MENTION.finditer(text, start, end):
        if text[match.start() - 1] == '"' or ELSEWHERE.match(text, match.end()):
            continue
        if PURSUANT.search(text, max(start, match.start() - 32), match.start()):
            continue
        if after < 0 or not JOINED.fullmatch(text, after, match.start()):
            groups.append([])
        groups[-1] += _listed(text, match, end)
        after = groups[-1][-1].end if groups[-1] else match.end()
    groups = [group for group in groups if group]
    if len(groups) > 1 and all(t.new for t in groups[0]):
        near = next((g for g in groups[1:] if TO_END.search(text, max(start, g[0].start - 12), g[0].start)), None)
        return near if near and not any(t.new for t in near) else groups[0]
    return groups[0] if groups else []


def _listed(text: str, match: re.Match[str], end: int) -> list[_Target]:
    """The numbers of one mention; "Article 6 of Schedule 1" is one place."""
    kind = _kind(match["word"])
    new = bool(NEW.search(text, max(0, match.start() - 40), match.start()))
    first = _target(kind, match["first"], "")
    if not first or match["word"].startswith("\u00a7") or STATUTE.search(first):
        return []
    outer = MENTION.match(text, within.end()) if (within := WITHIN.match(text, match.end())) else None
    if outer and outer.end() <= end and _kind(outer["word"]) not in ("section", "Article", kind):
        attachment = _target(_kind(outer["word"]), outer["first"], "")
        return [_Target(match.start(), outer.end("first"), f"{attachment}, {first}", new=new)]
    found = [_Target(match.start(), match.end("first"), first, new=new)]
    for each in EACH.finditer(text, match.end("first"), match.end()):
        kind = _kind(each["word"]) if each["word"] else kind
        number = _target(kind, each["number"], found[-1].number)
        place = each.span("number")
        if each["separator"].strip() in ("to", "through", "thru", "-"):
            found += [_Target(*place, between, new=new) for between in _range(found[-1].number, number)]
        found.append(_Target(*place, number, new=new))
    return [target for target in found if target.number]


def _range(first: str, last: str) -> Iterator[str]:
    """The numbers between two: 11.2 for "11.1 to 11.3"."""
    stem, _, low = first.rpartition(".")
    other, _, high = last.rpartition(".")
    if stem == other and low.isdigit() and high.isdigit() and int(high) - int(low) < 30:
        for value in range(int(low) + 1, int(high)):
            yield f"{stem}.{value}" if stem else str(value)


def _kind(word: str) -> str:
    word = word.strip().lower()
    return KINDS.get(word[:3], KINDS.get(word[:1], "section"))


def _target(kind: str, number: str, previous: str) -> str:
    """The number as sections print it; "(b)" after "5.1(a)" is 5.1(b)."""
    number = LETTERED.sub(r"(\1)", "".join(number.split()).replace(".(", "("))
    number = CAPTION.sub("", number)
    if not number.startswith("("):
        return number if kind == "section" else f"{kind} {number}"
    if kind != "section":
        return ""
    stem = previous[: previous.rfind("(")] if previous.endswith(")") else previous
    return stem + number


def _paper(text: str, start: int, end: int) -> str:
    """What the changed agreement is called in a clause, "" if it is not."""
    if amendment := AN_AMENDMENT.search(text, start, end):
        return amendment["name"]
    for match in PAPER.finditer(text, start, end):
        return match["name"]
    return ""


def restating(view: View, start: int, end: int, *, sure: bool = False) -> tuple[Statement, ...]:
    """An agreement that takes the place of an earlier one as a whole."""
    for match in (SURELY if sure else RESTATES).finditer(view.text, start, end):
        paper = next(iter(_near_paper(view.text, match.start(), match.end(), start, end)), None)
        if paper is None:
            continue
        begin, stop = _bounds(view.text, match, start, end)
        name = view.text[paper[0] : paper[1]]
        return (Statement(view.span(begin, stop), "restated", "", view.span(*paper), paper=name, whole=True),)
    return ()


def _near_paper(text: str, before: int, after: int, start: int, end: int) -> Iterator[Cut]:
    for low, high in ((after, min(end, after + 200)), (max(start, before - 160), before)):
        for word in re.finditer(rf"\b{PAPER_WORD}\b", text[low:high]):
            begin = title_start(text, start, low + word.start())
            title = text[begin : low + word.end()]
            if (
                begin < low + word.start()
                and text[max(0, begin - 5) : begin].lower() != "this "
                and not title.lower().startswith("this ")
            ):
                yield begin, low + word.end()


def _new(view: View, begin: int, verb: int, stop: int, end: int) -> Span | None:
    """The text that holds from now on: what is printed behind the clause, or the last words quoted in it."""
    text = view.text
    announced = text[stop - 1 : stop] == ":" or READS.search(text, max(verb, stop - 60), min(end, stop + 2))
    former = FORMER.search(text, verb, stop + 1)
    if not announced and not former:
        inline = list(INLINE.finditer(text, verb, stop))
        return view.span(inline[-1].start("quote") + 1, inline[-1].end("quote") - 1) if inline else None
    limit = _limit(view, begin, stop, min(end, stop + LONGEST_NEW))
    at = stop
    if former:
        now = NOW.search(text, stop, limit)
        if not now:
            return None
        at = now.end()
    while at < limit and text[at].isspace():
        at += 1
    if at >= limit:
        return None
    if text[at] == '"' and not DEFINED.match(text, at):
        far = _limit(view, begin, stop, min(end, stop + LONGEST_NEW), firm=True)
        close = _quoted(text, at, limit) or _quoted(text, at, far) or text.rfind('"', at + 1, limit)
        inside = Span(at + 1, close if close > at + 1 else limit)
        return view.span(inside.start, inside.end) if inside.of(text).strip(' \n"') else None
    return view.span(at, limit) if text[at:limit].strip(' \n"') else None


def _limit(view: View, begin: int, stop: int, end: int, *, firm: bool = False) -> int:
    """Where new text ends that no quotation mark ends: at the instrument's next item, clause or closing words; with
    `firm`, at those alone that cannot be part of it."""
    text = view.text
    ends = [end]
    if not firm and (closing := CLOSING.search(text, stop, end)):
        ends.append(closing.start())
    for item in _items(text, begin):
        bracket = r"\(" if text[item.start()] == "(" else ""
        sign = bracket + re.escape(_successor(item["sign"]) + item["mark"])
        after = re.compile(rf"(?:(?<=\n\n)|(?<=[.;:)\]\"_] )){sign}\s(?=[A-Z\"\[])")
        if found := after.search(text, stop, end):
            ends.append(found.start())
    for match in () if firm else view.passives(stop, end):
        key = match.start(), max(stop, match.start() - BEFORE), min(end, match.end() + 160)
        if key not in view.clauses:
            view.clauses[key] = _clause(text, match, *key[1:])
        if view.clauses[key] >= 0:
            ends.append(view.clauses[key])
            break
    return min(ends)


def _clause(text: str, match: re.Match[str], low: int, high: int) -> int:
    """Where the clause of a verb begins if it changes a place; -1 if it does not."""
    starts = [m for m in START.finditer(text, low, match.start()) if not CITING.search(text, low, m.start() + 1)]
    if not starts:
        return -1
    subject = starts[-1].end()
    first = MENTION.search(text, subject, match.start())
    begins = (first and first.start() < subject + 60) or SUBJECT.match(text, subject)
    if not begins or not STRONG.search(text, match.start(), high) or UNSURE.search(text, subject, match.start()):
        return -1
    return subject - len(_sign(text, starts[-1]))


def _item(text: str, begin: int) -> re.Match[str] | None:
    """The sign of the item that a clause stands in: "2. Term. Section 5 is amended"."""
    if item := ITEM.match(text, begin):
        return item if _successor(item["sign"]) else None
    before = [*ITEMS.finditer(text, max(0, begin - NEAR), begin)]
    return before[-1] if before and _successor(before[-1]["sign"]) else None


def _items(text: str, begin: int) -> list[re.Match[str]]:
    """The signs of the item that a clause stands in and, where that is a letter, of the number over it."""
    item = _item(text, begin)
    if item is None or not item["sign"].isalpha():
        return [item] if item else []
    before = [m for m in ITEMS.finditer(text, max(0, item.start() - 4 * NEAR), item.start()) if m["sign"].isdigit()]
    return [item, *before[-1:]]


def _place(text: str, begin: int) -> str:
    """The number of the item that a clause stands in, "7(b)" for (b) under 7."""
    item, *outer = [m["sign"] for m in _items(text, begin)] or [""]
    return f"{outer[0]}({item})" if outer else item


def _successor(sign: str) -> str:
    head, point, last = sign.rpartition(".")
    if last.isdigit():
        return f"{head}{point}{int(last) + 1}"
    if len(sign) == 1 and sign.isalpha() and sign.lower() != "z":
        return chr(ord(sign) + 1)
    return ""


def _quoted(text: str, at: int, limit: int) -> int:
    """The closing mark of the quotation that opens at `at`, its paragraphs and inner quotations included; 0 if there is
    none before `limit`."""
    depth = 0
    for mark in re.finditer('"', text[at:limit]):
        place = at + mark.start()
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        opens = (place == at or before in ' \n("[') and bool(after) and not after.isspace() and after not in ".,;:)"
        depth += 1 if opens else -1
        if depth <= 0:
            if GOING_ON.match(text, place + 1, limit):
                depth = 0
                continue
            following = QUOTED_NEXT.match(text, place + 1, limit)
            if not following or text.find('"', following.end(), limit) < 0:
                return place
            depth = 0
    return 0

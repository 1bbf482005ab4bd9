"""Amendments as documents: which instrument changes which agreements, from when on, and its statements.

An instrument is an amendment, an addendum, a letter that amends or an agreement that restates an earlier one, whole or
appended to its agreement.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from citebound.ingest.amending import (
    NEAR,
    ORDINAL,
    ORDINALS,
    PAPER_WORD,
    RESTATES,
    Cut,
    Statement,
    View,
    agreement_name,
    restating,
    statements,
    title_start,
)
from citebound.ingest.facts import READERS
from citebound.ingest.outline import WORDS
from citebound.types import Document, Span

log = logging.getLogger(__name__)

OPENING = 6000
"""Characters after the beginning of an instrument in which it says what it amends, and when."""

HEAD = 3000
"""Characters of a document in which it shows that it is an amendment as a whole."""

NUMBERED = re.compile(
    rf"\b(?:(?P<ordinal>{ORDINAL}) (?:letter )?(?:amendment|addendum|amending)"
    rf"|(?:amendment|addendum)(?:,? (?:letter )?)?(?: agreement)? ?(?:no\.?|number|nr\.?|\#)? ?"
    rf"(?P<number>\d{{1,2}}(?![\d.,/])|{'|'.join(WORDS)}\b|(?-i:[IVX]{{1,4}})\b))",
    re.I,
)
KIND = r"(?:AMENDMENTS?|ADDENDUM|Amendments?|Addendum|AMENDING AGREEMENT|Amending Agreement)"
PREAMBLE = re.compile(
    rf"\b(?:THIS|This)(?: is (?:the|an?))? (?:(?!Agreement)[^\s.:;\"]{{1,25}} ){{0,5}}?{KIND}\b"
    r"(?! (?:may|shall|will|constitutes?|sets?|contains?|together|and the|supersedes|has|does|or|is (?:not"
    r"|subject|governed|hereby incorporated)))"
    r"(?=[^\n]{0,420}?(?:\bmade\b|\bentered into\b|\bdated\b|\beffective\b|\bexecuted\b|\bamends\b|\bbetween\b"
    r"|\bamong\b|\bby and\b))"
)
TITLE = re.compile(
    rf"(?:(?<=\n\n)|(?<=[.)\]\"] )|\A)(?:(?:Re|RE):? )?(?:(?i:exhibit) [\d.()a-z]{{1,10}}[ :]{{1,3}})?"
    rf"(?P<title>(?:(?i:{ORDINAL}) )?(?:(?i:letter) )?{KIND}"
    r"(?: AND WAIVER| and Waiver| AGREEMENT| Agreement)?"
    rf"(?: (?:No|NO|no|Number|NUMBER)?[.\#]{{0,2}} ?(?:\d{{1,2}}|[IVX]{{1,4}}|(?i:{'|'.join(WORDS[:12])}))\b)?"
    rf"(?:\s{{1,2}}(?:TO|To|to|OF|of)(?:\s{{1,2}}(?:the|THE"
    rf"|that certain))?\s{{1,2}}(?:[^\s.;:]{{1,30}}\s{{1,2}}){{0,14}}?{PAPER_WORD}(?!\s{{1,2}}{PAPER_WORD}))?)"
    r"(?=[\s,(:;.-]|\Z)"
)
RESTATED = re.compile(
    rf"(?:(?<=\n\n)|(?<=[.)\]\"] )|\A)(?P<title>(?:(?i:{ORDINAL}) )?(?:AMENDED AND RESTATED|Amended and Restated"
    rf"|Amended And Restated)"
    rf" (?:[^\s.;:]{{1,30}} ){{0,14}}?{PAPER_WORD})(?=[\s,(:;.-]|\Z)"
)
LETTER = re.compile(r"\bReference is (?:hereby )?made to\b")
RECITAL = re.compile(
    r"(?i)\bthis (?:[\w.#]{1,12} ){0,3}(?:amendment|addendum)|\bwhereas\b|\breference is\b|\bby and (?:between"
    r"|among)\b"
    r"|\bparties\b|\bin recognition\b|\bagree(?:s|d)? (?:to|as)\b"
)
GENERIC = frozenset({"agreement", "contract", "lease", "license", "licence"})
SIGNED = re.compile(r"(?i)\bin witness whereof\b|\n\nby: ?(?:/s/|_)")
SHORT = re.compile(r"\((?:[^()\"]{0,120}?)\"(?P<name>[^\"()\n]{2,60}?)[,.]?\"[^()]{0,60}\)")
DATED = re.compile(
    r"(?: (?:on|of) |(?:(?!\b(?:[Aa]s amended|WHEREAS|Amendment|AMENDMENT|Addendum|is (?:made|entered|effective"
    r"|dated|hereby))\b)[^;\n]){0,200}?\b(?:dated|entered into|made|effective|executed|Effective Date|date)"
    r"(?: and entered into)?(?: effective)?(?:,? as)?(?: of"
    r"| on)?(?: the)? ?)(?P<date>(?:[A-Z][a-z]{2,9}\.? \d{1,2} ?(?:st|nd|rd|th)? ?, ?\d{4}"
    r"|\d{1,2} ?(?:st|nd|rd|th)?(?: day)?(?: of)? [A-Z][a-z]{2,9},? \d{4}|\d{4}-\d\d-\d\d"
    r"|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}))"
)
DAY = re.compile(
    r"\b(?:[A-Z][a-z]{2,8}\.? \d{1,2} ?(?:st|nd|rd|th)? ?, ?\d{4}|\d{1,2} ?(?:st|nd|rd"
    r"|th)?(?: day)?(?: of)? [A-Z][a-z]{2,8},? \d{4}"
    r"|\d{4}-\d\d-\d\d|\d{1,2}[/.]\d{1,2}[/.]\d{2,4})\b"
)
OTHERS = re.compile(
    r"(?i)\bas amended|amended (?:on|by|(?:and restated )?as of)"
    r"|agreement(?:(?!amendment|addendum|\bis\b)[^.;\n]){0,60}$"
)
"""What stands before a date of another paper."""

EFFECTIVE = re.compile(
    r"(?i)\beffective(?: date)?\b(?: for all purposes[^.;]{0,40})?[,:]?(?: is| as of| on| from| of)?(?: the)? ?\"?$"
)


@dataclass(frozen=True, slots=True)
class Paper:
    """An agreement that an instrument names: its title, its ISO date ("" where none is printed), the short names given
    to it ("Agreement"), and where its title stands."""

    title: str
    date: str
    names: tuple[str, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Instrument:
    """An amendment: its stretch of the document, its title and number (0: none) as printed, the ISO date from which it
    has effect ("" for none), the agreements it names, and what it changes."""

    span: Span
    title: str
    number: int
    date: str
    papers: tuple[Paper, ...]
    statements: tuple[Statement, ...]

    def paper(self, statement: Statement) -> Paper | None:
        """The agreement that a statement changes; None where the instrument names none, or several and not which."""
        name = agreement_name(statement.paper)
        called = [p for p in self.papers if name in (agreement_name(n) for n in (*p.names, p.title))] if name else []
        if not called and name:
            called = [p for p in self.papers if agreement_name(p.title).endswith(name)]
        if not name:
            called = [p for p in self.papers if GENERIC & {agreement_name(n) for n in p.names}]
        known = called or ([] if name and name not in GENERIC else list(self.papers))
        dated = [p for p in known if p.date] or known
        return dated[0] if len({agreement_name(p.title) for p in dated}) == 1 else None


def amendments(document: Document) -> tuple[Instrument, ...]:
    """The instruments of a document that amend something, in the order of its text. Never raises on any text.

    Statements outside of an instrument count only where they say "hereby"; what may be amended one day does not.
    A text that costs more than `amending.MOST_SECONDS` is read in part, which a warning says.
    """
    if not may_amend(document.text):
        return ()
    view = View(document)
    starts = [*_openings(view.text)]
    cuts = [(at, end) for at, end in zip(starts, [*starts, len(view.text)][1:], strict=True)]
    found = [made for cut in cuts if not view.spent and (made := _instrument(view, cut)).statements]
    if not view.spent and (not starts or starts[0] > HEAD):
        end = starts[0] if starts else len(view.text)
        loose = statements(view, (0, end), sure=True)
        if not loose and not view.spent:
            loose = restating(view, 0, min(end, OPENING), sure=True)
        if loose:
            papers = _papers(view, 0, min(end, OPENING))
            found.insert(0, Instrument(view.span(0, end), "", 0, "", papers, loose))
    if view.spent:
        log.warning("document %s: its amendments take too long and are read in part", document.info.id)
    return tuple(found)


def may_amend(text: str) -> bool:
    """Whether a text has any words without which it amends nothing: quick, and often True of what amends nothing."""
    return bool(SIGN.search(text))


SIGN = re.compile(
    r"A(?:mendment|MENDMENTS?|mending|MENDING|ddendum|DDENDUM)\s{0,40}"
    r"(?:A(?:greement|GREEMENT)|A(?:nd|ND)\s|N[oOu]|(?:to|TO|of|OF)\s{1,9}(?!this|THIS|any)|\d|#|[IVX]{1,4}\b|\(|\n|\Z)"
    rf"|T(?:his|HIS)\s{{1,9}}(?:\S{{1,25}}\s{{1,9}}){{0,8}}{KIND}"
    rf"|(?i:\b{ORDINAL}\s{{1,9}}(?:letter\s)?(?:amendment|addendum)"
    r"|\bamends?,?\s{1,9}(?:and\s{1,9})?(?:restate|replace|supersede)"
    r"|\b(?:is|be|are)\s{1,9}(?:hereby\s{1,9})?amended,?\s{1,9}(?:and\s{1,9})?restated"
    r"|\bhereby,?\s{1,9}(?:is,?\s|are,?\s|further\s|also\s|agree\w?\s(?:to\s)?){0,3}"
    r"(?:amend|delet|remov|str[iu]|replac|restat|modif|revis|supplement|supersed|substitut|add|insert|extend|chang"
    r"|attach))"
)


def _openings(text: str) -> list[int]:
    """Where instruments begin."""
    found: list[int] = []
    for at, sure in sorted([*_titles(text), *((m.start(), True) for m in PREAMBLE.finditer(text))]):
        if found and at - found[-1] < NEAR and not _is_another(text, found[-1], at):
            continue
        if sure or RECITAL.search(text, at, at + NEAR):
            found.append(at)
    if not found and (letter := LETTER.search(text, 0, HEAD)) and re.search(r"(?i)amend", text[:HEAD]):
        found.append(letter.start())
    return found


def _is_another(text: str, first: int, at: int) -> bool:
    """Whether a second sign of an opening begins another instrument: after signatures, or with another number."""
    numbers = {_number(text, start, min(len(text), start + 60)) for start in (first, at)} - {0}
    return len(numbers) > 1 or bool(SIGNED.search(text, first, at))


def _titles(text: str) -> Iterator[tuple[int, bool]]:
    for match in TITLE.finditer(text):
        title = match["title"]
        alone = text.startswith("\n\n", match.end()) or match.end() == len(text)
        named = bool(re.search(PAPER_WORD, title)) or bool(NUMBERED.search(title))
        opened = alone and re.match(
            r"\s{1,3}(?:THIS|This|Reference|WHEREAS|Dated|Date)\b", text[match.end() : match.end() + 20]
        )
        if (named and (alone or title.isupper() or match.start() < HEAD)) or opened:
            yield match.start("title"), False
    for match in RESTATED.finditer(text, 0, HEAD):
        if RESTATES.search(text, match.end(), match.end() + OPENING):
            yield match.start("title"), True


def _instrument(view: View, cut: Cut) -> Instrument:
    start, end = cut
    head = min(end, start + OPENING)
    papers = _papers(view, start, head)
    found = statements(view, cut)
    stop = view.within(found[0].span.start) if found else head
    if not found and not view.spent and (found := restating(view, start, head)):
        stop = view.within(found[0].span.end - 1)
        papers = tuple(paper for paper in papers if agreement_name(paper.title) == agreement_name(found[0].paper))
    number = _number(view.text, start, min(end, start + 400))
    title = _title(view.text, start, number)
    date = _date(view.text, start, max(start, min(head, stop)), papers)
    return Instrument(view.span(start, end), title, number, date, _in_title(papers, title), found)


def _number(text: str, start: int, end: int) -> int:
    for match in NUMBERED.finditer(text, start, end):
        if re.search(
            r"(?i)\bas amended|\bamended by|\bincluding", text[max(start, match.start() - 40) : match.start()]
        ):
            continue
        return _value(match["ordinal"] or match["number"])
    return 0


def _value(printed: str) -> int:
    word = printed.lower()
    if word[0].isdigit():
        return int(re.match(r"\d+", word)[0])  # type: ignore[index]
    for words in (ORDINALS, WORDS):
        if word in words:
            return words.index(word) + 1
    return {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}.get(word, 0)


def _title(text: str, start: int, number: int) -> str:
    found = TITLE.search(text, max(0, start - 2), start + 400) or RESTATED.search(text, max(0, start - 2), start + 400)
    if found:
        return " ".join(found["title"].split())
    return f"Amendment No. {number}" if number else "Amendment"


def _papers(view: View, start: int, end: int) -> tuple[Paper, ...]:
    """The agreements that the opening of an instrument names, each once, with date and short names."""
    text = view.text
    found: dict[str, Paper] = {}
    words = list(re.finditer(rf"\b{PAPER_WORD}\b", text[start:end]))
    for i, word in enumerate(words):
        begin, stop = title_start(text, start, start + word.start()), start + word.end()
        title = text[begin:stop]
        if re.match(rf" {PAPER_WORD}\b", text[stop : stop + 12]):
            continue
        if begin == start + word.start() or re.search(r"(?i)\b(?:this|amend(?:ment|ing))\b", title):
            continue
        following = start + words[i + 1].start() if i + 1 < len(words) else end
        after = text[stop : min(end, stop + 320)]
        called = (m["name"] for m in SHORT.finditer(after[: max(80, following - stop + 12)]))
        names = tuple(dict.fromkeys(name for name in called if re.search(PAPER_WORD, name)))[:2]
        dated = DATED.match(after)
        date = next((v for v, *_ in READERS["date"](dated["date"])), "") if dated else ""
        key = agreement_name(title)
        known = found.get(key)
        if known:
            found[key] = replace(known, date=known.date or date, names=tuple(dict.fromkeys((*known.names, *names))))
        else:
            found[key] = Paper(" ".join(title.split()), date, names, view.span(begin, stop))
    return tuple(found.values())


def _in_title(papers: tuple[Paper, ...], title: str) -> tuple[Paper, ...]:
    """The papers, or if the title of the instrument names some of them, those."""
    named = tuple(p for p in papers if agreement_name(p.title) in agreement_name(title))
    dated = tuple(p for p in papers if p.date or p.names)
    chosen = named or dated or papers
    return tuple(p for p in papers if p in chosen or p.names) if named else chosen


def _date(text: str, start: int, end: int, papers: Sequence[Paper]) -> str:
    """The date of an instrument: that from which it has effect, before that of its signing; "" for none."""
    taken = {paper.date for paper in papers if paper.date}
    stop = re.compile(r"\b(?:WHEREAS|RECITALS?|Recitals|R E C I T A L S|NOW,? THEREFORE|BACKGROUND)\b").search(
        text, start + 60, end
    )
    head = min(end, start + 2500)
    found: list[tuple[bool, int, str]] = []
    at = start
    while at < head and len(found) < 8:
        match = DAY.search(text, at, head)
        if not match:
            break
        at = match.end()
        before = text[max(start, match.start() - 90) : match.start()]
        value = next((v for v, *_ in READERS["date"](match.group())), "")
        if not value or value in taken or OTHERS.search(before):
            continue
        recited = bool(stop) and match.start() > stop.start()  # type: ignore[union-attr]
        if recited:
            continue
        effective = bool(EFFECTIVE.search(before))
        found.append((not effective, match.start(), value))
    if found:
        return min(found)[2]
    before = text[max(0, start - 260) : start]
    dates = [next((v for v, *_ in READERS["date"](m.group())), "") for m in DAY.finditer(before)]
    return dates[-1] if dates and start > HEAD and dates[-1] not in taken else ""

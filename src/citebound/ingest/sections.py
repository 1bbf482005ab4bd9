"""The tree of headings, numbered clauses and lettered items of a document's body."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from citebound.ingest.outline import (
    ATTACHED,
    NAMED,
    ORDINAL,
    WORDS,
    Mark,
    caption_under,
    is_caption,
    is_contents_line,
    is_finding,
    is_listed,
    item,
    numbered,
    roman_value,
    unmarked,
    values,
)
from citebound.types import ASIDE, Block, BlockKind, Section, Span

HEADINGS = frozenset({BlockKind.PARAGRAPH, BlockKind.LIST_ITEM})
LONGEST_HEADING = 300
LONGEST_CAPTION = 120
CONTENTS_SLACK = 20
LISTED_APART = 200
"""Characters between two attachments in a list of them."""

FRONT, CONTENTS_SHARE = 30_000, 0.35
"""Characters, and share of the document, that a table of contents takes at most."""

FIRST_ENTRY = 1000
"""Characters between the title of a table of contents and its first number, at most."""

AHEAD = 60
"""How many starts one looks ahead to tell "(i)" after "(h)" from the first of "(i), (ii)"."""

SKIPPED = 9
"""Numbers that may be missing between two clauses before the second is taken for something else."""

SIGN = (
    rf"(?:{NAMED}\s+\S|\d{{1,2}}(?:\.\d{{1,3}}){{1,5}}[.):]?\s|\d{{1,2}}[.)]\s"
    r"|\([a-zA-Z0-9]{1,5}\)|[A-Za-z][.)]\s|[ivxIVX]{2,5}[.)]\s)"
)
POINT = re.compile(
    rf"(?P<line>\n[ \t]{{0,200}}(?={SIGN}))|(?P<gap>(?<=[ \t]{{3}})(?={SIGN}))"
    rf"|(?<=[.;:\"\u201d\])])[ \t]{{1,2}}(?={NAMED}\s|\d)"
    r"|[ \t](?=\d{1,2}\.\d{1,2}(?:\.\d{1,2}){0,3}\.?[ ]{1,3}[A-Z\"\u201c])(?:(?<=[A-Za-z][ \t])|(?<=[A-Za-z][ \t]{2}))"
)
OPEN_END = re.compile(
    r"(?i)(?:\b(?:sections?|clauses?|articles?|(?:sub)?paragraphs?|exhibits?|schedules?|annex|appendix|to|of|in|under|the"
    r"|by|with|through|than|least|no\.|nos\.|\$)|[^;,:.\s]\s{1,3}(?:and|or)|[(-])$"
)
NOUNS = r"(?i)\b(?:sections?|clauses?|articles?|(?:sub)?paragraphs?|exhibits?|schedules?|annex|appendix)"
NOUN, REFERRING = re.compile(NOUNS + "$"), re.compile(NOUNS + r"(?:[ \d.]{0,12}\d)?$")
LIST_END = re.compile(r"(?:[.;:,?!)\]\"\u201d\u2014-]|\band|\bor|\bthen)$")
ATTACHMENT = re.compile(
    rf"\s{{0,80}}(?P<number>(?P<word>(?i:exhibit|schedule|annex|appendix|attachment))\s{{1,3}}[\"\u201c'\u2018]?{ORDINAL}[\"\u201d'\u2019]?)\s{{1,40}}(?=[A-Z])"
)
UNQUOTED = {ord(mark): None for mark in "\"\u201c\u201d'\u2018\u2019"}
COLUMNS = re.compile(r"\S[ \t]{3,80}\S")
HEAD = 3000
SIGNED = re.compile(
    r"\W{0,80}(?:[^\n]{0,80}\n\W{0,80}){0,2}(?:print(?:ed)?\s)?(?:by|name|title|its|signed|signature|/s/)"
    r"[ ]{0,3}(?::|/s/|_|\t)",
    re.I,
)
SIGNING = re.compile(r"\W{0,9}(?:signature|signed|by|/s/)(?!\w)", re.I)
ADDRESS = re.compile(
    r"[.,]?\s{1,20}(?:c/o|attn|attention|suite|p\.?\s?o\.?\sbox|tel|fax|phone"
    r"|\d{1,6}\s{1,3}[A-Z][\w.]{0,20}[^\n;:]{0,60}(?:\n|\s{3,80}|$)(?:[^\n;:]{0,80}\b[A-Z]{2}\s{1,3}\d{5}\b|[^\n;:]{1,60},\s|attn|attention|suite|tel|fax))",
    re.I,
)
"""What stands under a name in the address of a notice."""

PLACED = re.compile(
    r"[^\n]{0,60}\b[A-Z]{2}\s{1,3}\d{5}(?:-\d{4})?\W{0,9}$"
    r"|\d{1,6}\s[^\n]{0,60}\b(?i:street|st|avenue|ave|road|rd|drive|dr|boulevard|blvd|lane|ln|way|court|ct|circle|crescent|place|plaza"
    r"|square|floor|suite|highway|parkway|pkwy)\b[^\n]{0,20}$"
)
"""A line of an address: state and postal code, or the number of a house."""

VALUED = re.compile(r"(?P<label>[A-Z][A-Z ./&'\u2019-]{1,40}):\s{1,20}\S")
"""A label and its value, all in capitals: "TERRITORY: NORTH AMERICA"."""

CELLS = re.compile(r"[ \t]{3,80}")
LONGEST_ROW, LONGEST_CELL = 400, 60
BETWEEN = re.compile(r"[^a-z]{0,240}")
"""What may stand between "ARTICLE I" and its heading: a page break, a stamp."""
CONTINUED = re.compile(
    r"(?P<number>\d{1,2}(?:\.\d{1,3}){1,5})"
    r"(?:(?=[A-Z][a-zA-Z])|[.):]?\s{1,8}(?=[a-z])"
    r"(?!(?:million|billion|percent|per|times|hours?|days?|months?|years?|mm|cm|km|kg|mg|ml|ft|x)\b))"
)
"""Numbers before small letters, or without a blank: clauses only where they go on with those before them."""
FILED, FILED_AS = re.compile(r"\d\.\d"), re.compile(r"exhibit\s{1,3}\d{1,3}\.\d", re.I)
"""What the number of an exhibit to a filing has, and that of an exhibit to a contract has not."""

PAPER = re.compile(r"\b(?:agreement|contract|lease|deed|licen[cs]e|amendment|addendum|note|plan)\W*$", re.I)
"""How the title of a document ends: its pages may repeat it."""

SOLE = re.compile(r"\d{1,2}(?:\.\d{1,2}){0,3}\.?|(?:[A-Z]|[IVX]{2,5})\.")
CONTENTS = re.compile(
    r"(?:\btable\s{1,3}of\s{1,3}contents\b|^[ \t#*]{0,40}(?:contents|index)\b)(?=[ \t*:]{0,40}(?:\n|page|\Z))"
    rf"(?=\W{{0,80}}(?:page\W{{0,40}})?(?:{NAMED}|\d{{1,2}}\W|[IVX]{{1,4}}\.|recitals|definitions|background|parties)"
    r"|\W{0,9}\Z)",
    re.I | re.M,
)
"""The title of a table of contents before its first entry: filings print the same words on every page."""
OPENING = re.compile(
    r"\W*(?:recitals?|background|w\s?i\s?t\s?n\s?e\s?s\s?s\s?e\s?t\s?h|whereas|preamble|parties|introduction"
    r"|now,? therefore|premises|preliminary statements?)\b",
    re.I,
)
NO_HEADING = re.compile(
    r"\W*$|this\b|.{0,80}(?:/s/|_{4}|\[\W{0,9}\]|[ \t]{4,}\S)"
    r"|.{0,80}\b(?:inc|llc|ltd|corp|l\.?p|gmbh|n\.a|s\.a|plc|limited|corporation|company)\b\W*$"
    r"|(?:by|name|title|date|and|between|among|by and (?:between|among)|page|its|attest|witness|to|for|from)\b\W*$"
    r"|(?:signature|address(?:es)?|telephone|phone|facsimile|fax|e-?mail|attention|attn)\W*$"
    r"|.{0,40}\bagreed (?:to|and accepted|to and accepted)\b(?: by)?\W*$"
    r"|\W{0,3}[\"\u201c][^\"\u201c\u201d]{1,80}[\"\u201d]\W*$"
    r"|.{0,80}\b(?:confidential treatment|execution (?:copy|version)|signature pages?|intentionally (?:left )?blank"
    r"|signatures? (?:on|follow)|hereunto)\b"
    r"|source:|in witness whereof|page \d|dated?[\s:]{1,9}\W{0,9}\d|date:",
    re.I,
)


LEGEND = re.compile(
    r".{0,80}\b(?:(?:portions?|information) (?:of this .{1,30} )?(?:(?:has|have) been |were |was )?(?:omitted|redacted)"
    r"|confidential treatment (?:requested|has been))\b",
    re.I,
)
"""What a filing prints above a document, that is no heading in any type."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a section may begin, before its end and its parent are known.

    `kind`: "title" (no number), "row" (the label of a table row with text under it), "stamp" (the number under which a
    document was filed: it heads no more than its line), "digits" (all of 5 and 5.1), "item", "finding", or the word of
    a named number.
    `parts` are the values of the number, `counts` how an item may count, as pairs of style and value. `level` 0: to be
    found from the number. `alone`: nothing but the number stands in its block. `firm`: 2 for the beginning of a block,
    1 of a line or after a wide gap, 0 within a line.
    """

    span: Span
    kind: str
    number: str
    heading: str
    level: int = 0
    firm: int = 2
    parts: tuple[int, ...] = ()
    counts: tuple[tuple[str, int], ...] = ()
    column: int = 0
    alone: bool = False

    @property
    def at(self) -> int:
        return self.span.start


def sections(text: str, blocks: Sequence[Block]) -> tuple[Section, ...]:
    """All sections in order of their start; a child's `parent` is the position of its section in the result.

    A section runs to the next heading of the same or a higher level. A lettered item ("(a)", "ii.") that begins a line
    is a section too, without a heading unless it has a caption. Running headers, comments and other asides neither
    begin a section nor belong to one; lines of a table of contents begin none.
    """
    body = [block for block in blocks if block.kind not in ASIDE]
    if not body:
        return ()
    starts = [start for block in body for start in _starts(text, block)]
    starts = _without_lists(_without_rows(starts))
    starts = _without_contents(_captioned(_without_legends(starts, text), text), text)
    return Tree(text, starts).grow(body[-1].span.end)


def full_number(sections: Sequence[Section], position: int) -> str:
    """The number of a section as a lawyer would cite it: "9.2(a)(i)", "Article IV", "Exhibit A", "Exhibit A, 1(a)".

    "" for a heading without a number. What stands under an attachment carries its name, unless the whole document is
    that attachment.
    """
    section = sections[position]
    path = [section]
    while section.parent is not None:
        section = sections[section.parent]
        path.append(section)
    first = _first_number(sections)
    base = ""
    for section in reversed(path):
        base = _cited(base, section, section is first)
    return base if path[0].number else ""


def full_numbers(sections: Sequence[Section]) -> tuple[str, ...]:
    """`full_number` of every section, in their order."""
    first = _first_number(sections)
    bases: list[str] = []
    for section in sections:
        bases.append(_cited("" if section.parent is None else bases[section.parent], section, section is first))
    return tuple(base if section.number else "" for base, section in zip(bases, sections, strict=True))


def _first_number(sections: Sequence[Section]) -> Section | None:
    """The first section with a number of the document's own, which that of an exhibit to a filing is not."""
    return next((s for s in sections if s.number and not FILED_AS.match(s.number)), None)


def _cited(base: str, section: Section, first: bool) -> str:
    """The full number of a section under a parent that is cited as `base`; `base` itself for an unnumbered one."""
    number = section.number.rstrip(".:")
    if not number or is_finding(number):
        return number or base
    word, _, ordinal = number.rpartition(" ")
    ordinal = ordinal.title() if ordinal.lower() in WORDS else ordinal
    outer, comma, inner = base.rpartition(", ")
    if not comma and base.split(" ")[0].lower() in ATTACHED:
        outer, inner = base, ""
    if word and word.lower() in ATTACHED:
        return f"{word.capitalize()} {ordinal}" if not first else ""
    if word and word.lower() != "section":
        return f"{outer}, {word.capitalize()} {ordinal}" if outer else f"{word.capitalize()} {ordinal}"
    named = " " in inner
    if not ordinal[:1].isdigit() and not word:
        letter = ordinal.strip("().")
        inner += f"({letter})" if ordinal.startswith("(") or (inner and letter.islower()) else f".{letter}"
    elif "." in ordinal or word or named or not inner:
        inner = ordinal
    else:
        inner = f"{inner}.{ordinal}"
    inner = inner.lstrip(".")
    return f"{outer}, {inner}" if outer else inner


def _starts(text: str, block: Block) -> Iterator[Start]:
    content = block.span.of(text)
    if len(content) <= 4 * LONGEST_HEADING and is_contents_line(content):
        return
    view = unmarked(content)
    if SOLE.fullmatch(content) and text[block.span.end : block.span.end + 1] in (" ", "\t"):
        if FILED_AS.match(text[block.span.end : block.span.end + LONGEST_HEADING].lstrip()):
            return
        number = content.rstrip(".")
        yield replace(_numbered(Mark(number, "", 0, inline=False), content, block.span, 0), alone=True)
    elif block.kind is BlockKind.TITLE and len(content) <= LONGEST_HEADING:
        yield _title(view, block)
    elif block.kind is BlockKind.TABLE_ROW:
        yield from _labelled(view, block)
    elif block.kind in HEADINGS | {BlockKind.TITLE}:
        column = block.span.start - text.rfind("\n", 0, block.span.start) - 1
        if not NOUN.search(text[max(0, block.span.start - 40) : block.span.start].rstrip()):
            begun = list(_start(view, 0, block, 2, column))
            yield from begun or _attached(text, view, block)
        last = 0
        for match in POINT.finditer(view):
            last, repeated = match.end(), match.end() == last
            before = view[max(0, match.start() - 40) : match.start()].rstrip()
            if repeated or not before or OPEN_END.search(before) or REFERRING.search(before):
                continue
            firm = int(match["line"] is not None or match["gap"] is not None)
            listed = LIST_END.search(before) or (match["line"] and not before[-1:].isdigit())
            column = len(match[0].strip("\n")) if match["line"] else 0
            for start in _start(view, match.end(), block, firm, column):
                if before[-1] == "," and len(start.parts) == 1:
                    continue
                yield start if listed or start.kind != "item" else replace(start, firm=0)


def _title(view: str, block: Block) -> Start:
    """A block that its reader calls a heading; looser numbers count, and all of it is the caption if it is short."""
    offset = len(view) - len(view.lstrip("\ufeff \t"))
    if found := item(view[offset:]):
        sign, _, caption = found
        return Start(block.span, "item", sign, caption, block.level, counts=values(sign))
    strict, loose = numbered(view), numbered(view, heading=True)
    if loose is None:
        return Start(block.span, "title", "", " ".join(view.split()).strip("#= -"), block.level)
    caption = loose.caption
    if strict and (len(caption) > LONGEST_CAPTION or (strict.inline and (strict.caption or caption[:1] in '"\u201c'))):
        caption = strict.caption
    start = _numbered(Mark(loose.number, caption, 0, inline=False), view[offset:], block.span, block.level)
    return replace(start, alone=not caption)


def _labelled(view: str, block: Block) -> Iterator[Start]:
    """The label in the first cell of a table row, if the other cell is text of several lines."""
    label, _, rest = view.partition("\n")
    words = label.strip(" *:")
    if (
        rest.count("\n")
        and len(rest) >= LONGEST_CELL
        and len(label) <= LONGEST_CELL
        and is_caption(words)
        and not SIGNING.match(rest)
    ):
        yield Start(Span(block.span.start, block.span.start + len(label)), "row", "", words)


def _attached(text: str, view: str, block: Block) -> Iterator[Start]:
    """An attachment whose text follows its number at once, in capitals or at the top of a page: "EXHIBIT B This"."""
    found = ATTACHMENT.match(view)
    before = text[max(0, block.span.start - 60) : block.span.start]
    cut = not before.strip() or before.rstrip()[-1] == "," or OPEN_END.search(before.rstrip())
    if found and not cut and (found["word"].isupper() or before.endswith("\n\n\n")):
        number = " ".join(found["number"].split()).translate(UNQUOTED)
        if not is_listed(number, view[found.end() : found.end() + LONGEST_HEADING]):
            span = Span(block.span.start, block.span.start + 1)
            yield _numbered(Mark(number, "", 1, inline=True), found[0], span, 0)


def _start(view: str, at: int, block: Block, firm: int, column: int) -> Iterator[Start]:
    """The start of a numbered clause or lettered item at a place of a paragraph, if there is one."""
    begin = at
    at += len(view[at : at + 80]) - len(view[at : at + 80].lstrip("\ufeff \t\n"))
    piece = view[at : at + 400]
    span = Span(block.span.start + (at if begin else 0), block.span.start + at + 1)
    if firm and (found := item(piece)):
        sign, _, caption = found
        yield Start(span, "item", sign, caption, 0, firm, counts=values(sign), column=column)
    elif firm and (further := CONTINUED.match(piece)):
        bare = Mark(further["number"], "", 0, inline=True)
        yield replace(_numbered(bare, piece, span, 0), firm=0, column=column)
    elif mark := numbered(piece):
        if firm == 2 and not mark.inline:
            span = Span(span.start, block.span.end)
            yield replace(_numbered(mark, piece, span, 0), column=column, alone=not mark.caption)
        else:
            yield replace(_numbered(mark, piece, span, 0), firm=firm, column=column)


def _numbered(mark: Mark, piece: str, span: Span, level: int) -> Start:
    word, _, ordinal = mark.number.rpartition(" ")
    if is_finding(mark.number):
        return Start(span, "finding", mark.number, mark.caption, level)
    if not word and not ordinal[:1].isdigit():
        return Start(span, "item", mark.number + ".", mark.caption, level, counts=values(mark.number + "."))
    kind = word.lower() or "digits"
    return Start(span, "digits" if kind == "section" else kind, mark.number, mark.caption, level, parts=_parts(ordinal))


def _parts(ordinal: str) -> tuple[int, ...]:
    """The values of "9.2", "IV", "Four", "B", "A-1"; trailing zeros ("1.0") are not counted."""
    if ordinal[0].isdigit():
        parts = [int(digits) for digits in re.findall(r"\d+", ordinal.split("(")[0])]
        while len(parts) > 1 and parts[-1] == 0:
            parts.pop()
        return tuple(parts)
    if ordinal.lower() in WORDS:
        return (WORDS.index(ordinal.lower()) + 1,)
    outer = re.split(r"[(.-]", ordinal, maxsplit=1)[0]
    if outer != ordinal and (value := roman_value(outer)):
        return (value, *(ord(c.lower()) - 96 for c in ordinal[len(outer) :] if c.isalpha()))
    return (roman_value(ordinal) or ord(ordinal[0].lower()) - 96,)


def _captioned(starts: list[Start], text: str) -> list[Start]:
    """With "ARTICLE I" and the heading right under it made one."""
    made: list[Start] = []
    for i, start in enumerate(starts):
        last = made[-1] if made else None
        bare = last and last.number and not last.heading and (last.parts or last.alone)
        if last and bare and start.kind == "title" and BETWEEN.fullmatch(text, last.span.end, start.at):
            made[-1] = replace(last, heading=start.heading.rstrip("."), span=Span(last.at, start.span.end))
            continue
        following = starts[i + 1].at if i + 1 < len(starts) else len(text)
        if start.alone and not BETWEEN.fullmatch(text, start.span.end, following):
            start = replace(start, heading=caption_under(text[start.span.end : start.span.end + LONGEST_CAPTION]))
        made.append(start)
    return made


def _without_rows(starts: list[Start]) -> list[Start]:
    """Without labels that come again, as those of a form do, and without any in a report of findings."""
    times = Counter(start.heading for start in starts if start.kind == "row")
    report = any(start.kind == "finding" for start in starts)
    return [s for s in starts if s.kind != "row" or not (report or times[s.heading] > 1 or NO_HEADING.match(s.heading))]


def _without_lists(starts: list[Start]) -> list[Start]:
    """Without attachments that a clause lists one under the other, behind which the clauses count on."""
    kept: list[Start] = []
    run: list[Start] = []
    clause = 0
    for start in starts:
        near = not run or (start.kind == run[-1].kind and start.at - run[-1].at <= LISTED_APART)
        if start.kind in ATTACHED and near:
            run.append(start)
            continue
        next_ = start.kind == "digits" and len(start.parts) == 1 and clause and start.parts[0] == clause + 1
        if start.kind in ATTACHED or start.kind == "digits":
            if not (next_ and len(run) > 1 and start.at - run[-1].at <= LISTED_APART):
                kept += run
            run = [start] if start.kind in ATTACHED else []
        elif run:
            kept += run
            run = []
        if start.kind == "digits" and len(start.parts) == 1:
            clause = start.parts[0]
        if start.kind not in ATTACHED:
            kept.append(start)
    return kept + run


def _without_legends(starts: list[Start], text: str) -> list[Start]:
    """Without what stands in capitals but heads nothing: names of parties, signature lines, stamps, filing numbers."""
    times = Counter(start.heading for start in starts if start.kind == "title")
    filed = Counter(start.number.lower() for start in starts if start.kind == "exhibit" and FILED.search(start.number))
    series = Counter(number.rpartition("-")[0] for number in {s.number for s in starts if s.kind == "finding"})
    kept: list[Start] = []
    titled: set[str] = set()
    for start in starts:
        if start.kind == "finding" and not start.level and series[start.number.rpartition("-")[0]] < 2:
            start = replace(start, kind="title", number="", heading=f"{start.number} {start.heading}")
        stamp = start.number.lower() in filed and (start.at < HEAD or filed[start.number.lower()] > 1)
        if start.kind == "title":
            heading = start.heading
            first = start.at < HEAD and PAPER.search(heading) and heading not in titled
            titled.add(heading)
            named = NO_HEADING.match(heading)
            shouted = (times[heading] > 2 and not first) or named or COLUMNS.search(start.span.of(text))
            labelled = VALUED.match(heading) or PLACED.match(heading)
            before = text[max(0, start.at - 200) : start.at].rstrip()[-1:]
            ending = heading.endswith(".") and (before.isalnum() or before == ",")
            signed = SIGNED.match(text, start.span.end) or heading.startswith("[")
            addressed = LEGEND.match(heading) or (named and ADDRESS.match(text, start.span.end))
            loose = shouted or labelled or ending or _is_row(start, text)
            stamp = bool(signed or addressed) or (not start.level and bool(loose))
        elif stamp and start.at < HEAD and not any(k.number for k in kept):
            kept.append(replace(start, kind="stamp", parts=(), alone=False))
        if not stamp or CONTENTS.match(start.heading):
            kept.append(start)
    return kept


def _is_row(start: Start, text: str) -> bool:
    """Whether a heading without a number is a cell of a printed row: short pieces side by side, with wide gaps."""
    begin = max(text.rfind("\n", max(0, start.at - LONGEST_ROW), start.at) + 1, start.at - LONGEST_ROW)
    end = text.find("\n", start.span.end, start.span.end + LONGEST_ROW)
    cells = [
        cell for cell in CELLS.split(text[begin : end if end >= 0 else start.span.end + LONGEST_ROW]) if cell.strip()
    ]
    if (
        len(cells) < 2
        or max(map(len, cells)) > LONGEST_CELL
        or any(numbered(c, heading=True) or PAPER.search(c) for c in cells)
    ):
        return False
    shouted = [cell for cell in cells if cell == cell.upper()]
    return len(shouted) > 2 or cells[0] == cells[-1] or any(VALUED.match(cell) or PLACED.match(cell) for cell in cells)


def _without_contents(starts: list[Start], text: str) -> list[Start]:
    """Without the entries of a table of contents: what follows its title, up to where its first number comes again;
    and rows of headings with nothing under them whose numbers and captions come again.
    """
    if title := CONTENTS.search(text, 0, FRONT):
        before = [start for start in starts if start.at < title.start()]
        starts = before + _body(starts[len(before) :], title.end(), len(text))
    later: dict[str, list[Start]] = {}
    listed: set[int] = set()
    for i in range(len(starts) - 2, -1, -1):
        start, following = starts[i], starts[i + 1]
        later.setdefault(following.number, []).append(following)
        bare = following.at - start.at < len(start.number) + len(start.heading) + CONTENTS_SLACK
        named = later.get(start.number, []) if start.number and start.kind != "item" and bare else []
        if any(_same_caption(start.heading, o.heading) for o in named[-AHEAD:]):
            listed.add(i)
    alone = {i for i in listed if i - 1 not in listed and i + 1 not in listed}
    return [start for i, start in enumerate(starts) if i not in listed or i in alone]


def _body(starts: list[Start], begin: int, length: int) -> list[Start]:
    """What follows the table of contents that `starts` begin with; all of them if it is none."""
    first = next((i for i, s in enumerate(starts) if s.parts and s.at - begin <= FIRST_ENTRY), None)
    if first is None:
        return [s for s in starts if not CONTENTS.match(s.heading)]
    key = (starts[first].kind, starts[first].parts)
    again = next((i for i, s in enumerate(starts) if i > first and (s.kind, s.parts) == key), None)
    if again is None or starts[again].at - starts[first].at > min(CONTENTS_SHARE * length, FRONT):
        return [s for s in starts if not CONTENTS.match(s.heading)]
    last = max(i for i in range(again) if starts[i].number)
    return starts[last + 1 :]


def _same_caption(entry: str, heading: str) -> bool:
    entry, heading = entry.lower(), heading.lower()
    return (
        entry == heading or (bool(heading) and entry.startswith(heading)) or (bool(entry) and heading.startswith(entry))
    )


@dataclass(frozen=True, slots=True)
class Open:
    """A section that has not ended: its position among those found, its start, and how its item counts."""

    position: int
    start: Start
    level: int
    style: str = ""
    value: int = 0


class Tree:
    """Grows the tree of sections from their starts, one after the other; what fits nowhere begins no section."""

    def __init__(self, text: str, starts: Sequence[Start]) -> None:
        self._text = text
        self._starts = starts
        self._found: list[Section] = []
        self._open: list[Open] = []
        self._begun: set[str] = set()
        captioned = [s for s in starts if s.heading and s.kind == "digits" and len(s.parts) == 1]
        self._captions = bool(captioned)
        self._columns = {s.column for s in captioned if s.column}

    def grow(self, end: int) -> tuple[Section, ...]:
        for i, start in enumerate(self._starts):
            if start.kind == "stamp":
                parent = self._open[-1].position if self._open else None
                level = self._under() + 1
                self._found.append(Section(start.span, start.number, start.heading, level, parent))
                continue
            placed = self._place(i, start)
            if placed:
                self._add(start, end, *placed)
        return tuple(self._found)

    def _add(self, start: Start, end: int, level: int, style: str, value: int) -> None:
        while self._open and self._open[-1].level >= level:
            self._close(self._open.pop().position, start.at)
        parent = self._open[-1].position if self._open else None
        self._open.append(Open(len(self._found), start, level, style, value))
        self._found.append(Section(Span(start.at, end), start.number, start.heading, level, parent))
        if start.parts and start.parts[-1] == 1:
            self._begun.add(start.kind)

    def _close(self, position: int, end: int) -> None:
        section = self._found[position]
        end = section.span.start + len(self._text[section.span.start : end].rstrip())
        self._found[position] = replace(section, span=Span(section.span.start, end))

    def _place(self, i: int, start: Start) -> tuple[int, str, int] | None:
        """Level, style and value of a start, or None where it begins no section."""
        if start.kind == "item":
            return self._item(i, start)
        if start.kind == "title":
            level = self._unnumbered(i, start)
        elif start.kind == "row":
            level = self._sibling("row") or self._under() + 1
        elif start.kind == "digits":
            level = self._digits(i, start)
        elif start.kind == "finding":
            level = self._sibling("finding") or start.level or self._under() + 1
        else:
            level = self._named(start)
        return (level, "", 0) if level else None

    def _under(self) -> int:
        return self._open[-1].level if self._open else 0

    def _sibling(self, kind: str) -> int:
        return next((o.level for o in reversed(self._open) if o.start.kind == kind), 0)

    def _root(self) -> int:
        """The level of the document's own title, 0 if it has none."""
        first = self._open[0] if self._open else None
        return first.level if first and first.start.kind == "title" and not OPENING.match(first.start.heading) else 0

    def _named(self, start: Start) -> int:
        """Articles stand above clauses, attachments beside the highest of both."""
        attached = start.kind in ATTACHED
        for o in self._open:
            if attached and o.start.kind in ATTACHED:
                same = (o.start.kind, o.start.parts) == (start.kind, start.parts) and o.start.number == start.number
                return 0 if same else o.level
        if not attached and (level := self._sibling(start.kind)):
            return level
        if start.level and start.level > self._root():
            return start.level
        clauses = (o.level for o in self._open if o.start.kind not in ("title", "row", "part", *ATTACHED))
        parents = [o.level for o in self._open if o.start.kind in ("part", *ATTACHED) and not attached]
        return next(clauses, max([*parents, self._root()]) + 1)

    def _digits(self, i: int, start: Start) -> int:
        parts = start.parts
        for o in reversed(self._open):
            if len(parts) > 1 and o.start.kind == "digits" and parts == (*o.start.parts[:-1], o.start.parts[-1] + 1):
                return o.level
            above = o.start.parts if o.start.kind in ("digits", "article", "part", "chapter") else ()
            if above and len(above) < len(parts) and parts[: len(above)] == above:
                fits = start.firm or (len(parts) == len(above) + 1 and parts[-1] == 1)
                return o.level + len(parts) - len(above) if fits else 0
        if len(parts) == 1:
            return self._single(i, start)
        for o in reversed(self._open):
            if o.start.kind == "digits" and len(o.start.parts) == len(parts):
                near = 2 if start.heading else 1
                next_ = o.start.parts[:-1] == parts[:-1] and 0 < parts[-1] - o.start.parts[-1] <= near
                return o.level if next_ or start.firm == 2 or (start.firm and o.start.parts < parts) else 0
        if start.firm < 2:
            return 0
        return start.level or self._enclosing(("article", "part", "chapter", *ATTACHED)) + 1

    def _enclosing(self, kinds: tuple[str, ...]) -> int:
        """The level of the innermost open section of these kinds, or else of the document."""
        return next((o.level for o in reversed(self._open) if o.start.kind in kinds), self._root())

    def _single(self, i: int, start: Start) -> int:
        """A clause "5.": the next of its like, the first of a list, or only a numbered line of text."""
        value = start.parts[0]
        bare = not start.heading and self._captions and start.number[0].isdigit() and start.column not in self._columns
        if bare and any(
            s.heading and s.kind == "digits" and s.parts == start.parts for s in self._starts[i + 1 : i + AHEAD]
        ):
            return 0
        like = [o for o in reversed(self._open) if o.start.kind == "digits" and len(o.start.parts) == 1]
        for o in like:
            if value == o.start.parts[0] + 1 and not (len(like) > 1 and start.column < o.start.column - 1):
                return o.level
        clauses = [o for o in self._open if o.start.kind == "digits"]
        if not like and clauses and (value != 1 or start.heading):
            return clauses[0].level
        missing = like and start.firm == 2 and value == like[0].start.parts[0] + 2 > SKIPPED
        if missing and bare:
            return like[0].level
        if bare or (not start.firm and (value != 1 or like or not self._goes_on(i, 2))):
            return 0
        if not like:
            fits = value == 1 or start.heading or start.level or self._goes_on(i, value + 1)
            return self._first(i, start) if fits else 0
        if value == 1:
            nested = start.column >= like[0].start.column + 2 or self._returns(i, like[0].start.parts[0] + 1)
            above = self._open[-1]
            if above.start.kind == "title" and above.level > like[0].level:
                return above.level + 1
            return self._under() + 1 if nested else like[-1].level
        close = like[0].start.parts[0] < value <= like[0].start.parts[0] + SKIPPED
        return like[0].level if close or (start.firm == 2 and start.heading) else 0

    def _first(self, i: int, start: Start) -> int:
        """The level of the first clause of a row: under what is open, but not under recitals or a finished list."""
        if start.level and not any(o.start.number for o in self._open):
            return start.level
        for o in reversed(self._open):
            recital = o.start.kind == "title" and bool(OPENING.match(o.start.heading))
            heading = o.start.kind == "title" and not o.start.level and o.level > 1 and "digits" not in self._begun
            within = self._sibling_kind(ATTACHED)
            listed = o.style and not self._item_goes_on(i, o)
            if not (o.start.kind == "row" or recital or listed or (heading and not within)):
                return max(o.level + 1, start.level if start.level > o.level else 0)
        return 1

    def _sibling_kind(self, kinds: tuple[str, ...]) -> bool:
        return any(o.start.kind in kinds for o in self._open)

    def _item_goes_on(self, i: int, o: Open) -> bool:
        """Whether the list of an open item goes on behind the clause `i`, before another of its like begins."""
        for s in self._starts[i + 1 : i + AHEAD]:
            if (o.style, o.value + 1) in s.counts:
                return True
            if (o.style, 1) in s.counts:
                return False
        return False

    def _goes_on(self, i: int, value: int) -> bool:
        return any(s.kind == "digits" and s.parts == (value,) for s in self._starts[i + 1 : i + AHEAD])

    def _returns(self, i: int, outer: int) -> bool:
        """Whether a list that begins at `i` ends, and the clauses around it go on with the number `outer`."""
        inner = 1
        for s in self._starts[i + 1 : i + AHEAD]:
            if s.kind != "digits" or len(s.parts) != 1:
                continue
            value = s.parts[0]
            if value == outer and (value != inner + 1 or bool(s.heading) != bool(self._starts[i].heading)):
                return True
            if value != inner + 1:
                return False
            inner = value
        return False

    def _item(self, i: int, start: Start) -> tuple[int, str, int] | None:
        """An item goes on with an open list, or begins one under what is open."""
        following = [(o, c) for c in start.counts for o in reversed(self._open) if (o.style, o.value + 1) == c]
        first = [c for c in start.counts if c[1] == 1]
        if following and first and self._counts_on(i, (first[0][0], 2), following[0][1]):
            following = []
        if following:
            o, (style, value) = following[0]
            return o.level, style, value
        if not start.firm:
            return None
        dotted = start.number[-1] == "." or not start.number.startswith("(")
        if first and (not dotted or start.heading or self._counts_on(i, (first[0][0], 2), None)):
            style = first[0][0]
            return self._again(style) or self._list_level(start), style, 1
        for style, value in start.counts:
            for o in reversed(self._open):
                near = start.firm == 2 or o.value < value <= o.value + SKIPPED
                if o.style == style and near:
                    return o.level, style, value
        if start.firm < 2 or not start.counts or (dotted and not start.level):
            return None
        style, value = start.counts[0]
        return (self._list_level(start), style, value) if value <= SKIPPED or start.level else None

    def _again(self, style: str) -> int:
        """The level of a list of this style inside the clause at hand, 0 if it has none."""
        for o in reversed(self._open):
            if o.style == style:
                return o.level
            if not o.style:
                return 0
        return 0

    def _list_level(self, start: Start) -> int:
        under = self._under()
        if start.level and not any(o.start.number for o in self._open):
            return start.level
        return under + 1

    def _counts_on(self, i: int, wanted: tuple[str, int], other: tuple[str, int] | None) -> bool:
        """Whether `wanted` comes before the successor of `other`, and before the next clause."""
        for s in self._starts[i + 1 : i + AHEAD]:
            if s.kind in ("digits", "article", *ATTACHED) and other is not None:
                return False
            if wanted in s.counts:
                return True
            if other and (other[0], other[1] + 1) in s.counts:
                return False
        return False

    def _unnumbered(self, i: int, start: Start) -> int:
        """A heading without a number stays inside the numbered section that it interrupts: the next number tells."""
        following = next((s for s in self._starts[i + 1 : i + 30] if s.number and s.kind != "item"), None)
        for o in reversed(self._open):
            within = not start.level or start.level >= o.level
            if within and o.start.kind == "finding":
                return o.level + 1 if start.level <= o.level else start.level
            if within and following and o.start.parts and following.parts[: len(o.start.parts)] == o.start.parts:
                return o.level + 1 if start.level <= o.level else start.level
            if within and following and _follows(o.start, following):
                next_ = self._starts[i + 1]
                if not start.level and not self._text[start.span.end : next_.at].strip():
                    return o.level
                return o.level + 1 if start.level <= o.level else start.level
        if start.level:
            return start.level
        if not self._open:
            return 1 if not self._found else self._found[0].level
        return self._enclosing(ATTACHED) + 1


def _follows(earlier: Start, later: Start) -> bool:
    """Whether the number goes on, in the same row."""
    if earlier.kind != later.kind or len(earlier.parts) != len(later.parts) or not later.parts:
        return False
    return earlier.parts[:-1] == later.parts[:-1] and later.parts[-1] > earlier.parts[-1]

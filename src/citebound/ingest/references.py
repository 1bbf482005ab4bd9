"""Mentions of other places of a document, and where they lead: "Sections 3 and 4", "paragraph (a) above"."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from citebound.ingest.outline import ATTACHED, NAMED, WORDS, numbered, roman_value, unmarked
from citebound.ingest.sections import CONTENTS, FRONT, full_numbers
from citebound.types import Reference, Section, Span

CLAUSES = ("section", "clause", "paragraph", "article")
WORD = (
    r"(?:(?:sub-?)?sections?|secs?\.|§{1,2}|articles?|arts?\.|(?:sub-?)?clauses?|(?:sub-?)?paragraphs?|paras?\."
    r"|exhibits?|schedules?|annex(?:es|ures?)?|appendi(?:x|ces)|attachments?|addend(?:um|a))"
)
SIGNS = r"(?:(?:\.|[ ])?\([a-zA-Z0-9]{1,5}\)){0,6}"
DIGITS = rf"\d{{1,5}}+(?:\.\d{{1,5}}+){{0,5}}(?!\.?\d)(?:[A-Za-z](?![A-Za-z0-9]))?(?![\d%$]){SIGNS}"
ORDINALS = "|".join((*(word.title() for word in WORDS), *(word.upper() for word in WORDS)))
LETTERS = (
    rf"(?-i:[IVXLC]{{1,7}}|[A-Z]{{2}}-\d{{1,2}}|AA|BB|CC|DD|{ORDINALS}|[A-Z](?:-?\d{{1,2}}(?:\.\d{{1,2}})?)?)"
    rf"(?![\w'\u2019]){SIGNS}"
)
PAIRED = r"(?-i:(?:\d{1,2}-|[IVX]{1,5}[.-])[A-HJ-UWYZ])(?![\w'\u2019-])"
LOOSE = r"(?-i:[a-z](?=\s{1,3}(?:above|below|hereof|of\s{1,3}(?:this|the|Section|Clause|Article))))"
NUMBER = rf"(?:{LOOSE}|{PAIRED}|{DIGITS}|{LETTERS}|\([a-zA-Z0-9]{{1,5}}\)(?![\w]){SIGNS})"
SEPARATOR = (
    r"\s{0,3}(?:,\s{0,3}(?:and/or|and|or|&)|,|and/or|and|or|&|through|thru|to(?!\s{1,3}[a-z])"
    r"|[-\u2013\u2014](?=\s{0,3}[\d(]))\s{0,3}"
)
NAMED_SO = r"(?:\s{1,3}(?:\([^()]{5,120}\)|\[[^\[\]]{3,120}\]))?"
NO = r"(?:nos?\.|no(?=\s{1,3}\d)|n[\u00b0\u00ba]|\u2116|\#|numbers?(?=\s))"
""" "Annex No. 1"."""

MENTION = re.compile(
    rf"(?<![\w-])(?P<word>{WORD})(?![a-z])(?P<gap>[\s*_\"\u201c'\u2018]{{0,12}}(?:{NO}\s{{0,3}})?)(?P<first>{NUMBER})"
    rf"(?P<more>(?:{NAMED_SO}{SEPARATOR}(?:{WORD}\s{{1,3}})?{NUMBER}){{0,20}})",
    re.I,
)
EACH = re.compile(rf"{NAMED_SO}(?P<separator>{SEPARATOR})(?P<word>{WORD}\s{{1,3}})?(?P<number>{NUMBER})", re.I)
COUNTED = rf"{DIGITS}|(?-i:[IVX]{{1,5}}(?!\w))"
"""A number in digits or, in capitals, in Roman numerals."""

PARTS = re.compile(
    r"(?<![\w-])(?P<word>(?:sub-?)?(?:items?|points?)|chapters?|parts?)\s{1,3}"
    rf"(?:{NO}\s{{0,3}})?(?P<first>{COUNTED})(?P<more>(?:{SEPARATOR}(?:{COUNTED})){{0,20}})",
    re.I,
)
"""Words for clauses that mean many other things: they count only with the number of a clause that has the word, or as
"item 3.2" with one that exists."""

UNNAMED = re.compile(
    r"\b(?:pursuant\s{1,3}to|in\s{1,3}accordance\s{1,3}with|under|see|(?:set\s{1,3}(?:forth|out)|specified|defined|described"
    r"|stated|provided|referred\s{1,3}to|mentioned|indicated|stipulated|listed|outlined|contained|granted|required)"
    r"\s{1,3}(?:for\s{1,3})?(?:in|under|by)"
    r"|subject\s{1,3}to|provisions\s{1,3}of|notwithstanding)\s{1,3}"
    r"(?P<first>\d{1,3}(?:\.\d{1,3}){1,5}(?!\.?\d)(?:[ ]?\([a-zA-Z0-9]{1,4}\)){0,4})(?![\w%$/-]|\.\d)"
    r"(?!\s{0,3}(?:%|percent|per\s|million|billion|times))"
    r"(?P<more>(?:\s{0,3}(?:,\s{0,3}(?:and|or)|,|and|or|through|to)\s{1,3}"
    r"\d{1,3}(?:\.\d{1,3}){1,5}(?!\.?\d)(?:\([a-zA-Z0-9]{1,4}\)){0,4}(?![\w%$/-]|\.\d)){0,9})",
    re.I,
)
"""A number alone where a clause must stand: "payable under 4.3"."""

POINT = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,5}(?:[ ]?\([a-zA-Z0-9]{1,4}\)){0,4}")
LAW = (
    r"(?:Act|Code|Regulations?|Rules?|Laws?|Statutes?|Treaty|Convention|Directive|Constitution|Ordinance|GDPR|CCPA|HIPAA|UCC|DGCL"
    r"|U\.?S\.?C\.?|C\.?F\.?R\.?|Decree|(?:Standard|Model|EU)\s{1,3}(?:Contractual\s{1,3})?Clauses|SCCs?|ACT|CODE|REGULATIONS?)"
)
PAPER = (
    r"(?:Agreements?|Contract|Lease|Indenture|Plan|Charter|By-?[Ll]aws|Certificate|Note|Guarant(?:y|ee)|Policy|Addendum|Amendment"
    r"|Order|Terms|Licen[cs]e|Deed|Mortgage|Instrument|Letter|Report|Form|AGREEMENT|Disclosure\s{1,3}(?:Schedules?|Letter))"
)
GENERIC = re.compile(r"(?i:agreement|contract|terms|lease|licen[cs]e|deed|order|letter|addendum|amendment|policy)s?")
"""What a document may call itself whatever its title says."""

AFTER = re.compile(
    r"[\s,]{0,3}(?:\([^()]{1,60}\)[\s,]{0,3})?(?:of|to|in|under|from|attached to)[\s,]{1,4}"
    r"(?P<which>(?:the|that|any|such|each|said|an?|certain)\s{1,3}){0,2}"
    r"(?P<name>(?:(?:[A-Z][\w.,'\u2019&-]{0,30}|of|and|the|for|on|\d{1,4}|\([A-Z]\w{1,30}\))\s{1,3}){0,9}?)"
    rf"(?P<what>{LAW}|{PAPER})(?!\w)(?!\s{{1,3}}[A-Z])"
)
BEFORE = re.compile(rf"(?:\b{LAW}[\s,]{{0,3}}|\u00a7\s?)$")
ACRONYM = re.compile(r"(?:^|\W)(?P<name>[A-Z]{2,6})\s{1,3}$")
INITIALS = re.compile(r"[\s,]{0,3}(?:of|to|in|under)\s{1,3}(?:the|that)\s{1,3}(?P<name>[A-Z]{2,6})s?\b(?!\s{1,3}[A-Z])")
""" "of the MSA": another document, unless this one calls itself so in its opening."""

OWN = re.compile(r"[\s,]{0,3}(?:hereof|herein|hereto|above|below|(?:of|to|in|under)\s{1,3}this)\b", re.I)
OFTEN = 3
"""Mentions that show a word to be the document's own."""

THIS = re.compile(r"\bthis\s{1,3}(?:sub-?)?(section|clause|paragraph|article)\b", re.I)
INSIDE = re.compile(
    rf"[\s,]{{0,3}}(?:of|to|in|under)\s{{1,3}}(?:the\s)?(?P<word>{WORD})\s{{1,3}}(?P<number>{NUMBER})", re.I
)
AMENDING = re.compile(r"\bamendment\b|\baddendum\b|\bamending\b", re.I)
HEAD, TITLE = 1500, 300
"""Characters in which a document says that it amends another, and those that hold its title."""

ENTRY, FAR = 150, 1500
"""Characters between two entries of a table of contents; and where the first ends in a page number, or a line."""

PAGED = re.compile(r"(?:\d{1,3}[ \t]{1,9}|\n[ \t]{0,40})$")

LETTERED = re.compile(r"(?<=[\d)])\.?([A-Za-z])(?=$|[.(])")
POINTED = re.compile(r"\d{1,5}(?:\.\d{1,5}){1,5}")
APPENDED = re.compile(r"(\d{1,5}(?:\.\d{1,5}){0,5})[A-Za-z]")
""" "8A", which may be the item A of clause 8."""

COMPOUND = re.compile(r"(?P<outer>\d{1,3}(?=[.(A-Z-])|[IVX]{1,5}(?=[.(-]))[.-]?\(?(?P<inner>[A-Z])\)?")
"""Numbers of attachments in two parts, however they are printed: "I(A)", "1-A", "1A", "I.A"."""

PLAIN = re.compile(r"\d{1,5}")
MEASURED = re.compile(
    r"\s{0,3}(?:\([^()]{1,9}\)\s{0,3})?(?:days?|months?|years?|business|calendar|percent|hours?|weeks?|%)", re.I
)
SHOUTED = frozenset("THE IN THIS AND SEE PER ANY ALL WITH FROM SUCH OF TO THAT OR BY FOR".split())
ROMAN = frozenset("ivx")
KINDS = {
    "sub": "section",
    "sec": "section",
    "§": "section",
    "cla": "section",
    "par": "section",
    "art": "Article",
    "exh": "Exhibit",
    "sch": "Schedule",
    "ann": "Annex",
    "app": "Appendix",
    "att": "Attachment",
    "add": "Addendum",
}


def references(text: str, sections: Sequence[Section]) -> tuple[Reference, ...]:
    """All references with a number, in order; one for each number of a list, and the two ends of a range.

    The first of a list carries the word ("Sections 3"), the others their number alone ("4"). `target` is "9.2(a)" for
    clauses, "Article IV", "Exhibit A"; a relative one ("paragraph (b) above") is completed from the clause around it.
    What is not in the tree leads to the nearest section above it, but "6.6" nowhere where 6 has only 6.1 to 6.4;
    statutes and other documents lead nowhere.
    """
    places = Places(sections, bool(AMENDING.search(text[:HEAD])))
    after = _contents_end(text)
    mentions = list(MENTION.finditer(unmarked(text), after))
    places.foreign = _foreign(mentions, text, places)
    found = [reference for match in mentions for reference in _read(match, text, places)]
    taken = [(match.start(), match.end()) for match in mentions]
    found += (reference for reference in _loosely(text, after, places) if not _covered(reference.span, taken))
    return tuple(sorted(found, key=lambda reference: reference.span))


def _covered(span: Span, taken: Sequence[tuple[int, int]]) -> bool:
    before = bisect_right(taken, (span.end, 0)) - 1
    return before >= 0 and taken[before][1] > span.start


def _loosely(text: str, after: int, places: Places) -> Iterator[Reference]:
    """Mentions that only the tree shows to be such: "Item 22" where a clause is headed so, "point 3.2", "under 4.3"."""
    view = unmarked(text)
    for match in PARTS.finditer(view, after):
        word = match["word"].lower().removeprefix("sub").lstrip("-").rstrip("s")
        if _is_heading(match, text, places) or _is_outside(match, text, match.end(), places):
            continue
        start = match.start()
        first = match.start("first")
        for each in re.finditer(rf"{DIGITS}|[IVX]{{1,5}}(?!\w)", match[0][first - start :], re.I):
            begin, end = first + each.start(), first + each.end()
            target = f"{word.title()} {each[0]}"
            if not places.has(target):
                target = "".join(each[0].split())
                if not POINTED.match(target) or not places.has(target):
                    continue
            if not each.start():
                begin = start
            yield Reference(Span(begin, end), target, places.find(target, places.attachment(places.around(begin))))
    for match in UNNAMED.finditer(view, after):
        position = places.around(match.start())
        if _is_outside(match, text, match.end(), places):
            continue
        for each in POINT.finditer(view, match.start("first"), match.end()):
            target = "".join(each[0].split())
            if places.has(target):
                section = places.find(target, places.attachment(position))
                yield Reference(Span(each.start(), each.end()), target, section)


def _contents_end(text: str) -> int:
    """Where a table of contents ends whose entries name their sections; 0 without one."""
    title = CONTENTS.search(text, 0, FRONT)
    if not title:
        return 0
    end = title.end()
    for match in MENTION.finditer(text, end, end + FRONT):
        gap = match.start() - end
        if gap > FAR or (gap > ENTRY and not PAGED.search(text, end, match.start())):
            break
        end = match.end()
    return end


class Places:
    """The sections by their full numbers, and the section around an offset."""

    def __init__(self, sections: Sequence[Section], amending: bool) -> None:
        self.sections = sections
        self.numbers = full_numbers(sections)
        self.amending = amending
        self.foreign: frozenset[str] = frozenset()
        self._starts = [section.span.start for section in sections]
        self._by: dict[str, list[int]] = {}
        for i, number in enumerate(self.numbers):
            for key in _keys(number):
                self._by.setdefault(key, []).append(i)
        self._last: dict[str, int] = {}
        for number in self.numbers:
            if POINTED.fullmatch(number):
                above, _, last = number.rpartition(".")
                self._last[above] = max(int(last), self._last.get(above, 0))

    def around(self, offset: int) -> int | None:
        """The innermost section at an offset."""
        position = bisect_right(self._starts, offset) - 1
        while position >= 0 and self.sections[position].span.end <= offset:
            parent = self.sections[position].parent
            if parent is None:
                return None
            position = parent
        return position if position >= 0 else None

    def heading(self, offset: int, text: str) -> bool:
        """Whether a section begins at an offset, marks aside; what stands behind "(a)" is no heading."""
        position = bisect_right(self._starts, offset) - 1
        start = self._starts[position] if position >= 0 else -9
        return offset - start <= 4 and not any(c.isalnum() for c in text[start:offset])

    def attachment(self, position: int | None) -> str:
        """ "Exhibit A" for what stands in it, "" for the body of the document."""
        number = ""
        while position is not None and not number:
            number = self.numbers[position]
            position = self.sections[position].parent
        head = number.split(", ")[0]
        return head if head.split(" ")[0].lower() in ATTACHED else ""

    def clause(self, position: int | None) -> str:
        """The full number of the innermost numbered section, without its attachment."""
        while position is not None:
            if self.numbers[position]:
                return self.numbers[position].rpartition(", ")[2]
            position = self.sections[position].parent
        return ""

    def has(self, number: str) -> bool:
        """Whether a clause has exactly this number, in any attachment or none."""
        return bool(self._by.get(_key(number)) or self._by.get("*" + _key(number)))

    def find(self, target: str, attachment: str) -> int | None:
        """The section with a full number, or the nearest above it; one in the same attachment goes first."""
        while target:
            found = self._by.get(_key(f"{attachment}, {target}")) if attachment else None
            found = found or self._by.get(_key(target)) or (self._by.get("*" + _key(target)))
            if found:
                return found[0]
            beyond = POINTED.fullmatch(target) and int(target.rpartition(".")[2]) > self._last.get(
                _above(target), 10**5
            )
            target = "" if self.amending or beyond else _above(target)
        return None


def _key(number: str) -> str:
    """One spelling for numbers that mean the same: "ARTICLE IV" and "Article 4", but not "1.01" and "1.1"."""
    word, blank, ordinal = number.partition(" ")
    if blank and word.lower() not in CLAUSES[:3] and (compound := COMPOUND.fullmatch(ordinal)):
        outer = roman_value(compound["outer"]) if compound["outer"].isalpha() else compound["outer"]
        ordinal = f"{outer or compound['outer']}({compound['inner']})"
    elif blank and word.lower() not in CLAUSES[:3] and "," not in number and (value := roman_value(ordinal)):
        ordinal = str(value)
    elif ordinal.lower() in WORDS:
        ordinal = str(WORDS.index(ordinal.lower()) + 1)
    return _bracketed(f"{word}{blank}{ordinal}".lower().replace(" ", ""))


def _bracketed(number: str) -> str:
    """ "9(B)" for "9.B": items are cited in brackets, however they are printed."""
    return LETTERED.sub(r"(\1)", number)


def _keys(number: str) -> Iterator[str]:
    """The keys a section is found under: its own, and with a star what it may be called besides."""
    if not number:
        return
    yield _key(number)
    word, _, ordinal = number.rpartition(" ")
    if "," in number:
        yield "*" + _key(number.rpartition(", ")[2])
    elif word in ("Article", "Part"):
        yield "*" + _key(ordinal)
        yield f"*{roman_value(ordinal)}" if roman_value(ordinal) else "*" + ordinal
    elif not word:
        yield f"*article{roman_value(number) or number.lower()}"


def _above(target: str) -> str:
    if target.endswith(")"):
        return target[: target.rfind("(")]
    if lettered := APPENDED.fullmatch(target):
        return lettered[1]
    head, point, _ = target.rpartition(".")
    return head if point else ""


def _read(match: re.Match[str], text: str, places: Places) -> Iterator[Reference]:
    if _is_heading(match, text, places):
        return
    kind = _kind(match["word"])
    position = places.around(match.start())
    attachment = places.attachment(position)
    after = match.end()
    inside = INSIDE.match(text, after)
    if inside and _kind(inside["word"]) not in ("section", kind):
        attachment = f"{_kind(inside['word'])} {inside['number']}"
        after = inside.end()
    outside = _word(match) in places.foreign or _is_outside(match, text, after, places)
    end = match.end("first")
    numbers = [(kind, match.start(), end, match["first"])]
    plural = match["word"].lower().rstrip(".").endswith(("s", "ces", "\u00a7\u00a7", "a")) and match["word"][-1] != "."
    for each in EACH.finditer(text, end, match.end()):
        loose = PLAIN.fullmatch(each["number"]) and not each["word"]
        if loose and (
            MEASURED.match(text, each.end())
            or (not plural and each["separator"].strip() == "," and not _is_listed(each, text, match.end(), places))
        ):
            break
        if each["number"].startswith("(") and not each["word"] and not _continues(numbers[-1][3], each["number"]):
            break
        kind = _kind(each["word"]) if each["word"] else kind
        numbers.append((kind, each.start("word") if each["word"] else each.start("number"), each.end(), each["number"]))
    previous = ""
    for kind, start, end, number in numbers:
        if kind == "section" and len(number) == 1 and number.isalpha() and not places.has(number):
            number = f"({number})"
        target = _target(kind, number, previous, places.clause(position))
        if target:
            previous = target
            scope = attachment if kind == "section" else ""
            section = None if outside else places.find(target, scope)
            if section is None and match["word"] == "EXHIBIT" and "." in number:
                continue
            yield Reference(Span(start, end), target, section)


def _is_listed(each: re.Match[str], text: str, limit: int, places: Places) -> bool:
    """Whether a number is one of "Section 1, 6 or 7": the list ends in "or" or "and", and its clauses exist."""
    found = [each, *EACH.finditer(text, each.end(), limit)]
    last = found[-1]
    return (
        last["separator"].strip(" ,\n").lower() in ("and", "or")
        and not MEASURED.match(text, last.end())
        and all(PLAIN.fullmatch(one["number"]) and places.has(one["number"]) for one in found)
    )


def _continues(before: str, number: str) -> bool:
    """Whether "(b)" goes on with the list of "4(a)"; in "as Section 6.1 says, (ii) is" it does not."""
    levels = re.findall(r"\(([^()]{1,5})\)", before)
    sign = number[1 : number.find(")")]
    return any(_alike(sign, level) or (len(sign + level) == 2 and ord(sign) == ord(level) + 1) for level in levels)


def _word(match: re.Match[str]) -> str:
    """ "clause" for "Clauses" and "sub-clause"."""
    word = match["word"].lower().replace("-", "").removeprefix("sub")
    return next((clause for clause in CLAUSES if word.startswith(clause)), "")


def _foreign(mentions: Sequence[re.Match[str]], text: str, places: Places) -> frozenset[str]:
    """The words that a document keeps for the parts of another: "Clause 9 of the Standard Contractual Clauses", where
    its own are Sections. Such a word is met outside and never inside, no heading prints it, and the document has
    another word for its own parts.
    """
    outside, inside, bare = Counter[str](), Counter[str](), Counter[str]()
    for match in mentions:
        word = _word(match)
        if not word or _is_heading(match, text, places):
            continue
        if OWN.match(text, match.end()):
            inside[word] += 1
        elif _is_outside(match, text, match.end(), places):
            outside[word] += 1
        else:
            bare[word] += 1
    printed = {section.number.split(" ")[0].lower() for section in places.sections if " " in section.number}
    spoken = {found[1].lower() for found in THIS.finditer(text)}
    return frozenset(
        word
        for word in outside
        if not inside[word]
        and word not in printed | spoken
        and any(
            inside[other] or (word != "section" and bare[other] >= max(OFTEN, 2 * bare[word]))
            for other in CLAUSES
            if other != word
        )
    )


def _target(kind: str, number: str, previous: str, clause: str) -> str:
    """The full number that is meant: "(b)" after "Section 5.1(a)" is 5.1(b); alone it is of the clause around it."""
    number = "".join(number.split()).replace(".(", "(")
    if not number.startswith("("):
        return number if kind == "section" else f"{kind} {number}"
    if kind != "section":
        return ""
    stem = _bracketed(previous or clause)
    sign = number[1 : number.find(")")]
    levels = re.findall(r"\(([^()]{1,5})\)", stem)
    base = stem[: stem.find("(")] if "(" in stem else stem
    for i in reversed(range(len(levels))):
        if _alike(sign, levels[i]):
            return base + "".join(f"({outer})" for outer in levels[:i]) + number
    if previous and levels:
        return base + "".join(f"({outer})" for outer in levels[:-1]) + number
    return (base if not levels else stem) + number if stem else number


def _alike(sign: str, level: str) -> bool:
    """Whether two items may stand in one list."""
    if sign.isdigit() or level.isdigit():
        return sign.isdigit() and level.isdigit()
    return sign.islower() == level.islower() and (set(sign.lower()) <= ROMAN) == (set(level.lower()) <= ROMAN)


def _kind(word: str) -> str:
    word = word.strip().lower()
    return KINDS.get(word[:3], KINDS.get(word[:1], "section"))


def _is_heading(match: re.Match[str], text: str, places: Places) -> bool:
    """Whether a mention is the number of a heading, or stands in a table of contents or a running title."""
    start = match.start()
    if places.heading(start, text):
        return True
    line = text.rfind("\n", 0, start) + 1
    if text[line:start].strip("#*_ \t") or not re.match(NAMED, match["word"]):
        return False
    end = text.find("\n", start, start + 200)
    mark = numbered(text[start : end if end >= 0 else start + 200])
    before = text[max(0, line - 80) : line].rstrip()
    ended = not before or before[-1] in '.;:!?"\u201d)' or "\n\n" in text[max(0, line - 3) : line]
    return mark is not None and ended


def _is_outside(match: re.Match[str], text: str, after: int, places: Places) -> bool:
    """Whether a statute or another document is meant."""
    number = match["first"]
    if match.re is UNNAMED:
        return bool(AFTER.match(text, after) or INITIALS.match(text, after))
    acronym = ACRONYM.search(text, max(0, match.start() - 12), match.start())
    if acronym and not match["word"].isupper() and acronym["name"] not in SHOUTED:
        return True
    other = INITIALS.match(text, after)
    if other and not match["word"].isupper() and other["name"] not in text[: min(HEAD, match.start())]:
        return True
    if re.match(r"\d{3}", number) or BEFORE.search(text, max(0, match.start() - 16), match.start()):
        return True
    found = AFTER.match(text, after)
    if not found:
        return False
    if re.fullmatch(LAW, found["what"]):
        return True
    name = " ".join(f"{found['name']}{found['what']}".split())
    title = " ".join(text[: min(TITLE, match.start())].upper().split())
    own = (name == found["what"] and (GENERIC.fullmatch(name) or name.upper() in title)) or name.upper() in title
    return places.amending if own else True

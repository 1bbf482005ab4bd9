"""The values and clause categories that a profile asks for, each with the place that proves it.

Patterns run over a plain view of the body: white space is one space between words and two newlines between
paragraphs, quotation marks are straight; every place found is carried back to the document's own text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice

from citebound.ingest.profile import PLAIN, Clause, Field, Profile, compiled
from citebound.ingest.sentences import sentence_spans
from citebound.ingest.severity import UNDETERMINED
from citebound.types import ASIDE, Block, Fact, Section, Span

MOST_FACTS = 40
"""Facts of one field, or proofs of one clause, after which no more are looked for."""
LONGEST_SENTENCE = 6000
NEAR = 300
"""Characters around the first part of a clause's pattern in which its other parts must stand."""
MOST_STARTS = 20
DOUBTFUL = "doubtful wording"
UNLABELLED = "nothing beside it says that it is this"
"""The note on what a pattern with a group "doubt" finds: one that goes by the form of a value alone."""
SHORTEST_CLAUSE = 40
"""Characters that a sentence must have to prove a clause: less is a heading."""
LONGEST_PROOF = 1200
LONGEST_SECTION = 8000
"""Characters of a section whose heading speaks for its sentences: a longer one is an article, or the whole text."""
FIRST_NAME = 200
"""Characters within which a list of parties names the first; a stretch that names nobody so long is no such list."""

MONTHS = "january february march april may june july august september october november december".split()
MONTH = (
    r"(?P<month>(?i:jan(?:uary|\.)?|feb(?:ruary|\.)?|mar(?:ch|\.)?|apr(?:il|\.)?|may|june?\.?|july?\.?|aug(?:ust|\.)?"
    r"|sept?(?:ember|\.)?|oct(?:ober|\.)?|nov(?:ember|\.)?|dec(?:ember|\.)?))"
)
ORDINAL = r" ?(?i:st|nd|rd|th|t h|s t|n d|r d)?"
DATES = (
    re.compile(rf"\b{MONTH} (?P<day>\d{{1,2}}){ORDINAL} ?[,.]? ?(?P<year>[12]\d{{3}})\b"),
    re.compile(
        rf"\b(?P<day>\d{{1,2}}){ORDINAL}(?i: day)?(?i: of)?[ -]{{1,6}}{MONTH}(?i: in the year)?(?: of)? ?,?[ -]?"
        r"(?P<year>[12]\d{3})\b"
    ),
    re.compile(r"\b(?P<year>[12]\d{3})-(?P<month>\d{2})-(?P<day>\d{2})\b"),
    re.compile(r"\b(?P<first>\d{1,2})(?P<mark>[/.-])(?P<second>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})\b"),
    re.compile(rf"\b{MONTH} ?,? ?(?P<year>[12]\d{{3}})\b"),
)

UNITS = {"day": "D", "week": "W", "month": "M", "year": "Y", "hour": "TH"}
ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {word: i for i, word in enumerate([*ONES.split(), "eighteen", "nineteen"])}
NUMBERS |= {word: 10 * (i + 2) for i, word in enumerate(TENS.split())}
NUMBER = "|".join(sorted(NUMBERS, key=len, reverse=True))
DURATION = re.compile(
    rf"(?<!\d/)\b(?:(?P<words>(?:{NUMBER})(?:[- ](?:{NUMBER}))?(?: hundred)?(?:(?: and)? (?:{NUMBER}))?)[ -]?)?"
    r"(?:\(? ?(?P<digits>\d{1,4}) ?\)?[ -]?)?(?:full |consecutive |additional |successive |contract )?"
    r"(?P<kind>calendar |business |working )?(?P<unit>day|week|month|year)(?:'?s)?\b'?",
    re.I,
)
ANNIVERSARIES = "first second third fourth fifth sixth seventh eighth ninth tenth".split()
ANNIVERSARY = re.compile(
    rf"\b(?:(?P<word>{'|'.join(ANNIVERSARIES)})(?: \(\d{{1,2}} ?[a-z]{{2}}\))?|(?P<digits>\d{{1,2}}) ?(?:st|nd|rd|th))"
    r" anniversary",
    re.I,
)
RHYTHMS = {"week": "P1W", "month": "P1M", "quarter": "P3M", "year": "P1Y", "annual": "P1Y"}
RHYTHM = re.compile(r"(?P<unit>annual|(?:week|month|quarter|year)(?=ly|[- ]))(?:ly|[- ]to[- ](?:week|month|year))?")
CURRENCIES = {
    "$": "USD",
    "us$": "USD",
    "u.s.$": "USD",
    "usd": "USD",
    "€": "EUR",
    "eur": "EUR",
    "£": "GBP",
    "gbp": "GBP",
}
CURRENCIES |= {"¥": "JPY", "jpy": "JPY", "rmb": "CNY", "cny": "CNY", "chf": "CHF", "cad": "CAD", "c$": "CAD"}
MONEY = re.compile(
    r"(?P<sign>US ?\$|U\.S\. ?\$|C\$|\$|€|£|¥|\b(?:USD|EUR|GBP|JPY|RMB|CNY|CHF|CAD)) ?"
    r"(?P<amount>\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?P<cents>\.\d{1,2})?(?P<scale> ?(?:thousand|million|billion)\b)?",
    re.I,
)
SCALES = {"": 1, "thousand": 1000, "million": 10**6, "billion": 10**9}

STATES = (
    "Alabama|Alaska|Arizona|Arkansas|California|Colorado|Connecticut|Delaware|Florida|Georgia|Hawaii|Idaho|Illinois"
    "|Indiana|Iowa|Kansas|Kentucky|Louisiana|Maine|Maryland|Massachusetts|Michigan|Minnesota|Mississippi|Missouri"
    "|Montana|Nebraska|Nevada|New Hampshire|New Jersey|New Mexico|New York|North Carolina|North Dakota|Ohio|Oklahoma"
    "|Oregon|Pennsylvania|Rhode Island|South Carolina|South Dakota|Tennessee|Texas|Utah|Vermont|Virginia|Washington"
    "|West Virginia|Wisconsin|Wyoming|District of Columbia|Puerto Rico|Guam|Ontario|Quebec|British Columbia|Alberta"
    "|Manitoba|Saskatchewan|Nova Scotia|New Brunswick|Newfoundland and Labrador|New South Wales|Victoria|Queensland"
    "|Western Australia|South Australia|Tasmania"
)
COUNTRIES = (
    "England and Wales|England & Wales|England, Wales|England|Wales|Scotland|Northern Ireland|United Kingdom"
    "|Great Britain|Ireland|Hong Kong|Macau|Macao|Taiwan|Singapore|Malaysia|Japan|Korea|India|Israel|Switzerland"
    "|Germany|France|Italy|Spain|Portugal|Netherlands|Belgium|Luxembourg|Austria|Denmark|Sweden|Norway|Finland|Iceland"
    "|Poland|Czech Republic|Hungary|Romania|Bulgaria|Greece|Cyprus|Malta|Turkey|Ukraine|Russian Federation|Russia"
    "|Australia|New Zealand|Canada|Mexico|Brazil|Argentina|Chile|Colombia|Peru|Panama|Costa Rica|Bermuda"
    "|Cayman Islands|British Virgin Islands|Bahamas|Barbados|Jersey|Guernsey|Isle of Man|Gibraltar|South Africa"
    "|Nigeria|Kenya|Ghana|Egypt|Morocco|United Arab Emirates|Dubai|Saudi Arabia|Qatar|Kuwait|Bahrain|Jordan|Pakistan"
    "|Bangladesh|Sri Lanka|Thailand|Vietnam|Indonesia|Philippines|Kazakhstan|Estonia|Latvia|Lithuania|Slovakia"
    "|Slovenia|Croatia|Serbia|Liechtenstein|Monaco|Mauritius|Marshall Islands|Liberia"
)
CHINA = r"People'?s Republic of China|P\.?R\.? ?China|P\.?R\.?C\.?(?=\W|$)|China"
PLACE = re.compile(rf"\b(?:(?P<state>{STATES})|(?P<country>{COUNTRIES})|(?P<china>{CHINA}))(?!\w)", re.I)
UNITED_STATES = re.compile(r"\b(?:United States(?: of America)?|U\.S\.A?\.?|USA)(?!\w)", re.I)
LAW_ENDS = re.compile(
    r"(?i)\b(?:without|excluding|exclusive of|irrespective|regardless|not including|except|other than|applicable"
    r"|as such|as applied|as if|in effect|in force|notwithstanding|and each|and the parties|and any|and all|and shall"
    r"|and the courts|courts?|disputes?|conflicts?|shall|will|located|executed|entered|made)\b"
)

WORD = re.compile(r"\n(?=[ \t]{0,8}(?:\*\*[A-Z]|[A-Z][A-Za-z ]{1,30}:\*{0,2}\s))|\S+")
"""A word, or the end of a line before a label: "Version: 1.2" is a paragraph of its own."""

Found = tuple[str, int, int, str]
"""A value, where it begins and ends in the plain view, and what is doubtful about it."""


def facts(text: str, blocks: Sequence[Block], sections: Sequence[Section], profile: Profile) -> tuple[Fact, ...]:
    """The fields of the profile in its order, then its clauses as facts named "clause", each in the order of the text.

    The facts of a party's role follow it at once. A value that is doubtful has a note; one that cannot be told is left
    out. Never raises on any text.
    """
    if not profile.fields and not profile.clauses:
        return ()
    view = _View(text, blocks, sections)
    made: list[Fact] = []
    for field in profile.fields:
        made += _field(view, field)
    for field in profile.fields:
        if field.type == "date" and field.where == "head" and not any(fact.name == field.name for fact in made):
            made += _executed(view, field)
    for field in profile.fields:
        if (field.means or field.sum) and not any(fact.name == field.name for fact in made):
            made += _meant(view, field, made) or _summed(field, made)
    for field in profile.fields:
        if field.said and not any(fact.name == field.name for fact in made):
            made += _said(view, field)
    for clause in profile.clauses:
        made += _clause(view, clause)
    return tuple(made)


class _View:
    """The body of a document as patterns see it, and the way back to the document's offsets."""

    def __init__(self, text: str, blocks: Sequence[Block], sections: Sequence[Section]) -> None:
        pieces: list[str] = []
        self.starts: list[int] = []
        self.origins: list[int] = []
        at = 0
        for block in blocks:
            if block.kind in ASIDE:
                continue
            within, labelled = False, False
            for word in WORD.finditer(block.span.of(text)):
                if word.group() == "\n":
                    labelled = True
                    continue
                piece = word.group().translate(PLAIN)
                joined = not labelled and (within or (bool(pieces) and _goes_on(pieces[-1], piece)))
                gap = "" if not pieces else " " if joined else "\n\n"
                pieces += [gap, piece]
                at += len(gap)
                self.starts.append(at)
                self.origins.append(block.span.start + word.start())
                at += len(piece)
                within, labelled = True, False
        self.text = "".join(pieces)
        lower = self.text.lower()
        same = len(lower) == len(self.text)
        self.lower = lower if same else "".join(c.lower() if len(c.lower()) == 1 else c for c in self.text)
        self.sentences = sentence_spans(self.text)
        self._begins = [sentence.start for sentence in self.sentences]
        self._sections = sections
        self._held: dict[str, frozenset[int]] = {}
        self._headings: list[tuple[str, Span]] | None = None

    def span(self, start: int, end: int) -> Span:
        """Where [start, end) of the view, which is not empty, lies in the document."""
        return Span(self._origin(start), self._origin(end - 1) + 1)

    def _origin(self, at: int) -> int:
        word = max(bisect_right(self.starts, at) - 1, 0)
        return self.origins[word] + at - self.starts[word]

    def within(self, span: Span) -> tuple[int, int]:
        """The words of the view that begin inside a span of the document."""
        first, last = bisect_left(self.origins, span.start), bisect_left(self.origins, span.end)
        start = self.starts[first] if first < len(self.starts) else len(self.text)
        return start, self.starts[last] if last < len(self.starts) else len(self.text)

    def holding(self, stems: Sequence[str]) -> list[Span]:
        """The sentences, cut to a bearable length, that hold one of the strings, in order."""
        numbers = sorted(frozenset().union(*(self._holding(stem) for stem in stems)))
        chosen = (self.sentences[i] for i in numbers)
        return [Span(s.start, min(s.end, s.start + LONGEST_SENTENCE)) for s in chosen]

    def _holding(self, stem: str) -> frozenset[int]:
        if stem not in self._held:
            found = set()
            at = self.lower.find(stem)
            while at >= 0:
                i = max(bisect_right(self._begins, at) - 1, 0)
                found.add(i)
                at = self.lower.find(stem, max(at + 1, self.sentences[i].end))
            self._held[stem] = frozenset(found)
        return self._held[stem]

    def headed(self, pattern: str) -> list[Span]:
        """The sentences of the sections whose heading matches, cut as in `holding`, in order."""
        if not pattern:
            return []
        if self._headings is None:
            short = (s for s in self._sections if s.heading and len(s.span) <= LONGEST_SECTION)
            self._headings = [(" ".join(s.heading.translate(PLAIN).lower().split())[:200], s.span) for s in short]
        numbers: set[int] = set()
        for heading, span in self._headings:
            if compiled(pattern).search(heading):
                start, end = self.within(span)
                numbers.update(range(bisect_left(self._begins, start), bisect_left(self._begins, end)))
        chosen = (self.sentences[i] for i in sorted(numbers))
        return [Span(s.start, min(s.end, s.start + LONGEST_SENTENCE)) for s in chosen]

    def regions(self, field: Field) -> list[Span]:
        """Where a field may stand."""
        end = len(self.text)
        if field.where == "head":
            whole = [Span(0, min(field.reach, end))]
        elif field.where == "tail":
            whole = [Span(max(0, end - field.reach), end)]
        elif field.where == "sections":
            heading = compiled(field.headings)
            whole = [
                Span(*self.within(s.span)) for s in self._sections if heading.search(f"{s.number} {s.heading}"[:300])
            ]
        else:
            whole = [Span(0, end)]
        if not field.stems:
            return whole
        held = self.holding(field.stems)
        unless = [compiled(pattern) for pattern in field.unless]
        held = [s for s in held if not any(u.search(self.lower, s.start, s.end) for u in unless)]
        return [s for s in held if any(w.start <= s.start < w.end for w in whole)]


def _goes_on(before: str, after: str) -> bool:
    """Whether a paragraph is the rest of one that a page or a line cut."""
    return after[0].islower() and before[-1] not in ".:;!?\"'"


def _field(view: _View, field: Field) -> list[Fact]:
    if field.type == "name" and field.many:
        return _parties_of(view, field)
    found: dict[str, Fact] = {}
    for pattern in field.patterns:
        expression = compiled(pattern)
        for region in view.regions(field):
            for match in expression.finditer(view.text, region.start, region.end):
                for fact in _values(view, field, match):
                    found.setdefault(fact.value.casefold(), fact)
                if found and (not field.many or len(found) >= MOST_FACTS):
                    return list(found.values())[: MOST_FACTS if field.many else 1]
    return list(found.values())


def _executed(view: _View, field: Field) -> list[Fact]:
    """The date that stands with the signatures, for a document that opens without one."""
    for match in EXECUTED.finditer(view.text, max(0, len(view.text) - SIGNING_REACH)):
        for value, start, end, note in _date(match["value"]):
            if not note:
                placed = _placed(view, (value, start, end, "the date of the signatures"), match.start("value"))
                return [Fact(field.name, *placed)]
    return []


EXECUTED = re.compile(
    r"(?i)\b(?:in witness where|executed|accepted|signed at)\b[^\n;]{0,160}?\b(?:as of|on|this|dated|date:)[: ]{1,2}"
    r"(?P<value>(?:the )?(?:\d{1,2}|[a-z]{3,9} \d)[^\n]{3,40})"
)


def _values(view: _View, field: Field, match: re.Match[str]) -> Iterator[Fact]:
    start, end = match.span("value")
    if field.type == "date" and 0 <= start < end and view.text.startswith("(", end):
        start = max(start, _last_date(view.text, start, end))
    for value, a, b, note in READERS[field.type](view.text[max(start, 0) : max(end, 0)]):
        if field.values:
            value = next((name for name, pattern in field.values if compiled("(?i)" + pattern).search(value)), "")
        noticed = field.type == "duration" and "notice" not in field.name and NOTICE.match(view.text, start + b)
        if value and a < b and not noticed:
            doubts = [note] if note else []
            if "doubt" in match.re.groupindex and match["doubt"] is not None:
                doubts.append(UNLABELLED)
            yield Fact(field.name, *_placed(view, (value, a, b, "; ".join(doubts)), start))


NOTICE = re.compile(r"(?i)s?'?(?: of)?(?: (?:prior|advance|previous|written|in advance|by)){0,4} notice\b")
"""What makes a length of time that of a notice, and not of what the sentence is about otherwise."""


def _parties_of(view: _View, field: Field) -> list[Fact]:
    """The first list of two or more parties, each followed by its role; failing that the first of one."""
    single: list[Fact] = []
    for pattern in field.patterns:
        for region in view.regions(field):
            for match in islice(compiled(pattern).finditer(view.text, region.start, region.end), MOST_STARTS):
                start, printed = match.start("value"), match["value"] or ""
                if field.until and (stop := compiled(field.until).search(printed)):
                    printed = printed[: stop.start()]
                made: list[Fact] = []
                for name, role in _apart(list(_parties(printed))):
                    if not made and name[1] > FIRST_NAME:
                        break
                    made.append(Fact(field.name, *_placed(view, name, start)))
                    if role and field.role and role[0].casefold() not in name[0].casefold():
                        made.append(Fact(field.role, *_placed(view, role, start)))
                if sum(fact.name == field.name for fact in made) > 1:
                    return made[:MOST_FACTS]
                single = single or made
    signed = _signatories(view, field, single)
    beside = len(signed) <= MOST_BESIDE or not single
    if len(signed) + bool(single) > 1 and beside:
        return [*single, *signed][:MOST_FACTS]
    return [Fact(fact.name, fact.value, fact.span, "no second party was found") for fact in single]


def _apart(found: Sequence[tuple[Found, Found | None]]) -> Iterator[tuple[Found, Found | None]]:
    """The parties, one whose name runs on into that of another cut before it: "Birch and Alder Inc.", "Alder Inc."."""
    others = {name[0] for name, _ in found}
    for name, role in found:
        first, joint, rest = name[0].partition(" and ")
        if joint and rest in others:
            name = (first, name[1], name[1] + len(first), name[3])
        yield name, role


def _signatories(view: _View, field: Field, known: Sequence[Fact]) -> list[Fact]:
    """The companies above "By:" at the end of a document, that are not among the known parties."""
    told = {_plain_name(fact.value) for fact in known}
    made: list[Fact] = []
    start = max(0, len(view.text) - SIGNING_REACH)
    for match in islice(SIGNED.finditer(view.text, start), 2 * MOST_FACTS):
        name = match["name"]
        shouted = SHOUTED_NAME.search(name)
        if shouted and _suffix(shouted[0], 1):
            prefix = AGREED.match(shouted[0])
            name = shouted[0][prefix.end() if prefix else 0 :]
        elif match["before"] is None:
            continue
        suffix = _suffix(name, 1)
        key = _plain_name(name)
        capitals = sum(word[0].isupper() or word in LOW for word in name.split())
        if not suffix or suffix.end() < len(name) or capitals < len(name.split()) or NO_NAME.search(name):
            continue
        if any(key.startswith(other) or other.startswith(key) for other in told):
            continue
        told.add(key)
        at = match.start("name") + match["name"].rindex(name)
        made.append(Fact(field.name, " ".join(name.split()), view.span(at, at + len(name)), ""))
    return made


def _plain_name(name: str) -> str:
    """A name as it is compared: letters and digits, without "Inc." and the like at its end."""
    suffix = _suffix(name, 1)
    return re.sub(r"\W", "", name[: suffix.start()] if suffix else name).casefold()


def _placed(view: _View, found: Found, start: int) -> tuple[str, Span, str]:
    value, a, b, note = found
    printed = view.text[start + a : start + b]
    a += len(printed) - len(printed.lstrip())
    return value, view.span(start + a, start + a + len(printed.strip())), note


def _text(printed: str) -> Iterator[Found]:
    value = printed.strip(" \n,;:-\"'")
    if value:
        at = printed.find(value)
        yield " ".join(value.split()), at, at + len(value), ""


def _enum(printed: str) -> Iterator[Found]:
    for value, start, end, note in _text(printed):
        yield value.lower(), start, end, note


def _date(printed: str) -> Iterator[Found]:
    """The first date: ISO 8601; YYYY-MM where no day is printed; as it stands where day and month are ambiguous."""
    matches = [match for form in DATES if (match := form.search(printed))]
    for match in sorted(matches, key=lambda m: (m.start(), -m.end())):
        value, note = _iso(match)
        if value:
            yield value, match.start(), match.end(), note
            return


def _last_date(text: str, start: int, end: int) -> int:
    """Where the last date begins: the one that 'as of May 1 and made effective July 1, 2019 (the "Effective Date")'
    names; -1 for none."""
    found = [match.span() for form in DATES for match in form.finditer(text, start, end)]
    return max(found, key=lambda span: (span[1], -span[0]))[0] if found else -1


def _iso(match: re.Match[str]) -> tuple[str, str]:
    parts = match.groupdict()
    year = int(parts["year"])
    if "first" in parts:
        first, second = int(parts["first"]), int(parts["second"])
        year += 0 if year > 99 else 1900 if year > 50 else 2000
        if parts["mark"] == "." and second <= 12:
            first, second = second, first
        elif first <= 12 and second <= 12 and first != second:
            return match.group(), "day and month cannot be told apart"
        month, day = (first, second) if first <= 12 else (second, first)
    else:
        month = int(parts["month"]) if parts["month"].isdigit() else _month(parts["month"])
        if "day" not in parts:
            return f"{year:04}-{month:02}", "no day is printed"
        day = int(parts["day"])
    try:
        return date(year, month, day).isoformat(), ""
    except ValueError:
        return "", ""


def _month(printed: str) -> int:
    return next(i for i, month in enumerate(MONTHS, 1) if month.startswith(printed[:3].lower()))


def _duration(printed: str) -> Iterator[Found]:
    """The first length of time, ISO 8601: "P2Y", "P30D"; "fifth anniversary" is P5Y."""
    if "nniversary" in printed and (found := ANNIVERSARY.search(printed)):
        years = int(found["digits"]) if found["digits"] else ANNIVERSARIES.index(found["word"].lower()) + 1
        yield f"P{years}Y", found.start(), found.end(), ""
        return
    if rhythm := RHYTHM.fullmatch(printed.strip().lower()):
        yield RHYTHMS[rhythm["unit"]], 0, len(printed), ""
        return
    for match in DURATION.finditer(printed):
        words, digits, kind = match["words"], match["digits"], (match["kind"] or "").strip().lower()
        said = _number(words) if words else None
        count = int(digits) if digits else said
        if count is None:
            continue
        doubts = []
        if digits and said is not None and int(digits) != said:
            doubts.append("words and figures differ")
        if kind in ("business", "working"):
            doubts.append("business days")
        yield f"P{count}{UNITS[match['unit'].lower()]}", match.start(), match.end(), "; ".join(doubts)
        return


def _number(words: str) -> int:
    total = 0
    for word in words.lower().replace("-", " ").split():
        total = total * 100 if word == "hundred" else total + NUMBERS.get(word, 0)
    return total


def _money(printed: str) -> Iterator[Found]:
    """The first amount: currency code and a plain number, "USD 1500000"."""
    if match := MONEY.search(printed):
        sign = match["sign"].lower().replace(" ", "")
        amount = int(match["amount"].replace(",", "")) * SCALES[(match["scale"] or "").strip().lower()]
        if match["cents"] and match["scale"]:
            scale = SCALES[match["scale"].strip().lower()]
            amount += round(float(match["cents"]) * scale)
        cents = match["cents"] or ""
        value = f"{amount}{cents if cents.strip('.0') and not match['scale'] else ''}"
        yield f"{CURRENCIES[sign]} {value}", match.start(), match.end(), ""


def _law(printed: str) -> Iterator[Found]:
    """Whose law: a state before its country, "England and Wales" as one; no place that is unknown."""
    stop = LAW_ENDS.search(printed)
    printed = printed[: stop.start()] if stop else printed
    places = list(PLACE.finditer(printed))
    states = [place for place in places if place["state"]]
    chosen = states or places[:1] or list(UNITED_STATES.finditer(printed))[:1]
    for place in chosen:
        groups = place.groupdict()
        if "state" not in groups:
            value = "United States"
        elif groups["china"]:
            value = "China"
        else:
            value = _spelled(place.group())
        yield value, place.start(), place.end(), ""


def _spelled(place: str) -> str:
    if place[:7].lower() == "england" and len(place) > 7:
        return "England and Wales"
    names = f"{STATES}|{COUNTRIES}".split("|")
    return next(name for name in names if name.lower() == place.lower())


def _meant(view: _View, field: Field, made: Sequence[Fact]) -> list[Fact]:
    """The value of another field, where the text says that it is the same: "effective as of the date first above"."""
    for other, pattern in field.means:
        known = next((fact for fact in made if fact.name == other and not fact.note), None)
        for region in view.regions(field) if known else ():
            if match := compiled(pattern).search(view.text, region.start, region.end):
                return [Fact(field.name, known.value, view.span(*match.span()), f"the {other}")] if known else []
    return []


def _said(view: _View, field: Field) -> list[Fact]:
    """That there is a value, where none can be read: "the governing law of the MSA applies"."""
    for region in view.regions(field):
        for pattern in field.said:
            if match := compiled(pattern).search(view.text, region.start, region.end):
                return [Fact(field.name, UNDETERMINED, view.span(*match.span()), "its value is not printed here")]
    return []


def _summed(field: Field, made: Sequence[Fact]) -> list[Fact]:
    """A date that is not printed, from one that is and a length of time."""
    known = {f.name: f for f in reversed(made) if not f.note or f.note.startswith("the ")}
    length = known.get(field.sum[-1]) if field.sum else None
    first = next((known[name] for name in field.sum[:-1] if name in known), None)
    if not first or not length or not re.fullmatch(r"P\d+[DWMY]", length.value):
        return []
    try:
        day = _after(date.fromisoformat(first.value), int(length.value[1:-1]), length.value[-1])
    except (ValueError, OverflowError):
        return []
    return [Fact(field.name, day.isoformat(), length.span, f"{first.name} plus {length.name}")]


def _after(day: date, count: int, unit: str) -> date:
    if unit in "DW":
        return day + timedelta(days=count * (7 if unit == "W" else 1))
    months = day.year * 12 + day.month - 1 + count * (12 if unit == "Y" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


READERS: dict[str, Callable[[str], Iterator[Found]]] = {
    "text": _text,
    "name": _text,
    "enum": _enum,
    "date": _date,
    "duration": _duration,
    "money": _money,
    "law": _law,
}

ROLE = re.compile(
    r"\((?P<before>[^()\"]{0,160})\"(?P<role>[^\"\n()]{1,60}?)[,.]?\"[^()]{0,200}\)"
    r"|(?P<before2>(?i:hereinafter|hereafter|referred to|known as)[^()\"]{0,60})\"(?P<role2>[^\"\n()]{1,60}?)[,.]?\""
    r"|\([Tt]he (?P<role3>[A-Z][A-Za-z]{2,20}(?: [A-Z][a-z]{2,20})?)\)"
)
NO_ROLE = re.compile(
    r"(?i)^(?:(?:this|the) )?(?:[a-z ]{0,40}(?:agreement|contract|date|parties|addendum|amendment|lease|act|system)"
    r"|party|terms?|territory|products?|services?|affiliates?|licen[cs]e|notes?|program|site|business|property|trust"
    r"|prc|u\.?s\.?|securities|shares|offering|sec|commission|closing)$"
)
TOGETHER = re.compile(r"(?i)\b(?:collectively|together|jointly|each|in the aggregate)\b")
LEAD = re.compile(
    r"\((?:[Tt]he )?[A-Z][A-Za-z]{2,20}\)(?= [A-Z])"
    r"|[\s,;:.&/()\[\]\"'_*-]|\(?(?:\d|[ivxab]{1,3})\)|(?:\d|[A-Z])\. (?=[A-Z][a-zA-Z])"
    r"|(?i:and|or|between|by|among|amongst|both|with|either|the undersigned"
    r"|(?:controller|processor|customer|provider|client|vendor|supplier|company|licensor|licensee|seller|buyer|landlord|tenant):"
    r"|party (?:a|b|c|i|ii|one|two|1|2)|(?:the )?(?:first|second|third) (?:party|part)|the following parties"
    r"|on the (?:one|other|first|second) (?:hand|part)|of the (?:one|other|first|second) part)(?!\w)"
)
JOINT = re.compile(
    r"\n\n|;|(?i:\band(?: between)?\b|\bagree(?:s|ments?)? with\b)|\((?:\d|[a-k]|[ivx]{1,4})\)"
    r"|(?i:\bparty (?:a|b|c|one|two|1|2)\b)"
    r"|\b(?!(?:Bank|Account|Address|Attention|Attn|Subject|Title):)[A-Z][a-z]{3,12}:\*{0,2} "
    r"|\b(?:corporation|company|partnership|association|organization|trust|bank|entity|individual),(?= [A-Z])"
    r"|\b(?i:inc|llc|l\.l\.c|ltd|limited|corp|corporation|l\.p|lp|n\.a)\b\.?,(?= [A-Z])"
)
LABELLED = re.compile(r"(?i)(?:\bparty (?:a|b|c|one|two|1|2)|\(\d\))[\s,:.(]{0,6}$")
"""What stands before a party in a list of them."""

SURE = (
    r"(?:Inc|Incorporated|LLC|L\.L\.C|Ltd|Limited|Corp|Corporation|LLP|L\.L\.P|PLC|GmbH|N\.V|B\.V|S\.A\.S|S\.A|S\.p\.A|A/S|Pty|Pte"
    r"|L\.P|LP|N\.A|A\.G|AG|S\.r\.l|SE|Company|Co|Partnership|Bank|Trust|a\.s|s\.r\.o|SARL|SAS|ULC|P\.C|PLLC|AB|ASA|Oy|KGaA|KG"
    r"|K\.K|Bhd|University|Institute|Foundation|Association|Authority)"
)
SUFFIX = re.compile(
    rf"(?<![Tt]he )(?<![\w-])(?i:{SURE})\b(?!-)\.?(?:,? ?\(?(?i:{SURE})\b\)?\.?)?(?:,? ?(?i:{SURE})\b\.?)?"
)
FULL_WORD = re.compile(
    r"(?i)\b(?:LLC|LLP|LP|PLC|AG|SE|Limited|Corporation|Incorporated|Company|GmbH|Partnership|Bank|Trust)\.$"
)
GOES_ON = re.compile(
    r" (?:of|&|for|in) [A-Z]|,? [A-Z][\w&]{1,30},? (?i:inc|llc|ltd|limited|corp|company|l\.p)\b"
    r"| [A-Z][a-z]{2,20} (?i:corp|fund|trust|bank|lp)"
)
NAME_END = re.compile(
    rf"(?:,(?! ?(?i:{SURE}|N\.?D|M\.?D|Ph\.?D|Jr|Sr|Esq)\b)|;|\n\n|\"|\["
    rf"|\((?!(?:[A-Z][\w.& -]{{1,30}}|U\.?S\.?A?\.?)\) ?(?i:{SURE})\b)"
    r"| (?i:a|an|whose|having|with|located|organi[sz]ed|incorporated (?:under|in)|established|existing|acting|residing"
    r"|registered|formerly|f/k/a|d/b/a|dba|hereinafter|hereafter|on behalf|as|its|in its|for itself|together with"
    r"|and/or|being|which|who|for|under|individually|company number|address|duly|doing business|trading|is|are|shall"
    r"|will|c/o|at|of (?=\d)|dated|\d{1,6} [A-Z]|(?:january|february|march|april|may|june|july|august|september|october"
    r"|november|december) \d)\b| - |: | and (?i:its|the|any|all|certain|each)\b)"
)
NO_NAME = re.compile(
    r"(?i)^(?:the )?(?:part(?:y|ies)|this|that|whereas|each|such|under|collectively|source|exhibit|attention|address"
    r"|tel|dated?|all|any|no|in|if|section|article|as|it|to|on|at|of|hereinafter|board|room|suite|floor|unit|page|terms"
    r"|conditions|definitions|general (?:provisions|terms))\b|^(?:the )?an? |\b(?:provisions|conditions|p\.m|a\.m)\b"
    r"|\bagree|\bparties\b|\bhereto\b|\bmeans\b|<<"
    r"|^(?:[0-9.]{1,8} )?(?:the )?(?:group )?(?:company|bank|corporation|distributor|licen[cs]e|licensor|licensee|trust"
    r"|partnership|customer|supplier|seller|buyer|client|consultant|contractor|reselling|services?|trademark|office"
    r"|employee|provider|recipient|franchisor|franchisee|developer|owner)(?: |$)"
)
SMALL = re.compile(
    r"(?:[a-z]{1,3}[A-Z]|[a-z]{2,20}\.(?:com|net|org)|[a-z]{2,8}-\d)[\w.-]{0,20},? [^,;()]{0,60}?"
    r"(?i:inc|llc|ltd|corp|n\.v|s\.a)\b"
)
"""Names that begin small: iPayment, Inc., theglobe.com, inc."""

COMMON = re.compile(
    r"company|corporation|limited|partnership|bank|trust|co|se|ag|university|institute|foundation|association|authority"
)
LOW = frozenset("and of the for in de la du & y e et von van und".split())


MOST_BESIDE = 5
"""Companies that sign beside the one party of a preamble; more of them are guarantors or holders of something."""

SIGNING_REACH = 12_000
"""Characters at the end of a document in which it is signed."""

SIGNED = re.compile(
    r"(?P<before>\n\n|(?<=[.:] )|(?<=[A-Z]: ))?"
    r"(?P<name>[A-Z][\w.,&'() /-]{3,100}?)[,:]? ?\n{0,2}(?=(?:By|BY|by) ?:|/s/)"
)
"""A company, and the place where somebody signs for it."""

AGREED = re.compile(r"(?:(?:APPROVED|AGREED|ACCEPTED|ACKNOWLEDGED|EXECUTED|SIGNED|FOR|AND|TO|BY)\b:? ){1,6}")
SHOUTED_NAME = re.compile(r"(?:(?:[A-Z][A-Z0-9.,&'()/-]{0,40}|&|of|and) ){0,9}[A-Z][A-Z0-9.,&'()/-]{1,40}$")


def _suffix(name: str, at: int) -> re.Match[str] | None:
    """The first "Inc." or the like; a noun in small letters ("a Delaware corporation") is none."""
    found = SUFFIX.search(name, at)
    while found and found[0].rstrip(".").islower() and COMMON.fullmatch(found[0].rstrip(".")):
        found = SUFFIX.search(name, found.end())
    return found


def _parties(printed: str) -> Iterator[tuple[Found, Found | None]]:
    """The parties that a preamble names, with their roles: 'Birch Inc., a Texas company (the "Seller"), and ...'."""
    at = 0
    told: set[str] = set()
    ended = False
    for match in [*ROLE.finditer(printed), None]:
        role = _role(match) if match else None
        end = match.start() if match else len(printed)
        ended = ended or (len(told) > 1 and bool(PREAMBLE_END.search(printed, max(0, at - 1), end)))
        names = list(_names(printed, at, end, role is not None and not ended))
        for name in names:
            key = re.sub(r"\W", "", name[0]).casefold()
            if key not in told:
                told.add(key)
                yield name, role if name is names[-1] else None
        at = match.end() if match else at


PREAMBLE_END = re.compile(r"(?:[)\"]|(?<!inc)(?<!ltd)(?<!corp)[a-z]{3})\.\s{1,2}(?=[A-Z])(?!Party\b|PARTY\b)")
"""The end of a sentence. Behind it, when two parties are known, a name needs its "Inc." to be one."""


def _role(match: re.Match[str]) -> Found | None:
    """What a party is called from here on; None for other definitions in a preamble, and for several together."""
    called = match["role"] or match["role2"] or match["role3"]
    if NO_ROLE.search(called.strip()) or TOGETHER.search(match["before"] or match["before2"] or ""):
        return None
    start = match.start(match.lastgroup or 0)
    return called.strip(), start, start + len(called), ""


def _names(printed: str, start: int, end: int, named: bool) -> Iterator[Found]:
    """The names where a stretch begins and after each joint; one without "Inc." or the like only before a role."""
    begins = [start, *(joint.end() for joint in JOINT.finditer(printed, start, end))]
    plain: list[Found] = []
    sure: list[Found] = []
    passed = start
    for begin in begins:
        if begin < passed:
            continue
        name = _name_at(printed, begin, end)
        if name is None:
            continue
        if _suffix(name[0], 1) or LABELLED.search(printed, max(0, name[1] - 20), name[1]):
            sure.append(name)
            passed = name[2]
        else:
            plain.append(name)
    if named and not sure and plain:
        near = [name for name in plain if not STREET.match(name[0]) and not PREAMBLE_END.search(printed, name[2], end)]
        joined = [name for name in near if _is_joined(printed, start, name[1])]
        yield from (joined or near)[:1]
    yield from sure


STREET = re.compile(r"\d{1,6}[ ,]")
"""What begins with a number and has no "Inc." is an address."""


def _is_joined(printed: str, start: int, at: int) -> bool:
    return bool(re.search(r"(?i)\band\b[\s(]{1,4}(?:the )?$", printed[max(start, at - 12) : at]))


def _name_at(printed: str, start: int, end: int) -> Found | None:
    """The name with which a stretch begins, after what joins it to the one before."""
    while start < end and (lead := LEAD.match(printed, start, end)):
        start = lead.end()
    if start >= end:
        return None
    first = printed[start]
    if not (first.isupper() or first.isdigit() or printed.startswith("the ", start) or SMALL.match(printed, start)):
        return None
    if printed.startswith("the ", start):
        start += 4
    stop = NAME_END.search(printed, start + 1, end)
    name = printed[start : stop.start() if stop else end]
    sure = _suffix(name, 1)
    while sure and GOES_ON.match(name, sure.end()):
        sure = _suffix(name, sure.end())
    if sure:
        name = name[: sure.end()]
    shouted = " and " in name and name.replace(" and ", "").isupper()  # ALDER INC and BIRCH: two names
    if shouted or (not sure and " and " in name.lower()):
        name = name[: name.lower().index(" and ")]
    name = name.rstrip(" ,;:(-\n").removesuffix(" of")
    if FULL_WORD.search(name):
        name = name[:-1]
    words = [word for word in re.findall(r"[^\s,]+", name) if word not in LOW]
    capitals = sum(word[0].isupper() or word[0].isdigit() for word in words)
    if not 2 <= len(name) <= 140 or len(words) > 14 or NO_NAME.search(name):
        return None
    if capitals < 0.75 * len(words) and not (sure and name[0].islower()):
        return None
    if not re.search("[A-Za-z]{2}", name) or (sure and sure.start() == 0) or name.count("(") != name.count(")"):
        return None
    return " ".join(name.split()), start, start + len(name), ""


def _clause(view: _View, clause: Clause) -> list[Fact]:
    """The sentences that prove the clause, or, if there are none, those that make it doubtful, with a note."""
    held, headed = view.holding(clause.stems), view.headed(clause.headings)
    for kinds, note in (((held, clause.patterns), (headed, clause.under)), ""), (((held, clause.maybe),), DOUBTFUL):
        proofs = (
            _proof(view.lower, sentence, alternatives, clause.unless)
            for sentences, alternatives in kinds
            for sentence in sentences
        )
        found = sorted({span for span in proofs if span}, key=lambda span: span.start)
        if found:
            return [Fact("clause", clause.name, view.span(s.start, s.end), note) for s in found[:MOST_FACTS]]
    return []


def _proof(lower: str, sentence: Span, alternatives: Sequence[Sequence[str]], unless: Sequence[str]) -> Span | None:
    """The sentence, or of a long one the stretch, in which all parts of an alternative stand near each other."""
    if len(sentence) < SHORTEST_CLAUSE:
        return None
    for first, *others in alternatives:
        for match in islice(compiled(first).finditer(lower, sentence.start, sentence.end), MOST_STARTS):
            start, end = max(sentence.start, match.start() - NEAR), min(sentence.end, match.end() + NEAR)
            near = lower[start:end]
            if all(compiled(other).search(near) for other in others) and not any(
                compiled(pattern).search(near) for pattern in unless
            ):
                return sentence if len(sentence) <= LONGEST_PROOF else _whole_words(lower, start, end)
    return None


def _whole_words(text: str, start: int, end: int) -> Span:
    while start < end and start and not text[start - 1].isspace():
        start += 1
    while end > start + 1 and end < len(text) and not text[end].isspace():
        end -= 1
    return Span(start, end)

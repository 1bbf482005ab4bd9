"""What the phrases of a question mean: conditions on fields and clauses, and the nouns for what is asked about.

Phrases are claimed one kind after the other, the most specific first, so that no word counts twice; what nobody claims
is left for the plan to account for.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from citebound.answer.sets.frame import ANYTHING, HERE
from citebound.answer.sets.question import (
    Clause,
    Condition,
    Either,
    Every,
    Field,
    Known,
    Metric,
    Named,
    OneOf,
    Range,
    Scale,
    Several,
    Standing,
    Type,
    Unless,
    words,
)
from citebound.answer.sets.words import (
    AFTER,
    BEFORE,
    CLAUSES_SAID,
    COUNTED,
    COURT,
    CVE_YEAR,
    CVES,
    DATE_CUES,
    DATED,
    DAY,
    DEFAULT_DATES,
    DULL,
    FINDING_FIELDS_SAID,
    FINDINGS,
    FIRST_CVE,
    HAS_CVE,
    LAST_CVE,
    LAW,
    LEAST,
    LEVEL,
    METRICS,
    MONTH,
    MONTHS,
    MOST,
    NEGATIONS,
    NOUN_BEFORE,
    NUM,
    NUMBERS,
    OR_LESS,
    OR_MORE,
    OVER,
    PEOPLES,
    PLACE,
    PLACES,
    RANGED,
    REPORTS,
    SEVERITY,
    SHORT_TYPES,
    SINCE,
    SKIPPED,
    SPELLINGS,
    STATUSES,
    TYPED,
    UNDER,
    UNTIL,
    WEAKNESSES,
    WHICH_LAW,
    WITHIN,
)
from citebound.answer.words import stem
from citebound.ingest.profile import Profile
from citebound.ingest.severity import LEVELS, severity_of

CLAIMED = "\x00"


@dataclass(frozen=True, slots=True)
class Mark:
    """A phrase of the question and what it means. `what` is "document", "finding" or "value" for a noun, "condition"
    for anything else; `level` says of what a condition is; `negated` that the phrase itself denies it."""

    start: int
    end: int
    what: str
    condition: Condition | None = None
    level: str = "document"
    negated: bool = False
    kinds: tuple[str, ...] = ()
    name: str = ""
    plural: bool = True
    definite: bool = False
    group: str = ""


@dataclass(slots=True)
class Marks:
    """The marks of one question, claimed in order of how specific they are. `low` has the length of `text`."""

    text: str
    low: str
    found: list[Mark] = field(default_factory=list)

    def claim(self, pattern: str | re.Pattern[str], make: Callable[[re.Match[str]], Mark | None]) -> None:
        """Every match of a pattern in what is not yet claimed; `make` may decline one."""
        expression = pattern if isinstance(pattern, re.Pattern) else re.compile(rf"(?<![\w-])(?:{pattern})(?![\w-])")
        at = 0
        while match := expression.search(self.low, at):
            at = max(match.end(), match.start() + 1)
            mark = make(match)
            if mark is not None:
                self.take(mark)

    def take(self, mark: Mark) -> None:
        self.found.append(mark)
        self.low = self.low[: mark.start] + CLAIMED * (mark.end - mark.start) + self.low[mark.end :]

    def strike(self, start: int, end: int) -> None:
        """Words that belong to a mark already made."""
        self.low = self.low[:start] + CLAIMED * (end - start) + self.low[end:]


def condition_mark(match: re.Match[str], condition: Condition, level: str = "document", group: str = "") -> Mark:
    return Mark(match.start(), match.end(), "condition", condition, level, group=group)


def amounts(match: re.Match[str]) -> tuple[str | None, str | None, bool, bool]:
    """low, high and whether each end is left out, of a match of `RANGED`."""
    if match["from"]:
        return _plain(match["from"]), _plain(match["to"]), False, False
    n, op, tail = _plain(match["n"]), match["op"] or "", match["tail"] or ""
    if re.fullmatch(OVER, op):
        return n, None, True, False
    if re.fullmatch(LEAST, op) or re.fullmatch(OR_MORE, tail):
        return n, None, False, False
    if re.fullmatch(UNDER, op):
        return None, n, False, True
    if re.fullmatch(MOST, op) or tail:
        return None, n, False, False
    return n, n, False, False


def _plain(number: str) -> str:
    return str(NUMBERS.get(number, number))


def claim_identifiers(marks: Marks) -> None:
    def cve(match: re.Match[str]) -> Mark:
        number = match[0][match[0].rindex("cve") :].upper()
        return condition_mark(match, Field(("cve",), OneOf((number,)), number), "finding", "cve")

    def cwe(match: re.Match[str]) -> Mark:
        numbers = tuple(f"CWE-{n}" for n in re.findall(r"\d+", match[0]))
        return condition_mark(match, Field(("cwe",), OneOf(numbers), " or ".join(numbers)), "finding", "cwe")

    def of_years(match: re.Match[str]) -> Mark | None:
        if not re.search(r"(?<![\w-])cves? (?:(?:ids?|numbers?) )?$", marks.text[: match.start()].lower()):
            return None
        year = int(match["year"])
        first = year if match["op"] in ("in", "since") else year + 1 if match["op"] == "after" else FIRST_CVE
        last = year if match["op"] == "in" else year - 1 if match["op"] in BEFORE else LAST_CVE
        said = f"a CVE number of the years {match[0][match[0].index(match['op']) :]}"
        tests = tuple(Field(("cve",), Named(("cve", str(y))), said) for y in range(first, last + 1))
        return condition_mark(match, Either(tests), "finding") if tests else None

    known = Field(("cve",), Known(), "a CVE")
    marks.claim(CVE_YEAR, of_years)
    marks.claim(HAS_CVE, lambda m: condition_mark(m, known, "finding"))
    marks.claim(r"(?:cve[- ])?cve-\d{4}-\d{4,7}", cve)
    marks.claim(r"cwe[- ]?\d{1,4}(?:(?: or|,| and) cwe[- ]?\d{1,4}){0,4}", cwe)


def claim_scores(marks: Marks) -> None:
    def made(match: re.Match[str]) -> Mark:
        low, high, open_low, open_high = amounts(match)
        said = f"CVSS score {match['said']}"
        test = Range(Scale.NUMBER, low, high, open_low, open_high)
        return condition_mark(match, Field(("cvss_score",), test, said), "finding", "score")

    def of_all(match: re.Match[str]) -> Mark | None:
        one = made(match).condition
        if one is None:
            return None
        inside = Several("finding", 1, None, f"a finding with {words(one)}", one)
        outside = Several("finding", 1, None, f"a finding without {words(one)}", Unless(one))
        whole = condition_mark(match, Every((inside, Unless(outside))))
        return replace(whole, kinds=("security_reports",))

    def between(match: re.Match[str]) -> Mark:
        low, high = match["low"], match["high"]
        over, under = re.fullmatch(OVER, match["over"]), re.fullmatch(UNDER, match["under"])
        test = Range(Scale.NUMBER, _plain(low), _plain(high), bool(over), bool(under))
        condition = Field(("cvss_score",), test, f"CVSS score {match['said']}")
        return condition_mark(match, condition, "finding", "score")

    kind = r"(?:(?:cvss(?:[ -]?v?[234](?:\.[01])?)?|base|score|scores|scored|scoring)(?: base)?(?: scores?)?)"
    for match in re.finditer(
        rf"(?:maximum|highest|highest possible|top|perfect) (?={kind} (?:of )?10(?:\.0)?(?![\w.]))", marks.low
    ):
        marks.strike(*match.span())
    marks.claim(
        rf"(?:all|every|each)(?: of the)?(?: single)? {kind}(?: (?:is|are|being|of))? (?P<said>{RANGED})", of_all
    )
    marks.claim(
        rf"{kind}(?: (?:is|are|of|that is|which is))? (?P<said>(?P<over>{OVER}|{LEAST}|from) (?P<low>{NUM})"
        rf"(?:,? (?:but|and|yet))? (?P<under>{UNDER}|{MOST}|to) (?P<high>{NUM}))",
        between,
    )
    marks.claim(
        rf"{kind}(?: (?:is|are|of|that is|which is))? (?P<said>{RANGED})(?: on (?:the )?cvss(?: scale)?)?", made
    )
    marks.claim(rf"(?P<said>{RANGED}) (?:on (?:the )?)?(?:cvss|base score)(?: scores?)?", made)


def claim_severities(marks: Marks) -> None:
    def made(match: re.Match[str]) -> Mark | None:
        tail = match["tail"] or ""
        if match["least"] or tail.endswith(("higher", "above", "worse", "greater", "severe", "up")):
            levels = _levels(match["least"] or match["some"])
            first = min(LEVELS.index(level) for level in levels)
            chosen = LEVELS[first:]
        elif match["above"]:
            chosen = LEVELS[LEVELS.index(_levels(match["above"])[0]) + 1 :]
        elif match["below"]:
            chosen = LEVELS[: LEVELS.index(_levels(match["below"])[0])]
        elif tail:
            chosen = LEVELS[: max(LEVELS.index(level) for level in _levels(match["some"])) + 1]
        else:
            chosen = _levels(match["some"])
        if not chosen:
            return None
        said = "severity " + " or ".join(chosen)
        made = condition_mark(match, Field(("severity",), OneOf(tuple(chosen)), said), "finding", "severity")
        return replace(made, name="and" if " and " in (match["some"] or "") else "")

    marks.claim(SEVERITY, made)


def _levels(printed: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(severity_of(word) for word in re.findall(LEVEL, printed)))


def claim_states(marks: Marks) -> None:
    for pattern, groups, said in STATUSES:
        test = Field(("status",), Standing(groups), f"status {said}")
        labelled = rf"(?:status(?: of| is| as|:)? )?(?:{pattern})"
        marks.claim(labelled, lambda m, test=test: condition_mark(m, test, "finding", "status"))  # type: ignore[misc]


def claim_weaknesses(marks: Marks) -> None:
    for pattern, metrics, said in METRICS:
        metric = Field(("cvss_vector",), Metric(metrics), said)
        marks.claim(pattern, lambda m, metric=metric: condition_mark(m, metric, "finding"))  # type: ignore[misc]
    for pattern, numbers, said in WEAKNESSES:
        weakness = Field(("cwe",), OneOf(tuple(f"CWE-{n}" for n in numbers.split())), said)
        marks.claim(pattern, lambda m, weakness=weakness: condition_mark(m, weakness, "finding", "cwe"))  # type: ignore[misc]


def claim_dates(marks: Marks, kinds: Sequence[str]) -> None:
    for match in re.finditer(
        r"(?<![\w-])(?:initial |fixed |original |current )?term (?:(?:that|which) )?(?=(?:end|expir)(?:s|e|es|ing)\b)",
        marks.low,
    ):
        marks.strike(*match.span())

    def made(match: re.Match[str]) -> Mark | None:
        begin, fields, running = _date_cue(marks.low, match.start())
        if not fields:
            defaults = [DEFAULT_DATES[kind] for kind in kinds if kind in DEFAULT_DATES]
            if not defaults:
                return None
            fields = tuple(name for names in defaults for name in names)
        days = [match["day"]] if match["day"] else []
        days += re.findall(DAY, match["more"] or "")
        op, tail = match["op"] or "", (match["tail"] or "").strip()
        if match["between"]:
            first, last = _day(match["a"])[0], _day(match["b"])[1]
            ranges = [Range(Scale.DATE, first, last)]
        elif op in AFTER and not running:
            ranges = [Range(Scale.DATE, _day(days[0])[1], None, open_low=True)]
        elif op in SINCE or tail.endswith(("later", "after", "newer", "onward", "onwards")):
            ranges = [Range(Scale.DATE, _day(days[0])[0], None)]
        elif op in BEFORE:
            ranges = [Range(Scale.DATE, None, _day(days[0])[0], open_high=True)]
        elif (op in UNTIL and not running) or tail.endswith(("earlier", "before", "older")):
            ranges = [Range(Scale.DATE, None, _day(days[0])[1])]
        else:
            ranges = [Range(Scale.DATE, *_day(day)) for day in days]
        if len(days) > 1 and (op in AFTER | SINCE | BEFORE | UNTIL or tail):
            return None
        said = f"{fields[0].replace('_', ' ')} {match[0].strip()}"
        tests = tuple(Field(fields, test, said) for test in ranges)
        condition = tests[0] if len(tests) == 1 else Either(tests)
        bare = "" if begin < match.start() else "bare, after a word" if op else "bare"
        return Mark(begin, match.end(), "condition", condition, name=bare, group=f"date {fields[0]}")

    marks.claim(DATED, made)


def _date_cue(low: str, at: int) -> tuple[int, tuple[str, ...], bool]:
    """Where the words before a date begin that say which date is meant, its fields, and whether it is "runs until"."""
    before = low[max(0, at - 60) : at]
    link = r"(?: (?:on|dates?|is|are|was|were|falls?|falling|lies|as|of|the|last|a|an|their|its)){0,3} ?$"
    for pattern, fields in DATE_CUES:
        if match := re.search(rf"(?<![\w-])(?:{pattern}){link}", before):
            running = bool(re.match(r"(?:runs?|running|valid|continues?|lasts?)\b(?! out)", match[0]))
            return at - len(before) + match.start(), fields, running
    return at, (), False


def _day(printed: str) -> tuple[str, str]:
    """The first and last ISO day of a day, month, quarter, half, year or decade."""
    words = re.sub(r"\b(?:the|year|of)\b|,|\.", " ", printed).split()
    joined = " ".join(words)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", joined):
        return joined, joined
    year = next(int(m) for m in re.findall(r"\d{4}", joined))
    if re.search(r"\d0'?s$", joined):
        return f"{year}-01-01", f"{year + 9}-12-31"
    if joined.startswith(("end ", "beginning ", "start ")):
        iso = f"{year}-12-31" if joined.startswith("end ") else f"{year}-01-01"
        return iso, iso
    months = (1, 12)
    if match := re.search(r"q([1-4])|(first|second|third|fourth|last) (quarter|half)", joined):
        n = int(match[1]) if match[1] else {"first": 1, "second": 2, "third": 3, "fourth": 4}.get(match[2], 0)
        size = 6 if match[3] == "half" else 3
        n = n or 12 // size
        months = (size * (n - 1) + 1, size * n)
    elif match := re.match(r"\d{4}-(\d{2})$", joined):
        months = (int(match[1]), int(match[1]))
    elif match := re.search(rf"\b({MONTH})\b", joined):
        month = MONTHS[match[1]]
        if day := re.search(r"\b(\d{1,2})(?:st|nd|rd|th)?\b(?!\d)", joined.replace(str(year), "")):
            iso = f"{year}-{month:02}-{int(day[1]):02}"
            return iso, iso
        months = (month, month)
    return f"{year}-{months[0]:02}-01", f"{year}-{months[1]:02}-{calendar.monthrange(year, months[1])[1]}"


def claim_durations(marks: Marks) -> None:
    names = (
        (
            r"(?:(?:termination |renewal |non-?renewal )?notice(?: periods?)?"
            r"(?: (?:of|for|to (?:stop|prevent|end|terminate|avoid|cancel|opt out of)) (?:the |a"
            r" )?(?:non-?)?renewal)?)",
            "renewal_notice",
        ),
        (
            r"renewal(?: terms?| periods?)?|renews?(?: for)?(?: (?:successive|additional|further|another|rolling))?",
            "renewal",
        ),
        (
            r"(?:initial |original |fixed )?(?:terms?|durations?)|(?:last|lasts|lasting|run|runs|running)(?: for)?",
            "term",
        ),
    )
    length = rf"{RANGED}[- ](?P<unit>day|week|month|year)s?(?P<later>{OR_MORE}|{OR_LESS})?"

    def made(match: re.Match[str], name: str) -> Mark:
        low, high, open_low, open_high = amounts(match)
        later = match["later"] or ""
        if re.fullmatch(OR_MORE, later):
            high = None
        elif later:
            low = None
        unit = match["unit"][0].upper()
        ends = [None if end is None else f"P{end}{unit}" for end in (low, high)]
        test = Range(Scale.DURATION, ends[0], ends[1], open_low, open_high)
        return condition_mark(match, Field((name,), test, match[0].strip()), group=f"duration {name}")

    for pattern, name in names:
        marks.claim(
            rf"(?:{pattern})(?: (?:is|are|of|that is|which is|for))? {length}(?: (?:terms?|periods?))?",
            lambda m, name=name: made(m, name),  # type: ignore[misc]
        )
        marks.claim(
            rf"{length}(?:'?s?)? (?:of )?(?:prior |advance |written )?(?:{pattern})",
            lambda m, name=name: made(m, name),  # type: ignore[misc]
        )


def claim_laws(marks: Marks) -> None:
    def law(match: re.Match[str]) -> Mark | None:
        around = f"{match['left']} {match['right'] or ''}"
        if not re.search(r"\blaws?\b|govern", around):
            return None
        made = condition_mark(match, _placed("governing_law", match["places"]), group="law")
        return replace(made, negated=bool(match["other"]))

    def court(match: re.Match[str]) -> Mark:
        return condition_mark(match, _placed("jurisdiction", match["places"] or match["places2"]), group="court")

    marks.claim(COURT, court)
    marks.claim(LAW, law)


def _placed(name: str, printed: str) -> Field:
    said: list[str] = []
    for match in re.finditer(rf"(?<!\w)(?:{PLACE})(?!\w)", printed):
        word = PEOPLES.get(match[0], match[0])
        said.append(PLACES[word])
    values = tuple(dict.fromkeys(place for one in said for place in (one, *WITHIN.get(one, ()))))
    return Field((name,), OneOf(values), f"{name.replace('_', ' ')} {' or '.join(dict.fromkeys(said))}")


def claim_types(marks: Marks) -> None:
    """Nouns that name a type of contract."""

    def typed(match: re.Match[str]) -> Mark | None:
        if match["type"] == "advisory" and match["noun"] == "deal":
            return None  # the verb: "does any advisory deal with ..."
        alternatives = re.split(r" and | or |, ?|/", match["type"])
        runs = tuple(tuple(stem(w) for w in re.findall(r"\w+", _spelled(one))) for one in alternatives if one.strip())
        noun = match["noun"]
        kind = Type(tuple(run for part in runs for run in _twins(part)), f"{match['type']} agreement")
        return Mark(
            match.start(),
            match.end(),
            "document",
            kind,
            kinds=("contracts",),
            plural=noun.endswith(("s", "addenda")),
            name=match[0],
        )

    marks.claim(TYPED, typed)
    for pattern, runs, said in SHORT_TYPES:
        kind = Type(tuple(tuple(stem(w) for w in run.split()) for run in runs.split("|")), said)
        marks.claim(
            pattern,
            lambda m, kind=kind: Mark(  # type: ignore[misc]
                m.start(),
                m.end(),
                "document",
                kind,
                kinds=("contracts",),
                plural=m[0].endswith(("s", "addenda")),
                name=m[0],
            ),
        )


def _twins(run: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """The stems of a type and of its nearest relatives: distribution and distributor, hosting and host."""
    twins = {
        "distribut": ("distributor",),
        "distributor": ("distribut",),
        "resel": ("resal",),
        "consult": ("consultant", "consult"),
        "consultant": ("consult",),
        "sponsorship": ("sponsor",),
        "licens": ("licenc",),
        "transport": ("transport",),
        "cooper": ("co", "oper"),
    }
    made = [run]
    for i, word in enumerate(run):
        if word in twins:
            made.append((*run[:i], *twins[word], *run[i + 1 :]))
    return tuple(made)


def claim_nouns(marks: Marks, kinds: Sequence[Profile]) -> None:
    def report(match: re.Match[str], kind: Type, holds: bool) -> Mark | None:
        if match[0] in ("report", "reports") and re.search(NOUN_BEFORE, marks.text[: match.start()].lower()):
            return None  # the verb: "which advisories report ..."
        condition: Condition = kind if holds else Unless(kind)
        return Mark(
            match.start(),
            match.end(),
            "document",
            condition,
            kinds=("security_reports",),
            plural=match[0].endswith("s"),
            name=match[0],
        )

    names = {profile.name for profile in kinds}
    if "security_reports" in names:
        marks.claim(r"cves|cve (?:ids|numbers|identifiers)", lambda m: Mark(m.start(), m.end(), "cves", name="cve"))
        for pattern, kind, holds in REPORTS:
            marks.claim(pattern, lambda m, kind=kind, holds=holds: report(m, kind, holds))  # type: ignore[misc]
        marks.claim(
            FINDINGS,
            lambda m: Mark(m.start(), m.end(), "finding", name=m[0], plural=m[0].endswith("s") and m[0] != "weakness"),
        )
    for profile in kinds:
        words = profile.name.replace("_", " ")
        single = re.sub(r"ies$", "y", words) if words.endswith("ies") else words.rstrip("s")
        more = (
            r"|agreements?|arrangements?|papers|paper(?= (?:with|without|that|where|under|governed)\b)|deals?"
            if profile.name == "contracts"
            else ""
        )

        def document(match: re.Match[str], name: str = profile.name) -> Mark | None:
            if match[0].startswith("deal") and re.search(NOUN_BEFORE, marks.text[: match.start()].lower()):
                return None  # the verb: "which advisories deal with ..."
            return Mark(
                match.start(), match.end(), "document", kinds=(name,), plural=match[0].endswith("s"), name=match[0]
            )

        marks.claim(f"{words}|{single}{more}", document)
    marks.claim(
        rf"{ANYTHING}(?= {HERE})|(?<=have ){ANYTHING}",
        lambda m: Mark(m.start(), m.end(), "document", name="documents"),
    )
    marks.claim(
        r"documents?|files?|docs?",
        lambda m: Mark(m.start(), m.end(), "document", plural=m[0].endswith("s"), name=m[0]),
    )


def claim_counts(marks: Marks) -> None:
    """ "more than two parties"; "at least three vulnerabilities" keeps its noun, whose findings are counted."""
    some = rf"(?:{RANGED}|(?P<many>multiple|several|more than one))"
    for pattern, name, said in COUNTED:
        marks.claim(
            rf"{some} (?:different |distinct |affected )?(?:{pattern})",
            lambda m, name=name, said=said: condition_mark(m, _several(m, name, said)),  # type: ignore[misc]
        )
    ahead = rf"(?=(?: [\w\x00-]{{1,60}}){{0,4}} ?(?:{FINDINGS}|{CVES})(?!\w))"
    marks.claim(
        rf"{some}{ahead}",
        lambda m: Mark(m.start(), m.end(), "count", _several(m, "finding", ""), "finding"),
    )


def _several(match: re.Match[str], name: str, said: str) -> Several:
    low: str | None = "2"
    high: str | None = None
    if not match["many"]:
        low, high, open_low, open_high = amounts(match)
        low = str(int(float(low)) + open_low) if low is not None else "0"
        high = str(int(float(high)) - open_high) if high is not None else None
    return Several(name, int(low or 0), None if high is None else int(high), f"{match[0].strip()}" if said else "")


def claim_clauses(marks: Marks, kinds: Sequence[Profile]) -> None:
    """Clauses and fields that are there or not, by the words with which the profiles say people ask for them."""
    phrases: list[tuple[str, Condition, str]] = []
    for profile in kinds:
        clauses = {
            clause.name: Clause(clause.name, clause.title.lower(), (*clause.words, *clause.asked))
            for clause in profile.clauses
        }
        for pattern, name in CLAUSES_SAID:
            if name in clauses:
                marks.claim(pattern, partial(condition_mark, condition=clauses[name]))
        stated = {
            one.name: Field((one.name,), Known(), f"a stated {one.title.lower()}", (*one.words, *one.asked))
            for one in profile.fields
        }
        if "governing_law" in stated:
            marks.claim(WHICH_LAW, partial(condition_mark, condition=stated["governing_law"]))
        for clause in profile.clauses:
            for said in (*clause.words, clause.title):
                phrases.append((said, clauses[clause.name], profile.name))
        for one in profile.fields:
            for said in one.words:
                if said.lower() not in DULL:
                    phrases.append((said, stated[one.name], profile.name))
    claim_phrases(marks, phrases)


def claim_finding_fields(marks: Marks) -> None:
    """Fields of findings that are there or not: "without a CVE"."""
    for pattern, name, said in FINDING_FIELDS_SAID:
        known = Field((name,), Known(), said)
        marks.claim(pattern, lambda m, known=known: condition_mark(m, known, "finding"))  # type: ignore[misc]


def claim_phrases(marks: Marks, phrases: Iterable[tuple[str, Condition, str]]) -> None:
    """The longest phrases first. One of several words is found by its stems; a single word as it is, or in the plural,
    for what derives from it may mean the contrary ("assignment", "assignable")."""
    tokens = [(m.start(), m.end(), m[0]) for m in re.finditer(r"[^\W_]+", marks.low)]
    said = [SPELLINGS.get(word, word) for _, _, word in tokens]
    stems = [stem(word) for word in said]
    found: list[tuple[list[int], Condition, str]] = []
    for phrase, condition, kind in phrases:
        wanted = _stems(phrase)
        for i in range(len(tokens)):
            used = _run(wanted, i, stems, said, marks.low, tokens)
            if used and (len(wanted) > 1 or said[i] in (phrase.lower(), phrase.lower() + "s")):
                found.append((used, condition, kind))
    taken: set[int] = set()
    for used, condition, kind in sorted(found, key=lambda f: (-len(f[0]), f[0][0], f[0][-1])):
        if taken.isdisjoint(range(used[0], used[-1] + 1)):
            taken |= set(range(used[0], used[-1] + 1))
            between = [said[j] for j in range(used[0], used[-1]) if j not in used]
            start, end = tokens[used[0]][0], tokens[used[-1]][1]
            denied = not NEGATIONS.isdisjoint(between)
            marks.take(Mark(start, end, "condition", condition, negated=denied, kinds=(kind,)))


def _run(
    phrase: tuple[str, ...],
    i: int,
    stems: Sequence[str],
    said: Sequence[str],
    low: str,
    tokens: Sequence[tuple[int, int, str]],
) -> list[int]:
    """The positions at which a phrase stands, beginning at i, with small words between; [] where it does not."""
    if not phrase or stems[i] != phrase[0]:
        return []
    used = [i]
    for wanted in phrase[1:]:
        j = used[-1] + 1
        skipped = 0
        while j < len(stems) and stems[j] != wanted and said[j] in SKIPPED and skipped < 3:
            j += 1
            skipped += 1
        if j >= len(stems) or stems[j] != wanted:
            return []
        used.append(j)
    between = low[tokens[used[0]][0] : tokens[used[-1]][1]]
    return [] if CLAIMED in between or re.search(r"[?!;]|\.\s", between) else used


def _stems(said: str) -> tuple[str, ...]:
    return tuple(stem(SPELLINGS.get(word, word)) for word in re.findall(r"[^\W_]+", said.lower()))


def _spelled(text: str) -> str:
    return " ".join(SPELLINGS.get(word, word) for word in text.split())


def name_fields(run: Sequence[str], known: Mapping[str, Sequence[str]], order: Sequence[str]) -> str:
    """The first field in which some value has these words one after the other, "" for none."""
    for name in order:
        for value in known.get(name, ()):
            words = re.findall(r"[^\W_]+", value.casefold())
            if any(words[i : i + len(run)] == list(run) for i in range(len(words) - len(run) + 1)):
                return name
    return ""


def named(field_name: str, run: Sequence[str], said: str) -> Field:
    return Field((field_name,), Named(tuple(run)), f"{field_name.replace('_', ' ')} {said}")

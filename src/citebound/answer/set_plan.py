"""From a question to a `SetQuestion`, or to nothing: every word of it must be accounted for.

A question is taken for one about the set if it begins like one ("which contracts", "how many", "is there any"), asks
about a kind of document or about findings, and consists of nothing but phrases whose meaning is known, names that
stand in the facts, and small words. One word that is not understood sends it the usual way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from citebound.answer import set_marks as reading
from citebound.answer.set_marks import CLAIMED, Mark, Marks
from citebound.answer.set_question import (
    Clause,
    Condition,
    Either,
    Every,
    Field,
    Known,
    Quantifier,
    SetQuestion,
    Several,
    Unit,
    Unless,
    Whole,
    words,
)
from citebound.answer.set_words import NEGATIONS, VALUES
from citebound.ingest.profile import Profile

LONGEST = 400
OF_THEM = r"(?: of)?(?: (?:the|our|my|your|these|those|all|any|different|distinct|unique|total|separate))*(?= )"
FRAMES: tuple[tuple[Quantifier, str], ...] = (
    (Quantifier.COUNT, rf"(?:in |across |for |of )?how many{OF_THEM}"),
    (
        Quantifier.COUNT,
        rf"(?:what(?:'s| is| was) )?(?:the |a )?(?:total |exact |overall )?(?:number|count|tally) of{OF_THEM}",
    ),
    (Quantifier.COUNT, rf"count(?: up)?{OF_THEM}"),
    (
        Quantifier.ANY,
        r"(?:is|are|was|were) there(?: (?:any|an?|some|at least one|even one|one|already))?(?:"
        r" of)?(?: (?:the|our|my))?(?= )",
    ),
    (Quantifier.ANY, r"(?:do|did) (?:we|i|you|they) (?:currently |already )?have(?: (?:any|an?|some))?(?= )"),
    (
        Quantifier.ANY,
        r"(?:do|does|did|has|have|is|are|was|were|can|could|will|may) (?:any|some|at least one"
        r"|one)(?: one)?(?: of)?(?: (?:the|our|my|these|those))?(?= )",
    ),
    (
        Quantifier.ALL,
        r"(?:do|does|did|has|have|is|are|was|were|can) (?:all|every|each)(?: single)?(?: one)?(?:"
        r" of)?(?: (?:the|our|my|these|those))?(?= )",
    ),
    (Quantifier.LIST, rf"(?:in |of |for |under |on |with |to )?(?:which|what)(?:'re| are| were)?{OF_THEM}"),
    (
        Quantifier.LIST,
        r"(?:list|show|give|find|name|enumerate|identify|get|display|return|pull up|pull|fetch|select|retrieve)"
        rf"(?: me| us| out)?(?: (?:a |the )(?:full |complete )?list of| every| each)?{OF_THEM}",
    ),
    (Quantifier.LIST, rf"(?:(?:a |the )?(?:full |complete )?list of|every|each|all){OF_THEM}"),
)
POLITE = re.compile(
    r"(?:(?:please|hi|hello|ok|so|can you|could you|would you|will you|i need|i want|i would like|i'd"
    r" like|we need|we want"
    r"|to see|to know|to have|tell me|tell us|let me know|show me|give me)[ ,]+){1,4}"
)
ENDING = re.compile(
    r"(?:[,;:.?] ?)?(?:and )?(?:(?:if so,? )?(?:which(?: ones?)?(?: are (?:they|those))?|what are"
    r" they|(?:please )?(?:list|name|show)(?: me)? (?:them|each|all))"
    r"(?: all)?|please|in total|altogether|overall|so far|right now|at the moment|as of (?:now|today))[?.! ]*$"
)
GLUE = frozenset(
    "a an the of in on at by for from to with within among across under as about into between that"
    " which who whose where"
    " when whom it its they their them we our us you your i my this these those there here is are"
    " was were be been being"
    " do does did have has having had contain contains containing contained include includes including included carry"
    " carries carrying feature features featuring mention mentions mentioning mentioned provide provides providing"
    " specify specifies specifying specified state states stating stated list lists listed listing give gives giving"
    " grant grants granting impose imposes imposing set sets require requires requiring required call calls apply"
    " applies applied exist exists cover covers covering covered use uses using come comes made found recorded reported"
    " described identified known present assigned affect affects affecting affected impact impacts impacting concern"
    " concerns concerning involve involves involving relate relates related relating regarding name names naming named"
    " address addresses addressing deal deals dealing say says saying show shows showing shown offer offers offering"
    " and or nor but also both either any some all still currently yet already ever explicitly expressly clause clauses"
    " provision provisions language wording restriction restrictions covenant covenants section sections obligation"
    " obligations right rights requirement requirements article articles kind type form forms company companies vendor"
    " vendors manufacturer manufacturers product products client clients customer customers party parties publisher"
    " collection corpus dataset database library folder index repository portfolio archive everything overall"
    " system systems device devices equipment entry entries item items case cases one ones out remain remains remaining"
    " left than other security known-about parties' counterparty signed entered released published issued written"
    " concluded executed against tested performed done carried conducted reports' marked given having single individual"
    " report reports describe describes describing classified categorized categorised tagged used data"
    " caused cause causes causing due because result results resulting become becomes became appear appears appearing"
    " occur occurs around refer refers referring reference references referencing cite cites citing noted raised"
    " discovered detected uncovered level levels types documented actually specifically presently held hold holds"
    " will would can could may must shall should subject pursuant respect regard date dates value"
    " field information".split()
)
PLAIN = frozenset(
    "a an the of in on at by for from to with within among across that which is are was were there here do does did we"
    " you i our us my this these those have has had all any some exist exists listed stored held collection corpus"
    " dataset database library folder index repository portfolio archive data set known appear appears in total".split()
)
"""Words that may stand in a question that asks for all of a kind."""

PERMITTING = frozenset(
    "allow allows allowing allowed permit permits permitting permitted let lets entitle entitles can may could".split()
)
RESTRICTIVE = frozenset(
    "anti_assignment non_compete no_solicit_customers no_solicit_employees non_disparagement price_restrictions"
    " volume_restriction covenant_not_to_sue cap_on_liability exclusivity non_transferable_license".split()
)
VERBS = frozenset(
    "have has contain contains include includes carry mention provide specify state list give grant impose set require"
    " requires name say show offer cover".split()
)
GONE = re.compile(
    r"^[\s\x00]*(?:clauses?|provisions?)?\s*(?:that )?(?:is|are|was|were)?\s*(?P<gone>missing|absent"
    r"|lacking|omitted|not (?:included|stated|specified"
    r"|present|mentioned|found|addressed|there|given|known|set|recorded))\b"
)
TOKEN = re.compile(r"[^\s\x00,;:?!()\"]+")
NAME_CUES: dict[str, tuple[str, ...]] = {
    "contracts": ("with", "between", "by", "involving", "party", "counterparty", "and"),
    "security_reports": ("vendor", "affecting", "affect", "affects", "client", "manufacturer"),
}
VENDOR_CUES = frozenset(
    "about for from concern concerns concerning involving involve in on regarding cover covering".split()
)
ITS = r"'?s? (?:advisor|products?|devices?|systems?|software|vulnerab)"
NAME_ORDER = ("vendor", "party", "client", "assessor", "publisher", "product", "report_id", "advisory_id", "owner")
CUED = {
    "client": ("client",),
    "customer": ("client", "party"),
    "publisher": ("publisher",),
    "published": ("publisher",),
    "issued": ("publisher",),
    "product": ("product",),
    "vendor": ("vendor",),
    "assessor": ("assessor",),
}
ALTERNATIVES = (
    "severity",
    "status",
    "law",
    "court",
    "name vendor",
    "name product",
    "name client",
    "name publisher",
    "name assessor",
)
"""Conditions of one unit that cannot both be meant by "and": "critical and high findings" are either."""

NO_ARTICLES = re.compile(r"^(?:or|nor|and|a|an|any|the|clauses?|provisions?|either|with|of)$")


@dataclass(slots=True)
class _Part:
    """A mark with what stands before it: the connector to the last one, whether it is denied, and how."""

    mark: Mark
    connector: str = ""
    negated: bool = False
    spread: bool = False
    gap: tuple[str, ...] = ()


@dataclass(slots=True)
class _Read:
    quantifier: Quantifier
    frame_end: int
    bare: bool
    parts: list[_Part] = field(default_factory=list)


class _NotUnderstood(Exception):
    """Something of the question has no known meaning."""


def plan(
    question: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]] | None = None
) -> SetQuestion | None:
    """What a question asks of the set, or None where it is another question or not understood as a whole.

    `kinds` are the profiles in use, `known` the names in the facts by field (`sets.known_names`). Linear in the
    question, which may have 400 characters.
    """
    text = _plain(question)
    if not 5 <= len(text) <= LONGEST:
        return None
    try:
        return _Planner(text, kinds, known or {}).planned()
    except _NotUnderstood:
        return None


def _plain(question: str) -> str:
    text = " ".join(question.split()).replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return re.sub(r"[‐‑–—]", "-", text)


class _Planner:
    def __init__(self, text: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]]) -> None:
        self.text = text
        self.kinds = kinds
        self.known = known
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        if ending := ENDING.search(low):
            low = low[: ending.start()] + " " * (len(low) - ending.start())
        low = re.sub(r"\bon file\b", "       ", low)
        self.low = low.rstrip("?.! ").ljust(len(low))
        self.frame, self.frame_end = self._framed()

    def _framed(self) -> tuple[Quantifier | None, int]:
        polite = POLITE.match(self.low)
        at = polite.end() if polite else 0
        for quantifier, pattern in FRAMES:
            if match := re.compile(pattern).match(self.low, at):
                return quantifier, match.end()
        return None, at

    def planned(self) -> SetQuestion | None:
        marks = Marks(self.text, self.low)
        marks.strike(0, self.frame_end)
        values = self._value_unit(marks)
        reading.claim_identifiers(marks)
        reading.claim_scores(marks)
        reading.claim_weaknesses(marks)
        reading.claim_durations(marks)
        reading.claim_types(marks)
        names = [kind.name for kind in self.kinds]
        hinted = [kind for kind in names if self._hints(kind, marks)] or names
        reading.claim_dates(marks, hinted)
        reading.claim_severities(marks)
        reading.claim_laws(marks)
        reading.claim_counts(marks)
        reading.claim_clauses(marks, self.kinds)
        reading.claim_states(marks)
        reading.claim_nouns(marks, self.kinds)
        reading.claim_finding_fields(marks)
        found = sorted(marks.found, key=lambda m: m.start)
        if re.match(r"\s*(?:kind|type|sort|form)s? of\b", self.low[self.frame_end :]):
            return None
        unit = values or self._unit(found)
        if unit is None or (self.frame is None and not unit.plural):
            return None
        if unit.what == "finding" and not unit.plural and re.match(r"what\b", self.low[: self.frame_end]):
            return None
        found, unit = _with_cves(found, unit)
        kinds = self._kinds(unit, found)
        found = self._with_names(marks, found, kinds, unit)
        if self.frame is None and any(
            TOKEN.search(gap) for gap in self._gaps(marks, [m for m in found if m.start < unit.start], unit.start)
        ):
            return None
        self._definite(unit, found)
        parts = self._parts(marks, found)
        return self._question(unit, parts, kinds)

    # -- the unit -----------------------------------------------------------------------------------------------------

    def _hints(self, kind: str, marks: Marks) -> bool:
        said = {
            "contracts": r"contract|agreement|nda|msa|amendment",
            "security_reports": r"advisor|report|vulnerab|finding|cve|pentest|penetration|issues|audit|alert",
        }
        return bool(re.search(said.get(kind, re.escape(kind.rstrip("s").removesuffix("ie"))), self.low))

    def _value_unit(self, marks: Marks) -> Mark | None:
        if self.frame is None or self.frame is Quantifier.ALL:
            return None
        for pattern, name in VALUES:
            match = re.compile(rf"\s*(?:{pattern})(?![\w'-])").match(marks.low, self.frame_end)
            if match and (name != "party" or match[0].endswith("s")):
                start = match.start() + len(match[0]) - len(match[0].lstrip())
                mark = Mark(start, match.end(), "value", name=name, kinds=self._declaring(name))
                marks.strike(start, match.end())
                return mark
        return None

    def _declaring(self, name: str) -> tuple[str, ...]:
        if name in ("vendor", "product", "publisher", "cve", "cwe", "client", "assessor"):
            return tuple(k.name for k in self.kinds if k.findings)
        return tuple(k.name for k in self.kinds if any(f.name == name for f in k.fields))

    def _unit(self, found: Sequence[Mark]) -> Mark | None:
        nouns = [m for m in found if m.what in ("document", "finding", "cves")]
        if not nouns:
            return None
        first = nouns[0]
        if first.what == "document" and len(nouns) > 1 and nouns[1].what == "finding":
            between = self.low[first.end : nouns[1].start]
            if not between.strip():
                return nouns[1]
        return first

    def _kinds(self, unit: Mark, found: Sequence[Mark]) -> tuple[str, ...]:
        with_findings = tuple(kind.name for kind in self.kinds if kind.findings)
        kinds = set(unit.kinds) if unit.kinds else {kind.name for kind in self.kinds}
        if unit.what == "finding":
            kinds = set(with_findings)
        narrowed = bool(unit.kinds) or unit.what == "finding"
        for mark in found:
            wanted: set[str] = set(mark.kinds)
            if mark.level == "finding" and mark.what in ("condition", "count"):
                wanted = set(with_findings)
            if isinstance(mark.condition, Clause):
                wanted = {k.name for k in self.kinds if any(c.name == mark.condition.name for c in k.clauses)}
            elif isinstance(mark.condition, Field) and mark.level == "document" and not wanted:
                wanted = {k.name for k in self.kinds if any(f.name in mark.condition.fields for f in k.fields)}
                if set(mark.condition.fields) & {"release_date", "revision_date", "report_date"}:
                    wanted |= set(with_findings)
            if wanted:
                kinds &= wanted
                narrowed = True
        if not kinds:
            raise _NotUnderstood
        return tuple(sorted(kinds)) if narrowed else ()

    def _definite(self, unit: Mark, found: Sequence[Mark]) -> None:
        """ "The agreement" is one document, and a question about it is not one about the set."""
        for mark in found:
            if mark.what != "document" or mark.plural:
                continue
            before = re.sub(r"[\x00\s]+$", "", self._before(mark, found))
            pointed = bool(re.search(r"(?<![\w-])(?:the|this|that|our|its|my|your|said)$", before.rstrip()))
            if mark is unit and (pointed or self.frame is Quantifier.COUNT):
                raise _NotUnderstood
            narrowed = mark.condition is not None or any((m.group or "").startswith("name") for m in found)
            if mark is not unit and pointed and (unit.what == "document" or not narrowed):
                raise _NotUnderstood

    def _before(self, mark: Mark, found: Sequence[Mark]) -> str:
        """What stands before a noun and what is claimed right before it."""
        at = mark.start
        for other in sorted(found, key=lambda m: -m.start):
            if other.end <= at and not self.low[other.end : at].strip():
                at = other.start
        return self.low[:at]

    # -- names --------------------------------------------------------------------------------------------------------

    def _gaps(self, marks: Marks, found: Sequence[Mark], end: int) -> list[str]:
        gaps, at = [], self.frame_end
        for mark in [*found, None]:
            stop = mark.start if mark else end
            gaps.append(marks.low[at:stop])
            at = mark.end if mark else end
        return gaps

    def _with_names(self, marks: Marks, found: list[Mark], kinds: tuple[str, ...], unit: Mark) -> list[Mark]:
        """Runs of words that nobody has claimed are names, or nothing that is understood."""
        runs: list[list[tuple[int, int]]] = []
        last_end = -1
        for match in TOKEN.finditer(marks.low, self.frame_end):
            word = self._bare(match[0])
            if self.text[match.start() : match.start() + 2] == "US" and word == "us":
                raise _NotUnderstood
            if not word or word in GLUE or word in NEGATIONS or word.endswith("n't") or word in PERMITTING:
                continue
            start, end = match.start(), match.start() + len(word)
            if runs and marks.low[last_end:start] in (" ", " & "):
                runs[-1].append((start, end))
            else:
                runs.append([(start, end)])
            last_end = match.end() if match[0] == word else -1
        for run in runs:
            found += self._names(run, marks, kinds or tuple(k.name for k in self.kinds), unit)
        return sorted(found, key=lambda m: m.start)

    def _bare(self, token: str) -> str:
        word = token.strip(".'-")
        return re.sub(r"'s$", "", word)

    def _names(self, run: list[tuple[int, int]], marks: Marks, kinds: Sequence[str], unit: Mark) -> list[Mark]:
        printed = [self.text[a:b] for a, b in run]
        before = re.findall(r"[\w-]+", marks.low[max(0, run[0][0] - 40) : run[0][0]].replace(CLAIMED, " "))
        cue = before[-1] if before else ""
        order = [*(name for word in before[-3:] for name in CUED.get(word, ())), *NAME_ORDER]
        of_kind = {name for kind in kinds for name in self._fields_of(kind)}
        order = [name for name in dict.fromkeys(order) if name in of_kind]
        made: list[Mark] = []
        at = 0
        while at < len(run):
            for n in range(len(run) - at, 0, -1):
                said = " ".join(printed[at : at + n])
                words = re.findall(r"[^\W_]+", said.casefold())
                proper = any(c.isupper() or c.isdigit() for c in said) or n > 1
                name = reading.name_fields(words, self.known, order) if words and proper else ""
                if not name and words and not proper and len(words[0]) > 3:
                    name = self._core(words, order)
                if name:
                    break
            else:
                n, name = len(run) - at, ""
                said = " ".join(printed[at:])
                words = re.findall(r"[^\W_]+", said.casefold())
                sure = [kind for kind in kinds if cue in NAME_CUES.get(kind, ())]
                after = self.low[run[-1][1] :]
                advisories = "advisor" in self.low or re.match(
                    r"'?s? (?:products?|devices?|systems?|software)\b", after
                )
                if kinds == ("security_reports",) and advisories and (cue in VENDOR_CUES or re.match(ITS, after)):
                    sure = ["security_reports"]
                if at or not sure or not words or not all(p[0].isupper() for p in printed):
                    raise _NotUnderstood
                name = "party" if sure[0] == "contracts" else "client" if cue == "client" else "vendor"
            condition = reading.named(name, words, said)
            start, end = run[at][0], run[at + n - 1][1]
            marks.strike(start, end)
            made.append(Mark(start, end, "condition", condition, group=f"name {name}"))
            at += n
        return made

    def _fields_of(self, kind: str) -> tuple[str, ...]:
        if kind == "contracts":
            return ("party",)
        if kind == "security_reports":
            return ("vendor", "client", "assessor", "publisher", "product", "report_id", "advisory_id")
        return tuple(f.name for k in self.kinds if k.name == kind for f in k.fields if f.type in ("text", "name"))

    def _core(self, words: Sequence[str], order: Sequence[str]) -> str:
        """The field with a name that begins with these words, typed in small letters, and is little longer."""
        for name in order:
            for value in self.known.get(name, ()):
                there = re.findall(r"[^\W_]+", value.casefold())
                if (
                    there[: len(words)] == list(words)
                    and len(there) <= len(words) + 3
                    and name in ("vendor", "party", "client")
                ):
                    return name
        return ""

    # -- the condition ------------------------------------------------------------------------------------------------

    def _parts(self, marks: Marks, found: Sequence[Mark]) -> list[_Part]:
        parts: list[_Part] = []
        at = self.frame_end
        for i, mark in enumerate(found):
            gap = tuple(self._words(marks.low[at : mark.start]))
            at = mark.end
            part = _Part(mark, gap=gap)
            denials = [w for w in gap if w in NEGATIONS or w.endswith("n't")]
            if parts and parts[-1].mark.what != "document" and i and self._was_gone(marks, found[i - 1]):
                denials = denials[1:] if denials else denials
            if len(denials) > 1 and set(denials) != {"neither", "nor"}:
                raise _NotUnderstood
            part.connector = "or" if "or" in gap or "nor" in gap else "and" if "and" in gap else ""
            part.negated = bool(denials) != mark.negated
            if gap and gap[-1] == "than" and gap[-2:] != ("other", "than"):
                raise _NotUnderstood
            if "other" in gap and "than" in gap:
                part.negated = not part.negated
            if parts and not denials and parts[-1].spread and part.connector and all(NO_ARTICLES.match(w) for w in gap):
                if (
                    part.connector == "and"
                    and parts[-1].gap
                    and not set(parts[-1].gap) & {"without", "no", "lack", "lacks", "lacking"}
                ):
                    raise _NotUnderstood
                part.negated, part.spread, part.connector = not part.negated, True, "and"
            if denials:
                part.spread = True
                if "nor" in gap:
                    part.connector = "and"
            if isinstance(mark.condition, Clause) and mark.condition.name in RESTRICTIVE and set(gap) & PERMITTING:
                raise _NotUnderstood
            if GONE.match(marks.low[mark.end :]) and mark.what == "condition":
                part.negated = not part.negated
            parts.append(part)
        rest = self._words(marks.low[at:])
        if any(w in NEGATIONS or w.endswith("n't") for w in rest) and not GONE.match(marks.low[at:]):
            raise _NotUnderstood
        return parts

    def _was_gone(self, marks: Marks, mark: Mark) -> bool:
        return bool(GONE.match(marks.low[mark.end :]))

    def _words(self, gap: str) -> list[str]:
        return [word for token in TOKEN.findall(gap) if (word := self._bare(token))]

    def _question(self, unit: Mark, parts: list[_Part], kinds: tuple[str, ...]) -> SetQuestion:
        at_unit = next((i for i, p in enumerate(parts) if p.mark is unit), -1)
        scope = [p.mark.condition for p in parts if p.mark.what == "document" and p.mark.condition is not None]
        if any(p.negated for p in parts if p.mark.what == "document" and p.mark is not unit):
            raise _NotUnderstood
        if at_unit >= 0:
            if parts[at_unit].negated:
                raise _NotUnderstood
            if at_unit + 1 < len(parts) and parts[at_unit].spread:
                parts[at_unit].spread = False
        of_findings = unit.what == "finding" or (unit.what == "value" and unit.name in ("cve", "cwe"))
        if len({p.mark.condition for p in parts if p.mark.what == "document" and p.mark.condition}) > 1:
            scope = [_either([p.mark for p in parts if p.mark.what == "document" and p.mark.condition], parts)]
        rest = [
            p for p in parts if p.mark.what in ("condition", "count") or (p.mark.what == "finding" and not of_findings)
        ]
        base: list[_Part] = []
        if self.frame is Quantifier.ALL:
            base, rest = self._split(rest, unit)
        elif re.search(r" of\b", self.low[: self.frame_end]):
            base = [p for p in rest if p.mark.end <= unit.start]
            base, rest = (base, [p for p in rest if p not in base]) if len(base) < len(rest) else ([], rest)
        if of_findings and any(p.mark.what == "count" for p in rest):
            raise _NotUnderstood
        lift = _of_finding if of_findings else _of_document
        quantifier = self.frame or Quantifier.LIST
        if quantifier is Quantifier.ALL and not rest:
            raise _NotUnderstood
        if not rest and not base:
            words_left = {word for p in parts for word in p.gap}
            if (self.frame is None and not scope) or not words_left <= PLAIN:
                raise _NotUnderstood
        in_documents = any(p.mark.what == "document" for p in parts)
        if unit.what == "value" and not in_documents and any(isinstance(p.mark.condition, Clause) for p in rest):
            raise _NotUnderstood
        return SetQuestion(
            self.text,
            {"document": Unit.DOCUMENT, "finding": Unit.FINDING, "value": Unit.VALUE}[unit.what],
            quantifier,
            _plural(unit),
            kinds,
            scope[0] if scope else None,
            _tree(base, lift) if base else None,
            _tree(rest, lift) if rest else None,
            unit.name if unit.what == "value" else "",
        )

    def _split(self, rest: list[_Part], unit: Mark) -> tuple[list[_Part], list[_Part]]:
        """Of "do all contracts with Birch have a cap": what says which, and what is asked of them."""
        verb = next((i for i, p in enumerate(rest) if p.mark.start > unit.end and set(p.gap) & VERBS), None)
        if verb is None:
            verb = len(rest) - 1
            while verb > 0 and rest[verb].connector:
                verb -= 1
        return rest[: max(verb, 0)], rest[max(verb, 0) :]


def _with_cves(found: list[Mark], unit: Mark) -> tuple[list[Mark], Mark]:
    """ "CVEs" are what is asked for, or else something that findings have."""
    made = []
    for mark in found:
        if mark.what == "cves" and mark is unit:
            unit = replace(mark, what="value")
            continue
        known = Field(("cve",), Known(), "a CVE")
        made.append(replace(mark, what="condition", condition=known, level="finding") if mark.what == "cves" else mark)
    return made, unit


def _either(marks: Sequence[Mark], parts: Sequence[_Part]) -> Condition:
    """Several types of document: "NDAs and amendments"."""
    conditions = tuple(dict.fromkeys(m.condition for m in marks if m.condition))
    joined = [p for p in parts if p.mark in marks][1:]
    if any(p.connector not in ("or", "and") for p in joined):
        raise _NotUnderstood
    return Either(conditions)


def _plural(unit: Mark) -> str:
    if unit.what == "value":
        return {"cve": "CVEs", "cwe": "CWEs", "party": "parties", "governing_law": "governing laws"}.get(
            unit.name, f"{unit.name}s"
        )
    name = unit.name
    if unit.plural:
        return name
    return name[:-1] + "ies" if name.endswith("y") else name + "s"


def _denied(part: _Part, condition: Condition) -> Condition:
    return Unless(condition) if part.negated else condition


def _of_finding(parts: Sequence[_Part]) -> list[tuple[str, str, Condition]]:
    made = []
    for part in parts:
        condition = part.mark.condition
        assert condition is not None
        if part.mark.level == "document":
            condition = Whole(condition)
        made.append((part.connector, "" if part.negated else part.mark.group, _denied(part, condition)))
    return made


def _of_document(parts: Sequence[_Part]) -> list[tuple[str, str, Condition]]:
    """Conditions on findings that stand together are asked of one and the same finding of the document."""
    made: list[tuple[str, str, Condition]] = []
    group: list[_Part] = []
    for part in [*parts, None]:
        belongs = part is not None and (part.mark.level == "finding" or part.mark.what == "finding")
        if belongs and part is not None and not (group and part.connector and _nouned(group)):
            group.append(part)
            continue
        if group:
            made.append(_some(group))
            group = []
        if belongs and part is not None:
            group.append(part)
        elif part is not None:
            assert part.mark.condition is not None
            made.append((part.connector, "" if part.negated else part.mark.group, _denied(part, part.mark.condition)))
    return made


def _nouned(group: Sequence[_Part]) -> bool:
    return any(p.mark.what == "finding" for p in group)


def _some(group: list[_Part]) -> tuple[str, str, Condition]:
    first = group[0]
    count = next((p.mark.condition for p in group if p.mark.what == "count"), None)
    leaves = [p for p in group if p.mark.what == "condition"]
    negated = first.negated
    if leaves and leaves[0] is first:
        leaves[0] = replace(first, negated=first.mark.negated)
        negated = first.negated != first.mark.negated
    for leaf in leaves[1:]:
        if leaf.spread and leaf.negated and negated and first.spread:
            leaf.negated, leaf.connector = False, "or"
    noun = next((i for i, p in enumerate(group) if p.mark.what == "finding"), None)
    if noun is not None and noun > 0 and group[noun].negated:
        raise _NotUnderstood
    if leaves:
        leaves[0] = replace(leaves[0], connector="")
    cwes = [p for p in leaves if p.mark.group in ("cwe", "cve")]
    if len(cwes) > 1 and any(p.connector == "and" for p in cwes[1:]):
        raise _NotUnderstood
    part = _tree(leaves, _of_finding) if leaves else None
    what = f"a finding with {words(part)}" if part else "a finding"
    if isinstance(count, Several):
        said = f"{count.low} or more findings" if count.high is None else f"{count.low} to {count.high} findings"
        made: Condition = Several(
            "finding", count.low, count.high, said + (f" with {words(part)}" if part else ""), part
        )
    else:
        made = Several("finding", 1, None, what, part)
    return first.connector, "", Unless(made) if negated else made


def _tree(parts: Sequence[_Part], lift: object) -> Condition:
    """ "or" binds what it stands between; all else is and. Where both words are used, the question is ambiguous."""
    leaves: list[tuple[str, str, Condition]] = lift(parts)  # type: ignore[operator]
    groups: list[list[Condition]] = []
    last = ""
    said: set[str] = set()
    for i, (connector, group, condition) in enumerate(leaves):
        alike = bool(group) and group == last and group in ALTERNATIVES
        if i and (connector == "or" or (alike and connector == "and")):
            groups[-1].append(condition)
            said.add("" if alike else "or")
        else:
            groups.append([condition])
            if i and connector == "and":
                said.add("and")
        last = group
    if {"or", "and"} <= said:
        raise _NotUnderstood
    made = [group[0] if len(group) == 1 else Either(tuple(group)) for group in groups]
    return made[0] if len(made) == 1 else Every(tuple(made))

"""From a question to a `SetQuestion`, or to nothing: every word of it must be accounted for.

A question is taken for one about the set if it begins like one ("which contracts", "how many", "is there any"), asks
about a kind of document or about findings, and consists of nothing but phrases whose meaning is known, names that
stand in the facts, and small words. One word that is not understood sends it the usual way.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from citebound.answer.sets import marks as reading
from citebound.answer.sets.frame import (
    ASIDE,
    CUED,
    ENDING,
    EVERYTHING,
    FAMILY,
    FORBIDDING,
    FRAMES,
    GLUE,
    GONE,
    ITS,
    LED,
    NAME_CUES,
    NAME_ORDER,
    NO_ARTICLES,
    PERMITTING,
    PLAIN,
    POLITE,
    RESTRICTING,
    RESTRICTIVE,
    TOKEN,
    VENDOR_CUES,
    VERBS,
)
from citebound.answer.sets.marks import CLAIMED, Mark, Marks
from citebound.answer.sets.question import (
    Clause,
    Field,
    Known,
    Quantifier,
    SetQuestion,
    Unit,
)
from citebound.answer.sets.tree import (
    NotUnderstood,
    Part,
    either_type,
    enumerate_parts,
    of_document,
    of_finding,
    tree,
)
from citebound.answer.sets.typing import written_out
from citebound.answer.sets.words import (
    NEGATIONS,
    PEOPLES,
    PLACES,
    VALUES,
)
from citebound.ingest.profile import Profile

LONGEST = 400


def plan(
    question: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]] | None = None
) -> SetQuestion | None:
    """What a question asks of the set, or None where it is another question or not understood as a whole.

    `kinds` are the profiles in use, `known` the names in the facts by field (`by_fields.known_names`). Linear in the
    question, which may have 400 characters.
    """
    text = plain(question)
    if not 5 <= len(text) <= LONGEST:
        return None
    try:
        return _Planner(text, kinds, known or {}).planned()
    except NotUnderstood:
        return None


def plain(question: str) -> str:
    """One line, with straight quotation marks, plain hyphens, and what is abbreviated written out."""
    text = " ".join(question.split()).replace("’", "'").replace("‘", "'").replace("“", '"').replace("”", '"')
    return written_out(re.sub(r"[‐‑–—]", "-", text))


class _Planner:
    def __init__(self, text: str, kinds: Sequence[Profile], known: Mapping[str, Sequence[str]]) -> None:
        self.text = text
        self.kinds = kinds
        self.known = known
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
        low = self._without(low, ASIDE.finditer(text))
        self.also = ""
        if ending := ENDING.search(low):
            self.also = ending["value"] or ""
            low = low[: ending.start()] + " " * (len(low) - ending.start())
        low = self._without(low, re.finditer(r"\b(?:on file|(?:comes?|turns?|shows?|crops?) up)\b", low))
        self.low = low.rstrip("?.! ").ljust(len(low))
        self.frame, self.frame_end = self._framed()
        self._told_apart()
        self.rest: list[str] = []

    def _without(self, low: str, found: Iterable[re.Match[str]]) -> str:
        for match in found:
            low = low[: match.start()] + " " * (match.end() - match.start()) + low[match.end() :]
        return low

    def _told_apart(self) -> None:
        """Blanks the second half of "among the leases, which ones", and what only says that a name is one of things."""
        if self.frame is not None and re.match(r"(?:among|amongst|of|out of|from) ", self.low.lstrip()):
            self.low = self._without(self.low, [m for m in [LED.search(self.low, self.frame_end)] if m])
        if re.search(r"advisor|vulnerab|product|device", self.low):
            named = [m for m in FAMILY.finditer(self.low) if self.text[: m.start()].split()[-1][:1].isupper()]
            self.low = self._without(self.low, [*EVERYTHING.finditer(self.low), *named])
        if re.search(r"\bnothing\b(?! (?:worse|above|higher|more severe)\b)", self.low):
            raise NotUnderstood

    def _framed(self) -> tuple[Quantifier | None, int]:
        polite = POLITE.match(self.low)
        begins = dict.fromkeys((polite.end() if polite else 0, 0))
        for at in begins:
            for quantifier, pattern in FRAMES:
                if match := re.compile(pattern).match(self.low, at):
                    return quantifier, match.end()
        return None, max(begins)

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
        if unit.what == "finding" and not unit.plural and self._names_one(found):
            return None
        found, unit = _with_cves(found, unit)
        if self.also and unit.what == "document":
            unit = Mark(len(self.low), len(self.low), "value", name=self.also, kinds=self._declaring(self.also))
        kinds = self._kinds(unit, found)
        found = self._with_names(marks, found, kinds, unit)
        if self.frame is None and any(
            TOKEN.search(gap) for gap in self._gaps(marks, [m for m in found if m.start < unit.start], unit.start)
        ):
            return None
        self._definite(unit, found)
        self._dated(unit, found)
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

    def _names_one(self, found: Sequence[Mark]) -> bool:
        """ "Which vulnerability is CWE-79?" asks what something is."""
        return self.low.startswith("what") or any(m.group in ("cwe", "cve") for m in found)

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
            raise NotUnderstood
        return tuple(sorted(kinds)) if narrowed else ()

    def _definite(self, unit: Mark, found: Sequence[Mark]) -> None:
        """ "The agreement" is one document, and a question about it is not one about the set."""
        for mark in found:
            if mark.what != "document" or mark.plural:
                continue
            before = re.sub(r"[\x00\s]+$", "", self._before(mark, found))
            pointed = bool(re.search(r"(?<![\w-])(?:the|this|that|our|its|my|your|said)$", before.rstrip()))
            if mark is unit and (pointed or self.frame is Quantifier.COUNT):
                raise NotUnderstood
            narrowed = mark.condition is not None or any((m.group or "").startswith("name") for m in found)
            if mark is not unit and pointed and (unit.what == "document" or not narrowed):
                raise NotUnderstood

    def _dated(self, unit: Mark, found: Sequence[Mark]) -> None:
        """A date that nothing says the meaning of must stand beside the documents that it dates."""
        for mark in found:
            if not mark.name.startswith("bare") or (mark.name != "bare" and unit.what == "document"):
                continue
            if not any(
                m.what == "document" and not (self.low[m.end : mark.start] + self.low[mark.end : m.start]).strip()
                for m in found
            ):
                raise NotUnderstood

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
                raise NotUnderstood
            if (
                not word
                or word in GLUE | RESTRICTING
                or word in NEGATIONS
                or word.endswith("n't")
                or word in PERMITTING
            ):
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
                if not name and words and proper and n > 1 and words[-1].endswith("s"):
                    one = [*words[:-1], words[-1].removesuffix("s")]
                    name = reading.name_fields(one, self.known, order)
                    words = one if name else words
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
                if not PEOPLES.keys().isdisjoint(words) or not PLACES.keys().isdisjoint(words):
                    raise NotUnderstood
                if at or not sure or not words or not all(p[0].isupper() for p in printed):
                    raise NotUnderstood
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

    def _parts(self, marks: Marks, found: Sequence[Mark]) -> list[Part]:
        parts: list[Part] = []
        at = self.frame_end
        for i, mark in enumerate(found):
            gap = tuple(self._words(marks.low[at : mark.start]))
            at_before, at = at, mark.end
            part = Part(mark, gap=gap, listed="," in marks.low[at_before : mark.start] and i > 0)
            denials = [w for w in gap if w in NEGATIONS or w.endswith("n't")]
            if parts and parts[-1].mark.what != "document" and i and self._was_gone(marks, found[i - 1]):
                denials = denials[1:] if denials else denials
            if len(denials) > 1 and set(denials) != {"neither", "nor"}:
                raise NotUnderstood
            part.connector = "or" if "or" in gap or "nor" in gap else "and" if "and" in gap else ""
            part.negated = bool(denials) != mark.negated
            if gap and gap[-1] == "than" and gap[-2:] != ("other", "than"):
                raise NotUnderstood
            if "other" in gap and "than" in gap:
                part.negated = not part.negated
            if parts and not denials and parts[-1].spread and part.connector and all(NO_ARTICLES.match(w) for w in gap):
                if (
                    part.connector == "and"
                    and parts[-1].gap
                    and not set(parts[-1].gap) & {"without", "no", "lack", "lacks", "lacking"}
                ):
                    raise NotUnderstood
                part.negated, part.spread, part.connector = not part.negated, True, "and"
            if denials:
                part.spread = True
                if "nor" in gap:
                    part.connector = "and"
            if isinstance(mark.condition, Clause) and mark.condition.name in RESTRICTIVE and set(gap) & PERMITTING:
                raise NotUnderstood
            if set(gap) & RESTRICTING and not (
                isinstance(mark.condition, Clause) and mark.condition.name in FORBIDDING
            ):
                raise NotUnderstood
            if "both" in gap:
                part.mark = replace(mark, group="")
            if GONE.match(marks.low[mark.end :]) and mark.what == "condition":
                part.negated = not part.negated
            parts.append(part)
        rest = self.rest = self._words(marks.low[at:])
        if RESTRICTING & set(rest):
            raise NotUnderstood
        enumerate_parts(parts)
        if any(w in NEGATIONS or w.endswith("n't") for w in rest) and not GONE.match(marks.low[at:]):
            raise NotUnderstood
        return parts

    def _was_gone(self, marks: Marks, mark: Mark) -> bool:
        return bool(GONE.match(marks.low[mark.end :]))

    def _words(self, gap: str) -> list[str]:
        return [word for token in TOKEN.findall(gap) if (word := self._bare(token))]

    def _question(self, unit: Mark, parts: list[Part], kinds: tuple[str, ...]) -> SetQuestion:
        at_unit = next((i for i, p in enumerate(parts) if p.mark is unit), -1)
        scope = [p.mark.condition for p in parts if p.mark.what == "document" and p.mark.condition is not None]
        if any(p.negated for p in parts if p.mark.what == "document" and p.mark is not unit):
            raise NotUnderstood
        if at_unit >= 0:
            if parts[at_unit].negated:
                raise NotUnderstood
            if at_unit + 1 < len(parts) and parts[at_unit].spread:
                parts[at_unit].spread = False
        of_findings = unit.what == "finding" or (unit.what == "value" and unit.name in ("cve", "cwe"))
        if len({p.mark.condition for p in parts if p.mark.what == "document" and p.mark.condition}) > 1:
            scope = [either_type([p.mark for p in parts if p.mark.what == "document" and p.mark.condition], parts)]
        rest = [
            p for p in parts if p.mark.what in ("condition", "count") or (p.mark.what == "finding" and not of_findings)
        ]
        base: list[Part] = []
        if self.frame is Quantifier.ALL:
            base, rest = self._split(rest, unit)
        elif re.search(r" of\b", self.low[: self.frame_end]):
            base = [p for p in rest if p.mark.end <= unit.start]
            base, rest = (base, [p for p in rest if p not in base]) if len(base) < len(rest) else ([], rest)
        if of_findings and any(p.mark.what == "count" for p in rest):
            raise NotUnderstood
        lift = of_finding if of_findings else of_document
        quantifier = self.frame or Quantifier.LIST
        if quantifier is Quantifier.ALL and not rest:
            raise NotUnderstood
        if not rest and not base and (unit.what == "document" or not scope):
            words_left = {word for p in parts for word in p.gap} | set(self.rest)
            if (self.frame is None and not scope) or not words_left <= PLAIN:
                raise NotUnderstood
        in_documents = any(p.mark.what == "document" for p in parts)
        if unit.what == "value" and not in_documents and any(isinstance(p.mark.condition, Clause) for p in rest):
            raise NotUnderstood
        return SetQuestion(
            self.text,
            {"document": Unit.DOCUMENT, "finding": Unit.FINDING, "value": Unit.VALUE}[unit.what],
            quantifier,
            _plural(unit),
            kinds,
            scope[0] if scope else None,
            tree(base, lift) if base else None,
            tree(rest, lift) if rest else None,
            unit.name if unit.what == "value" else "",
        )

    def _split(self, rest: list[Part], unit: Mark) -> tuple[list[Part], list[Part]]:
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


def _plural(unit: Mark) -> str:
    if unit.what == "value":
        return {"cve": "CVEs", "cwe": "CWEs", "party": "parties", "governing_law": "governing laws"}.get(
            unit.name, f"{unit.name}s"
        )
    name = unit.name
    if unit.plural:
        return name
    return name[:-1] + "ies" if name.endswith("y") else name + "s"

"""Recurrence: the same finding in two reports. It stays in both and is linked, never counted as a duplicate."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence

from rapidfuzz import fuzz, process, utils

from citebound.types import Finding

NEAR = 90.0
"""Ratio (0 to 100) from which two titles are one."""
ALIKE = 70.0
"""Token set ratio from which two titles may be one, if the ids say so too."""
SHORTEST = NEAR / (200 - NEAR)
"""A title shorter than this share of another cannot be near it: the ratio is at most 200 * short / (short + long)."""
NUMBER = re.compile(r"\d+")
EVERYWHERE = re.compile(r"(?i)(?:CVE-\d{4}-\d{4,7}|GHSA(?:-[a-z0-9]{4}){3})$")
"""Identifiers that mean the same in every document."""

Told = tuple[str, Finding]
"""A document's id, and one of its findings."""


class Recurrences:
    """Which findings of different documents are one.

    Two are one if their titles are near-equal (Indel ratio >= 90 of the lower-case words), or if they have the same id
    and the two documents keep their ids: at least half of the ids that both have stand over titles that are alike.
    Every report has an "H-01". Findings that name different CVEs, or whose titles have different numbers, are two.
    """

    def __init__(self, findings: Sequence[Told]) -> None:
        self._documents = [document for document, _ in findings]
        self._plain = [plain(finding.title) for _, finding in findings]
        self._numbers = [NUMBER.findall(title) for title in self._plain]
        self._cves = [set(finding.values("cve")) for _, finding in findings]
        self._ids = [finding.value("id").casefold() for _, finding in findings]
        self._by_title: dict[str, list[int]] = {}
        self._by_id: dict[str, list[int]] = {}
        self._by_document: dict[str, dict[str, int]] = {}
        for i, (document, title, id_) in enumerate(zip(self._documents, self._plain, self._ids, strict=True)):
            self._by_title.setdefault(title, []).append(i)
            if id_:
                self._by_id.setdefault(id_, []).append(i)
                self._by_document.setdefault(document, {}).setdefault(id_, i)
        self._titles = sorted(filter(None, self._by_title), key=len)
        self._lengths = [len(title) for title in self._titles]
        self._keeping: dict[str, set[str]] = {}

    def of(self, at: int) -> list[tuple[int, str]]:
        """The same finding in other documents: positions, ascending, each with "id" or "title": by what it is known."""
        found: dict[int, str] = {}
        for title in self._near(self._plain[at]):
            found |= {i: "title" for i in self._by_title[title] if self._numbers[i] == self._numbers[at]}
        found |= {i: "id" for i in self._by_id.get(self._ids[at], ()) if self._id_counts(at, i)}
        return sorted((i, by) for i, by in found.items() if self._may_be_one(at, i))

    def _may_be_one(self, at: int, other: int) -> bool:
        here, there = self._cves[at], self._cves[other]
        return self._documents[at] != self._documents[other] and (not here or not there or bool(here & there))

    def _near(self, title: str) -> list[str]:
        low = bisect_left(self._lengths, int(len(title) * SHORTEST))
        high = bisect_right(self._lengths, len(title) / SHORTEST)
        found = process.extract(title, self._titles[low:high], scorer=fuzz.ratio, score_cutoff=NEAR, limit=None)
        return [other for other, _, _ in found] if title else []

    def _id_counts(self, at: int, other: int) -> bool:
        if EVERYWHERE.match(self._ids[at]):
            return True
        document = self._documents[at]
        if document not in self._keeping:
            self._keeping[document] = self._kept_with(document)
        return self._documents[other] in self._keeping[document]

    def _kept_with(self, document: str) -> set[str]:
        """The documents in which the ids of this one mean the same."""
        shared: Counter[str] = Counter()
        alike: Counter[str] = Counter()
        for id_, i in self._by_document[document].items():
            firsts = {self._documents[j]: self._plain[j] for j in reversed(self._by_id[id_])}
            ratios = process.cdist([self._plain[i]], list(firsts.values()), scorer=fuzz.token_set_ratio)[0]
            shared.update(list(firsts))
            alike.update(other for other, ratio in zip(firsts, ratios, strict=True) if ratio >= ALIKE)
        return {other for other, count in shared.items() if 2 * alike[other] >= count}


def pairs(old: Sequence[Finding], new: Sequence[Finding]) -> list[tuple[int | None, int | None]]:
    """Each finding of two reports once: with its counterpart where it has one, first those of `new` in their order,
    then those that only `old` has. The same id counts more than a near title, the nearer title more than a far one."""
    recurrences = Recurrences([*(("old", f) for f in old), *(("new", f) for f in new)])
    titles = [plain(finding.title) for finding in (*old, *new)]
    candidates = []
    for i in range(len(old)):
        for at, by in recurrences.of(i):
            j = at - len(old)
            candidates.append((-(by == "id"), -fuzz.ratio(titles[i], titles[at]), abs(i - j), i, j))
    partner: dict[int, int] = {}
    taken: set[int] = set()
    for *_, i, j in sorted(candidates):
        if j not in partner and i not in taken:
            partner[j] = i
            taken.add(i)
    left = [i for i in range(len(old)) if i not in taken]
    return [*((partner.get(j), j) for j in range(len(new))), *((i, None) for i in left)]


def plain(title: str) -> str:
    """The words of a title in lower case, separated by single spaces."""
    return " ".join(utils.default_process(title).split())

"""Recurrence: the same finding in two reports. It stays in both and is linked, never counted as a duplicate."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from rapidfuzz import fuzz, process, utils

from citebound.types import Finding

NEAR = 90.0
"""Ratio (0 to 100) from which two titles are one."""
ALIKE = 70.0
"""Token set ratio from which two titles may be one, if the ids say so too."""
SHORTEST = NEAR / (200 - NEAR)
"""A title shorter than this share of another cannot be near it: the ratio is at most 200 * short / (short + long)."""
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
        self._findings = findings
        self._plain = [plain(finding.title) for _, finding in findings]
        self._by_id: dict[str, list[int]] = {}
        self._by_title: dict[str, list[int]] = {}
        self._ids: dict[str, dict[str, int]] = {}
        for i, (document, finding) in enumerate(findings):
            id_ = finding.value("id").casefold()
            if id_:
                self._by_id.setdefault(id_, []).append(i)
                self._ids.setdefault(document, {}).setdefault(id_, i)
            self._by_title.setdefault(self._plain[i], []).append(i)
        self._titles = sorted(filter(None, self._by_title), key=len)
        self._lengths = [len(title) for title in self._titles]
        self._kept: dict[tuple[str, str], bool] = {}

    def of(self, at: int) -> list[tuple[int, str]]:
        """The same finding in other documents: positions, ascending, each with "id" or "title": by what it is known."""
        document, finding = self._findings[at]
        found: dict[int, str] = {}
        for title in self._near(self._plain[at]):
            found |= {i: "title" for i in self._by_title[title] if not _differ(finding, self._findings[i][1])}
        id_ = finding.value("id").casefold()
        for i in self._by_id.get(id_, ()):
            other, told = self._findings[i]
            if other != document and not _cves_differ(finding, told) and self._id_counts(id_, document, other):
                found[i] = "id"
        return sorted((i, by) for i, by in found.items() if self._findings[i][0] != document)

    def _near(self, title: str) -> list[str]:
        low = bisect_left(self._lengths, int(len(title) * SHORTEST))
        high = bisect_right(self._lengths, len(title) / SHORTEST)
        found = process.extract(title, self._titles[low:high], scorer=fuzz.ratio, score_cutoff=NEAR, limit=None)
        return [other for other, _, _ in found] if title else []

    def _id_counts(self, id_: str, document: str, other: str) -> bool:
        if EVERYWHERE.match(id_):
            return True
        pair = (min(document, other), max(document, other))
        if pair not in self._kept:
            self._kept[pair] = self._keep_ids(*pair)
        return self._kept[pair]

    def _keep_ids(self, document: str, other: str) -> bool:
        here, there = self._ids[document], self._ids[other]
        shared = here.keys() & there.keys()
        ratios = [fuzz.token_set_ratio(self._plain[here[i]], self._plain[there[i]]) for i in shared]
        alike = sum(ratio >= ALIKE for ratio in ratios)
        return 2 * alike >= len(shared)


def pairs(old: Sequence[Finding], new: Sequence[Finding]) -> list[tuple[int | None, int | None]]:
    """Each finding of two reports once: with its counterpart where it has one, first those of `new` in their order,
    then those that only `old` has. The same id counts more than a near title, the nearer title more than a far one."""
    recurrences = Recurrences([*(("old", f) for f in old), *(("new", f) for f in new)])
    candidates = []
    for i, finding in enumerate(old):
        for at, by in recurrences.of(i):
            j = at - len(old)
            score = fuzz.ratio(plain(finding.title), plain(new[j].title))
            candidates.append((-(by == "id"), -score, abs(i - j), i, j))
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


def _differ(finding: Finding, other: Finding) -> bool:
    return re.findall(r"\d+", finding.title) != re.findall(r"\d+", other.title) or _cves_differ(finding, other)


def _cves_differ(finding: Finding, other: Finding) -> bool:
    here, there = set(finding.values("cve")), set(other.values("cve"))
    return bool(here and there) and not here & there

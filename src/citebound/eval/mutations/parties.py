"""Parties put in the place of another, or exchanged with it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from citebound.eval.mutations.edits import ARTICLE, Cut, Edit, put_cut
from citebound.eval.mutations.tables import read
from citebound.eval.mutations.view import View
from citebound.eval.mutations.wording import MODALS, OPENERS, english, left

_MOST_NAMES = 200
_NO_PARTY = re.compile(
    "(?:Agreements?|Amendment|Terms?|Dates?|Periods?|Fees?|Royalties|Services?|"
    "Products?|Shares?|Stock|Data|Notes?|States|Courts?|Laws?|"
    "Information|Exhibits?|Schedules?|Territory|Property|Amounts?|Act|Parties|"
    "Party|Section|Article|Materials|Software|Page|Plan|Board|"
    "Marks?|Rights?|Contributions?|Program|Website|Site|Safe|Attachments?|Titles|"
    "County|Days?|Events?|Offering|Claims?)$"
)
_TABLE = read("parties")


def _opposites() -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = {}
    for pair in _TABLE["roles"].split():
        one, other = pair.replace("_", " ").split("/")
        table.setdefault(one, []).append(other)
        table.setdefault(other, []).append(one)
    for pair in _TABLE["plain_roles"].split():
        one, other = pair.split("/")
        table.setdefault(one, []).append(other)
    table["disclosing party"], table["receiving party"] = ["receiving party"], ["disclosing party"]
    return {role: tuple(dict.fromkeys(others)) for role, others in table.items()}


_OPPOSITE_ROLES = _opposites()
_AFTER_PLAIN_ROLE = re.compile(
    "['’]|[,.;:)]|$| (?:of|to|from|in|on|who|that|which|can|may|will|could|"
    "might|must|should|shall|is|are|was|were|has|have|"
    "had|does|do|did|with|by|and|or|for|at|into|via|after|before|when|if|would|"
    r"needs|cannot|controls|\w+ing|\w+ed|first)\b"
)
_BEFORE_PARTY = OPENERS | {"whereas", "neither", "either"}
_THE = english(r"\bthe $")
_DETERMINED = english(r"(?:\b(?:this|that|such|each|any|every|no|its|their|either|neither|other|all)|[>]) $|>$")
_LIKE_A_ROLE = re.compile(
    r"(?=.*[a-z])[A-Z].*(?:[eo]r|ee|[ae]nt|ian|Party|Parties|Trust|Fund|Bank|Board|Committee|Group|Company)s?$"
)
_UNEQUAL = frozenset(frozenset(pair.split("/")) for pair in _TABLE["unequal"].split())
_ACT = english(
    rf"\b(?:{MODALS}|agrees?|grants?|assigns?|represents?|pays?|paid|warrants?|"
    "acknowledges?|sends?|receives?|requires?|"
    "provides?|provided|knows?|owns?|retains?|forces?|tricks?|allows?|trusts?|"
    r"owed|granted|due|delivers?|uses?|incurred|is|are|was|has|does)\b"
)
_MUTUAL = english(
    r"\b(?:each other|one another|jointly|mutual(?:ly)?|either of|each of|both|"
    "enter(?:s|ed)? into|cooperate|meet|between|among|independent contractors|"
    r"respectively)\b"
)


def change_party(view: View) -> Iterator[Edit]:
    found = _parties(view)
    there = {m.group() for m in found}
    spoken = view.plain.casefold()
    for m in found:
        name = m.group()
        others = [o for o in _OPPOSITE_ROLES.get(name, ()) if not _same_name(o, name)]
        if name in view.names:
            others += [o for o in view.names if not _same_name(o, name)]
        for other in others:
            if not any(_same_name(other, t) for t in there if t != name) and other.casefold() not in spoken:
                yield (_renamed(view, m, other),)


def swap_roles(view: View) -> Iterator[Edit]:
    if _MUTUAL.search(view.plain):
        return
    found = _parties(view)
    done: set[frozenset[str]] = set()
    for i, one in enumerate(found[:12]):
        for other in found[i + 1 : 12]:
            x, y = one.group(), other.group()
            if frozenset((x, y)) in done or _same_name(x, y) or x[0].islower() != y[0].islower():
                continue
            if x[0].islower() and frozenset((x, y)) not in _UNEQUAL:
                continue
            done.add(frozenset((x, y)))
            if not _ACT.search(view.plain, one.end(), other.start()) or re.search(
                f"(?:{re.escape(x)}|{re.escape(y)})(?:['’]s)?,? (?:(?:and|or|nor|and/or) "
                rf")?(?:the |an? )?(?:{re.escape(x)}|{re.escape(y)})\b",
                view.plain,
            ):
                continue
            spots = [m for m in found if m.group() in (x, y)]
            yield tuple(_renamed(view, m, y if m.group() == x else x) for m in spots)


def known(names: Sequence[str]) -> tuple[str, ...]:
    """Usable names, once each: no things that a contract defines beside its parties."""
    spaced = (" ".join(name.split()) for name in names[:_MOST_NAMES])
    return tuple(
        dict.fromkeys(n for n in spaced if 2 <= len(n) <= 80 and (n in _OPPOSITE_ROLES or not _NO_PARTY.search(n)))
    )


def _parties(view: View) -> tuple[re.Match[str], ...]:
    """Where names and roles stand alone, in order."""
    return _found(view.plain, view.names)


@lru_cache(maxsize=8)
def _found(plain: str, names: tuple[str, ...]) -> tuple[re.Match[str], ...]:
    return tuple(m for m in _name_pattern(names).finditer(plain) if _is_party(plain, m))


@lru_cache(maxsize=64)
def _name_pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Names and roles in the case they are printed in, the longest first."""
    longest_first = sorted({*names, *_OPPOSITE_ROLES}, key=lambda n: (-len(n), n))
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, longest_first)) + r")(?![\w-])", re.ASCII)


def _is_party(plain: str, m: re.Match[str]) -> bool:
    """Whether the name stands alone: no part of a longer name, title or compound, no definition in quotes."""
    before, after = plain[max(0, m.start() - 25) : m.start()], plain[m.end() : m.end() + 25]
    if m.group()[0].islower():
        return bool(_AFTER_PLAIN_ROLE.match(after)) and not before.endswith(("-", "/", ".", "_"))
    if re.match(r" (?:[A-Z0-9]|\([\"“])|[\"”/]|[.]?[a-z0-9]|,? (?:Inc|LLC|Ltd|Corp)\b", after) or re.search(
        r"[\"“/]$", before
    ):
        return False
    word = re.search(r"([A-Z][\w.&-]*) $", before)
    return word is None or word[1].lower() in _BEFORE_PARTY


def _same_name(one: str, other: str) -> bool:
    one, other = one.casefold(), other.casefold()
    return one in other or other in one


def _renamed(view: View, m: re.Match[str], new: str) -> Cut:
    """Puts another name in the place of one, with "the" before a role and not before a name."""
    if new[0].islower():
        return put_cut(view, m.start(), m.end(), new)
    start, end = m.span()
    if ARTICLE.search(view.plain, max(0, start - 3), start):
        return put_cut(view, start, end, new)
    article = _THE.search(view.plain, max(0, start - 4), start)
    if new.endswith("s") and view.plain[end : end + 2] in ("'s", "’s"):
        new, end = new + view.plain[end], end + 2
    if article and not _takes_article(view, new):
        start = article.start()
    elif not article and not _DETERMINED.search(left(view.plain, start)) and _takes_article(view, new):
        first = not view.plain[max(0, start - 2) : start].strip(' (“"')
        new = f"{'The' if first else 'the'} {new}"
    return start, end, new


def _takes_article(view: View, name: str) -> bool:
    """Whether the sentence says "the" before the name; one that it does not hold takes it like the others if a role."""
    found = _parties(view)
    spots = [m for m in found if m.group() == name]
    if not spots and not _LIKE_A_ROLE.match(name):
        return False
    told = [bool(_THE.search(view.plain, max(0, m.start() - 4), m.start())) for m in spots or found]
    return 2 * sum(told) > len(told)

"""A document and its kind -> the document with what its kind says can be read off it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from citebound.errors import ConfigError
from citebound.ingest.advisory import advisory_findings
from citebound.ingest.facts import facts
from citebound.ingest.findings import findings
from citebound.ingest.profile import Profile, detect
from citebound.ingest.references import references
from citebound.ingest.terms import terms
from citebound.ingest.vulnerability import indicators
from citebound.types import Document, Finding

ADVISORIES = "security_reports"
"""The kind of a CSAF advisory, whatever its words."""


def structured(document: Document, profiles: Sequence[Profile], kind: str = "") -> Document:
    """The document with its kind (found, or the one that is forced), terms, references, facts and findings.

    A document of no known kind stays as it is. Raises ConfigError if there is no kind of the forced name.
    """
    profile = (
        forced(kind, profiles) if kind else detect(document.title, document.text, document.info.media_type, profiles)
    )
    if profile is None:
        return document
    text, blocks, sections = document.text, document.blocks, document.sections
    return replace(
        document,
        kind=profile.name,
        terms=terms(text, blocks, sections) if profile.terms else (),
        references=references(text, sections) if profile.references else (),
        facts=facts(text, blocks, sections, profile) + (indicators(text) if profile.findings else ()),
        findings=_findings(document) if profile.findings else (),
    )


def _findings(document: Document) -> tuple[Finding, ...]:
    """Those of a report, or of a published advisory where that reading gives as many."""
    read = findings(document.text, document.blocks, document.sections)
    published = advisory_findings(document.text)
    return published if len(published) >= len(read) else read


def forced(kind: str, profiles: Sequence[Profile]) -> Profile:
    """The profile of that name. Raises ConfigError."""
    for profile in profiles:
        if profile.name == kind:
            return profile
    raise ConfigError(f"no kind of document {kind!r}", remedy=f"Kinds: {', '.join(p.name for p in profiles)}.")

"""The pages: one HTML file each, with its style and script inside, and the policy that lets only these two run."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from importlib import resources

INSIDE = re.compile(r"<(script|style)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Page:
    """A page and its Content-Security-Policy: what is not in the file itself does not run."""

    html: str
    policy: str

    @classmethod
    def load(cls, name: str) -> Page:
        """A page of this package."""
        html = text(name)
        sources: dict[str, list[str]] = {"script": [], "style": []}
        for kind, content in INSIDE.findall(html):
            digest = base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode()
            sources[kind].append(f"'sha256-{digest}'")
        return cls(
            html,
            f"default-src 'none'; script-src {' '.join(sources['script'])}; style-src {' '.join(sources['style'])}; "
            "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
            "require-trusted-types-for 'script'",
        )


def text(name: str) -> str:
    """A file of this package."""
    return resources.files("citebound.api").joinpath(name).read_text("utf-8")

"""What leaves the machine is said once: at the first use of a remote model, for each data root and host.

<root>/.remote/<host>     empty; its being there means that it was said
"""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from citebound.config import Config


def of(config: Config, root: Path) -> str:
    """`first_use` of the model that the settings name; "" for one on this machine."""
    host = outside(config.base_url) if config.base_url else ""
    return first_use(root, host, masked=config.mask_secrets) if host else ""


def first_use(root: Path, host: str, *, masked: bool) -> str:
    """The notice, if data root `root` has not used the model at `host` before; else "". Threads and processes that ask
    at the same time: one of them gets it. Where the data root cannot be written it is said every time."""
    mark = root / ".remote" / (re.sub(r"[^\w.-]", "_", host)[:120] or "_")
    try:
        mark.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(mark, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return ""
    except OSError:
        pass
    kept = "what is recognised as a password, key or token is masked" if masked else "secrets in them are not masked"
    return (
        f"the language model at {host} is not on this machine: each question goes there, with the text, titles and "
        f"headings of the passages that were found for it; {kept}. Documents and the index stay here. `--no-llm` sends "
        "nothing. This is said once."
    )


def outside(url: str) -> str:
    """Host and port of a server that is not on this machine; "" for a loopback address."""
    return "" if loopback(url) else urlsplit(url).netloc.rpartition("@")[2]


def loopback(url: str) -> bool:
    """Whether a URL's host is this machine; a name counts as such only if it is "localhost"."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

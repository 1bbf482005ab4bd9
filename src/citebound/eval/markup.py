"""HTML by functions: every text is escaped unless it is Html already."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from html import escape
from pathlib import Path
from string import Template

_VOID = {"br", "meta", "hr"}


class Html(str):
    """Markup, not to be escaped again."""

    __slots__ = ()


def text(content: object) -> Html:
    """A text as markup; a per cent sign stays with its number."""
    return content if isinstance(content, Html) else Html(escape(str(content)).replace(" %", "\u00a0%"))


def joined(parts: Iterable[object], between: str = "") -> Html:
    return Html(text(between).join(text(part) for part in parts))


def tag(name: str, *children: object, **attributes: object) -> Html:
    """An element. `class_` is the attribute class, `aria_label` aria-label; an attribute that is "" is left out."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items() if value != ""
    )
    if name in _VOID:
        return Html(f"<{name}{given}>")
    return Html(f"<{name}{given}>{joined(children)}</{name}>")


def table(
    caption: object, head: Sequence[object], rows: Iterable[Sequence[object]], text: Container[int] = (0,)
) -> Html:
    """A table under its caption, which scrolls sideways by itself; the columns that are not `text` are figures."""
    kinds = ["" if n in text else "figure" for n in range(len(head))]
    line = tag("tr", *(tag("th", cell, scope="col", class_=kind) for cell, kind in zip(head, kinds, strict=True)))
    body = [
        tag(
            "tr",
            tag("th", row[0], scope="row"),
            *(tag("td", cell, class_=kind) for cell, kind in zip(row[1:], kinds[1:], strict=True)),
        )
        for row in rows
    ]
    made = tag("table", tag("thead", line), tag("tbody", *body), aria_label=caption)
    scroll = tag("div", made, class_="scroll", tabindex="0", role="region", aria_label=caption)
    return tag("div", tag("p", caption, class_="caption"), scroll, class_="sheet")


def bullets(items: Iterable[object]) -> Html:
    return tag("ul", *(tag("li", item) for item in items))


def page(template: str, **fields: object) -> str:
    """A page by the template of that name beside this file; fields are escaped unless they are Html."""
    source = Template(Path(__file__).with_name(template).read_text("utf-8"))
    return source.substitute({key: text(value) for key, value in fields.items()})

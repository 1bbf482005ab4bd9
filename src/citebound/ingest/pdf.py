"""PDFs with a text layer, read by pdfium: characters and boxes. Layout is found in `layout.py`."""

from __future__ import annotations

import ctypes
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

from citebound.errors import ParseFailure
from citebound.ingest.draft import Draft, printable, title_of
from citebound.ingest.glyphs import Page, Run
from citebound.ingest.layout import lay_out
from citebound.ingest.limits import Limits
from citebound.types import Box, Status

WIDE_GAP = 1.5
"""A gap of so many letter heights parts a printed line into cells."""

LABEL_GAP = 0.05
CLAUSE_NUMBER = re.compile(
    r"\d{1,2}(?:\.\d{1,3})+\.?|\d{1,2}[.)]|\([a-z0-9]{1,3}\)"
    r"|(?:SECTION|ARTICLE|Section|Article) (?:\d{1,2}|[IVX]{1,5})[.:]?"
)
LEVEL = 5
"""Degrees up to which a line counts as upright: scans are seldom straight."""

INVISIBLE = 3
FORCE_BOLD = 1 << 18
PICTURES = (raw.FPDF_PAGEOBJ_IMAGE,)
LIGATURES = {
    "\ufb00": "ff",
    "\ufb01": "fi",
    "\ufb02": "fl",
    "\ufb03": "ffi",
    "\ufb04": "ffl",
    "\ufb05": "st",
    "\ufb06": "st",
}
AS_PRINTED = {
    **{chr(c): "-" for c in (0x02, 0xAD, 0xFFFE)},
    **LIGATURES,
}
BOLD = re.compile(r"bold|black|heavy|demi", re.I)
REPAIR = "Open it in a PDF viewer and print it to a new PDF."

Place = Callable[[float, float, float, float], Box]

_HANDLE = ctypes.c_void_p


def _bare(function: Any, result: Any, *arguments: Any) -> Any:
    """The same C function with plain integers for handles: ctypes' own pointer objects cost most of the time."""
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address
    return ctypes.CFUNCTYPE(result, *arguments)(address)


_unicode = _bare(raw.FPDFText_GetUnicode, ctypes.c_uint, _HANDLE, ctypes.c_int)
_object = _bare(raw.FPDFText_GetTextObject, _HANDLE, _HANDLE, ctypes.c_int)
_loose_box = _bare(raw.FPDFText_GetLooseCharBox, ctypes.c_int, _HANDLE, ctypes.c_int, _HANDLE)
_matrix = _bare(raw.FPDFText_GetMatrix, ctypes.c_int, _HANDLE, ctypes.c_int, _HANDLE)
_font_size = _bare(raw.FPDFText_GetFontSize, ctypes.c_double, _HANDLE, ctypes.c_int)
_font_info = _bare(raw.FPDFText_GetFontInfo, ctypes.c_ulong, _HANDLE, ctypes.c_int, _HANDLE, ctypes.c_ulong, _HANDLE)
_font = _bare(raw.FPDFTextObj_GetFont, _HANDLE, _HANDLE)
_render_mode = _bare(raw.FPDFTextObj_GetTextRenderMode, ctypes.c_int, _HANDLE)
_fill = _bare(raw.FPDFText_GetFillColor, ctypes.c_int, _HANDLE, ctypes.c_int, *(_HANDLE,) * 4)


@dataclass(frozen=True, slots=True)
class Style:
    """How one text object of a page is set. `size` is the effective height of an em in points."""

    size: float
    bold: bool
    invisible: bool
    white: bool
    tilt: int


def read_pdf(data: bytes, limits: Limits) -> Draft:
    """Text, blocks, lines with geometry, and notes on pages that could not be read in full.

    Raises ParseFailure: ENCRYPTED, PARSE_ERROR, TOO_LARGE, or EMPTY when no page has text.
    """
    document = _open(data)
    try:
        if len(document) > limits.pages:
            raise ParseFailure(
                Status.TOO_LARGE, f"the PDF has {len(document)} pages, more than {limits.pages}", remedy="Split it."
            )
        pages, broken = _pages(document, limits)
        notes, partial = _facts(data, document, pages, broken)
        title = _title(document)
        count = len(document)
    finally:
        document.close()
    if not any(page.runs for page in pages):
        raise ParseFailure(
            Status.EMPTY,
            f"the PDF has {count} page{'s' * (count != 1)} and no text: it seems to be a scan",
            remedy="Run OCR on it first (for example `ocrmypdf in.pdf out.pdf`) and ingest the result.",
        )
    text, blocks, lines = lay_out(pages)
    return Draft(text, blocks, lines, title_of(title, text, blocks), count, notes, partial)


def _title(document: Any) -> str:
    try:
        return printable(document.get_metadata_value("Title"))
    except UnicodeDecodeError:
        return ""


def _open(data: bytes) -> Any:
    try:
        document = pdfium.PdfDocument(data)
        if len(document) < 1:
            document.close()
            raise ParseFailure(Status.PARSE_ERROR, "the PDF is damaged: no page can be found", remedy=REPAIR)
    except pdfium.PdfiumError as error:
        if getattr(error, "err_code", None) == raw.FPDF_ERR_PASSWORD:
            raise ParseFailure(
                Status.ENCRYPTED, "the PDF is encrypted with a password", remedy="Save a copy without the password."
            ) from error
        if getattr(error, "err_code", None) == raw.FPDF_ERR_SECURITY:
            raise ParseFailure(
                Status.ENCRYPTED, "the PDF is encrypted in an unknown way", remedy="Save a copy without encryption."
            ) from error
        raise ParseFailure(Status.PARSE_ERROR, f"the PDF is damaged: {error}", remedy=REPAIR) from error
    return document


def _pages(document: Any, limits: Limits) -> tuple[list[Page], list[int]]:
    pages: list[Page] = []
    broken: list[int] = []
    left = limits.characters
    for i in range(len(document)):
        try:
            page = _page(document, i, left)
        except pdfium.PdfiumError:
            broken.append(i + 1)
            continue
        left -= sum(len(run.chars) for run in page.runs)
        pages.append(page)
    return pages, broken


def _page(document: Any, index: int, most: int) -> Page:
    page = document[index]
    try:
        width, height = page.get_size()
        textpage = page.get_textpage()
        try:
            count = textpage.count_chars()
            if count > most:
                raise ParseFailure(Status.TOO_LARGE, "the PDF has more text than the limit", remedy="Split it.")
            place = _placement(page)
            found = Page(index + 1, width, height, *_Reader(textpage, place, page.get_rotation()).runs(count))
        finally:
            textpage.close()
        _judge(found, page)
        found.bare = not found.runs and not any(page.get_objects(filter=PICTURES, max_depth=3))
    finally:
        page.close()
    return found


def _placement(page: Any) -> Place:
    """Maps left, bottom, right, top of the page's own space to left, top, right, bottom of the displayed page."""
    x0, y0, x1, y1 = page.get_bbox() if hasattr(page, "get_bbox") else page.get_cropbox()
    rotation = page.get_rotation()
    if rotation == 90:
        return lambda left, bottom, right, top: (bottom - y0, left - x0, top - y0, right - x0)
    if rotation == 180:
        return lambda left, bottom, right, top: (x1 - right, bottom - y0, x1 - left, top - y0)
    if rotation == 270:
        return lambda left, bottom, right, top: (y1 - top, x1 - right, y1 - bottom, x1 - left)
    return lambda left, bottom, right, top: (left - x0, y1 - top, right - x0, y1 - bottom)


class _Reader:
    """Walks the characters of one page and cuts them into runs."""

    def __init__(self, textpage: Any, place: Place, rotation: int) -> None:
        self.handle = ctypes.cast(textpage.raw, ctypes.c_void_p).value
        self.place = place
        self.rotation = rotation
        self.styles: dict[int, Style] = {}
        self.bold_fonts: dict[int, bool] = {}
        self.matrix = raw.FS_MATRIX()
        self.colors = (ctypes.c_uint * 4)()
        self.found: list[Run] = []
        self.run: Run | None = None
        self.style: Style | None = None
        self.unmapped = 0

    def runs(self, count: int) -> tuple[list[Run], int]:
        """The runs of the page in stream order, and how many characters had no Unicode value."""
        rect = raw.FS_RECTF()
        address = ctypes.addressof(rect)
        handle, place, styles = self.handle, self.place, self.styles
        gap = False
        high = 0
        for i in range(count):
            code = _unicode(handle, i)
            owner = _object(handle, i)
            if not owner:
                if code in (10, 13):
                    self.run, gap = None, False
                elif code == 32:
                    gap = True
                continue
            if 0xD800 <= code < 0xDC00:
                high = code
                continue
            if 0xDC00 <= code < 0xE000 and high:
                code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
            high = 0
            char = self._char(code)
            if char == " ":
                gap = True
                continue
            _loose_box(handle, i, address)
            box = place(rect.left, rect.bottom, rect.right, rect.top)
            style = styles.get(owner) or self._measure(owner, i)
            self._put(char, box, style, gap)
            gap = False
        for run in self.found:
            run.settle()
        return self.found, self.unmapped

    def _char(self, code: int) -> str:
        if 32 < code < 127:
            return chr(code)
        if code == 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
            self.unmapped += 1
            return "\ufffd"
        char = chr(code)
        return AS_PRINTED.get(char) or (" " if code < 32 or char.isspace() else char)

    def _measure(self, owner: int, i: int) -> Style:
        handle, matrix, colors = self.handle, self.matrix, self.colors
        _matrix(handle, i, ctypes.addressof(matrix))
        channel = ctypes.addressof(colors)
        _fill(handle, i, channel, channel + 4, channel + 8, channel + 12)
        red, green, blue, alpha = colors
        tilt = 0
        if matrix.b or matrix.a <= 0 or self.rotation:
            tilt = (self.rotation - round(math.degrees(math.atan2(matrix.b, matrix.a)))) % 360
        font = _font(owner) or 0
        if font not in self.bold_fonts:
            self.bold_fonts[font] = self._bold(i)
        style = self.styles[owner] = Style(
            _font_size(handle, i) * math.hypot(matrix.c, matrix.d),
            self.bold_fonts[font],
            _render_mode(owner) == INVISIBLE or alpha == 0,
            red >= 250 and green >= 250 and blue >= 250,
            0 if (tilt + LEVEL) % 360 <= 2 * LEVEL else tilt,
        )
        return style

    def _bold(self, i: int) -> bool:
        name = ctypes.create_string_buffer(100)
        flags = ctypes.c_int()
        _font_info(self.handle, i, ctypes.addressof(name), 100, ctypes.addressof(flags))
        return bool(BOLD.search(name.value.decode("utf-8", "replace"))) or bool(flags.value & FORCE_BOLD)

    def _put(self, char: str, box: Box, style: Style, gap: bool) -> None:
        left, top, right, bottom = box
        run = self.run
        if run is None or (style is not self.style and self._differs(style)) or _apart(run, box, style):
            run = self.run = Run(
                len(self.found),
                left,
                top,
                right,
                bottom,
                style.size,
                style.bold,
                style.invisible,
                style.white,
                style.tilt,
            )
            self.found.append(run)
        else:
            last = run.rights[-1]
            if gap or (left - last > LABEL_GAP * style.size and self._after_number(run, char)):
                run.chars.append(" ")
                run.lefts.append(last)
                run.rights.append(left if left > last else last)
            if left < run.left:
                run.left = left
            if right > run.right:
                run.right = right
            if top < run.top:
                run.top = top
            if bottom > run.bottom:
                run.bottom = bottom
        self.style = style
        look = (style.size, style.bold)
        run.styles[look] = run.styles.get(look, 0) + 1
        if len(char) == 1:
            run.chars.append(char)
            run.lefts.append(left)
            run.rights.append(right)
            return
        width = (right - left) / len(char)
        for k, part in enumerate(char):
            run.chars.append(part)
            run.lefts.append(left + k * width)
            run.rights.append(left + (k + 1) * width)

    def _after_number(self, run: Run, char: str) -> bool:
        """Whether a clause number ends here, which is often set nearer to its caption than a word to the next."""
        return char.isalpha() and len(run.chars) < 14 and bool(CLAUSE_NUMBER.fullmatch("".join(run.chars)))

    def _differs(self, style: Style) -> bool:
        before = self.style
        return before is not None and (
            style.tilt != before.tilt or style.invisible != before.invisible or style.white != before.white
        )


def _apart(run: Run, box: Box, style: Style) -> bool:
    """Whether a character stands too far from the end of a run to belong to it."""
    if style.tilt:
        return False
    left, top, _, bottom = box
    tall = bottom - top
    height = style.size if style.size > tall else tall
    ahead = left - run.rights[-1]
    if ahead > WIDE_GAP * height or ahead < -height:
        return True
    if top == run.top and bottom == run.bottom:
        return False
    return min(bottom, run.bottom) - max(top, run.top) < 0.3 * min(tall, run.bottom - run.top)


def _judge(found: Page, page: Any) -> None:
    """Marks the runs that a reader of the page does not see, and OCR layers, whose text is invisible on purpose."""
    shown = [run for run in found.runs if not run.hidden]
    letters = sum(len(run.chars) for run in found.runs)
    if letters and sum(len(run.chars) for run in shown) < 0.1 * letters:
        found.layer = True
        for run in found.runs:
            run.hidden = False
    white = [run for run in shown if run.white]
    paper = _paper(page, found, white) if white else []
    for run, on_paper in zip(white, paper, strict=False):
        run.hidden = on_paper
    for run in found.runs:
        x, y = (run.left + run.right) / 2, (run.top + run.bottom) / 2
        run.hidden |= run.size < 1 or not (0 <= x <= found.width and 0 <= y <= found.height)


def _paper(page: Any, found: Page, runs: list[Run]) -> list[bool]:
    """For each run in white: whether nothing darker is drawn where it stands. Pages are rendered only for this."""
    if found.width * found.height > 4_000_000:
        return [False] * len(runs)
    bitmap = page.render(scale=1, grayscale=True, no_smoothtext=True)
    try:
        pixels, stride = bytes(bitmap.buffer), bitmap.stride
        width, height = bitmap.width, bitmap.height
    finally:
        bitmap.close()
    verdicts = []
    for run in runs:
        x0, x1 = max(0, int(run.left)), min(width, math.ceil(run.right) + 1)
        y0, y1 = max(0, int(run.top)), min(height, math.ceil(run.bottom) + 1)
        verdicts.append(all(min(pixels[y * stride + x0 : y * stride + x1], default=255) > 245 for y in range(y0, y1)))
    return verdicts


def _facts(data: bytes, document: Any, pages: list[Page], broken: list[int]) -> tuple[tuple[str, ...], bool]:
    notes: list[str] = []
    empty = [page.number for page in pages if not page.runs and not page.bare]
    if broken:
        notes.append(f"{_listed(broken)} cannot be read")
    if empty:
        notes.append(f"{_listed(empty)} without text: an image, which needs OCR")
    if layer := [page.number for page in pages if page.layer]:
        notes.append(f"{_listed(layer)}: the text is the OCR layer of a scan")
    if hidden := [page.number for page in pages if any(run.hidden for run in page.runs)]:
        notes.append(f"{_listed(hidden)}: hidden text, kept apart")
    unmapped = sum(page.unmapped for page in pages)
    letters = sum(len(run.chars) for page in pages for run in page.runs)
    if unmapped:
        notes.append(f"{unmapped} characters have no Unicode value and stand as U+FFFD")
    cut = b"%%EOF" not in data[-2048:]
    if cut:
        notes.append("the file is cut off: its end mark is missing, and pages may be")
    if raw.FPDFDoc_GetJavaScriptActionCount(document) > 0:
        notes.append("active content: JavaScript, which was not run")
    return tuple(notes), bool(broken or empty or cut or unmapped > 0.1 * letters)


def _listed(pages: list[int]) -> str:
    """ "page 3" or "pages 1, 4-6"."""
    ranges: list[list[int]] = []
    for page in pages:
        if ranges and page == ranges[-1][1] + 1:
            ranges[-1][1] = page
        else:
            ranges.append([page, page])
    names = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
    return f"page{'s' * (len(pages) > 1)} {names}"

"""Defined terms where they are defined: "X" means ..., (the "X"), lists and tables of definitions."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from citebound.ingest.outline import ATTACHED, item, unmarked
from citebound.ingest.sections import full_numbers
from citebound.ingest.sentences import sentence_spans
from citebound.types import ASIDE, Block, BlockKind, Section, Span, Term

LONGEST_PARENTHESIS = 600
"""Characters of a parenthesis that ends in a term."""

LONGEST_ALONE = 100
"""Characters of a term that stands in a block of its own, and between it and its definition."""

BEGINNING = re.compile(r"(?:[a-z]|Means?\b|Has\b)")
LONGEST = 4000
"""Characters of a definition that runs on into the items below it."""

QUOTED = re.compile(
    r"(?<![\w\"])(?:[\"\u201c\u201d\u201e\u00ab]|``|'')\s{0,2}(?P<term>[A-Za-z0-9][^\"\u201c\u201d\u201e\u00ab\u00bb\n]{0,99}?(?:\n[^\"\u201c\u201d\u201e\u00ab\u00bb\n]{1,60}?)?)"
    r"\s{0,2}[,.;]?\s{0,2}(?:[\"\u201d\u201c\u00bb]|''|['\u2019](?=\)|\s{1,3}(?:means?|shall|has|have|is|refers?)\b))(?!\w)"
    r"|(?<![\w'\u2018\u2019])[\u2018'](?P<single>[A-Z][^'\u2018\u2019\"\u201c\u201d\n]{0,80}?)['\u2019]"
    r"(?=\s{1,3}(?:means?|shall mean|has the meaning|shall have the)\b|\))"
)
LIKE = r"(?:respective|same|following|correlative|corresponding|similar|like|equivalent)\s{1,3}"
MEANING = (
    r"(?:(?:shall|will|is|are|be|has|have|does|do|each|hereby|also|further|both|herein|which|agreed|understood|deemed|intended"
    r"|used|and|to|[a-z]{3,14}ly)\s{1,3}){0,6}"
    r"(?:means?\b|meaning\b|mean,|defined\s{1,3}(?:and\s{1,3}\w{1,12}\s{1,3}|herein\s{1,3}|hereby\s{1,3})?(?:as|in|to|under|by|on)\b"
    r"|refers?\s{1,3}to\b|stands?\s{1,3}for\b"
    rf"|(?:the|its|their|that|an?)\s{{1,3}}(?:{LIKE})?(?:meanings?|definitions?)\b|{LIKE}meanings?\b)"
)
STRICTLY = (
    r"(?:(?:shall|will|also|be|deemed|to|[a-z]{3,14}ly)\s{1,3}){0,4}"
    r"(?:means?\b|mean,|ha(?:s|ve)\s{1,3}the\s{1,3}(?:same\s{1,3})?meaning)"
)
WITH_ASIDE = (
    r"(?:\s{0,3}\([^()]{0,160}\))?\s{0,3},?\s{1,3}(?:of|in|for|to|as|under|with\s{1,3}respect)\s{1,3}"
    r"(?:[A-Za-z][\w'\u2019.&-]{0,30}\s{1,3}){0,8}?"
)
"""What may stand between a term and "means": "Affiliate" of a Party, "Transfer" as a verb."""

ASIDE_WORDS = (
    r"(?:\s{1,3}of\s{1,3}(?:an?|any|the|such|each)\s{1,3}\w{1,30}(?:\s\w{1,30})?)?(?:\s{0,3}\([^()]{0,160}\))?"
    r"(?:\s{0,3},[^,.;:\"\u201c\u201d]{1,120},|\s{1,3}(?:as used|when used|for purposes)[^,.;:\"\u201c]{0,80},?)?"
)
OTHERS = (
    r"(?:\s{0,3}(?:,|or|and|and/or|/|\(or)\s{1,3}(?:or\s|and\s|the\s|a\s)?"
    r"(?:[\"\u201c\u201d][^\"\u201c\u201d\n]{1,80}[\"\u201d\u201c])\)?){0,4}"
)
MEANS = re.compile(rf"{OTHERS}{ASIDE_WORDS}[\s,:\u2013\u2014-]{{0,80}}{MEANING}|{WITH_ASIDE}{STRICTLY}", re.I)
INCLUDES = re.compile(r"\s{1,80}(?:shall\s{1,3}|will\s{1,3})?(?:also\s{1,3})?includes?\b", re.I)
NAMING = re.compile(r"\bterms?\s{1,3}$", re.I)
LISTED = re.compile(r"\s{0,3}(?:[:=]|[\u2013\u2014]|-\s|--)\s{0,6}\S")
NOT = re.compile(r"\s{1,80}(?:shall|does|do|will|is|are)\s{1,3}not\b", re.I)
CALLING = re.compile(
    r"(?:^|[\s(,;\[])(?:the|this|these|those|each|an?|such|as|and|or|is|are|be|collectively|individually|together|jointly|severally|respectively"
    r"|hereinafter|hereafter|herein|hereunder|called|termed|to|being|also|them|either|both|any|all|singly|hereto|by|therein|it|defined)[\s,:]{0,40}$",
    re.I,
)
CALLED = re.compile(
    r"(?:hereinafter|hereafter|referred\s{1,3}to|(?:herein|hereby|hereto|so|be|are|is|collectively|also|sometimes)\s{1,3}(?:called|termed|defined)"
    r"|defined\s{1,3}(?:herein\s{1,3})?as|called\s{1,3}the|collectively,?(?:\s{1,3}(?:the|as))?|individually,?(?:\s{1,3}(?:an?|as))?|each,?\s{1,3}an?|each\s{1,3}as\s{1,3}an?"
    r"|together,?\s{1,3}(?:(?:constitute|with[^.;]{0,60})\s{1,3})?(?:the|as)|constitutes?\s{1,3}the|jointly,?\s{1,3}(?:the|as)|known\s{1,3}as\s{1,3}the)"
    r"(?:\s{1,3}(?:herein|hereinafter|hereafter|elsewhere|separately|respectively|generally|sometimes|either"
    r"|in\s{1,3}this\s{1,3}\w{1,20}|individually|collectively|together|jointly|singly|each|severally"
    r"|for\s{1,3}convenience|simply|indistinctly|as|and|the|an?|or|our|your|his|her|its|their)){0,9}?"
    r"[\s,]{0,40}$",
    re.I,
)
ARTICLE = re.compile(
    r"[(\[,;]\s{0,3}(?:each|such|any|collectively|together|as|and|or|,|\s){0,4}\s{0,3}\b(?:the|this|an?)\s{0,3}$", re.I
)
NEGATED = re.compile(r"\b(?:not|never|no)\b(?:\s{1,3}\w{1,14}){0,3}\s{0,3}$", re.I)
CONSTITUTED = re.compile(r"\bconstitutes?\s{1,3}(?:an?\s{1,3})?$", re.I)
ELSEWHERE = re.compile(
    r"[\"\u201d,\s]{0,4}\s\(?(?:as|under|within|for)\s[^.;]{0,60}\b(?:defined|Section|Act|Code|law)\b"
)
"""What follows a quoted word that another place or law defines."""

BEING = re.compile(
    r"\b(?:is|are|be|being|becomes?)\s{1,3}(?:(?:hereby|deemed)\s{1,3}){0,2}(?:to\s{1,3}be\s{1,3})?the\s{1,3}$", re.I
)
"""The date of opening is the "Opening Date"."""

OPENED_BEFORE = re.compile(r"[,;]\s{1,3}(?:collectively,?\s|together,?\s|each,?\s)?(?:the|an?)\s{1,3}$", re.I)
"""What goes before the term of a parenthesis that began on the page before."""

CLOSED = re.compile(r"[.,;][\"\u201d']{1,2}$|\s{0,2}(?:[.;,)]|$)")
ROW_START = re.compile(r"[\"\u201c][^\"\u201c\u201d\n]{1,60}[\"\u201d](?=[^()]{0,120}$)")
SUBJECT = re.compile(
    r"(?:^|[\n.;:!?\"\u201d)])\s{0,3}(?:\(?[a-zA-Z0-9.]{1,7}[.)]\s{1,3})?(?:(?:the|an?|any|each|our|your)\s{1,3}(?:term\s{1,3})?)?$",
    re.I,
)
IS = re.compile(
    r"(?:\s{1,3}(?:of|to|under|for|in)\s{1,3}(?:[A-Za-z][\w'\u2019-]{0,30}\s{1,3}){1,5}?|\s{1,3})(?:shall\s{1,3}be|will\s{1,3}be|is|are|equals?)"
    r"(?:\s{1,3}(?:an?|any|the|all|those|that|equal|calculated|determined|each|one)\b|\s{0,3}:)",
    re.I,
)
"""A "Referral" to Partner is a third party that ..."""

INITIAL = re.compile(r"\b[A-Z]\.\s{1,3}\(\s{0,2}$")
SURNAME = re.compile(r"\s{0,2}\)\s{1,2}[A-Z][a-z]{2,20}")
"""Oliver G. ("Chip") Brewer: a nickname."""

EXAMPLE = re.compile(
    r"\b(?:marked|entitled|labell?ed|titled|e\.g\.|i\.e\.|such as|including|formerly|f/k/a|d/b/a|words?|legend"
    r"|captioned|stamped|designated|stating|example|headed|under the heading|references? to|without limitation)"
    r"[\s,:]{0,3}(?:as|the|an?)?[\s,:]{0,3}$",
    re.I,
)
UNQUOTED = re.compile(
    r"[\s\-\u2022*]{0,6}(?P<term>[A-Z][\w'\u2019&/-]{0,40}"
    r"(?:[ ,]{1,3}(?:[A-Z(][\w'\u2019&/)-]{0,40}|of|and|or|to|the|for|in|on|by|with|per|from)){0,9}?)"
    r"(?:\s{0,3}[:,\u2013\u2014-])?\s{1,80}(?:\([^()]{1,60}\)\s{1,3})?(?:(?:as|when)\s{1,3}used\s[^.,;:\"]{2,60}[\s,]{1,3})?"
    r"(?P<verb>(?:(?:shall\s{1,3}|will\s{1,3})?(?:[a-z]{4,14}ly\s{1,3})?means?|(?:has|have|shall\s{1,3}have)\s{1,3}the\s{1,3}meaning"
    r"|(?:is|are|shall\s{1,3}be)\s{1,3}defined\s{1,3}(?:as|in|on|to))\b)"
)
PURPOSED = re.compile(
    r"\b(?i:(?:for|as|when)\s{1,3}(?:the\s{1,3})?(?:purposes?|used)\s{1,3}(?:of|in|hereof|herein)\b[^.;:\"\u201c]{0,80}?[,\s]{1,3}"
    r"|the\s{1,3}(?:term|expression|phrase)\s{1,3})(?:(?i:the|an?|any|term)\s{1,3}){0,2}"
    r"(?P<term>[A-Z][\w'\u2019&-]{0,30}(?:\s{1,2}(?:(?:of|and|the)\s)?[A-Z][\w'\u2019&-]{0,30}){0,4})\s{1,3}"
    r"(?:shall\s{1,3}mean|means?\b|shall\s{1,3}have\s{1,3}the\s{1,3}meaning|has\s{1,3}the\s{1,3}meaning"
    r"|(?:is|are|shall\s{1,3}be)\s{1,3}defined\s{1,3}as)"
)
"""For purposes of this Agreement, Proprietary Information shall mean ..."""

STATED = re.compile(
    r"(?<=[.;)\"\u201d]\s)(?P<term>[A-Z][\w'\u2019&-]{1,30}(?:\s[A-Z][\w'\u2019&-]{1,30}){1,4})\s(?:shall\smean|means|shall\shave\sthe\smeaning)\b"
)
"""A sentence that begins with two capital words and says what they mean."""

SHORT = re.compile(r"(?<=\s)\((?P<term>[A-Z][A-Z&-]{2,14})\)(?!\s(?i:inc|ltd|llc|limited|pte|co)\b)")
PLACES = frozenset(
    "USA USD PRC BVI EUR GBP SAR RMB CHINA INDIA CANADA MICHIGAN SHANGHAI SHENZHEN BEIJING GST VAT SEC III".split()
)

LOST = re.compile(
    r"(?:\(\s?(?:[A-Za-z]{1,14},?\s){0,6}|(?<=\s))\?"
    r"(?P<term>[A-Z][\w&' -]{1,40}[\w.])\?(?=\s?\)|\s(?:shall\s)?means?\b)"
)
"""(?Supplier?): quotation marks that another encoding lost."""

COLON = re.compile(r"[\s\-\u2022*]{0,6}(?P<term>[A-Z][^:.;\n]{1,80}?)\s{0,3}(?:\*\*)?[:\u2013\u2014](?=\s)")
NUMBERED = re.compile(r"[\s*_]{0,6}(?:\(?[a-zA-Z0-9]{1,5}[.)]|\d{1,3}(?:\.\d{1,3}){1,4}[.)]?)[\s*_]{1,12}")
NAME = r"[A-Z][\w'\u2019&-]{0,30}(?:\s{1,2}(?:(?:of|and|the)\s)?[A-Z][\w'\u2019&-]{0,30}){0,4}"
"""Words in title case, that may be a term without quotation marks."""

INCLUDING = re.compile(
    rf"(?P<term>{NAME})\s{{1,3}}(?:shall\s{{1,3}})?includes?\s{{1,3}}(?:an?|any|all|the|each|every)\b"
)
TURNED = re.compile(rf"\bA\s{{0,2}}(?P<term>{NAME})@(?=\s{{0,3}}(?:\)|shall\s|means?\b))")
"""A Supplier@: the quotation marks of an old word processor."""

HALF_QUOTED = re.compile(
    rf"\(\s{{0,2}}(?:(?:[A-Za-z]{{1,14}},?\s{{1,2}}){{0,6}}[\"\u201c](?P<unclosed>{NAME})"
    rf"|(?:[a-z]{{1,14}},?\s{{1,2}}){{0,6}}(?P<unopened>{NAME})[\"\u201d])\)"
)
"""("Supplier) and (the Supplier"): one of the two quotation marks was lost."""

HEREINAFTER = re.compile(
    r"(?i:(?P<open>\(\s{0,2})?\b(?:hereinafter|hereafter|herein|collectively|individually|together|jointly|(?P<bare>the))[\s,]{1,3}"
    r"(?:(?:also|sometimes|collectively|individually|jointly|together|each|to|be|is|are|may|simply|for\s{1,2}convenience|generally"
    r"|respectively)\s{1,3}){0,5}"
    r"(?P<called>(?:referred\s{1,3}to(?:\s{1,3}(?:herein|collectively|individually|jointly))?\s{1,3}as|called|known\s{1,3}as|termed|designated(?:\s{1,3}as)?|styled"
    r"|defined\s{1,3}as)\s{1,3})?(?:(?:collectively|individually|either|as|the|an?|each|respectively|jointly|together),?\s{1,3}){0,3})"
    rf"(?P<term>{NAME})(?=(?P<close>\s{{0,2}}\))|\s{{0,2}}[,;.:]|\s{{1,3}}(?:and|or|an?|which|whose|having|is|with|has)\b)"
)
"""(hereinafter Supplier), hereinafter called the Supplier, (the Supplier)."""

DEFINED_AS = re.compile(
    rf"\b(?P<term>{NAME})\s{{1,3}}\((?:hereby\s|herein\s)?defined\s{{1,3}}(?:as|to\s(?:mean|include))\b"
)
UNMARKED = ((PURPOSED, "mean"), (PURPOSED, "defined as"), (STATED, "mean"), (LOST, "?"), (TURNED, "@"))
"""Definitions without quotation marks, and what a text must have to be searched for them."""

ARTICLED = re.compile(r"(?:The|An?|Any|Each|All|Such|This|These|Its|Their|Our|Your|\w{1,30}['\u2019]s)\s{1,2}")
OWN_TERMS = re.compile(
    r"\b(?:capitali[sz]ed|highlighted|bold(?:ed)?|underlined|defined|variables?)\b[^.]{0,160}"
    r"\b(?:cover\s(?:page|sheet)|order\sform|key\sterms|term\ssheet|particulars|contract\sdetails|statement\sof\swork)\b",
    re.I,
)
"""A document that says its terms are those of the label-and-value rows in front."""

HERE = re.compile(
    r"not\s(?:otherwise\s)?defined\s(?:in|on)\sthis\s(?:cover\s(?:page|sheet)|order\sform|term\ssheet|schedule)", re.I
)
"""A cover page to terms that stand elsewhere: what its rows name is defined, used here or not."""

KEY_ROWS = re.compile(
    r"cover\s(?:page|sheet)|key\s(?:commercial\s)?terms|particulars|contract\sdetails|(?:basic|fundamental)\s(?:lease\s|contract\s)?"
    r"(?:information|provisions|terms|data)|order\sform|term\ssheet|summary\sof\s(?:\w{1,12}\s)?terms",
    re.I,
)
"""Headings of such rows."""

PLAIN_ROWS = frozenset(
    (
        "name title date signature by email address phone fax attention attn notes description item quantity price no"
        " role print printed full company legal entity"
    ).split()
)
"""Labels of rows that are filled in, not referred to."""

SIGNING = re.compile(r"[*:\s]{0,4}(?:signature|signed|by)\W", re.I)
LABEL = re.compile(r"[*|\s]{0,6}(?P<label>[A-Z][^\t\n|:]{1,80}?)[*\s:]{0,4}(?=[\t\n|])")
ENTRY_COLON = re.compile(
    rf"(?P<term>{NAME})\s{{0,3}}(?::|\s?[\u2013\u2014-])\s{{1,40}}(?=[A-Za-z]\w{{0,20}}\s{{1,3}}\w{{1,30}}[\s,])"
)
HEAD_COLON = re.compile(
    r"\W{0,6}(?P<term>[A-Z][A-Z0-9'&/() -]{2,60}(?:\n\s{0,80}[A-Z][A-Z0-9'&/() -]{2,60})??)\s{0,3}:"
)
CAPTIONED = re.compile(r"\W*(?:certain\s)?(?:defined\sterms|definitions?|glossary(?:\sof\sterms)?)\W*$", re.I)
LISTING = re.compile(r"\bdefinitions\b|\bdefined\sterms\b|glossary|terminology|interpretation", re.I)
"""Headings of lists of definitions, rather than of one definition."""

WORD = re.compile(r"[\w'\u2019&/-]{1,40}")
LONGEST_TERM = 8
"""Words of a term that is looked for in the text."""

LEAST_ENTRIES = 3
"""Entries without quotation marks or verb that make a list of definitions."""

LEAST_USES = 4
"""How often a word in parentheses alone is printed, to be a term: "(the Supplier)", but not "(the Netherlands)"; twice
is enough for several words, and a short name needs twice as much: "(ITS)".
"""

PREAMBLE = 5000
"""Characters in which the parties are named."""

WORDING = frozenset(
    (
        "herein hereof hereto hereby hereunder hereinafter thereof include includes including or and shall will may any"
    ).split()
)
"""Words whose use a clause on interpretation explains: they are no terms."""
SAID = frozenset("agreement section article clause exhibit schedule paragraph party parties".split())
"""What "as used in this Agreement" names, and what a plain sentence may begin with."""

NO_TERM = frozenset(
    "this that which it what such these those there he she they we you nothing neither no each any if source note notes"
    " page example".split()
)
DEFINING = re.compile(r"defin|interpretation|glossary|certain terms|meaning of terms|terminology", re.I)
ENTRY = re.compile(r"\n[ \t]{0,80}(?=[\"\u201c*A-Z])|(?<=[ \t]{3})(?=[\"\u201c])")
HEAD_CELL = re.compile(r"(?:defined\s)?terms?|definitions?|words?|expressions?|meanings?|descriptions?", re.I)
CELL = re.compile(r"\s{0,3}(?:\t|\|)\s{0,3}")
SCOPE = re.compile(
    r"(?:for\s{1,3}(?:the\s{1,3})?(?:sole\s{1,3})?purposes?\s{1,3}(?:of|hereof)|as\s{1,3}used\s{1,3}in|when\s{1,3}used\s{1,3}in|in|under|throughout)\s{1,3}this\s{1,3}"
    r"(?P<what>sub-?section|section|article|clause|sub-?clause|paragraph|exhibit|schedule|annex|appendix|attachment|addendum)\b(?!s)(?:\s{1,3}(?P<number>[\w.()-]{1,20}))?",
    re.I,
)
PURPOSE = re.compile(r"purpose|used|throughout", re.I)


def terms(text: str, blocks: Sequence[Block], sections: Sequence[Section]) -> tuple[Term, ...]:
    """All definitions in order of their terms; a term that is defined twice comes twice.

    `definition` is the sentence, list entry or table row that defines the term, with the items under it where it ends
    in a colon. `scope` is the section that "for purposes of this Section" means. Quoted words that nothing is said
    of are no terms.
    """
    reader = Definitions(text, blocks, sections)
    found: dict[Span, Term] = {}
    for term in reader.read():
        found.setdefault(term.span, term)
    return tuple(found[span] for span in sorted(found))


class Definitions:
    """One document while its definitions are read."""

    def __init__(self, text: str, blocks: Sequence[Block], sections: Sequence[Section]) -> None:
        self._text = text
        self._view = unmarked(text)
        self._blocks = [block for block in blocks if block.kind not in ASIDE]
        self._sections = sections
        self._numbers = full_numbers(sections)
        self._starts = [section.span.start for section in sections]
        self._defining = self._defining_sections()
        self._found: list[int] = []
        self._quoted: set[str] = set()
        self._squeezed = ""
        self._begins = [block.span.start for block in self._blocks]
        self._lists: dict[int, bool] = {}

    def read(self) -> Iterator[Term]:
        table = False
        used = self._used_labels()
        for i, block in enumerate(self._blocks):
            if block.kind is BlockKind.TABLE_ROW:
                table, row = self._row(block, table)
                yield from row
                yield from self._labelled(block, used)
            else:
                table = False
            whole = self._with_next(i)
            defined, edges = self._in(block, whole.end)
            sentences = self._sentences(i, whole) if defined else []
            for term in defined:
                definition = self._definition(i, term, edges, sentences)
                words = " ".join(term.of(self._view).split())
                self._found.append(term.start)
                yield Term(words, term, definition, self._scope(term, definition))
        self._found.sort()
        yield from self._captions()
        yield from self._headed()

    def _sentences(self, i: int, whole: Span) -> list[Span]:
        """The sentences of a block; a term that stands alone is one with the first sentence behind it."""
        block = self._blocks[i].span
        if whole == block:
            return sentence_spans(self._text, block)
        first, *rest = sentence_spans(self._text, self._blocks[i + 1].span)
        return [Span(block.start, first.end), *rest]

    def _with_next(self, i: int) -> Span:
        """A block, with the one behind it where it is nothing but a quoted or short term: two columns, or two lines."""
        block = self._blocks[i]
        content = block.span.of(self._view)
        if len(content) > LONGEST_ALONE or i + 1 == len(self._blocks) or content.rstrip()[-1:] in tuple(".;,"):
            return block.span
        following = self._blocks[i + 1]
        near = following.span.start - block.span.end <= LONGEST_ALONE
        if (
            not near
            or following.kind is not BlockKind.PARAGRAPH
            or not BEGINNING.match(self._view, following.span.start)
        ):
            return block.span
        return Span(block.span.start, following.span.end)

    def _used_labels(self) -> dict[str, int]:
        """The labels of rows that the running text uses as terms, where a document has such rows at all."""
        rows = [b for b in self._blocks if b.kind is BlockKind.TABLE_ROW]
        keyed = bool(rows) and bool(OWN_TERMS.search(self._view))
        labels: dict[str, int] = {}
        for block in rows:
            match = LABEL.match(self._view, block.span.start, min(block.span.end, block.span.start + 120))
            if match and (keyed or self._is_under(block.span.start, KEY_ROWS)):
                words = WORD.findall(match["label"])
                if 0 < len(words) <= LONGEST_TERM and not {w.lower() for w in words} <= PLAIN_ROWS:
                    labels[" ".join(words)] = 0
        if labels:
            for block in self._blocks:
                if block.kind is not BlockKind.TABLE_ROW and not self._is_short_title(block):
                    words = WORD.findall(block.span.of(self._view))
                    for i, word in enumerate(words):
                        for j in range(i + 1, min(i + LONGEST_TERM, len(words)) + 1 if word[0].isupper() else i + 1):
                            joined = " ".join(words[i:j])
                            if joined in labels:
                                labels[joined] += 1
        declared = bool(HERE.search(self._view))
        return {label: count for label, count in labels.items() if count or declared}

    def _is_short_title(self, block: Block) -> bool:
        return block.kind is BlockKind.TITLE and len(block.span) <= LONGEST_ALONE

    def _is_under(self, offset: int, headings: re.Pattern[str]) -> bool:
        around = self._around(offset)
        while around is not None:
            if headings.search(self._sections[around].heading):
                return True
            around = self._sections[around].parent
        return False

    def _labelled(self, block: Block, used: dict[str, int]) -> Iterator[Term]:
        """The label of a row that the running text uses, and the row as its definition."""
        match = LABEL.match(self._view, block.span.start, min(block.span.end, block.span.start + 120)) if used else None
        if match and SIGNING.match(self._view, match.end("label")):
            return
        if match and " ".join(WORD.findall(match["label"])) in used:
            span = Span(match.start("label"), match.end("label"))
            yield Term(" ".join(match["label"].split()), span, block.span)

    def _captions(self) -> Iterator[Term]:
        """Captions of the clauses of a list of definitions, where nothing else there says what is defined."""
        children: dict[int, list[int]] = {}
        for i, section in enumerate(self._sections):
            parent = section.parent
            if parent is not None and CAPTIONED.match(self._sections[parent].heading):
                children.setdefault(parent, []).append(i)
        found = sorted(self._found)
        for positions in children.values():
            sections = [self._sections[i] for i in positions]
            named = [
                s
                for s in sections
                if s.heading and not DEFINING.search(s.heading) and len(s.span) > 2 * LONGEST_ALONE // 3
            ]
            begun = [s for s in sections if bisect_left(found, s.span.start) < bisect_left(found, s.span.start + 60)]
            if len(named) < LEAST_ENTRIES or begun or len(named) < 0.8 * len(sections):
                continue
            for section in named:
                words = r"\W{1,8}".join(map(re.escape, WORD.findall(section.heading)[:12]))
                at = re.compile(words).search(self._view, section.span.start, section.span.start + 200)
                if at:
                    span = Span(at.start(), at.end())
                    yield Term(" ".join(span.of(self._view).split()), span, section.span)

    def _headed(self) -> Iterator[Term]:
        """Headings that end in a colon, one after the other behind the heading of a list of definitions."""
        i = 0
        while i < len(self._sections):
            i += 1
            if not CAPTIONED.match(self._sections[i - 1].heading):
                continue
            run: list[Term] = []
            while i < len(self._sections) and not self._sections[i].number:
                section = self._sections[i].span
                head = HEAD_COLON.match(self._view, section.start)
                if head and (not run or section.start >= run[-1].span.end):
                    span = Span(head.start("term"), head.end("term"))
                    run.append(Term(" ".join(head["term"].split()), span, section))
                i += 1
            if len(run) < LEAST_ENTRIES:
                continue
            first, last = (bisect_left(self._found, term.span.start) for term in (run[0], run[-1]))
            if first == last:
                yield from run

    def _defining_sections(self) -> list[bool]:
        """Which sections hold definitions: by their heading, or one above them."""
        made: list[bool] = []
        for section in self._sections:
            above = section.parent is not None and made[section.parent]
            made.append(above or bool(DEFINING.search(section.heading)))
        return made

    def _around(self, offset: int) -> int | None:
        position = bisect_right(self._starts, offset) - 1
        while position >= 0 and self._sections[position].span.end <= offset:
            parent = self._sections[position].parent
            if parent is None:
                return None
            position = parent
        return position if position >= 0 else None

    def _is_defining(self, offset: int) -> bool:
        around = self._around(offset)
        return around is not None and self._defining[around]

    def _in(self, block: Block, limit: int) -> tuple[list[Span], list[int]]:
        """The terms that a block defines, in order, and where its entries that begin with one of them start.

        What is said of them may reach to `limit`, in the next block.
        """
        begin, end = block.span.start, block.span.end
        entries = self._entries(block)
        defining = self._is_defining(begin)
        defined: dict[Span, int | None] = {}
        for match in QUOTED.finditer(self._view, begin, end):
            entry = entries.get(match.start())
            says = self._says(match, block, entry is not None, defining, limit)
            self._quoted.add((match["term"] or match["single"]).strip())
            if says:
                name = "term" if match["term"] else "single"
                defined[Span(match.start(name), match.end(name))] = entry
        for at, entry in entries.items():
            if term := self._unquoted(at, min(limit, at + 300), defining, at == begin):
                defined.setdefault(term, entry)
        quoted = sorted(defined)
        for term in self._without_quotes(block):
            near = bisect_left(quoted, term)
            if not any(term.overlap(other) for other in quoted[max(0, near - 1) : near + 1]):
                defined.setdefault(term, None)
        listed = (
            [m for at in entries if (m := ENTRY_COLON.match(self._view, at, min(end, at + 200)))] if defining else []
        )
        if listed and self._is_under(begin, LISTING) and (len(listed) >= LEAST_ENTRIES or self._listed_around(block)):
            for match in listed:
                if match["term"].split()[0].lower() not in NO_TERM:
                    defined.setdefault(Span(match.start("term"), match.end("term")), entries[match.start()])
        return sorted(defined), sorted({entry for entry in defined.values() if entry is not None})

    def _listed_around(self, block: Block) -> bool:
        """Whether blocks of the same section are entries like this one: "Fees: the sums due"."""
        around = self._around(block.span.start)
        if around is None:
            return False
        section = self._sections[around]
        key = around if section.parent is None or not self._defining[section.parent] else section.parent
        if key not in self._lists:
            span = self._sections[key].span
            first = bisect_left(self._begins, span.start)
            last = bisect_left(self._begins, span.end)
            entries: set[str] = set()
            for other in self._blocks[first:last]:
                at = other.span.start
                sign = NUMBERED.match(self._view, at, at + 40)
                if entry := ENTRY_COLON.match(self._view, sign.end() if sign else at, other.span.end):
                    entries.add(entry["term"])
            self._lists[key] = len(entries) >= LEAST_ENTRIES
        return self._lists[key]

    def _without_quotes(self, block: Block) -> Iterator[Span]:
        """Terms whose quotation marks are missing, or one of them, in parentheses and after "hereinafter"."""
        view, begin, end = self._view, block.span.start, block.span.end
        for match in HALF_QUOTED.finditer(view, begin, end):
            name = "unclosed" if match["unclosed"] else "unopened"
            if not EXAMPLE.search(view, match.start(), match.start(name) - (name == "unclosed")):
                yield Span(match.start(name), match.end(name))
        for match in HEREINAFTER.finditer(view, begin, end):
            enclosed = bool(match["open"] and match["close"])
            often = 2 if " " in match["term"] else LEAST_USES if match.start() < PREAMBLE else 10**9
            if match["bare"] and not (enclosed and not match["called"] and self._uses(match["term"]) >= often):
                continue
            if match["called"] or enclosed:
                yield Span(match.start("term"), match.end("term"))
        for match in SHORT.finditer(view, begin, min(end, PREAMBLE)):
            if match["term"] not in PLACES and self._uses(match["term"]) >= 2 * LEAST_USES:
                yield Span(match.start("term"), match.end("term"))
        for expression, needed in UNMARKED:
            if view.find(needed, begin, end) < 0:
                continue
            for match in expression.finditer(view, begin, end):
                if match["term"].split()[0].lower() not in NO_TERM | SAID:
                    yield Span(match.start("term"), match.end("term"))
        for match in DEFINED_AS.finditer(view, begin, end):
            article = ARTICLED.match(match["term"])
            start = match.start("term") + (article.end() if article else 0)
            yield Span(start, match.end("term"))

    def _uses(self, name: str) -> int:
        if not self._squeezed:
            self._squeezed = " ".join(self._view[: 20 * PREAMBLE].split())
        return self._squeezed.count(" ".join(name.split()))

    def _unquoted(self, at: int, limit: int, defining: bool, opening: bool) -> Span | None:
        """A term without quotation marks at the start of an entry: "Fees means ...", "**Fees**: ..."."""
        bold = self._text[at : at + 2] == "**" or self._text[max(0, at - 2) : at] == "**"
        found = UNQUOTED.match(self._view, at, limit)
        if (
            found
            and found["term"].split()[0].lower() not in NO_TERM
            and (defining or bold or found["verb"] != "means" or not opening or " " in found["term"])
        ):
            return Span(found.start("term"), found.end("term"))
        if defining and self._is_under(at, LISTING) and (listed := INCLUDING.match(self._view, at, limit)):
            return Span(listed.start("term"), listed.end("term"))
        if defining and bold and (listed := COLON.match(self._view, at, limit)):
            return Span(listed.start("term"), listed.end("term"))
        return None

    def _entries(self, block: Block) -> dict[int, int]:
        """Where entries of a list of definitions may begin in a block: their first word, and the number before it."""
        begin, end = block.span.start, block.span.end
        first = bisect_right(self._starts, begin - 1)
        last = bisect_right(self._starts, end - 1)
        places = {begin, *self._starts[first:last], *(m.end() for m in ENTRY.finditer(self._view, begin, end))}
        made: dict[int, int] = {}
        for place in sorted(places):
            sign = NUMBERED.match(self._view, place, place + 40)
            at = sign.end() if sign else place
            at += len(self._view[at : at + 60]) - len(self._view[at : at + 60].lstrip(" \t\n-\u2022*:"))
            made.setdefault(at, place)
        return made

    def _says(self, match: re.Match[str], block: Block, entry: bool, defining: bool, limit: int) -> bool:
        """Whether a quoted word is defined where it stands."""
        view = self._view
        term = (match["term"] or match["single"]).strip()
        begin, after = match.start(), match.end()
        before = view[max(block.span.start, begin - 160) : begin]
        if term.lower() in WORDING:
            return False
        if term.count(")") != term.count("(") or (INITIAL.search(before) and SURNAME.match(view, after)):
            return False
        if MEANS.match(view, after, limit) or (defining and limit > block.span.end):
            return True
        if INCLUDES.match(view, after) and NAMING.search(before):
            return True
        if entry and not NOT.match(view, after):
            if INCLUDES.match(view, after):
                return True
            if defining and (LISTED.match(view, after) or self._is_under(begin, LISTING)):
                return True
        if EXAMPLE.search(before):
            return False
        if term[:4] == "the " and term[4:5].isupper() and before.rstrip().endswith("("):
            return self._in_parentheses(before, after)
        if not term[:1].isupper() and not term[:1].isdigit() and not CALLED.search(before):
            return self._in_parentheses(before, after) and bool(ARTICLE.search(before) or self._in_called_row(before))
        if CALLED.search(before):
            return not NEGATED.search(before)
        if self._in_called_row(before):
            return True
        if SUBJECT.search(before) and IS.match(view, after) and term not in self._quoted:
            return True
        if CONSTITUTED.search(before) and not NEGATED.search(before) and not ELSEWHERE.match(view, after):
            return True
        if BEING.search(before) and not NEGATED.search(before) and self._is_closed(match):
            return True
        if not self._in_parentheses(view[max(block.span.start, begin - LONGEST_PARENTHESIS) : begin], after):
            return False
        if before.rstrip().endswith(",") and view[after : after + 1] in (")", "]"):
            return True
        return bool(CALLING.search(before) or re.search(r"[(\[][\s,]{0,3}$", before) or self._in_row(before))

    def _is_closed(self, match: re.Match[str]) -> bool:
        """Whether nothing more is said behind a quoted word."""
        return bool(CLOSED.search(match[0]) or CLOSED.match(self._view, match.end()))

    def _in_called_row(self, before: str) -> bool:
        """Whether the first of several quoted words was said to be a name: called the "Agent", "you" or "your"."""
        first = ROW_START.search(before)
        return first is not None and self._in_row(before) and bool(CALLED.search(before[: first.start()]))

    def _in_parentheses(self, before: str, after: int) -> bool:
        depth = 0
        for c in reversed(before):
            depth += (c in ")]") - (c in "([")
            if depth < 0:
                break
        rest = self._view[after : after + 60].lstrip()
        if depth == 0 and rest[:1] == ")" and OPENED_BEFORE.search(before):
            return True
        return depth < 0 and (
            rest[:1] in (")", "]", ",", ";")
            or bool(
                re.match(
                    r"(?:and|or|as|in|for|(?:to|under)\s(?:this|the)|which|when|attached|collectively|together|each|if|/)\b|/",
                    rest,
                )
            )
        )

    def _in_row(self, before: str) -> bool:
        """Whether another quoted word goes before in the same parentheses: ("X" or "Y")."""
        inside = before[max(before.rfind("("), before.rfind("[")) + 1 :]
        return bool(
            re.search(
                r"[\"\u201c\u201d][\s,]{0,3}(?:and/or|and|or|/|,)?[\s,]{0,3}(?:the|a|an|each|this)?\s{0,3}$",
                inside,
                re.I,
            )
        )

    def _row(self, block: Block, table: bool) -> tuple[bool, Iterator[Term]]:
        """Whether a table of definitions goes on with this row, and the definition in it."""
        content = block.span.of(self._view)
        cells = [(m.start(), m.end()) for m in CELL.finditer(content)]
        edges = [(a[1], b[0]) for a, b in zip([(0, 0), *cells], [*cells, (len(content), 0)], strict=True)]
        filled = [(a, b) for a, b in edges if content[a:b].strip(' -*"\u201c\u201d:')]
        if len(filled) < 2:
            return table, iter(())
        head = [content[a:b].strip(" *:") for a, b in filled[:2]]
        if HEAD_CELL.fullmatch(head[0]) and HEAD_CELL.fullmatch(head[1]):
            return True, iter(())
        (a, b), word = filled[0], content[slice(*filled[0])].strip(' *"\u201c\u201d:')
        fits = word[:1].isupper() and len(word) <= 80 and not MEANS.search(content)
        if not fits or not (table or self._is_defining(block.span.start)):
            return table, iter(())
        start = block.span.start + a + content[a:b].index(word)
        return table, iter([Term(" ".join(word.split()), Span(start, start + len(word)), block.span)])

    def _definition(self, i: int, term: Span, edges: Sequence[int], sentences: Sequence[Span]) -> Span:
        """The sentence around a term, no longer than its entry or item; with the items under it after a colon."""
        block = self._blocks[i].span
        at = max(0, bisect_right(sentences, term.start, key=lambda s: s.start) - 1)
        start, end = sentences[at].start, max(sentences[at].end, term.end)
        around = self._around(term.start)
        if around is not None:
            start = max(start, self._starts[around])
            end = max(term.end, min(end, self._sections[around].span.end))
        following = bisect_right(edges, term.start)
        start = max(start, edges[following - 1] if following else 0)
        end = min(end, edges[following] if following < len(edges) else end)
        if self._text[end - 1 : end] in (":", "\u2014") and end == block.end:
            end = self._after_items(i, start)
        return Span(start, start + len(self._text[start:end].rstrip()))

    def _after_items(self, i: int, start: int) -> int:
        """The end of the items that follow a block, as long as they define nothing themselves."""
        end = self._blocks[i].span.end
        for block in self._blocks[i + 1 :]:
            found = item(block.span.of(self._view)[:300].lstrip())
            defining = found and QUOTED.match(self._view, block.span.start + found[1] + 1, block.span.end)
            if not found or defining or block.span.end - start > LONGEST:
                break
            end = block.span.end
        return end

    def _scope(self, term: Span, definition: Span) -> int | None:
        """The section that a definition is limited to: by its own sentence, or the words that open its section."""
        around = self._around(term.start)
        lead = self._view[definition.start : min(definition.end, definition.start + 600)]
        found = next((m for m in SCOPE.finditer(lead) if PURPOSE.search(m[0])), None)
        section = around
        while not found and section is not None:
            begin = self._starts[section]
            child = self._starts[section + 1] if section + 1 < len(self._starts) else len(self._view)
            opening = self._view[begin : min(begin + 400, term.start, max(child, begin + 1))]
            found = next((m for m in SCOPE.finditer(opening) if PURPOSE.search(m[0])), None)
            section = self._sections[section].parent
        return self._enclosing(found, around) if found else None

    def _enclosing(self, found: re.Match[str], around: int | None) -> int | None:
        """The innermost section of the kind that "this Section" or "this Exhibit B" means."""
        what = found["what"].lower().replace("-", "")
        number = (found["number"] or "").strip(".,").lower()
        outermost = None
        while around is not None:
            section = self._sections[around]
            printed = section.number.lower()
            last = printed.rpartition(" ")[2].rstrip(".")
            if number[:1].isdigit() and self._numbers[around].rpartition(", ")[2].lower() == number:
                return around
            if what in ATTACHED:
                if printed.startswith(what):
                    return around
            elif what == "article":
                if printed.startswith("article"):
                    return around
                outermost = around if last[:1].isdigit() else outermost
            elif last[:1].isdigit() and (not number[:1].isdigit()):
                return around
            elif last[:1].isdigit() and outermost is None:
                outermost = around
            around = section.parent
        return outermost

"""How questions about the set begin and end, and the small words between what they ask for."""

from __future__ import annotations

import re

from citebound.answer.sets.question import Quantifier

OF_THEM = r"(?: of)?(?: (?:the|our|my|your|these|those|all|any|different|distinct|unique|total|separate))*(?= )"
ANYTHING = r"(?:anything|something)"
HERE = (
    r"(?:in|across|among|within) (?:the|this|our|my) (?:whole |entire )?(?:collection|set|corpus|library|archive|index)"
)
AMONG = r"(?:among|amongst|of|out of|from) (?:all )?(?:of )?(?:the|our|these|those)(?= )"
FRAMES: tuple[tuple[Quantifier, str], ...] = (
    (Quantifier.COUNT, rf"(?:in |across |for |of )?how many{OF_THEM}"),
    (
        Quantifier.COUNT,
        rf"(?:what(?:'s| is| was) )?(?:the |a )?(?:total |exact |overall )?(?:number|count|tally) of{OF_THEM}",
    ),
    (Quantifier.COUNT, rf"count(?: up)?{OF_THEM}"),
    (
        Quantifier.ANY,
        r"(?:is|are|was|were) there(?: (?:any|an?|some|at least one|even one|one|already))?(?:"
        r" of)?(?: (?:the|our|my))?(?= )",
    ),
    (Quantifier.ANY, r"(?:do|did) (?:we|i|you|they) (?:currently |already )?have(?: (?:any|an?|some))?(?= )"),
    (
        Quantifier.ANY,
        r"(?:did|have|has|had) (?:we|they) (?:ever |already )?(?:sign(?:ed)?|enter(?:ed)? into|conclude[d]?)"
        r"(?: (?:any|an?|some))?(?= )",
    ),
    (Quantifier.ANY, rf"(?:does|did|has|is|was|can|could|will) (?={ANYTHING} {HERE})"),
    (Quantifier.COUNT, rf"{AMONG}(?=[^,?]{{3,80}}, how many\b)"),
    (Quantifier.LIST, rf"{AMONG}(?=[^,?]{{3,80}}, (?:which|what)(?: ones?| of (?:them|these|those))\b)"),
    (
        Quantifier.ANY,
        r"(?:do|does|did|has|have|is|are|was|were|can|could|will|may) (?:any|some|at least one"
        r"|one)(?: one)?(?: of)?(?: (?:the|our|my|these|those))?(?= )",
    ),
    (
        Quantifier.ALL,
        r"(?:do|does|did|has|have|is|are|was|were|can) (?:all|every|each)(?: single)?(?: one)?(?:"
        r" of)?(?: (?:the|our|my|these|those))?(?= )",
    ),
    (Quantifier.LIST, rf"(?:in |of |for |under |on |with |to )?(?:which|what)(?:'re| are| were)?{OF_THEM}"),
    (
        Quantifier.LIST,
        r"(?:list|show|give|find|name|enumerate|identify|get|display|return|pull up|pull|fetch|select|retrieve)"
        rf"(?: me| us| out)?(?: (?:a |the )(?:full |complete )?list of| every| each)?{OF_THEM}",
    ),
    (Quantifier.LIST, rf"(?:(?:a |the )?(?:full |complete )?list of|every|each|all){OF_THEM}"),
)
POLITE = re.compile(
    r"(?:(?:please|hi|hello|hey|ok|so|and|also|kindly|quick(?:ly)?|(?:quick |one )?question:?|can you|could you"
    r"|would you"
    r"|will you|can anyone|can somebody|i need|i want|i would like|i'd like|we need|we want|we'd like"
    r"|i(?:'m| am) (?:trying|looking)|we(?:'re| are) (?:trying|looking)|i wonder|i was wondering|do you know|help me"
    r"|for"
    r"|to see|to know|to have|to find(?: out)?|to list|to get|find out|tell me|tell us|let me know|show me|give me)"
    r"(?:[ ,]+|: )){1,5}"
)
ENDING = re.compile(
    r"(?:[,;:.?] ?)?(?:and )?(?:(?:if so,? )?(?:which(?: ones?)?(?: are (?:they|those))?"
    r"|which (?P<value>cve)s? (?:is|are) (?:it|they|that|those)|what are they"
    r"|(?:please )?(?:list|name|show)(?: me)? (?:them|each|all))"
    r"(?: all)?|please|in total|altogether|overall|so far|right now|at the moment|as of (?:now|today))[?.! ]*$"
)
ASIDE = re.compile(
    r"(?P<open>\()?(?(open)|, ?)(?:i\. ?e\.|e\. ?g\.|that is,|in other words,?|such as|for example,?|for instance,?)"
    r"(?! (?:the )?(?:those|ones?|with|without|not?|only|which|that|where|whose)\b)[^A-Z0-9,;?()]{1,200}"
    r"(?(open)\)|(?=[,;?]|\.?$))"
)
"""An explanation of the words before it. One with a name or a number in it may narrow what is asked, and stays."""

LED = re.compile(r", (?:(?:which|what)(?: ones?| of (?:them|these|those))|how many(?: of (?:them|these|those))?)\b")
EVERYTHING = re.compile(
    r"\b(?:equipment|hardware|products?|devices?) (?:or|and) software\b"
    r"|\bsoftware (?:or|and) (?:equipment|hardware|devices?)\b"
)
FAMILY = re.compile(r"(?<=[\w)]) (?:product )?(?:family|families|series|product line)\b(?! of (?!product|device))")
GLUE = frozenset(
    "a an the of in on at by for from to with within among across under as about into between that"
    " which who whose where"
    " when whom it its they their them we our us you your i my this these those there here is are"
    " was were be been being"
    " do does did have has having had contain contains containing contained include includes including included carry"
    " carries carrying feature features featuring mention mentions mentioning mentioned provide provides providing"
    " specify specifies specifying specified state states stating stated list lists listed listing give gives giving"
    " grant grants granting impose imposes imposing set sets require requires requiring required call calls apply"
    " applies applied exist exists cover covers covering covered use uses using come comes made found recorded reported"
    " described identified known present assigned affect affects affecting affected impact impacts impacting concern"
    " concerns concerning involve involves involving relate relates related relating regarding name names naming named"
    " address addresses addressing deal deals dealing say says saying show shows showing shown offer offers offering"
    " and or nor but also both either any some all still currently yet already ever explicitly expressly clause clauses"
    " provision provisions language wording restriction restrictions covenant covenants section sections obligation"
    " obligations right rights requirement requirements article articles kind type form forms company companies vendor"
    " vendors manufacturer manufacturers product products client clients customer customers party parties publisher"
    " collection corpus dataset database library folder index repository portfolio archive everything overall"
    " system systems device devices equipment entry entries item items case cases one ones out remain remains remaining"
    " left than other security known-about parties' counterparty signed entered released published issued written"
    " concluded executed against tested performed done carried conducted reports' marked given having single individual"
    " fall falls falling report reports describe describes describing classified categorized"
    " categorised tagged used data"
    " caused cause causes causing due because result results resulting become becomes became appear appears appearing"
    " occur occurs around refer refers referring reference references referencing cite cites citing noted raised"
    " discovered detected uncovered got received obtained undertaking undertakings need needs needing hit due level"
    " levels types documented actually specifically presently held hold holds"
    " will would can could may must shall should subject pursuant respect regard date dates value"
    " field information".split()
)
PLAIN = frozenset(
    "a an the of in on at by for from to with within among across that which is are was were there here do does did we"
    " you i our us my this these those have has had all any some exist exists listed stored held collection corpus"
    " dataset database library folder index repository portfolio archive data set known appear appears in total".split()
)
"""Words that may stand in a question that asks for all of a kind."""

PERMITTING = frozenset(
    "allow allows allowing allowed permit permits permitting permitted let lets entitle entitles can may could".split()
)
RESTRICTING = frozenset(
    f"{verb}{ending}"
    for verb in ("prohibit", "forbid", "restrict", "bar", "ban", "prevent", "limit", "preclud", "barr", "bann")
    for ending in ("", "s", "ed", "es", "ing")
) | {"forbidden", "forbids"}
FORBIDDING = frozenset(
    "anti_assignment non_compete no_solicit_customers no_solicit_employees non_disparagement".split()
)
RESTRICTIVE = frozenset(
    "anti_assignment non_compete no_solicit_customers no_solicit_employees non_disparagement price_restrictions"
    " volume_restriction covenant_not_to_sue cap_on_liability exclusivity non_transferable_license".split()
)
VERBS = frozenset(
    "have has contain contains include includes carry mention provide specify state list give grant impose set require"
    " requires name say show offer cover".split()
)
GONE = re.compile(
    r"^[\s\x00]*(?:clauses?|provisions?)?\s*(?:that )?(?:is|are|was|were)?\s*(?P<gone>missing|absent"
    r"|lacking|omitted|not (?:included|stated|specified"
    r"|present|mentioned|found|addressed|there|given|known|set|recorded))\b"
)
TOKEN = re.compile(r"[^\s\x00,;:?!()\"]+")
NAME_CUES: dict[str, tuple[str, ...]] = {
    "contracts": ("with", "between", "by", "involving", "party", "counterparty", "and"),
    "security_reports": ("vendor", "affecting", "affect", "affects", "client", "manufacturer"),
}
VENDOR_CUES = frozenset(
    "about for from concern concerns concerning involving involve in on regarding cover covering".split()
)
ITS = r"'?s? (?:advisor|products?|devices?|systems?|software|vulnerab)"
NAME_ORDER = ("vendor", "party", "client", "assessor", "publisher", "product", "report_id", "advisory_id", "owner")
CUED = {
    "client": ("client",),
    "customer": ("client", "party"),
    "publisher": ("publisher",),
    "published": ("publisher",),
    "issued": ("publisher",),
    "product": ("product",),
    "vendor": ("vendor",),
    "assessor": ("assessor",),
}
NO_ARTICLES = re.compile(r"^(?:or|nor|and|a|an|any|the|clauses?|provisions?|either|with|of)$")

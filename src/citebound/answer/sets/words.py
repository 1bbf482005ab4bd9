"""The words of questions about the set: how people say numbers, dates, severities, places, kinds of document."""

from __future__ import annotations

import calendar
import re

from citebound.answer.sets.question import Type
from citebound.ingest.facts import COUNTRIES, STATES

NEGATIONS = frozenset(
    "no not without lack lacks lacking missing never neither nor none silent nothing omit omits fail fails except dont"
    " doesnt isnt arent havent hasnt didnt".split()
)
NUMBERS = {
    word: i for i, word in enumerate("zero one two three four five six seven eight nine ten eleven twelve".split())
}
NUMBERS |= {"a single": 1, "fifteen": 15, "eighteen": 18, "twenty": 20, "thirty": 30, "sixty": 60, "ninety": 90}
NUM = rf"(?:\d{{1,4}}(?:\.\d{{1,2}})?|{'|'.join(NUMBERS)})"
OVER = r"(?:more than|greater than|higher than|larger than|longer than|above|over|exceeding|in excess of|exceeds|>)"
LEAST = (
    r"(?:at least|greater than or equal to|no less than|not less than|no lower than|no fewer than|a"
    r" minimum of|minimum|>=|≥|no shorter than)"
)
UNDER = r"(?:less than|fewer than|lower than|smaller than|shorter than|below|under|<)"
MOST = (
    r"(?:at most|less than or equal to|no more than|not more than|no higher than|no longer than|up to|a"
    r" maximum of|maximum|<=|≤)"
)
JUST = r"(?:exactly|precisely|equal to|equals|just|only|=)"
OR_MORE = r"(?:\+| ?(?:or|and) (?:more|above|higher|greater|over|longer|up)| plus\b)"
OR_LESS = r"(?: ?(?:or|and) (?:less|fewer|below|lower|under|shorter))"
AMOUNT = rf"(?:(?P<op>{OVER}|{LEAST}|{UNDER}|{MOST}|{JUST}) )?(?P<n>{NUM})(?P<tail>{OR_MORE}|{OR_LESS})?"
RANGED = rf"(?:between (?P<from>{NUM}) and (?P<to>{NUM})|{AMOUNT})"

MONTHS = {name.lower(): i for i, name in enumerate(calendar.month_name) if name}
MONTHS |= {name.lower(): i for i, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
DAY = (
    r"(?:\d{4}-\d{2}-\d{2}"
    rf"|(?:{MONTH})\.? \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{MONTH})\.?,? \d{{4}}"
    rf"|(?:{MONTH})\.?,? (?:of )?\d{{4}}|q[1-4],? (?:of )?\d{{4}}"
    r"|(?:the )?(?:end|beginning|start) of (?:the year )?(?:19|20)\d{2}(?![\d-]|s\b)"
    r"|(?:the )?(?:first|second|third|fourth|last) (?:quarter|half) of \d{4}"
    r"|(?:the )?(?:year )?(?:19|20)\d{2}(?:-(?:0[1-9]|1[0-2]))?(?!\d|s\b)|(?:the )?(?:19|20)\d0'?s)"
)
DATE_OPS = (
    r"on or after|on or before|in or after|in or before|no later than|not later than|no earlier than|earlier than"
    r"|later than|more recent(?:ly)? than|newer than|older than|from before|from after|prior to|at any time (?:in"
    r"|during)|as of|before|after|since|until|till|through|up to|during|within"
    r"|starting in|starting from|from|in|of|for|on|by|dated"
)
DATED = re.compile(
    rf"(?<![\w.-])(?:(?P<between>between|from) (?P<a>{DAY}) (?:and|to|through|until|till|-) (?P<b>{DAY})"
    rf"|(?:(?P<op>{DATE_OPS}) )?(?P<day>{DAY})(?P<more>(?:(?:, ?| or | and |, or |, and )(?:in )?{DAY}){{0,4}})"
    r"(?P<tail> (?:or|and) (?:later|after|newer|onwards?|earlier|before|older)| onwards?)?)(?![\w]|[.-]\d)"
)
AFTER = {"after", "later than", "more recently than", "more recent than", "newer than", "from after"}
SINCE = {"on or after", "in or after", "since", "no earlier than", "starting in", "starting from"}
BEFORE = {"before", "earlier than", "prior to", "older than", "from before"}
UNTIL = {"on or before", "in or before", "no later than", "not later than", "until", "till", "through", "up to", "by"}
DATE_CUES: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"(?:last )?(?:updated|revised|modified)|revision(?: date)?|current release(?: date)?", ("revision_date",)),
    (
        r"(?:first |initially |originally )?(?:released|published|issued|disclosed|came out|appeared)"
        r"|(?:initial )?release(?: date)?"
        r"|publication(?: date)?|publish|release",
        ("release_date", "report_date"),
    ),
    (r"report date|tested|assessed|audited", ("report_date",)),
    (
        r"(?:will )?(?:expir(?:e|es|ed|ing|y|ation)|laps(?:e|es|ed)|end|ends|ended|ending|runs? out)(?: dates?)?"
        r"|(?:runs?|running|valid|continues?|lasts?)",
        ("expiration_date",),
    ),
    (
        r"effective(?: dates?)?|in force|in effect|(?:took|takes?|taking) effect|commenc(?:e|es|ed"
        r"|ing|ement)(?: dates?)?"
        r"|start(?:s|ed|ing)?(?: dates?)?|beg(?:an|in|ins|inning)|came into (?:force|effect)|enter(?:ed|s) into force",
        ("effective_date",),
    ),
    (
        r"signed|dated|executed|entered into|concluded|made|agreed|agreement dates?|signing dates?|signature dates?",
        ("agreement_date", "effective_date"),
    ),
)
DEFAULT_DATES = {"contracts": ("agreement_date", "effective_date"), "security_reports": ("release_date", "report_date")}

LEVEL = r"(?:critical|high|medium|moderate|low|informational|info)"
LEVELS_OR = rf"{LEVEL}(?:(?:,| or| and|/|, or|, and)+ ?{LEVEL}){{0,4}}"
RATED = (
    r"(?:(?:with (?:an? )?)?(?:(?:cvss )?severit(?:y|ies)(?: rating| level)?|risk(?: rating| level)?"
    r"|rated|rating|graded|classified as|ranked|scored|marked)(?: (?:as|of|is|are|at))? )?"
)
SEVERITY = re.compile(
    rf"(?<![\w-]){RATED}(?:(?P<up>(?:at least|minimum|no lower than|not below) (?P<least>{LEVEL}))"
    rf"|(?P<over>(?:above|higher than|worse than|more severe than|greater than|over) (?P<above>{LEVEL}))"
    rf"|(?P<under>(?:below|lower than|less than|less severe than|under) (?P<below>{LEVEL}))"
    rf"|(?P<some>{LEVELS_OR})(?P<tail>(?:[- ]severity)? (?:or|and) (?:higher|above|worse|greater|more"
    rf" severe|up|lower|below|less))?)"
    r"(?![\w])(?:[- ](?:severity|rated|risk|rating|level|priority|impact|ranked|category))?(?!\w)"
)
PAST = r"(?:fixed|resolved|remediated|closed|mitigated|patched|addressed|solved|corrected)"
STATUSES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (rf"(?:only )?(?:partially|partly|incompletely) {PAST}", ("partial",), "partly fixed"),
    (
        r"(?:risks? )?accepted(?: (?:as )?(?:a )?risks?)?|risk[- ]accepted|acknowledged|won'?t fix",
        ("accepted",),
        "accepted",
    ),
    (
        r"unresolved|unfixed|unremediated|unpatched|unmitigated|outstanding|pending|(?:that )?(?:nobody|no one)"
        r" (?:has )?(?:yet )?"
        r"(?:bothered to )?(?:fix|resolve|remediate|patch|address|close)(?:e?d)?(?: yet)?",
        ("open", "partial"),
        "not fixed",
    ),
    (r"(?:left )?open(?: status)?|status (?:is |of )?open", ("open",), "open"),
    (rf"(?:fully |completely |already |since ){{0,2}}{PAST}", ("fixed",), "fixed"),
)
METRICS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        r"(?:remotely exploitable|exploit\w{0,5} remotely|exploit\w{0,5} (?:over|from|via|across)"
        r" (?:the|a) (?:network|internet)"
        r"|remote(?= (?:vulnerabilit|flaw|bug|issue|hole|weakness))|remote(?:ly)? attack\w{0,4}|network attack"
        r" vectors?|attack vector (?:of |is )?network"
        r"|network[- ]exploitable)",
        ("AV:N",),
        "attack vector network",
    ),
    (
        r"(?:adjacent attack vectors?|attack vector (?:of |is )?adjacent(?: network)?|from (?:an|the)"
        r" adjacent network)",
        ("AV:A",),
        "attack vector adjacent",
    ),
    (
        r"(?:local attack vectors?|attack vector (?:of |is )?local|(?:require|need)s? local access"
        r"|locally exploitable|(?:(?:be )?exploit\w{0,5} )?(?:only )?(?:locally|with local access))",
        ("AV:L",),
        "attack vector local",
    ),
    (
        r"(?:physical attack vectors?|attack vector (?:of |is )?physical|(?:require|need)s? physical access"
        r"|(?:(?:be )?exploit\w{0,5} )?(?:only )?with physical access)",
        ("AV:P",),
        "attack vector physical",
    ),
    (r"(?:low attack complexity|attack complexity (?:of |is )?low)", ("AC:L",), "attack complexity low"),
    (r"(?:high attack complexity|attack complexity (?:of |is )?high)", ("AC:H",), "attack complexity high"),
    (
        r"(?:without (?:any )?(?:authentication|privileges|credentials|logging in)|(?:require|need)s?"
        r" no (?:privileges|authentication)"
        r"|unauthenticated (?:remote )?users?|no privileges(?: required)?|no authentication required|unauthenticated"
        r" attackers?|unauthenticated)",
        ("PR:N", "Au:N"),
        "no privileges required",
    ),
    (
        r"(?:(?:require|need)s? (?:high|admin(?:istrator)?) (?:privileges|rights)|high privileges required"
        r"|(?:only )?(?:(?:be )?(?:abused|exploited|used) )?by (?:an? )?admin(?:istrator)?s?)",
        ("PR:H",),
        "high privileges required",
    ),
    (
        r"(?:without (?:any )?user interaction|(?:require|need)s? no user interaction|no user"
        r" interaction(?: required)?)",
        ("UI:N",),
        "no user interaction",
    ),
    (
        r"(?:(?:require|need)s? user interaction|with user interaction|user interaction (?:is )?required)",
        ("UI:R", "UI:P", "UI:A"),
        "user interaction required",
    ),
)
WEAKNESSES: tuple[tuple[str, str, str], ...] = (
    (r"cross[- ]site scripting|xss", "79 80", "cross-site scripting"),
    (r"sql[- ]injections?|sqli", "89 564", "SQL injection"),
    (r"(?:os )?command injections?", "77 78", "command injection"),
    (r"code injections?", "94", "code injection"),
    (r"(?:path|directory) traversals?", "22 23 24 25 35 36", "path traversal"),
    (r"stack[- ]based buffer overflows?|stack overflows?", "121", "stack-based buffer overflow"),
    (r"heap[- ]based buffer overflows?|heap overflows?", "122", "heap-based buffer overflow"),
    (r"(?:classic )?buffer overflows?", "119 120 121 122", "buffer overflow"),
    (r"out[- ]of[- ]bounds writes?", "787", "out-of-bounds write"),
    (r"out[- ]of[- ]bounds reads?", "125", "out-of-bounds read"),
    (r"use[- ]after[- ]free", "416", "use after free"),
    (r"integer overflows?", "190", "integer overflow"),
    (r"null pointer dereferences?", "476", "NULL pointer dereference"),
    (r"hard[- ]?coded (?:credentials?|passwords?|keys?|cryptographic keys?)", "798 259 321", "hard-coded credentials"),
    (r"cross[- ]site request forger(?:y|ies)|csrf", "352", "cross-site request forgery"),
    (r"server[- ]side request forger(?:y|ies)|ssrf", "918", "server-side request forgery"),
    (r"(?:insecure )?deserialization(?: of untrusted data)?", "502", "deserialization of untrusted data"),
    (r"xxe|xml external entit(?:y|ies)(?: references?)?", "611", "XML external entity reference"),
    (r"missing authentication(?: for critical functions?)?", "306", "missing authentication"),
    (r"improper authentication", "287", "improper authentication"),
    (r"missing authorization", "862", "missing authorization"),
    (r"improper authorization", "285 863", "improper authorization"),
    (r"improper access controls?", "284", "improper access control"),
    (r"improper input validation", "20", "improper input validation"),
    (r"uncontrolled resource consumption|resource exhaustion", "400", "uncontrolled resource consumption"),
    (r"uncontrolled search path(?: elements?)?", "427", "uncontrolled search path"),
    (r"open redirects?", "601", "open redirect"),
    (r"unrestricted (?:file )?uploads?(?: of files? with dangerous types?)?", "434", "unrestricted upload"),
    (r"cleartext transmission(?: of sensitive information)?", "319", "cleartext transmission"),
    (r"cleartext storage(?: of sensitive information)?", "312", "cleartext storage"),
    (r"improper privilege management", "269", "improper privilege management"),
    (r"incorrect default permissions", "276", "incorrect default permissions"),
    (r"improper certificate validation", "295", "improper certificate validation"),
    (
        r"broken access controls?|access control (?:issues|flaws|problems)",
        "284 285 639 862 863",
        "broken access control",
    ),
    (r"insecure direct object references?|idors?", "639", "insecure direct object reference"),
    (r"(?:local |remote )?file inclusions?|lfi|rfi", "73 98", "file inclusion"),
    (r"privilege escalations?", "269", "improper privilege management"),
    (r"denial[- ]of[- ]service", "400 770", "denial of service"),
    (r"authentication bypass(?:es)?", "287 288 289 290 294 302 305", "authentication bypass"),
    (
        r"(?:weak|broken) (?:or missing )?(?:encryption|cryptograph(?:y|ic algorithms?)|crypto)",
        "311 326 327",
        "weak encryption",
    ),
    (r"missing encryption", "311 319", "missing encryption"),
    (r"race conditions?", "362 367", "race condition"),
    (r"information (?:disclosures?|exposures?|leaks?)", "200 209", "information disclosure"),
    (r"format strings?", "134", "format string"),
    (r"double frees?", "415", "double free"),
    (r"type confusions?", "843", "type confusion"),
    (r"memory leaks?", "401", "memory leak"),
    (r"infinite loops?", "835", "infinite loop"),
    (r"divi(?:de|sion) by zero", "369", "divide by zero"),
    (r"weak passwords?(?: requirements)?", "521", "weak password requirements"),
    (r"default (?:passwords?|credentials?)", "1392", "default credentials"),
    (r"session fixation", "384", "session fixation"),
    (r"clickjacking", "1021", "clickjacking"),
    (r"(?:server[- ]side )?template injections?|ssti", "1336", "template injection"),
    (r"ldap injections?", "90", "LDAP injection"),
    (r"prototype pollution", "1321", "prototype pollution"),
    (r"reentrancy|re-entrancy", "841", "reentrancy"),
)
OWNED = r"(?:intellectual property|ip|data|inventions?|patents?|know-how|developments?|technology)(?: rights)?"
MONEY = r"(?:an?|some|a (?:certain|fixed|maximum|stated)) (?:amount|sum)(?: of money)?"
WHOSE = r"(?:the |their |its |any |a party's |each party's |either party's )?"
CLAUSES_SAID: tuple[tuple[str, str], ...] = (
    (
        rf"(?:cap|limit)(?:s|ped|ping|ed|ing)? {WHOSE}liability"
        rf"(?: of (?:the|a|any|one|each|either|both) part(?:y|ies))? (?:at|to) {MONEY}",
        "cap_on_liability",
    ),
    (rf"(?:end(?:s|ed)? up )?(?:jointly |co-?)own(?:s|ed|ing)? {OWNED}(?: (?:or|and) {OWNED})?", "joint_ip_ownership"),
    (
        r"(?:put|plac|deposit|hold|keep)(?:e|s|es|ed|ing|ting)? (?:the |its |any )?source code (?:in|into|with an?)"
        r" escrow(?: agent)?",
        "source_code_escrow",
    ),
)
"""Sentences that say what a clause does, beside the phrases of the profiles."""

WHICH_LAW = (
    r"(?:what|which) (?:(?:country|state|jurisdiction)'s )?laws? (?:governs?|appl(?:y|ies)|controls?"
    r"|(?:is|are|will be) applicable|will (?:govern|apply))(?: to)?(?: (?:them|it))?"
)
HAS_CVE = (
    r"(?:(?:correspond(?:s|ing)?|map(?:s|ped)?|tied|linked) to|match(?:es)?|with) (?:an? |any |some )?"
    r"(?:published |public |known |official |registered ){1,2}cves?(?: (?:ids?|numbers?|entr(?:y|ies)))?"
)
CVE_YEAR = (
    r"(?:(?:that|which) )?(?:(?:is|are|was|were|has been|have been) )?(?:assigned|reserved|numbered)"
    r" (?P<op>before|after|since|in|prior to) (?P<year>(?:19|20)\d{2})(?![\d-])"
)
FIRST_CVE, LAST_CVE = 1999, 2099
FINDING_FIELDS_SAID: tuple[tuple[str, str, str], ...] = (
    (r"cve(?:[- ](?:ids?|numbers?|identifiers?))?|cves", "cve", "a CVE"),
    (r"cwe(?:[- ](?:ids?|numbers?|identifiers?|entr(?:y|ies)))?|cwes", "cwe", "a CWE"),
    (r"cvss vectors?(?: strings?)?", "cvss_vector", "a CVSS vector"),
    (r"(?:cvss|base) scores?|cvss", "cvss_score", "a CVSS score"),
    (r"severit(?:y|ies)(?: ratings?)?", "severity", "a severity"),
    (r"remediations?|recommendations?|mitigations?", "remediation", "a remediation"),
    (r"status(?:es)?", "status", "a status"),
)

PEOPLES = {
    "english": "england",
    "scottish": "scotland",
    "irish": "ireland",
    "german": "germany",
    "french": "france",
    "spanish": "spain",
    "italian": "italy",
    "dutch": "netherlands",
    "swiss": "switzerland",
    "austrian": "austria",
    "belgian": "belgium",
    "swedish": "sweden",
    "norwegian": "norway",
    "danish": "denmark",
    "chinese": "china",
    "prc": "china",
    "people's republic of china": "china",
    "japanese": "japan",
    "korean": "korea",
    "indian": "india",
    "israeli": "israel",
    "canadian": "canada",
    "australian": "australia",
    "mexican": "mexico",
    "brazilian": "brazil",
    "british": "united kingdom",
    "uk": "united kingdom",
    "u.k.": "united kingdom",
    "us": "united states",
    "us state": "united states",
    "u.s. state": "united states",
    "american state": "united states",
    "u.s.": "united states",
    "usa": "united states",
    "american": "united states",
    "united states": "united states",
    "ny": "new york",
    "n.y.": "new york",
    "welsh": "wales",
    "polish": "poland",
    "californian": "california",
    "texan": "texas",
    "uae": "united arab emirates",
}
PLACES = {name.lower(): name for name in f"{STATES}|{COUNTRIES}|China|United States".split("|")}
CANADA = (
    *("Ontario", "Quebec", "British Columbia", "Alberta", "Manitoba", "Saskatchewan", "Nova Scotia", "New Brunswick"),
    "Newfoundland and Labrador",
)
AUSTRALIA = ("New South Wales", "Victoria", "Queensland", "Western Australia", "South Australia", "Tasmania")
WITHIN = {
    "Canada": CANADA,
    "Australia": AUSTRALIA,
    "United Kingdom": ("England", "Wales", "England and Wales", "Scotland", "Northern Ireland", "Great Britain"),
    "England": ("England and Wales",),
    "England and Wales": ("England",),
}
WITHIN["United States"] = tuple(
    state for state in STATES.split("|") if state not in (*WITHIN["Canada"], *WITHIN["Australia"])
)
PLACE = "|".join(re.escape(p) for p in sorted({*PLACES, *PEOPLES}, key=len, reverse=True))
PLACES_OR = (
    rf"(?:{PLACE})(?:(?:,| or| and|, or|, and) (?:by |under )?(?:the )?(?:laws? of )?(?:the )?(?:state of"
    rf" )?(?:{PLACE})(?!\w)){{0,5}}"
)
LAW = re.compile(
    r"(?<![\w-])(?P<left>(?:(?:governed|govern|governs|construed|interpreted|subject|controlled"
    r"|ruled)(?: by| under| to| in accordance with)? )?"
    r"(?:(?:under|by|to|use|uses|using|choose|chooses|chose|select|selects|specify|specifies|apply|applies|with) )?"
    r"(?:(?:the|an?|any) )?(?:(?:governing|applicable|choice of|chosen) laws?(?: clauses?)?(?: (?:is"
    r"|are|of|being|in|set to|stated as|:))? ?)?"
    r"(?:laws? (?:(?:of|is|in) )?)?(?:(?:the|an?|any|some) )?(?:(?:state|commonwealth|province|country|courts) of )?)"
    rf"(?P<other>other than )?(?:the )?(?:laws? of )?(?P<places>{PLACES_OR})(?!\w)(?P<right>'s?(?:"
    rf" laws?)?|(?:[- ]state)?[- ](?:governing"
    rf" )?laws?(?:[- ]governed)?(?: governs| applies| as (?:the )?governing law)?| as (?:the|their"
    rf"|its) (?:governing|applicable) law| govern\w{0, 3})?"
    r"(?!\w)"
)
COURT = re.compile(
    r"(?<![\w-])(?:(?:exclusive )?(?:jurisdiction|venue|forum|courts?|disputes?|litigation"
    r"|arbitration|seat)(?:\W{1,3}\w{1,12}){0,4}? )"
    rf"(?:in|of|is|are|the) (?:the )?(?:state of )?(?P<places>{PLACES_OR})(?!\w)(?P<right> courts?)?"
    rf"|(?<![\w-])(?P<places2>{PLACES_OR}) (?:courts?|jurisdiction|venue|forum)(?!\w)"
)
TYPE_WORDS = (
    "supply license licence licensing distribution distributor reseller reselling franchise service services consulting"
    " consultancy employment sponsorship endorsement promotion marketing maintenance manufacturing outsourcing hosting"
    " development collaboration cooperation co-operation agency affiliate alliance strategic transportation transport"
    " intellectual property ip non-compete noncompete non-competition co-branding cobranding content software trademark"
    " patent joint venture filing master purchase sales loan settlement escrow confidentiality processing data"
    " subscription research support construction credit security merger stock share shareholder"
    " shareholders partnership"
    " operating underwriting web technology remarketing advertising consultant facility lease rental sublease charter"
    " engineering procurement management administration advisory custody indemnification investment placement cloud"
    " saas nondisclosure non-disclosure secrecy mutual teaming referral vendor customer framework product"
).split()
TYPED = re.compile(
    rf"(?<![\w-])(?P<type>(?:{'|'.join(sorted(TYPE_WORDS, key=len, reverse=True))})(?:(?: and| or|,"
    rf"|/)? ?(?:{'|'.join(sorted(TYPE_WORDS, key=len, reverse=True))}))"
    r"{0,3}) (?P<noun>agreements?|contracts?|addend(?:um|a|ums)|deals?)(?!\w)"
)
SHORT_TYPES: tuple[tuple[str, str, str], ...] = (
    (r"m?ndas?", "non disclosure|nondisclosure|confidentiality agreement|nda|mnda", "non-disclosure agreements"),
    (r"msas?", "master service agreement|master services agreement|msa", "master services agreements"),
    (r"dpas?", "data processing|dpa", "data processing agreements"),
    (r"sows?|statements? of work", "statement of work|sow", "statements of work"),
    (r"amendments?", "amendment|amend", "amendments"),
    (r"addend(?:um|a|ums)", "addendum", "addenda"),
    (r"leases?", "lease", "leases"),
    (r"franchises?", "franchise", "franchise agreements"),
    (r"joint ventures?", "joint venture", "joint venture agreements"),
)
ADVISORY = Type((("advisori",), ("alert",), ("bulletin",)), "an advisory", "advisory_id")
PENTEST = Type((("penetr", "test"), ("pentest",), ("pen", "test")), "a penetration test")
INCIDENT = Type((("incid", "report"), ("incid",)), "an incident report")
REPORTS: tuple[tuple[str, Type, bool], ...] = (
    (r"(?:(?:ics|csaf|security|vendor|cybersecurity) ){0,2}(?:advisor(?:y|ies)|alerts?|bulletins?)", ADVISORY, True),
    (r"(?:penetration[- ]tests?(?:ing)?|pen[- ]?tests?)(?: reports?)?", PENTEST, True),
    (r"incident reports?", INCIDENT, True),
    (r"(?:security |assessment |audit )?(?:reports?|assessments?|audits?)(?: reports?)?", ADVISORY, False),
)
FINDINGS = r"(?:security )?(?:findings?|vulnerabilit(?:y|ies)|vulns?|issues?|weakness(?:es)?|flaws?|bugs?|holes?)"
CVES = r"cves|cve (?:ids|numbers|identifiers)|cve"
VALUES: tuple[tuple[str, str], ...] = (
    (r"(?:cve (?:ids?|numbers?|identifiers?)|cves?)", "cve"),
    (r"(?:cwe (?:ids?|numbers?|identifiers?)|cwes?|weakness types?|weakness classes)", "cwe"),
    (r"(?:affected )?vendors?|manufacturers?", "vendor"),
    (r"(?:affected )?products?", "product"),
    (r"clients?", "client"),
    (r"assessors?|testing firms?", "assessor"),
    (r"publishers?", "publisher"),
    (r"part(?:y|ies)|counterpart(?:y|ies)", "party"),
    (
        r"(?:governing|applicable|(?:states?'?|state's|countr(?:y|ies)'?)) laws?|laws? (?=governs?\b|appl(?:y|ies)\b)",
        "governing_law",
    ),
)
COUNTED = (
    (r"(?:contract(?:ing|ual)? )?part(?:y|ies)", "party", "parties"),
    (r"vendors?", "vendor", "vendors"),
    (r"(?:affected )?products?", "product", "products"),
    (r"governing laws?", "governing_law", "governing laws"),
)
DULL = frozenset(
    "party parties between company called type kind term terms changes dated signed effective ends expires commences"
    " law version revision status client customer assessor auditor tester reference dated published released owner"
    " responsible competitors assign assignable exclusive penalty licence licensed inspection insured courts duration"
    " carve-out vendor vendors manufacturer".split()
) | {
    "law of",
    "governed by",
    "in force since",
    "how long",
    "runs until",
    "signed with",
    "for whom",
    "who tested",
    "affected products",
}
"""Words of profiles that ask for a value and say nothing of whether there is one."""

SKIPPED = frozenset("a an the of its any to for on our their is are be been not no under that in by s and".split())
SPELLINGS = {"favour": "favor", "favoured": "favored", "licence": "license", "licences": "licenses", "colour": "color"}

NOUN_BEFORE = re.compile(r"(?:advisor(?:y|ies)|(?:agreement|contract|document|file)s?) $")

"""What people say to be polite, or to say that they have read: it asks nothing, whatever was asked before."""

from __future__ import annotations

import re

_FOR = (
    r" for (?:that|this|it|everything|nothing|all|your (?:help|time|answers?)"
    r"|the (?:help|info|information|answers?|clarification|explanation))"
)
_SAID = (
    rf"(?:thanks|thank you|thankyou|thx|ty)(?: (?:so|very) much| a (?:lot|bunch|million))?(?:{_FOR})?",
    r"many thanks|cheers",
    r"hello|hi|hey|greetings|good (?:morning|afternoon|evening|night|day)|welcome|nice to meet you",
    r"how are you(?: doing)?(?: today)?|whats up",
    r"bye|good ?bye|see you(?: later| soon| tomorrow)?|take care|nothing(?: else| more)?|done",
    r"ok|okay|okey|k|all ?right|right|fine|sure|great|good|cool|nice|perfect|excellent|awesome|wonderful|brilliant"
    r"|super|lovely|amazing|interesting|helpful|very (?:good|nice|helpful|useful|interesting)",
    r"(?:good|great|nice) (?:job|work|point|answer|question|one)|good to know|well done|sounds good|fair enough",
    r"makes sense|got it|gotcha|i see|i understand|i know|understood|noted|no idea",
    r"(?:thats|that is|that was|it was|its) (?:very )?(?:all|it|good|great|nice|fine|clear|helpful|perfect|right"
    r"|correct|true|interesting|enough|ok|okay)",
    r"yes|yep|yeah|yup|yes please|no|nope|nah|of course|exactly|correct|indeed|absolutely|definitely|certainly|true"
    r"|maybe|perhaps|not (?:really|now|yet|sure|bad)|no (?:problem|worries|way|thanks|thank you)",
    r"please|sorry(?: (?:for|about) (?:that|this|it))?",
    r"my bad|my mistake|apologies|excuse me|pardon(?: me)?|youre welcome|you are welcome|you too|me too",
    r"never ?mind|forget it|wait(?: a (?:moment|minute|second))?|hold on",
    r"(?:just )?(?:one|a) (?:moment|minute|second|sec)",
    r"h+m+|u[hm]+|o+h|a+h|aha|(?:ha){2,}|lol|wow|oops|well",
    r"danke(?: schön)?|vielen dank|merci(?: beaucoup)?|gracias|grazie|hallo|guten tag|bonjour|hola|ciao|ja|nein|oui",
)
_FILLER = r"there|all|everyone|everybody|folks|again|then|so|and|now|too|very much"
_COURTESY = re.compile(rf"(?:(?:{_FILLER}) )*(?:{'|'.join(_SAID)})(?: (?:{'|'.join(_SAID)}|{_FILLER}))*")
LONGEST = 80


def is_courtesy(text: str) -> bool:
    """Whether a text is nothing but "Thanks a lot!", "ok", "hello there", "yes"."""
    said = " ".join(re.findall(r"[^\W_]+", re.sub(r"['’]", "", text.lower())))
    return len(said) <= LONGEST and _COURTESY.fullmatch(said) is not None

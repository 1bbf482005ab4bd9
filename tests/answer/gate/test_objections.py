"""What a quote bears out of a sentence, and what not: each check of the gate with sentences of its own."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citebound.answer.gate.agents import names, swapped, unknown
from citebound.answer.gate.negation import Mood, predicates
from citebound.answer.gate.objections import compare
from citebound.answer.gate.wording import alike, opposed
from citebound.answer.words import stem

ASSIGN = "Neither Party shall assign this Agreement without the prior written consent of the other Party."
PAY = "Licensee shall pay Licensor at least USD 1.5 million within thirty (30) business days after each invoice."
CAP = "Except for Section 9.2, in no event shall the Supplier's liability exceed $500,000 per year."
NOTICE = "Either party may terminate this Agreement for any reason upon ninety (90) days' prior written notice."
FINDING = "The server in version 2.14.1 accepts unauthenticated requests on port 8080 (CVE-2021-44228), severity High."
RIGHTS = "The Company may only disclose the Confidential Information to its employees, and all copies must be returned."


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        ("Neither party may assign this Agreement unless the other consents in writing beforehand.", ASSIGN),
        ("Neither party shall assign this Agreement unless the other party consents in writing beforehand.", ASSIGN),
        ("Neither party can assign it unless the other has consented to it in writing in advance.", ASSIGN),
        ("Either party may assign this Agreement only with the other's prior written consent.", ASSIGN),
        ("The Licensee must pay the Licensor a minimum of $1,500,000 within 30 business days after each invoice.", PAY),
        ("Apart from Section 9.2, the Supplier's liability shall not exceed USD 500,000 per year.", CAP),
        ("Either party can end this Agreement for any reason on 90 days' prior written notice.", NOTICE),
        ("Version 2.14.1 of the server accepts unauthenticated requests on port 8080 (CVE-2021-44228).", FINDING),
        ("The Company may disclose the Confidential Information only to its employees.", RIGHTS),
    ],
)
def test_a_true_restatement_is_borne_out(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections == ()


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (ASSIGN.replace("Neither", "Either"), ASSIGN),
        (ASSIGN.replace("shall assign", "shall not assign"), ASSIGN),
        (ASSIGN.replace("without", "with"), ASSIGN),
        (ASSIGN.replace("written ", ""), ASSIGN),
        ("Neither party may assign this Agreement if the other consents in writing beforehand.", ASSIGN),
        ("Neither party may assign this Agreement even if the other consents in writing beforehand.", ASSIGN),
        ("Neither party may assign this Agreement unless the other consents in writing afterwards.", ASSIGN),
        ("Neither party may assign this Agreement unless the other refuses in writing beforehand.", ASSIGN),
        ("Either party may assign this Agreement unless the other consents in writing beforehand.", ASSIGN),
        (PAY.replace("shall", "may"), PAY),
        (PAY.replace("at least", "at most"), PAY),
        (PAY.replace("1.5 million", "1.5 billion"), PAY),
        (PAY.replace("USD", "EUR"), PAY),
        (PAY.replace("thirty (30)", "sixty (60)"), PAY),
        (PAY.replace("business days", "days"), PAY),
        (PAY.replace("after", "before"), PAY),
        (
            "Licensor shall pay Licensee at least USD 1.5 million within thirty (30) business days after each invoice.",
            PAY,
        ),
        (PAY.replace(".", ", and any delay is a material breach of this Agreement."), PAY),
        (CAP.replace("9.2", "9.3"), CAP),
        (CAP.replace("Except for Section 9.2, in", "In"), CAP),
        (CAP.replace("per year", "per month"), CAP),
        (NOTICE.replace("any reason", "cause"), NOTICE),
        (NOTICE.replace("may terminate", "may not terminate"), NOTICE),
        (NOTICE.replace("Either party", "The Buyer"), NOTICE),
        (FINDING.replace("unauthenticated", "authenticated"), FINDING),
        (FINDING.replace("44228", "44229"), FINDING),
        (FINDING.replace("High", "Medium"), FINDING),
        (FINDING.replace("8080", "8081"), FINDING),
        (RIGHTS.replace("only ", ""), RIGHTS),
        (RIGHTS.replace("all copies", "some copies"), RIGHTS),
        ("Upon payment of a fee, " + NOTICE, NOTICE),
        ("The audit found that all backups are encrypted at rest.", FINDING),
    ],
)
def test_a_change_of_meaning_is_not_borne_out(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections


@pytest.mark.parametrize("quote", [ASSIGN, PAY, CAP, NOTICE, FINDING, RIGHTS])
def test_every_sentence_bears_itself_out(quote: str) -> None:
    made = compare(quote, quote)
    assert made.copied
    assert made.objections == ()


def test_headings_give_words_and_identifiers_but_no_names_and_numbers() -> None:
    context = "Acme - Beta Agreement > 2 CAP ON LIABILITY > QV-01"
    quote = "Beta's obligations shall not exceed USD 1,500,000 in any year."
    assert (
        compare(
            "The cap of Beta's obligations in QV-01 shall not exceed USD 1,500,000 in any year.", quote, context
        ).objections
        == ()
    )
    assert compare(
        "The cap of Acme's obligations shall not exceed USD 1,500,000 in any year.", quote, context
    ).objections
    assert compare("The cap of Beta's obligations shall not exceed USD 2 in any year.", quote, context).objections


@pytest.mark.parametrize("said", ["The passage states that ", "According to the agreement, ", "Based on passage 2, "])
def test_where_a_sentence_says_it_was_read_needs_no_proof(said: str) -> None:
    assert compare(said + PAY[0].lower() + PAY[1:], PAY).objections == ()


def test_a_word_of_a_heading_takes_no_other_words_place() -> None:
    quote = "Licensee may terminate this Agreement upon thirty days' notice."
    assert compare(quote.replace("terminate", "renew"), quote, "License > 7 Term, Renewal and Termination").objections
    assert compare(quote.replace("notice", "renewal notice"), quote, "License > 7 Renewal").objections == ()


def test_headings_prove_a_section_and_nothing_else() -> None:
    assert compare("Section 5.3 says that the fee is 90 dollars.", "The fee is 90 dollars.").objections
    assert not compare(
        "Section 5.3 says that the fee is 90 dollars.", "The fee is 90 dollars.", "Section 5.3"
    ).objections


def test_what_is_denied_and_required_hangs_on_its_word() -> None:
    assert [(p.head, p.denied) for p in predicates("Buyer shall not sell, lease or assign it.")] == [
        (stem("sell"), True),
        (stem("lease"), True),
        (stem("assign"), True),
    ]
    (one,) = predicates("Buyer need not deliver.")
    assert one.mood is Mood.EXCUSES
    (one,) = predicates("Neither party may disclose it.")
    assert one.mood is Mood.PERMITS
    assert predicates("Liability shall not exceed USD 5.") == []


def test_who_does_it_is_read_in_active_and_passive() -> None:
    active = "Buyer shall indemnify Seller."
    assert swapped("Seller shall be indemnified by Buyer.", active) == ""
    assert swapped("Seller shall indemnify Buyer.", active) == "in the evidence it is not seller who does that"
    assert names("The Licensee pays Acme Corp") == {"licensee", "acme corp"}


def test_a_name_is_borne_out_by_its_initials() -> None:
    assert unknown("The tax is due in the US", ["The tax is due in the United States"]) == ""
    assert unknown("The tax is due in the EU", ["The tax is due in the United States"]) == "eu"


def test_the_tables_of_words_do_not_contradict_each_other() -> None:
    for one, other in (("commence", "begin"), ("vulnerability", "weakness"), ("lawyer", "attorney")):
        assert alike(stem(one), stem(other))
        assert not opposed(stem(one), stem(other))
    for one, other in (("licensor", "licensee"), ("buyer", "seller"), ("encrypt", "decrypt"), ("critical", "low")):
        assert opposed(stem(one), stem(other))
        assert not alike(stem(one), stem(other))


@pytest.mark.parametrize(
    "strange",
    "not |1,|(|Section 1.1 and |thirty |aB|no other |May 5 |Aa |if |unless fee |is paid by |QV-1 open |a- ".split("|"),
)
def test_hostile_text_takes_no_time(strange: str) -> None:
    text = (strange * 1500)[:1500]
    begun = time.process_time()
    compare(text, PAY)
    compare(PAY, text)
    compare(text, f"{text[1:]} invoice")
    assert time.process_time() - begun < 2


@given(st.text(max_size=200), st.text(max_size=200))
def test_no_pair_of_texts_is_too_strange_to_compare(sentence: str, quote: str) -> None:
    assert isinstance(compare(sentence, quote).objections, tuple)


@settings(deadline=None)
@given(st.integers(2, 98), st.integers(2, 98))
def test_another_number_is_never_borne_out(one: int, other: int) -> None:
    quote = f"The Customer shall pay within {one} days of the invoice."
    said = f"The Customer shall pay within {other} days of the invoice."
    assert (compare(said, quote).objections == ()) == (one == other)


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "You may terminate our account at any time without notice.",
            "We may terminate your account at any time without notice.",
        ),
        (
            "Title passes to Seller from Buyer on delivery of the goods.",
            "Title passes to Buyer from Seller on delivery of the goods.",
        ),
        (
            "Licensee may assign this Agreement if Licensor is sold.",
            "Licensee shall not assign this Agreement without consent.",
        ),
        ("The staff must be at least 30% local.", "The staff must be at least 30 workers, all of them local."),
        ("The warranty ends after 2000 days of use.", "The warranty ends after 2000 hours of use."),
        ("Tenant may also sublet the premises.", "Tenant sublets the premises."),
        ("The flaw was found after the May exploit.", "The flaw was found after the December exploit."),
        ("It is not used in the library.", "It is used in the library, but we did not have time to test it."),
    ],
)
def test_what_a_reader_found_to_slip_through_does_not(sentence: str, quote: str) -> None:
    assert compare(sentence, quote).objections


def test_a_grouped_number_and_a_bare_one_that_looks_like_a_year_are_one() -> None:
    assert compare("It serves 2000 users in Ohio.", "It serves 2,000 users in Ohio.").objections == ()
    assert compare("It serves 2,000 users in Ohio.", "It serves 2000 users in Ohio.").objections == ()


@pytest.mark.parametrize(
    "strange",
    ["10.0.0.5 (443) is open", "1.1.1 (2) applies", "Auguſt 5, 1999", "5 dollarſ", "the firſt day", "Secti\u212aon 5"],
)
def test_strange_letters_and_numbers_break_nothing(strange: str) -> None:
    assert compare(f"{strange} here.", f"{strange} here.").objections == ()
    assert compare(PAY, strange).objections

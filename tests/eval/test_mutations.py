import random
import re
import time
from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from citebound.eval.mutations import KINDS, LONGEST, PER_KIND, Mutation, mutations

DUTY = "Licensee shall pay Licensor at least thirty (30) days after each invoice under Section 4.2."
REPORT = "The attacker can upload any file to upload.php in version 1.2.3, so the issue is of high severity."
NAMES = ("Acme", "Borealis", "Acme Holdings")
OTHERS = (
    "Each invoice that Orion Limited sends shall be paid within 45 days after receipt of the goods by the Licensee.",
    "The weather in Boston was fine.",
)


def folded(text: str) -> str:
    return " ".join(text.casefold().split())


def outputs(
    sentence: str, kind: str, *, names: Sequence[str] = (), others: Sequence[str] = (), draws: int = 60
) -> set[str]:
    return {
        m.text
        for seed in range(draws)
        for m in mutations(sentence, random.Random(seed), names=names, others=others)
        if m.kind == kind
    }


@pytest.mark.parametrize(
    ("kind", "sentence", "expected"),
    [
        ("number", "The term is thirty (30) days.", "The term is sixty (60) days."),
        (
            "number",
            "At most 0.5% of 19,125,204 shares are affected.",
            "At most 0.5% of 91,125,204 shares are affected.",
        ),
        ("number", "The term is one (1) year from signature.", "The term is two (2) years from signature."),
        ("unit", "Payment is due within ten business days.", "Payment is due within ten days."),
        ("unit", "Interest accrues at 2% per month.", "Interest accrues at 2% per year."),
        ("date", "It was fixed on May 1st, 2021.", "It was fixed on May 2nd, 2021."),
        ("date", "It was fixed on 31 March 2021.", "It was fixed on 31 May 2021."),
        ("currency_scale", "The price is $1,500,000.", "The price is $1.5 billion."),
        ("currency_scale", "The price is $1.5M.", "The price is $1.5bn."),
        ("currency_scale", "The par value is $0.01 per share.", "The par value is €0.01 per share."),
        ("negation_removed", "The code does not have any tests.", "The code has some tests."),
        (
            "negation_removed",
            "Neither party may assign it without the consent of the other.",
            "Neither party may assign it even with the consent of the other.",
        ),
        (
            "negation_removed",
            "Nothing in this Agreement shall be read as a waiver.",
            "The provisions in this Agreement shall be read as a waiver.",
        ),
        ("negation_added", "Any notice shall be sent by mail.", "No notice shall be sent by mail."),
        ("negation_added", "The attacker can read the file.", "The attacker cannot read the file."),
        ("modal", "Company shall keep the records.", "Company may keep the records."),
        ("modal", "Company shall not disclose the terms.", "Company may, but need not, disclose the terms."),
        ("modal", "Seller is entitled to defer delivery.", "Seller is required to defer delivery."),
        ("comparison", "Notice is due no later than June.", "Notice is due no earlier than June."),
        ("comparison", "The fee shall not exceed the price.", "The fee shall not fall below the price."),
        ("scope", "Fees are due, including all taxes.", "Fees are due, excluding all taxes."),
        ("scope", "Except as stated in Section 2, all fees are final.", "All fees are final."),
        ("scope", "It is a non-exclusive license.", "It is an exclusive license."),
        ("party", "An attacker must have access.", "An administrator must have access."),
        ("party", "Seller shall pay the duty.", "Buyer shall pay the duty."),
        ("roles_swapped", "Licensee shall pay Licensor a fee.", "Licensor shall pay Licensee a fee."),
        ("section", "See Section 4.2(b) for details.", "See Section 4.2(c) for details."),
        ("section", "It is attached as Exhibit C.", "It is attached as Exhibit D."),
        ("identifier", "See CVE-2021-27101 for more.", "See CVE-2021-27102 for more."),
        ("identifier", "It calls `withdraw_fees` first.", "It calls `deposit_fees` first."),
        (
            "invented_tail",
            "Licensee shall pay the license fee to Licensor.",
            "Licensee shall pay the license fee to Licensor, and all such amounts are non-refundable.",
        ),
        (
            "invented_condition",
            "However, the Licensee shall deliver all of the samples.",
            "However, once the competent regulatory authority has given its approval, "
            "the Licensee shall deliver all of the samples.",
        ),
        (
            "antonym",
            "It runs without an internal check of a valid token.",
            "It runs without an internal check of an invalid token.",
        ),
        ("antonym", "The parties may terminate this Agreement.", "The parties may extend this Agreement."),
        ("status_severity", "The severity of this issue is low.", "The severity of this issue is critical."),
        ("status_severity", "The bug was fixed by the team.", "The bug was acknowledged but not fixed by the team."),
    ],
)
def test_each_kind_makes_the_change_that_its_name_says(kind: str, sentence: str, expected: str) -> None:
    assert expected in outputs(sentence, kind)


def test_a_name_of_the_document_takes_the_place_of_another_and_the_roles_are_exchanged() -> None:
    assert outputs("Acme shall pay Borealis.", "party", names=("Acme", "Borealis", "Cobalt")) == {
        "Cobalt shall pay Borealis.",
        "Acme shall pay Cobalt.",
    }
    assert outputs("Acme shall pay Borealis.", "roles_swapped", names=("Acme", "Borealis")) == {
        "Borealis shall pay Acme."
    }


def test_a_role_carries_its_article_and_a_name_does_not() -> None:
    assert outputs("The Reseller shall pay Acme a fee.", "roles_swapped", names=("Acme",)) == {
        "Acme shall pay the Reseller a fee."
    }


def test_another_quote_is_the_one_with_the_most_content_words_in_common() -> None:
    assert outputs(DUTY, "other_quote", others=OTHERS) == {OTHERS[0]}
    assert not outputs(DUTY, "other_quote", others=(DUTY,))


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("modal", "In May this was the last will of the tenant."),
        ("modal", "No party shall assign its rights."),
        ("modal", '"Territory" shall mean France.'),
        ("negation_added", "This is not only a bug but also a feature that may or may not matter."),
        ("negation_removed", "It is not only fast but also safe, including but not limited to reads."),
        ("number", "(2) See Section 4 and figure 5.1 of version 3."),
        ("number", "One of the parties has left, and one and the same instrument remains."),
        ("roles_swapped", "Licensor and Licensee shall cooperate."),
        ("roles_swapped", "The dispute between Buyer and Seller shall be settled."),
        ("section", "Figure 9.3: The file is read twice."),
        ("scope", "The headings are for convenience only."),
        ("comparison", "It shall be settled before a single arbitrator."),
        ("currency_scale", "The script reads $HOME and $1variable."),
        ("status_severity", "The Company shall bear all risk of loss."),
        ("invented_condition", "If the Licensee fails to pay, the Licensor is paid by the bank."),
        ("antonym", "The prior version is kept, and the public key is known."),
    ],
)
def test_a_rule_is_silent_where_the_change_would_be_harmless_or_broken(kind: str, sentence: str) -> None:
    assert not outputs(sentence, kind)


def test_a_tag_and_an_address_stay_whole() -> None:
    sentence = 'The <span class="not may all">Customer</span> may not read https://a.example/all/v1.2.3 at any time.'
    for made in mutations(sentence, random.Random(3), names=NAMES):
        assert '<span class="not may all">' in made.text and "https://a.example/all/v1.2.3" in made.text


def test_what_changed_is_told() -> None:
    made = [m for m in mutations("The term is thirty (30) days.", random.Random(1)) if m.kind == "number"]
    assert all(re.fullmatch(r"thirty \(30\) → [a-z-]+(?: [a-z-]+)* \([0-9]+\)", m.changed) for m in made) and made


def test_a_sentence_yields_one_or_two_of_each_kind_in_the_order_of_the_kinds() -> None:
    for sentence in (DUTY, REPORT):
        kinds = [m.kind for m in mutations(sentence, random.Random(0), names=NAMES, others=OTHERS)]
        assert kinds == sorted(kinds, key=KINDS.index) and max(map(kinds.count, kinds)) <= PER_KIND
    assert len(KINDS) == 18


def test_one_state_gives_one_answer_and_leaves_one_state() -> None:
    one, other = random.Random(7), random.Random(7)
    first = mutations(DUTY, one, names=NAMES, others=OTHERS)
    assert first == mutations(DUTY, other, names=NAMES, others=OTHERS) and one.random() == other.random()


PIECES = st.sampled_from(
    "shall may not any all thirty (30) days $1,500,000 May 5, 2021 Section 4.2(b) Licensee Licensor Acme Borealis "
    "neither nor no without unless if the a an attacker user CVE-2021-27101 upload.php 1.2.3 10% 0 1 one (1) year "
    "except other than is are high severity fixed prior written "
    "consent , . ; : ( ) \" ' ` < > § ½ ² ٣ İ ß ſ \u00a0 \n".split(" ")
)


@given(
    st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map(" ".join)),
    st.integers(0, 9),
    st.lists(st.text(max_size=12), max_size=4),
    st.lists(st.text(max_size=60), max_size=3),
)
@example(DUTY, 0, list(NAMES), list(OTHERS))
def test_any_text_is_taken_and_every_mutation_differs(
    text: str, seed: int, names: list[str], others: list[str]
) -> None:
    made = mutations(text, random.Random(seed), names=names, others=others)
    assert made == mutations(text, random.Random(seed), names=names, others=others)
    for mutation in made:
        assert isinstance(mutation, Mutation) and mutation.kind in KINDS
        assert folded(mutation.text) != folded(text)
    assert len({(m.kind, m.text) for m in made}) == len(made)


@pytest.mark.parametrize(
    "piece", ["if the a ", "The party may be liable. ", "$1 12 (3) ", "aB_c-1.2.3 ", "not unless ", "(", "9"]
)
def test_garbage_takes_no_time(piece: str) -> None:
    started = time.process_time()
    assert mutations((piece * 100_000)[:100_000], random.Random(0), names=NAMES, others=OTHERS) == ()
    mutations((piece * LONGEST)[:LONGEST], random.Random(0), names=NAMES, others=OTHERS)
    assert time.process_time() - started < 1

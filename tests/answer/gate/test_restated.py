"""True restatements that the gate once refused, and their forged neighbours, through all checks at once."""

import pytest

from citebound.answer.gate.objections import compare


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "Provider must refund the Fees if Customer ends it under Section 5.2, 5.3 or 5.4.",
            "If Customer ends it under Section 5.2, 5.3 or 5.4, Provider shall refund the Fees.",
        ),
        (
            "LICENSOR must receive the report in electronic format within 6 weeks after a quarter ends.",
            "Such report shall be provided to LICENSOR in electronic format within 6 weeks of the end of a quarter.",
        ),
        (
            "A Party may use the other Party's mark only with that Party's prior written consent.",
            "Each Party shall use the other Party's mark, colours and designs only with the prior written consent of"
            " the other Party and only in connection with the services.",
        ),
        (
            "Sponsor may never set off amounts that Abel owes it.",
            "In no event shall Sponsor be permitted to set off any amounts Abel may owe to Sponsor under this Agreement"
            " or otherwise.",
        ),
        (
            "Without the Agent's written consent, the Fund and the Adviser may not assign their rights.",
            "The rights of the Fund and the Adviser may not be assigned without the written consent of the Agent.",
        ),
        (
            "Unless the Agreement provides otherwise, each Party pays the Fees within 30 days.",
            "Except as otherwise provided in this Agreement, each Party shall pay the Fees within 30 days.",
        ),
        (
            "Either party can end it once 3 years have passed since the effective date.",
            "Either party may end it after 3 years following the effective date.",
        ),
        (
            "An attacker who exploits the vulnerability successfully could achieve remote code execution.",
            "Successful exploitation of this vulnerability could lead to remote code execution.",
        ),
    ],
)
def test_a_true_restatement_is_borne_out(sentence, quote):
    assert not compare(sentence, quote).objections


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "Customer must refund the Fees if Provider ends it under Section 5.2, 5.3 or 5.4.",
            "If Customer ends it under Section 5.2, 5.3 or 5.4, Provider shall refund the Fees.",
        ),
        (
            "Amendments are effective if in writing or signed.",
            "No amendment shall be effective unless in writing and signed.",
        ),
        (
            "Neither Abel nor Baker may grant licenses without consent.",
            "Both parties agree that neither Abel nor Baker may grant licenses.",
        ),
        ("Eurofarma will supply Abel with the goods.", "Supply Abel will supply Eurofarma with the goods."),
        (
            "The provision applies only if Customer can establish that it had a prior relationship.",
            "This provision shall not apply in the event Customer can establish, in writing, that it had a prior"
            " relationship.",
        ),
    ],
)
def test_its_forged_neighbour_is_not(sentence, quote):
    assert compare(sentence, quote).objections

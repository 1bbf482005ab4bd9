import random
from pathlib import Path

from citebound.config import Config
from citebound.eval.docx_truth import generate
from citebound.ingest.chunker import body_end
from citebound.ingest.limits import Limits
from citebound.ingest.worker import ParserPool


def test_a_word_file_tells_the_truth_about_its_changes(tmp_path: Path) -> None:
    with ParserPool(Limits.of(Config(home=tmp_path))) as pool:
        for seed in range(8):
            truth = generate(tmp_path / f"{seed}.docx", random.Random(seed))
            document = pool.parse(truth.path).document
            body, asides = document.text[: body_end(document)], document.text[body_end(document) :]
            assert all(body.count(t) == 1 for t in (*truth.inserted, *truth.footnotes, *truth.text_boxes))
            assert all(t in asides and t not in body for t in (*truth.deleted, *truth.comments))
            assert document.info.pages == 0

"""What the product is to a library user: citebound/__init__.py, and the snippet that its users start from."""

import inspect
from pathlib import Path

import pytest

import citebound
from citebound import Collection, Config, Outcome
from tests.fakes import Echo, WordHashEmbedder
from tests.ingest.files import lines, pdf

CLAUSE = "The Customer shall pay each invoice within thirty (30) days after receipt."


def test_exported_members_are_exactly_all() -> None:
    assert {name for name in dir(citebound) if not name.startswith("_")} == set(citebound.__all__)
    assert all(getattr(citebound, name) for name in citebound.__all__)
    with pytest.raises(AttributeError, match="Everything"):
        _ = citebound.Everything  # type: ignore[attr-defined]


def test_every_exported_member_is_documented() -> None:
    for name in citebound.__all__:
        member = getattr(citebound, name)
        assert member.__doc__, name
        assert not member.__doc__.startswith(f"{name}("), f"{name} has only the docstring that dataclasses make"


def test_every_public_method_of_a_collection_is_documented_and_typed() -> None:
    for name, member in vars(Collection).items():
        if name.startswith("_") or not (callable(member) or isinstance(member, property | classmethod)):
            continue
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name != "close":
            assert inspect.signature(function).return_annotation is not inspect.Signature.empty, name
        assert function.__doc__, name


def test_the_python_api_works_as_it_is_promised(tmp_path: Path) -> None:
    (tmp_path / "agreement.pdf").write_bytes(pdf(lines(CLAUSE)))
    (tmp_path / "note.txt").write_text("The supplier pays nothing.")
    config = Config(home=tmp_path / "home")
    path = tmp_path / "collection"
    with Collection.open(path, create=True, config=config, embedder=WordHashEmbedder(), generator=Echo()) as c:
        report = c.ingest(
            [tmp_path / "agreement.pdf", str(tmp_path / "note.txt"), tmp_path / "none.txt"], progress=None
        )
        assert [Path(file.path).name for file in report.documents] == ["agreement.pdf", "note.txt"]
        assert [(Path(file.path).name, bool(file.remedy)) for file in report.failures] == [("none.txt", True)]

        hits = c.search("Who shall pay each invoice?", k=10, filters={"source": "*.pdf"})
        hit = hits[0]
        assert hit.source.path == str(tmp_path / "agreement.pdf")
        assert hit.document.title
        assert c.document(hit.document.id).text[hit.chunk.span.start : hit.chunk.span.end] == hit.chunk.text
        assert hit.chunk.pages == (1,)
        assert hit.score > 0

        passages = c.passages("Who shall pay each invoice?", budget=16000)
        assert CLAUSE in passages[0].text

        answer = c.ask("Within how many days shall the Customer pay each invoice after receipt?")
        assert answer.outcome is Outcome.ANSWERED
        assert "thirty (30) days" in answer.text
        citation = answer.citations[0]
        assert citation.quote == CLAUSE
        assert citation.source.name == "agreement.pdf"
        assert citation.document.id == hit.document.id
        assert citation.span.of(c.document(citation.document.id).text) == citation.quote
        assert [region.page for region in citation.regions] == [1]


def test_a_collection_is_found_again_by_its_name(tmp_path: Path) -> None:
    config = Config(home=tmp_path)
    Collection.open("mine", create=True, config=config, embedder=WordHashEmbedder()).close()
    with Collection.open("mine", config=config, embedder=WordHashEmbedder()) as again:
        assert (again.name, again.root) == ("mine", tmp_path / "mine")
        assert again.search("anything") == []
        assert again.documents() == []
        assert again.check()["problems"] == []

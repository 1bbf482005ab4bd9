"""The house: a file may import its own room and lower floors only."""

import ast
from pathlib import Path

import citebound

SOURCE = Path(citebound.__file__).parent
FLOORS = {
    "__init__": 13,
    "types": 0,
    "errors": 1,
    "protocols": 2,
    "config": 2,
    "models": 3,
    "ingest": 3,
    "indexes": 4,
    "answer": 5,
    "collection": 6,
    "langchain": 7,
    "api": 7,
    "eval": 7,
    "cli_print": 8,
    "cli_models": 9,
    "cli_structure": 9,
    "cli_calibrate": 9,
    "cli_receipts": 9,
    "cli_answer": 10,
    "cli_search": 11,
    "cli_scorer": 11,
    "cli_ingest": 11,
    "cli_documents": 11,
    "cli_adapt": 11,
    "cli_feedback": 11,
    "cli_chat": 11,
    "cli_eval": 11,
    "cli": 12,
}
DOORS = {
    "unstructured": {"ingest/office.py"},
    "pypdfium2": {"ingest/pdf.py"},
    "sentence_transformers": {"indexes/embeddings.py"},
    "faiss": {"indexes/faiss_index.py"},
    "fastapi": {"api/service.py"},
    "langchain": {"answer/generation/generator.py", "langchain.py", "eval/naive_rag.py"},
    "langchain_core": {"answer/generation/generator.py", "langchain.py", "eval/naive_rag.py"},
    "langchain_openai": {"answer/generation/generator.py", "langchain.py", "eval/naive_rag.py"},
    "xllamacpp": {"answer/generation/engine.py"},
    "langchain_text_splitters": {"eval/naive_rag.py"},
    "detect_secrets": {"answer/generation/masking.py"},
    "ir_measures": {"eval/ranking.py"},
    "transformers": {"indexes/embeddings.py", "eval/language_model.py", "eval/encoder_model.py"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def test_a_file_imports_its_own_room_and_lower_floors_only() -> None:
    for path in FILES:
        inside = path.relative_to(SOURCE)
        here = inside.parts[0].removesuffix(".py")
        for module in imported(path):
            if not module.startswith("citebound."):
                continue
            there = room(module)
            if there not in FLOORS:  # a name that __init__ exports, such as citebound.__version__
                continue
            assert there == here or FLOORS[there] < FLOORS[here], f"{inside} imports {module}"


def test_each_framework_has_its_doors_and_no_others() -> None:
    for path in FILES:
        inside = path.relative_to(SOURCE).as_posix()
        for module in imported(path):
            top = module.split(".")[0]
            assert top not in DOORS or inside in DOORS[top], f"{inside} imports {module}"


def test_every_room_of_the_design_is_there() -> None:
    assert {p.name for p in SOURCE.iterdir() if p.is_dir() and not p.name.startswith("__")} == {
        "ingest",
        "indexes",
        "answer",
        "api",
        "eval",
    }

from pathlib import Path

from citebound.ingest.discover import discover


def test_folders_are_searched_to_the_bottom_and_sorted(tmp_path: Path) -> None:
    for name in ("b.txt", "a/c.pdf", "a/b/d.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    found = [path.relative_to(tmp_path).as_posix() for path in discover([tmp_path, tmp_path / "b.txt"])]
    assert found == ["a/b/d.md", "a/c.pdf", "b.txt"]


def test_hidden_entries_and_loops_are_left_out(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "x.txt").write_text("x")
    (tmp_path / ".hidden.txt").write_text("x")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "y.txt").write_text("x")
    (tmp_path / "in" / "up").symlink_to(tmp_path)
    assert [path.name for path in discover([tmp_path])] == ["y.txt"]


def test_what_cannot_be_read_stays_in_the_result(tmp_path: Path) -> None:
    (tmp_path / "broken").symlink_to(tmp_path / "nowhere")
    missing = tmp_path / "missing.pdf"
    assert discover([missing, tmp_path]) == sorted([tmp_path / "broken", missing])


def test_a_hidden_file_that_is_named_is_meant(tmp_path: Path) -> None:
    (tmp_path / ".notes.txt").write_text("x")
    assert discover([tmp_path / ".notes.txt"]) == [tmp_path / ".notes.txt"]

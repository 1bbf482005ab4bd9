import os
import socket
from pathlib import Path

import pytest

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
    assert discover([missing, tmp_path]) == dict.fromkeys(sorted([tmp_path / "broken", missing]))


def test_a_hidden_file_that_is_named_is_meant(tmp_path: Path) -> None:
    (tmp_path / ".notes.txt").write_text("x")
    assert discover([tmp_path / ".notes.txt"]) == {tmp_path / ".notes.txt": None}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a text, beside one that is not meant."""
    for name in ("in/a.txt", "out/secret.txt"):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("x")
    return tmp_path / "in"


def refused(*paths: Path) -> dict[str, str]:
    return {path.name: why.reason for path, why in discover(paths).items() if why and why.remedy}


def test_a_link_that_leads_out_of_the_folder_is_refused_by_name(folder: Path) -> None:
    (folder / "passwd.txt").symlink_to("/etc/passwd")
    (folder / "b").symlink_to(folder.parent / "out")
    (folder / "c.txt").symlink_to("../out/secret.txt")
    said = refused(folder)
    assert list(said) == ["b", "c.txt", "passwd.txt"]
    assert said["passwd.txt"] == "passwd.txt is a link that leads out of the folder"
    assert [path.name for path in discover([folder])] == ["a.txt", "b", "c.txt", "passwd.txt"]


def test_a_chain_of_links_is_judged_by_where_it_ends(folder: Path) -> None:
    (folder / "one.txt").symlink_to("two.txt")
    (folder / "two.txt").symlink_to(folder.parent / "out" / "secret.txt")
    assert list(refused(folder)) == ["one.txt", "two.txt"]


def test_a_link_that_stays_inside_is_followed(folder: Path) -> None:
    (folder / "b.txt").symlink_to("a.txt")
    (folder / ".kept").mkdir()
    (folder / ".kept" / "d.txt").write_text("x")
    (folder / "c").symlink_to(".kept")
    assert [str(path.relative_to(folder)) for path in discover([folder])] == ["a.txt", "b.txt", "c/d.txt"]
    assert refused(folder) == {}


@pytest.mark.parametrize("named_first", [True, False])
def test_a_link_that_is_itself_named_is_followed(folder: Path, named_first: bool) -> None:
    link, door = folder / "c.txt", folder.parent / "door"
    link.symlink_to(folder.parent / "out" / "secret.txt")
    door.symlink_to(folder)
    assert refused(link) == {}
    assert refused(*((link, folder) if named_first else (folder, link))) == {}
    assert list(discover([door])) == [door / "a.txt", door / "c.txt"]
    assert list(refused(door)) == ["c.txt"]


def test_a_link_into_another_folder_that_is_named_is_followed(folder: Path) -> None:
    (folder / "c.txt").symlink_to("../out/secret.txt")
    assert refused(folder, folder.parent / "out") == {}


def test_pipes_sockets_and_devices_are_refused_by_name_and_never_opened(folder: Path) -> None:
    os.mkfifo(folder / "pipe.txt")
    (folder / "link.txt").symlink_to("pipe.txt")
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(os.path.relpath(folder / "talk.txt"))
        said = refused(folder)
    assert said == {
        "link.txt": "link.txt is a pipe, not a file",
        "pipe.txt": "pipe.txt is a pipe, not a file",
        "talk.txt": "talk.txt is a socket, not a file",
    }
    assert refused(folder / "pipe.txt", Path("/dev/null")) == {
        "null": "null is a device, not a file",
        "pipe.txt": "pipe.txt is a pipe, not a file",
    }


def test_folders_that_link_to_each_other_end_soon(tmp_path: Path) -> None:
    for a in range(12):
        (tmp_path / str(a)).mkdir()
        (tmp_path / str(a) / "x.txt").write_text("x")
        for b in range(12):
            (tmp_path / str(a) / f"to{b}").symlink_to(tmp_path / str(b))
    assert len(discover([tmp_path])) < 400


def test_a_name_that_no_file_can_have_stays_in_the_result() -> None:
    assert discover([Path("a\0b")]) == {Path("a\0b"): None}

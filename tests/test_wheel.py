"""The wheel, installed away from the checkout, has all that it needs: schema, prompts, pages, calibration."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from citebound import config as settings
from citebound import models

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "src" / "citebound"
ENCODER = "all-minilm-l6-v2"
END = "--- end of a command ---"
SCRIPT = f"""
import json, sys
from citebound.cli import app
for command in json.loads(sys.argv[1]):
    app(command, standalone_mode=False)
    print({END!r})
"""
"""Several commands in one process: torch is loaded once."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(CHECKOUT)]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the wheel is installed."""
    folder = tmp_path_factory.mktemp("site")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(folder)]
    subprocess.run([*pip, str(wheel)], check=True)
    return folder


def run(site: Path, folder: Path, *command: str) -> str:
    """What a Python that finds the installed wheel first prints, in a folder outside the checkout."""
    environment = {**os.environ, "PYTHONPATH": str(site), "CITEBOUND_HOME": str(folder / "home")}
    done = subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    files = {f"citebound/{path.relative_to(PACKAGE).as_posix()}" for path in PACKAGE.rglob("*") if path.is_file()}
    assert held == {name for name in files if "__pycache__" not in name}
    assert {
        "citebound/indexes/schema.sql",
        "citebound/answer/generation/prompts/answer.txt",
        "citebound/api/page.html",
    } <= held


def test_the_installed_command_is_the_one_of_the_wheel(site: Path, tmp_path: Path) -> None:
    assert (site / "bin" / "citebound").is_file()
    where = run(site, tmp_path, "-c", "import citebound; print(citebound.__file__)").strip()
    assert Path(where) == site / "citebound" / "__init__.py"


@pytest.mark.model
def test_an_installed_wheel_ingests_a_file_and_answers(site: Path, tmp_path: Path) -> None:
    if models.download_size([ENCODER], settings.load()):
        pytest.skip(f"the encoder {ENCODER} is not here: `citebound models pull {ENCODER}` fetches it")
    text = "1. Payment\n\nThe Customer shall pay each invoice within thirty (30) days after receipt.\n"
    (tmp_path / "agreement.txt").write_text(text)
    question = "How many days does the Customer have to pay an invoice?"
    commands = [["ingest", "agreement.txt", "--json"], ["ask", question, "--no-llm", "--json"]]
    printed = run(site, tmp_path, "-c", SCRIPT, json.dumps(commands))
    report, answer = (json.loads(part) for part in printed.split(END)[:2])
    assert [file["status"] for file in report["files"]] == ["ok"]
    assert answer["outcome"] == "answered"
    assert "thirty (30) days" in answer["citations"][0]["quote"]

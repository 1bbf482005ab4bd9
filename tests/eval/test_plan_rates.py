import json
from pathlib import Path
from typing import Any

import pytest

from citebound.config import Config
from citebound.errors import ModelError
from citebound.eval import plan_rates


def known(folder: Path, **rows: Any) -> None:
    """Rates as an earlier plan left them."""
    path = folder / "rates.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | rows))


def test_a_generator_that_is_not_here_is_said_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nosuch"):
        plan_rates.measure({"nosuch"}, Config(models=tmp_path), tmp_path, encoder=False)


def test_rates_are_measured_once_and_hold_for_the_speed_of_the_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(models=tmp_path)
    monkeypatch.setattr(plan_rates, "pulse", lambda: 100.0)
    assert plan_rates.measure((), config, tmp_path, encoder=False).speed == 1.0
    known(tmp_path, generators={"g": {"read": 10.0, "written": 2.0, "load": 3.0, "memory": 4.0}}, embedded=60.0)
    made = plan_rates.measure({"g"}, config, tmp_path)
    assert (made.read, made.written, made.load, made.memory) == ({"g": 10.0}, {"g": 2.0}, {"g": 3.0}, {"g": 4.0})
    assert (made.embedded, made.trained, made.searched) == (60.0, 12.0, 1.0)
    # half as fast as when it was measured
    monkeypatch.setattr(plan_rates, "pulse", lambda: 50.0)
    made = plan_rates.measure({"g"}, config, tmp_path)
    assert (made.read, made.written, made.load, made.memory) == ({"g": 5.0}, {"g": 1.0}, {"g": 6.0}, {"g": 4.0})
    assert (made.embedded, made.speed) == (30.0, 0.5)
    # a beat more or less is the same speed
    monkeypatch.setattr(plan_rates, "pulse", lambda: 95.0)
    assert plan_rates.measure({"g"}, config, tmp_path).speed == 1.0


def test_rates_without_a_pulse_or_of_another_machine_are_measured_anew(tmp_path: Path) -> None:
    config = Config(models=tmp_path)
    plan_rates.measure((), config, tmp_path, encoder=False)
    known(tmp_path, machine="another", embedded=7.0)
    assert plan_rates.measure((), config, tmp_path, encoder=False).embedded == pytest.approx(50.0)


def test_a_server_is_as_fast_as_is_assumed_whatever_this_machine_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = Config(models=tmp_path)
    for pulse in (100.0, 10.0):
        monkeypatch.setattr(plan_rates, "pulse", lambda pulse=pulse: pulse)
        made = plan_rates.measure({"http://h/v1#m"}, config, tmp_path, encoder=False)
        assert made.read == {"http://h/v1#m": plan_rates.ELSEWHERE["read"]}


def test_the_pulse_counts_what_the_machine_does() -> None:
    assert plan_rates.pulse(0.05) > 1

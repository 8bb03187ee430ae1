"""``python -m gallery speed offline``: the steps of a run, measured in a moment, and forecasts made of them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from gallery.speed import main


def test_steps_are_measured_and_forecasts_follow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page, figures = tmp_path / "page.md", tmp_path / "figures.json"
    marks = ("offline:begin", "offline:end", "forecasts:begin", "forecasts:end")
    page.write_text("before\n" + "".join(f"<!-- {mark} -->\n" for mark in marks) + "after\n")
    arguments = ["--small", "--rounds", "3", "--trials", "2", "--json", str(figures), "--docs", str(page)]
    assert main(["offline", *arguments]) == 0
    made = json.loads(figures.read_text())
    rates = made["rates"]["0.2 MP"]
    assert min(rates.values()) > 0 and 20_000 < rates["bytes_in"] < 200_000
    # What is forecast rests on what was measured: 1e9 images on 64 cores.
    seconds = 1e9 / 64 * sum(1 / rates[step] for step in ("decode", "chain", "encode"))
    assert made["forecasts"]["0.2 MP images 1"]["undisturbed_hours"] == pytest.approx(seconds / 3600, rel=0.1)
    recipe = made["forecasts"]["0.2 MP recipe 1"]
    assert recipe["steps"].keys() == {"decode", "chain"} and recipe["bytes_written"] == pytest.approx(2e11, rel=0.01)
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after\n")
    assert len(re.findall(r"^\| 0.2 MP", text, re.MULTILINE)) == 1 + 6
    assert "Images per core-second" in capsys.readouterr().out


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(SystemExit):
        main(["offline", "--rounds", "0"])

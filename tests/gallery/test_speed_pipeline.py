"""``python -m gallery speed pipeline``: whole loaders, measured in a moment."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gallery.speed import main


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_loaders_are_measured_beside_albumentations(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("torch", reason="PyTorch is not installed")
    pytest.importorskip("albumentations", reason="albumentations is not installed")
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- pipeline:begin -->\n<!-- pipeline:end -->\nafter\n")
    assert main(["pipeline", "--images", "64", "--rounds", "1", "--docs", str(page)]) == 0
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after\n")
    rows = re.findall(r"^\| ([^|]+?) \| +([\d,]+) \|", text, re.MULTILINE)
    assert [name for name, _ in rows] == [
        "albumentations in a DataLoader, 2 workers",
        "`loader(workers=2)`",
        "`ThreadLoader`",
        "two plain threads: decode, then the chain's calls",
        "decoding alone, two threads",
    ]
    assert all(int(rate.replace(",", "")) > 0 for _, rate in rows)
    assert text.count("target") == 6
    assert "ThreadLoader" in capsys.readouterr().out


def test_wrong_arguments_are_told() -> None:
    with pytest.raises(SystemExit):
        main(["pipeline", "--images", "3"])

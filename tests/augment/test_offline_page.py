"""The commands and the code of docs/offline.md run, in order, and give what the page says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.offline import photo

import imgproc

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/offline.md"
BLOCK = re.compile(r"^(<!-- needs: (\w+) -->\n)?```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not in the wheel")
def test_the_page_on_offline_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, count in (("cat", 10), ("dog", 4)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for k in range(count):
            imgproc.write_image(tmp_path / "photos" / name / f"{k}.png", photo(k))
    monkeypatch.chdir(tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    names: dict[str, Any] = {}
    said = ""
    ran = 0
    for _, needs, language, source in BLOCK.findall(PAGE.read_text(encoding="utf-8")):
        if needs:
            continue  # tests of their own run it
        if language == "bash":
            said = ""
            for line in source.replace("\\\n", "").splitlines():
                command = [sys.executable, *line.split()[1:]]
                assert line.startswith("python -m augment run")
                done = subprocess.run(command, capture_output=True, text=True, timeout=200, env=environment)
                assert done.returncode == 0, done.stderr
                said += done.stdout + done.stderr
                ran += 1
        elif language == "text":
            assert source in said
        else:
            exec(re.sub(r"^.*  # .*$", "", source, flags=re.MULTILINE), names)
            for line in source.splitlines():
                code, _, comment = line.partition("  # ")
                if comment:
                    assert repr(eval(code, names)) == comment
    assert ran >= 6
    balanced = {folder.name: len(list(folder.glob("*.png"))) for folder in (tmp_path / "balanced").iterdir()}
    assert balanced["cat"] == balanced["dog"] == 10
    one = {file.relative_to(tmp_path / "out"): file.read_bytes() for file in (tmp_path / "out").rglob("*.png")}
    both = {file.relative_to(tmp_path / "shared"): file.read_bytes() for file in (tmp_path / "shared").rglob("*.png")}
    assert len(one) == 42
    assert one == both

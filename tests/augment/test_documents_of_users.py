"""The code of the README and of the guides runs, in order, and gives what its comments say."""

from __future__ import annotations

import ast
import json
import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.transforms import REGISTRY

import augment
import imgproc

ROOT = Path(__file__).resolve().parents[2]
PIPELINE = {
    "__version__": "2.0.8",
    "transform": {
        "__class_fullname__": "Compose",
        "p": 1.0,
        "transforms": [{"__class_fullname__": "HorizontalFlip", "p": 0.5}],
    },
}


def blocks(page: str) -> list[str]:
    """The blocks of Python of a page."""
    return re.findall(r"^```python\n(.*?)^```$", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def follow(source: str, names: dict[str, Any], *, said_by_comments: bool) -> int:
    """Run a block; if `said_by_comments`, an expression on a line with a comment gives what that says; how many do."""
    lines, checked = source.splitlines(), 0
    for node in ast.parse(source).body:
        said = lines[node.lineno - 1][node.end_col_offset :].partition("  # ")[2] if node.end_col_offset else ""
        if said_by_comments and isinstance(node, ast.Expr) and node.lineno == node.end_lineno and said:
            assert repr(eval(ast.get_source_segment(source, node) or "", names)) == said
            checked += 1
        else:
            exec(compile(ast.Module([node], []), "<page>", "exec"), names)
    return checked


@pytest.fixture
def names() -> Iterator[dict[str, Any]]:
    """The names of a user's module, whose transforms are forgotten afterwards."""
    module = sys.modules["users_page"] = types.ModuleType("users_page")
    known = set(REGISTRY)
    yield vars(module)
    del sys.modules["users_page"]
    for name in set(REGISTRY) - known:
        REGISTRY.pop(name)


@pytest.mark.parametrize(
    ("page", "least"),
    [
        ("docs/files.md", 9),
        ("docs/labels.md", 13),
        ("docs/large_runs.md", 1),
        ("docs/own_transforms.md", 3),
        ("docs/targets.md", 12),
    ],
)
def test_the_code_of_a_guide(names: dict[str, Any], page: str, least: int) -> None:
    if not (ROOT / page).is_file():
        pytest.skip("the documentation is not in the wheel")
    assert sum(follow(block, names, said_by_comments=True) for block in blocks(page)) >= least


def test_the_code_of_the_readme_and_the_concepts(
    names: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what their examples take as given."""
    if not (ROOT / "docs" / "concepts.md").is_file():
        pytest.skip("the documentation is not in the wheel")
    monkeypatch.chdir(tmp_path)
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    imgproc.write_image("dark.jpg", image // 4)
    Path("pipeline.json").write_text(json.dumps(PIPELINE))
    boxes, masks = [(5, 5, 20, 30), (30, 20, 30, 20)], np.zeros((2, 48, 64), bool)
    masks[0, 5:35, 5:25] = masks[1, 20:40, 30:60] = True
    people = np.full((2, 17, 3), 20.0)
    names |= {
        "image": image,
        "images": np.stack([image, image]),
        "frames": np.stack([image, image]),
        "boxes": boxes,
        "labels": [1, 2],
        "keys": [(0, 0), (0, 1)],
        "epoch": 0,
        "index": 1,
        "raw": [{"image": image, "boxes": boxes, "labels": [1, 2]}] * 4,
        "masks": masks,
        "people": people,
        "depth": np.zeros((48, 64), np.float32),
        "image_id": 17,
        "boxes_of_frames": [boxes, boxes],
        "labels_of_frames": [[1, 2], [1, 2]],
        "predict": lambda view: {"score_map": view[..., 0] / 255},
    }
    for block in blocks("README.md") + blocks("docs/concepts.md"):
        if "ThreadLoader" in block:
            names["augment"] = augment
            continue  # it needs PyTorch; tests/augment/test_pipeline_guide.py runs it
        follow(block, names, said_by_comments=False)
    assert names["better"].shape == image.shape
    assert names["report"].entries[0].verdict == "exact"
    assert isinstance(names["chain"], augment.Compose)
    assert len((ROOT / "README.md").read_text().splitlines()) <= 150

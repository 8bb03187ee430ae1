"""The code of docs/pipelines.md runs where the libraries are that it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import augment
import augment.pipeline
import imgproc

PAGE = Path(__file__).resolve().parents[2] / "docs" / "pipelines.md"
BLOCK = re.compile(r"^<!-- (needs: \w+|not run: [^\n]*) -->\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> list[tuple[str, str]]:
    """What a block needs, and its code."""
    return BLOCK.findall(PAGE.read_text(encoding="utf-8")) if PAGE.is_file() else []


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """What the page takes as given."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    images = [np.random.default_rng(k).integers(0, 256, (40, 50, 3), np.uint8) for k in range(12)]
    paths = [str(tmp_path / f"{k}.jpg") for k in range(len(images))]
    for path, image in zip(paths, images):
        imgproc.write_image(path, image)
    yield {"paths": paths, "images": images[:4], "augment": augment, "pipeline": augment.pipeline}


def test_every_block_says_what_it_needs() -> None:
    if not PAGE.is_file():
        pytest.skip("the documentation is not in the wheel")
    assert len(blocks()) == PAGE.read_text(encoding="utf-8").count("```python") > 8


def test_the_readme_has_the_first_example() -> None:
    """What it shows of loaders is what runs here: nothing else in it uses them."""
    page = PAGE.parents[1] / "README.md"
    if not PAGE.is_file():
        pytest.skip("the documentation is not in the wheel")
    shown = re.findall(r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert shown
    assert [block for block in shown if "ThreadLoader" in block] in ([], [blocks()[0][1]])


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("library", ["torch", "datasets", "webdataset", "sklearn", "spdl", "grain"])
def test_the_code_of_the_guide(library: str, names: dict[str, Any], tmp_path: Path) -> None:
    if not PAGE.is_file():
        pytest.skip("the documentation is not in the wheel")
    wanted = [code for needs, code in blocks() if needs == f"needs: {library}"]
    assert wanted
    pytest.importorskip(library, reason=f"{library} is not installed")
    chain = augment.Compose([augment.ResizedCrop(size=(24, 24)), augment.HorizontalFlip(), augment.Normalize()])
    names["chain"] = chain
    if library == "spdl":
        pytest.importorskip("torch", reason="PyTorch is not installed")
        names["photos"] = augment.pipeline.AugmentedDataset(names["paths"], chain, shape=(24, 24))
    if library == "webdataset":
        names["shards"] = [str(tmp_path / "0.tar")]
        with pytest.importorskip("webdataset").TarWriter(names["shards"][0]) as writer:
            for k, path in enumerate(names["paths"]):
                writer.write({"__key__": f"{k:03}", "jpg": Path(path).read_bytes(), "cls": b"%d" % k})
    for code in wanted:
        exec(compile(code, str(PAGE), "exec"), names)
    if library == "torch":
        assert names["keys"].tolist() == list(map(list, names["keys"].tolist()))
        check_first_example(names)
    if library == "spdl":
        assert sum(len(batch["keys"]) for batch in names["made"]) == 12
    if library == "grain":
        assert [batch.shape for batch in names["made"]] == [(4, 32, 32, 3)] * 3
    if library == "datasets":
        stored = names["stored"][5]["image"]
        np.testing.assert_array_equal(np.asarray(stored), names["lazy"][5]["image"])


def check_first_example(names: dict[str, Any]) -> None:
    """It advances the epoch, on threads and with workers that live on, and both give the same."""
    import torch

    pipeline, photos = augment.pipeline, names["photos"]
    assert (names["second"]["keys"][:, 1].unsqueeze(1) != names["first"]["keys"][:, 1]).all()
    loaders = [
        pipeline.ThreadLoader(photos, batch_size=5, shuffle=True),
        pipeline.loader(photos, batch_size=5, shuffle=True, workers=1, persistent_workers=True),
    ]
    epochs = [[list(each) for _ in range(3)] for each in loaders]
    for one, other in zip(*epochs, strict=True):
        assert all(torch.equal(a["images"], b["images"]) for a, b in zip(one, other, strict=True))
    by_index = [
        {int(index): image for batch in epoch for (_, index), image in zip(batch["keys"].tolist(), batch["images"])}
        for epoch in epochs[1]
    ]
    assert [{int(key) for batch in epoch for key in batch["keys"][:, 0]} for epoch in epochs[1]] == [{0}, {1}, {2}]
    assert all(not torch.equal(by_index[0][k], by_index[1][k]) for k in range(12))

"""A user's program type-checks, and mypy finds the mistakes that annotations can show."""

from __future__ import annotations

import importlib.util
import inspect
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import augment
import imgproc

ROOT = Path(__file__).resolve().parents[2]

# A comment `flagged` marks a line that mypy must find wrong; all other lines must be right.
PROGRAM = """
import dataclasses
from pathlib import Path
from typing import Any, assert_type

import numpy as np

import augment
import imgproc
from augment import SMOTE, Affine, Compose, HorizontalFlip, KMeans, MixUp, Normalize, OneOf, Pad, Rotate, SomeOf
from imgproc import gaussian_blur, inpaint_exemplar

# Chains.
flip = HorizontalFlip()
chain = Compose([HorizontalFlip(), Rotate(angle=(-10, 10)), Normalize()], seed=3)
Compose((flip,), dtype="float32", layout="first", box_fields=["labels"])
Compose([OneOf([flip, flip]), SomeOf([flip, Rotate()], n=(1, 2)), augment.Sequential([flip])], dtype=np.float32)
Compose([flip, Affine(scale=((0.9, 1.1), (1, 1)), fill=(0.5, 0.5, 0.5)), Pad(padding=4), Pad(padding=(1, 2, 3, 4))])
alike = [HorizontalFlip(), HorizontalFlip(p=1)]
Compose(alike)
Compose([Rotate(angle=10), Affine(rotate=5, shear=3.0, translate=0.1), augment.Resize(64), augment.Crop((20, 30))])
assert_type(Rotate(angle=10)(image=np.zeros((4, 4)), key=3), dict[str, Any])
chain.keys(0, [4, 2])


@augment.row_operation
def dimmed(row: np.ndarray, params: np.ndarray) -> None:
    row *= params[0]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Dimmed(augment.Transform):
    strength: tuple[float, float] = (0.1, 0.5)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.keep_range("strength", at_least=0, at_most=1)

    def draw(self, rng: augment.Draws, frame: augment.Frame) -> dict[str, Any]:
        return {"gain": 1 - rng.uniform(*self.strength)}

    def lower(self, params: dict[str, Any], frame: augment.Frame) -> list[augment.stages.Stage]:
        return [dimmed(params["gain"]), augment.stages.affine(0.5, 0.1)]


augment.testing.check_transform(Dimmed(strength=(0.2, 0.3)))
Compose([Dimmed(), augment.Lambda(image=np.flipud, p=0.5)])
augment.TestTime("dihedral", merge="max")(np.zeros((4, 4)), lambda view: view)
augment.TestTime([HorizontalFlip()]).views(np.zeros((4, 4)))[0].image
OneOf(alike)

# Calls.
path = Path("image.png")
image = imgproc.read_image(path)
assert_type(image, np.ndarray)
mask = np.zeros(image.shape[:2], np.uint8)
boxes = np.array([[1.0, 2.0, 30.0, 40.0]])
out = chain(image=image, mask=mask, boxes=boxes, labels=["a"], key=(0, 1))
assert_type(out, dict[str, Any])
chain(image=image)["image"].mean()
stack = np.stack([image, image])
batch = chain.batch(stack, keys=[(0, 0), (0, 1)], workers=2)
chain.batch([image, image], keys=range(2))
for made in chain.map([image, image], epoch=1):
    assert_type(made, dict[str, Any])
Compose.from_json(chain.to_json())
chain.replay(chain.draw(key=3, shape=image.shape), image=image)
print(chain.explain(shape=(480, 640, 3), key=0))
assert_type(chain.matrix(key=0, shape=(480, 640)), np.ndarray)
MixUp(num_classes=2)(stack, np.array([0, 1]), keys=[(0, 0), (0, 1)])

# Functions.
assert_type(gaussian_blur(image, sigma=2), np.ndarray)
assert_type(imgproc.resize(image, size=(10, 10)), np.ndarray)
assert_type(imgproc.equalize_histogram(image, mask=mask > 0), np.ndarray)
filled = inpaint_exemplar(image, mask > 0, patch_size=7)
assert_type(filled, np.ndarray)
filled, sources = inpaint_exemplar(image, mask > 0, return_map=True)
imgproc.write_image("out.png", filled)
imgproc.set_num_threads(2)

# Balance and anchors.
X, y = np.zeros((20, 3)), np.repeat([0, 1], [15, 5])
X_new, y_new = SMOTE(random_state=0).fit_resample(X, y)
assert_type(SMOTE(sampling_strategy={1: 10}).fit(X, y), SMOTE)
assert_type(KMeans(n_clusters=3).fit(X), KMeans)
augment.average_precision([{"boxes": boxes, "labels": [0]}], [{"boxes": boxes, "labels": [0], "scores": [0.5]}])

# Mistakes.
gaussian_blur("x", sigma=2)  # flagged
gaussian_blur(image, 2)  # flagged
gaussian_blur(image, sigma="2")  # flagged
gaussian_blur(image, radius=2)  # flagged
imgproc.resize(image, size=10)  # flagged
imgproc.read_image(3)  # flagged
imgproc.gaussian_blurr(image, sigma=2)  # flagged
Rotate(angle="x")  # flagged
Rotate(angle="10")  # flagged
Rotate((-10, 10))  # flagged
flip.p = 1.0  # flagged
Compose(HorizontalFlip())  # flagged
Compose(["HorizontalFlip"])  # flagged
SomeOf([flip], n="all")  # flagged
chain(image)  # flagged
"""


def public(package: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions, and methods of classes with their constructors, that a user calls."""
    for name, thing in vars(package).items():
        if name.startswith("_") or inspect.ismodule(thing) or not callable(thing):
            continue
        if not inspect.isclass(thing):
            yield name, thing
            continue
        for attribute in dir(thing):
            method = getattr(thing, attribute)
            ours = getattr(method, "__module__", None) or ""
            called = attribute in ("__init__", "__call__") or not attribute.startswith("_")
            if called and ours.startswith(("imgproc", "augment")) and callable(method) and not inspect.isclass(method):
                yield f"{name}.{attribute}", method


@pytest.mark.parametrize("package", [imgproc, augment])
def test_all_that_is_public_is_annotated(package: Any) -> None:
    missing = []
    for name, thing in public(package):
        signature = inspect.signature(thing)
        if signature.return_annotation is signature.empty:
            missing.append(f"{name}: the result")
        for parameter in signature.parameters.values():
            if parameter.annotation is parameter.empty and parameter.name not in ("self", "cls"):
                missing.append(f"{name}: {parameter.name}")
    assert not missing, "\n".join(missing)


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_a_program_of_a_user(tmp_path: Path) -> None:
    program = tmp_path / "users_program.py"
    program.write_text(PROGRAM)
    # From the root, and with its settings: what mypy remembers of a run on the packages is used here too.
    arguments = [sys.executable, "-m", "mypy", "--no-color-output", "--no-pretty", str(program)]
    run = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert run.returncode == 1, run.stdout + run.stderr  # 1: there are errors; 2: mypy itself failed
    # The folder may be that of an earlier run: what mypy found in an unchanged file it says again, letter by letter.
    pattern = re.compile(rf".*\b{re.escape(program.name)}:(\d+): error: (.*)")
    found: dict[int, list[str]] = {}
    for match in filter(None, map(pattern.match, run.stdout.splitlines())):
        found.setdefault(int(match[1]), []).append(match[2])
    wrong = []
    for number, line in enumerate(PROGRAM.splitlines(), 1):
        errors = found.get(number, [])
        if line.endswith("# flagged") != bool(errors):
            wrong.append(f"{line}: {errors or 'nothing found'}")
    assert not wrong, "\n".join(wrong)

"""Packages that a function needs are imported when it runs, and one that is missing is named in words.

Only NumPy, Numba and llvmlite are imported plainly.  Everything else may be missing, and the rest of the library works.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from helpers.functions import image_functions

import imgproc

ROOT = Path(__file__).parents[2]
PACKAGES = Path(imgproc.__file__).parents[1]
PIP = {"cv2": "opencv-python-headless", "PIL": "pillow", "skimage": "scikit-image", "sklearn": "scikit-learn"}
PIP |= {"scipy": "scipy", "yaml": "pyyaml", "tqdm": "tqdm"}
"""What pip calls the packages that only some functions need."""
PLAIN = {"numpy", "numba", "llvmlite"}
APART = {
    "imgproc/_core/opencv.py": "its own words, for a library that is there and cannot be loaded",
    "augment/balance/_tags.py": "scikit-learn itself asks for it",
}
PEERS = re.compile("_rows|_pair_of_cv2|_peer_by")
"""What the speed table compares with; the gallery checks its packages when it starts."""


def third_party(path: Path) -> Iterator[tuple[str, ast.stmt, list[ast.AST]]]:
    """Imports of a file of what is neither ours nor Python's: the package, the statement, and what it stands in."""
    waiting: list[tuple[ast.AST, list[ast.AST]]] = [(ast.parse(path.read_text(encoding="utf-8")), [])]
    while waiting:
        node, around = waiting.pop()
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [node.module or ""]
        else:
            names = []
            waiting += [(child, [*around, node]) for child in ast.iter_child_nodes(node)]
        for name in names:
            package = name.partition(".")[0]
            if package in PIP or package in PLAIN:
                yield package, node, around


def needing(around: list[ast.AST]) -> list[str]:
    """The packages of the blocks ``with needed(package)`` that a statement stands in."""
    items = [item.context_expr for block in around if isinstance(block, ast.With) for item in block.items]
    calls = [call for call in items if isinstance(call, ast.Call) and ast.unparse(call.func) == "needed"]
    return [str(ast.literal_eval(call.args[0])) for call in calls]


def test_every_package_that_may_be_missing_is_imported_in_a_block_that_says_so() -> None:
    wrong, seen = [], 0
    for path in sorted(file for package in ("imgproc", "augment") for file in (PACKAGES / package).rglob("*.py")):
        name = path.relative_to(PACKAGES).as_posix()
        for package, node, around in third_party(path):
            functions = [block.name for block in around if isinstance(block, ast.FunctionDef)]
            methods = any(isinstance(block, ast.ClassDef) for block in around)
            peer = any(PEERS.match(function) for function in functions) and not methods
            typing = any(isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test) for block in around)
            if package in PLAIN or name in APART or peer or typing:
                continue
            seen += 1
            if not functions or needing(around) != [package]:
                wrong.append(f"{name}:{node.lineno}")
    assert seen > 30
    assert not wrong, 'these imports must stand in a function, in a block `with needed("PACKAGE"):`'


def test_the_packages_are_dependencies() -> None:
    """A name here that pyproject.toml does not have would send people to a package that is not ours to name."""
    with open(ROOT / "pyproject.toml", "rb") as file:
        named = {re.match(r"[\w-]+", line)[0] for line in tomllib.load(file)["project"]["dependencies"]}  # type: ignore[index]
    assert named >= (set(PIP.values()) - {PIP["cv2"]}) | {"opencv-python"} | {"numpy", "numba"}


BLOCKED = """
import sys
for name in {names!r}:
    sys.modules[name] = None
"""

CHAIN = """
import imgproc, augment
import numpy as np

image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
chain = augment.Compose(
    [
        augment.HorizontalFlip(p=0.5),
        augment.Affine(scale=(0.8, 1.2), rotate=(-15, 15)),
        augment.HueSaturationValue(hue=(-0.05, 0.05)),
        augment.GaussianNoise(),
        augment.Resize(size=(48, 64)),
        augment.Normalize(),
    ],
    seed=7,
    layout="first",
    box_format="pascal_voc",
)
boxes, labels = np.array([[1.0, 2, 30, 40]]), np.array([1])
for key in range(8):  # compiled as a whole from the fifth on
    made = chain(image=image, boxes=boxes, labels=labels, key=key)
assert made["image"].shape == (3, 48, 64)
assert imgproc.warp(image, np.eye(3)).shape == image.shape
"""


def test_a_chain_needs_only_numpy_numba_and_opencv(run_python: Callable[..., str]) -> None:
    names = sorted({*PIP, "jinja2", "markupsafe", "imblearn", "albumentations"} - {"cv2"})
    assert run_python(BLOCKED.format(names=names) + CHAIN + "print('done')") == "done"


def test_imports_and_pixel_operations_need_no_opencv(run_python: Callable[..., str]) -> None:
    program = """
import imgproc, augment
import numpy as np

image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
chain = augment.Compose([augment.Affine(rotate=(10, 10)), augment.BrightnessContrast()])
assert chain(image=image, key=1)["image"].shape == image.shape
assert imgproc.adjust_gamma(image, gamma=2.0).shape == image.shape
print("done")
"""
    assert run_python(BLOCKED.format(names=sorted(PIP)) + program) == "done"


SWEEP = """
import json, sys
import numpy as np
import imgproc, augment
from tests.helpers.functions import example_call, example_image, functions_of_images, takes_channels
from tests.helpers.transforms import EXAMPLES, build, sample

said = {}

def attempt(name, call):
    try:
        call()
    except ImportError as error:
        said[name] = f"{type(error).__name__}: {error}"
    except (TypeError, ValueError):
        pass  # this example does not fit; others do

def convert(function):
    for dtype in (np.uint8, np.float64):
        for channels in (None, 3):
            if takes_channels(function, channels):
                image = example_image(dtype, (19, 23), channels)
                args, kwargs = example_call(function, image)
                yield lambda args=args, kwargs=kwargs: function(*args, **kwargs)

for name, function in functions_of_images().items():
    if PACKAGE in ("cv2", "scipy", "skimage"):
        attempt(name, lambda: [attempt(name, call) for call in convert(function)])

for name, parameters in EXAMPLES if PACKAGE in ("cv2", "scipy", "yaml") else ():
    for dtype in (np.uint8, np.float64):
        chain = augment.Compose([build(name, parameters)])
        attempt("Compose " + name, lambda chain=chain, dtype=dtype: chain(**sample((24, 32), dtype), key=1))
        attempt("Compose.to_yaml", chain.to_yaml)
        attempt("Compose.from_yaml", lambda: augment.Compose.from_yaml("transforms: []"))

points = np.abs(np.random.default_rng(0).normal(size=(40, 3)))
classes = np.repeat([0, 1], [28, 12])
for name in dir(augment):
    made = getattr(augment, name)
    if hasattr(made, "fit_resample"):
        sampler = made(categorical_features=[0]) if name == "SMOTENC" else made()
        attempt(name, lambda sampler=sampler: sampler.fit_resample(points, classes))
    elif isinstance(made, type) and hasattr(made, "fit_predict"):
        attempt(name, lambda made=made: made(2).fit_predict(points))
attempt("BalancedEnsemble.fit", lambda: augment.BalancedEnsemble().fit(points, classes))
attempt("auc", lambda: augment.auc(classes, points[:, 0]))
attempt("roc_curve", lambda: augment.roc_curve(classes, points[:, 0]))

for suffix in ("png", "jpg", "webp", "tif", "bmp", "ppm"):
    for dtype in (np.uint8, np.uint16):
        if dtype is np.uint8 or suffix in ("png", "tif", "ppm"):
            image = np.zeros((8, 8, 3), dtype)
            attempt("write_image", lambda: imgproc.write_image(f"made.{suffix}", image))
            attempt("read_image", lambda: imgproc.read_image(f"{np.dtype(dtype).name}.{suffix}"))
attempt("to_pil", lambda: imgproc.to_pil(np.zeros((8, 8, 3), np.uint8)))
print(json.dumps(said))
"""

EXPECTED = {
    "cv2": {"canny", "gradient", "median_blur", "remove_object", "Compose MedianBlur", "Compose Resize"},
    "scipy": {"dft", "wiener", "spectrum", "gist", "Compose FourierDomainAdaptation", "Compose MedianBlur"},
    "sklearn": {"SMOTE", "ADASYN", "SMOTEENN", "TomekLinks", "KMeans", "BalancedEnsemble.fit", "auc", "roc_curve"},
    "PIL": {"read_image", "write_image", "to_pil"},
    "yaml": {"Compose.to_yaml", "Compose.from_yaml"},
}
"""Some of those that need a package: a sweep that calls nothing would find nothing wrong."""


@pytest.mark.parametrize("package", EXPECTED)
def test_what_is_missing_is_named_and_who_needs_it(
    package: str, run_python: Callable[..., str], tmp_path: Path
) -> None:
    """Every function, transform and sampler, called where one package is not installed."""
    for dtype, suffixes in {
        "uint8": ("png", "jpg", "webp", "tif", "bmp", "ppm"),
        "uint16": ("png", "tif", "ppm"),
    }.items():
        for suffix in suffixes:
            imgproc.write_image(tmp_path / f"{dtype}.{suffix}", np.zeros((8, 8, 3), dtype))
    program = f"PACKAGE = {package!r}\n" + BLOCKED.format(names=[package]) + SWEEP
    said = json.loads(run_python(program, timeout=900))
    assert said.keys() >= EXPECTED[package]
    # A function may be named that this one calls.
    public = ["Compose", *image_functions()]
    for name, message in said.items():
        who = name.removeprefix("Compose ")
        found = re.fullmatch(
            r"ImportError: ([\w.]+) needs (\S+?),? which is not installed: pip install (\S+).*", message
        )
        assert found, f"{name}: {message}"
        assert found[1].partition(".")[0] in (who.partition(".")[0], *public), f"{name}: {message}"
        assert found[2] == ("OpenCV" if package == "cv2" else PIP[package])
        assert found[3] == PIP[package]

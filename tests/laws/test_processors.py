"""Nothing that differs between processors: no module calls the C library's elementary functions or NumPy's.

The core's `elementary` has functions with the same bits everywhere.  What is allowed all the same stands in
`ALLOWED`, with the reason, and in `SQUARES`.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FUNCTIONS = {
    *("sin", "cos", "tan", "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "pow", "power", "float_power"),
    *("asin", "acos", "atan", "atan2", "arcsin", "arccos", "arctan", "arctan2", "sinh", "cosh", "tanh", "asinh"),
    *("acosh", "atanh", "arcsinh", "arccosh", "arctanh", "hypot", "dist", "gamma", "lgamma", "erf", "erfc", "cbrt"),
    *("logaddexp", "logaddexp2", "sinc", "geomspace", "logspace", "angle", "hanning", "hamming", "kaiser", "i0"),
    *("gammaln", "digamma", "expit", "logit", "xlogy", "linalg"),
}
"""Names of `math`, `cmath`, `numpy` and `scipy.special`; degrees and radians only multiply, and roots are exact."""

MODULES = ("math", "cmath", "np", "numpy", "special", "scipy", "scipy.special")

LEVELS = "levels of float32, where NumPy's vectors are ten times as fast"
EXAMPLE = "examples for the laws and the gallery"
ALLOWED: dict[tuple[str, str], str] = {
    ("imgproc/_inventory.py", "np.exp"): EXAMPLE,
    ("imgproc/_inventory.py", "np.sin"): EXAMPLE,
    ("imgproc/_neighbours/window_sums.py", "self.side ** 4"): "a whole number",
    (
        "imgproc/_scanline/operations/gamma.py",
        "v ** gamma",
    ): "levels of float64: ours takes longer to run and to compile",
    ("imgproc/_scanline/operations/log.py", "np.exp2"): "levels of float64: ours would be compiled for float32, too",
    ("imgproc/_scanline/operations/log.py", "np.log2"): "levels of float64: ours takes longer to run and to compile",
    ("imgproc/_scanline/operations/sigmoid.py", "np.exp"): "levels of float64: ours would be compiled for float32, too",
    ("imgproc/describe/_gist.py", "np.log1p"): LEVELS,
    ("imgproc/edges/_derivatives.py", "np.arctan2"): "the directions of gradients: NumPy's vectors are far faster",
    ("imgproc/frequency/_homomorphic.py", "np.exp"): LEVELS,
    ("imgproc/frequency/_homomorphic.py", "np.log"): LEVELS,
    ("imgproc/frequency/_spectrum.py", "np.log1p"): LEVELS,
    ("imgproc/local.py", "np.hypot"): "a row of the speed table compares with a peer",
    ("augment/testing.py", "np.cos"): EXAMPLE,
    ("augment/testing.py", "np.exp"): EXAMPLE,
    ("augment/testing.py", "np.sin"): EXAMPLE,
    ("augment/mix/_fmix.py", "np.cos"): "a field of float32 noise, after which NumPy's FFT decides as well",
    ("augment/mix/_fmix.py", "np.log"): "a field of float32 noise, after which NumPy's FFT decides as well",
    ("augment/mix/_fmix.py", "np.sin"): "a field of float32 noise, after which NumPy's FFT decides as well",
}

SQUARES = {
    "imgproc/_neighbours/window_sums.py",
    "imgproc/describe/_gist.py",
    "imgproc/frequency/_isotropic.py",
    "imgproc/histogram/_local.py",
    "imgproc/inpaint/_context.py",
    "imgproc/inpaint/_features.py",
    "imgproc/inpaint/scene.py",
    "imgproc/local.py",
    "imgproc/restore/_inverse.py",
    "imgproc/restore/_total_variation.py",
    "imgproc/segment/_threshold.py",
    "imgproc/smooth/_bilateral.py",
    "imgproc/smooth/_guided.py",
    "imgproc/smooth/_means.py",
    "imgproc/smooth/_median.py",
    "imgproc/smooth/_non_local.py",
    "augment/anchors/_isodata.py",
    "augment/color/_levels.py",
    "augment/geometric/_fields.py",
}
"""Files in which ``** 2`` is of arrays or whole numbers, which are exact; that of a float is the C library's pow."""


@functools.cache
def sources() -> dict[str, ast.Module]:
    files = (path for package in ("imgproc", "augment") for path in sorted((ROOT / package).rglob("*.py")))
    return {path.relative_to(ROOT).as_posix(): ast.parse(path.read_text()) for path in files}


def _is_kernel(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(getattr(getattr(d, "func", d), "id", "") == "kernel" for d in decorators)


def _whole(node: ast.AST) -> bool:
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(node, ast.Constant) and float(node.value).is_integer()


def calls(tree: ast.AST, compiled: bool = False) -> Iterator[tuple[int, str]]:
    """Lines and texts of what may differ between processors; kernels multiply for an exponent that is written down."""
    compiled = compiled or _is_kernel(tree)
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("_rows"):
            continue  # what the speed table compares with
        yield from calls(node, compiled)
        if isinstance(node, ast.Attribute) and node.attr in FUNCTIONS and ast.unparse(node.value) in MODULES:
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            yield from ((node.lineno, f"{node.module}.{n.name}") for n in node.names if n.name in FUNCTIONS)
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "pow":
            yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Pow):
            base, exponent = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
            if _whole(exponent) and (compiled or _whole(base)):
                continue
            yield node.lineno, ast.unparse(node)


@pytest.mark.parametrize("name", sources())
def test_nothing_differs_between_processors(name: str) -> None:
    found = [
        (line, text)
        for line, text in calls(sources()[name])
        if (name, text) not in ALLOWED and not (name in SQUARES and text.endswith(" ** 2"))
    ]
    assert not found, "take the elementary functions of the core, or give a reason in ALLOWED:\n" + "\n".join(
        f"{name}:{line}: {text}" for line, text in found
    )


def test_what_is_allowed_is_there() -> None:
    for name, text in ALLOWED:
        assert text in [found for _, found in calls(sources()[name])], f"take {text} of {name} out of ALLOWED"
    for name in SQUARES:
        assert any(text.endswith(" ** 2") for _, text in calls(sources()[name])), f"take {name} out of SQUARES"


def test_the_search_finds_what_it_is_for() -> None:
    text = "from math import sin\na = math.exp(1) + np.power(x, 3) + x**0.5 + x**2 + 2**-24 + 1.1**2 + 2**x + pow(x, y)"
    found = [text for _, text in calls(ast.parse(text))]
    assert sorted(found) == [
        "1.1 ** 2",
        "2 ** x",
        "math.exp",
        "math.sin",
        "np.power",
        "pow(x, y)",
        "x ** 0.5",
        "x ** 2",
    ]
    assert not list(calls(ast.parse("@kernel\ndef f(x):\n    return x**2 + x**3")))
    assert list(calls(ast.parse("@kernel(inner=True)\ndef f(x, y):\n    return x**y")))

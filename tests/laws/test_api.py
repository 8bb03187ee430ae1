"""The public surface: names, signatures, docstrings, imports, and what may stand where in the sources."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import pydoc
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import augment
import imgproc
from imgproc._core import jit as _jit
from imgproc._core.publish import groups
from imgproc._inventory import EXAMPLES, example_call, example_image, image_functions, public_functions

ROOT = Path(imgproc.__file__).parent
SOURCES = sorted(ROOT.rglob("*.py"))
MODULES = sorted(module.name for module in pkgutil.walk_packages([str(ROOT)], "imgproc."))
PUBLISHING = [name for name in MODULES if hasattr(importlib.import_module(name), "__all__")]
FUNCTIONS = public_functions()

SPELLED = {
    # what is easily called otherwise : how it is called here
    "sd": "sigma",
    "rad": "radius",
    "ksize": "size",
    "kernel_size": "size",
    "window": "radius",
    "shape": "size",
    "degrees": "angle",
    "theta": "angle",
    "border_mode": "border",
    "mode": "border",
    "cval": "fill",
    "fill_value": "fill",
    "colour": "color",
    "color_mode": "color",
    "channel_axis": "color",
    "seed": "key",
    "rng": "key",
    "random_state": "key",
    "dst": "out",
    "output": "out",
    "img": "image",
    "src": "image",
}

every_function = pytest.mark.parametrize("name", sorted(FUNCTIONS))
every_image_function = pytest.mark.parametrize("name", sorted(image_functions()))


def parameters(name: str) -> list[inspect.Parameter]:
    return list(inspect.signature(FUNCTIONS[name]).parameters.values())


def sections(name: str) -> dict[str, str]:
    """A numpydoc docstring as {heading: text}; what comes first is the heading ''."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.getdoc(FUNCTIONS[name]) or "", flags=re.MULTILINE)
    return {"": parts[0].strip(), **dict(zip(parts[1::2], (part.strip("\n") for part in parts[2::2]), strict=True))}


def entries(text: str) -> list[tuple[str, str, str]]:
    """The entries ``names : type`` of a section, each with its indented description."""
    parts = re.split(r"^(?! )(.+)$", text, flags=re.MULTILINE)
    heads = [head.partition(" : ") for head in parts[1::2]]
    return [(names, kind, body.strip()) for (names, _, kind), body in zip(heads, parts[2::2], strict=True)]


# --- names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("module", PUBLISHING)
def test_all_is_public_sorted_and_true(module: str) -> None:
    loaded = importlib.import_module(module)
    assert len(set(loaded.__all__)) == len(loaded.__all__)
    for name in loaded.__all__:
        assert not name.startswith("_"), f"{module}.__all__ has the private {name}"
        assert hasattr(loaded, name), f"{module}.__all__ has {name}, which does not exist"


def test_everything_in_an_all_is_published_and_nothing_else() -> None:
    published = {name for module in PUBLISHING for name in importlib.import_module(module).__all__}
    visible = {name for name in dir(imgproc) if not name.startswith("_")}
    assert visible == published == set(imgproc.__all__)
    assert set(FUNCTIONS) <= published


@pytest.mark.parametrize("package", [imgproc, augment], ids=lambda p: p.__name__)
def test_modules_are_no_public_names(package: ModuleType) -> None:
    assert len(package.__all__) == len(set(package.__all__)) > 100
    for name in package.__all__:
        assert not inspect.ismodule(getattr(package, name))
    assert [name for name in dir(package) if not name.startswith("_")] == sorted(package.__all__)
    below = {module.name for module in pkgutil.iter_modules(package.__path__)}
    visible = {name for name, value in vars(package).items() if inspect.ismodule(value) and not name.startswith("_")}
    assert visible <= below, "a star import brought the module of a module"


@pytest.mark.parametrize("package", [imgproc, augment], ids=lambda p: p.__name__)
def test_help_lists_every_public_name_in_its_group(package: ModuleType) -> None:
    text = pydoc.render_doc(package, renderer=pydoc.plaintext)
    text = text[: text.index("PACKAGE CONTENTS")]
    for title, names in groups(vars(package)).items():
        assert f"{title}\n" in text
        after = text[text.index(f"{title}\n") + len(title) :].strip().partition("\n\n")[0].partition("\n    \n")[0]
        assert re.findall(r"\w+", after) == names
    listed = [name for names in groups(vars(package)).values() for name in names]
    assert sorted(listed) == sorted(package.__all__)


def test_modules_stay_importable(run_python: Callable[..., str]) -> None:
    """Where a function has the name of a module, as `histogram` and `inpaint` do, the name is the function: what stands
    in the module comes by ``from``."""
    code = """
import pickle
import imgproc.color._lab
import imgproc.color as color
import imgproc.inpaint.seam
import imgproc.histogram as h
from imgproc.inpaint import seam
from imgproc.histogram import clahe
import augment.balance.metrics
assert imgproc.color is color and color._lab.rgb_to_lab is imgproc.rgb_to_lab
assert seam.grid_cut is imgproc.grid_cut and callable(imgproc.inpaint)
assert h is imgproc.histogram and callable(h) and clahe is imgproc.clahe
assert augment.balance.metrics.auc is augment.auc
for thing in (imgproc.histogram, imgproc.grid_cut, imgproc.SceneDatabase, augment.Rotate, augment.auc):
    assert pickle.loads(pickle.dumps(thing)) is thing
found = {}
exec("from imgproc import *", found)
print(found["clahe"] is clahe, "seam" in found, "color" in found)
"""
    assert run_python(code) == "True False False"


def test_a_function_is_not_hidden_by_the_module_of_its_name() -> None:
    assert inspect.isfunction(imgproc.histogram)


# --- signatures -------------------------------------------------------------------------------------------------------


@every_function
def test_type_hints(name: str) -> None:
    signature = inspect.signature(FUNCTIONS[name])
    assert signature.return_annotation is not signature.empty, f"{name} has no return annotation"
    for parameter in signature.parameters.values():
        assert parameter.annotation is not parameter.empty, f"{parameter.name} has no annotation"


@every_image_function
def test_only_arrays_are_positional(name: str) -> None:
    first, *others = parameters(name)
    assert first.name == "image"
    assert first.default is first.empty
    for position, parameter in enumerate(others):
        if position == 0 and parameter.default is parameter.empty and parameter.kind is not parameter.KEYWORD_ONLY:
            continue  # a second required array
        assert parameter.kind in (parameter.KEYWORD_ONLY, parameter.VAR_KEYWORD), f"write a * before {parameter.name}"


@every_image_function
def test_vocabulary(name: str) -> None:
    for parameter in parameters(name):
        assert parameter.name not in SPELLED, f"{parameter.name} is called {SPELLED[parameter.name]} here"


@every_image_function
def test_required_arguments_have_an_example(name: str) -> None:
    example_call(FUNCTIONS[name], example_image("uint8", (9, 7), 3))  # raises LookupError with what to do


def test_an_unknown_required_argument_is_named() -> None:
    def blur(image: object, *, wobble: float) -> None: ...

    with pytest.raises(LookupError, match=r"blur requires 'wobble'.*declare an example.*imgproc\._inventory\.EXAMPLES"):
        example_call(blur, example_image("uint8", (9, 7)))
    assert "wobble" not in EXAMPLES


# --- docstrings -------------------------------------------------------------------------------------------------------


@every_function
def test_documented_parameters_are_the_signature(name: str) -> None:
    documented = [
        one.strip().lstrip("*")
        for names, _, _ in entries(sections(name).get("Parameters", ""))
        for one in names.split(",")
    ]
    assert documented == [parameter.name for parameter in parameters(name)]


@every_function
def test_every_parameter_has_a_type_and_a_description(name: str) -> None:
    for names, kind, body in entries(sections(name).get("Parameters", "")):
        assert kind, f"{names} has no type"
        assert body, f"{names} has no description"


@every_function
def test_docstring_has_a_summary_and_returns(name: str) -> None:
    parts = sections(name)
    summary = parts[""].partition("\n\n")[0]
    assert re.fullmatch(r"\S.*[.:]", summary, re.DOTALL), f"no summary sentence: {summary!r}"
    if inspect.signature(FUNCTIONS[name]).return_annotation not in (None, "None"):
        assert entries(parts["Returns"])[0][2], "Returns says nothing"


@every_function
def test_docstring_says_what_is_raised(name: str) -> None:
    if not parameters(name):
        return
    raised = entries(sections(name)["Raises"])
    assert raised
    for kinds, _, body in raised:
        assert re.fullmatch(r"\w*(Error|Exception)(, \w*(Error|Exception))*", kinds), kinds
        assert body, f"{kinds}: when?"


@every_function
def test_docstring_sections_are_known_and_in_order(name: str) -> None:
    order = ["", "Parameters", "Returns", "Yields", "Raises", "Warns", "See Also", "Notes", "References", "Examples"]
    found = list(sections(name))
    assert found == [heading for heading in order if heading in found]


# --- sources ----------------------------------------------------------------------------------------------------------


def test_import_is_cheap(run_python: Callable[..., str]) -> None:
    """No clock here: what costs time at import are these."""
    code = """
import sys
import imgproc
loaded = {"numba", "llvmlite", "cv2", "skimage", "scipy", "sklearn", "PIL", "jinja2", "tqdm", "matplotlib", "torch"}
loaded |= {"multiprocessing", "asyncio", "importlib.metadata"}
print(sorted(loaded & set(sys.modules)))
"""
    assert run_python(code) == "[]"


INITS = [
    file
    for file in SOURCES
    if file.name == "__init__.py" and not any(part.startswith("_") for part in file.relative_to(ROOT).parts[:-1])
]
"""Of the packages that are public."""


@pytest.mark.parametrize("file", INITS, ids=lambda f: f.parent.name)
def test_init_has_only_imports_and_a_docstring_and_publishes(file: Path) -> None:
    docstring, *statements, last = ast.parse(file.read_text()).body
    assert isinstance(docstring, ast.Expr)
    # The packages' own imports make many objects, which the garbage collector need not search.
    resting = [each for each in statements if isinstance(each, ast.With)]
    assert all(ast.unparse(item) == "_collector_at_rest()" for each in resting for item in each.items)
    statements = [each for each in statements if each not in resting] + [each for one in resting for each in one.body]
    for statement in statements:
        assert isinstance(statement, ast.ImportFrom), f"line {statement.lineno}"
        assert statement.level >= 1, f"line {statement.lineno}: only our own modules"
    assert ast.unparse(last).startswith("_publish(globals()")


@pytest.mark.parametrize("file", [file for file in SOURCES if file.name != "jit.py"], ids=lambda f: f.stem)
def test_numba_options_stand_in_jit_only(file: Path) -> None:
    """The tree and not the text, so that a comment may speak of them."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword):
            assert node.arg not in ("parallel", "fastmath", "cache", "nogil", "error_model"), (
                f"line {node.value.lineno}"
            )
        if isinstance(node, ast.Name | ast.Attribute):
            named = node.id if isinstance(node, ast.Name) else node.attr
            assert named not in ("njit", "jit", "prange", "vectorize", "guvectorize", "stencil"), f"line {node.lineno}"


def test_jit_has_neither_parallel_nor_fastmath() -> None:
    keywords = [
        node.arg
        for node in ast.walk(ast.parse((ROOT / "_core" / "jit.py").read_text()))
        if isinstance(node, ast.keyword)
    ]
    assert not {"parallel", "fastmath"} & set(keywords)


@pytest.mark.parametrize("kernel", _jit.KERNELS, ids=lambda k: k.__name__)
def test_kernels_raise_and_assert_nothing(kernel: _jit.Kernel) -> None:
    tree = ast.parse(textwrap.dedent(inspect.getsource(kernel.function)))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Raise | ast.Assert | ast.Try), f"{kernel.__module__}, line {node.lineno}"


@pytest.mark.parametrize("file", SOURCES, ids=lambda f: f.stem)
def test_nothing_is_left_unfinished(file: Path) -> None:
    left = re.findall(r"\b(?:TODO|FIXME|XXX|HACK|NotImplementedError|breakpoint\(|pdb)\b", file.read_text())
    assert left == []

"""What the pages for developers name is there, their links lead somewhere, and their examples work."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import imgproc

ROOT = Path(__file__).parents[2]
PAGES = ("ARCHITECTURE.md", "CONTRIBUTING.md")
INSTALLED = Path(imgproc.__file__).parents[1]
"""Where the packages are; elsewhere than the pages, where the tests run without the sources."""
HOMES = {"imgproc": INSTALLED, "augment": INSTALLED, "gallery": INSTALLED, "tests": ROOT}
SOURCES = {path: path.relative_to(home) for name, home in HOMES.items() for path in (home / name).rglob("*.py")}
"""Files, and what the pages call them."""

OURS = r"(?:imgproc|augment|gallery|tests|\.ci)/[\w/.]*\w/?"
BARE = r"(?<![\w/.])\w+\.py\b"
"""A file that is named without its folder."""

ELSEWHERE = {
    *("print", "ymm", "zmm", "pip", "nojit"),
    *("NAME", "NUMBA_DISABLE_JIT", "NUMBA_BOUNDSCHECK", "XDG_CACHE_HOME"),
    *("inspect_asm", "some_kernel", "SOME_OPERATION"),
}
"""Words in code type that are not names of ours."""


def text(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def examples(page: str) -> dict[str, str]:
    """The blocks of Python that say in their first line which file they are."""
    return dict(re.findall(rf"^```python\n# ({OURS})\n(.*?)^```$", text(page), re.MULTILINE | re.DOTALL))


def prose(page: str) -> str:
    """The page without the blocks that show a whole file."""
    return re.sub(r"^```python\n# .*?^```$", "", text(page), flags=re.MULTILINE | re.DOTALL)


def names_in_code() -> set[str]:
    """Whatever the sources define, pass or assign."""
    found = {part for path in SOURCES.values() for part in path.with_suffix("").parts}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            found.update(_defined(node))
    return found


def _defined(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg | ast.keyword) and node.arg:
        yield node.arg
    elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
        yield node.attr


@pytest.mark.parametrize("page", PAGES)
def test_paths_that_a_page_names_exist(page: str) -> None:
    known, shown = {path.name for path in SOURCES}, examples("CONTRIBUTING.md")
    paths = [path for path in re.findall(rf"(?<![\w/]){OURS}", prose(page)) if path not in shown]
    assert len(paths) > 10
    assert not [path for path in paths if not (HOMES.get(path.partition("/")[0], ROOT) / path).exists()]
    assert not [name for name in re.findall(BARE, prose(page)) if name not in known]


@pytest.mark.parametrize(
    "page", ("README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")), *PAGES)
)
def test_links_lead_to_files(page: str) -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text(page)) if "://" not in link]
    assert links or page.startswith("docs/")
    assert not [link for link in links if not ((ROOT / page).parent / link).exists()]


@pytest.mark.parametrize("page", PAGES)
def test_names_in_code_type_exist(page: str) -> None:
    known = names_in_code() | ELSEWHERE | {name for shown in examples(page).values() for name in _all_names(shown)}
    found = re.findall(r"`@?([A-Za-z_][\w.]*)(?:\([^`]*\))?`", prose(page))
    # In the diagram names stand in the first column.
    found += re.findall(r"^[ │├└─]*([A-Za-z]\w*\.\w+|[a-z]\w+_\w+) {2,}", prose(page), re.MULTILINE)
    names = [part for name in found if not name.endswith((".py", ".md")) for part in name.split(".") if part]
    assert len(names) > 20
    assert not sorted({name for name in names if name not in known})


def _all_names(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        yield from _defined(node)


def test_the_examples_work(run_python: Callable[..., str]) -> None:
    """A filter, a pixel operation and a transform, each put where the page says."""
    shown = examples("CONTRIBUTING.md")
    assert len(shown) == 3
    program = f"""
import sys, types
import numpy as np
import scipy.ndimage
import augment, imgproc
from tests.helpers.machine import pixel, run

made = {{}}
for path, source in {shown!r}.items():
    name = path.removesuffix(".py").replace("/", ".")
    made[name.rpartition(".")[2]] = module = sys.modules[name] = types.ModuleType(name)
    module.__package__ = name.rpartition(".")[0]
    exec(compile(source, path, "exec"), vars(module))
image = np.random.default_rng(0).integers(0, 256, (19, 23), np.uint8)
window = (5, 5)
expected = scipy.ndimage.maximum_filter(image, window) - scipy.ndimage.minimum_filter(image, window)
assert (made["_range"].local_range(image, radius=2) == expected).all()
assert (run(image, [pixel.limit(0.2, 0.6)]) == image.clip(51, 153)).all()
chain = augment.Compose([made["_limit"].Limit(low=(0.2, 0.2), high=(0.6, 0.6), p=1.0)])
assert (chain(image=image, key=0)["image"] == image.clip(51, 153)).all()
print("done")
"""
    assert run_python(program) == "done"


def test_no_merge_was_left_half_done() -> None:
    """Marks of conflicts, or the same thing told twice, in what is written for people."""
    pages = [path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")) if path.is_file()]
    assert pages
    for path in pages:
        marks = re.findall(r"^(?:<<<<<<<|=======$|>>>>>>>|>>$).*", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not marks, (path.name, marks)


def test_the_changelog_says_nothing_twice() -> None:
    for part in re.split(r"^## ", text("CHANGELOG.md"), flags=re.MULTILINE)[1:]:
        begun = [line[:60] for line in part.splitlines() if line.startswith("* ")]
        assert not {line for line in begun if begun.count(line) > 1}

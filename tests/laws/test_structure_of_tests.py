"""Private modules are reached by few test files, so that moving one breaks few of them.

Tests stand on public names.  What they need of the inside comes from `tests/helpers`, which names each private module
once; oracles may use it, too.  A file that must name private modules itself, as it tests just these, is in `ALLOWED`.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ALLOWED = {
    "augment/test_anchors.py",
    "augment/test_mix.py",
    "augment/test_mix_targets.py",
    "augment/test_new_target.py",
    "augment/test_recorded.py",
    "augment/test_targets.py",
    "augment/test_targets_moved.py",
    "gallery/test_gallery.py",
    "gallery/test_gallery_augment.py",
    "gallery/test_gallery_balance.py",
    "gallery/test_inpaint_gallery.py",
    "imgproc/test_color.py",
    "imgproc/test_database.py",
    "imgproc/test_io.py",
    "imgproc/test_jit.py",
    "imgproc/test_jit_processes.py",
    "imgproc/test_notice.py",
    "imgproc/test_quick.py",
    "imgproc/test_scene.py",
    "imgproc/test_scenes_command.py",
    "imgproc/test_shipped.py",
    "imgproc/test_transform.py",
    "laws/test_api.py",
    "laws/test_check.py",
    "laws/test_laws.py",
    "laws/test_threads.py",
}
PACKAGES = "(?:imgproc|augment|gallery)"
PRIVATE = re.compile(rf"\b{PACKAGES}(?:\.\w+)*\._[a-z]\w*|\bfrom {PACKAGES}\S* import _[a-z]")
"""A dotted name with a private part; names like ``__main__`` are public."""


def files() -> dict[str, Path]:
    return {path.relative_to(TESTS).as_posix(): path for path in sorted(TESTS.rglob("test_*.py"))}


def private_names(path: Path) -> list[str]:
    """What a file imports of private modules, itself or in a program that it starts, and what it patches by name."""
    found = []
    tree = ast.parse(path.read_text())
    prose = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [m.group() for alias in node.names if (m := PRIVATE.search(alias.name))]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [m.group() for alias in node.names if (m := PRIVATE.search(f"{node.module}.{alias.name}"))]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            found += [m.group() for m in PRIVATE.finditer(node.value)]
    return found


@pytest.mark.parametrize("name", files())
def test_private_modules_are_reached_through_helpers(name: str) -> None:
    found = private_names(files()[name])
    if name in ALLOWED:
        assert found, f"{name} names no private module any more: take it out of ALLOWED"
    else:
        assert not found, f"import it in tests/helpers, or use a public name: {', '.join(sorted(set(found)))}"


def test_few_files_may_name_private_modules() -> None:
    assert set(files()) >= ALLOWED
    assert 3 * len(ALLOWED) < len(files())

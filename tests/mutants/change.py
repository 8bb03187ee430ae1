"""Where a source can be changed, and how."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PACKAGES = ("imgproc", "augment")

WITHOUT = {
    "_core/numba_quick.py": "makes compiling quicker, nothing else",
    "_core/numba_typing.py": "makes compiling quicker, nothing else",
    "_core/borrowing.py": "makes compiling quicker, nothing else",
    "_core/numba_inside.py": "makes compiling quicker, nothing else",
    "_core/memory.py": "keeps memory, nothing else",
    "_core/needed.py": "words for missing packages",
    "_build_kernels.py": "takes minutes",
    "_warm": "examples for compiling early",
    "_inventory.py": "examples for the laws",
    "/onnx.py": "needs a model",
}
"""Parts of names of files that are left out, with the reason."""

_COMPARISONS = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.In: ("in", "not in"), ast.NotIn: ("not in", "in"),
    ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"),
}  # fmt: skip
_SUMS = {ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*")}
_CALLS = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "floor": "ceil", "ceil": "floor"}
_DROPPED = ("rint", "abs", "sorted", "sqrt", "round")


class Change(NamedTuple):
    """A piece of a source, and what takes its place."""

    file: str
    line: int
    start: int
    end: int
    before: str
    after: str

    def apply(self, text: str) -> str:
        """The changed source."""
        assert text[self.start : self.end] == self.before
        return text[: self.start] + self.after + text[self.end :]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before!r} -> {self.after!r}"


class _Finder(ast.NodeVisitor):
    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        self.found: list[Change] = []
        self.starts = [0]
        # ast counts columns in bytes of UTF-8.
        self.lines = text.splitlines(keepends=True)
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line))

    def place(self, line: int, column: int) -> int:
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self.place(node.lineno, node.col_offset), self.place(node.end_lineno, node.end_col_offset)

    def add(self, node: ast.expr | ast.stmt, start: int, end: int, after: str) -> None:
        self.found.append(Change(self.file, node.lineno, start, end, self.text[start:end], after))

    def between(self, node: ast.expr, left: ast.expr, right: ast.expr, before: str, after: str) -> None:
        start, end = self.span(left)[1], self.span(right)[0]
        at = self.text.find(before, start, end)
        if at >= 0 and "#" not in self.text[start:end]:
            self.add(node, at, at + len(before), after)

    # What says nothing about behaviour is not looked into.
    def visit_Raise(self, node: ast.Raise) -> None: ...
    def visit_Assert(self, node: ast.Assert) -> None: ...
    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_Module(self, node: ast.Module) -> None:
        # Nor rows of the speed table and examples for the gallery, which stand beside a function in its declaration.
        declared = {
            each.id
            for statement in node.body
            if isinstance(statement, ast.Expr) and ast.unparse(statement).startswith("declare(")
            for keyword in ast.walk(statement)
            if isinstance(keyword, ast.keyword)
            for each in ast.walk(keyword.value)
            if isinstance(each, ast.Name) and each.id.startswith("_")
        }
        for statement in node.body:
            if not (isinstance(statement, ast.FunctionDef) and statement.name in declared):
                self.visit(statement)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for each in [*node.args.defaults, *node.args.kw_defaults]:
            if each is not None:
                self.visit(each)
        for statement in node.body:
            self.visit(statement)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_If(self, node: ast.If) -> None:
        if "TYPE_CHECKING" not in ast.unparse(node.test):
            self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> None:
        if isinstance(node.value, ast.Call):
            name = ast.unparse(node.value.func)
            if name.startswith("declare"):
                return
            if node.col_offset:
                self.add(node, *self.span(node), "pass")
            self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not any(isinstance(t, ast.Name) and t.id.startswith("__") for t in node.targets):
            self.visit(node.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        if len(node.ops) == 1:
            self.between(node, node.left, node.comparators[0], *_COMPARISONS[type(node.ops[0])])
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        # `x if x > a else a`: at equality both are the same.
        test = node.test
        if isinstance(test, ast.Compare) and len(test.ops) == 1:
            compared = {ast.unparse(test.left), ast.unparse(test.comparators[0])}
            if compared == {ast.unparse(node.body), ast.unparse(node.orelse)}:
                return
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        texts = any(
            isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and isinstance(each.value, (str, bytes)))
            for each in ast.walk(node)
        )
        if type(node.op) in _SUMS and not texts:
            self.between(node, node.left, node.right, *_SUMS[type(node.op)])
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        before, after = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
        self.between(node, node.values[0], node.values[1], before, after)
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not):
            start, end = self.span(node)
            self.add(node, start, end, "(" + self.text[slice(*self.span(node.operand))] + ")")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, bool):
            after = str(not node.value)
        elif isinstance(node.value, int):
            after = str(node.value + 1)
        elif isinstance(node.value, float):
            after = repr(node.value * 2 if node.value else 1.0)
        else:
            return
        self.add(node, *self.span(node), after)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None: ...

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg != "pixels":  # how much work there is says how many threads share it, and nothing else
            self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in _CALLS:
            end = self.span(node.func)[1]
            self.add(node, end - len(name), end, _CALLS[name])
        elif name in _DROPPED and len(node.args) == 1 and not node.keywords:
            start, end = self.span(node)
            self.add(node, start, end, "(" + self.text[slice(*self.span(node.args[0]))] + ")")
        self.generic_visit(node)


def changes(file: str, text: str) -> list[Change]:
    """All changes of a source."""
    finder = _Finder(file, text)
    finder.visit(ast.parse(text))
    return [each for each in finder.found if each.before != each.after]


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def sources(root: Path) -> Iterator[str]:
    """The files that are changed, from the root of the project."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            name = path.relative_to(root).as_posix()
            if path.name not in ("__init__.py", "__main__.py") and not any(part in name for part in WITHOUT):
                yield name


def sample(root: Path, count: int, seed: int, only: str = "") -> list[Change]:
    """So many changes at random: a source is drawn by its length, then one of its changes."""
    rng = random.Random(seed)
    texts = {name: (root / name).read_text() for name in sources(root) if only in name}
    found: list[Change] = []
    while len(found) < count:
        name = rng.choices(list(texts), [len(text) for text in texts.values()])[0]
        possible = changes(name, texts[name])
        change = rng.choice(possible) if possible else None
        if change and change not in found and _parses(change.apply(texts[name])):
            found.append(change)
    return found

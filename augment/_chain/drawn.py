"""What a record may say of the numbers that a transform has drawn: rules, by which records from outside are checked.

A record is not trusted: it may have been written by hand, by another version, or for an image of another size.  It may
say what the transform itself could have drawn for the frame at hand, and nothing else.  So what constructors check
holds for it, too, and no index or size that it names lies outside of the image.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

from imgproc._core.check import flag, integer, one_of, real

Rule = Callable[[Any, str], Any]
"""``rule(value, name)``: the value in its canonical form, or a TypeError or ValueError that names it."""

_MOST = 1 << 20
_ROUNDING = 1e-9
"""By so much of itself may a number exceed a range: it may be the rounded power of a uniform number."""


def number(at_least: float | None = None, at_most: float | None = None) -> Rule:
    """A finite number within bounds."""
    return lambda value, name: real(value, name, at_least=at_least, at_most=at_most)


def whole(at_least: int | None = None, at_most: int | None = None) -> Rule:
    """An integer within bounds."""
    return lambda value, name: integer(value, name, at_least=at_least, at_most=at_most)


SHARE = number(0, 1)
"""A part of a whole."""
STREAM = whole(0, (1 << 52) - 1)
"""The name of a stream of numbers, as `Draws.stream` gives it."""
_STREAMS = ("stream", "pixels")


def word(*allowed: str) -> Rule:
    """One of some strings."""
    return lambda value, name: one_of(value, name, allowed)


def row(*rules: Rule) -> Rule:
    """A list with just these entries."""

    def check(value: Any, name: str) -> list[Any]:
        _check_list(value, name, len(rules), len(rules))
        return [rule(entry, f"{name}[{i}]") for i, (rule, entry) in enumerate(zip(rules, value))]

    return check


def several(rule: Rule, fewest: int, most: int | None = None) -> Rule:
    """A list of so many entries of one kind; `most` is `fewest` if it is left out."""

    def check(value: Any, name: str) -> list[Any]:
        _check_list(value, name, fewest, fewest if most is None else most)
        return [rule(entry, f"{name}[{i}]") for i, entry in enumerate(value)]

    return check


def ascending(rule: Rule) -> Rule:
    """What another rule allows, in ascending order."""

    def check(value: Any, name: str) -> list[Any]:
        found: list[Any] = rule(value, name)
        if any(a > b for a, b in itertools.pairwise(found)):
            raise ValueError(f"{name} must be in ascending order, got {found!r:.60}")
        return found

    return check


def different(count: int, fewest: int, most: int) -> Rule:
    """A list of different integers below `count`."""

    def check(value: Any, name: str) -> list[int]:
        found: list[int] = several(whole(0, count - 1), fewest, most)(value, name)
        if len(set(found)) < len(found):
            raise ValueError(f"{name} must be different numbers, got {found!r:.60}")
        return found

    return check


def order(count: int) -> Rule:
    """A list of all integers below `count`, in any order."""
    return different(count, count, count)


def rectangle(height: int, width: int) -> Rule:
    """(y0, x0, y1, x1) of at least one pixel within an image of this size."""
    corners = row(whole(0, height - 1), whole(0, width - 1), whole(1, height), whole(1, width))

    def check(value: Any, name: str) -> list[int]:
        found: list[int] = corners(value, name)
        if not (found[0] < found[2] and found[1] < found[3]):
            raise ValueError(f"{name} must be (y0, x0, y1, x1) with y0 < y1 and x0 < x1, got {found}")
        return found

    return check


def within(low: Any, high: Any) -> Rule:
    """A number of a range, an integer if its ends are integers."""
    if type(low) is int and type(high) is int:
        return whole(low, high)
    slack = _ROUNDING * max(abs(low), abs(high))

    def check(value: Any, name: str) -> float:
        found = real(value, name)
        if not low - slack <= found <= high + slack:
            raise ValueError(f"{name} must lie in the range of the transform, {(low, high)}, got {found}")
        return found

    return check


def usual(transform: Any, name: str, like: Any) -> Rule:
    """The rule of a parameter of which a transform says nothing itself.

    It lies in the range of the transform's field of the same name, if there is one.  Otherwise it is of the kind of
    `like`, which was drawn.
    """
    if name in _STREAMS:
        return STREAM
    pair = getattr(transform, name, None)
    single = isinstance(like, (int, float)) and not isinstance(like, bool)
    if single and isinstance(pair, tuple) and len(pair) == 2 and all(isinstance(v, (int, float)) for v in pair):
        return within(*pair)
    return alike(like)


def alike(like: Any) -> Rule:
    """What is of the kind of something that was drawn."""
    if isinstance(like, bool):
        return flag
    if isinstance(like, int):
        return whole()
    if isinstance(like, float):
        return number()
    if isinstance(like, (list, tuple)):
        if len({type(entry) for entry in like}) > 1:
            return row(*(alike(entry) for entry in like))
        return several(alike(like[0]) if like else lambda entry, _: entry, 0, _MOST)  # maybe as many as were drawn

    def check(value: Any, name: str) -> Any:
        if not isinstance(value, type(like)):
            raise TypeError(f"{name} must be a {type(like).__name__}, got {value!r:.60}")
        return value

    return check


def checked(params: Any, like: dict[str, Any], rules: dict[str, Rule], transform: Any) -> dict[str, Any]:
    """Parameters out of a record, in their canonical form.

    Parameters
    ----------
    params
        What the record says.
    like : dict
        What the transform draws for the frame at hand: it says which parameters there are.
    rules : dict
        Those of the transform itself.
    transform : Transform
    """
    if not isinstance(params, dict):
        raise TypeError(f"params must be a dict, got {type(params).__name__}")
    if params.keys() != like.keys():
        raise ValueError(f"params must have {_names(like)}, got {_names(params)}")
    return {
        name: (rules[name] if name in rules else usual(transform, name, value))(params[name], name)
        for name, value in like.items()
    }


def _names(values: Sequence[Any] | dict[Any, Any]) -> str:
    return ", ".join(repr(name) for name in sorted(map(str, values)))[:200] or "nothing"


def _check_list(value: Any, name: str, fewest: int, most: int) -> None:
    if not isinstance(value, (list, tuple)):
        raise TypeError(f"{name} must be a list, got {value!r:.60}")
    if not fewest <= len(value) <= most:
        wanted = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise ValueError(f"{name} must have {wanted} entries, got {len(value)}")

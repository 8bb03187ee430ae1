"""Arguments that a transform does not have: which of its parameters is meant."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any, NoReturn

from imgproc._core.publish import closest

from .._peers import KEYWORDS, METHODS, TARGETS


def refuse_arguments(kind: type, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """Raise TypeError for the arguments of a transform that no parameter takes, and name the one that is meant.

    A class with a constructor of its own may take what is no field.
    """
    parameters = inspect.signature(kind.__init__).parameters.values()  # type: ignore[misc]
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return
    known = sorted([parameter.name for parameter in parameters][1:], key="p".__eq__)
    who = kind.__name__
    if "__dataclass_params__" not in vars(kind) and not kwargs.keys().isdisjoint(inspect.get_annotations(kind)):
        raise TypeError(f"{who} is no dataclass yet: write @dataclasses.dataclass(frozen=True, kw_only=True) above it")
    for name in kwargs:
        if name not in known:
            raise TypeError(f"{who} has no parameter {name!r}{_meant(name, known)}")
    own = list(parameters)[1:]
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in own):
        return
    positional = [parameter.name for parameter in own if parameter.kind is not parameter.KEYWORD_ONLY]
    if len(args) > len(positional):
        names = ", ".join(f"{name}=" + " (which may do without)" * (name in positional) for name in known)
        raise TypeError(f"{who} takes its parameters by name, {names}, got {len(args)} without one")


def refuse_unnamed(who: str, unnamed: tuple[Any, ...]) -> NoReturn:
    """Raise TypeError for a sample without names, as other libraries take it."""
    kinds = ", ".join(type(value).__name__ for value in unnamed)
    raise TypeError(
        f"a call of {who} must name what it gets, as in transformed = chain(image=image, mask=mask)['image'], got "
        f"{len(unnamed)} without a name: {kinds:.60}"
    )


def refuse_method(who: str, name: str) -> None:
    """Raise AttributeError for what an object of another library has, and say how that is done here."""
    if name in METHODS:
        raise AttributeError(f"{who} has no {name}: what other libraries do by it is {METHODS[name]} here")


def unknown_target(name: str, table: Iterable[str]) -> TypeError:
    """The error for a part of a sample that a chain does not know."""
    known = list(table)
    message = f"unknown target {name!r}: this chain knows {', '.join(map(repr, known))}"
    ours = TARGETS.get(name)
    if ours in known:
        return TypeError(f"{message}; what other libraries call {name} is {ours}= here")
    return TypeError(
        f"{message}; more are declared by box_fields=, keypoint_fields=, polygon_fields=, image_names=, mask_names= "
        f"and float_names= of Compose, such as box_fields=({name!r},), and extra_names=({name!r},) lets it pass "
        "through as it is"
    )


def _meant(name: str, known: list[str]) -> str:
    """The end of the message."""
    ours = [other for other in KEYWORDS.get(name, ()) if other in known]
    if ours:
        return f": what other libraries call {name} is {', '.join(f'{other}=' for other in ours)} here"
    close = closest(name, known)
    return f": did you mean {close}=?" if close else f": it has {', '.join(known)}"

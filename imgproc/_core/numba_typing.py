"""What makes Numba infer the types of our kernels quicker, see `numba_quick`.

* An attribute, such as ``a.shape`` or ``np.floor``, is looked up once for each type.  Numba tries one template after
  another, each time that it comes to a statement; and it comes to each several times.
* Warnings are caught once for all statements of a function, not for each anew.
* What an error message would say of its place costs little while there is no error.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any, NamedTuple


class Replacement(NamedTuple):
    """Something of Numba, and what stands for it for a while."""

    owner: Any
    """A class or a module of Numba."""
    name: str
    """The name of something in it."""
    quick: Any
    """What stands for it."""


def attributes() -> Replacement:
    """Remember which template knows an attribute of data or of a module, and of what type it is."""
    from numba.core import types
    from numba.core.typing.context import BaseContext

    search = BaseContext.__dict__["find_matching_getattr_template"]
    holders = (types.Array, types.BaseTuple, types.Module)

    def find_matching_getattr_template(self: Any, typ: Any, attr: str) -> Any:
        if not isinstance(typ, holders):
            return search(self, typ, attr)
        seen = self.__dict__.setdefault("_imgproc_attributes", {})
        found = seen.get((typ, attr))
        if found is None:
            found = search(self, typ, attr)
            # Methods have a type for each call, so they are looked up anew.
            if found and (isinstance(typ, types.Module) or not isinstance(found["return_type"], types.Callable)):
                seen[typ, attr] = found
        return found

    return Replacement(BaseContext, "find_matching_getattr_template", find_matching_getattr_template)


def constraints() -> Replacement:
    """Catch warnings once for all constraints of a function."""
    from numba.core import utils
    from numba.core.errors import ForceLiteralArg, TypingError
    from numba.core.typeinfer import ConstraintNetwork

    if not callable(ConstraintNetwork.__dict__["propagate"]):
        raise TypeError("Numba propagates types in another way")

    def propagate(self: Any, typeinfer: Any) -> list[Any]:
        errors: list[Any] = []
        others: list[Any] = []
        fixer = typeinfer.warnings
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", fixer._category)
            for constraint in self.constraints:
                try:
                    constraint(typeinfer)
                except ForceLiteralArg as error:
                    errors.append(error)
                except TypingError as error:
                    made = TypingError(str(error), loc=constraint.loc, highlighting=False)
                    errors.append(utils.chain_exception(made, error))
                for each in caught:
                    if issubclass(each.category, fixer._category):
                        place = constraint.loc.filename, constraint.loc.line, each.category
                        fixer._warnings[place].add(str(each.message))
                    else:
                        others.append(each)
                caught.clear()
        for each in others:
            warnings.warn_explicit(str(each.message), each.category, each.filename, each.lineno)
        return errors

    return Replacement(ConstraintNetwork, "propagate", propagate)


def places_in_typing() -> Replacement:
    """Say where an error is only if there is one."""
    from numba.core import typeinfer

    return Replacement(typeinfer, "new_error_context", _told_if_needed(typeinfer.__dict__["new_error_context"]))


def places_in_lowering() -> Replacement:
    """The same where functions are written for LLVM."""
    from numba.core import lowering

    return Replacement(lowering, "new_error_context", _told_if_needed(lowering.__dict__["new_error_context"]))


def _told_if_needed(context: Callable[..., Any]) -> Any:
    class Told:
        """Enters Numba's own context when an error leaves."""

        __slots__ = ("args", "words")

        def __init__(self, *args: Any, **words: Any) -> None:
            self.args, self.words = args, words

        def __enter__(self) -> None:
            """Nothing can have happened yet."""

        def __exit__(self, kind: Any, error: Any, trace: Any) -> bool | None:
            if kind is None:
                return None
            own = context(*self.args, **self.words)
            own.__enter__()
            return bool(own.__exit__(kind, error, trace))

    return Told

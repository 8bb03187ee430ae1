"""Chains as recipes: plain data, JSON and YAML, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Self, cast

from imgproc._core.needed import needed

from .serialize import VERSION, check_allow, check_size, check_version, from_plain, from_text, from_yaml_text, to_plain
from .transform import Transform


class Recipes:
    """What a chain has for writing itself down and for being read."""

    def to_dict(self) -> dict[str, Any]:
        """The chain as plain data, with a version: a recipe for `from_dict`, JSON or YAML."""
        return {"version": VERSION, **to_plain(cast(Transform, self))}

    @classmethod
    def from_dict(cls, recipe: dict[str, Any], *, allow: Iterable[str | ModuleType] = ()) -> Self:
        """The chain of a recipe.

        Parameters
        ----------
        recipe : dict
            From `to_dict`.
        allow : sequence of str or module
            Modules whose functions the recipe may name for `Lambda`; a package stands for all below it.  A recipe that
            names another one is refused, before anything is imported.

        Raises
        ------
        TypeError, ValueError
            If it is no recipe, of a newer version, names a transform or a field that is not there, or holds more than a
            million values or 100 levels.
        """
        check_size(recipe)
        check_version(recipe)
        made = from_plain(recipe, allow=check_allow(allow))
        if not isinstance(made, cls):
            raise ValueError(f"recipe must be of a {cls.__name__}, got {type(made).__name__}")
        return made

    def to_json(self, **options: Any) -> str:
        """The recipe as JSON; `options` go to `json.dumps`."""
        return json.dumps(self.to_dict(), **options)

    @classmethod
    def from_json(cls, text: str, *, allow: Iterable[str | ModuleType] = ()) -> Self:
        """The chain of a recipe in JSON; `allow` as in `from_dict`."""
        return cls.from_dict(from_text(text), allow=allow)

    def to_yaml(self) -> str:
        """The recipe as YAML."""
        with needed("yaml"):
            import yaml

        return yaml.safe_dump(self.to_dict(), sort_keys=False)

    @classmethod
    def from_yaml(cls, text: str, *, allow: Iterable[str | ModuleType] = ()) -> Self:
        """The chain of a recipe in YAML; `allow` as in `from_dict`."""
        return cls.from_dict(from_yaml_text(text), allow=allow)

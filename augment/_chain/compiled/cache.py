"""The compiled chains of a chain: one for each kind of image that has come several times."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._core.threads import stays_serial
from imgproc._scanline import Stage

from ..sample import Rules
from ..tree import Plan
from .chain import CompiledChain, FixedChain
from .compile import record


class CompiledChains:
    """The recipes of a chain: for each kind of image that has come several times."""

    BEFORE = 4
    """Images of a kind that go the ordinary way: recording takes as long as tens of them."""
    MOST = 256
    """Kinds that are remembered."""

    def __init__(self, plan: Plan, seed: int, rules: Rules) -> None:
        self._plan, self._seed, self._rules = plan, seed, rules
        self._found: dict[Any, CompiledChain | FixedChain | int | None] = {}

    def find(self, shape: tuple[int, ...], dtype: np.dtype, times: int = 1) -> CompiledChain | FixedChain | None:
        """The recipe for images of a shape and dtype that come so many times now, or None."""
        found = self._found.get((shape, dtype), 0)
        if type(found) is not int:
            return found
        if found + times <= self.BEFORE:
            if found or len(self._found) < self.MOST:
                self._found[shape, dtype] = found + times
            return None
        self._found[shape, dtype] = recipe = record(self._plan, self._seed, self._rules, shape, dtype)
        return recipe

    def run(self, image: Any, words: np.ndarray, out: np.ndarray | None) -> np.ndarray | None:
        """One image, or None if it has to go the ordinary way."""
        if type(image) is not np.ndarray:
            return None
        recipe = self.find(image.shape, image.dtype)
        if recipe is None or recipe.large or not (recipe.moves or stays_serial(image.size)):
            return None
        return self._tried(recipe, image, words, out)

    def run_with_maps(
        self, image: np.ndarray, words: np.ndarray, out: np.ndarray | None
    ) -> tuple[np.ndarray, list[Stage]] | None:
        """One image and what its geometry was, or None if it has to go the ordinary way."""
        recipe = self.find(image.shape, image.dtype)
        if type(recipe) is not CompiledChain or not recipe.follows or recipe.large or not stays_serial(image.size):
            return None
        result = self._tried(recipe, image, words, out)
        return None if result is None else (result, recipe.drawn_maps())

    def _tried(
        self, recipe: CompiledChain | FixedChain, image: np.ndarray, words: np.ndarray, out: np.ndarray | None
    ) -> np.ndarray | None:
        result = recipe.run(image, words, out)
        recipe.tries += 1
        if result is None:
            recipe.misses += 1
            if recipe.misses > self.BEFORE and 2 * recipe.misses > recipe.tries:  # not worth trying
                self._found[image.shape, image.dtype] = None
        return result


Recipe, Recipes, Fixed = CompiledChain, CompiledChains, FixedChain

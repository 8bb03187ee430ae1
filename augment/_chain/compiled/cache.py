"""The compiled chains of a chain: one for each kind of image that has come several times.

One serves images of any size, if what transforms do with the size can be recorded; otherwise there is one for each
shape.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import DTYPES
from imgproc._core.hints import SIDE
from imgproc._core.planes import canonical
from imgproc._core.threads import run_all
from imgproc._core.unit_range import must_be_unit
from imgproc._scanline import usable

from ..keys import Key, key_words
from ..targets.base import Rules
from ..tree import Plan
from .chain import CompiledChain
from .compile import record
from .fixed import FixedChain

LARGEST_TOGETHER = 1 << 15
"""In batches, kernels move whole pixels of images of up to so many values.  OpenCV moves larger images faster."""


class CompiledChains:
    """Finds the compiled chain for an image, makes it when that pays, and runs it."""

    BEFORE = 4
    """So many images of a kind run stage by stage first, because compiling the chain takes as long as tens of them."""
    GIVEN_UP = 12
    """A compiled chain is given up after so many misses, if it nearly always misses."""
    MOST = 256
    """So many kinds are remembered."""

    def __init__(self, plan: Plan, seed: int, rules: Rules) -> None:
        self._plan, self._seed, self._rules = plan, seed, rules
        self._found: dict[Any, CompiledChain | FixedChain | int | bool | None] = {}
        """By shape and dtype; by what follows the size in the shape, and dtype, for images of any size.  Integers count
        images that have come; None says that there is no such compiled chain, False that there will be none."""

    def find(self, shape: tuple[int, ...], dtype: np.dtype, times: int = 1) -> CompiledChain | FixedChain | None:
        """The compiled chain for images of a shape and dtype, of which `times` more come now; None if there is none."""
        if len(shape) < 2:
            return None
        found = self._found.get((shape[2:], dtype), 0)
        if found is None:
            found = self._found.get((shape, dtype), 0)
            if type(found) is int:
                return self._record(shape, dtype, times, found, (shape, dtype), False)
        elif type(found) is int:
            return self._record(shape, dtype, times, found, (shape[2:], dtype), True)
        return found or None  # type: ignore[return-value]  # no int; isinstance, which mypy follows, takes twice as long

    def _record(
        self, shape: tuple[int, ...], dtype: np.dtype, times: int, before: int, key: Any, any_size: bool
    ) -> CompiledChain | FixedChain | None:
        """Count an image, or record the chain for images like it."""
        if dtype not in DTYPES or len(shape) > 3:
            return None
        if any_size and len(shape) == 3 and shape[2] >= SIDE:  # whether these are images, their sizes say, too
            self._found[key] = None
            return self._record(shape, dtype, times, before, (shape, dtype), False)
        if before + times <= self.BEFORE:
            if before or len(self._found) < self.MOST:
                self._found[key] = before + times
            return None
        self._found[key] = made = record(self._plan, self._seed, self._rules, shape, dtype, any_size)
        if made is None and any_size:
            return self._record(shape, dtype, times + before, 0, (shape, dtype), False)
        return made

    def ready(self, image: Any) -> CompiledChain | FixedChain | None:
        """The compiled chain of an image; None if there is none, or if the image must run stage by stage."""
        if type(image) is not np.ndarray:
            return None
        made = self.find(image.shape, image.dtype)
        if made is None or not made.suits(image.shape):
            return None
        if self._rules.unit:
            must_be_unit(image, who=self._rules.unit)
        return made

    def run(self, image: Any, words: np.ndarray, out: np.ndarray | None) -> np.ndarray | None:
        """Run one image; None if the compiled chain does not apply, and the caller must run stage by stage."""
        made = self.ready(image)
        return None if made is None else self.tried(made, image, words, out)

    def tried(
        self, made: CompiledChain | FixedChain, image: np.ndarray, words: np.ndarray, out: np.ndarray | None
    ) -> np.ndarray | None:
        """Run one image by what `ready` gave; None if nothing that was recorded fits the sample."""
        result = made.run(image, words, out)
        made.tries += 1
        if result is None:
            made.misses += 1
            assert isinstance(made, CompiledChain)
            self._missed(made, image, words)
        return result

    def _missed(self, made: CompiledChain, image: np.ndarray, words: np.ndarray) -> None:
        """Give up a compiled chain that fails nearly always, or record it anew with samples that it lacks."""
        key = image.shape[2:] if made.any_size else image.shape, image.dtype
        if made.misses > self.GIVEN_UP and 10 * made.misses > 9 * made.tries:
            self._found[key] = False
            return
        if len(made.missed) < made.grows_at:
            made.missed.append((words.copy(), image.shape[:2]))
        if made.misses == made.grows_at:
            shape, dtype, any_size = image.shape, image.dtype, made.any_size
            more = record(self._plan, self._seed, self._rules, shape, dtype, any_size, made.missed)
            if isinstance(more, CompiledChain) and more.ways > made.ways:
                more.tries, more.misses, more.missed = made.tries, made.misses, made.missed
                more.grows_at = 4 * made.grows_at
                self._found[key] = more

    def run_many(
        self, images: np.ndarray, keys: Sequence[Key], out: np.ndarray | None, threads: int
    ) -> np.ndarray | None:
        """Run an array of images (n, ...), many in one kernel call; None if the compiled chain does not apply."""
        n = len(images)
        found = self.find(images.shape[1:], images.dtype, n)
        words = [key_words(key, "keys[i]") for key in keys]
        if not isinstance(found, CompiledChain) or len({len(w) for w in words}) > 1:
            return None
        sized = found.sized(images.shape[1:])
        if found.varies or not sized.possible or (found.moves and images[0].size > LARGEST_TOGETHER):
            return None
        shape = (n, *found.shape_of(sized.size))
        if out is None:
            out = np.empty(shape, found.target)
        elif not isinstance(out, np.ndarray) or not usable(out, shape, found.target):
            return None
        if self._rules.unit:
            for image in images:
                must_be_unit(image, who=self._rules.unit)
        array, images = np.array(words, np.uint64), canonical(images)
        size = -(-n // (4 * threads)) if threads > 1 else n
        parts = [(first, min(first + size, n)) for first in range(0, n, size)]

        def work(first: int, last: int) -> bool:
            return found.run_many(images, array, out, first, last) == last

        return out if all(run_all([functools.partial(work, *part) for part in parts], threads)) else None

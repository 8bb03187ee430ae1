"""A chain as it runs: the one way that a sample takes through it.  `Compose` is what users see of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import DTYPES, as_image, integer
from imgproc._core.formats import stored_as
from imgproc._core.unit_range import must_be_unit
from imgproc._scanline import usable

from .compiled.cache import CompiledChains
from .compiled.chain import CompiledChain
from .compiled.fixed import FixedChain
from .extras import Extras
from .keys import Key
from .mixture import LABEL, Labelled, Mixture
from .out import check_out
from .sample import Sample
from .state import Frame, SampleState, State, Step, frame_of, without_alpha
from .targets.base import Rules
from .targets.image import through_image
from .tree import Plan


class Chain:
    """A tree of transforms, the rules for targets, and a seed.

    `Compose`, batches, streams, records, `explain`, geometry and mixing stand on this class, and on nothing of each
    other.

    Parameters
    ----------
    plan : Plan
        The tree.
    rules : Rules
    seed : int
        64 bits, maybe with a sign.
    extras : Extras
        What of a sample passes through as it is.

    Raises
    ------
    ValueError
        If its transforms do not agree on the number of classes.
    """

    def __init__(self, plan: Plan, rules: Rules, seed: int, extras: Extras) -> None:
        self.extras = extras
        self.plan, self.rules, self.seed, self.mixes = plan, rules, seed & 0xFFFFFFFFFFFFFFFF, plan.mixes
        transforms = [node.transform for node in plan.nodes]
        self.relabels = any(transform.relabels for transform in transforms)
        self.scheduled = any(transform.is_scheduled() for transform in transforms)
        classes = {count for transform in transforms if (count := transform.classes()) is not None}
        if len(classes) > 1:
            raise ValueError(f"num_classes must be the same in all transforms that mix, got {sorted(classes)}")
        self.num_classes = classes.pop() if classes else None
        self.looks = any(transform.needs_boxes or transform.needs_mask for transform in transforms)
        """Whether any transform looks at targets when it draws."""
        self.compiled = CompiledChains(plan, self.seed, rules)

    def apply(
        self,
        given: dict[str, Any],
        words: np.ndarray,
        out: np.ndarray | None = None,
        donors: Any = None,
        record: list[dict[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Everything that a sample has, after the chain.

        Parameters
        ----------
        given : dict
            The targets of the sample by name, as the caller passed them.
        words : uint64 ndarray of shape (1, n)
            The key.
        out : ndarray, optional
            Gets the image.
        donors : indexable, optional
            For chains that mix.
        record : list of dict, optional
            Steps that were drawn before: they are done, whatever the key says.
        """
        if out is not None:
            check_out(out, given.values())
        labelled = self.relabels and LABEL in given and LABEL not in self.rules.table
        compiles = record is None and not self.mixes and not labelled and not self.rules.alpha
        first = given.get("image")
        if compiles and len(given) == 1:
            image = self.compiled.run(first, words, out)
            if image is None:
                image = self._alone(first, words, out)
            if image is not None:
                return {"image": image}
        if type(first) is np.ndarray and first.dtype.char == "e":
            return self._apply_half(given, words, out, donors, record)
        extra = self.extras.of(given, self.rules.table)
        if extra:
            given = {name: value for name, value in given.items() if name not in extra}
            return self.apply(given, words, out, donors, record) | extra
        state: SampleState
        if self.mixes:
            state = Mixture(given, self.rules, words, self.seed, donors, self.num_classes)
        elif labelled:
            state = Labelled(given, self.rules, self.num_classes)
        else:
            made = self.compiled.ready(first) if compiles and len(given) > 1 else None
            sample = Sample(given, self.rules, made is not None)
            if made is not None:
                done = self._compiled(sample, made, words, out)
                if done is not None:
                    return done
            state = SampleState(sample)
        if record is None:
            if state.further or state.current.kind not in self.plan.taken:
                self.plan.check(state)
            self.plan.take(words, self.seed, state)
        else:
            if self.mixes:  # mixing is work, and what comes after it is checked before
                self.plan.repeat(record, State(state.current, donors))
            self.plan.repeat(record, state)
        return state.close(out)

    def _alone(self, given: Any, words: np.ndarray, out: np.ndarray | None) -> np.ndarray | None:
        """An image that comes alone, stage by stage; None if it has to be looked at in all ways."""
        if type(given) is not np.ndarray or given.dtype not in DTYPES or self.looks:
            return None
        image = as_image(given)
        frame = frame_of(image.shape, image.dtype)
        if not image.size or frame.kind not in self.plan.taken:
            return None
        if self.rules.unit:
            must_be_unit(image, who=self.rules.unit)
        state = State(frame)
        self.plan.take(words, self.seed, state)
        return through_image(image, state.stages, self.rules, out)

    def _compiled(
        self, sample: Sample, made: CompiledChain | FixedChain, words: np.ndarray, out: np.ndarray | None
    ) -> dict[str, Any] | None:
        """Everything that a sample has after the chain; None if one of its images must run stage by stage."""
        image = self.compiled.tried(made, sample.image, words, out)
        if image is None:
            return None
        images, route = {"image": image}, made.route(sample.height, sample.width)
        if not sample.by_geometry:
            # The same draws of another image are what a chain of its own would draw.
            for name, value in sample.further():
                own = self.compiled.ready(value)
                further = None if own is None else self.compiled.tried(own, value, words, None)
                if further is None:
                    return None
                images[name] = further
        return sample.beside(images, route)

    def _apply_half(
        self, given: dict[str, Any], words: np.ndarray, out: np.ndarray | None, donors: Any, record: Any
    ) -> dict[str, Any]:
        """The same for an image of float16, which becomes float32 before all, and float16 after it."""
        result = self.apply({**given, "image": given["image"].astype(np.float32)}, words, None, donors, record)
        image = result["image"] if self.rules.dtype else stored_as(result["image"], np.dtype(np.float16))
        if out is not None:
            usable(out, image.shape, image.dtype)
            out[...] = image
        return {**result, "image": image if out is None else out}

    def apply_together(
        self, images: np.ndarray, keys: Sequence[Key], out: np.ndarray | None, threads: int
    ) -> np.ndarray | None:
        """An array of images (n, ...) that have nothing else; None if they must be applied one by one."""
        return None if self.mixes or self.rules.alpha else self.compiled.run_many(images, keys, out, threads)

    def frame(self, shape: Sequence[int], dtype: Any = np.uint8) -> Frame:
        """The frame that transforms see of an image of a shape that a caller gave."""
        frame = frame_of_shape(shape, dtype)
        return without_alpha(frame) if self.rules.alpha else frame

    def drawn(
        self,
        words: np.ndarray,
        shape: Sequence[int],
        dtype: Any = np.uint8,
        *,
        targets: dict[str, Any] | None = None,
        donors: Any = None,
        always: bool = False,
    ) -> tuple[list[Step], State]:
        """The steps that the chain would take with an image, and the state that they lead to.

        `targets` are those of the sample that transforms look at when they draw: boxes and masks.
        """
        frame = self.frame(shape, dtype)
        state = State(frame, donors, always=always)
        if targets:
            extra = self.extras.of(targets, self.rules.table)
            targets = {name: value for name, value in targets.items() if name not in extra}
        if targets or (self.looks and not always):
            blank = {**(targets or {}), "image": np.zeros(tuple(shape), frame.dtype)}
            rules = self.rules._replace(needed=())
            seen: SampleState
            if self.mixes:
                seen = Mixture(blank, rules, words, self.seed, donors, self.num_classes)
            else:
                seen = SampleState(Sample(blank, rules))
            seen.always, seen.partial = always, True
            state = seen if self.looks else state
        return self.plan.take(words, self.seed, state), state


def frame_of_shape(shape: Sequence[int], dtype: Any = np.uint8) -> Frame:
    """The frame of an image of a shape that a caller gave, checked."""
    if not isinstance(shape, (tuple, list)) or len(shape) not in (2, 3):
        raise TypeError(f"shape must be (h, w) or (h, w, c), got {shape!r}")
    return frame_of([integer(value, "shape[i]", at_least=1) for value in shape], np.dtype(dtype))

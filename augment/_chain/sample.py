"""A sample: the checked targets of one call, and how they go through stages together."""

from __future__ import annotations

from typing import Any

import numpy as np

from imgproc._scanline import RowsOnly, Stage

from .arguments import unknown_target
from .targets.base import Beside, Opened, Passage, Route, Rules, Target
from .targets.boxes import Boxes
from .targets.fields import Field, Weights, take
from .targets.image import FurtherImage
from .targets.instances import MASKS
from .targets.masks import through_mask
from .targets.path import path
from .targets.rows import parts


class Sample(Opened):
    """The targets of one call, checked.

    Parameters
    ----------
    given : dict
        What the caller passed, by name.
    rules : Rules
    known : bool
        Whether the image is known to be one: an array of a shape and dtype that were checked before.

    Raises
    ------
    TypeError, ValueError
        If a target is unknown, missing or wrong.
    """

    __slots__ = ("by_geometry", "image")

    by_geometry: bool
    """Whether the geometry of stages says all about what there is beside the image."""

    def __init__(self, given: dict[str, Any], rules: Rules, known: bool = False) -> None:
        table = rules.table
        if not known and not given.keys() <= table.keys():
            raise unknown_target(next(name for name in given if name not in table), table)
        if "image" not in given:
            raise TypeError("image is missing: pass chain(image=...)")
        self.given, self.rules, self.by_geometry = given, rules, True
        self.image: np.ndarray = given["image"] if known else table["image"].open(given["image"], self)
        self.height, self.width = self.image.shape[:2]
        self.opened = {"image": self.image}
        if len(given) > 1:
            self._open_others()

    def _open_others(self) -> None:
        table, given = self.rules.table, self.given
        opened: dict[str, Any] = {}
        self.opened = opened
        followers = []
        for name, value in given.items():
            target = table.get(name)
            if target is None:
                raise unknown_target(name, table)
            if name == "image":
                opened[name] = self.image
            elif target.of is None:
                opened[name] = target.open(value, self)
                if not target.by_geometry:
                    self.by_geometry = False
            else:
                opened[name] = None
                followers.append(target)
        for name in self.rules.needed:
            if name not in given and (of := table[name].of) in given:
                where = {"boxes": "box_fields", "keypoints": "keypoint_fields"}.get(of, "polygon_fields")
                if name == MASKS:
                    raise TypeError(f"{name} is missing: with boxes_from_masks=True it must come with {of}")
                raise TypeError(f"{name} is missing: {where}= of the chain names it, so that it must come with {of}")
        for target in followers:
            opened[target.name] = target.open(given[target.name], self)

    @classmethod
    def made(cls, opened: dict[str, Any], rules: Rules) -> Sample:
        """A sample of targets that are in their checked form already."""
        sample = cls.__new__(cls)
        sample.given = sample.opened = opened
        sample.rules, sample.by_geometry = rules, False
        sample.image = opened["image"]
        sample.height, sample.width = sample.image.shape[:2]
        return sample

    @property
    def boxes(self) -> np.ndarray | None:
        """Its boxes, if there are any; float64 corners in pixels, upright."""
        boxes = self.opened.get("boxes")
        return None if boxes is None else self._of_boxes.upright(boxes)

    @property
    def _of_boxes(self) -> Boxes:
        target = self.rules.table["boxes"]
        assert isinstance(target, Boxes)
        return target

    @property
    def points(self) -> np.ndarray | None:
        """Its keypoints, if there are any."""
        points = self.opened.get("keypoints")
        return None if points is None else parts(points)[0]

    @property
    def has_masks(self) -> bool:
        """Whether any target is a mask, or a list of masks."""
        table = self.rules.table
        return any(type(table[name]).as_mask is not Target.as_mask for name in self.opened)

    def boxes_at(self, stages: list[Stage]) -> np.ndarray:
        """The boxes as stages leave them."""
        boxes = self.opened.get("boxes")
        if boxes is None:
            return np.empty((0, 4))
        if any(type(stage) is RowsOnly for stage in stages):
            rules = self.rules._replace(min_area=0.0, min_visibility=0.0, clip=True)
            return self._of_boxes.upright(Passage(self, stages, rules).value("boxes"))
        return self._of_boxes.moved(boxes, path(stages, self.height, self.width))

    def labels_at(self, stages: list[Stage]) -> Any:
        """What the first field of the boxes says of those that stages leave; None if there is no such field."""
        for name, target in self.rules.table.items():
            if type(target) is Field and target.of == "boxes" and "boxes" in self.opened and name in self.opened:
                passage = Passage(self, stages, self.rules._replace(min_area=0.0, min_visibility=0.0))
                rows = passage.rows("boxes")
                return self.opened[name] if rows is None else take(self.opened[name], rows)
        return None

    def mask_at(self, stages: list[Stage]) -> np.ndarray | None:
        """The first mask as stages leave it; in the order of the table, however a call is written."""
        for name, target in self.rules.table.items():
            mask = target.as_mask(self.opened[name]) if name in self.opened else None
            if mask is not None:
                return through_mask(mask, stages)
        return None

    def moved(
        self, stages: list[Stage], rules: Rules | None = None, own: dict[str, list[Stage]] | None = None
    ) -> Sample:
        """The sample after stages, in the checked form, for what is still to come.

        `rules` may ask for other boxes than the sample's own rules, which the result keeps.  `own` are the stages of
        targets that have stages of their own.
        """
        passage = Passage(self, stages, rules or self.rules, own=own)
        return Sample.made({name: passage.value(name) for name in self.opened}, self.rules)

    def through(
        self,
        stages: list[Stage],
        out: np.ndarray | None = None,
        own: dict[str, list[Stage]] | None = None,
    ) -> dict[str, Any]:
        """Everything after the stages, as the caller gets it.

        `out` gets the image.  `own` as in `moved`.
        """
        passage = Passage(self, stages, self.rules, out, own=own)
        if len(self.opened) == 1:
            return {"image": passage.value("image")}
        return closed(passage, self.given)

    def further(self) -> list[tuple[str, np.ndarray]]:
        """The images beside the first, by name."""
        table = self.rules.table
        return [(name, value) for name, value in self.opened.items() if isinstance(table[name], FurtherImage)]

    def beside(self, images: dict[str, np.ndarray], route: Route) -> dict[str, Any]:
        """Everything as the caller gets it, where images are done already, along a route."""
        passage = Beside(self, route, images)
        return closed(passage, self.given)


def closed(passage: Passage, given: dict[str, Any]) -> dict[str, Any]:
    """All targets at the end of a passage, in the containers of what the caller gave."""
    table, made = passage.rules.table, passage.made
    result: dict[str, Any] = {}
    for name, value in passage.sample.opened.items():
        target = table[name]
        if name not in made:  # this is `passage.value`, without a call for each target
            made[name] = passage.moved(name) if name in passage.rewritten else target.move(value, passage)
        result[name] = target.close(made[name], given.get(name), passage)
    return result


# --- samples that meet others -----------------------------------------------------------------------------------------


def inner_rules(rules: Rules) -> Rules:
    """The rules of samples until they are mixed: corners in pixels, nothing outside, levels as they are."""
    return rules._replace(
        box_format="pascal_voc", dtype=None, layout="last", min_area=0.0, clip=True, remove_invisible=True
    )


def inner_sample(given: dict[str, Any], rules: Rules, inner: Rules) -> Sample:
    """A caller's sample, checked, in the form that is mixed: boxes and points have weights.

    Parameters
    ----------
    given : dict
    rules, inner : Rules
        Those of the caller, and what `inner_rules` makes of them.
    """
    first = Sample(given, rules)
    values = first.opened
    if len(values) > 1:
        for name, target in rules.table.items():
            if isinstance(target, Weights) and name not in values and target.of in values:
                values[name] = np.ones(len(values[target.of]))
    return Sample.made(values, inner)

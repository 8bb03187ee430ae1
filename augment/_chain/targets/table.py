"""The table from names to targets: what a chain knows, and what a batch that is mixed may have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .base import Table, Target
from .boxes import Boxes
from .fields import Field, Weights
from .image import FurtherImage, Image
from .masks import InstanceMasks, LabelMask
from .points import PointField, Points
from .quads import ORIENTED, OrientedBoxes

IN_BATCHES = {"mask": "masks"}
"""Targets that have another name in batches, where there is one for each image."""
IN_SAMPLES = {many: one for one, many in IN_BATCHES.items()}

DECLARED: dict[str, Callable[[str], Target]] = {
    "box_fields": lambda name: Field(name, "boxes"),
    "keypoint_fields": lambda name: PointField(name, "keypoints"),
    "image_names": FurtherImage,
    "mask_names": LabelMask,
}
"""Which targets the parameters of `Compose` add that are lists of names."""


def chain_table(declared: dict[str, Sequence[str]], *, mixes: bool, box_format: str = "pascal_voc") -> Table:
    """The targets that a chain knows, by name.

    Parameters
    ----------
    declared : dict
        Names for each of the parameters in `DECLARED`.
    mixes : bool
        Whether samples are mixed: boxes and points then have weights, and instance masks belong to boxes.
    box_format : str

    Raises
    ------
    ValueError
        If a name is taken.
    """
    targets = [
        Image("image"),
        LabelMask("mask"),
        InstanceMasks("masks", "boxes" if mixes else None),
        OrientedBoxes("boxes", box_format) if box_format in ORIENTED else Boxes("boxes"),
        Points("keypoints"),
    ]
    if mixes:
        targets += [Weights("box_weights", "boxes"), Weights("keypoint_weights", "keypoints")]
    table: Table = {target.name: target for target in targets}
    for parameter, names in declared.items():
        for name in names:
            if name in table or name == "key":
                raise ValueError(f"{parameter} must name targets of its own, got {name!r}, which is taken")
            table[name] = DECLARED[parameter](name)
    return table


def batch_table() -> Table:
    """The targets of a batch that is mixed outside of a chain, by the names that they have in one sample."""
    targets = [
        Image("image"),
        LabelMask("mask"),
        InstanceMasks("instances", "boxes"),
        Boxes("boxes"),
        Field("box_labels", "boxes"),
        Weights("box_weights", "boxes"),
        Points("keypoints"),
        Field("keypoint_labels", "keypoints"),
        Weights("keypoint_weights", "keypoints"),
    ]
    return {target.name: target for target in targets}

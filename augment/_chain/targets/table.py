"""The table from names to targets: what a chain knows, and what a batch that is mixed may have."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .base import Table, Target
from .boxes import Boxes
from .fields import Field, Weights
from .floats import Fills, Floats, fills_of
from .image import FurtherImage, Image, MixedImage
from .instances import MASKS, MeasuredBoxes
from .masks import InstanceMasks, LabelMask
from .points import PointField, Points
from .polygons import Polygons
from .quads import ORIENTED_IN_CHAINS, OrientedBoxes

IN_BATCHES = {"mask": "masks"}
"""Targets that have another name in batches, where there is one for each image."""
IN_SAMPLES = {many: one for one, many in IN_BATCHES.items()}

ARGUMENTS = ("donors", "image", "images", "key", "keys", "mix", "out", "workers")
"""Names that calls and results have for something else."""

DECLARED: dict[str, Callable[[str], Target]] = {
    "box_fields": lambda name: Field(name, "boxes"),
    "keypoint_fields": lambda name: PointField(name, "keypoints"),
    "polygon_fields": lambda name: Field(name, "polygons"),
    "image_names": FurtherImage,
    "mask_names": LabelMask,
    "float_names": Floats,
}
"""Which targets the parameters of `Compose` add that are lists of names."""


def chain_table(
    declared: dict[str, Sequence[str]],
    *,
    mixes: bool,
    instances: bool = False,
    boxes_from_masks: bool = False,
    float_fill: Fills = 0.0,
    box_format: str = "pascal_voc",
) -> Table:
    """The targets that a chain knows, by name.

    Parameters
    ----------
    declared : dict
        Names for each of the parameters in `DECLARED`.
    mixes : bool
        Whether samples are mixed: boxes and points then have weights, and instance masks belong to boxes.
    instances : bool
        Whether instance masks belong to boxes in any case.
    boxes_from_masks : bool
        Whether boxes are measured by them.
    float_fill : float, str or tuple of pairs
        See `check_float_fill`.
    box_format : str

    Raises
    ------
    ValueError
        If a name is taken, or a fill is for none.
    """
    targets = [
        Image("image"),
        LabelMask("mask"),
        InstanceMasks(MASKS, "boxes" if mixes or instances else None),
        _boxes(box_format, boxes_from_masks),
        Points("keypoints"),
        Polygons("polygons", "boxes" if mixes or instances else None),
    ]
    if mixes:
        targets += [Weights("box_weights", "boxes"), Weights("keypoint_weights", "keypoints")]
    table: Table = {target.name: target for target in targets}
    for parameter, names in declared.items():
        for name in names:
            if name in table or name in ARGUMENTS:
                raise ValueError(f"{parameter} must name targets of its own, got {name!r}, which is taken")
            table[name] = DECLARED[parameter](name)
    for name, fill in fills_of(float_fill, tuple(declared.get("float_names", ()))).items():
        table[name] = Floats(name, fill)
    return table


def _boxes(box_format: str, measured: bool) -> Boxes:
    """The boxes of a chain."""
    if box_format not in ORIENTED_IN_CHAINS:
        return MeasuredBoxes("boxes") if measured else Boxes("boxes")
    if measured:
        raise ValueError(f"boxes_from_masks measures upright boxes, which are none in box_format={box_format!r}")
    return OrientedBoxes("boxes", box_format)


def batch_table() -> Table:
    """The targets of a batch that is mixed outside of a chain, by the names that they have in one sample."""
    targets = [
        MixedImage("image"),
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

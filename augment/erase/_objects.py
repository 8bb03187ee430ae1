"""Objects of a mask that are erased."""

from __future__ import annotations

import dataclasses
import functools
from typing import ClassVar

import numpy as np

from imgproc._core.check import one_of
from imgproc._core.declare import Single, declare
from imgproc._core.formats import channels_of
from imgproc._core.opencv import load_cv2
from imgproc._scanline import Erase as EraseStage
from imgproc._scanline import MaskOnly, Stage, Whole, check_label, run

from .._chain.drawn import Rule, row, several, whole
from .._chain.keys import Draws
from .._chain.transform import Frame, Params
from .._label_planes import label_plane
from .._ranges import integer_range
from ._common import Fill, _Erasing, mean_levels, noise

__all__ = ["MaskDropout"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class MaskDropout(_Erasing):
    """Erase whole objects of the sample's mask, in the image and in the mask.

    albumentations' MaskDropout, whose ``max_objects`` is the number of objects.  Where the sample has no mask, or the
    mask no object, nothing happens.  The mask is bool or of integers, (h, w), 0 the background; of several masks the
    first counts, and all are erased where it is.  Boxes and keypoints stay.  Any number of channels.

    Parameters
    ----------
    objects : (int, int)
        Range of the number of objects to erase, at least 0; each integer alike.
    by : {"component", "label"}
        What an object is: a connected piece of one label (neighbours touch with sides or corners), or all of it.
    fill : float, tuple of float, "mean" or "noise"
        A level for all channels or one each, as fractions of full scale; the mean of each channel of the image that
        arrives; or uniform noise.
    mask_fill : int, optional
        Label that masks get where the image is erased, the background by default; None leaves them.
    p : float
        Probability that the transform is applied.

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong kind or value, `fill` has not one level for each channel, or the mask is not
        (h, w).

    Examples
    --------
    >>> mask = np.zeros(image.shape[:2], np.uint8)
    >>> mask[10:20, 10:20] = 1
    >>> chain = Compose([MaskDropout(p=1)])
    >>> int(chain(image=image, mask=mask, key=1)["image"][10:20, 10:20].max())
    0
    """

    objects: tuple[int, int] = (1, 1)
    by: str = "component"
    mask_fill: int | None = 0

    needs_mask: ClassVar[bool] = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self._keep("objects", integer_range(self.objects, "objects", at_least=0))
        one_of(self.by, "by", ("component", "label"))

    def draw(self, rng: Draws, frame: Frame) -> Params:
        """The objects: for each its label and its first pixel (y, x)."""
        found = [] if frame.mask is None else _find_objects(label_plane(frame.mask, "MaskDropout"), self.by)
        count = min(rng.integer(*self.objects), len(found))
        for i in range(count):
            j = rng.integer(i, len(found) - 1)
            found[i], found[j] = found[j], found[i]
        return self._with_stream({"objects": found[:count]}, rng)

    def limits(self, frame: Frame) -> dict[str, Rule]:
        """Objects have a label and a pixel of the image."""
        place = whole(0, frame.height - 1), whole(0, frame.width - 1)
        label = whole(-(1 << 63), (1 << 64) - 1)
        return {"objects": several(row(label, *place), 0, self.objects[1])}

    def lower(self, params: Params, frame: Frame) -> list[Stage]:
        """One function for the image, one for masks."""
        if frame.mask is None or not params["objects"]:
            return []
        where = _objects_at(label_plane(frame.mask, "MaskDropout"), params["objects"], self.by)
        work = functools.partial(_fill_where, where, self.fill, params.get("stream"))
        stages: list[Stage] = [Whole(work, label="mask dropout")]
        if self.mask_fill is not None:
            stages.append(MaskOnly(functools.partial(_label_where, where, self.mask_fill), "mask dropout"))
        return stages


declare(
    MaskDropout,
    examples=[{}, {"objects": (2, 3), "by": "label", "fill": "noise", "mask_fill": None}],
    look="One of the[[ three]] things is black, and its tint is gone; its frame and dot stay.",
    peers=[Single("MaskDropout", targets="mask")],
)


def _find_objects(mask: np.ndarray, by: str) -> list[list[int]]:
    """[label, y, x] of each object, x and y of its first pixel; in this order."""
    here = mask != 0
    starts = np.flatnonzero(_begins(mask, here))
    if not starts.size:
        return []
    labels = mask.ravel()[starts]
    objects = labels if by == "label" else numbered(mask, here, starts)
    first = np.unique(objects, return_index=True)[1]
    places = starts[first].tolist()
    return sorted([int(label), *divmod(place, mask.shape[1])] for label, place in zip(labels[first].tolist(), places))


def _begins(mask: np.ndarray, here: np.ndarray) -> np.ndarray:
    """Where runs of one label begin in rows, among the pixels that are marked, which are all those of some labels.

    Runs are few, and each belongs to one object."""
    begins = here.copy()
    begins[:, 1:] &= mask[:, 1:] != mask[:, :-1]
    return begins


def runs_of(mask: np.ndarray, here: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """First pixel and length of each run of one label in a row, among the pixels that are marked."""
    starts = np.flatnonzero(_begins(mask, here))
    stops = np.flatnonzero(_begins(mask[:, ::-1], here[:, ::-1])[:, ::-1]) + 1
    return starts, stops - starts


def numbered(mask: np.ndarray, here: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """To which connected piece of one label, numbered from 1 on, each run belongs that starts at these pixels."""
    numbers, labels = _numbers(here)[starts], mask.ravel()[starts]
    _, first, of = np.unique(numbers, return_index=True, return_inverse=True)
    if (labels[first][of] != labels).any():  # labels touch: each for itself
        numbers, last = np.zeros(starts.size, np.int64), 0
        for label in np.unique(labels):
            mine = labels == label
            numbers[mine] = last + _numbers(mask == label)[starts[mine]]
            last = numbers.max()
    return numbers


def _numbers(here: np.ndarray) -> np.ndarray:
    """Connected pieces, numbered from 1 on; flat."""
    return load_cv2().connectedComponents(here.view(np.uint8), connectivity=8)[1].ravel()


def _objects_at(mask: np.ndarray, objects: list[list[int]], by: str) -> np.ndarray:
    """Where objects are."""
    cv2, (h, w) = load_cv2(), mask.shape
    where = np.zeros((h + 2, w + 2), np.uint8)
    for label, y, x in objects:
        here = (mask == label).view(np.uint8)
        if by == "label":
            where[1:-1, 1:-1] |= here
        elif y < h and x < w and here[y, x]:
            cv2.floodFill(here, where, (x, y), 0, flags=8 | cv2.FLOODFILL_MASK_ONLY | 1 << 8)
    return np.ascontiguousarray(where[1:-1, 1:-1]).view(bool)


def _fill_where(where: np.ndarray, fill: Fill, stream: int | None, image: np.ndarray) -> np.ndarray:
    image = image.copy()
    if fill == "noise":
        assert stream is not None
        painted = noise(image, stream)
    else:
        levels = mean_levels(image) if isinstance(fill, str) else fill
        h, w = where.shape
        painted = run(image, [EraseStage(((0, 0, h, w),), levels)])
    if channels_of(image) > 4:
        image[where] = painted[where]
    else:
        load_cv2().copyTo(painted, where.view(np.uint8), image)
    return image


def _label_where(where: np.ndarray, mask_fill: int, mask: np.ndarray) -> np.ndarray:
    check_label(mask_fill, mask.dtype)
    mask = mask.copy()
    mask[where] = mask_fill
    return mask

"""Chains of transforms: one pass over the image where it can be, the same result from the same key everywhere."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Never

import numpy as np

from imgproc._core.check import integer

from ._chain import geometry, records, window
from ._chain.arguments import refuse_unnamed
from ._chain.batch import run_batch
from ._chain.chain import Chain
from ._chain.compiled.program import ALL, Choice
from ._chain.explain import explain
from ._chain.keys import Draws, Key, fresh_key, key_array
from ._chain.recipes import Recipes
from ._chain.settings import FIELDS, check_settings, make_chain
from ._chain.stream import map_samples
from ._chain.targets.floats import Fills
from ._chain.transform import Transform
from ._chain.tree import Group, in_order
from ._chain.video import run_video
from .groups import check_children

__all__ = ["Compose"]


@dataclasses.dataclass(frozen=True)
class Compose(Recipes, Group):
    """A chain of transforms: a pure function of (sample, key).

    Call it with a sample: ``chain(image=image, mask=mask, boxes=boxes, labels=labels, key=(epoch, index))`` gives a
    dict with the same names and ``"key"``.  The same sample and key give the same bytes in any thread, batch, worker or
    order.

    The key is what other libraries have a global seed for.  To reproduce an epoch, pass the epoch and the number of the
    sample, ``key=(epoch, index)``; `keys` makes them for a batch.  Without a key every call draws afresh, also where
    the chain has a `seed`, and the result says under which key.  The `seed` tells chains apart that get the same keys.

    Transforms that mix samples (`MixUp`, `Mosaic`, ...) take their partners from ``donors``, which the call names:
    ``chain(image=image, key=(epoch, index), donors=dataset)``.  The caller keeps the donors, so that chains stay small
    plain data.  The notes say more.

    Parameters
    ----------
    transforms : sequence of Transform
    seed : int
        64 bits.  All draws depend on it, beside the key of the sample.
    dtype : {"uint8", "uint16", "float16", "float32", "float64"}, optional
        Of the resulting images, whose levels are scaled from full scale to full scale.  So levels of float images must
        be from 0 to 1 if the result is of integers (see `imgproc.rescale`).  Default: that of the input, or
        float32 after `Normalize`.
    layout : {"last", "first"}
        Where the channels of the resulting images go.  An image of shape (h, w) keeps its shape.
    fuse : bool
        Let several stages share a pass over the image.  ``False`` runs them one by one, which is the reference: it
        differs only where it interpolates repeatedly.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations", "obb", "corners", "yolo_obb"}
        Of ``boxes``, both of those given and of those returned.  Several boxes as ``"coco"`` that look like
        corners, because most of them end beyond the image and would not as ``"pascal_voc"``, are taken with a warning.
        ``"obb"`` are oriented boxes (x and y of the centre, width, height, angle in degrees counter-clockwise as seen),
        ``"corners"`` those of four corners (x0, y0, ..., x3, y3).  They become the smallest rectangle, of any angle,
        around their moved corners, or these corners themselves in ``"corners"`` and ``"yolo_obb"``, which has them as
        fractions of the image's width and height, as label files of YOLO's oriented boxes do.  One that is cut keeps
        its angle, and becomes the rectangle around what is left.  A row may have more behind these numbers, such as a
        class or a name: that is carried as it is.
    box_outside : {"raise", "clip", "drop"}
        What becomes of a box that comes with more than a pixel of it outside of the image (an oriented one: with all of
        it outside): an error, as that is mostly a wrong `box_format`; it is taken, and counts by what the image shows
        of it; or it is left out with its fields.  (`clip`, below, is about what is returned.)
    min_area : float
        Boxes that are smaller than this in the result, in pixels², are left out.
    min_visibility : float
        Boxes of which less than this part, by area, is still in sight are left out.  It is measured over the whole
        chain, against the original box.
    clip : bool
        Return the part of a box that is in sight.  Otherwise all of it is returned.
    remove_invisible : bool
        Leave out keypoints that have left the image.  Of keypoints of shape (n, k, ...) none is left out: there, those
        that have left the image get x = y = visibility = 0, if they have a visibility.
    keypoint_columns : sequence of str
        Names of what stands behind x and y in a row of ``keypoints``.  Further columns are carried as they are; where
        they are named ``"visibility"``, ``"angle"`` or ``"scale"``, they follow the image: points of visibility 0 do
        not change at all, angles (degrees, counter-clockwise as seen) turn, scales grow.  One further column of
        keypoints of shape (n, k, 3) is the visibility, as in COCO, where nothing is said.
    keypoint_mirror : dict, sequence of pairs, or sequence of int, optional
        Which keypoints are left and right of each other, such as ``{"left eye": "right eye"}`` for the labels in
        `keypoint_fields`, ``{1: 2, 3: 4}`` for numbers of points, or ``[0, 2, 1, 4, 3]``, the other one for each
        number.  Where the chain makes a mirror image, such labels, or the points with such numbers, change places.
        Points take their columns along; fields of such points stay in their places.  Labels must then come with the
        keypoints.
    box_fields, keypoint_fields, polygon_fields : sequence of str
        Names of lists, tuples or arrays with one entry for each box, keypoint or polygon.  Names that are given here
        must come with every sample that has boxes, keypoints or polygons; those of the defaults may be left out.
        A default gives way where its name is declared for something else, as in ``keypoint_fields=("labels",)``.
    image_names, mask_names : sequence of str
        Names of further images and masks, of the size of ``image``.
    float_names : sequence of str
        Names of arrays of floats such as ``("depth", "heatmap")``, (h, w) or (h, w, c), float16, float32 or float64, in
        any range.  They follow the geometry with the interpolation and the border of the image, and nothing else:
        nothing changes their levels, paints over them, or scales them.  Their channels stay last.  NaN stays where
        pixels are moved; an interpolated pixel is NaN if one of the pixels around it is.
    float_fill : float, "nan" or dict
        What they get where the image gets the fill of a transform, in their own units; one for all, or a dict from
        names to theirs.
    extra_names : sequence of str or "*"
        Names of whatever else a sample has, such as ``("image_id", "path")``: it passes through as it is, the same
        object.  ``"*"`` lets every name pass that the chain does not know, misspelled ones, too.
    instances : bool
        ``masks`` and ``polygons`` are those of the ``boxes``, one each: where a box is left out, so are its mask and
        its polygon.  Without boxes, all masks stay, and polygons go by themselves.  Keypoints of shape (n, k, ...) are
        those of the boxes, too.
    boxes_from_masks : bool
        Measure each box anew, as the smallest around what is left of its mask, and leave out both where nothing is, or
        where that is smaller than `min_area`.  `min_visibility` still is about the box that was given.  It means
        `instances`, too; masks must then come with boxes, and `clip` says nothing.
    alpha : bool
        The last channel of ``image`` is alpha, in an image of RGB and alpha or of grey and alpha.  Transforms then see
        the colours alone, and leave alpha as it is; geometry moves both, and blurs that average blur both.  Where it
        interpolates or averages, colours count by alpha, so that what is transparent gives its colour to none of its
        neighbours, and what comes from outside is transparent.  Filters that take no means of neighbours (`MedianBlur`,
        `BilateralBlur`, `Sharpen`, `UnsharpMask`, `LocalContrast`, `Emboss`, `Morphology`) see colours as they are,
        also those that are transparent: paint these over first if they mean nothing.  Without `alpha` every channel is
        one of colour, and ``(h, w, 4)`` is an image of four.  Images of three channels are refused, and chains that
        mix.
    p : float
        Probability that anything is applied.

    Notes
    -----
    Targets are ``image`` (required), ``mask`` (bool or labels), ``masks`` (a list, or an array (n, h, w)), ``boxes``,
    ``keypoints`` and ``polygons``.  Keypoints are rows (x, y), which may stand in one array for several things with as
    many points each.  All are in continuous coordinates: an image spans [0, w] x [0, h].

    ``polygons`` has a list of rings for each instance, as COCO's ``segmentation`` has: a ring is points (x, y), or one
    row x0, y0, x1, y1, ...; one that lies in another and goes round the other way is a hole.  Frames cut them, in
    several rings where they must, and `min_area` and `min_visibility` hold for them as for boxes.  They are never
    made of masks.

    Images are uint8, uint16, float16, float32 or float64; float16 is computed in float32.  A chain of nothing but
    geometry also takes int16 and int32: they are interpolated in float64, rounded half to even and saturated, and a
    `fill` is a fraction of the largest level.  Masks are bool, any integers, float32 or float64, and keep every bit.

    ``label`` in a chain that neither mixes nor changes it, and ``labels`` without boxes, pass through as they are, like
    the names in `extra_names`.  Where samples are mixed, extras are those of the sample; donors need none.

    A chain that mixes also knows ``label``, the class of the image.  It is an integer, for which one of the transforms
    needs `num_classes`, or a vector of shares, and it comes back as a vector, whether the sample was mixed or not.
    With boxes or keypoints come ``box_weights`` or ``keypoint_weights``, float32.  Every result has ``mix``, a
    `MixInfo` for each mixing that was done.  ``masks`` belong to boxes in such a chain, as with `instances`.  At each
    mixing, boxes are cut and keypoints outside of the image are left out, and visibility is measured anew.

    Donors have the targets of the sample, in the same formats.  They are raw samples, not what this chain has made of
    them: only the field `donor` of a transform that mixes prepares them.  Which donor meets which sample depends on the
    seed, the epoch and the index alone if the key is (epoch, index).

    Examples
    --------
    >>> chain = Compose([HorizontalFlip(), Rotate(angle=10), Normalize()], seed=7)
    >>> made = chain(image=image, boxes=[(10, 10, 30, 30)], labels=[1], key=(0, 5))  # epoch 0, sample 5
    >>> made["image"].shape, made["image"].dtype
    ((96, 128, 3), dtype('float32'))
    >>> again = chain(image=image, boxes=[(10, 10, 30, 30)], labels=[1], key=(0, 5))
    >>> np.array_equal(made["image"], again["image"])
    True
    """

    transforms: Sequence[Transform]
    seed: int = dataclasses.field(default=0, kw_only=True)
    dtype: str | type | np.dtype | None = dataclasses.field(default=None, kw_only=True)
    layout: str = dataclasses.field(default="last", kw_only=True)
    fuse: bool = dataclasses.field(default=True, kw_only=True)
    box_format: str = dataclasses.field(default="pascal_voc", kw_only=True)
    box_outside: str = dataclasses.field(default="raise", kw_only=True)
    min_area: float = dataclasses.field(default=0.0, kw_only=True)
    min_visibility: float = dataclasses.field(default=0.0, kw_only=True)
    clip: bool = dataclasses.field(default=True, kw_only=True)
    remove_invisible: bool = dataclasses.field(default=True, kw_only=True)
    keypoint_columns: Sequence[str] = dataclasses.field(default=(), kw_only=True)
    keypoint_mirror: Any = dataclasses.field(default=None, kw_only=True)
    box_fields: Sequence[str] = dataclasses.field(default=FIELDS["box_fields"], kw_only=True)
    keypoint_fields: Sequence[str] = dataclasses.field(default=FIELDS["keypoint_fields"], kw_only=True)
    polygon_fields: Sequence[str] = dataclasses.field(default=FIELDS["polygon_fields"], kw_only=True)
    image_names: Sequence[str] = dataclasses.field(default=(), kw_only=True)
    mask_names: Sequence[str] = dataclasses.field(default=(), kw_only=True)
    float_names: Sequence[str] = dataclasses.field(default=(), kw_only=True)
    float_fill: Fills | dict[str, float | str] = dataclasses.field(default=0.0, kw_only=True)
    extra_names: Sequence[str] = dataclasses.field(default=(), kw_only=True)
    instances: bool = dataclasses.field(default=False, kw_only=True)
    boxes_from_masks: bool = dataclasses.field(default=False, kw_only=True)
    alpha: bool = dataclasses.field(default=False, kw_only=True)
    p: float = dataclasses.field(default=1.0, kw_only=True)

    _outermost = True

    def __post_init__(self) -> None:
        unasked = [name for name, default in FIELDS.items() if getattr(self, name) is default]
        super().__post_init__()
        check_children(self)
        check_settings(self, unasked, self._keep)
        self._chain  # noqa: B018  # what is wrong with it is said now, not at the first call

    @functools.cached_property
    def _chain(self) -> Chain:
        """What runs: everything that users call stands on it."""
        return make_chain(self)

    def __getstate__(self) -> dict[str, Any]:
        # What is derived is made anew, so that a pickle (and a hash of it) depends on the declaration alone.
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """All, in order."""
        return in_order(self)

    def choice(self) -> Choice | None:
        """What kernels do."""
        return Choice(ALL) if type(self).choose is Compose.choose else None

    # --- applying -----------------------------------------------------------------------------------------------------

    def __call__(
        self, *unnamed: Never, key: Key | None = None, out: np.ndarray | None = None, donors: Any = None, **targets: Any
    ) -> dict[str, Any]:
        """Apply the chain to one sample.

        Parameters
        ----------
        *unnamed
            Nothing: all that a sample has goes by name.
        key : int or tuple of int, optional
            Names the draws of this sample, usually (epoch, index).  Default: a fresh one from the operating system.
        out : ndarray, optional
            Gets the resulting image; it must not overlap what is given.
        donors : indexable, optional
            For chains that mix: ``donors[j]`` is an image, a pair (image, label) or a dict of targets.  Not used where
            nothing mixes.
        **targets
            ``image`` and what else the sample has, by name.

        Returns
        -------
        dict
            New arrays under the same names, and ``"key"``.

        Raises
        ------
        TypeError, ValueError
            If a target is unknown, missing or wrong; no work is done then.
        """
        if unnamed:
            refuse_unnamed(type(self).__name__, unnamed)
        if key is None:
            key = fresh_key()
        result = self._chain.apply(targets, key_array(key), out, donors)
        result["key"] = key
        return result

    @staticmethod
    def keys(epoch: int, indices: int | Iterable[int]) -> list[tuple[int, int]]:
        """The keys of samples in an epoch, for `batch` and `map`: ``chain.batch(images, keys=chain.keys(3, indices))``.

        Parameters
        ----------
        epoch : int
        indices : iterable of int, or int
            The numbers of the samples in the data set, as a sampler gives them.  One integer n means all below n.

        Returns
        -------
        list of (int, int)
            (epoch, index) for each of them.

        Raises
        ------
        TypeError, ValueError
            If a number is no integer of 64 bits, or `indices` is a negative one.
        """
        epoch = integer(epoch, "epoch")
        if isinstance(indices, (int, np.integer)) and not isinstance(indices, bool):
            indices = range(integer(indices, "indices", at_least=0))
        elif isinstance(indices, (str, bytes)) or not isinstance(indices, Iterable):
            raise TypeError(f"indices must be integers, or one that says how many, got {indices!r:.60}")
        return [(epoch, integer(k, f"indices[{i}]")) for i, k in enumerate(indices)]

    def batch(
        self,
        images: Sequence[np.ndarray] | np.ndarray,
        *,
        keys: Sequence[Key] | None = None,
        out: np.ndarray | None = None,
        workers: int | None = None,
        donors: Any = None,
        **targets: Sequence[Any],
    ) -> dict[str, Any]:
        """Apply the chain to many samples at once; each result is that of a call of its own.

        Parameters
        ----------
        images : sequence of ndarray, or ndarray of shape (n, h, w) or (n, h, w, c)
            One image of colours, (h, w, 3), is refused: it is ``images[np.newaxis]``.
        keys : sequence of keys, optional
            One for each sample.  Default: fresh ones.
        out : ndarray of shape (n, ...), optional
            Gets the resulting images.
        workers : int, optional
            Threads; default `imgproc.get_num_threads`.  The result does not depend on it.
        donors : indexable, optional
            As in a call; several threads read it.
        **targets
            For each other target a sequence with one entry for each sample: ``masks`` (one mask for each image, which
            a single call has as ``mask``), ``instances`` (what a single call has as ``masks``), ``boxes``,
            ``keypoints`` and any further names.

        Returns
        -------
        dict
            ``images`` is one array (n, ...) if all results have one shape, and a list otherwise.  ``keys`` is a list.
            The other targets are lists under their names; ``masks`` are stacked like images.
        """
        return run_batch(self._chain, images, keys, out, workers, targets, donors)

    def video(
        self,
        frames: Sequence[np.ndarray] | np.ndarray,
        *,
        key: Key | None = None,
        noise: str = "clip",
        out: np.ndarray | None = None,
        workers: int | None = None,
        donors: Any = None,
        **targets: Any,
    ) -> dict[str, Any]:
        """Apply the chain to the frames of a clip, all under the same draw.

        Each frame becomes what a call with this key makes of it.  Transforms that look at boxes when they draw, such as
        `BoxSafeCrop`, see those of all frames at once, and those that look at a mask see that of the first frame.
        Statistics, such as the mean level, are those of each frame.

        Parameters
        ----------
        frames : ndarray of shape (n, h, w) or (n, h, w, c), or sequence of ndarray
            Of one shape and dtype.
        key : int or tuple of int, optional
            Names the draws of the clip.  Default: a fresh one from the operating system.
        noise : {"clip", "frame"}
            Whether all frames have the same noise, or each its own; the first has that of the key in any case.  This is
            about noise that is added, such as `GaussianNoise`, and about what falls, in `Rain` and `Snow`; not about
            what is painted.
        out : ndarray of shape (n, ...), optional
            Gets the resulting frames.
        workers : int, optional
            Threads; default `imgproc.get_num_threads`.  The result does not depend on it.
        donors : indexable, optional
            As in a call; all frames have the same partners.
        **targets
            For each other target a sequence with one entry for each frame, under the names of `batch`.  Extras are
            those of the clip: they pass through as they are, `labels` without boxes, too, and `label` where nothing
            mixes or changes it.

        Returns
        -------
        dict
            ``frames``, an array (n, ...), a list under the name of each other target, and ``"key"``.

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong, or frames differ in shape or dtype.
        """
        return run_video(self._chain, frames, key, noise, out, workers, targets, donors)

    def map(
        self,
        samples: Iterable[Any],
        *,
        keys: Iterable[Key] | None = None,
        epoch: int = 0,
        workers: int | None = None,
        donors: Any = None,
    ) -> Iterator[dict[str, Any]]:
        """Apply the chain to a stream of samples on several threads; results come in the order of the samples.

        Parameters
        ----------
        samples : iterable
            Dicts of targets, or images.  At most ``2 * workers + 2`` are taken ahead of what has been asked for.
        keys : iterable of keys, optional
            One for each sample; default (epoch, 0), (epoch, 1), ...  Where a sample has a ``"key"``, that is taken.
        epoch : int
        workers : int, optional
            Threads; default `imgproc.get_num_threads`.
        donors : indexable, optional
            As in a call; several threads read it.

        Yields
        ------
        dict
            As a call gives it.
        """
        return map_samples(self, samples, keys, epoch, workers, donors)

    # --- draws --------------------------------------------------------------------------------------------------------

    def draw(  # type: ignore[override]  # users draw a whole chain, and it is asked for no step as it is outermost
        self, key: Key, shape: Sequence[int], *, dtype: Any = np.uint8, donors: Any = None, **targets: Any
    ) -> dict[str, Any]:
        """Say what the chain would do to an image of this shape under this key, as plain data for `replay`.

        Parameters
        ----------
        key : int or tuple of int
        shape : (h, w) or (h, w, c)
        dtype : dtype
            Of the image.
        donors : sized, optional
            For chains that mix.  Their number decides who the partners are.
        **targets
            The boxes and masks of the sample, as in a call, for transforms that look at them when they draw, such as
            `BoxSafeCrop` and `MaskDropout`; where the sample has none, ``boxes=[]`` and a mask of zeros.  A chain that
            also mixes then needs the donors themselves.

        Returns
        -------
        dict

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong, or a target is missing that the draw depends on.
        """
        return records.draw(self._chain, self.seed, key, shape, dtype, donors, targets)

    def replay(
        self, record: dict[str, Any], *, out: np.ndarray | None = None, donors: Any = None, **targets: Any
    ) -> dict[str, Any]:
        """Apply the steps of a record, to the same sample or to another.

        Parameters
        ----------
        record : dict
            From `draw`, maybe by way of JSON.  It may say what this chain could have drawn for the sample at hand.
            Places are absolute: on an image of another size they are those of the record, if they lie in it.
        out : ndarray, optional
            Gets the resulting image.
        donors : indexable, optional
            As in a call.
        **targets
            As in a call.

        Returns
        -------
        dict
            As from a call.

        Raises
        ------
        TypeError, ValueError
            If the record does not fit the chain or the sample, or a target is wrong; no work is done then.
        """
        return records.replay(self._chain, record, out, donors, targets)

    def explain(
        self, shape: Sequence[int], *, key: Key | None = None, dtype: Any = np.uint8, donors: Any = None, **targets: Any
    ) -> str:
        """Describe the passes over the image that the chain takes, and why each pass ends.

        Parameters
        ----------
        shape : (h, w) or (h, w, c)
        key : int or tuple of int, optional
            Explain what is drawn for it.  Default: every transform is applied, whatever its `p`.
        dtype : dtype
            Of the image.
        donors, **targets
            As in `draw`.  Without a key nothing is missing: what a transform may look at is then taken to be none.

        Returns
        -------
        str
        """
        return explain(self._chain, shape, key, dtype, donors, targets)

    # --- geometry -----------------------------------------------------------------------------------------------------

    def matrix(self, key: Key | dict[str, Any], shape: Sequence[int], **targets: Any) -> np.ndarray:
        """The whole geometry of the chain as one matrix, from points of the input to points of the output.

        Parameters
        ----------
        key : int, tuple of int, or record
        shape : (h, w) or (h, w, c)
            Of the input.
        **targets
            As in `draw`; a record needs none.

        Returns
        -------
        float64 ndarray of shape (3, 3)
            For points (x, y, 1) in continuous coordinates.

        Raises
        ------
        ValueError
            If a stage displaces points by a grid, or a target is missing that the draw depends on.
        """
        return geometry.matrix(self._chain, key, shape, targets)

    def source_window(
        self, key: Key | dict[str, Any], shape: Sequence[int], **targets: Any
    ) -> tuple[tuple[int, int, int, int], float]:
        """Say which part of an image the chain will show under this key, and how much it will shrink it.

        It depends on the key and the shape alone, so that it is known before the image is: a decoder may leave out what
        lies outside, and make fewer pixels of it.  `augment.pipeline.WindowDecoder` does that for JPEG files.

        Parameters
        ----------
        key : int, tuple of int, or record
        shape : (h, w) or (h, w, c)
            Of the whole image.
        **targets
            As in `draw`; a record needs none.

        Returns
        -------
        (x0, y0, x1, y1) : tuple of int
            The part, in whole pixels, half-open.  What lies outside of it changes no pixel of the result.  It is the
            whole image where something needs it all, such as a statistic or a filter before the part is cut out, and in
            a chain that mixes.
        scale : float
            How many pixels of the image, along a line, become one of the result before anything but geometry is done;
            where directions differ, the least.  1.0 where the image is not shrunk, or where nothing simple is known of
            it: then it is needed as it is.

        Raises
        ------
        TypeError, ValueError
            If an argument is wrong, or a target is missing that the draw depends on.

        Examples
        --------
        >>> import augment
        >>> chain = augment.Compose([augment.CenterCrop((2000, 3000)), augment.Resize((200, 300))])
        >>> chain.source_window(0, (3000, 4000))
        ((500, 500, 3500, 2500), 10.0)
        """
        return window.source_window(self._chain, key, shape, targets)

    def invert(
        self,
        key: Key | dict[str, Any],
        shape: Sequence[int],
        *,
        keypoints: Any = None,
        boxes: Any = None,
        mask: np.ndarray | None = None,
        polygons: Any = None,
        **others: Any,
    ) -> dict[str, Any]:
        """Bring results on the output back to the input.

        Use it to move predictions on an augmented image to the image itself.

        Parameters
        ----------
        key : int, tuple of int, or record
            Of the call.  Where the draw depends on boxes or masks of the input, the record that `draw` gives for them.
        shape : (h, w) or (h, w, c)
            Of the input image.
        keypoints : array_like of shape (n, 2) or (n, k, 2), optional
            Or with the chain's `keypoint_columns`, which are brought back, too; `keypoint_mirror` swaps back.
        boxes : array_like of shape (n, 4), optional
            In the chain's `box_format`.  Boxes go through their corners, so that a rotated box comes back larger,
            unless it is oriented.  Further columns stay as they are.
        mask : ndarray, optional
            Of the output's size.  What the output did not show becomes 0.
        polygons : sequence, optional
            Cut to what comes from the input; an instance of which nothing does has no rings.
        **others
            ``masks``, those in `mask_names`, and arrays under the names in `float_names`, such as maps of scores, all
            of the output's size.  Floats are interpolated bilinearly; what the output did not show gets `float_fill`.

        Returns
        -------
        dict
            The same names, on the input.
        """
        targets = {"keypoints": keypoints, "boxes": boxes, "mask": mask, "polygons": polygons, **others}
        given = {name: value for name, value in targets.items() if value is not None}
        return geometry.invert(self._chain, key, shape, given)

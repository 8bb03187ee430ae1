"""Chains of transforms: one pass over the image where it can be, the same result from the same key everywhere."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from imgproc._core.check import as_image, integer, one_of, real
from imgproc._core.threads import get_num_threads, ordered_map
from imgproc._scanline import Geometry, run_mask
from imgproc._scanline.matrix import IDENTITY, inverse, multiply

from ._chain.compiled.cache import Recipes
from ._chain.explain import explain
from ._chain.keys import Draws, Key, fresh_key, key_array, key_words
from ._chain.sample import BOX_FIELD, BOXES, IMAGE, KEYPOINT_FIELD, KEYPOINTS, MASK, MASKS, Rules, Sample, through_image
from ._chain.serialize import VERSION, check_version, from_plain, to_plain
from ._chain.targets.boxes import FORMATS, boxes_back, close_boxes, open_boxes
from ._chain.targets.points import as_container, check_mask, move_points, open_points, path, points_back
from ._chain.transform import Transform
from ._chain.tree import Group, Plan, State, Step
from .groups import check_children

__all__ = ["Compose"]

DTYPES = ("uint8", "uint16", "float16", "float32", "float64")
LAYOUTS = ("last", "first")


@dataclasses.dataclass(frozen=True)
class Compose(Group):
    """A chain: a pure function of (sample, key).

    ``chain(image=image, mask=mask, boxes=boxes, labels=labels, key=(epoch, index))`` gives a dict with the same names
    and ``"key"``.  The same sample and key give the same bytes in any thread, batch, worker or order.

    Transforms that mix samples (`MixUp`, `Mosaic`, ...) take their partners from ``donors``, which the call names:
    ``chain(image=image, key=(epoch, index), donors=dataset)``.  The caller owns them, so that chains stay small plain
    data.  See the notes.

    Parameters
    ----------
    transforms : sequence of Transform
    seed : int
        64 bits that all draws depend on, beside the key of the sample.
    dtype : {"uint8", "uint16", "float16", "float32", "float64"}, optional
        Of the resulting images, scaled from full scale to full scale.  Default: that of the input, or float32 after
        `Normalize`.
    layout : {"last", "first"}
        Where the channels of the resulting images go.  An image of shape (h, w) stays one.
    fuse : bool
        Share passes over the image.  ``False`` runs stage by stage and is the reference: it differs by its repeated
        interpolation only.
    box_format : {"pascal_voc", "coco", "yolo", "albumentations"}
        Of ``boxes``, given and returned.
    min_area : float
        Boxes smaller than this in the result, in pixels², are left out.
    min_visibility : float
        Boxes of which less than this part, by area, is still in sight are left out; measured over the whole chain
        against the original box.
    clip : bool
        Return the part of a box that is in sight; otherwise all of it.
    remove_invisible : bool
        Leave out keypoints that have left the image.
    box_fields, keypoint_fields : sequence of str
        Names of lists, tuples or arrays whose entries follow their box or keypoint.
    image_names, mask_names : sequence of str
        Further images and masks, of the size of ``image``.
    p : float
        Probability of applying anything at all.

    Notes
    -----
    Targets are ``image`` (required), ``mask`` (bool or labels), ``masks`` (a list, or an array (n, h, w)), ``boxes``
    and ``keypoints`` (x, y), all in continuous coordinates: an image spans [0, w] x [0, h].

    A chain that mixes also knows ``label``, the class of the image (an integer, for which one of its transforms needs
    `num_classes`, or a vector of shares), which comes back as a vector, mixed or not.  With boxes or keypoints come
    ``box_weights`` or ``keypoint_weights``, float32; with every result ``mix``, a `MixInfo` for each mixing that was
    done.  ``masks`` are instance masks there: they follow their boxes, one each.  At each mixing, boxes are cut and
    keypoints outside of the image left out, and visibility is measured anew.

    Donors have the targets of the sample, in the same formats.  They are raw samples, not what this chain has made of
    them: only the field `donor` of a transform that mixes prepares them.  Which donor meets which sample depends on the
    seed, the epoch and the index alone if the key is (epoch, index).
    """

    transforms: Sequence[Transform]
    seed: int = dataclasses.field(default=0, kw_only=True)
    dtype: str | type | np.dtype | None = dataclasses.field(default=None, kw_only=True)
    layout: str = dataclasses.field(default="last", kw_only=True)
    fuse: bool = dataclasses.field(default=True, kw_only=True)
    box_format: str = dataclasses.field(default="pascal_voc", kw_only=True)
    min_area: float = dataclasses.field(default=0.0, kw_only=True)
    min_visibility: float = dataclasses.field(default=0.0, kw_only=True)
    clip: bool = dataclasses.field(default=True, kw_only=True)
    remove_invisible: bool = dataclasses.field(default=True, kw_only=True)
    box_fields: Sequence[str] = dataclasses.field(default=("labels",), kw_only=True)
    keypoint_fields: Sequence[str] = dataclasses.field(default=("keypoint_labels",), kw_only=True)
    image_names: Sequence[str] = dataclasses.field(default=(), kw_only=True)
    mask_names: Sequence[str] = dataclasses.field(default=(), kw_only=True)
    p: float = dataclasses.field(default=1.0, kw_only=True)

    _outermost = True

    def __post_init__(self) -> None:
        super().__post_init__()
        check_children(self)
        self._keep("seed", integer(self.seed, "seed", at_least=-(1 << 63), at_most=(1 << 64) - 1))
        if self.dtype is not None:
            dtype = self.dtype if isinstance(self.dtype, str) else np.dtype(self.dtype).name
            self._keep("dtype", one_of(dtype, "dtype", DTYPES))
        one_of(self.layout, "layout", LAYOUTS)
        one_of(self.box_format, "box_format", FORMATS)
        self._keep("min_area", real(self.min_area, "min_area", at_least=0))
        self._keep("min_visibility", real(self.min_visibility, "min_visibility", at_least=0, at_most=1))
        for name in ("fuse", "clip", "remove_invisible"):
            if not isinstance(getattr(self, name), (bool, np.bool_)):
                raise TypeError(f"{name} must be a bool, got {getattr(self, name)!r}")
        self._derive()

    def _derive(self) -> None:
        mixings = list(_mixings(self))
        self._keep("_mixes", bool(mixings))
        self._keep("_scheduled", any(t.schedule is not None for t in mixings))
        classes = {t.num_classes for t in mixings if t.num_classes is not None}
        if len(classes) > 1:
            raise ValueError(f"num_classes must be the same in all transforms that mix, got {sorted(classes)}")
        self._keep("_num_classes", classes.pop() if classes else None)
        self._keep("_rules", self._make_rules())

    def _make_rules(self) -> Rules:
        kinds = {"image": IMAGE, "mask": MASK, "masks": MASKS, "boxes": BOXES, "keypoints": KEYPOINTS}
        if self._mixes:
            kinds |= {"box_weights": BOX_FIELD, "keypoint_weights": KEYPOINT_FIELD}
        for field, kind in (
            ("box_fields", BOX_FIELD),
            ("keypoint_fields", KEYPOINT_FIELD),
            ("image_names", IMAGE),
            ("mask_names", MASK),
        ):
            names = getattr(self, field)
            if isinstance(names, str) or not all(isinstance(n, str) for n in names):
                raise TypeError(f"{field} must be a sequence of strings, got {names!r}")
            self._keep(field, tuple(names))
            for name in names:
                if name in kinds or name == "key":
                    raise ValueError(f"{field} must name targets of its own, got {name!r}, which is taken")
                kinds[name] = kind
        return Rules(
            kinds,
            self.box_format,
            self.min_area,
            self.min_visibility,
            bool(self.clip),
            bool(self.remove_invisible),
            None if self.dtype is None else np.dtype(self.dtype),
            self.layout,
            bool(self.fuse),
        )

    @functools.cached_property
    def _plan(self) -> Plan:
        return Plan(self)

    @functools.cached_property
    def _recipes(self) -> Recipes:
        return Recipes(self._plan, self.seed, self._rules)

    def __getstate__(self) -> dict[str, Any]:
        # What is derived is made anew, so that a pickle (and a hash of it) depends on the declaration alone.
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._derive()

    def choose(self, rng: Draws) -> Iterator[tuple[int, bool]]:
        """All, in order."""
        return ((k, False) for k in range(len(self.transforms)))

    # --- applying -----------------------------------------------------------------------------------------------------

    def __call__(
        self, *, key: Key | None = None, out: np.ndarray | None = None, donors: Any = None, **targets: Any
    ) -> dict[str, Any]:
        """Apply the chain to one sample.

        Parameters
        ----------
        key : int or tuple of int, optional
            Names the draws of this sample, usually (epoch, index).  Default: a fresh one from the operating system.
        out : ndarray, optional
            Gets the resulting image.
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
        if key is None:
            key = fresh_key()
        words = key_array(key)
        if self._mixes:
            return {**self._mixed(targets, words, donors, out), "key": key}
        if len(targets) == 1 and "image" in targets:
            return {"image": self._image_alone(targets["image"], words, out), "key": key}
        result = self._all(Sample(targets, self._rules), words, out)
        result["key"] = key
        return result

    def _mixed(self, targets: dict[str, Any], words: np.ndarray, donors: Any, out: np.ndarray | None) -> dict[str, Any]:
        """Everything that a sample has, after a chain that mixes."""
        from .mix._run import run_mixing

        return run_mixing(self, targets, words, donors, out)

    def _all(self, sample: Sample, words: np.ndarray, out: np.ndarray | None) -> dict[str, Any]:
        """Everything that a sample has, after the chain."""
        done = self._recipes.run_with_maps(sample.image, words, out) if sample.follows else None
        if done is not None:
            image, maps = done
            return sample.through(maps, image=image)
        return sample.through(self._stages(sample, self._plan.values(words, self.seed)[0], words), out)

    def _image_alone(self, given: Any, words: np.ndarray, out: np.ndarray | None) -> np.ndarray:
        """The image of a sample that has nothing else."""
        result = self._recipes.run(given, words, out)
        if result is not None:
            return result
        image = as_image(given)
        h, w = image.shape[:2]
        if h == 0 or w == 0:
            raise ValueError(f"image must have at least one pixel, got shape {image.shape}")
        state = State(h, w, 1 if image.ndim == 2 else image.shape[2], image.dtype)
        self._plan.steps(self._plan.values(words, self.seed)[0], words, self.seed, state, False)
        return through_image(image, state.stages, self._rules, out)

    def _stages(self, sample: Sample, values: list[list[float]], words: np.ndarray) -> list[Any]:
        image = sample.image
        state = State(
            sample.height,
            sample.width,
            1 if image.ndim == 2 else image.shape[2],
            image.dtype,
            sample.boxes_at,
            sample.mask_at,
        )
        self._plan.steps(values, words, self.seed, state, False)
        return state.stages

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
        """Apply the chain to many samples, each as a call of its own would.

        Parameters
        ----------
        images : sequence of ndarray, or ndarray of shape (n, h, w) or (n, h, w, c)
        keys : sequence of keys, optional
            One a sample.  Default: fresh ones.
        out : ndarray of shape (n, ...), optional
            Gets the resulting images.
        workers : int, optional
            Threads; default `imgproc.get_num_threads`.  The result does not depend on it.
        donors : indexable, optional
            As in a call; several threads read it.
        **targets
            For each other target a sequence with one entry a sample: ``masks`` (one mask an image, what a single call
            has as ``mask``), ``boxes``, ``keypoints`` and any further names.

        Returns
        -------
        dict
            ``images``: one array (n, ...) if all results have one shape, else a list; ``keys``: a list; the other
            targets as lists under their names (``masks`` stacked like images).
        """
        from ._chain.batch import run_batch

        return run_batch(self, images, keys, out, workers, targets, donors)

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
            One a sample; default (epoch, 0), (epoch, 1), ...  A sample's own ``"key"`` goes before.
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
        integer(epoch, "epoch")
        threads = get_num_threads() if workers is None else integer(workers, "workers", at_least=1)

        def numbered() -> Iterator[tuple[Any, Key]]:
            if keys is None:
                for index, sample in enumerate(samples):
                    yield sample, (epoch, index)
            else:
                yield from zip(samples, keys, strict=False)

        def work(item: tuple[Any, Key]) -> dict[str, Any]:
            sample, key = item
            if not isinstance(sample, dict):
                return self(image=sample, key=key, donors=donors)
            return self(**{"key": key, "donors": donors, **sample})

        return ordered_map(work, numbered(), threads)

    # --- draws --------------------------------------------------------------------------------------------------------

    def draw(self, key: Key, shape: Sequence[int], *, dtype: Any = np.uint8, donors: Any = None) -> dict[str, Any]:
        """What the chain would do to an image of this shape under this key: a record for `replay`, plain data.

        Parameters
        ----------
        key : int or tuple of int
        shape : (h, w) or (h, w, c)
        dtype : dtype
            Of the image.
        donors : sized, optional
            For chains that mix: their number says who the partners are.

        Returns
        -------
        dict
        """
        words = key_words(key)
        count = len(donors) if self._mixes and donors is not None else None
        steps = self._drawn(np.array([words], np.uint64), shape, dtype, donors=count)[0]
        return {
            "version": VERSION,
            "seed": self.seed,
            "key": list(key) if isinstance(key, (tuple, list)) else key,
            "steps": [{"transform": s.name, "occurrence": s.occurrence, "params": s.params} for s in steps],
        }

    def _drawn(
        self,
        words: np.ndarray,
        shape: Sequence[int],
        dtype: Any = np.uint8,
        always: bool = False,
        donors: int | None = None,
    ) -> tuple[list[Step], list[Any], tuple[int, int]]:
        h, w, c = _shape(shape)
        state = State(h, w, c, np.dtype(dtype))
        state.donors = donors
        steps = self._plan.steps(self._plan.values(words, self.seed)[0], words, self.seed, state, always)
        return steps, state.stages, (h, w)

    def replay(
        self, record: dict[str, Any], *, out: np.ndarray | None = None, donors: Any = None, **targets: Any
    ) -> dict[str, Any]:
        """Apply what a record says, to the same sample or to another.

        Parameters
        ----------
        record : dict
            From `draw`, maybe by way of JSON.
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
        """
        check_version(record, "record")
        if not isinstance(record.get("steps"), (list, tuple)):
            raise ValueError("record must have a list of steps: it comes from draw()")
        key = record.get("key")
        key = tuple(key) if isinstance(key, list) else key
        if self._mixes:
            from .mix._run import run_mixing

            words = key_array(0 if key is None else key)
            return {**run_mixing(self, targets, words, donors, out, record["steps"]), "key": key}
        sample = Sample(targets, self._rules)
        image = sample.image
        channels = 1 if image.ndim == 2 else image.shape[2]
        state = State(sample.height, sample.width, channels, image.dtype, sample.boxes_at, sample.mask_at)
        self._plan.again(record["steps"], state)
        result = sample.through(state.stages, out)
        result["key"] = key
        return result

    def explain(self, shape: Sequence[int], *, key: Key | None = None, dtype: Any = np.uint8) -> str:
        """The passes over the image that the chain takes, and why each pass ends.

        Parameters
        ----------
        shape : (h, w) or (h, w, c)
        key : int or tuple of int, optional
            Explain this draw.  Default: every transform applied, whatever its `p`.
        dtype : dtype
            Of the image.

        Returns
        -------
        str
        """
        words = np.array([key_words(0 if key is None else key)], np.uint64)
        steps, _, size = self._drawn(words, shape, dtype, always=key is None)
        return explain(steps, size, self._rules)

    # --- geometry -----------------------------------------------------------------------------------------------------

    def _geometry(self, key: Key | dict[str, Any], shape: Sequence[int]) -> list[Geometry]:
        if self._mixes:
            raise ValueError("a chain that mixes samples has no geometry of one image")
        if isinstance(key, dict):
            check_version(key, "key")
            h, w, c = _shape(shape)
            state = State(h, w, c, np.dtype(np.uint8))
            self._plan.again(key["steps"], state)
            stages = state.stages
        else:
            stages = self._drawn(key_array(key), shape)[1]
        return [s for s in stages if type(s) is Geometry]

    def matrix(self, key: Key | dict[str, Any], shape: Sequence[int]) -> np.ndarray:
        """The whole geometry as one matrix from input to output points, where it is one.

        Parameters
        ----------
        key : int, tuple of int, or record
        shape : (h, w) or (h, w, c)
            Of the input.

        Returns
        -------
        float64 ndarray of shape (3, 3)
            For points (x, y, 1) in continuous coordinates.

        Raises
        ------
        ValueError
            If a stage displaces points by a grid.
        """
        pull = IDENTITY
        for stage in reversed(self._geometry(key, shape)):
            if stage.grid is not None:
                raise ValueError(f"the geometry is no matrix: {stage.label or 'a stage'} displaces points by a grid")
            pull = multiply(stage.pull, pull)
        return np.array(inverse(pull)).reshape(3, 3)

    def invert(
        self,
        key: Key | dict[str, Any],
        shape: Sequence[int],
        *,
        keypoints: Any = None,
        boxes: Any = None,
        mask: np.ndarray | None = None,
    ) -> dict[str, Any]:
        """Bring results on the output back to the input: predictions on an augmented image, to the image itself.

        Parameters
        ----------
        key : int, tuple of int, or record
            Of the call.
        shape : (h, w) or (h, w, c)
            Of the input image.
        keypoints : array_like of shape (n, 2), optional
        boxes : array_like of shape (n, 4), optional
            In the chain's `box_format`.  Boxes go through their corners, so that a rotated box comes back larger.
        mask : ndarray, optional
            Of the output's size.  What the output did not show becomes 0.

        Returns
        -------
        dict
            The same names, on the input.
        """
        stages = self._geometry(key, shape)
        h, w, _ = _shape(shape)
        end = stages[-1].size if stages else (h, w)
        result: dict[str, Any] = {}
        if keypoints is not None:
            result["keypoints"] = as_container(points_back(open_points(keypoints), stages, h, w), keypoints)
        if boxes is not None:
            opened = open_boxes(boxes, self.box_format, *end)
            result["boxes"] = close_boxes(boxes_back(opened, stages, h, w), self.box_format, h, w, like=boxes)
        if mask is not None:
            result["mask"] = run_mask(check_mask(mask, *end), _back(stages, h, w))
        return result

    # --- recipes ------------------------------------------------------------------------------------------------------

    def to_dict(self) -> dict[str, Any]:
        """The chain as plain data, with a version: a recipe for `from_dict`, JSON or YAML."""
        return {"version": VERSION, **to_plain(self)}

    @classmethod
    def from_dict(cls, recipe: dict[str, Any]) -> Compose:
        """The chain of a recipe.

        Raises
        ------
        TypeError, ValueError
            If it is no recipe, of a newer version, or names a transform or a field that is not there.
        """
        check_version(recipe)
        made = from_plain(recipe)
        if not isinstance(made, Compose):
            raise ValueError(f"recipe must be of a Compose, got {type(made).__name__}")
        return made

    def to_json(self, **options: Any) -> str:
        """The recipe as JSON; `options` go to `json.dumps`."""
        return json.dumps(self.to_dict(), **options)

    @classmethod
    def from_json(cls, text: str) -> Compose:
        """The chain of a recipe in JSON."""
        return cls.from_dict(json.loads(text))

    def to_yaml(self) -> str:
        """The recipe as YAML."""
        import yaml

        return yaml.safe_dump(self.to_dict(), sort_keys=False)

    @classmethod
    def from_yaml(cls, text: str) -> Compose:
        """The chain of a recipe in YAML."""
        import yaml

        return cls.from_dict(yaml.safe_load(text))


def _mixings(group: Group) -> Iterator[Any]:
    for child in group.transforms:
        if isinstance(child, Group):
            yield from _mixings(child)
        elif child.mixes:
            yield child


def _shape(shape: Sequence[int]) -> tuple[int, int, int]:
    if not isinstance(shape, (tuple, list)) or len(shape) not in (2, 3):
        raise TypeError(f"shape must be (h, w) or (h, w, c), got {shape!r}")
    h, w, *c = (integer(v, "shape[i]", at_least=1) for v in shape)
    return h, w, c[0] if c else 1


def _back(stages: list[Geometry], h: int, w: int) -> list[Geometry]:
    """Geometry from the output back to an input of (h, w)."""
    if not stages:
        return []
    if all(s.grid is None for s in stages):
        pull = IDENTITY
        for stage in reversed(stages):
            pull = multiply(stage.pull, pull)
        return [Geometry(inverse(pull), (h, w))]
    # Where a grid displaces: where points of the input have gone, on nodes every few pixels.
    rows, columns = max(h // 4, 1) + 1, max(w // 4, 1) + 1
    x, y = np.meshgrid(np.linspace(0, w, columns), np.linspace(0, h, rows))
    nodes = np.stack([x, y], -1)
    gone, _ = move_points(nodes.reshape(-1, 2), path(stages, h, w), remove_invisible=False)
    grid = np.nan_to_num(gone.reshape(nodes.shape) - nodes, nan=4.0 * (h + w)).astype(np.float32)
    return [Geometry(IDENTITY, (h, w), grid=grid)]

"""A batch of samples mixed: partners and numbers for all of them, then sample by sample, or all in one pass."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from imgproc._core.check import DTYPES, as_image, as_out, integer

from .._chain.batch import batch_keys, check_lengths, count_images, count_threads, in_parts
from .._chain.keys import FIRST_DRAWS, Draws, address, draw_block, key_words
from .._chain.labels import check_labels, mixed_classes, mixed_label, paired_labels, soft_labels
from .._chain.mixture import check_donors, open_donor
from .._chain.out import check_out
from .._chain.sample import Sample, inner_rules, inner_sample
from .._chain.state import Frame, Params
from .._chain.targets.base import Passage, Piece, Rules
from .._chain.targets.rows import Carried
from .._chain.targets.table import IN_BATCHES, IN_SAMPLES, batch_table
from ._content import check_alike
from ._cover import Patch, cover_into
from ._donors import partners_among, partners_within
from ._info import Mixed, MixInfo
from ._layout import LastDonors, all_to_last, check_layout, to_first
from ._step import MixingStep

__all__: list[str] = []

TABLE = batch_table()
"""The targets of a batch, by the names that they have in one sample."""
_RULES = Rules(TABLE)
_INNER = inner_rules(_RULES)


def mix_batch(
    mix: MixingStep,
    images: Any,
    labels: Any,
    keys: Sequence[Any] | None,
    seed: int,
    donors: Any,
    targets: dict[str, Any],
    out: np.ndarray | None,
    workers: int | None,
    info: MixInfo | None = None,
    layout: str = "last",
) -> Mixed:
    """See `Mixing.__call__`; with an `info`, what that says is done."""
    n = count_images(images)
    first = check_layout(layout, images)
    given = {IN_BATCHES.get(name, name): values for name, values in targets.items() if values is not None}
    check_lengths(n, {"keys": keys, "out": as_out(out), **given})
    seed = integer(seed, "seed", at_least=-(1 << 63), at_most=(1 << 64) - 1) & 0xFFFFFFFFFFFFFFFF
    threads = count_threads(workers)
    count = None if donors is None else check_donors(donors)
    raw = images
    if first:
        images, donors = all_to_last(images), None if donors is None else LastDonors(donors)
    labels = None if labels is None else check_labels(labels, n, mix.num_classes)
    words = _key_table(keys, n, scheduled=mix.is_scheduled() and info is None)
    place = address(type(mix).__name__, 0)
    info = _draw(mix, words, seed, place, count) if info is None else _checked(mix, info, n, count)
    if n == 0:
        return _nothing(mix, raw, labels, list(given), out, info)
    alone = mix.donor is None and donors is None and not given
    if alone and mix.blends and _is_one_array(images):
        return _blended(mix, raw, labels, info, out, threads)  # pixel by pixel: the layout does not matter
    if alone and mix.covers and _has_pixels(images) and _is_one_array(images):
        return _covered(mix, raw, first and raw.ndim == 4, labels, info, out, threads)
    columns = {"image": images, **{IN_SAMPLES.get(name, name): values for name, values in given.items()}}
    rows = [{name: values[i] for name, values in columns.items()} for i in range(n)]
    samples = [inner_sample(row, _RULES, _INNER) for row in rows]
    own = None if labels is None else soft_labels(labels, n, mix.num_classes)
    room = _room_for_all(mix, samples, info.applied, out, images, first)
    classes = labels.tolist() if labels is not None and labels.ndim == 1 and donors is None else None
    batch = _Batch(mix, samples, own, words, seed, place, donors, info, room, classes)
    size = n if threads == 1 else max(1, -(-n // (4 * threads)))
    in_parts(batch.mix_part, range(n), size, threads)
    result = batch.result(rows)
    return dataclasses.replace(result, images=to_first(result.images)) if first else result


# --- keys and draws ---------------------------------------------------------------------------------------------------


def _key_table(given: Sequence[Any] | None, n: int, *, scheduled: bool) -> np.ndarray:
    """The words of all keys, uint64 (n, m): one row each, all of one length."""
    keys: Any = batch_keys(given, n, scheduled=scheduled)
    if n == 0:
        return np.empty((0, 1), np.uint64)
    if isinstance(keys, np.ndarray) and keys.dtype.kind in "iu" and keys.ndim in (1, 2) and keys.size:
        return keys.astype(np.int64 if keys.dtype.kind == "i" else np.uint64).view(np.uint64).reshape(n, -1)
    if {type(key) for key in keys} == {tuple} and {type(v) for key in keys for v in key} == {int}:
        plain = np.array(keys) if len({len(key) for key in keys}) == 1 else None
        if plain is not None and plain.dtype == np.int64:  # all fit 64 bits: in one go
            return plain.view(np.uint64)
    words = [key_words(key, "keys[i]") for key in keys]
    if len({len(w) for w in words}) > 1:
        raise ValueError("keys must all have as many words")
    return np.array(words, np.uint64)


def _draw(mix: MixingStep, words: np.ndarray, seed: int, place: int, count: int | None) -> MixInfo:
    """Partners and numbers for all samples; `count` is that of the donors, None if partners come from the batch."""
    many = mix.partners()
    if len(words) == 0:
        nobody = np.empty((0, many), np.intp)
        return MixInfo(type(mix).__name__, nobody, np.empty(0), np.zeros((0, 1 + many)), np.empty(0, bool), ())
    if count is None:
        partners = partners_within(words, many, seed, place)
    else:
        partners = partners_among(words, count, many, seed, place)
    values = draw_block(words, seed, np.array([place], np.uint64), 0, FIRST_DRAWS // 4)[:, 0]
    applied = values[:, 0] < mix.p
    if mix.is_scheduled():
        applied &= np.array([mix.is_on(w) for w in words])
    params = _draw_params(mix, words, seed, place, values, applied)
    lam = np.array([p.get("lam", 1.0) for p in params], np.float64)
    shares = np.zeros((len(params), 1 + many))
    shares[:, 0] = lam
    if many:
        shares[:, 1] = 1.0 - lam
    return MixInfo(type(mix).__name__, partners, lam, shares, applied, tuple(params))


def _draw_params(
    mix: MixingStep, words: np.ndarray, seed: int, place: int, values: np.ndarray, applied: np.ndarray
) -> list[Params]:
    """The numbers of each sample; none where it is not mixed."""
    lams = mix.draw_laws(words, seed, place)
    if type(mix).parameters is MixingStep.parameters:  # nothing else is drawn
        return [{"lam": row[0]} if on else {} for row, on in zip(lams, applied.tolist())]
    return [
        mix.parameters(Draws(row, words[i : i + 1], seed, place, 1), lams[i]) if applied[i] else {}
        for i, row in enumerate(values.tolist())
    ]


def _checked(mix: MixingStep, info: MixInfo, n: int, count: int | None) -> MixInfo:
    """An info that a caller gave."""
    if len(info.partners) != n:
        raise ValueError(f"info must be of as many samples as there are images, {n}, got {len(info.partners)}")
    most = n if count is None else count
    partners = np.asarray(info.partners)
    if partners.dtype.kind not in "iu" or partners.shape != (n, mix.partners()):
        raise ValueError(
            f"info must name partners by integers of shape {(n, mix.partners())}, got {partners.dtype} {partners.shape}"
        )
    if partners.size and not (partners.min() >= 0 and partners.max() < most):
        raise ValueError(f"info must name partners among {most} samples, got {int(partners.max())}")
    applied, shares, lam = (np.asarray(value) for value in (info.applied, info.shares, info.lam))
    if applied.dtype != bool or applied.shape != (n,) or len(info.params) != n:
        raise ValueError(f"info must say of each of {n} samples whether it was mixed, and how")
    if lam.shape != (n,) or shares.shape != (n, 1 + mix.partners()):
        raise ValueError(f"info must have the shares of {n} samples, got shape {shares.shape}")
    if not ((lam >= 0) & (lam <= 1)).all():
        raise ValueError("info must have lam between 0 and 1")
    params = []
    for i, (own, on) in enumerate(zip(info.params, applied.tolist())):
        try:
            params.append(mix.checked(own, Frame(1, 1)) if on else {})
        except (TypeError, ValueError) as error:
            raise (TypeError if isinstance(error, TypeError) else ValueError)(f"info params[{i}]: {error}") from error
    return dataclasses.replace(info, params=tuple(params))


# --- batches that need no samples -------------------------------------------------------------------------------------


def _nothing(
    mix: MixingStep, images: Any, labels: np.ndarray | None, names: list[str], out: np.ndarray | None, info: MixInfo
) -> Mixed:
    """A batch without images."""
    own = None if labels is None else soft_labels(labels, 0, mix.num_classes)
    none: Any = images.copy() if isinstance(images, np.ndarray) else []
    more: dict[str, Any] = {name: [] for name in names}
    return Mixed(none if out is None else out, own, info, **more)


def _is_one_array(images: Any) -> bool:
    """Whether images are one array; checked then."""
    if not isinstance(images, np.ndarray) or not images.dtype.isnative:
        return False
    first = as_image(images[0], "images[0]")
    if not first.size:
        raise ValueError(f"images must have at least one pixel, got shape {images.shape}")
    return True


def _blended(
    mix: MixingStep,
    images: np.ndarray,
    labels: np.ndarray | None,
    info: MixInfo,
    out: np.ndarray | None,
    threads: int,
) -> Mixed:
    """One array of images, blended with each other in one pass."""
    room = _room(images.shape, images.dtype, out, images)
    mix.blend_batch(images, info.partners, info.lam, room, threads)
    if labels is None:
        return Mixed(room, None, info)
    if mix.keeps_label:
        return Mixed(room, soft_labels(labels, len(labels), mix.num_classes), info)
    return Mixed(room, paired_labels(labels, info.partners[:, 0], info.lam, mix.num_classes), info)


def _has_pixels(images: Any) -> bool:
    """Whether images are one array of a dtype of images that is not empty."""
    return isinstance(images, np.ndarray) and images.dtype in DTYPES and images.size > 0


def _covered(
    mix: MixingStep,
    images: np.ndarray,
    channels_first: bool,
    labels: np.ndarray | None,
    info: MixInfo,
    out: np.ndarray | None,
    threads: int,
) -> Mixed:
    """One array of images, of which each shows patches of others, in one pass."""
    room = _room(images.shape, images.dtype, out, images)
    source, target = (_with_planes(a, channels_first) for a in (images, room))
    size: tuple[int, int] = source.shape[2:4]
    shares, all_patches = np.zeros(info.shares.shape), []
    nothing: list[Patch] = [(0, (0, 0), size, (0, 0))] if mix.fills else []
    for i, (params, on) in enumerate(zip(info.params, info.applied.tolist())):
        patches, parts = mix.patches(params, size) if on else (nothing, [1.0])
        all_patches.append(patches)
        shares[i, : len(parts)] = parts
    cover_into(target, source, all_patches, info.partners, threads, filled=mix.fills)
    done = dataclasses.replace(info, lam=shares[:, 0].copy(), shares=shares)
    return Mixed(room, None if labels is None else _shared_labels(labels, done, mix.num_classes), done)


def _with_planes(images: np.ndarray, channels_first: bool) -> np.ndarray:
    """A view of shape (n, planes, h, w, c)."""
    if channels_first:
        return images[..., np.newaxis]
    return images[:, np.newaxis] if images.ndim == 4 else images[:, np.newaxis, :, :, np.newaxis]


def _shared_labels(labels: np.ndarray, info: MixInfo, num_classes: int | None) -> np.ndarray:
    """Labels by the shares of all that an image consists of, as `_Batch` makes them."""
    classes = labels.tolist() if labels.ndim == 1 else None
    own = soft_labels(labels, len(labels), num_classes) if classes is None else labels
    made = np.zeros((len(labels), num_classes or 0), np.float32) if classes is not None else own.copy()
    rows = zip(info.partners.tolist(), info.shares.tolist(), info.applied.tolist())
    for i, (partners, shares, on) in enumerate(rows):
        whose = [i, *partners] if on else [i]
        if classes is not None:
            mixed_classes([classes[j] for j in whose], shares[: len(whose)], made[i])
        elif on:
            made[i] = mixed_label([own[j] for j in whose], shares)
    return made


# --- where images go --------------------------------------------------------------------------------------------------


def _room_for_all(
    mix: MixingStep,
    samples: list[Sample],
    applied: np.ndarray,
    out: np.ndarray | None,
    images: Any,
    channels_first: bool,
) -> np.ndarray | None:
    """An array for all images, with channels last, maybe a view of one with channels first; None if they have several
    sizes."""
    sizes = [mix.size_after(s.height, s.width) if on else (s.height, s.width) for s, on in zip(samples, applied)]
    shapes = {(*size, *s.image.shape[2:], s.image.dtype.str) for s, size in zip(samples, sizes)}
    if len(shapes) > 1:
        if out is not None:
            raise ValueError("out must be left out where images have several sizes or dtypes")
        return None
    first = samples[0].image
    if channels_first and first.ndim == 3:
        return np.moveaxis(_room((len(samples), first.shape[2], *sizes[0]), first.dtype, out, images), 1, -1)
    return _room((len(samples), *sizes[0], *first.shape[2:]), first.dtype, out, images)


def _room(shape: tuple[int, ...], dtype: np.dtype, out: np.ndarray | None, images: Any) -> np.ndarray:
    """A new array, or `out`, checked."""
    if out is None:
        return np.empty(shape, dtype)
    check_out(out, [images] if isinstance(images, np.ndarray) else images)
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(f"out must have shape {shape} and dtype {dtype}, got {out.shape} and {out.dtype}")
    return out


# --- sample by sample -------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class _Batch:
    """Samples that are mixed one by one, maybe by several threads."""

    mix: MixingStep
    samples: list[Sample]
    labels: np.ndarray | None
    """Soft labels, one row each."""
    words: np.ndarray
    seed: int
    place: int
    """The address of the transform."""
    donors: Any
    info: MixInfo
    room: np.ndarray | None
    """Where the images go, if all have one shape."""
    classes: list[int] | None
    """The labels, if they came as classes and partners are of the batch."""

    def __post_init__(self) -> None:
        n = len(self.samples)
        self.made: list[dict[str, Any]] = [{}] * n
        self.shares = np.zeros(self.info.shares.shape)
        self.mixed_labels = None if self.labels is None else np.zeros_like(self.labels)

    def mix_part(self, numbers: range) -> None:
        """Mix these samples."""
        for i in numbers:
            parts = self._mix(i) if self.info.applied[i] else self._keep(i)
            self.shares[i, : len(parts)] = parts

    def _mix(self, i: int) -> list[float]:
        """Mix a sample; the shares of all that takes part."""
        others, labels = self._partners(i)
        into = None if self.room is None else self.room[i]
        self.made[i], parts = self.mix.combine(self.info.params[i], self.samples[i], others, into)
        if self.labels is not None and self.mixed_labels is not None:
            weights = [1.0] + [0.0] * (len(parts) - 1) if self.mix.keeps_label else parts
            if self.classes is None:
                self.mixed_labels[i] = mixed_label([self.labels[i], *labels], weights)
            else:
                partners = [self.classes[j] for j in self.info.partners[i].tolist()]
                mixed_classes([self.classes[i], *partners], weights, self.mixed_labels[i])
        return parts

    def _keep(self, i: int) -> list[float]:
        """Leave a sample as it is."""
        sample = self.samples[i]
        image = sample.image.copy() if self.room is None else self.room[i]
        if self.room is not None:
            image[...] = sample.image
        self.made[i] = {**sample.opened, "image": image}
        if sample.boxes is not None:
            self.made[i] |= Piece(sample).things()
        if self.labels is not None and self.mixed_labels is not None:
            self.mixed_labels[i] = self.labels[i]
        return [1.0]

    def _partners(self, i: int) -> tuple[list[Sample], list[np.ndarray]]:
        """The partners of a sample, prepared for it, and their labels if it has one."""
        host, labelled = self.samples[i], self.labels is not None
        found, labels = [], []
        for slot, j in enumerate(self.info.partners[i].tolist()):
            label = None
            if self.donors is None:
                other = self.samples[j]
                label = None if self.labels is None else self.labels[j]
            else:
                name, classes = f"donors[{j}]", self.mix.num_classes
                other, label = open_donor(self.donors[j], host, labelled, classes, _RULES, _INNER, name)
            if label is not None:
                labels.append(label)
            check_alike(host, other, "partner" if self.donors is None else "donor")
            found.append(self.mix.prepare(other, self.words[i], self.seed, self.place, slot))
        return found, labels

    def result(self, given: list[dict[str, Any]]) -> Mixed:
        """What the caller gets; `given` are the targets of each sample as they came."""
        info, shares = self.info, self.shares
        done = MixInfo(info.transform, info.partners, shares[:, 0].copy(), shares, info.applied, info.params)
        images = [made["image"] for made in self.made] if self.room is None else self.room
        columns: dict[str, list[Any]] = {IN_BATCHES.get(k, k): [] for k in self.samples[0].opened if k != "image"}
        for made, row in zip(self.made, given):
            end = Passage(Sample.made(made, _RULES), [], _RULES, same_rows=False)
            for name, column in columns.items():
                target = TABLE[IN_SAMPLES.get(name, name)]
                value = _copied(made[target.name])
                column.append(target.close(value, row.get(target.name), end))
        return Mixed(images, self.mixed_labels, done, **columns)


def _copied(value: Any) -> Any:
    """A copy that shares no memory with what was given, nor with the result of another sample."""
    if isinstance(value, (np.ndarray, Carried)):
        return value.copy()
    return type(value)(v.copy() if isinstance(v, np.ndarray) else v for v in value)
